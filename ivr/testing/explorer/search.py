"""State space search: breadth first through every state of a call, with the production engine. Judges nothing.

A node is what `StateKeys.key` makes of a session and its wait. The first call that comes to a node stands for all
others; as the search is breadth first, it is a shortest one. At each node every action of `actions` is done once. A
turn that asked the world (hours, notices, a queue, a call back) is taken again under every other condition, so what is
found also holds for a call during which the hotline closes.

Not told apart: how a caller came to a node. So `back` is followed to where the shortest call came from, and not to
where other calls came from. Nor are the number of turns and minutes, which have limits of their own, and the wording
of values, which are examples.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from ivr.call import engine
from ivr.call.countries import example_numbers
from ivr.call.events import (
    Audible,
    Check,
    Digits,
    Ended,
    Entered,
    Event,
    Gathering,
    Moved,
    Queueing,
    Transferring,
    Wait,
    audible,
)
from ivr.call.session import Session, Turn
from ivr.call.turn import Edition, World
from ivr.call.values import Value
from ivr.flow.checks.step_facts import step_facts
from ivr.flow.model import BACK, HandlerSpec, Keyed
from ivr.hotline.demo import Demo
from ivr.testing.explorer.actions import CALLER, Action, actions
from ivr.testing.explorer.change import WHOSE, Change, change_of, effects_of, left_by
from ivr.testing.explorer.conditions import Condition
from ivr.testing.explorer.state_key import Key, StateKeys, state_keys

MOST_NODES = 200_000
"""The search stops here and says so: a hotline with more branches on values without end."""

ANY = -1
"""Every condition."""

Words = tuple[Audible, ...]


@dataclass(slots=True)
class Node:
    """One state of a call: its step and its wait. `heard` is what was said since the caller's last action.

    `condition` is that of the shortest call to it, an index of `Model.conditions`; `via` is that call's last edge.
    """

    index: int
    key: Key
    session: Session
    wait: Wait
    heard: Words
    condition: int
    via: Edge | None = None
    edges: list[Edge] = field(default_factory=list)

    @property
    def state(self) -> str:
        return self.session.state

    @property
    def language(self) -> str:
        return self.session.language

    @property
    def said(self) -> Words:
        """What was said in the last turn of the shortest call to it."""
        return self.via.said if self.via is not None else ()

    @property
    def is_over(self) -> bool:
        return isinstance(self.wait, Ended)

    @property
    def is_with_person(self) -> bool:
        """The caller waits for a person, or is connected with one."""
        return isinstance(self.wait, (Queueing, Transferring))


@dataclass(frozen=True, slots=True, eq=False)
class Edge:
    """One turn, from one node to another; `source` is -1 before the call, `target` is -1 for a turn that failed.

    `condition` is an index of `Model.conditions`, or ANY where the world was not asked; `error` is why the turn failed.
    """

    source: int
    action: Action
    target: int
    condition: int
    said: Words
    entered: tuple[str, ...] = ()
    """The steps of the flows that were entered, as `flow.step`."""
    left: str = ""
    """The outcome by which the step at the source was left, or "" if it was not."""
    effects: tuple[str, ...] = ()
    """What is left behind: text messages, tickets, calls back, in words."""
    error: Exception | None = None

    @property
    def is_first(self) -> bool:
        return self.source < 0


@dataclass(frozen=True, slots=True)
class ObservedTurn:
    """One turn as properties see it: from where, what happened, and what followed."""

    before: Node | None
    action: Action
    after: Session
    events: Sequence[Event]
    world: World
    heard: Words
    """All that is said in this webhook, earlier look-ups included."""


Complaint = tuple[str, str]
"""What is wrong: the name of a property and a sentence."""
Monitor = Callable[[ObservedTurn], Iterable[Complaint]]
"""Looks at one turn and tells what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Model:
    """What is explored: flows and their settings, the handlers they may use, and the conditions to call under."""

    edition: Edition
    handlers: Mapping[str, HandlerSpec]
    conditions: tuple[Condition, ...]
    keys: StateKeys
    demo: Demo | None
    """Who can call in evidence that can be run."""

    @classmethod
    def of(
        cls,
        edition: Edition,
        handlers: Mapping[str, HandlerSpec],
        conditions: Sequence[Condition],
        demo: Demo | None = None,
    ) -> Model:
        """`edition` as it is, but that the made-up numbers of a call can be texted if mobiles of its country can."""
        home = next(example_numbers(edition.region), "")
        explored = replace(edition, textable=lambda number: edition.textable(home if number in WHOSE else number))
        return cls(explored, handlers, tuple(conditions), state_keys(edition.flows, handlers), demo)


