"""Any wallet, served over the protocol of `ivr.wallet.http_client`: the other side, for tests."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Mapping
from decimal import InvalidOperation
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, get_type_hints

from ivr.hotline.back_office import BackOfficeUnavailable
from ivr.wallet.json_codec import part_from_json, to_json
from ivr.wallet.model import QUESTIONS, Wallet

LONGEST_QUESTION = 16 * 1024


def wallet_server(wallet: Wallet, token: str, host: str = "127.0.0.1", port: int = 0) -> ThreadingHTTPServer:
    """A server that is bound, and not running: call `serve_forever`. Port 0 is any free one."""

    class Question(BaseHTTPRequestHandler):
        timeout = 10

        def do_POST(self) -> None:
            """One question: 200 and its answer, 401, 404, 400, or 503 when the wallet itself is not available."""
            given = self.headers.get("Authorization", "")
            name = self.path.removeprefix("/v1/")
            if not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
                self._answer(401, {})
            elif name not in QUESTIONS or not self.path.startswith("/v1/"):
                self._answer(404, {})
            else:
                self._answer(*_ask(wallet, name, self._body()))

        def _body(self) -> bytes:
            length = self.headers.get("Content-Length", "")
            return self.rfile.read(min(int(length), LONGEST_QUESTION)) if length.isdecimal() else b""

        def _answer(self, status: int, answer: Mapping[str, Any]) -> None:
            body = json.dumps(answer, ensure_ascii=False).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: who called about what is nobody's business."""

    return ThreadingHTTPServer((host, port), Question)


def _arguments(question: Callable[..., Any], data: Any) -> dict[str, Any]:
    """The arguments of this method. Raises ValueError if they are not exactly its parameters."""
    hints = get_type_hints(question)
    hints.pop("return")
    if not isinstance(data, Mapping) or set(data) != set(hints):
        raise ValueError("expected exactly the parameters")
    return {name: part_from_json(hint, data[name]) for name, hint in hints.items()}


def _ask(wallet: Wallet, name: str, body: bytes) -> tuple[int, Mapping[str, Any]]:
    try:
        arguments = _arguments(getattr(Wallet, name), json.loads(body))
    except (ValueError, TypeError, InvalidOperation, RecursionError):
        return 400, {}
    try:
        return 200, {"answer": to_json(getattr(wallet, name)(**arguments))}
    except BackOfficeUnavailable:
        return 503, {}
