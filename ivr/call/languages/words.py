"""What stands in the file of words of a language, `words_<code>.yaml`: its own sentences, and what callers say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import get_args

from ivr.call.languages.agreement import Meaning, Phrase
from ivr.texts.load import Texts, load_texts


@cache
def language_words(code: str) -> LanguageWords:
    """The words of one language. Raises OSError where there is no file of them."""
    return LanguageWords(load_texts(Path(__file__).with_name(f"words_{code}.yaml")))


@dataclass(frozen=True, slots=True)
class LanguageWords:
    """The words of one language. Raises KeyError where a part of the file is missing."""

    texts: Texts

    @property
    def asks(self) -> Mapping[str, tuple[str, ...]]:
        """What callers say who want what a key does everywhere (`flow.model.ACTIONS`)."""
        return {action: tuple(said.splitlines()) for action, said in self.texts["asks"].items()}

    def meanings(self, phrases: Callable[[str], list[Phrase]]) -> dict[Phrase, Meaning]:
        """What phrases of yes and no mean; `phrases` cuts a list of them. Of two meanings a phrase has the later."""
        said = self.texts["agreement"]
        return {phrase: meaning for meaning in get_args(Meaning) for phrase in phrases(said[meaning])}
