"""From files to a `FlowSet`: finds the kind of each step, reads its fields and fills in what it inherits.

What a field looks like is `fields`' business, what a flow means the checker's. Two stages: every file is read by
itself and all its problems are collected; when there is none, the flows are put together, because inheritance
reaches across files.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from ivr.flow.fields import Reading, Written, fields_of, not_a_mapping, read_fields, reader_of
from ivr.flow.issues import Issue, Place, nearest
from ivr.flow.model import (
    BACK,
    REPEAT,
    STEP_KINDS,
    SWITCH_LANGUAGE,
    Ask,
    Defaults,
    Exit,
    Flow,
    FlowSet,
    Handle,
    HandlerSpec,
    Prompting,
    Run,
    Step,
    StepName,
)  # fmt: skip
from ivr.flow.scalars import NAME, WRONG, described, read_name, wrong_type
from ivr.flow.source import MAX_BYTES, Entry, MapNode, Node, parse

Sources = Mapping[str, str | bytes]
"""What is written in each file, by the name that places show."""

WAYS = ("next", "exhausted", "else")
"""Outcomes whose way out is written as a field of the step; all others stand under `on`."""

_ACTIONS = (REPEAT, BACK, SWITCH_LANGUAGE)
_KINDS = {kind.kind: kind for kind in STEP_KINDS}
_KEY_NAMES = {"*": "star", "#": "hash"}
_INHERITED = ("tries", "wait", "silence", "wrong")


def load_flows(
    folder: Path, start: str, languages: tuple[str, ...], handlers: Mapping[str, HandlerSpec] | None = None
) -> tuple[FlowSet | None, list[Issue]]:
    """`read_flows` of all `*.yaml` in a folder. Raises nothing: what cannot be read is an issue."""
    sources, issues = flow_sources(folder)
    flow_set, found = read_flows(sources, start, languages, handlers) if sources or not issues else (None, [])
    return (None if any(issue.is_error for issue in issues) else flow_set), _sorted(issues + found)


def flow_sources(folder: Path) -> tuple[dict[str, bytes], list[Issue]]:
    """The bytes of each `*.yaml` in a folder, by path, in order of name; and what could not or must not be read."""
    sources: dict[str, bytes] = {}
    issues: list[Issue] = []
    try:
        paths = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
        home = folder.resolve()
    except OSError as error:
        return {}, [Issue("unreadable", f"this folder cannot be read: {error.strerror}", Place(str(folder)))]
    for path in paths:
        place = Place(str(path))
        if path.suffix == ".yml":
            issues.append(Issue("unreadable", "files of flows end in .yaml; rename this one", place))
        if path.suffix != ".yaml":
            continue
        try:
            if not path.resolve().is_relative_to(home):
                issues.append(Issue("outside", "this link leads out of the folder; put the file itself here", place))
            elif not path.is_file():
                issues.append(Issue("unreadable", "this is not a file", place))
            else:
                with path.open("rb") as file:
                    sources[str(path)] = file.read(MAX_BYTES + 1)
        except (OSError, RuntimeError) as error:  # a link that leads to itself is a RuntimeError up to Python 3.12
            reason = getattr(error, "strerror", None) or "its links go in a circle"
            issues.append(Issue("unreadable", f"this file cannot be read: {reason}", place))
    if not sources and not issues:
        issues.append(Issue("no-flows", "no flows here; a flow is a file that ends in .yaml", Place(str(folder))))
    return sources, issues


def read_flows(
    sources: Sources, start: str, languages: tuple[str, ...], handlers: Mapping[str, HandlerSpec] | None = None
) -> tuple[FlowSet | None, list[Issue]]:
    """The flows of one hotline, complete in themselves, or None when there is an error; and all issues found.

    `start` is the flow that answers the call, `languages` those every text must be written in. `handlers` is what
    is known of handlers: it decides which of the flow's defaults a `handle` step inherits.
    """
    reading = Reading(languages)
    sheets = [sheet for file in sorted(sources) if (sheet := _read_file(file, sources[file], reading))]
    by_name: dict[str, _Sheet] = {}
    for sheet in sheets:
        first = by_name.setdefault(sheet.name, sheet)
        if first is not sheet:
            message = f'a flow "{sheet.name}" stands in {first.place.file} too, line {first.place.line}; rename one'
            reading.error("duplicate-flow", message, sheet.place)
    if len(sheets) == len(sources) and start not in by_name:
        near = nearest(start, by_name)
        place = by_name[near].place if near else Place(min(sources, default=""))
        hint = f'; did you mean to call this one so, instead of "{near}"?' if near else ""
        reading.error("missing-start", f'no file has "flow: {start}", the flow that answers the call{hint}', place)
    issues = _sorted(reading.issues)
    if any(issue.is_error for issue in issues):
        return None, issues
    together = _Together(by_name, by_name[start], handlers or {})
    flows = {name: together.flow(sheet) for name, sheet in by_name.items()}
    return FlowSet(flows, start, languages, _digest(sources)), issues


def key_outcome(key: str) -> str:
    """The outcome that a telephone key has: `key_1`, `key_star`, `key_hash`."""
    return f"key_{_KEY_NAMES.get(key, key)}"


def _sorted(issues: list[Issue]) -> list[Issue]:
    return sorted(issues, key=lambda issue: issue.place)


def _digest(sources: Sources) -> str:
    """The same words in the same files give the same digest, wherever the folder stands."""
    digest = hashlib.sha256()
    for file in sorted(sources):
        text = sources[file]
        for part in (PurePath(file).name.encode(), text if isinstance(text, bytes) else text.encode()):
            digest.update(b"%d:" % len(part))
            digest.update(part)
    return digest.hexdigest()


# --- one file ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Draft:
    """A step as written, before it inherits anything."""

    kind: type[Step]
    name: str
    place: Place
    written: Written
    ways: dict[str, Exit]


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A flow as written."""

    name: str
    place: Place
    written: Written
    steps: tuple[_Draft, ...]

    @property
    def keys(self) -> Mapping[str, str]:
        keys: Mapping[str, str] = self.written.values.get("keys", {})
        return keys

    @property
    def defaults(self) -> Defaults:
        found = self.written.values.get("defaults")
        return found if isinstance(found, Defaults) else Defaults()

    def knows(self, name: str) -> bool:
        """Whether a way out may lead there."""
        return name in self.written.values.get("outcomes", ()) or any(step.name == name for step in self.steps)


