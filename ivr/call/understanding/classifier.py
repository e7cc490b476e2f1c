"""Which wish a sentence sounds like, learnt from examples: a linear classifier, trained in a moment.

Passive-aggressive learning (Crammer et al., "Online Passive-Aggressive Algorithms", JMLR 7, 2006): an example that is
not told from the nearest other wish by a margin of one moves the weights of its pieces, just enough. A piece that few
examples have says more than one of many (inverse document frequency), and long sentences are not surer than short ones.
Everything follows from the examples, so equal flows hear alike on every machine.
"""

from __future__ import annotations

import json
import random
import struct
from array import array
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from itertools import accumulate, pairwise
from math import inf, log, sqrt
from typing import Any

from ivr.call.understanding.pieces import is_word, pieces
from ivr.flow.gc_pause import gc_paused
from ivr.flow.model import NOTHING

EPOCHS = 3
"""How often all examples are gone through. More of it learns their wording by heart."""
STEP = 2.0
"""How far one example may move the weights at once: one odd sentence does not outweigh the rest."""
UNKNOWN = 1.0
"""What speaks for no wish at all where no example has any word of a sentence; of half of its words, half of it."""


@dataclass(frozen=True, slots=True)
class Example:
    """A sentence of somebody who has this wish, as its pieces."""

    wish: str
    pieces: frozenset[str]


@dataclass(frozen=True, slots=True)
class Score:
    """How much a sentence sounds like a wish: the higher, the more. An example itself is 1 ahead of all others."""

    wish: str
    value: float


@dataclass(frozen=True, slots=True, eq=False)
class Classifier:
    """What was learnt, as few large arrays; safe to share between threads. No piece is kept, only its digest."""

    wishes: tuple[str, ...]
    digests: array[int]
    """One of 64 bits for each piece, sorted."""
    groups: array[int]
    """Beside each digest the number of its group: pieces of the same examples share their weights."""
    starts: array[int]
    """For each group, and for the end, where its part of the next two begins."""
    numbers: array[int]
    """The wishes that a group says something of, by their number,"""
    weights: array[float]
    """and how much: above 0 for the wish, or below it against it."""

    def rank(self, pieces: frozenset[str]) -> tuple[Score, ...]:
        """All wishes, the likeliest first. Words that no example has speak for none of them, so for NOTHING."""
        return _ranked(self, pieces)

    def share_unknown(self, pieces: AbstractSet[str]) -> float:
        """How many of the words occur in no example, from 0 to 1."""
        words = [piece for piece in pieces if is_word(piece)]
        return sum(not self.knows(word) for word in words) / len(words) if words else 0.0

    def knows(self, piece: str) -> bool:
        """Whether the piece occurs in an example and helped to tell it from others."""
        return self._group(piece) is not None

    def evidence(self, pieces: AbstractSet[str], wish: str) -> Mapping[str, float]:
        """What each piece says for this wish (above 0) or against it, the strongest first."""
        told = {piece: weight for piece in pieces for at, weight in self.of_piece(piece) if self.wishes[at] == wish}
        return dict(sorted(told.items(), key=lambda one: (-abs(one[1]), one)))

    def of_piece(self, piece: str) -> Iterable[tuple[int, float]]:
        """The numbers of wishes, and what this piece says for or against them."""
        group = self._group(piece)
        if group is None:
            return ()
        part = slice(self.starts[group], self.starts[group + 1])
        return zip(self.numbers[part], self.weights[part], strict=True)

    def _group(self, piece: str) -> int | None:
        digest = _digest(piece)
        at = bisect_left(self.digests, digest)
        return self.groups[at] if at < len(self.digests) and self.digests[at] == digest else None

    def to_bytes(self) -> bytes:
        """What `from_bytes` reads, on a machine with this order of bytes."""
        arrays = (self.digests, self.groups, self.starts, self.numbers, self.weights)
        parts = (json.dumps(self.wishes).encode(), *(each.tobytes() for each in arrays))
        return _SIZES.pack(*map(len, parts)) + b"".join(parts)

    @classmethod
    def from_bytes(cls, data: bytes) -> Classifier:
        """Trusts `data`: it is what `to_bytes` has given."""
        ends = [*accumulate(_SIZES.unpack_from(data), initial=_SIZES.size)]
        wishes, *parts = (memoryview(data)[start:end] for start, end in pairwise(ends))
        arrays: list[array[Any]] = [array(kind) for kind in "QIIHd"]
        for each, part in zip(arrays, parts, strict=True):
            each.frombytes(part)
        return cls(tuple(json.loads(bytes(wishes))), *arrays)


