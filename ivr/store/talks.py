"""Agents and their talks with callers, from the first ring to the note.

A talk changes inside a `TalkTransaction`, which has read the talk's row under a lock: nobody else changes it meanwhile.
What belongs to the change (the caller's place, a call, a move of a live call) is committed with it or not at all.
Two unique indexes hold the rest: an agent has at most one open talk, and a caller at most one claim.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any, Literal, TypedDict, Unpack

import sqlalchemy as sa

from ivr.store.counters import next_reference
from ivr.store.database import Database
from ivr.store.outbox import Outbox
from ivr.store.rows import (
    CLAIMS,
    OPEN_TALKS,
    RANKS,
    CallbackRow,
    CallbackStatus,
    OutboxItem,
    PlaceStatus,
    PresenceRow,
    QueueEntry,
    TalkKind,
    TalkRow,
    TalkState,
    TicketRow,
    TicketStatus,
    WaitingRow,
)
from ivr.store.tables import TALK, callbacks, calls, outbox, presences, queue_entries, stamp, talks, tickets

PASSED: tuple[TalkState, ...] = ("missed", "refused", "lost")
"""Talks that did not come about because of the agent."""

_t, _q, _c, _b = talks.c, queue_entries.c, calls.c, callbacks.c
_PRIORITIES = {rank: name for name, rank in RANKS.items()}
_HAS_CALLER = _t.state.in_(CLAIMS) & (_t.consult_of == "")
_ENTRY = (_q.call_id, _q.queue, _q.joined_at, _q.topic, _q.language, _q.rank, _q.status, _q.agent, _q.leased_until)
_CLAIMED = sa.select(_t.id).where(_t.subject == _q.call_id, _HAS_CALLER).exists()
_CALLED = sa.select(_t.id).where(_t.subject == _b.key, _HAS_CALLER).exists()
_ON_THE_LINE = (
    sa.select(_c.id).where(_c.ended_at.is_(None), (_c.from_number == _b.number) | (_c.id == _b.call_id)).exists()
)

_WATCHED = (
    sa.select(*TALK, _c.ended_at.label("call_ended_at"), _q.status.label("wait"), _b.status.label("promise"))
    .join_from(talks, calls, _c.id == _t.call_id, isouter=True)
    .join(queue_entries, _q.call_id == _t.call_id, isouter=True)
    .join(callbacks, _b.key == _t.subject, isouter=True)
    .where(_t.state.in_(OPEN_TALKS) | ((_t.state == "lost") & (_t.room != "")))
    .order_by(_t.offered_at, _t.id)
)
_WAITING = (
    sa.select(_q.call_id, _q.queue, _q.rank, _q.joined_at, _q.language, _q.topic, sa.func.coalesce(_c.turn, 0))
    .join_from(queue_entries, calls, _c.id == _q.call_id, isouter=True)
    .where(_q.status == "waiting", ~_CLAIMED)
    .order_by(_q.rank.desc(), _q.joined_at, _q.call_id)
)
_PROMISED = (
    sa.select(_b.key, _b.call_id, _b.queue, _b.since, _b.due_at, _b.language, _b.topic)
    .where(_b.status == "open", ~_CALLED, ~_ON_THE_LINE)
    .order_by(_b.due_at, _b.key)
    .limit(200)  # only the first that are due: nobody takes so many in a second
)
_GAVE_UP = (
    sa.select(_t.subject, _t.agent, sa.func.max(_t.ended_at))
    .where(_t.offered_at > sa.bindparam("since"), _t.state.in_(PASSED), _t.ended_at.is_not(None))
    .group_by(_t.subject, _t.agent)
)
_PRESENCES = sa.select(presences)
_CALLER = sa.select(_c.from_number).where(_c.id == sa.bindparam("call")).scalar_subquery()
_MINDS = (
    sa.select(_t.id).where(_t.call_id == sa.bindparam("call"), _t.state.in_(OPEN_TALKS)).limit(1),
    sa.select(_b.key)
    .where(_b.status == "open", (_b.number == _CALLER) | (_b.call_id == sa.bindparam("call")))
    .limit(1),
)


@dataclass(frozen=True, slots=True)
class OpenTalk:
    """A talk that is not over, and the state of the other side."""

    talk: TalkRow
    call_over: bool
    """The call that it belongs to has ended."""
    wait: PlaceStatus | CallbackStatus | Literal[""]
    """The status of the caller's place in the queue; of the callback for a call back; "" if there is none."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Agents, callers and talks at one moment. `next_due` is when the next callback becomes due."""

    talks: tuple[OpenTalk, ...] = ()
    waiting: tuple[WaitingRow, ...] = ()
    presences: Mapping[str, PresenceRow] = field(default_factory=dict)
    passed: Mapping[tuple[str, str], datetime] = field(default_factory=dict)
    """By subject and agent: when the agent last did not take this one."""
    next_due: datetime | None = None