@dataclass(frozen=True, slots=True)
class Violation:
    """Something wrong with a turn: the property it refutes, what it is, and the edge that shows it."""

    rule: str
    message: str
    edge: Edge


@dataclass(slots=True, eq=False)
class StateSpace:
    """What was found: nodes in the order of their distance, and how many turns were taken. Equal to itself alone."""

    model: Model
    nodes: list[Node] = field(default_factory=list)
    first: list[Edge] = field(default_factory=list)
    violations: list[Violation] = field(default_factory=list)
    taken: set[tuple[str, str]] = field(default_factory=set)
    """The ways out that some call has taken: `flow.step` and the outcome."""
    turns: int = 0
    cut_short: bool = False

    def edges(self) -> Iterator[Edge]:
        yield from self.first
        for node in self.nodes:
            yield from node.edges

    def path_to(self, edge: Edge) -> tuple[Edge, ...]:
        path = [edge]
        while path[-1].source >= 0:
            via = self.nodes[path[-1].source].via
            if via is None:
                break
            path.append(via)
        return tuple(reversed(path))


def search(model: Model, monitor: Monitor = lambda turn: (), *, most: int = MOST_NODES) -> StateSpace:
    """Visits everything, up to `most` nodes. Equal models give equal results."""
    return _Search(model, monitor, most).run()


_Shared = tuple[Change, Edge, Wait, Words]
"""A turn that is the same in other calls: what it changes, how it was noted, where it stops, and what is heard."""


