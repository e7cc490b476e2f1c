"""Which wish a sentence sounds like, learnt from examples: a linear classifier, trained in a moment.

Passive-aggressive learning (Crammer et al., "Online Passive-Aggressive Algorithms", JMLR 7, 2006): an example that is
not told from the nearest other wish by a margin of one moves the weights of its pieces, just enough. A piece that few
examples have says more than one of many (inverse document frequency), and long sentences are not surer than short ones.
Everything follows from the examples, so equal flows hear alike on every machine.
"""

import random
from collections import Counter
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

    def __init__(self, examples: Sequence[Example]) -> None:
        self.wishes = tuple(sorted({example.wish for example in examples}))
        self._weights = _learnt(examples, self.wishes)

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


def _learnt(examples: Sequence[Example], wishes: Sequence[str]) -> Mapping[str, Sequence[float]]:
    """The weight of each piece for each wish, what the piece is worth included."""
    number = {wish: at for at, wish in enumerate(wishes)}
    worth = _worth(examples)
    weights = {piece: [0.0] * len(wishes) for piece in worth}
    order = [
        ([(weights[piece], worth[piece]) for piece in sorted(example.pieces)], number[example.wish])
        for example in examples
        if example.pieces
    ]
    chance = random.Random(0)  # noqa: S311 - the same order everywhere
    for _ in range(EPOCHS if len(wishes) > 1 else 0):
        chance.shuffle(order)
        for rows, right in order:
            _correct(rows, right)
    return {piece: row for piece, row in weights.items() if any(row)}


def _worth(examples: Sequence[Example]) -> Mapping[str, float]:
    """The squared weight of each piece in a sentence, from 0 (all examples have it) to 1."""
    having = Counter(piece for example in examples for piece in example.pieces)
    return {piece: (1 - log(count) / log(len(examples) + 1)) ** 2 for piece, count in having.items()}


def _correct(rows: Sequence[tuple[list[float], float]], right: int) -> None:
    """Moves the weights of one example, as far as it was not told from the likeliest other wish."""
    values = _summed((row for row, _ in rows), len(rows))
    mine, values[right] = values[right], -inf
    likeliest = max(values)
    loss = 1 - (mine - likeliest)
    size = sum(worth for _, worth in rows) / len(rows)
    if loss <= 0 or not size:
        return
    wrong = values.index(likeliest)
    step = min(STEP, loss / (2 * size)) / sqrt(len(rows))
    for row, worth in rows:
        row[right] += step * worth
        row[wrong] -= step * worth


def _summed(rows: Iterable[Sequence[float]], count: int) -> list[float]:
    """What so many pieces, of which these are known, say together for each wish."""
    return [value / sqrt(count) for value in map(sum, zip(*rows, strict=True))]
