"""Turns written hours into calendars, and finds what is wrong with them, with its place."""

import re
from collections.abc import Iterator
from datetime import date
from zoneinfo import ZoneInfo, available_timezones

from ivr.call.calendar import Calendar, Day, Span, calendar_warnings, ever_opens, overlap, parse_spans
from ivr.call.holiday_source import country_problem
from ivr.config.places import KeyPath, Places
from ivr.config.settings import HoursSettings
from ivr.flow.issues import Issue, Place, Severity, did_you_mean
from ivr.flow.model import Text
from ivr.flow.vocabulary import WEEKDAYS, weekdays

DAY_MINUTES = 1440

OTHER_NAMES = {"asia/beijing": "Asia/Shanghai", "beijing": "Asia/Shanghai", "utc+8": "Asia/Shanghai"}
"""What people write for a zone that has another name."""


def zone_problem(name: str) -> str:
    """Why this is no time zone, with the zone that was probably meant; "" for a time zone."""
    try:
        ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        other = OTHER_NAMES.get(name.lower().replace("gmt", "utc").replace(" ", "_"))
        near = f'; did you mean "{other}"?' if other else did_you_mean(name, available_timezones())
        return f'"{name}" is not a time zone{near or "; expected a name such as Asia/Shanghai"}'
    return ""


class CalendarReader:
    def __init__(self, name: str, hours: HoursSettings, places: Places) -> None:
        self.name = name
        self.hours = hours
        self.places = places
        self.issues: list[Issue] = []

    def read(self, zone: str, today: date) -> Calendar | None:
        """The calendar, or None when it can not be used. `zone` is the hotline's; `today` decides on warnings."""
        hours = self.hours
        if hours.time_zone and (problem := zone_problem(hours.time_zone)):
            self._error("unknown-zone", problem, self._value("time_zone"))
        if hours.holidays and (problem := country_problem(hours.holidays)):
            self._error("unknown-country", problem, self._value("holidays"))
        worked = hours.worked_weekend_hours
        calendar = Calendar(
            name=self.name,
            time_zone=hours.time_zone or zone,
            weekly=self._weekly(),
            holidays=hours.holidays,
            working_days=hours.working_days,
            worked_weekend_hours=None if worked is None else self._spans(worked, "worked_weekend_hours"),
            days=dict(self._days()),
            by_hand=frozenset(hours.by_hand),
            unknown=hours.unknown,
            doc=hours.doc,
        )
        if self.issues:
            return None
        if not ever_opens(calendar, today):
            message = "this calendar never opens; write its hours under weekly, such as {mon-fri: 09:00-18:00}"
            self.issues.append(Issue("never-opens", message, self.places.key(*self._path()), Severity.WARNING))
        for warning in calendar_warnings(calendar, today):
            place = self.places.value("calendars", self.name, "holidays")
            self.issues.append(Issue("no-holiday-list", warning, place, Severity.WARNING))
        return calendar

    def _weekly(self) -> tuple[tuple[Span, ...], ...]:
        week: list[tuple[Span, ...]] = [()] * 7
        written: dict[int, str] = {}
        for key, texts in self.hours.weekly.items():
            spans = self._spans(texts, "weekly", key)
            try:
                days = weekdays(key)
            except ValueError as problem:
                self._error("bad-weekday", str(problem), self.places.key(*self._path("weekly", key)))
                continue
            for day in days:
                if day in written:
                    message = f'{WEEKDAYS[day]} is written under "{written[day]}" and again here; keep one of them'
                    self._error("day-twice", message, self.places.key(*self._path("weekly", key)))
                    break
                written[day] = key
                week[day] = spans
        for day, spans in enumerate(week):
            over = tuple(Span(0, span.ends - DAY_MINUTES) for span in spans if span.ends > DAY_MINUTES)
            following = (day + 1) % 7
            if over and (clash := overlap((*over, *week[following]))):
                message = (
                    f"the hours of {WEEKDAYS[day]} run over midnight into {clash[1]} of {WEEKDAYS[following]}; "
                    "end the first or begin the second where the other one stops"
                )
                self._error("overlap", message, self._value("weekly", written[day]))
                break
        return tuple(week)

    def _days(self) -> Iterator[tuple[date, Day]]:
        for key, single in self.hours.days.items():
            spans = self._spans(single.hours, "days", key, "hours")
            if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", key):
                self._bad_date(key, _date_meant(key))
                continue
            try:
                day = date.fromisoformat(key)
            except ValueError:
                self._bad_date(key, "there is no such day")
                continue
            yield day, Day(spans, plain_texts(single.name))

    def _bad_date(self, key: str, why: str) -> None:
        self._error("bad-date", f'"{key}" is not a date; {why}', self.places.key(*self._path("days", key)))

    def _spans(self, texts: tuple[str, ...], *path: str) -> tuple[Span, ...]:
        try:
            return parse_spans(", ".join(texts) or "closed")
        except ValueError as problem:
            short = path[:-1] if path[-1] == "hours" and not self.places.is_written(*self._path(*path)) else path
            self._error("bad-hours", str(problem), self._value(*short))
            return ()

    def _path(self, *path: str) -> KeyPath:
        return ("calendars", self.name, *path)

    def _value(self, *path: str) -> Place:
        return self.places.value(*self._path(*path))

    def _error(self, rule: str, message: str, place: Place) -> None:
        self.issues.append(Issue(rule, message, place))


def _date_meant(text: str) -> str:
    """What to write instead of a date that is wrong, as half a sentence."""
    found = re.findall(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})", text)
    if len(found) > 1:
        return "write a line for each day"
    if not found:
        return "expected a date such as 2026-12-24"
    year, month, day = map(int, found[0])
    return f'did you mean "{year}-{month:02}-{day:02}"?'


def plain_texts(text: Text | None) -> dict[str, str]:
    """The sentences as they were written, by language."""
    return {code: sentence.source for code, sentence in text.sentences.items()} if text else {}
