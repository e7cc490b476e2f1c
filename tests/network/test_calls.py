"""Part B 1 to 4: the life of a call, Gather to the letter, and what every request carries."""

import pytest

from ivr.network import NotHeard, Options

from .twiml_app import CALLER, NUMBER, network

MENU = '<Gather numDigits="1" action="/key"><Say language="zh-CN">查询余额请按一</Say></Gather><Say>nothing</Say>'


def test_first_request_rings_then_in_progress():
    net, app = network({"/voice": MENU, "/key": "<Hangup/>"})
    call = net.dial(NUMBER, CALLER)
    call.press("1")
    call.listen()
    assert app.forms("/voice", "CallStatus") == [("ringing",)]
    assert app.forms("/key", "CallStatus") == [("in-progress",)]
    assert call.status == "completed"


@pytest.mark.parametrize(("reason", "status"), [("", "no-answer"), (' reason="busy"', "busy")])
def test_reject_first_never_reaches_in_progress(reason, status):
    net, app = network({"/voice": f"<Reject{reason}/>", "/end": ""}, status_callback="http://hotline.test/end")
    call = net.dial(NUMBER)
    net.run(1)
    assert call.status == status
    assert "answered" not in [entry.kind for entry in call.transcript]
    assert app.forms("/end", "CallStatus", "CallDuration") == [(status, "0")]


def test_reject_later_hangs_up():
    net, _ = network({"/voice": "<Say>hello</Say><Reject/>"})
    call = net.dial(NUMBER)
    assert call.listen() == "hello"
    assert call.status == "completed"


def test_hangup_first_still_answers():
    net, _ = network({"/voice": "<Hangup/>"})
    call = net.dial(NUMBER)
    assert (call.status, [e.kind for e in call.transcript]) == ("completed", ["ringing", "answered", "hung up"])


def test_pause_first_delays_the_pick_up():
    net, _ = network({"/voice": '<Pause length="7"/><Say>hello</Say>'})
    call = net.dial(NUMBER)
    assert next(e.seconds for e in call.transcript if e.kind == "answered") == 7


def test_running_out_of_verbs_hangs_up():
    net, _ = network({"/voice": ""})
    assert net.dial(NUMBER).status == "completed"


def test_every_request_carries_the_standard_parameters_and_a_valid_signature():
    net, app = network({"/voice": MENU, "/key": ""}, status_callback="http://hotline.test/end")
    call = net.dial(NUMBER, CALLER)
    call.press("1")
    call.listen()
    net.run(1)
    assert [request.path for request in app.requests] == ["/voice", "/key", "/end"]
    for request in app.requests:
        assert request.valid
        assert request.form["From"] == request.form["Caller"] == CALLER
        assert request.form["To"] == request.form["Called"] == NUMBER
        assert request.form["CallSid"] == call.sid
        assert request.form["AccountSid"] == net.account_sid
        assert (request.form["Direction"], request.form["ApiVersion"]) == ("inbound", "2010-04-01")
        assert request.headers["User-Agent"] == "TwilioProxy/1.1"
        assert "CallerName" not in request.form
        for side in ("From", "To", "Caller", "Called"):
            assert [request.form[side + place] for place in ("City", "State", "Zip", "Country")] == ["", "", "", "CN"]


def test_caller_id_lookup_adds_the_name():
    net, app = network({"/voice": ""}, caller_id_lookup=True)
    net.dial(NUMBER, CALLER, caller_name="LIN")
    assert app.forms("/voice", "CallerName") == [("LIN",)]


def test_gather_end_is_said_and_finished_on_key_is_blank_when_enough_digits_came():
    net, app = network({"/voice": MENU, "/key": ""})
    net.dial(NUMBER).press("1")
    net.run(1)
    assert app.forms("/key", "Digits", "FinishedOnKey", "msg") == [("1", "", "Gather End")]


def test_the_finish_key_is_reported_and_not_among_the_digits():
    net, app = network({"/voice": '<Gather action="/key"/>', "/key": ""})
    net.dial(NUMBER).press("123#")
    net.run(1)
    assert app.forms("/key", "Digits", "FinishedOnKey") == [("123", "#")]


def test_the_timer_starts_after_the_prompt():
    net, _ = network({"/voice": '<Gather timeout="4"><Pause length="10"/></Gather><Say>late</Say>'})
    call = net.dial(NUMBER)
    call.silence()
    assert call.transcript[-1].seconds == pytest.approx(14)


