"""Rules about names: everything a flow refers to must exist, under one meaning."""

from collections.abc import Collection, Iterator
from typing import Any, cast

from ivr.flow.checks.graph import RESERVED, Graph, naming_fields
from ivr.flow.checks.rule import Problem, error, warning
from ivr.flow.checks.step_facts import place_of
from ivr.flow.issues import Place, did_you_mean
from ivr.flow.media import unplayable
from ivr.flow.model import Flow, Identify, Keyed, Play, Run, Transfer


@error("unknown-step")
def unknown_step(graph: Graph) -> Iterator[Problem]:
    found = [(unknown, resolved.flow) for resolved in graph.resolved.values() for unknown in resolved.unknown]
    reported = {unknown.place for unknown, _ in found if "." not in unknown.name}
    uses: dict[tuple[str, str, str], list[Place]] = {}
    for unknown, flow in found:
        if "." in unknown.name and unknown.place in reported:
            continue  # a key of the flow that answers, as other flows see it
        uses.setdefault((flow.name, unknown.name, unknown.place.file), []).append(unknown.place)
    for (name, missing, _), places in uses.items():
        flow = graph.set.flows[name]
        first, *others = sorted(places)
        yield f'"{missing}" is not a step of flow "{name}"{_hint(graph, flow, missing)}{_again(others)}', first


@error("unknown-flow")
def unknown_flow(graph: Graph) -> Iterator[Problem]:
    for flow in graph.set.flows.values():
        for step in flow.steps.values():
            if isinstance(step, Run) and step.run not in graph.set.flows:
                repair = did_you_mean(step.run, graph.set.flows)
                if not repair and step.run in flow.steps and step.run != step.name:
                    repair = f'; it is a step of this flow: write "next: {step.run}" on the way there'
                yield f'there is no flow "{step.run}"{repair}', place_of(step, "run")


@error("bad-recording")
def bad_recording(graph: Graph) -> Iterator[Problem]:  # docs/trust.md#goal-13
    for step in graph.steps_of(Play):
        for language, address in step.play.items():
            if why := unplayable(address, graph.catalogue.folder):
                yield why, place_of(step, f"play.{language}")


@error("unknown-handler")
def unknown_handler(graph: Graph) -> Iterator[Problem]:
    yield from _unknown(graph, "handler", graph.catalogue.handlers)


@error("unknown-calendar")
def unknown_calendar(graph: Graph) -> Iterator[Problem]:
    yield from _unknown(graph, "calendar", graph.catalogue.calendars)


@error("unknown-policy")
def unknown_policy(graph: Graph) -> Iterator[Problem]:
    yield from _unknown(graph, "policy", graph.catalogue.policies)


@warning("no-back-office")
def no_back_office(graph: Graph) -> Iterator[Problem]:
    for step in graph.steps_of(Identify) if not graph.catalogue.back_office else ():
        message = f'"{step.name}" can identify nobody; name a module under back_office in config.yaml'
        yield message, place_of(step, "identify")


@error("unknown-queue")
def unknown_queue(graph: Graph) -> Iterator[Problem]:
    yield from _unknown(graph, "queue", graph.catalogue.queues)


@error("unknown-destination")
def unknown_destination(graph: Graph) -> Iterator[Problem]:
    yield from _unknown(graph, "destination", graph.catalogue.destinations)


@error("number-as-destination")
def number_as_destination(graph: Graph) -> Iterator[Problem]:
    for step in graph.steps_of(Transfer):
        if _is_number(step.transfer):
            yield (
                f'"{step.transfer}" is not the name of a destination, and nothing else is dialled; write the number '
                'under "destinations" in config.yaml and its name here',
                place_of(step, "transfer"),
            )


@error("reserved-name")
def reserved_name(graph: Graph) -> Iterator[Problem]:
    for resolved in graph.resolved.values():
        flow = resolved.flow
        used = set(flow.keys.values())
        for step in flow.steps.values():
            used |= set(step.keys.values()) if isinstance(step, Keyed) else set()
        for name in RESERVED:
            if name in flow.steps and name in used:
                yield (
                    f'a key does "{name}" here, and a step is called "{name}" too; call the step something else',
                    flow.steps[name].place,
                )


@error("ambiguous-name")
def ambiguous_name(graph: Graph) -> Iterator[Problem]:
    for resolved in graph.resolved.values():
        for name in resolved.flow.outcomes:
            if name in resolved.flow.steps:
                yield (
                    f'"{name}" is both a step and an outcome of flow "{resolved.flow.name}"; rename the step',
                    resolved.flow.steps[name].place,
                )


def _hint(graph: Graph, flow: Flow, name: str) -> str:
    if name in RESERVED:
        return f'; "{name}" is something only a key can do, under "keys"'
    if name in graph.set.flows:
        return f'; it is a flow: add a step with "run: {name}" and lead there'
    others = graph.set.flows.values()
    if flow.name != graph.set.start and any(name in other.outcomes for other in others):
        return '; if this flow can end so, add it to "outcomes"'
    near = did_you_mean(name, (*flow.steps, *flow.outcomes))
    elsewhere = next((other for other in others if name in other.steps), None)
    if elsewhere and near.casefold() != f'; did you mean "{name}"?'.casefold():
        return f' but of flow "{elsewhere.name}"; declare an outcome and let the flow that runs this one lead there'
    return near


def _again(places: list[Place]) -> str:
    lines = [str(line) for line in dict.fromkeys(place.line for place in places)]
    if not lines:
        return ""
    return f" (also on line {lines[0]})" if len(lines) == 1 else f" (also on lines {', '.join(lines)})"


def _unknown(graph: Graph, kind: str, known: Collection[str]) -> Iterator[Problem]:
    """The names that fields of this kind hold and nobody knows. A number is no name: that is told otherwise."""
    for step in graph.steps:
        for field in naming_fields(cast(Any, type(step)), kind):
            name = getattr(step, field)
            if name and name not in known and not (kind == "destination" and _is_number(name)):
                yield _nothing(kind, name, known), place_of(step, field)


def _nothing(what: str, name: str, known: Collection[str]) -> str:
    near = did_you_mean(name, known)
    if not near and known:
        near = f"; there is {', '.join(sorted(known)[:6])}"
    where = "no Python module registers it" if what == "handler" else "config.yaml has none of this name"
    return f'there is no {what} "{name}": {where}{near}'


def _is_number(name: str) -> bool:
    return "{" in name or name.strip("+-() 0123456789") == ""
