"""An app that brings two people together by itself: callers wait, agents are rung, live calls are steered.

The whole way of a contact centre: a caller in <Enqueue>, an agent who is rung and presses 1, both in one room, hold by
taking the caller out and back, a colleague asked in a second room, three in one, and how each of them goes.
"""

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from ivr.network import Line, rest

from .test_rest import InProcess
from .twiml_app import CALLER, NUMBER, TOKEN, network

AGENT, SENIOR = "+8613900000001", "+8613900000002"
BASE = "http://hotline.test"
ROOM = '<Dial action="/left"><Conference beep="false" waitUrl=""{}>{}</Conference></Dial>'
PAGES = {
    "/voice": '<Enqueue waitUrl="/wait" action="/done">support</Enqueue>',
    "/wait": '<Say language="zh-CN">请稍候</Say><Pause length="10"/>',
    "/done": "<Say>after the queue</Say>",
    "/agent": '<Gather numDigits="1" action="/accept"><Say>press 1 to accept</Say></Gather><Hangup/>',
    "/accept": "<Say>the whisper</Say>" + ROOM.format(' endConferenceOnExit="true"', "r1"),
    "/room": ROOM.format("", "r1"),
    "/second": ROOM.format("", "r2"),
    "/hold": '<Play loop="0">/music.mp3</Play>',
    "/left": "<Say>after the room</Say>",
    "/after": "<Say>steered</Say>",
    "/music.mp3": ("200 OK", {"Content-Type": "audio/mpeg"}, b"not looked at"),
    "/events": ("204 No Content", {}, b""),
}
EVENTS = ("initiated", "ringing", "answered", "completed")


class Floor:
    """A caller in the queue, and an agent whose phone was rung."""

    def __init__(self, **pages):
        self.net, self.app = network({**PAGES, **pages})
        self.lin = self.net.person(AGENT, answers_after=2)
        self.zhou = self.net.person(SENIOR, answers_after=2)
        self.caller = self.net.dial(NUMBER, CALLER)
        self.net.run(5)

    def ring(self, number=AGENT, url="/agent", timeout=20):
        expected = f"{BASE}/events"
        return self.net.place_call(
            NUMBER, number, BASE + url, timeout=timeout, status_callback=expected, status_callback_event=EVENTS
        )  # fmt: skip

    def accepted(self, agent):
        """Somebody picks up, presses 1 and hears the whisper."""
        agent.listen()
        agent.press("1")
        agent.hears("the whisper")
        return agent

    def steer(self, call, path):
        assert self.net.update_call(call.sid, BASE + path if path else "")

    def talking(self):
        """Caller and agent in one room; gives the agent's call."""
        agent = self.accepted(self.ring())
        self.net.run(2)
        self.steer(self.caller, "/room")
        self.net.run(1)
        return agent

    def hear_each_other(self, *calls):
        """Who hears whom: pairs of (speaker, listener) as they stand in `calls`."""
        found = set()
        for speaker, call in enumerate(calls):
            words = f"words {speaker} at {self.net.clock.seconds}"
            call.say(words, seconds=1)
            found |= {
                (speaker, hearer) for hearer, other in enumerate(calls) if hearer != speaker and words in other.heard
            }
        return found


def test_a_waiting_caller_and_a_rung_agent_meet_in_a_room():
    floor = Floor()
    agent = floor.talking()
    assert floor.hear_each_other(floor.caller, agent) == {(0, 1), (1, 0)}
    assert "press 1 to accept" not in floor.caller.heard
    assert floor.app.forms("/accept", "Digits", "Direction", "To") == [("1", "outbound-api", AGENT)]
    assert floor.app.forms("/room", "CallSid", "CallStatus", "Direction") == [
        (floor.caller.sid, "in-progress", "inbound")
    ]


def test_a_caller_who_is_steered_out_of_the_queue_is_told_of_and_its_answer_is_not_performed():
    floor = Floor()
    floor.steer(floor.caller, "/after")
    floor.caller.hears("steered")
    floor.net.run(5)
    assert floor.app.forms("/done", "QueueResult", "QueueTime", "CallStatus") == [("redirected", "5", "in-progress")]
    assert "after the queue" not in floor.caller.heard
    assert not floor.net.queue("support").members


def test_a_caller_may_be_steered_while_the_wait_document_is_fetched():
    floor = Floor()
    steered = []

    def wait(request):
        steered.append(floor.net.update_call(request.form["CallSid"], f"{BASE}/after"))
        return "<Say>too late</Say>"

    floor.app.pages["/wait"] = wait
    floor.caller.hears("steered", within=20)
    assert steered == [True]
    assert "too late" not in floor.caller.heard


def test_nobody_is_told_when_a_caller_is_steered_out_of_a_room():
    floor = Floor()
    agent = floor.talking()
    floor.steer(floor.caller, "/after")
    floor.caller.hears("steered")
    assert floor.app.to("/left") == []
    assert agent.status == "in-progress"


