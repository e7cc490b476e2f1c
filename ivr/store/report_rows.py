"""What reports count: calls with everything they left behind, a batch at a time. Reads only, in short transactions.

A report of a year reads every turn of it. It reads some hundred calls in one transaction and ends it, so that no write
waits and the write-ahead log can be checkpointed in between.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple, TypeVar

import sqlalchemy as sa

from ivr.store.database import Database
from ivr.store.rows import TalkRow
from ivr.store.tables import (
    TALK,
    callbacks,
    calls,
    moment,
    presence_changes,
    queue_entries,
    stamp,
    talks,
    tickets,
    turns,
)  # fmt: skip
from ivr.store.vocabulary import CallbackStatus, PlaceStatus, Presence

Seen = TypeVar("Seen")

PresenceChange = tuple[str, Presence, datetime]
"""An agent, what they chose to be, and since when (aware)."""

REPEAT_HOURS = 72
"""Whoever calls again so soon had, as a rule, not been helped."""
BATCH = 200
"""Calls in one transaction: some megabytes of turns, a few milliseconds."""


class SeenTurn(NamedTuple):
    """A turn as it is counted: its number, seconds since 1970, what was heard, and its events as JSON."""

    number: int
    at: float
    heard: str
    events: str


class SeenCallback(NamedTuple):
    """A callback that a call booked. Times in seconds since 1970."""

    key: str
    queue: str
    status: CallbackStatus
    due_at: float
    settled_at: float | None


@dataclass(frozen=True, slots=True)
class SeenCall:
    """A call with everything it left. `turn` is the turn it expected next: 0 for one that was never answered."""

    id: str
    started_at: datetime
    ended_at: datetime | None
    language: str
    identified: bool
    seconds: int | None
    turn: int
    turns: Sequence[SeenTurn]
    tickets: Sequence[str]
    """The topics of its complete tickets."""
    callbacks: Sequence[SeenCallback]
    talks: Sequence[TalkRow]
    repeated: bool = False
    """The same number had called within `REPEAT_HOURS` before."""
    queue: str = ""
    """The queue it waits in or waited in last, after all hand-overs."""
    place: PlaceStatus | Literal[""] = ""
    """How that wait stands, as the queue has it."""

    @property
    def forgotten(self) -> bool:
        """Its transcript is deleted, so nobody can say how it went."""
        return self.ended_at is not None and self.turn > 0 and not self.turns


_q = queue_entries.c
_bare: sa.Double[float] = sa.Double()  # times as they are stored: a datetime for each of a million turns costs too much


def _plain(column: sa.Column[Any]) -> sa.ColumnElement[float]:
    return sa.type_coerce(column, _bare)


_some: sa.BindParameter[Any] = sa.bindparam("some", expanding=True)
_TURNS = (
    sa.select(turns.c.call_id, turns.c.turn, _plain(turns.c.at), turns.c.input_kind, turns.c.events)
    .where(turns.c.call_id.in_(_some))
    .order_by(turns.c.call_id, turns.c.turn)
)
_TICKETS = (
    sa.select(tickets.c.call_id, tickets.c.topic)
    .where(tickets.c.call_id.in_(_some), tickets.c.complete)
    .order_by(tickets.c.opened_at)
)
_CALLBACKS = sa.select(
    callbacks.c.call_id, callbacks.c.key, callbacks.c.queue, callbacks.c.status, _plain(callbacks.c.due_at),
    _plain(callbacks.c.settled_at),
).where(callbacks.c.call_id.in_(_some)).order_by(callbacks.c.booked_at)  # fmt: skip
_TALKS = (
    sa.select(talks.c.call_id, *TALK)
    .where(talks.c.call_id.in_(_some))
    .order_by(talks.c.offered_at, talks.c.id)
)  # fmt: skip
_PLACES = sa.select(_q.call_id, _q.queue, _q.status).where(_q.call_id.in_(_some))
_earlier = calls.alias("earlier")
_REPEATED = sa.select(_earlier.c.id).where(
    _earlier.c.from_number == calls.c.from_number,
    _plain(_earlier.c.started_at) < _plain(calls.c.started_at),
    _plain(_earlier.c.started_at) >= _plain(calls.c.started_at) - REPEAT_HOURS * 3600,
).exists() & (calls.c.from_number != "")


_COLUMNS = (
    calls.c.id, _plain(calls.c.started_at), _plain(calls.c.ended_at), calls.c.language,
    calls.c.account, calls.c.seconds, calls.c.turn, _REPEATED,
)  # fmt: skip


class Figures:
    def __init__(self, database: Database) -> None:
        self._db = database

    def calls(self, start: datetime, end: datetime) -> Iterator[SeenCall]:
        """The calls that began from `start` until before `end` (both aware), in order, a batch in memory at a time."""
        return self._calls(_plain(calls.c.started_at), start, end)

    def ended(self, start: datetime, end: datetime) -> Iterator[SeenCall]:
        """The calls that ended from `start` until before `end` (both aware), in the order of their ends."""
        return self._calls(_plain(calls.c.ended_at), start, end)

    def some(self, ids: Sequence[str]) -> list[SeenCall]:
        with self._db.read_at_leisure() as connection:
            rows = connection.execute(sa.select(*_COLUMNS).where(calls.c.id.in_(ids))).all()
            return self._with_what_they_left(connection, rows)

    def _calls(self, when: sa.ColumnElement[float], start: datetime, end: datetime) -> Iterator[SeenCall]:
        return self._batches(sa.select(*_COLUMNS), when, calls.c.id, (start, end), self._with_what_they_left)

    def talks(self, start: datetime, end: datetime) -> Iterator[TalkRow]:
        """The talks that were offered to agents from `start` until before `end` (both aware), in order."""
        offered = _plain(talks.c.offered_at)
        return self._batches(
            sa.select(*TALK), offered, talks.c.id, (start, end), lambda _, rows: [_talk(*row[:-2]) for row in rows]
        )

    def _batches(
        self, chosen: sa.Select[Any], when: sa.ColumnElement[float], key: sa.Column[str],
        period: tuple[datetime, datetime], made: Callable[[sa.Connection, Sequence[Any]], list[Seen]],
    ) -> Iterator[Seen]:  # fmt: skip
        """Rows of a period in their order, some at a time, each time in a transaction of its own."""
        (last, end), last_key = map(stamp, period), ""
        while True:
            after = (when > last) | ((when == last) & (key > last_key))
            some = chosen.add_columns(when.label("when"), key.label("key")).where(when >= last, when < end, after)
            with self._db.read_at_leisure() as connection:
                rows = connection.execute(some.order_by(when, key).limit(BATCH)).all()
                found = made(connection, rows)
            yield from found
            if len(rows) < BATCH:
                return
            *_, last, last_key = rows[-1]

    def presences(self, start: datetime, end: datetime) -> Iterator[PresenceChange]:
        """What each agent chose to be and when, by agent and time: each agent's last choice before `start` (aware),
        and all until before `end`."""
        p, at = presence_changes.c, _plain(presence_changes.c.at)
        before = sa.select(sa.func.max(p.id)).where(at < stamp(start)).group_by(p.agent)
        chosen = sa.select(p.agent, p.presence, p.at).where((at >= stamp(start)) | p.id.in_(before), at < stamp(end))
        with self._db.read_at_leisure() as connection:
            yield from connection.execute(chosen.order_by(p.agent, p.at, p.id)).all()

    def _with_what_they_left(self, connection: sa.Connection, rows: Sequence[Any]) -> list[SeenCall]:
        ids = {"some": [row[0] for row in rows]}
        if not rows:
            return []
        turns_of = _by_call(connection, _TURNS, ids, SeenTurn)
        tickets_of = _by_call(connection, _TICKETS, ids, str)
        callbacks_of = _by_call(connection, _CALLBACKS, ids, SeenCallback)
        talks_of = _by_call(connection, _TALKS, ids, _talk)
        places = {row[0]: row[1:] for row in connection.execute(_PLACES, ids)}
        return [
            SeenCall(
                id=row[0], started_at=moment(row[1]), ended_at=None if row[2] is None else moment(row[2]),
                language=row[3], identified=bool(row[4]), seconds=row[5], turn=row[6],
                turns=turns_of[row[0]], tickets=tickets_of[row[0]], callbacks=callbacks_of[row[0]],
                talks=talks_of[row[0]], repeated=bool(row[7]), queue=places.get(row[0], ("", ""))[0],
                place=places.get(row[0], ("", ""))[1],
            )
            for row in rows
        ]  # fmt: skip


def _talk(*row: Any) -> TalkRow:
    return TalkRow(**dict(zip(talks.c.keys(), row, strict=True)))


def _by_call(
    connection: sa.Connection, chosen: sa.Select[Any], ids: Mapping[str, Any], made: Callable[..., Seen]
) -> dict[str, list[Seen]]:
    """The rows of some calls, made into what is seen of them; the first column is the call."""
    found: dict[str, list[Seen]] = defaultdict(list)
    for row in connection.execute(chosen, ids):
        found[row[0]].append(made(*row[1:]))
    return found
