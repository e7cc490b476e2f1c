"""Rules about outcomes: each has a way out, and no way out is written for what never happens."""

from collections.abc import Iterator

from ivr.flow.checks.graph import Graph, quoted
from ivr.flow.checks.rule import Problem, error, warning
from ivr.flow.checks.step_facts import place_of
from ivr.flow.issues import Place, did_you_mean
from ivr.flow.model import AnyStep, Choose, Handle, Hangup, Identify, Run, Step


@error("dead-end")
def dead_end(graph: Graph) -> Iterator[Problem]:
    for step in graph.steps:
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
    for step in graph.steps:
        missing = graph.missing_outcomes(step)
        if missing and step.ways:
            yield f'"{step.name}" has no way out for {quoted(missing)}; {_repair(graph, step)}', step.place


@error("unknown-outcome")
def unknown_outcome(graph: Graph) -> Iterator[Problem]:
    for step in graph.steps:
        for outcome in graph.unknown_outcomes(step):
            known = [name for name in graph.outcomes(step) or () if not name.startswith("key_")]
            meant = graph.meant(step, outcome)
            near = f'; did you mean "{meant}"?' if meant else f"; it has {quoted(known)}" if known else ""
            yield f'{_owner(step)} has no outcome "{outcome}"{near}', _written(step, outcome)


@warning("unused-default")
def unused_default(graph: Graph) -> Iterator[Problem]:
    steps = list(graph.steps)
    known = {outcome for step in steps for outcome in graph.outcomes(step) or step.ways}
    unknowable = any(graph.outcomes(step) is None and not isinstance(step, Choose) for step in steps)
    for flow in graph.set.flows.values():
        for outcome in flow.defaults.on:
            if outcome not in known and not unknowable:
                yield (
                    f'no step has the outcome "{outcome}"{did_you_mean(outcome, known)}',
                    flow.defaults.places[f"on.{outcome}:"],
                )


@error("recursion")
def recursion(graph: Graph) -> Iterator[Problem]:
    rank = {name: index for index, name in enumerate(graph.nearest)}
    for flow in dict.fromkeys(graph.circle):
        for step in graph.set.flows[flow].steps.values():
            if not isinstance(step, Run) or step.run not in graph.circle or rank.get(step.run, 0) > rank.get(flow, 0):
                continue  # the way in; another step of the circle is the way back
            through = "itself" if step.run == flow else f'"{step.run}", which comes back to "{flow}"'
            yield (
                f'flow "{flow}" runs {through}; end the inner flow with an outcome and lead back from there',
                place_of(step, "run"),
            )


def _repair(graph: Graph, step: AnyStep) -> str:
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
