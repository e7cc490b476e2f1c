"""Conferences: who hears whom, beeps, and what is recorded. docs/twilio-facts.md#a8-conference"""

import pytest

from ivr.network.line.conferences import put_on_hold

from .twiml_app import CALLER, NUMBER, network

SECOND, THIRD = "+8613800138001", "+8613800138002"


def room(attributes=""):
    net, app = network({"/voice": f'<Dial><Conference waitUrl="" {attributes}>room</Conference></Dial>', "/events": ""})
    return net, app


def test_a_beep_is_heard_by_those_who_are_in_when_somebody_comes_or_goes():
    net, _ = room()
    one, two = net.dial(NUMBER), net.dial(NUMBER, SECOND)
    net.run(1)
    three = net.dial(NUMBER, THIRD)
    net.run(1)
    three.hang_up()
    net.run(1)
    assert [call.heard.count("[beep]") for call in (one, two)] == [2, 2]


@pytest.mark.parametrize(("beep", "count"), [("false", 0), ("onEnter", 1), ("onExit", 1)])
def test_beeps_may_be_fewer(beep, count):
    net, _ = room(f'beep="{beep}"')
    one, _ = net.dial(NUMBER), net.dial(NUMBER, SECOND)
    net.run(1)
    net.dial(NUMBER, THIRD).hang_up()
    net.run(1)
    assert one.heard.count("[beep]") == count


def test_a_coach_is_heard_by_the_coached_alone_and_nobody_on_hold_hears_anything():
    net, app = room('beep="false"')
    agent, customer = net.dial(NUMBER), net.dial(NUMBER, SECOND)
    net.run(1)
    app.pages["/voice"] = f'<Dial><Conference beep="false" coach="{agent.sid}">room</Conference></Dial>'
    coach = net.dial(NUMBER, THIRD)
    net.run(1)
    coach.say("offer a refund")
    assert ("refund" in agent.heard, "refund" in customer.heard) == (True, False)
    customer.say("hello")
    assert ("hello" in coach.heard, "hello" in agent.heard) == (True, True)
    (open_room,) = net.conferences
    held = next(p for p in open_room.participants if p.leg is customer.leg)
    put_on_hold(open_room, held, hold=True)
    agent.say("one moment")
    assert ("moment" in customer.heard, "moment" in coach.heard) == (False, True)


def test_a_recorded_conference_is_reported_when_its_first_participant_has_gone():
    net, app = room('record="record-from-start" recordingStatusCallback="/events" endConferenceOnExit="true"')
    one, two = net.dial(NUMBER, CALLER), net.dial(NUMBER, SECOND)
    net.run(1)
    two.say("good morning", seconds=3)
    one.hang_up()
    net.run(1)
    assert app.forms("/events", "RecordingSource", "RecordingStatus", "RecordingDuration") == [
        ("Conference", "completed", "3")
    ]
    (kept,) = net.recordings.values()
    assert (kept.words, kept.conference_sid) == ("good morning", net.conferences[0].sid)
    assert two.ended


def test_a_scripted_person_speaks_when_the_conference_has_begun():
    net, _ = room('beep="false"')
    net.person(SECOND, answers_after=2, says=("this is Lin", "how can I help?"), talks_for=12)
    called = net.place_call(NUMBER, SECOND, "http://hotline.test/voice")
    net.run(30)
    assert called.status == "in-progress"  # alone in it, nothing is said yet
    caller = net.dial(NUMBER, CALLER)
    assert caller.listen() == "this is Lin how can I help?"
    net.run(20)
    assert called.duration == 28 + 12
