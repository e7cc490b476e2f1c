"""A database is made, checked, upgraded, or refused untouched; never half of it."""

import select
import socket
import socketserver
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from subprocess import run
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from ivr.store import CallRow, Store, Unavailable, UnusableStore, schema
from ivr.store.database import LONG_SECONDS, Database
from ivr.store.sqlite_driver import wal_race
from ivr.store.tables import metadata
from tests.patience import PATIENCE_SECONDS
from tests.stores import counted

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


def tables(database: Database) -> object:
    """Everything the database knows of its tables, in an order of its own."""
    with database.read() as connection:
        inspector = sa.inspect(connection)
        return {
            name: (
                [(c["name"], str(c["type"]), c["nullable"], c["default"]) for c in inspector.get_columns(name)],
                inspector.get_pk_constraint(name)["constrained_columns"],
                sorted(str((i["name"], i["column_names"], i["unique"])) for i in inspector.get_indexes(name)),
            )
            for name in inspector.get_table_names()
            if name != "alembic_version"
        }


def of_search(name: str | None) -> bool:
    """A part of the index of searches, which is made by words of SQLite's or PostgreSQL's own."""
    return name is not None and (name == "search_texts_words" or name.startswith("search_words"))


def migrated(url: str, revision: str) -> Database:
    """A database as a release of that revision left it."""
    database = Database(url)
    with database.write() as connection:
        schema.upgrade(connection, revision)
    return database


def test_migrations_lead_to_the_tables_of_this_program(empty_url: str, tmp_path: Path) -> None:
    database = migrated(empty_url, "head")
    with database.read() as connection:
        ours = MigrationContext.configure(connection, opts={"include_name": lambda name, *_: not of_search(name)})
        assert compare_metadata(ours, metadata) == []
    if database.sqlite:
        fresh = Database(f"sqlite:///{tmp_path}/fresh.db")
        schema.ensure(fresh)
        assert tables(database) == tables(fresh)
        fresh.close()
    database.close()


def test_a_newer_schema_is_refused_and_left_as_it_is(empty_url: str) -> None:
    Store.open(empty_url, b"pepper").close()
    database = Database(empty_url)
    with database.write() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
        connection.execute(sa.text("CREATE TABLE of_tomorrow (id INTEGER)"))
    before = tables(database)
    with pytest.raises(UnusableStore, match="newer version of ivr"):
        Store.open(empty_url, b"pepper")
    assert tables(database) == before
    database.close()


def test_workers_that_start_at_once_make_the_tables_once(empty_url: str) -> None:
    with ThreadPoolExecutor(6) as pool:
        stores = list(pool.map(lambda _: Store.open(empty_url, b"pepper"), range(6)))
    for number, store in enumerate(stores):
        assert store.claim("opened", "all", number + 1, NOW, 60)
        assert counted(store, "opened", "all", NOW) == number + 1
        store.close()


def test_an_up_to_date_database_opens_without_alembic(tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "from ivr.store import Store\n"
        f"for _ in range(2): Store.open('sqlite:///{tmp_path}/ivr.db').close()\n"
        "print(*(name for name in ('alembic', 'twilio', 'psycopg') if name in sys.modules))\n"
    )
    assert run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "\n"


def test_every_connection_to_a_file_logs_ahead_and_syncs_its_commits(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/ivr.db")
    with database.read() as one, database.write() as other:
        for connection in (one, other):
            settings = {
                name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
                for name in ("journal_mode", "synchronous", "secure_delete")
            }
            assert settings == {"journal_mode": "wal", "synchronous": 2, "secure_delete": 1}
    database.close()


def test_every_transaction_that_may_write_begins_immediate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = (Database(f"sqlite:///{tmp_path}/ivr.db") for _ in range(2))
    second.check()
    monkeypatch.setattr("ivr.store.database.PATIENCE_SECONDS", 0)
    with first.write(), pytest.raises(Unavailable, match="locked"), second.write():
        pass
    with first.write(), second.read():
        pass
    first.close()
    second.close()


@pytest.mark.postgres
@pytest.mark.parametrize("setting", ["synchronous_commit"])
def test_a_postgresql_that_forgets_commits_is_refused(postgres_url: str, setting: str) -> None:
    url = sa.make_url(postgres_url)
    options = f"{url.query['options']} -c{setting}=off"
    with pytest.raises(UnusableStore, match=f"{setting} = off"):
        Store.open(url.update_query_dict({"options": options}).render_as_string(False), b"pepper")


def test_a_store_in_memory_works_from_every_thread_and_ends_with_it() -> None:
    with Store.open("sqlite://") as store:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda _: (store.claim("a", "b", 200, NOW, 60), store.call("CA1")), range(200)))
        assert counted(store, "a", "b", NOW) == 200
        with store.turn("CA1", 0) as tx:
            tx.open_call(
                CallRow(id="CA1", from_number="", to_number="", digest="", language="zh", started_at=NOW,
                        last_turn_at=NOW)
            )  # fmt: skip
            assert store.call("CA1") is not None
    with Store.open("sqlite://") as another:
        assert another.call("CA1") is None
        assert another.notes == ()


