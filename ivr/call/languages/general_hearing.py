"""Listening to any language: its numbers turned around, the names of CLDR, and the words of its file.

Every function takes words that its `normal` has made comparable.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, time, timedelta
from decimal import Decimal
from functools import cached_property

from ivr.call.languages.agreement import Meaning, Phrase, agreement
from ivr.call.languages.characters import folded
from ivr.call.languages.formats import Formats
from ivr.call.languages.hearing import Hearing, Standpoint, Turns, in_week, latest, of_day, real
from ivr.call.languages.lexicon import Lexicon, Mark, either
from ivr.call.languages.words import LanguageWords, listed

_CURRENCIES = ("USD", "EUR", "GBP", "JPY", "CNY", "MXN", "SAR", "AED", "EGP", "INR", "BRL", "KRW", "CHF", "CAD", "AUD")
"""Currencies that are known by CLDR's names; those of the file are known besides."""
_SYMBOLS = {"€": "EUR", "$": "USD", "£": "GBP", "¥": "JPY"}
_ISO = re.compile(r"\b([0-9]{4})[-/]([0-9]{2})[-/]([0-9]{2})\b")
_SLASHED = re.compile(r"\b([0-9]{1,2})[/.]([0-9]{1,2})(?:[/.]([0-9]{4}))?(?![0-9:])")
_CLOCK = re.compile(r"(?<![0-9])([0-9]{1,2}):([0-9]{2})(?![0-9])")


