"""Metrics: gauges of one moment, and counters that never fall, even when rows are deleted.

A count of rows would fall when old rows are purged, and Prometheus takes that for a restart. So counts are kept in the
table `numbers`, with the moment until which they count. The next request adds what happened since.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import sqlalchemy as sa

from ivr.store.database import Database
from ivr.store.tables import (
    callbacks,
    calls,
    hits,
    numbers,
    outbox,
    presences,
    queue_entries,
    stamp,
    talks,
    tickets,
    turns,
)  # fmt: skip
from ivr.store.vocabulary import OPEN_TALKS

EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
"""Moments are kept as whole seconds since then: a 32-bit number until 2088."""
PREFIX, UNTIL = "meter:", "meter:until"
_BARE: sa.Double[float] = sa.Double()
LONGEST_TALK = timedelta(hours=12)
"""Talks are found by when they were offered, which has an index; when they ended has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Levels:
    """The gauges of one moment. Ages in seconds."""

    wrong_answers: int
    """Secrets answered wrongly in the last hour, but for those from the phone of the account."""
    live_calls: int
    claimed_turns: int
    """Turns of live calls that wait for a look-up inside their webhook."""
    waiting: Mapping[str, tuple[int, float]]
    """By queue: how many wait, and how long the first of them has."""
    presences: Mapping[str, str]
    talks: Mapping[str, str]
    """The state of each agent's open talk."""
    pending: Mapping[str, tuple[int, float]]
    """By kind of effect: how many are to leave, and how long the oldest is due."""
    dead: Mapping[str, int]
    callbacks_due: Mapping[str, int]
    callbacks_later: Mapping[str, int]
    tickets: Mapping[str, int]
    """Tickets that are not closed, by priority."""


@dataclass(frozen=True, slots=True)
class Totals:
    """Counts by name, and until when (aware) they count; None when counting has not begun."""

    until: datetime | None
    counts: Mapping[str, int]

    @classmethod
    def of(cls, rows: Mapping[str, int]) -> Self:
        until = rows.get(UNTIL)
        counts = {name.removeprefix(PREFIX): count for name, count in rows.items() if name != UNTIL}
        return cls(None if until is None else EPOCH + timedelta(seconds=until), counts)


