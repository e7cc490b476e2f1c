"""How values are said in any language: by CLDR's names and forms (Babel), its numbers in words (num2words), and a few
words of its file. Chinese and English take from here what they have no better way for.

Babel is imported where a value is said, so that a command that says none starts quickly.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING

from ivr.call.languages.characters import plain
from ivr.call.languages.language import (
    Speaker,
    WeekHours,
    date_of,
    dialled,
    lasting,
    quantity,
    rounded,
    spelled,
    time_of,
)
from ivr.call.languages.number_words import NumberWords
from ivr.call.values import Money, Value
from ivr.texts.load import Texts

if TYPE_CHECKING:
    from babel import Locale

_LTR_RTL_MARKS = re.compile("[\u200e\u200f\u061c]")


@dataclass(frozen=True, kw_only=True, eq=False)
class Formats:
    """How one language says values. `texts` is its file of words; nothing in it needs to be there."""

    tag: str
    """The locale whose forms are used: es, or es_MX."""
    texts: Texts = field(default_factory=dict)
    numbers: NumberWords = field(default_factory=lambda: NumberWords(None))
    spaced: bool = True
    """Whether words stand apart."""

    @cached_property
    def locale(self) -> Locale:
        from babel import Locale

        return Locale.parse(self.tag)

    def word(self, name: str, otherwise: str = "") -> str:
        """A word of the section `values` of the file."""
        return self.texts.get("values", {}).get(name) or otherwise

    @property
    def speakers(self) -> Mapping[str, Speaker]:
        return {
            "words": lambda value, today: plain(value.text),
            "name": lambda value, today: plain(value.text),
            "digits": self._digits,
            "number": lambda value, today: self.number(quantity(value.text)),
            "phone": self._phone,
            "account": self._account,
            "reference": self._digits,
            "tail": lambda value, today: self.word("tail", "{digits}").format(digits=self.one_by_one(value.text[-4:])),
            "money": self.money,
            "date": lambda value, today: self.day(date_of(value), today),
            "time": lambda value, today: self.clock(time_of(value)),
            "datetime": self._datetime,
            "duration": self._duration,
        }

    @property
    def writers(self) -> Mapping[str, Speaker]:
        as_it_is = dict.fromkeys(("digits", "reference", "account"), self.speakers["words"])
        tail = self.word("tail", "{digits}")
        return as_it_is | {
            "phone": _as_dialled,
            "number": lambda value, today: self.numerals(_plain(quantity(value.text))),
            "money": self._written_money,
            "tail": lambda value, today: tail.format(digits=plain(value.text)[-4:]),
        }

    # --- digits -----------------------------------------------------------------------------------------------

    def one_by_one(self, text: str) -> str:
        """Letters and digits one by one, with a pause between groups: uno dos tres, cuatro cinco seis."""
        return self._paused(spelled(text))

    def _paused(self, groups: Sequence[str]) -> str:
        return self.word("pause", ", ").join(self._group(group) for group in groups)

    def _group(self, group: str) -> str:
        if not group.isdecimal():
            return " ".join(group)
        return ("" if not self.spaced else " ").join(self.digit(int(digit)) for digit in group)

    def digit(self, digit: int) -> str:
        return self.word("digits").split()[digit] if self.word("digits") else self.numbers.say(digit)

    def _digits(self, value: Value, today: date) -> str:
        return self.one_by_one(value.text)

    def _account(self, value: Value, today: date) -> str:
        if "@" not in value.text:
            return self.one_by_one(value.text)
        return plain(value.text).replace("@", f" {self.word('at', '@')} ").replace(".", f" {self.word('dot', '.')} ")

    def _phone(self, value: Value, today: date) -> str:
        country, groups = dialled(value.text)
        plus = self.word("plus", "+") + (" " if self.spaced else "")
        return plus + self._paused([country, *groups]) if country else self._paused(groups)

    # --- quantities -------------------------------------------------------------------------------------------

    def number(self, number: Decimal) -> str:
        """A number in words, its decimals one by one behind the word for the point; else in numerals."""
        space, minus, point = " " * self.spaced, self.word("minus"), self.word("point")
        if number < 0 and minus:
            return minus + space + self.number(-number)
        whole, _, decimals = f"{_plain(number):f}".partition(".")
        if self.numbers.spell is None or number < 0 or (decimals and not point):
            return self.numerals(_plain(number))
        digits = [point, *(self.digit(int(digit)) for digit in decimals)] if decimals else []
        return space.join((self.numbers.say(int(whole)), *digits))

    def numerals(self, number: Decimal) -> str:
        """A number as the locale writes it: 1.234,5."""
        from babel.numbers import format_decimal

        places = max(0, -int(number.as_tuple().exponent))
        whole = str(self.locale.decimal_formats[None].pattern).partition(".")[0]
        return _clean(str(format_decimal(number, f"{whole}.{'0' * places}".rstrip("."), locale=self.locale)))

    def money(self, value: Value, today: date) -> str:
        """An amount in numerals, which voices read with the gender that its currency needs."""
        amount, code, minus = _coined(value.money), value.money.currency, self.word("minus")
        if amount < 0 and minus:
            return minus + " " * self.spaced + self.amount(self.numerals(-amount), -amount, code)
        return self.amount(self.numerals(amount), amount, code)

    def _written_money(self, value: Value, today: date) -> str:
        amount = _coined(value.money)
        return self.amount(self.numerals(amount), amount, value.money.currency)

    def amount(self, said: str, amount: Decimal, code: str) -> str:
        """An amount that is said so, with its currency behind it."""
        name = self.currency(code, amount)
        return f"{said}{' ' * (self.spaced or name.isascii())}{name}".rstrip()

    def currency(self, code: str, amount: Decimal) -> str:
        """What people call a currency, in the plural form that the amount needs; its letters where it has no name."""
        from babel.numbers import get_currency_name

        if not code:
            return ""
        name = self.texts.get("currencies", {}).get(code) or str(get_currency_name(code, amount, locale=self.locale))
        forms = name.split(",")
        form = self.plural(amount)
        if "few" in self.locale.plural_form.tags:  # рубль, рубля, рублей; دولار, دولارات
            place = {"one": 0, "few": 1}.get(form, 2 if len(forms) > 2 else 0)
        else:
            place = 0 if form == "one" else 1
        return " ".join(code) if name == code else forms[place if place < len(forms) else -1].strip()

    def plural(self, number: Decimal) -> str:
        """The plural form that a number needs (CLDR): zero, one, two, few, many or other."""
        return str(self.locale.plural_form(number))

    def counted(self, forms: Mapping[str, str], count: int) -> str:
        """The sentence for a count: one written for exactly this number, or else for its plural form."""
        sentence = forms.get(f"{count}") or forms.get(self.plural(Decimal(count))) or forms.get("other", "")
        return sentence.replace("{count}", f"{count}")

    # --- days and times ---------------------------------------------------------------------------------------

    def pattern(self, name: str, *skeletons: str) -> str:
        """A pattern of CLDR: what the file has under this name, or the first of these skeletons of the locale."""
        written = self.texts.get("patterns", {}).get(name)
        known = (self.locale.datetime_skeletons.get(skeleton) for skeleton in skeletons)
        return written or next((str(each.pattern) for each in known if each), "")

    def day(self, when: date, today: date) -> str:
        """In full even for today and tomorrow: "by tomorrow" is wrong for who reads it in a transcript next week."""
        from babel.dates import format_date

        if when.year == today.year:
            pattern = self.pattern("date", "MMMMEEEEd", "MMMEEEEd", "MMMMEd", "MMMEd")
        else:
            pattern = self.pattern("date_with_year", "yMMMMEEEEd") or str(self.locale.date_formats["full"].pattern)
        pattern = re.sub("(?<!E)E(?!E)", "EEEE", re.sub("(?<!M)MMM(?!M)", "MMMM", pattern))
        return _clean(str(format_date(when, pattern, locale=self.locale)))

    def clock(self, when: time) -> str:
        from babel.dates import format_time

        moment = {time(): "midnight", time(12): "noon"}.get(when)
        if moment and (word := self.word(moment)):
            return word
        pattern = "" if when.minute else self.pattern("hour", "Bh", "h")
        pattern = pattern or self.pattern("time", "Bhm", "hm")
        return _clean(str(format_time(when, re.sub("(?<!B)B(?!B)", "BBBB", pattern), locale=self.locale)))

    def _datetime(self, value: Value, today: date) -> str:
        when = datetime.fromisoformat(value.text)
        if "T" not in value.text:
            return self.day(when.date(), today)
        day = self.word("today") if when.date() == today else self.day(when.date(), today)
        said = self.texts.get("moment") or {"other": "{date}, {time}"}
        sentence = said.get("midnight") if when.time() == time() else ""
        sentence = sentence or self.counted(said, when.hour % 12 or 12)
        return sentence.replace("{date}", day or self.day(when.date(), today)).replace(
            "{time}", self.clock(when.time())
        )

    def _duration(self, value: Value, today: date) -> str:
        from babel.lists import format_list
        from babel.units import format_unit

        pieces = [
            _clean(format_unit(number, f"duration-{unit}", length="long", locale=self.locale))
            for number, unit in lasting(value)
        ]
        return str(format_list(pieces, locale=self.locale)) if self.spaced else "".join(pieces).replace(" ", "")

    # --- hours ------------------------------------------------------------------------------------------------

    def opening_hours(self, week: WeekHours, holidays_closed: bool) -> str:
        """The hours of a week in the words of the section `hours`."""
        words = self.texts["hours"]
        if not week:
            return words["none"]
        said = [
            words["days"].format(days=self._days(first, last), spans=self._spans(spans)) for first, last, spans in week
        ]
        return words["between"].join(said) + (words["holidays"] if holidays_closed else "")

    def weekday(self, weekday: int) -> str:
        if names := self.word("weekdays"):
            return names.split()[weekday]
        return str(self.locale.days["stand-alone"]["wide"][weekday])

    def _days(self, first: int, last: int) -> str:
        words = self.texts["hours"]
        if (first, last) == (0, 6):
            return words["every_day"]
        if first == last:
            return self.weekday(first)
        form = words["from_to"] if last > first + 1 else words["both"]
        return form.format(first=self.weekday(first), last=self.weekday(last))

    def _spans(self, spans: Sequence[tuple[time, time]]) -> str:
        words = self.texts["hours"]
        if all(begins == ends for begins, ends in spans):
            return words["around_the_clock"]
        said = [
            words["span"].format(
                begins=self.clock(begins), ends=words["midnight"] if ends == time() else self.clock(ends)
            )
            for begins, ends in spans
        ]
        return words["spans"].join(said)


def _as_dialled(value: Value, today: date) -> str:
    country, groups = dialled(value.text)
    return " ".join([f"+{country}", *groups] if country else groups)


def _coined(money: Money) -> Decimal:
    """An amount as it is read: to the smallest coin, and 128 for 128.00."""
    amount = rounded(money)
    return amount.quantize(Decimal(1)) + 0 if amount == amount.to_integral_value() else amount


def _plain(number: Decimal) -> Decimal:
    """A number without zeros behind its point."""
    return number.quantize(Decimal(1)) if number == number.to_integral_value() else number.normalize()


def _clean(text: str) -> str:
    """What Babel writes as a voice reads it: without no-break spaces and marks of direction."""
    return re.sub(r"[\u00a0\u202f]", " ", _LTR_RTL_MARKS.sub("", text))
