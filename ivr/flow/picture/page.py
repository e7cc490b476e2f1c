"""All flows on one page: the map of each, and below it every word a caller can hear, in every language side by side.

The page is one file. It needs no server and loads nothing. A support lead looks at it before and after a change, hands
it to whoever approves the wording, and prints it. What a step says is made from the model: every field that holds words
is a row, every other one that is set is a fact.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader

from ivr.flow.model import Choice, Defaults, Flow, FlowSet, Run, Sentence, Slot, Step, Text
from ivr.flow.picture.cards import NOTHING, Card, Drawing, Notes, drawings
from ivr.flow.picture.svg import STYLE, svg
from ivr.flow.reading.fields import FieldShape, fields_of

Spoken = Callable[[Choice, str], str]
"""What is said for a choice in a language, key included and values still in braces; "" for a silent one."""

_LANGUAGE_NAMES = {"zh": "中文", "en": "English", "es": "Español", "ja": "日本語", "ar": "العربية"}
"""The name of a language in that language; one that is not here is shown by its code."""
_STATIC = files(__package__) / "static"


@dataclass(frozen=True, slots=True)
class TextRow:
    """One line of a table: what is said and what callers may say instead, by language, and the `state` it leads to.

    `to` is what that is called; a row that leads out of the flow has no `state`.
    """

    label: str
    said: Mapping[str, Sequence[str | Slot]] = field(default_factory=dict)
    to: str = ""
    state: str = ""
    also: Mapping[str, Sequence[str]] = field(default_factory=dict)
    doc: str = ""
    is_key: bool = False


def page(flow_set: FlowSet, spoken: Spoken, notes: Notes = NOTHING, legend: str = "") -> str:
    """The text of an HTML page. `notes` colour and count as in `svg`; `legend` says in a line what that means."""
    drawn = drawings(flow_set)
    names = [flow_set.start, *(name for name in drawn if name != flow_set.start)]
    return Environment(loader=PackageLoader(__package__ or ""), autoescape=True).get_template("page.html").render(
        start=flow_set.start, languages=flow_set.languages, digest=flow_set.digest[:12], legend=legend,
        language_names=_LANGUAGE_NAMES, style=STYLE + (_STATIC / "page.css").read_text("utf-8"),
        script=(_STATIC / "page.js").read_text("utf-8"),
        sections=[_section(flow_set, drawn[name], spoken, notes) for name in names],
    )  # fmt: skip


def _section(flow_set: FlowSet, drawing: Drawing, spoken: Spoken, notes: Notes) -> Mapping[str, Any]:
    flow = drawing.flow
    runs = [
        f"{other.name}.{step.name}"
        for other in flow_set.flows.values()
        for step in other.steps.values()
        if isinstance(step, Run) and step.run == flow.name
    ]
    return {
        "flow": flow,
        "runs": runs,
        "map": svg(drawing, flow_set.languages, link=lambda state: f"#{state}", notes=notes),
        "inherited": list(_inherited_rows(flow)),
        "steps": [
            {
                "step": card.step,
                "state": f"{flow.name}.{card.step.name}",
                "facts": list(_facts(card.step, flow_set, flow)),
                "rows": [*_words(card.step, flow_set, flow, spoken), *_ways(flow, card)],
            }
            for card in drawing.cards
        ],
    }


def _inherited_rows(flow: Flow) -> Iterator[TextRow]:
    for shape in fields_of(Defaults).values():
        yield from _rows(shape, getattr(flow.defaults, shape.name))
    exhausted = {"exhausted": flow.defaults.exhausted} if flow.defaults.exhausted else {}
    for name, way in {**flow.defaults.on, **exhausted}.items():
        yield TextRow(name, _said(way.say), way.next, _state(flow, way.next))
    for key, to in flow.keys.items():
        yield TextRow(key, {}, to, _state(flow, to), flow.also.get(key, {}), is_key=True)


def _words(step: Step, flow_set: FlowSet, flow: Flow, spoken: Spoken) -> Iterator[TextRow]:
    for shape in fields_of(type(step)).values():
        value = getattr(step, shape.name)
        if shape.name == "choices":
            for choice in value:
                codes = [choice.language] if choice.language else flow_set.languages
                said = {code: (spoken(choice, code),) for code in codes}
                yield TextRow(choice.key, said, choice.next, _state(flow, choice.next), choice.also, is_key=True)
        elif not _is_inherited(shape.name, value, flow_set, flow):
            yield from _rows(shape, value)


def _rows(shape: FieldShape, value: Any) -> Iterator[TextRow]:
    match value:
        case Text():
            yield TextRow(shape.spelled, _said(value), doc=shape.doc)
        case (Text(), *_) as texts:
            for number, text in enumerate(texts, 1):
                label = f"{shape.spelled} {number}" if len(texts) > 1 else shape.spelled
                yield TextRow(label, _said(text), doc=shape.doc)


def _ways(flow: Flow, card: Card) -> Iterator[TextRow]:
    """The ways out that are no choices, those that say something on the way with their words."""
    silent: dict[tuple[str, str], list[str]] = {}
    for way in card.ways:
        if way.exit.say and not way.choice:
            to, state = _target(flow, way.to, way.leaves)
            yield TextRow(way.key or way.outcome, _said(way.exit.say), to, state, is_key=bool(way.key))
        elif not way.choice:
            silent.setdefault((way.to, way.leaves), []).append(way.key or way.outcome)
    for target, labels in silent.items():
        to, state = _target(flow, *target)
        yield TextRow(" · ".join(labels), {}, to, state, is_key=len(labels) == 1 and len(labels[0]) == 1)


def _target(flow: Flow, to: str, leaves: str) -> tuple[str, str]:
    return (to, f"{flow.name}.{to}") if to else (f"{leaves} ⇥", "")


def _state(flow: Flow, name: str) -> str:
    return f"{flow.name}.{name}" if name in flow.steps else ""


def _said(text: Text | None) -> Mapping[str, Sequence[str | Slot]]:
    return {code: sentence.parts for code, sentence in text.sentences.items()} if text else {}


def _facts(step: Step, flow_set: FlowSet, flow: Flow) -> Iterator[tuple[str, str, str]]:
    """The fields that are set and hold no words, each with the flow that it links to, or "".

    Left out are keys, and fields that are as in every step.
    """
    for shape in fields_of(type(step)).values():
        value = getattr(step, shape.name)
        left_out = type(step).__dataclass_fields__[shape.name].default
        if shape.each == "key" or value == left_out or _is_inherited(shape.name, value, flow_set, flow):
            continue
        if fact := _fact(value):
            yield shape.spelled, fact, value if shape.each == "flow" else ""


def _fact(value: Any) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case int() | str():
            return str(value)
        case Sentence():
            return value.source
        case (str(), *_):
            return ", ".join(value)
        case Mapping():
            return ", ".join(f"{name}: {_fact(one)}" for name, one in value.items())
        case _:
            return ""


def _is_inherited(name: str, value: Any, flow_set: FlowSet, flow: Flow) -> bool:
    """Whether the value is the default of this flow or of the hotline."""
    return any(value and value == getattr(one.defaults, name, None) for one in (flow, flow_set.flows[flow_set.start]))
