"""Tells whether something changed that pages show: a short word for each part of the store, new with every change."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa

from ivr.store.database import Database
from ivr.store.tables import callbacks, deeds, presences, queue_entries, recordings, switches, talks, tickets

RECENT = timedelta(hours=12)
"""Older rows change only when somebody changes them, and that is in the audit log."""

Part = Literal["queues", "talks", "presences", "callbacks", "tickets", "recordings", "switches", "audit_log"]


class Changes:
    """Asked once a second by each process that serves pages: eight short queries, by index where a table grows."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def parts(self, now: datetime) -> Mapping[str, str]:
        """A word for each part. Equal to the one before, it means that nothing changed."""
        with self._db.read() as connection:
            return {part: _word(connection, chosen) for part, chosen in _chosen(now).items()}


def _word(connection: sa.Connection, chosen: sa.Select[*tuple[Any, ...]]) -> str:
    return "|".join(",".join(map(str, row)) for row in connection.execute(chosen))


def _chosen(now: datetime) -> Mapping[Part, sa.Select[*tuple[Any, ...]]]:
    since = now - RECENT
    q, t, p, c, r, s = queue_entries.c, talks.c, presences.c, callbacks.c, recordings.c, switches.c
    return {
        "queues": _counted(q.queue, q.status, last=(q.joined_at, q.settled_at, q.leased_until)).where(
            q.joined_at > since
        ),
        "talks": _counted(t.state, last=(t.offered_at, t.accepted_at, t.joined_at, t.ended_at, t.wrapped_at)).where(
            t.offered_at > since
        ),
        "presences": _counted(p.presence, last=(p.since, p.idle_since)),
        "callbacks": _counted(c.queue, c.tries, last=(c.booked_at, c.tried_at, c.due_at)).where(c.status == "open"),
        "tickets": _counted(
            tickets.c.status, last=(tickets.c.opened_at, tickets.c.closed_at, tickets.c.hurried_at)
        ).where(tickets.c.opened_at > since),
        "recordings": _counted(r.heard_by, last=(r.made_at, r.heard_at)).where(r.made_at > since),
        "switches": _counted(
            s.kind,
            last=(s.on_at, s.off_at, s.until, *(sa.case((at <= now, at)) for at in (s.on_at, s.until))),
        ),
        "audit_log": sa.select(sa.func.max(deeds.c.id)),
    }


def _counted(*by: sa.Column[Any], last: Sequence[sa.ColumnElement[Any]]) -> sa.Select[*tuple[Any, ...]]:
    return sa.select(*by, sa.func.count(), *map(sa.func.max, last)).group_by(*by).order_by(*by)
