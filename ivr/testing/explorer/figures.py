"""Figures of a hotline: per topic and language how far an answer and a person are, the longest menu, how many places.

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
from ivr.testing.explorer.actions import Act
from ivr.testing.explorer.distances import PURPOSEFUL, keys, length, seconds, speech
from ivr.testing.explorer.search import ANY, Place, Step, Walk

Cost = Callable[[Place, Act], float]
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


def figures(walk: Walk) -> list[Figures]:
    """In the order in which the topics are written."""
    flows = walk.ground.edition.flows
    maps = tuple(_Map.of(walk, cost) for cost in (keys, seconds))
    own: dict[str, list[Place]] = defaultdict(list)
    for place in walk.places:
        own[place.state.partition(".")[0]].append(place)
    return [
        _of(walk, flow, language, own[flow.name], maps)
        for flow in flows.flows.values()
        if flow.topic
        for language in flows.languages
    ]


def _of(walk: Walk, flow: Flow, language: str, own: list[Place], maps: tuple[_Map, ...]) -> Figures:
    answers = [
        step
        for place in (own if _has_look_ups(flow) else walk.places)
        if place.language == language
        for step in place.steps
        if _answers(walk, flow, step)
    ]
    people = [place.index for place in walk.places if place.is_with_person and place.language == language]
    entries = [place.index for place in own if place.language == language]
    longest, lasts = max(_menus(walk, flow, language, own), key=lambda pair: pair[1], default=("", 0.0))
    by_keys, by_seconds = maps
    return Figures(
        flow.topic,
        language,
        len(own),
        _least(by_keys.until(step) for step in answers),
        _least(by_seconds.until(step) + speech(step.said) for step in answers),
        by_keys.onward(entries, people),
        by_seconds.onward(entries, people),
        longest,
        round(lasts),
    )


@dataclass(frozen=True, slots=True)
class _Map:
    """Where each place leads on an ordinary day, and at what cost; and how far each is from the beginning."""

    walk: Walk
    cost: Cost
    ways: Mapping[int, Mapping[int, float]]
    far: dict[int, float]

    @classmethod
    def of(cls, walk: Walk, cost: Cost) -> _Map:
        ways: dict[int, dict[int, float]] = {}
        for place in walk.places:
            out = ways[place.index] = {}
            for step in place.steps:
                if step.target >= 0 and step.act.by in PURPOSEFUL and _ordinary(walk, step):
                    out[step.target] = min(cost(place, step.act), out.get(step.target, INFINITE))
        begin = {step.target: 0.0 for step in walk.first if step.target >= 0 and _ordinary(walk, step)}
        return cls(walk, cost, ways, _spread(ways, begin))

    def until(self, step: Step) -> float:
        """From the beginning up to what this step says."""
        if step.source not in self.far or not _ordinary(self.walk, step):
            return INFINITE
        return self.far[step.source] + self.cost(self.walk.places[step.source], step.act)

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


def _ordinary(walk: Walk, step: Step) -> bool:
    """On an ordinary day, by a caller whose number is shown."""
    return step.world in (ANY, 0) and (step.target < 0 or bool(walk.places[step.target].session.caller))


def _has_look_ups(flow: Flow) -> bool:
    return any(isinstance(step, Handle) for step in flow.steps.values())


def _answers(walk: Walk, flow: Flow, step: Step) -> bool:
    """Whether this step tells the caller something of the topic."""
    if step.target < 0 or not step.said:
        return False
    if _has_look_ups(flow):
        asked = walk.ground.edition.flows.step(walk.places[step.source].state)
        told = step.act.by == "outcome" and not step.act.label.endswith(("unavailable", "not_found"))
        return told and isinstance(asked, Handle)
    return any(state.startswith(f"{flow.name}.") for state in step.moves)


def _least(costs: Iterator[float]) -> int | None:
    least = min(costs, default=INFINITE)
    return None if least == INFINITE else round(least)


def _menus(walk: Walk, flow: Flow, language: str, own: list[Place]) -> Iterator[tuple[str, float]]:
    """Every menu of a flow and how long its words and choices last, in seconds."""
    for step in flow.steps.values():
        place = next((each for each in own if each.state == f"{flow.name}.{step.name}"), None)
        if isinstance(step, Menu) and place is not None:
            session = place.session
            languages = walk.ground.edition.flows.languages
            try:
                words = menu_words(step, language, languages, session.values, session.started_at.date())
            except LookupError:  # a value that is not set: told as a finding, and no menu to be measured
                continue
            yield step.name, sum(length(text, code) for text, code in words)
