"""Listening to English: days. All functions take `normal` words."""

import re
from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from babel.dates import get_day_names, get_month_names

from ivr.call.languages.en_numbers import ABOUT, TENS, meant, number_of, tokens_of, words_of
from ivr.call.languages.hearing import Standpoint, in_week, last_of_month, latest, months_before, real
from ivr.call.languages.named_days import NamedDay, clear_and_bright, easter, fixed, lunar, weekday_of_month

_ORDINALS = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9,
    "tenth": 10, "eleventh": 11, "twelfth": 12, "thirteenth": 13, "fourteenth": 14, "fifteenth": 15, "sixteenth": 16,
    "seventeenth": 17, "eighteenth": 18, "nineteenth": 19, "twentieth": 20, "thirtieth": 30,
}  # fmt: skip
_MONTHS = {
    name.lower().rstrip("."): month
    for width in ("wide", "abbreviated")
    for month, name in get_month_names(width, locale="en").items()
} | {"sept": 9}
WEEKDAYS = {
    name.lower() + plural: weekday
    for width in ("wide", "abbreviated")
    for weekday, name in get_day_names(width, locale="en").items()
    for plural in ("", "s")
}
_RELATIVE = (
    ("day before yesterday", -2), ("night before last", -2), ("day before last", -2), ("day after tomorrow", 2),
    ("yesterday", -1), ("last night", -1), ("tomorrow", 1), ("today", 0), ("this morning", 0), ("this afternoon", 0),
    ("this evening", 0), ("tonight", 0),
)  # fmt: skip
_ISO = re.compile(r"\b([0-9]{4})[-/]?([0-9]{2})[-/]?([0-9]{2})\b")
_SLASHED = re.compile(r"\b([0-9]{1,2})/([0-9]{1,2})(?:/([0-9]{4}))?\b")
_AGO = re.compile(r"(?:^|\b)(.+?) (day|night|week|fortnight|month)s? (?:ago|back|earlier)\b(.*)")
_WEEKDAYS_AGO = re.compile(rf"\b(\w+) ({'|'.join(WEEKDAYS)}) (?:ago|back)\b")
_JUST_NOW = re.compile(
    r"\b(?:just now|right now|just happened|just this|this (?:minute|second|instant)|moments? ago|seconds? ago"
    r"|minutes? ago|min(?:ute)?s? back|hours? (?:ago|back)|earlier on|only just)\b"
)
_DENIED = re.compile(rf"\bnot (?:on )?(?:{'|'.join(WEEKDAYS)}|today|yesterday|tomorrow)\b(?= \w)")
_NAMED: dict[str, NamedDay] = {
    "chinese new years eve": lunar("spring", -1),
    "chinese new years?(?: day)?|lunar new year|spring festival|cny": lunar("spring"),
    "new years eve|nye": fixed(12, 31), "new years?(?: day)?": fixed(1, 1), "lantern festival": lunar("spring", 14),
    "valentines?(?: day)?": fixed(2, 14), "(?:st|saint) (?:patricks|paddys) day": fixed(3, 17),
    "april fools?(?: day)?": fixed(4, 1), "good friday": easter(-2), "easter monday": easter(1),
    "easter(?: sunday)?": easter(), "tomb sweeping(?: day)?|ching ming|qing ?ming": clear_and_bright,
    "mothers day": weekday_of_month(5, 6, 2), "memorial day": weekday_of_month(5, 0, -1),
    "fathers day": weekday_of_month(6, 6, 3), "independence day": fixed(7, 4),
    "dragon ?boat(?: festival)?": lunar("dragon boat"),
    "(?:mid ?autumn|moon)(?: festival)?|mooncake festival": lunar("mid-autumn"), "national day": fixed(10, 1),
    "double ninth(?: festival)?": lunar("double ninth"), "columbus day": weekday_of_month(10, 0, 2),
    "halloween": fixed(10, 31), "(?:guy fawkes|bonfire)(?: night| day)?": fixed(11, 5),
    "veterans day|remembrance day|armistice day|singles day|double eleven": fixed(11, 11),
    "thanksgiving(?: day)?": weekday_of_month(11, 3, 4), "black friday": weekday_of_month(11, 3, 4, 1),
    "cyber monday": weekday_of_month(11, 3, 4, 4), "(?:christmas|xmas) eve": fixed(12, 24),
    "(?:christmas|xmas)(?: day)?": fixed(12, 25), "boxing day|st stephens day": fixed(12, 26),
}  # fmt: skip
_NAMED_DAY = re.compile(rf"\b(?:{'|'.join(f'(?P<_{at}>{names})' for at, names in enumerate(_NAMED))})\b")
_OF_YEAR = "|".join(_MONTHS)
_DAY = rf"(?:(?:{'|'.join(TENS)}) )?(?:{'|'.join(_ORDINALS)})|[0-9]{{1,2}}(?:st|nd|rd|th)?"
DAY_OF_MONTH = re.compile(rf"\b(?:(?:{_OF_YEAR}) (?:the )?(?:{_DAY})|(?:the )?(?:{_DAY}) (?:of )?(?:{_OF_YEAR}))\b")
"""A day that may stand beside a time of day: January 4, the fourth of January."""
_ORDINAL = re.compile(rf"\b(?:(?:twenty|thirty) )?(?:{'|'.join(_ORDINALS)}|[0-9]+(?:st|nd|rd|th))\b")
DAY_BEFORE_TIME = re.compile(rf"\b(?:on )?the {_ORDINAL.pattern}(?= (?:at|around|about|in the)\b)")
"""A day without its month, and a time of it: "the 8th at ten"."""
_AT_TIME = re.compile(
    rf"\bat (?:\w+ ){{1,6}}?(?=on\b)|\bat (?!.*\b(?:{_OF_YEAR})\b).*|\b\w+ in the (?:morning|afternoon|evening)\b"
)
_LAST_OF_MONTH = re.compile(rf"\blast day (?:of|in) (?:({'|'.join(_MONTHS)})|(last|this) month)\b")


