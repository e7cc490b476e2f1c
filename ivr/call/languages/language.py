"""What a language is to the hotline: how it speaks each kind of value, its own sentences, and how it listens.

A language is one table, an instance of `Language`. Nothing outside these tables knows any words: `prompts` fills
sentences and `answers` understands callers with whatever the table says. `general` makes the table of any language.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property, lru_cache
from typing import Any

from ivr.call.languages.characters import plain
from ivr.call.languages.hearing import Hearing
from ivr.call.values import Money, Value, Values
from ivr.flow.model import Slot, value_kind
from ivr.texts.load import Texts

WeekHours = Sequence[tuple[int, int, Sequence[tuple[time, time]]]]
"""First and last weekday (Monday is 0) of days that are alike, and when they are open; midnight is 00:00."""

Speaker = Callable[[Value, date], str]
"""Says a value; the date is today where the caller is. Raises ValueError or ArithmeticError on text not of its kind."""


class MissingValue(LookupError):
    """A sentence needs a value that no path has set; `name` is the value's name."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f'no value "{name}" to fill in')


@dataclass(frozen=True, kw_only=True)
class TalkPhrases:
    """What is said on the telephones of a queue: to agents, to callers on hold, to customers who are called back.

    What each is for stands above it in `words_en.yaml`.
    """

    call: str
    callback: str
    consult: str
    accept: str
    caller_gone: str
    not_waiting: str
    not_taken: str
    calling: str
    not_reached: str
    colleague_gone: str
    on_hold: str
    cut_off: str
    handed_over: str
    greeting: str
    nameless_greeting: str
    no_key: str
    cut_off_callback: str
    failed: str


@dataclass(frozen=True, kw_only=True)
class Phrases:
    """The hotline's own sentences in one language. `{slots}` are filled like those of a flow.

    What each is for stands above it in `words_en.yaml`.
    """

    apology: str
    one_moment: tuple[str, ...]
    """Fillers during a slow look-up, in this order; the last is repeated."""
    goodbye: str
    limit: str
    choice: Callable[[str, str], str]
    """The sentence of a menu choice, from its label and the name of its key: action first, key last."""
    service: str
    between: str
    subject: str
    second_need: str
    say_number: str
    use_keys: str
    number_withheld: str
    confirm: str
    ahead: Callable[[int], str]
    """How many callers are before this one in the queue."""
    wait: str
    still_waiting: str
    leave_queue: str
    in_turn: str
    in_turn_about: str
    opened: str
    closed: str
    holiday: str
    emergency: str
    closed_for: Mapping[str, str]
    """Why we are closed as a phrase inside a sentence: `closed`, `holiday` (with `{name}`)."""
    next_opening: str
    opening_hours: Callable[[WeekHours, bool], str]
    """The hours of a week, inside a sentence; the second argument: whether public holidays are closed."""
    opening_unknown: str
    code_message: str
    guessing_message: str
    fault: str
    fault_goodbye: str
    busy: str
    whisper_caller: str
    whisper_unknown: str
    whisper_factor: Mapping[str, str]
    """How the caller was identified, by factor: `code`, `pin`, and the empty string for not at all."""
    whisper_topic: str
    whisper_also: str
    whisper_reference: str
    whisper_waited: str
    talk: TalkPhrases

    @classmethod
    def of(cls, texts: Texts, **made: Any) -> Phrases:
        """From the texts of a file of words, and the functions that make sentences of it. Raises KeyError or TypeError,
        naming what is missing."""
        made |= texts["phrases"]
        return cls(
            one_moment=tuple(texts["one_moment"].values()),
            closed_for=texts["closed_for"],
            whisper_factor=texts["whisper_factor"],
            talk=TalkPhrases(**texts["talk"]),
            **made,
        )

    def sentences(self) -> frozenset[str]:
        """All that stands in the file as it is said."""
        parts = (vars(self).values(), self.one_moment, vars(self.talk).values())
        return frozenset(each for part in parts for each in part if isinstance(each, str))


