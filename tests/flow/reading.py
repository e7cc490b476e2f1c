"""Flows read from a folder, for tests."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ivr.flow.issues import Issue
from ivr.flow.model import FlowSet, HandlerSpec
from ivr.flow.reading.reader import flow_sources, read_flows


def load_flows(
    folder: Path, start: str, languages: tuple[str, ...], handlers: Mapping[str, HandlerSpec] | None = None
) -> tuple[FlowSet | None, list[Issue]]:
    """The flows of a folder, or None when there is an error, and all issues of the folder and its files."""
    sources, issues = flow_sources(folder)
    flows, found = read_flows(sources, start, languages, handlers) if sources or not issues else (None, [])
    return (None if any(issue.is_error for issue in issues) else flows), issues + found
