"""Events as the store keeps them: one JSON list a turn, for transcripts, reports and scripts made from real calls."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

from ivr.call.events import Check, Event
from ivr.call.values import Value

NEVER_KEPT = {"secret"}


def to_json(events: Iterable[Event]) -> str:
    """The events in order, each with its class name as `type`. A secret is left out, whatever holds it."""
    return json.dumps([_plain(event) for event in events], ensure_ascii=False, separators=(",", ":"))


def last_type(events: str) -> str:
    """The class name of the last event of a turn, as `to_json` wrote it; "" for a turn without events."""
    kept = json.loads(events)
    return str(kept[-1]["type"]) if kept else ""


def kind(heard: object) -> str:
    """What an input is called in the journal: digits, silence, hung-up. Never what was keyed in or said."""
    name = type(heard).__name__
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("-")


def _plain(event: Event) -> dict[str, Any]:
    kept = {field.name: _told(getattr(event, field.name)) for field in fields(event) if field.name not in NEVER_KEPT}
    if isinstance(event, Check):
        kept.pop("account")
    return {"type": type(event).__name__, **{name: told for name, told in kept.items() if told not in ("", [], {})}}


def _told(thing: object) -> Any:
    match thing:
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
