"""American English: the table `EN`.

Numerals are left to the voice wherever every voice reads them alike: 128 dollars, 1,000,000, November 25, 9:30 AM.
What is read digit by digit is written as single digits with commas as pauses (3 0 0, 1 2 3), which English voices
never join to a quantity. PM is written without points: "at 6 p.m." in the middle of a sentence makes voices pause
as at its end, and at the end doubles the full stop.
"""

import re
from datetime import date, datetime, time

from ivr.call.languages.general import table
from ivr.call.languages.hearing import Hearing
from ivr.call.languages.language import numerals, quantity, rounded, time_of, written_amount
from ivr.call.languages.manner import Manner
from ivr.call.languages.words import shipped_texts
from ivr.call.values import Value

_TEXTS = shipped_texts("en")


class _English(Manner):
    """English times, which have noon and midnight."""

    def clock(self, when: time) -> str:
        return _at(when)


_MANNER = _English(tag="en", texts=_TEXTS)
_NAMES = {
    "CNY": ("yuan", "yuan"),
    "JPY": ("yen", "yen"),
    "GBP": ("pound", "pounds"),
    "TWD": ("Taiwan dollar", "Taiwan dollars"),
}
"""Names of currencies, one and many, where CLDR's are not what people say."""
_COINS = dict.fromkeys(("USD", "HKD", "EUR", "AUD", "CAD", "NZD", "SGD"), ("cent", "cents")) | {
    "GBP": ("penny", "pence")
}
"""Coins that people name; other currencies are said with a decimal point (128.50 yuan)."""


def counted(number: int, one: str, many: str = "") -> str:
    """A count with its noun: 1 minute, 3 minutes."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def _number(value: Value, today: date) -> str:
    number = quantity(value.text)
    return ("minus " if number < 0 else "") + numerals(abs(number))


def _money(value: Value, today: date) -> str:
    money = value.money
    amount = rounded(money)
    minus = "minus " if amount < 0 else ""
    whole, cents = divmod(int(abs(amount) * 100), 100)
    if money.currency not in _COINS:
        said = f"{abs(amount):,f}" if cents else f"{whole:,}"
        return f"{minus}{said} {_currency(money.currency, 1 if (whole, cents) == (1, 0) else 2)}".rstrip()
    pieces = [counted(whole, _currency(money.currency, 1), _currency(money.currency, 2))] if whole or not cents else []
    if cents:
        pieces.append(counted(cents, *_COINS[money.currency]))
    return minus + " and ".join(pieces)


def _currency(code: str, count: int) -> str:
    from babel.numbers import get_currency_name

    if code in _NAMES:
        return _NAMES[code][count != 1]
    name = str(get_currency_name(code, count, locale="en")) if code else ""
    return " ".join(code) if name == code else name


def _time(value: Value, today: date) -> str:
    when = time_of(value)
    if (when.hour, when.minute) == (0, 0):
        return "midnight"
    return _at(when)


def _at(when: time) -> str:
    if (when.hour, when.minute) == (12, 0):
        return "noon"
    minutes = f":{when.minute:02}" if when.minute else ""
    return f"{when.hour % 12 or 12}{minutes} {'AM' if when.hour < 12 else 'PM'}"


def _datetime(value: Value, today: date) -> str:
    when = datetime.fromisoformat(value.text)
    if "T" not in value.text:
        return _MANNER.day(when.date(), today)
    day = "today" if when.date() == today else _MANNER.day(when.date(), today)
    if (when.hour, when.minute) == (0, 0):
        return f"{day} at midnight, as the day begins"  # "Monday at midnight" leaves open which end of Monday
    return f"{day} at {_at(when.time())}"


def _written_money(value: Value, today: date) -> str:
    said = written_amount(value.money)
    return f"{said} {_currency(value.money.currency, 1 if said == '1' else 2)}".rstrip()


def _fit(before: str, spoken: str, after: str) -> str:
    if spoken.startswith(("today ", "in your turn")) and re.search(r"\b[Oo]n $", before):
        return before[:-3] + spoken  # "on today at 9 AM" is no English
    if spoken.startswith("a time ") and re.search(r"\b[Oo]n $", before):
        return before[:-3] + ("At " if before.endswith("On ") else "at ") + spoken  # an opening nobody knows yet
    if spoken.startswith("ending in ") and before.endswith("ending in "):
        return before + spoken.removeprefix("ending in ")
    return before + spoken


def _choice(label: str, key: str) -> str:
    label = label.rstrip(".,;")
    if label.lower().startswith("to "):
        return f"To {label[3:]}, press {key}."
    return _TEXTS["menu"]["choice"].format(label=label, key=key)


def _hearing() -> Hearing:
    from ivr.call.languages.en_hearing import HEARING

    return HEARING


EN = table(
    "en",
    _MANNER,
    _hearing,
    speakers={"number": _number, "money": _money, "time": _time, "datetime": _datetime},
    writers={"money": _written_money},
    choice=_choice,
    fit=_fit,
)
