"""Rules about ways: every step is led to, no caller goes round for ever, and from every menu one can reach a person."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from ivr.flow.checks.graph import Edge, Graph, ResolvedFlow
from ivr.flow.checks.rule import Problem, error, warning
from ivr.flow.checks.step_facts import Pace, place_of
from ivr.flow.model import SWITCH_LANGUAGE, Callback, Menu, Prompting, Queue, Transfer, Voicemail


@error("unreachable-step")
def unreachable_step(graph: Graph) -> Iterator[Problem]:
    for resolved in graph.resolved.values():
        cut_off = [name for name in resolved.flow.steps if name not in resolved.reached]
        led_to = {edge.to for name in cut_off for edge in resolved.edges[name] if edge.to != name}
        for name in [name for name in cut_off if name not in led_to] or cut_off[:1]:
            yield (
                f'no way leads to "{name}"; lead to it from another step or remove it',
                resolved.flow.steps[name].place,
            )


@warning("unreachable-flow")
def unreachable_flow(graph: Graph) -> Iterator[Problem]:
    for name, flow in graph.set.flows.items():
        if name not in graph.live:
            yield f'nothing runs flow "{name}"; add a step with "run: {name}" or remove the flow', flow.place


@warning("unreachable-language")
def unreachable_language(graph: Graph) -> Iterator[Problem]:
    steps = [step for flow in graph.live for step in graph.resolved[flow].steps()]
    offering = {choice.language: step for step in steps if isinstance(step, Menu) for choice in step.choices}
    if any(SWITCH_LANGUAGE in step.keys.values() for step in steps if isinstance(step, Prompting)):
        return  # the key goes through all of them
    start = graph.set.flows[graph.set.start]
    place = next((step.place for language, step in offering.items() if language), start.steps[start.start].place)
    for code in graph.catalogue.offered[1:]:
        if code not in offering:
            yield f'no choice leads to the language "{code}"; write one with "language: {code}", or remove it', place


@warning("unused-outcome")
def unused_outcome(graph: Graph) -> Iterator[Problem]:
    for resolved in graph.resolved.values():
        used = {edge.leaves for edges in resolved.edges.values() for edge in edges} | set(resolved.flow.steps)
        for index, outcome in enumerate(resolved.flow.outcomes):
            if outcome not in used:
                yield (
                    f'flow "{resolved.flow.name}" never ends with "{outcome}"; lead to it from a step, or remove it',
                    place_of(resolved.flow, f"outcomes.{index}"),
                )


@error("loop")
def loop(graph: Graph) -> Iterator[Problem]:
    for resolved in graph.resolved.values():
        for cycle in _cycles(resolved, Pace.AT_ONCE):
            yield (
                f"{_route(cycle)} goes round without waiting for the caller; "
                "lead one of these steps to a menu, a person or an end",
                cycle[-1][1].way.place,
            )


@error("exhausted-loop")
def exhausted_loop(graph: Graph) -> Iterator[Problem]:
    for resolved in graph.resolved.values():
        for cycle in _cycles(resolved, Pace.UNASKED):
            spent = next((edge for _, edge in cycle if edge.pace is Pace.UNASKED), None)
            if spent:
                yield (
                    f'a silent caller goes round for ever: {_route(cycle)}; lead "{spent.outcome}" to a person '
                    "or an end",
                    spent.way.place,
                )


# --- messages --------------------------------------------------------------------------------------------------


def _route(cycle: list[tuple[str, Edge]]) -> str:
    names = [f'"{name}"' for name, _ in cycle]
    if len(names) > 6:
        names = [*names[:3], "…", *names[-2:]]
    return " → ".join((*names, f'"{cycle[0][0]}"'))


# --- searching -------------------------------------------------------------------------------------------------


def _cycles(resolved: ResolvedFlow, slowest: Pace) -> Iterator[list[tuple[str, Edge]]]:
    """One shortest circle for every component of steps tied by ways no slower than `slowest`, first step on top.

    A circle is a list of steps, each with the way to the next; the last leads back to the first. Where only slower
    ways are asked for, the circle goes through one of them.
    """
    edges = {
        name: kept
        for name, ways in resolved.edges.items()
        if (kept := [edge for edge in ways if edge.to and edge.pace <= slowest])
    }
    position = {name: index for index, name in enumerate(resolved.flow.steps)}
    for component in strongly_connected_components(
        edges, lambda name: (edge.to for edge in edges[name] if edge.to in edges)
    ):
        inside = set(component)
        closing = [
            (name, edge) for name in component for edge in edges[name] if edge.to in inside and edge.pace == slowest
        ]
        if closing:
            name, edge = min(closing, key=lambda found: position[found[0]])
            yield _round(name, edge, edges, inside)


def _round(name: str, edge: Edge, edges: dict[str, list[Edge]], inside: set[str]) -> list[tuple[str, Edge]]:
    came: dict[str, tuple[str, Edge]] = {edge.to: (name, edge)}
    waiting = deque([edge.to])
    while waiting and name not in came:
        here = waiting.popleft()
        for onward in edges[here]:
            if onward.to in inside and onward.to not in came:
                came[onward.to] = (here, onward)
                waiting.append(onward.to)
    route: list[tuple[str, Edge]] = []
    here = name
    while not route or here != name:
        before, way = came[here]
        route.insert(0, (before, way))
        here = before
    return route


def strongly_connected_components(nodes: Iterable[str], successors: Callable[[str], Iterable[str]]) -> list[list[str]]:
    """The strongly connected components (Tarjan 1972, without recursion), each after all that it leads to."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    path: list[str] = []
    found: list[list[str]] = []
    done: set[str] = set()
    for root in nodes:
        if root in index:
            continue
        index[root] = low[root] = len(index)
        path.append(root)
        work = [(root, iter(successors(root)))]
        while work:
            here, onward = work[-1]
            ahead = next(onward, None)
            if ahead is not None:
                if ahead not in index:
                    index[ahead] = low[ahead] = len(index)
                    path.append(ahead)
                    work.append((ahead, iter(successors(ahead))))
                elif ahead not in done:
                    low[here] = min(low[here], index[ahead])
                continue
            work.pop()
            if work:
                low[work[-1][0]] = min(low[work[-1][0]], low[here])
            if low[here] == index[here]:
                cut = _last_index(path, here)
                found.append(path[cut:])
                done.update(path[cut:])
                del path[cut:]
    return found


def _last_index(path: list[str], node: str) -> int:
    """The position of a node, searched from the end, where it nearly always is."""
    position = len(path) - 1
    while path[position] != node:
        position -= 1
    return position


# --- a person from every menu --------------------------------------------------------------------------------------


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