def heard_date(words: str, seen: Standpoint) -> date | None:
    """today, 3 days ago, last Monday, November 25th, the 25th, 11/25/2026 (month first), Christmas, just now.

    Without a year the nearest such day. A day of the week and one of the month must be the same day.
    """
    return latest(lambda piece: _date(piece, seen), meant(_DENIED.sub("", " ".join(tokens_of(words)))))


def _date(text: str, seen: Standpoint) -> date | None:
    """The first kind of day that is found decides: the text is then read as that kind or not at all."""
    tokens = text.split()
    if found := _ISO.search(text):
        return real(int(found[1]), int(found[2]), int(found[3]))
    if found := _SLASHED.search(text):
        month, number = int(found[1]), int(found[2])
        return real(int(found[3]), month, number) if found[3] else seen.of_year(month, number)
    if found := _NAMED_DAY.search(text):
        named = next(day for at, day in enumerate(_NAMED.values()) if found[f"_{at}"])
        return seen.of_name(named, _year(["", *text[found.end() :].split()], seen.today)[1])
    if found := _LAST_OF_MONTH.search(text):
        return _last_of(found[1] or "", found[2] or "", seen)
    weekdays = {WEEKDAYS[word] for word in tokens if word in WEEKDAYS}
    if DAY_OF_MONTH.search(text):
        tokens = _AT_TIME.sub("", text).split()
    if months := [at for at, word in enumerate(tokens) if word in _MONTHS and not _is_verb(tokens, at)]:
        return _agreed(_in_month(tokens, months[0], seen), weekdays) if len(months) == 1 else None
    if found := _WEEKDAYS_AGO.search(text):
        return _weekdays_ago(found[1], WEEKDAYS[found[2]], seen.today)
    if found := _AGO.search(text):
        return _ago(found[1], found[2], found[3], seen.today)
    if relative := _relative(text):
        return seen.today + timedelta(days=relative.pop()) if len(relative) == 1 else None
    if weekdays and (found := _ORDINAL.search(text)):
        return _agreed(_number_of_month(f"{found[0]} {'last month' * ('last month' in text)}", seen), weekdays)
    if weekdays:
        return _on_weekday(weekdays.pop(), text, seen) if len(weekdays) == 1 else None
    if found := DAY_BEFORE_TIME.search(text):
        text = found[0]
    is_just_now = not seen.ahead and (_JUST_NOW.search(text) or "earlier" in tokens)
    return _number_of_month(text, seen) or (seen.today if is_just_now else None)


