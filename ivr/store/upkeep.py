"""Deletes what has been kept long enough, and what somebody asked to erase, in small transactions while calls run."""

import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import sqlalchemy as sa

from ivr.store.database import Database
from ivr.store.errors import UnusableStore
from ivr.store.outbox import Outbox
from ivr.store.rows import OutboxItem
from ivr.store.search import merge
from ivr.store.tables import (
    callbacks,
    calls,
    codes,
    deeds,
    editions,
    flow_sets,
    hits,
    lookups,
    metadata,
    outbox,
    presence_changes,
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
FOUND_AT_ONCE = 10_000
Step = Callable[[sa.Connection, Sequence[Any]], int]
"""Deletes what belongs to some keys, in a transaction; gives how many rows."""

MERGED_PAGES = 200
"""Pages of the index of searches that are merged in one transaction."""
_CARRIERS = re.compile(r"RE[0-9a-f]{32}", re.ASCII)
"""A recording that the carrier knows. Others have only a name of ours."""

OF_CALLS = (turns, lookups, recordings, queue_entries, codes)
"""What belongs to a call and goes with its transcript."""

_OF_A_CALL = (
    calls.c.from_number, calls.c.to_number, calls.c.account, calls.c.session, turns.c.events, lookups.c.found,
    codes.c.account, tickets.c.account, tickets.c.phone, tickets.c.about, callbacks.c.number,
)  # fmt: skip
"""The columns in which somebody can occur, so that the call is about them."""
_ELSEWHERE: Mapping[sa.Table, tuple[sa.ColumnElement[str], ...]] = {
    tickets: (tickets.c.account, tickets.c.phone, tickets.c.about),
    callbacks: (callbacks.c.number,),
    outbox: (sa.cast(outbox.c.payload, sa.Text),),
    hits: (hits.c.key,),
    codes: (codes.c.account,),
    deeds: (deeds.c.about,),
}
"""What may be about somebody and belong to no call, or to one that is gone already."""

_NOBODY = {"from_number": "", "to_number": "", "account": "", "session": ""}
"""What is left of a call that was erased: that it took place. Its ring, sent again, would open it anew otherwise."""

_EMPTY = tuple(table.delete() for table in metadata.tables.values() if table is not flow_sets)


def deletions(recordings: Iterable[tuple[str, datetime]]) -> list[OutboxItem]:
    """The effects by which the carrier deletes those of these recordings that it knows, each at its time."""
    return [
        OutboxItem(key=f"forget/{one}", kind="forget", payload={"recording": one}, not_before=when)
        for one, when in recordings
        if _CARRIERS.fullmatch(one)
    ]


@dataclass(frozen=True, slots=True)
class Retention:
    """How long things are kept, in days: stated periods, deleted on time (docs/trust.md#goal-39)."""

    transcripts: float = 90
    records: float = 365
    delivered: float = 7
    recordings: float = 90


class Upkeep:
    """Run `forget_answers` about every minute and `purge` about every hour."""

    _db: Database
    outbox: Outbox

    def forget_answers(self, before: datetime) -> int:
        """Delete the answers given before then: they hold what was said, and nobody may ask for them again."""
        old = sa.and_(turns.c.answer.is_not(None), turns.c.answered_at < before)
        key = sa.tuple_(turns.c.call_id, turns.c.turn)

        def forget(connection: sa.Connection, some: Sequence[Any]) -> int:
            return connection.execute(turns.update().where(key.in_(some), old).values(answer=None)).rowcount

        return self._clear(sa.select(turns.c.call_id, turns.c.turn).where(old), forget)

    def purge(self, now: datetime, retention: Retention | None = None) -> Mapping[str, int]:
        """Delete what has outlived its period; tells how many rows of what.

        Transcripts (turns, sessions, the notes of talks) and recordings go first, and the carrier is told to delete its
        recordings too; the bare records of calls, talks, tickets and callbacks go later, and flow sets that
        nobody published ten minutes after the last call that needed them. Live calls are never touched.
        """
        kept = retention or Retention()
        transcripts, records, delivered, heard = (
            now - timedelta(days=days) for days in (kept.transcripts, kept.records, kept.delivered, kept.recordings)
        )
        settled = now - timedelta(minutes=10)
        newest = sa.select(flow_sets.c.digest).order_by(flow_sets.c.added_at.desc()).limit(1).scalar_subquery()
        needed = sa.select(calls.c.digest).where(calls.c.ended_at.is_(None) | (calls.c.ended_at > settled))
        told = sa.select(calls.c.id).where(calls.c.ended_at < transcripts, calls.c.session != "")
        spoken = sa.select(recordings.c.id).where(recordings.c.made_at < heard)
        gone = {
            "transcripts": self._clear(told, lambda connection, some: self._strip(connection, some, now)),
            "recordings": self._clear(spoken, lambda connection, some: self._hush(connection, some, now)),
            "calls": self._delete(calls, calls.c.ended_at < records),
            "tickets": self._delete(tickets, tickets.c.opened_at < records),
            "callbacks": self._delete(callbacks, callbacks.c.booked_at < records, callbacks.c.status != "open"),
            "talks": self._delete(talks, talks.c.offered_at < records, talks.c.state.not_in(OPEN_TALKS)),
            "outbox": self._delete(outbox, (outbox.c.done_at < delivered) | (outbox.c.dead_at < records)),
            "presence changes": self._delete(presence_changes, presence_changes.c.at < records),
            "visits": self._delete(visits, visits.c.began_at < now - timedelta(days=1)),
            "deeds": self._delete(deeds, deeds.c.at < records),
            "hits": self._delete(hits, hits.c.until <= now),
            "codes": self._delete(codes, codes.c.expires_at < settled),
            "switches": self._delete(switches, (switches.c.off_at < records) | (switches.c.until < records)),
            "flow sets": self._delete(
                flow_sets,
                flow_sets.c.digest != newest,
                flow_sets.c.digest.not_in(needed.union(sa.select(editions.c.digest))),
                sa.select(sa.func.max(flow_sets.c.added_at)).scalar_subquery() < settled,
            ),
        }
        self._forget_words()
        return gone

    def erase(self, who: str) -> Mapping[str, int]:
        """Delete whatever is about a phone number (E.164) or an account, and make it unreadable in our files. In
        those of PostgreSQL parts stay until their pages are used again.

        That is all that belongs to every ended call in which it occurs, of which id and times stay until records go,
        and every ticket, callback, message, code and counter; in what agents wrote of other calls it is taken out.
        Tells how many rows of what; `live` counts calls that go on: erase again once they have ended. Found in reads,
        deleted in small transactions, so that no call waits.
        """
        found = dict[str, datetime | None]()
        for column in _OF_A_CALL:  # each in a transaction of its own, whose time is limited
            with self._db.read_at_leisure() as connection:
                found.update(_calls_with(connection, column, who))
        gone = Counter(live=sum(ended is None for ended in found.values()))
        ended = [call for call, when in found.items() if when is not None]
        for start in range(0, len(ended), BATCH):
            of_these = (outbox.c.key.startswith(f"{one}/", autoescape=True) for one in ended[start : start + BATCH])
            left = self._found(sa.select(outbox.c.key).where(sa.or_(*of_these)))
            gone["outbox"] += self._in_batches(left, partial(_deleted, outbox.delete(), outbox.c.key))
        self._in_batches(ended, lambda connection, some: self._erase_calls(connection, some, gone))
        live = frozenset(call for call, ended in found.items() if ended is None)
        for table, columns in _ELSEWHERE.items():
            with self._db.read_at_leisure() as connection:
                keys = [key for key in _keys_with(connection, table, columns, who) if key.partition("/")[0] not in live]
            key = sa.cast(_key(table), sa.Text)
            gone[table.name] += self._in_batches(keys, partial(_deleted, table.delete(), key))
        for table in (talks, tickets):
            noted = sa.select(_key(table)).where(table.c.note.contains(who, autoescape=True))
            self._in_batches(self._found(noted), partial(_clear_notes, table, _whole(who)))
        self._forget_words()
        self._db.scour()
        return dict(gone)

    def _erase_calls(self, connection: sa.Connection, ids: Sequence[str], gone: Counter[str]) -> int:
        self._forget(connection, recordings.c.call_id.in_(ids))
        for table in (*OF_CALLS, tickets, callbacks, talks):
            gone[table.name] += connection.execute(table.delete().where(table.c.call_id.in_(ids))).rowcount
        gone["calls"] += connection.execute(calls.update().where(calls.c.id.in_(ids)).values(_NOBODY)).rowcount
        return len(ids)

    def _forget_words(self) -> None:
        """Takes deleted words out of the index of searches too; PostgreSQL does so as it vacuums."""
        pages = -MERGED_PAGES
        while self._db.sqlite:
            with self._db.write() as connection:
                if not merge(connection, pages):
                    return
            pages = MERGED_PAGES

    def empty(self) -> None:
        """Delete everything but the flow sets, only in a store in memory, between two scripts.

        Raises UnusableStore for any other store, which may hold real calls.
        """
        if not self._db.sqlite or self._db.file is not None:
            raise UnusableStore("only a store in memory can be emptied")
        with self._db.write() as connection:
            for statement in _EMPTY:
                self._db.prepare(statement).count(connection)

    def _strip(self, connection: sa.Connection, ids: Sequence[str], now: datetime) -> int:
        self._forget(connection, recordings.c.call_id.in_(ids), now)
        for table in OF_CALLS:
            connection.execute(table.delete().where(table.c.call_id.in_(ids)))
        connection.execute(talks.update().where(talks.c.call_id.in_(ids)).values(note=""))
        return connection.execute(calls.update().where(calls.c.id.in_(ids)).values(session="")).rowcount

    def _hush(self, connection: sa.Connection, ids: Sequence[str], now: datetime) -> int:
        self._forget(connection, recordings.c.id.in_(ids), now)
        return connection.execute(recordings.delete().where(recordings.c.id.in_(ids))).rowcount

    def _forget(self, connection: sa.Connection, which: sa.ColumnElement[bool], now: datetime | None = None) -> None:
        """Have the carrier delete its own of these recordings, by an effect that is committed with our deletion.

        Without a moment it leaves at once.
        """
        found = connection.execute(sa.select(recordings.c.id, recordings.c.made_at).where(which))
        self.outbox.put(connection, deletions((one, now or made_at) for one, made_at in found))

    def _delete(self, table: sa.Table, *which: sa.ColumnElement[bool]) -> int:
        key = sa.tuple_(*table.primary_key) if len(table.primary_key) > 1 else _key(table)
        delete = partial(_deleted, table.delete().where(*which), key)
        return self._clear(sa.select(*table.primary_key).where(*which), delete)

    def _clear(self, chosen: sa.Select[Any], step: Step) -> int:
        total = 0
        while True:
            found = self._found(chosen.limit(FOUND_AT_ONCE))
            total += self._in_batches(found, step)
            if len(found) < FOUND_AT_ONCE:
                return total

    def _found(self, chosen: sa.Select[Any]) -> Sequence[Any]:
        """The keys that a selection finds, in a read: looking through a million rows keeps no writer waiting."""
        with self._db.read_at_leisure() as connection:
            return [tuple(row) if len(row) > 1 else row[0] for row in connection.execute(chosen)]

    def _in_batches(self, keys: Sequence[Any], step: Step) -> int:
        """Run a step on some keys at a time, letting writers in between; gives the sum."""
        total = 0
        for start in range(0, len(keys), BATCH):
            with self._db.write() as connection:
                total += step(connection, keys[start : start + BATCH])
            time.sleep(0.001)  # a lock goes to the next one who asks, and that would be this thread
        return total


def _deleted(delete: sa.Delete, key: sa.ColumnElement[Any], connection: sa.Connection, some: Sequence[Any]) -> int:
    return connection.execute(delete.where(key.in_(some))).rowcount


def _clear_notes(table: sa.Table, whole: re.Pattern[str], connection: sa.Connection, some: Sequence[Any]) -> int:
    key = _key(table)
    for one, note in connection.execute(sa.select(key, table.c.note).where(key.in_(some)).with_for_update()).all():
        connection.execute(table.update().where(key == one).values(note=whole.sub("…", note)))
    return len(some)


def _whole(who: str) -> re.Pattern[str]:
    """A number or an account that is not a part of a longer one."""
    return re.compile(rf"(?<![0-9A-Za-z+]){re.escape(who)}(?![0-9A-Za-z])")


def _key(table: sa.Table) -> sa.Column[Any]:
    """The column by which a row is named; codes are named by their account."""
    return next(iter(table.primary_key))


def _calls_with(connection: sa.Connection, column: sa.Column[str], who: str) -> Iterator[tuple[str, datetime | None]]:
    call = calls.c.id if column.table is calls else column.table.c.call_id
    chosen = sa.select(call, column, calls.c.ended_at).where(column.contains(who, autoescape=True))
    if column.table is not calls:
        chosen = chosen.join(calls, calls.c.id == call)
    whole = _whole(who)
    return ((one, ended) for one, text, ended in connection.execute(chosen).all() if whole.search(text))


def _keys_with(
    connection: sa.Connection, table: sa.Table, columns: Sequence[sa.ColumnElement[str]], who: str
) -> Iterator[str]:
    """The keys of the rows with `who` in one of these columns, as text."""
    chosen = sa.select(_key(table), *columns).where(sa.or_(*(one.contains(who, autoescape=True) for one in columns)))
    whole = _whole(who)
    return (str(key) for key, *texts in connection.execute(chosen).all() if any(map(whole.search, texts)))
