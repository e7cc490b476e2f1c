"""What is written down of a turn, and what never is."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import get_args

import pytest

from ivr.call.events import (
    EVENT_NAMES,
    Booking,
    CallbackBooked,
    Check,
    Digits,
    Ended,
    Event,
    Gathering,
    HungUp,
    Input,
    LimitReached,
    LookUp,
    Moved,
    Said,
    Silence,
    TicketAmended,
    TicketOpened,
    event_name,
)
from ivr.call.values import Value
from ivr.hotline import journal

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

TABLE: list[tuple[Event, dict[str, object]]] = [
    (Moved("a.b", "next", "a.c"), {"type": "Moved", "state": "a.b", "outcome": "next", "to": "a.c"}),
    (
        Gathering(5, 0, "", False, "zh", ("退款",)),
        {"type": "Gathering", "wait_seconds": 5, "most": 0, "speech": False, "language": "zh", "hints": ["退款"],
         "barge_in": True},
    ),
    (
        TicketOpened("300123", "refund", "high", {"amount": Value("money", "1.00 CNY")}),
        {"type": "TicketOpened", "reference": "300123", "topic": "refund", "priority": "high",
         "about": {"amount": ["money", "1.00 CNY"]}, "complete": True},
    ),
    (
        TicketAmended("300123", {"denied": Value("words", "200401")}),
        {"type": "TicketAmended", "reference": "300123", "about": {"denied": ["words", "200401"]}},
    ),
    (
        CallbackBooked("support", "+8613800138000", AT),
        {"type": "CallbackBooked", "queue": "support", "number": "+8613800138000", "at": "2026-11-23T09:00:00+00:00"},
    ),
    (Said("您好。", "zh"), {"type": "Said", "text": "您好。", "language": "zh"}),
    (Said("您好。", "zh", slow=True), {"type": "Said", "text": "您好。", "language": "zh", "slow": True}),
    (LookUp("refund"), {"type": "LookUp", "handler": "refund"}),
    (LimitReached("turns"), {"type": "Guarded", "limit": "turns"}),
    (
        Check("customer", "62220001", "pin", "pin", "220001"),
        {"type": "Check", "policy": "customer", "factor": "pin", "method": "pin"},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("event", "kept"), TABLE, ids=[type(event).__name__ for event, _ in TABLE])
def test_an_event_is_kept_by_its_fields(event: Event, kept: dict[str, object]) -> None:
    assert json.loads(journal.to_json([event])) == [kept]


def test_every_kind_of_event_has_its_name_in_the_journal() -> None:
    kept = {"LimitReached": "Guarded"}
    kinds = [member for group in get_args(Event) for member in (get_args(group) or (group,))]
    assert {kept.get(kind.__name__, kind.__name__) for kind in kinds} == set(EVENT_NAMES)
    assert event_name("Whistled") is None


def test_every_input_has_its_kind_in_the_journal() -> None:
    assert {journal.input_kind(object.__new__(kind)) for kind in get_args(Input)} == set(get_args(journal.InputKind))


def test_events_keep_their_order() -> None:
    written = journal.to_json([Said("您好。", "zh"), Ended("hangup")])
    assert [event["type"] for event in json.loads(written)] == ["Said", "Ended"]
    assert journal.last_type(written) == "Ended"
    assert "您好" in written, "readable in the store"


@pytest.mark.parametrize(("heard", "kind"), [(Digits("1"), "digits"), (Silence(), "silence"), (HungUp(), "hung-up")])
def test_an_input_is_kept_by_its_kind_alone(heard: Input, kind: str) -> None:
    assert journal.input_kind(heard) == kind


def test_a_booking_keeps_when_and_whom() -> None:
    assert json.loads(journal.to_json([Booking("support", "+8613800138000", AT)]))[0]["at"] == AT.isoformat()
