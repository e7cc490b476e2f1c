"""Metrics: gauges of one moment, and counters that never fall, even when rows are deleted.

A count of rows would fall when old rows are purged, and Prometheus takes that for a restart. So counts are kept in the
table `numbers`, with the moment until which they count. The next request adds what happened since.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, Self

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

Level = Literal[
    "wrong_answers", "calls_live", "lookups_in_webhooks", "callers_waiting", "oldest_wait_seconds", "presences",
    "talks", "outbox_pending", "outbox_oldest_seconds", "outbox_dead", "callbacks_due", "callbacks_later",
    "tickets_open",
]  # fmt: skip
"""The gauges of one moment. wrong_answers: secrets answered wrongly in the last hour, but for those from the phone of
the account; lookups_in_webhooks: turns of live calls that wait for a look-up inside their webhook; presences and talks:
what each agent has chosen to be, and the state of their open talk; outbox: effects that are to leave, or were given up;
tickets_open: those that are not closed."""


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
    def __init__(self, database: Database) -> None:
        self._db = database

    def levels(self, now: datetime) -> Mapping[Level, Mapping[str, Any]]:
        """The gauges, in one read transaction: by queue, agent, kind of effect or priority; by "" where there is one
        figure alone. Ages are in seconds. Of what it reads only open tickets grow over the years."""
        with self._db.read_at_leisure() as connection:
            return {name: _pairs(connection.execute(chosen)) for name, chosen in _levels(now).items()}

    def given_up(self, start: datetime, end: datetime) -> Mapping[str, int]:
        """How many effects of each kind were given up from `start` until before `end` (aware)."""
        dead = sa.select(outbox.c.kind, sa.func.count()).where(outbox.c.dead_at >= start, outbox.c.dead_at < end)
        with self._db.read_at_leisure() as connection:
            return _pairs(connection.execute(dead.group_by(outbox.c.kind)))

    def totals(self) -> Totals:
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


def _levels(now: datetime) -> Mapping[Level, sa.Select[*tuple[Any, ...]]]:
    p, t, q, b, o = presences.c, talks.c, queue_entries.c, callbacks.c, outbox.c
    alone, count = sa.literal(""), sa.func.count()
    claimed = calls.join(turns, (turns.c.call_id == calls.c.id) & (turns.c.turn == calls.c.turn))
    waits, promised = q.status == "waiting", b.status == "open"
    pending = o.done_at.is_(None) & o.dead_at.is_(None)
    waits_since = sa.func.coalesce(q.talked_until, q.joined_at)
    return {
        "wrong_answers": sa.select(alone, count).where(hits.c.name == "wrong-all", hits.c.until > now),
        "calls_live": sa.select(alone, count).where(calls.c.ended_at.is_(None)),
        "lookups_in_webhooks": sa.select(alone, count)
        .select_from(claimed)
        .where(calls.c.ended_at.is_(None), turns.c.answered_at.is_(None)),
        "callers_waiting": sa.select(q.queue, count).where(waits).group_by(q.queue),
        "oldest_wait_seconds": sa.select(q.queue, _age(waits_since, now)).where(waits).group_by(q.queue),
        "presences": sa.select(p.agent, p.presence),
        "talks": sa.select(t.agent, t.state).where(t.state.in_(OPEN_TALKS)),
        "outbox_pending": sa.select(o.kind, count).where(pending).group_by(o.kind),
        "outbox_oldest_seconds": sa.select(o.kind, _age(o.not_before, now)).where(pending).group_by(o.kind),
        "outbox_dead": sa.select(o.kind, count).where(o.dead_at.is_not(None)).group_by(o.kind),
        "callbacks_due": sa.select(b.queue, count).where(promised, b.due_at <= now).group_by(b.queue),
        "callbacks_later": sa.select(b.queue, count).where(promised, b.due_at > now).group_by(b.queue),
        "tickets_open": sa.select(tickets.c.priority, count)
        .where(tickets.c.status != "closed")
        .group_by(tickets.c.priority),
    }


def _age(since: sa.ColumnElement[Any], now: datetime) -> sa.ColumnElement[float]:
    """For how long the oldest has waited; less than nothing where its time is still to come."""
    return stamp(now) - sa.func.min(sa.type_coerce(since, _BARE))


def _pairs(rows: Iterable[Any]) -> dict[str, Any]:
    return {row[0]: row[1] for row in rows}
