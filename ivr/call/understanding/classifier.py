"""Which wish a sentence sounds like, learnt from examples: a linear classifier, trained in a moment.

Passive-aggressive learning (Crammer et al., "Online Passive-Aggressive Algorithms", JMLR 7, 2006): an example that is
not told from the nearest other wish by a margin of one moves the weights of its pieces, just enough. Everything follows
from the examples, so equal flows hear alike on every machine.
"""

import random
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

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
        rows = _learnt(examples, self.wishes)
        self._weights = {
            piece: tuple((at, value) for at, value in enumerate(row) if value) for piece, row in rows.items()
        }
        """For each piece the wishes it speaks for or against, by number: few of all."""

    def rank(self, pieces: AbstractSet[str]) -> tuple[Score, ...]:
        values = [0.0] * len(self.wishes)
        for piece in sorted(pieces):  # in one order, as sums of fractions depend on it
            for at, weight in self._weights.get(piece, ()):
                values[at] += weight
        scores = (Score(wish, value) for wish, value in zip(self.wishes, values, strict=True))
        return tuple(sorted(scores, key=lambda score: (-score.value, score.wish)))

    def knows(self, piece: str) -> bool:
        """Whether the piece occurs in an example and helped to tell it from others."""
        return piece in self._weights

    def evidence(self, pieces: AbstractSet[str], wish: str) -> Mapping[str, float]:
        """What each piece says for this wish (above 0) or against it, the strongest first."""
        number = self.wishes.index(wish)
        told = {piece: dict(self._weights.get(piece, ())).get(number, 0.0) for piece in pieces}
        strong = sorted(
            ((piece, weight) for piece, weight in told.items() if weight), key=lambda one: (-abs(one[1]), one)
        )
        return dict(strong)


def _learnt(examples: Sequence[Example], wishes: Sequence[str]) -> dict[str, list[float]]:
    """The weight of each piece for each wish."""
    number = {wish: at for at, wish in enumerate(wishes)}
    order = [(sorted(example.pieces), number[example.wish]) for example in examples]
    chance = random.Random(0)  # noqa: S311 - the same order everywhere
    weights: dict[str, list[float]] = {}
    for _ in range(EPOCHS if len(wishes) > 1 else 0):
        chance.shuffle(order)
        for pieces, right in order:
            _correct(weights, pieces, right, len(wishes))
    return weights


def _correct(weights: dict[str, list[float]], pieces: Sequence[str], right: int, count: int) -> None:
    """Moves the weights by one example, as far as it was not told from the likeliest other wish."""
    rows = [weights[piece] for piece in pieces if piece in weights]
    values = [float(sum(column)) for column in zip(*rows, strict=True)] if rows else [0.0] * count
    mine, values[right] = values[right], float("-inf")
    wrong = max(range(count), key=values.__getitem__)
    loss = 1 - (mine - values[wrong])
    if loss <= 0:
        return
    step = min(STEP, loss / (2 * len(pieces) + 1))
    for piece in pieces:
        row = weights.get(piece)
        if row is None:
            row = weights[piece] = [0.0] * count
        row[right] += step
        row[wrong] -= step
