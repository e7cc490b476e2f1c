"""What a language needs for listening, and what all share: which part of an utterance counts, which day is meant."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from decimal import Decimal
from typing import TypeVar


@dataclass(frozen=True, kw_only=True, eq=False)
class Hearing:
    """How a language is listened to. Words are handed in as `normal` has made them; unknown ones give None.

    Compared by identity, as its language is.
    """

    normal: Callable[[str], str]
    """Recognised words made comparable."""
    digits: Callable[[str], str | None]
    """Digits said one by one, with nothing but an introduction around them: "three zero zero" is 300."""
    number: Callable[[str], Decimal | None]
    """A quantity: "a hundred and five" is 105."""
    amount: Callable[[str], tuple[Decimal, str] | None]
    """An amount and its currency code, the latter empty when the caller named none."""
    date: Callable[[str, Standpoint], date | None]
    """A day, as seen from today."""
    time: Callable[[str], time | None]
    parts: Sequence[tuple[re.Pattern[str], int]] = ()
    """What parts of a day are called, and the hour that is meant where one is said for a time: "Thursday afternoon"."""
    unfit: re.Pattern[str] = re.compile("(?!)")
    """Times that are said because they do not suit, with the words that say so: "Monday is no good"."""
    from_then: re.Pattern[str] = re.compile("(?!)")
    """What makes of a time any from it on: "after" six."""
    agreement: Callable[[str], bool | None]
    """Yes, no, or neither (also: both)."""
    content: Callable[[str], tuple[str, ...]]
    """The words that carry meaning, in order: without articles, "I want", "service" and the like."""
    stem: Callable[[str], str]
    """A word without its endings: "refunded" is "refund"."""
    needs: Callable[..., tuple[str, ...]]
    """`Turns.needs`: the parts of an utterance that count, one for each thing that is wanted."""
    joins: re.Pattern[str] = re.compile("(?!)")
    """What may stand between two needs, and in one need as well: "then". Both sides have to be needs by themselves."""
    lacking: re.Pattern[str] = re.compile("(?!)")
    """Words of callers who do not speak the language that they name: "my English is bad"."""
    missing: re.Pattern[str] = re.compile("(?!)")
    """What callers say who do not have, or know, what they are asked for: "I forgot"."""
    which: re.Pattern[str] = re.compile("(?!)")
    """What callers say who ask back what they are asked for: "which number"."""
    instead_of: Mapping[str, re.Pattern[str]] = field(default_factory=dict)
    """By factor of an identification, what callers say there who mean the other: "use my PIN", "my number changed"."""
    resend: re.Pattern[str] = re.compile("(?!)")
    """What asks for a texted code once more, or tells that it has not come."""
    why: re.Pattern[str] = re.compile("(?!)")
    """What asks, where a secret is wanted, what that is and what for; or whether it is the hotline that wants it."""
    own_number: re.Pattern[str] = re.compile("(?!)")
    """What callers say who mean the number that they are calling from."""
    papers: re.Pattern[str] = re.compile("(?!)")
    """What asks which papers are wanted, and where to."""
    question: re.Pattern[str] = re.compile("(?!)")
    """What asks for more about something that was told: "how long", "do I"."""
    callback: re.Pattern[str] = re.compile("(?!)")
    """What asks to be called, and does not tell of a call: "call me at three", not "you never called me back"."""
    moment: re.Pattern[str] = re.compile("(?!)")
    """What callers say who will answer soon: "hold on"."""
    refusal: re.Pattern[str] = re.compile("(?!)")
    """What is not wanted, with the words that say so: "do not freeze"."""
    no_key: re.Pattern[str] = re.compile("(?!)")
    """Where a number in the words is no key of a telephone: "I am nine"."""
    place: Callable[[str], int | None] = lambda heard: None
    """Which of the choices read out is all that is meant, counted from 0; -1 is the last: "the second one"."""
    greeting: re.Pattern[str] = re.compile("(?!)")
    """All of an utterance that only greets, is polite, or says nothing: "hello", "thanks", "um"."""
    shortest: int
    """Characters of the shortest part of an utterance that says something by itself."""
    asks: Mapping[str, tuple[str, ...]]
    """What callers say who want what a key does everywhere (`flow.model.ACTIONS`), or only ask (`QUESTIONS`)."""
    in_order: bool
    """Whether words match a label only side by side (a language written without spaces), or in any order."""


@dataclass(frozen=True, slots=True)
class Turns:
    """How speakers of a language turn in the middle of a sentence. Patterns for words normalised by `normal`."""

    taken_back: re.Pattern[str]
    """Up to here somebody said something by mistake: "a refund no wait"."""
    not_wanted: re.Pattern[str]
    """What is not meant, up to what is: "its not about a refund its"."""
    and_also: re.Pattern[str]
    """Between two needs: "and also"."""
    least: int
    """Characters that still say something. What is shorter is not a part of its own."""

    def needs(self, heard: str, least: int | None = None) -> tuple[str, ...]:
        """The parts that count, one for each need, in the order said; the whole if nothing would be left.

        What somebody took back, or does not want, is gone, and so are parts of fewer than `least` characters.
        """
        kept = self._after(self.taken_back, heard)
        kept = self._after(self.not_wanted, kept)
        parts = tuple(part.strip() for part in self.and_also.split(kept) if len(part.strip()) >= (least or self.least))
        return parts or (kept,)

    def _after(self, turn: re.Pattern[str], heard: str) -> str:
        """The words without those up to the last such turn after which enough is left."""
        found = [each for each in turn.finditer(heard) if len(heard) - each.end() >= self.least]
        if not found:
            return heard
        before = heard[: found[0].start()] if turn is self.not_wanted else ""
        return f"{before} {heard[found[-1].end() :]}".strip()


_Value = TypeVar("_Value")


def latest(read: Callable[[str], _Value | None], pieces: Sequence[str]) -> _Value | None:
    """What the last piece that says anything is read as. Pieces are what is said between corrections."""
    return next((value for piece in reversed(pieces) if (value := read(piece)) is not None), None)


def months_before(day: date, months: int) -> date | None:
    """The same day of an earlier month, if it has one."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return real(year, month + 1, day.day)


