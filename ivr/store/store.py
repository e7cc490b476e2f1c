"""The store. What it has acknowledged is still there after a crash.

One turn of a call is one write transaction: the turn, the session, the effects and the answer, all or nothing.
Sessions, events and answers are opaque text here. The parts that are used less often are in files of their own.
"""

import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Self

import sqlalchemy as sa

from ivr.store.codes import Codes
from ivr.store.counters import Counters
from ivr.store.database import LONG_SECONDS, PAGE_SECONDS, Database
from ivr.store.errors import Unavailable, UnusableStore
from ivr.store.logins import AuditLog, Logins, LoginSessions
from ivr.store.meters import Meters
from ivr.store.outbox import Outbox
from ivr.store.queues import Queues
from ivr.store.records import PublishedEditions, Records
from ivr.store.report_rows import Figures
from ivr.store.rows import CallRow, StoredLookup, StoredTurn, TurnRow
from ivr.store.schema import ensure
from ivr.store.secrets import PEPPER_VARIABLE, load_pepper
from ivr.store.tables import calls, lookups, numbers, queue_entries, turns
from ivr.store.talks import Talks
from ivr.store.turn import STORED, TurnTransaction
from ivr.store.upkeep import Upkeep
from ivr.store.views import Changes, Views
from ivr.store.vocabulary import FinalCallStatus, is_final

# Made once, because building such a statement takes as long as running it.
_given = sa.bindparam
_CALL = sa.select(calls).where(calls.c.id == _given("call"))
_TURNS = (
    sa.select(turns.c.call_id, turns.c.turn, turns.c.at, turns.c.input_kind, turns.c.events, turns.c.answered_at)
    .where(turns.c.call_id == _given("call"))
    .order_by(turns.c.turn)
)
_END = (
    calls.update()
    .where(calls.c.id == _given("call"), calls.c.ended_at.is_(None))
    .values(status=_given("as_status"), ended_at=_given("at"))
)
_LASTED = (
    calls.update().where(calls.c.id == _given("call"), calls.c.seconds.is_(None)).values(seconds=_given("for_seconds"))
)
_HUNG_UP = (
    queue_entries.update()
    .where(queue_entries.c.call_id == _given("call"), queue_entries.c.status == "waiting")
    .values(status="hangup", settled_at=_given("at"))
)


START_TRIES = 10
"""How often a locked store is tried at the start; each try waits as long as in a call."""


