"""Reads files into a `FlowSet`, and fills in what steps inherit.

One file is read in `drafts`; what it means is checked in `ivr.flow.checks`. There are two stages: every file is read by
itself, with all its problems; if there are none, the flows are put together, because steps inherit across files.
"""

import hashlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path, PurePath
from typing import Any, cast

from ivr.flow import model
from ivr.flow.gc_pause import gc_paused
from ivr.flow.issues import Issue, Place, nearest
from ivr.flow.model import HandlerSpec
from ivr.flow.reading.drafts import FlowDraft, StepDraft, read_flow_draft
from ivr.flow.reading.fields import Reading
from ivr.flow.reading.source import MAX_BYTES

Sources = Mapping[str, str | bytes]
"""What is written in each file, by the name that places show."""
_INHERITED = ("tries", "wait", "silence", "wrong", "explain", "robot")


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
) -> tuple[model.FlowSet | None, list[Issue]]:
    """The flows of one hotline with everything inherited filled in, or None when there is an error; and all issues.

    `start` is the flow that answers the call, `languages` those every text must be written in. `handlers` is what
    is known of handlers: it decides which of the flow's defaults a `handle` step inherits.
    """
    with gc_paused():
        return _read_flows(sources, start, languages, handlers or {})


def _read_flows(
    sources: Sources, start: str, languages: tuple[str, ...], handlers: Mapping[str, HandlerSpec]
) -> tuple[model.FlowSet | None, list[Issue]]:
    reading = Reading(languages)
    drafts: list[FlowDraft] = []
    found: list[Issue] = []
    for file in sorted(sources):
        draft, issues_of_file = _read_file(file, sources[file], languages)
        if draft is not None:
            drafts.append(draft)
        found += issues_of_file
    by_name: dict[str, FlowDraft] = {}
    for draft in drafts:
        first = by_name.setdefault(draft.name, draft)
        if first is not draft:
            message = f'a flow "{draft.name}" stands in {first.place.file} too, line {first.place.line}; rename one'
            reading.error("duplicate-flow", message, draft.place)
    if len(drafts) == len(sources) and start not in by_name:
        near = nearest(start, by_name)
        place = by_name[near].place if near else Place(min(sources, default=""))
        hint = f'; did you mean to call this one so, instead of "{near}"?' if near else ""
        reading.error("missing-start", f'no file has "flow: {start}", the flow that answers the call{hint}', place)
    issues = sorted(found + reading.issues, key=lambda issue: issue.place)
    if any(issue.is_error for issue in issues):
        return None, issues
    inheritance = _Inheritance(by_name, by_name[start], handlers)
    flows = {name: inheritance.flow(draft) for name, draft in by_name.items()}
    return model.FlowSet(flows, start, languages, _digest(sources)), issues


@lru_cache(maxsize=1024)
def _read_file(file: str, source: str | bytes, languages: tuple[str, ...]) -> tuple[FlowDraft | None, Sequence[Issue]]:
    """One file by itself. Kept, because whoever edits a hotline reads all its files after each change of one."""
    reading = Reading(languages)
    return read_flow_draft(file, source, reading), tuple(reading.issues)


def _digest(sources: Sources) -> str:
    """The same words in the same files give the same digest, wherever the folder stands."""
    digest = hashlib.sha256()
    for file in sorted(sources):
        text = sources[file]
        for part in (PurePath(file).name.encode(), text if isinstance(text, bytes) else text.encode()):
            digest.update(b"%d:" % len(part))
            digest.update(part)
    return digest.hexdigest()


