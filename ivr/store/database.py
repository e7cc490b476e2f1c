"""The database: the engine, its transactions, and the checks at the start. Knows no table.

With SQLAlchemy's defaults SQLite loses updates without an error: the SELECT runs before the transaction begins. So the
driver is put into autocommit (`isolation_level=None`) and every transaction begins explicitly: `BEGIN IMMEDIATE`, or a
plain `BEGIN` if it only reads. Writers of one process wait at a lock and share commits (`ivr.store.group_commit`);
SQLite's busy handler, which sleeps and polls, is left for the writers of other processes. How long anybody waits is
limited on our side, whatever the database does.
"""

import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, LiteralString, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.pool import StaticPool

from ivr.store.errors import Conflict, Unavailable, UnusableStore
from ivr.store.group_commit import MOST, GroupCommit
from ivr.store.outage import Outage
from ivr.store.prepared import Prepared, Row
from ivr.store.sqlite_driver import BUSY_SECONDS, Driver, patiently, settle, wal_race

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql

    from ivr.store.postgresql_driver import Connections

Cell = TypeVar("Cell")
Asked = tuple[Prepared, Mapping[str, Any]]
"""A statement, and the values of what it names."""

PATIENCE_SECONDS = 1.5
"""How long a transaction waits for locks, or for a PostgreSQL that is silent: up to half as long again in all. Within
3 s the caller hears an apology instead of silence (docs/trust.md#goal-21, docs/trust.md#goal-37)."""
Insert = Callable[[sa.Table], "sqlite.Insert | postgresql.Insert"]
"""INSERT with `on_conflict_do_update` and `on_conflict_do_nothing`, of SQLite or of PostgreSQL."""

LONG_SECONDS = 60.0
"""How long a PostgreSQL may take for what no caller waits for, in each transaction."""
PAGE_SECONDS = 5.0
"""How long it may take in a transaction for which a page waits; the server gives the page 10 s in all."""


