"""Reads one word or number. The field decides its type; it is never guessed from how it looks.

Each reader takes a node and gives its value, or `WRONG` after it has said what is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any, Final, NewType

from ivr.flow.issues import Issue, Place, Severity, did_you_mean
from ivr.flow.model import Key, Language, Name, Phrase, Seconds, StepName
from ivr.flow.reading.source import MAX_ISSUES, Entry, ListNode, MapNode, Node, Scalar
from ivr.flow.reading.yaml_errors import explain_sign, find_wrong_sign, halfwidth

Words = NewType("Words", str)
"""A sentence of plain text: a comment behind it is taken for a part that YAML cut off."""


class _Wrong:
    def __repr__(self) -> str:
        return "WRONG"


WRONG: Final[Any] = _Wrong()
"""What a reader gives for a value that is not there; the issue is already noted."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What readers know, and the list of issues that they write into.

    `languages` are all that the hotline speaks; `spoken` those that a text must be written in, all if None.
    """

    languages: tuple[str, ...] = ()
    issues: list[Issue] = field(default_factory=list)
    spoken: tuple[str, ...] | None = None

    @property
    def written_in(self) -> tuple[str, ...]:
        return self.languages if self.spoken is None else self.spoken

    def only_in(self, language: str) -> Reading:
        return replace(self, spoken=(language,))

    def error(self, rule: str, message: str, place: Place) -> Any:
        """Notes an error; gives WRONG, so that a reader can end with it."""
        self._note(Issue(rule, message, place))
        return WRONG

    def warn(self, rule: str, message: str, place: Place) -> None:
        self._note(Issue(rule, message, place, Severity.WARNING))

    @property
    def is_full(self) -> bool:
        return len(self.issues) > MAX_ISSUES

    def hint(self, word: str, known: Iterable[str]) -> str:
        """`did_you_mean`, unless so many problems are noted that nobody reads it: it is slow."""
        return "" if self.is_full else did_you_mean(word, known)

    def _note(self, issue: Issue) -> None:
        if self.is_full:
            return
        self.issues.append(issue)
        if self.is_full:
            message = f"no more is told after {MAX_ISSUES} problems; mend some of them first"
            self.issues[-1] = Issue("too-many-problems", message, issue.place)


Reader = Callable[[Node, Reading], Any]

KEYS = "0123456789*#"
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
_WHOLE = re.compile(r"[+-]?[0-9]{1,15}")
_DECIMAL = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,15})?")
_TIME = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9]))?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
SPAN = re.compile(r"([0-9]{1,9})\s*(s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?)?")
_UNIT_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_TRUTH = re.compile("(?P<true>true|yes|on)|false|no|off", re.IGNORECASE)


def described(node: Node) -> str:
    match node:
        case MapNode():
            return "a mapping"
        case ListNode():
            return "a list"
        case Scalar(text=text) if not text:
            return "nothing"
        case Scalar(text=text) if len(text) > 40 or "\n" in text:
            return f'"{text.splitlines()[0][:40]}…"'
        case Scalar(text=text) if (
            text != (plain := halfwidth(text).strip("\"' ")) and plain.isascii() and not text.isascii()
        ):
            return f'"{text}" (full-width; write "{plain}")'
        case _:
            return f'"{node.text}"'


def wrong_type(node: Node, reading: Reading, expected: str) -> Any:
    return reading.error("wrong-type", f"expected {expected}, not {described(node)}", node.place)


def typed(node: Node, reading: Reading, expected: str) -> str | None:
    """The text of a scalar that is written; otherwise None, with an issue."""
    if isinstance(node, Scalar) and not node.is_empty:
        return node.text
    wrong_type(node, reading, expected)
    return None


def one_of(choices: Iterable[str]) -> Reader:
    known = tuple(choices)

    def read(node: Node, reading: Reading) -> Any:
        text = typed(node, reading, f"one of {', '.join(known)}")
        if text is None:
            return WRONG
        if text not in known:
            hint = reading.hint(text, known) or f"; expected one of {', '.join(known)}"
            return reading.error("not-one-of", f'"{text}" is not allowed here{hint}', node.place)
        return text

    return read


def read_str(node: Node, reading: Reading) -> Any:
    text = typed(node, reading, "a text")
    return WRONG if text is None else text


def read_words(node: Node, reading: Reading) -> Any:
    if cut_at_hash(node, reading):
        return WRONG
    return read_str(node, reading)


def glued_colon(entry: Entry, reading: Reading) -> bool:
    """Whether a colon that YAML does not know joined a name and its value to one word; notes the issue."""
    if not (isinstance(entry.value, Scalar) and entry.value.is_empty):
        return False
    key, place = entry.key.text, entry.key.place
    if entry.key.plain and (found := find_wrong_sign(key)) and key[found.index] == "：":
        reading.error("yaml-syntax", found.message, place._replace(column=place.column + found.index, length=1))
    elif ":" in key:
        reading.error("yaml-syntax", "a colon needs a space behind it, unless the text is in quotes", place)
    else:
        return False
    return True


def cut_at_comma(entry: Entry, before: Entry | None, reading: Reading) -> bool:
    """Whether a "language" without a value is the rest of what stands before it; notes the issue.

    `{en: Hello, and welcome, zh: …}`, or with signs that are no quotes or brackets: `{en: “Hello, and welcome”}`.
    """
    key, value = entry.key.text, entry.value
    if not isinstance(value, Scalar) or not value.is_empty or value.comment or (len(key) <= 3 and key.isascii()):
        return False
    opened = before.value if before else None
    if isinstance(opened, Scalar) and opened.plain and opened.text[0:1] in tuple("“‘＂＇［【｛"):
        reading.error("yaml-syntax", explain_sign(opened.text[0]), opened.place._replace(length=1))
    else:
        message = "a comma ended the sentence before this; put the sentence in quotes"
        reading.error("cut-at-comma", message, entry.key.place)
    return True


def read_phrase(node: Node, reading: Reading) -> Any:
    text = typed(node, reading, "a text")
    if text is None:
        return WRONG
    if isinstance(node, Scalar) and node.plain and (parts := _listed(text)):
        message = f'"{text}" is one text; a list is written [{", ".join(parts)}]'
        return reading.error("wrong-type", message, node.place)
    return text


def _listed(text: str) -> list[str]:
    """The items of a list that was written without brackets, or with commas that YAML does not know."""
    parts = [part.strip(" [［【】］]") for part in re.split("[,，、；;]", text)]
    return parts if len(parts) > 1 and all(parts) else []


def cut_at_hash(node: Node, reading: Reading) -> bool:
    """Whether YAML took the rest of a sentence for a comment; notes the issue at the `#`."""
    if not isinstance(node, Scalar) or not node.comment:
        return False
    reading.error("cut-at-hash", "text after # is a comment; put the sentence in quotes", node.comment)
    return True


def read_name(node: Node, reading: Reading, expected: str = "a name") -> Any:
    text = typed(node, reading, expected)
    if text is None:
        return WRONG
    if not NAME.fullmatch(text):
        if (parts := _listed(text)) and all(map(NAME.fullmatch, parts)):
            message = f'"{text}" is not a name; a list is written [{", ".join(parts)}]'
            return reading.error("bad-name", message, node.place)
        allowed = "; a name has the letters a-z, digits, _ and -, and begins with a letter"
        tidy = re.sub(r"\W+", "_", halfwidth(text)).strip("_")
        meant = f'; did you mean "{tidy}"?' if NAME.fullmatch(tidy) else ""
        return reading.error("bad-name", f'"{text}" is not a name{meant or allowed}', node.place)
    return text


def read_step_name(node: Node, reading: Reading) -> Any:
    if isinstance(node, Scalar) and all(map(NAME.fullmatch, parts := node.text.split("."))) and len(parts) > 1:
        message = f'{described(node)} is not a step of this flow; another flow is entered by a step with "run"'
        return reading.error("bad-name", message, node.place)
    return read_name(node, reading, "a step's name")


def read_key(node: Node, reading: Reading) -> Any:
    if isinstance(node, Scalar) and node.is_empty and node.comment:
        message = '# begins a comment in YAML; write the key as "#" in quotes'
        return reading.error("unquoted-key", message, node.comment)
    text = typed(node, reading, "a telephone key: 0-9, * or #")
    if text is None:
        return WRONG
    if len(text) != 1 or text not in KEYS:
        return reading.error("bad-key", f"{described(node)} is not a telephone key: 0-9, * or #", node.place)
    return text


def read_language(node: Node, reading: Reading) -> Any:
    text = typed(node, reading, "a language")
    if text is None:
        return WRONG
    return text if is_language(text, node.place, reading) else WRONG


def is_language(text: str, place: Place, reading: Reading) -> bool:
    if not reading.languages or text in reading.languages:
        return True
    known = reading.languages
    hint = reading.hint(text, known) or f"; it speaks {', '.join(known)}"
    reading.error("unknown-language", f'"{text}" is not a language of this hotline{hint}', place)
    return False


def _parsed(expected: str, pattern: re.Pattern[str], convert: Callable[[re.Match[str]], Any]) -> Reader:
    """A reader for texts of a pattern; `convert` gives the value, or raises ValueError with one sentence."""

    def read(node: Node, reading: Reading) -> Any:
        text = typed(node, reading, expected)
        if text is None:
            return WRONG
        try:
            if match := pattern.fullmatch(text):
                return convert(match)
        except ValueError as why:
            return reading.error("wrong-type", str(why), node.place)
        return wrong_type(node, reading, expected)

    return read


def _seconds(found: re.Match[str]) -> int:
    return int(found[1]) * _UNIT_SECONDS[(found[2] or "s")[0]]


def _timedelta(found: re.Match[str]) -> timedelta:
    seconds = _seconds(found)
    if seconds > 10 * 366 * 86400:
        raise ValueError(f'"{found[0]}" is longer than ten years')
    return timedelta(seconds=seconds)


def _date(found: re.Match[str]) -> date:
    try:
        return date.fromisoformat(found[0])
    except ValueError:
        raise ValueError(f'"{found[0]}" is not a day of the calendar') from None


def _time(found: re.Match[str]) -> time:
    return time(int(found[1]), int(found[2]), int(found[3] or 0))


SCALARS: Mapping[Any, Reader] = {
    str: read_str,
    int: _parsed("a whole number such as 3", _WHOLE, lambda found: int(found[0])),
    bool: _parsed("true or false", _TRUTH, lambda found: found["true"] is not None),
    float: _parsed("a number such as 0.5", _DECIMAL, lambda found: float(found[0])),
    Decimal: _parsed("a number such as 0.5", _DECIMAL, lambda found: Decimal(found[0])),
    date: _parsed("a date such as 2026-11-25", _DATE, _date),
    time: _parsed("a time of day such as 09:00", _TIME, _time),
    timedelta: _parsed('a time span such as "30 s", "5 min", "2 h" or "1 d"', SPAN, _timedelta),
    StepName: read_step_name,
    Name: read_name,
    Key: read_key,
    Language: read_language,
    Phrase: read_phrase,
    Seconds: _parsed('a time such as 8 (seconds), "8 s" or "5 min"', SPAN, _seconds),
    Words: read_words,
}
