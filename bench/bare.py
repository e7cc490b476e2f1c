"""What our webhook is compared with: bare Flask routes and a tutorial's application, served by our own server.

`constant` answers the same document whatever is asked. `limit` does what nobody can leave out: it checks the
signature, reads one row, commits one row durably, and answers; `limit-fast` does the same with our own check of the
signature in place of Twilio's, and `limit-postgresql` on PostgreSQL. `tutorial` is what people really write.
`python -m bench.bare KIND FOLDER --workers 1 --threads 8` serves one on a free port.
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask, Response, request
from twilio.request_validator import RequestValidator

from bench.carrier import PUBLIC_URL, TOKEN
from bench.tutorial import tutorial
from ivr.webhooks import logs
from ivr.webhooks.authenticity import Signatures
from ivr.webhooks.form import pairs
from ivr.webhooks.server import serve

KINDS = ("constant", "limit", "limit-fast", "tutorial")
POSTGRESQL = "limit-postgresql"
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


def limit(rows: _Rows | _RowsOfPostgresql, signed: Callable[[], bool]) -> Flask:
    """`signed` looks at the present request."""
    app = Flask(__name__)

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


class _RowsOfPostgresql:
    """The same there, as a careful program has it: a connection a thread, and the row locked."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._own = threading.local()

    def step(self, call: str, turn: int) -> None:
        with self.connection() as connection, connection.transaction():
            connection.execute("SELECT session FROM limit_calls WHERE id = %s FOR UPDATE", (call,)).fetchone()
            connection.execute(
                "INSERT INTO limit_turns VALUES (%s, %s, %s, %s) ON CONFLICT (call, turn) DO UPDATE SET answer = %s",
                (call, turn, time.time(), DOCUMENT, DOCUMENT),
            )

    def fill(self, calls: list[str]) -> None:
        with self.connection() as connection, connection.transaction():
            connection.execute("DROP TABLE IF EXISTS limit_calls, limit_turns")
            connection.execute("CREATE TABLE limit_calls (id TEXT PRIMARY KEY, session TEXT)")
            connection.execute(
                "CREATE TABLE limit_turns (call TEXT, turn INTEGER, at FLOAT, answer TEXT, PRIMARY KEY (call, turn))"
            )
            with connection.cursor() as cursor:
                cursor.executemany("INSERT INTO limit_calls VALUES (%s, %s)", [(call, SESSION) for call in calls])

    @contextmanager
    def connection(self) -> Iterator[Any]:
        import psycopg

        if not hasattr(self._own, "connection"):
            self._own.connection = psycopg.connect(self._url.replace("postgresql+psycopg", "postgresql"))
            self._own.connection.autocommit = True
        yield self._own.connection


def empty(url: str) -> None:
    """Takes everything out of a database on PostgreSQL."""
    with _RowsOfPostgresql(url).connection() as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
        connection.close()


def prepare(kind: str, folder: Path, calls: list[str], url: str = "") -> None:
    """Puts the rows there that the limit reads."""
    rows = _RowsOfPostgresql(url) if kind == POSTGRESQL else _Rows(folder / "limit.db")
    rows.fill(calls)


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
        case "tutorial":
            return tutorial(folder)
        case "limit":
            return limit(_Rows(folder / "limit.db"), by_twilio)
        case "limit-postgresql":
            return limit(_RowsOfPostgresql(os.environ["BENCH_POSTGRESQL"]), by_twilio)
        case _:
            return limit(_Rows(folder / "limit.db"), by_us())


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("kind", choices=(*KINDS, POSTGRESQL))
    options.add_argument("folder", type=Path)
    options.add_argument("--workers", type=int, required=True)
    options.add_argument("--threads", type=int, required=True)
    given = options.parse_args()
    logs.configure()
    serve(lambda: app_of(given.kind, given.folder), port=0, workers=given.workers, threads=given.threads)


if __name__ == "__main__":
    main()
