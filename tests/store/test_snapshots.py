"""A read sees what was committed before it began, whatever its connection was used for before."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from ivr.store import Store
from ivr.store.database import Database
from ivr.store.rows import PresenceRow, TalkRow
from tests.agents.agents_worker import NOW, PEPPER
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


@pytest.mark.parametrize("reading", ["read_at_one_moment", "read_at_leisure"])
def test_statements_that_must_agree_see_one_moment(store: Store, store_url: str, reading: str) -> None:
    other = Database(store_url)
    counted = sa.text("SELECT count(*) FROM presences")
    with getattr(store._db, reading)() as connection:
        before = connection.execute(counted).scalar_one()
        with other.write() as writing:
            writing.execute(
                sa.text("INSERT INTO presences (agent, presence, since, idle_since) VALUES ('a', 'off', 0, 0)")
            )
        assert connection.execute(counted).scalar_one() == before == 0
    with getattr(store._db, reading)() as connection:
        assert connection.execute(counted).scalar_one() == 1
    other.close()


@pytest.mark.parametrize("store_url", ["postgres"], indirect=True)
@pytest.mark.postgres
def test_agents_and_callers_are_seen_at_one_moment(store: Store, store_url: str) -> None:
    """Another process gives an agent a caller, while the callers were read and the agents are about to be."""
    ringing = TalkRow(id="TK1", kind="queue", subject="CA1", call_id="CA1", queue="support", agent="amy",
                      state="ringing", offered_at=NOW)  # fmt: skip
    ready = PresenceRow(agent="amy", presence="ready", since=NOW, idle_since=NOW)
    with Store.open(store_url, PEPPER) as other, ThreadPoolExecutor(1) as pool:
        with other.talks.transaction() as tx:
            tx._connection.execute(sa.text("LOCK TABLE presences IN ACCESS EXCLUSIVE MODE"))
            looking = pool.submit(store.talks.snapshot, NOW, NOW)
            waits = sa.text("SELECT count(*) FROM pg_locks WHERE relation = 'presences'::regclass AND NOT granted")
            until = time.monotonic() + PATIENCE_SECONDS
            while not tx._connection.execute(waits).scalar_one():
                assert time.monotonic() < until
            assert tx.add(ringing)
            tx.be(ready)
        seen = looking.result()
        assert (seen.talks, seen.presences) == ((), {}), "or amy is ready and has no talk, and is given another caller"
    seen = store.talks.snapshot(NOW, NOW)
    assert ([each.talk for each in seen.talks], seen.presences) == ([ringing], {"amy": ready})
