"""A WebSocket to an app, text out and text in: by the library `websockets`, or to an ASGI app in this process.

Failures are values. An ASGI app runs in the event loop of the bridge that also serves it over HTTP.
"""

import asyncio
import queue
import socket
import ssl
from collections.abc import Mapping
from concurrent.futures import Future
from contextlib import AbstractContextManager, ExitStack, suppress
from typing import Any
from urllib.parse import unquote, urlsplit

from ivr.network.wire.clock import real_seconds
from ivr.network.wire.transport import BridgedApp, ConnectionFailure, Headers

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


_CLOSE_SECONDS = 0.5


class AsgiSocket:
    """An open connection; used as a `WebSocket` is."""

    def __init__(self, bridged: BridgedApp, url: str, headers: Headers) -> None:
        self._app = bridged.app
        self._loop = bridged.loop
        self._to_app: asyncio.Queue[Mapping[str, Any]] = asyncio.Queue()
        self._from_app: queue.Queue[str] = queue.Queue()
        self.refused: Future[str] = Future()  # why the app does not take the connection; blank when it does
        self._to_app.put_nowait({"type": "websocket.connect"})
        self._running = asyncio.run_coroutine_threadsafe(self._run(_scope(url, headers)), self._loop)

    async def _run(self, scope: Mapping[str, Any]) -> None:
        ended = "the app has returned"
        try:
            await self._app(scope, self._to_app.get, self._take)
        except Exception as why:  # told to whoever listens: it is the app that failed
            ended = f"the app raised {type(why).__name__}: {why}"
        self._close(ended)

    async def _take(self, message: Mapping[str, Any]) -> None:
        match message["type"]:
            case "websocket.accept":
                self.refused.set_result("")
            case "websocket.send":
                text = message.get("text")
                self._from_app.put(message["bytes"].decode("utf-8", "replace") if text is None else text)
            case "websocket.close":
                code, reason = message.get("code", 1000), message.get("reason") or ""
                self._close(f"received {code} {reason}".rstrip())

    def _close(self, why: str) -> None:
        if not self.refused.done():
            self.refused.set_result(why)
        self._from_app.put(Closed(why))

    def send(self, text: str) -> None:
        self._loop.call_soon_threadsafe(self._to_app.put_nowait, {"type": "websocket.receive", "text": text})

    def receive(self, seconds: float) -> str | None:
        """Give the next message, `Closed` when there is none any more, or None after `seconds`."""
        try:
            return self._from_app.get(timeout=max(0.0, seconds))
        except queue.Empty:
            return None

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Say goodbye; does not wait long for the app."""
        gone = {"type": "websocket.disconnect", "code": code, "reason": reason}
        self._loop.call_soon_threadsafe(self._to_app.put_nowait, gone)
        with suppress(TimeoutError):
            self._running.result(_CLOSE_SECONDS)


def open_asgi_socket(bridged: BridgedApp, url: str, headers: Headers) -> AsgiSocket | ConnectionFailure:
    """Connect to the app's address `url`; really waits until the app has taken the connection."""
    opened = AsgiSocket(bridged, url, headers)
    try:
        refused = opened.refused.result(CONNECT_SECONDS)
    except TimeoutError:
        refused = f"the app did not accept it within {CONNECT_SECONDS:g} s"
    return ConnectionFailure(64102, f"no WebSocket at {url}: {refused}", "ct", 0.0) if refused else opened


def _scope(url: str, headers: Headers) -> dict[str, Any]:
    parts = urlsplit(url)
    sent = [("Host", parts.netloc), *headers]
    return {
        "type": "websocket",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "scheme": parts.scheme,
        "path": unquote(parts.path) or "/",
        "raw_path": parts.path.encode(),
        "root_path": "",
        "query_string": parts.query.encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in sent],
        "client": ("127.0.0.1", 0),
        "server": (parts.hostname, parts.port or 443),
        "subprotocols": [],
    }