class Store(Counters, Records, Views, Upkeep):
    """An open store. Safe to share between threads; open one per process, after any fork.

    Every method is a transaction of its own unless it says otherwise. All raise Unavailable when the database
    does not answer; the `now` of all is an aware datetime.
    """

    notes: tuple[str, ...]
    """A warning for the log at the start; usually ""."""
    codes: Codes
    outbox: Outbox
    queue: Queues
    talks: Talks
    figures: Figures
    meters: Meters
    logins: Logins
    login_sessions: LoginSessions
    audit_log: AuditLog
    changes: Changes
    editions: PublishedEditions

    def __init__(self, database: Database, pepper: bytes, notes: tuple[str, ...] = ()) -> None:
        """Use `open`."""
        self._db = database
        self.notes = notes
        self.codes = Codes(database, pepper)
        self.outbox = Outbox(database, pepper)
        self.queue = Queues(database)
        self.talks = Talks(database, self.outbox)
        self.figures = Figures(database)
        self.meters = Meters(database)
        self.logins = Logins(database, pepper)
        self.login_sessions = LoginSessions(database, pepper)
        self.audit_log = AuditLog(database)
        self.changes = Changes(database)
        self.editions = PublishedEditions(database)

    @classmethod
    def open(cls, url: str, pepper: bytes | None = None, *, folder: Path = Path()) -> Self:
        """The store at `sqlite:///file`, `sqlite://` (in memory) or `postgresql://…`, brought to this program's schema.

        The pepper (the key of one-time codes) is taken from IVR_PEPPER unless given, or kept in a file beside the
        database; for a PostgreSQL in `folder`, that of the configuration, under `data`. Raises UnusableStore, with
        what to change, and Unavailable.
        """
        database = Database(url)
        try:
            _made_ready(database)
            database.limit_waits(LONG_SECONDS)
            notes = database.notes()
            if pepper is None and database.sqlite and database.file is None:
                pepper = secrets.token_bytes(32)
            elif pepper is None:
                pepper = _pepper(database.file.parent if database.file else folder / "data")
                if not database.sqlite and PEPPER_VARIABLE not in os.environ:
                    notes += (f"{PEPPER_VARIABLE} is not set: set it, the same on every machine, if there are several",)
            return cls(database, pepper, notes)
        except BaseException:
            database.close()
            raise

    def serve_callers(self) -> None:
        """From now on callers wait for this store, so it gives up soon, and at once while it is known not to answer."""
        self._db.serve_callers()

    def serve_pages(self) -> None:
        """From now on people wait for pages that are read from this store."""
        self._db.limit_waits(PAGE_SECONDS)

    def clock_ahead(self, machine: Callable[[], float] = time.time) -> float:
        """By how many seconds this machine's clock is ahead of the database's; 0 for SQLite, which has none."""
        return self._db.clock_ahead(machine)

    def close(self) -> None:
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def ping(self) -> None:
        """Raises Unavailable unless a write can be committed. (A locked file and a full disk can still be read.)"""
        with self._db.write() as connection:
            asked = self._db.insert(numbers).values(name="asked whether ready", last=1)
            again = {"last": (numbers.c.last + 1) % 1_000}
            connection.execute(asked.on_conflict_do_update(index_elements=[numbers.c.name], set_=again))

    # --- one turn ---

    @contextmanager
    def turn(self, call_id: str, turn: int | None = None) -> Iterator[TurnTransaction]:
        """One turn of a call as one write transaction: committed at the end, rolled back when anything is raised.

        Until then nobody else can work on this call. Without a turn number, the turn the call expects next.
        Raises Conflict where somebody else wrote a row of this transaction, and Unavailable.
        """
        with self._db.write() as connection:
            tx = TurnTransaction(self._db, self.outbox, connection, call_id=call_id, turn=turn)
            yield tx
        if tx.put_something:
            self.outbox.wake.set()
        if tx.wakes_routing:
            self.talks.wake.set()

    # --- reading calls ---

    def call(self, call_id: str) -> CallRow | None:
        with self._db.read() as connection:
            return self._db.prepare(_CALL).one(CallRow, connection, call=call_id)

    def calls(self, limit: int = 50, *, live: bool | None = None) -> tuple[CallRow, ...]:
        """Calls, newest first: all, or only live or only ended ones."""
        chosen = sa.select(calls).order_by(calls.c.started_at.desc(), calls.c.id).limit(limit)
        if live is not None:
            chosen = chosen.where(calls.c.ended_at.is_(None) if live else calls.c.ended_at.is_not(None))
        return self._db.all(CallRow, chosen)

    def turns(self, call_id: str) -> tuple[TurnRow, ...]:
        with self._db.read() as connection:
            return tuple(TurnRow(*row) for row in self._db.prepare(_TURNS).rows(connection, call=call_id))

    def stored(self, call_id: str, turn: int) -> StoredTurn | None:
        with self._db.read() as connection:
            return self._db.prepare(STORED).one(StoredTurn, connection, call=call_id, number=turn)

    def input_kind(self, call_id: str, turn: int) -> str:
        """What kind of input a turn was taken with; "" for one that is not stored."""
        chosen = sa.select(turns.c.input_kind).where(turns.c.call_id == call_id, turns.c.turn == turn)
        return self._db.value(chosen) or ""

    def idle_calls(self, since: datetime) -> tuple[str, ...]:
        """Ids of live calls without a turn since then; their end was never reported."""
        chosen = sa.select(calls.c.id).where(calls.c.ended_at.is_(None), calls.c.last_turn_at < since).limit(500)
        return self._db.values(chosen)

    def live_digests(self) -> frozenset[str]:
        """The flow sets that live calls are pinned to."""
        return frozenset(self._db.values(sa.select(calls.c.digest).where(calls.c.ended_at.is_(None))))

    def end_call(self, call_id: str, status: FinalCallStatus, now: datetime, seconds: int | None = None) -> bool:
        """End a call and free its place in a queue; True if it was this that ended it.

        An ended call keeps its status and time, in whatever order reports arrive; only missing seconds are filled in.
        """
        if not is_final(status):
            raise ValueError(f'"{status}" does not end a call')
        with self._db.write() as connection:
            first = self._db.prepare(_END).count(connection, call=call_id, as_status=status, at=now)
            if seconds is not None:
                self._db.prepare(_LASTED).count(connection, call=call_id, for_seconds=seconds)
            if first:
                self._db.prepare(_HUNG_UP).count(connection, call=call_id, at=now)
        if self.talks.minds(call_id):  # the turn may have ended the call already
            self.talks.wake.set()
        return bool(first)

    # --- slow look-ups ---

    def put_lookup(self, call_id: str, turn: int, outcome: str, values: str, ready_at: datetime) -> bool:
        """Store the result of a slow look-up for whichever worker is asked; the first one stays. True if it was stored.

        `values` is JSON; `ready_at` is the moment from which it may be used.
        """
        row = {"call_id": call_id, "turn": turn, "outcome": outcome, "found": values, "ready_at": ready_at}
        with self._db.write() as connection:
            new = self._db.insert(lookups).values(row).on_conflict_do_nothing().returning(lookups.c.turn)
            return connection.execute(new).first() is not None

    def lookup(self, call_id: str, turn: int) -> StoredLookup | None:
        chosen = sa.select(lookups.c.outcome, lookups.c.found.label("values"), lookups.c.ready_at)
        return self._db.one(StoredLookup, chosen.where(lookups.c.call_id == call_id, lookups.c.turn == turn))


def _made_ready(database: Database) -> None:
    """Checks the database and brings it to our schema. Waits longer than in a call.

    Several workers may start at once, and an upgrade takes as long as it takes; nobody is on the line yet.
    """
    for tries_left in reversed(range(START_TRIES)):
        try:
            database.check()
            ensure(database)
            return
        except Unavailable:
            if not tries_left:
                raise


def _pepper(folder: Path) -> bytes:
    try:
        return load_pepper(os.environ, folder)
    except ValueError as error:
        raise UnusableStore(str(error)) from error
    except OSError as error:
        raise UnusableStore(f"the key of one-time codes can not be kept in {folder}: {error.strerror}") from error
