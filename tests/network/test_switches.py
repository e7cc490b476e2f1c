"""Part C: every switch of Options does what it says; and how speech is timed and spelt."""

from dataclasses import fields
from pathlib import Path

import pytest

import ivr.network
from ivr.network import Line, Options, read_options
from ivr.network.line.speech import duration, heard_part

from .twiml_app import NUMBER, network

MOVED = ("302 Found", {"Location": "/sub/new"}, "")


def test_every_switch_is_read_somewhere():
    rooms = Path(ivr.network.__file__).parent
    source = "\n".join(path.read_text() for path in rooms.rglob("*.py") if path.name != "options.py")
    assert [field.name for field in fields(Options) if f"options.{field.name}" not in source] == []


@pytest.mark.parametrize(("carries", "sid"), [(False, False), (True, True)])
def test_a_redirected_get_may_carry_the_parameters(carries, sid):
    net, app = network({"/voice": MOVED, "/sub/new": ""}, options=Options(redirected_get_carries_parameters=carries))
    net.dial(NUMBER)
    (request,) = app.to("/sub/new")
    assert ("CallSid" in request.form, request.valid) == (sid, True)


def test_the_first_signature_may_serve_all_hops():
    net, app = network({"/voice": MOVED, "/sub/new": ""}, options=Options(sign_each_hop=False))
    net.dial(NUMBER)
    assert [request.valid for request in app.requests] == [True, False]


@pytest.mark.parametrize(("base", "path"), [("final", "/sub/next"), ("requested", "/next")])
def test_relative_addresses_start_from_the_final_or_the_requested_one(base, path):
    pages = {"/voice": MOVED, "/sub/new": "<Redirect>next</Redirect>", "/sub/next": "", "/next": ""}
    net, app = network(pages, options=Options(base_url_after_redirect=base))
    net.dial(NUMBER)
    assert app.requests[-1].path == path


@pytest.mark.parametrize(("asks", "expected"), [(False, []), (True, [("", "completed")])])
def test_hanging_up_in_a_gather_may_ask_the_action(asks, expected):
    pages = {"/voice": '<Gather action="/key"/>', "/key": ""}
    net, app = network(pages, options=Options(gather_action_on_hangup=asks))
    net.dial(NUMBER).hang_up()
    assert app.forms("/key", "Digits", "CallStatus") == expected


def test_one_cookie_jar_may_serve_the_account():
    page = ("200 OK", {"Content-Type": "text/xml", "Set-Cookie": "s=1"}, "<Response/>")
    net, app = network({"/voice": page}, options=Options(cookies_per_call=False))
    net.dial(NUMBER)
    net.dial(NUMBER)
    assert [request.headers.get("Cookie") for request in app.requests] == [None, "s=1"]


@pytest.mark.parametrize("status", ["failed", "no-answer", "busy"])
def test_an_unknown_number_ends_as_told(status):
    net, app = network({"/voice": '<Dial action="/done">+8613911111111</Dial>', "/done": ""},
                       options=Options(unknown_number=status))  # fmt: skip
    net.dial(NUMBER).listen()
    assert app.forms("/done", "DialCallStatus") == [(status,)]


def test_a_declined_call_may_be_no_answer():
    net, app = network({"/voice": '<Dial action="/done">+8613911111111</Dial>', "/done": ""},
                       options=Options(rejected_line_status="no-answer"))  # fmt: skip
    net.line("+8613911111111", Line.rejects())
    net.dial(NUMBER).listen()
    assert app.forms("/done", "DialCallStatus") == [("no-answer",)]


@pytest.mark.parametrize(("counts", "codes"), [("bytes", [13521]), ("characters", [])])
def test_how_chinese_counts_towards_the_limit_of_say(counts, codes):
    net, _ = network({"/voice": f"<Say>{'中' * 1500}</Say>"}, options=Options(say_limit_counts=counts))
    net.dial(NUMBER).wait(1)
    assert net.debugger.codes() == codes


