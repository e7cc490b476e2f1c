"""Which wish a sentence sounds like, learnt from examples: a linear classifier, trained in a moment.

Passive-aggressive learning (Crammer et al., "Online Passive-Aggressive Algorithms", JMLR 7, 2006): an example that is
not told from the nearest other wish by a margin of one moves the weights of its pieces, just enough. A piece that few
examples have says more than one of many (inverse document frequency), and long sentences are not surer than short ones.
Everything follows from the examples, so equal flows hear alike on every machine.
"""

import random
from array import array
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from math import inf, log, sqrt

EPOCHS = 3
"""How often all examples are gone through. More of it learns their wording by heart."""
STEP = 2.0
"""How far one example may move the weights at once: one odd sentence does not outweigh the rest."""


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


class Classifier:
    """Learnt once, then only asked; safe to share between threads."""

    def __init__(self, examples: Iterable[Example]) -> None:
        """Goes through the examples once and keeps none: their pieces are most of what learning takes of memory."""
        told, having = list[tuple[str, int]](), defaultdict[str, list[int]](list)
        for at, example in enumerate(examples):
            told.append((example.wish, len(example.pieces)))
            for piece in example.pieces:
                having[piece].append(at)
        self.wishes = tuple(sorted({wish for wish, _ in told}))
        self._weights = _learnt(told, having, self.wishes)

    def rank(self, pieces: AbstractSet[str]) -> tuple[Score, ...]:
        # in one order, as sums of fractions depend on it
        rows = [self._weights[piece] for piece in sorted(pieces) if piece in self._weights]
        values = _summed(rows, len(pieces)) or [0.0] * len(self.wishes)
        scores = (Score(wish, value) for wish, value in zip(self.wishes, values, strict=True))
        return tuple(sorted(scores, key=lambda score: (-score.value, score.wish)))

    def knows(self, piece: str) -> bool:
        """Whether the piece occurs in an example and helped to tell it from others."""
        return piece in self._weights

    def evidence(self, pieces: AbstractSet[str], wish: str) -> Mapping[str, float]:
        """What each piece says for this wish (above 0) or against it, the strongest first."""
        number = self.wishes.index(wish)
        told = {piece: self._weights[piece][number] for piece in pieces if piece in self._weights}
        strong = sorted(
            ((piece, weight) for piece, weight in told.items() if weight), key=lambda one: (-abs(one[1]), one)
        )
        return dict(strong)


@dataclass(frozen=True, slots=True)
class _Lesson:
    """An example while it is learnt, as the groups of its pieces."""

    right: int
    count: int
    """How many pieces it has."""
    rows: list[list[float]]
    """What the pieces of each group say together for each wish. Examples that have the group share its row."""
    worth: list[float]
    """The squared weight of each group in a sentence."""


def _learnt(
    told: Sequence[tuple[str, int]], having: Mapping[str, Sequence[int]], wishes: Sequence[str]
) -> Mapping[str, Sequence[float]]:
    """The weight of each piece for each wish, what the piece is worth included.

    `told` are the wish of each example and the count of its pieces, `having` the numbers of all examples that have a
    piece. Pieces of the same examples always weigh the same. They are a group, and learnt as if they were one.
    """
    number = {wish: at for at, wish in enumerate(wishes)}
    lessons = [_Lesson(number[wish], count, [], []) for wish, count in told]
    learnt = []
    for where, pieces in sorted(_groups(having).items()):  # in one order, as sums of fractions depend on it
        row, worth = [0.0] * len(wishes), _worth(len(where), len(told)) * len(pieces)
        learnt.append((pieces, row))
        for at in where:
            lessons[at].rows.append(row)
            lessons[at].worth.append(worth)
    order = [lesson for lesson in lessons if lesson.count]
    chance = random.Random(0)  # noqa: S311 - the same order everywhere
    for _ in range(EPOCHS if len(wishes) > 1 else 0):
        chance.shuffle(order)
        for lesson in order:
            _correct(lesson)
    shared = ((pieces, array("d", [weight / len(pieces) for weight in row])) for pieces, row in learnt if any(row))
    return {piece: row for pieces, row in shared for piece in pieces}


def _groups(having: Mapping[str, Sequence[int]]) -> Mapping[tuple[int, ...], Sequence[str]]:
    """Pieces by the numbers of all examples that have them."""
    groups = defaultdict[tuple[int, ...], list[str]](list)
    for piece, where in having.items():
        groups[tuple(where)].append(piece)
    return groups


def _worth(having: int, examples: int) -> float:
    """The squared weight in a sentence of a piece that so many examples have, from 0 (all have it) to 1."""
    return (1 - log(having) / log(examples + 1)) ** 2


def _correct(lesson: _Lesson) -> None:
    """Moves the weights of one example, as far as it was not told from the likeliest other wish."""
    values = _summed(lesson.rows, lesson.count)
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


def _summed(rows: Iterable[Sequence[float]], count: int) -> list[float]:
    """What so many pieces, of which these are known, say together for each wish."""
    return [value / sqrt(count) for value in map(sum, zip(*rows, strict=True))]
