"""Part B 6: dialling others, screening them, talking, and what the action is told."""

import pytest

from ivr.network import Line

from .twiml_app import CALLER, NUMBER, network

OTHER = "+8613900000000"
DIAL = f'<Dial action="/done" timeout="10">{OTHER}</Dial><Say>next verb</Say>'
DONE = "<Say>done</Say>"


@pytest.mark.parametrize(
    ("line", "status", "seconds"),
    [
        (Line.busy(), "busy", 1),
        (Line.no_answer(), "no-answer", 15),
        (Line.fails(), "failed", 1),
        (Line.rejects(), "busy", 2),
        (Line.answers(after=4, hangs_up_after=20), "completed", 24),
        (Line.answers(after=20), "no-answer", 15),
    ],
)
def test_the_action_is_told_how_it_went_and_no_answer_takes_five_seconds_more(line, status, seconds):
    net, app = network({"/voice": DIAL, "/done": DONE})
    net.line(OTHER, line)
    call = net.dial(NUMBER, CALLER)
    call.hears("done")
    assert app.forms("/done", "DialCallStatus", "CallStatus") == [(status, "in-progress")]
    assert next(e.seconds for e in call.transcript if e.text == "done") == seconds
    bridged = "true" if status == "completed" else "false"
    assert app.forms("/done", "DialBridged", "DialCallDuration") == [(bridged, "20" if bridged == "true" else None)]


def test_a_number_nobody_has_fails():
    net, app = network({"/voice": DIAL, "/done": DONE})
    net.dial(NUMBER).hears("done")
    assert app.forms("/done", "DialCallStatus") == [("failed",)]


def test_without_an_action_the_next_verb_runs():
    net, _ = network({"/voice": f"<Dial>{OTHER}</Dial><Say>next verb</Say>"})
    net.line(OTHER, Line.busy())
    net.dial(NUMBER).hears("next verb")


def test_the_two_hear_each_other():
    net, _ = network({"/voice": DIAL, "/done": DONE})
    person = net.person(OTHER, answers_after=4, says="您好，我是客服小林", hangs_up_after=8)
    call = net.dial(NUMBER)
    assert call.listen() == "您好，我是客服小林"
    call.say("我要退款")
    person.call.hears("我要退款")
    call.hears("done")


def test_the_child_leg_has_its_own_documents_and_callbacks():
    pages = {
        "/voice": '<Dial action="/done"><Number url="/screen" statusCallback="/events" '
        f'statusCallbackEvent="initiated ringing answered completed">{OTHER}</Number></Dial>',
        "/screen": '<Gather numDigits="1" action="/accept"><Say>press 1 to take the call</Say></Gather><Hangup/>',
        "/accept": "",
        "/events": "",
        "/done": DONE,
    }
    net, app = network(pages)
    net.person(OTHER, presses="1", says="hello", talks_for=3)
    call = net.dial(NUMBER, CALLER)
    call.hears("hello")
    call.hears("done")
    (screen,) = app.to("/screen")
    assert screen.form["ParentCallSid"] == call.sid != screen.form["CallSid"]
    assert (screen.form["Direction"], screen.form["CallStatus"]) == ("outbound-dial", "in-progress")
    assert (screen.form["From"], screen.form["To"]) == (CALLER, OTHER)
    assert app.forms("/events", "CallStatus", "SequenceNumber", "ParentCallSid") == [
        ("initiated", "0", call.sid),
        ("ringing", "1", call.sid),
        ("in-progress", "2", call.sid),
        ("completed", "3", call.sid),
    ]
    assert all(request.valid for request in app.requests)
    assert "press 1 to take the call" not in call.heard


def test_hanging_up_in_the_screening_is_completed_and_not_bridged():
    pages = {
        "/voice": f'<Dial action="/done"><Number url="/screen">{OTHER}</Number></Dial>',
        "/screen": "<Say>no</Say><Hangup/>",
        "/done": DONE,
    }
    net, app = network(pages)
    net.line(OTHER, Line.answers())
    net.dial(NUMBER).hears("done")
    assert app.forms("/done", "DialCallStatus", "DialBridged") == [("completed", "false")]


def test_a_dial_in_a_screening_document_is_13201():
    pages = {
        "/voice": f'<Dial action="/done"><Number url="/screen">{OTHER}</Number></Dial>',
        "/screen": "<Dial>+1</Dial>",
        "/done": DONE,
    }
    net, _ = network(pages)
    net.line(OTHER, Line.answers())
    net.dial(NUMBER).hears("done")
    assert 13201 in net.debugger.codes()


def test_of_many_rung_at_once_the_first_to_answer_wins():
    third = "+8613900000002"
    net, app = network({"/voice": f'<Dial action="/done"><Number statusCallback="/lost">{OTHER}</Number>'
                        f"<Number>{third}</Number></Dial>", "/done": DONE, "/lost": ""})  # fmt: skip
    net.line(OTHER, Line.answers(after=6))
    net.line(third, Line.answers(after=3, hangs_up_after=2))
    net.dial(NUMBER).hears("done")
    assert app.forms("/lost", "CallStatus", "CallDuration") == [("canceled", "0")]
    assert app.forms("/done", "DialCallStatus", "DialCallDuration") == [("completed", "2")]


def test_sequential_rings_one_after_another():
    third = "+8613900000002"
    nouns = f"<Number>{OTHER}</Number><Number>{third}</Number>"
    net, _ = network({"/voice": f'<Dial action="/done" sequential="true">{nouns}</Dial>', "/done": DONE})
    net.line(OTHER, Line.busy())
    net.line(third, Line.answers(after=3, hangs_up_after=2))
    call = net.dial(NUMBER)
    call.hears("done")
    assert next(e.seconds for e in call.transcript if e.text == "done") == 6