class Meters:
    """The source of metrics. All processes give the same, because everything is in the store."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def levels(self, now: datetime) -> Levels:
        """The gauges, in one read transaction. Of what it reads only open tickets grow over the years."""
        at = stamp(now)
        q, b, o, t = queue_entries.c, callbacks.c, outbox.c, tickets.c
        unsettled = o.done_at.is_(None) & o.dead_at.is_(None)
        claimed = sa.select(sa.func.count()).select_from(
            calls.join(turns, (turns.c.call_id == calls.c.id) & (turns.c.turn == calls.c.turn))
        )
        since = sa.func.coalesce(q.talked_until, q.joined_at)
        with self._db.read_at_leisure() as connection:
            ask = connection.execute
            due = sa.func.sum(sa.case((b.due_at <= now, 1), else_=0))
            open_ones = sa.select(b.queue, sa.func.count(), due).where(b.status == "open").group_by(b.queue)
            promised = {queue: (count, int(due_now)) for queue, count, due_now in ask(open_ones)}
            return Levels(
                wrong_answers=ask(
                    sa.select(sa.func.count()).where(hits.c.name == "wrong-all", hits.c.until > now)
                ).scalar_one(),
                live_calls=ask(sa.select(sa.func.count()).where(calls.c.ended_at.is_(None))).scalar_one(),
                claimed_turns=ask(
                    claimed.where(calls.c.ended_at.is_(None), turns.c.answered_at.is_(None))
                ).scalar_one(),
                waiting=_aged(ask(_counted(q.queue, since).where(q.status == "waiting")), at),
                presences=_pairs(ask(sa.select(presences.c.agent, presences.c.presence))),
                talks=_pairs(ask(sa.select(talks.c.agent, talks.c.state).where(talks.c.state.in_(OPEN_TALKS)))),
                pending=_aged(ask(_counted(o.kind, o.not_before).where(unsettled)), at),
                dead=_pairs(ask(sa.select(o.kind, sa.func.count()).where(o.dead_at.is_not(None)).group_by(o.kind))),
                callbacks_due={queue: due_now for queue, (_, due_now) in promised.items()},
                callbacks_later={queue: count - due_now for queue, (count, due_now) in promised.items()},
                tickets=_pairs(
                    ask(sa.select(t.priority, sa.func.count()).where(t.status != "closed").group_by(t.priority))
                ),
            )

    def settled(self, start: datetime, end: datetime) -> Mapping[str, int]:
        """What came to its end from `start` until before `end` (aware) beside calls, by name as `totals` has it."""
        b, o, t = callbacks.c, outbox.c, talks.c
        recent = t.offered_at >= start - LONGEST_TALK
        ended, joined = (sa.type_coerce(column, _BARE) for column in (t.ended_at, t.joined_at))
        with self._db.read_at_leisure() as connection:
            found: dict[str, int] = {}
            for name, chosen in {
                "callbacks_settled": sa.select(b.status, sa.func.count())
                .where(b.settled_at >= start, b.settled_at < end)
                .group_by(b.status),
                "delivered": sa.select(o.kind, sa.func.count())
                .where(o.done_at >= start, o.done_at < end)
                .group_by(o.kind),
                "given_up": sa.select(o.kind, sa.func.count())
                .where(o.dead_at >= start, o.dead_at < end)
                .group_by(o.kind),
                "talk_seconds": sa.select(t.queue, sa.func.sum(ended - joined))
                .where(recent, t.ended_at >= start, t.ended_at < end, t.joined_at.is_not(None), t.kind != "consult")
                .group_by(t.queue),
            }.items():
                for label, count in connection.execute(chosen):
                    found[f"{name}:{label}"] = round(count)
            of_talks = (
                sa.select(t.queue, t.state, sa.func.count())
                .where(recent, t.ended_at >= start, t.ended_at < end, t.kind != "consult")
                .group_by(t.queue, t.state)
            )
            for queue, state, count in connection.execute(of_talks):
                name = f"talks:{queue}:{'over' if state == 'wrap_up' else state}"  # all but the note is over
                found[name] = found.get(name, 0) + count
            return found

    def totals(self) -> Totals:
        """All counts so far."""
        with self._db.read_at_leisure() as connection:
            return self._totals(connection)

    def add(self, since: datetime | None, until: datetime, counts: Mapping[str, int]) -> Totals:
        """Add what was counted from `since` until `until`, once: if another has counted on meanwhile, nothing is added.

        Gives the counts as they are now. Moments are whole seconds; None begins to count.
        """
        with self._db.write() as connection:
            self._db.lock(connection, "meters")
            now = self._totals(connection)
            if now.until != since:
                return now
            rows = {f"{PREFIX}{name}": count for name, count in counts.items() if count}
            for name, count in rows.items():
                new = self._db.insert(numbers).values(name=name, last=count)
                added = {"last": numbers.c.last + new.excluded.last}
                connection.execute(new.on_conflict_do_update(index_elements=[numbers.c.name], set_=added))
            new = self._db.insert(numbers).values(name=UNTIL, last=int((until - EPOCH).total_seconds()))
            moved = {"last": new.excluded.last}
            connection.execute(new.on_conflict_do_update(index_elements=[numbers.c.name], set_=moved))
            return self._totals(connection)

    def _totals(self, connection: sa.Connection) -> Totals:
        chosen = sa.select(numbers.c.name, numbers.c.last).where(numbers.c.name.startswith(PREFIX, autoescape=True))
        return Totals.of(_pairs(connection.execute(chosen)))


def _counted(by: sa.Column[Any], when: sa.ColumnElement[Any]) -> sa.Select[Any]:
    return sa.select(by, sa.func.count(), sa.func.min(sa.type_coerce(when, _BARE))).group_by(by)


def _aged(rows: Iterable[Any], at: float) -> dict[str, tuple[int, float]]:
    return {row[0]: (row[1], max(at - row[2], 0.0)) for row in rows}


def _pairs(rows: Iterable[Any]) -> dict[str, Any]:
    return {row[0]: row[1] for row in rows}