class TalkChanges(TypedDict, total=False):
    """Columns of a talk that change once it is there."""

    kind: TalkKind
    state: TalkState
    leg: str
    customer_leg: str
    room: str
    consult_of: str
    accepted_at: datetime
    joined_at: datetime
    ended_at: datetime
    wrapped_at: datetime
    code: str
    note: str


class CallbackChanges(TypedDict, total=False):
    """Columns of a callback that change once it is booked."""

    status: CallbackStatus
    due_at: datetime
    settled_at: datetime
    tries: int
    tried_at: datetime


class TicketChanges(TypedDict, total=False):
    """Columns of a ticket that agents change."""

    note: str
    status: TicketStatus
    closed_at: datetime | None


class TalkTransaction:
    """One write transaction on talks. Made by `Talks.transaction`, and good inside it only."""

    def __init__(self, database: Database, box: Outbox, connection: sa.Connection) -> None:
        self._db = database
        self._outbox = box
        self._connection = connection
        self.put_something = False
        self.wakes_routing = False
        """Whether this may make a new assignment possible, or sets a time that must be watched."""

    # --- talks ---

    def talk(self, talk_id: str) -> TalkRow | None:
        """A talk, locked until the end of this transaction."""
        return self._one(_t.id == talk_id)

    def of_agent(self, agent: str) -> TalkRow | None:
        """The open talk of an agent, locked."""
        return self._one(_t.agent == agent, _t.state.in_(OPEN_TALKS))

    def claim(self, subject: str) -> TalkRow | None:
        """The talk whose caller this is, locked."""
        return self._one(_t.subject == subject, _HAS_CALLER)

    def consultation(self, talk_id: str) -> TalkRow | None:
        """The consultation that goes on beside a talk, locked."""
        return self._one(_t.consult_of == talk_id, _t.state.in_(CLAIMS))

    def consulted(self, talk_id: str) -> int:
        """How many colleagues were asked in a talk so far."""
        return self._connection.execute(
            sa.select(sa.func.count()).select_from(talks).where(_t.consult_of == talk_id)
        ).scalar_one()

    def add(self, talk: TalkRow) -> bool:
        """A new talk. False if its agent has an open one, or somebody else has its caller."""
        self.wakes_routing = True
        new = self._db.insert(talks).values(asdict(talk)).on_conflict_do_nothing()
        return self._connection.execute(new.returning(_t.id)).first() is not None

    def change(self, talk: TalkRow, **changes: Unpack[TalkChanges]) -> TalkRow:
        """Writes changes of a talk that was read in this transaction; gives it as it is now."""
        self.wakes_routing |= changes.get("state", "talking") not in CLAIMS
        self._connection.execute(talks.update().where(_t.id == talk.id).values(changes))
        return replace(talk, **changes)

    def _one(self, *which: sa.ColumnElement[bool]) -> TalkRow | None:
        row = self._connection.execute(sa.select(*TALK).where(*which).with_for_update()).one_or_none()
        return TalkRow(**row._mapping) if row else None

    # --- the caller's place ---

    def place(self, call_id: str) -> QueueEntry | None:
        """Where a call waits, locked."""
        row = self._connection.execute(
            sa.select(*_ENTRY).where(_q.call_id == call_id).with_for_update()
        ).one_or_none()  # fmt: skip
        return _entry(row) if row else None

    def take(self, call_id: str, agent: str) -> bool:
        """Assigns the caller to this agent. False for a caller who does not wait any more."""
        return self._moved(call_id, ("waiting",), status="taken", agent=agent)

    def release(self, call_id: str, now: datetime, **into: Any) -> bool:
        """Puts the caller back to the head of the queue, with the time of joining. False for a caller who is gone.

        `into`: another `queue` and its `rank`. `leased_until` keeps since when they wait this time.
        """
        return self._moved(call_id, ("taken", "waiting"), status="waiting", agent="", leased_until=now, **into)

    def settle(self, call_id: str, result: PlaceStatus, now: datetime) -> bool:
        """The wait is over for good."""
        return self._moved(call_id, ("taken", "waiting"), status=result, settled_at=now)

    def _moved(self, call_id: str, was: tuple[PlaceStatus, ...], **changes: Any) -> bool:
        chosen = queue_entries.update().where(_q.call_id == call_id, _q.status.in_(was))
        return bool(self._connection.execute(chosen.values(changes)).rowcount)

    def caller(self, call_id: str) -> tuple[str, bool]:
        """The calling number ("" if withheld), and whether the call goes on."""
        row = self._connection.execute(sa.select(_c.from_number, _c.ended_at).where(_c.id == call_id)).one_or_none()
        return (row[0], row[1] is None) if row else ("", True)

    def turn_of(self, call_id: str) -> int:
        """The turn that a call waits for."""
        return self._connection.execute(sa.select(_c.turn).where(_c.id == call_id)).scalar_one_or_none() or 0

    # --- calls back ---

    def callback(self, key: str) -> CallbackRow | None:
        """A callback, locked."""
        chosen = sa.select(callbacks).where(_b.key == key).with_for_update()
        row = self._connection.execute(chosen).one_or_none()
        return CallbackRow(**row._mapping) if row else None

    def change_callback(self, key: str, **changes: Unpack[CallbackChanges]) -> bool:
        """Changes a callback that is still open. False if there is none."""
        self.wakes_routing = True
        chosen = callbacks.update().where(_b.key == key, _b.status == "open")
        return bool(self._connection.execute(chosen.values(changes)).rowcount)

    def kept(self, number: str, now: datetime) -> bool:
        """Closes the callback to this number, because its owner has been talked to."""
        chosen = callbacks.update().where(_b.number == number, _b.status == "open")
        return bool(number) and bool(self._connection.execute(chosen.values(status="done", settled_at=now)).rowcount)

    # --- agents ---

    def presence(self, agent: str) -> PresenceRow | None:
        chosen = sa.select(presences).where(presences.c.agent == agent).with_for_update()
        row = self._connection.execute(chosen).one_or_none()
        return PresenceRow(**row._mapping) if row else None

    def be(self, row: PresenceRow) -> None:
        """Writes what an agent has chosen to be."""
        self.wakes_routing = True
        new = self._db.insert(presences).values(asdict(row))
        rest = {name: new.excluded[name] for name in asdict(row) if name != "agent"}
        self._connection.execute(new.on_conflict_do_update(index_elements=[presences.c.agent], set_=rest))

    # --- tickets, and what leaves ---

    def tickets(self, call_id: str) -> tuple[TicketRow, ...]:
        """The tickets of a call, newest first, locked."""
        chosen = sa.select(tickets).where(tickets.c.call_id == call_id).with_for_update()
        rows = self._connection.execute(chosen.order_by(tickets.c.opened_at.desc(), tickets.c.reference))
        return tuple(TicketRow(**row._mapping) for row in rows)

    def change_ticket(self, reference: str, **changes: Unpack[TicketChanges]) -> None:
        self._connection.execute(tickets.update().where(tickets.c.reference == reference).values(changes))

    def open_ticket(self, make: Callable[[int], str], ticket: TicketRow) -> TicketRow:
        """Opens a ticket under the next reference, which `make` writes from a number."""
        made = replace(ticket, reference=next_reference(self._db, self._connection, make))
        self._connection.execute(tickets.insert(), asdict(made))
        return made

    def put(self, *items: OutboxItem) -> None:
        """Effects that leave after the commit; one whose key is there already is left out."""
        self.put_something |= self._outbox.put(self._connection, items)

    def steer(self, talk_id: str, call: str, path: str, now: datetime) -> None:
        """A live call is taken to the document at `path`, or hung up (""). Steers leave in the order they are given."""
        if not call:
            return
        of_now = f"{talk_id}/{stamp(now):.3f}/"
        count = sa.select(sa.func.count()).select_from(outbox).where(outbox.c.key.startswith(of_now, autoescape=True))
        key = f"{of_now}{self._connection.execute(count).scalar_one():02d}"
        self.put(OutboxItem(key=key, kind="steer", payload={"call": call, "path": path}, not_before=now))

    def call_off(self, key: str, now: datetime) -> str:
        """Takes back a call that is not needed any more; gives its id at the carrier if it has left, else ""."""
        waits = (outbox.c.key == key) & outbox.c.done_at.is_(None) & outbox.c.dead_at.is_(None)
        called_off = outbox.update().where(waits).values(done_at=now, error="called off", lease="", leased_until=None)
        if self._connection.execute(called_off).rowcount:
            return ""
        placed = sa.select(outbox.c.result).where(outbox.c.key == key, outbox.c.done_at.is_not(None))
        return self._connection.execute(placed).scalar_one_or_none() or ""


