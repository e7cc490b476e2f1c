"""How people say telephone keys: "please press 4", "按井号键". A file per language, in the folder `speech`.

The checker compares what sentences say with what keys do. A language without a file is not compared.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

from ivr.flow.examples import load_texts


@dataclass(frozen=True, slots=True)
class Mention:
    """A key said in a sentence, and the words around it."""

    key: str
    before: str
    after: str


class _Pattern:
    """A pattern of a language, made when it is asked for first: a call needs a few of them, and they take long."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, speech: Speech, owner: type) -> re.Pattern[str]:
        made = speech.__dict__[self._name] = re.compile(speech.written[self._name], re.IGNORECASE)
        return made


class Speech:
    """How one language says keys, as patterns; one may be written in several lines, and case makes no difference.

    `press` is a pattern with a group `key`, and `last` where keys are said from one to another; `words` are the
    keys that are said as words. `filler` matches what may stand before a key and names no purpose ("please"),
    `purpose` words behind a key that do ("press 4 *for refunds*"); `silent` is what may follow a key and is no word
    more. `asks` matches words that stand for a secret, `denies` those that warn against telling one; `hours` a span
    of times of day; `any_time` says that a key works wherever one is, `promise` that somebody will get in touch, and
    `deadline` by when. `other` matches words of another language, unless `own` are there too. A range
    of thousands of characters stands in `(?-i:…)`, or its pattern would be made one character at a time.
    """

    press, filler, purpose, silent = _Pattern(), _Pattern(), _Pattern(), _Pattern()
    other, own, asks, denies = _Pattern(), _Pattern(), _Pattern(), _Pattern()
    hours, any_time, promise, deadline = _Pattern(), _Pattern(), _Pattern(), _Pattern()

    def __init__(self, written: dict[str, str]) -> None:
        self.written = {name: "".join(map(str.strip, text.splitlines())) for name, text in written.items()}
        self.words = {said[:-2]: said[-1] for said in self.written["words"].split()}


@cache
def speech_of(language: str) -> Speech | None:
    file = files(__package__) / "speech" / f"{language}.yaml"
    return Speech(load_texts(file)) if file.is_file() else None


_kept = lru_cache(maxsize=16_384)
"""Whoever edits a hotline has all its sentences checked after each change of one."""
_CLAUSE = re.compile(r"[。！？!?；;，,.\n]")
_SENTENCE = re.compile(r"[。！？!?；;\n]+|\.(?:\s|$)")


@_kept
def mentions(sentence: str, language: str) -> tuple[Mention, ...]:
    """The keys a sentence tells the caller to press, in order, as they stand on the telephone."""
    return tuple(_mentions(sentence, language))


def _mentions(sentence: str, language: str) -> Iterator[Mention]:
    speech = speech_of(language)
    if speech is None:
        return
    text = sentence if sentence.isascii() else unicodedata.normalize("NFKC", sentence)
    for found in speech.press.finditer(text):
        said = found["key"].lower()
        key = said if len(said) == 1 and said in "0123456789*#" else speech.words.get(said) or speech.words[said[0]]
        before, after = text[: found.start()], text[found.end() :]
        yield Mention(key, before, after)
        if found["last"] and key.isdecimal():
            yield from (Mention(str(other), before, after) for other in range(int(key) + 1, int(found["last"]) + 1))


def says_key_first(mention: Mention, language: str) -> bool:
    """Whether a key is said before what it does: "press 4 for refunds"."""
    speech = speech_of(language)
    clause = _CLAUSE.split(mention.before)[-1]
    return bool(
        speech
        and speech.filler.fullmatch(clause)
        and speech.purpose.match(mention.after)
        and not speech.silent.match(mention.after)
    )


@_kept
def is_other_language(sentence: str, language: str) -> bool:
    """Whether a sentence is certainly in another language than the one it is written under."""
    speech = speech_of(language)
    return speech is not None and bool(speech.other.search(sentence)) and not speech.own.search(sentence)


@_kept
def asks_secret(sentence: str, language: str) -> str:
    """The word by which a sentence asks for a secret (`PIN`, `验证码`), or "".

    A sentence that warns against telling it, or speaks of resetting it, does not ask.
    """
    speech = speech_of(language)
    if speech is None:
        return ""
    for part in _SENTENCE.split(unicodedata.normalize("NFKC", sentence)):
        found = speech.asks.search(part)
        if found and not speech.denies.search(part):
            return found[0]
    return ""


@_kept
def hours_in(sentence: str, language: str) -> str:
    """The span of hours that a sentence says in so many words ("9 AM to 6 PM"), or ""."""
    speech = speech_of(language)
    found = speech.hours.search(sentence) if speech else None
    return found[0] if found else ""


@_kept
def deadline_in(sentence: str, language: str) -> str:
    """The day by which a sentence promises in so many words that somebody gets in touch ("tomorrow"), or ""."""
    speech = speech_of(language)
    if speech is None:
        return ""
    for part in _SENTENCE.split(sentence):
        if speech.promise.search(part) and (found := speech.deadline.search(part)):
            return found[0]
    return ""
