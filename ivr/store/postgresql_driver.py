"""PostgreSQL's driver: no statement waits for longer than its transaction may, and few round trips are made.

A server that stopped, or a network that lost it, never says so: the socket stays open and silent. PostgreSQL's own
limits do not help, because they are kept by the side that is silent. So the time that a thread waits for the server is
counted here, over all statements of a transaction, and a connection that used it up is closed.

A connection is in autocommit, so a read takes one round trip, and each of its statements sees a moment of its own.
Statements that must agree run in a transaction with one snapshot (ONE_MOMENT). What every turn asks is handed to libpq
directly, several statements at once and BEGIN with the first of them: through cursors of psycopg it takes a core four
times as long.
"""

from __future__ import annotations

import json
import select
import threading
import time
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, wait
from contextlib import contextmanager, suppress
from typing import Any, LiteralString

import psycopg
import sqlalchemy as sa
from psycopg.adapt import Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus, TransactionStatus
from psycopg.pq.abc import PGconn, PGresult
from psycopg.types.json import Json
from psycopg.waiting import READY_R, WAIT_R, WAIT_RW

from ivr.store.prepared import Found, Statement

LAST_CHANCE_SECONDS = 0.05
"""What a commit or a rollback gets when the time is used up: a server that is well answers it."""

ONE_MOMENT = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"

