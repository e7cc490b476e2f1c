"""A WebSocket to an ASGI app in this process, in the event loop of the bridge that also serves it over HTTP."""

import asyncio
import queue
from collections.abc import Mapping
from concurrent.futures import Future
from contextlib import suppress
from typing import Any
from urllib.parse import unquote, urlsplit

from ivr.network.wire.transport import BridgedApp, ConnectionFailure, Headers
from ivr.network.wire.websocket import CONNECT_SECONDS, Closed

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
