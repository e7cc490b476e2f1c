"""Counts simulated days by half hour, by the same code as reports of real ones, and says who is needed when."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from statistics import fmean
from typing import Any

from ivr.forecast.day import HALF_HOUR_SECONDS, HALF_HOURS, Plan, clock
from ivr.forecast.erlang import agents_needed
from ivr.forecast.run import SimulatedDay
from ivr.hotline.reports import Known, Period, Tally
from ivr.hotline.reports.tables import TOTAL, By, Cell, Table, share, table
from ivr.hotline.reports.waits import Target
from ivr.store.rows import TalkRow

COLUMNS = (
    "half_hour", "calls", "agents", "waits", "wait_median", "wait_90", "answer_mean", "service_level",
    "abandoned_percent", "occupancy", "handling_mean", "told_percent", "told_mean", "agents_needed",
)  # fmt: skip
"""What is shown, in this order. docs/simulating.md says what each is."""
CLOSE = 4 / 3
"""A wait and what was told of it fit if neither is more than a third longer than the other."""
Row = Mapping[str, Cell]


@dataclass(frozen=True, slots=True)
class WaitTold:
    """What a caller was first told of the wait, and how long it was from then on, until an answer or in vain."""

    at: datetime
    seconds: int
    waited: float
    was_answered: bool

    @property
    def fits(self) -> bool:
        return self.was_answered and self.seconds <= CLOSE * self.waited and not self.was_too_short

    @property
    def was_too_short(self) -> bool:
        """Whether the caller waited more than a third longer than told, be it in vain."""
        return self.waited > CLOSE * self.seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What is expected of a day: the figures of each half hour and of the whole, by column."""

    plan: Plan
    keys: Sequence[str]
    rows: Mapping[int, Row]
    total: Row
    told: Sequence[WaitTold]
    at_once: float
    """Seconds that a caller waits at least, though agents are free: the ring, the whisper, what is said before."""
    formula_was_too_low: bool = False
    """Agents of the formula were simulated, and somewhere they were too few."""

    @property
    def table(self) -> Table:
        rows = (*self.rows.values(), self.total)
        return Table("half_hour", COLUMNS, tuple(tuple(row[column] for column in COLUMNS) for row in rows))

    @property
    def needed(self) -> dict[int, int]:
        """The agents needed in each half hour in which anybody calls."""
        return {n: int(number(row["agents_needed"])) for n, row in self.rows.items() if self.plan.arrivals[n]}

    def with_needed(self, agents: Sequence[int]) -> Forecast:
        """The same with as many agents needed, by half hour, as another simulation has shown."""
        needed = {n: agents[n] for n in self.needed}
        return replace(
            self,
            rows={n: {**row, "agents_needed": needed.get(n, 0)} for n, row in self.rows.items()},
            total={**self.total, "agents_needed": max(needed.values())},
            formula_was_too_low=needed != self.needed,
        )

    def as_data(self) -> dict[str, Any]:
        plan, callers = self.plan, len(self.told)
        return {
            "date": plan.date.isoformat(),
            "time_zone": plan.zone.key,
            "queue": plan.queue,
            "keys": list(self.keys),
            "target": {"percent": plan.target[0], "seconds": plan.target[1]},
            "days": plan.day.days,
            "seed": plan.day.seed,
            "half_hours": [dict(row) for row in self.rows.values()],
            "total": dict(self.total),
            "told": {
                "callers": callers,
                "within_a_third_percent": share(sum(one.fits for one in self.told), callers),
                "too_short_percent": share(sum(one.was_too_short for one in self.told), callers),
            },
        }


def forecast(plan: Plan, keys: Sequence[str], days: Sequence[SimulatedDay]) -> Forecast:
    """The figures of days that took place; numbers of people are for one of them."""
    tally = Tally(Period(plan.date, plan.date, plan.zone), Known(targets={plan.queue: Target(*plan.target)}))
    for day in days:
        for call in day.calls:
            tally.add(call)
    talks = [talk for day in days for talk in day.talks if talk.joined_at is not None]
    told = [one for day in days for one in waits_told(day)]
    at_once = float(tally.total.waits.answered.at(0) or 0)
    needed = _needed(plan, talks, at_once)

    def row(name: str, counted: Row, half_hours: Sequence[int]) -> Row:
        cells: dict[str, Cell] = {
            "half_hour": name,
            "agents": max(plan.agents[n] for n in half_hours),
            "occupancy": _occupancy(plan, half_hours, talks, len(days)),
            "agents_needed": max(needed.get(n, 0) for n in half_hours),
            **{people: round(number(counted.get(people)) / len(days), 1) for people in ("calls", "waits")},
            **_of_told(plan, half_hours, told),
        }
        return {column: cells.get(column, counted.get(column)) for column in COLUMNS}

    counted, total = _by_name(tally, "half_hour"), _by_name(tally, "day")[TOTAL]
    shown = [n for n in range(HALF_HOURS) if n in plan.span or clock(n) in counted]
    return Forecast(
        plan=plan, keys=keys, told=told, at_once=at_once,
        rows={n: row(clock(n), counted.get(clock(n), {}), [n]) for n in shown},
        total=row(TOTAL, total, plan.span),
    )  # fmt: skip


