"""The network behind a socket: its REST side, for one developer on one machine. Made to run beside a RealClock."""

import re
import threading
from collections.abc import Callable, Iterable
from socketserver import ThreadingMixIn
from typing import Any, Self
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from ivr.network.network import Network
from ivr.network.rest_api.app import rest
from ivr.network.wire.transport import WSGIApp

HERE = re.compile(r"(localhost|[\w.-]+\.internal|127(\.\d+){3}|\[::1\])(:\d+)?", re.ASCII | re.IGNORECASE)
"""What programs here call this machine, or do in a container: names that nobody else can own."""


class Server:
    """A running server of one network; a context manager. `port` 0 takes a free one. It listens on this machine only.

    Raises OSError when the port is taken. Recordings get addresses here.
    """

    def __init__(self, net: Network, port: int = 0) -> None:
        self.net = net
        self._http = make_server("127.0.0.1", port, _for_programs(rest(net)), _Threads, _Quiet)
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


def _for_programs(app: WSGIApp) -> WSGIApp:
    """Refuses what a page of another site makes a browser here ask: account and token are known to everybody."""

    def guarded(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        acts = environ["REQUEST_METHOD"] not in ("GET", "HEAD")
        if HERE.fullmatch(environ.get("HTTP_HOST", "localhost")) and not (acts and "HTTP_ORIGIN" in environ):
            return app(environ, start_response)
        start_response("403 Forbidden", [("Content-Type", "text/plain")])
        return [b"This network is for programs of the machine it runs on.\n"]

    return guarded


class _Threads(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    timeout = 30  # seconds that a silent client holds a thread

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the debugger has what matters."""
