"""Flows checked with the names of a configuration, and their schema for editors. Loads nothing that a call needs."""

import json
from collections.abc import Mapping, Sequence

from ivr.config import Config
from ivr.flow.checks.lint import lint
from ivr.flow.issues import Issue
from ivr.flow.model import FlowSet, HandlerSpec
from ivr.flow.reading.reader import read_flows
from ivr.flow.schema import flow_schema
from ivr.voices.recordings import read_recordings
from ivr.voices.sentences import recording_issues


def check_flows(
    config: Config, handlers: Mapping[str, HandlerSpec], sources: Mapping[str, str | bytes]
) -> tuple[FlowSet | None, list[Issue]]:
    """The flows of these files (text by path) as `ivr check` sees them, None where they cannot be read; and all that is
    wrong, recordings included."""
    names = config.catalogue(handlers)
    flows, issues = read_flows(sources, config.hotline.start, names.languages, names.handlers)
    recorded = read_recordings(config.folder, names.languages)
    found = lint(flows, names) if flows is not None else ()
    return flows, [*issues, *found, *recording_issues(recorded, flows)]


def names_of(config: Config, handlers: Mapping[str, HandlerSpec], flows: FlowSet | None) -> Mapping[str, Sequence[str]]:
    """What fields of each kind (their `each`) can name in this hotline, for editors to complete.

    A way out may lead to a `step` or an outcome. Flows that cannot be read have none.
    """
    own = flows.flows.values() if flows else ()
    return {
        "calendar": sorted(config.calendars),
        "policy": sorted(config.policies),
        "queue": sorted(config.queues),
        "destination": sorted(config.numbers.destinations),
        "handler": sorted(handlers),
        "flow": sorted(flow.name for flow in own),
        "step": sorted({name for flow in own for name in (*flow.steps, *flow.outcomes)}),
        "language": config.hotline.languages,
    }


def flow_schema_text(config: Config, handlers: Mapping[str, HandlerSpec], flows: FlowSet | None) -> str:
    schema = flow_schema(config.hotline.languages, names_of(config, handlers, flows))
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def teach_editors(config: Config, handlers: Mapping[str, HandlerSpec], flows: FlowSet) -> None:
    """Writes schemas/flow.schema.json beside the configuration anew, where there is one: editors complete from it."""
    file = config.folder / "schemas" / "flow.schema.json"
    if file.is_file() and file.read_text("utf-8") != (text := flow_schema_text(config, handlers, flows)):
        file.write_text(text, "utf-8")
