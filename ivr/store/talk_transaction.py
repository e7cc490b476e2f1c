"""One write transaction on talks: what it reads is locked until its end, and all of it is written or nothing."""

from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import datetime
from functools import cache
from typing import Any, TypedDict, Unpack

import sqlalchemy as sa

from ivr.store.counters import next_reference
from ivr.store.database import Database, Insert
from ivr.store.outbox import CALLED_OFF, Outbox
from ivr.store.prepared import Row
from ivr.store.rows import CallbackRow, OutboxItem, PresenceRow, QueueEntry, TalkRow, TicketRow
from ivr.store.tables import (
    TALK,
    among,
    callbacks,
    calls,
    outbox,
    presence_changes,
    presences,
    queue_entries,
    stamp,
    talks,
    tickets,
)  # fmt: skip
from ivr.store.vocabulary import (
    CLAIMS,
    FORWARD,
    OPEN_TALKS,
    CallbackStatus,
    PlaceStatus,
    TalkKind,
    TalkState,
    TicketStatus,
)

_t, _q, _c, _b = talks.c, queue_entries.c, calls.c, callbacks.c
_given = sa.bindparam
HAS_CALLER = among(_t.state, CLAIMS) & (_t.consult_of == "")
"""Of talks that have a caller, or a call back: no consultations."""

# Made once, because building a statement takes longer than running it. Rows are locked until the transaction ends.
_TALK = sa.select(*TALK).with_for_update()
_BY_ID = _TALK.where(_t.id == _given("talk"))
_OF_AGENT = _TALK.where(_t.agent == _given("agent"), among(_t.state, OPEN_TALKS))
_CLAIM = _TALK.where(_t.subject == _given("subject"), HAS_CALLER)
_CONSULTATION = _TALK.where(_t.consult_of == _given("talk"), among(_t.state, CLAIMS))
_PLACE = sa.select(queue_entries).where(_q.call_id == _given("call")).with_for_update()
_ARRIVED = (
    queue_entries.update()
    .where(_q.call_id == _given("call"), _q.status == "joining")
    .values(
        status="waiting",
        joined_at=sa.case((_q.leased_until.is_(None), _given("now", type_=_q.joined_at.type)), else_=_q.joined_at),
    )
)
_CALLER = sa.select(_c.from_number, _c.ended_at).where(_c.id == _given("call"))
_CALLBACK = sa.select(callbacks).where(_b.key == _given("key")).with_for_update()
_KEPT = (
    callbacks.update()
    .where(_b.number == _given("to"), _b.queue == _given("by"), _b.status == "open")
    .values(status="done", settled_at=_given("now"))
)
_IS_CALLED = (
    sa.select(_t.id).join(callbacks, _b.key == _t.subject).where(_b.number == _given("to"), HAS_CALLER).limit(1)
)
_STEERS = sa.select(sa.func.count()).select_from(outbox).where(outbox.c.key.between(_given("first"), _given("last")))
_PRESENCE = sa.select(presences).where(presences.c.agent == _given("agent")).with_for_update()
_PRESENCE_CHANGED = (
    presence_changes.insert().inline().values({name: _given(name) for name in ("at", "agent", "presence", "reason")})
)
_NOW = _given("now", type_=outbox.c.done_at.type)
_CALLED_OFF = (
    outbox.update()
    .where(outbox.c.key == _given("called_off"), outbox.c.done_at.is_(None), outbox.c.dead_at.is_(None))
    .values(
        done_at=sa.case((outbox.c.tried_at.is_(None) | (outbox.c.kind != "call"), _NOW), else_=outbox.c.done_at),
        not_before=_NOW, error=CALLED_OFF, lease="", leased_until=None,
    )
)  # fmt: skip
_PLACED = sa.select(outbox.c.result).where(outbox.c.key == _given("key"), outbox.c.done_at.is_not(None))


@cache
def _changing(names: frozenset[str]) -> sa.Update:
    return talks.update().where(_t.id == _given("talk")).values({name: _given(f"new_{name}") for name in names})


@cache
def _moving(was: tuple[PlaceStatus, ...], names: frozenset[str]) -> sa.Update:
    chosen = queue_entries.update().where(_q.call_id == _given("call"), among(_q.status, was))
    return chosen.values({name: _given(f"new_{name}") for name in names})


def _add(insert: Insert) -> sa.Executable:
    return insert(talks).values({column.key: _given(column.key) for column in _t}).on_conflict_do_nothing()


def _be(insert: Insert) -> sa.Executable:
    new = insert(presences).values({column.key: _given(column.key) for column in presences.c})
    rest = {column.key: new.excluded[column.key] for column in presences.c if not column.primary_key}
    return new.on_conflict_do_update(index_elements=[presences.c.agent], set_=rest)


class TalkChanges(TypedDict, total=False):
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
    held_since: datetime | None
    held_seconds: float
    wrap_up_until: datetime
    by_browser: bool


class CallbackChanges(TypedDict, total=False):
    status: CallbackStatus
    due_at: datetime
    settled_at: datetime
    tries: int
    tried_at: datetime