@pytest.mark.parametrize(("switch", "heard"), [("warn", "hello"), ("fail", "")])
def test_a_voice_that_lacks_the_language_may_say_nothing(switch, heard):
    net, _ = network({"/voice": '<Say voice="Polly.Zhiyu" language="en-US">hello</Say>'},
                     options=Options(wrong_voice=switch))  # fmt: skip
    call = net.dial(NUMBER)
    assert (call.listen(), net.debugger.codes()) == (heard, [13512])


@pytest.mark.parametrize(("switch", "status"), [(True, "sent"), (False, None)])
def test_the_action_of_a_text_message_may_be_told_of_it(switch, status):
    net, app = network({"/voice": '<Sms action="/done">hello</Sms>', "/done": ""},
                       options=Options(sms_action_fields=switch))  # fmt: skip
    net.dial(NUMBER).listen()
    assert app.forms("/done", "SmsStatus") == [(status,)]


@pytest.mark.parametrize(("switch", "heard"), [("go on", "on"), ("fail", "error")])
def test_what_is_not_emulated_may_end_the_call(switch, heard):
    net, _ = network({"/voice": "<Pay/><Say>on we go</Say>"}, options=Options(not_emulated=switch))
    assert heard in net.dial(NUMBER).listen()


@pytest.mark.parametrize(
    ("text", "language", "seconds"),
    [
        ("查询余额请按一", "zh-CN", 7 / 4.5),
        ("press one for refunds", "en-US", 4 / 2.6),
        ("尾号1234", "zh-CN", 6 / 4.5),
        ("code 1234", "en-US", 5 / 2.6),
        ("", "en-US", 0),
        ("您的 PIN 错误", "zh-CN", 4 / 4.5 + 1 / 2.6),
    ],
)
def test_speech_takes_time_by_language_and_length(text, language, seconds):
    assert duration(text, language, Options()) == pytest.approx(seconds, abs=0.001)


def test_what_was_heard_of_a_cut_prompt():
    assert heard_part("查询余额，请按一。", 0.5) == "查询余"
    assert heard_part("press one for refunds", 0.6) == "press one"


def test_speech_markup_is_spoken_as_its_words():
    text = (
        '<Say>a <emphasis>b</emphasis> <sub alias="for example">e.g.</sub><break time="2s"/> <say-as>12</say-as></Say>'
    )
    net, _ = network({"/voice": text})
    call = net.dial(NUMBER)
    assert call.listen() == "a b for example 12"
    assert call.transcript[-1].seconds == pytest.approx(6 / 2.6 + 2, abs=0.01)


def test_hears_goes_on_through_a_gather_of_a_wait_document():
    pages = {
        "/voice": '<Enqueue waitUrl="/wait">a</Enqueue>',
        "/wait": lambda request: f'<Gather timeout="3"><Say>{request.form["QueueTime"]} seconds</Say></Gather>',
    }
    net, _ = network(pages)
    call = net.dial(NUMBER)
    assert call.listen() == "0 seconds"
    call.hears("15 seconds")
    assert call.listen().endswith("15 seconds")


@pytest.mark.parametrize("late", [0.0, 3.0])
def test_status_callbacks_may_be_late(late):
    net, app = network({"/voice": "<Pause/>", "/events": ""}, status_callback="http://hotline.test/events",
                       options=Options(late_callback_seconds=late))  # fmt: skip
    net.dial(NUMBER)
    net.run(2)
    assert len(app.to("/events")) == (0 if late else 1)
    net.run(3)
    assert len(app.to("/events")) == 1


@pytest.mark.parametrize("name", ["play_seconds", "call_limit_seconds", "english_words_per_second"])
@pytest.mark.parametrize("text", ["inf", "nan", "-1", "1e300", "9" * 5000])
def test_a_number_no_clock_can_count_is_no_option(name, text):
    with pytest.raises(ValueError, match=f"{name} is a number"):
        read_options({name: text})


def test_nobody_speaks_at_no_pace():
    with pytest.raises(ValueError, match=r"a number from 0\.1"):
        read_options({"english_words_per_second": "0"})