def test_the_timer_restarts_with_each_key():
    net, app = network({"/voice": '<Gather timeout="4" action="/key"><Pause length="10"/></Gather>', "/key": ""})
    call = net.dial(NUMBER)
    call.wait(1)
    for key in "123":
        call.press(key)
        call.wait(3.9)
    assert not app.to("/key")
    call.wait(0.2)
    assert app.forms("/key", "Digits", "FinishedOnKey") == [("123", "")]


def test_a_key_cuts_the_prompt_and_the_transcript_keeps_what_was_heard():
    net, _ = network({"/voice": '<Gather numDigits="2"><Say>one two three four five six</Say></Gather>'})
    call = net.dial(NUMBER)
    seen = []
    net.observe(seen.append)
    call.wait(1.2)
    call.press("1")
    said = next(e for e in call.transcript if e.kind == "said")
    assert (said.text, said.cut) == ("one two three", True)
    assert [(e.kind, e.text) for e in seen] == [("pressed", "1"), ("cut", "one two three")]


def test_finish_key_first_is_no_input():
    net, app = network({"/voice": MENU + "<Hangup/>", "/key": ""})
    call = net.dial(NUMBER)
    call.press("#")
    assert call.listen() == "nothing"
    assert not app.to("/key")


def test_empty_finish_key_collects_hash_and_star():
    net, app = network({"/voice": '<Gather action="/key" finishOnKey="" numDigits="3"/>', "/key": ""})
    net.dial(NUMBER).press("#*1")
    net.run(1)
    assert app.forms("/key", "Digits") == [("#*1",)]


def test_num_digits_ends_at_once():
    net, app = network({"/voice": '<Gather action="/key" numDigits="2"/>', "/key": ""})
    call = net.dial(NUMBER)
    call.press("12")
    net.run(0)
    assert (app.forms("/key", "Digits"), call.transcript[-1].seconds) == ([("12",)], 0.3)


def test_gather_without_action_posts_to_the_current_address_with_its_query():
    net, app = network({"/voice": '<Gather numDigits="1"/>'}, voice_path="/voice?lang=zh&n=1")
    net.dial(NUMBER).press("5")
    net.run(0)
    assert [(a.method, a.query, a.form.get("Digits")) for a in app.requests] == [
        ("POST", "lang=zh&n=1", None),
        ("POST", "lang=zh&n=1", "5"),
    ]


def test_method_get_puts_the_parameters_in_the_query_and_signs_them_there():
    net, app = network({"/voice": '<Gather numDigits="1" method="GET" action="/key?a=%20b"/>', "/key": ""})
    net.dial(NUMBER).press("5")
    net.run(0)
    (request,) = app.to("/key")
    assert (request.method, request.valid, request.form["Digits"], request.form["a"]) == ("GET", True, "5", " b")
    assert request.query.startswith("a=%20b&")


def test_silence_falls_through_and_redirects():
    net, app = network({"/voice": '<Gather timeout="3"/><Redirect>../again?x=1</Redirect>', "/again": "<Hangup/>"})
    call = net.dial(NUMBER)
    call.silence()
    net.run(0)
    assert app.to("/again")[0].query == "x=1"
    assert [e.kind for e in call.transcript if e.who == "caller"] == ["silence"]


@pytest.mark.parametrize(("shape", "digits"), [("blank", ""), ("omitted", None)])
def test_action_on_empty_result_asks_with_blank_digits(shape, digits):
    net, app = network(
        {"/voice": '<Gather action="/key" actionOnEmptyResult="true"/>', "/key": ""},
        options=Options(digits_when_empty=shape),
    )
    net.dial(NUMBER).silence()
    net.run(0)
    assert app.forms("/key", "Digits", "FinishedOnKey", "SpeechResult") == [(digits, "", None)]


def test_an_empty_redirect_asks_for_the_current_document_again():
    net, app = network({"/voice": lambda request: "<Pause/><Redirect/>" if len(app.requests) < 3 else "<Say>end</Say>"})
    assert net.dial(NUMBER).listen() == "end"
    assert len(app.to("/voice")) == 3


def test_speech_wins_when_it_comes_first():
    net, app = network({"/voice": '<Gather input="dtmf speech" action="/key" speechTimeout="2"/>', "/key": ""})
    call = net.dial(NUMBER)
    call.say("我要退款", confidence=0.92)
    call.press("#")
    call.listen()
    assert app.forms("/key", "SpeechResult", "Confidence", "Digits") == [("我要退款", "0.92", None)]


