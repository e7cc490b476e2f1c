"""What the page shows of the flows being edited: problems at their places, steps, and names to choose from."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ivr.app.checking import check_flows, names_of
from ivr.config import Config
from ivr.flow.catalogue import HandlerSpec
from ivr.flow.issues import Issue
from ivr.flow.model import STEP_KINDS, AnyStep, FlowSet
from ivr.flow.picture import Notes
from ivr.flow.reading.fields import fields_of
from ivr.flow.report import as_row
from ivr.flow.schema import flow_schema

Row = Mapping[str, Any]
"""Ready for JSON."""


class Analyst:
    """Looks at one hotline's drafts. Keeps the last flows that could be read, for the map."""

    def __init__(self, config: Config, handlers: Mapping[str, HandlerSpec]) -> None:
        self._config = config
        self._handlers = handlers
        self.flows: FlowSet | None = None
        self.issues: tuple[Issue, ...] = ()

    def look(self, sources: Mapping[str, str]) -> Row:
        """What is to be shown of these files: text by path."""
        flows, issues = check_flows(self._config, self._handlers, sources)
        self.issues = tuple(issues)
        self.flows = flows or self.flows
        return {
            "issues": [
                {**as_row(each), "file": Path(each.place.file).name}
                for each in sorted(issues, key=lambda each: each.place)
            ],
            "steps": {} if flows is None else dict(_steps(flows)),
            "names": names_of(self._config, self._handlers, flows),
        }

    def notes(self) -> Notes:
        """Marks the steps in which the checker found something."""
        if self.flows is None:
            return Notes()
        starts = sorted((step.place.file, step.place.line, state) for state, step in _states(self.flows))
        marks: dict[str, str] = {}
        for issue in self.issues:
            before = [step for file, line, step in starts if file == issue.place.file and line <= issue.place.line]
            if before and marks.get(before[-1]) != "untaken":
                marks[before[-1]] = "untaken" if issue.is_error else "partly"
        return Notes(marks)


def fields() -> Mapping[str, str]:
    """Every field that a flow may have, and what it is for."""
    return dict(sorted(_described(flow_schema())))


def kinds_of_names() -> Mapping[str, str]:
    """What may stand behind each field that holds a name: a queue, a calendar …"""
    return {word: shape.each for kind in STEP_KINDS for word, shape in fields_of(kind).items() if shape.each}


def _described(schema: Any) -> Iterator[tuple[str, str]]:
    if isinstance(schema, dict):
        for name, field in schema.get("properties", {}).items():
            if isinstance(field, dict) and isinstance(about := field.get("description"), str):
                yield name, about
        schema = list(schema.values())
    if isinstance(schema, list):
        for each in schema:
            yield from _described(each)


def _steps(flows: FlowSet) -> Iterator[tuple[str, Row]]:
    for state, step in _states(flows):
        yield state, {"file": Path(step.place.file).name, "line": step.place.line}


def _states(flows: FlowSet) -> Iterator[tuple[str, AnyStep]]:
    for flow in flows.flows.values():
        for name, step in flow.steps.items():
            yield f"{flow.name}.{name}", step
