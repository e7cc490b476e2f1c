"""Many durations in little memory: how many took how many whole seconds."""

from __future__ import annotations

import math
from collections import Counter


class Spread:
    """Durations rounded to whole seconds. Percentiles are by nearest rank: a value that was really measured."""

    __slots__ = ("_counts",)

    def __init__(self) -> None:
        self._counts: Counter[int] = Counter()

    def add(self, seconds: float) -> None:
        self._counts[round(seconds)] += 1

    @property
    def count(self) -> int:
        return self._counts.total()

    @property
    def total(self) -> int:
        return sum(seconds * times for seconds, times in self._counts.items())

    @property
    def mean(self) -> int | None:
        return round(self.total / self.count) if self._counts else None

    @property
    def longest(self) -> int | None:
        return max(self._counts, default=None)

    def at(self, percent: int) -> int | None:
        """The least duration that so many percent did not exceed; None when nothing was measured."""
        left = math.ceil(self.count * percent / 100)
        for seconds in sorted(self._counts):
            left -= self._counts[seconds]
            if left <= 0:
                return seconds
        return None