def test_star_hangs_up_on_the_other_when_asked_for():
    for flag, gone in (("true", True), ("false", False)):
        net, app = network({"/voice": DIAL.replace("<Dial", f'<Dial hangupOnStar="{flag}"'), "/done": DONE})
        net.line(OTHER, Line.answers(after=1))
        call = net.dial(NUMBER)
        call.wait(5)
        call.press("*")
        call.wait(1)
        assert app.forms("/done", "DialCallStatus") == ([("completed",)] if gone else [])


def test_answer_on_bridge_keeps_the_caller_ringing():
    net, _ = network({"/voice": f'<Dial answerOnBridge="true">{OTHER}</Dial>'})
    net.line(OTHER, Line.answers(after=6, hangs_up_after=2))
    call = net.dial(NUMBER)
    assert next(e.seconds for e in call.transcript if e.kind == "answered") == 6


def test_time_limit_ends_the_talk():
    net, app = network({"/voice": DIAL.replace("<Dial", '<Dial timeLimit="7"'), "/done": DONE})
    net.line(OTHER, Line.answers(after=1))
    net.dial(NUMBER).hears("done")
    assert app.forms("/done", "DialCallDuration") == [("7",)]


@pytest.mark.parametrize(("after", "status", "bridged"), [(2, "completed", "true"), (8, "canceled", "false")])
def test_the_action_is_asked_when_the_caller_hung_up(after, status, bridged):
    net, app = network({"/voice": DIAL, "/done": DONE})
    net.line(OTHER, Line.answers(after=after))
    call = net.dial(NUMBER)
    call.wait(5)
    call.hang_up()
    net.run(1)
    assert app.forms("/done", "DialCallStatus", "DialBridged", "CallStatus") == [(status, bridged, "completed")]
    assert {leg.status for leg in net.legs.values()} == {"completed", status}


def test_a_recorded_dial_leaves_a_recording():
    net, app = network({"/voice": DIAL.replace("<Dial", '<Dial record="record-from-answer"'), "/done": DONE})
    net.person(OTHER, answers_after=1, says="hello", hangs_up_after=5)
    net.dial(NUMBER).hears("done")
    ((sid, seconds),) = app.forms("/done", "RecordingSid", "RecordingDuration")
    assert seconds == "5"
    assert (net.recordings[sid].words, net.recordings[sid].source) == ("hello", "DialVerb")


def test_a_dialled_app_is_heard_and_takes_keys():
    net, app = network({"/voice": "<Dial>+864009999999</Dial><Say>back</Say>",
                        "/far": '<Gather numDigits="1" action="/far-key"><Say>far menu</Say></Gather>',
                        "/far-key": "<Say>far bye</Say>"})  # fmt: skip
    net.number("+864009999999", "http://hotline.test/far")
    call = net.dial(NUMBER, CALLER)
    call.hears("far menu")
    call.press("7")
    call.hears("far bye")
    call.hears("back")
    assert app.forms("/far-key", "Digits", "From", "To") == [("7", CALLER, "+864009999999")]


def test_a_conference_starts_with_the_second_and_ends_for_all():
    room = '<Dial action="/done"><Conference waitUrl="" {}>support</Conference></Dial>'
    pages = {"/voice": room.format(""), "/second": room.format('endConferenceOnExit="true"'), "/done": DONE}
    net, app = network(pages)
    net.number("+864002", "http://hotline.test/second")
    one = net.dial(NUMBER)
    one.wait(5)
    assert one.listening.kind == "hold"
    two = net.dial("+864002")
    net.run(1)
    two.say("hello everybody")
    one.hears("hello everybody")
    two.hang_up()
    one.hears("done")
    assert ("answered",) in app.forms("/done", "DialCallStatus")


def test_an_outbound_call_runs_its_document_when_answered():
    net, app = network({"/out": "<Say>your callback</Say>", "/events": ""})
    net.person(OTHER, answers_after=4)
    call = net.place_call(NUMBER, OTHER, url="http://hotline.test/out", status_callback="http://hotline.test/events",
                          status_callback_event=("initiated", "answered", "completed"))  # fmt: skip
    net.run(30)
    assert call.status == "completed"
    assert app.forms("/out", "Direction", "From", "To", "CallStatus") == [
        ("outbound-api", NUMBER, OTHER, "in-progress")
    ]
    assert app.forms("/events", "CallStatus") == [("initiated",), ("in-progress",), ("completed",)]


def test_an_outbound_call_to_a_busy_line_is_busy():
    net, _ = network({})
    net.line(OTHER, Line.busy())
    call = net.place_call(NUMBER, OTHER, url="http://hotline.test/out")
    net.run(5)
    assert (call.status, call.requests) == ("busy", ())


@pytest.mark.parametrize(("record", "told"), [("record-from-ringing", "9"), ("record-from-answer", "6")])
def test_a_recording_from_ringing_has_the_ringing_on_it(record, told):
    net, app = network({"/voice": f'<Dial record="{record}" action="/done">{OTHER}</Dial>', "/done": ""})
    net.line(OTHER, Line.answers(after=3, hangs_up_after=6))
    net.dial(NUMBER, CALLER).listen()
    net.run(20)
    assert app.forms("/done", "RecordingDuration") == [(told,)]


def test_a_recorded_dial_that_is_taken_elsewhere_keeps_its_recording():
    net, _ = network({"/voice": f'<Dial record="record-from-answer">{OTHER}</Dial>', "/else": "<Say>elsewhere</Say>"})
    net.line(OTHER, Line.answers(after=1))
    call = net.dial(NUMBER, CALLER)
    net.run(5)
    assert net.update_call(call.sid, "http://hotline.test/else")
    call.hears("elsewhere")
    assert [recording.duration for recording in net.recordings.values()] == [4]
