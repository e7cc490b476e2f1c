"""Pieces of a sentence that can be compared: words and their parts, or characters where no spaces are written.

The same sentence with a slip of the recogniser, or in a dialect, still shares most of its pieces.
"""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import pairwise

_NUMBER = re.compile(r"\d+(?:[.:]\d+)?")
_WORD = re.compile(r"[^\W_]+")
_WITHOUT_SPACES = re.compile("[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]+")
"""Thai, Lao, Japanese and Chinese."""


def pieces(heard: str, stem: Callable[[str], str]) -> frozenset[str]:
    """The pieces of recognised words, which are normalised (`languages.characters.normal`). Numbers are all alike.

    `stem` takes the endings off a word of the language.
    """
    runs = _WITHOUT_SPACES.findall(_NUMBER.sub("0", heard).replace(" ", ""))
    of_characters = (piece for run in runs for piece in _of_characters(run))
    return frozenset((*of_characters, *_of_words(words_with_stem(heard), stem)))


def words_with_stem(heard: str) -> list[str]:
    """The words that `pieces` asks the stems of."""
    return _WORD.findall(_WITHOUT_SPACES.sub(" ", _NUMBER.sub("0", heard)))


def is_word(piece: str) -> bool:
    """Whether a piece is a whole word: its stem, or one character where no spaces are written."""
    return len(piece) == 1 or (piece.startswith("~") and " " not in piece)


def _of_characters(run: str) -> Iterator[str]:
    """One, two and three characters side by side, and two with one between; the first and the last are marked."""
    yield from run
    yield from (f"{one} {other}" for one, other in zip(run, run[2:], strict=False))
    marked = f"^{run}$"
    for size in (2, 3):
        yield from (marked[at : at + size] for at in range(len(marked) - size + 1))


def _of_words(words: list[str], stem: Callable[[str], str]) -> Iterator[str]:
    """Each word, its parts and its stem; two words and two stems side by side, and two words with one between."""
    marked, stems = ["^", *words, "$"] if words else [], []
    for word in words:
        stemmed, parts = _of_word(word, stem)
        stems.append(stemmed)
        yield from parts
    yield from stems
    yield from (f"{one} {other}" for one, other in pairwise(stems))
    yield from (f"{one} {other}" for one, other in pairwise(marked))
    yield from (f"{one} _ {other}" for one, other in zip(marked, marked[2:], strict=False))


@lru_cache(maxsize=4096)
def _of_word(word: str, stem: Callable[[str], str]) -> tuple[str, tuple[str, ...]]:
    """The stem of a word; the word itself, and four characters side by side of a long one, edges marked."""
    edged = f"<{word}>"
    parts = (edged[at : at + 4] for at in range(len(edged) - 3)) if len(word) > 3 else ()
    return f"~{stem(word)}", (f"{word} ", *parts)
