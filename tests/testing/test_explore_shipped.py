"""The shipped hotline is proven, and the calls that exploring writes down go as it says when they are replayed."""

from __future__ import annotations

import pytest

from ivr.call.events import Gathering
from ivr.hotline.handlers import catalogue
from ivr.testing.explorer.conditions import circumstances
from ivr.testing.explorer.counterexample import script_of, told
from ivr.testing.explorer.distances import call_to
from ivr.testing.explorer.explore import Bounds, Explored, Finding, Ground, explore
from ivr.testing.explorer.figures import figures
from ivr.testing.local_target import LocalTarget
from ivr.testing.reader import read_script
from ivr.testing.runner import run_script
from ivr.webhooks.twiml import TwimlWriter
from tests import walking

EVERY = 12
"""Of all kinds of places, so many are replayed."""


@pytest.fixture(scope="module")
def shipped() -> Explored:
    edition, config = walking.edition(), walking.config()
    writer = TwimlWriter("https://hotline.example.com", config.voices, config.numbers.destinations)
    ground = Ground.of(edition, catalogue(), circumstances(edition, walking.WEDNESDAY))
    return explore(ground, lambda events: writer.write("CA0", 1, events), Bounds(lane="security"))


def test_the_shipped_hotline_is_proven(shipped):
    assert shipped.is_proven, "\n".join(f"{each.message}: {told(each.way)}" for each in shipped.findings)


def test_every_step_of_the_shipped_hotline_is_reached(shipped):
    reached = {state for step in shipped.walk.steps() for state in step.moves}
    flows = shipped.walk.ground.edition.flows.flows
    assert reached == {f"{flow.name}.{step}" for flow in flows.values() for step in flow.steps}


def test_every_topic_has_an_answer_and_a_person_within_reach(shipped):
    for row in figures(shipped.walk):
        assert None not in (row.answer_keys, row.person_keys), row
        assert row.longest_menu_seconds < 30, row


def test_calls_written_down_go_as_they_were_explored(shipped):
    walk = shipped.walk
    kinds = {}
    for place in walk.places:
        if isinstance(place.wait, Gathering):
            kinds.setdefault((place.state, place.language, bool(place.session.account)), place)
    with LocalTarget(walking.config()) as target:
        replayed = 0
        for place in list(kinds.values())[::EVERY]:
            way = call_to(walk, lambda step, index=place.index: step.target == index)
            text = script_of(walk, Finding("never-stuck", f"to {place.state}", way))
            scripts, issues = read_script(text, "x.call.yaml", target.names)
            assert not issues, text
            if "To be completed by hand" not in text:
                replayed += 1
                failures = run_script(scripts[0], target).failures
                assert not failures, f"{text}\n{failures[0].message}"
    assert replayed > 10
