"""Events as the store keeps them: one JSON list a turn, for transcripts, reports and scripts made from real calls."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import datetime
from functools import cache
from typing import Any, get_args

from ivr.call.events import Check, Event
from ivr.call.values import Value

NEVER_KEPT = {(Check, "secret"), (Check, "account")}

_KEPT: Mapping[type, tuple[str, ...]] = {
    kind: tuple(field.name for field in fields(kind) if (kind, field.name) not in NEVER_KEPT)
    for kind in get_args(Event)
}
"""The fields of each event that are kept."""
_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def to_json(events: Iterable[Event]) -> str:
    """The events in order, each with its class name as `type`. Secrets are left out."""
    return _JSON.encode([_plain(event) for event in events])


def last_type(events: str) -> str:
    """The class name of the last event of a turn, as `to_json` wrote it; "" for a turn without events."""
    kept = json.loads(events)
    return str(kept[-1]["type"]) if kept else ""


def kind(heard: object) -> str:
    """What an input is called in the journal: digits, silence, hung-up. Never what was keyed in or said."""
    return _spelled(type(heard).__name__)


@cache
def _spelled(name: str) -> str:
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("-")


def _plain(event: Event) -> dict[str, Any]:
    kept: dict[str, Any] = {"type": type(event).__name__}
    for name in _KEPT[type(event)]:
        told = _told(getattr(event, name))
        if told not in ("", [], {}):
            kept[name] = told
    return kept


def _told(thing: object) -> Any:
    match thing:
        case str() | int():
            return thing
        case Value(kind=kind, text=text):
            return [kind, text]
        case datetime():
            return thing.isoformat()
        case Mapping():
            return {name: _told(value) for name, value in thing.items()}
        case tuple():
            return [_told(item) for item in thing]
        case _:
            return thing