class Database:
    """One database by its URL: `sqlite:///file`, `sqlite://` (in memory, gone at the end) or `postgresql://…`.

    Raises UnusableStore for any other kind, and Unavailable when it can not be reached.
    """

    def __init__(self, url: str) -> None:
        self.url = _parsed(url)
        self.sqlite = self.url.get_backend_name() == "sqlite"
        self.file = Path(self.url.database) if self.sqlite and self.url.database not in (None, "", ":memory:") else None
        self._connections = None if self.sqlite else _postgresql_connections(self.url)
        self._engine = self._connections.engine if self._connections is not None else self._sqlite_engine()
        self._writers = GroupCommit(self._engine.connect, MOST if self.file else 1) if self.sqlite else None
        self._own = threading.local()
        self._outage: Outage | None = None
        self._limit: float | None = None
        self.insert: Insert = sqlite.insert if self.sqlite else _postgresql_insert()

    def limit_waits(self, seconds: float) -> None:
        """From now on a PostgreSQL may take so long in each transaction; an upgrade before may take any time."""
        self._limit = seconds

    def serve_callers(self) -> None:
        """From now on callers wait for this store: transactions have PATIENCE_SECONDS, and while the database does not
        answer, most of them fail at once."""
        self._outage = Outage()

    # --- transactions ---

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """A write transaction, begun at once; committed at the end, rolled back when anything is raised.

        Raises Conflict, Unavailable; RuntimeError inside another write of this thread, which would wait for itself.
        """
        if self._mine() is not None:
            raise RuntimeError("a write inside a write would wait for itself: do it before the page, or after")
        with self._watched(), self._translated(), self._writing() as connection:
            self._own.connection, self._own.last_writes = connection, []
            try:
                yield connection
                self._finish(connection)
            finally:
                self._own.connection = None

    @contextmanager
    def joined(self) -> Iterator[sa.Connection]:
        """The write transaction this thread is in, or else one of its own."""
        mine = self._mine()
        if mine is not None:
            yield mine
            return
        with self.write() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A read. Inside a write of this thread it sees what that wrote.

        On SQLite it is one state of the database; on PostgreSQL each statement may see what was committed after the one
        before it, see `read_at_one_moment`.
        """
        mine = self._mine()
        if mine is not None:
            yield mine
        elif self.file is None and self._writers is not None:  # in memory there is one connection for all
            with self._translated(), self._writers.alone(PATIENCE_SECONDS) as connection:
                yield connection
        else:
            watched = nullcontext() if self.sqlite else self._watched()  # SQLite's writers keep no reader waiting
            with watched, self._translated(), self._reading() if self.sqlite else self._on_postgresql() as connection:
                yield connection

    @contextmanager
    def read_at_one_moment(self, seconds: float | None = None) -> Iterator[sa.Connection]:
        """As `read`, for several statements that must agree: one state of the database everywhere.

        `seconds` limit the wait instead of a caller's patience.
        """
        if self.sqlite or self._mine() is not None:
            with self.read() as connection:
                yield connection
        else:
            from ivr.store.postgresql_driver import ONE_MOMENT

            watched = self._watched() if seconds is None else self._limited(seconds)
            with watched, self._translated(), self._on_postgresql(ONE_MOMENT) as connection:
                yield connection

    def clock_ahead(self, machine: Callable[[], float]) -> float:
        """By how many seconds this machine's clock is ahead of the server's; 0 where there is no server."""
        if self.sqlite:
            return 0.0
        with self.read() as connection:
            before = machine()
            server = connection.exec_driver_sql("SELECT extract(epoch FROM clock_timestamp())").scalar_one()
            return (before + machine()) / 2 - float(server)

    def read_at_leisure(self) -> AbstractContextManager[sa.Connection]:
        """As `read_at_one_moment`, for what no caller waits for: figures, lists."""
        return self.read_at_one_moment(LONG_SECONDS)

    # --- one statement in a transaction of its own ---

    def one(self, kind: type[Row], chosen: sa.Select[Any]) -> Row | None:
        """The row that is found, or the first of several."""
        with self.read() as connection:
            return row_of(kind, connection.execute(chosen).first())

    def all(self, kind: type[Row], chosen: sa.Select[Any]) -> tuple[Row, ...]:
        with self.read() as connection:
            return tuple(kind(**row._mapping) for row in connection.execute(chosen))

    def value(self, chosen: sa.Select[Cell]) -> Cell | None:
        """The only column of the row that is found; None where there is none."""
        with self.read() as connection:
            return connection.execute(chosen).scalar_one_or_none()

    def values(self, chosen: sa.Select[Cell]) -> tuple[Cell, ...]:
        with self.read() as connection:
            return tuple(connection.execute(chosen).scalars())

    def change(self, statement: sa.UpdateBase) -> int:
        """Runs a statement that writes; gives how many rows it wrote."""
        with self.write() as connection:
            return connection.execute(statement).rowcount

    # --- inside a transaction ---

    def lock(self, connection: sa.Connection, what: str) -> None:
        """Keep others who lock `what` out until this transaction ends. On SQLite every writer does so already."""
        if not self.sqlite:
            self.at_once(connection, [(self.prepare(_LOCK), {"what": what})])

    def prepare(self, statement: sa.Executable | Callable[[Insert], sa.Executable]) -> Prepared:
        """A statement compiled once and kept, for what runs in every call. Give only what is made once: statements, and
        functions that make one from the INSERT of this database."""
        key = self.url.drivername, statement
        if key not in _PREPARED:
            made = statement if isinstance(statement, sa.Executable) else statement(self.insert)
            _PREPARED[key] = Prepared(made, self._engine.dialect)
        return _PREPARED[key]

    def at_once(self, connection: sa.Connection, asked: Sequence[Asked]) -> list[list[tuple[Any, ...]]]:
        """Runs prepared statements with their values, on PostgreSQL in one round trip; gives the rows of each."""
        driver: Any = connection.connection.dbapi_connection
        found = driver.at_once([prepared.written(values) for prepared, values in asked])
        return [prepared.typed(told) for (prepared, _), told in zip(asked, found, strict=True)]

    def write_last(self, prepared: Prepared, values: Mapping[str, Any]) -> None:
        """Run a statement at the end of this thread's transaction, on PostgreSQL in the round trip of its commit."""
        self._own.last_writes.append((prepared, values))

    def close(self) -> None:
        if self._writers is not None:
            self._writers.close()
        if self._connections is not None:
            self._connections.close()
        self._engine.dispose()

    def scour(self) -> None:
        """Make deleted data unreadable in the files too: truncate the write-ahead log, or vacuum.

        Raises Unavailable when a reader kept the log for longer than we wait.
        """
        if self.file is not None and self._writers is not None:
            with self._translated(), self._writers.alone(PATIENCE_SECONDS) as connection:
                cursor = connection.connection.cursor()
                cursor.execute(f"PRAGMA busy_timeout = {int(1000 * BUSY_SECONDS)}")
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                blocked, *_ = cursor.fetchone() or (1,)
                cursor.execute("PRAGMA busy_timeout = 0")
            if blocked:
                raise Unavailable("deleted, but still in the write-ahead log, which others were reading: do it again")
        elif not self.sqlite:
            with self._translated(), self._on_postgresql() as connection:
                # A table that is being vacuumed, backed up or changed at this moment is left to the next VACUUM: we
                # would wait for its lock as long as for any, and fail after all was deleted.
                connection.exec_driver_sql("VACUUM (SKIP_LOCKED)")

    def notes(self) -> tuple[str, ...]:
        """A warning about this database for the log at the start; usually ""."""
        version = sqlite3.sqlite_version_info
        if self.file is None or not wal_race(version):
            return ()
        return (
            f"SQLite {sqlite3.sqlite_version} has a rare race in its write-ahead log when several processes write "
            "(repaired in 3.44.6, 3.50.7 and 3.51.3): serve with one worker process, use a newer SQLite, or PostgreSQL",
        )

    def check(self) -> None:
        """Raises UnusableStore when a commit would not survive a power cut, or the database can not be written."""
        if not self.sqlite:
            with self.read() as connection:
                for setting in ("fsync", "synchronous_commit"):
                    if connection.exec_driver_sql(f"SHOW {setting}").scalar_one() == "off":
                        raise UnusableStore(
                            f"PostgreSQL runs with {setting} = off and would forget calls: switch it on"
                        )
        with self.write():
            pass  # BEGIN IMMEDIATE fails on a read-only file

    # --- underneath ---

    # SQLAlchemy has an event for the begin of a transaction, but then every connection looks for listeners, which takes
    # as long as half the statements of a turn. So reads begin explicitly, and so do groups of writers.

    def _watched(self) -> AbstractContextManager[None]:
        """Limits what this thread waits for the database, when callers wait for this thread."""
        if self._outage is None:
            return self._limited(self._limit)
        return self._outage.watched(PATIENCE_SECONDS, self._limited(PATIENCE_SECONDS))

    def _limited(self, seconds: float | None) -> AbstractContextManager[None]:
        if self.sqlite or seconds is None:
            return nullcontext()
        from ivr.store.postgresql_driver import limited

        return limited(seconds)

    def _finish(self, connection: sa.Connection) -> None:
        if self._own.last_writes:
            commit: list[Asked] = [] if self.sqlite else [(self.prepare(_COMMIT), {})]
            self.at_once(connection, self._own.last_writes + commit)

    def _writing(self) -> AbstractContextManager[sa.Connection]:
        return self._writers.member(PATIENCE_SECONDS) if self._writers is not None else self._on_postgresql("BEGIN")

    def _on_postgresql(self, begin: LiteralString = "") -> AbstractContextManager[sa.Connection]:
        assert self._connections is not None  # noqa: S101 - asked where the database is no SQLite
        return self._connections.one(begin)

    @contextmanager
    def _reading(self) -> Iterator[sa.Connection]:
        with self._engine.begin() as connection:
            driver: Any = connection.connection.dbapi_connection
            driver.at_once([("BEGIN", ())])
            patiently(driver, "SELECT 1 FROM sqlite_schema LIMIT 1", PATIENCE_SECONDS)  # it has its snapshot now
            yield connection

    def _mine(self) -> sa.Connection | None:
        return getattr(self._own, "connection", None)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Errors of the driver, bare or wrapped, as ours. Their text may hold values, so it is only chained."""
        driver = self._engine.dialect.loaded_dbapi
        try:
            yield
        except (sa.exc.DBAPIError, sa.exc.TimeoutError, driver.Error) as error:
            cause = getattr(error, "orig", None) or error
            if isinstance(cause, driver.IntegrityError):
                raise Conflict("somebody else wrote this row first") from error
            raise Unavailable(_reason(cause)) from error

    def _sqlite_engine(self) -> sa.Engine:
        extra: Mapping[str, Any] = {"poolclass": StaticPool}
        if self.file is not None:
            try:
                self.file.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise UnusableStore(f"the folder of the database can not be made: {error}") from error
            extra = {"pool_size": 5, "max_overflow": 20, "pool_timeout": PATIENCE_SECONDS}
        engine = sa.create_engine(
            self.url,
            hide_parameters=True,
            connect_args={"check_same_thread": False, "timeout": BUSY_SECONDS, "factory": Driver},
            **extra,
        )
        on_disk = self.file is not None

        @sa.event.listens_for(engine, "connect")
        def connected(driver: sqlite3.Connection, record: object) -> None:
            driver.isolation_level = None
            driver.execute("PRAGMA secure_delete = ON")  # erased means overwritten (docs/trust.md#goal-39)
            if on_disk:
                settle(driver, PATIENCE_SECONDS)

        @sa.event.listens_for(engine, "checkin")
        def returned(driver: Driver | None, record: object) -> None:
            if driver is not None:  # None, when the connection broke
                driver.end_statements()

        return engine


_PREPARED: dict[tuple[str, object], Prepared] = {}


def row_of(kind: type[Row], found: sa.Row[Any] | None) -> Row | None:
    return None if found is None else kind(**found._mapping)


_COMMIT = sa.text("COMMIT")
_LOCK = sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(sa.bindparam("what", type_=sa.Text), 0)))


def _parsed(url: str) -> sa.URL:
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError as error:
        raise UnusableStore(
            "the store needs a URL such as sqlite:///data/ivr.db or postgresql://user@host/name"
        ) from error
    if parsed.drivername in ("postgresql", "postgres"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername not in ("sqlite", "postgresql+psycopg"):
        raise UnusableStore(f'the store can not be kept in "{parsed.drivername}": use sqlite:///… or postgresql://…')
    return parsed


def _postgresql_insert() -> Insert:
    from sqlalchemy.dialects.postgresql import insert  # with all its drivers, a tenth of what SQLAlchemy's import takes

    return insert


def _postgresql_connections(url: sa.URL) -> "Connections":
    try:
        from ivr.store.postgresql_driver import Connections
    except ModuleNotFoundError as error:
        raise UnusableStore("PostgreSQL needs psycopg: pip install 'ivr-hotline[postgres]'") from error
    return Connections(url, PATIENCE_SECONDS)


def _reason(error: BaseException) -> str:
    """What an error of the driver means, without its values."""
    text = str(error).lower()
    if "locked" in text or "lock timeout" in text:
        return f"the store was locked for {PATIENCE_SECONDS} s"
    if text == "no answer":
        return "the store did not answer in time"
    if "full" in text:
        return "the disk of the store is full"
    if "readonly" in text:
        return "the store can not be written: its file is read-only"
    if getattr(error, "sqlstate", "") == "25006":
        return "the store can not be written: its server is read-only"
    if "not a database" in text:
        return "the store's file is not an SQLite database"
    if "connection" in text:
        return "the server of the store can not be reached, or does not let us in"
    if "unable to open" in text:
        return "the store's file can not be opened"
    return f"the store failed ({type(error).__name__})"
