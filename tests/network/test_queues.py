"""Part B 5: waiting, leaving, being taken, hanging up, and what each of them tells the app."""

import pytest

from ivr.network import Options

from .twiml_app import CALLER, NUMBER, network

AGENT = "+8613900000000"
WAIT = {
    "/voice": '<Enqueue waitUrl="/wait" action="/done">support</Enqueue><Say>next verb</Say>',
    "/wait": '<Say language="zh-CN">请稍候</Say><Play>/music.mp3</Play><Pause length="10"/>',
    "/done": "<Say>after the queue</Say>",
    "/music.mp3": ("200 OK", {"Content-Type": "audio/mpeg"}, b"not looked at"),
}


def test_the_wait_document_loops_with_growing_queue_time():
    net, app = network(WAIT)
    call = net.dial(NUMBER)
    assert call.listen() == "请稍候"
    call.wait(45)
    facts = app.forms("/wait", "QueuePosition", "CurrentQueueSize", "QueueTime", "MaxQueueSize", "QueueSid")
    times = [int(fact[2]) for fact in facts]
    assert len(times) > 2
    assert times == sorted(times)
    assert times[-1] > times[0] == 0
    assert {fact[:2] + fact[3:] for fact in facts} == {("1", "1", "1000", net.queue("support").sid)}
    assert not [request for request in app.to("/music.mp3") if request.form]


def test_positions_shift_and_the_average_is_of_those_who_wait():
    net, app = network(WAIT)
    first = net.dial(NUMBER)
    net.run(10)
    second = net.dial(NUMBER, "+8613800138001")
    net.run(0)
    assert app.forms("/wait", "QueuePosition", "CurrentQueueSize", "AvgQueueTime")[-1] == ("2", "2", "5")
    first.hang_up()
    net.run(30)
    assert (second.status, app.forms("/wait", "QueuePosition", "CurrentQueueSize")[-1]) == ("in-progress", ("1", "1"))


@pytest.mark.parametrize(("action", "heard"), [(' action="/done"', "after the queue"), ("", "next verb")])
def test_leave_goes_to_the_action_or_to_the_next_verb(action, heard):
    pages = {**WAIT, "/voice": f'<Enqueue waitUrl="/wait"{action}>a</Enqueue><Say>next verb</Say>', "/wait": "<Leave/>"}
    net, app = network(pages)
    call = net.dial(NUMBER)
    call.hears(heard)
    assert app.forms("/done", "QueueResult", "QueueTime") == ([("leave", "0")] if action else [])


def test_hanging_up_while_waiting_asks_the_action_and_runs_nothing():
    net, app = network(WAIT)
    call = net.dial(NUMBER)
    call.wait(7)
    call.hang_up()
    assert app.forms("/done", "QueueResult", "QueueTime", "CallStatus") == [("hangup", "7", "completed")]
    assert "after the queue" not in call.heard
    assert not net.queue("support").members


def test_a_full_queue_is_told_and_logged():
    net, app = network(WAIT)
    net.queue("support").max_size = 0
    net.dial(NUMBER).hears("after the queue")
    assert app.forms("/done", "QueueResult", "QueueSid") == [("queue-full", None)]
    assert net.debugger.codes() == [14207]


@pytest.mark.parametrize(("name", "code"), [("", 14204), ("x" * 65, 14205)])
def test_a_queue_name_is_1_to_64_characters(name, code):
    net, _ = network({**WAIT, "/voice": f"<Enqueue>{name}</Enqueue>"})
    assert "application error" in net.dial(NUMBER).listen()
    assert net.debugger.codes() == [code]


def test_no_wait_url_plays_music_and_an_empty_one_is_silence():
    for attribute, heard in (("", "[hold music]"), (' waitUrl=""', "")):
        net, _ = network({"/voice": f"<Enqueue{attribute}>a</Enqueue>"})
        call = net.dial(NUMBER)
        call.listen()
        call.wait(1)
        assert call.heard == heard
        assert call.listening.kind == "hold"


def test_a_forbidden_verb_in_a_wait_document_is_skipped():
    net, _ = network({**WAIT, "/wait": "<Dial>+1</Dial><Pause/>"})
    call = net.dial(NUMBER)
    call.wait(0.5)
    assert (call.status, net.debugger.codes()) == ("in-progress", [12200])


