"""Listening to English: days, times, and what matters in a wish. All functions take `normal` words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, time, timedelta
from decimal import Decimal

from babel.dates import get_day_names, get_month_names

from ivr.call.languages.asks import asks
from ivr.call.languages.en_agreement import yes_or_no
from ivr.call.languages.en_numbers import ABOUT, TENS, amount, digits, meant, number, number_of, tokens_of, words_of
from ivr.call.languages.en_turns import TURNS
from ivr.call.languages.hearing import (
    Hearing,
    Standpoint,
    in_week,
    latest,
    of_day,
    real,
)

_ORDINALS = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9,
    "tenth": 10, "eleventh": 11, "twelfth": 12, "thirteenth": 13, "fourteenth": 14, "fifteenth": 15, "sixteenth": 16,
    "seventeenth": 17, "eighteenth": 18, "nineteenth": 19, "twentieth": 20, "thirtieth": 30,
}  # fmt: skip

# --- days and times -------------------------------------------------------------------------------------------

_MONTHS = {
    name.lower().rstrip("."): month
    for width in ("wide", "abbreviated")
    for month, name in get_month_names(width, locale="en").items()
} | {"sept": 9}
_WEEKDAYS = {
    name.lower(): weekday
    for width in ("wide", "abbreviated")
    for weekday, name in get_day_names(width, locale="en").items()
}
_RELATIVE = (
    ("day before yesterday", -2), ("day after tomorrow", 2), ("yesterday", -1), ("last night", -1), ("tomorrow", 1),
    ("today", 0), ("this morning", 0), ("tonight", 0),
)  # fmt: skip
_ISO = re.compile(r"\b([0-9]{4})[-/]?([0-9]{2})[-/]?([0-9]{2})\b")
_SLASHED = re.compile(r"\b([0-9]{1,2})/([0-9]{1,2})(?:/([0-9]{4}))?\b")
_AGO = re.compile(r"\b(.+) (day|week)s? ago\b")


def heard_date(words: str, seen: Standpoint) -> date | None:
    """today, 3 days ago, last Monday, November 25th, the 25th, 11/25/2026 (month first); no year: the nearest.

    The first kind of date that is found in the words decides: they are then read as that kind or not at all.
    """
    tokens = tokens_of(words)
    text = " ".join(tokens)
    if found := _ISO.search(text):
        return real(int(found[1]), int(found[2]), int(found[3]))
    if found := _SLASHED.search(text):
        month, number = int(found[1]), int(found[2])
        return real(int(found[3]), month, number) if found[3] else seen.of_year(month, number)
    if months := [at for at, word in enumerate(tokens) if word in _MONTHS]:
        return _in_month(tokens, months[0], seen) if len(months) == 1 else None
    if relative := _relative(text):
        return seen.today + timedelta(days=relative.pop()) if len(relative) == 1 else None
    if found := _AGO.search(text):
        return _days_ago(found[1], found[2], seen.today)
    weekdays = [word for word in tokens if word in _WEEKDAYS]
    if len(weekdays) == 1:
        return _on_weekday(_WEEKDAYS[weekdays[0]], tokens, seen)
    return _number_of_month(text, seen)


def _days_ago(count: str, unit: str, today: date) -> date | None:
    number = number_of(["one" if word in ("a", "an") else word for word in count.split() if word not in ABOUT])
    if number is None or number >= 4000:
        return None
    return today - timedelta(days=int(number) * (7 if unit == "week" else 1))


def _on_weekday(weekday: int, tokens: Sequence[str], seen: Standpoint) -> date:
    if "next" in tokens:
        return in_week(weekday, 1, seen.today)
    if "last week" in " ".join(tokens):
        return in_week(weekday, -1, seen.today)
    if "last" in tokens:  # said on a Monday, "last Monday" is a week ago; on other days the latest one
        return Standpoint(seen.today - timedelta(days=1)).of_week(weekday)
    return seen.of_week(weekday)


def _number_of_month(text: str, seen: Standpoint) -> date | None:
    """the 25th, the 25th of last month; a bare number is no date."""
    named = text.replace("last month", "")
    number = _day_number([word for word in named.split() if word not in _NEAR_DAYS])
    if not number or not re.search("th\\b|st\\b|nd\\b|rd\\b", named):
        return None
    if "last month" in text:
        before = seen.today.replace(day=1) - timedelta(days=1)
        return real(before.year, before.month, number)
    return seen.of_month(number)


_NEAR_DAYS = words_of("the on of it was is its this month")


def _relative(text: str) -> set[int]:
    """How many days from today the words for days mean, each once: yesterday is -1."""
    found: set[int] = set()
    for phrase, days in _RELATIVE:  # longer ones first
        if phrase in text:
            found.add(days)
            text = text.replace(phrase, "")
    return found


def _in_month(tokens: list[str], at: int, seen: Standpoint) -> date | None:
    before = [word for word in tokens[:at] if word not in _NEAR_DAYS and word not in _WEEKDAYS]
    after = [word for word in tokens[at + 1 :] if word not in _NEAR_DAYS]
    after, year = _year(after, seen.today)
    number = _day_number(after) if after else _day_number(before)
    if number is None:
        return None
    month = _MONTHS[tokens[at]]
    return real(year, month, number) if year else seen.of_year(month, number)


def _year(tokens: list[str], today: date) -> tuple[list[str], int | None]:
    """The year at the end of a date, and what stands before it: 2026, twenty twenty six, last year."""
    if tokens and re.fullmatch("[0-9]{4}", tokens[-1]):
        return tokens[:-1], int(tokens[-1])
    if tokens[-2:] in (["last", "year"], ["this", "year"]):
        return tokens[:-2], today.year - (tokens[-2] == "last")
    if tokens[-1:] == ["year"]:  # "this" is passed over before
        return tokens[:-1], today.year
    for size in (5, 4, 3, 2):
        before, said = tokens[:-size], [word for word in tokens[-size:] if word != "and"]
        if not before or len(tokens) < size:
            continue
        rest = number_of(said[2:]) if said[:2] == ["two", "thousand"] else None
        if said[0] == "twenty" and (since := number_of(said[1:])) is not None and since >= 10:
            rest = since
        if rest is not None and rest < 100:
            return before, 2000 + int(rest)
    return tokens, None


def _day_number(tokens: Sequence[str]) -> int | None:
    if len(tokens) == 1 and (found := re.fullmatch("([0-9]{1,2})(?:st|nd|rd|th)?", tokens[0])):
        return int(found[1])
    if len(tokens) == 2 and tokens[0] in TENS and tokens[1] in _ORDINALS:
        return TENS[tokens[0]] + _ORDINALS[tokens[1]]
    if len(tokens) == 1 and tokens[0] in _ORDINALS:
        return _ORDINALS[tokens[0]]
    value = number_of(tokens)
    return int(value) if value is not None and value < 32 else None


_PARTS = {
    "pm": True, "afternoon": True, "arvo": True, "evening": True, "night": True, "tonight": True, "am": False,
    "morning": False,
}  # fmt: skip
_PART = re.compile(rf"(?<![a-z])({'|'.join(_PARTS)})\b")
_NEAR_TIMES = words_of(
    "at in the around about please oclock o clock it its was is past for today tomorrow yesterday on ish like i think "
    "sharp dot exactly roughly maybe say just approximately so a bit my i reckon guess believe said me yeah yes "
    "well thanks"
)
_HOURS = r"(?=one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|[0-9])"
_RESPOKEN = (
    (r"([0-9])([ap]m)\b", r"\1 \2"), (r"\b([0-9]+)ish\b", r"\1"), (r"\bor so\b", ""),
    (r"\b(?:twelve|12) (?:oclock )?(?=noon|midday|midnight)", ""), (r"\b(?:high )?(?:noon|midday)\b", "twelve pm"),
    (r"\bmidnight\b", "twelve am"), (rf"\bhalf {_HOURS}", "half past "),
    (rf"\b(quarter|five|ten|twenty) of {_HOURS}", r"\1 to "),
    (r"\b([0-9]{2})([0-9]{2}) hours\b", r"\1:\2"),
)  # fmt: skip


def heard_time(words: str) -> time | None:
    """6 pm, half past six, half six, quarter to nine, six thirty in the evening, noon, 18:00, fourteen hundred hours.

    "Eight pm, no, nine" is 21:00.
    """
    pieces = meant(words)
    part = next((found[1] for piece in pieces if (found := _PART.search(piece))), "")
    return latest(lambda piece: _time(piece, part), pieces)


def _time(text: str, part: str) -> time | None:
    """The time in a text; the `part` of the day is that of a text which names none."""
    for spoken, plainer in _RESPOKEN:
        text = re.sub(spoken, plainer, text)
    tokens = text.split()
    parts = [word for word in tokens if word in _PARTS] or [part] * bool(part)
    if len({_PARTS[word] for word in parts}) > 1:
        return None
    rest = [word for word in tokens if word not in _PARTS]
    offset, rest = _offset(rest)
    if offset is None:
        return None
    rest = [word for word in rest if word not in _NEAR_TIMES and word not in _WEEKDAYS]
    found = _hour_and_minute(rest)
    if not found:
        return None
    hour, minute, exact = found
    if exact and not parts:
        return time(hour % 24, minute) if hour <= 24 and minute < 60 else None
    if parts and parts[0] == "night" and hour in (12, 1, 2, 3, 4):  # one at night is one in the morning
        parts = ["am"]
    if parts and parts[0] == "morning" and hour == 12 and offset < 0:  # five to twelve in the morning
        parts = []
    said = of_day(hour, minute, _PARTS[parts[0]] if parts else None)
    if said is None or not offset:
        return said
    return time(*divmod((said.hour * 60 + said.minute + offset) % 1440, 60))


_SIDES = {"past": 1, "after": 1, "to": -1, "before": -1, "till": -1, "til": -1}


def _offset(tokens: list[str]) -> tuple[int | None, list[str]]:
    """Minutes past (or, negative, to) the hour, and what stands behind: "ten to nine" is -10 and nine.

    None where something stands before a "to" that is no number of minutes: "from two to three".
    """
    at = next((at for at, word in enumerate(tokens) if word in _SIDES), None)
    if at is None:
        return 0, tokens
    before = [word for word in tokens[:at] if word not in _NEAR_TIMES]
    said = [word for word in before if word not in ("minute", "minutes")]
    minutes = {"half": Decimal(30), "quarter": Decimal(15)}.get(" ".join(said)) or number_of(said)
    least = 5 if said == before else 1  # "two to three" is rather from two to three
    if minutes is None or not least <= minutes < 60:
        return None, tokens
    return int(minutes) * _SIDES[tokens[at]], tokens[at + 1 :]


def _hour_and_minute(tokens: list[str]) -> tuple[int, int, bool] | None:
    """Hour, minute, and whether it was said or written as on a 24-hour clock (18:00, 03:15, oh six hundred)."""
    if len(tokens) == 1 and (found := re.fullmatch("([0-9]{1,2}):([0-9]{2})", tokens[0])):
        return int(found[1]), int(found[2]), len(found[1]) == 2
    if not tokens:
        return None
    exact = "hundred" in tokens or "hours" in tokens
    if tokens[0] in ("oh", "o", "zero") and len(tokens) > 1 and tokens[1] != "hundred":
        tokens, exact = tokens[1:], True
    size = 2 if tokens[0] == "twenty" and tokens[1:2] in (["one"], ["two"], ["three"]) else 1
    hour = number_of(tokens[:size])
    rest = [word for word in tokens[size:] if word not in ("hundred", "hours", "oh", "o")]
    minute = number_of(rest) if rest else Decimal(0)
    if tokens[0] in TENS and len(rest) == len(tokens) - size == 1 and minute and minute < 10:
        return None  # "twenty five" is no time
    if hour is None or minute is None or hour > 24 or hour % 1 or minute > 59 or minute % 1:
        return None
    return int(hour), int(minute), exact


# --- what matters in a wish ------------------------------------------------------------------------------------

_MEANINGLESS = words_of(
    "a an the to for of my your me i im id we is it its was are "
    "be am on in at and or with that this has have had want need like would please "
    "help hello hi can could you get about some any service problem question option ask talk speak tell "
    "know do does did what where how up there thing something"
)


def content(words: str) -> tuple[str, ...]:
    """I want to ask about my refunds -> refund."""
    return tuple(_stem(word) for word in tokens_of(words) if word not in _MEANINGLESS)


def _stem(word: str) -> str:
    """A word without its commonest endings, so that refunds, refunded and refunding meet."""
    for ending, shortest in (("ing", 6), ("ed", 5), ("s", 4)):
        if word.endswith(ending) and len(word) >= shortest and not word.endswith("ss"):
            return word.removesuffix(ending)
    return word


HEARING = Hearing(
    digits=digits,
    number=number,
    amount=amount,
    date=heard_date,
    time=heard_time,
    agreement=yes_or_no,
    content=content,
    needs=TURNS.needs,
    shortest=TURNS.least,
    asks=asks("en"),
    in_order=False,
)
