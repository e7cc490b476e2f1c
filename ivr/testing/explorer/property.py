"""What exploration proves or refutes: the list of properties. Knows no property itself.

A property is a function with a docstring, which is its documentation. One kind looks at single turns while the walk
goes on (`of_turns`), the other at everything that was found (`of_walk`). Each yields what is wrong; one that yields
nothing is proven for all the places that were visited.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from ivr.call.events import Event
from ivr.flow.model import Ticket
from ivr.testing.explorer.search import Ground, Step, Taken, Walk

Write = Callable[[Sequence[Event]], str]
"""Writes one webhook's events down as the line would: gives the document, raises for one that must not leave."""


FAR_KEYS = 8
FAR_SECONDS = 120.0
"""A person or an end is no farther than this from anywhere, unless somebody sets other bounds."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How near a person or an end has to be from everywhere, and which flow is the security lane ("" for none)."""

    keys: int = FAR_KEYS
    seconds: float = FAR_SECONDS
    lane: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """A property is refuted: `message` is one sentence for people; `way` is a shortest call that shows it."""

    rule: str
    message: str
    way: tuple[Step, ...] = ()


@dataclass(frozen=True)
class Setting:
    """What properties of turns may look up besides the turn."""

    ground: Ground
    write: Write
    seen: set[object] = field(default_factory=set)
    """What was looked at already, for what many turns share."""

    @cached_property
    def ticket_names(self) -> frozenset[str]:
        """The values that hold the reference of a ticket."""
        flows = self.ground.edition.flows.flows.values()
        return frozenset(step.into for flow in flows for step in flow.steps.values() if isinstance(step, Ticket))


OfTurn = Callable[[Taken, Setting], Iterator[str]]
OfWalk = Callable[[Walk, Bounds], Iterator[Finding]]


@dataclass(frozen=True, slots=True)
class Property:
    """One thing that must hold: `turn` and `walk` look for what is wrong; where there are both, `turn` explains it."""

    name: str
    doc: str
    turn: OfTurn | None = None
    walk: OfWalk | None = None


PROPERTIES: dict[str, Property] = {}
"""All properties by name, in the order they are told; filled when `ivr.testing.explorer.explore` is imported."""


def of_turns(name: str) -> Callable[[OfTurn], OfTurn]:
    """Registers a property of every turn."""

    def keep(judge: OfTurn) -> OfTurn:
        doc = inspect.getdoc(judge) or ""
        PROPERTIES[name] = replace(PROPERTIES.get(name) or Property(name, doc), doc=doc, turn=judge)
        return judge

    return keep


def of_walk(name: str) -> Callable[[OfWalk], OfWalk]:
    """Registers a property of the whole walk."""

    def keep(judge: OfWalk) -> OfWalk:
        known = PROPERTIES.get(name) or Property(name, inspect.getdoc(judge) or "")
        PROPERTIES[name] = replace(known, walk=judge)
        return judge

    return keep