@dataclass(frozen=True, kw_only=True, eq=False)
class Language:
    """One language of the hotline. Compared by identity: there is one table per language."""

    code: str
    """As flows write it: zh."""
    name: str
    """As its speakers call it."""
    called: tuple[str, ...]
    """What callers of any language may say to ask for it."""
    say_code: str
    """The language of `<Say>`; Mandarin differs from the next (cmn-CN)."""
    listen_code: str
    """The language of `<Gather>` speech recognition (cmn-Hans-CN)."""
    voice: str
    speakers: Mapping[str, Speaker]
    """One for every kind of `flow.model.VALUE_KINDS`."""
    writers: Mapping[str, Speaker]
    """For text messages, the kinds that are read otherwise than heard: a reference is written 300123."""
    keys: Mapping[str, str]
    """Names of the keys that are no digits."""
    phrases: Phrases
    listening: Callable[[], Hearing]
    """Gives `hearing`: its patterns are only made when somebody speaks."""
    joiner: str = " "
    """What stands between two sentences."""
    fit: Callable[[str, str, str], str] = field(default=lambda before, spoken, after: before + spoken)
    """Joins a spoken value to what was said before, knowing what comes after; the place for grammar."""
    fallback: Language | None = None
    """Whose sentences stand among the phrases where a translator has written none."""

    @cached_property
    def _borrowed(self) -> frozenset[str]:
        return self.phrases.sentences() & self.fallback.phrases.sentences() if self.fallback else frozenset()

    def teller(self, phrase: str) -> Language:
        """The language that a phrase of the table is in: this one, or its fallback."""
        return self.fallback if self.fallback is not None and phrase in self._borrowed else self

    @property
    def hearing(self) -> Hearing:
        return self.listening()

    def speak(self, value: Value, kind: str = "", *, today: date) -> str:
        """The value in words, as `kind` or else as its own kind.

        A text that is not of its kind (a back office may send anything) is said as plain words: a caller is better
        served by a clumsy sentence than by an apology. Raises KeyError for a kind that does not exist.
        """
        return _spoken_or_plain(self.speakers[kind or value.kind], value, today)

    def write(self, value: Value, kind: str = "", *, today: date) -> str:
        """The value as it is read in a text message; otherwise like `speak`."""
        kind = kind or value.kind
        return _spoken_or_plain(self.writers.get(kind) or self.speakers[kind], value, today)

    def fill(self, parts: Sequence[str | Slot], values: Values, today: date) -> str:
        """The parts of a sentence with its slots spoken. Raises MissingValue. Values are never read for slots again."""
        return self._fill(parts, values, lambda value, kind: self.speak(value, kind, today=today))

    def fill_written(self, parts: Sequence[str | Slot], values: Values, today: date) -> str:
        """The parts of a text message with its slots written; otherwise like `fill`."""
        return self._fill(parts, values, lambda value, kind: self.write(value, kind, today=today))

    def _fill(self, parts: Sequence[str | Slot], values: Values, tell: Callable[[Value, str], str]) -> str:
        said = ""
        for index, part in enumerate(parts):
            if isinstance(part, str):
                said += part
                continue
            value = values.get(part.name)
            if value is None:
                raise MissingValue(part.name)
            following = parts[index + 1] if index + 1 < len(parts) else ""
            after = following if isinstance(following, str) else ""
            said = self.fit(said, tell(value, part.kind), after)
        return said

    def say(self, phrase: str, values: Values, today: date) -> str:
        """A phrase of the table with its slots spoken, in the language that it is in."""
        return self.teller(phrase).fill(_parts(phrase), values, today)

    def key(self, key: str) -> str:
        """What a key is called: 4, star."""
        return self.keys.get(key, key)

    def choice(self, label: str, key: str) -> str:
        """The sentence of a menu choice: "For a refund, press 4."."""
        return _choice(self, label, key)


def _spoken_or_plain(teller: Speaker, value: Value, today: date) -> str:
    try:
        return teller(value, today)
    except (ValueError, ArithmeticError):
        return plain(value.text)


