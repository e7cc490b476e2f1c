"""Agents and their talks with callers, from the first ring to the note.

A talk changes inside a `TalkTransaction`, which has read the talk's row under a lock: nobody else changes it meanwhile.
What belongs to the change (the caller's place, a call, a move of a live call) is committed with it or not at all.
Two unique indexes hold the rest: an agent has at most one open talk, and a caller at most one claim.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from ivr.store.database import Database
from ivr.store.outbox import Outbox, Wake
from ivr.store.rows import PresenceRow, TalkRow, WaitingRow
from ivr.store.tables import TALK, among, callbacks, calls, presence_changes, presences, queue_entries, talks
from ivr.store.talk_transaction import HAS_CALLER, TalkTransaction
from ivr.store.vocabulary import CLAIMS, OPEN_TALKS, CallbackStatus, PlaceStatus, Presence, TalkState

PASSED: tuple[TalkState, ...] = ("missed", "refused", "lost")
"""Talks that did not come about because of the agent."""

_t, _q, _c, _b = talks.c, queue_entries.c, calls.c, callbacks.c
_CLAIMED = sa.select(_t.id).where(_t.subject == _q.call_id, HAS_CALLER).exists()
_other = callbacks.alias()
_CALLED = _b.number.in_(sa.select(_other.c.number).join(talks, _t.subject == _other.c.key).where(HAS_CALLER))
_ON_THE_LINE = (
    sa.select(_c.id).where(_c.ended_at.is_(None), (_c.from_number == _b.number) | (_c.id == _b.call_id)).exists()
)

_WATCHED = (
    sa.select(*TALK, _c.ended_at.label("call_ended_at"), _q.status.label("wait"), _b.status.label("promise"))
    .join_from(talks, calls, _c.id == _t.call_id, isouter=True)
    .join(queue_entries, _q.call_id == _t.call_id, isouter=True)
    .join(callbacks, _b.key == _t.subject, isouter=True)
    .where(among(_t.state, OPEN_TALKS) | ((_t.state == "lost") & (_t.room != "")))
    .order_by(_t.offered_at, _t.id)
)
_WAITING = (
    sa.select(
        _q.call_id, _q.queue, _q.rank, _q.joined_at, _q.language, sa.func.coalesce(_c.turn, 0),
        _q.talked_until,
    )
    .join_from(queue_entries, calls, _c.id == _q.call_id, isouter=True)
    .where(_q.status == "waiting", ~_CLAIMED)
    .order_by(_q.rank.desc(), _q.joined_at, _q.call_id)
)  # fmt: skip
_PROMISED = (
    sa.select(_b.key, _b.call_id, _b.queue, _b.since, _b.due_at, _b.language)
    .where(_b.status == "open", ~_CALLED, ~_ON_THE_LINE)
    .order_by(_b.due_at, _b.key)
    .limit(200)  # only the first that are due: nobody takes so many in a second
)
_GAVE_UP = (
    sa.select(_t.subject, _t.agent, sa.func.max(_t.ended_at))
    .where(_t.offered_at > sa.bindparam("since"), among(_t.state, PASSED), _t.ended_at.is_not(None))
    .group_by(_t.subject, _t.agent)
)
_PRESENCES = sa.select(presences)
_PRESENCE_CHANGES = sa.select(*(presence_changes.c[name] for name in ("at", "agent", "presence"))).where(
    presence_changes.c.at > sa.bindparam("since")
)
_BY_ID = sa.select(*TALK).where(_t.id == sa.bindparam("talk"))
_OF_AGENT = sa.select(*TALK).where(_t.agent == sa.bindparam("agent"), among(_t.state, OPEN_TALKS))
_CONSULTATION = sa.select(*TALK).where(_t.consult_of == sa.bindparam("talk"), among(_t.state, CLAIMS))
_CALLER = sa.select(_c.from_number).where(_c.id == sa.bindparam("call")).scalar_subquery()
_MINDS = (
    sa.select(_t.id).where(_t.call_id == sa.bindparam("call"), among(_t.state, OPEN_TALKS)).limit(1),
    sa.select(_b.key)
    .where(_b.status == "open", (_b.number == _CALLER) | (_b.call_id == sa.bindparam("call")))
    .limit(1),
)


_TALKED = (
    sa.select(_t.id)
    .where(_t.call_id == sa.bindparam("call"), _t.kind == "queue", _t.turn == sa.bindparam("turn"))
    .where(among(_t.state, ("talking", "held", "wrap_up", "over")), _t.joined_at.is_not(None))
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class OpenTalk:
    talk: TalkRow
    call_over: bool
    wait: PlaceStatus | CallbackStatus | Literal[""]
    """The status of the caller's place in the queue; of the callback for a call back; "" if there is none."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Agents, callers and talks at one moment. `next_due` is when the next callback becomes due."""

    talks: tuple[OpenTalk, ...] = ()
    waiting: tuple[WaitingRow, ...] = ()
    presences: Mapping[str, PresenceRow] = field(default_factory=dict)
    passed: Mapping[tuple[str, str], datetime] = field(default_factory=dict)
    """By subject and agent: when the agent last did not take this one."""
    next_due: datetime | None = None


