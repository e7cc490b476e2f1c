"""What a property is, and the list of all properties. Knows no property itself.

A property is a function with a docstring, which is its documentation. One kind looks at every turn during the search
(`turn_property`), the other at the whole state space (`space_property`). Each yields what is wrong; one that yields
nothing is proven for all that was visited.
"""

import inspect
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from ivr.call import engine
from ivr.call.events import Event, Input
from ivr.call.session import Session, Turn
from ivr.call.turn import Edition, World
from ivr.testing.explorer.search import Edge, Model, Node, ObservedTurn, StateSpace

FREEZES = re.compile("(freeze|block|suspend|disable|deactivate)(_|$)")
"""Names of look-ups that freeze an account, a card or a line."""
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
    """A property is refuted: `message` is one sentence for people; `path` is a shortest call that shows it."""

    rule: str
    message: str
    path: tuple[Edge, ...] = ()


TurnCheck = Callable[[ObservedTurn, Model], Iterator[str]]
SpaceCheck = Callable[[StateSpace, Bounds], Iterator[Finding]]


@dataclass(frozen=True, slots=True)
class Property:
    """One thing that must hold: `turn` and `space` look for what is wrong; `turn`, or the first, explains it."""

    name: str
    doc: str
    turn: TurnCheck | None = None
    space: tuple[SpaceCheck, ...] = ()


PROPERTIES: dict[str, Property] = {}
"""All properties by name; filled when `ivr.testing.explorer.explore` is imported."""


def turn_property(name: str) -> Callable[[TurnCheck], TurnCheck]:

    def keep(check: TurnCheck) -> TurnCheck:
        doc = inspect.getdoc(check) or ""
        PROPERTIES[name] = replace(PROPERTIES.get(name) or Property(name, doc), doc=doc, turn=check)
        return check

    return keep


def space_property(name: str) -> Callable[[SpaceCheck], SpaceCheck]:

    def keep(check: SpaceCheck) -> SpaceCheck:
        known = PROPERTIES.get(name) or Property(name, inspect.getdoc(check) or "")
        PROPERTIES[name] = replace(known, space=(*known.space, check))
        return check

    return keep


def tried(space: StateSpace, node: Node, heard: Input) -> Sequence[Event]:
    """What the engine makes of one more input at a node, outside the search; nothing where it fails."""
    turn = one_more(space.model.edition, node.session, heard, space.model.conditions[node.condition].world())
    return turn.events if isinstance(turn, Turn) else ()  # a turn that fails is told as one that does


def one_more(edition: Edition, session: Session, heard: Input, world: World) -> Turn | Exception:
    """The turn that the engine makes of one more input, or why it fails."""
    try:
        return engine.answer(edition, session, heard, world)
    except Exception as error:  # whatever the engine raises is a caller who hears an apology
        return error
