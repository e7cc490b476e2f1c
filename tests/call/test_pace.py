"""The record holds what was heard, not what was written."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from ivr.call.pace import as_heard, heard_in
from ivr.store.rows import TurnRow

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
MENU = [
    {"type": "Said", "text": "请说出您需要的服务，或按键选择。", "language": "zh"},
    {"type": "Said", "text": "提现或退款，请按3。", "language": "zh"},
    {"type": "Gathering", "wait_seconds": 6},
]


@pytest.mark.parametrize(
    ("text", "language", "seconds", "heard"),
    [
        ("请说出您需要的服务。", "zh", 9, "请说出您需要的服务。"),
        ("请说出您需要的服务。", "zh", 0.9, "请说出您 —"),
        ("How can we help? Say it, or use the keys.", "en", 2, "How can we help? Say —"),
        ("How can we help?", "en", 0.2, ""),
    ],
)
def test_a_text_is_cut_where_its_time_was_over(text: str, language: str, seconds: float, heard: str) -> None:
    assert heard_in(text, language, seconds)[0] == heard


def said(seconds: float, kind: str) -> list[str]:
    """What was heard of the menu by somebody who does this so many seconds later."""
    turns = [
        TurnRow("CA1", 0, NOON, "began", json.dumps(MENU), NOON),
        TurnRow("CA1", 1, NOON + timedelta(seconds=seconds), kind, "[]", None),
    ]
    return [event["text"] for event in as_heard(turns)[0] if event["type"] == "Said"]


def test_a_key_in_the_middle_of_a_menu_cuts_off_what_follows() -> None:
    assert said(1.8, "digits") == ["请说出您需要的服 —"]
    assert said(4.0, "spoken") == ["请说出您需要的服务，或按键选择。", "提现或退 —"]
    assert said(20, "hung-up") == ["请说出您需要的服务，或按键选择。", "提现或退款，请按3。"]


def test_whoever_only_waits_has_heard_all() -> None:
    whole = said(20, "digits")
    assert said(1.8, "silence") == whole
    assert said(0.1, "digits") == whole, "nobody is so quick; such times tell nothing"
