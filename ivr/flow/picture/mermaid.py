"""A flow set as a picture: a Mermaid flowchart that GitHub, GitLab and most editors draw. Knows shapes, no rules.

The shape says what a step does: a rhombus asks or branches, a stadium starts or ends, a subroutine runs another
flow, a rounded box brings a person, a trapezoid leaves something behind (a ticket, a text message).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from ivr.flow.model import FlowSet, Run, StepKind
from ivr.flow.picture.drawing import Card, Drawing, Way, drawings

SHAPES: Mapping[StepKind, tuple[str, str]] = {
    "say": ("[", "]"),
    "play": ("[", "]"),
    "notices": ("[", "]"),
    "menu": ("{{", "}}"),
    "ask": ("[/", "/]"),
    "identify": ("[/", "/]"),
    "survey": ("[/", "/]"),
    "hours": ("{", "}"),
    "choose": ("{", "}"),
    "handle": ("[[", "]]"),
    "run": ("[[", "]]"),
    "queue": ("(", ")"),
    "callback": ("(", ")"),
    "transfer": ("(", ")"),
    "voicemail": ("(", ")"),
    "ticket": ("[\\", "/]"),
    "sms": ("[\\", "/]"),
    "hangup": ("([", "])"),
}
"""What stands left and right of a step's name, by kind."""

_LONGEST = 24


def mermaid(flow_set: FlowSet, flow: str | None = None) -> str:
    """The text of a Mermaid flowchart: of one flow, or of all, each in a frame of its own.

    Outcomes stand on the arrows, a choice with its key and its label in the first language. Raises KeyError for an
    unknown flow.
    """
    drawn = drawings(flow_set)
    chosen = [drawn[flow]] if flow else list(drawn.values())
    lines = ["flowchart TD"]
    for one in chosen:
        lines.append(f'  subgraph {_id(one.flow.name)}["{_text(one.flow.name)}"]')
        lines += (f"    {line}" for line in _frame(one, flow_set.languages[0]))
        lines.append("  end")
    if flow is None:
        lines += (f"  {line}" for line in _between(chosen))
    return "\n".join(lines) + "\n"


def node(flow: str, step: str) -> str:
    """The name of a step in the chart, so that others can add lines about it."""
    return _id(flow, step)


def _frame(drawing: Drawing, language: str) -> Iterator[str]:
    name = drawing.flow.name
    for card in drawing.cards:
        left, right = SHAPES[card.step.kind]
        title = f"{card.step.name}: {card.about}" if card.about else card.step.name
        yield f'{_id(name, card.step.name)}{left}"{_text(title)}"{right}'
    for outcome in drawing.flow.outcomes:
        yield f'{_id(name, outcome)}(["{_text(outcome)}"])'
    if drawing.start:
        yield f"{_id(name, '')}((( ))) --> {_id(name, drawing.start)}"
    for card in drawing.cards:
        for target, labels in _arrows(card, language).items():
            words = "" if labels == ["next"] else " / ".join(labels)
            arrow = f'-- "{_text(words)}" -->' if words else "-->"
            yield f"{_id(name, card.step.name)} {arrow} {_id(name, target)}"


def _arrows(card: Card, language: str) -> dict[str, list[str]]:
    """What stands on the arrow from a step to each place it leads to, in the order written."""
    arrows: dict[str, list[str]] = {}
    for way in card.ways:
        arrows.setdefault(way.to or way.leaves, []).append(_label(way, language))
    return arrows


def _label(way: Way, language: str) -> str:
    words = way.called(language)
    if not words:
        return way.key or way.outcome
    return f"{way.key} {words if len(words) <= _LONGEST else words[: _LONGEST - 1] + '…'}"


def _between(drawn: Sequence[Drawing]) -> Iterator[str]:
    names = {one.flow.name for one in drawn}
    for one in drawn:
        for step in one.flow.steps.values():
            if isinstance(step, Run) and step.run in names:
                yield f"{_id(one.flow.name, step.name)} -.-> {_id(step.run)}"


def _id(flow: str, step: str | None = None) -> str:
    """A name that Mermaid takes for one, and that no two steps share: `refund`, `refund__ask`."""
    parts = ("flow", flow) if step is None else (flow, step)
    return "__".join(re.sub(r"[^0-9a-zA-Z]", lambda found: f"_{ord(found[0]):x}_", part) for part in parts)


def _text(words: str) -> str:
    """Words between quotes: Mermaid writes what it would read as code by number."""
    return re.sub(r'["#<>&`;]', lambda found: f"#{ord(found[0])};", words)