class GeneralHearing:
    """How one language is listened to, by its formats and the words of its file."""

    def __init__(self, formats: Formats, words: LanguageWords) -> None:
        self._formats, self._words = formats, words
        self._texts = words.texts

    @property
    def hearing(self) -> Hearing:
        return Hearing(
            normal=self.normal,
            digits=self.digits,
            number=self.number,
            amount=self.amount,
            date=self.day,
            time=self.moment,
            agreement=self.yes_or_no,
            content=self.content,
            stem=self._stem,
            needs=self._turns.needs,
            missing=self._said("missing"),
            which=self._said("which"),
            papers=self._said("papers"),
            question=self._said("question"),
            moment=self._said("moment"),
            shortest=self._turns.least,
            asks=self._words.asks,
            in_order=not self._formats.spaced,
        )

    def normal(self, words: str) -> str:
        """Words made comparable: `folded`, with numerals as computers write them."""
        from babel.numbers import get_decimal_symbol

        if get_decimal_symbol(self._formats.locale) == ",":
            words = re.sub(r"(?<=[0-9]),(?=[0-9])", ".", re.sub(r"(?<=[0-9])\.(?=[0-9]{3}(?![0-9]))", "", words))
        return folded(re.sub(r"(?<=\d)[,٬](?=\d{3})", "", words).replace("٫", "."))

    # --- the words of the file --------------------------------------------------------------------------------

    def _listed(self, name: str, section: str = "listening") -> tuple[str, ...]:
        return tuple(filter(None, map(folded, listed(self._texts.get(section, {}).get(name, "")))))

    def _marked(self, mark: Mark, name: str, section: str = "listening") -> dict[str, Mark]:
        return dict.fromkeys(self._listed(name, section), mark)

    @cached_property
    def _fillers(self) -> dict[str, Mark]:
        return self._marked(Mark("filler"), "fillers", "agreement") | self._marked(Mark("filler"), "fillers")

    @cached_property
    def _point(self) -> str:
        return folded(self._formats.word("point"))

    @cached_property
    def _corrections(self) -> re.Pattern[str]:
        return self._said("corrections")

    def _said(self, name: str) -> re.Pattern[str]:
        return either(self._listed(name), spaced=self._formats.spaced)

    def _pieces(self, words: str) -> list[str]:
        """What is said between corrections."""
        return self._corrections.split(words)

    # --- numbers ----------------------------------------------------------------------------------------------

    @cached_property
    def _digit_names(self) -> Mapping[str, str]:
        return {folded(self._formats.digit(digit)): f"{digit}" for digit in range(10)}

    def digits(self, words: str) -> str | None:
        """Digits one by one, behind any introduction; trescientos are no digits."""
        return latest(self._one_by_one, self._pieces(words))

    def _one_by_one(self, words: str) -> str | None:
        said = self._numbers.words(words)
        digits = [self._formats.numbers.digits(word) or self._digit_names.get(word, "") for word in said]
        first = next((at for at, digit in enumerate(digits) if digit), len(digits))
        if first and self._formats.numbers.items(" ".join(said[:first])) != said[:first]:
            return None  # a hundred before them
        return "".join(digits[first:]) if all(digits[first:]) and digits[first:] else None

    @cached_property
    def _numbers(self) -> Lexicon:
        fillers = {phrase: mark for phrase, mark in self._fillers.items() if phrase not in self._digit_names}
        return Lexicon(fillers, self._formats, self._point)

    def number(self, words: str) -> Decimal | None:
        said = self._numbers.read(words)
        return said[0] if len(said) == 1 and isinstance(said[0], Decimal) else None

    @cached_property
    def _money(self) -> Lexicon:
        from babel.numbers import get_currency_name

        known = {sign: Mark("currency", code) for sign, code in _SYMBOLS.items()}
        for code in _CURRENCIES:
            for count in (1, 2, 3, 5, 11, 100):
                known[folded(str(get_currency_name(code, count, locale=self._formats.locale)))] = Mark("currency", code)
        for code in self._texts.get("currencies", {}):
            known |= self._marked(Mark("currency", code), code, "currencies")
        known |= self._marked(Mark("coin"), "coins")
        return Lexicon(self._fillers | known, self._formats, self._point)

    def amount(self, words: str) -> tuple[Decimal, str] | None:
        """ciento veinte euros con cincuenta -> (120.5, EUR); without a currency, a number and nothing else."""
        spaced = re.sub("([$€£¥])", r" \1 ", words)
        pieces = self._pieces(spaced)
        found = latest(self._amount, pieces)
        if found and not found[1]:  # trescientos euros, perdón, cuatrocientos
            return found[0], next((said[1] for piece in pieces if (said := self._amount(piece)) and said[1]), "")
        return found

    def _amount(self, words: str) -> tuple[Decimal, str] | None:
        said = self._money.read(words)
        named = [at for at, token in enumerate(said) if isinstance(token, Mark) and token.kind == "currency"]
        if len(named) > 1:
            return None
        if not named:
            whole, coin = (said[0] if said else None), Mark("coin") in said[1:2]
            if not isinstance(whole, Decimal) or len(said) > 1 + coin:
                return None
            return (whole / 100 if coin else whole), ""
        [at] = named
        code = getattr(said[at], "value", "")
        before, after = said[at - 1] if at else None, said[at + 1] if at + 1 < len(said) else None
        if isinstance(before, Decimal):
            cents = after if isinstance(after, Decimal) and after < 100 and not after % 1 else Decimal(0)
            return before + cents / 100, str(code)
        return (after, str(code)) if isinstance(after, Decimal) else None

    # --- days -------------------------------------------------------------------------------------------------

    @cached_property
    def _days(self) -> Lexicon:
        locale = self._formats.locale
        known: dict[str, Mark] = {}
        for context in ("format", "stand-alone"):
            for width in ("wide", "abbreviated"):
                months = {folded(str(name)).strip("."): month for month, name in locale.months[context][width].items()}
                known |= {name: Mark("month", month) for name, month in months.items() if len(name) > 1}
            weekdays = locale.days[context]["wide"].items()
            known |= {folded(str(name)): Mark("weekday", int(weekday)) for weekday, name in weekdays}
        for days in self._texts.get("days", {}):
            known |= self._marked(Mark("relative", int(days)), days, "days")
        for kind in ("day", "last", "next"):
            known |= self._marked(Mark(kind), kind)
        return Lexicon(self._fillers | known, self._formats)

    @cached_property
    def _ago(self) -> list[tuple[re.Pattern[str], int, int]]:
        """Patterns for "three days ago", of days and weeks, and the days that one of them and a number is worth."""
        from babel.dates import format_timedelta

        found: dict[str, tuple[int, int]] = {}
        for unit in (1, 7):
            for count in (-11, -5, -3, -2, -1, 1, 2, 3, 5, 11):
                told = format_timedelta(
                    timedelta(days=count * unit), "day" if unit == 1 else "week", threshold=999,
                    add_direction=True, locale=self._formats.locale,
                )  # fmt: skip
                numeral, said = f"{abs(count)}", folded(told)
                named = numeral not in said.split() and numeral not in said
                pattern = re.escape(said) if named else re.escape(said).replace(numeral, "(?P<count>.+?)", 1)
                pattern = pattern.replace(r"\ ", r"\s*")
                found.setdefault(pattern, (unit * (1 if count > 0 else -1), abs(count) if named else 0))
        edge = r"(?<!\w){}(?!\w)" if self._formats.spaced else "{}"
        return [(re.compile(edge.format(pattern)), *worth) for pattern, worth in found.items()]

    def day(self, words: str, seen: Standpoint) -> date | None:
        """hoy, hace tres días, el 25 de noviembre, el lunes pasado, 25/11/2026; without a year the nearest."""
        return latest(lambda piece: self._date(piece, seen), self._pieces(words))

    def _numeric_date(self, words: str, seen: Standpoint) -> date | None:
        """2026-11-25, 25/11/2026 and 25/11: day and month in the order of the locale."""
        if found := _ISO.search(words):
            return real(int(found[1]), int(found[2]), int(found[3]))
        if not (found := _SLASHED.search(words)):
            return None
        short = str(self._formats.locale.date_formats["short"].pattern)
        day, month = int(found[1]), int(found[2])
        if short.find("M") < short.find("d"):
            day, month = month, day
        return real(int(found[3]), month, day) if found[3] else seen.of_year(month, day)

    def _date(self, words: str, seen: Standpoint) -> date | None:
        if _ISO.search(words) or _SLASHED.search(words):
            return self._numeric_date(words, seen)
        for pattern, worth, fixed in self._ago:
            if found := pattern.search(words):
                count = Decimal(fixed) if fixed else self.number(found["count"])
                if count is not None and count < 4000:
                    return seen.today + timedelta(days=int(count) * worth)
        said = self._days.read(words)
        marks = {kind: [mark.value for mark in said if isinstance(mark, Mark) and mark.kind == kind]
                 for kind in ("month", "weekday", "relative", "day", "last", "next")}  # fmt: skip
        numbers = [int(token) for token in said if isinstance(token, Decimal) and not token % 1]
        if any(len(set(marks[kind])) > 1 for kind in ("month", "weekday", "relative")):
            return None
        weekday = next(iter(marks["weekday"]), None)
        if marks["month"]:
            return _agreed(_in_month(int(marks["month"][0]), numbers, seen), weekday)
        if marks["relative"]:
            return seen.today + timedelta(days=int(marks["relative"][0]))
        if weekday is not None and not numbers:
            return _on_weekday(int(weekday), seen, last=bool(marks["last"]), following=bool(marks["next"]))
        if len(numbers) == 1 and 1 <= numbers[0] <= 31 and (marks["day"] or weekday is not None):
            return _agreed(seen.of_month(numbers[0]), weekday)
        return None

    # --- times ------------------------------------------------------------------------------------------------

    @cached_property
    def _parts(self) -> dict[str, tuple[int, ...]]:
        """What parts of the day are called, and the hours that each is said of, by CLDR and the file."""
        from babel.dates import format_time

        found: dict[str, set[int]] = {}
        for hour in range(24):
            for form in ("B", "BBBB", "a", "aaaa"):
                name = folded(str(format_time(time(hour), form, locale=self._formats.locale)))
                found.setdefault(name, set()).add(hour)
        for name, hours in (("before_noon", range(12)), ("after_noon", range(12, 24))):
            for part in self._listed(name):
                found.setdefault(part, set(hours))
        return {name: tuple(sorted(hours)) for name, hours in found.items() if name}

    @cached_property
    def _times(self) -> Lexicon:
        known = {name: Mark("part", name) for name in self._parts}
        for kind in ("half", "to", "less", "clock"):
            known |= self._marked(Mark(kind), kind)
        known |= self._marked(Mark("quarter past"), "quarter_past") | self._marked(Mark("quarter to"), "quarter_to")
        known |= self._marked(Mark("moment", 12), "noon") | self._marked(Mark("moment", 0), "midnight")
        return Lexicon(self._fillers | known, self._formats)

    def moment(self, words: str) -> time | None:
        """las seis y media de la tarde, ocho menos cuarto, 18:00, mediodía; without a part of the day as `of_day`."""
        return latest(self._time, self._pieces(words))

    def _time(self, words: str) -> time | None:
        written = _CLOCK.search(words)
        said = [token for token in self._times.read(_CLOCK.sub(r" \1 \2 ", words)) if token != Mark("clock")]
        numbers = [int(token) for token in said if isinstance(token, Decimal) and not token % 1]
        marks = [token for token in said if isinstance(token, Mark)]
        kinds = {mark.kind for mark in marks}
        if any(isinstance(token, str) for token in said) or len(numbers) > 2:
            return None
        moments = {int(mark.value) for mark in marks if mark.kind == "moment"}
        if not numbers:
            return time(moments.pop()) if len(moments) == 1 else None
        if numbers == [12] and len(moments) == 1:
            return time(moments.pop())
        hour, minute = numbers[0], numbers[1] if len(numbers) == 2 else 0
        if "less" in kinds:
            minute = -minute
        elif "to" in kinds and len(numbers) == 2:
            hour, minute = numbers[1], -numbers[0]
        minute += 30 * ("half" in kinds) + 15 * ("quarter past" in kinds) - 15 * ("quarter to" in kinds)
        if hour > 24 or not -60 < minute < 60:
            return None
        parts = [self._parts[str(mark.value)] for mark in marks if mark.kind == "part"]
        exact = written is not None and len(written[1]) == 2 and not parts
        whole = time(hour % 24) if exact or hour > 12 else _of_parts(hour, parts)
        if whole is None:
            return None
        return time(*divmod((whole.hour * 60 + minute) % 1440, 60))

    # --- yes and no, and what matters in a wish ---------------------------------------------------------------

    def _phrase(self, words: str) -> Phrase:
        return tuple(words.split()) if self._formats.spaced else tuple(words.replace(" ", ""))

    def _phrases(self, words: str) -> list[Phrase]:
        return [self._phrase(folded(each)) for each in listed(words)]

    @cached_property
    def _meanings(self) -> tuple[Mapping[Phrase, Meaning], frozenset[Phrase]]:
        return self._words.meanings(self._phrases), frozenset(map(self._phrase, self._fillers))

    def yes_or_no(self, words: str) -> bool | None:
        meanings, fillers = self._meanings
        return (
            agreement([self._phrase(piece) for piece in self._pieces(words)], meanings, fillers) if meanings else None
        )

    @cached_property
    def _meaningless(self) -> re.Pattern[str]:
        return either((*self._listed("meaningless"), *self._fillers), spaced=self._formats.spaced)

    def content(self, words: str) -> tuple[str, ...]:
        """Quisiera preguntar por la factura -> factur; in a language without spaces, each character."""
        kept = self._meaningless.sub(" ", words)
        return tuple(map(self._stem, kept.split())) if self._formats.spaced else tuple(kept.replace(" ", ""))

    def _stem(self, word: str) -> str:
        for beginning in sorted(self._listed("beginnings"), key=len, reverse=True):
            if word.startswith(beginning) and len(word) > len(beginning) + 2:
                word = word.removeprefix(beginning)
                break
        for _ in range(2):  # facturas, factura
            endings = sorted(self._listed("endings"), key=len, reverse=True)
            ending = next((each for each in endings if word.endswith(each) and len(word) > len(each) + 2), "")
            word = word.removesuffix(ending)
        return word

    @cached_property
    def _turns(self) -> Turns:
        and_also = either(self._listed("and_also"), spaced=self._formats.spaced)
        return Turns(self._corrections, re.compile("(?!)"), and_also, least=6 if self._formats.spaced else 3)


