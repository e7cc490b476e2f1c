"""Conditions under which calls are explored: open, closed, holiday, emergency, no agents, full, notices on.

A condition is a moment at which the calendars say something, and what a support lead has switched. The moments are
searched for in the calendars of the hotline, from a given day on, so that a replay can be made at that very time.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from ivr.call.calendar import Calendar, Closure, opening
from ivr.call.turn import Edition, Notice, World
from ivr.flow.model import NOW, Hours, Notices, Queue
from ivr.testing.explorer.branches import branches_of

DAYS_SEARCHED = 400
"""A little more than a year, so that every holiday comes once."""
HOURS_SEARCHED = 8 * 24
MOST_MOMENTS = 12
"""Combinations of what calendars say that are tried; a hotline with more has too many calendars to explore them all."""
CANARY_NOTICE = {"zh": "系统今晚维护。", "en": "There is maintenance tonight."}


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition, with a name for people. `now` is aware.

    `state`: what the calendars say, by name. `emergency`: all calendars are closed by hand.
    """

    name: str
    now: datetime
    state: Mapping[str, str]
    emergency: bool = False
    notices: bool = False
    unstaffed: frozenset[str] = frozenset()
    crowded: frozenset[str] = frozenset()

    def world(self) -> World:
        closures = (Closure("all", {"zh": "系统故障", "en": "an outage"}, self.now - timedelta(hours=1)),)
        return World(
            self.now,
            lambda: "7000001",  # always the same: two calls that differ by a number only are one call here
            notices=(Notice("explored", CANARY_NOTICE),) if self.notices else (),
            closures=closures if self.emergency else (),
            unstaffed=self.unstaffed,
            crowded=self.crowded,
        )


def conditions(edition: Edition, start: datetime) -> tuple[Condition, ...]:
    """The conditions worth telling apart for these flows, the ordinary one first. `start` is aware."""
    asked = _calendars(edition)
    moments = list(_moments(asked, start))
    first = moments[0]
    found = [Condition(_name(state), now, state) for now, state in moments]
    if asked:
        found.append(Condition("emergency", first[0], dict.fromkeys(asked, "emergency"), emergency=True))
    queues = frozenset(step.queue for step in edition.flows.steps() if isinstance(step, Queue))
    if queues:
        found.append(Condition("nobody there", first[0], first[1], unstaffed=queues))
        found.append(Condition("queues full", first[0], first[1], crowded=queues))
    for moment in _branching_moments(edition, first[0]):
        state = {name: str(opening(calendar, moment).state) for name, calendar in asked.items()}
        found.append(Condition(f"{moment:%A %H:%M}", moment, state))
    if any(isinstance(step, Notices) for step in edition.flows.steps()):
        found.append(Condition("a notice on", first[0], first[1], notices=True))
    return tuple(found)


def _branching_moments(edition: Edition, start: datetime) -> Iterator[datetime]:
    """Moments at which each case of a `choose` is taken that looks at the moment, or at the day of the call."""
    branches, zone = branches_of(edition.flows), edition.time_zone
    today = start.astimezone(zone).date()
    for text in branches.texts(NOW, "datetime", today):
        yield datetime.fromisoformat(text).replace(tzinfo=zone)
    for text in branches.texts("today", "date", today):
        yield datetime.combine(date.fromisoformat(text), start.timetz())


def _calendars(edition: Edition) -> dict[str, Calendar]:
    """The calendars that flows ask, and those that decide when somebody can ring back."""
    named = {step.hours for step in edition.flows.steps() if isinstance(step, Hours)}
    asked = {name: edition.calendars[name] for name in sorted(named) if name in edition.calendars}
    return asked | {each.name: each for each in edition.queue_calendars.values() if each.name in edition.calendars}


def _moments(calendars: Mapping[str, Calendar], start: datetime) -> Iterator[tuple[datetime, dict[str, str]]]:
    """A moment for each combination of what the calendars say; one with the most of them open comes first."""
    found: dict[tuple[str, ...], datetime] = {}
    hour = start.replace(minute=0, second=0, microsecond=0)
    for moment in _probes(hour):
        state = tuple(str(opening(calendar, moment).state) for calendar in calendars.values())
        if state not in found and len(found) < MOST_MOMENTS:
            found[state] = moment
    ranked = sorted(found.items(), key=lambda pair: (-pair[0].count("open"), pair[0].count("holiday"), pair[1]))
    for state, moment in ranked:
        yield moment, dict(zip(calendars, state, strict=True))


def _probes(start: datetime) -> Iterator[datetime]:
    """Every hour of a week, then two hours of every day of a year."""
    yield from (start + timedelta(hours=hour) for hour in range(HOURS_SEARCHED))
    for day in range(HOURS_SEARCHED // 24, DAYS_SEARCHED):
        yield start + timedelta(days=day)
        yield start + timedelta(days=day, hours=11)


def _name(state: Mapping[str, str]) -> str:
    kinds = set(state.values())
    if len(kinds) <= 1:
        return next(iter(kinds), "open")
    return ", ".join(f"{name} {told}" for name, told in state.items())
