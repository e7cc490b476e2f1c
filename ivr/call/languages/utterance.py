"""The part of an utterance that counts: not what somebody took back, not what they do not want; and one part a need."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Turns:
    """How speakers of a language turn in the middle of a sentence. Patterns for words normalised by `normal`."""

    taken_back: re.Pattern[str]
    """Up to here somebody said something by mistake: "a refund no wait"."""
    not_wanted: re.Pattern[str]
    """What is not meant, up to what is: "its not about a refund its"."""
    and_also: re.Pattern[str]
    """Between two needs: "and also"."""
    least: int
    """Characters that still say something. What is shorter is not a part of its own."""

    def needs(self, heard: str) -> tuple[str, ...]:
        """The parts that count, one for each need, in the order said; the whole if nothing would be left."""
        kept = self._after(self.taken_back, heard)
        kept = self._after(self.not_wanted, kept)
        parts = tuple(part.strip() for part in self.and_also.split(kept) if len(part.strip()) >= self.least)
        return parts or (kept,)

    def _after(self, turn: re.Pattern[str], heard: str) -> str:
        """The words without those up to the last such turn, if enough is left of them."""
        found = [*turn.finditer(heard)]
        if not found or len(heard) - found[-1].end() < self.least:
            return heard
        before = heard[: found[0].start()] if turn is self.not_wanted else ""
        return f"{before} {heard[found[-1].end() :]}".strip()
