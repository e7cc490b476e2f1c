"""What happens every second by itself: callers get agents, and what nobody tells is found out."""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from ivr.agents.actions import AgentActions
from ivr.agents.queues import deserted_since
from ivr.agents.routing import AgentPool, assigned, next_change
from ivr.agents.timeouts import Timeouts
from ivr.store import Conflict, Store
from ivr.store.rows import WaitingRow
from ivr.store.talks import Snapshot
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
        self._next: datetime | None = None

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
        self._next = self._next_look(seen, waiting, pool, now)

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
        """`tick`, if something happened in this process since the last one or its time has come. For a simulated
        network, whose second may last a microsecond."""
        wake, gave_up = self._store.talks.wake, self._store.outbox.gave_up
        if wake.is_set() or gave_up.is_set() or (self._next is not None and self._next <= now):
            wake.clear()
            gave_up.clear()
            self.tick(now)

    def _next_look(self, seen: Snapshot, waiting: list[WaitingRow], pool: AgentPool, now: datetime) -> datetime | None:
        """When something may change by time alone; None without talks and waiting callers."""
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