@pytest.mark.parametrize(
    ("version", "raced"),
    [((3, 40, 1), True), ((3, 44, 5), True), ((3, 44, 6), False), ((3, 45, 0), True), ((3, 50, 6), True),
     ((3, 50, 7), False), ((3, 51, 2), True), ((3, 51, 3), False), ((3, 52, 0), False), ((4, 0, 0), False)],
)  # fmt: skip
def test_sqlite_releases_with_the_race_are_known(version: tuple[int, ...], raced: bool) -> None:
    assert wal_race(version) is raced


def test_the_race_is_said_at_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 40, 1))
    monkeypatch.setattr(sqlite3, "sqlite_version", "3.40.1")
    with Store.open(f"sqlite:///{tmp_path}/ivr.db") as store:
        (note,) = store.notes
    assert note.startswith("SQLite 3.40.1 has a rare race")
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 51, 3))
    with Store.open(f"sqlite:///{tmp_path}/ivr.db") as store:
        assert store.notes == ()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mysql://localhost/ivr", 'kept in "mysql"'),
        ("sqlite+aiosqlite:///x.db", 'kept in "sqlite.aiosqlite"'),
        ("data/ivr.db", "needs a URL"),
        ("", "needs a URL"),
        ("sqlite:////proc/nowhere/ivr.db", "folder of the database"),
    ],
)
def test_a_store_that_cannot_be_is_refused_in_a_sentence(url: str, said: str) -> None:
    with pytest.raises(UnusableStore, match=said):
        Store.open(url)


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "ivr.db"
    path.write_bytes(b"dear diary " * 1000)
    with pytest.raises(Unavailable, match="not an SQLite database"):
        Store.open(f"sqlite:///{path}")
    assert path.read_bytes() == b"dear diary " * 1000


def test_a_read_only_database_is_refused(tmp_path: Path) -> None:
    """Tried by a process that has put root's powers away, for root may write to every file."""
    Store.open(f"sqlite:///{tmp_path}/ivr.db").close()
    for path in (tmp_path, *tmp_path.iterdir()):
        path.chmod(path.stat().st_mode & ~0o222 | 0o444 | (0o111 if path.is_dir() else 0))
    tried = run(
        [sys.executable, "-c", READ_ONLY, f"{tmp_path}"], capture_output=True, text=True, check=False
    )  # fmt: skip
    tmp_path.chmod(0o700)
    assert tried.stdout.strip() in ("Unavailable", "UnusableStore"), tried.stderr


READ_ONLY = """
import os, sys
from ivr.store import Store, StoreError, schema
import sqlalchemy.dialects.sqlite, alembic.command
os.chdir(sys.argv[1])  # before: the folders above are root's own
if os.geteuid() == 0:
    os.setgroups([])
    os.setuid(65534)
try:
    Store.open("sqlite:///ivr.db")
except StoreError as refused:
    print(type(refused).__name__)
"""


def test_no_server_is_told_within_seconds() -> None:
    pytest.importorskip("psycopg")
    with pytest.raises(Unavailable):
        Store.open("postgresql://ivr@127.0.0.1:1/ivr", b"pepper")


