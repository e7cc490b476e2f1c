"""What the page shows of flows being edited: problems, steps, names to choose from, and what callers will notice."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from ivr.app.agents import targets
from ivr.app.checking import check_flows, names_of
from ivr.app.figures import notes_of_calls
from ivr.config import Config
from ivr.flow.issues import Issue, as_row
from ivr.flow.model import STEP_KINDS, FlowSet, HandlerSpec
from ivr.flow.picture import Notes
from ivr.flow.reading.fields import fields_of
from ivr.flow.schema import flow_schema
from ivr.hotline.reports import Known, Period, gather
from ivr.store import Store
from ivr.studio.drafts import Drafts
from ivr.testing.coverage import Coverage, colours
from ivr.testing.diff import HEADINGS
from ivr.testing.explorer.counterexample import described
from ivr.testing.explorer.explore import Bounds, Finding, explore
from ivr.testing.explorer.property import FAR_KEYS, FAR_SECONDS
from ivr.testing.local_target import LocalTarget
from ivr.testing.models import differences, lane_of, model_of
from ivr.testing.suite import read, run_all

Row = Mapping[str, Any]
"""Ready for JSON."""
MapShows = Literal["problems", "calls", "scripts"]
"""What the map is coloured by."""


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
            "steps": {
                state: {"file": Path(step.place.file).name, "line": step.place.line}
                for state, step in (flows.states() if flows is not None else {}).items()
            },
            "names": names_of(self._config, self._handlers, flows),
        }

    def notes(self) -> Notes:
        if self.flows is None:
            return Notes()
        starts = sorted((step.place.file, step.place.line, state) for state, step in self.flows.states().items())
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


# --- before it counts ----------------------------------------------------------------------------------------------


SCRIPTS = ("calls", "tests/calls")
"""Where call scripts are looked for, in the folder of the configuration."""
MOST = 100


class Preview:
    """Looks at the drafts as callers will. One thing at a time, because each takes seconds of a processor."""

    def __init__(self, drafts: Drafts, handlers: Mapping[str, HandlerSpec]) -> None:
        self._drafts = drafts
        self._handlers = handlers
        self._busy = threading.Lock()
        self._covered = Notes()

    @property
    def covered(self) -> Notes:
        """What the call scripts have taken of the flows when they were played last."""
        return self._covered

    def calls_of_today(self) -> Notes:
        """Where the callers of today have been, and where they gave up."""
        config = self._drafts.config
        zone = ZoneInfo(config.hotline.time_zone)
        today = datetime.now(zone).date()
        flows = self._flows(self._drafts.sources())
        known = Known.of(flows, targets(config))
        with Store.open(config.store_url, folder=config.folder) as store:
            return notes_of_calls(gather(store, Period(today, today, zone), known))

    def noticed(self) -> Row:
        """What callers will hear otherwise than now: `against` is the number of the edition in force, 0 for the saved
        files. `why` instead where one of the two cannot be read."""
        with self._busy:
            number, sources = self._now()
            old, new = self._flows(sources), self._flows(self._drafts.sources())
            if old is None or new is None:
                return {"why": "errors"}
            found = differences(self._drafts.config, old, new)
        told = [{"heading": HEADINGS[each.kind], **asdict(each)} for each in found[:MOST]]
        return {"against": number, "differences": told, "count": len(found)}

    def refuted(self) -> Row:
        """What callers are owed that the explorer refutes of the drafts, and not of what they hear now."""
        with self._busy:
            old, new = self._flows(self._now()[1]), self._flows(self._drafts.sources())
            if new is None:
                return {"why": "errors"}
            known = {(one.rule, one.message) for one in self._findings(old)} if old is not None else set()
            found = [one for one in self._findings(new) if (one.rule, one.message) not in known]
        told = [{"rule": one.rule, "why": one.message, "by": described(one.path)} for one in found[:MOST]]
        return {"count": len(found), "refuted": told}

    def _findings(self, flows: FlowSet) -> Sequence[Finding]:
        bounds = Bounds(FAR_KEYS, FAR_SECONDS, lane_of(flows))
        return explore(model_of(self._drafts.config, flows), bounds).findings

    def scripts(self) -> Row:
        """How many calls the scripts of this hotline make, and which go wrong with the drafts; `why` there are none."""
        config = self._drafts.config
        folders = [config.folder / name for name in SCRIPTS if (config.folder / name).is_dir()]
        with self._busy:
            flows = self._flows(self._drafts.sources())
            if flows is None:
                return {"why": "errors"}
            with LocalTarget(config) as target:
                suite = read(folders, target.names)
                outcomes = list(run_all(suite, target, golden="ignore"))
            covered = Coverage.of(flows)
            for outcome in outcomes:
                covered.add(outcome.events)
            self._covered = Notes(colours(covered))
        wrong = [outcome for outcome in outcomes if outcome.result in ("failed", "broken")]
        told = [
            {"name": outcome.item.name, "file": outcome.item.path.name, "why": outcome.message} for outcome in wrong
        ]
        told += [{"name": "", "file": Path(each.place.file).name, "why": each.message} for each in suite.issues]
        return {"count": len(outcomes), "wrong": told[:MOST]}

    def _now(self) -> tuple[int, Mapping[str, str]]:
        config = self._drafts.config
        with Store.open(config.store_url, folder=config.folder) as store:
            row = store.editions.in_force(datetime.now(UTC))
            if row is not None and row.digest:
                return row.number, store.flow_set(row.digest) or {}
        return 0, self._drafts.saved()

    def _flows(self, sources: Mapping[str, str]) -> FlowSet | None:
        flows, issues = check_flows(self._drafts.config, self._handlers, sources)
        return None if any(issue.is_error for issue in issues) else flows
