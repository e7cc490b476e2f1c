"""Exploring a hotline without a script: walk everything, then say what is proven and what is refuted.

The walk is in `explore_walk`, the properties in `explore_turns`, `explore_properties` and `explore_written`,
figures in `explore_figures`, and evidence is written down by `explore_script`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ivr.testing.explorer.distances import call_by
from ivr.testing.explorer.properties import as_written, handlers, reachability, turns
from ivr.testing.explorer.property import PROPERTIES, Bounds, Finding, Property, Setting, Write
from ivr.testing.explorer.search import MOST_PLACES, Ground, Taken, Told, Walk, walk

__all__ = ["PROPERTIES", "Bounds", "Explored", "Finding", "Ground", "Property", "explore"]

_SUBJECTS = (turns, reachability, as_written, handlers)
"""The modules whose import fills `PROPERTIES`."""

ORDER = (
    "never-stuck", "silence-ends", "no-loop", "near-a-person", "security-first", "speaks-the-language",
    "valid-documents", "keeps-secrets", "verified-first", "guesses-end", "tickets-as-promised", "never-breaks",
    "goes-as-written", "steps-do-their-work", "handlers-keep-their-word",
)  # fmt: skip
"""In which order properties are told: what hurts callers most comes first."""


@dataclass(frozen=True, slots=True)
class Explored:
    """A walk and its verdict: per property what refutes it, nothing where it is proven."""

    walk: Walk
    bounds: Bounds
    verdict: Mapping[str, tuple[Finding, ...]]

    @property
    def findings(self) -> tuple[Finding, ...]:
        return tuple(finding for found in self.verdict.values() for finding in found)

    @property
    def is_proven(self) -> bool:
        """Whether everything that was looked for holds, in all that there is to see."""
        return not self.findings and not self.walk.cut_short


def explore(
    ground: Ground, write: Write, bounds: Bounds, wanted: Iterable[str] = (), *, most: int = MOST_PLACES
) -> Explored:
    """Walks the hotline and judges it by the properties named, or by all. Raises KeyError for one that is not known."""
    chosen = [PROPERTIES[name] for name in (tuple(wanted) or ORDER)]
    setting = Setting(ground, write)
    judges = [(each.name, each.turn) for each in chosen if each.turn is not None]

    def witness(taken: Taken) -> Iterator[Told]:
        for name, judge in judges:
            for message in judge(taken, setting):
                yield name, message

    walked = walk(ground, witness, most=most)
    return Explored(
        walked, bounds, {each.name: tuple(sorted(_judged(each, walked, bounds), key=_needs_a_fault)) for each in chosen}
    )


def _judged(one: Property, walked: Walk, bounds: Bounds) -> Iterator[Finding]:
    for flaw in walked.flaws:
        if flaw.rule == one.name:
            where = walked.places[flaw.step.source].state if not flaw.step.begins else "the beginning"
            yield Finding(one.name, f"{flaw.message} (in {where})", call_by(walked, flaw.step))
    if one.walk is not None:
        yield from one.walk(walked, bounds)


def _needs_a_fault(finding: Finding) -> bool:
    """Whether only a fault of ours brings the call about; the others, which can be played, are told first."""
    return any(step.act.by == "fault" for step in finding.way)
