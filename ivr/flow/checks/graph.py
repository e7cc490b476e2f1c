"""How the steps of a flow set lead to each other. The rules of the checker search in it.

A flow is looked at on its own: a `run` step stands for the whole flow it runs, of which only a summary is known (by
which outcomes it can end, and whether the caller must do something on the way). So every search is linear in the
number of ways, and a path never enters a flow from one step and returns to another.

A way that leads nowhere, by a name that is unknown, is no edge. While there is one, the graph is not `whole`, and what
is not reached in it says nothing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cache, cached_property
from graphlib import CycleError, TopologicalSorter
from typing import Any, TypeVar, cast, get_args, get_type_hints

from ivr.flow import model
from ivr.flow.checks.step_facts import Pace, StepFacts, place_of, step_facts
from ivr.flow.issues import Place, nearest
from ivr.flow.model import Catalogue

T = TypeVar("T")
OneKind = TypeVar("OneKind", bound=model.Step)

RESERVED = (model.REPEAT, model.BACK, model.SWITCH_LANGUAGE)


@dataclass(frozen=True, slots=True)
class Edge:
    """One way out of a step, resolved: `to` a step of the same flow, or `leaves` the flow by an outcome.

    `leaves` may also be a step of another flow, written `flow.step`: a key that works everywhere goes there.
    """

    outcome: str
    way: model.Exit
    to: str = ""
    leaves: str = ""
    pace: Pace = Pace.AT_ONCE


@dataclass(frozen=True, slots=True)
class UnknownName:
    name: str
    place: Place


@dataclass(frozen=True, slots=True)
class ResolvedFlow:
    """One flow, resolved. `reached` are the steps that its start leads to; `exits` how it can end, with the pace."""

    flow: model.Flow
    edges: Mapping[str, tuple[Edge, ...]]
    start: str
    reached: frozenset[str]
    exits: Mapping[str, Pace]
    unknown: tuple[UnknownName, ...]

    def steps(self) -> Iterator[model.AnyStep]:
        """The steps that are reached, as written from top to bottom."""
        return (step for name, step in self.flow.steps.items() if name in self.reached)


Resolve = Callable[[str, Place], tuple[str, str]]


class Graph:
    """A flow set with everything that rules look up, computed once.

    `order` has a flow after those it runs; `circle` are flows that run each other, each run by the next.
    """

    def __init__(self, flow_set: model.FlowSet, catalogue: Catalogue) -> None:
        self._done: dict[Callable[[Graph], Any], Any] = {}
        self.set = flow_set
        self.catalogue = catalogue
        self.steps = tuple(flow_set.steps())
        self._facts = {id(step): step_facts(step, catalogue.handlers, flow_set.flows) for step in self.steps}
        self._gaps = {id(step): self._gap(step) for step in self.steps}
        runs = {name: tuple(_runs(flow, flow_set)) for name, flow in flow_set.flows.items()}
        self.circle: tuple[str, ...] = ()
        try:
            by_flow = {name: [step.run for step in steps] for name, steps in runs.items()}
            self.order = tuple(TopologicalSorter(by_flow).static_order())
        except CycleError as error:
            self.order, self.circle = tuple(runs), tuple(error.args[1])
        self.resolved: dict[str, ResolvedFlow] = {}
        for name in self.order:
            self.resolved[name] = self._resolve(flow_set.flows[name])
        self.nearest = self._discover(runs)
        """The flows that a call can come to, in the order in which it can first come to them."""
        near = set(self.nearest)
        self.live = tuple(name for name in reversed(self.order) if name in near)
        """The same, but each after all that run it."""
        self.whole = not self.circle and all(map(self._is_whole, self.resolved.values()))
        """Whether every name is known, and every outcome has a way out."""
        self.sites: dict[str, list[tuple[str, model.Run]]] = {name: [] for name in self.resolved}
        """Per flow, the steps that run it and that a call can come to, each with the flow it stands in."""
        for name in self.live:
            for step, ran in self.runs(name):
                self.sites[ran.flow.name].append((name, step))

    def once(self, work: Callable[[Graph], T]) -> T:
        """The result of a function of this graph, computed at the first call; for what several rules look up."""
        if work not in self._done:
            self._done[work] = work(self)
        return cast(T, self._done[work])

    @cached_property
    def said(self) -> tuple[tuple[model.AnyStep, model.Text], ...]:
        """Everything that is said in a step or on its ways out, in the order written, with the step."""
        return tuple((step, text) for step in self.steps for text in (*texts(step), *said_on_ways(step)))

    def steps_of(self, kind: type[OneKind]) -> Iterator[OneKind]:
        return (step for step in self.steps if isinstance(step, kind))

    def runs(self, flow: str) -> Iterator[tuple[model.Run, ResolvedFlow]]:
        for step in self.resolved[flow].steps():
            if isinstance(step, model.Run) and step.run in self.resolved:
                yield step, self.resolved[step.run]

    def facts(self, step: model.AnyStep) -> StepFacts:
        return self._facts[id(step)]

    def outcomes(self, step: model.AnyStep) -> tuple[str, ...] | None:
        """All outcomes a step can have, keys included; None where nobody can know: an unknown handler, any value."""
        return self.facts(step).outcomes

    def missing_outcomes(self, step: model.AnyStep) -> tuple[str, ...]:
        """The outcomes that have no way out; none while a way is written for an unknown one, which may be meant."""
        return self._gaps[id(step)][0]

    def unknown_outcomes(self, step: model.AnyStep) -> tuple[str, ...]:
        return self._gaps[id(step)][1]

    def _gap(self, step: model.AnyStep) -> tuple[tuple[str, ...], tuple[str, ...]]:
        known = self.outcomes(step)
        unknown = () if known is None else tuple(outcome for outcome in step.ways if outcome not in known)
        wanted = ("else",) if isinstance(step, model.Choose) else known or ()
        without = (
            outcome for outcome in wanted
            if outcome not in step.ways and step.falls_back.get(outcome) not in wanted
            and not outcome.startswith("key_")
        )  # fmt: skip
        return () if unknown else tuple(without), unknown

    def meant(self, step: model.AnyStep, outcome: str) -> str:
        """The outcome that an unknown one was probably meant to be; "" where nobody can tell."""
        known = self.outcomes(step) or ()
        without = [name for name in known if name not in step.ways and name not in step.falls_back]
        return without[0] if len(without) == 1 else nearest(outcome, without) or nearest(outcome, known)

    def _is_whole(self, resolved: ResolvedFlow) -> bool:
        return not resolved.unknown and all(
            (isinstance(step, model.Choose) or self.outcomes(step) is not None)
            and not self.missing_outcomes(step)
            and not self.unknown_outcomes(step)
            for step in resolved.flow.steps.values()
        )

    def _resolve(self, flow: model.Flow) -> ResolvedFlow:
        unknown: dict[UnknownName, None] = {}

        def resolve(name: str, place: Place) -> tuple[str, str]:
            """The step of this flow, or how the flow is left; both empty for an unknown name."""
            found = _find(name, flow, self.set)
            if not any(found):
                unknown[UnknownName(name, place)] = None
            return found

        start, _ = resolve(flow.start, place_of(flow, "start"))
        edges = {step.name: tuple(self._edges(flow, step, resolve)) for step in flow.steps.values()}
        best = paces(start, edges) if start in flow.steps else {}
        exits: dict[str, Pace] = {}
        for name, pace in best.items():
            for edge in edges[name]:
                if edge.leaves:
                    exits[edge.leaves] = min(max(pace, edge.pace), exits.get(edge.leaves, Pace.BY_CALLER))
        return ResolvedFlow(flow, edges, start, frozenset(best), exits, tuple(unknown))

    def _edges(self, flow: model.Flow, step: model.AnyStep, resolve: Resolve) -> Iterator[Edge]:
        ran = self.resolved.get(step.run) if isinstance(step, model.Run) else None
        for outcome, way in _ways(flow, step):
            to, leaves = resolve(way.next, way.place)
            if to or leaves:
                pace = ran.exits.get(outcome, Pace.BY_CALLER) if ran else self.facts(step).pace_of(outcome)
                yield Edge(outcome, way, to, leaves, pace)
        for leaves in ran.exits if ran else ():
            flow_name, dot, name = leaves.partition(".")
            if dot:
                away = model.Exit(model.StepName(leaves), place=step.place)
                own = flow_name == flow.name
                yield Edge("", away, name if own else "", "" if own else leaves, Pace.BY_CALLER)

    def _discover(self, runs: Mapping[str, tuple[model.Run, ...]]) -> list[str]:
        """The flows that a call can come to, those that fewer others must run first on top."""
        found = {self.set.start: None}
        waiting = deque(found)
        while waiting:
            resolved = self.resolved[waiting.popleft()]
            for step in runs[resolved.flow.name]:
                if step.name in resolved.reached and step.run not in found:
                    found[step.run] = None
                    waiting.append(step.run)
        return list(found)


def _find(name: str, flow: model.Flow, flow_set: model.FlowSet) -> tuple[str, str]:
    if name in flow.steps:
        return name, ""
    if name in flow.outcomes:
        return "", name
    other, dot, step = name.partition(".")
    if dot and other in flow_set.flows and step in flow_set.flows[other].steps:
        return (step, "") if other == flow.name else ("", name)
    return "", ""


def _runs(flow: model.Flow, flow_set: model.FlowSet) -> Iterator[model.Run]:
    return (step for step in flow.steps.values() if isinstance(step, model.Run) and step.run in flow_set.flows)


def _ways(flow: model.Flow, step: model.Step) -> Iterator[tuple[str, model.Exit]]:
    """All ways out of a step: those written, those of outcomes that fall back on another, choices and keys."""
    yield from step.ways.items()
    for outcome, other in step.falls_back.items():
        if outcome not in step.ways and other in step.ways:
            yield outcome, step.ways[other]
    if not isinstance(step, model.Keyed):
        return
    taken = set(step.ways)
    if isinstance(step, model.Menu):
        for choice in step.choices:
            if model.key_outcome(choice.key) not in taken:
                taken.add(model.key_outcome(choice.key))
                yield model.key_outcome(choice.key), choice.way
    for key, target in {**flow.keys, **step.keys}.items():
        if model.key_outcome(key) not in taken and target not in RESERVED:
            place = place_of(step, f"keys.{key}") if key in step.keys else place_of(flow, f"keys.{key}")
            yield model.key_outcome(key), model.Exit(model.StepName(target), place=place)


# --- small things that rules ask again and again ---------------------------------------------------------------


def texts(step: model.Step) -> Iterator[model.Text]:
    """Everything a step says by itself, in the order of its fields; not what is said on its ways out."""
    for name in _speaking_fields(cast(Any, type(step))):
        value = getattr(step, name)
        if isinstance(value, model.Text):
            yield value
        elif value:
            yield from value
    if isinstance(step, model.Menu):
        for choice in step.choices:
            yield from (text for text in (choice.label, choice.say) if text)


def said_on_ways(step: model.Step) -> Iterator[model.Text]:
    return (way.say for way in step.ways.values() if way.say)


@cache
def _speaking_fields(kind: type[model.Step]) -> tuple[str, ...]:
    hints = get_type_hints(kind)
    return tuple(name for name, hint in hints.items() if hint is model.Text or model.Text in get_args(hint))


@cache
def naming_fields(kind: type[model.Step], each: str) -> tuple[str, ...]:
    """The fields of a kind that hold names of this sort, such as `queue`."""
    return tuple(field.name for field in fields(kind) if field.metadata.get("each") == each)


def quoted(names: Iterable[str]) -> str:
    """`"a"`, `"a" and "b"`, `"a", "b" and "c"`."""
    *most, last = [f'"{name}"' for name in names]
    return f"{', '.join(most)} and {last}" if most else last


# --- searching -------------------------------------------------------------------------------------------------


def paces(start: str, edges: Mapping[str, tuple[Edge, ...]]) -> dict[str, Pace]:
    """Every step that `start` leads to, with the least that has to happen on the way."""
    best = {start: Pace.AT_ONCE}
    waiting: dict[Pace, list[str]] = {pace: [] for pace in Pace}
    waiting[Pace.AT_ONCE].append(start)
    for level in Pace:
        while waiting[level]:
            here = waiting[level].pop()
            if best[here] < level:
                continue
            for edge in edges[here]:
                pace = max(level, edge.pace)
                if edge.to and (edge.to not in best or pace < best[edge.to]):
                    best[edge.to] = pace
                    waiting[pace].append(edge.to)
    return best
