"""A WebSocket to an app, by the library `websockets`: text goes out, text comes in. Failures are values."""

import socket
import ssl
from contextlib import AbstractContextManager, ExitStack
from typing import Any
from urllib.parse import urlsplit

from ivr.network.wire.clock import real_seconds
from ivr.network.wire.transport import ConnectionFailure, Headers

CONNECT_SECONDS = 5.0


class Closed(str):
    """What comes last on a socket: why it was closed, in words."""

    __slots__ = ()


class WebSocket:
    def __init__(self, connected: AbstractContextManager[Any]) -> None:
        self._context = ExitStack()
        self._connection = self._context.enter_context(connected)
        self._over = ""

    def send(self, text: str) -> None:
        """Send a message; nothing when the connection is closed, which the next `receive` tells."""
        from websockets.exceptions import ConnectionClosed

        try:
            self._connection.send(text)
        except ConnectionClosed as why:
            self._over = str(why)

    def receive(self, seconds: float) -> str | None:
        """Give the next message, `Closed` when there is none any more, or None after `seconds`."""
        from websockets.exceptions import ConnectionClosed

        try:
            message = self._connection.recv(timeout=max(0.0, seconds))
        except TimeoutError:
            return None
        except ConnectionClosed as why:
            self._over = self._over or str(why)
            return Closed(self._over)
        return message if isinstance(message, str) else message.decode("utf-8", "replace")

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Say goodbye; does not wait long for the other side."""
        self._connection.close(code, reason)
        self._context.close()


def open_websocket(
    url: str, headers: Headers, *, reached_at: str = "", ca_file: str = ""
) -> tuple[WebSocket | ConnectionFailure, float]:
    """Connect to a `wss://` address, without TLS if `reached_at` (`host:port`) is given; gives the seconds it took."""
    began = real_seconds()
    try:
        from websockets.exceptions import WebSocketException
        from websockets.sync.client import connect
    except ImportError:
        told = "ConversationRelay needs the package `websockets` (15 or later)"
        return ConnectionFailure(64102, told, "ct", 0.0), 0.0
    plain: socket.socket | None = None
    try:
        if reached_at:
            host, _, port = reached_at.rpartition(":")
            plain = socket.create_connection((host, int(port)), CONNECT_SECONDS)
            url = urlsplit(url)._replace(scheme="ws").geturl()
        connected = connect(
            url,
            sock=plain,
            ssl=None if reached_at else ssl.create_default_context(cafile=ca_file or None),
            additional_headers=list(headers),
            user_agent_header=None,
            open_timeout=CONNECT_SECONDS,
            close_timeout=0.5,
            proxy=None,
            compression=None,
        )
    except (OSError, ValueError, WebSocketException) as why:
        if plain is not None:
            plain.close()
        seconds = real_seconds() - began
        return ConnectionFailure(64102, f"no WebSocket at {url}: {why or type(why).__name__}", "ct", seconds), seconds
    return WebSocket(connected), real_seconds() - began
