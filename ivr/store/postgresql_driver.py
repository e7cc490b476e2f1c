"""PostgreSQL's driver: no statement waits for longer than its transaction may.

A server that stopped, or a network that lost it, never says so: the socket stays open and silent. PostgreSQL's own
limits do not help, because they are kept by the side that is silent. So the time that a thread waits for the server is
counted here, over all statements of a transaction, and a connection that used it up is closed.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import sqlalchemy as sa

LAST_CHANCE_SECONDS = 0.05
"""What a commit or a rollback gets when the time is used up: a server that is well answers it."""

_own = threading.local()


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Inside, this thread waits for the server for so long in all; then it gets psycopg.OperationalError."""
    _own.left = seconds
    try:
        yield
    finally:
        _own.left = None


class Driver(psycopg.Connection[Any]):
    """A connection that is closed when its server keeps it waiting for too long."""

    @classmethod
    def connect(cls, *args: Any, **settings: Any) -> Driver:
        """As psycopg does, which waits for `connect_timeout`; not at all when the time is used up."""
        began, left = time.monotonic(), getattr(_own, "left", None)
        if left is not None and left <= 0:
            raise psycopg.OperationalError("no answer")
        try:
            return super().connect(*args, **settings)
        finally:
            _use_up(began)

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        began, left = time.monotonic(), getattr(_own, "left", None)
        if left is not None:
            timeout = max(left, LAST_CHANCE_SECONDS) if timeout is None else min(timeout, left)
        try:
            return super().wait(gen, interval, timeout)
        except psycopg.errors._WaitTimeout:
            self.pgconn.finish()
            raise psycopg.OperationalError("no answer") from None
        finally:
            _use_up(began)


def _use_up(began: float) -> None:
    left = getattr(_own, "left", None)
    if left is not None:
        _own.left = left - (time.monotonic() - began)


def postgresql_engine(url: sa.URL, patience_seconds: float) -> sa.Engine:
    """The engine; waits for a free connection for so long, and for a lock of another for two thirds of that."""
    engine = sa.create_engine(
        url,
        hide_parameters=True,
        pool_pre_ping=True,  # after a restart of the server a ping fails, and not a caller's turn
        pool_timeout=patience_seconds,
        pool_size=5,
        max_overflow=20,
        connect_args={"connect_timeout": 2, "tcp_user_timeout": 3000},  # seconds, milliseconds
    )

    @sa.event.listens_for(engine, "do_connect")
    def connect(dialect: object, record: object, arguments: list[Any], settings: dict[str, Any]) -> Driver:
        return Driver.connect(*arguments, **settings)

    @sa.event.listens_for(engine, "connect")
    def connected(driver: Any, record: object) -> None:
        cursor = driver.cursor()
        cursor.execute(f"SET lock_timeout = {patience_seconds * 2000 / 3:.0f}")  # it says so sooner than we give up
        driver.commit()

    return engine
