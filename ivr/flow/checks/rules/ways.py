"""Rules about ways: every outcome leads somewhere, every step is led to, and no caller goes round for ever."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from ivr.flow.checks.cycles import strongly_connected_components
from ivr.flow.checks.graph import Edge, Graph, Pace, ResolvedFlow, place_of, quoted
from ivr.flow.checks.rule import Problem, error, warning
from ivr.flow.issues import Place, did_you_mean, nearest
from ivr.flow.model import Choose, Handle, Hangup, Identify, Run, Step


@error("dead-end")
def dead_end(graph: Graph) -> Iterator[Problem]:
    """A step without any way out, or a way out of the flow where no flow takes over.

    Here the caller would hear nothing more. Only `hangup` ends a call. The flow that answers the call is run by
    nobody, so its outcomes lead nowhere.
    """
    for step in graph.set.steps():
        if not step.ways and graph.missing_outcomes(step):
            yield f'the call gets stuck in "{step.name}": it has no way out; {_repair(graph, step)}', step.place
    first = graph.resolved.get(graph.set.start)
    for name in first.edges if first else ():
        for edge in first.edges[name] if first else ():
            if edge.leaves and "." not in edge.leaves:
                yield (
                    f'"{edge.leaves}" ends the flow that answers the call, and no flow goes on from there; '
                    "lead to a hangup step",
                    edge.way.place,
                )


@error("missing-way-out")
def missing_way_out(graph: Graph) -> Iterator[Problem]:
    """A step can end in a way for which nothing is written.

    Every outcome of a step needs exactly one way out: in the step, under `on`, or inherited from `defaults`. Which
    outcomes a step has depends on its kind; those of a handler are declared in Python, those of a `run` step by
    the flow it runs.
    """
    misspelt_defaults = graph.once(_misspelt_defaults)
    for written, (outcome, place) in misspelt_defaults.items():
        yield f'steps have no way out for "{outcome}"; did you mean it by "{written}"?', place
    misspelt = {outcome for outcome, _ in misspelt_defaults.values()}
    for step in graph.set.steps():
        missing = [outcome for outcome in graph.missing_outcomes(step) if outcome not in misspelt] if step.ways else ()
        if missing:
            yield f'"{step.name}" has no way out for {quoted(missing)}; {_repair(graph, step)}', step.place


@error("unknown-outcome")
def unknown_outcome(graph: Graph) -> Iterator[Problem]:
    """A way out is written for something that the step never answers."""
    for step in graph.set.steps():
        for outcome in graph.unknown_outcomes(step):
            known = [name for name in graph.outcomes(step) or () if not name.startswith("key_")]
            meant = graph.meant(step, outcome)
            near = f'; did you mean "{meant}"?' if meant else f"; it has {quoted(known)}" if known else ""
            yield f'{_owner(step)} has no outcome "{outcome}"{near}', _written(step, outcome)


@error("unreachable-step")
def unreachable_step(graph: Graph) -> Iterator[Problem]:
    """No way leads to this step, so no caller ever hears it.

    Only the first of several such steps that hang together is reported, and none while the flow has ways that
    lead nowhere: those are probably the ones that are missing here.
    """
    for resolved in graph.resolved.values():
        if resolved.flow.name in graph.once(_broken):
            continue
        cut_off = [name for name in resolved.flow.steps if name not in resolved.reached]
        for name in _heads(resolved, cut_off):
            yield (
                f'no way leads to "{name}"; lead to it from another step or remove it',
                resolved.flow.steps[name].place,
            )


@warning("unreachable-flow")
def unreachable_flow(graph: Graph) -> Iterator[Problem]:
    """No call ever comes to this flow: no step that can be reached runs it."""
    if graph.once(_broken) & set(graph.live):
        return
    for name, flow in graph.set.flows.items():
        if name not in graph.live and not _guessed(graph, name):
            yield f'nothing runs flow "{name}"; add a step with "run: {name}" or remove the flow', flow.place


@warning("unused-outcome")
def unused_outcome(graph: Graph) -> Iterator[Problem]:
    """A flow declares an outcome to which none of its ways leads."""
    for resolved in graph.resolved.values():
        used = {edge.leaves for edges in resolved.edges.values() for edge in edges} | set(resolved.flow.steps)
        for index, outcome in enumerate(resolved.flow.outcomes):
            if outcome not in used and resolved.flow.name not in graph.once(_broken):
                yield (
                    f'flow "{resolved.flow.name}" never ends with "{outcome}"; lead to it from a step, or remove it',
                    place_of(resolved.flow, f"outcomes.{index}"),
                )


@warning("unused-default")
def unused_default(graph: Graph) -> Iterator[Problem]:
    """`defaults` holds a way out for an outcome that no step of any flow has."""
    steps = list(graph.set.steps())
    known = {outcome for step in steps for outcome in graph.outcomes(step) or step.ways}
    unknowable = any(graph.outcomes(step) is None and not isinstance(step, Choose) for step in steps)
    for flow in graph.set.flows.values():
        for outcome in flow.defaults.on:
            if outcome not in known and not unknowable and outcome not in graph.once(_misspelt_defaults):
                yield (
                    f'no step has the outcome "{outcome}"{did_you_mean(outcome, known)}',
                    flow.defaults.places[f"on.{outcome}:"],
                )


@error("loop")
def loop(graph: Graph) -> Iterator[Problem]:
    """Steps lead round in a circle without ever waiting for the caller.

    The caller would hear the same again and again, or nothing at all, until the limit of steps ends it. Put a menu
    or a question into the circle, or lead one of its ways to a person. A question of identity is no wait: a caller
    who is known passes it without being asked.

    `ivr explore` also follows circles over several flows and queues: `no-loop`.
    """
    for resolved in graph.resolved.values():
        for cycle in _cycles(resolved, Pace.AT_ONCE):
            yield (
                f"{_route(cycle)} goes round without waiting for the caller; "
                "lead one of these steps to a menu, a person or an end",
                cycle[-1][1].way.place,
            )


@error("exhausted-loop")
def exhausted_loop(graph: Graph) -> Iterator[Problem]:
    """A caller who does nothing goes round for ever.

    `exhausted` of a menu or question (likewise `unverified`, and `empty` of a voicemail) is for callers who cannot
    or do not answer. Leading them back to where they were starts the tries anew. Lead to a person or to an end.

    `ivr explore` also waits in queues and at calendars: `silence-ends`.
    """
    for resolved in graph.resolved.values():
        for cycle in _cycles(resolved, Pace.UNASKED):
            spent = next((edge for _, edge in cycle if edge.pace is Pace.UNASKED), None)
            if spent:
                yield (
                    f'a silent caller goes round for ever: {_route(cycle)}; lead "{spent.outcome}" to a person '
                    "or an end",
                    spent.way.place,
                )


@error("recursion")
def recursion(graph: Graph) -> Iterator[Problem]:
    """A flow runs itself, directly or through the flows it runs.

    Each round would wait for the next one to end. To go back to an earlier menu, end the flow with an outcome and
    let the flow that runs it lead there.
    """
    rank = {name: index for index, name in enumerate(graph.nearest)}
    for (flow, _), step in graph.recursive.items():
        if rank.get(step.run, 0) > rank.get(flow, len(rank)):
            continue  # the way in; another step of the circle is the way back
        through = "itself" if step.run == flow else f'"{step.run}", which comes back to "{flow}"'
        yield (
            f'flow "{flow}" runs {through}; end the inner flow with an outcome and lead back from there',
            place_of(step, "run"),
        )


def _misspelt_defaults(graph: Graph) -> dict[str, tuple[str, Place]]:
    """Misspelt outcomes under `defaults`: which outcome was meant, that steps now lack, and where it is written."""
    steps = list(graph.set.steps())
    known = {outcome for step in steps for outcome in graph.outcomes(step) or step.ways}
    lacking = {outcome for step in steps for outcome in graph.missing_outcomes(step)}
    return {
        outcome: (meant, flow.defaults.places[f"on.{outcome}:"])
        for flow in graph.set.flows.values()
        for outcome in flow.defaults.on
        if outcome not in known and (meant := nearest(outcome, lacking))
    }


# --- messages --------------------------------------------------------------------------------------------------


def _repair(graph: Graph, step: Step) -> str:
    missing = graph.missing_outcomes(step)
    if missing == ("next",):
        return 'write "next"'
    if missing == ("exhausted",):
        return 'write "exhausted": where callers go who do not answer'
    if isinstance(step, Handle):
        return f'the handler "{step.handle}" can answer so: write it under "on"'
    if isinstance(step, Run):
        return f'flow "{step.run}" can end so: write it under "on"'
    return f'write {quoted(missing)} under "on"'


def _owner(step: Step) -> str:
    match step:
        case Handle():
            return f'the handler "{step.handle}"'
        case Run():
            return f'flow "{step.run}"'
        case Hangup():
            return f'"{step.name}" ends the call and'
        case Identify():
            return f'"{step.name}", which identifies the caller,'
        case _:
            return f'"{step.name}", a step of kind {step.kind},'


def _written(step: Step, outcome: str) -> Place:
    return step.places.get(f"on.{outcome}:") or step.places.get(f"{outcome}:") or step.ways[outcome].place


def _route(cycle: list[tuple[str, Edge]]) -> str:
    names = [f'"{name}"' for name, _ in cycle]
    if len(names) > 6:
        names = [*names[:3], "…", *names[-2:]]
    return " → ".join((*names, f'"{cycle[0][0]}"'))


# --- searching -------------------------------------------------------------------------------------------------


def _broken(graph: Graph) -> frozenset[str]:
    """Flows where ways are missing or misspelt, so that nobody can say what is not reached."""
    return frozenset(
        name
        for name, resolved in graph.resolved.items()
        if resolved.unknown
        or any(graph.missing_outcomes(step) or graph.unknown_outcomes(step) for step in resolved.flow.steps.values())
    )


def _guessed(graph: Graph, name: str) -> bool:
    """Whether a `run` step with a misspelt name probably means this flow."""
    return any(
        isinstance(step, Run) and step.run not in graph.set.flows and f'"{name}"' in did_you_mean(step.run, [name])
        for resolved in graph.resolved.values()
        for step in resolved.flow.steps.values()
    )


def _heads(resolved: ResolvedFlow, cut_off: list[str]) -> Iterator[str]:
    """Of steps nobody reaches, those that the others hang on: no other of them leads there, or only in a circle."""
    alone = set(cut_off)
    led_to = {edge.to for name in cut_off for edge in resolved.edges[name] if edge.to != name}
    seen: set[str] = set()
    for name in (*(name for name in cut_off if name not in led_to), *cut_off):
        if name in seen:
            continue
        yield name
        waiting = [name]
        while waiting:
            here = waiting.pop()
            if here not in seen:
                seen.add(here)
                waiting += [edge.to for edge in resolved.edges[here] if edge.to in alone]


def _cycles(resolved: ResolvedFlow, slowest: Pace) -> Iterator[list[tuple[str, Edge]]]:
    """One shortest circle for every component of steps tied by ways no slower than `slowest`, first step on top.

    A circle is a list of steps, each with the way to the next; the last leads back to the first. Where only slower
    ways are asked for, the circle goes through one of them.
    """
    edges = {
        name: [edge for edge in resolved.edges[name] if edge.to and edge.pace <= slowest and not edge.guessed]
        for name in resolved.edges
    }
    position = {name: index for index, name in enumerate(resolved.flow.steps)}
    for component in strongly_connected_components(edges, lambda name: (edge.to for edge in edges[name])):
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
