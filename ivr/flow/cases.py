"""The cases of a `choose`: what is written behind `on`, and which values it is true of.

How a case is understood depends on the kind of the value it is compared with. `> 8` compares numbers, amounts, days and
times; `5-10` is a span of them; `+44*` is how a number begins, and `*` whatever it is; `sat, sun` are days of the week;
everything else is the value itself. What can be true of no value of this kind is refused with the reason.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from itertools import chain
from typing import Literal

from ivr.flow.vocabulary import FULL_NAMES, WEEKDAYS, ValueKind, weekdays

OTHERWISE = "else"

Scale = Literal["amount", "day", "minute"]
"""What a value is measured by: a number, days since the year 1, or minutes since midnight."""


@dataclass(frozen=True, slots=True)
class Exactly:
    """The value itself, in the form in which values of its kind are compared."""

    text: str


@dataclass(frozen=True, slots=True)
class Begins:
    text: str


@dataclass(frozen=True, slots=True)
class Between:
    """A span: None is no end. `least_counts` and `most_counts` say whether an end itself is inside."""

    scale: Scale
    least: Decimal | None
    most: Decimal | None
    least_counts: bool = True
    most_counts: bool = True
    currency: str = ""

    def holds(self, position: Decimal) -> bool:
        above = self.least is None or position > self.least or (self.least_counts and position == self.least)
        below = self.most is None or position < self.most or (self.most_counts and position == self.most)
        if self.least is not None and self.most is not None and self.least > self.most:
            return above or below  # over midnight
        return above and below


@dataclass(frozen=True, slots=True)
class OnWeekdays:
    """Days of the week; Monday is 0."""

    days: frozenset[int]


Case = Exactly | Begins | Between | OnWeekdays

_SCALES: Mapping[ValueKind, tuple[Scale, ...]] = {
    "number": ("amount",), "digits": ("amount",), "money": ("amount",), "duration": ("amount",),
    "date": ("day",), "time": ("minute",), "datetime": ("day", "minute"),
}  # fmt: skip
_BEGIN = frozenset[ValueKind](("words", "name", "digits", "phone", "account", "reference", "tail"))
"""Kinds of values that are read from left to right, so that a beginning says something."""
_COMPARED = re.compile(r"([<>]=?|=[<>]|[≤≥])\s*(.*)", re.DOTALL)
_SPAN = re.compile(r"(?P<least>.+?)\s*(?:\.\.|–|—|～|~|至|到|\bto\b)\s*(?P<most>.+)")
_HYPHEN = re.compile(r"(?P<least>[^-]+?)\s*-\s*(?P<most>[^-]+)")
_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")
_DURATION = re.compile(r"([0-9]+)\s*(s|secs?|seconds?|m|mins?|minutes?|h|hours?|d|days?)?")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@lru_cache(maxsize=1024)
def read_case(written: str, kind: ValueKind, today: date) -> Case:
    """What a case means for values of a kind; `today` is what the word means in dates.

    Raises ValueError for a case that can be true of no such value; the text says why, as the end of a sentence.
    """
    text = unicodedata.normalize("NFKC", written).strip()
    scales = _SCALES.get(kind, ())
    if compared := _COMPARED.fullmatch(text):
        return _comparison(compared[1], compared[2], kind, today)
    if text == "*":
        return Begins("")
    if text.endswith("*"):
        return _beginning(text[:-1].strip(), kind)
    if "day" in scales and (days := _weekdays(text)):
        return OnWeekdays(days)
    if scales and (span := _SPAN.fullmatch(text) or (_HYPHEN.fullmatch(text) if kind != "date" else None)):
        return _span(span["least"], span["most"], kind, today)
    return _exactly(text, kind, today)


def holds(case: Case, kind: ValueKind, text: str) -> bool:
    """Whether a case is true of a value, which is given in its canonical form."""
    match case:
        case Exactly(text=wanted):
            return _folded(text, kind) == wanted
        case Begins(text=wanted):
            return _folded(text, kind).startswith(wanted)
        case OnWeekdays(days=days):
            return date.fromisoformat(text[:10]).weekday() in days
        case Between(scale=scale, currency=currency):
            return currency in ("", text.rpartition(" ")[2]) and case.holds(_measured(text, kind, scale))


def taken(cases: Iterable[str], kind: ValueKind, text: str, today: date) -> str:
    """The first case that is true of a value, or `else`. A case that can never be true is not."""
    for written in cases:
        try:
            if written != OTHERWISE and holds(read_case(written, kind, today), kind, text):
                return written
        except (ValueError, ArithmeticError):  # of the case, or of a value that is not what its kind promises
            continue
    return OTHERWISE


def values_by_case(cases: Iterable[str], kind: ValueKind, today: date) -> dict[str, str]:
    """By case, and for `else`, a value in its canonical form that takes it; without the cases that none was found for.

    It is what an explorer or a test needs to walk every case.
    """
    cases = tuple(cases)
    found: dict[str, str] = {}
    understood = []
    for written in cases:
        try:
            understood += [] if written == OTHERWISE else [read_case(written, kind, today)]
        except ValueError:
            continue
    tried = chain.from_iterable(_tried(case, kind, today) for case in (*understood, *_ANYTHING.get(kind, ())))
    for text in tried:
        found.setdefault(taken(cases, kind, text, today), text)
    return {case: found[case] for case in (*cases, OTHERWISE) if case in found}


# --- reading ------------------------------------------------------------------------------------------------------


def _comparison(sign: str, operand: str, kind: ValueKind, today: date) -> Case:
    if kind not in _SCALES:
        raise ValueError(f'nothing of this kind is compared by "{sign}"')
    scale, position, currency = _operand(operand, kind, today)
    counts = any(mark in sign for mark in "=≤≥")
    if sign[0] in ">≥" or sign[1:] == ">":
        return Between(scale, position, None, least_counts=counts, currency=currency)
    return Between(scale, None, position, most_counts=counts, currency=currency)


def _span(least: str, most: str, kind: ValueKind, today: date) -> Case:
    scale, low, currency = _operand(least, kind, today)
    other, high, _ = _operand(most, kind, today)
    if scale != other:
        raise ValueError(f'"{least}" and "{most}" are not of one kind')
    if low > high and scale != "minute":
        raise ValueError(f'"{least}" comes after "{most}"')
    return Between(scale, low, high, most_counts=scale != "minute", currency=currency)


def _beginning(text: str, kind: ValueKind) -> Case:
    if kind not in _BEGIN:
        raise ValueError('nothing of this kind is known by its beginning; compare it, such as "> 8"')
    if kind == "phone" and not re.fullmatch(r"\+[0-9]+", text):
        raise ValueError("a phone number begins with + and the country code, such as +44*")
    return Begins(_folded(text, kind))


def _exactly(text: str, kind: ValueKind, today: date) -> Case:
    if kind in _SCALES and kind != "digits":
        scale, position, currency = _operand(text, kind, today)
        return Between(scale, position, position, currency=currency)
    if kind == "phone" and not re.fullmatch(r"\+[1-9][0-9]{6,14}", text):
        raise ValueError("a phone number is written with + and the country code, such as +8675512345678")
    if kind in ("digits", "account", "tail") and not re.fullmatch(r"[0-9]+", text):
        hint = ', or a comparison such as "> 8"' if kind == "digits" else ""
        raise ValueError(f"digits alone are expected{hint}")
    return Exactly(_folded(text, kind))


def _weekdays(text: str) -> frozenset[int]:
    """The days of the week that a text names; none for a text that names something else."""
    first = re.split(r"[\s,，、–—－~～-]", text.lower())[0]
    if first in (*WEEKDAYS, *FULL_NAMES) or re.match("周|星期|礼拜", text):
        return frozenset(weekdays(text))
    return frozenset()


def _operand(text: str, kind: ValueKind, today: date) -> tuple[Scale, Decimal, str]:
    """What a value is compared with: the scale, the place on it, and the currency of an amount if one is written."""
    try:
        match kind:
            case "money":
                amount, _, currency = text.partition(" ")
                return "amount", _decimal(amount), currency.strip().upper()
            case "duration" if found := _DURATION.fullmatch(text):
                return "amount", Decimal(int(found[1]) * _SECONDS[(found[2] or "s")[0]]), ""
            case "number" | "digits":
                return "amount", _decimal(text), ""
            case "date" | "datetime" if text.lower() in ("today", "今天"):
                return "day", Decimal(today.toordinal()), ""
            case "date" | "datetime" if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
                return "day", Decimal(date.fromisoformat(text).toordinal()), ""
            case "time" | "datetime" if re.fullmatch(r"[0-9]{1,2}:[0-9]{2}", text):
                return "minute", Decimal(_minutes(time.fromisoformat(text.zfill(5)))), ""
    except (ValueError, InvalidOperation):
        pass
    raise ValueError(f'"{text}" is none; expected {_EXPECTED[kind]}')


_EXPECTED: Mapping[ValueKind, str] = {
    "number": "a number such as 8", "digits": "digits such as 201", "money": "an amount such as 100 or 100 CNY",
    "duration": "a time span such as 5 min", "date": "a day such as 2026-12-24, today, or sat, sun",
    "time": "a time of day such as 18:00, or 09:00-12:00",
    "datetime": "a time of day such as 18:00, a day such as 2026-12-24, or sat, sun",
}  # fmt: skip


def _decimal(text: str) -> Decimal:
    plain = text.replace(",", "")
    if not _NUMBER.fullmatch(plain):
        raise ValueError(text)
    return Decimal(plain)


# --- values -------------------------------------------------------------------------------------------------------


def _folded(text: str, kind: ValueKind) -> str:
    """A text as it is compared: words in small letters, without the stop that a recogniser puts behind them."""
    return text.casefold().strip(" .,!?。，！？") if kind in ("words", "name") else text


def _measured(text: str, kind: ValueKind, scale: Scale) -> Decimal:
    match scale:
        case "day":
            return Decimal(date.fromisoformat(text[:10]).toordinal())
        case "minute":
            moment = time.fromisoformat(text) if kind == "time" else datetime.fromisoformat(text).time()
            return Decimal(_minutes(moment))
        case "amount":
            return Decimal(text.partition(" ")[0])


def _minutes(moment: time) -> int:
    return moment.hour * 60 + moment.minute


# --- values that take a case ----------------------------------------------------------------------------------------

_EVERYWHERE: Mapping[Scale, Between] = {scale: Between(scale, None, None) for scale in ("amount", "day", "minute")}
_ANYTHING: Mapping[ValueKind, tuple[Case, ...]] = {
    **{kind: tuple(_EVERYWHERE[scale] for scale in scales) for kind, scales in _SCALES.items()},
    "words": (Exactly("something else"),), "name": (Exactly("somebody else"),), "phone": (Begins("+86"), Begins("+44")),
    "account": (Begins("9"), Begins("1")), "reference": (Begins("9"), Begins("1")), "tail": (Begins("9"), Begins("1")),
}  # fmt: skip
"""What is tried for `else` besides what stands beside a case."""
_MOMENTS = (time(12), time(3), time(7, 30), time(10, 15), time(16), time(18, 30), time(21))


def _tried(case: Case, kind: ValueKind, today: date) -> Iterator[str]:
    """Values that a case may be true of, and those on both sides of it."""
    match case:
        case Exactly(text=text):
            yield text
            yield f"{text}0"
        case Begins(text=text):
            yield text + ("1380013800138"[: 14 - len(text)] if kind != "words" else " and more")
            yield f"{text}9"
        case OnWeekdays():
            week = [today + timedelta(days=ahead) for ahead in range(7)]
            yield from (_canonical(day, moment, kind) for day in week for moment in _MOMENTS)
        case Between(scale="amount"):
            ends = [end for end in (case.least, case.most) if end is not None] or [Decimal(0), Decimal(1_000_000)]
            near_ends = (end + step for end in ends for step in (-1, 1))
            for place in sorted({*ends, *near_ends, sum(ends, Decimal(0)) / len(ends)}):
                whole = place.to_integral_value() if kind in ("digits", "duration") else place
                if whole >= 0:
                    yield f"{whole} {case.currency or 'CNY'}" if kind == "money" else f"{whole:f}"
        case Between(scale="day"):
            days = [date.fromordinal(int(end)) for end in (case.least, case.most) if end is not None] or [today]
            near = [day + timedelta(days=step) for day in days for step in (0, -1, 1, 400, -400)]
            yield from (_canonical(day, moment, kind) for day in near for moment in _MOMENTS)
        case Between(scale="minute"):
            minutes = [int(end) for end in (case.least, case.most) if end is not None] or [0, 720]
            near_minutes = ((minute + step) % 1440 for minute in minutes for step in (0, -1, 1, 720))
            yield from (_canonical(today, time(*divmod(minute, 60)), kind) for minute in near_minutes)


def _canonical(day: date, moment: time, kind: ValueKind) -> str:
    match kind:
        case "date":
            return day.isoformat()
        case "time":
            return f"{moment:%H:%M}"
        case _:
            return f"{datetime.combine(day, moment).isoformat()}+00:00"