def test_nobody_waits_for_a_store_that_is_held_for_longer_than_a_caller_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Store.open(f"sqlite:///{tmp_path}/ivr.db") as store:
        monkeypatch.setattr("ivr.store.database.PATIENCE_SECONDS", 0.05)
        other = sqlite3.connect(tmp_path / "ivr.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable, match="locked"), store.turn("CA1"):
            pass
        assert store.call("CA1") is None, "readers are not kept waiting"
        other.execute("ROLLBACK")
        other.close()
        with store.turn("CA1"):
            pass


def test_of_thirty_callers_of_a_locked_file_one_waits_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others are told at once, so those who come after them wait for nothing (docs/trust.md#goal-37)."""
    with Store.open(f"sqlite:///{tmp_path}/ivr.db") as store:
        store.serve_callers()
        monkeypatch.setattr("ivr.store.database.PATIENCE_SECONDS", 0.05)
        monkeypatch.setattr("ivr.store.outage.REST_SECONDS", 3_600)
        other = sqlite3.connect(tmp_path / "ivr.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        refused = []
        for number in range(30):
            with pytest.raises(Unavailable) as told, store.turn(f"CA{number}"):
                pass
            refused.append(str(told.value))
        assert "locked" in refused[0]
        assert {*refused[1:]} == {"the store did not answer a moment ago, and is not asked yet"}
        assert store.call("CA1") is None, "readers are not kept waiting"
        other.close()


def test_a_store_that_is_back_is_found_by_the_next_who_may_ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Store.open(f"sqlite:///{tmp_path}/ivr.db") as store:
        store.serve_callers()
        monkeypatch.setattr("ivr.store.database.PATIENCE_SECONDS", 0.05)
        monkeypatch.setattr("ivr.store.outage.REST_SECONDS", 0)
        other = sqlite3.connect(tmp_path / "ivr.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable, match="locked"), store.turn("CA1"):
            pass
        other.close()
        for call in ("CA1", "CA2"):
            with store.turn(call):
                pass


class Way(socketserver.ThreadingTCPServer):
    """A way to a server that can fall silent: connections stay open, and nothing passes any more."""

    def __init__(self, url: str) -> None:
        super().__init__(("127.0.0.1", 0), Passing)
        server = sa.make_url(url)
        self.there = (server.host or "127.0.0.1", server.port or 5432)
        self.url = server.set(host="127.0.0.1", port=self.server_address[1]).render_as_string(False)
        self.passes = threading.Event()
        self.passes.set()


@contextmanager
def passing(url: str) -> Iterator[Way]:
    with Way(url) as way:
        thread = threading.Thread(target=way.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield way
        finally:
            way.passes.set()
            way.shutdown()
            thread.join()


class Passing(socketserver.BaseRequestHandler):
    server: Way

    def handle(self) -> None:
        with socket.create_connection(self.server.there) as there, suppress(OSError):
            while True:
                for one in select.select([self.request, there], [], [])[0]:
                    data = one.recv(65_536)
                    self.server.passes.wait()
                    if not data:
                        return
                    (there if one is self.request else self.request).sendall(data)


@pytest.mark.postgres
def test_a_postgresql_that_falls_silent_is_not_waited_for_and_found_again(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """goal 37: packets vanish or the server is stopped, so nothing ever says that it is gone."""
    with passing(postgres_url) as way, Store.open(way.url, b"a pepper for tests only") as store:
        store.serve_callers()
        assert store.call("nobody's call") is None
        way.passes.clear()
        monkeypatch.setattr("ivr.store.database.PATIENCE_SECONDS", 0.2)
        monkeypatch.setattr("ivr.store.outage.REST_SECONDS", 3_600)
        with pytest.raises(Unavailable, match="did not answer in time"), store.turn("CA1"):
            pass
        with pytest.raises(Unavailable, match="a moment ago"):
            store.call("CA1")
        way.passes.set()
        monkeypatch.setattr("ivr.store.database.PATIENCE_SECONDS", 60)
        store.serve_callers()  # instead of the rest of an hour
        with store.turn("CA1"):
            pass


@pytest.mark.postgres
def test_the_name_of_a_server_that_nobody_tells_is_not_waited_for(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """goal 37: a name server that says nothing keeps whoever asks for half a minute, whatever `connect_timeout` is."""
    from psycopg import OperationalError

    from ivr.store.postgresql_driver import Driver, limited

    class Kept(Driver):
        def __init__(self, *args: Any, **settings: Any) -> None:
            super().__init__(*args, **settings)
            made.append(self)

    def told_late(host: str, *more: Any, **settings: Any) -> Any:
        assert told.wait(PATIENCE_SECONDS), "somebody waits for it"
        return ask(known.host, *more, **settings)

    made: list[Driver] = []
    known, told, ask = sa.make_url(postgres_url), threading.Event(), socket.getaddrinfo
    nobody = known.set(drivername="postgresql", host="store.example").render_as_string(hide_password=False)
    before = set(threading.enumerate())
    with monkeypatch.context() as patched:
        patched.setattr(socket, "getaddrinfo", told_late)
        with limited(0.1), pytest.raises(OperationalError, match="no answer"):
            Kept.connect(nobody)
        (asking,) = set(threading.enumerate()) - before
        told.set()
        asking.join(PATIENCE_SECONDS)
    assert [one.closed for one in made] == [True], "it came too late for anybody"


@pytest.mark.postgres
def test_of_the_callers_of_a_locked_table_one_waits_at_a_time(
    postgres_url: str, empty_postgres: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """goal 37: VACUUM FULL, or a change of a table. Sixty callers waited up to 6 s for the threads that waited."""
    empty_postgres()
    monkeypatch.setattr("ivr.store.outage.REST_SECONDS", 3_600)
    with Store.open(postgres_url, b"a pepper for tests only") as other:
        with other.turn("CA1", 0) as tx:
            tx.open_call(CallRow(id="CA1", from_number="", to_number="", digest="", language="zh", started_at=NOW,
                                 last_turn_at=NOW))  # fmt: skip
        monkeypatch.setattr("ivr.store.database.PATIENCE_SECONDS", 3)
        with Store.open(postgres_url, b"a pepper for tests only") as store:
            store.serve_callers()
            with other.turn("CA1"):
                with pytest.raises(Unavailable, match="locked"), store.turn("CA1"):
                    pass
                assert store.call("CA2") is None
            with other._db.write() as connection:
                connection.exec_driver_sql("LOCK TABLE calls")
                for why in ("locked", "a moment ago"):
                    with pytest.raises(Unavailable, match=why):
                        store.call("CA1")


@pytest.mark.postgres
def test_connections_to_a_server_that_only_follows_another_are_given_up(postgres_url: str) -> None:
    """goal 37: after a failover the address leads to the new server, while connections stay with the old one."""
    with Store.open(postgres_url, b"a pepper for tests only") as store:
        with store._db.read() as one, store._db.read() as other:
            for connection in (one, other):
                connection.exec_driver_sql("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
        with pytest.raises(Unavailable, match="its server is read-only"), store.turn("CA1"):
            pass
        for _ in range(2):
            with store.turn("CA1"), store._db.read() as reading:
                assert reading.exec_driver_sql("SHOW transaction_read_only").scalar_one() == "off"


@pytest.mark.postgres
def test_no_page_waits_long_for_a_postgresql_that_falls_silent(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """goal 37: it was asked for a minute, after 10 s of which the server closed the connection without a word."""
    monkeypatch.setattr("ivr.store.store.PAGE_SECONDS", 0.2)
    with passing(postgres_url) as way, Store.open(way.url, b"a pepper for tests only") as store:
        store.serve_pages()
        assert store.call("nobody's call") is None
        way.passes.clear()
        began = time.monotonic()
        with pytest.raises(Unavailable, match="did not answer in time"):
            store.call("CA1")
        assert time.monotonic() - began < LONG_SECONDS / 2


def test_a_full_disk_is_told_and_nothing_is_half_written(tmp_path: Path) -> None:
    with Store.open(f"sqlite:///{tmp_path}/ivr.db") as store:
        store.claim("a", "b", 10, NOW, 60)

        with store._db.write() as connection:  # all writers share it
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(Unavailable, match="disk of the store is full"), store.turn("CA1", 0) as tx:
            tx.open_call(
                CallRow(id="CA1", from_number="", to_number="", digest="", language="zh", started_at=NOW,
                        last_turn_at=NOW, session="x" * 100_000)
            )  # fmt: skip
        assert store.call("CA1") is None
        assert counted(store, "a", "b", NOW) == 1
