"""Listening to English: digits, quantities, money, days, times, yes and no. All functions take `normal` words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, time, timedelta
from decimal import Decimal

from babel.dates import get_day_names, get_month_names

from ivr.call.words.hearing import (
    Hearing,
    agreement,
    in_week,
    latest,
    latest_day,
    latest_weekday,
    of_day,
    real,
)

_ONES: dict[str, int] = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16,
    "seventeen": 17, "eighteen": 18, "nineteen": 19,
}  # fmt: skip
_TENS: dict[str, int] = {
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
}  # fmt: skip
_SCALES = {"hundred": 100, "thousand": 1000, "million": 1_000_000}
_REPEATS = {"double": 2, "triple": 3}
_ORDINALS = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9,
    "tenth": 10, "eleventh": 11, "twelfth": 12, "thirteenth": 13, "fourteenth": 14, "fifteenth": 15, "sixteenth": 16,
    "seventeenth": 17, "eighteenth": 18, "nineteenth": 19, "twentieth": 20, "thirtieth": 30,
}  # fmt: skip


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_THANKS = frozenset({"please", "thanks", "thank", "you"})


def _tokens(words: str) -> list[str]:
    """Words, with 30th, twenty-five and p.m. in one shape."""
    words = re.sub(r"\b([ap])\.? ?m\b\.?", r"\1m", words)
    words = re.sub(r"(?<=[a-z])-(?=[a-z])", " ", words)
    return [word for word in (word.strip(".-") for word in words.split()) if word]


# --- digits and quantities ------------------------------------------------------------------------------------


def digits(words: str) -> str | None:
    """it's three zero oh, double five -> 30055; "twenty five" is 25. Quantities ("three hundred") are no digits."""
    tokens = _tokens(words)
    while tokens and tokens[-1] in _THANKS:
        tokens.pop()
    while tokens and not _digit_like(tokens[0]):
        if tokens[0] in _SCALES:
            return None
        tokens.pop(0)
    said, times, tens = "", 1, 0
    for word in tokens:
        if word in _REPEATS and times == 1 and not tens:
            times = _REPEATS[word]
            continue
        if word in _TENS and times == 1:
            said += str(tens) if tens else ""
            tens = _TENS[word]
            continue
        piece = _digit(word)
        if not piece or (times > 1 and len(piece) != 1):
            return None
        if tens and len(piece) == 1 and piece != "0":
            piece = str(tens + int(piece))
        elif tens:
            piece = str(tens) + piece
        said, times, tens = said + piece * times, 1, 0
    if times > 1:
        return None
    return said + (str(tens) if tens else "") or None


def _digit_like(word: str) -> bool:
    return word in _REPEATS or word in _TENS or bool(_digit(word))


def _digit(word: str) -> str:
    if word in ("oh", "o"):
        return "0"
    if word in _ONES:
        return str(_ONES[word])
    return word.replace("-", "") if re.fullmatch("[0-9]+(-[0-9]+)*", word) else ""


def number(words: str) -> Decimal | None:
    """a hundred and five, one twenty eight, 1.5, two thousand."""
    return _number(_tokens(words))


def _number(tokens: Sequence[str]) -> Decimal | None:
    if not tokens or len(tokens) > 16:
        return None
    if "point" in tokens:
        at = list(tokens).index("point")
        whole, fraction = _number(tokens[:at] or ["zero"]), digits(" ".join(tokens[at + 1 :]))
        return Decimal(f"{whole:f}.{fraction}") if whole is not None and fraction else None
    if len(tokens) == 1 and re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,6})?", tokens[0]):
        return Decimal(tokens[0])
    total = part = 0
    last = 0  # the size of the last number word: 20 may be followed by 5, 5 by nothing but a scale
    for word in tokens:
        if word in ("a", "and"):
            continue
        if word in _SCALES:
            scale = _SCALES[word]
            part = (part or 1) * scale
            if scale > 100:
                total, part = total + part, 0
            last = scale
            continue
        value = _ONES.get(word, _TENS.get(word, int(word) if re.fullmatch("[0-9]{1,9}", word) else -1))
        if value < 0:
            return None
        if 0 < last < 10 and value >= 10:
            part *= 100  # one twenty eight
        elif last and not (last >= 100 > value or (20 <= last < 100 and 0 < value < 10)):
            return None
        part, last = part + value, value or 1
    return Decimal(total + part) if last else None


# --- money ----------------------------------------------------------------------------------------------------

