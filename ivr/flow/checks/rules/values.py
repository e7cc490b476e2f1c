"""Rules about values: set before they are used, of a kind that can be spoken so, and what the handler takes.

And about the cases of a `choose`: each can be true of the value it is compared with, and comes to its turn.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from ivr.flow import model
from ivr.flow.cases import OTHERWISE, read_case, values_by_case
from ivr.flow.checks.dataflow import Dataflow, Known, dataflow
from ivr.flow.checks.graph import Graph, quoted, texts
from ivr.flow.checks.rule import Problem, error, warning
from ivr.flow.checks.rules.secrets import is_secret
from ivr.flow.checks.spoken import deadline_in, hours_in
from ivr.flow.checks.step_facts import VERIFIED, given_to, place_of
from ivr.flow.issues import Place, did_you_mean
from ivr.flow.model import HandlerSpec

_CHARACTERS: frozenset[model.ValueKind] = frozenset(("digits", "phone", "account", "reference", "tail"))
SPOKEN_AS: Mapping[model.ValueKind, frozenset[model.ValueKind]] = {
    **{kind: _CHARACTERS | {"number"} for kind in _CHARACTERS},
    "number": _CHARACTERS | {"number"},
    "date": frozenset(("date", "datetime")),
    "time": frozenset(("time", "datetime")),
    "name": frozenset(("name", "words")),
    "words": frozenset(model.VALUE_KINDS),
}
"""By kind, the kinds of values that can be spoken or passed on so; a kind not listed takes only itself."""


@error("unknown-value")
def unknown_value(graph: Graph) -> Iterator[Problem]:
    flowing = graph.once(dataflow)
    for use in graph.once(_uses):
        if use.name not in flowing.kinds and not flowing.is_sometimes(use.known, use.name):
            near = did_you_mean(use.name, (name for name in flowing.kinds if name != VERIFIED))
            yield f'nothing sets a value "{use.name}"{near}', use.place
    for step in (step for flow in graph.live for step in graph.resolved[flow].steps()):
        if isinstance(step, model.Sms) and step.to not in ("caller", "registered") and not step.to.startswith("{"):
            known = step.to in flowing.kinds
            near = f'; a value is written "{{{step.to}}}"' if known else did_you_mean(step.to, ("caller", "registered"))
            yield (
                f'"{step.to}" is nobody to send to{near or "; expected caller, registered or a {value}"}',
                place_of(step, "to"),
            )


@error("unset-value")
def unset_value(graph: Graph) -> Iterator[Problem]:
    flowing = graph.once(dataflow)
    for use in _first_uses(graph):
        if use.name not in flowing.kinds or flowing.is_sometimes(use.known, use.name):
            continue
        if use.outcome and use.step.name in flowing.setters.get(use.name, ()):
            message = f'"{use.name}" is not set when "{use.step.name}" ends with "{use.outcome}"'
        else:
            message = (
                f'"{use.name}" is not set yet: no way to "{use.step.name}" leads past {_setters(flowing, use.name)}'
            )
        yield message, use.place


@warning("maybe-unset-value")
def maybe_unset_value(graph: Graph) -> Iterator[Problem]:
    flowing = graph.once(dataflow)
    for use in _first_uses(graph):
        known = use.known
        if use.needed and flowing.is_sometimes(known, use.name) and not flowing.is_always(known, use.name):
            yield (
                f'"{use.name}" is not set on every way to "{use.step.name}": some lead past '
                f"{_setters(flowing, use.name)}, others do not",
                use.place,
            )


@warning("typed-hours")
def typed_hours(graph: Graph) -> Iterator[Problem]:
    used = (step.hours for step in graph.steps_of(model.Hours))
    calendar = next(used, min(graph.catalogue.calendars, default=""))
    for _, text in graph.said if calendar else ():
        for code, sentence in text.sentences.items():
            if found := hours_in(sentence.words, code):
                yield f'"{found}" is typed here; let it be spoken from a calendar, {{hours:{calendar}}}', sentence.place


@warning("typed-deadline")
def typed_deadline(graph: Graph) -> Iterator[Problem]:
    for _, text in graph.said:
        for code, sentence in text.sentences.items():
            if found := deadline_in(sentence.words, code):
                message = f'"{found}" is promised here on every day; let the day be that of the ticket, {{answer_by}}'
                yield message, sentence.place


@error("value-kind")
def value_kind(graph: Graph) -> Iterator[Problem]:
    flowing = graph.once(dataflow)
    for use in graph.once(_uses):
        for wanted in (use.slot_kind, use.wanted):
            kinds = flowing.kinds.get(use.name, set())
            if wanted and kinds and not kinds & SPOKEN_AS.get(wanted, frozenset((wanted,))):
                yield f'"{use.name}" is {kind_phrase(kinds)}, and cannot be {kind_phrase({wanted})}', use.place


@error("handler-value")
def handler_value(graph: Graph) -> Iterator[Problem]:
    flowing = graph.once(dataflow)
    for step, spec in _handled(graph):
        for name, given in step.with_.items():
            if given.source in flowing.kinds and spec.takes.get(name, "words") != "words":
                yield (
                    f'"{given.source}" is handed over as this very word; the value of this name is written '
                    f'"{{{given.source}}}"',
                    given.place,
                )
            if name not in spec.takes and not is_secret(name):
                takes = did_you_mean(name, spec.takes) or (f"; it takes {quoted(spec.takes)}" if spec.takes else "")
                yield f'the handler "{step.handle}" does not take "{name}"{takes}', place_of(step, f"with.{name}")


@error("handler-needs")
def handler_needs(graph: Graph) -> Iterator[Problem]:
    for step, spec in _handled(graph):
        surplus = [name for name in step.with_ if name not in spec.takes]
        missing = [name for name in spec.takes if name not in spec.optional and name not in step.with_]
        missing = [name for name in missing if not any(did_you_mean(other, [name]) for other in surplus)]
        if missing:
            yield (
                f'the handler "{step.handle}" needs {quoted(missing)}; write it under "with"',
                place_of(step, "with" if step.with_ else "handle"),
            )


@error("not-identified")
def not_identified(graph: Graph) -> Iterator[Problem]:
    flowing = graph.once(dataflow)
    for flow in graph.live:
        for step in graph.resolved[flow].steps():
            spec = graph.catalogue.handlers.get(step.handle) if isinstance(step, model.Handle) else None
            if spec and spec.identified and not flowing.is_always(flowing.before(flow, step.name), VERIFIED):
                yield (
                    f'the handler "{spec.name}" is only for identified callers, but "{step.name}" can be reached '
                    'without; put an identify step before it and lead its "verified" here',
                    place_of(step, "handle"),
                )


# --- where values are used ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Use:
    """One use of a value. `wanted` is the kind the place asks for, `slot_kind` the one written in the sentence."""

    name: str
    place: Place
    step: model.Step
    known: Known
    slot_kind: model.ValueKind | Literal[""] = ""
    wanted: model.ValueKind | Literal[""] = ""
    needed: bool = True
    outcome: str = ""


def _first_uses(graph: Graph) -> Iterator[_Use]:
    """The first use of each value in each step: the sentence in other languages is right or wrong in the same way."""
    seen: set[tuple[int, str, str]] = set()
    for use in graph.once(_uses):
        key = (id(use.step), use.outcome, use.name)
        if key not in seen:
            seen.add(key)
            yield use


def _uses(graph: Graph) -> list[_Use]:
    """Every use of a value in steps that are reached, except uses of secrets, which other rules are about."""
    flowing = graph.once(dataflow)
    found: list[_Use] = []
    for flow in graph.live:
        resolved = graph.resolved[flow]
        for step in resolved.steps():
            known = flowing.before(flow, step.name)
            found += _in_texts(step, known)
            found += (
                _Use(use.name, use.place, step, known, use.slot_kind, use.wanted, use.needed)
                for use in graph.facts(step).uses
            )
            for index, edge in enumerate(resolved.edges[step.name]):
                if edge.way.say:
                    found += _in_text(step, edge.way.say, flowing.after(flow, step.name, index), edge.outcome)
    return [use for use in found if not is_secret(use.name)]


def _in_texts(step: model.Step, known: Known) -> Iterator[_Use]:
    for text in texts(step):
        own = given_to(step, text)
        yield from (use for use in _in_text(step, text, known) if use.name not in own)


def _in_text(step: model.Step, text: model.Text, known: Known, outcome: str = "") -> Iterator[_Use]:
    for slot in text.slots:
        yield _Use(slot.name, slot.place, step, known, slot.kind, outcome=outcome)


def _handled(graph: Graph) -> Iterator[tuple[model.Handle, HandlerSpec]]:
    for step in graph.steps_of(model.Handle):
        if step.handle in graph.catalogue.handlers:
            yield step, graph.catalogue.handlers[step.handle]


def _setters(flowing: Dataflow, name: str) -> str:
    """The steps that set a value, for a message: `"ask_number" or "look_up"`; at most three."""
    found = [f'"{step}"' for step in flowing.setters.get(name, {})]
    return " or ".join(found[:3]) + (" or others" if len(found) > 3 else "")


KIND_PHRASES: Mapping[model.ValueKind, str] = {
    "words": "words", "digits": "digits", "name": "a name", "number": "a number", "phone": "a phone number",
    "account": "an account number", "reference": "a reference", "tail": "the last digits of something",
    "money": "an amount of money", "date": "a date", "time": "a time", "datetime": "a date with a time",
    "duration": "a duration",
}  # fmt: skip


def kind_phrase(kinds: Iterable[model.ValueKind]) -> str:
    """`a date or a time`, as part of a sentence."""
    return " or ".join(KIND_PHRASES[kind] for kind in sorted(kinds))


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
                alone = any(written in values_by_case((written,), kind, _ANY_DAY) for kind in kinds)
                why = "cases above it take all its values; write it before them" if alone else "no value is so"
                yield f'"{written}" is never taken, because {why}', place_of(step, f"on.{written}:")


@warning("impossible-hours")
def impossible_hours(graph: Graph) -> Iterator[Problem]:
    for step in graph.steps_of(model.Hours):
        for outcome, why in (("open", graph.catalogue.never_open), ("holiday", graph.catalogue.no_holidays)):
            if outcome in step.ways and step.hours in why:
                lacks = "never opens" if outcome == "open" else "has neither holidays nor single days"
                message = f'"{outcome}" is never taken, because the calendar "{step.hours}" {lacks}'
                yield message, place_of(step, f"on.{outcome}:")


def _looked_at(graph: Graph) -> Iterator[tuple[model.Choose, frozenset[model.ValueKind]]]:
    """Every `choose` with the kinds that its value can have; not those whose value nothing sets."""
    flowing = graph.once(dataflow)
    for step in graph.steps_of(model.Choose):
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
