"""The network behind a socket: its REST side, a page that shows what happens, and a telephone made of forms.

For one developer on one machine: it listens on this machine only, and refuses pages that a browser brings from
elsewhere. Made to run beside a RealClock.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from socketserver import ThreadingMixIn
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from ivr.network import status_page
from ivr.network.line.handset import Call, CallIsOver
from ivr.network.line.leg import Leg
from ivr.network.network import Network
from ivr.network.rest_api.app import rest
from ivr.network.wire.transport import WSGIApp

_REST = "/2010-04-01/"
_FORM_LIMIT = 10_000
_HERE = frozenset({"127.0.0.1", "localhost"})


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
    """Give all of it as a WSGI app: `/2010-04-01/…` is REST, `/` the page, `/network.json` the same as data."""
    api = rest(net)

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path: str = environ["PATH_INFO"]
        if path.startswith(_REST):
            return api(environ, start_response)
        if not _from_here(environ):
            return _reply(start_response, "403 Forbidden", "text/plain", "This page is for this machine only.")
        if environ["REQUEST_METHOD"] == "POST":
            return _act(net, path, _form(environ), start_response)
        return _show(net, path, start_response)

    return app


def _show(net: Network, path: str, start_response: Callable[..., Any]) -> Iterable[bytes]:
    match path.strip("/").split("/"):
        case [""]:
            return _reply(start_response, "200 OK", "text/html", net.clock.apply(lambda: status_page.overview(net)))
        case ["network.json"]:
            data = net.clock.apply(lambda: status_page.listing(net))
            return _reply(start_response, "200 OK", "application/json", json.dumps(data, ensure_ascii=False))
        case ["calls", sid] if sid.removesuffix(".json") in net.legs:
            leg = net.legs[sid.removesuffix(".json")]
            if sid.endswith(".json"):
                data = net.clock.apply(lambda: status_page.call(leg))
                return _reply(start_response, "200 OK", "application/json", json.dumps(data, ensure_ascii=False))
            return _reply(start_response, "200 OK", "text/html", net.clock.apply(lambda: status_page.one_call(leg)))
    return _reply(start_response, "404 Not Found", "text/plain", f"{path} is not here.")


def _act(net: Network, path: str, form: dict[str, str], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Do what a form asks: somebody dials a number, presses, speaks, or hangs up."""
    match path.strip("/").split("/"):
        case ["dial"]:
            try:
                call = net.dial(form.get("to", ""), form.get("from", "") or "anonymous", wait=False)
            except ValueError as wrong:
                return _reply(start_response, "400 Bad Request", "text/plain", f"{wrong}")
            return _redirect(start_response, f"/calls/{call.sid}")
        case ["calls", sid, what] if sid in net.legs and what in ("press", "say", "hang-up"):
            try:
                with suppress(CallIsOver):  # the page was a moment behind
                    _do(net.legs[sid], what, form)
            except ValueError as wrong:
                return _reply(start_response, "400 Bad Request", "text/plain", f"{wrong}")
            return _redirect(start_response, f"/calls/{sid}")
    return _reply(start_response, "404 Not Found", "text/plain", f"{path} is not here.")


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
    size = min(int(length), _FORM_LIMIT) if length.isdigit() else 0
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


def _redirect(start_response: Callable[..., Any], place: str) -> Iterable[bytes]:
    start_response("303 See Other", [("Location", place), ("Content-Length", "0")])
    return []


def _reply(start_response: Callable[..., Any], status: str, kind: str, text: str) -> Iterable[bytes]:
    body = text.encode()
    headers = [
        ("Content-Type", f"{kind}; charset=utf-8"),
        ("Content-Length", str(len(body))),
        ("Cache-Control", "no-store"),
        ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'"),
        ("X-Frame-Options", "DENY"),
    ]
    start_response(status, headers)
    return [body]


class _Threads(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    timeout = 30  # seconds that a silent client holds a thread

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the page shows what matters."""
