"""Figures of a hotline: per topic and language how far an answer and a person are; the longest menu; the nodes.

Counted for a caller who presses keys, knows which, and has everything at hand, on an ordinary day: keys and seconds
from the moment the call is answered. An answer is what a look-up of the topic says, or, in a topic without look-ups,
the first thing it tells. A person is a queue or a transfer, reached in a call that came through the topic.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass

from ivr.call.prompts import menu_words
from ivr.flow.model import Flow, Handle, Menu
from ivr.testing.explorer.actions import Action
from ivr.testing.explorer.distances import PURPOSEFUL, keys, length, seconds, speech
from ivr.testing.explorer.search import ANY, Edge, Node, StateSpace

Cost = Callable[[Node, Action], float]
INFINITE = float("inf")


@dataclass(frozen=True, slots=True)
class Figures:
    """One topic in one language. None for what cannot be reached; seconds rounded."""

    topic: str
    language: str
    places: int
    answer_keys: int | None
    answer_seconds: int | None
    person_keys: int | None
    person_seconds: int | None
    longest_menu: str
    longest_menu_seconds: int

    def as_dict(self) -> Mapping[str, object]:
        return asdict(self)


def figures(space: StateSpace) -> list[Figures]:
    """In the order in which the topics are written."""
    flows = space.model.edition.flows
    maps = tuple(_Map.of(space, cost) for cost in (keys, seconds))
    own: dict[str, list[Node]] = defaultdict(list)
    for node in space.nodes:
        own[node.state.partition(".")[0]].append(node)
    return [
        _of(space, flow, language, own[flow.name], maps)
        for flow in flows.flows.values()
        if flow.topic
        for language in flows.languages
    ]


def _of(space: StateSpace, flow: Flow, language: str, own: list[Node], maps: tuple[_Map, ...]) -> Figures:
    answers = [
        edge
        for node in (own if _has_look_ups(flow) else space.nodes)
        if node.language == language
        for edge in node.edges
        if _answers(space, flow, edge)
    ]
    people = [node.index for node in space.nodes if node.is_with_person and node.language == language]
    entries = [node.index for node in own if node.language == language]
    longest, lasts = max(_menus(space, flow, language, own), key=lambda pair: pair[1], default=("", 0.0))
    by_keys, by_seconds = maps
    return Figures(
        flow.topic,
        language,
        len(own),
        _least(by_keys.until(edge) for edge in answers),
        _least(by_seconds.until(edge) + speech(edge.said) for edge in answers),
        by_keys.onward(entries, people),
        by_seconds.onward(entries, people),
        longest,
        round(lasts),
    )


@dataclass(frozen=True, slots=True)
class _Map:
    """Where each node leads on an ordinary day, and at what cost; and how far each is from the beginning."""

    space: StateSpace
    cost: Cost
    ways: Mapping[int, Mapping[int, float]]
    far: dict[int, float]

    @classmethod
    def of(cls, space: StateSpace, cost: Cost) -> _Map:
        ways: dict[int, dict[int, float]] = {}
        for node in space.nodes:
            out = ways[node.index] = {}
            for edge in node.edges:
                if edge.target >= 0 and edge.action.by in PURPOSEFUL and _ordinary(space, edge):
                    out[edge.target] = min(cost(node, edge.action), out.get(edge.target, INFINITE))
        begin = {edge.target: 0.0 for edge in space.first if edge.target >= 0 and _ordinary(space, edge)}
        return cls(space, cost, ways, _spread(ways, begin))

    def until(self, edge: Edge) -> float:
        """From the beginning up to what this step says."""
        if edge.source not in self.far or not _ordinary(self.space, edge):
            return INFINITE
        return self.far[edge.source] + self.cost(self.space.nodes[edge.source], edge.action)

    def onward(self, entries: list[int], goals: list[int]) -> int | None:
        """From the beginning by way of one of the entries to one of the goals."""
        reached = _spread(self.ways, {index: self.far[index] for index in entries if index in self.far})
        return _least(reached[index] for index in goals if index in reached)


def _spread(ways: Mapping[int, Mapping[int, float]], begin: Mapping[int, float]) -> dict[int, float]:
    best = dict(begin)
    waiting = [(far, index) for index, far in best.items()]
    heapq.heapify(waiting)
    while waiting:
        far, index = heapq.heappop(waiting)
        if far > best[index]:
            continue
        for target, cost in ways[index].items():
            if far + cost < best.get(target, INFINITE):
                best[target] = far + cost
                heapq.heappush(waiting, (far + cost, target))
    return best


def _ordinary(space: StateSpace, edge: Edge) -> bool:
    """On an ordinary day, by a caller whose number is shown."""
    return edge.condition in (ANY, 0) and (edge.target < 0 or bool(space.nodes[edge.target].session.caller))


def _has_look_ups(flow: Flow) -> bool:
    return any(isinstance(step, Handle) for step in flow.steps.values())


def _answers(space: StateSpace, flow: Flow, edge: Edge) -> bool:
    """Whether this step tells the caller something of the topic."""
    if edge.target < 0 or not edge.said:
        return False
    if _has_look_ups(flow):
        asked = space.model.edition.flows.step(space.nodes[edge.source].state)
        told = edge.action.by == "outcome" and not edge.action.label.endswith(("unavailable", "not_found"))
        return told and isinstance(asked, Handle)
    return any(state.startswith(f"{flow.name}.") for state in edge.entered)


def _least(costs: Iterator[float]) -> int | None:
    least = min(costs, default=INFINITE)
    return None if least == INFINITE else round(least)


def _menus(space: StateSpace, flow: Flow, language: str, own: list[Node]) -> Iterator[tuple[str, float]]:
    """Every menu of a flow and how long its words and choices last, in seconds."""
    for step in flow.steps.values():
        node = next((each for each in own if each.state == f"{flow.name}.{step.name}"), None)
        if isinstance(step, Menu) and node is not None:
            session = node.session
            languages = space.model.edition.flows.languages
            try:
                words = menu_words(step, language, languages, session.values, session.started_at.date())
            except LookupError:  # a value that is not set: told as a finding, and no menu to be measured
                continue
            yield step.name, sum(length(text, code) for text, code in words)
