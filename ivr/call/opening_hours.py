"""The hours of a week as a sentence says them: "Monday to Friday, 9 AM to 6 PM". Single dates are not in it."""

from __future__ import annotations

from datetime import time
from itertools import groupby

from ivr.call.calendar import DAY_MINUTES, Calendar
from ivr.call.languages import LANGUAGES
from ivr.call.languages.language import WeekHours
from ivr.call.values import Value


def opening_hours(calendar: Calendar, language: str) -> Value:
    """When the calendar opens in an ordinary week, in words of this language; in the calendar's own time zone."""
    days = enumerate(calendar.weekly)
    runs = [(spans, [day for day, _ in run]) for spans, run in groupby(days, key=lambda day: day[1])]
    week: WeekHours = [
        (run[0], run[-1], [(_clock(span.begins), _clock(span.ends)) for span in spans]) for spans, run in runs if spans
    ]
    return Value("words", LANGUAGES[language].phrases.opening_hours(week, bool(calendar.holidays)))


def _clock(minutes: int) -> time:
    return time(*divmod(minutes % DAY_MINUTES, 60))
