"""Servers on this machine that answer anything at all: too slowly, too much, or not HTTP."""

import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from select import select


@contextmanager
def running(server: socketserver.BaseServer) -> Iterator[str]:
    """The address of the server, which runs in a thread until the end of the block."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Line(socketserver.BaseRequestHandler):
    """Reads one request, and lets the server's `reply` do what it likes with the socket."""

    def handle(self) -> None:
        asked = b""
        while b"\r\n\r\n" not in asked:
            asked += self.request.recv(65536)
        head, _, body = asked.partition(b"\r\n\r\n")
        length = sum(int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
        while len(body) < length:
            body += self.request.recv(65536)
        self.server.asked.append(head + b"\r\n\r\n" + body)
        self.server.reply(self.request)


class Stranger(socketserver.ThreadingTCPServer):
    """A server that answers anything at all."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, reply: Callable[[socket.socket], None]) -> None:
        super().__init__(("127.0.0.1", 0), Line)
        self.reply = reply
        self.asked: list[bytes] = []


def answer(body: bytes, head: bytes = b"HTTP/1.1 200 OK\r\n") -> Callable[[socket.socket], None]:
    return lambda line: line.sendall(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)


def drip(line: socket.socket, before: bytes = b"") -> None:
    """A byte now and then, for much longer than anybody wants to wait; ends when the other side hangs up."""
    with suppress(OSError):
        line.sendall(before)
        for _ in range(50_000):
            line.sendall(b"x")
            if select([line], [], [], 0.02)[0]:
                return


def hush(line: socket.socket) -> None:
    line.recv(1)  # until the other side hangs up
