"""Erlang C and Erlang A: what agents achieve in the long run, from how many call and how long things take.

The queue is M/M/n+M: callers arrive by chance, handling and patience are exponential, first come is first
served. Without patience it is Erlang's C formula of 1917, with it Palm's of 1943, called Erlang A.
"""

import math
from bisect import bisect_left

MOST_AGENTS = 500
_NEGLIGIBLE = 1e-9


def agents_needed(calls_an_hour: float, handling: float, patience: float | None, percent: int, seconds: float) -> int:
    """The fewest agents who answer so many percent of callers within so many seconds.

    `handling` is the mean time that a call takes an agent, `patience` the mean of when callers hang up (None: never),
    both in seconds.
    """
    return bisect_left(
        range(MOST_AGENTS), percent / 100,
        key=lambda agents: answered_within(calls_an_hour, handling, patience, agents, seconds),
    )  # fmt: skip


def answered_within(
    calls_an_hour: float, handling: float, patience: float | None, agents: int, seconds: float
) -> float:
    """The share of callers who are answered within so many seconds; those who hang up before count as not answered."""
    if not calls_an_hour:
        return 1.0
    if not agents or (patience is None and calls_an_hour * handling / 3600 >= agents):
        return 0.0
    states = _states(calls_an_hour / 3600, 1 / handling, 1 / patience if patience else 0.0, agents)
    at_once = sum(states[:agents])
    if seconds <= 0:
        return at_once
    return at_once + _served(states[agents:], agents / handling, 1 / patience if patience else 0.0, seconds)


def _states(arrivals: float, service: float, leaving: float, agents: int) -> list[float]:
    """How likely it is to find so many callers, in talks or waiting: the balance of a birth-death process."""
    weights = [1.0]
    while len(weights) <= agents or weights[-1] > _NEGLIGIBLE * sum(weights[agents:]):
        present = len(weights)
        ends = min(present, agents) * service + max(0, present - agents) * leaving
        weights.append(weights[-1] * arrivals / ends)
        if weights[-1] > 1e200:
            weights = [weight * 1e-200 for weight in weights]
    total = sum(weights)
    return [weight / total for weight in weights]


def _served(ahead: list[float], service: float, leaving: float, seconds: float) -> float:
    """How likely it is that a caller, who finds so many ahead, is served within so many seconds.

    Uniformisation: whatever happens to this caller or those ahead happens at one steady rate, or nothing does.
    """
    rate = service + len(ahead) * leaving
    left, served, found = list(ahead), 0.0, 0.0
    expected = rate * seconds
    for jumps in range(int(expected + 12 * math.sqrt(expected) + 20)):
        if jumps:
            served += left[0] * service / rate
            left = [
                mass * (rate - service - (place + 1) * leaving) / rate
                + (left[place + 1] * (service + (place + 1) * leaving) / rate if place + 1 < len(left) else 0.0)
                for place, mass in enumerate(left)
            ]
            found += served * math.exp(jumps * math.log(expected) - expected - math.lgamma(jumps + 1))
    return found