def _by_name(tally: Tally, by: By) -> dict[Cell, Row]:
    found = table(tally, by)
    return {row[0]: dict(zip(found.columns, row, strict=True)) for row in found.rows}


def number(cell: Cell) -> float:
    """The number in a cell; 0 for nothing."""
    return float(cell) if isinstance(cell, int | float) else 0.0


def advised(found: Forecast) -> Plan:
    """The same day with the agents who are needed; where nobody calls, with those who are there anyway."""
    needed = found.needed
    return replace(found.plan, agents=tuple(needed.get(n, there) for n, there in enumerate(found.plan.agents)))


def with_more(checked: Forecast) -> Plan | None:
    """The same day with one agent more in half hours whose service is below the target, by more than chance; None if
    there is none of them, or no number of agents is enough. 95 % of such shares are above the bound."""
    percent, seconds = checked.plan.target
    agents, wanted = list(checked.plan.agents), percent / 100
    if checked.at_once > seconds:
        return None
    for n, row in checked.rows.items():
        waits = number(row["waits"]) * checked.plan.day.days
        bound = wanted - 1.645 * math.sqrt(wanted * (1 - wanted) / waits) if waits else 0.0
        agents[n] += number(row["service_level"]) / 100 < bound
    return replace(checked.plan, agents=tuple(agents)) if tuple(agents) != checked.plan.agents else None


def waits_told(day: SimulatedDay) -> Iterable[WaitTold]:
    """What each caller was told first, where anything was."""
    joined = {talk.call_id: talk.joined_at for talk in day.talks if talk.joined_at is not None}
    ended = {call.id: call.ended_at for call in day.calls}
    first = {one.call: one for one in reversed(day.told)}
    for one in first.values():
        until = joined.get(one.call) or ended.get(one.call) or one.at
        yield WaitTold(one.at, one.seconds, (until - one.at).total_seconds(), one.call in joined)


def _occupancy(plan: Plan, half_hours: Sequence[int], talks: Sequence[TalkRow], days: int) -> float | None:
    """The percent of the agents' time that talks and wrap-up take; None where nobody is there."""
    there = sum(plan.agents[n] for n in half_hours) * HALF_HOUR_SECONDS * days
    begins, ends, busy = plan.moment(half_hours[0]), plan.moment(half_hours[-1] + 1), 0.0
    for talk in talks:
        since = max(talk.joined_at or begins, begins)
        busy += max(0.0, (min(talk.wrapped_at or talk.ended_at or since, ends) - since).total_seconds())
    return min(share(busy, there) or 0.0, 100.0) if there else None


def _of_told(plan: Plan, half_hours: Sequence[int], told: Sequence[WaitTold]) -> dict[str, Cell]:
    """Of the callers who were told a wait: for how many percent it was within a third, and what they were told."""
    since, until = plan.moment(half_hours[0]), plan.moment(half_hours[-1] + 1)
    found = [one for one in told if since <= one.at < until]
    return {
        "told_percent": share(sum(one.fits for one in found), len(found)),
        "told_mean": round(fmean(one.seconds for one in found)) if found else None,
    }


def _needed(plan: Plan, talks: Sequence[TalkRow], at_once: float) -> dict[int, int]:
    """How many agents each half hour needs for the target, by Erlang A, or C if nobody hangs up.

    The handling time is the one that was simulated, from the ring until the agent is free again: with the whisper. A
    wait is over when the two hear each other, so what all wait is taken from the time of the target.
    """
    done = [(talk.wrapped_at - talk.offered_at).total_seconds() for talk in talks if talk.wrapped_at is not None]
    if not done:
        return {}
    patience = float(plan.day.patience.mean) if plan.day.patience else None
    percent, seconds = plan.target
    by_arrivals = {
        count: agents_needed(2 * count, fmean(done), patience, percent, seconds - at_once)
        for count in {*plan.arrivals} if count
    }  # fmt: skip
    return {n: by_arrivals[count] for n, count in enumerate(plan.arrivals) if count}
