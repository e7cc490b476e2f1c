"""What stands in the file of words of a language: the hotline's own sentences, and what callers say.

Such a file ships for some languages, as `words_<code>.yaml`; a hotline has its own beside its configuration.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import get_args

from ivr.call.languages.agreement import Meaning, Phrase
from ivr.texts.load import Texts, load_texts

FALLBACK = "en"
"""The language whose sentence is said where a file has none."""


def shipped_file(code: str) -> Path:
    return Path(__file__).with_name(f"words_{code}.yaml")


@cache
def shipped_texts(code: str) -> Texts:
    """The file of a language that ships; nothing for one without."""
    return load_texts(shipped_file(code)) if shipped_file(code).is_file() else {}


def listed(words: str) -> list[str]:
    """Phrases that stand in a file one behind another, with commas (also Arabic and Chinese ones) or line by line."""
    return [each for each in (piece.strip() for piece in re.split("[,،、，\n]", words)) if each]


def merged(own: Texts, others: Texts) -> Texts:
    """A file, with what it leaves out or empty taken from another."""
    sections = {name: {**others.get(name, {}), **_written(own.get(name, {}))} for name in {**others, **own}}
    return sections


def _written(section: Mapping[str, str]) -> Mapping[str, str]:
    return {key: text for key, text in section.items() if text}


@dataclass(frozen=True, slots=True)
class LanguageWords:
    texts: Texts

    @property
    def asks(self) -> Mapping[str, tuple[str, ...]]:
        """What callers say who want what a key does everywhere (`flow.model.ACTIONS`), or only ask (`QUESTIONS`)."""
        return {action: tuple(said.splitlines()) for action, said in self.texts.get("asks", {}).items()}

    def meanings(self, phrases: Callable[[str], list[Phrase]]) -> dict[Phrase, Meaning]:
        """What phrases of yes and no mean; `phrases` cuts a list of them. Of two meanings a phrase has the later."""
        said = self.texts.get("agreement", {})
        return {phrase: meaning for meaning in get_args(Meaning) for phrase in phrases(said.get(meaning, ""))}
