"""Queues of callers: who waits, and in which order: by rank, then first in, first out. Who takes whom is written in
`talks`."""

from datetime import datetime

import sqlalchemy as sa

from ivr.store.database import Database
from ivr.store.rows import QueueEntry
from ivr.store.tables import callbacks, calls, queue_entries, talks
from ivr.store.vocabulary import PlaceStatus

_q, _b, _t = queue_entries.c, callbacks.c, talks.c
_OF_CALL = sa.select(queue_entries).where(_q.call_id == sa.bindparam("call"))
_LENGTHS = (
    sa.select(_q.queue, sa.func.count()).where((_q.status == "waiting") | (_q.status == "joining")).group_by(_q.queue)
)
_MINE = (
    sa.select(_q.queue, _q.rank, _q.joined_at, calls.c.from_number)
    .join_from(queue_entries, calls, calls.c.id == _q.call_id, isouter=True)
    .where(_q.call_id == sa.bindparam("call"), _q.status == "waiting")
)
_EARLIER = (_q.joined_at < sa.bindparam("since")) | (
    (_q.joined_at == sa.bindparam("since")) & (_q.call_id < sa.bindparam("call"))
)
_BEFORE = (
    sa.select(sa.func.count())
    .where(_q.queue == sa.bindparam("queue"), _q.status == "waiting")
    .where((_q.rank > sa.bindparam("rank")) | ((_q.rank == sa.bindparam("rank")) & _EARLIER))
)
_PROMISED = (
    sa.select(sa.func.count())
    .where(_b.queue == sa.bindparam("queue"), _b.status == "open", _b.due_at <= sa.bindparam("now"))
    .where(sa.func.coalesce(_b.since, _b.due_at) < sa.bindparam("since"), _b.number != sa.bindparam("number"))
)
_ANSWERS = (
    sa.select(_t.waiting_since, _t.joined_at)
    .where(_t.queue == sa.bindparam("of"), _t.kind != "consult", _t.offered_at > sa.bindparam("since"))
    .where(_t.waiting_since.is_not(None), _t.joined_at.is_not(None))
    .order_by(_t.joined_at)
)


_LATELY = sa.select(_q.queue, _q.status, sa.func.coalesce(_q.talked_until, _q.joined_at), _q.settled_at).where(
    _q.joined_at > sa.bindparam("since"), _q.settled_at.is_not(None)
)


class Queues:
    def __init__(self, database: Database) -> None:
        self._db = database

    def waiting(self, queue: str) -> tuple[QueueEntry, ...]:
        """Who waits, the next to be served first."""
        chosen = sa.select(queue_entries).where(_q.queue == queue, _q.status == "waiting")
        return self._db.all(QueueEntry, chosen.order_by(_q.rank.desc(), _q.joined_at, _q.call_id))

    def length(self, queue: str) -> int:
        return self._db.value(sa.select(sa.func.count()).where(_q.queue == queue, _q.status == "waiting")) or 0

    def lengths(self) -> dict[str, int]:
        """How many wait or are about to, by queue; empty queues are left out."""
        with self._db.read() as connection:
            return dict(self._db.prepare(_LENGTHS).rows(connection))

    def entry(self, call_id: str) -> QueueEntry | None:
        """Where a call waits, or how its wait ended."""
        with self._db.read() as connection:
            return self._db.prepare(_OF_CALL).one(QueueEntry, connection, call=call_id)

    def ahead(self, call_id: str, now: datetime) -> int | None:
        """How many are served before this call, if it waits: callers of its queue, and due calls back to others.

        A call back keeps the place of its caller, who may have waited for longer than anybody on the line.
        """
        with self._db.read() as connection:
            mine = self._db.prepare(_MINE).row(connection, call=call_id)
            if mine is None:
                return None
            queue, rank, since, number = mine
            callers = self._db.prepare(_BEFORE).rows(connection, call=call_id, queue=queue, rank=rank, since=since)
            promises = self._db.prepare(_PROMISED).rows(
                connection, queue=queue, now=now, since=since, number=number or ""
            )
            ahead: int = callers[0][0] + promises[0][0]
            return ahead

    def answers(self, queue: str, since: datetime) -> tuple[tuple[datetime, datetime], ...]:
        """Who was answered in this queue since then: since when they had waited, and when they could be heard."""
        with self._db.read() as connection:
            return tuple((row[0], row[1]) for row in self._db.prepare(_ANSWERS).rows(connection, of=queue, since=since))

    def hang_ups(self, queue: str, since: datetime) -> tuple[tuple[datetime, datetime], ...]:
        """Who joined this queue since then and gave up: since when they had waited, and when they hung up or left."""
        with self._db.read() as connection:
            rows = self._db.prepare(_LATELY).rows(connection, since=since)  # few: by the index of their time
            return tuple((row[2], row[3]) for row in rows if row[0] == queue and row[1] in ("hangup", "left"))

    def settle(self, call_id: str, result: PlaceStatus, now: datetime, key: str = "") -> bool:
        """End the wait of a caller (left by a `key`, timeout …). False if an agent has taken the caller meanwhile."""
        chosen = queue_entries.update().where(_q.call_id == call_id, _q.status.in_(("joining", "waiting")))
        return bool(self._db.change(chosen.values(status=result, settled_at=now, key=key)))