class Talks:
    """Safe to share between threads; several processes may share one store."""

    wake: threading.Event
    """Set after a commit of this process that may make an assignment possible."""

    def __init__(self, database: Database, box: Outbox) -> None:
        self._db = database
        self._outbox = box
        self.wake = threading.Event()

    @contextmanager
    def transaction(self) -> Iterator[TalkTransaction]:
        """One transaction, rolled back when anything is raised. Raises Conflict and Unavailable."""
        with self._db.write() as connection:
            tx = TalkTransaction(self._db, self._outbox, connection)
            yield tx
        if tx.put_something:
            self._outbox.wake.set()
        if tx.wakes_routing:
            self.wake.set()

    # --- reading ---

    def get(self, talk_id: str) -> TalkRow | None:
        return self._first(sa.select(*TALK).where(_t.id == talk_id))

    def of_agent(self, agent: str) -> TalkRow | None:
        """The open talk of an agent; there is at most one."""
        return self._first(sa.select(*TALK).where(_t.agent == agent, _t.state.in_(OPEN_TALKS)))

    def of_call(self, call_id: str) -> tuple[TalkRow, ...]:
        """The talks of a call, newest first."""
        return self._all(sa.select(*TALK).where(_t.call_id == call_id).order_by(_t.offered_at.desc(), _t.id))

    def consultation(self, talk_id: str) -> TalkRow | None:
        """The consultation that goes on beside a talk."""
        return self._first(sa.select(*TALK).where(_t.consult_of == talk_id, _t.state.in_(CLAIMS)))

    def open(self) -> tuple[TalkRow, ...]:
        """The talks that are not over, oldest first."""
        return self._all(sa.select(*TALK).where(_t.state.in_(OPEN_TALKS)).order_by(_t.offered_at, _t.id))

    def minds(self, call_id: str) -> bool:
        """Whether the end of this call matters to a talk, or to a callback to its caller."""
        with self._db.read() as connection:
            return any(connection.execute(asked, {"call": call_id}).first() is not None for asked in _MINDS)

    def talked(self, call_id: str, turn: int) -> bool:
        """Whether the caller has talked, or talks, with the person whom the call waits for in this turn."""
        talked = _t.state.in_(("talking", "held", "wrap_up", "over")) & _t.joined_at.is_not(None)
        chosen = sa.select(_t.id).where(_t.call_id == call_id, _t.kind == "queue", _t.turn == turn, talked).limit(1)
        with self._db.read() as connection:
            return connection.execute(chosen).first() is not None

    def presences(self) -> Mapping[str, PresenceRow]:
        """What agents have chosen to be, by name; who never chose is not there."""
        with self._db.read() as connection:
            return _presences(connection)

    def snapshot(self, now: datetime, passed_since: datetime) -> Snapshot:
        """Everything that routing needs, at one moment. `passed_since`: how long a miss is remembered."""
        with self._db.read() as connection:
            open_talks = tuple(_open_talk(row) for row in connection.execute(_WATCHED).mappings())
            callers = tuple(_caller(row) for row in connection.execute(_WAITING))
            promises = tuple(_promise(row) for row in connection.execute(_PROMISED))
            waiting = (*callers, *(promise for promise in promises if promise.due_at <= now))
            gave_up = connection.execute(_GAVE_UP, {"since": passed_since}).all() if waiting else ()
            there = _presences(connection)
        return Snapshot(
            talks=open_talks,
            waiting=waiting,
            presences=there,
            passed={(subject, agent): at for subject, agent, at in gave_up},
            next_due=next((promise.due_at for promise in promises if promise.due_at > now), None),
        )

    def _first(self, chosen: sa.Select[Any]) -> TalkRow | None:
        with self._db.read() as connection:
            row = connection.execute(chosen).first()
            return TalkRow(**row._mapping) if row else None

    def _all(self, chosen: sa.Select[Any]) -> tuple[TalkRow, ...]:
        with self._db.read() as connection:
            return tuple(TalkRow(**row._mapping) for row in connection.execute(chosen))


