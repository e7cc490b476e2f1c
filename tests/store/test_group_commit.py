"""Turns that arrive together share a commit: nothing is acknowledged before it, and nothing acknowledged is lost."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from ivr.store import Store, StoreError
from ivr.store.database import Database
from tests.patience import PATIENCE_SECONDS
from tests.store.eight_calls import NAMES, Acknowledged, begin
from tests.store.store_worker import PEPPER
from tests.trust_gates import Amount, Measured

WORKER = Path(__file__).with_name("store_worker.py")
THREADS = len(NAMES)


class Written(Database):
    """A database with a table of its own, and the statements that were run on the writers' connection."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"sqlite:///{folder}/ivr.db")
        self.statements: list[str] = []
        with self.write() as connection:
            connection.exec_driver_sql("CREATE TABLE written (name TEXT PRIMARY KEY, filling BLOB)")
            driver: Any = connection.connection.driver_connection
        driver.set_trace_callback(self.statements.append)

    def put(self, name: str) -> None:
        with self.write() as connection:
            connection.exec_driver_sql("INSERT INTO written (name) VALUES (?)", (name,))

    def names(self) -> set[str]:
        with self.read() as connection:
            return {row[0] for row in connection.exec_driver_sql("SELECT name FROM written")}

    def together(self, *works: Callable[[], None]) -> list[Future[None]]:
        """Each work in a thread of its own, all of them while somebody else holds the store."""
        writers: Any = self._writers
        with ThreadPoolExecutor(len(works)) as pool, suppress(StoreError), self.write():
            futures = [pool.submit(work) for work in works]
            until = time.monotonic() + PATIENCE_SECONDS
            while writers._waiting < len(works):
                assert time.monotonic() < until
                time.sleep(0.001)
        return futures


@pytest.fixture
def written(tmp_path: Path) -> Iterator[Written]:
    opened = Written(tmp_path)
    yield opened
    opened.close()


def test_who_arrives_together_shares_a_commit(written: Written) -> None:
    names = [str(number) for number in range(THREADS)]
    done = written.together(*(lambda name=name: written.put(name) for name in names))
    assert [one.result() for one in done] == [None] * THREADS
    assert written.names() == set(names)
    assert [one for one in written.statements if one.startswith(("BEGIN", "COMMIT"))] == ["BEGIN IMMEDIATE", "COMMIT"]


def test_who_comes_alone_commits_at_once_and_without_a_savepoint(written: Written) -> None:
    written.put("a")
    written.put("b")
    assert [one.split()[0] for one in written.statements] == ["BEGIN", "INSERT", "COMMIT"] * 2


def test_nobody_is_answered_before_the_commit(written: Written) -> None:
    """What a reader sees is committed: when a writer returns, its row is there."""

    def write(name: str) -> None:
        written.put(name)
        assert name in written.names()

    done = written.together(*(lambda name=name: write(name) for name in "abcdefgh"))
    assert [one.result() for one in done] == [None] * 8


@pytest.mark.parametrize("at", range(3))
def test_who_fails_is_rolled_back_alone(written: Written, at: int) -> None:
    def fail() -> None:
        with written.write() as connection:
            connection.exec_driver_sql("INSERT INTO written (name) VALUES ('half')")
            raise KeyError("a fault of ours")

    def twice() -> None:
        written.put("c")

    works: list[Callable[[], None]] = [lambda: written.put("a"), lambda: written.put("b"), twice, twice]
    works.insert(at, fail)
    done = written.together(*works)
    outcomes = sorted(type(one.exception()).__name__ for one in done)
    assert outcomes == ["Conflict", "KeyError", "NoneType", "NoneType", "NoneType"]
    assert written.names() == {"a", "b", "c"}


def test_a_commit_that_fails_is_told_to_all_of_them(written: Written) -> None:
    """A foreign key that is looked at only when the transaction is committed."""
    with written._engine.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE of (name REFERENCES written (name) DEFERRABLE INITIALLY DEFERRED)")
    writers: Any = written._writers
    with writers.alone(1) as connection:
        connection.exec_driver_sql("PRAGMA foreign_keys = ON")
        connection.rollback()

    def nowhere() -> None:
        with written.write() as connection:
            connection.exec_driver_sql("INSERT INTO of VALUES ('nowhere')")

    done = written.together(nowhere, *(lambda name=name: written.put(name) for name in "abc"))
    assert all(isinstance(one.exception(), StoreError) for one in done)
    assert written.names() == set()
    written.put("after it")
    assert written.names() == {"after it"}


