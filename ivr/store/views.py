"""What the console lists: waiting callers, tickets, messages, callbacks and calls, with searches.

Who may see them follows from one rule: a call belongs to the queue it last waited in, else to the first queue of the
configuration; so do its tickets and recordings. `scope` says what a person may see.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa

from ivr.store.database import Database
from ivr.store.prepared import Row
from ivr.store.rows import CallbackRow, CallRow, QueueEntry, RecordingRow, TicketRow
from ivr.store.search import texts_with
from ivr.store.tables import (
    callbacks,
    calls,
    deeds,
    presences,
    queue_entries,
    recordings,
    search_texts,
    switches,
    talks,
    tickets,
)
from ivr.store.vocabulary import CallbackStatus

_q = queue_entries.c


@dataclass(frozen=True, slots=True)
class Scope:
    """What somebody may see: these queues, or everything (`queues` None). `first` is the first queue configured."""

    queues: frozenset[str] | None = None
    first: str = ""

    def sees(self, queue: str) -> bool:
        return self.queues is None or (queue or self.first) in self.queues


EVERYTHING = Scope()
NOBODY = "nobody"
"""In place of an agent: tickets that nobody deals with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListFilter:
    """What is looked for in a list, and which part of it is shown; "" and None: anything. Times are aware."""

    words: str = ""
    """Words that agents wrote of a talk or in a ticket, or a customer's name."""
    since: datetime | None = None
    until: datetime | None = None
    queue: str = ""
    agent: str = ""
    topic: str = ""
    limit: int = 50
    skipped: int = 0

    def shown(self, chosen: sa.Select[Any]) -> sa.Select[Any]:
        return chosen.limit(self.limit).offset(self.skipped)


ANYTHING = ListFilter()


@dataclass(frozen=True, slots=True, kw_only=True)
class CallSeen:
    """A call with the queue it last waited in ("" for none)."""

    call: CallRow
    queue: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageSeen:
    """A message of a caller with its call, and the tickets of that call, newest first."""

    recording: RecordingRow
    call: CallRow | None
    queue: str = ""
    tickets: tuple[TicketRow, ...] = field(default=(), repr=False)