def last_of_month(year: int, month: int) -> date:
    return date(year, month, monthrange(year, month)[1])


# --- days: most callers speak of what has happened, so a day without a year is the latest one -------------------


def real(year: int, month: int, day: int) -> date | None:
    """The date, if there is such a day between 1900 and 2199."""
    try:
        return date(year, month, day) if 1900 <= year < 2200 else None
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Standpoint:
    """From where a day is seen: today, looking back on what has happened, or `ahead` to what is to come."""

    today: date
    ahead: bool = False

    def of_year(self, month: int, day: int) -> date | None:
        """The nearest such day in the direction looked, today included; 29 February may be seven years off."""
        return self._nearest(real(self.today.year + step, month, day) for step in self._steps(9))

    def of_month(self, day: int) -> date | None:
        """The nearest day with this number in its month."""
        months = (divmod(self.today.year * 12 + self.today.month - 1 + step, 12) for step in self._steps(3))
        return self._nearest(real(year, month + 1, day) for year, month in months)

    def of_week(self, weekday: int) -> date:
        """The nearest such weekday (Monday is 0)."""
        days = (weekday - self.today.weekday()) % 7
        return self.today + timedelta(days=days if self.ahead or not days else days - 7)

    def of_name(self, day: Callable[[int], date | None], year: int | None) -> date | None:
        """A day that has a name (`named_days`), of that year or the nearest."""
        years = [year] if year else [self.today.year + step for step in self._steps(3)]
        days = (day(each) for each in years if 1900 <= each < 2200)
        return next(days, None) if year else self._nearest(days)

    def _steps(self, count: int) -> range:
        return range(count) if self.ahead else range(0, -count, -1)

    def _nearest(self, days: Iterable[date | None]) -> date | None:
        return next((day for day in days if day and (day >= self.today if self.ahead else day <= self.today)), None)


def in_week(weekday: int, weeks: int, today: date) -> date:
    """A weekday of the week so many weeks from this one; weeks begin on Monday."""
    return today + timedelta(days=weekday - today.weekday() + 7 * weeks)


def of_day(hour: int, minute: int, afternoon: bool | None) -> time | None:
    """A time as said: in the afternoon or evening (true), before noon (false), or without either.

    Without either, one to six o'clock is taken for the afternoon: nobody asks to be rung at three in the morning.
    """
    if afternoon and hour < 12:
        hour += 12
    elif afternoon is False and hour == 12:
        hour = 0
    elif afternoon is None and 1 <= hour <= 6:
        hour += 12
    return time(hour, minute) if hour < 24 and minute < 60 else None
