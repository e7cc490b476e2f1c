"""A caller stands at a step already, with what would be set there."""

from __future__ import annotations

import pytest

from ivr.app.demo import demo_callers
from ivr.call import engine
from ivr.call.events import Digits, Said
from ivr.call.session import Session, Turn
from ivr.call.turn import World
from ivr.call.values import Value
from ivr.hotline.demo import DemoCaller
from ivr.testing.standing import standing_at
from tests.shipped import SPECS
from tests.shipped_hotline import WEDNESDAY, Numbered, config, edition, flows

NEW = Session(
    call="CA1", digest="d", language="zh", started_at=WEDNESDAY, caller="+8613800138000",
    values={"today": Value("date", "2026-11-25"), "caller": Value("phone", "+8613800138000")},
)  # fmt: skip
WORLD = World(WEDNESDAY, Numbered())
STATES = [f"{flow.name}.{step}" for flow in flows().flows.values() for step in flow.steps]


def someone(language: str = "en") -> DemoCaller:
    return next(person for person in demo_callers(config(), WEDNESDAY) if person.language == language)


def stood(state: str, caller: DemoCaller | None) -> Turn:
    session = standing_at(NEW, state, flows(), config().catalogue(SPECS), caller)
    return engine.begin(edition(), session, WORLD)


@pytest.mark.parametrize("state", STATES)
def test_a_call_can_begin_at_any_step_and_every_value_that_is_said_there_is_made_up(state: str) -> None:
    said = [event.text for event in stood(state, someone()).events if isinstance(event, Said)]
    assert not [text for text in said if "{" in text]


def test_who_must_be_identified_is_the_caller_who_is_chosen() -> None:
    amy = someone()
    session = standing_at(NEW, "balance.look_up", flows(), config().catalogue(SPECS), amy)
    assert (session.account, session.factor, session.language) == (amy.account, "code", "en")
    assert session.values["customer"].text == amy.names["en"]


def test_a_flow_that_others_run_ends_where_they_go_on() -> None:
    session = standing_at(NEW, "refund.which", flows(), config().catalogue(SPECS), someone())
    assert session.stack
    assert session.stack[-1].startswith("hotline.")
    taken = engine.answer(edition(), stood("refund.which", someone()).session, Digits("0"), WORLD)
    assert taken.session.stack[0].startswith("hotline.")
    assert not taken.session.ended


def test_a_step_that_is_not_there_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(KeyError):
        stood("refund.nowhere", None)