class _Search:
    def __init__(self, model: Model, monitor: Monitor, most: int) -> None:
        self._model = model
        self._monitor = monitor
        self._most = most
        self._worlds = [condition.world() for condition in model.conditions]
        self._known: dict[Key, int] = {}
        self._told: set[tuple[str, str, str]] = set()
        self._same: dict[Words, Words] = {}
        self._followed: dict[tuple[Key, int], list[Edge]] = {}
        self._shared: dict[Key, _Shared] = {}
        self._waiting: deque[int] = deque()
        self._asking = _asks_the_world(model)
        self.found = StateSpace(model)

    def run(self) -> StateSpace:
        begin = Action("the call is answered", "line", None)
        today = self._worlds[0].now.date()
        for caller in dict.fromkeys((CALLER, "", *self._model.keys.branches.texts("caller", "phone", today))):
            for index, world in enumerate(self._worlds):
                self._take(
                    None, begin, index, partial(engine.begin, self._model.edition, self._fresh(caller, world), world)
                )
        while self._waiting:
            node = self.found.nodes[self._waiting.popleft()]
            known = self._model.edition, node.session, node.wait, self._model.handlers, self._model.keys.branches
            for action in actions(*known):
                self._do(node, action)
        return self.found

    def _fresh(self, caller: str, world: World) -> Session:
        edition = self._model.edition
        today = world.now.astimezone(edition.time_zone).date().isoformat()
        return Session(
            call="CA0", digest=edition.flows.digest, language=edition.flows.languages[0], started_at=world.now,
            caller=caller, called="+864008200000",
            values={"today": Value("date", today), "called": Value("phone", "+864008200000"),
                    **({"caller": Value("phone", caller)} if caller else {})},
        )  # fmt: skip

    def _do(self, node: Node, action: Action) -> None:
        """Does one action at a node, and again under every other condition if the turn asked the world.

        The rest of a turn knows only how the step was left. So what follows under the other conditions is copied from
        an earlier call that left the same step in the same way, and heard the same.
        """
        first = self._take(node, action, node.condition, self._turn(node, action, node.condition))
        if first is None or first.condition == ANY:
            return
        key = (self._model.keys.standing(node.session), first.left, action.label if action.by == "outcome" else "")
        known = self._followed.get((key, node.condition))
        if known is not None and (known[0].target, known[0].said) == (first.target, first.said):
            for edge in known[1:]:
                self._keep(node, replace(edge, source=node.index, action=action))
            return
        edges = [first]
        for index in range(len(self._worlds)):
            if index != node.condition:
                again = self._take(node, action, index, self._turn(node, action, index))
                edges += [again] if again is not None else []
        if first.left:
            self._followed[key, node.condition] = edges

    def _turn(self, node: Node, action: Action, condition: int) -> Callable[[], Turn]:
        edition, at = self._model.edition, self._worlds[condition]
        session = node.session
        if session.started_at != at.now:
            session = session.replace(started_at=at.now)
        if action.heard is None:
            return partial(engine.apologise, edition, session, at)
        return partial(engine.answer, edition, session, action.heard, at)

    def _take(self, node: Node | None, action: Action, condition: int, turn: Callable[[], Turn]) -> Edge | None:
        """Takes one turn and notes where it leads; None if it failed."""
        shared = self._same_elsewhere(node, action, condition) if node is not None else None
        if node is not None and shared is not None and shared in self._shared:
            return self._repeat(node, action, condition, self._shared[shared])
        self.found.turns += 1
        source = node.index if node is not None else -1
        try:
            taken = turn()
        except Exception as error:  # whatever the engine raises is a caller who hears an apology
            self._keep(node, Edge(source, action, -1, condition, (), error=error))
            return None
        events = taken.events
        entered = tuple(event.state for event in events if isinstance(event, Entered))
        asked = not self._asking.isdisjoint(entered)
        self.found.taken.update((event.state, event.outcome) for event in events if isinstance(event, Moved))
        said: Words = audible(events)
        said = self._same.setdefault(said, said)
        heard = said
        if node is not None and action.by == "outcome":
            heard = node.heard + said  # the same webhook: what was said before the look-up comes first
            heard = self._same.setdefault(heard, heard)
        wait = events[-1]
        assert isinstance(wait, Wait)  # noqa: S101 - `Turn` says so
        target, new = self._node(taken.session, wait, heard, condition)
        label = condition if asked or node is None else ANY
        edge = Edge(source, action, target.index, label, said, entered, left_by(events), effects_of(events))
        if new:
            target.via = edge
        self._keep(node, edge)
        observed = ObservedTurn(node, action, taken.session, events, self._worlds[condition], heard)
        for rule, message in self._monitor(observed):
            self._note(rule, message, edge)
        if node is not None and shared is not None and (change := change_of(node.session, taken)) is not None:
            self._shared[shared] = change, edge, wait, heard
        return edge

    def _same_elsewhere(self, node: Node, action: Action, condition: int) -> Key | None:
        """What has to be equal for a turn to be the same in another call, whatever flows are open there.

        None where it depends on them, or on where `back` leads.
        """
        session, step = node.session, self._model.edition.flows.step(node.state)
        if not session.stack or not isinstance(node.wait, Gathering | Check):
            return None
        if isinstance(step, Keyed) and isinstance(action.heard, Digits) and step.keys.get(action.heard.keys) == BACK:
            return None
        here = (node.key[0], *node.key[2:], session.stack[0].partition(".")[0], session.answer)
        return (*here, node.heard if action.by == "outcome" else (), action.label, condition)

    def _repeat(self, node: Node, action: Action, condition: int, shared: _Shared) -> Edge:
        """The same turn in a call that came to this flow from elsewhere. It was looked at when it was taken first."""
        change, first, wait, heard = shared
        target, new = self._node(change.of(node.session), wait, heard, condition)
        edge = replace(first, source=node.index, action=action, target=target.index)
        if new:
            target.via = edge
        self._keep(node, edge)
        return edge

    def _node(self, session: Session, wait: Wait, heard: Words, condition: int) -> tuple[Node, bool]:
        key = self._model.keys.key(session, wait)
        known = self._known.get(key)
        if known is not None:
            return self.found.nodes[known], False
        index = self._known[key] = len(self.found.nodes)
        node = Node(index, key, session, wait, heard, condition)
        self.found.nodes.append(node)
        if index >= self._most:
            self.found.cut_short = True
        elif not node.is_over:
            self._waiting.append(index)
        return node, True

    def _keep(self, node: Node | None, edge: Edge) -> None:
        (self.found.first if node is None else node.edges).append(edge)

    def _note(self, rule: str, message: str, edge: Edge) -> None:
        where = self.found.nodes[edge.source].state if edge.source >= 0 else ""
        if (rule, message, where) not in self._told:
            self._told.add((rule, message, where))
            self.found.violations.append(Violation(rule, message, edge))


def _asks_the_world(model: Model) -> frozenset[str]:
    """The steps that read the world (time, notices, who is there) when they are entered, as `flow.step`."""
    flows = model.edition.flows
    read = {
        state for state, step in flows.states().items() if step_facts(step, model.handlers, flows.flows).reads_world
    }
    return model.keys.branches.asks_now | read
