"""Searches over what was walked: how far it is to a person or an end, and by which call one comes somewhere.

Distances are those of a caller who wants to arrive and knows what to press, in a world that is against them: where a
look-up, a queue or the hour decides, the worst of it counts (Knuth's generalisation of Dijkstra's search: the cost of
an act is that of its farthest consequence). Seconds are those in which the caller listens, presses and waits: a prompt
is heard up to the key that is then pressed, or to its end.
"""

from __future__ import annotations

import heapq
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import assert_never

from ivr.call.events import Audible, Gathering, Played, Said
from ivr.flow.checks.spoken import mentions
from ivr.network.line.speech import duration
from ivr.network.wire.options import Options
from ivr.testing.explorer.actions import Act
from ivr.testing.explorer.search import ANY, Place, Step, Walk, Words

NOT_MEANT = ("hang-up", "fault")
"""Acts that no caller takes to get somewhere."""
PURPOSEFUL = ("key", "answer", "outcome", "line")
"""Those of a caller who presses what has to be pressed, and what follows from it."""


@dataclass(frozen=True, slots=True)
class Far:
    """How far a place is from a goal, and the first act of the way there."""

    cost: float
    act: str


Cost = Callable[[Place, Act], float]


def keys(place: Place, act: Act) -> float:
    """The number of keys pressed."""
    return len(act.keys)


def seconds(place: Place, act: Act) -> float:
    """Listening, pressing, waiting."""
    return listening(place, act) + act.seconds


def nearest(walk: Walk, goals: Iterable[int], cost: Cost, allowed: Callable[[Place, Act], bool]) -> Mapping[int, Far]:
    """For every place from which a goal can be forced, how far it is. Places from which none can are missing."""
    best: dict[int, Far] = {goal: Far(0.0, "") for goal in goals}
    behind: dict[int, list[tuple[Place, str]]] = defaultdict(list)
    open_: dict[tuple[int, str], int] = {}
    price: dict[tuple[int, str], float] = {}
    for place in walk.places:
        for label, steps in _moves(place, allowed).items():
            targets = {step.target for step in steps}
            if -1 in targets:
                continue  # a turn that fails leads nobody anywhere
            open_[place.index, label] = len(targets)
            price[place.index, label] = max(cost(place, step.act) for step in steps)
            for target in targets:
                behind[target].append((place, label))
    waiting = [(0.0, goal) for goal in best]
    heapq.heapify(waiting)
    done: set[int] = set()
    while waiting:
        far, index = heapq.heappop(waiting)
        if index in done:
            continue
        done.add(index)
        for place, label in behind[index]:
            open_[place.index, label] -= 1
            if open_[place.index, label] or place.index in done:
                continue
            total = far + price[place.index, label]  # the last consequence to be reached is the farthest
            if place.index not in best or total < best[place.index].cost:
                best[place.index] = Far(total, label)
                heapq.heappush(waiting, (total, place.index))
    return best


def _moves(place: Place, allowed: Callable[[Place, Act], bool]) -> dict[str, list[Step]]:
    """What can be chosen at a place: each act of the caller by itself, or whatever the desk says, all of it at once."""
    moves: dict[str, list[Step]] = {}
    for step in place.steps:
        if allowed(place, step.act):
            moves.setdefault("" if step.act.by == "outcome" else step.act.label, []).append(step)
    return moves


def goals(walk: Walk) -> Iterator[int]:
    """The places where the hotline has ended the call, or a caller waits for a person."""
    for place in walk.places:
        if place.is_with_person or (place.is_over and place.session.ended != "caller"):
            yield place.index


# --- calls ---------------------------------------------------------------------------------------------------------


def call_to(walk: Walk, wanted: Callable[[Step], bool]) -> tuple[Step, ...]:
    """A shortest call whose last step is wanted: within one circumstance and without faults of ours, if there is one.

    Empty if nothing wanted can be reached at all.
    """
    worlds = range(len(walk.ground.worlds))
    for faults in (False, True):
        for world in worlds:
            if way := _search(walk, wanted, world, faults=faults):
                return way
    return _search(walk, wanted, None, faults=True)


def call_by(walk: Walk, last: Step) -> tuple[Step, ...]:
    """A shortest call that ends as this step does, within one circumstance if possible."""
    found = call_to(walk, lambda step: step.source == last.source and step.act == last.act and _same(step, last))
    return found or walk.way_to(last)


def world_of(way: Sequence[Step]) -> int:
    """The circumstance of a call; the first one for a call that never asked the world."""
    return next((step.world for step in way if step.world != ANY), 0)


def _same(one: Step, other: Step) -> bool:
    return one.target == other.target and one.said == other.said and type(one.broke) is type(other.broke)


def _search(walk: Walk, wanted: Callable[[Step], bool], world: int | None, *, faults: bool) -> tuple[Step, ...]:
    came: dict[int, Step] = {}
    waiting: deque[int] = deque()

    def look(steps: Iterable[Step]) -> Step | None:
        for step in steps:
            if (world is not None and step.world not in (ANY, world)) or (step.act.by == "fault" and not faults):
                continue
            if wanted(step):
                return step
            if step.target >= 0 and step.target not in came:
                came[step.target] = step
                waiting.append(step.target)
        return None

    found = look(walk.first)
    while found is None and waiting:
        found = look(walk.places[waiting.popleft()].steps)
    if found is None:
        return ()
    way = [found]
    while way[-1].source >= 0:
        way.append(came[way[-1].source])
    return tuple(reversed(way))


# --- listening ------------------------------------------------------------------------------------------------------


def listening(place: Place, act: Act) -> float:
    """Seconds of a prompt that are heard before this is done: up to the sentence that names the key, or all of it."""
    wait = place.wait
    if isinstance(wait, Gathering) and wait.barge_in and act.by in ("key", "answer") and len(act.keys) <= 2:
        return _until(place.heard, act.keys[:1])
    return speech(place.heard)


@lru_cache(maxsize=65536)
def _until(words: Words, key: str) -> float:
    total = 0.0
    for said in words:
        total += spoken(said)
        if isinstance(said, Said) and any(mention.key == key for mention in mentions(said.text, said.language)):
            return total
    return total


@lru_cache(maxsize=65536)
def speech(words: Words) -> float:
    """Seconds of all of it."""
    return sum(map(spoken, words))


def spoken(said: Audible) -> float:
    """Seconds of one sentence at the pace of the simulated network; a recording is as long as its words."""
    match said:
        case Said(text=text, language=language) | Played(text=text, language=language):
            return length(text, language)
        case _:
            assert_never(said)


@cache
def _pace() -> tuple[float, float]:
    options = Options()
    return options.chinese_characters_per_second, options.english_words_per_second


def length(text: str, language: str) -> float:
    """Seconds it takes to say a text."""
    return duration(text, language, *_pace())