class Talks:
    """Safe to share between threads; several processes may share one store."""

    wake: Wake
    """For what may make an assignment possible."""

    def __init__(self, database: Database, box: Outbox) -> None:
        self._db = database
        self._outbox = box
        self.wake = Wake()

    @contextmanager
    def transaction(self) -> Iterator[TalkTransaction]:
        """One transaction, rolled back when anything is raised. Raises Conflict and Unavailable."""
        with self._db.write() as connection:
            tx = TalkTransaction(self._db, self._outbox, connection)
            yield tx
        if tx.put_something:
            self._outbox.wake.set()
        if tx.wakes_routing:
            self.wake.set()

    # --- reading ---

    def get(self, talk_id: str) -> TalkRow | None:
        return self._first(_BY_ID, talk=talk_id)

    def of_agent(self, agent: str) -> TalkRow | None:
        return self._first(_OF_AGENT, agent=agent)

    def of_call(self, call_id: str) -> tuple[TalkRow, ...]:
        """The talks of a call, newest first."""
        return self._db.all(
            TalkRow, sa.select(*TALK).where(_t.call_id == call_id).order_by(_t.offered_at.desc(), _t.id)
        )

    def consultation(self, talk_id: str) -> TalkRow | None:
        return self._first(_CONSULTATION, talk=talk_id)

    def open(self) -> tuple[TalkRow, ...]:
        """The talks that are not over, oldest first."""
        return self._db.all(TalkRow, sa.select(*TALK).where(_t.state.in_(OPEN_TALKS)).order_by(_t.offered_at, _t.id))

    def noted(self, call_ids: Sequence[str]) -> tuple[TalkRow, ...]:
        """The talks of these calls of which an agent wrote something down, oldest first."""
        written = _t.call_id.in_(call_ids) & ((_t.note != "") | (_t.code != ""))
        return self._db.all(TalkRow, sa.select(*TALK).where(written).order_by(_t.offered_at, _t.id)) if call_ids else ()

    def drafts(self, agent: str, since: datetime) -> tuple[TalkRow, ...]:
        """Talks of an agent from a moment on whose note was begun and not finished, newest first."""
        over = (_t.agent == agent) & _t.state.not_in(OPEN_TALKS) & (_t.offered_at > since)
        begun = over & (_t.note != "") & (_t.code == "")
        return self._db.all(TalkRow, sa.select(*TALK).where(begun).order_by(_t.offered_at.desc(), _t.id))

    def minds(self, call_id: str) -> bool:
        """Whether the end of this call matters to a talk, or to a callback to its caller."""
        with self._db.read() as connection:
            return any(self._db.prepare(asked).row(connection, call=call_id) for asked in _MINDS)

    def talked(self, call_id: str, turn: int) -> bool:
        """Whether the caller has talked, or talks, with the person whom the call waits for in this turn."""
        with self._db.read() as connection:
            return self._db.prepare(_TALKED).row(connection, call=call_id, turn=turn) is not None

    def presences(self) -> Mapping[str, PresenceRow]:
        """What agents have chosen to be, by name; who never chose is not there."""
        with self._db.read() as connection:
            return self._by_agent(self._db.prepare(_PRESENCES).rows(connection))

    def presence_changes(self, since: datetime) -> tuple[tuple[datetime, str, Presence], ...]:
        """When which agent chose to be what, since a moment (aware)."""
        with self._db.read() as connection:
            rows = self._db.prepare(_PRESENCE_CHANGES).rows(connection, since=since)
            return tuple((row[0], row[1], row[2]) for row in rows)

    def snapshot(self, now: datetime, passed_since: datetime) -> Snapshot:
        """Everything that routing needs, at one moment. `passed_since`: how long a miss is remembered."""
        chosen = (_WATCHED, _WAITING, _PROMISED, _PRESENCES)
        asked = [(self._db.prepare(statement), dict[str, object]()) for statement in chosen]
        with self._db.read_at_one_moment() as connection:
            watched, callers, promised, there = self._db.at_once(connection, asked)
            promises = [_promise(row) for row in promised]
            waiting = (*map(_caller, callers), *(promise for promise in promises if promise.due_at <= now))
            gave_up = self._db.prepare(_GAVE_UP).rows(connection, since=passed_since) if waiting else ()
        return Snapshot(
            talks=tuple(map(_open_talk, watched)),
            waiting=waiting,
            presences=self._by_agent(there),
            passed={(subject, agent): at for subject, agent, at in gave_up},
            next_due=next((promise.due_at for promise in promises if promise.due_at > now), None),
        )

    def _by_agent(self, found: Sequence[tuple[Any, ...]]) -> Mapping[str, PresenceRow]:
        return {row.agent: row for row in self._db.prepare(_PRESENCES).made(PresenceRow, found)}

    def _first(self, chosen: sa.Executable, **given: str) -> TalkRow | None:
        with self._db.read() as connection:
            return self._db.prepare(chosen).one(TalkRow, connection, **given)


def _open_talk(row: Sequence[Any]) -> OpenTalk:
    call_ended_at, wait, promise = row[-3:]
    talk = TalkRow(**dict(zip(talks.c.keys(), row, strict=False)))
    return OpenTalk(talk, call_ended_at is not None, (promise if promise is not None else wait) or "")


def _caller(row: Sequence[Any]) -> WaitingRow:
    return WaitingRow(
        id=row[0], kind="queue", call_id=row[0], queue=row[1], rank=row[2], since=row[3], due_at=row[6] or row[3],
        language=row[4], turn=row[5],
    )  # fmt: skip


def _promise(row: Sequence[Any]) -> WaitingRow:
    return WaitingRow(
        id=row[0], kind="callback", call_id=row[1], queue=row[2], since=row[3] or row[4], due_at=row[4],
        language=row[5],
    )  # fmt: skip
