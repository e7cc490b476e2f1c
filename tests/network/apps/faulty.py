"""An app with one fault at each address; `/menu/<fault>` is a menu whose action has the fault."""

DOCUMENTS = {
    "json": ("application/json", b'{"say": "hello"}'),
    "untyped": (None, b"<Response/>"),
    "empty": ("text/xml", b""),
    "broken": ("text/xml", b"<Response><Say>Terms & conditions</Say></Response>"),
    "unclosed": ("text/xml", b"<Response><Say>hello</Response>"),
    "blank-line": ("text/xml", b'\n<?xml version="1.0"?><Response/>'),
    "bom": ("text/xml", b"\xef\xbb\xbf<Response/>"),
    "root": ("text/xml", b"<response/>"),
    "html": ("text/html", b"<!DOCTYPE html><html><body><p>It works<br></body></html>"),
    "huge": ("text/xml", b"<Response><Say>" + b"a" * 10_000_000 + b"</Say></Response>"),
    "loop": ("text/xml", b"<Response><Redirect>loop</Redirect></Response>"),
    "here": ("text/xml", b"<Response><Redirect/></Response>"),
    "lower": ("text/xml", b"<Response><say>hello</say></Response>"),
    "gather-no-action": ("text/xml", b"<Response><Gather numDigits='1'/></Response>"),
    "address": ("text/xml", b"<Response><Redirect>http://[broken/x</Redirect></Response>"),
    "port": ("text/xml", b"<Response><Redirect>http://faulty.test:99999/x</Redirect></Response>"),
    "scheme": ("text/xml", b"<Response><Redirect>ftp://faulty.test/x</Redirect></Response>"),
    "bomb": ("text/xml", b"<!DOCTYPE a [<!ENTITY b 'bbbbbbbb'>]><Response><Say>&b;</Say></Response>"),
    "nested": ("text/xml", b"<Response>" + b"<Say>" * 5000 + b"</Say>" * 5000 + b"</Response>"),
    "latin": ("text/xml; charset=iso-8859-1", "<Response><Say>caf\u00e9</Say></Response>".encode("latin-1")),
    "charset": ("text/xml; charset=nonsense", b"<Response/>"),
}


def app(environ, start_response):
    *menu, fault = environ["PATH_INFO"].strip("/").split("/")
    if menu == ["menu"]:
        start_response("200 OK", [("Content-Type", "text/xml")])
        return [f'<Response><Gather numDigits="1" action="/{fault}"><Say>press</Say></Gather></Response>'.encode()]
    if fault in DOCUMENTS:
        kind, body = DOCUMENTS[fault]
        start_response("200 OK", [("Content-Type", kind)] if kind else [])
        return [body]
    match fault:
        case "crash":
            raise RuntimeError("boom")
        case "500" | "404" | "308" | "304":
            start_response(f"{fault} Whatever", [("Content-Type", "text/xml"), ("Location", "/elsewhere")])
            return [b"<Response/>"]
        case "redirects":
            start_response("302 Found", [("Location", "/redirects")])
            return []
        case "nowhere":
            start_response("302 Found", [])
            return []
        case "endless":
            start_response("200 OK", [("Content-Type", "text/xml")])
            return iter(lambda: b"<!-- -->", None)
        case "nothing-for-ever":
            start_response("200 OK", [("Content-Type", "text/xml")])
            return iter(lambda: b"", None)
    start_response("404 Not Found", [("Content-Type", "text/plain")])
    return [b"not here"]
