"""Processes that share one store: `agents_worker.py URL FIRST COUNT`: agents who race to take the next caller.

Each of COUNT agents, from FIRST on, is a thread of this process that asks for the next caller until nobody waits.
"""

import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from ivr.agents.actions import AgentActions, NotNow
from ivr.agents.model import Agent
from ivr.agents.rules import QueueRule, Rules
from ivr.store import Store
from ivr.store.errors import Unavailable

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
PEPPER = b"a pepper for tests only"
AGENTS = {f"agent{n}": Agent(name=f"agent{n}", phone=f"client:agent{n}", queues=("support",)) for n in range(50)}


def actions_on(store: Store) -> AgentActions:
    support = QueueRule("support", agents=tuple(AGENTS))
    return AgentActions(store, Rules(agents=AGENTS, queues={"support": support}), lambda: NOW)


def take(actions: AgentActions, agent: str) -> str:
    """The talk that an agent gets, or ""; a store that is busy is asked again."""
    while True:
        try:
            actions.ready(agent)
            return actions.take_next(agent)
        except Unavailable:
            continue
        except NotNow as reason:
            if reason.reason == "nobody_waits":
                return ""
            raise


if __name__ == "__main__":
    url, first, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    with Store.open(url, PEPPER) as opened, ThreadPoolExecutor(count) as pool:
        actions = actions_on(opened)
        taken = pool.map(lambda number: take(actions, f"agent{number}"), range(first, first + count))
        sys.stdout.write(" ".join(filter(None, taken)))
