"""The outbox in the store: effects wait here from the commit of their turn until they are carried out."""

import secrets
import threading
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa

from ivr.store.database import Database, Insert
from ivr.store.rows import OutboxItem, OutboxRow
from ivr.store.secrets import seal, unseal
from ivr.store.tables import outbox
from ivr.store.vocabulary import OutboxKind

_o = outbox.c
_COLUMNS = (
    _o.key, _o.kind, _o.payload, _o.not_before, _o.not_after, _o.attempts, _o.tried_at, _o.lease, _o.result, _o.error,
    _o.done_at, _o.dead_at, _o.sealed,
)  # fmt: skip
CALLED_OFF = "called off"
"""The error of a call that was taken back."""
_OPEN = (_o.done_at.is_(None), _o.dead_at.is_(None))

# Made once, because building such a statement takes longer than running it.
_given = sa.bindparam
_NEXT_DUE = sa.select(sa.func.min(_o.not_before)).where(*_OPEN)
_DONE = (
    outbox.update()
    .where(_o.key == _given("of"), _o.lease == _given("held"), *_OPEN)
    .values(lease="", leased_until=None, done_at=_given("at"), result=_given("named"), error="", sealed="")
)
_PUT = ("key", "kind", "payload", "sealed", "not_before", "not_after")


@cache
def _claiming(kinds: tuple[OutboxKind, ...]) -> tuple[sa.Select[Any], sa.Executable]:
    """What is due of these kinds (of all, if none), and how so many of it are taken."""
    free = (_o.leased_until.is_(None)) | (_o.leased_until <= _given("now"))
    due = sa.select(_o.key).where(*_OPEN, _o.not_before <= _given("now"), free).order_by(_o.not_before, _o.key)
    if kinds:
        due = due.where(sa.or_(*(_o.kind == kind for kind in kinds)))
    # In a WITH, as PostgreSQL may run the subquery of an IN once for every row, each time with other rows.
    head = due.limit(_given("most", type_=sa.Integer)).with_for_update(skip_locked=True).cte("head")
    taken = (
        outbox.update()
        .where(_o.key.in_(sa.select(head.c.key)))
        .values(
            lease=_given("held"),
            leased_until=_given("until"),
            attempts=_o.attempts + 1,
            tried_at=sa.func.coalesce(_o.tried_at, _given("now", type_=_o.tried_at.type)),
        )
    )
    return due.limit(1), taken.returning(*_COLUMNS)


def _put(insert: Insert) -> sa.Executable:
    return insert(outbox).values({name: _given(name) for name in _PUT}).on_conflict_do_nothing()


class Wake(threading.Event):
    """Set after a commit of this process that left something to do. Who has `told` set is told, too, at each time."""

    def __init__(self) -> None:
        super().__init__()
        self.told: Callable[[], object] = lambda: None

    def set(self) -> None:
        super().set()
        self.told()


