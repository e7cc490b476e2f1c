"""The shipped hotline is proven, and the calls that exploring writes down go as it says when they are replayed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ivr.call.engine import answer
from ivr.call.events import Entered, Gathering, audible
from ivr.testing.explorer.counterexample import described, script_of
from ivr.testing.explorer.distances import call_to, speech
from ivr.testing.explorer.explore import Finding
from ivr.testing.explorer.figures import figures
from ivr.testing.explorer.search import ANY
from ivr.testing.local_target import LocalTarget
from ivr.testing.reader import read_script
from ivr.testing.runner import run_script
from tests import shipped_hotline

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3_600)]
"""They walk all that can happen, which takes two minutes; `ivr explore` shows it to whoever edits the flows."""

PERSON_SECONDS, PERSON_KEYS, MENU_SECONDS = 60, 3, 30
"""How far a person is from the first ring on an ordinary day, whatever the topic; and how long the main menu lasts."""
ONE_MORE = {"case_status"}
"""Topics in which the caller first says in two keys that they have no number."""
MOST_PLACES = 55_000
"""One value is read from the main menu on, and doubles them: the number of a case, which nobody is asked for again."""
EVERY = 12
"""Of all kinds of places, so many are replayed."""
EVERY_EDGE = 41
"""Of all turns in a flow that another runs, so many are taken again."""


def test_the_shipped_hotline_is_proven(shipped):
    assert shipped.is_proven, "\n".join(f"{each.message}: {described(each.path)}" for each in shipped.findings)


def test_every_step_of_the_shipped_hotline_is_reached(shipped):
    reached = {state for edge in shipped.space.edges() for state in edge.entered}
    flows = shipped.space.model.edition.flows.flows
    assert reached == {f"{flow.name}.{step}" for flow in flows.values() for step in flow.steps}


def test_no_value_makes_as_many_places_again(shipped):
    """A value that is read from the main menu on doubles all places: it should be read there for a reason."""
    assert len(shipped.space.nodes) <= MOST_PLACES


def test_every_topic_has_an_answer_and_a_person_within_reach(shipped):
    for row in figures(shipped.space):
        assert None not in (row.answer_keys, row.person_keys), row
        assert row.longest_menu_seconds < 30, row
        assert row.person_seconds <= PERSON_SECONDS, row
        assert row.person_keys <= PERSON_KEYS + (row.topic in ONE_MORE), row


def test_the_main_menu_takes_half_a_minute_at_any_hour(shipped):
    """From the key of the language to the end of the menu."""
    conditions = shipped.space.model.conditions
    lasting = {
        (conditions[edge.condition].name, said.language): speech(edge.said)
        for edge in shipped.space.edges()
        if edge.condition != ANY and "hotline.opening_hours" in edge.entered and edge.entered[-1] == "hotline.main"
        for said in edge.said
    }
    ordinary = {hour: seconds for hour, seconds in lasting.items() if hour[0] in ("open", "closed")}
    assert len(ordinary) == 4
    assert max(ordinary.values()) <= MENU_SECONDS, ordinary


def test_calls_written_down_go_as_they_were_explored(shipped):
    space = shipped.space
    kinds = {}
    for node in space.nodes:
        if isinstance(node.wait, Gathering):
            kinds.setdefault((node.state, node.language, bool(node.session.account)), node)
    with LocalTarget(shipped_hotline.config()) as target:
        replayed = 0
        for node in list(kinds.values())[::EVERY]:
            path = call_to(space, lambda edge, index=node.index: edge.target == index)
            text = script_of(space, Finding("never-stuck", f"to {node.state}", path))
            scripts, issues = read_script(text, "x.call.yaml", target.names)
            assert not issues, text
            if "To be completed by hand" not in text:
                replayed += 1
                failures = run_script(scripts[0], target).failures
                assert not failures, f"{text}\n{failures[0].message}"
    assert replayed > 10


def test_a_turn_that_was_taken_for_another_call_is_what_the_engine_makes_of_it(shipped):
    space = shipped.space
    inside = [edge for node in space.nodes if node.session.stack for edge in node.edges if edge.action.heard]
    assert len(inside) > 10_000
    for edge in inside[::EVERY_EDGE]:
        node = space.nodes[edge.source]
        world = space.model.conditions[node.condition if edge.condition == ANY else edge.condition].world()
        turn = answer(space.model.edition, replace(node.session, started_at=world.now), edge.action.heard, world)
        assert tuple(event.state for event in turn.events if isinstance(event, Entered)) == edge.entered
        assert audible(turn.events) == edge.said
        assert space.model.keys.key(turn.session, turn.events[-1]) == space.nodes[edge.target].key
