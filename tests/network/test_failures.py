"""Part B 8 and 13: broken replies, the fallback URL, the apology, warnings, and the emulator's own guard."""

import pytest

from ivr.network import Options
from ivr.network.line.interpreter import APPLICATION_ERROR

from .twiml_app import NUMBER, network

XML = {"Content-Type": "text/xml"}
FALLBACK = "http://hotline.test/fallback"


BROKEN = {
    "404": (("404 Not Found", XML, "gone"), 11217),
    "500": (("500 Oh", XML, "<Response/>"), 11217),
    "502": (("502 Bad", XML, "<Response/>"), 11200),
    "304": (("304 Not Modified", XML, ""), 11216),
    "308": (("308 Permanent", {**XML, "Location": "/fallback"}, ""), 11216),
    "no location": (("302 Found", XML, ""), 11216),
    "not xml": (("200 OK", XML, "hello"), 12100),
    "unclosed": (("200 OK", XML, "<Response><Say>hi</Response>"), 12100),
    "ampersand": (("200 OK", XML, "<Response><Say>a & b</Say></Response>"), 12100),
    "bom": (("200 OK", XML, b"\xef\xbb\xbf<?xml version='1.0'?><Response/>"), 12100),
    "blank line": (("200 OK", XML, "\n<?xml version='1.0'?><Response/>"), 12100),
    "doctype": (("200 OK", XML, "<!DOCTYPE a [<!ENTITY b 'c'>]><Response>&b;</Response>"), 12100),
    "deep": (("200 OK", XML, "<Response>" * 100 + "</Response>" * 100), 12100),
    "xml 1.1": (("200 OK", XML, "<?xml version='1.1'?><Response/>"), 12101),
    "wrong root": (("200 OK", XML, "<response/>"), 12102),
    "too long": (("200 OK", XML, "<Response>" + " " * 65_536 + "</Response>"), 11750),
    "empty": (("200 OK", XML, ""), 11770),
    "json": (("200 OK", {"Content-Type": "application/json"}, "{}"), 12300),
    "no type": (("200 OK", {}, "<Response/>"), 11200),
    "nowhere": ("<Redirect>http://hotline.test/missing</Redirect>", 11217),
    "no scheme": ("<Redirect>ftp://hotline.test/</Redirect>", 11100),
    "gzip": (("200 OK", {**XML, "Content-Encoding": "gzip"}, "no gzip"), 11206),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_reply_is_apologised_for(name):
    page, code = BROKEN[name]
    net, _ = network({"/voice": page})
    call = net.dial(NUMBER)
    assert call.listen() == APPLICATION_ERROR
    assert call.status == "completed"
    assert net.debugger.codes()[-1] == code


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_reply_goes_to_the_fallback(name):
    page, code = BROKEN[name]
    net, app = network({"/voice": page, "/fallback": "<Say>we are back</Say>"}, voice_fallback_url=FALLBACK)
    call = net.dial(NUMBER)
    call.hears("we are back")
    url = {"nowhere": "http://hotline.test/missing", "no scheme": "ftp://hotline.test/"}.get(name)
    assert app.forms("/fallback", "ErrorCode", "ErrorUrl") == [(str(code), url or "http://hotline.test/voice")]
    assert app.to("/fallback")[0].valid


def test_the_fallback_works_in_the_middle_of_a_call():
    pages = {
        "/voice": '<Gather numDigits="1" action="/key"/>',
        "/key": BROKEN["500"][0],
        "/fallback": "<Say>back</Say>",
    }
    net, app = network(pages, voice_fallback_url=FALLBACK)
    call = net.dial(NUMBER)
    call.press("1")
    call.hears("back")
    assert app.forms("/fallback", "ErrorUrl", "CallStatus") == [("http://hotline.test/key", "in-progress")]


def test_a_fallback_that_fails_too_ends_in_the_apology():
    net, app = network({"/voice": BROKEN["500"][0], "/fallback": BROKEN["404"][0]}, voice_fallback_url=FALLBACK)
    assert net.dial(NUMBER).listen() == APPLICATION_ERROR
    assert [request.path for request in app.requests] == ["/voice", "/fallback"]


def test_a_failed_first_request_may_be_busy():
    net, _ = network({}, options=Options(first_request_failure="busy"))
    call = net.dial(NUMBER)
    assert (call.status, call.heard) == ("busy", "")


def test_an_app_that_raises_is_a_500():
    net, _ = network({"/voice": lambda request: 1 / 0})
    assert net.dial(NUMBER).listen() == APPLICATION_ERROR
    (entry,) = net.debugger
    assert (entry.code, entry.message) == (11217, "HTTP 500, the app raised ZeroDivisionError: division by zero")


def test_15_seconds_without_a_reply_are_too_many():
    net, app = network({"/voice": lambda request: net.spend(15) or "", "/fallback": ""}, voice_fallback_url=FALLBACK)
    call = net.dial(NUMBER)
    assert app.forms("/fallback", "ErrorCode") == [("11203",)]
    assert call.transcript[-1].seconds == 15


def test_a_slow_reply_within_the_budget_is_only_slow():
    net, _ = network({"/voice": lambda request: net.spend(12) or "<Say>late</Say>"})
    call = net.dial(NUMBER)
    call.hears("late")
    assert next(e.seconds for e in call.transcript if e.text == "late") == 12


def test_11_redirects_are_one_too_many():
    net, app = network({"/voice": ("302 Found", {"Location": "/voice"}, "")})
    net.dial(NUMBER).listen()
    assert (net.debugger.codes(), len(app.requests)) == ([11215], 11)


@pytest.mark.parametrize(
    ("status", "method"), [("301 a", "GET"), ("302 a", "GET"), ("303 a", "GET"), ("307 a", "POST")]
)
def test_a_redirected_post_becomes_a_get_except_after_307(status, method):
    net, app = network({"/voice": (status, {"Location": "/new?a=1"}, ""), "/new": "<Gather numDigits='1'/>"})
    call = net.dial(NUMBER)
    call.press("1")
    net.run(0)
    first, second = app.to("/new")
    assert (first.method, first.valid, first.query) == (method, True, "a=1")
    assert ("CallSid" in first.form) is (method == "POST")
    assert (second.method, second.query) == ("POST", "a=1")


def test_fragments_ask_for_retries_and_are_neither_sent_nor_signed():
    replies = iter([BROKEN["500"][0], BROKEN["500"][0], "<Say>third</Say>"])
    net, app = network({"/voice": lambda request: next(replies)}, voice_path="/voice#rc=3&rp=5xx")
    net.dial(NUMBER).hears("third")
    assert len(app.requests) == 3
    assert len({request.headers["I-Twilio-Idempotency-Token"] for request in app.requests}) == 1
    assert all(request.valid for request in app.requests)


def test_a_500_is_not_retried_by_default_and_a_bad_policy_is_11243():
    net, app = network({"/voice": BROKEN["500"][0]}, voice_path="/voice#rp=sometimes")
    net.dial(NUMBER).listen()
    assert len(app.requests) == 1
    assert net.debugger.codes() == [11243, 11217]


@pytest.mark.parametrize("kind", ["text/xml", "application/xml", "text/html", "text/html; charset=utf-8", "text/plain"])
def test_what_counts_as_twiml(kind):
    net, _ = network({"/voice": ("200 OK", {"Content-Type": kind}, "<Response><Say>你好</Say></Response>")})
    assert net.dial(NUMBER).listen() == "你好"


def test_plain_text_is_spoken_and_audio_played():
    for kind, body, heard in (
        ("text/plain", "just  words", "just words"),
        ("audio/wav", b"RIFF", "[http://hotline.test/voice]"),
    ):
        net, _ = network({"/voice": ("200 OK", {"Content-Type": kind}, body)})
        call = net.dial(NUMBER)
        assert (call.listen(), call.status) == (heard, "completed")


@pytest.mark.parametrize(
    ("verb", "code"),
    [
        ("<say>hi</say>", 12200),
        ("<Message>hi</Message>", 12200),
        ('<Say tone="x">hi</Say>', 12200),
        ('<Say loop="-1">hi</Say>', 13510),
        ('<Say voice="Polly.Zhiyu" language="de-DE">hi</Say>', 13512),
        (f"<Say>{'x' * 4097}</Say>", 13521),
        ('<Play loop="x">/a.mp3</Play>', 13410),
        ('<Play digits="x"/>', 13430),
        ('<Pause length="0"/>', 13910),
        ('<Gather finishOnKey="x"/>', 13310),
        ('<Gather finishOnKey="12"/>', 13311),
        ('<Gather method="PUT"/>', 13312),
        ('<Gather timeout="-1"/>', 13313),
        ('<Gather numDigits="0"/>', 13314),
        ("<Gather><Dial>+1</Dial></Gather>", 13320),
        ('<Gather input="voice"/>', 13326),
        ('<Gather actionOnEmptyResult="yes"/>', 13338),
        ('<Redirect method="PUT">/end</Redirect>', 13710),
        ("<Refer><Sip>sip:a@b</Sip></Refer>", 13801),
        ('<Reject reason="tired"/>', 13810),
        ("<Dial><Say>hi</Say></Dial>", 13215),
        ('<Dial timeout="0">+15</Dial>', 13212),
        ("<Dial>hello</Dial>", 13223),
        ('<Record maxLength="0" timeout="1"/>', 13611),
    ],
)
def test_a_warning_is_logged_and_the_call_goes_on(verb, code):
    ok = ("200 OK", {"Content-Type": "audio/mpeg"}, b"")
    net, _ = network({"/voice": verb + "<Say>on</Say>", "/end": "", "/a.mp3": ok})
    call = net.dial(NUMBER)
    call.wait(2)
    assert code in net.debugger.codes()
    assert APPLICATION_ERROR not in call.heard
    entry = next(e for e in net.debugger if e.code == code)
    assert entry.call_sid == call.sid
    assert str(entry).startswith(entry.level)


def test_strict_ends_the_call_at_an_unknown_verb():
    net, _ = network({"/voice": "<say>hi</say>"}, options=Options(strict=True))
    assert net.dial(NUMBER).listen() == APPLICATION_ERROR


def test_the_loop_guard_says_it_is_the_emulators_own():
    net, _ = network({"/voice": "<Redirect/>"})
    net.dial(NUMBER).listen()
    (entry,) = net.debugger
    assert entry.code == 0
    assert "emulator" in entry.message


@pytest.mark.parametrize(
    "verbs",
    [
        f"<Dial>{NUMBER}</Dial>",
        f"<Pause/><Dial>{f'<Number>{NUMBER}</Number>' * 10}</Dial>",
        f"<Say>one two three</Say><Dial>{NUMBER}</Dial>",
    ],
)
def test_an_app_that_dials_itself_is_stopped_by_the_guard(verbs):
    net, _ = network({"/voice": f"{verbs}<Say>done</Say>"})
    call = net.dial(NUMBER)
    net.run(20_000)
    assert call.status == "completed"
    assert len(net.legs) < 1000
    assert "loop guard" in net.debugger.failure().message


def test_a_gather_whose_app_ignores_digits_ends_with_the_guard():
    net, _ = network({"/voice": "<Say>again and again</Say><Redirect/>"}, options=Options(loop_guard_documents=30))
    call = net.dial(NUMBER)
    call.listen()
    assert (call.duration, net.debugger.entries[-1].code) == (pytest.approx(38, abs=5), 0)


def test_four_hours_are_the_limit():
    song = ("200 OK", {"Content-Type": "audio/mpeg"}, b"")
    pages = {"/voice": '<Play loop="0">/a.mp3</Play>', "/a.mp3": song}
    net, _ = network(pages, options=Options(play_seconds=60))
    call = net.dial(NUMBER)
    call.listen()
    assert (call.duration, call.ended_by) == (14_400, "network")


def test_a_failed_status_callback_is_warning_15003():
    net, _ = network({"/voice": ""}, status_callback="http://hotline.test/none")
    net.dial(NUMBER)
    net.run(0)
    assert net.debugger.codes() == [15003]


def test_sms_goes_to_the_inbox_and_onto_the_callers_screen():
    net, _ = network({"/voice": "<Sms>your code is 123</Sms><Pause/>"})
    call = net.dial(NUMBER, "+8613800138000")
    (message,) = net.messages
    assert (message.from_, message.to, message.body) == (NUMBER, "+8613800138000", "your code is 123")
    assert [e.text for e in call.transcript if e.kind == "text message"] == ["your code is 123"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("<Response><Say>Terms & conditions</Say></Response>", "a bare & in the text; write &amp;"),
        ('<Response>\n<Redirect>/x?a=1&b=2</Redirect></Response>', "a bare & in the text; write &amp;"),
        ("<Response><Say>1 < 2</Say></Response>", "a bare < in the text; write &lt;"),
        ("Internal error", "begins with 'Internal error', expected <Response>"),
        ("<!doctype html><html></html>", "an HTML page, not TwiML"),
        ("<Response><Say>hi</Response>", "mismatched tag"),
        ("<br />\n<b>Warning</b>: x in <b>a.php</b><br />\n<Response/>", "begins with 'Warning : x in a.php <Resp"),
        ("<Response/>\n\nDeprecated: x in a.php", "'Deprecated: x in a.php' stands behind </Response>"),
        ("<Say>one</Say><Say>two</Say>", "begins with '<Say>one</Say><Say>two</Say>', expected <Response>"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_document_is_told_with_its_repair(body, expected):
    net, _ = network({"/voice": ("200 OK", {"Content-Type": "text/xml"}, body)})
    net.dial(NUMBER).listen()
    assert expected in str(net.debugger.failure())


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("403 Forbidden", "sign with the auth token it knows"), ("404 Not Found", "nothing at this address"),
        ("405 Method Not Allowed", "takes no POST"),
    ],
)  # fmt: skip
def test_what_a_refusal_most_often_means_is_told(status, expected):
    net, _ = network({"/voice": (status, {}, "")})
    net.dial(NUMBER).listen()
    assert expected in str(net.debugger.failure())


@pytest.mark.parametrize(
    ("method", "told"), [("GET", "the address as it was sent"), ("POST", "the auth token it knows")]
)
def test_a_refused_request_says_what_a_check_of_signatures_needs(method, told):
    net, _ = network({"/voice": f'<Redirect method="{method}">/guarded</Redirect>',
                      "/guarded": lambda _: ("403 Forbidden", {}, "")})  # fmt: skip
    net.dial(NUMBER).listen()
    assert told in net.debugger.failure().message
