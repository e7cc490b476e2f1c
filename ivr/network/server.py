"""The network behind a socket: its REST side, a page that shows what happens, and a telephone made of forms.

For one developer on one machine: it listens on this machine only, and refuses pages that a browser brings from
elsewhere. Made to run beside a RealClock.
"""

import json
import mimetypes
import re
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from ivr.network.data import network_data
from ivr.network.line.handset import Call, CallIsOver
from ivr.network.line.leg import Leg
from ivr.network.network import Network
from ivr.network.rest_api.app import rest
from ivr.network.wire.transport import WSGIApp

_REST = re.compile(r"/(2010-04-01|v\d)\b")
_FORM_LIMIT = 10_000
_HERE = frozenset({"127.0.0.1", "localhost"})
_PAGE = {"/": "index.html", "/page.js": "page.js", "/page.css": "page.css"}


class Server:
    """A running server of one network; a context manager. `port` 0 takes a free one.

    Raises OSError when the port is taken. Recordings get addresses here.
    """

    def __init__(self, net: Network, port: int = 0) -> None:
        self.net = net
        self._http = make_server("127.0.0.1", port, site(net), _Threads, _Quiet)
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        net.api_url = self.url
        self._thread = threading.Thread(target=lambda: self._http.serve_forever(0.05), name="network server")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


def site(net: Network) -> WSGIApp:
    """Give all of it as a WSGI app: `/2010-04-01/…`, `/v1/…` are REST, `/` the page, `/network.json` what it shows."""
    api = rest(net)

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path: str = environ["PATH_INFO"]
        if _REST.match(path):
            return api(environ, start_response)
        if not _from_here(environ):
            status, kind, text = "403 Forbidden", "text/plain", "This page is for this machine only."
        elif environ["REQUEST_METHOD"] == "POST":
            status, kind, text = _act(net, path, _form(environ))
        else:
            status, kind, text = _show(net, path)
        body = text.encode()
        headers = [
            ("Content-Type", f"{kind}; charset=utf-8"),
            ("Content-Length", str(len(body))),
            ("Cache-Control", "no-store"),
            ("Content-Security-Policy", "default-src 'self'; img-src data:"),
            ("X-Frame-Options", "DENY"),
        ]
        start_response(status, headers)
        return [body]

    return app


_Answer = tuple[str, str, str]
"""A status, a content type and a text."""


def _show(net: Network, path: str) -> _Answer:
    if path == "/network.json":
        data = net.clock.apply(lambda: network_data(net))
        return "200 OK", "application/json", json.dumps(data, ensure_ascii=False)
    if path not in _PAGE:
        return "404 Not Found", "text/plain", f"{path} is not here."
    file = Path(__file__).with_name("page") / _PAGE[path]
    return "200 OK", mimetypes.guess_type(file)[0] or "text/plain", file.read_text("utf-8")


def _act(net: Network, path: str, form: dict[str, str]) -> _Answer:
    """Do what a form asks: somebody dials a number, presses, speaks, or hangs up."""
    try:
        match path.strip("/").split("/"):
            case ["dial"]:
                call = net.dial(form.get("to", ""), form.get("from", "") or "anonymous", wait=False)
                return "201 Created", "application/json", json.dumps({"sid": call.sid})
            case ["calls", sid, "press" | "say" | "hang-up" as what] if sid in net.legs:
                with suppress(CallIsOver):  # the page was a moment behind
                    _do(net.legs[sid], what, form)
                return "200 OK", "text/plain", ""
    except ValueError as wrong:
        return "400 Bad Request", "text/plain", f"{wrong}"
    return "404 Not Found", "text/plain", f"{path} is not here."


def _do(leg: Leg, what: str, form: dict[str, str]) -> None:
    handset = Call(leg)
    if what == "press":
        handset.press(form.get("keys", ""))
    elif what == "say" and form.get("words"):
        handset.say(form["words"])
    elif what == "hang-up":
        handset.hang_up()


def _form(environ: dict[str, Any]) -> dict[str, str]:
    length = environ.get("CONTENT_LENGTH") or "0"
    size = min(int(length), _FORM_LIMIT) if length.isdecimal() else 0
    fields = parse_qs(environ["wsgi.input"].read(size).decode("utf-8", "replace"))
    return {name: values[-1].strip() for name, values in fields.items()}


def _from_here(environ: dict[str, Any]) -> bool:
    """Whether a browser on this machine asks, and no page from elsewhere makes it ask."""
    try:
        host = urlsplit(f"//{environ.get('HTTP_HOST', '')}")
        origin = environ.get("HTTP_ORIGIN", "")
        return host.hostname in _HERE and (not origin or urlsplit(origin).netloc == host.netloc)
    except ValueError:
        return False


class _Threads(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    timeout = 30  # seconds that a silent client holds a thread

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the page shows what matters."""
