"""A sentence read as a list: numbers, marks for known phrases (a month, a currency), and words that are not known."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from ivr.call.languages.formats import Formats

MarkKind = Literal[
    "filler", "currency", "coin", "month", "weekday", "relative", "day", "last", "next", "ago", "half", "quarter past",
    "quarter to", "to", "less", "part", "moment", "clock",
]  # fmt: skip
_MARKS = 0xE000
"""The first of the characters that stand for marks while a sentence is cut; nobody can have said them."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A phrase that is known, and what it stands for: a currency's code, a month, a weekday, days from today."""

    kind: MarkKind
    value: str | int = ""


Token = Decimal | Mark | str


class Lexicon:
    def __init__(self, phrases: Mapping[str, Mark], formats: Formats, point: str = "") -> None:
        self._formats, self._point = formats, point
        late = {phrase for phrase, mark in phrases.items() if mark.kind == "filler" and " " not in phrase}
        self._fillers = either(sorted(late), spaced=formats.spaced)  # cut out late: "y" and よ are parts of numbers
        phrases = {phrase: mark for phrase, mark in phrases.items() if phrase not in late}
        self._marks = list(dict.fromkeys(phrases.values()))
        at = {mark: chr(_MARKS + place) for place, mark in enumerate(self._marks)}
        self._characters = {phrase: at[mark] for phrase, mark in phrases.items()}
        self._pattern = either(phrases, spaced=formats.spaced)

    def read(self, words: str) -> list[Token]:
        """The sentence without fillers."""
        marked = self._pattern.sub(lambda found: f" {self._characters[found[0]]} ", words)
        tokens = [token for item in self._formats.numbers.items(marked, self._point) for token in self._tokens(item)]
        return [token for token in tokens if token != Mark("filler")]

    def words(self, words: str) -> list[str]:
        """The sentence without fillers, cut only."""
        marked = self._pattern.sub(" ", words)
        return [word for word in map(self._without_fillers, self._formats.numbers.words(marked)) if word]

    def _without_fillers(self, word: str) -> str:
        return word if self._formats.numbers.digits(word) else self._fillers.sub("", word)

    def _tokens(self, item: Decimal | str) -> Iterator[Token]:
        if isinstance(item, Decimal):
            yield item
            return
        for piece in re.split("([\ue000-\uf8ff])", item):
            if piece := self._fillers.sub("", piece):
                yield self._marks[ord(piece) - _MARKS] if "\ue000" <= piece <= "\uf8ff" else piece


def either(phrases: Mapping[str, object] | Sequence[str], *, spaced: bool) -> re.Pattern[str]:
    """A pattern for any of these phrases, the longest first; for none if there are none."""
    known = sorted(filter(None, phrases), key=len, reverse=True)
    either = "|".join(map(re.escape, known)) or "(?!)"
    return re.compile(rf"(?<!\w)(?:{either})(?!\w)" if spaced else either)
