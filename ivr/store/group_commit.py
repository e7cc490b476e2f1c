"""Write transactions of one process that arrive together share one durable commit on SQLite.

A disk takes some 0.1 to 5 ms to sync, and one sync makes any number of turns durable. So all writers of a process share
a connection, one after another: each works in a savepoint of one transaction, whoever leaves while nobody else waits
commits it, and none returns before that. Who fails is rolled back alone; when the commit fails, all fail; when the
process dies before it, nobody was told anything.
"""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import sqlalchemy as sa

from ivr.store.errors import Unavailable
from ivr.store.sqlite_driver import patiently

MOST = 64
"""Members of a group: as many as threads may be answering at once."""


class _Group:
    """Those who share a transaction. `failure` is read once it is `over`."""

    __slots__ = ("failure", "over", "size", "told")

    def __init__(self) -> None:
        self.size = 0
        self.over = False
        self.failure: BaseException | None = None
        self.told: threading.Event | None = None
        """For those who leave the commit to others. Whoever looks at it holds the gate."""

    def end(self, failure: BaseException | None = None) -> None:
        self.over, self.failure = True, failure
        if self.told is not None:
            self.told.set()


class GroupCommit:
    """The writers of one process. Safe to share between threads."""

    def __init__(self, connect: Callable[[], sa.Connection], most: int) -> None:
        """`most` 1 commits each transaction by itself."""
        self._connect = connect
        self._most = most
        self._connection: sa.Connection | None = None
        self._driver: Any = None
        """What `_connection` gives its statements to."""
        self._gate = threading.Lock()
        """Held by whoever works on the connection."""
        self._count = threading.Lock()
        self._waiting = 0
        """How many wait at the gate. They commit what those before them left."""
        self._group: _Group | None = None

    @contextmanager
    def member(self, patience_seconds: float) -> Iterator[sa.Connection]:
        """One write transaction; committed durably at the end, rolled back when anything is raised.

        Raises Unavailable when it waited for so long, and what the driver raises.
        """
        until = time.monotonic() + patience_seconds
        self._enter(patience_seconds)
        try:
            group = self._group or self._begin(max(patience_seconds / 3, until - time.monotonic()))
        except BaseException:
            self._gate.release()
            raise
        connection, driver = self._connected(), self._driver
        group.size += 1
        alone = group.size == 1  # the first needs no savepoint: if it fails, there is nobody's work to keep
        try:
            if not alone:
                driver.execute("SAVEPOINT member")
            yield connection
            driver.end_statements()
            if not driver.in_transaction:  # SQLite rolls all back by itself, on a full disk for one
                raise Unavailable("the store rolled back what was written")
            if not alone:
                driver.execute("RELEASE member")
        except BaseException as error:
            driver.end_statements()
            if alone or not _undone(driver):
                self._fail(group, error)
            self._leave(group, patience_seconds)
            raise
        self._leave(group, patience_seconds)
        if group.failure is not None:
            raise Unavailable("the commit failed that was shared with others") from group.failure
        if not group.over:
            raise Unavailable("the store did not commit in time")

    @contextmanager
    def alone(self, patience_seconds: float) -> Iterator[sa.Connection]:
        """The connection with no transaction of anybody on it. Raises Unavailable."""
        self._enter(patience_seconds)
        try:
            if self._group is not None:
                self._commit(self._group)
            yield self._connected()
        finally:
            self._gate.release()

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()

    def _connected(self) -> sa.Connection:
        if self._connection is None:
            self._connection = self._connect()
            self._driver = self._connection.connection.dbapi_connection
            self._connection.begin()  # for SQLAlchemy; the transactions on it begin and end by the driver alone
            self._driver.cursor().execute("PRAGMA busy_timeout = 0")  # `patiently` waits
        return self._connection

    # --- coming in and going out ---

    def _enter(self, patience_seconds: float) -> None:
        if self._gate.acquire(blocking=False):
            return
        entered = False
        with self._count:
            self._waiting += 1
        try:
            entered = self._gate.acquire(timeout=patience_seconds)
        finally:
            with self._count:
                self._waiting -= 1
        if not entered:
            self._commit_what_is_left()
            raise Unavailable(f"the store was busy for {patience_seconds:g} s")

    def _begin(self, patience_seconds: float) -> _Group:
        self._connected()
        patiently(self._driver, "BEGIN IMMEDIATE", patience_seconds)
        self._group = _Group()
        return self._group

    def _leave(self, group: _Group, patience_seconds: float) -> None:
        """Commits, or waits for whoever does: somebody who waits at the gate."""
        with self._count:
            left_to_others = self._waiting > 0 and group.size < self._most and not group.over
            if left_to_others:
                told = group.told = group.told or threading.Event()
                self._gate.release()
        if left_to_others:
            told.wait(2 * patience_seconds)
            return
        try:
            self._commit(group)
        finally:
            self._gate.release()

    def _commit_what_is_left(self) -> None:
        """For whoever gave up at the gate: the last member may have left the commit to them."""
        if self._gate.acquire(blocking=False):
            try:
                if self._group is not None:
                    self._commit(self._group)
            finally:
                self._gate.release()

    def _commit(self, group: _Group) -> None:
        if group.over:
            return
        try:
            self._driver.commit()
        except BaseException as error:
            self._fail(group, error)
            raise
        self._group = None
        group.end()

    def _fail(self, group: _Group, failure: BaseException) -> None:
        self._group = None
        with suppress(Exception):
            self._driver.rollback()
        group.end(failure)


def _undone(driver: sqlite3.Connection) -> bool:
    """Undoes the work of one member. False where that is not possible: SQLite has undone everything by itself."""
    try:
        driver.execute("ROLLBACK TO member")
        driver.execute("RELEASE member")
    except sqlite3.Error:
        return False
    return True
