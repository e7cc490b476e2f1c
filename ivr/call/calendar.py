"""Opening hours: open or closed at a moment, why, and when it opens next.

Knows weekly hours, single days, public holidays and emergency closings. The moment is handed in; nothing is read from
a clock or a file.

The rules:

- Local time decides. A line open 09:00-18:00 opens when its own clock shows 09:00, whatever the
  offset; where clocks go back, a time that is shown twice is open twice, and so is what lies between: nobody is told
  of an opening at a time that has passed on their watch; where they go forward, a span that begins in the gap begins
  when the gap ends.
- A span belongs to the day on which it begins. 22:00-02:00 before a holiday still ends at two on the holiday
  itself, and a holiday's own night is closed until two the next morning.
- What counts for a day: its own entry in `days`, else the public holiday, else the hours of the week. A weekend
  day worked in exchange for a day off (调休) has Monday's hours unless the calendar gives others.
- `unknown` decides a day of a year for which there are no data at all. A year whose moved days are not yet
  published has its statutory days, and `calendar_warnings` says so.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from math import inf
from typing import Literal
from zoneinfo import ZoneInfo

from ivr.call.holiday_source import Names, holidays_of
from ivr.flow.model import Priority

State = Literal["open", "closed", "holiday", "emergency"]
Rule = Literal["week", "day", "public-holiday", "worked-weekend", "unknown", "emergency"]

YEARS_AHEAD = 2
"""How many years after the one asked about are searched for the next opening."""
WARN_FROM_MONTH = 10
"""China's list for a year is published in the autumn before; a missing one is worth a warning from October on."""
YEARS_KEPT = 20
"""How many computed years a calendar keeps."""
LATEST_MORNING = 12 * 60
"""A span that ends before it begins runs over midnight up to here; a later end is taken for a typing mistake."""

DAYS_TO_ANSWER: Mapping[Priority, int] = {"urgent": 1, "high": 2, "normal": 3, "low": 5}
"""By priority: within how many working days a ticket is answered, for one that is urgent within a day and a night;
callers are told so."""

DAY_MINUTES = 1440
SECOND = timedelta(seconds=1)


# --- what is said -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Minutes of local time since the midnight on which the day begins; over 1440 when it ends the next day."""

    begins: int
    ends: int

    def __str__(self) -> str:
        return f"{_clock(self.begins)}-{_clock(self.ends if self.ends <= DAY_MINUTES else self.ends - DAY_MINUTES)}"


