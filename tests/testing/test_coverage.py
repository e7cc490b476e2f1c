"""What calls have taken of the flows is counted by language, and what they have not is told."""

from __future__ import annotations

import json

import pytest

from ivr.call.events import Digits, Silence
from ivr.hotline.journal import to_json
from ivr.testing.coverage import Coverage, CoverageItem, as_text, colours
from tests.call.hotlines import Played
from tests.testing.small_hotline import model


@pytest.fixture
def flows():
    return model().edition.flows


def events(*heard: object) -> list[dict[str, object]]:
    """What the journal keeps of a call in which this was heard, turn by turn."""
    call = Played(model().edition)
    kept = json.loads(to_json(call.events))
    for one in heard:
        kept += json.loads(to_json(call.hear(one).events))
    return kept


def covered(flows, *calls) -> Coverage:
    coverage = Coverage.of(flows)
    for call in calls:
        coverage.add(call)
    return coverage


def test_nothing_is_taken_without_calls(flows):
    assert covered(flows).percent() == 0.0


def test_a_step_counts_in_the_language_in_which_it_was_heard(flows):
    coverage = covered(flows, events(Digits("2")))
    assert coverage.taken[CoverageItem("step", "hotline.main", "", "en")] == 1
    assert CoverageItem("step", "hotline.main", "", "zh") in coverage.missing("step")


def test_a_way_that_chooses_a_language_counts_in_the_language_of_the_question(flows):
    coverage = covered(flows, events(Digits("2")))
    assert coverage.taken[CoverageItem("way", "hotline.welcome", "key_2", "zh")] == 1
    assert CoverageItem("way", "hotline.welcome", "key_2", "en") in coverage.missing("way")


def test_a_way_counts_with_its_outcome(flows):
    coverage = covered(flows, events(Digits("2"), Silence(), Silence()))
    assert coverage.taken[CoverageItem("way", "hotline.main", "exhausted", "en")] == 1


def test_a_key_that_works_everywhere_counts_once(flows):
    coverage = covered(flows, events(Digits("1"), Digits("9")))
    assert coverage.taken[CoverageItem("key", "hotline", "key_9")] == 1
    assert not [item for item in coverage.items if item.kind == "way" and item.how == "key_9"]


def test_outcomes_of_handlers_and_states_of_calendars_are_ways_out(flows):
    ways = {item.how for item in covered(flows).items if item.kind == "way"}
    assert {"approved", "overdue", "not_found", "unavailable", "closed"} <= ways


def test_calls_of_other_flows_take_nothing_that_there_is(flows):
    stranger = [{"type": "Moved", "state": "old.step", "outcome": "next", "to": "old.other"}]
    assert covered(flows, stranger).percent() == 0.0


def test_the_listing_tells_figures_and_what_is_missing(flows):
    told = as_text(covered(flows, events(Digits("2"))), most=2)
    assert "never taken:" in told
    assert "more" in told.splitlines()[-1]


def test_each_step_has_a_colour_for_pictures(flows):
    found = colours(covered(flows, events(Digits("2"))))
    assert (found["hotline.welcome"], found["hotline.ticket"]) == ("partly", "untaken")


def test_ways_that_nobody_took_are_told_for_pictures(flows):
    found = colours(covered(flows, events(Digits("2"))))
    ways = {way: colour for way, colour in found.items() if "/" in way}
    assert set(ways.values()) <= {"partly", "untaken"}
    assert {
        f"{item.name}/{item.how}" for item in covered(flows, events(Digits("2"))).missing() if item.kind == "way"
    } == set(ways)
