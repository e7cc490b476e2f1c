"""A read sees what was committed before it began, whatever its connection was used for before."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ivr.store.database import Database
from tests.patience import PATIENCE_SECONDS


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(f"sqlite:///{tmp_path}/ivr.db")
    with opened.write() as connection:
        connection.exec_driver_sql("CREATE TABLE counted (value INTEGER)")
        connection.exec_driver_sql("INSERT INTO counted VALUES (0), (0), (0)")
    yield opened
    opened.close()


def values(database: Database) -> set[int]:
    with database.read() as connection:
        return {row[0] for row in connection.exec_driver_sql("SELECT value FROM counted").fetchall()}


def count_to(database: Database, value: int) -> None:
    with database.write() as connection:
        connection.exec_driver_sql(f"UPDATE counted SET value = {value}")


def test_a_commit_is_seen_while_the_last_reader_still_holds_its_frame(database: Database) -> None:
    """Another thread has given its connection back and has not yet returned from `read`: its statement is over."""
    pool: Any = database._engine.pool
    give_back, returned, go_on = pool._do_return_conn, threading.Event(), threading.Event()

    def slow(record: Any) -> None:
        give_back(record)
        if threading.current_thread().name == "reader":
            returned.set()
            go_on.wait(PATIENCE_SECONDS)

    pool._do_return_conn = slow
    reader = threading.Thread(target=values, args=(database,), name="reader")
    reader.start()
    assert returned.wait(PATIENCE_SECONDS)
    try:
        count_to(database, 1)
        assert values(database) == {1}
    finally:
        go_on.set()
        reader.join(PATIENCE_SECONDS)


def test_a_statement_that_is_not_read_to_its_end_ends_with_its_read(database: Database) -> None:
    kept = []
    with database.read() as connection:
        cursor = connection.connection.cursor()
        cursor.execute("SELECT value FROM counted")
        kept.append(cursor)
    count_to(database, 1)
    assert values(database) == {1}
    with pytest.raises(Exception, match="closed"):
        kept[0].fetchone()


def test_a_statement_that_is_not_read_to_its_end_ends_with_its_write(database: Database) -> None:
    other = Database(str(database.url))
    with database.write() as connection:
        cursor = connection.connection.cursor()
        cursor.execute("SELECT value FROM counted")
    count_to(other, 2)
    with database.write() as connection:
        assert connection.exec_driver_sql("SELECT max(value) FROM counted").scalar_one() == 2
    other.close()
    del cursor