def _read_file(file: str, text: str | bytes, reading: Reading) -> _Sheet | None:
    """The flow of one file; None when not even its name can be read. What is wrong goes into `reading`."""
    node, issues = parse(text, file)
    reading.issues.extend(issues)
    if node is None:
        return None
    if not isinstance(node, MapNode):
        not_a_mapping(node, Flow, reading, "a flow", ("flow", "steps"))
        return None
    written = read_fields(node, Flow, reading, others=("flow", "steps"), at=node.place)
    _check_keys(written, reading)
    steps: tuple[_Draft, ...] = ()
    if entry := written.others.get("steps"):
        steps = tuple(_read_steps(entry, reading))
    else:
        reading.error("missing-field", 'missing field "steps" in flow: the steps by name', node.place)
    head = written.others.get("flow")
    if head is None:
        reading.error("missing-field", 'missing field "flow" in flow: its name', node.place)
        return None
    name = read_name(head.value, reading)
    return None if name is WRONG else _Sheet(name, head.value.place, written, steps)


def _read_steps(steps: Entry, reading: Reading) -> Iterator[_Draft]:
    if not isinstance(steps.value, MapNode):
        wrong_type(steps.value, reading, "steps by name, such as greeting: {say: …, next: …}")
        return
    for entry in steps.value.entries:
        named = read_name(entry.key, reading) is not WRONG
        draft = _read_step(entry.key.text, entry.key.place, entry.value, reading)
        if named and draft is not None:
            yield draft


def _read_step(name: str, place: Place, node: Node, reading: Reading) -> _Draft | None:
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
    _check_values(written, reading)
    return _Draft(kind, name, place, written, _read_ways(written, reading))


def _kind_of(node: MapNode, place: Place, reading: Reading) -> type[Step] | None:
    """The kind whose key is written. A key that is also a field of another kind written (`say`) does not count."""
    found = [kind for kind in STEP_KINDS if node.get(kind.kind)]
    found = [kind for kind in found if not any(kind.kind in fields_of(other) for other in found if other is not kind)]
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
        message = f'a {kind.kind} step has no "{word}"; its ways out stand under "on"'
    reading.error("unknown-field", message, entry.key.place)
    return True


def _read_ways(written: Written, reading: Reading) -> dict[str, Exit]:
    """The ways out a step writes itself: its own fields and those under `on`."""
    ways: dict[str, Exit] = {}
    for word, entry in written.others.items():
        if word == "on":
            found = reader_of(Mapping[str, Exit])(entry.value, reading)
        else:
            found = {word: reader_of(Exit)(entry.value, reading)}
        for outcome, way in ({} if found is WRONG else found).items():
            if outcome in ways and way is not WRONG:
                message = f'"{outcome}" has a way out on line {ways[outcome].place.line} already; keep one of them'
                reading.error("two-ways", message, way.place)
            elif way is not WRONG:
                ways[outcome] = way
    return ways


