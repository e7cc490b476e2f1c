"""Routing: assigns callers and due callbacks to agents who are ready. Pure; the time is handed in.

The rules, in order. Whoever waits: rank first, then since when, then id. An agent for them: answers the queue,
speaks their language if anybody logged in for the queue does, did not just let this very caller ring, and has been idle
the longest. A caller for whom no agent is ready keeps the place and does not block those behind.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ivr.agents.model import Agent
from ivr.store.rows import PresenceRow, WaitingRow

RING_AGAIN_SECONDS = 60
"""How long a phone rests that was busy or not answered, and an agent from a caller whom they did not take."""
_REST = timedelta(seconds=RING_AGAIN_SECONDS)
LONG_AGO = datetime.fromisoformat("2000-01-01T00:00:00+00:00")
"""A phone that has never rung is idle since then."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """One assignment: this agent's phone rings for this caller or callback."""

    who: WaitingRow
    agent: Agent


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentPool:
    """The agents: their presence, who of them has a talk, and whom they did not take.

    `passed` is by subject and agent: when they last did not take this one.
    """

    agents: Collection[Agent]
    presences: Mapping[str, PresenceRow] = field(default_factory=dict)
    taken: Collection[str] = ()
    passed: Mapping[tuple[str, str], datetime] = field(default_factory=dict)

    def there(self, agent: Agent) -> bool:
        """Whether logged in, ready or away. A bare phone always is."""
        if not agent.has_login:
            return True
        row = self.presences.get(agent.name)
        return row is not None and row.presence != "off"

    def ready(self, agent: Agent, now: datetime) -> bool:
        row = self.presences.get(agent.name)
        if agent.name in self.taken or (row is None and agent.has_login):
            return False
        return row is None or (_chose(agent, row) == "ready" and _rested(row) <= now)

    def idle_since(self, agent: Agent) -> datetime:
        row = self.presences.get(agent.name)
        return row.idle_since if row is not None else LONG_AGO


def assigned(waiting: Iterable[WaitingRow], pool: AgentPool, now: datetime) -> tuple[Assignment, ...]:
    """The assignments of this moment: no caller twice, no agent twice."""
    free = {agent.name: agent for agent in pool.agents if pool.ready(agent, now)}
    assignments = []
    for who in in_order(waiting):
        if not free:
            break
        agent = choose_agent(who, free.values(), pool, now)
        if agent is not None:
            del free[agent.name]
            assignments.append(Assignment(who, agent))
    return tuple(assignments)


def in_order(waiting: Iterable[WaitingRow]) -> list[WaitingRow]:
    """The next to be served first."""
    return sorted(waiting, key=lambda who: (-who.rank, who.since, who.id))


def choose_agent(who: WaitingRow, free: Iterable[Agent], pool: AgentPool, now: datetime) -> Agent | None:
    """The free agent whose turn it is; None if none of them may take this one now."""
    logged_in = [agent for agent in pool.agents if pool.there(agent) and who.queue in agent.queues]
    spoken = any(agent.speaks(who.language) for agent in logged_in)
    fit = [
        agent
        for agent in free
        if who.queue in agent.queues
        and (agent.speaks(who.language) or not spoken)
        and now - pool.passed.get((who.id, agent.name), LONG_AGO) >= _REST
    ]
    return min(
        fit,
        key=lambda agent: ((who.id, agent.name) in pool.passed, pool.idle_since(agent), agent.name),
        default=None,
    )


def next_change(waiting: Collection[WaitingRow], pool: AgentPool, now: datetime) -> datetime | None:
    """When time alone may make an assignment possible: a rest ends."""
    if not waiting:
        return None
    moments = [_rested(row) for row in pool.presences.values() if row.missed]
    moments += [at + _REST for at in pool.passed.values()]
    return min((moment for moment in moments if moment > now), default=None)


def _chose(agent: Agent, row: PresenceRow) -> str:
    return row.presence if agent.has_login else "ready"


def _rested(row: PresenceRow) -> datetime:
    """When a phone that did not answer may ring again."""
    return row.since + _REST if row.missed else LONG_AGO