def test_what_is_told_of_a_full_disk_is_true(written: Written) -> None:
    writers: Any = written._writers
    with writers.alone(1) as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 2}")
        connection.rollback()

    def large() -> None:
        with written.write() as connection:
            connection.exec_driver_sql("INSERT INTO written VALUES ('large', zeroblob(1000000))")

    done = written.together(large, large, *(lambda name=name: written.put(name) for name in "abcdef"))
    assert [type(one.exception()).__name__ for one in done[:2]] == ["Unavailable"] * 2
    assert written.names() == {name for name, one in zip("abcdef", done[2:], strict=True) if one.exception() is None}


def test_a_transaction_that_sqlite_rolled_back_by_itself_is_acknowledged_to_nobody(written: Written) -> None:
    def swallow() -> None:
        with written.write() as connection:
            connection.exec_driver_sql("ROLLBACK")  # as SQLite may, after a failed write, whatever we do about it

    done = written.together(swallow, *(lambda name=name: written.put(name) for name in "abc"))
    assert isinstance(done[0].exception(), StoreError)
    assert written.names() == {name for name, one in zip("abc", done[1:], strict=True) if one.exception() is None}


def test_whoever_gives_up_waiting_keeps_nobody_else_waiting(written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many threads without patience: what was acknowledged is there, and all of them come to an end."""
    monkeypatch.setattr("ivr.store.database.PATIENCE_SECONDS", 0.002)

    def hammer(thread: int) -> set[str]:
        acknowledged = set()
        for number in range(50):
            try:
                written.put(f"{thread} {number}")
            except StoreError:
                continue
            acknowledged.add(f"{thread} {number}")
        return acknowledged

    with ThreadPoolExecutor(16) as pool:
        acknowledged = set().union(*pool.map(hammer, range(16)))
    monkeypatch.undo()
    assert acknowledged <= written.names()


# --- power -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library that keeps what was synced."""
    compiler = shutil.which("cc")
    if compiler is None or not sys.platform.startswith("linux"):
        pytest.skip("a C compiler on Linux is needed, to take from a disk what was not synced")
    library = tmp_path_factory.mktemp("disk") / "power_loss.so"
    source = Path(__file__).with_name("power_loss.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
    return library


class Machine:
    """A machine with a store of eight calls, whose power is cut while it serves them."""

    def __init__(self, folder: Path, disk: Path) -> None:
        self.file, self.syncs = folder / "ivr.db", folder / "syncs"
        self.url = f"sqlite:///{self.file}"
        self.environment = {**os.environ, "LD_PRELOAD": str(disk), "POWER_LOSS_SYNCS": str(self.syncs)}
        self.acknowledged = Acknowledged()
        with Store.open(self.url, PEPPER) as store:
            begin(store)

    def serve(self, way: str, answers: int) -> None:
        """Until so many turns were acknowledged; then the power is cut."""
        command = [sys.executable, str(WORKER), self.url, way, str(THREADS)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=self.environment) as worker:
            assert worker.stdout is not None
            for _ in range(answers):
                self.acknowledged.note(worker.stdout.readline())
            worker.kill()
            for line in worker.stdout:
                self.acknowledged.note(line)
        self._lose_what_was_not_synced()

    def _lose_what_was_not_synced(self) -> None:
        for name in (self.file, Path(f"{self.file}-wal")):
            kept = Path(f"{name}.synced")
            if kept.exists():
                kept.replace(name)
            elif name != self.file:
                name.unlink(missing_ok=True)
        Path(f"{self.file}-shm").unlink(missing_ok=True)

    def lost(self) -> int:
        """How many acknowledged turns are gone; fails where a call is half written."""
        with closing(sqlite3.connect(self.file)) as connection:  # left open, it would know the log of before the cut
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        with Store.open(self.url, PEPPER) as store:
            return self.acknowledged.lost(store)


@pytest.mark.slow
@pytest.mark.trust(goal=27, minutes=5)
def test_no_acknowledged_turn_is_lost_when_the_power_is_cut(
    tmp_path: Path, disk: Path, amount: Amount, measured: Measured
) -> None:
    machine, chance = Machine(tmp_path, disk), random.Random(21)
    cuts = amount(6, 200)
    for _ in range(cuts):
        machine.serve("together", chance.randrange(8, 150))
        assert machine.lost() == 0
    acknowledged, syncs = machine.acknowledged.turns, machine.syncs.stat().st_size
    assert syncs < acknowledged / 2, "turns shared their commits"
    measured(f"{cuts} power cuts, {acknowledged:,} turns acknowledged in {syncs:,} commits, none lost")


@pytest.mark.slow
def test_a_store_that_does_not_sync_loses_turns_in_these_power_cuts(tmp_path: Path, disk: Path) -> None:
    machine = Machine(tmp_path, disk)
    machine.serve("carelessly", 100)
    assert machine.lost() > 0