def _check_keys(written: Written, reading: Reading) -> None:
    for key, target in written.values.get("keys", {}).items():
        if not NAME.fullmatch(target):
            place = written.places[f"keys.{key}"]
            reading.error("bad-name", f'"{target}" is not a step, nor one of {", ".join(_ACTIONS)}', place)


def _check_values(written: Written, reading: Reading) -> None:
    """Numbers of a step count things, from one; a choice has words."""
    for name, value in written.values.items():
        if isinstance(value, int) and not isinstance(value, bool) and value < 1:
            reading.error("out-of-range", f"expected a number from 1, not {value}", written.places[name])
    for choice in written.values.get("choices", ()):
        if choice.label is None and choice.say is None:
            reading.error("missing-field", f'choice {choice.key} has no words; write its "label"', choice.place)


# --- all files together -----------------------------------------------------------------------------------------


class _Together:
    """Fills in what steps inherit: from their flow, and from the flow that answers the call."""

    def __init__(self, sheets: Mapping[str, _Sheet], start: _Sheet, handlers: Mapping[str, HandlerSpec]) -> None:
        self._sheets = sheets
        self._start = start
        self._handlers = handlers

    def flow(self, sheet: _Sheet) -> Flow:
        words = self._words(sheet)
        ways = self._default_ways(sheet)
        keys = self._keys(sheet)
        steps = {draft.name: self._step(draft, words, ways, keys) for draft in sheet.steps}
        return Flow(
            name=sheet.name, steps=steps, place=sheet.place, places=sheet.written.places, **sheet.written.values
        )

    def _words(self, sheet: _Sheet) -> dict[str, Any]:
        """Words and numbers of the defaults: those of this flow before those of the flow that answers."""
        words: dict[str, Any] = {}
        for defaults in (self._start.defaults, sheet.defaults):
            for name in _INHERITED:
                if (value := getattr(defaults, name)) not in (None, ()):
                    words[name] = value
        return words

    def _default_ways(self, sheet: _Sheet) -> dict[str, Exit]:
        """Ways out by outcome. One of the flow that answers holds here only if its name exists here."""
        ways: dict[str, Exit] = {}
        for defaults in (self._start.defaults, sheet.defaults):
            found = dict(defaults.on)
            if defaults.exhausted:
                found["exhausted"] = defaults.exhausted
            own = defaults is sheet.defaults
            ways |= {outcome: way for outcome, way in found.items() if own or sheet.knows(way.next)}
        return ways

    def _keys(self, sheet: _Sheet) -> dict[str, tuple[str, Place]]:
        """Where each key leads from anywhere in this flow, and where that is written."""
        keys: dict[str, tuple[str, Place]] = {}
        for key, target in self._start.keys.items():
            away = sheet is not self._start and target not in _ACTIONS
            named = f"{self._start.name}.{target}" if away else target
            keys[key] = (named, self._start.written.places[f"keys.{key}"])
        for key, target in sheet.keys.items():
            keys[key] = (target, sheet.written.places[f"keys.{key}"])
        return keys

    def _step(
        self, draft: _Draft, words: Mapping[str, Any], default_ways: Mapping[str, Exit],
        flow_keys: Mapping[str, tuple[str, Place]],
    ) -> Step:  # fmt: skip
        values = dict(draft.written.values)
        places = dict(draft.written.places)
        ways = dict(draft.ways)
        for choice in values.get("choices", ()):
            ways.setdefault(key_outcome(choice.key), Exit(choice.next, place=choice.place))
        if issubclass(draft.kind, Prompting):
            values = {**words, **values}
            keys = {**flow_keys, **{key: (to, places[f"keys.{key}"]) for key, to in values.get("keys", {}).items()}}
            for choice in values.get("choices", ()):
                keys.pop(choice.key, None)
            values["keys"] = {key: target for key, (target, _) in keys.items()}
            for key, (target, place) in keys.items():
                places.setdefault(f"keys.{key}", place)
                if target not in _ACTIONS:
                    ways.setdefault(key_outcome(key), Exit(StepName(target), place=place))
        for outcome in self._outcomes(draft):
            if outcome in default_ways:
                ways.setdefault(outcome, default_ways[outcome])
        return draft.kind(name=draft.name, place=draft.place, ways=ways, places=places, **values)

    def _outcomes(self, draft: _Draft) -> tuple[str, ...]:
        """The outcomes a step can have, besides keys and the cases of a `choose`."""
        values = draft.written.values
        if draft.kind is Ask and values["as_"] == "yes-no":
            return ("yes", "no", "exhausted")
        if draft.kind is Handle:
            spec = self._handlers.get(values["handle"])
            return (*(spec.outcomes if spec else ()), *draft.kind.outcomes)
        if draft.kind is Run:
            ran = self._sheets.get(values["run"])
            return tuple(ran.written.values.get("outcomes", ())) if ran else ()
        return draft.kind.outcomes