_CURRENCIES = {
    "yuan": "CNY", "rmb": "CNY", "renminbi": "CNY", "kuai": "CNY", "¥": "CNY", "dollar": "USD", "dollars": "USD",
    "bucks": "USD", "$": "USD", "euro": "EUR", "euros": "EUR", "€": "EUR", "pound": "GBP", "pounds": "GBP", "£": "GBP",
    "yen": "JPY",
}  # fmt: skip
_COINS = frozenset({"cent", "cents", "fen", "pence", "penny"})
_ABOUT = _set("it its was is about around roughly for the amount of i paid think us chinese exactly")


def amount(words: str) -> tuple[Decimal, str] | None:
    """128 dollars 50 -> (128.5, USD); one hundred yuan -> (100, CNY); fifty cents -> (0.5, "")."""
    spaced = re.sub(r"([$¥€£])", r" \1 ", words).replace("hong kong dollar", "hkdollar")
    tokens = [word for word in _tokens(spaced) if word not in _ABOUT]
    names = [word for word in tokens if word in _CURRENCIES or word.startswith("hkdollar")]
    if len(names) > 1:
        return None
    cents = Decimal(0)
    named = bool(tokens) and tokens[-1] in _COINS
    if named:
        tokens.pop()
    whole = tokens
    if names:
        at = tokens.index(names[0])
        whole, rest = (tokens[1:], []) if at == 0 else (tokens[:at], tokens[at + 1 :])
        rest = [word for word in rest if word != "and"]
        value = _number(rest) if rest else Decimal(0)
        if value is None or value >= 100 or value % 1 or (named and not rest):
            return None
        cents = value / 100
    elif named:
        value = _number(tokens)
        return (value / 100, "") if value is not None and value < 100 else None
    value = _number(whole)
    code = "HKD" if names and names[0].startswith("hk") else _CURRENCIES[names[0]] if names else ""
    return (value + cents, code) if value is not None else None


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


def day(words: str, today: date) -> date | None:
    """today, 3 days ago, last Monday, November 25th, the 25th, 11/25/2026 (month first); no year: the latest."""
    tokens = _tokens(words)
    text = " ".join(tokens)
    if found := _ISO.search(text):
        return real(int(found[1]), int(found[2]), int(found[3]))
    if found := _SLASHED.search(text):
        month, number = int(found[1]), int(found[2])
        return real(int(found[3]), month, number) if found[3] else latest(month, number, today)
    months = [at for at, word in enumerate(tokens) if word in _MONTHS]
    if len(months) == 1:
        return _named(tokens, months[0], today)
    if len(months) > 1:
        return None
    for phrase, days in _RELATIVE:
        if phrase in text:
            return today + timedelta(days=days)
    if found := _AGO.search(text):
        count = _number(["one" if word in ("a", "an") else word for word in found[1].split() if word not in _ABOUT])
        days = 7 if found[2] == "week" else 1
        return today - timedelta(days=int(count) * days) if count is not None and count < 4000 else None
    weekdays = [word for word in tokens if word in _WEEKDAYS]
    if len(weekdays) == 1:
        weekday = _WEEKDAYS[weekdays[0]]
        if "next" in tokens:
            return in_week(weekday, 1, today)
        # "last Monday" said on a Monday is a week ago; on other days the latest one
        return latest_weekday(weekday, today - timedelta(days="last" in tokens))
    of_month = _day_number([word for word in tokens if word not in _NEAR_DAYS])
    return latest_day(of_month, today) if of_month and re.search("th\\b|st\\b|nd\\b|rd\\b", text) else None


_NEAR_DAYS = _set("the on of it was is its this month")


def _named(tokens: list[str], at: int, today: date) -> date | None:
    before = [word for word in tokens[:at] if word not in _NEAR_DAYS and word not in _WEEKDAYS]
    after = [word for word in tokens[at + 1 :] if word not in _NEAR_DAYS]
    year = None
    if after and re.fullmatch("[0-9]{4}", after[-1]):
        year = int(after.pop())
    number = _day_number(after) if after else _day_number(before)
    if number is None:
        return None
    month = _MONTHS[tokens[at]]
    return real(year, month, number) if year else latest(month, number, today)


def _day_number(tokens: Sequence[str]) -> int | None:
    if len(tokens) == 1 and (found := re.fullmatch("([0-9]{1,2})(?:st|nd|rd|th)?", tokens[0])):
        return int(found[1])
    if len(tokens) == 2 and tokens[0] in _TENS and tokens[1] in _ORDINALS:
        return _TENS[tokens[0]] + _ORDINALS[tokens[1]]
    if len(tokens) == 1 and tokens[0] in _ORDINALS:
        return _ORDINALS[tokens[0]]
    value = _number(tokens)
    return int(value) if value is not None and value < 32 else None


