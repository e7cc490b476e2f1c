"""What stands in the file of words of a language, `words_<code>.yaml`: its own sentences, and what callers say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import get_args

from ivr.call.languages.agreement import Meaning, Phrase
from ivr.texts.load import Texts, load_texts


class LanguageWords:
    """The words of one language. Raises OSError or KeyError where the file or a part of it is missing."""

    def __init__(self, code: str) -> None:
        self.texts: Texts = load_texts(Path(__file__).with_name(f"words_{code}.yaml"))

    @property
    def asks(self) -> Mapping[str, tuple[str, ...]]:
        """What callers say who want what a key does everywhere (`flow.model.ACTIONS`)."""
        return {action: tuple(said.splitlines()) for action, said in self.texts["asks"].items()}

    def meanings(self, phrases: Callable[[str], list[Phrase]]) -> dict[Phrase, Meaning]:
        """What phrases of yes and no mean; `phrases` cuts a list of them. Of two meanings a phrase has the later."""
        said = self.texts["agreement"]
        return {phrase: meaning for meaning in get_args(Meaning) for phrase in phrases(said[meaning])}
