"""Figures of a hotline: per topic and language how far an answer and a person are; the longest menu; the nodes.

Counted for a caller who says what it is about or presses a key, knows which, and has everything at hand, on an
ordinary day with a back office that works: keys and seconds from the moment the call is answered, to the nearest
answer and to the farthest. An answer is what a look-up of the topic tells, what a step of it says, or, in a topic
without look-ups, what is said on a way: no menu and no question, but for one with a value in its words. A person is a
queue or a transfer, reached in a call that came through the topic; that of the urgent lane counts for the lane alone.
At worst, a person or the end is so far from some place of the topic, whatever the hour and the look-ups turn out to
be.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from ivr.call.prompts import menu_words
from ivr.flow.model import Ask, Flow, Handle, Menu, Play, Say, Step
from ivr.testing.explorer.distances import INFINITE, PURPOSEFUL, Cost, keys, length, seconds, speech
from ivr.testing.explorer.properties.reachability import key_distance, time_distance
from ivr.testing.explorer.search import ANY, Edge, Node, StateSpace

ON_PURPOSE = (*PURPOSEFUL, "speech")


@dataclass(frozen=True, slots=True)
class Figures:
    """One topic in one language. None for what cannot be reached; seconds rounded."""

    topic: str
    language: str
    places: int
    answer_keys: int | None
    answer_seconds: int | None
    farthest_answer_keys: int | None
    farthest_answer_seconds: int | None
    person_keys: int | None
    person_seconds: int | None
    worst_person_keys: int | None
    worst_person_seconds: int | None
    longest_menu: str
    longest_menu_seconds: int


def figures(space: StateSpace) -> list[Figures]:
    """In the order in which the topics are written."""
    flows = space.model.edition.flows
    maps = tuple(_Map.of(space, cost) for cost in (keys, seconds))
    parts = _parts(space)
    return [
        _of(space, flow, language, parts[flow.name], maps)
        for flow in flows.flows.values()
        if flow.topic
        for language in flows.languages
    ]


@dataclass(frozen=True, slots=True)
class _Part:
    """What of a space belongs to one flow."""

    own: list[Node] = field(default_factory=list)
    """Where a call waits in a step of it,"""
    inside: list[Node] = field(default_factory=list)
    """or in a flow that it has run."""
    edges: list[Edge] = field(default_factory=list)
    """The turns that begin in it or enter a step of it."""


def _parts(space: StateSpace) -> Mapping[str, _Part]:
    """By the name of the flow."""
    parts: dict[str, _Part] = defaultdict(_Part)
    for node in space.nodes:
        parts[_flow_of(node.state)].own.append(node)
        for name in set(map(_flow_of, (node.state, *node.session.stack))):
            parts[name].inside.append(node)
        for edge in node.edges:
            for name in set(map(_flow_of, (node.state, *edge.entered))):
                parts[name].edges.append(edge)
    return parts


def _flow_of(state: str) -> str:
    return state.partition(".")[0]


def _of(space: StateSpace, flow: Flow, language: str, part: _Part, maps: tuple[_Map, ...]) -> Figures:
    answers: dict[tuple[str, str], list[Edge]] = defaultdict(list)
    for edge in part.edges:
        node = space.nodes[edge.source]
        if node.language == language and _answers(space, flow, edge):
            answers[node.state, edge.action.label].append(edge)
    people = [
        node.index for node in space.nodes
        if node.is_with_person and node.language == language and (flow.urgent or not _is_urgent(space, node))
    ]  # fmt: skip
    inside = {node.index for node in part.inside if node.language == language}
    longest, lasts = max(_menus(space, flow, language, part.own), key=lambda pair: pair[1], default=("", 0.0))
    by_keys, by_seconds = maps
    in_keys = [min(map(by_keys.until, alike)) for alike in answers.values()]
    in_seconds = [min(by_seconds.until(edge) + speech(edge.said) for edge in alike) for alike in answers.values()]
    return Figures(
        flow.topic,
        language,
        len(part.own),
        _rounded(min(in_keys, default=INFINITE)),
        _rounded(min(in_seconds, default=INFINITE)),
        _rounded(_most(in_keys)),
        _rounded(_most(in_seconds)),
        by_keys.onward(inside, people),
        by_seconds.onward(inside, people),
        _rounded(_most(far for index, far in key_distance(space).items() if index in inside)),
        _rounded(_most(far for index, far in time_distance(space).items() if index in inside)),
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
                if edge.target >= 0 and edge.action.by in ON_PURPOSE and _ordinary(space, edge):
                    out[edge.target] = min(cost(node, edge.action, node.said), out.get(edge.target, INFINITE))
        begin = {edge.target: 0.0 for edge in space.first if edge.target >= 0 and _ordinary(space, edge)}
        return cls(space, cost, ways, _spread(ways, begin))

    def until(self, edge: Edge) -> float:
        """From the beginning up to what this step says."""
        if edge.source not in self.far or not _ordinary(self.space, edge):
            return INFINITE
        node = self.space.nodes[edge.source]
        return self.far[edge.source] + self.cost(node, edge.action, node.said)

    def onward(self, entries: Iterable[int], goals: Iterable[int]) -> int | None:
        """From the beginning by way of one of the entries to one of the goals."""
        reached = _spread(self.ways, {index: self.far[index] for index in entries if index in self.far})
        return _rounded(min((reached[index] for index in goals if index in reached), default=INFINITE))


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
    """On an ordinary day, with a back office that works, by a caller whose number is shown."""
    if edge.condition not in (ANY, 0) or edge.action.label.endswith("unavailable"):
        return False
    return edge.target < 0 or bool(space.nodes[edge.target].session.caller)


def _is_urgent(space: StateSpace, node: Node) -> bool:
    """Whether the call is in the urgent lane, whose people are not there for other topics."""
    states = (node.state, *node.session.stack)
    flows = space.model.edition.flows.flows.values()
    return any(flow.urgent and _in(flow, state) for flow in flows for state in states)


def _answers(space: StateSpace, flow: Flow, edge: Edge) -> bool:
    """Whether this turn tells the caller something of the topic, and does not only ask."""
    if edge.is_first or edge.target < 0 or not edge.said or edge.action.by not in ON_PURPOSE:
        return False
    entered = [flow.steps[state.partition(".")[2]] for state in edge.entered if _in(flow, state)]
    if any(isinstance(step, Say | Play) for step in entered):
        return True
    source = space.nodes[edge.source].state
    step = space.model.edition.flows.step(source)
    way = step.ways.get(edge.left) if _in(flow, source) else None
    if any(isinstance(step, Handle) for step in flow.steps.values()):
        found = edge.action.by == "outcome" and not edge.action.label.endswith(("unavailable", "not_found"))
        if not isinstance(step, Handle) or not found:
            return False
    return bool(way and way.say) or any(map(_tells, entered))


def _in(flow: Flow, state: str) -> bool:
    return state.startswith(f"{flow.name}.")


def _tells(step: Step) -> bool:
    """Whether a menu or a question has a value in its words: it tells it, and asks what then."""
    words = step.menu if isinstance(step, Menu) else step.ask if isinstance(step, Ask) else None
    return words is not None and bool(words.slots)


def _most(costs: Iterable[float]) -> float:
    """The most of those that there are."""
    return max((cost for cost in costs if cost < INFINITE), default=INFINITE)


def _rounded(cost: float) -> int | None:
    return None if cost == INFINITE else round(cost)


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