_LATE = frozenset({"pm", "afternoon", "evening", "night", "tonight"})
_EARLY = frozenset({"am", "morning"})
_NEAR_TIMES = _set(
    "at in the around about please oclock o clock it its was is tonight past for today tomorrow yesterday on"
)


def clock(words: str) -> time | None:
    """6 pm, half past six, quarter to nine, six thirty in the evening, noon, 18:00."""
    spaced = re.sub(r"([0-9])([ap]m)\b", r"\1 \2", " ".join(_tokens(words)))
    tokens = spaced.split()
    parts = {word in _LATE for word in tokens if word in _LATE or word in _EARLY}
    if len(parts) > 1:
        return None
    afternoon = parts.pop() if parts else None
    rest = [word for word in tokens if word not in _LATE and word not in _EARLY]
    if rest and rest[-1] in ("noon", "midnight") and len(rest) <= 2:
        return time(12 if rest[-1] == "noon" else 0)
    minus = "to" in rest
    offset = 0
    for phrase, minutes in (("half past", 30), ("quarter past", 15), ("quarter to", -15)):
        if phrase in " ".join(rest):
            offset = minutes
            rest = " ".join(rest).replace("a " + phrase, " ").replace(phrase, " ").split()
            break
    else:
        if minus:
            return None
    rest = [word for word in rest if word not in _NEAR_TIMES and word not in _WEEKDAYS]
    found = _hour_and_minute(rest)
    if not found:
        return None
    hour, minute, exact = found
    if exact and afternoon is None:
        return time(hour, minute) if hour < 24 and minute < 60 else None
    said = of_day(hour, minute, afternoon)
    if said is None or not offset:
        return said
    return time(*divmod((said.hour * 60 + said.minute + offset) % 1440, 60))


def _hour_and_minute(tokens: list[str]) -> tuple[int, int, bool] | None:
    """Hour, minute, and whether it was written as on a 24-hour clock (18:00, 03:15)."""
    if len(tokens) == 1 and (found := re.fullmatch("([0-9]{1,2}):([0-9]{2})", tokens[0])):
        return int(found[1]), int(found[2]), len(found[1]) == 2
    if not tokens:
        return None
    hour = _number(tokens[:1])
    rest = tokens[1:]
    if rest and rest[0] == "hundred":
        rest = rest[1:]
    minute = _number([word for word in rest if word != "oh"]) if rest else Decimal(0)
    if hour is None or minute is None or hour > 24 or hour % 1 or minute > 59 or minute % 1:
        return None
    return int(hour), int(minute), False


# --- yes and no, and what matters in a wish -------------------------------------------------------------------


def _phrases(words: str) -> list[tuple[str, ...]]:
    return [tuple(phrase.split()) for phrase in words.split(", ")]


_MEANINGS: dict[tuple[str, ...], bool | None] = {
    **dict.fromkeys(
        _phrases(
            "yes, yeah, yep, yup, yes please, correct, right, sure, ok, okay, affirmative, absolutely, exactly, "
            "of course, i do, i am, it is, no problem, why not, confirm, confirmed, true, uh huh, fine, definitely"
        ),
        True,
    ),
    **dict.fromkeys(
        _phrases(
            "no, nope, nah, no thanks, no thank you, not, not right, not correct, wrong, incorrect, isnt, isnt right, "
            "isnt correct, dont, do not, i dont, i do not, negative, false, never, not really, it is not, it isnt"
        ),
        False,
    ),
    **dict.fromkeys(
        _phrases("not sure, i am not sure, im not sure, dont know, i dont know, i do not know, maybe, no idea, "
                 "i dont understand, what"),
        None,
    ),
}  # fmt: skip
_FILLERS = frozenset(
    _phrases(
        "um, uh, well, oh, ah, hello, hi, that, thats, that is, this, its, is, it, i, think, so, but, please, thanks"
    )
)
_MEANINGLESS = _set(
    "a an the to for of my your me i im id we is it its was are "
    "be am on in at and or with that this has have had want need like would please "
    "help hello hi can could you get about some any service problem question option ask talk speak tell "
    "know do does did what where how up there thing something"
)


def yes_or_no(words: str) -> bool | None:
    """yes, that's right, no thank you; "not sure" is neither."""
    return agreement(_tokens(words), _MEANINGS, _FILLERS)


def content(words: str) -> tuple[str, ...]:
    """I want to ask about my refunds -> refund."""
    return tuple(_stem(word) for word in _tokens(words) if word not in _MEANINGLESS)


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
    date=day,
    time=clock,
    agreement=yes_or_no,
    content=content,
    in_order=False,
)