def test_hold_is_a_way_out_and_back_and_the_agent_stays():
    floor = Floor()
    agent = floor.talking()
    floor.steer(floor.caller, "/hold")
    floor.net.run(30)
    assert floor.hear_each_other(floor.caller, agent) == set()
    assert "/music.mp3" in floor.caller.heard
    floor.steer(floor.caller, "/room")
    floor.net.run(1)
    assert floor.hear_each_other(floor.caller, agent) == {(0, 1), (1, 0)}
    assert [room.status for room in floor.net.conferences] == ["in-progress"]


def test_the_caller_may_hang_up_on_hold():
    floor = Floor()
    agent = floor.talking()
    floor.steer(floor.caller, "/hold")
    floor.net.run(5)
    floor.caller.hang_up()
    assert (floor.caller.status, agent.status) == ("completed", "in-progress")


ENDS = {
    "who ends the room hangs up": ("/accept", lambda floor, agent: agent.hang_up(), True),
    "who ends the room is steered away": ("/accept", lambda floor, agent: floor.steer(agent, "/after"), True),
    "who does not hangs up": ("/stays", lambda floor, agent: agent.hang_up(), False),
    "who does not is steered away": ("/stays", lambda floor, agent: floor.steer(agent, "/after"), False),
}  # fmt: skip


@pytest.mark.parametrize(("accept", "leave", "ends"), ENDS.values(), ids=ENDS)
def test_a_room_ends_when_somebody_who_ends_it_leaves_in_whatever_way(accept, leave, ends):
    floor = Floor(**{"/stays": "<Say>the whisper</Say>" + ROOM.format("", "r1")})
    floor.app.pages["/agent"] = floor.app.pages["/agent"].replace("/accept", accept)
    agent = floor.talking()
    leave(floor, agent)
    floor.net.run(5)
    expected = floor.app.forms("/left", "CallSid", "DialCallStatus", "CallStatus")
    assert ((floor.caller.sid, "answered", "in-progress") in expected) is ends
    assert ("after the room" in floor.caller.heard) is ends


def test_who_hangs_up_in_a_room_leaves_a_last_word_and_nobody_is_dropped():
    floor = Floor()
    agent = floor.talking()
    floor.caller.hang_up()
    floor.net.run(1)
    assert floor.app.forms("/left", "CallSid", "DialCallStatus", "CallStatus") == [
        (floor.caller.sid, "answered", "completed")
    ]
    assert agent.status == "in-progress"


def test_a_colleague_is_asked_in_a_second_room_then_three_talk_then_two():
    floor = Floor()
    first = floor.app.pages["/accept"] = "<Say>the whisper</Say>" + ROOM.format("", "r1")
    lin = floor.talking()
    floor.steer(floor.caller, "/hold")
    floor.steer(lin, "/second")
    floor.app.pages["/accept"] = first.replace("r1", "r2")
    zhou = floor.accepted(floor.ring(SENIOR))
    floor.net.run(3)
    everybody = floor.caller, lin, zhou
    assert floor.hear_each_other(*everybody) == {(1, 2), (2, 1)}
    for call in everybody:
        floor.steer(call, "/room")
    floor.net.run(1)
    assert floor.hear_each_other(*everybody) == {(a, b) for a in range(3) for b in range(3) if a != b}
    floor.steer(lin, "/after")
    floor.net.run(2)
    assert floor.hear_each_other(floor.caller, zhou) == {(0, 1), (1, 0)}
    assert lin.ended
    assert [(room.name, len(room.participants)) for room in floor.net.conferences if room.participants] == [("r1", 2)]


def test_a_room_whose_last_has_left_begins_anew_under_the_same_name():
    floor = Floor()
    agent = floor.talking()
    agent.hang_up()
    floor.net.run(3)
    assert floor.caller.status == "completed"
    again = floor.net.dial(NUMBER, CALLER)
    floor.caller = again
    floor.net.run(1)
    agent = floor.talking()
    assert floor.hear_each_other(again, agent) == {(0, 1), (1, 0)}
    assert [room.name for room in floor.net.conferences] == ["r1", "r1"]
    assert len({room.sid for room in floor.net.conferences}) == 2


def test_the_agent_waits_in_the_room_alone_if_the_caller_never_comes():
    floor = Floor()
    floor.caller.hang_up()
    agent = floor.accepted(floor.ring())
    floor.net.run(60)
    assert (agent.status, [room.status for room in floor.net.conferences]) == ("in-progress", ["init"])
    floor.steer(agent, "")
    floor.net.run(1)
    assert (agent.status, agent.ended_by) == ("completed", "network")


