"""A step in words: what it says in every language, side by side, and where each way out leads. As HTML.

Made from the model: every field of a step that holds words is a row, every other one that is set is a fact.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

from ivr.flow.model import Choice, Defaults, Flow, FlowSet, Sentence, Slot, Step, Text
from ivr.flow.picture.drawing import Card, Way
from ivr.flow.reading.fields import FieldShape, fields_of

Spoken = Callable[[Choice, str], str]
"""What is said for a choice in a language, key included and values still in braces; "" for a silent one."""


@dataclass(frozen=True, slots=True)
class TextRow:
    """One line of the table: what it is, what is said per language, and where it leads. All but `label` are HTML."""

    label: str
    said: Mapping[str, str] = field(default_factory=dict)
    to: str = ""
    doc: str = ""
    is_key: bool = False


def article(flow_set: FlowSet, flow: Flow, card: Card, spoken: Spoken) -> Iterator[str]:
    """One step: its name, its facts, its words and its ways out."""
    step = card.step
    state = f"{flow.name}.{step.name}"
    yield f'<article id="{escape(state)}"><h3>{escape(step.name)} <span class="kind">{escape(step.kind)}</span> '
    yield f'<span class="where">{escape(step.place.file)}:{step.place.line}</span></h3>\n'
    facts = [f"{name} <b>{value}</b>" for name, value in _facts(step, flow_set, flow)]
    yield f'<p class="facts">{" · ".join(facts)}</p>\n' if facts else ""
    yield table([*_words(step, flow_set, flow, spoken), *_ways(flow, card)], flow_set.languages)
    yield "</article>\n"


def defaults(flow: Flow, languages: Sequence[str]) -> str:
    """What the steps of a flow inherit, as a table; "" where there is nothing."""
    rows = [row for shape in fields_of(Defaults).values() for row in _rows(shape, getattr(flow.defaults, shape.name))]
    ways = dict(flow.defaults.on)
    if flow.defaults.exhausted:
        ways["exhausted"] = flow.defaults.exhausted
    rows += [TextRow(name, said(way.say), link(_state(flow, way.next), way.next)) for name, way in ways.items()]
    for key, to in flow.keys.items():
        words = {code: f"<small>{_also(flow.also.get(key, {}), code)}</small>" for code in languages}
        rows.append(TextRow(key, words, link(_state(flow, to), to), is_key=True))
    return table(rows, languages)


def table(rows: Sequence[TextRow], languages: Sequence[str]) -> str:
    """The rows, a column per language."""
    lines = []
    for row in rows:
        title = f' title="{escape(row.doc)}"' if row.doc else ""
        label = f"<kbd>{escape(row.label)}</kbd>" if row.is_key else escape(row.label)
        cells = "".join(f'<td class="l l-{code}" lang="{code}">{row.said.get(code, "")}</td>' for code in languages)
        lines.append(f'<tr><th scope="row"{title}>{label}</th>{cells}<td class="to">{row.to}</td></tr>\n')
    return f"<table>\n{''.join(lines)}</table>\n" if lines else ""


def said(text: Text | None) -> Mapping[str, str]:
    """A text per language, its values marked."""
    return {code: _marked(sentence) for code, sentence in text.sentences.items()} if text else {}


def link(state: str, words: str) -> str:
    """A link to a flow or a `flow.step` of the same page; plain words where `state` is ""."""
    return f'<a href="#{escape(state)}">{escape(words)}</a>' if state else escape(words)


# --- what a step says -----------------------------------------------------------------------------------------------


def _words(step: Step, flow_set: FlowSet, flow: Flow, spoken: Spoken) -> Iterator[TextRow]:
    for shape in fields_of(type(step)).values():
        value = getattr(step, shape.name)
        if shape.name == "choices":
            for choice in value:
                yield _choice(flow, choice, flow_set.languages, spoken)
        elif not _inherited(shape.name, value, flow_set, flow):
            yield from _rows(shape, value)


def _rows(shape: FieldShape, value: Any) -> Iterator[TextRow]:
    match value:
        case Text():
            yield TextRow(shape.spelled, said(value), doc=shape.doc)
        case (Text(), *_) as texts:
            for number, text in enumerate(texts, 1):
                yield TextRow(
                    f"{shape.spelled} {number}" if len(texts) > 1 else shape.spelled, said(text), doc=shape.doc
                )


def _choice(flow: Flow, choice: Choice, languages: Sequence[str], spoken: Spoken) -> TextRow:
    words = {}
    for code in [choice.language] if choice.language else languages:
        also = _also(choice.also, code)
        words[code] = escape(spoken(choice, code)) + (f"<small>{also}</small>" if also else "")
    return TextRow(choice.key, words, link(_state(flow, choice.next), choice.next), is_key=True)


def _also(words: Mapping[str, Sequence[str]], language: str) -> str:
    """The synonyms of a choice, as HTML."""
    return escape(("、" if language == "zh" else ", ").join(words.get(language, ())))


def _ways(flow: Flow, card: Card) -> Iterator[TextRow]:
    """The ways out that are no choices, those that say something on the way with their words."""
    silent: dict[tuple[str, str], list[Way]] = {}
    for way in card.ways:
        if way.choice:
            continue
        if way.exit.say:
            yield TextRow(way.key or way.outcome, said(way.exit.say), _target(flow, way), is_key=bool(way.key))
        else:
            silent.setdefault((way.to, way.leaves), []).append(way)
    for ways in silent.values():
        label = " · ".join(way.key or way.outcome for way in ways)
        yield TextRow(label, to=_target(flow, ways[0]), is_key=len(ways) == 1 and bool(ways[0].key))


def _target(flow: Flow, way: Way) -> str:
    return link(f"{flow.name}.{way.to}", way.to) if way.to else f"{escape(way.leaves)} ⇥"


def _state(flow: Flow, name: str) -> str:
    return f"{flow.name}.{name}" if name in flow.steps else ""


def _facts(step: Step, flow_set: FlowSet, flow: Flow) -> Iterator[tuple[str, str]]:
    """The fields that are set and hold no words, as HTML. Left out are keys, and fields that are as in every step."""
    for shape in fields_of(type(step)).values():
        value = getattr(step, shape.name)
        if shape.each != "key" and value != _left_out(type(step), shape.name):
            fact = link(value, value) if shape.each == "flow" else _fact(value)
            if fact and not _inherited(shape.name, value, flow_set, flow):
                yield escape(shape.spelled), fact


def _fact(value: Any) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case int() | str():
            return escape(str(value))
        case Sentence():
            return _marked(value)
        case (str(), *_):
            return escape(", ".join(value))
        case Mapping():
            return ", ".join(f"{escape(name)}: {_fact(one)}" for name, one in value.items())
        case _:
            return ""


def _left_out(kind: type[Step], name: str) -> Any:
    """The value of a field that nobody wrote."""
    return kind.__dataclass_fields__[name].default


def _inherited(name: str, value: Any, flow_set: FlowSet, flow: Flow) -> bool:
    """Whether the value is the default of this flow or of the hotline."""
    return any(value and value == getattr(one.defaults, name, None) for one in (flow, flow_set.flows[flow_set.start]))


def _marked(sentence: Sentence) -> str:
    pieces = []
    for part in sentence.parts:
        if isinstance(part, Slot):
            kind = f":{part.kind}" if part.kind else ""
            pieces.append(f"<var>{{{escape(part.name)}{escape(kind)}}}</var>")
        else:
            pieces.append(escape(part))
    return "".join(pieces)
