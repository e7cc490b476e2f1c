"""PostgreSQL's driver: no statement waits for longer than its transaction may, and few round trips are made.

A server that stopped, or a network that lost it, never says so: the socket stays open and silent. PostgreSQL's own
limits do not help, because they are kept by the side that is silent. So the time that a thread waits for the server is
counted here, over all statements of a transaction, and a connection that used it up is closed.

A connection is in autocommit, so a read takes one round trip; READ COMMITTED gives each statement a snapshot of its own
with or without a transaction. BEGIN goes out together with the first statement of a transaction (pipeline mode).
"""

from __future__ import annotations

import select
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


class Cursor(psycopg.Cursor[Any]):
    """Begins the transaction that its connection is to begin, in the round trip of its first statement."""

    def execute(self, query: Any, params: Any = None, **settings: Any) -> Cursor:
        driver = self.connection
        if isinstance(driver, Driver) and driver.begins:
            driver.begins = False
            with driver.at_once():
                psycopg.Cursor(driver).execute("BEGIN")
                return super().execute(query, params, **settings)
        return super().execute(query, params, **settings)


class Driver(psycopg.Connection[Any]):
    """A connection that is closed when its server keeps it waiting for too long."""

    begins = False
    """Whether its next statement is the first of a transaction."""

    _silent = False

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Inside, what is executed takes one round trip in all. Rows are there after it."""
        if self.pgconn.pipeline_status:
            yield
            return
        try:
            with self.pipeline():
                yield
        except psycopg.OperationalError:
            if self._silent:  # psycopg says only that the connection is closed
                raise psycopg.OperationalError("no answer") from None
            raise

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

    def rollback(self) -> None:
        """Of a connection that was closed there is nothing to be taken back."""
        if not self.closed:
            super().rollback()

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        began, left = time.monotonic(), getattr(_own, "left", None)
        if left is not None:
            timeout = max(left, LAST_CHANCE_SECONDS) if timeout is None else min(timeout, left)
        try:
            return super().wait(gen, interval, timeout)
        except psycopg.errors._WaitTimeout:
            self._silent = True
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
        pool_timeout=patience_seconds,
        pool_size=5,
        max_overflow=20,
        connect_args={"connect_timeout": 2, "tcp_user_timeout": 3000},  # seconds, milliseconds
    )

    @sa.event.listens_for(engine, "do_connect")
    def connect(dialect: object, record: object, arguments: list[Any], settings: dict[str, Any]) -> Driver:
        return Driver.connect(*arguments, **settings)

    @sa.event.listens_for(engine, "checkout")
    def borrowed(driver: Any, record: object, proxy: object) -> None:
        if _is_over(driver):
            raise sa.exc.DisconnectionError  # the pool makes another connection

    @sa.event.listens_for(engine, "connect")
    def connected(driver: Any, record: object) -> None:
        cursor = driver.cursor()
        cursor.execute(f"SET lock_timeout = {patience_seconds * 2000 / 3:.0f}")  # it says so sooner than we give up
        driver.commit()
        driver.autocommit = True
        driver.cursor_factory = Cursor

    return engine


def _is_over(driver: psycopg.Connection[Any]) -> bool:
    """Whether a connection that nobody uses has ended meanwhile. A server that stops says so, and nothing else is said
    to such a connection. To ask the server would add a round trip to every turn."""
    if driver.closed:
        return True
    poller = select.poll()
    poller.register(driver.fileno(), select.POLLIN)
    return bool(poller.poll(0))