MOST = 25
"""Connections of one process, open at once."""

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

    begins: LiteralString = ""
    """The BEGIN of a transaction whose first statement is the next one; "" outside and later."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self._known: dict[str, bytes] = {}
        """The names of the statements that the server has prepared."""
        self._reader = Transformer(self)

    def at_once(self, statements: Sequence[Statement]) -> list[Found]:
        """Runs statements in one round trip, after BEGIN if that is due."""
        asked = [(text, [_written(value) for value in values]) for text, values in statements]
        if self.begins:
            asked.insert(0, (self.begins, []))
            self.begins = ""
        names = dict(self._known)
        results, found = iter(self._answered(asked, names)), []
        for text, _ in asked:
            if text not in self._known:
                _succeeded(next(results))
                self._known[text] = names[text]
            found.append(self._read(_succeeded(next(results))))
        return found[len(found) - len(statements) :]

    def _answered(self, asked: Sequence[tuple[str, list[bytes | None]]], names: dict[str, bytes]) -> list[PGresult]:
        """What the server says to each, and before that to its preparation, for one that has no name yet."""
        try:
            self.pgconn.enter_pipeline_mode()
            for text, values in asked:
                if text not in names:
                    names[text] = f"ivr_{len(names)}".encode()
                    self.pgconn.send_prepare(names[text], text.encode())
                self.pgconn.send_query_prepared(names[text], values)
            self.pgconn.pipeline_sync()
            results: list[PGresult] = self.wait(_answers(self.pgconn))
            self.pgconn.exit_pipeline_mode()
        except BaseException:  # nobody knows what is still on its way
            self.pgconn.finish()
            raise
        return results

    def _read(self, result: PGresult) -> Found:
        if not result.nfields:
            return (), [], result.command_tuples or 0
        self._reader.set_pgresult(result)
        types = [(None, result.ftype(column)) for column in range(result.nfields)]
        return types, self._reader.load_rows(0, result.ntuples, tuple), result.command_tuples or 0

    def cursor(self, *args: Any, **settings: Any) -> Any:
        """For a statement that is none of ours: BEGIN goes out alone before it, if that is due."""
        if self.begins:
            self.at_once([])
        return super().cursor(*args, **settings)

    @classmethod
    def connect(cls, *args: Any, **settings: Any) -> Driver:
        """As psycopg does, which waits for `connect_timeout` at each address, and for a name of a host as long as the
        system does. Where callers wait that happens in another thread, which is given up when the time is used up."""
        began, left, connect = time.monotonic(), getattr(_own, "left", None), super().connect
        if left is None:
            return connect(*args, **settings)
        made = Future[Driver]()

        def run() -> None:
            try:
                driver = connect(*args, **settings)
            except BaseException as error:
                if made.set_running_or_notify_cancel():
                    made.set_exception(error)
            else:
                if made.set_running_or_notify_cancel():
                    made.set_result(driver)
                else:  # nobody waits for it any more
                    driver.close()

        try:
            if left > 0:
                threading.Thread(target=run, name="connect", daemon=True).start()
                wait([made], left)
            if made.cancel():
                raise psycopg.OperationalError("no answer")
            return made.result()
        finally:
            _use_up(began)

    # The COMMIT has mostly gone out when these are asked for. psycopg takes 10 µs to find that nothing is to be done.

    def commit(self) -> None:
        if self.pgconn.transaction_status != TransactionStatus.IDLE:
            super().commit()

    def rollback(self) -> None:
        """Of a connection that was closed there is nothing to be taken back."""
        if not self.closed and self.pgconn.transaction_status != TransactionStatus.IDLE:
            super().rollback()

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


def _written(value: str | float | Json | None) -> bytes | None:
    """A value in the text that PostgreSQL reads; its type follows from where it stands."""
    if value is None:
        return None
    if isinstance(value, Json):
        value = json.dumps(value.obj, ensure_ascii=False)
    if "\0" in (text := str(value)):  # libpq would end the text there
        raise psycopg.DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes")
    return text.encode()


def _answers(server: PGconn) -> Generator[Any, int, list[PGresult]]:
    """Sends what is queued and waits for all of it: the result of each command, until they are in step again."""
    while server.flush():
        if (yield WAIT_RW) & READY_R:
            server.consume_input()
    results: list[PGresult] = []
    while True:
        while server.is_busy():
            if (yield WAIT_R) & READY_R:
                server.consume_input()
        result = server.get_result()
        if result is None:
            continue
        if result.status == ExecStatus.PIPELINE_SYNC:
            return results
        results.append(result)


def _succeeded(result: PGresult) -> PGresult:
    if result.status not in (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK):
        raise error_from_result(result)
    return result


def _use_up(began: float) -> None:
    left = getattr(_own, "left", None)
    if left is not None:
        _own.left = left - (time.monotonic() - began)


class Connections:
    """The connections of a process to PostgreSQL. Whoever comes while all are in use opens one more, and it stays: to
    open one takes as long as ten turns. SQLAlchemy's own pool takes a tenth of each turn."""

    def __init__(self, url: sa.URL, patience_seconds: float) -> None:
        """Each waits for a lock of another for two thirds of that time, and says so sooner than we give up."""
        self.engine = _engine(url, patience_seconds)
        self._patience = patience_seconds
        self._places = threading.Semaphore(MOST)
        self._free: list[sa.Connection] = []
        """Those used last come last, and are used first."""

    @contextmanager
    def one(self, begin: LiteralString) -> Iterator[sa.Connection]:
        """A connection; `begin` is the BEGIN of its transaction, or "". Committed at the end, rolled back when anything
        is raised. Raises sqlalchemy.exc.TimeoutError when none came free in time, and what the driver raises."""
        if not self._places.acquire(timeout=self._patience):
            raise sa.exc.TimeoutError("all connections are in use")
        try:
            connection = self._taken()
            driver: Any = connection.connection.dbapi_connection
            driver.begins = begin
            try:
                yield connection
                driver.commit()  # where the COMMIT has not gone out with the last statements
            except BaseException as error:
                with suppress(psycopg.Error):
                    driver.rollback()
                if isinstance(getattr(error, "orig", error), psycopg.errors.ReadOnlySqlTransaction):
                    driver.close()  # it follows another server; the address may lead to that one by now
                    self.close()
                raise
            finally:
                driver.begins = ""
                if driver.pgconn.transaction_status == TransactionStatus.IDLE:
                    self._free.append(connection)
                else:  # nobody knows what becomes of it
                    connection.close()
        finally:
            self._places.release()

    def _taken(self) -> sa.Connection:
        while self._free:
            connection = self._free.pop()
            if not _is_over(connection.connection.dbapi_connection):
                return connection
            connection.close()
        connection = self.engine.connect()
        connection.begin()  # for SQLAlchemy; the transactions on it begin and end by the driver alone
        return connection

    def close(self) -> None:
        while self._free:
            self._free.pop().close()


def _engine(url: sa.URL, patience_seconds: float) -> sa.Engine:
    engine = sa.create_engine(
        url,
        hide_parameters=True,
        poolclass=sa.NullPool,
        connect_args={
            "connect_timeout": max(2, int(patience_seconds)),  # seconds; libpq takes no less
            "tcp_user_timeout": 3000,  # milliseconds
            "autocommit": True,
            "prepare_threshold": None,  # or psycopg deallocates all statements after a rollback, ours too
        },
    )

    @sa.event.listens_for(engine, "do_connect")
    def connect(dialect: object, record: object, arguments: list[Any], settings: dict[str, Any]) -> Driver:
        driver = Driver.connect(*arguments, **settings)
        driver.execute(f"SET lock_timeout = {patience_seconds * 2000 / 3:.0f}".encode())
        return driver

    return engine


def _is_over(driver: Any) -> bool:
    """Whether a connection that nobody uses has ended meanwhile. A server that stops says so, and nothing else is said
    to such a connection. To ask the server would add a round trip to every turn."""
    if driver.closed:
        return True
    poller = select.poll()
    poller.register(driver.fileno(), select.POLLIN)
    return bool(poller.poll(0))