def _presences(connection: sa.Connection) -> Mapping[str, PresenceRow]:
    return {row.agent: PresenceRow(**row._mapping) for row in connection.execute(_PRESENCES)}


def _entry(row: Sequence[Any]) -> QueueEntry:
    return QueueEntry(
        call_id=row[0], queue=row[1], joined_at=row[2], topic=row[3], language=row[4], priority=_PRIORITIES[row[5]],
        status=row[6], agent=row[7], leased_until=row[8],
    )  # fmt: skip


def _open_talk(row: sa.RowMapping) -> OpenTalk:
    told = dict(row)
    call_ended_at, wait, promise = (told.pop(name) for name in ("call_ended_at", "wait", "promise"))
    return OpenTalk(TalkRow(**told), call_ended_at is not None, (promise if promise is not None else wait) or "")


def _caller(row: Sequence[Any]) -> WaitingRow:
    return WaitingRow(
        id=row[0], kind="queue", call_id=row[0], queue=row[1], rank=row[2], since=row[3], due_at=row[3],
        language=row[4], topic=row[5], turn=row[6],
    )  # fmt: skip


def _promise(row: Sequence[Any]) -> WaitingRow:
    return WaitingRow(
        id=row[0], kind="callback", call_id=row[1], queue=row[2], since=row[3] or row[4], due_at=row[4],
        language=row[5], topic=row[6],
    )  # fmt: skip