class Outbox:
    """Rows are claimed with a lease. When a relay dies, others can claim its rows after the lease."""

    wake: Wake
    """For what was left here; other processes look every second."""
    gave_up: Wake

    def __init__(self, database: Database, pepper: bytes) -> None:
        self._db = database
        self._pepper = pepper
        self.wake = Wake()
        self.gave_up = Wake()

    def put(self, connection: sa.Connection, items: Iterable[OutboxItem]) -> bool:
        """Insert inside somebody's transaction, keys that are there already left out. True if there was anything."""
        rows: list[dict[str, Any]] = [
            {
                "key": item.key,
                "kind": item.kind,
                "payload": {**item.payload, "sealed": True} if item.secret else dict(item.payload),
                "sealed": seal(self._pepper, item.secret) if item.secret else "",
                "not_before": item.not_before,
                "not_after": item.not_after,
            }
            for item in items
        ]
        for row in rows:
            self._db.prepare(_put).count(connection, **row)
        return bool(rows)

    def add(self, *items: OutboxItem) -> None:
        """Leave effects that belong to no turn (a reminder, a status change), in a transaction of their own."""
        with self._db.joined() as connection:
            self.put(connection, items)
        self.wake.set()

    def claim_due(
        self, now: datetime, lease_seconds: float, limit: int, kinds: Collection[OutboxKind] = ()
    ) -> tuple[OutboxRow, ...]:
        """Take up to `limit` due rows, oldest first, of these kinds only if any are named. Counts the attempt."""
        due, taken = map(self._db.prepare, _claiming(tuple(kinds)))
        with self._db.read() as connection:
            if due.row(connection, now=now) is None:  # the usual case, without a write
                return ()
        until = now + timedelta(seconds=lease_seconds)
        with self._db.write() as connection:
            found = taken.rows(connection, now=now, until=until, held=secrets.token_hex(8), most=limit)
            rows = [self._row(row) for row in found]
        return tuple(sorted(rows, key=lambda row: (row.not_before, row.key)))

    def done(self, row: OutboxRow, now: datetime, result: str = "") -> bool:
        """It is carried out: `result` names it at the receiver. False if the lease was lost meanwhile."""
        with self._db.write() as connection:
            return bool(self._db.prepare(_DONE).count(connection, of=row.key, held=row.lease, at=now, named=result))

    def again(self, row: OutboxRow, error: str, not_before: datetime, tried_at: datetime | None) -> bool:
        """It failed; try again then. `tried_at` as in `OutboxRow`. False if the lease was lost."""
        return self._settle(row, error=error, not_before=not_before, tried_at=tried_at)

    def wait(self, row: OutboxRow, not_before: datetime, tried_at: datetime | None) -> bool:
        """It was not tried at all (pacing), so the attempt does not count. False if the lease was lost."""
        return self._settle(row, not_before=not_before, attempts=row.attempts - 1, tried_at=tried_at)

    def dead(self, row: OutboxRow, error: str, now: datetime) -> bool:
        """It will not be tried again; it stays visible, without its secret. False if the lease was lost."""
        self.gave_up.set()
        return self._settle(row, dead_at=now, error=error, sealed="")

    def rows(self, limit: int = 50, *, dead: bool = False) -> tuple[OutboxRow, ...]:
        """What waits, the most urgent first; or what was given up, newest first."""
        chosen = sa.select(*_COLUMNS).limit(limit)
        if dead:
            chosen = chosen.where(_o.dead_at.is_not(None)).order_by(_o.dead_at.desc())
        else:
            chosen = chosen.where(*_OPEN).order_by(_o.not_before, _o.key)
        with self._db.read() as connection:
            return tuple(self._row(row) for row in connection.execute(chosen))

    def row(self, key: str) -> OutboxRow | None:
        with self._db.read() as connection:
            row = connection.execute(sa.select(*_COLUMNS).where(_o.key == key)).one_or_none()
            return self._row(row) if row else None

    def results(self, kind: OutboxKind, candidates: Collection[str]) -> frozenset[str]:
        """Those of the candidates that are the result of some row: effects we know we have carried out."""
        known = sa.select(_o.result).where(_o.kind == kind, _o.result.in_(candidates), _o.done_at.is_not(None))
        return frozenset(self._db.values(known))

    def next_due(self) -> datetime | None:
        """When the next row is due, or None when the outbox is empty. Rows under lease count as due."""
        with self._db.read() as connection:
            soonest: datetime | None = self._db.prepare(_NEXT_DUE).rows(connection)[0][0]
            return soonest

    def _settle(self, row: OutboxRow, **changes: Any) -> bool:
        held = outbox.update().where(_o.key == row.key, _o.lease == row.lease, *_OPEN)
        return bool(self._db.change(held.values(lease="", leased_until=None, **changes)))

    def _row(self, row: Sequence[Any]) -> OutboxRow:
        *plain, sealed = row
        return OutboxRow(
            **dict(zip((column.name for column in _COLUMNS[:-1]), plain, strict=True)),
            secret=self._opened(sealed),
        )

    def _opened(self, sealed: str) -> str:
        """The secret; "" when there is none, or the pepper has changed since (the message is then not sent)."""
        if not sealed:
            return ""
        try:
            return unseal(self._pepper, sealed)
        except ValueError:
            return ""
