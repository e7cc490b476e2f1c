"""The web phone behind a socket. A thread for each request, because a page that listens keeps one."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Self

from werkzeug.serving import WSGIRequestHandler, make_server

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


class Server:
    """A running server; a context manager. `port` 0 takes a free one. Raises OSError when the port is taken."""

    def __init__(self, app: WSGIApplication, host: str, port: int) -> None:
        self._http = make_server(host, port, app, threaded=True, request_handler=_Quiet)
        shown = f"[{host}]" if ":" in host else host
        self.url = f"http://{shown}:{self._http.server_port}"
        self._thread = threading.Thread(target=lambda: self._http.serve_forever(0.05), name="web phone", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()


class _Quiet(WSGIRequestHandler):
    timeout = 60  # seconds that a silent client holds a thread

    def log(self, type: str, message: str, *args: Any) -> None:
        """Nothing: the page shows what matters."""
