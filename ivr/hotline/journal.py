"""Events as JSON, one list a turn, for transcripts, reports and scripts made from real calls."""

import json
from collections.abc import Container, Iterable, Mapping
from dataclasses import fields
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, Literal, assert_never

from ivr.call import events
from ivr.call.events import Event, Input
from ivr.call.values import Value

_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False)


_SAID_AGAIN = (events.Said, events.Gathering, events.Entered, events.Moved)
"""Events that are the same in most calls. They are written once; anew in each turn takes as long as half its signature
and form."""
EVENTS_KEPT = 1_024


def to_json(happened: Iterable[Event]) -> str:
    """The events in order, each with its class name as `type`. Secrets are left out."""
    return f"[{','.join([_kept(each) if isinstance(each, _SAID_AGAIN) else _encoded(each) for each in happened])}]"


def _encoded(event: Event) -> str:
    return _JSON.encode(_plain(event))


_kept = lru_cache(EVENTS_KEPT)(_encoded)


def last_type(written: str) -> str:
    """The class name of the last event of a turn, as `to_json` wrote it; "" for a turn without events."""
    kept = json.loads(written)
    return str(kept[-1]["type"]) if kept else ""


InputKind = Literal[
    "began", "digits", "spoken", "silence", "hung-up", "looked-up", "recorded", "queue-ended", "transfer-ended",
    "resumed",
]  # fmt: skip


_INPUT_KINDS: Mapping[type[Input], InputKind] = {
    events.Began: "began",
    events.Digits: "digits",
    events.Spoken: "spoken",
    events.Silence: "silence",
    events.HungUp: "hung-up",
    events.LookedUp: "looked-up",
    events.Recorded: "recorded",
    events.QueueEnded: "queue-ended",
    events.TransferEnded: "transfer-ended",
    events.Resumed: "resumed",
}


def input_kind(heard: Input) -> InputKind:
    """The name of an input; never what was keyed in or said."""
    return _INPUT_KINDS[type(heard)]


def _plain(event: Event) -> dict[str, Any]:
    """The event as JSON. The names of types and fields are a public format: reports read what old releases wrote."""
    match event:
        case events.Check():
            return _written("Check", event, without=("account", "secret"))
        case events.Said(slow=False):
            return _written("Said", event, without=("slow",))
        case events.Recording() | events.Queueing():
            return _written(type(event).__name__, event, without=("keys",))
        case events.LimitReached():
            return _written("Guarded", event)
        case (
            events.Said() | events.Played() | events.Entered() | events.Moved() | events.TryUsed() |
            events.Took() | events.LanguageChanged() | events.Identified() | events.TicketOpened() |
            events.TicketAmended() | events.TextSent() | events.CallbackBooked() | events.SurveyAnswered() |
            events.Gathering() | events.LookUp() | events.Booking() | events.Transferring() | events.Polling() |
            events.Ended()
        ):  # fmt: skip
            return _written(type(event).__name__, event)
        case _:
            assert_never(event)


def _written(name: str, event: Event, without: Container[str] = ()) -> dict[str, Any]:
    kept: dict[str, Any] = {"type": name}
    kind: Any = type(event)
    for field in _names(kind):
        value = getattr(event, field)
        if not isinstance(value, str):
            value = _as_json(value)
        if value not in ("", [], {}) and field not in without:
            kept[field] = value
    return kept


@cache
def _names(kind: type[Any]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


def _as_json(thing: object) -> Any:
    match thing:
        case int() | None:
            return thing
        case Value(kind=kind, text=text):
            return [kind, text]
        case tuple():
            return [_as_json(item) if not isinstance(item, str) else item for item in thing]
        case Mapping():
            return {name: _as_json(value) for name, value in thing.items()}
        case datetime():
            return thing.isoformat()
        case _:
            return thing
