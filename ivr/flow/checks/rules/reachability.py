"""The rule about people: from every menu a caller can reach one.

A person is a queue, a transfer, or a promise that one will ring back or listen: a callback, a voicemail.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ivr.flow.checks.graph import Edge, Graph, ResolvedFlow
from ivr.flow.checks.rule import Problem, error
from ivr.flow.model import Callback, Menu, Queue, Transfer, Voicemail

HUMAN_STEPS = (Queue, Transfer, Callback, Voicemail)


@error("no-person")
def no_person(graph: Graph) -> Iterator[Problem]:
    reach = _reach(graph)
    for flow in graph.live:
        for step in graph.resolved[flow].steps():
            if isinstance(step, Menu) and step.name not in reach.steps[flow]:
                yield (
                    f'nobody can be reached from menu "{step.name}"; lead "0" or "exhausted" to a queue, a transfer, '
                    "a callback or a voicemail",
                    step.place,
                )


@dataclass(frozen=True, slots=True)
class _Reach:
    """From where a person is reached: `steps` per flow, and by which outcomes a flow `ends` on the way to one."""

    steps: Mapping[str, set[str]]
    ends: Mapping[str, set[str]]

    def through(self, flow: str, edge: Edge) -> bool:
        return edge.to in self.steps[flow] or edge.leaves in self.ends.get(flow, ())


def _reach(graph: Graph) -> _Reach:
    """From where a person is reached.

    First from the inside out, what each flow reaches by itself; then from the outside in, since a flow that ends
    with an outcome goes on in all the flows that run it.
    """
    reach = _Reach(steps := {}, ends := {})
    for flow in graph.order:
        steps[flow] = _closure(graph.resolved[flow], _inner_seeds(graph, flow, reach))
    for flow in graph.live:
        resolved = graph.resolved[flow]
        helped = {leaves for leaves in resolved.exits if _goes_on(graph, flow, leaves, reach)}
        ends[flow] = helped
        if helped:
            seeds = {name for name in resolved.reached if any(edge.leaves in helped for edge in resolved.edges[name])}
            steps[flow] = _closure(resolved, seeds | _inner_seeds(graph, flow, reach))
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


def _closure(resolved: ResolvedFlow, seeds: set[str]) -> set[str]:
    """The seeds and all reached steps that lead to one of them."""
    leading: dict[str, list[str]] = {}
    for name in resolved.reached:
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
