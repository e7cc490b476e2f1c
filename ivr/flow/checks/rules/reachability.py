"""Rules about people: from every menu a caller can reach one, and not behind too many menus.

A person is a queue, a transfer, or a promise that one will ring back or listen: a callback, a voicemail.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ivr.flow.checks.graph import Edge, Graph, Pace, ResolvedFlow
from ivr.flow.checks.rule import Problem, error, warning
from ivr.flow.model import Callback, Menu, Queue, Run, Step, Transfer, Voicemail

HUMAN_STEPS = (Queue, Transfer, Callback, Voicemail)
DEEPEST = 3
"""Menus a caller should pass at most without being offered a person (IVR report 2014: "by the third menu")."""


@error("no-person")
def no_person(graph: Graph) -> Iterator[Problem]:
    """From this menu no key and no way out leads to a person, however long the caller tries.

    A person is a `queue`, a `transfer`, a `callback` or a `voicemail`. Whoever is not helped by the choices must be
    able to tell somebody; the simplest way is a key that works everywhere: `keys: {"0": agent}`. In a flow that
    others run, it is enough that each of them leads on to a person.

    `ivr explore` looks for a way to a person or an end from every place of a call: `never-stuck`.
    """
    reach = _reach(graph, around=())
    for flow in graph.live:
        for step in graph.resolved[flow].steps():
            if isinstance(step, Menu) and step.name not in reach.steps[flow]:
                yield (
                    f'nobody can be reached from menu "{step.name}"; lead "0" or "exhausted" to a queue, a transfer, '
                    "a callback or a voicemail",
                    step.place,
                )


@warning("deep-menu")
def deep_menu(graph: Graph) -> Iterator[Problem]:
    """A caller passes more than three menus to come here, and still no key leads to a person.

    Callers give up in deep trees sooner than in broad ones. Offer a person here, or join two of the menus.

    `ivr explore` measures the way in keys and seconds: `near-a-person`.
    """
    deep = [(flow, name, depth) for (flow, name), depth in _depths(graph).items() if depth > DEEPEST]
    reach = _reach(graph, around=(Menu,)) if deep else None
    for flow, name, depth in deep:
        step = graph.set.flows[flow].steps.get(name)
        if reach is None or not isinstance(step, Menu):
            continue
        pressed = (edge for edge in graph.resolved[flow].edges[name] if edge.pace is Pace.BY_CALLER)
        if not any(reach.through(flow, edge) for edge in pressed):
            yield (
                f'"{name}" is the {depth}th menu on the way here, and none of its keys leads to a person; '
                "offer one, or join two of the menus",
                step.place,
            )


@dataclass(frozen=True, slots=True)
class _Reach:
    """From where a person is reached: `steps` per flow, and by which outcomes a flow `ends` on the way to one."""

    steps: Mapping[str, set[str]]
    ends: Mapping[tuple[str, str], bool]

    def through(self, flow: str, edge: Edge) -> bool:
        return edge.to in self.steps[flow] or self.ends.get((flow, edge.leaves), False)


def _reach(graph: Graph, around: tuple[type[Step], ...]) -> _Reach:
    """From where a person is reached without passing a step of the kinds `around`.

    First from the inside out, what each flow reaches by itself; then from the outside in, since a flow that ends
    with an outcome goes on in all the flows that run it.
    """
    reach = _Reach(steps := {}, ends := {})
    for flow in graph.order:
        steps[flow] = _closure(graph.resolved[flow], _inner_seeds(graph, flow, reach), around)
    for flow in graph.live:
        resolved = graph.resolved[flow]
        for leaves in resolved.exits:
            ends[flow, leaves] = _goes_on(graph, flow, leaves, reach)
        if any(ends[flow, leaves] for leaves in resolved.exits):
            seeds = {
                name for name in resolved.reached if any(ends.get((flow, edge.leaves)) for edge in resolved.edges[name])
            }
            steps[flow] = _closure(resolved, seeds | _inner_seeds(graph, flow, reach), around)
    return reach


def _inner_seeds(graph: Graph, flow: str, reach: _Reach) -> set[str]:
    people = {step.name for step in graph.resolved[flow].steps() if isinstance(step, HUMAN_STEPS)}
    return people | {step.name for step, ran in graph.runs(flow) if ran.start in reach.steps[ran.flow.name]}


def _goes_on(graph: Graph, flow: str, leaves: str, reach: _Reach) -> bool:
    """Whether everybody who leaves a flow so comes to a person afterwards."""
    other, dot, name = leaves.partition(".")
    if dot:
        return name in reach.steps.get(other, ())
    return all(
        reach.through(caller, edge)
        for caller, step in graph.sites[flow]
        for edge in graph.resolved[caller].edges[step.name]
        if edge.outcome == leaves
    )


def _closure(resolved: ResolvedFlow, seeds: set[str], around: tuple[type[Step], ...]) -> set[str]:
    """The seeds and all reached steps that lead to one of them."""
    leading: dict[str, list[str]] = {}
    for name in resolved.reached:
        if not isinstance(resolved.flow.steps[name], around):
            for edge in resolved.edges[name]:
                leading.setdefault(edge.to, []).append(name)
    found: set[str] = set()
    waiting = list(seeds)
    while waiting:
        here = waiting.pop()
        if here not in found:
            found.add(here)
            waiting += leading.get(here, ())
    return found


def _depths(graph: Graph) -> dict[tuple[str, str], int]:
    """Per step, the fewest menus on the way to it from the first ring, itself included."""
    returns: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for flow in graph.live:
        for site, ran in graph.runs(flow):
            for edge in graph.resolved[flow].edges[site.name]:
                returns.setdefault((ran.flow.name, edge.outcome), set()).add((flow, edge.to or edge.leaves))
    first = graph.resolved.get(graph.set.start)
    depths: dict[tuple[str, str], int] = {}
    waiting = deque([(0, graph.set.start, first.start)] if first and first.reached else [])
    while waiting:
        depth, flow, name = waiting.popleft()
        if "." in name:
            flow, _, name = name.partition(".")
        if (flow, name) in depths:
            continue
        step = graph.set.flows[flow].steps.get(name)
        depths[flow, name] = here = depth + isinstance(step, Menu)
        if step is None:
            onward = returns.get((flow, name), set())
        elif isinstance(step, Run) and step.run in graph.resolved:
            onward = {(step.run, graph.resolved[step.run].start)}
        else:
            onward = {(flow, edge.to or edge.leaves) for edge in graph.resolved[flow].edges[name]}
        for other, there in onward:
            ahead = graph.set.flows[other].steps.get(there)
            (waiting.append if isinstance(ahead, Menu) else waiting.appendleft)((here, other, there))
    return depths
