"""What is written down of a turn, and what never is."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import UTC, datetime
from typing import get_args

import pytest

from ivr.call.events import (
    Booking,
    CallbackBooked,
    Check,
    Digits,
    Ended,
    Event,
    Gathering,
    HungUp,
    Input,
    LookUp,
    Moved,
    Said,
    Silence,
    TicketOpened,
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
        CallbackBooked("support", "+8613800138000", AT),
        {"type": "CallbackBooked", "queue": "support", "number": "+8613800138000", "at": "2026-11-23T09:00:00+00:00"},
    ),
    (LookUp("refund"), {"type": "LookUp", "handler": "refund"}),
    (
        Check("customer", "62220001", "pin", "pin", "220001"),
        {"type": "Check", "policy": "customer", "factor": "pin", "method": "pin"},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("event", "kept"), TABLE, ids=[type(event).__name__ for event, _ in TABLE])
def test_an_event_is_kept_by_its_fields(event: Event, kept: dict[str, object]) -> None:
    assert json.loads(journal.to_json([event])) == [kept]


def test_events_keep_their_order() -> None:
    written = journal.to_json([Said("您好。", "zh"), Ended("hangup")])
    assert [event["type"] for event in json.loads(written)] == ["Said", "Ended"]
    assert journal.last_type(written) == "Ended"
    assert "您好" in written, "readable in the store"


def test_no_event_with_a_secret_keeps_it() -> None:
    secret = {kind for kind in get_args(Event) if any(field.name == "secret" for field in fields(kind))}
    assert {(kind, "secret") for kind in secret} <= journal.NEVER_KEPT


@pytest.mark.parametrize(("heard", "kind"), [(Digits("1"), "digits"), (Silence(), "silence"), (HungUp(), "hung-up")])
def test_an_input_is_kept_by_its_kind_alone(heard: Input, kind: str) -> None:
    assert journal.kind(heard) == kind


def test_a_booking_keeps_when_and_whom() -> None:
    assert json.loads(journal.to_json([Booking("support", "+8613800138000", AT)]))[0]["at"] == AT.isoformat()
