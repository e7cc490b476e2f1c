"""Which key of a menu a caller's words mean, by the names that its author wrote for each.

Pure. Words are compared as `answers.comparable` makes them. What callers want who say none of these names is told in
`ivr.call.understanding`.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from ivr.call.answers import comparable, spoken_digits
from ivr.call.languages import LANGUAGES
from ivr.call.languages.hearing import Hearing
from ivr.flow.model import Choice, Text

Spellings = Mapping[str, Sequence[str]]
"""A name in each language, by language code."""

NOTHING: Mapping[str, Spellings] = {}

BESIDE_A_KEY = 3
"""How many words with a meaning (Chinese: characters) stand beside a key that is said: "I will take number two"."""


def choose(
    choices: Sequence[Choice], words: str, language: str, everywhere: Mapping[str, Spellings] = NOTHING
) -> str | None:
    """The key that recognised words mean in a menu, or None when they fit none, or two equally well.

    Words are compared with labels and synonyms (`also`) without what carries no meaning ("I want", 查询). The
    longest label inside the words wins; if there is none, the one label that the words are a part of. A key said
    aloud counts as pressed, the place of a choice as its key, and a choice of a language answers to that language's
    names. `everywhere` is what may be said instead of keys that are no choices here, by key and language; a choice that
    fits as well goes before them.
    """
    heard = comparable(words, language)
    hearing = LANGUAGES[language].hearing
    size, keys = _inside([*_named(choices, language)], heard, hearing)
    size_elsewhere, elsewhere = _inside([*_called(everywhere, language)], heard, hearing)
    if size or size_elsewhere:
        return _only(keys if size >= size_elsewhere else elsewhere)
    key = _key_said(choices, heard, hearing)
    if key in (*(choice.key for choice in choices), *everywhere):
        return key
    said = hearing.content(heard)
    if len("".join(said)) < 2:  # one character of Chinese is a part of too much
        return None
    return _only([key for key, phrase in _named(choices, language) if _within(said, phrase, hearing.in_order)])


def of_two(words: str, language: str) -> int | None:
    """Which of two is meant, 0 or 1, by its number or its place: "two", "the second one". None for anything else."""
    place = LANGUAGES[language].hearing.place(comparable(words, language))
    if place is None:
        return {"1": 0, "2": 1}.get(spoken_digits(words, language))
    return {0: 0, 1: 1, -1: 1}.get(place)


def is_key(words: str, language: str) -> bool:
    """Whether one digit is all that was said that carries meaning: "two please", and not "call me at two"."""
    said = LANGUAGES[language].hearing.content(comparable(words, language))
    return len(said) == 1 and len(spoken_digits(words, language)) == 1


def is_name(
    choices: Sequence[Choice], words: str, language: str, everywhere: Mapping[str, Spellings] = NOTHING
) -> bool:
    """Whether these words are the name of one key and say nothing else: "a refund", "two", "no no"."""
    hearing = LANGUAGES[language].hearing
    heard = comparable(words, language)
    said = hearing.content(heard)
    names = (*_named(choices, language), *_called(everywhere, language))
    keys = {*(choice.key for choice in choices), *everywhere}
    beside = [word for word in said if hearing.digits(word) is None]
    is_key = _key_said(choices, heard, hearing) in keys and len(beside) <= BESIDE_A_KEY
    return (
        is_key
        or _only([key for key in keys if _is_made_of([name for of, name in names if of == key], said)]) is not None
    )


def _key_said(choices: Sequence[Choice], heard: str, hearing: Hearing) -> str | None:
    """The key that is said, or that of a choice by its place: "the second one"."""
    place = hearing.place(heard)
    if place is not None:
        return next((choice.key for choice in choices[place:][:1]), None)
    return None if hearing.no_key.search(heard) else hearing.digits(heard)


def names_in(
    choices: Sequence[Choice], words: str, language: str, everywhere: Mapping[str, Spellings] = NOTHING
) -> frozenset[str]:
    """The keys of which a name stands somewhere in these words."""
    names = (*_named(choices, language), *_called(everywhere, language))
    standing = _standing(names, comparable(words, language), LANGUAGES[language].hearing)
    return frozenset(key for key, _ in standing)


def denied(choices: Sequence[Choice], words: str, language: str) -> frozenset[str]:
    """The keys whose names are in these words only behind a refusal: "do not freeze my account"."""
    hearing, heard = LANGUAGES[language].hearing, comparable(words, language)
    if not hearing.refusal.search(heard):
        return frozenset()
    said = hearing.content(heard)
    inside = frozenset(key for key, name in _named(choices, language) if _within(name, said, hearing.in_order))
    return inside - names_in(choices, words, language)


def named(choices: Sequence[Choice], words: str, language: str) -> str | None:
    """The key of the one choice that these words name. The caller said them to the menu before this one.

    Names of one character (退) are in too many sentences about something else.
    """
    names = [(key, name) for key, name in _named(choices, language) if len("".join(name)) > 1]
    return _only(_inside(names, comparable(words, language), LANGUAGES[language].hearing)[1])


def called(everywhere: Mapping[str, Spellings], words: str, language: str) -> str | None:
    """In a question without choices: the key that works everywhere and is named in these words."""
    return _only(_inside([*_called(everywhere, language)], comparable(words, language), LANGUAGES[language].hearing)[1])


def standing_for(also: Mapping[str, Spellings], words: str, language: str) -> str | None:
    """In a question for yes or no: the key of the longest of these names that stands in the words, word for word."""
    edge = "" if LANGUAGES[language].hearing.in_order else " "
    heard = f"{edge}{comparable(words, language)}{edge}"
    names = [(key, comparable(name, language)) for key, by in also.items() for name in by.get(language, ())]
    found = [(len(name), key) for key, name in names if f"{edge}{name}{edge}" in heard]
    longest = max((size for size, _ in found), default=0)
    return _only([key for size, key in found if size == longest])


def _inside(names: Sequence[tuple[str, tuple[str, ...]]], heard: str, hearing: Hearing) -> tuple[int, list[str]]:
    """The keys whose names stand in what was heard, of the longest such names alone, and how long those are."""
    inside = [(len("".join(phrase)), key) for key, phrase in _standing(names, heard, hearing)]
    longest = max((size for size, _ in inside), default=0)
    return longest, [key for size, key in inside if size == longest]


def _standing(
    names: Sequence[tuple[str, tuple[str, ...]]], heard: str, hearing: Hearing
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The names in what was heard, but for those that are refused; a name may itself be a refusal ("not received")."""
    said = hearing.content(heard)
    wanted = hearing.content(hearing.refusal.sub(" ", heard)) if hearing.refusal.search(heard) else said
    between = "" if hearing.in_order else " "
    for key, phrase in names:
        if _within(phrase, said, hearing.in_order) and (
            _within(phrase, wanted, hearing.in_order) or hearing.refusal.search(between.join(phrase))
        ):
            yield key, phrase


