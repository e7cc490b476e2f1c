"""Searches in a state space: how far it is to a person or an end, and the shortest call to a state.

Distances are for a caller who knows what to press, in the worst case: where a look-up, a queue or the hour decides, its
worst outcome counts (Knuth's generalisation of Dijkstra's search: the cost of
an act is that of its farthest consequence). Seconds are those in which the caller listens, presses and waits: a prompt
is heard up to the key that is then pressed, or to its end.
"""

import heapq
from collections import defaultdict, deque
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import takewhile
from typing import assert_never

from ivr.call import engine
from ivr.call.events import Audible, Gathering, Played, Said
from ivr.flow.checks.spoken import mentions
from ivr.network.line.speech import duration
from ivr.network.wire.options import Options
from ivr.testing.explorer.actions import Action
from ivr.testing.explorer.search import ANY, Edge, Node, StateSpace, Words

_OPTIONS = Options()
INFINITE = float("inf")
MOST_DETOURS = 20
"""How many edges of a call are done without before another condition is tried."""
NOT_MEANT = ("hang-up", "fault")
"""Actions that a caller does not take to reach a goal."""
PURPOSEFUL = ("key", "answer", "outcome", "line")
"""Actions of a caller who presses what leads to the goal, and what follows from them."""


Cost = Callable[[Node, Action, Words], float]
"""What an action costs a caller who comes to a node with these words."""


def keys(node: Node, action: Action, said: Words) -> float:
    return len(action.keys)


def seconds(node: Node, action: Action, said: Words) -> float:
    """Listening, pressing, waiting."""
    return listening(node, action, said) + action.seconds


def nearest(
    space: StateSpace, goals: Iterable[int], cost: Cost, allowed: Callable[[Node, Action], bool]
) -> Mapping[int, float]:
    """For every node from which a goal can be forced, how far it is in the call that comes to it with the words that
    make it farthest. Nodes from which none can are missing."""
    heard: dict[int, list[Words]] = defaultdict(list)
    numbers: dict[tuple[int, int], int] = {}
    for edge in space.edges():
        if (edge.target, id(edge.said)) not in numbers:  # equal words are one object
            numbers[edge.target, id(edge.said)] = len(heard[edge.target])
            heard[edge.target].append(edge.said)
    behind: dict[tuple[int, int], list[tuple[Node, list[Edge]]]] = defaultdict(list)
    open_: dict[int, int] = {}
    for node in space.nodes:
        for edges in _moves(node, allowed).values():
            targets = {(edge.target, numbers[edge.target, id(edge.said)]) for edge in edges}
            if any(index < 0 for index, _ in targets):
                continue  # a turn that failed leads nowhere
            open_[id(edges)] = len(targets)
            for target in targets:
                behind[target].append((node, edges))
    best = {(goal, number): 0.0 for goal in goals for number in range(len(heard[goal]))}
    waiting = [(0.0, spot) for spot in best]
    heapq.heapify(waiting)
    found: dict[int, float] = {}
    while waiting:
        far, spot = heapq.heappop(waiting)
        if far > best[spot]:
            continue
        found[spot[0]] = far  # the words that come last make it farthest
        for node, edges in behind[spot]:
            open_[id(edges)] -= 1
            for number, said in enumerate(() if open_[id(edges)] else heard[node.index]):
                # the last consequence to be reached is the farthest
                total = far + max(cost(node, edge.action, said) for edge in edges)
                if total < best.get((node.index, number), INFINITE):
                    best[node.index, number] = total
                    heapq.heappush(waiting, (total, (node.index, number)))
    return found


def _moves(node: Node, allowed: Callable[[Node, Action], bool]) -> dict[str, list[Edge]]:
    """What can be chosen at a node: each action of the caller, or all answers of the hotline together."""
    moves: dict[str, list[Edge]] = {}
    for edge in node.edges:
        if allowed(node, edge.action):
            moves.setdefault("" if edge.action.by == "outcome" else edge.action.label, []).append(edge)
    return moves


def goals(space: StateSpace) -> Iterator[int]:
    """The nodes where the hotline has ended the call, or a caller waits for a person."""
    for node in space.nodes:
        if node.is_with_person or (node.is_over and node.session.ended != "caller"):
            yield node.index


# --- calls ---------------------------------------------------------------------------------------------------------


