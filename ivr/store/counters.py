"""Counters against abuse, and the counter of tickets. A count is committed before anything depends on it."""

from collections.abc import Callable
from datetime import datetime, timedelta

import sqlalchemy as sa

from ivr.store.database import Database, Insert
from ivr.store.tables import hits, numbers

_given = sa.bindparam
_MINE = (hits.c.name == _given("name"), hits.c.key == _given("key"))
_HIT = hits.insert().values({name: _given(name) for name in ("name", "key", "until")})
_COUNTED = sa.select(sa.func.count()).where(*_MINE, hits.c.until > _given("now"))
_FORGET = hits.delete().where(*_MINE)


class Counters:
    """Sliding windows: each hit counts for its own `window_seconds`, so there is no edge of a bucket to wait for."""

    _db: Database

    def claim(self, name: str, key: str, limit: int, now: datetime, window_seconds: float) -> bool:
        """Count one if the limit allows it; else False, and nothing is counted."""
        with self._db.write() as connection:
            self._db.lock(connection, f"{name} {key}")
            if self._db.prepare(_COUNTED).rows(connection, name=name, key=key, now=now)[0][0] >= limit:
                return False
            until = now + timedelta(seconds=window_seconds)
            self._db.prepare(_HIT).count(connection, name=name, key=key, until=until)
            return True

    def give_back(self, name: str, key: str) -> None:
        """Take the latest hit back, because what it was counted for did not happen."""
        latest = sa.select(sa.func.max(hits.c.id)).where(hits.c.name == name, hits.c.key == key).scalar_subquery()
        self._db.change(hits.delete().where(hits.c.id == latest))

    def reset(self, name: str, key: str) -> int:
        """Forget all of them; gives how many there were."""
        with self._db.write() as connection:
            self._db.lock(connection, f"{name} {key}")
            return self._db.prepare(_FORGET).count(connection, name=name, key=key)

    def claim_reference(self, make: Callable[[int], str]) -> str:
        """The next ticket reference: `make` turns a number 1, 2, 3 … into digits. As unique as `make` is.

        Inside a transaction of this thread it is part of it, and given back with it.
        """
        with self._db.joined() as connection:
            return next_reference(self._db, connection, make)


def next_reference(database: Database, connection: sa.Connection, make: Callable[[int], str]) -> str:
    return make(database.prepare(_draw).rows(connection)[0][0])


def _draw(insert: Insert) -> sa.Executable:
    first = insert(numbers).values(name="ticket", last=1)
    more = {"last": numbers.c.last + 1}
    return first.on_conflict_do_update(index_elements=[numbers.c.name], set_=more).returning(numbers.c.last)
