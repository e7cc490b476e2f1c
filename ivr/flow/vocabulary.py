"""The small types that fields of a flow can have, the closed lists of words, and how a field is declared."""

import re
from dataclasses import MISSING, field
from typing import Any, Literal, NewType, get_args

from ivr.flow.issues import did_you_mean

StepName = NewType("StepName", str)  # a step of this flow, or an outcome that this flow declares
Key = NewType("Key", str)  # one telephone key: 0-9, * or #
Name = NewType("Name", str)  # a plain identifier: letters, digits, _ and -
Language = NewType("Language", str)  # a language code that the hotline speaks, such as zh or en
Phrase = NewType("Phrase", str)  # a few words without a comma, one item of a list
Seconds = NewType("Seconds", int)  # a whole number of seconds, written 8 or "8 s" or "2 min"

ValueKind = Literal[
    "words", "name", "digits", "number", "phone", "account", "reference", "tail", "money", "date", "time",
    "datetime", "duration",
]  # fmt: skip
VALUE_KINDS: tuple[ValueKind, ...] = get_args(ValueKind)
"""Kinds of values; a prompt speaks each by its kind. `tail` is the last digits of something longer."""

AnswerKind = Literal[
    "digits", "phone", "account", "amount", "date", "time", "yes-no", "reference", "tail", "words",
]  # fmt: skip
ANSWER_KINDS: tuple[AnswerKind, ...] = get_args(AnswerKind)
"""What `ask` can ask for. Secrets (PIN, one-time code) are asked by `identify` alone, never by `ask`."""

Priority = Literal["low", "normal", "high", "urgent"]
"""Of tickets, and of queues: who is served first."""

NOW = "now"
"""What `choose` may look at besides values: the day and the time at which the call comes to the step."""

NOTHING = "nothing"
"""The name under which a flow has examples of what asks for nothing."""

REPEAT, BACK, SWITCH_LANGUAGE = "repeat", "back", "language"
ACTIONS = (REPEAT, BACK, SWITCH_LANGUAGE)

EXPLAIN, ROBOT = "explain", "robot"
QUESTIONS = (EXPLAIN, ROBOT)
"""What callers ask who want nothing else: why or when, of what was said last; and whether this is a person."""

E164 = re.compile(r"\+[1-9][0-9]{6,14}")
"""A phone number: a plus, a country code, at most 15 digits."""
PREFIX = re.compile(r"\+[1-9][0-9]{0,14}")
"""How phone numbers can begin."""
SOFTPHONE = re.compile(r"client:[A-Za-z0-9_.-]{1,100}")
"""A client of Twilio's SDK: no phone number, and calls to it cost nothing."""


def value_kind(word: str) -> ValueKind:
    """The kind of value that is called so. Raises ValueError for another word."""
    for kind in VALUE_KINDS:
        if kind == word:
            return kind
    raise ValueError(f'"{word}" is not a kind of value')


def key_outcome(key: str) -> str:
    """The outcome of a telephone key: `key_1`, `key_star`, `key_hash`."""
    return f"key_{_KEY_NAMES.get(key, key)}"


def key_sign(outcome: str) -> str:
    """The telephone key of an outcome, as `key_outcome` names it; "" for any other outcome."""
    name = outcome.removeprefix("key_")
    return "" if name == outcome else _KEY_SIGNS.get(name, name)


_KEY_NAMES = {"*": "star", "#": "hash"}
_KEY_SIGNS = {name: key for key, name in _KEY_NAMES.items()}


def yaml_field(doc: str, default: Any = MISSING, *, each: str = "", span: tuple[float, float] | None = None) -> Any:
    """A field as an author writes it: `doc` is its documentation; without a default it must be written.

    `each` says what names a string field holds: "calendar", "handler", "policy", "queue", "destination", "flow",
    "value", or "name" for any. For a mapping it says what the keys are: "language" or "key", or "key language" for a
    mapping of mappings. `span` is the least and the most that a number may be; the checkers hold it. The reader fills
    in a field without `yaml_field`.
    """
    meta = {"doc": doc, "each": each, "span": span}
    if default is MISSING:
        return field(metadata=meta)
    if isinstance(default, (list, dict)):
        return field(default_factory=lambda: type(default)(default), metadata=meta)
    return field(default=default, metadata=meta)


# --- days of the week ----------------------------------------------------------------------------------------------


WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
FULL_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def weekdays(text: str) -> tuple[int, ...]:
    """Monday is 0: "mon", "tue-fri", "sat, sun", "fri-mon". Raises ValueError with one sentence."""
    found: list[int] = []
    english = re.sub(
        r"(?:周|星期|礼拜)([一二三四五六日天])", lambda day: WEEKDAYS[min("一二三四五六日天".find(day[1]), 6)], text
    )
    plain = re.sub(r"\s*[–—－~～至到]\s*", "-", english.lower())
    if english != text:
        raise ValueError(f'"{text}" is written in English here; did you mean "{plain}"?')
    for part in re.split("[,，、]", plain):
        first, dash, last = (word.strip() for word in part.partition("-"))
        begin = _weekday(first)
        end = _weekday(last) if dash else begin
        found += [(begin + step) % 7 for step in range((end - begin) % 7 + 1)]
    if len(set(found)) < len(found):
        raise ValueError(f'"{text}" names a day twice; keep one of them')
    return tuple(found)


def _weekday(word: str) -> int:
    for names in (WEEKDAYS, FULL_NAMES):
        if word in names:
            return names.index(word)
    hint = did_you_mean(word, (*WEEKDAYS, *FULL_NAMES)) or "; expected mon, tue, wed, thu, fri, sat or sun, or mon-fri"
    raise ValueError(f'"{word}" is not a day of the week{hint}')