def call_to(space: StateSpace, wanted: Callable[[Edge], bool]) -> tuple[Edge, ...]:
    """A shortest call whose last edge is wanted: under one condition and without faults of ours, if there is one.

    Where `back` leads depends on the call before it, which places do not tell apart. So a call that was found is made
    with the engine, and where that goes elsewhere another one is searched for, at last the one by which the place was
    found. Empty if nothing wanted can be reached at all.
    """
    worlds = (*range(len(space.model.conditions)), None)
    for faults, world in ((faults, world) for faults in (False, True) for world in worlds):
        barred: set[Edge] = set()
        while len(barred) < MOST_DETOURS and (path := _search(space, wanted, world, faults=faults, barred=barred)):
            astray = _goes_astray(space, path)
            if astray is None:
                return path
            barred.add(astray)
    found = next(filter(wanted, space.edges()), None)
    return space.path_to(found) if found is not None else ()


def _goes_astray(space: StateSpace, path: Sequence[Edge]) -> Edge | None:
    """The first edge that is not taken when the engine makes this call from its beginning; None if all are."""
    condition = condition_of(path)
    session = space.nodes[path[0].target].session if path[0].target >= 0 else None
    for edge in path[1:]:
        if session is None or edge.target < 0 or edge.action.heard is None:  # a turn that fails, or a fault of ours
            return None
        world = space.model.conditions[condition if edge.condition == ANY else edge.condition].world()
        session = session.replace(started_at=world.now)
        session = engine.answer(space.model.edition, session, edge.action.heard, world).session
        node = space.nodes[edge.target]
        if not node.is_over and (session.state, session.stack) != (node.state, node.session.stack):
            return edge
    return None


def call_until(space: StateSpace, node: Node) -> tuple[Edge, ...]:
    return call_to(space, lambda edge: edge.target == node.index)


def call_by(space: StateSpace, last: Edge) -> tuple[Edge, ...]:
    """A shortest call that ends as this edge does, under one condition if possible."""
    found = call_to(space, lambda edge: edge.source == last.source and edge.action == last.action and _same(edge, last))
    return found or space.path_to(last)


def condition_of(path: Sequence[Edge]) -> int:
    """The condition of a call; the first one for a call that never asked the world."""
    return next((edge.condition for edge in path if edge.condition != ANY), 0)


def _same(one: Edge, other: Edge) -> bool:
    return one.target == other.target and one.said == other.said and type(one.error) is type(other.error)


def _search(
    space: StateSpace, wanted: Callable[[Edge], bool], world: int | None, *, faults: bool, barred: Container[Edge]
) -> tuple[Edge, ...]:
    came: dict[int, Edge] = {}
    waiting: deque[int] = deque()

    def look(edges: Iterable[Edge]) -> Edge | None:
        for edge in edges:
            if (world is not None and edge.condition not in (ANY, world)) or (edge.action.by == "fault" and not faults):
                continue
            if edge in barred:
                continue
            if wanted(edge):
                return edge
            if edge.target >= 0 and edge.target not in came:
                came[edge.target] = edge
                waiting.append(edge.target)
        return None

    found = look(space.first)
    while found is None and waiting:
        found = look(space.nodes[waiting.popleft()].edges)
    if found is None:
        return ()
    path = [found]
    while path[-1].source >= 0:
        path.append(came[path[-1].source])
    return tuple(reversed(path))


# --- listening ------------------------------------------------------------------------------------------------------


def listening(node: Node, action: Action, said: Words) -> float:
    """Seconds of what a turn said that are heard before this is done: up to the sentence that names the key, or all of
    it; of a menu that is answered in words, what is said before its choices."""
    wait = node.wait
    if isinstance(wait, Gathering) and wait.barge_in and action.by in ("key", "answer") and len(action.keys) <= 2:
        return _until(said, action.keys[:1])
    if action.by == "speech":
        return speech(tuple(takewhile(lambda one: not _names(one, "1"), said)))
    return speech(said)


@lru_cache(maxsize=65536)
def _until(words: Words, key: str) -> float:
    total = 0.0
    for said in words:
        total += spoken(said)
        if _names(said, key):
            return total
    return total


def _names(said: Audible, key: str) -> bool:
    return isinstance(said, Said) and any(mention.key == key for mention in mentions(said.text, said.language))


@lru_cache(maxsize=65536)
def speech(words: Words) -> float:
    return sum(map(spoken, words))


def spoken(said: Audible) -> float:
    """Seconds of one sentence; a recording is as long as its words."""
    match said:
        case Said(text=text, language=language) | Played(text=text, language=language):
            return length(text, language)
        case _:
            assert_never(said)


def length(text: str, language: str) -> float:
    """Seconds it takes to say a text at the pace of the simulated network."""
    return duration(text, language, _OPTIONS)