RUNG = {
    "busy": (Line.busy(), [("initiated", 0), ("ringing", 0), ("busy", 1)]),
    "failed": (Line.fails(), [("initiated", 0), ("ringing", 0), ("failed", 1)]),
    "declined": (Line.rejects(after=3), [("initiated", 0), ("ringing", 0), ("busy", 3)]),
    "not answered": (Line.no_answer(), [("initiated", 0), ("ringing", 0), ("no-answer", 20)]),
    "answered too late": (Line.answers(after=30), [("initiated", 0), ("ringing", 0), ("no-answer", 20)]),
    "answered": (Line.answers(after=4, hangs_up_after=3), [("initiated", 0), ("ringing", 0), ("in-progress", 4),
                                                         ("completed", 7)]),
}  # fmt: skip


@pytest.mark.parametrize(("line", "expected"), RUNG.values(), ids=RUNG)
def test_the_status_callback_tells_how_a_rung_phone_fared_and_when(line, expected):
    floor = Floor()
    floor.net.line(AGENT, line)
    began = floor.net.clock.now().replace(microsecond=0)
    agent = floor.ring()
    moments = []
    floor.net.observe_requests(
        lambda made: moments.append(floor.net.clock.now()) if made.url.endswith("/events") else None
    )
    floor.net.run(60)
    statuses = [status for (status,) in floor.app.forms("/events", "CallStatus")]
    assert list(zip(statuses, [round((at - began).total_seconds()) for at in moments], strict=True)) == expected
    assert agent.status == statuses[-1]
    assert floor.app.forms("/events", "CallDuration", "SequenceNumber")[-1] == (
        "3" if statuses[-1] == "completed" else "0", str(len(expected) - 1),
    )  # fmt: skip


def test_a_phone_that_rings_stops_when_the_app_hangs_up():
    floor = Floor()
    floor.net.line(AGENT, Line.no_answer())
    agent = floor.ring()
    floor.net.run(5)
    floor.steer(agent, "")
    floor.net.run(30)
    assert agent.status == "canceled"
    assert floor.app.forms("/events", "CallStatus")[-1] == ("canceled",)
    assert floor.net.update_call(agent.sid, "") is False


def test_a_phone_that_rings_cannot_be_steered():
    floor = Floor()
    floor.net.line(AGENT, Line.answers(after=10))
    agent = floor.ring()
    floor.net.run(5)
    assert floor.net.update_call(agent.sid, f"{BASE}/after") is False
    client = Client(floor.net.account_sid, TOKEN, http_client=InProcess(rest(floor.net)))
    with pytest.raises(TwilioRestException) as refused:
        client.calls(agent.sid).update(url=f"{BASE}/after")
    assert (refused.value.status, refused.value.code) == (400, 21220)
    agent.hears("press 1 to accept")


@pytest.mark.parametrize("path", ["/room", "/hold", ""])
def test_a_call_that_is_over_cannot_be_steered(path):
    floor = Floor()
    floor.caller.hang_up()
    assert floor.net.update_call(floor.caller.sid, BASE + path if path else "") is False


def test_a_person_may_be_left_to_pick_up_or_decline_by_hand():
    floor = Floor()
    person = floor.net.person(AGENT, answers_after=None)
    first = floor.ring()
    floor.net.run(6)
    assert (first.status, person.call.ringing) == ("ringing", True)
    assert person.call.pick_up() is True
    floor.net.run(0)
    assert (first.status, person.call.ringing) == ("in-progress", False)
    first.hang_up()
    second = floor.ring()
    floor.net.run(6)
    person.call.decline()
    floor.net.run(0)
    assert (second.status, len(person.calls)) == ("busy", 2)
    third = floor.ring()
    floor.net.run(60)
    assert third.status == "no-answer"
    assert person.call.pick_up() is False


WHYS = {
    "hangs up": (lambda floor: floor.caller.hang_up(), "participant_hung_up"),
    "is steered away": (lambda floor: floor.steer(floor.caller, "/hold"), "participant_updated_via_api"),
}


@pytest.mark.parametrize(("leave", "why"), WHYS.values(), ids=WHYS)
def test_the_rooms_callback_is_told_why_somebody_left(leave, why):
    expected = ' statusCallback="/events" statusCallbackEvent="leave"'
    floor = Floor(**{"/accept": "<Say>the whisper</Say>" + ROOM.format(expected, "r1")})
    floor.talking()
    leave(floor)
    floor.net.run(1)
    assert ("participant-leave", floor.caller.sid, why) in floor.app.forms(
        "/events", "StatusCallbackEvent", "CallSid", "ReasonParticipantLeft"
    )


@pytest.mark.parametrize("role", ["agent", "caller"])
def test_who_speaks_on_a_call_of_the_account_is_who_stands_at_the_line(role):
    floor = Floor()
    floor.net.person(AGENT, answers_after=1, role=role)
    called = floor.ring()
    called.listen()
    called.hang_up()
    assert (called.ended_by, [entry.who for entry in called.transcript if entry.kind == "hung up"]) == (role, [role])
