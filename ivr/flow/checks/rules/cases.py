"""Rules about the cases of a `choose`: each can be true of the value it is compared with, and comes to its turn."""

from collections.abc import Iterator
from datetime import date

from ivr.flow import model
from ivr.flow.cases import OTHERWISE, read_case, values_by_case
from ivr.flow.checks.dataflow import dataflow
from ivr.flow.checks.graph import Graph, place_of
from ivr.flow.checks.rule import Problem, error, warning
from ivr.flow.checks.rules.values import kind_phrase

_ANY_DAY = date(2026, 1, 1)
"""What `today` means here: no case is true or false because of the day on which flows are checked."""


@error("impossible-case")
def impossible_case(graph: Graph) -> Iterator[Problem]:
    for step, kinds in _looked_at(graph):
        for written in _cases(step):
            wrong = [why for kind in sorted(kinds) if (why := _refused(graph, step, written, kind))]
            if len(wrong) == len(kinds):
                yield (
                    f'"{written}" can never be true: "{step.choose}" is {kind_phrase(kinds)}, and {wrong[0]}',
                    place_of(step, f"on.{written}:"),
                )


@warning("shadowed-case")
def shadowed_case(graph: Graph) -> Iterator[Problem]:
    for step, kinds in _looked_at(graph):
        cases = _cases(step)
        walked = {case for kind in kinds for case in values_by_case(cases, kind, _ANY_DAY)}
        for written in cases:
            if written not in walked and not all(_refused(graph, step, written, kind) for kind in kinds):
                yield (
                    f'"{written}" is never taken, because cases above it take all its values; write it before them',
                    place_of(step, f"on.{written}:"),
                )


@warning("impossible-hours")
def impossible_hours(graph: Graph) -> Iterator[Problem]:
    for step in graph.steps:
        if isinstance(step, model.Hours):
            for outcome, why in (("open", graph.catalogue.never_open), ("holiday", graph.catalogue.no_holidays)):
                if outcome in step.ways and step.hours in why:
                    lacks = "never opens" if outcome == "open" else "has neither holidays nor single days"
                    message = f'"{outcome}" is never taken, because the calendar "{step.hours}" {lacks}'
                    yield message, place_of(step, f"on.{outcome}:")


def _looked_at(graph: Graph) -> Iterator[tuple[model.Choose, frozenset[model.ValueKind]]]:
    """Every `choose` with the kinds that its value can have; not those whose value nothing sets."""
    flowing = graph.once(dataflow)
    for step in graph.steps:
        if isinstance(step, model.Choose):
            kinds = frozenset(flowing.kinds.get(step.choose, ()))
            if kinds or step.choose == model.NOW:
                yield step, kinds or frozenset[model.ValueKind](("datetime",))


def _cases(step: model.Choose) -> list[str]:
    return [written for written in step.ways if written != OTHERWISE]


def _refused(graph: Graph, step: model.Choose, written: str, kind: model.ValueKind) -> str:
    """Why a case can be true of no value of this kind; "" if it can."""
    try:
        read_case(written, kind, _ANY_DAY)
    except ValueError as why:
        return str(why)
    asked = [ask for ask in graph.steps if isinstance(ask, model.Ask) and (ask.into or ask.name) == step.choose]
    setters = graph.once(dataflow).setters.get(step.choose, {})
    only_asked = bool(setters) and setters.keys() <= {ask.name for ask in asked}
    if kind != "digits" or not written.isdecimal() or not only_asked:
        return ""
    if any(ask.least <= len(written) <= ask.most for ask in asked):
        return ""
    spans = sorted({f"{ask.least} to {ask.most}" if ask.least != ask.most else str(ask.most) for ask in asked})
    return f"the question takes {' or '.join(spans)} digits"
