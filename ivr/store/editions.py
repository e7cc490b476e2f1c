"""Published editions: which flows new calls begin with, from when to when, who published them, and why.

Nothing here is changed or deleted: taking an edition back publishes an older one again, under a number of its own.
"""

from collections.abc import Mapping
from dataclasses import astuple, replace
from datetime import datetime

import sqlalchemy as sa

from ivr.store.database import Database
from ivr.store.errors import Conflict
from ivr.store.records import keep_flow_set
from ivr.store.rows import EditionRow
from ivr.store.tables import editions

_given = sa.bindparam
_STARTED = (editions.c.starts_at <= _given("now"), editions.c.until.is_(None) | (editions.c.until > _given("now")))
_LATEST_TO_START = (editions.c.starts_at.desc(), editions.c.number.desc())
_IN_FORCE = sa.select(editions).where(*_STARTED).order_by(*_LATEST_TO_START).limit(1)


class PublishedEditions:
    def __init__(self, database: Database) -> None:
        self._db = database

    def publish(self, row: EditionRow, sources: Mapping[str, str], *, after: int | None = None) -> EditionRow:
        """Add an edition under the next number, with its sources (text by file name); its own number does not count.

        `after` is the number of the newest edition that the author has seen. Raises Conflict when there is a newer one.
        """
        with self._db.write() as connection:
            self._db.lock(connection, "editions")
            newest = connection.execute(sa.select(sa.func.max(editions.c.number))).scalar_one() or 0
            if after is not None and newest != after:
                raise Conflict(f"edition {newest} has been published since edition {after}")
            published = replace(row, number=newest + 1)
            if published.digest:
                keep_flow_set(self._db, connection, published.digest, sources, published.published_at)
            connection.execute(editions.insert().values(astuple(published)))
        return published

    def in_force(self, now: datetime) -> EditionRow | None:
        """The edition that new calls begin with: of those that have started and not ended, the last to start."""
        with self._db.read() as connection:
            found = self._db.prepare(_IN_FORCE).row(connection, now=now)
            return EditionRow(*found) if found else None

    def all(self) -> tuple[EditionRow, ...]:
        """All of them, newest first."""
        return self._db.all(EditionRow, sa.select(editions).order_by(editions.c.number.desc()))