def test_hanging_up_in_a_gather_makes_no_request_but_the_status_callback():
    pages = {"/voice": '<Gather timeout="60"><Say>hello</Say></Gather>', "/end": ""}
    net, app = network(pages, status_callback="http://hotline.test/end")
    call = net.dial(NUMBER)
    call.wait(9)
    call.hang_up()
    assert [request.path for request in app.requests] == ["/voice", "/end"]
    form = app.requests[-1].form
    assert [form[k] for k in ("CallStatus", "CallDuration", "Duration", "SequenceNumber", "CallbackSource")] == [
        "completed",
        "9",
        "1",
        "0",
        "call-progress-events",
    ]
    assert form["Timestamp"] == "Thu, 01 Jan 2026 00:00:09 +0000"


@pytest.mark.parametrize(("switch", "got"), [("discard", []), ("keep", [("1",)])])
def test_keys_before_a_gather_are_lost_unless_the_switch_keeps_them(switch, got):
    net, app = network({"/voice": "<Say>hello there</Say>" + MENU, "/key": ""}, options=Options(typeahead=switch))
    call = net.dial(NUMBER)
    call.press("1")
    call.wait(2)
    assert app.forms("/key", "Digits") == got


def test_hears_waits_for_the_words_and_says_what_was_heard_instead():
    net, _ = network({"/voice": MENU})
    call = net.dial(NUMBER)
    call.hears("查询")
    assert net.clock.seconds == pytest.approx(2 / 4.5, abs=0.01)
    with pytest.raises(NotHeard, match="the line waits for input"):
        call.hears("退款")
    call.hears("余额请按一")


@pytest.mark.slow
def test_a_thousand_calls_at_once_end_alike():
    net, _ = network({"/voice": MENU, "/key": "<Say>bye</Say>"})
    calls = [net.dial(NUMBER, f"+1500{n:07}", wait=False) for n in range(1000)]
    net.run(1)
    for call in calls:
        call.leg.press("1")
    net.run(10)
    assert {call.heard for call in calls} == {"查询余额 bye"}
    assert {call.status for call in calls} == {"completed"}


def test_the_same_seed_gives_the_same_call_to_the_byte():
    def run():
        net, _ = network({"/voice": MENU, "/key": "<Say>bye</Say>"}, seed=7)
        call = net.dial(NUMBER)
        call.press("1")
        call.listen()
        return call.transcript, call.requests

    assert run() == run()


def test_cookies_are_kept_within_a_call_and_not_shared():
    fields = {"Content-Type": "text/xml", "Set-Cookie": "s=1; Path=/"}
    page = ("200 OK", fields, "<Response><Pause/><Redirect/></Response>")
    net, app = network({"/voice": page})
    net.dial(NUMBER, wait=False)
    net.run(1.5)
    net.dial(NUMBER, wait=False)
    net.run(0)
    assert [request.headers.get("Cookie") for request in app.requests] == [None, "s=1", None]


@pytest.mark.parametrize(
    ("wish", "expected"),
    [("", "that F*** thing, shiitake"), ('profanityFilter="false"', "that Fuck thing, shiitake")],
)
def test_swear_words_are_masked_unless_told_not_to(wish, expected):
    voice = f'<Gather input="speech" action="/key" partialResultCallback="/part" {wish}/>'
    net, app = network({"/voice": voice, "/key": "", "/part": ""})
    call = net.dial(NUMBER)
    call.say("that Fuck thing, shiitake")
    call.listen()
    assert app.forms("/key", "SpeechResult") == [(expected,)]
    assert app.forms("/part", "UnstableSpeechResult") == [(expected,)]


@pytest.mark.parametrize(
    ("number", "place"),
    [
        ("+14155550123", ("SAN FRANCISCO", "CA", "94103", "US")),
        ("+15145550123", ("MONTREAL", "QC", "H3B 1A7", "CA")),
        ("+12055550123", ("", "AL", "", "US")),
        ("+493012345678", ("", "", "", "DE")),
        ("+8613800138000", ("BEIJING", "", "100000", "CN")),
        ("client:kate", ("", "", "", "")),
    ],
)
def test_an_app_is_told_where_both_numbers_are(number, place):
    net, app = network({"/voice": ""})
    net.locate("+86138", country="CN", city="BEIJING", zip="100000")
    net.dial(NUMBER, number)
    form = app.requests[0].form
    for side in ("From", "Caller"):
        assert tuple(form[side + what] for what in ("City", "State", "Zip", "Country")) == place
