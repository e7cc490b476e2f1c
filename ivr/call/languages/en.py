"""American English: the table `EN`.

Numerals are left to the voice wherever every voice reads them alike: 128 dollars, 1,000,000, November 25, 9:30 AM.
What is read digit by digit is written as single digits with commas as pauses (3 0 0, 1 2 3), which English voices
never join to a quantity. PM is written without points: "at 6 p.m." in the middle of a sentence makes voices pause
as at its end, and at the end doubles the full stop.
"""

import re
from datetime import date
from decimal import Decimal

from ivr.call.languages.formats import Formats
from ivr.call.languages.general import table
from ivr.call.languages.hearing import Hearing
from ivr.call.languages.language import rounded
from ivr.call.languages.words import shipped_texts
from ivr.call.values import Value

_TEXTS = shipped_texts("en")


_FORMATS = Formats(tag="en", texts=_TEXTS)
_COINS = dict.fromkeys(("USD", "HKD", "EUR", "AUD", "CAD", "NZD", "SGD"), ("cent", "cents")) | {
    "GBP": ("penny", "pence")
}
"""Coins that people name; other currencies are said with a decimal point (128.50 yuan), but for less than one yuan."""


def counted(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"


def _money(value: Value, today: date) -> str:
    money, amount = value.money, rounded(value.money)
    if money.currency == "CNY" and 0 < abs(amount) < 1:  # "zero point one zero yuan" is hard to catch
        return ("minus " if amount < 0 else "") + f"{int(abs(amount) * 100)} fen"
    if money.currency not in _COINS:
        return _FORMATS.money(value, today)
    whole, cents = divmod(int(abs(amount) * 100), 100)
    one, many = (_FORMATS.currency(money.currency, Decimal(count)) for count in (1, 2))
    pieces = [counted(whole, one, many)] if whole or not cents else []
    if cents:
        pieces.append(counted(cents, *_COINS[money.currency]))
    return ("minus " if amount < 0 else "") + " and ".join(pieces)


def _fit(before: str, spoken: str, after: str) -> str:
    if spoken.startswith("today at ") and re.search(r"\b(?:until|by) $", before):
        return before + spoken.removeprefix("today at ") + " today"
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
    _FORMATS,
    _hearing,
    speakers={"money": _money},
    choice=_choice,
    fit=_fit,
)