class Views:
    """Only reads, except where a message is marked as heard or a callback is put off."""

    _db: Database

    # --- waits ---

    def waiting_calls(self) -> tuple[tuple[QueueEntry, CallRow], ...]:
        """Everybody who waits in any queue, the next to be served first."""
        chosen = (
            sa.select(queue_entries, calls)
            .join_from(queue_entries, calls, calls.c.id == _q.call_id)
            .where(_q.status == "waiting")
            .order_by(_q.queue, _q.rank.desc(), _q.joined_at, _q.call_id)
        )
        with self._db.read() as connection:
            return tuple(
                (_part(QueueEntry, queue_entries, row), _part(CallRow, calls, row[len(queue_entries.c) :]))
                for row in connection.execute(chosen)
            )

    # --- calls ---

    def find_calls(
        self,
        scope: Scope = EVERYTHING,
        wanted: ListFilter = ANYTHING,
        *,
        ending: str = "",
        account: str = "",
        live: bool | None = None,
    ) -> tuple[CallSeen, ...]:
        """Calls, newest first: from a number that ends in these digits, of an account, live or ended."""
        chosen: sa.Select[Any] = (
            sa.select(calls, _q.queue)
            .join_from(calls, queue_entries, calls.c.id == _q.call_id, isouter=True)
            .order_by(calls.c.started_at.desc(), calls.c.id)
        )
        chosen = self._about_call(_within(chosen, scope), calls.c.id, calls.c.started_at, scope, wanted)
        if wanted.agent:
            talked = sa.select(talks.c.call_id).where(talks.c.agent == wanted.agent, talks.c.joined_at.is_not(None))
            chosen = chosen.where(calls.c.id.in_(talked))
        if ending:
            chosen = chosen.where(calls.c.from_number.endswith(ending, autoescape=True))
        if account:
            chosen = chosen.where(calls.c.account == account)
        if live is not None:
            chosen = chosen.where(calls.c.ended_at.is_(None) if live else calls.c.ended_at.is_not(None))
        with self._db.read() as connection:
            return tuple(
                CallSeen(call=_part(CallRow, calls, row), queue=row[-1] or "")
                for row in connection.execute(wanted.shown(chosen))
            )

    def _about_call(
        self, chosen: sa.Select[Any], call: sa.Column[str], at: sa.Column[datetime], scope: Scope, wanted: ListFilter
    ) -> sa.Select[Any]:
        """Only what belongs to calls of a queue and with these words, at the times that are wanted."""
        if wanted.words:
            chosen = chosen.where(call.in_(self._with_words(search_texts.c.call_id, wanted.words)))
        return _between(_of_queue(chosen, scope, wanted), at, wanted)

    def _with_words(self, column: sa.Column[str], words: str, kind: str = "") -> sa.Select[Any]:
        """A column of the texts in which these words occur, of one kind or of all."""
        found = sa.select(column).where(texts_with(words, sqlite=self._db.sqlite))
        return found.where(search_texts.c.kind == kind) if kind else found

    def queue_of(self, call_id: str) -> str:
        return self._db.value(sa.select(_q.queue).where(_q.call_id == call_id)) or ""

    def earlier_calls(self, call: CallRow) -> tuple[CallRow, ...]:
        """The latest calls of the same number or account before this one, newest first."""
        same = []
        if call.from_number:
            same.append(calls.c.from_number == call.from_number)
        if call.account:
            same.append(calls.c.account == call.account)
        if not same:
            return ()
        chosen = sa.select(calls).where(sa.or_(*same), calls.c.started_at < call.started_at)
        return self._db.all(CallRow, chosen.order_by(calls.c.started_at.desc(), calls.c.id).limit(10))

    # --- tickets ---

    def find_tickets(
        self,
        scope: Scope = EVERYTHING,
        wanted: ListFilter = ANYTHING,
        *,
        status: str = "",
        priority: str = "",
        account: str = "",
        ending: str = "",
    ) -> tuple[TicketRow, ...]:
        """Tickets, newest first: of a status (`unsettled` is all but closed), of a number's last digits. `wanted.agent`
        is who deals with it, or `NOBODY`."""
        t = tickets.c
        chosen = (
            sa.select(tickets)
            .join_from(tickets, queue_entries, t.call_id == _q.call_id, isouter=True)
            .order_by(t.opened_at.desc(), t.reference)
        )
        chosen = _between(_of_queue(_within(chosen, scope), scope, wanted), t.opened_at, wanted)
        if wanted.words:
            its_own = t.reference.in_(self._with_words(search_texts.c.key, wanted.words, "ticket"))
            chosen = chosen.where(
                its_own | t.call_id.in_(self._with_words(search_texts.c.call_id, wanted.words, "call"))
            )
        if status == "unsettled":
            chosen = chosen.where(t.status != "closed")
        elif status:
            chosen = chosen.where(t.status == status)
        for column, value in ((t.priority, priority), (t.topic, wanted.topic), (t.account, account)):
            if value:
                chosen = chosen.where(column == value)
        if wanted.agent:
            chosen = chosen.where(t.assignee == ("" if wanted.agent == NOBODY else wanted.agent))
        if ending:
            chosen = chosen.where(t.phone.endswith(ending, autoescape=True))
        return self._db.all(TicketRow, wanted.shown(chosen))

    def topics(self) -> tuple[str, ...]:
        return self._db.values(sa.select(tickets.c.topic).distinct().order_by(tickets.c.topic))

    # --- messages ---

    def recording(self, recording_id: str) -> RecordingRow | None:
        return self._db.one(RecordingRow, sa.select(recordings).where(recordings.c.id == recording_id))

    def messages(
        self, scope: Scope = EVERYTHING, wanted: ListFilter = ANYTHING, *, id: str = ""
    ) -> tuple[MessageSeen, ...]:
        """Voice messages: the unheard ones first, oldest first; then the heard ones, newest first. `wanted.agent` is
        who listened; `id` is that of one recording."""
        r = recordings.c
        width = len(recordings.c)
        unheard = r.heard_at.is_(None)
        chosen: sa.Select[Any] = (
            sa.select(recordings, _q.queue, calls)
            .join_from(recordings, queue_entries, r.call_id == _q.call_id, isouter=True)
            .join(calls, calls.c.id == r.call_id, isouter=True)
            .order_by(unheard.desc(), sa.case((unheard, r.made_at)), r.made_at.desc(), r.id)
        )
        chosen = self._about_call(_within(chosen, scope), r.call_id, r.made_at, scope, wanted)
        if id:
            chosen = chosen.where(r.id == id)
        if wanted.agent:
            chosen = chosen.where(r.heard_by == wanted.agent)
        if wanted.topic:
            chosen = chosen.where(r.call_id.in_(sa.select(tickets.c.call_id).where(tickets.c.topic == wanted.topic)))
        with self._db.read() as connection:
            rows = connection.execute(wanted.shown(chosen)).all()
            of_calls = _tickets_of(connection, [row[1] for row in rows])
        return tuple(
            MessageSeen(
                recording=_part(RecordingRow, recordings, row),
                call=_part(CallRow, calls, row[width + 1 :]) if row[width + 1] is not None else None,
                queue=row[width] or "",
                tickets=tuple(of_calls.get(row[1], ())),
            )
            for row in rows
        )

    def unheard(self, scope: Scope = EVERYTHING) -> int:
        r = recordings.c
        chosen = (
            sa.select(sa.func.count())
            .select_from(recordings)
            .join(queue_entries, r.call_id == _q.call_id, isouter=True)
            .where(r.heard_at.is_(None))
        )
        return self._db.value(_within(chosen, scope)) or 0

    def hear(self, recording_id: str, by: str, now: datetime) -> bool:
        """Marks a message as heard, by the first who listens. False if it was heard before."""
        r = recordings.c
        chosen = recordings.update().where(r.id == recording_id, r.heard_at.is_(None))
        return bool(self._db.change(chosen.values(heard_at=now, heard_by=by)))

    # --- promised calls ---

    def callback(self, key: str) -> CallbackRow | None:
        return self._db.one(CallbackRow, sa.select(callbacks).where(callbacks.c.key == key))

    def find_callbacks(
        self,
        scope: Scope = EVERYTHING,
        wanted: ListFilter = ANYTHING,
        *,
        status: CallbackStatus | Literal["settled"] = "open",
        ending: str = "",
    ) -> tuple[CallbackRow, ...]:
        """Callbacks: open ones by when they are due, others by when they ended, the latest first; `settled` is all but
        the open ones. `wanted.agent` is who talked with the customer; its times are those at which they are due."""
        b = callbacks.c
        which = b.status != "open" if status == "settled" else b.status == status
        chosen = _between(sa.select(callbacks).where(which), b.due_at, wanted)
        chosen = chosen.order_by(b.due_at, b.key) if status == "open" else chosen.order_by(b.settled_at.desc(), b.key)
        if scope.queues is not None:
            chosen = chosen.where(b.queue.in_(scope.queues))
        if wanted.words:
            chosen = chosen.where(b.call_id.in_(self._with_words(search_texts.c.call_id, wanted.words)))
        if wanted.agent:
            talked = sa.select(talks.c.subject).where(talks.c.agent == wanted.agent, talks.c.joined_at.is_not(None))
            chosen = chosen.where(b.key.in_(talked))
        for column, value in ((b.queue, wanted.queue), (b.topic, wanted.topic)):
            if value:
                chosen = chosen.where(column == value)
        if ending:
            chosen = chosen.where(b.number.endswith(ending, autoescape=True))
        return self._db.all(CallbackRow, wanted.shown(chosen))

    def move_callback(self, key: str, due_at: datetime) -> bool:
        """Another time was agreed on. False if it is not open any more."""
        chosen = callbacks.update().where(callbacks.c.key == key, callbacks.c.status == "open")
        return bool(self._db.change(chosen.values(due_at=due_at)))


