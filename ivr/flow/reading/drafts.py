"""One flow file as it is written: the kind of each step, its fields and its own ways out.

How a field is read is in `fields`; what steps inherit is in `reader`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ivr.flow.issues import Place, nearest
from ivr.flow.model import ACTIONS, STEP_KINDS, Defaults, Exit, Flow, Step
from ivr.flow.reading.fields import Reading, WrittenFields, fields_of, not_a_mapping, placed, read_fields, reader_of
from ivr.flow.reading.scalars import NAME, WRONG, described, read_name, wrong_type
from ivr.flow.reading.source import Entry, MapNode, Node, parse

WAYS = ("next", "exhausted", "else")
"""Outcomes whose way out is written as a field of the step; all others stand under `on`."""


_KINDS = {kind.kind: kind for kind in STEP_KINDS}


@dataclass(frozen=True, slots=True)
class StepDraft:
    kind: type[Step]
    name: str
    place: Place
    written: WrittenFields
    ways: dict[str, Exit]


@dataclass(frozen=True, slots=True)
class FlowDraft:
    name: str
    place: Place
    written: WrittenFields
    steps: tuple[StepDraft, ...]

    @property
    def keys(self) -> Mapping[str, str]:
        keys: Mapping[str, str] = self.written.values.get("keys", {})
        return keys

    @property
    def defaults(self) -> Defaults:
        found = self.written.values.get("defaults")
        return found if isinstance(found, Defaults) else Defaults()

    def knows(self, name: str) -> bool:
        return name in self.written.values.get("outcomes", ()) or any(step.name == name for step in self.steps)


def read_flow_draft(file: str, text: str | bytes, reading: Reading) -> FlowDraft | None:
    """The flow of one file; None when not even its name can be read. What is wrong goes into `reading`."""
    node, issues = parse(text, file)
    reading.issues.extend(issues)
    if node is None:
        return None
    if not isinstance(node, MapNode):
        not_a_mapping(node, Flow, reading, "a flow", ("flow", "start", "steps"))
        return None
    if (deep := _steps_too_deep(node)) is not None:
        reading.error("unknown-field", '"steps" is indented too deep; it begins at the left', deep.key.place)
        return None
    written = read_fields(node, Flow, reading, others=("flow", "steps"), at=node.place)
    _check_keys(written, reading)
    steps: tuple[StepDraft, ...] = ()
    if entry := written.others.get("steps"):
        steps = tuple(_read_steps(entry, reading))
    elif "steps" not in written.meant:
        reading.error("missing-field", 'missing field "steps" in flow: the steps by name', node.place)
    head = written.others.get("flow")
    if head is None:
        if "flow" not in written.meant:
            reading.error("missing-field", 'missing field "flow" in flow: its name', node.place)
        return None
    name = read_name(head.value, reading)
    return None if name is WRONG else FlowDraft(name, head.value.place, written, steps)


def _steps_too_deep(node: MapNode) -> Entry | None:
    """The steps that were indented too deep, into what stands above them. Each would be reported as unknown."""
    inside = [entry.value.get("steps") for entry in node.entries if isinstance(entry.value, MapNode)]
    return None if node.get("steps") else next((entry for entry in inside if entry), None)


def _read_steps(steps: Entry, reading: Reading) -> Iterator[StepDraft]:
    if not isinstance(steps.value, MapNode):
        wrong_type(steps.value, reading, "steps by name, such as greeting: {say: …, next: …}")
        return
    for entry in steps.value.entries:
        named = read_name(entry.key, reading) is not WRONG
        draft = _read_step(entry.key.text, entry.key.place, entry.value, reading)
        if named and draft is not None:
            yield draft


def _read_step(name: str, place: Place, node: Node, reading: Reading) -> StepDraft | None:
    if not isinstance(node, MapNode):
        message = f'expected a step such as {{say: …, next: …}} for "{name}", not {described(node)}'
        reading.error("wrong-type", message, place)
        return None
    kind = _kind_of(node, place, reading)
    if kind is None:
        return None
    allowed = tuple(word for word in WAYS if word in kind.outcomes)
    entries = tuple(entry for entry in node.entries if not _is_stray_way(entry, kind, allowed, reading))
    others = (*allowed, "on")
    written = read_fields(
        MapNode(entries, node.place), kind, reading, called=f"{kind.kind} step", others=others, at=place
    )
    _check_keys(written, reading)
    return StepDraft(kind, name, place, written, _read_ways(written, reading))


def _kind_of(node: MapNode, place: Place, reading: Reading) -> type[Step] | None:
    """The kind whose key is written. A key that is also a field of another kind written (`say`) does not count."""
    words = {entry.key.text for entry in node.entries}
    found = [kind for name, kind in _KINDS.items() if name in words]
    if len(found) > 1:
        found = [
            kind for kind in found if not any(kind.kind in fields_of(other) for other in found if other is not kind)
        ]
    if len(found) == 1:
        return found[0]
    if found:
        first, second = sorted((entry for kind in found if (entry := node.get(kind.kind))), key=lambda e: e.key.place)[
            :2
        ]
        message = f'a step is of one kind, not "{first.key.text}" and "{second.key.text}"; make two steps of it'
        reading.error("two-kinds", message, second.key.place)
        return None
    for entry in node.entries:
        if reading.is_full or entry.key.text in reading.languages:
            continue
        if near := nearest(entry.key.text, _KINDS):
            message = f'"{entry.key.text}" is not a kind of step; did you mean "{near}"?'
            reading.error("unknown-kind", message, entry.key.place)
            return None
    reading.error("unknown-kind", f"this step has no kind; expected one of {', '.join(_KINDS)}", place)
    return None


def _is_stray_way(entry: Entry, kind: type[Step], allowed: tuple[str, ...], reading: Reading) -> bool:
    word = entry.key.text
    if word not in WAYS or word in allowed or word in fields_of(kind):
        return False
    if kind.kind == "hangup":
        message = f'"{word}" is never reached; a hangup ends the call'
    else:
        message = f'a step with "{kind.kind}" has no "{word}"; its ways out stand under "on"'
    reading.error("unknown-field", message, entry.key.place)
    return True


def _read_ways(written: WrittenFields, reading: Reading) -> dict[str, Exit]:
    """The ways out a step writes itself: its own fields and those under `on`."""
    ways: dict[str, Exit] = {}
    for word, entry in written.others.items():
        if word == "on":
            found = reader_of(Mapping[str, Exit])(entry.value, reading)
        else:
            found = {word: reader_of(Exit)(placed(entry), reading)}
        for outcome, way in ({} if found is WRONG else found).items():
            if outcome in ways and way is not WRONG:
                message = f'"{outcome}" has a way out on line {ways[outcome].place.line} already; keep one of them'
                reading.error("two-ways", message, way.place)
            elif way is not WRONG:
                ways[outcome] = way
    return ways


def _check_keys(written: WrittenFields, reading: Reading) -> None:
    for key, target in written.values.get("keys", {}).items():
        if not NAME.fullmatch(target):
            place = written.places[f"keys.{key}"]
            reading.error("bad-name", f'"{target}" is not a step, nor one of {", ".join(ACTIONS)}', place)
