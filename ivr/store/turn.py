"""One turn of one call as one write transaction. The hot path: its four statements are compiled once, and on PostgreSQL
they take two round trips: what is known of the turn, and what becomes of it with the commit."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from ivr.store.database import Database, Insert
from ivr.store.errors import Conflict
from ivr.store.outbox import Outbox
from ivr.store.rows import CallbackRow, CallRow, OutboxItem, QueueEntry, RecordingRow, StoredTurn, TicketRow
from ivr.store.tables import among, callbacks, calls, queue_entries, recordings, tickets, turns
from ivr.store.vocabulary import UNSETTLED, CallStatus, PlaceStatus, is_final

_c, _q = calls.c, queue_entries.c
_OPEN_CALL = calls.insert().values({column.name: sa.bindparam(column.name) for column in calls.c})
_OPEN_TICKET = tickets.insert().values({field.name: sa.bindparam(field.name) for field in fields(TicketRow)})
_LEFT_QUEUE = (
    queue_entries.update()
    .where(_q.call_id == sa.bindparam("call"), among(_q.status, UNSETTLED))
    .values(status=sa.bindparam("result"), settled_at=sa.bindparam("at"))
)


PLACE_KEPT = timedelta(minutes=10)
"""For so long a caller who has left a queue by a key can come back to the same place."""


# The statements of every turn.
_given = sa.bindparam
_LOCKED = sa.select(calls).where(_c.id == _given("call")).with_for_update()
_OF_CALL = sa.select(turns.c.at, turns.c.answer, turns.c.answered_at).where(turns.c.call_id == _given("call"))
STORED = _OF_CALL.where(turns.c.turn == _given("number"))
_EXPECTED = _OF_CALL.where(turns.c.turn == sa.select(_c.turn).where(_c.id == _given("call")).scalar_subquery())
"""One statement for both would be planned anew in each turn: PostgreSQL finds it cheaper once it knows the number."""
_JOINED = sa.select(_q.joined_at).where(_q.call_id == _given("call"))
_OF_EXPECTED = calls.update().where(_c.id == _given("call"), _c.turn == _given("number"))
_SAVED: dict[str, Any] = {
    name: _given(f"new_{name}") for name in ("session", "turn", "language", "account", "last_turn_at")
}
_SAVE = _OF_EXPECTED.values(_SAVED)
"""For a call that neither begins nor ends: SQLite writes the index of `ended_at` whenever a statement names it."""
_SAVE_STATUS = _OF_EXPECTED.values({**_SAVED, "status": _given("new_status"), "ended_at": _given("new_ended_at")})
_ADD = turns.insert().values({column.name: _given(column.name) for column in turns.c})


def _replace_claim(insert: Insert) -> sa.Executable:
    new = insert(turns)
    return new.values({column.name: _given(column.name) for column in turns.c}).on_conflict_do_update(
        index_elements=[turns.c.call_id, turns.c.turn],
        set_={
            # A claim taken over begins anew; an answer leaves the time of its claim as it was.
            "at": sa.case((new.excluded.answered_at.is_(None), new.excluded.at), else_=turns.c.at),
            **{name: new.excluded[name] for name in ("input_kind", "events", "answer", "answered_at")},
        },
        where=turns.c.answered_at.is_(None),
    )


def _add_callback(insert: Insert) -> sa.Executable:
    return (
        insert(callbacks).values({column.name: _given(column.name) for column in callbacks.c}).on_conflict_do_nothing()
    )


def _queue(insert: Insert) -> sa.Executable:
    new = insert(queue_entries).values({column.name: _given(column.name) for column in queue_entries.c})
    rest: dict[str, Any] = {column.name: new.excluded[column.name] for column in _q if not column.primary_key}
    is_back = (_q.queue == new.excluded.queue) & (_q.status == "left") & (_q.settled_at > _given("kept_since"))
    rest["joined_at"] = sa.case((is_back, _q.joined_at), else_=new.excluded.joined_at)
    rest["leased_until"] = sa.case((is_back, new.excluded.joined_at), else_=None)
    other = (_q.queue != new.excluded.queue) | ~among(_q.status, UNSETTLED)
    return new.on_conflict_do_update(index_elements=[_q.call_id], set_=rest, where=other)


class TurnTransaction:
    """A call at this turn, and the writes that follow. Made by `Store.turn`, and valid inside it only."""

    stored: StoredTurn | None
    """What is stored of this very turn: an answer, a claim, or None."""
    turn: int

    def __init__(
        self, database: Database, outbox: Outbox, connection: sa.Connection, *, call_id: str, turn: int | None
    ) -> None:
        self._db = database
        self._connection = connection
        self._outbox = outbox
        self._id = call_id
        self.put_something = False
        self.wakes_routing = False
        self._saved: dict[str, Any] = {}
        self._call, self.stored = self._read(turn)
        if self._call is None and not database.sqlite:
            # No row to lock yet, and the first webhook may come twice at once: lock the id, and look again.
            database.lock(connection, f"call {call_id}")
            self._call, self.stored = self._read(turn)
        self.turn = turn if turn is not None else self._call.turn if self._call else 0
        self._answered = {self.turn: None if self.stored is None else not self.stored.claimed}

    @property
    def call(self) -> CallRow | None:
        """The call, or None if it was never opened."""
        if self._call is not None and self._saved:
            self._call, self._saved = replace(self._call, **self._saved), {}
        return self._call

    def open_call(self, call: CallRow) -> None:
        """Insert the call. Raises Conflict if there is one of its id."""
        self._db.prepare(_OPEN_CALL).count(self._connection, **asdict(call))
        self._call = call

    def save(
        self,
        *,
        session: str,
        turn: int,
        now: datetime,
        language: str | None = None,
        status: CallStatus | None = None,
        account: str | None = None,
    ) -> None:
        """Keep the session; `turn` is the one expected next. What is None stays as it is.

        A final status ends the call; an ended call keeps its status. Raises Conflict unless the call expects
        this turn: a worker that was paused while another went on cannot overwrite it (a fencing token).
        """
        call = self.call
        if call is None:
            raise Conflict(f"there is no call {self._id}")
        if call.turn != self.turn:  # as it was read under a lock
            raise Conflict(f"call {self._id} expects turn {call.turn}, not {self.turn}")
        self._saved = {
            "session": session,
            "turn": turn,
            "language": call.language if language is None else language,
            "account": call.account if account is None else account,
            "last_turn_at": now,
        }
        statement = _SAVE
        if call.live and status is not None:
            statement = _SAVE_STATUS
            self._saved |= {"status": status, "ended_at": now if is_final(status) else None}
        new = {f"new_{name}": value for name, value in self._saved.items()}
        self._db.write_last(self._db.prepare(statement), {"call": self._id, "number": self.turn, **new})
        self.turn = turn

    def record(self, turn: int, at: datetime, input_kind: str, events: str, answer: str | None) -> None:
        """Write down a turn. Without an answer it is claimed, or claimed anew; with one, a claim is finished.

        Raises Conflict for a turn that is answered already, ValueError for one that is not this transaction's.
        """
        if turn not in self._answered:
            raise ValueError(f"turn {turn} was not read in this transaction")
        values = {
            "call_id": self._id, "turn": turn, "at": at, "input_kind": input_kind, "events": events,
            "answer": answer, "answered_at": None if answer is None else at,
        }  # fmt: skip
        if self._answered[turn]:
            raise Conflict(f"turn {turn} of call {self._id} is answered already")
        claimed = self._answered[turn] is False
        self._answered[turn] = answer is not None
        self._db.write_last(self._db.prepare(_replace_claim if claimed else _ADD), values)

    def put(self, items: Iterable[OutboxItem]) -> None:
        """Leave effects in the outbox. One whose key is there already is ignored."""
        self.put_something |= self._outbox.put(self._connection, items)

    def open_ticket(self, ticket: TicketRow) -> None:
        """Raises Conflict if the reference is taken."""
        self._db.prepare(_OPEN_TICKET).count(self._connection, **asdict(ticket))

    def amend_ticket(self, reference: str, about: Mapping[str, object]) -> None:
        """Put more into what a ticket is about; of the same name, the later one holds. A ticket that was erased while
        the call goes on stays erased."""
        chosen = tickets.c.reference == reference
        written = self._connection.execute(sa.select(tickets.c.about).where(chosen).with_for_update()).scalar()
        if written is None:
            return
        merged = json.dumps({**json.loads(written), **about}, ensure_ascii=False)
        self._connection.execute(tickets.update().where(chosen).values(about=merged))

    def add_callback(self, callback: CallbackRow) -> bool:
        """Book a callback. False if the key is there, or this number has an open one of this queue: that has this time
        then, if the call that booked it asks for that, or one from the number. Nobody else who asks then moves it."""
        self.wakes_routing = True
        c, new = callbacks.c, callback
        from_there = sa.exists().where(calls.c.id == new.call_id, calls.c.from_number == new.number)
        moved = callbacks.update().where(
            c.number == new.number, c.queue == new.queue, c.status == "open", c.due_at != new.due_at,
            (c.call_id == new.call_id) | from_there,
        )  # fmt: skip
        self._connection.execute(moved.values(due_at=callback.due_at, since=callback.since))
        return bool(self._db.prepare(_add_callback).count(self._connection, **asdict(callback)))

    def add_recording(self, recording: RecordingRow) -> None:
        """The same id again is ignored: carriers report recordings more than once."""
        self._connection.execute(self._db.insert(recordings).values(asdict(recording)).on_conflict_do_nothing())

    def queue_entry(self, entry: QueueEntry) -> None:
        """Put the call into a queue, or into another one. Its place counts from `joined_at`; a call that waits in this
        queue already (its last answer was lost) keeps the place it has, and so does one that has left it a short while
        ago, to hear of another way. `leased_until` keeps since when that one waits anew."""
        self.wakes_routing = True
        row = asdict(entry) | {"settled_at": None, "kept_since": entry.joined_at - PLACE_KEPT}
        self._db.prepare(_queue).count(self._connection, **row)

    def waited_since(self) -> datetime | None:
        """When this call joined the queue it last waited in; None for one that never did."""
        row = self._db.prepare(_JOINED).row(self._connection, call=self._id)
        return row[0] if row else None

    def leave_queue(self, result: PlaceStatus, now: datetime) -> bool:
        """Take the call out of its queue: left, timeout, answered, hangup … False if it was in none. No agent's phone
        goes on ringing for it."""
        self.wakes_routing = True
        return bool(self._db.prepare(_LEFT_QUEUE).count(self._connection, call=self._id, result=result, at=now))

    def _read(self, turn: int | None) -> tuple[CallRow | None, StoredTurn | None]:
        """The call, locked, and what is stored of this turn of it, or of the one that it expects."""
        of_call, of_turn = self._db.prepare(_LOCKED), self._db.prepare(_EXPECTED if turn is None else STORED)
        asked = ((of_call, {"call": self._id}), (of_turn, {"call": self._id, "number": turn}))
        found, stored = self._db.at_once(self._connection, asked)
        if not found:
            return None, None
        return of_call.made(CallRow, found)[0], next(iter(of_turn.made(StoredTurn, stored)), None)
