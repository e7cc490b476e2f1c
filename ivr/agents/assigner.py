"""What happens every second by itself: callers get agents, and what nobody tells is found out."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from ivr.agents import callbacks
from ivr.agents.actions import AgentActions
from ivr.agents.queues import deserted_since
from ivr.agents.routing import AgentPool, assigned, next_change
from ivr.agents.rules import Rules
from ivr.agents.states import TalkEvent
from ivr.agents.transitions import PLACED_WITHIN, Transitions, for_callback
from ivr.store import Conflict, Store
from ivr.store.rows import OutboxRow, TalkRow, WaitingRow
from ivr.store.talk_transaction import TalkTransaction
from ivr.store.talks import OpenTalk, Snapshot
from ivr.store.vocabulary import RANKS

log = logging.getLogger(__name__)

SETTLED = timedelta(seconds=5)
"""So long after the last agent has left, callers are told: somebody may have pressed the wrong button."""
_A_WHILE = timedelta(seconds=15)


class Assigner:
    """Assigns callers to agents. Several processes may do it at once: every assignment is a transaction."""

    def __init__(self, store: Store, actions: AgentActions, is_open: Callable[[str, datetime], bool]) -> None:
        """`is_open` tells whether a queue is within its hours at a moment (aware)."""
        self._store = store
        self._actions = actions
        self._rules = actions.rules
        self._is_open = is_open
        self._timeouts = Timeouts(store, actions.rules, actions.transitions)
        self.due: datetime | None = None
        """When something may change by time alone, as the last tick saw it; None without talks and waiting callers."""

    def tick(self, now: datetime) -> None:
        """The work of every second: phones that ring too long, calls that ended, callers for whom an agent is ready."""
        seen = self._actions.look(now)
        if self._timeouts.apply(seen, now) | self._log_off_vanished(seen, now) | self._let_out(seen, now):
            seen = self._actions.look(now)
        pool, waiting = self._actions.pool(seen), self._due(seen, now)
        for assignment in assigned(waiting, pool, now):
            try:
                with self._store.talks.transaction() as tx:
                    talk = self._actions.transitions.offer(tx, assignment.who, assignment.agent, now)
            except Conflict:
                talk = None
            if talk is not None:
                log.info("rung", extra={"talk": talk.id, "call": talk.call_id, "queue": talk.queue})
        self.due = self._next_look(seen, waiting, pool, now)

    def _log_off_vanished(self, seen: Snapshot, now: datetime) -> bool:
        """Logs off everybody who is away and has shown no sign of life for too long; True if there was one."""
        before = now - self._rules.vanished_after
        busy = {open_talk.talk.agent for open_talk in seen.talks}
        away = [row.agent for row in seen.presences.values() if row.presence == "away" and row.since <= before]
        vanished = [
            agent for agent in away if agent not in busy and not self._store.login_sessions.seen(agent, before)
        ]  # fmt: skip
        for agent in vanished:
            if agent in self._rules.agents:
                self._actions.log_off_vanished(agent)
        return bool(vanished)

    def _let_out(self, seen: Snapshot, now: datetime) -> bool:
        """Fetches callers out of queues that nobody is left to answer, however long their music plays; True if there
        was one."""
        let_out = False
        for who in seen.waiting:
            if who.kind == "queue" and (since := self._deserted_since(who.queue, seen)) and since + SETTLED <= now:
                with self._store.talks.transaction() as tx:
                    if tx.let_out(who.call_id, now):
                        tx.steer(who.call_id, who.call_id, f"/voice/{who.call_id}/turns/{who.turn}?empty=queue", now)
                        let_out = True
        return let_out

    def _deserted_since(self, queue: str, seen: Snapshot) -> datetime | None:
        return deserted_since(self._rules.queue(queue), seen.presences)

    def tick_if_needed(self, now: datetime) -> None:
        """`tick`, if something happened in this process since the last one or its time has come."""
        wake, gave_up = self._store.talks.wake, self._store.outbox.gave_up
        if wake.is_set() or gave_up.is_set() or (self.due is not None and self.due <= now):
            wake.clear()
            gave_up.clear()
            self.tick(now)

    def _next_look(self, seen: Snapshot, waiting: list[WaitingRow], pool: AgentPool, now: datetime) -> datetime | None:
        moments = [
            seen.next_due,
            next_change(waiting, pool, now),
            *(self._timeouts.next_look(open_talk.talk) for open_talk in seen.talks),
        ]
        if seen.waiting:
            left = [self._deserted_since(queue, seen) for queue in {who.queue for who in seen.waiting}]
            moments += [now + _A_WHILE, *(since + SETTLED for since in left if since is not None)]
        return min((moment for moment in moments if moment is not None), default=None)

    def _due(self, seen: Snapshot, now: datetime) -> list[WaitingRow]:
        """Who may be assigned: callers, and callbacks within the hours of their queue."""
        return [
            who if who.kind == "queue" else replace(who, rank=RANKS[self._rules.queue(who.queue).priority])
            for who in seen.waiting
            if who.kind == "queue" or self._is_open(who.queue, now)
        ]


PATIENCE = timedelta(seconds=15)
"""How much longer than it should an agent's phone may ring, before it counts as not answered without a report."""
DECIDES = timedelta(seconds=60)
"""How long an agent who has picked up may take to press a key."""
COMES = timedelta(seconds=60)
"""How long it may take from 1 to the talk: the whisper, some 20 s, and the caller's way into the room. That the agent's
telephone is gone the carrier tells at once; this is for when no report of it comes."""
BROUGHT_BACK = timedelta(seconds=2)
"""A caller on the way to an agent who is gone is moved back after so long, unless they have come back."""
LONGEST_TALK = timedelta(hours=4)
"""Twilio ends every call after so long, whether or not we are told."""


