"""Counts simulated days by half hour, by the same code as reports of real ones, and says who is needed when."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from statistics import fmean, median
from typing import Any

from ivr.forecast.day import HALF_HOUR_SECONDS, Plan, clock, half_hour_of
from ivr.forecast.erlang import agents_needed
from ivr.forecast.run import SimulatedDay
from ivr.hotline.reports import Known, Period, Tally
from ivr.hotline.reports.tables import TOTAL, Cell, Table, share, table
from ivr.hotline.reports.waits import Target
from ivr.store.rows import TalkRow

COLUMNS = (
    "half_hour", "calls", "agents", "waits", "wait_median", "wait_90", "answer_mean", "service_level",
    "abandoned_percent", "occupancy", "handling_mean", "told_percent", "told_mean", "agents_needed",
)  # fmt: skip
"""What is shown, in this order. docs/simulating.md says what each is."""
CLOSE = 4 / 3
"""A wait and what was told of it fit if neither is more than a third longer than the other."""


@dataclass(frozen=True, slots=True)
class WaitTold:
    """What a caller was first told of the wait, and how long it was from then on; `waited` None: hung up before."""

    at: datetime
    seconds: int
    waited: float | None
    stayed: float

    @property
    def fits(self) -> bool:
        return self.waited is not None and self.seconds <= CLOSE * self.waited and self.waited <= CLOSE * self.seconds

    @property
    def was_too_short(self) -> bool:
        """Whether the caller waited more than a third longer than told, be it in vain."""
        return (self.stayed if self.waited is None else self.waited) > CLOSE * self.seconds


@dataclass(frozen=True, slots=True)
class Forecast:
    """What is expected of a day: the table by half hour, with the total as its last row."""

    plan: Plan
    keys: Sequence[str]
    table: Table
    told: Sequence[WaitTold]
    needed: Mapping[int, int]
    """How many agents are needed in each half hour in which anybody calls."""

    @property
    def rows(self) -> Sequence[Mapping[str, Cell]]:
        """The half hours, each by column."""
        return [dict(zip(self.table.columns, row, strict=True)) for row in self.table.rows[:-1]]

    def with_needed(self, agents: Sequence[int]) -> Forecast:
        """The same with as many agents needed, by half hour, as another simulation has shown."""
        needed = {n: agents[n] for n in self.needed}
        place = self.table.columns.index("agents_needed")
        rows = [
            (*row[:place], needed.get(half_hour_of(str(row[0])), 0) if row[0] != TOTAL else max(needed.values()),
             *row[place + 1:])
            for row in self.table.rows
        ]  # fmt: skip
        return replace(self, table=replace(self.table, rows=tuple(rows)), needed=needed)

    @property
    def total(self) -> Mapping[str, Cell]:
        return dict(zip(self.table.columns, self.table.rows[-1], strict=True))

    def as_data(self) -> dict[str, Any]:
        plan, fits = self.plan, sum(one.fits for one in self.told)
        return {
            "date": plan.date.isoformat(),
            "time_zone": plan.zone.key,
            "queue": plan.queue,
            "keys": list(self.keys),
            "target": {"percent": plan.target[0], "seconds": plan.target[1]},
            "days": plan.day.days,
            "seed": plan.day.seed,
            "half_hours": [dict(row) for row in self.rows],
            "total": dict(self.total),
            "told": {
                "callers": len(self.told),
                "within_a_third_percent": share(fits, len(self.told)),
                "too_short_percent": share(sum(one.was_too_short for one in self.told), len(self.told)),
            },
        }


def forecast(plan: Plan, keys: Sequence[str], days: Sequence[SimulatedDay]) -> Forecast:
    """The figures of days that took place; numbers of people are for one of them."""
    target = Target(*plan.target)
    tally = Tally(Period(plan.date, plan.date, plan.zone), Known(targets={plan.queue: target}))
    for day in days:
        for call in day.calls:
            tally.add(call)
    talks = [talk for day in days for talk in day.talks]
    told = [one for day in days for one in waits_told(day)]
    needed = _needed(plan, talks)
    counted, whole = table(tally, "half_hour"), table(tally, "day")
    rows = []
    for name, sums in (
        *((row[0], dict(zip(counted.columns, row, strict=True))) for row in counted.rows),
        (TOTAL, dict(zip(whole.columns, whole.rows[-1], strict=True))),
    ):
        spans = [n for n in plan.span if name in (TOTAL, clock(n))]
        sums |= {"half_hour": name, **_of_agents(plan, spans, talks, len(days), needed), **_of_told(plan, spans, told)}
        sums |= {count: round(number(sums[count]) / len(days), 1) for count in ("calls", "waits")}
        rows.append(tuple(sums[column] for column in COLUMNS))
    return Forecast(plan, keys, Table("half_hour", COLUMNS, tuple(rows)), told, needed)


def number(cell: Cell) -> float:
    """The number in a cell; 0 for nothing."""
    return float(cell) if isinstance(cell, int | float) else 0.0


def advised(found: Forecast) -> Plan:
    """The same day with the agents who are needed; where nobody calls, with those who are there anyway."""
    agents = tuple(found.needed.get(n, there) for n, there in enumerate(found.plan.agents))
    return replace(found.plan, agents=agents)


def with_more(checked: Forecast) -> Plan | None:
    """The same day with one agent more in half hours whose service is below the target, by more than chance; None if
    there is none of them. 95 % of such shares are above the bound."""
    share_wanted = checked.plan.target[0] / 100
    agents = list(checked.plan.agents)
    for cells in checked.rows:
        waits = number(cells["waits"]) * checked.plan.day.days
        bound = share_wanted - 1.645 * math.sqrt(share_wanted * (1 - share_wanted) / waits) if waits else 0.0
        if number(cells["service_level"]) / 100 < bound:
            agents[half_hour_of(str(cells["half_hour"]))] += 1
    return replace(checked.plan, agents=tuple(agents)) if tuple(agents) != checked.plan.agents else None


def waits_told(day: SimulatedDay) -> Iterable[WaitTold]:
    """What each caller was told first, where anything was."""
    joined = {talk.call_id: talk.joined_at for talk in day.talks if talk.joined_at is not None}
    ended = {call.id: call.ended_at for call in day.calls}
    first = {one.call: one for one in reversed(day.told)}
    for one in first.values():
        at, gone = joined.get(one.call), ended.get(one.call) or one.at
        waited = (at - one.at).total_seconds() if at is not None else None
        yield WaitTold(one.at, one.seconds, waited, (gone - one.at).total_seconds())


def _of_agents(
    plan: Plan, half_hours: Sequence[int], talks: Sequence[TalkRow], days: int, needed: Mapping[int, int]
) -> dict[str, Cell]:
    """Agents who are there and who are needed, and the percent of their time that talks and wrap-up take."""
    there = sum(plan.agents[n] for n in half_hours) * HALF_HOUR_SECONDS * days
    busy = 0.0
    for talk in talks:
        if talk.joined_at is None or not half_hours:
            continue
        since = max(talk.joined_at, plan.moment(half_hours[0]))
        until = min(talk.wrapped_at or talk.ended_at or since, plan.moment(half_hours[-1] + 1))
        busy += max(0.0, (until - since).total_seconds())
    return {
        "agents": max((plan.agents[n] for n in half_hours), default=0),
        "occupancy": min(share(busy, there) or 0.0, 100.0) if there else None,
        "agents_needed": max((needed.get(n, 0) for n in half_hours), default=0),
    }


def _of_told(plan: Plan, half_hours: Sequence[int], told: Sequence[WaitTold]) -> dict[str, Cell]:
    """Of the callers who were told a wait: for how many percent it was within a third, and what they were told."""
    if not half_hours:
        return {"told_percent": None, "told_mean": None}
    since, until = plan.moment(half_hours[0]), plan.moment(half_hours[-1] + 1)
    found = [one for one in told if since <= one.at < until]
    return {
        "told_percent": share(sum(one.fits for one in found), len(found)),
        "told_mean": round(fmean(one.seconds for one in found)) if found else None,
    }


def _needed(plan: Plan, talks: Sequence[TalkRow]) -> dict[int, int]:
    """How many agents each half hour needs for the target, by Erlang A, or C if nobody hangs up.

    The handling time is the one that was simulated, from the ring until the agent is free again: with the whisper. A
    wait is over when the two hear each other, so the time until then is taken from that of the target.
    """
    done = [talk for talk in talks if talk.wrapped_at is not None and talk.joined_at is not None]
    if not done:
        return {}
    handling = fmean((talk.wrapped_at - talk.offered_at).total_seconds() for talk in done if talk.wrapped_at)
    connects = median((talk.joined_at - talk.offered_at).total_seconds() for talk in done if talk.joined_at)
    patience = float(plan.day.patience.mean) if plan.day.patience else None
    percent, seconds = plan.target
    by_arrivals = {
        count: agents_needed(2 * count, handling, patience, percent, seconds - connects)
        for count in {*plan.arrivals} if count
    }  # fmt: skip
    return {n: by_arrivals[count] for n, count in enumerate(plan.arrivals) if count}