class _Inheritance:
    """Fills in what steps inherit: from their flow, and from the flow that answers the call."""

    def __init__(self, drafts: Mapping[str, FlowDraft], start: FlowDraft, handlers: Mapping[str, HandlerSpec]) -> None:
        self._drafts = drafts
        self._start = start
        self._handlers = handlers

    def flow(self, draft: FlowDraft) -> model.Flow:
        words = self._words(draft)
        ways = self._default_ways(draft)
        keys = self._keys(draft)
        also = {**self._start.written.values.get("also", {}), **draft.written.values.get("also", {})}
        steps = {step.name: self._step(step, words, ways, keys, also) for step in draft.steps}
        return model.Flow(
            name=draft.name,
            steps=cast("Mapping[str, model.AnyStep]", steps),
            place=draft.place,
            places=draft.written.places,
            **draft.written.values,
        )

    def _words(self, draft: FlowDraft) -> dict[str, Any]:
        """Words and numbers of the defaults: those of this flow before those of the flow that answers."""
        words: dict[str, Any] = {}
        for defaults in (self._start.defaults, draft.defaults):
            for name in _INHERITED:
                if (value := getattr(defaults, name)) not in (None, ()):
                    words[name] = value
        return words

    def _default_ways(self, draft: FlowDraft) -> dict[str, model.Exit]:
        """Ways out by outcome. One of the flow that answers holds here only if its name exists here."""
        ways: dict[str, model.Exit] = {}
        for defaults in (self._start.defaults, draft.defaults):
            found = dict(defaults.on)
            if defaults.exhausted:
                found["exhausted"] = defaults.exhausted
            own = defaults is draft.defaults
            ways |= {outcome: way for outcome, way in found.items() if own or draft.knows(way.next)}
        return ways

    def _keys(self, draft: FlowDraft) -> dict[str, tuple[str, Place]]:
        """Where each key leads from anywhere in this flow, and where that is written."""
        keys: dict[str, tuple[str, Place]] = {}
        for key, target in self._start.keys.items():
            away = draft is not self._start and target not in model.ACTIONS
            named = f"{self._start.name}.{target}" if away else target
            keys[key] = (named, self._start.written.places[f"keys.{key}"])
        for key, target in draft.keys.items():
            keys[key] = (target, draft.written.places[f"keys.{key}"])
        return keys

    def _step(
        self, draft: StepDraft, words: Mapping[str, Any], default_ways: Mapping[str, model.Exit],
        flow_keys: Mapping[str, tuple[str, Place]], also: Mapping[str, Mapping[str, tuple[str, ...]]],
    ) -> model.Step:  # fmt: skip
        values = dict(draft.written.values)
        places = dict(draft.written.places)
        ways = dict(draft.ways)
        for choice in values.get("choices", ()):
            ways.setdefault(model.key_outcome(choice.key), choice.way)
        if issubclass(draft.kind, model.Prompting):
            values = {**words, **values}
        if issubclass(draft.kind, model.Keyed):
            keys = {**flow_keys, **{key: (to, places[f"keys.{key}"]) for key, to in values.get("keys", {}).items()}}
            for choice in values.get("choices", ()):
                keys.pop(choice.key, None)
            keys.pop(values.get("leave"), None)
            values["keys"] = {key: target for key, (target, _) in keys.items()}
            if issubclass(draft.kind, model.Prompting):
                values["called"] = {key: words for key, words in also.items() if key in keys}
            for key, (target, place) in keys.items():
                places.setdefault(f"keys.{key}", place)
                if target not in model.ACTIONS:
                    ways.setdefault(model.key_outcome(key), model.Exit(model.StepName(target), place=place))
        for outcome in self._outcomes(draft):
            if outcome in default_ways:
                ways.setdefault(outcome, default_ways[outcome])
        return draft.kind(name=draft.name, place=draft.place, ways=ways, places=places, **values)

    def _outcomes(self, draft: StepDraft) -> tuple[str, ...]:
        """The outcomes a step can have, besides keys and the cases of a `choose`."""
        values = draft.written.values
        if draft.kind is model.Ask and values["as_"] == "yes-no":
            return ("yes", "no", "exhausted")
        if draft.kind is model.Handle:
            spec = self._handlers.get(values["handle"])
            return (*(spec.outcomes if spec else ()), *draft.kind.outcomes)
        if draft.kind is model.Run:
            ran = self._drafts.get(values["run"])
            return tuple(ran.written.values.get("outcomes", ())) if ran else ()
        return draft.kind.outcomes