def test_a_gather_in_a_wait_document_leads_to_wait_documents_and_back():
    pages = {
        **WAIT,
        "/wait": '<Gather numDigits="1" action="/key" timeout="3"><Say>press 1</Say></Gather>',
        "/key": "<Say>noted</Say>",
    }
    net, app = network(pages)
    call = net.dial(NUMBER)
    call.press("1")
    call.hears("noted")
    call.hears("press 1")
    assert app.forms("/key", "Digits", "QueuePosition") == [("1", "1")]


def agent_takes(net, app):
    app.pages["/agent"] = '<Dial action="/agent-done"><Queue url="/whisper">support</Queue></Dial>'
    app.pages["/whisper"] = "<Say>you will be connected</Say>"
    app.pages["/agent-done"] = "<Hangup/>"
    return net.place_call(NUMBER, AGENT, url="http://hotline.test/agent")


def test_an_agent_takes_the_head_of_the_queue_through_a_whisper():
    net, app = network(WAIT)
    net.person(AGENT, answers_after=4, says="您好，我是客服小林", hangs_up_after=8)
    call = net.dial(NUMBER, CALLER)
    call.wait(6)
    agent = agent_takes(net, app)
    call.hears("you will be connected")
    call.hears("您好，我是客服小林")
    call.say("我要退款")
    call.hears("after the queue")
    (whisper,) = app.to("/whisper")
    assert whisper.form["CallSid"] == call.sid
    assert whisper.form["DequeingCallSid"] == agent.sid
    assert (whisper.form["QueueTime"], whisper.form["QueueSid"]) == ("10", net.queue("support").sid)
    assert app.forms("/done", "QueueResult", "QueueTime", "CallStatus") == [("bridged", "10", "in-progress")]
    assert app.forms("/agent-done", "DialCallStatus", "DialBridged") == [("completed", "true")]
    assert "我要退款" in [e.text for e in agent.transcript if e.who == "caller"]
    assert all(request.valid for request in app.requests)


def test_the_caller_hanging_up_in_the_bridge_frees_the_agent():
    net, app = network(WAIT)
    net.person(AGENT, answers_after=1)
    call = net.dial(NUMBER)
    agent = agent_takes(net, app)
    net.run(10)
    assert call.listening.kind == "bridge"
    call.hang_up()
    net.run(1)
    assert (agent.status, call.status) == ("completed", "completed")
    assert app.forms("/done", "QueueResult", "CallStatus") == [("bridged", "completed")]


def test_the_caller_hanging_up_in_the_whisper_lets_the_agent_take_the_next():
    net, app = network(WAIT)
    net.person(AGENT, answers_after=1, says="小林")
    first = net.dial(NUMBER)
    second = net.dial(NUMBER, "+8613800138001")
    agent_takes(net, app)
    net.run(1.2)
    first.hang_up()
    second.hears("小林")
    assert app.forms("/done", "QueueResult")[0] == ("hangup",)


def test_an_agent_waits_at_an_empty_queue_until_somebody_joins():
    net, app = network(WAIT)
    net.person(AGENT, answers_after=1, says="小林")
    net.queue("support")
    agent_takes(net, app)
    net.run(10)
    net.dial(NUMBER).hears("小林")


@pytest.mark.parametrize(("exists", "status"), [(True, "no-answer"), (False, "failed")])
def test_an_empty_queue_times_out_and_a_missing_one_fails(exists, status):
    net, app = network(WAIT, options=Options())
    net.person(AGENT, answers_after=1)
    if exists:
        net.queue("support")
    agent_takes(net, app)
    net.run(40)
    assert app.forms("/agent-done", "DialCallStatus") == [(status,)]


def test_an_agent_may_act_live():
    net, app = network(WAIT)
    person = net.person(AGENT, answers_after=1)
    call = net.dial(NUMBER, CALLER)
    agent_takes(net, app)
    net.run(6)
    person.call.say("这里是客服")
    call.hears("这里是客服")
    call.say("谢谢")
    person.call.hears("谢谢")
    person.call.hang_up()
    call.hears("after the queue")
