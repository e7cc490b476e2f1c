"""A flow set as a picture: a Mermaid flowchart that GitHub, GitLab and most editors draw. Knows shapes, not rules.

Shapes tell what a step is about: a rhombus asks or branches, a stadium starts or ends, a subroutine runs another
flow, a rounded box brings a person, a trapezoid leaves something behind (a ticket, a text message).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from ivr.flow.catalogue import Catalogue
from ivr.flow.graph import Edge, Graph, Plan
from ivr.flow.model import FlowSet, Menu, Prompting, Run, Step

SHAPES: Mapping[str, tuple[str, str]] = {
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
"""What stands left and right of a step's name, by kind; a step of another kind is a box."""

_KEY_SIGNS = {"star": "*", "hash": "#"}
_LONGEST = 24


def mermaid(flow_set: FlowSet, flow: str | None = None) -> str:
    """The text of a Mermaid flowchart: of one flow, or of all, each in a frame of its own.

    Outcomes stand on the arrows, a choice with its key and its label in the first language. Keys that work in every
    menu are left out: they would be drawn from everywhere to everywhere. Raises KeyError for an unknown flow.
    """
    graph = Graph(flow_set, Catalogue())
    plans = [graph.plans[flow]] if flow else [graph.plans[name] for name in flow_set.flows]
    lines = ["flowchart TD"]
    for plan in plans:
        lines.append(f'  subgraph {_id(plan.flow.name)}["{_text(plan.flow.name)}"]')
        lines += (f"    {line}" for line in _drawn(plan, flow_set))
        lines.append("  end")
    if flow is None:
        lines += (f"  {line}" for line in _between(graph))
    return "\n".join(lines) + "\n"


def _drawn(plan: Plan, flow_set: FlowSet) -> Iterator[str]:
    name = plan.flow.name
    for step in plan.flow.steps.values():
        left, right = SHAPES.get(step.kind, ("[", "]"))
        yield f'{_id(name, step.name)}{left}"{_text(_title(step))}"{right}'
    for outcome in plan.flow.outcomes:
        yield f'{_id(name, outcome)}(["{_text(outcome)}"])'
    if plan.start in plan.flow.steps:
        yield f"{_id(name, '')}((( ))) --> {_id(name, plan.start)}"
    for step in plan.flow.steps.values():
        for target, labels in _arrows(plan, step, flow_set.languages).items():
            words = " / ".join(label for label in labels if label)
            arrow = f'-- "{_text(words)}" -->' if words else "-->"
            yield f"{_id(name, step.name)} {arrow} {_id(name, target)}"


def _arrows(plan: Plan, step: Step, languages: tuple[str, ...]) -> dict[str, list[str]]:
    """What stands on the arrow from a step to each place it leads to, in the order written."""
    arrows: dict[str, list[str]] = {}
    for edge in plan.edges[step.name]:
        if "." not in edge.leaves and not _is_everywhere(plan, step, edge):
            arrows.setdefault(edge.to or edge.leaves, []).append(_label(step, edge.outcome, languages))
    return arrows


def _between(graph: Graph) -> Iterator[str]:
    for plan in graph.plans.values():
        for step in plan.flow.steps.values():
            if isinstance(step, Run) and step.run in graph.plans:
                yield f"{_id(plan.flow.name, step.name)} -.-> {_id(step.run)}"


def _is_everywhere(plan: Plan, step: Step, edge: Edge) -> bool:
    """Whether a way is only the flow's own key, working here as in any other menu."""
    if not isinstance(step, Prompting) or not edge.outcome.startswith("key_"):
        return False
    key = _key(edge.outcome)
    chosen = isinstance(step, Menu) and any(choice.key == key for choice in step.choices)
    return not chosen and (key not in step.keys or step.keys[key] == plan.flow.keys.get(key))


def _title(step: Step) -> str:
    """The name of a step and what it is about: the queue, the handler, the calendar."""
    about = getattr(step, step.kind, None)
    return f"{step.name}: {about}" if isinstance(about, str) and about != step.name else step.name


def _label(step: Step, outcome: str, languages: tuple[str, ...]) -> str:
    if outcome == "next":
        return ""
    if not outcome.startswith("key_"):
        return outcome
    key = _key(outcome)
    for choice in step.choices if isinstance(step, Menu) else ():
        if choice.key == key and choice.label:
            sentences = choice.label.sentences
            code = next((code for code in languages if code in sentences), "")
            words = sentences[code].source if code else ""
            return f"{key} {words if len(words) <= _LONGEST else words[: _LONGEST - 1] + '…'}"
    return key


def _key(outcome: str) -> str:
    name = outcome.removeprefix("key_")
    return _KEY_SIGNS.get(name, name)


def _id(flow: str, step: str | None = None) -> str:
    """A name that Mermaid takes for one, and that no two steps share: `refund`, `refund__ask`."""
    parts = ("flow", flow) if step is None else (flow, step)
    return "__".join(re.sub(r"[^0-9a-zA-Z]", lambda found: f"_{ord(found[0]):x}_", part) for part in parts)


def _text(words: str) -> str:
    """Words between quotes: Mermaid writes what it would read as code by number."""
    return re.sub(r'["#<>&`;]', lambda found: f"#{ord(found[0])};", words)