def _of_parts(hour: int, parts: Sequence[tuple[int, ...]]) -> time | None:
    """An hour on the face of a clock in this part of the day; without one, as `of_day` has it."""
    if not parts:
        return of_day(hour, 0, None)
    if hour == 12 and all(min(hours) >= 18 for hours in parts):
        return time(0)
    fitting = [each for each in (hour % 12, hour % 12 + 12) if all(each in hours for hours in parts)]
    if fitting:
        return time(fitting[0])
    return of_day(hour, 0, afternoon=all(min(hours) >= 12 for hours in parts))


def _agreed(day: date | None, weekday: str | int | None) -> date | None:
    return day if day and (weekday is None or day.weekday() == weekday) else None


def _in_month(month: int, numbers: Sequence[int], seen: Standpoint) -> date | None:
    years = [number for number in numbers if number > 31]
    days = [number for number in numbers if number <= 31]
    if len(days) != 1 or len(years) > 1:
        return None
    return real(years[0], month, days[0]) if years else seen.of_year(month, days[0])


def _on_weekday(weekday: int, seen: Standpoint, *, last: bool, following: bool) -> date:
    if last:
        return Standpoint(seen.today - timedelta(days=1)).of_week(weekday)
    return in_week(weekday, 1, seen.today) if following else seen.of_week(weekday)
