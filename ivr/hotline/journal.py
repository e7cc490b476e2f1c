"""Events as JSON, one list a turn, for transcripts, reports and scripts made from real calls."""

from __future__ import annotations

import json
from collections.abc import Container, Iterable, Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any, Literal, assert_never

from ivr.call.events import (
    Began,
    Booking,
    CallbackBooked,
    Check,
    Digits,
    Ended,
    Entered,
    Event,
    Gathering,
    HungUp,
    Identified,
    Input,
    LanguageChanged,
    LimitReached,
    LookedUp,
    LookUp,
    Moved,
    Played,
    Polling,
    QueueEnded,
    Queueing,
    Recorded,
    Recording,
    Resumed,
    Said,
    Silence,
    Spoken,
    SurveyAnswered,
    TextSent,
    TicketAmended,
    TicketOpened,
    Took,
    TransferEnded,
    Transferring,
    TryUsed,
)
from ivr.call.values import Value

_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def to_json(events: Iterable[Event]) -> str:
    """The events in order, each with its class name as `type`. Secrets are left out."""
    return _JSON.encode([_plain(event) for event in events])


def last_type(events: str) -> str:
    """The class name of the last event of a turn, as `to_json` wrote it; "" for a turn without events."""
    kept = json.loads(events)
    return str(kept[-1]["type"]) if kept else ""


InputKind = Literal[
    "began", "digits", "spoken", "silence", "hung-up", "looked-up", "recorded", "queue-ended", "transfer-ended",
    "resumed",
]  # fmt: skip
"""The name of an input in the journal."""


def input_kind(heard: Input) -> InputKind:
    """The name of an input; never what was keyed in or said."""
    match heard:
        case Began():
            return "began"
        case Digits():
            return "digits"
        case Spoken():
            return "spoken"
        case Silence():
            return "silence"
        case HungUp():
            return "hung-up"
        case LookedUp():
            return "looked-up"
        case Recorded():
            return "recorded"
        case QueueEnded():
            return "queue-ended"
        case TransferEnded():
            return "transfer-ended"
        case Resumed():
            return "resumed"
        case _:
            assert_never(heard)


def _plain(event: Event) -> dict[str, Any]:
    """The event as JSON. The names of types and fields are a public format: reports read what old releases wrote."""
    match event:
        case Check():
            return _written("Check", event, without=("account", "secret"))
        case Said(slow=False):
            return _written("Said", event, without=("slow",))
        case LimitReached():
            return _written("Guarded", event)
        case (
            Said() | Played() | Entered() | Moved() | TryUsed() | Took() | LanguageChanged() | Identified()
            | TicketOpened() | TicketAmended() | TextSent() | CallbackBooked() | SurveyAnswered()
            | Gathering() | LookUp() | Booking() | Recording() | Queueing() | Transferring() | Polling() | Ended()
        ):  # fmt: skip
            return _written(type(event).__name__, event)
        case _:
            assert_never(event)


def _written(name: str, event: Event, without: Container[str] = ()) -> dict[str, Any]:
    kept: dict[str, Any] = {"type": name}
    for field in fields(event):
        if field.name not in without and (value := _as_json(getattr(event, field.name))) not in ("", [], {}):
            kept[field.name] = value
    return kept


def _as_json(thing: object) -> Any:
    match thing:
        case str() | int():
            return thing
        case Value(kind=kind, text=text):
            return [kind, text]
        case datetime():
            return thing.isoformat()
        case Mapping():
            return {name: _as_json(value) for name, value in thing.items()}
        case tuple():
            return [_as_json(item) for item in thing]
        case _:
            return thing
