"""Requests to the few hosts that the configuration names, whose replies are bounded in time and in size.

A socket's timeout bounds each read alone: a host that sends a byte a second would keep a thread for days. Nothing is
unpacked either, so a reply is as large as what was sent (docs/trust.md#goal-13).
"""

import http.client
import io
import socket
import ssl
import time
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, cast


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: the status, the headers that anybody asks for, and the body, at most one byte too long."""

    status: int
    kind: str = ""
    body: bytes = field(default=b"", repr=False)
    location: str = ""


def over_http(
    method: str, url: str, headers: Mapping[str, str], most: int, *, body: bytes | None = None, seconds: float = 10
) -> Reply:
    """The reply to one request, whatever its status. No redirect is followed: nobody who is asked may send us on.

    A proxy of the environment is used for https alone, where it carries what it cannot read; over http it would be
    handed our token. most: bytes of the body; one more is read, none if it is 0. seconds: to connect, to send,
    and for the whole reply, each. Raises OSError if nobody replies in time, or with anything but HTTP.
    """
    if not url.startswith(("https://", "http://")):
        raise ValueError(f'"{url}" is not an http address')
    request = urllib.request.Request(url, body, dict(headers), method=method)  # noqa: S310 - checked above
    tunnels = {scheme: proxy for scheme, proxy in urllib.request.getproxies().items() if scheme == "https"}
    opener = urllib.request.build_opener(_Http, _Https, _AsItCame, urllib.request.ProxyHandler(tunnels))
    try:
        with opener.open(request, timeout=seconds) as reply:
            told = reply.headers
            sent = reply.read(most + 1) if most else b""
            return Reply(reply.status, told.get("Content-Type", ""), sent, told.get("Location", ""))
    except http.client.HTTPException as error:
        raise OSError(f"no HTTP: {type(error).__name__}") from None


class _SocketInTime(io.RawIOBase):
    """A socket as `HTTPResponse` reads it, with one deadline for all of the reply: its timeout, from now."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._file = sock.makefile("rb", buffering=0)  # keeps the socket open when its connection is closed
        self._deadline = time.monotonic() + (sock.gettimeout() or 0)

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        self._sock.settimeout(left)
        return self._file.readinto(buffer)

    def close(self) -> None:
        self._file.close()
        super().close()


class _ReplyInTime(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *given: Any, **named: Any) -> None:
        super().__init__(cast(socket.socket, _SocketInTime(sock)), *given, **named)  # only `makefile` is asked of it


class HttpInTime(http.client.HTTPConnection):
    """A connection whose replies have all come within the timeout of its socket, counted from when they are awaited."""

    response_class = _ReplyInTime


class HttpsInTime(http.client.HTTPSConnection):
    """The same over TLS; what a proxy says to CONNECT must come in time, too."""

    response_class = _ReplyInTime


class _Http(urllib.request.HTTPHandler):
    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(HttpInTime, req)


class _Https(urllib.request.HTTPSHandler):
    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(HttpsInTime, req, context=_trust())


class _AsItCame(urllib.request.HTTPErrorProcessor):
    """Takes no status for an error, so that no handler of errors or redirects is asked."""

    def http_response(self, request: urllib.request.Request, response: Any) -> Any:
        return response

    https_response = http_response


@cache
def _trust() -> ssl.SSLContext:
    return ssl.create_default_context()
