"""What our webhook is compared with: two bare Flask routes, served by our own server.

`constant` answers the same document whatever is asked. `limit` does what nobody can leave out: it checks the
signature, reads one row, commits one row durably, and answers; `limit-fast` does the same with our own check of the
signature in place of Twilio's. `python -m bench.bare KIND FOLDER --workers 1 --threads 8` serves one on a free port.
"""

from __future__ import annotations

import argparse
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path

from flask import Flask, Response, request
from twilio.request_validator import RequestValidator

from bench.carrier import PUBLIC_URL, TOKEN
from ivr.webhooks import logs
from ivr.webhooks.form import pairs
from ivr.webhooks.server import serve
from ivr.webhooks.signature import Signatures

KINDS = ("constant", "limit", "limit-fast")
ROUTE = "/voice/<call>/turns/<int:turn>"

DOCUMENT = '<?xml version="1.0" encoding="UTF-8"?><Response><Say>{}</Say></Response>'.format(
    "请选择您需要的服务。" * 36
)
"""A reply of about 1.2 kB, as a menu has."""
SESSION = "s" * 450
"""As large as the session of a call in a menu."""


def constant() -> Flask:
    app = Flask(__name__)

    @app.post(ROUTE)
    def turn(call: str, turn: int) -> Response:
        return Response(DOCUMENT, content_type="text/xml")

    return app


def limit(folder: Path, signed: Callable[[], bool]) -> Flask:
    """`signed` looks at the present request."""
    app = Flask(__name__)
    rows = _Rows(folder / "limit.db")

    @app.post(ROUTE)
    def turn(call: str, turn: int) -> Response:
        if not signed():
            return Response(status=403)
        rows.step(call, turn)
        return Response(DOCUMENT, content_type="text/xml")

    return app


class _Rows:
    """One read and one durable write in a transaction, the plainest way that is right with several threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._own = threading.local()
        self._gate = threading.Lock()
        self._connection().executescript(
            "CREATE TABLE IF NOT EXISTS calls (id TEXT PRIMARY KEY, session TEXT);"
            "CREATE TABLE IF NOT EXISTS turns (call TEXT, turn INTEGER, at REAL, answer TEXT, PRIMARY KEY (call, turn))"
        )

    def step(self, call: str, turn: int) -> None:
        connection = self._connection()
        with self._gate:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("SELECT session FROM calls WHERE id = ?", (call,)).fetchone()
            connection.execute("INSERT OR REPLACE INTO turns VALUES (?, ?, ?, ?)", (call, turn, time.time(), DOCUMENT))
            connection.execute("COMMIT")

    def fill(self, calls: list[str]) -> None:
        connection = self._connection()
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany("INSERT INTO calls VALUES (?, ?)", [(call, SESSION) for call in calls])
        connection.execute("COMMIT")

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._own, "connection", None)
        if connection is None:
            connection = sqlite3.connect(self._path, isolation_level=None, timeout=2)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            self._own.connection = connection
        return connection


def prepare(folder: Path, calls: list[str]) -> None:
    """Puts the rows there that the limit reads."""
    _Rows(folder / "limit.db").fill(calls)


def by_twilio() -> bool:
    validator = RequestValidator(TOKEN)
    url = PUBLIC_URL + request.path
    return bool(validator.validate(url, request.form, request.headers.get("X-Twilio-Signature", "")))


def by_us() -> Callable[[], bool]:
    signatures = Signatures(PUBLIC_URL, (TOKEN,))

    def signed() -> bool:
        given = request.headers.get("X-Twilio-Signature", "")
        return signatures.valid(request.path, "", pairs(request.get_data(), 200), given)

    return signed


def app_of(kind: str, folder: Path) -> Flask:
    match kind:
        case "constant":
            return constant()
        case "limit":
            return limit(folder, by_twilio)
        case _:
            return limit(folder, by_us())


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("kind", choices=KINDS)
    options.add_argument("folder", type=Path)
    options.add_argument("--workers", type=int, required=True)
    options.add_argument("--threads", type=int, required=True)
    given = options.parse_args()
    logs.configure()
    serve(lambda: app_of(given.kind, given.folder), port=0, workers=given.workers, threads=given.threads)


if __name__ == "__main__":
    main()
