"""What is expected of a day: callers, agents, how long things take. Read from YAML or options, with places."""

import math
import random
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import ClassVar, Literal, assert_never
from zoneinfo import ZoneInfo

from ivr.call.calendar import is_open
from ivr.config import Config
from ivr.config.values import target_of
from ivr.flow.issues import NOWHERE, Issue, Place, did_you_mean
from ivr.flow.model import Seconds, yaml_field
from ivr.flow.reading.fields import Reading, fields_of, read
from ivr.flow.reading.source import MapNode, parse
from ivr.flow.vocabulary import FULL_NAMES, WEEKDAYS, weekdays

HALF_HOURS = 48
HALF_HOUR_SECONDS = 1800
NO_TARGET = (80, 20)
"""Percent and seconds, where neither the day nor the queue has a target."""
_SPAN = re.compile(r"([0-2]?[0-9]):([03]0)(?:-([0-2]?[0-9]):([03]0))?")

Shape = Literal["exponential", "lognormal", "constant"]


@dataclass(frozen=True, kw_only=True)
class Times:
    """How long something takes. `exponential` is what Erlang's formulas assume; talks are rather `lognormal`."""

    short: ClassVar[str] = "mean"
    mean: Seconds = yaml_field("how long it takes on average", span=(0, 14_400))
    shape: Shape = yaml_field("exponential, lognormal or constant", "exponential")
    spread: float = yaml_field("of lognormal times: standard deviation, as a part of the mean", 0.7, span=(0.05, 5))

    def draw(self, chance: random.Random) -> float:
        """One of these times, in seconds."""
        if not self.mean:
            return 0.0
        match self.shape:
            case "exponential":
                return chance.expovariate(1 / self.mean)
            case "lognormal":
                variance = math.log(1 + self.spread**2)
                return chance.lognormvariate(math.log(self.mean) - variance / 2, math.sqrt(variance))
            case "constant":
                return float(self.mean)
            case _:
                assert_never(self.shape)


