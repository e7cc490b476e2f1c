"""A queue hotline without any library: strings, one function, and the state in query strings."""

from urllib.parse import parse_qs


def application(environ, start_response):
    length = int(environ.get("CONTENT_LENGTH") or 0)
    form = parse_qs(environ["wsgi.input"].read(length).decode(), keep_blank_values=True)
    query = parse_qs(environ["QUERY_STRING"])
    step = environ["PATH_INFO"].rsplit("/", 1)[-1]
    page = PAGES.get(step)
    if page is None:
        start_response("404 Not Found", [("Content-Type", "text/plain")])
        return [b"no such page"]
    body = page({**{k: v[-1] for k, v in query.items()}, **{k: v[-1] for k, v in form.items()}})
    start_response("200 OK", [("Content-Type", "application/xml; charset=utf-8")])
    return [b'<?xml version="1.0" encoding="UTF-8"?>\n<Response>', body.encode(), b"</Response>"]


def start(asked):
    tries = int(asked.get("try", "1"))
    if tries > 2:
        return '<Say language="zh-CN">再见。</Say><Hangup/>'
    return (
        f'<Gather input="dtmf speech" language="cmn-Hans-CN" numDigits="1" timeout="4" action="choose?try={tries}">'
        '<Say language="zh-CN">排队请按一，或者说人工。</Say></Gather>'
        f"<Redirect>start?try={tries + 1}</Redirect>"
    )


def choose(asked):
    if asked.get("Digits") == "1" or "人工" in asked.get("SpeechResult", ""):
        return '<Enqueue waitUrl="hold" action="left">人工</Enqueue>'
    return f"<Redirect>start?try={int(asked['try']) + 1}</Redirect>"


def hold(asked):
    return (
        f'<Say language="zh-CN">您排在第{asked["QueuePosition"]}位。</Say>'
        '<Gather numDigits="1" timeout="10" action="leave"/>'
    )


def leave(asked):
    return "<Leave/>"


def left(asked):
    return f'<Say language="zh-CN">结果：{asked["QueueResult"]}。</Say>'


def agent(asked):
    return '<Dial timeout="20" action="talked"><Queue>人工</Queue></Dial>'


def talked(asked):
    return f"<Say>{asked['DialCallStatus']}</Say>"


PAGES = {f.__name__: f for f in (start, choose, hold, leave, left, agent, talked)}
