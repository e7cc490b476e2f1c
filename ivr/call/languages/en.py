"""American English: the table `EN`.

Numerals are left to the voice wherever every voice reads them alike: 128 dollars, 1,000,000, November 25, 9:30 AM.
What is read digit by digit is written as single digits with commas as pauses (3 0 0, 1 2 3), which English voices
never join to a quantity. PM is written without points: "at 6 p.m." in the middle of a sentence makes voices pause
as at its end, and at the end doubles the full stop.
"""

import re
from collections.abc import Sequence
from datetime import date, datetime, time

from babel.dates import format_date
from babel.numbers import get_currency_name

from ivr.call.languages.characters import plain
from ivr.call.languages.hearing import Hearing
from ivr.call.languages.language import (
    WRITERS,
    Language,
    Phrases,
    WeekHours,
    date_of,
    dialled,
    lasting,
    numerals,
    quantity,
    rounded,
    spelled,
    time_of,
    written_amount,
)
from ivr.call.languages.words import language_words
from ivr.call.values import Value

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


def _words(value: Value, today: date) -> str:
    return plain(value.text)


def _digits(value: Value, today: date) -> str:
    return _paused(spelled(value.text))


def _paused(groups: list[str]) -> str:
    return ", ".join(" ".join(group) for group in groups)


def _account(value: Value, today: date) -> str:
    if "@" in value.text:
        return plain(value.text).replace("@", " at ").replace(".", " dot ")
    return _digits(value, today)


def _tail(value: Value, today: date) -> str:
    return "ending in " + " ".join("".join(spelled(value.text[-4:])))


def _phone(value: Value, today: date) -> str:
    country, groups = dialled(value.text)
    return f"plus {_paused([country, *groups])}" if country else _paused(groups)


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
    if code in _NAMES:
        return _NAMES[code][count != 1]
    name = str(get_currency_name(code, count, locale="en")) if code else ""
    return " ".join(code) if name == code else name


def _date(value: Value, today: date) -> str:
    return _on(date_of(value), today)


def _on(when: date, today: date) -> str:
    # In full even for today and tomorrow, as in Chinese; and "on {date}" stays grammatical.
    pattern = "EEEE, MMMM d" if when.year == today.year else "EEEE, MMMM d, y"
    return str(format_date(when, pattern, locale="en"))


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
        return _on(when.date(), today)
    day = "today" if when.date() == today else _on(when.date(), today)
    if (when.hour, when.minute) == (0, 0):
        return f"{day} at midnight, as the day begins"  # "Monday at midnight" leaves open which end of Monday
    return f"{day} at {_at(when.time())}"


def _duration(value: Value, today: date) -> str:
    return " and ".join(counted(number, unit) for number, unit in lasting(value)) or "0 seconds"


def _written_money(value: Value, today: date) -> str:
    said = written_amount(value.money)
    return f"{said} {_currency(value.money.currency, 1 if said == '1' else 2)}".rstrip()


def _written_tail(value: Value, today: date) -> str:
    return "ending in " + plain(value.text)[-4:]


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
    return f"For {label}, press {key}."


_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def _opening_hours(week: WeekHours, holidays_closed: bool) -> str:
    said = [f"{_days(first, last)}, {_spans(spans)}" for first, last, spans in week]
    return (
        ", and ".join(said) + (", except on public holidays" if holidays_closed else "") if said else "no fixed hours"
    )


def _days(first: int, last: int) -> str:
    if (first, last) == (0, 6):
        return "every day"
    return (
        _WEEKDAYS[first]
        if first == last
        else f"{_WEEKDAYS[first]} {'to' if last > first + 1 else 'and'} {_WEEKDAYS[last]}"
    )


def _spans(spans: Sequence[tuple[time, time]]) -> str:
    if all(begins == ends for begins, ends in spans):
        return "around the clock"
    return " and ".join(f"{_at(begins)} to {'midnight' if ends == time() else _at(ends)}" for begins, ends in spans)


def _ahead(count: int) -> str:
    if count < 1:
        return "You are next in line."
    return f"There {'is' if count == 1 else 'are'} {counted(count, 'caller')} ahead of you."


def _hearing() -> Hearing:
    from ivr.call.languages.en_hearing import HEARING

    return HEARING


EN = Language(
    code="en",
    name="English",
    called=("english", "英语", "英文"),
    say_code="en-US",
    listen_code="en-US",
    voice="Polly.Joanna-Neural",
    speakers={
        "words": _words,
        "name": _words,
        "digits": _digits,
        "number": _number,
        "phone": _phone,
        "account": _account,
        "reference": _digits,
        "tail": _tail,
        "money": _money,
        "date": _date,
        "time": _time,
        "datetime": _datetime,
        "duration": _duration,
    },
    writers={**WRITERS, "money": _written_money, "tail": _written_tail},
    keys={"*": "star", "#": "hash"},
    phrases=Phrases.of(language_words("en").texts, choice=_choice, ahead=_ahead, opening_hours=_opening_hours),
    listening=_hearing,
    fit=_fit,
)
