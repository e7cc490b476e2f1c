"""Deletes what has been kept long enough, and what somebody asked to erase, in small transactions while calls run."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

import sqlalchemy as sa

from ivr.store.database import Database
from ivr.store.outbox import Outbox
from ivr.store.rows import OutboxItem, Retention, Unfit
from ivr.store.tables import (
    callbacks,
    calls,
    codes,
    deeds,
    flow_sets,
    hits,
    lookups,
    metadata,
    outbox,
    queue_entries,
    recordings,
    switches,
    talks,
    tickets,
    turns,
    visits,
)  # fmt: skip
from ivr.store.vocabulary import OPEN_TALKS

BATCH = 200
"""Rows (calls, for what belongs to calls) per transaction: a webhook in between waits some milliseconds at most."""

_CARRIERS = re.compile(r"RE[0-9a-f]{32}", re.ASCII)
"""A recording that the carrier knows. Others have only a name of ours."""

OF_CALLS = (turns, lookups, recordings, queue_entries, codes)
"""What belongs to a call and goes with its transcript."""

_EMPTY = tuple(table.delete() for table in metadata.tables.values() if table is not flow_sets)


def deletions(recordings: Iterable[tuple[str, datetime]]) -> list[OutboxItem]:
    """The effects by which the carrier deletes those of these recordings that it knows, each at its time."""
    return [
        OutboxItem(key=f"forget/{one}", kind="forget", payload={"recording": one}, not_before=when)
        for one, when in recordings
        if _CARRIERS.fullmatch(one)
    ]


class Upkeep:
    """Run `forget_answers` about every minute and `purge` about every hour."""

    _db: Database
    outbox: Outbox

    def forget_answers(self, before: datetime) -> int:
        """Delete the answers given before then: they hold what was said, and nobody may ask for them again."""
        old = sa.and_(turns.c.answer.is_not(None), turns.c.answered_at < before)
        some = sa.select(turns.c.call_id, turns.c.turn).where(old).limit(BATCH)
        chosen = turns.update().where(sa.tuple_(turns.c.call_id, turns.c.turn).in_(some))
        return self._in_batches(lambda connection: connection.execute(chosen.values(answer=None)).rowcount)

    def purge(self, now: datetime, retention: Retention | None = None) -> Mapping[str, int]:
        """Delete what has outlived its period; tells how many rows of what.

        Transcripts (turns, sessions, the notes of talks) and recordings go first, and the carrier is told to delete its
        recordings too; the bare records of calls, talks, tickets and callbacks go later, and flow sets ten minutes
        after the last call that needed them. Live calls are never touched.
        """
        kept = retention or Retention()
        transcripts, records, delivered, heard = (
            now - timedelta(days=days) for days in (kept.transcripts, kept.records, kept.delivered, kept.recordings)
        )
        settled = now - timedelta(minutes=10)
        newest = sa.select(flow_sets.c.digest).order_by(flow_sets.c.added_at.desc()).limit(1).scalar_subquery()
        needed = sa.select(calls.c.digest).where(calls.c.ended_at.is_(None) | (calls.c.ended_at > settled))
        return {
            "transcripts": self._in_batches(lambda connection: self._strip(connection, transcripts, now)),
            "recordings": self._in_batches(lambda connection: self._hush(connection, heard, now)),
            "calls": self._delete(calls, calls.c.ended_at < records),
            "tickets": self._delete(tickets, tickets.c.opened_at < records),
            "callbacks": self._delete(callbacks, callbacks.c.booked_at < records, callbacks.c.status != "open"),
            "talks": self._delete(talks, talks.c.offered_at < records, talks.c.state.not_in(OPEN_TALKS)),
            "outbox": self._delete(outbox, (outbox.c.done_at < delivered) | (outbox.c.dead_at < records)),
            "visits": self._delete(visits, visits.c.began_at < now - timedelta(days=1)),
            "deeds": self._delete(deeds, deeds.c.at < records),
            "hits": self._delete(hits, hits.c.until <= now),
            "codes": self._delete(codes, codes.c.expires_at < settled),
            "switches": self._delete(switches, (switches.c.off_at < records) | (switches.c.until < records)),
            "flow sets": self._delete(
                flow_sets,
                flow_sets.c.digest != newest,
                flow_sets.c.digest.not_in(needed),
                sa.select(sa.func.max(flow_sets.c.added_at)).scalar_subquery() < settled,
            ),
        }

    def erase(self, number: str) -> Mapping[str, int]:
        """Delete whatever is about a phone number (E.164), and make it unreadable in the database's files.

        That is every ended call from or to it or in which it was mentioned, with its tickets, talks, callbacks,
        recordings and messages. Tells how many rows of what; `live` counts calls that go on: erase again once they
        have ended.
        """
        gone: Counter[str] = Counter()
        with self._db.write() as connection:
            mentioned = sa.select(turns.c.call_id).where(turns.c.events.contains(number, autoescape=True))
            about = (
                (calls.c.from_number == number)
                | (calls.c.to_number == number)
                | calls.c.session.contains(number, autoescape=True)
                | calls.c.id.in_(mentioned)
                | calls.c.id.in_(sa.select(tickets.c.call_id).where(tickets.c.phone == number))
                | calls.c.id.in_(sa.select(callbacks.c.call_id).where(callbacks.c.number == number))
            )
            found = connection.execute(sa.select(calls.c.id, calls.c.ended_at).where(about)).all()
            gone["live"] = sum(ended is None for _, ended in found)
            ids = [call_id for call_id, ended in found if ended is not None]
            for start in range(0, len(ids), BATCH):
                some = ids[start : start + BATCH]
                self._forget(connection, recordings.c.call_id.in_(some))
                for table in (*OF_CALLS, tickets, callbacks, talks):
                    gone[table.name] += connection.execute(table.delete().where(table.c.call_id.in_(some))).rowcount
                gone["calls"] += connection.execute(calls.delete().where(calls.c.id.in_(some))).rowcount
            text, settled = (
                sa.cast(outbox.c.payload, sa.Text),
                outbox.c.done_at.is_not(None) | outbox.c.dead_at.is_not(None),
            )
            for table, mine in (
                (tickets, (tickets.c.phone == number) | tickets.c.about.contains(number, autoescape=True)),
                (callbacks, callbacks.c.number == number),
                (outbox, text.contains(number, autoescape=True) & settled),
                (hits, hits.c.key == number),
                (codes, codes.c.account == number),
            ):
                gone[table.name] += connection.execute(table.delete().where(mine)).rowcount
        self._db.scour()
        return dict(gone)

    def empty(self) -> None:
        """Delete everything but the flow sets, only in a store in memory, between two scripts.

        Raises Unfit for any other store, which may hold real calls.
        """
        if not self._db.sqlite or self._db.file is not None:
            raise Unfit("only a store in memory can be emptied")
        with self._db.write() as connection:
            for statement in _EMPTY:
                self._db.prepare(statement).count(connection)

    def _strip(self, connection: sa.Connection, before: datetime, now: datetime) -> int:
        """Take the transcripts from some calls that ended before then, leaving the bare record."""
        old = sa.select(calls.c.id).where(calls.c.ended_at < before, calls.c.session != "").limit(BATCH)
        ids = list(connection.execute(old).scalars())
        self._forget(connection, recordings.c.call_id.in_(ids), now)
        for table in OF_CALLS:
            connection.execute(table.delete().where(table.c.call_id.in_(ids)))
        connection.execute(talks.update().where(talks.c.call_id.in_(ids)).values(note=""))
        connection.execute(calls.update().where(calls.c.id.in_(ids)).values(session=""))
        return len(ids)

    def _hush(self, connection: sa.Connection, before: datetime, now: datetime) -> int:
        """Delete some recordings that were made before then, here and at the carrier."""
        old = sa.select(recordings.c.id).where(recordings.c.made_at < before).limit(BATCH)
        ids = list(connection.execute(old).scalars())
        self._forget(connection, recordings.c.id.in_(ids), now)
        return connection.execute(recordings.delete().where(recordings.c.id.in_(ids))).rowcount

    def _forget(self, connection: sa.Connection, which: sa.ColumnElement[bool], now: datetime | None = None) -> None:
        """Have the carrier delete its own of these recordings, by an effect that is committed with our deletion.

        Without a moment it leaves at once.
        """
        found = connection.execute(sa.select(recordings.c.id, recordings.c.made_at).where(which))
        self.outbox.put(connection, deletions((one, now or made_at) for one, made_at in found))

    def _delete(self, table: sa.Table, *which: sa.ColumnElement[bool]) -> int:
        key = sa.tuple_(*table.primary_key) if len(table.primary_key) > 1 else next(iter(table.primary_key))
        some = sa.select(*table.primary_key).where(*which).limit(BATCH)
        return self._in_batches(lambda connection: connection.execute(table.delete().where(key.in_(some))).rowcount)

    def _in_batches(self, step: Callable[[sa.Connection], int]) -> int:
        """Run a step until it finds less than a batch, letting writers in between."""
        total = 0
        while True:
            with self._db.write() as connection:
                found = step(connection)
            total += found
            if found < BATCH:
                return total
            time.sleep(0.001)  # a lock goes to the next one who asks, and that would be this thread
