"""Opening hours worked out the slow way, minute by minute, from plain tables. Shares nothing with the product.

Every minute of the wall clock on which the line is open is put into one set; then each minute of UTC looks up
what the wall clock shows. The holidays are copied by hand from the notices and laws named beside them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def days(text: str) -> set[date]:
    """`2026-10-01..2026-10-07 2026-01-01` as a set of dates."""
    found = set()
    for part in text.split():
        first, _, last = part.partition("..")
        day, end = date.fromisoformat(first), date.fromisoformat(last or first)
        while day <= end:
            found.add(day)
            day += timedelta(days=1)
    return found


# Notices of the General Office of the State Council of 12 November 2024 and of 4 November 2025.
CHINA_OFF = days(
    "2025-01-01 2025-01-28..2025-02-04 2025-04-04..2025-04-06 2025-05-01..2025-05-05 2025-05-31..2025-06-02"
    " 2025-10-01..2025-10-08"
    " 2026-01-01..2026-01-03 2026-02-15..2026-02-23 2026-04-04..2026-04-06 2026-05-01..2026-05-05"
    " 2026-06-19..2026-06-21 2026-09-25..2026-09-27 2026-10-01..2026-10-07"
)
CHINA_WORKED = days(
    "2025-01-26 2025-02-08 2025-04-27 2025-09-28 2025-10-11"
    " 2026-01-04 2026-02-14 2026-02-28 2026-05-09 2026-09-20 2026-10-10"
)
# 5 U.S.C. 6103; 4 July 2026 is a Saturday and is kept on the Friday before.
AMERICA_OFF = days(
    "2026-01-01 2026-01-19 2026-02-16 2026-05-25 2026-06-19 2026-07-03 2026-07-04 2026-09-07 2026-10-12 2026-11-11"
    " 2026-11-26 2026-12-25 2027-01-01"
)
# The nine days that are a holiday in every German state.
GERMANY_OFF = days(
    "2026-01-01 2026-04-03 2026-04-06 2026-05-01 2026-05-14 2026-05-25 2026-10-03 2026-12-25 2026-12-26 2027-01-01"
)


@dataclass
class Slow:
    """`week`: hours per weekday name; `special`: hours of single days; both as lists of "HH:MM-HH:MM"."""

    zone: str
    week: dict[str, list[str]]
    first: datetime
    last: datetime
    off: set[date] = field(default_factory=set)
    worked: set[date] = field(default_factory=set)
    special: dict[date, list[str]] = field(default_factory=dict)
    emergencies: list[tuple[datetime, datetime]] = field(default_factory=list)

    @property
    def minutes(self) -> int:
        return int((self.last - self.first) / MINUTE)

    @cached_property
    def open(self) -> list[bool]:
        """By minute since the first, whether it is open. Counted when a test asks, not when tests are collected."""
        found: list[bool] = []
        wall = self._open_on_the_wall()
        zone = ZoneInfo(self.zone)
        shown_first: dict[datetime, int] = {}
        for index in range(self.minutes):
            moment = self.first + index * MINUTE
            shown = moment.astimezone(zone).replace(tzinfo=None, fold=0)
            found.append(shown in wall)
            first = shown_first.setdefault(shown, index)
            if first < index and shown in wall:  # the watch has shown this minute before: open all through
                found[first:] = [True] * (len(found) - first)
        for index in range(self.minutes):
            found[index] &= not self._in_emergency(self.first + index * MINUTE)
        return found

    def _in_emergency(self, moment: datetime) -> bool:
        return any(since <= moment < until for since, until in self.emergencies)

    def _open_on_the_wall(self) -> set[datetime]:
        wall = set()
        day = self.first.date() - timedelta(days=3)
        while day <= self.last.date() + timedelta(days=3):
            midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - the wall clock has no zone
            for text in self.hours(day):
                begin, end = (int(clock[:2]) * 60 + int(clock[3:]) for clock in text.split("-"))
                if end <= begin:
                    end += 24 * 60
                wall |= {midnight + minute * MINUTE for minute in range(begin, end)}
            day += timedelta(days=1)
        return wall

    def hours(self, day: date) -> list[str]:
        if day in self.special:
            return self.special[day]
        if day in self.off:
            return []
        return self.week.get("mon" if day in self.worked else WEEKDAYS[day.weekday()], [])

    def state(self, moment: datetime) -> str:
        if self._in_emergency(moment):
            return "emergency"
        if self.open[self._index(moment)]:
            return "open"
        day = moment.astimezone(ZoneInfo(self.zone)).date()
        if day in self.special:
            return "closed" if self.special[day] else "holiday"
        return "holiday" if day in self.off else "closed"

    def until(self, moment: datetime) -> datetime | None:
        """When the open period of `moment` ends; None when it is not open."""
        index = self._index(moment)
        if not self.open[index]:
            return None
        while self.open[index]:
            index += 1
        return self.first + index * MINUTE

    def next_opening(self, moment: datetime) -> datetime:
        """The next minute that is open after one that is not. IndexError when the window is too short."""
        index = self._index(moment)
        while self.open[index]:
            index += 1
        while not self.open[index]:
            index += 1
        return self.first + index * MINUTE

    def edges(self) -> list[datetime]:
        """The minutes at which the line opens or closes."""
        return [
            self.first + index * MINUTE
            for index in range(1, self.minutes)
            if self.open[index] is not self.open[index - 1]
        ]

    def _index(self, moment: datetime) -> int:
        return int((moment.astimezone(UTC) - self.first) / MINUTE)
