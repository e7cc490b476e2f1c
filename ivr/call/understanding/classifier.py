"""Which wish a sentence sounds like, learnt from examples: a linear classifier, trained in a moment.

Passive-aggressive learning (Crammer et al., "Online Passive-Aggressive Algorithms", JMLR 7, 2006): an example that is
not told from the nearest other wish by a margin of one moves the weights of its pieces, just enough. Everything follows
from the examples, so equal flows hear alike on every machine.
"""

import random
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from math import inf

EPOCHS = 4
"""How often all examples are gone through. More of it learns their wording by heart."""
STEP = 0.1
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
        values = _summed(rows) or [0.0] * len(self.wishes)
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
    """The weight of each piece for each wish."""
    number = {wish: at for at, wish in enumerate(wishes)}
    weights: defaultdict[str, list[float]] = defaultdict(lambda: [0.0] * len(wishes))
    order = [
        ([weights[piece] for piece in sorted(example.pieces)], number[example.wish])
        for example in examples
        if example.pieces
    ]
    chance = random.Random(0)  # noqa: S311 - the same order everywhere
    for _ in range(EPOCHS if len(wishes) > 1 else 0):
        chance.shuffle(order)
        for rows, right in order:
            _correct(rows, right)
    return {piece: row for piece, row in weights.items() if any(row)}


def _correct(rows: Sequence[list[float]], right: int) -> None:
    """Moves the weights of one example, as far as it was not told from the likeliest other wish."""
    values = _summed(rows)
    mine, values[right] = values[right], -inf
    likeliest = max(values)
    loss = 1 - (mine - likeliest)
    if loss <= 0:
        return
    wrong = values.index(likeliest)
    step = min(STEP, loss / (2 * len(rows) + 1))
    for row in rows:
        row[right] += step
        row[wrong] -= step


def _summed(rows: Iterable[Sequence[float]]) -> list[float]:
    """What pieces say together for each wish."""
    return list(map(sum, zip(*rows, strict=True)))
