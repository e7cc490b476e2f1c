"""Who may open the web phone and the studio, which is this machine alone; and the JSON that their pages send.

A page of another site in a browser here is kept out by the host name (against DNS rebinding), by Origin, and by a
content type that no form can send. Whatever else than JSON arrives ends the request with status 400.
"""

import json
from collections.abc import Mapping
from typing import Any

from flask import Flask, Response, abort, jsonify, make_response, request

from ivr.webhooks.settings import names_this_machine

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'self'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def guard(app: Flask) -> None:
    app.before_request(_check)
    app.after_request(_headers)


def _check() -> Response | None:
    if names_this_machine(request.host) and not _brought_from_elsewhere():
        return None
    return Response("This page is for the machine it runs on.\n", 403, content_type="text/plain; charset=utf-8")


def _brought_from_elsewhere() -> bool:
    """Whether another page makes the browser ask for this."""
    if request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
        return not _is_followed_link()
    origin = request.headers.get("Origin")
    if origin is not None and origin.partition("://")[2] != request.host:
        return True
    return request.method == "POST" and request.mimetype != "application/json"


def _is_followed_link() -> bool:
    return request.method == "GET" and request.headers.get("Sec-Fetch-Mode") == "navigate" and request.path == "/"


def _headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response


NUL = rb"\u0000"


def sent() -> Mapping[str, Any]:
    """The object of the request. No text in it has a NUL or half a surrogate pair, which no file and no store keep."""
    try:
        body = request.get_json()
        written = json.dumps(body, ensure_ascii=False).encode()
    except RecursionError:
        abort(400)
    except UnicodeEncodeError:
        written = NUL
    if NUL in written.replace(rb"\\", b""):
        abort(make_response(jsonify(why="there is a character in the text that no text can have"), 400))
    return body if isinstance(body, dict) else abort(400)


def field(name: str) -> str:
    """A text of the request, "" if it has none."""
    value = sent().get(name, "")
    return value if isinstance(value, str) else abort(400)