def _named(choices: Sequence[Choice], language: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    return ((choice.key, phrase) for choice in choices for phrase in _names(choice, language))


def _called(everywhere: Mapping[str, Spellings], language: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    for key, by_language in everywhere.items():
        for name in by_language.get(language, ()):
            if content := _content(name, language):
                yield key, content


def _names(choice: Choice, language: str) -> list[tuple[str, ...]]:
    """The names of a choice, each reduced to the words that carry meaning."""
    codes = dict.fromkeys((language, choice.language or language))
    said = [_literal(choice.label, code) for code in codes] if choice.label else []
    said += [synonym for code in codes for synonym in choice.also.get(code, ())]
    if choice.language:
        said += LANGUAGES[choice.language].called
    return [content for name in said if (content := _content(name, language))]


@lru_cache(maxsize=4096)
def _content(name: str, language: str) -> tuple[str, ...]:
    """What carries meaning in a name that an author wrote; asked again for every sentence that is heard."""
    return LANGUAGES[language].hearing.content(LANGUAGES[language].hearing.normal(name))


def _literal(text: Text, language: str) -> str:
    sentence = text.sentences.get(language)
    return " ".join(part for part in sentence.parts if isinstance(part, str)) if sentence else ""


def _within(phrase: tuple[str, ...], said: tuple[str, ...], in_order: bool) -> bool:
    if not in_order:
        return set(phrase) <= set(said)
    return any(said[at : at + len(phrase)] == phrase for at in range(len(said) - len(phrase) + 1))


def _is_made_of(names: Sequence[tuple[str, ...]], said: tuple[str, ...]) -> bool:
    """Whether the words are these names, one after another, and nothing else: "no no thanks"."""
    at = 0
    while at < len(said):
        size = max((len(name) for name in names if said[at : at + len(name)] == name), default=0)
        if not size:
            return False
        at += size
    return at > 0


def _only(keys: Sequence[str]) -> str | None:
    different = dict.fromkeys(keys)
    return next(iter(different)) if len(different) == 1 else None
