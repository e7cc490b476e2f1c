"""Tickets, callbacks, recordings, notices and closings, flow sets that calls are pinned to, and published editions."""

from collections.abc import Iterable, Mapping
from dataclasses import astuple, replace
from datetime import datetime
from hashlib import sha256
from itertools import takewhile
from typing import Any, TypedDict, Unpack

import sqlalchemy as sa

from ivr.store.database import Database
from ivr.store.errors import Conflict
from ivr.store.rows import CallbackRow, EditionRow, RecordingRow, Switch, TicketRow
from ivr.store.tables import callbacks, editions, flow_sets, recordings, switches, tickets
from ivr.store.vocabulary import CallbackStatus, SwitchKind, TicketStatus

LONGEST_NOTE = 6000
"""A note of a ticket grows with every talk; in Chinese it is nine times as long on its way, and a form has 64 kB."""

_s = switches.c
_SWITCHES = (  # made once: it is asked for every second of a call
    sa.select(_s.kind, _s.name, _s.text, _s.on_at, _s.until, _s.by)
    .where(_s.off_at.is_(None), _s.until.is_(None) | (_s.until > sa.bindparam("now")))
    .order_by(_s.on_at, _s.name)
)


class TicketFilter(TypedDict, total=False):
    call_id: str
    status: str
    topic: str
    account: str


class Records:
    _db: Database

    # --- tickets ---

    def ticket(self, reference: str) -> TicketRow | None:
        return self._db.one(TicketRow, sa.select(tickets).where(tickets.c.reference == reference))

    def tickets(self, limit: int = 50, **wanted: Unpack[TicketFilter]) -> tuple[TicketRow, ...]:
        """Tickets, newest first; `wanted` says what they have, "" for anything."""
        chosen = sa.select(tickets).order_by(tickets.c.opened_at.desc(), tickets.c.reference).limit(limit)
        chosen = chosen.where(*(tickets.c[name] == value for name, value in wanted.items() if value))
        return self._db.all(TicketRow, chosen)

    def hurry_ticket(self, reference: str, now: datetime, due_at: datetime) -> bool:
        """The caller asked again: count it, raise a lower priority to high, and set when it is due. False if no such
        ticket is open."""
        higher = sa.case((tickets.c.priority == "urgent", "urgent"), else_="high")
        chosen = tickets.update().where(tickets.c.reference == reference, tickets.c.status != "closed")
        changed = chosen.values(hurried_at=now, hurries=tickets.c.hurries + 1, priority=higher, due_at=due_at)
        return bool(self._db.change(changed))

    def set_ticket(self, reference: str, status: TicketStatus, now: datetime) -> bool:
        """A person works on a ticket. False if there is no such ticket."""
        return self._change_ticket(reference, status=status, closed_at=now if status == "closed" else None)

    def edit_ticket(
        self, reference: str, status: TicketStatus, note: str, now: datetime, *, seen: tuple[str, str]
    ) -> TicketRow | None:
        """Somebody changes a ticket of which they have `seen` the status and the `mark` of its note; gives it as it is
        now, None for none.

        What others changed meanwhile is not taken back: a status that was left alone stays theirs, and of two notes
        both are kept, one below the other.
        """
        with self._db.write() as connection:
            chosen = sa.select(tickets).where(tickets.c.reference == reference).with_for_update()
            found = connection.execute(chosen).one_or_none()
            if found is None:
                return None
            row = TicketRow(**found._mapping)
            changes: dict[str, Any] = {}
            if status not in (seen[0], row.status):
                changes = {"status": status, "closed_at": now if status == "closed" else None}
            if mark(note) != seen[1]:
                changes["note"] = note if mark(row.note) == seen[1] else both(row.note, note)
            if changes:
                connection.execute(tickets.update().where(tickets.c.reference == reference).values(changes))
            return replace(row, **changes)

    def assign_ticket(self, reference: str, agent: str) -> bool:
        """An agent deals with a ticket from now on; "" for nobody. False if there is no such ticket."""
        return self._change_ticket(reference, assignee=agent)

    def set_due(self, reference: str, at: datetime | None) -> bool:
        """A ticket is to be dealt with by then; None for the time that its priority gives."""
        return self._change_ticket(reference, due_at=at)

    def _change_ticket(self, reference: str, **changes: Any) -> bool:
        return bool(self._db.change(tickets.update().where(tickets.c.reference == reference).values(changes)))

    # --- callbacks and recordings ---

    def open_callback(self, number: str, queue: str) -> CallbackRow | None:
        """The open callback of this queue to a number; there is at most one."""
        c = callbacks.c
        chosen = sa.select(callbacks).where(c.number == number, c.queue == queue, c.status == "open")
        return self._db.one(CallbackRow, chosen)

    def callbacks(self, limit: int = 50, *, call_id: str = "") -> tuple[CallbackRow, ...]:
        """Callbacks, the next due first: all of a call, or the open ones."""
        chosen = sa.select(callbacks).order_by(callbacks.c.due_at, callbacks.c.key).limit(limit)
        which = callbacks.c.call_id == call_id if call_id else callbacks.c.status == "open"
        return self._db.all(CallbackRow, chosen.where(which))

    def settle_callback(self, key: str, status: CallbackStatus, now: datetime) -> bool:
        """A callback is done or failed, once. False if it is not open."""
        chosen = callbacks.update().where(callbacks.c.key == key, callbacks.c.status == "open")
        return bool(self._db.change(chosen.values(status=status, settled_at=now)))

    def recordings(self, call_id: str) -> tuple[RecordingRow, ...]:
        chosen = sa.select(recordings).where(recordings.c.call_id == call_id)
        return self._db.all(RecordingRow, chosen.order_by(recordings.c.made_at, recordings.c.id))

    # --- notices and closings ---

    def switch_on(
        self,
        kind: SwitchKind,
        name: str,
        text: Mapping[str, str],
        now: datetime,
        *,
        begins: datetime | None = None,
        until: datetime | None = None,
        by: str = "",
    ) -> None:
        """Switch a notice or a closing on, in place of the one of its name that is on; where it `begins` later, plan it
        beside those there are. `text` is by language."""
        span = {"on_at": begins or now, "until": until, "off_at": None}
        new = self._db.insert(switches).values(kind=kind, name=name, text=dict(text), by=by, **span)
        changed = {name: new.excluded[name] for name in ("text", "by", "until", "off_at")}
        with self._db.write() as connection:
            if begins is None:
                connection.execute(_off(kind, name, now, switches.c.on_at <= now))
            connection.execute(new.on_conflict_do_update(index_elements=list(switches.primary_key), set_=changed))

    def switch_off(self, kind: SwitchKind, name: str, now: datetime, begins: datetime | None = None) -> bool:
        """Switch off what is on, or take back what `begins` then; False if there is nothing."""
        chosen = switches.c.on_at <= now if begins is None else switches.c.on_at == begins
        return bool(self._db.change(_off(kind, name, now, chosen)))

    def all_switches(self, now: datetime) -> tuple[Switch, ...]:
        """What is on or to come, of all kinds, in the order in which it begins."""
        asked = self._db.prepare(_SWITCHES)
        with self._db.read() as connection:
            return tuple(asked.made(Switch, asked.rows(connection, now=now)))

    def switches(self, kind: SwitchKind, now: datetime) -> tuple[Switch, ...]:
        """What is on of a kind: of each name the one that began last."""
        return begun(self.all_switches(now), kind, now)

    # --- flow sets ---

    def add_flow_set(self, digest: str, sources: Mapping[str, str], now: datetime) -> None:
        """Keep the sources of a flow set (text by file name); it is the newest now, known or not."""
        with self._db.write() as connection:
            keep_flow_set(self._db, connection, digest, sources, now)

    def flow_set(self, digest: str) -> Mapping[str, str] | None:
        """The sources of a flow set, or None when nobody needs it any more."""
        return self._db.value(sa.select(flow_sets.c.sources).where(flow_sets.c.digest == digest))

    def newest_flow_set(self) -> str:
        """The digest of the flow set that was kept last, by whichever process; "" if there is none."""
        return self._db.value(sa.select(flow_sets.c.digest).order_by(flow_sets.c.added_at.desc()).limit(1)) or ""


