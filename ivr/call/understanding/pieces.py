"""Pieces of a sentence that can be compared: words and their parts, or characters where no spaces are written.

The same sentence with a slip of the recogniser, or in a dialect, still shares most of its pieces.
"""

import re
from collections.abc import Iterator
from itertools import pairwise

_NUMBER = re.compile(r"\d+(?:[.:]\d+)?")
_WORD = re.compile(r"[^\W_]+")
_WITHOUT_SPACES = re.compile("[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]+")
"""Thai, Lao, Japanese and Chinese."""


def pieces(heard: str) -> frozenset[str]:
    """The pieces of recognised words, which are normalised (`languages.characters.normal`). Numbers are all alike."""
    text = _NUMBER.sub("0", heard)
    runs = _WITHOUT_SPACES.findall(text.replace(" ", ""))
    words = _WORD.findall(_WITHOUT_SPACES.sub(" ", text))
    return frozenset((*(piece for run in runs for piece in _of_characters(run)), *_of_words(words)))


def _of_characters(run: str) -> Iterator[str]:
    """One, two and three characters side by side; the first and the last are marked."""
    yield from run
    marked = f"^{run}$"
    for size in (2, 3):
        yield from (marked[at : at + size] for at in range(len(marked) - size + 1))


def _of_words(words: list[str]) -> Iterator[str]:
    """Each word, two side by side, two with one between, and parts of long words: "locked" shares some with "lock"."""
    marked = ["^", *words, "$"] if words else []
    yield from (f"{word} " for word in words)
    yield from (f"{one} {other}" for one, other in pairwise(marked))
    yield from (f"{one} _ {other}" for one, other in zip(marked, marked[2:], strict=False))
    for word in words:
        edged = f"<{word}>"
        if len(word) > 3:
            for size in (4, 5):
                yield from (edged[at : at + size] for at in range(len(edged) - size + 1))
