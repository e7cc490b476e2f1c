"""The simulated hotline and `erlang` against Erlang's formulas, written here from their definitions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean, stdev

import pytest

from ivr.config import Config
from ivr.forecast.day import Plan
from ivr.forecast.erlang import agents_needed, answered_within
from ivr.forecast.run import SimulatedDay, simulate_day
from tests.forecast.direct import hotline, planned


def erlang_c(agents: int, load: float) -> float:
    """How likely a caller has to wait: the formula of 1917. `load` in erlangs."""
    busy = load**agents / math.factorial(agents) * agents / (agents - load)
    return busy / (sum(load**n / math.factorial(n) for n in range(agents)) + busy)


def erlang_a(arrivals: float, handling: float, patience: float, agents: int) -> float:
    """The share of callers who hang up (Palm): those beyond the agents leave, each at 1/patience a second."""
    weights = [1.0]
    for n in range(1, 400):
        weights.append(weights[-1] * arrivals / (min(n, agents) / handling + max(0, n - agents) / patience))
    waiting = sum(weight * max(0, n - agents) for n, weight in enumerate(weights)) / sum(weights)
    return waiting / patience / arrivals


@pytest.mark.parametrize(("agents", "calls", "handling"), [(1, 12, 200), (4, 60, 180), (10, 150, 200), (50, 900, 180)])
@pytest.mark.parametrize("seconds", [0, 20, 120])
def test_without_patience_it_is_erlang_c(agents: int, calls: float, handling: float, seconds: float) -> None:
    load = calls * handling / 3600
    within = 1 - erlang_c(agents, load) * math.exp(-(agents - load) * seconds / handling)
    assert answered_within(calls, handling, None, agents, seconds) == pytest.approx(within, abs=1e-6)


@pytest.mark.parametrize(("agents", "calls", "handling", "patience"), [(1, 30, 200, 60), (4, 100, 180, 120)])
def test_with_patience_all_are_answered_in_the_end_but_the_share_of_erlang_a(
    agents: int, calls: float, handling: float, patience: float
) -> None:
    answered = answered_within(calls, handling, patience, agents, 3600)
    assert answered == pytest.approx(1 - erlang_a(calls / 3600, handling, patience, agents), abs=1e-6)


def test_more_agents_than_needed_are_too_many_and_fewer_too_few() -> None:
    for patience in (None, 120.0):
        needed = agents_needed(100, 240, patience, 80, 20)
        assert (
            answered_within(100, 240, patience, needed, 20) >= 0.8 > answered_within(100, 240, patience, needed - 1, 20)
        )


# --- the hotline --------------------------------------------------------------------------------------------------

CALLS_AN_HOUR, AGENTS = 60, 3
DAY = f"arrivals: {{09:00-11:00: {2 * CALLS_AN_HOUR}}}\nshifts: {{09:00-12:00: {AGENTS}}}\nwrap_up: 0\npick_up: 0\n"
PATIENT, IMPATIENT = f"{DAY}talk: 110 s\n", f"{DAY}talk: 3 min\npatience: 2 min\n"
"""Load 0.65 of what the agents can do, where nobody hangs up; 1.05 of it where callers do."""
WARM_UP_SECONDS = 2400
"""A queue that begins empty is like any other after that."""


def offers(plan: Plan, day: SimulatedDay) -> tuple[list[float], list[float], int]:
    """Of callers after the warm-up: how long each waited until a phone rang for them, how long it took the agent, and
    how many were never offered to anybody."""
    begins = plan.moment(plan.span.start).timestamp() + WARM_UP_SECONDS
    ends = plan.moment(plan.span.start + 4).timestamp()
    offered = {talk.call_id: talk for talk in day.talks}
    calls = [call for call in day.calls if begins <= call.started_at.timestamp() < ends]
    rung = [offered[call.id] for call in calls if call.id in offered]
    waits = [(talk.offered_at - talk.waiting_since).total_seconds() for talk in rung if talk.waiting_since]
    least = min(waits)  # the moment until somebody looks who is free
    ended = [(talk.offered_at, talk.wrapped_at or talk.ended_at) for talk in rung]
    return [w - least for w in waits], [(to - at).total_seconds() for at, to in ended if to], len(calls) - len(rung)


def held_against(days: Sequence[tuple[float, float]], formula: float) -> float:
    """How many standard errors the first sums of all days, divided by the second ones, are off: seconds that callers
    waited by callers. The mean of the days' own quotients would be too small, as all wait longer where more call.
    """
    ratio = sum(first for first, _ in days) / sum(second for _, second in days)
    off = stdev(first - ratio * second for first, second in days) / fmean(second for _, second in days)
    return abs(ratio - formula) / (off / math.sqrt(len(days)))


@pytest.fixture
def direct(tmp_path: Path) -> Config:
    return hotline(tmp_path)


SEEDS, BOUND = 50, 2.68
"""Student's t for 99 % and so many seeds."""


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_where_nobody_hangs_up_the_hotline_has_the_waits_of_erlang_c(direct: Config) -> None:
    """A talk has a constant part, the whisper, so times vary less than Erlang assumed: the formula of Allen and Cunneen
    for M/G/n has Erlang C's wait times (1 + cv²) / 2.
    """
    plan = planned(direct, PATIENT)
    days = [offers(plan, simulate_day(direct, plan, (), seed)) for seed in range(SEEDS)]
    took = [one for _, handled, _ in days for one in handled]
    load = CALLS_AN_HOUR * fmean(took) / 3600
    wait = erlang_c(AGENTS, load) * fmean(took) / (AGENTS - load) * (1 + (stdev(took) / fmean(took)) ** 2) / 2
    assert held_against([(sum(waits), len(waits)) for waits, _, _ in days], wait) < BOUND


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_where_callers_hang_up_the_hotline_loses_as_many_as_erlang_a(direct: Config) -> None:
    plan = planned(direct, IMPATIENT)
    days = [offers(plan, simulate_day(direct, plan, (), seed)) for seed in range(SEEDS)]
    handling = fmean(one for _, took, _ in days for one in took)
    lost = erlang_a(CALLS_AN_HOUR / 3600, handling, 120, AGENTS)
    assert held_against([(gone, gone + len(waits)) for waits, _, gone in days], lost) < BOUND