class TicketChanges(TypedDict, total=False):
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
        return self._one(TalkRow, _BY_ID, talk=talk_id)

    def of_agent(self, agent: str) -> TalkRow | None:
        return self._one(TalkRow, _OF_AGENT, agent=agent)

    def claim(self, subject: str) -> TalkRow | None:
        return self._one(TalkRow, _CLAIM, subject=subject)

    def consultation(self, talk_id: str) -> TalkRow | None:
        return self._one(TalkRow, _CONSULTATION, talk=talk_id)

    def consulted(self, talk_id: str) -> int:
        return self._connection.execute(
            sa.select(sa.func.count()).select_from(talks).where(_t.consult_of == talk_id)
        ).scalar_one()

    def add(self, talk: TalkRow) -> bool:
        """A new talk. False if its agent has an open one, or somebody else has its caller."""
        self.wakes_routing = True
        return bool(self._db.prepare(_add).count(self._connection, **asdict(talk)))

    def change(self, talk: TalkRow, **changes: Unpack[TalkChanges]) -> TalkRow:
        """Writes changes of a talk that was read in this transaction; gives it as it is now."""
        self.wakes_routing |= changes.get("state", "talking") not in CLAIMS
        new = {f"new_{name}": value for name, value in changes.items()}
        self._db.prepare(_changing(frozenset(changes))).count(self._connection, talk=talk.id, **new)
        return replace(talk, **changes)

    def _one(self, kind: type[Row], statement: sa.Executable, **given: str) -> Row | None:
        return self._db.prepare(statement).one(kind, self._connection, **given)

    # --- the caller's place ---

    def place(self, call_id: str) -> QueueEntry | None:
        return self._one(QueueEntry, _PLACE, call=call_id)

    def arrive(self, call_id: str, now: datetime) -> bool:
        """The caller has heard the words before the queue, and waits from now on; one who is back keeps the place."""
        self.wakes_routing = True
        return bool(self._db.prepare(_ARRIVED).count(self._connection, call=call_id, now=now))

    def take(self, call_id: str, agent: str) -> bool:
        """Assigns the caller to this agent. False for a caller who does not wait any more."""
        return self._moved(call_id, ("waiting",), status="taken", agent=agent)

    def let_out(self, call_id: str, now: datetime) -> bool:
        """Takes a waiting caller out of the queue, as nobody is left to answer. False for one who does not wait."""
        return self._moved(call_id, ("waiting",), status="nobody", settled_at=now)

    def release(self, call_id: str, now: datetime, **into: Any) -> bool:
        """Puts the caller back to the head of the queue, with the time of joining. False for a caller who is gone.

        `into`: another `queue` and its `rank`, and `talked_until` for a caller who comes from a talk. `leased_until`
        keeps since when they wait this time.
        """
        return self._moved(call_id, ("taken", "waiting"), status="waiting", agent="", leased_until=now, **into)

    def take_forward(self, call_id: str) -> bool:
        """Puts a waiting caller before everybody else of the queue. False for one who does not wait any more."""
        self.wakes_routing = True
        return self._moved(call_id, ("waiting",), rank=FORWARD)

    def _moved(self, call_id: str, was: tuple[PlaceStatus, ...], **changes: Any) -> bool:
        new = {f"new_{name}": value for name, value in changes.items()}
        moving = self._db.prepare(_moving(was, frozenset(changes)))
        return bool(moving.count(self._connection, call=call_id, **new))

    def caller(self, call_id: str) -> tuple[str, bool]:
        """The calling number ("" if withheld), and whether the call goes on."""
        row = self._db.prepare(_CALLER).row(self._connection, call=call_id)
        return (row[0], row[1] is None) if row else ("", True)

    # --- calls back ---

    def callback(self, key: str) -> CallbackRow | None:
        return self._one(CallbackRow, _CALLBACK, key=key)

    def change_callback(self, key: str, **changes: Unpack[CallbackChanges]) -> bool:
        """Changes a callback that is still open. False if there is none."""
        self.wakes_routing = True
        chosen = callbacks.update().where(_b.key == key, _b.status == "open")
        return bool(self._connection.execute(chosen.values(changes)).rowcount)

    def kept(self, number: str, queue: str, now: datetime) -> bool:
        """Closes this queue's callback to a number, because its owner has been talked to."""
        return bool(number) and bool(self._db.prepare(_KEPT).count(self._connection, to=number, by=queue, now=now))

    def is_called(self, number: str) -> bool:
        """Whether somebody is calling this number back already, for whichever queue."""
        return self._db.prepare(_IS_CALLED).row(self._connection, to=number) is not None

    # --- agents ---

    def presence(self, agent: str) -> PresenceRow | None:
        return self._one(PresenceRow, _PRESENCE, agent=agent)

    def be(self, row: PresenceRow) -> None:
        """Writes what an agent has chosen to be; a change is kept for reports."""
        self.wakes_routing = True
        before = self.presence(row.agent)
        if before is None or (before.presence, before.reason) != (row.presence, row.reason):
            self._db.prepare(_PRESENCE_CHANGED).count(
                self._connection, at=row.since, agent=row.agent, presence=row.presence, reason=row.reason
            )
        self._db.prepare(_be).count(self._connection, **asdict(row))

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
        given = self._db.prepare(_STEERS).rows(self._connection, first=f"{of_now}00", last=f"{of_now}99")
        key = f"{of_now}{given[0][0]:02d}"
        self.put(OutboxItem(key=key, kind="steer", payload={"call": call, "path": path}, not_before=now))

    def call_off(self, key: str, now: datetime) -> str:
        """Takes back a call that is not needed any more; gives its id at the carrier if it has left, else "". One of
        which that is not known (it leaves now, or the reply was lost) is left to the relay, which hangs it up."""
        if self._db.prepare(_CALLED_OFF).count(self._connection, called_off=key, now=now):
            return ""
        placed = self._db.prepare(_PLACED).row(self._connection, key=key)
        return placed[0] if placed else ""
