"""Sessions that an earlier release wrote, resumed by this one: a call survives an upgrade in the middle.

The files in `sessions/` were written by 0.1.0 as of commit a3e9247. The JSON of a session and of its events is a
public format: add files for what is new, and leave these sessions as they are. What follows from them is what this
release does: all its questions listen to words.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from ivr.call import engine, events
from ivr.call.identity import Policy
from ivr.call.machine import FlowMachine
from ivr.call.session import Session
from ivr.call.turn import Edition, World
from ivr.call.values import Value
from ivr.flow.reading.reader import read_flows
from ivr.hotline import journal
from tests.call.hotlines import Numbered

FOLDER = Path(__file__).parent / "sessions"
STORED = sorted(path.stem for path in FOLDER.glob("*.json"))


def stored(name: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    return read


@cache
def edition() -> Edition:
    """The hotline in whose steps the stored sessions stand."""
    sources = {path.name: path.read_text("utf-8") for path in sorted(FOLDER.glob("*.yaml"))}
    flows, issues = read_flows(sources, "hotline", ("zh", "en"))
    assert flows is not None, "\n".join(map(str, issues))
    return Edition(flows, FlowMachine(flows), policies={"customer": Policy("customer")})


def heard_input(written: Mapping[str, Any]) -> events.Input:
    """The input of a stored session; its typed values are written as [kind, text]."""
    fields = dict(written)
    kind = fields.pop("type")
    if "values" in fields:
        fields["values"] = {name: Value(*pair) for name, pair in fields["values"].items()}
    made: events.Input = getattr(events, kind)(**fields)
    return made


@pytest.mark.parametrize("name", STORED)
def test_a_stored_session_goes_on_as_it_would_have(name: str) -> None:
    case = stored(name)
    world = World(datetime.fromisoformat(case["at"]), Numbered())
    session = Session.from_json(json.dumps(case["session"]))
    turn = engine.answer(edition(), session, heard_input(case["heard"]), world)
    assert json.loads(journal.to_json(turn.events)) == case["events"]
    after = json.loads(turn.session.to_json())
    assert {name: after[name] for name in case["after"]} == case["after"], "a later release may only add fields"


@pytest.mark.parametrize("name", STORED)
def test_a_stored_session_is_written_again_as_it_was(name: str) -> None:
    text = json.dumps(stored(name)["session"], ensure_ascii=False, separators=(",", ":"))
    assert Session.from_json(text).to_json() == text


def test_a_session_of_every_wait_is_stored() -> None:
    inputs = {stored(name)["heard"]["type"] for name in STORED}
    assert inputs == {
        "Digits", "Spoken", "LookedUp", "Recorded", "QueueEnded", "TransferEnded", "HungUp", "Resumed"
    }  # fmt: skip


@pytest.mark.parametrize("name", STORED)
def test_a_session_is_copied_as_dataclasses_are(name: str) -> None:
    session = Session.from_json(json.dumps(stored(name)["session"]))
    changed = session.replace(turns=7, language="xx")
    assert changed == dataclasses.replace(session, turns=7, language="xx")
    assert changed != session
    with pytest.raises(TypeError, match="has no turn"):
        session.replace(turn=7)