@lru_cache(maxsize=256)
def _parts(phrase: str) -> tuple[str | Slot, ...]:
    parts: list[str | Slot] = []
    for literal, name, kind, _ in string.Formatter().parse(phrase):
        if literal:
            parts.append(literal)
        if name is not None:
            parts.append(Slot(name, value_kind(kind) if kind else ""))
    return tuple(parts)


@lru_cache(maxsize=4096)
def _choice(language: Language, label: str, key: str) -> str:
    return language.phrases.choice(label.strip(), language.key(key))


# --- what the speakers of every language share ----------------------------------------------------------------

_RUNS = re.compile(r"[A-Za-z]+|[0-9]+")


def spelled(text: str) -> list[str]:
    """The ASCII letters and digits of a text in groups, to be read one by one with a pause between.

    Groups have at most four digits and are as even as can be, shorter ones first, which gives 3-4-4 for a mobile
    number of China and 3-3 for six digits; five (a bank's 95588) stay together. A word of letters is one group.
    Raises ValueError if there is nothing to spell.
    """
    groups: list[str] = []
    for run in _RUNS.findall(text):
        if run.isalpha():
            groups.append(run.upper())
            continue
        count = -(-len(run) // 4) if len(run) != 5 else 1
        short, longer = divmod(len(run), count)
        at = 0
        for number in range(count):
            size = short + (number >= count - longer)
            groups.append(run[at : at + size])
            at += size
    if not groups:
        raise ValueError(text)
    return groups


@lru_cache(maxsize=1024)
def at_home(number: str, country: str) -> str:
    """A phone number (E.164) as it is dialled within its country, if that is this one (two letters): 138 0013 8000.

    All other numbers and texts stay as they are.
    """
    import phonenumbers  # only where a number is said

    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return number
    if parsed.country_code != phonenumbers.country_code_for_region(country):
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.NATIONAL)


def sayable(value: Value, country: str) -> Value:
    """A value as it is said in a country (two letters): a phone number of this country without its country code."""
    return Value("phone", at_home(value.text, country)) if value.kind == "phone" else value


def dialled(text: str) -> tuple[str, list[str]]:
    """A phone number as its country code and its groups as its country writes them.

    A number in another form than E.164 has no country code ("") and the groups in which it stands. Raises ValueError
    for text without digits ("anonymous").
    """
    import phonenumbers  # only where a number is said

    try:
        number = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException:
        groups = re.findall("[0-9]+", text)
        return "", groups if len(groups) > 1 else spelled("".join(groups))
    country, *groups = re.findall(
        "[0-9]+", phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    )
    return country, groups


def quantity(text: str) -> Decimal:
    """A number a person would say in words. Raises ValueError for one too long, and for NaN and infinities."""
    number = Decimal(text)
    if not number.is_finite() or number.adjusted() > 11 or number.adjusted() < -11:
        raise ValueError(text)
    return number


def rounded(money: Money) -> Decimal:
    """The amount to the smallest coin of its currency, halves away from zero."""
    from babel.numbers import get_currency_precision  # only where an amount is said

    places = get_currency_precision(money.currency) if money.currency else 2
    return quantity(str(money.amount)).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def date_of(value: Value) -> date:
    return datetime.fromisoformat(value.text).date()


def time_of(value: Value) -> time:
    return datetime.fromisoformat(value.text).time() if "T" in value.text else time.fromisoformat(value.text)


def lasting(value: Value) -> list[tuple[int, str]]:
    """A duration as people give it: [(number, unit)], at most two units of `day hour minute second`.

    Up to a minute in seconds, up to an hour in whole minutes, up to two days in hours and minutes ("24 hours"),
    then in days and hours. Halves round up. Below zero is zero.
    """
    seconds = max(0, int(quantity(value.text)))
    if seconds < 60:
        return [(seconds, "second")]
    minutes = (seconds + 30) // 60
    if minutes < 60:
        return [(minutes, "minute")]
    if minutes < 48 * 60:
        pair = [(minutes // 60, "hour"), (minutes % 60, "minute")]
    else:
        hours = (minutes + 30) // 60
        pair = [(hours // 24, "day"), (hours % 24, "hour")]
    return [(number, unit) for number, unit in pair if number]