def begun(switched: Iterable[Switch], kind: SwitchKind, now: datetime) -> tuple[Switch, ...]:
    """Of what is on or to come, in the order in which it begins, what is on of a kind."""
    return tuple({row.name: row for row in switched if row.kind == kind and row.on_at <= now}.values())


def _off(kind: SwitchKind, name: str, now: datetime, chosen: sa.ColumnElement[bool]) -> sa.Update:
    s = switches.c
    unended = s.off_at.is_(None) & (s.until.is_(None) | (s.until > now))
    return switches.update().where(s.kind == kind, s.name == name, unended, chosen).values(off_at=now)


def keep_flow_set(
    database: Database, connection: sa.Connection, digest: str, sources: Mapping[str, str], now: datetime
) -> None:
    new = database.insert(flow_sets).values(digest=digest, sources=dict(sources), added_at=now)
    connection.execute(new.on_conflict_do_update(index_elements=[flow_sets.c.digest], set_={"added_at": now}))


def mark(note: str) -> str:
    """A word that is short and the note's own: by it a form says from which note it was made."""
    return sha256(note.encode()).hexdigest()[:16]


def both(theirs: str, ours: str) -> str:
    """Two notes that were made from one: the lines they begin with in common are not said twice."""
    written, added = theirs.split("\n"), ours.split("\n")
    shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(written, added, strict=False)))
    return newest_of("\n".join([*written, *added[shared:]]))


def newest_of(notes: str) -> str:
    """As much of notes that were written one below the other as one may have: the newest words stay."""
    return notes if len(notes) <= LONGEST_NOTE else "…" + notes[1 - LONGEST_NOTE :]


# --- published editions --------------------------------------------------------------------------------------------


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
