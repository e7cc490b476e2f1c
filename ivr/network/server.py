"""The network behind a socket: its REST side, for one developer on one machine. Made to run beside a RealClock."""

import threading
from socketserver import ThreadingMixIn
from typing import Any, Self
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from ivr.network.network import Network
from ivr.network.rest_api.app import rest


class Server:
    """A running server of one network; a context manager. `port` 0 takes a free one. It listens on this machine only.

    Raises OSError when the port is taken. Recordings get addresses here.
    """

    def __init__(self, net: Network, port: int = 0) -> None:
        self.net = net
        self._http = make_server("127.0.0.1", port, rest(net), _Threads, _Quiet)
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


class _Threads(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    timeout = 30  # seconds that a silent client holds a thread

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the debugger has what matters."""