def _agreed(day: date | None, weekdays: Iterable[int]) -> date | None:
    return day if day and all(day.weekday() == weekday for weekday in weekdays) else None


def _is_verb(tokens: Sequence[str], at: int) -> bool:
    """Whether a "may" or "march" is no month: "it may have been Tuesday"."""
    return tokens[at] == "may" and tokens[at + 1 : at + 2] in (["have"], ["be"])


def _count(words: str) -> int | None:
    words = re.sub(r"\ba couple(?: of)?\b", "two", words)
    number = number_of(["one" if word in ("a", "an") else word for word in words.split() if word not in ABOUT])
    return int(number) if number is not None and number < 4000 else None


def _ago(count: str, unit: str, after: str, today: date) -> date | None:
    """Two weeks ago, a week ago today, a week ago yesterday, a week ago on Sunday."""
    number = _count(count)
    if number is None:
        return None
    weekday = next((WEEKDAYS[word] for word in after.split() if word in WEEKDAYS), None)
    if weekday is not None:
        today = Standpoint(today - timedelta(days=1)).of_week(weekday)
    elif "yesterday" in after:
        today -= timedelta(days=1)
    if unit == "month":
        return months_before(today, number)
    return today - timedelta(days=number * {"week": 7, "fortnight": 14}.get(unit, 1))


def _weekdays_ago(count: str, weekday: int, today: date) -> date | None:
    number = _count(count)
    return Standpoint(today - timedelta(days=1)).of_week(weekday) - timedelta(weeks=number - 1) if number else None


def _last_of(month: str, which: str, seen: Standpoint) -> date | None:
    first = seen.of_year(_MONTHS[month], 1) if month else months_before(seen.today.replace(day=1), which == "last")
    return last_of_month(first.year, first.month) if first else None


def _on_weekday(weekday: int, text: str, seen: Standpoint) -> date:
    if "week before last" in text:
        return in_week(weekday, -2, seen.today)
    if "before last" in text:
        return Standpoint(seen.today - timedelta(days=1)).of_week(weekday) - timedelta(weeks=1)
    if "last week" in text:
        return in_week(weekday, -1, seen.today)
    if seen.ahead and re.search(r"day week\b|\bweek on\b", text):  # "Monday week", "a week on Monday"
        return seen.of_week(weekday) + timedelta(weeks=1)
    if re.search(r"\bnext\b", text):
        return in_week(weekday, 1, seen.today)
    if re.search(r"\b(?:last|gone|past)\b", text):  # on a Monday, "last Monday" is a week ago; else the latest one
        return Standpoint(seen.today - timedelta(days=1)).of_week(weekday)
    return seen.of_week(weekday)


def _number_of_month(text: str, seen: Standpoint) -> date | None:
    """the 25th, the 25th of last month; a bare number is no date."""
    named = re.sub(r"\blast month\b|\bof the month\b", "", text)
    number = _day_number([word for word in named.split() if word not in _NEAR_DAYS])
    if not number or not re.search("th\\b|st\\b|nd\\b|rd\\b", named):
        return None
    if "last month" in text:
        before = months_before(seen.today.replace(day=1), 1)
        return real(before.year, before.month, number) if before else None
    return seen.of_month(number)


_NEAR_DAYS = words_of("the on of it was is its this month i think about like around maybe day and")


def _relative(text: str) -> set[int]:
    """How many days from today the words for days mean, each once: yesterday is -1."""
    found: set[int] = set()
    for phrase, days in _RELATIVE:  # longer ones first
        text, times = re.subn(rf"\b{phrase}\b", "", text)
        if times:
            found.add(days)
    return found


def _in_month(tokens: list[str], at: int, seen: Standpoint) -> date | None:
    before = [word for word in tokens[:at] if word not in _NEAR_DAYS and word not in WEEKDAYS]
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
        if said[:1] == ["twenty"] and (since := number_of(said[1:])) is not None and since >= 10:
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
