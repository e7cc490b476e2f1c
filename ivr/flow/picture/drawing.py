"""What a picture of a flow shows: its steps as cards, and on each card the ways out. Knows no shapes and no colours.

Keys that work in every menu are left out: they would be drawn from everywhere to everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ivr.flow.catalogue import Catalogue
from ivr.flow.checks.graph import Edge, Graph, ResolvedFlow
from ivr.flow.model import Choice, Exit, Flow, FlowSet, Keyed, Menu, Step, key_outcome, key_sign


@dataclass(frozen=True, slots=True)
class Way:
    """One way out of a step: `to` a step of the same flow, or `leaves` it by an outcome or to another's `flow.step`."""

    outcome: str
    exit: Exit
    to: str = ""
    leaves: str = ""
    choice: Choice | None = None

    @property
    def key(self) -> str:
        """The telephone key that it takes, or ""."""
        return key_sign(self.outcome)

    def called(self, language: str) -> str:
        """The label of its choice in this language, else in any; "" without words."""
        text = self.choice.label or self.choice.say if self.choice else None
        if text is None:
            return ""
        sentence = text.sentences.get(language) or next(iter(text.sentences.values()))
        return sentence.source


@dataclass(frozen=True, slots=True)
class Card:
    """One step. `about` is the queue, handler or calendar that it names."""

    step: Step
    about: str
    ways: tuple[Way, ...]


@dataclass(frozen=True, slots=True)
class Drawing:
    """One flow, its steps in the order written. `start` is "" when it names no step."""

    flow: Flow
    start: str
    cards: tuple[Card, ...]


def drawings(flow_set: FlowSet) -> Mapping[str, Drawing]:
    """Every flow by its name, in the order of the set."""
    graph = Graph(flow_set, Catalogue())
    return {name: _drawing(graph.resolved[name]) for name in flow_set.flows}


def _drawing(resolved: ResolvedFlow) -> Drawing:
    steps = resolved.flow.steps
    cards = tuple(Card(step, _about(step), tuple(_ways(resolved, step))) for step in steps.values())
    return Drawing(resolved.flow, resolved.start if resolved.start in steps else "", cards)


def _ways(resolved: ResolvedFlow, step: Step) -> Iterator[Way]:
    """Choices as they are spoken, then keys, then outcomes."""
    choices = {key_outcome(choice.key): choice for choice in step.choices} if isinstance(step, Menu) else {}
    order = list(choices)
    ways = [
        Way(edge.outcome, edge.way, edge.to, edge.leaves, choices.get(edge.outcome))
        for edge in resolved.edges[step.name]
        if edge.outcome in choices or not _is_everywhere(resolved, step, edge)
    ]
    yield from sorted(ways, key=lambda way: (order.index(way.outcome) if way.choice else len(order), not way.key))


def _is_everywhere(resolved: ResolvedFlow, step: Step, edge: Edge) -> bool:
    """Whether a way is only a key that works in every menu: of this flow, of the hotline, or of a flow that is run."""
    if not edge.outcome or "." in edge.leaves:
        return True
    sign = key_sign(edge.outcome)
    if not sign or not isinstance(step, Keyed):
        return False
    return sign not in step.keys or step.keys[sign] == resolved.flow.keys.get(sign)


def _about(step: Step) -> str:
    about = getattr(step, step.kind, None)
    return about if isinstance(about, str) and about != step.name else ""