@dataclass(frozen=True, slots=True)
class Day:
    """A single date with hours of its own: closed when it has no spans. `name` is what it is called."""

    spans: tuple[Span, ...] = ()
    name: Names = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """The hours of one service. `weekly` holds the spans of Monday to Sunday.

    `holidays` is a country ("CN", "DE-BY") whose public holidays are closed, or "". `working_days`: weekend days
    worked in exchange are open, with `worked_weekend_hours` or Monday's. `by_hand`: years whose moved days the
    author has written into `days`, so that nothing is missing. `unknown`: what a day of a year without any data
    is, "open" meaning the hours of its week.
    """

    name: str
    time_zone: str = "Asia/Shanghai"
    weekly: tuple[tuple[Span, ...], ...] = ((),) * 7
    holidays: str = ""
    working_days: bool = True
    worked_weekend_hours: tuple[Span, ...] | None = None
    days: Mapping[date, Day] = field(default_factory=dict)
    by_hand: frozenset[int] = frozenset()
    unknown: Literal["open", "closed"] = "open"
    doc: str = ""
    # Computed once per year, because a check has to be cheap. A pure function of the fields above.
    _years: dict[int, tuple[_Interval, ...]] = field(default_factory=dict, init=False, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Closure:
    """The emergency switch: `calendar` (or "all") is closed from `since` (aware) on, until switched off or `until`."""

    calendar: str
    reason: Names
    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class OpeningReason:
    """Why it is open or closed: `rule` decided; `names` is the holiday, special day or emergency, per language."""

    rule: Rule
    names: Names = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Opening:
    """The answer at `at`. All moments are aware and in the calendar's own zone.

    `until`: when the present open period ends; None when closed or when no end is in sight.
    `next_opening`: the next time it opens (when open: after the present period); None when none is in sight,
    as with an emergency without an end.
    """

    state: State
    because: OpeningReason
    until: datetime | None
    next_opening: datetime | None
    at: datetime


# --- what is asked ------------------------------------------------------------------------------------------


def opening(calendar: Calendar, now: datetime, closures: Sequence[Closure] = ()) -> Opening:
    """The state of `calendar` at `now` (aware), with those of `closures` that concern it.

    Raises ValueError for a moment without a zone, a zone or a country that does not exist.
    """
    if now.tzinfo is None:
        raise ValueError("a moment without a time zone can not be looked up in a calendar")
    zone = ZoneInfo(calendar.time_zone)
    local, moment = now.astimezone(zone), now.timestamp()
    concerned = _concerned(calendar, closures)
    ahead = _ahead(calendar, moment, concerned)
    first = next(ahead, None)
    is_open = first is not None and first.begins <= moment
    until = first.ends if first and is_open else None
    following = next(ahead, None) if is_open else first

    horizon = datetime(now.astimezone(UTC).year + 1 + YEARS_AHEAD, 1, 1, tzinfo=UTC).timestamp()
    emergency = next((each.closure for each in concerned if each.begins <= moment < each.ends), None)
    state, because = _state(calendar, local, is_open)
    if emergency is not None:
        state, because = "emergency", OpeningReason("emergency", emergency.reason)
    return Opening(
        state,
        because,
        until=None if until is None or until >= horizon else datetime.fromtimestamp(until, zone),
        next_opening=None if following is None else datetime.fromtimestamp(following.begins, zone),
        at=local,
    )


def is_open(calendar: Calendar, now: datetime, closures: Sequence[Closure] = ()) -> bool:
    """Whether `opening` is "open": in a third of its time, for whoever asks nothing more."""
    first = next(_ahead(calendar, now.timestamp(), _concerned(calendar, closures)), None)
    return first is not None and first.begins <= now.timestamp()


def ever_opens(calendar: Calendar, since: date) -> bool:
    """Whether it opens at all, by its week or on a single day from `since` on."""
    worked = calendar.worked_weekend_hours if calendar.holidays else ()
    return any(calendar.weekly) or bool(worked) or any(day.spans for on, day in calendar.days.items() if on >= since)


def working_days_after(calendar: Calendar, moment: datetime, days: int) -> datetime | None:
    """When the last of `days` working days after the day of `moment` (aware) ends; None when no such end is in sight.

    A working day is one on which the calendar opens.
    """
    found = opening(calendar, moment)
    worked, ends, today = set[date](), None, found.at.date()
    while found.next_opening is not None:
        begins = found.next_opening
        found = opening(calendar, begins)
        if begins.date() == today or found.until is None:
            continue
        if len(worked) == days and begins.date() not in worked:
            return ends
        worked.add(begins.date())
        ends = found.until
    return None


def answer_by(calendar: Calendar | None, opened_at: datetime, priority: Priority, days: int | None = None) -> datetime:
    """By when a ticket of this priority, or one that takes so many working days, is answered.

    Where no calendar has the working days, every day is one.
    """
    in_a_day = days is None and priority == "urgent"
    days = DAYS_TO_ANSWER[priority] if days is None else days
    by = working_days_after(calendar, opened_at, days) if calendar and not in_a_day else None
    return by or opened_at + timedelta(days=days)


def calendar_warnings(calendar: Calendar, today: date) -> list[str]:
    """What `calendar` does not know yet about this year and, from October on, about the next; one sentence each."""
    years = [today.year] + ([today.year + 1] if today.month >= WARN_FROM_MONTH else [])
    return [missing for year in years if year not in calendar.by_hand and (missing := _missing(calendar, year))]


def parse_spans(text: str) -> tuple[Span, ...]:
    """Hours as they are written: "09:00-12:00, 13:30-18:00", "22:00-02:00", "00:00-24:00" or "closed".

    Raises ValueError with half a sentence on what is wrong.
    """
    if text.strip().lower() == "closed":
        return ()
    spans = tuple(_parse_span(part.strip()) for part in re.split("[,，、]", text))
    if clash := overlap(spans):
        raise ValueError(f"{clash[0]} and {clash[1]} overlap")
    return spans


def overlap(spans: Iterable[Span]) -> tuple[Span, Span] | None:
    """The first two spans that share a minute, earlier one first, or None."""
    ordered = sorted(spans)
    return next((pair for pair in pairwise(ordered) if pair[1].begins < pair[0].ends), None)


# --- what a day is ------------------------------------------------------------------------------------------


def _plan(calendar: Calendar, day: date) -> tuple[tuple[Span, ...], State, OpeningReason]:
    """The spans that begin on this day, what it is outside of them, and why."""
    own = calendar.days.get(day)
    if own is not None:
        return own.spans, "closed" if own.spans else "holiday", OpeningReason("day", own.name)
    week = calendar.weekly[day.weekday()]
    year = holidays_of(calendar.holidays, day.year)
    if not year.known:
        return week if calendar.unknown == "open" else (), "closed", OpeningReason("unknown")
    if day in year.off:
        return (), "holiday", OpeningReason("public-holiday", year.off[day])
    if calendar.working_days and day in year.worked:
        hours = calendar.worked_weekend_hours
        return calendar.weekly[0] if hours is None else hours, "closed", OpeningReason("worked-weekend")
    return week, "closed", OpeningReason("week")


def _state(calendar: Calendar, local: datetime, is_open: bool) -> tuple[State, OpeningReason]:
    """What decides at `local`: its own day, or the day before when its last span runs past midnight."""
    spans, closed_as, because = _plan(calendar, local.date())
    if not is_open:
        return closed_as, because
    minute = local.hour * 60 + local.minute
    if any(span.begins <= minute < span.ends for span in spans):
        return "open", because
    return "open", _plan(calendar, local.date() - timedelta(days=1))[2]


def _missing(calendar: Calendar, year: int) -> str:
    if not calendar.holidays:
        return ""
    table = holidays_of(calendar.holidays, year)
    if not table.known:
        return f'calendar "{calendar.name}" has no public holidays of {table.country} for {year}; write them under days'
    if calendar.working_days and not table.published:
        return (
            f'calendar "{calendar.name}" has no official holiday list of {calendar.holidays} for {year} yet, only the '
            f"statutory days; update the holidays package, or write the moved days under days and {year} under by_hand"
        )
    return ""


# --- the open stretches of time -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Interval:
    """From `begins` up to and without `ends`, in seconds of UTC since 1970."""

    begins: float
    ends: float


@dataclass(frozen=True, slots=True)
class _Closed(_Interval):
    closure: Closure


def _concerned(calendar: Calendar, closures: Sequence[Closure]) -> list[_Closed]:
    concerned = [each for each in closures if each.calendar in (calendar.name, "all")]
    return [_Closed(it.since.timestamp(), it.until.timestamp() if it.until else inf, it) for it in concerned]


def _ahead(calendar: Calendar, moment: float, closed: Sequence[_Closed]) -> Iterator[_Interval]:
    """The stretches that are not over at `moment`, without the closures."""
    return (piece for piece in _without(_stretches(calendar, moment), closed) if piece.ends > moment)


def _stretches(calendar: Calendar, moment: float) -> Iterator[_Interval]:
    """The open stretches that end after `moment`, in order and disjoint, up to the horizon."""
    first = datetime.fromtimestamp(moment, UTC).year
    held: _Interval | None = None
    for year in range(first, first + 1 + YEARS_AHEAD):
        known = _year(calendar, year)
        at = bisect_right(known, moment, key=lambda stretch: stretch.ends) if year == first else 0
        for index in range(at, len(known)):
            stretch = known[index]
            if held is not None and held.ends == stretch.begins:  # open over new year
                held = _Interval(held.begins, stretch.ends)
                continue
            if held is not None:
                yield held
            held = stretch
    if held is not None:
        yield held


def _without(stretches: Iterator[_Interval], closed: Sequence[_Closed]) -> Iterator[_Interval]:
    """What is left of `stretches` when the closures are cut out."""
    if not closed:
        yield from stretches
        return
    ordered = sorted(closed, key=lambda each: each.begins)
    for stretch in stretches:
        begins = stretch.begins
        for each in ordered:
            if each.ends <= begins or each.begins >= stretch.ends:
                continue
            if begins < each.begins:
                yield _Interval(begins, each.begins)
            begins = each.ends
        if begins == inf:
            return
        if begins < stretch.ends:
            yield _Interval(begins, stretch.ends)


def _year(calendar: Calendar, year: int) -> tuple[_Interval, ...]:
    """The open stretches of one year of UTC."""
    known = calendar._years.get(year)
    if known is not None:
        return known
    zone = ZoneInfo(calendar.time_zone)
    begins, ends = (datetime(each, 1, 1, tzinfo=UTC).timestamp() for each in (year, year + 1))
    merged: list[_Interval] = []
    for days in range(-2, 368):  # a span of the day before may run into the first one
        day = date(year, 1, 1) + timedelta(days=days)
        midnight = datetime.combine(day, time())
        for span in sorted(_plan(calendar, day)[0]):
            opens = max(begins, _shown(zone, midnight + timedelta(minutes=span.begins)))
            closes = min(ends, _shown(zone, midnight + timedelta(minutes=span.ends) - SECOND, last=True) + 1)
            if merged and opens <= merged[-1].ends:
                opens, closes = merged[-1].begins, max(closes, merged.pop().ends)
            if opens < closes:
                merged.append(_Interval(opens, closes))
    if len(calendar._years) > YEARS_KEPT:
        calendar._years.clear()
    known = calendar._years[year] = tuple(merged)
    return known


def _shown(zone: ZoneInfo, wall: datetime, *, last: bool = False) -> float:
    """The first, or the last, second of UTC in which a clock shows this time.

    Where clocks are put forward over it: the first second behind the gap, or the last before it.
    """
    shown = wall.replace(tzinfo=zone, fold=last).timestamp()
    if datetime.fromtimestamp(shown, zone).replace(tzinfo=None) == wall:
        return shown
    before, after = (int(wall.replace(tzinfo=zone, fold=fold).timestamp()) for fold in (1, 0))
    gap = before + bisect_right(range(before, after), _offset(zone, before), key=lambda second: _offset(zone, second))
    return gap - last


def _offset(zone: ZoneInfo, second: float) -> timedelta:
    return datetime.fromtimestamp(second, zone).utcoffset() or timedelta()


# --- how hours are written ----------------------------------------------------------------------------------


def _parse_span(text: str) -> Span:
    match = re.fullmatch(r"(\d{1,2})[:：](\d{2})\s*[-–—~]\s*(\d{1,2})[:：](\d{2})", text)
    if not match:
        raise ValueError(f'"{text}" is not a span of hours such as 09:00-18:00, nor "closed"')
    hours = [int(part) for part in match.groups()]
    begins, ends = hours[0] * 60 + hours[1], hours[2] * 60 + hours[3]
    if hours[1] > 59 or hours[3] > 59 or begins >= DAY_MINUTES or ends > DAY_MINUTES:
        raise ValueError(f'"{text}" is not a time of day; hours go from 00:00 to 24:00')
    if begins == ends:
        raise ValueError(f'"{text}" is no time at all; a whole day is 00:00-24:00')
    if ends > begins:
        return Span(begins, ends)
    if ends > LATEST_MORNING:
        raise ValueError(f'"{text}" ends before it begins; a span over midnight may end at 12:00 at the latest')
    return Span(begins, ends + DAY_MINUTES)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
