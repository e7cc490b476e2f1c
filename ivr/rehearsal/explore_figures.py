"""Figures of a hotline: per topic and language how far an answer and a person are, the longest menu, how many places.

Counted for a caller who presses keys, knows which, and has everything at hand, on an ordinary day: keys and seconds
from the moment the call is answered. An answer is what a look-up of the topic says, or, in a topic without look-ups,
the first thing it tells. A person is a queue or a transfer, reached in a call that came through the topic.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass

from ivr.call.prompts import MissingValue, menu_words
from ivr.flow.model import Flow, Handle, Menu
from ivr.rehearsal.explore_acts import Act
from ivr.rehearsal.explore_walk import ANY, Place, Step, Walk
from ivr.rehearsal.explore_ways import PURPOSEFUL, keys, length, seconds, speech

Cost = Callable[[Place, Act], float]


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
    found = []
    by_keys, by_seconds = _distances(walk, keys), _distances(walk, seconds)
    for language in flows.languages:
        for flow in flows.flows.values():
            if flow.topic:
                found.append(_of(walk, flow, language, by_keys, by_seconds))
    return sorted(found, key=lambda one: (list(flows.flows).index(_flow_of(walk, one.topic)), one.language))


def _of(
    walk: Walk, flow: Flow, language: str, by_keys: Mapping[int, float], by_seconds: Mapping[int, float]
) -> Figures:
    answers = [step for step in walk.steps() if _answers(walk, flow, step, language)]
    people = [
        place.index
        for place in walk.places
        if place.is_with_person and place.language == language and place.session.topic
    ]
    longest, lasts = max(_menus(walk, flow, language), key=lambda pair: pair[1], default=("", 0.0))
    own = [place for place in walk.places if place.state.startswith(f"{flow.name}.")]
    entries = [place for place in own if place.language == language and place.index in by_keys]
    return Figures(
        flow.topic,
        language,
        len(own),
        _least(_after(walk, step, keys, by_keys) for step in answers),
        _least(_after(walk, step, seconds, by_seconds) + speech(step.said) for step in answers),
        _to_person(walk, entries, people, keys, by_keys),
        _to_person(walk, entries, people, seconds, by_seconds),
        longest,
        round(lasts),
    )


def _answers(walk: Walk, flow: Flow, step: Step, language: str) -> bool:
    """Whether this step tells the caller something of the topic."""
    if step.source < 0 or step.target < 0 or not step.said:
        return False
    place = walk.places[step.source]
    if place.language != language:
        return False
    handles = any(isinstance(each, Handle) for each in flow.steps.values())
    if handles:
        asked = walk.ground.edition.flows.step(place.state)
        own = place.state.startswith(f"{flow.name}.") and isinstance(asked, Handle)
        return own and step.act.by == "outcome" and not step.act.label.endswith(("unavailable", "not_found"))
    return any(state.startswith(f"{flow.name}.") for state in step.moves)


def _distances(walk: Walk, cost: Cost) -> dict[int, float]:
    """How far each place is from the beginning, everything turning out well."""
    best: dict[int, float] = {step.target: 0.0 for step in walk.first if step.target >= 0 and _ordinary(walk, step)}
    return _spread(walk, best, cost)


def _spread(walk: Walk, best: dict[int, float], cost: Cost) -> dict[int, float]:
    waiting = [(far, index) for index, far in best.items()]
    heapq.heapify(waiting)
    while waiting:
        far, index = heapq.heappop(waiting)
        if far > best[index]:
            continue
        place = walk.places[index]
        for step in place.steps:
            if step.target < 0 or not _ordinary(walk, step) or step.act.by not in PURPOSEFUL:
                continue
            total = far + cost(place, step.act)
            if total < best.get(step.target, float("inf")):
                best[step.target] = total
                heapq.heappush(waiting, (total, step.target))
    return best


def _ordinary(walk: Walk, step: Step) -> bool:
    """On an ordinary day, by a caller whose number is shown."""
    return step.world in (ANY, 0) and (step.target < 0 or bool(walk.places[step.target].session.caller))


def _to_person(walk: Walk, entries: list[Place], people: list[int], cost: Cost, far: Mapping[int, float]) -> int | None:
    """From the beginning into the topic and on to somebody."""
    if not entries:
        return None
    start = {place.index: far[place.index] for place in entries}
    reached = _spread(walk, dict(start), cost)
    return _least(reached[index] for index in people if index in reached)


def _after(walk: Walk, step: Step, cost: Cost, far: Mapping[int, float]) -> float:
    place = walk.places[step.source]
    if place.index not in far or not _ordinary(walk, step):
        return float("inf")
    return far[place.index] + cost(place, step.act)


def _least(costs: Iterator[float]) -> int | None:
    least = min(costs, default=float("inf"))
    return None if least == float("inf") else round(least)


def _menus(walk: Walk, flow: Flow, language: str) -> Iterator[tuple[str, float]]:
    """Every menu of a flow and how long its words and choices last, in seconds."""
    first = next((place for place in walk.places if place.language == language), walk.places[0])
    today = first.session.started_at.date()
    for step in flow.steps.values():
        if isinstance(step, Menu):
            values = next((p.session.values for p in walk.places if p.state == f"{flow.name}.{step.name}"), {})
            try:
                words = menu_words(step, language, walk.ground.edition.flows.languages, values, today)
            except MissingValue:
                continue
            yield step.name, sum(length(text, code) for text, code in words)


def _flow_of(walk: Walk, topic: str) -> str:
    return next(flow.name for flow in walk.ground.edition.flows.flows.values() if flow.topic == topic)


def places_by_flow(walk: Walk) -> Mapping[str, int]:
    """How many places each flow has."""
    return Counter(place.state.partition(".")[0] for place in walk.places)
