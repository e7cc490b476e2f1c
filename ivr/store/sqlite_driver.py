"""SQLite's driver: settings that survive a power cut, and statements that end with their transaction.

A statement that was not read to its end keeps its snapshot of the database open, even after COMMIT: whoever borrows the
connection next would read the past. So a connection knows its cursors, and closes them all when a transaction ends.
"""

import sqlite3
import time
from collections.abc import Sequence
from typing import Any
from weakref import WeakSet

from ivr.store.errors import UnusableStore
from ivr.store.prepared import Found, Statement

BUSY_SECONDS = 0.01
"""How long a statement waits for other processes by SQLite's own busy handler, which sleeps for 1, 2 and 5 ms."""
NAP_SECONDS = 0.000_25
"""How long `patiently` sleeps between two looks. A busy process leaves the store free for a fraction of a millisecond
between two groups: whoever sleeps for longer is overtaken again and again. Of four processes one waited 1.1 s."""

WAL_RACE_FIXED = ((3, 44, 6), (3, 50, 7), (3, 51, 3))
"""The releases that repaired SQLite's WAL-reset race between several writers, one per maintained branch."""


class Driver(sqlite3.Connection):
    """A connection that can end whatever statement it still runs."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self._cursors: WeakSet[sqlite3.Cursor] = WeakSet()

    def cursor(self, *args: Any) -> Any:
        cursor = super().cursor(*args)
        self._cursors.add(cursor)
        return cursor

    def at_once(self, statements: Sequence[Statement]) -> list[Found]:
        """Runs statements one after another, each to its end, so that none of them has to be ended later."""
        cursor, found = super().cursor(), list[Found]()
        for text, values in statements:
            cursor.execute(text, values)
            rows = cursor.fetchall()
            found.append((cursor.description or (), rows, cursor.rowcount))
        return found

    def end_statements(self) -> None:
        """Close every cursor: nothing of this transaction can be read any more, and nothing keeps its snapshot."""
        while self._cursors:
            self._cursors.pop().close()


def wal_race(version: tuple[int, ...]) -> bool:
    """Whether this SQLite has the WAL-reset race (docs/trust.md#goal-25)."""
    if version >= max(WAL_RACE_FIXED):
        return False
    return not any(version[:2] == fixed[:2] and version >= fixed for fixed in WAL_RACE_FIXED)


def patiently(driver: Driver, sql: str, seconds: float) -> None:
    """Run a statement that waits for other processes, for so long. Without a busy handler it looks often."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            driver.at_once([(sql, ())])
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
        else:
            return
        time.sleep(NAP_SECONDS)


def settle(driver: sqlite3.Connection, seconds: float) -> None:
    """Write-ahead log and a sync on every commit, with proof of both. Raises UnusableStore if that takes too long."""
    deadline = time.monotonic() + seconds
    while driver.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        try:  # several workers make a fresh file at once; this one pragma ignores the busy timeout
            driver.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            if time.monotonic() > deadline:
                raise UnusableStore("SQLite can not keep a write-ahead log here: put the database on a local disk")
    driver.execute("PRAGMA synchronous = FULL")
    driver.execute(f"PRAGMA journal_size_limit = {64 * 1024 * 1024}")
    if driver.execute("PRAGMA synchronous").fetchone()[0] != 2:
        raise UnusableStore("SQLite does not sync its commits: PRAGMA synchronous stayed below FULL")