@dataclass(frozen=True, kw_only=True)
class Day:
    """A day as somebody expects it. Spans of time are local to the hotline and begin and end with a half hour."""

    date: str = yaml_field("the day, such as 2026-11-25, or the next wed; empty: the next one on which it is open", "")
    queue: str = yaml_field("where callers wait and agents answer; empty: the first one of the configuration", "")
    calls: int | None = yaml_field("how many call, evenly over the hours of the queue", None, span=(1, 20_000))
    arrivals: Mapping[str, int] = yaml_field(
        "instead: how many call in each span of time, such as 09:00-12:00, or a half hour: 09:00", {}
    )
    agents: int | None = yaml_field("how many agents are there during the hours of the queue", None, span=(0, 200))
    shifts: Mapping[str, int] = yaml_field(
        "instead: how many work from when until when, such as 09:00-12:00; where shifts overlap they add up", {}
    )
    talk: Times = yaml_field("how long an agent and a caller talk", Times(mean=Seconds(180)))
    wrap_up: Times = yaml_field("how long an agent writes afterwards", Times(mean=Seconds(30)))
    patience: Times | None = yaml_field("after how long a waiting caller hangs up; empty: never", None)
    pick_up: Seconds = yaml_field("after how long an agent picks up the phone that rings", Seconds(3), span=(0, 60))
    keys: tuple[str, ...] = yaml_field(
        "what callers press to come to the queue, a text for each question; empty: it is tried out", ()
    )
    target: str = yaml_field('such as "80 % in 20 s"; empty: the target of the queue, or else that', "")
    days: int = yaml_field("how many such days are simulated and added up, each with other luck", 2, span=(1, 100))
    seed: int = yaml_field("days of the same number are the same", 1)
    places: Mapping[str, Place] = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A day that was checked, with its numbers for each half hour of the clock on the wall."""

    day: Day
    date: date
    zone: ZoneInfo
    queue: str
    arrivals: tuple[float, ...]
    agents: tuple[int, ...]
    target: tuple[int, int]

    def moment(self, half_hour: int) -> datetime:
        """When a half hour begins (aware); 48 is the end of the day."""
        day = self.date + timedelta(days=half_hour // HALF_HOURS)
        return datetime.combine(day, time(half_hour % HALF_HOURS // 2, half_hour % 2 * 30), self.zone)

    @property
    def span(self) -> range:
        """The half hours from the first in which anybody calls or works to the last."""
        used = [n for n in range(HALF_HOURS) if self.arrivals[n] or self.agents[n]]
        return range(used[0], used[-1] + 1)


def read_day(text: str | bytes, file: str, options: Mapping[str, str]) -> tuple[Day | None, list[Issue]]:
    """The day of a file of this name ("" for none), with options that replace its keys: their YAML by key.

    What is wrong with an option stands in a document called like it: `--talk`.
    """
    root, issues = parse(text, file)
    entries = {entry.key.text: entry for entry in root.entries} if isinstance(root, MapNode) else {}
    if file and text.strip() and not isinstance(root, MapNode):
        return None, issues or [Issue("wrong-type", "expected a day with calls: and agents:", Place(file))]
    for key, written in options.items():
        document, found = parse(option_text(key, written), option_name(key))
        issues += found
        if isinstance(document, MapNode):
            entries |= {entry.key.text: entry for entry in document.entries}
            entries.pop({"calls": "arrivals", "agents": "shifts"}.get(key, ""), None)
    reading = Reading(issues=issues)
    day = read(MapNode(tuple(entries.values()), Place(file)), Day, reading, "a day")
    return (None if any(issue.is_error for issue in reading.issues) else day), reading.issues


def option_name(key: str) -> str:
    return f"--{key.replace('_', '-')}"


def option_text(key: str, written: str) -> str:
    """An option as the line of YAML that it stands for."""
    return f"{key}: {written}\n"


def plan_of(day: Day, config: Config, today: date) -> tuple[Plan | None, list[Issue]]:
    """The day for this hotline, or what does not fit."""
    issues: list[Issue] = []
    zone = ZoneInfo(config.hotline.time_zone)
    queue = day.queue or next(iter(config.queues), "")
    if queue not in config.queues:
        hint = did_you_mean(queue, config.queues) or f"; there are {', '.join(config.queues) or 'none'}"
        return None, [Issue("unknown-queue", f'there is no queue "{queue}"{hint}', day.places.get("queue", NOWHERE))]
    when, hours = _date(day, config, queue, today, zone)
    if isinstance(when, str):
        return None, [Issue("bad-date", when, day.places.get("date", NOWHERE))]
    arrivals, agents = [0.0] * HALF_HOURS, [0] * HALF_HOURS
    for span, count in _spans("arrivals", day, issues) if day.arrivals else [(hours, day.calls or 0)]:
        for half_hour in span:
            arrivals[half_hour] += count / len(span)
    for span, count in _spans("shifts", day, issues) if day.shifts else [(hours, day.agents or 0)]:
        for half_hour in span:
            agents[half_hour] += count
    target = target_of(day.target or config.queues[queue].target) or NO_TARGET
    plan = Plan(
        day=day, date=when, zone=zone, queue=queue, arrivals=tuple(arrivals), agents=tuple(agents), target=target
    )
    issues += _misfits(plan, hours)
    return (None, issues) if issues else (plan, [])


def _misfits(plan: Plan, hours: Sequence[int]) -> Iterator[Issue]:
    """What does not fit in a day, in a queue that is open in these half hours."""
    day = plan.day
    if day.target and target_of(day.target) is None:
        message = f'"{day.target}" is not a target; write it like "80 % in 20 s"'
        yield Issue("bad-target", message, day.places["target"])
    closed = [n for n in range(HALF_HOURS) if plan.arrivals[n] and n not in hours]
    if closed:
        is_open = f"it is open {clock(hours[0])}-{clock(hours[-1] + 1)}"
        message = f"{plan.queue} is closed on {plan.date:%a %Y-%m-%d} at {clock(closed[0])}; {is_open}"
        yield Issue("closed", message, _place(day, "arrivals"))
    if not any(plan.arrivals):
        yield Issue("missing-field", "nobody calls; say how many, with calls or arrivals", _place(day, "calls"))
    if not any(plan.agents):
        message = "nobody answers; say how many agents are there, with agents or shifts"
        yield Issue("missing-field", message, _place(day, "agents"))


def clock(half_hour: int) -> str:
    return f"{half_hour // 2:02}:{half_hour % 2 * 30:02}"


def _place(day: Day, key: str) -> Place:
    return day.places.get(key) or next(iter(day.places.values()), NOWHERE)


def _spans(key: str, day: Day, issues: list[Issue]) -> Iterator[tuple[range, int]]:
    """The half hours of each span that is written under a key, and its number."""
    for text, count in getattr(day, key).items():
        place = day.places.get(f"{key}.{text}:", NOWHERE)
        match = _SPAN.fullmatch(text)
        begins = 2 * int(match[1]) + (match[2] == "30") if match else 0
        ends = begins + 1 if match and not match[3] else 2 * int(match[3]) + (match[4] == "30") if match else 0
        if not 0 <= begins < ends <= HALF_HOURS:
            message = f'"{text}" is not a span of half hours; write it like 09:00-12:30, or 09:00 for one half hour'
            issues.append(Issue("bad-span", message, place))
        elif not 0 <= count <= 20_000:
            issues.append(Issue("out-of-range", f"{count} is not a number of people", place))
        else:
            yield range(begins, ends), count


def _date(day: Day, config: Config, queue: str, today: date, zone: ZoneInfo) -> tuple[date | str, list[int]]:
    """The date that is meant, with the half hours that the queue is open, or a sentence why there is none."""
    candidates: Iterable[date] = (today + timedelta(days=n) for n in range(1, 367))
    if day.date[:1].isdigit():
        try:
            candidates = (date.fromisoformat(day.date),)
        except ValueError:
            return f'"{day.date}" is not a day; write 2026-11-25 or wed', []
    elif day.date:
        try:
            (weekday,) = weekdays(day.date)
        except ValueError:
            hint = did_you_mean(day.date.lower(), (*WEEKDAYS, *FULL_NAMES))
            return f'"{day.date}" is not a day{hint or "; write 2026-11-25 or wed"}', []
        candidates = (one for one in candidates if one.weekday() == weekday)
    calendar = config.queue_calendars.get(queue)
    for one in candidates:
        starts = [datetime.combine(one, time(n // 2, n % 2 * 30), zone) for n in range(HALF_HOURS)]
        hours = [n for n, at in enumerate(starts) if calendar is None or is_open(calendar, at)]
        if hours:
            return one, hours
        if day.date[:1].isdigit():
            return f"{queue} is closed on {one:%a %Y-%m-%d}", []
    return f"{queue} is open on none of the days of a year", []


def day_options() -> list[tuple[str, str]]:
    """Every key of a day and what it says: each is an option too."""
    return [(name, shape.doc) for name, shape in fields_of(Day).items()]