@lru_cache(maxsize=16)
def _ranked(classifier: Classifier, pieces: frozenset[str]) -> tuple[Score, ...]:
    """Kept, as what was said is asked about several times in one turn."""
    values, length = [0.0] * len(classifier.wishes), sqrt(len(pieces))
    for piece in sorted(pieces):  # in one order, as sums of fractions depend on it
        for number, weight in classifier.of_piece(piece):
            values[number] += weight
    told = dict(zip(classifier.wishes, (value / length if length else 0.0 for value in values), strict=True))
    if NOTHING in told:
        told[NOTHING] += UNKNOWN * classifier.share_unknown(pieces)
    scores = (Score(wish, value) for wish, value in told.items())
    return tuple(sorted(scores, key=lambda score: (-score.value, score.wish)))


_SIZES = struct.Struct("6Q")
"""How many bytes the wishes and each array of a classifier have."""


def _digest(piece: str) -> int:
    return int.from_bytes(blake2b(piece.encode(errors="surrogatepass"), digest_size=8).digest())


@dataclass(frozen=True, slots=True)
class _LearntExample:
    """An example while it is learnt, as the groups of its pieces."""

    right: int
    count: int
    """How many pieces it has."""
    rows: list[list[float]]
    """What the pieces of each group say together for each wish. Examples that have the group share its row."""
    worth: list[float]
    """The squared weight of each group in a sentence."""


Learn = Callable[[str], bytes]
"""As `learnt_from`."""


def learnt_from(told: str) -> bytes:
    """A classifier, for `from_bytes`. `told` is JSON of all that it depends on: a list of examples, each its wish and
    its words, and the stems of those words."""
    examples, stems = json.loads(told)
    with gc_paused():
        return learn_classifier(Example(wish, pieces(words, stems.__getitem__)) for wish, words in examples).to_bytes()


def learn_classifier(examples: Iterable[Example]) -> Classifier:
    """What tells the wishes of these examples apart. Keeps no example: their pieces take most of the memory meanwhile.

    Pieces of the same examples always weigh the same. They are a group, and learnt as if they were one.
    """
    told, having = list[tuple[str, int]](), defaultdict[str, list[int]](list)
    for at, example in enumerate(examples):
        told.append((example.wish, len(example.pieces)))
        for piece in example.pieces:
            having[piece].append(at)
    wishes = tuple(sorted({wish for wish, _ in told}))
    number = {wish: at for at, wish in enumerate(wishes)}
    lessons = [_LearntExample(number[wish], count, [], []) for wish, count in told]
    rows = []
    for where, group in sorted(_groups(having).items()):  # in one order, as sums of fractions depend on it
        row, worth = [0.0] * len(wishes), _worth(len(where), len(told)) * len(group)
        rows.append((group, row))
        for at in where:
            lessons[at].rows.append(row)
            lessons[at].worth.append(worth)
    order = [lesson for lesson in lessons if lesson.count]
    chance = random.Random(0)  # noqa: S311 - the same order everywhere
    for _ in range(EPOCHS if len(wishes) > 1 else 0):
        chance.shuffle(order)
        for lesson in order:
            _correct(lesson)
    return _packed(wishes, rows)


def _packed(wishes: tuple[str, ...], rows: Iterable[tuple[Sequence[str], Sequence[float]]]) -> Classifier:
    """The rows that say anything, each of the pieces of a group, with the weight of one piece."""
    groups = dict[int, int]()
    starts, numbers, weights = array("I", [0]), array("H"), array("d")
    for group, row in rows:
        if not any(row):
            continue
        groups.update(dict.fromkeys(map(_digest, group), len(starts) - 1))
        said = [(number, weight / len(group)) for number, weight in enumerate(row) if weight]
        numbers.extend(number for number, _ in said)
        weights.extend(weight for _, weight in said)
        starts.append(len(weights))
    digests = array("Q", sorted(groups))
    return Classifier(wishes, digests, array("I", map(groups.__getitem__, digests)), starts, numbers, weights)


def _groups(having: Mapping[str, Sequence[int]]) -> Mapping[tuple[int, ...], Sequence[str]]:
    """Pieces by the numbers of all examples that have them."""
    groups = defaultdict[tuple[int, ...], list[str]](list)
    for piece, where in having.items():
        groups[tuple(where)].append(piece)
    return groups


def _worth(having: int, examples: int) -> float:
    """The squared weight in a sentence of a piece that so many examples have, from 0 (all have it) to 1."""
    return (1 - log(having) / log(examples + 1)) ** 2


def _correct(lesson: _LearntExample) -> None:
    """Moves the weights of one example, as far as it was not told from the likeliest other wish."""
    values = [value / sqrt(lesson.count) for value in map(sum, zip(*lesson.rows, strict=True))]
    mine, values[lesson.right] = values[lesson.right], -inf
    likeliest = max(values)
    loss = 1 - (mine - likeliest)
    size = sum(lesson.worth) / lesson.count
    if loss <= 0 or not size:
        return
    wrong = values.index(likeliest)
    step = min(STEP, loss / (2 * size)) / sqrt(lesson.count)
    for row, worth in zip(lesson.rows, lesson.worth, strict=True):
        row[lesson.right] += step * worth
        row[wrong] -= step * worth