class Timeouts:
    """Finds talks whose time is up."""

    def __init__(self, store: Store, rules: Rules, transitions: Transitions) -> None:
        self._store = store
        self._rules = rules
        self._transitions = transitions
        self._looks: Mapping[str, Callable[[TalkTransaction, OpenTalk, datetime], bool]] = {
            "ringing": self._rings,
            "accepted": self._comes,
            "talking": self._talks,
            "held": self._talks,
            "wrap_up": self._writes,
            "lost": self._comes_back,
        }

    def apply(self, seen: Snapshot, now: datetime) -> bool:
        """Changes every talk that cannot stay as it is, each in its own transaction; True if there was one."""
        moved = False
        for open_talk in seen.talks:
            if self._may_stay(open_talk, now):
                continue
            try:
                with self._store.talks.transaction() as tx:
                    talk = tx.talk(open_talk.talk.id)
                    if talk == open_talk.talk:
                        moved |= self._looks[talk.state](tx, open_talk, now)
            except Conflict:
                continue
        return moved

    def next_look(self, talk: TalkRow) -> datetime:
        """When a talk must be looked at again, if nothing happens before."""
        match talk.state:
            case "ringing":
                return talk.offered_at + self._rules.queue(talk.queue).ring_for + PATIENCE
            case "accepted":
                return (talk.accepted_at or talk.offered_at) + COMES
            case "wrap_up":
                return self._rules.wrap_up_ends(talk)
            case "lost":
                return (talk.ended_at or talk.offered_at) + BROUGHT_BACK
            case _:
                return talk.offered_at + LONGEST_TALK

    def _may_stay(self, open_talk: OpenTalk, now: datetime) -> bool:
        """Whether nothing has to be done; found without a transaction."""
        talk = open_talk.talk
        match talk.state:
            case "ringing":
                return self._still_wanted(open_talk) and now - talk.offered_at < timedelta(seconds=2)
            case "accepted":
                return self._still_wanted(open_talk) and now - (talk.accepted_at or now) < timedelta(seconds=2)
            case "talking" | "held":
                return not self._caller_over(open_talk) and now - talk.offered_at < LONGEST_TALK
            case "wrap_up":
                return now < self._rules.wrap_up_ends(talk)
            case _:
                return now - (talk.ended_at or now) < BROUGHT_BACK

    # --- one state each -------------------------------------------------------------------------------------

    def _rings(self, tx: TalkTransaction, open_talk: OpenTalk, now: datetime) -> bool:
        talk = open_talk.talk
        if not self._still_wanted(open_talk):
            self._transitions.apply(tx, talk, "caller gone", now)
            return True
        placed = self._store.outbox.row(talk.id)
        if placed is not None and placed.dead_at is not None:
            self._transitions.apply(tx, talk, "unreachable", now)
            return True
        if now < self._gives_up(talk, placed):
            return False
        self._transitions.apply(tx, talk, "rang too long", now)
        return True

    def _gives_up(self, talk: TalkRow, placed: OutboxRow | None) -> datetime:
        """Until when an agent's phone may ring, or the agent may hesitate, without a report from the carrier."""
        if talk.leg:
            return talk.offered_at + PLACED_WITHIN + DECIDES
        left_at = placed.done_at if placed is not None and placed.done_at is not None else None
        if left_at is None and placed is not None:
            return talk.offered_at + PLACED_WITHIN + PATIENCE
        return (left_at or talk.offered_at) + self._rules.queue(talk.queue).ring_for + PATIENCE

    def _comes(self, tx: TalkTransaction, open_talk: OpenTalk, now: datetime) -> bool:
        talk = open_talk.talk
        if not self._still_wanted(open_talk):
            self._transitions.apply(tx, talk, "caller gone", now)
            return True
        if talk.kind == "callback" and talk.room:
            placed = self._store.outbox.row(callbacks.key_of(talk))
            late = talk.accepted_at is not None and now - talk.accepted_at > COMES + self._rules.callbacks.ring_for
            if late or (placed is not None and placed.dead_at is not None):
                self._transitions.apply(tx, talk, "not reached", now)
                return True
            return False
        if talk.accepted_at is None or now - talk.accepted_at < COMES:
            return False
        self._transitions.apply(tx, talk, "consultation ends" if talk.consult_of else "took too long", now)
        return True

    def _talks(self, tx: TalkTransaction, open_talk: OpenTalk, now: datetime) -> bool:
        talk = open_talk.talk
        if talk.consult_of and not self._caller_over(open_talk):
            self._transitions.apply(tx, talk, "dismissed", now)
        elif talk.consult_of:
            return False  # the first agent's talk ends it, and the colleague is told
        else:
            self._transitions.apply(tx, talk, "call over", now)
        return True

    def _writes(self, tx: TalkTransaction, open_talk: OpenTalk, now: datetime) -> bool:
        self._transitions.apply(tx, open_talk.talk, "note written", now)
        return True

    def _comes_back(self, tx: TalkTransaction, open_talk: OpenTalk, now: datetime) -> bool:
        """Whether the agent was gone before the caller came, so that nobody is in the conference."""
        event: TalkEvent = "caller not back" if open_talk.wait == "waiting" else "caller back"
        self._transitions.apply(tx, open_talk.talk, event, now)
        return True

    def _still_wanted(self, open_talk: OpenTalk) -> bool:
        """Whether the caller still waits, or the callback is still open."""
        talk = open_talk.talk
        if for_callback(talk):
            return open_talk.wait == "open"
        if talk.consult_of:
            return not open_talk.call_over
        return not open_talk.call_over and open_talk.wait == ("waiting" if talk.state == "ringing" else "taken")

    def _caller_over(self, open_talk: OpenTalk) -> bool:
        """The caller's call is over; of a customer who was called back only their own telephone tells."""
        return open_talk.call_over and not for_callback(open_talk.talk)