def _part(kind: type[Row], table: sa.Table, found: Sequence[Any]) -> Row:
    return kind(**dict(zip(table.c.keys(), found, strict=False)))


def _within(chosen: sa.Select[Any], scope: Scope) -> sa.Select[Any]:
    """Only what somebody may see, of a selection that has the queue entries joined."""
    if scope.queues is None:
        return chosen
    return chosen.where(sa.func.coalesce(_q.queue, scope.first).in_(sorted(scope.queues)))


def _of_queue(chosen: sa.Select[Any], scope: Scope, wanted: ListFilter) -> sa.Select[Any]:
    if not wanted.queue:
        return chosen
    return chosen.where(sa.func.coalesce(_q.queue, scope.first) == wanted.queue)


def _between(chosen: sa.Select[Any], at: sa.Column[datetime], wanted: ListFilter) -> sa.Select[Any]:
    if wanted.since is not None:
        chosen = chosen.where(at >= wanted.since)
    return chosen if wanted.until is None else chosen.where(at < wanted.until)


def _tickets_of(connection: sa.Connection, call_ids: Sequence[str]) -> dict[str, list[TicketRow]]:
    chosen = sa.select(tickets).where(tickets.c.call_id.in_(set(call_ids))).order_by(tickets.c.opened_at.desc())
    found: dict[str, list[TicketRow]] = {}
    for row in connection.execute(chosen):
        found.setdefault(row.call_id, []).append(TicketRow(**row._mapping))
    return found


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
