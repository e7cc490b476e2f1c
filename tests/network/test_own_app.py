"""What people rely on who test an app of their own: nothing is green that would fail on Twilio, and nothing waits."""

import subprocess
import sys

import pytest

from ivr.network import CallIsOver, Line, Network, NotHeard, Options, RealClock, UnexpectedError
from tests.network.test_fixture import PYTEST
from tests.network.twiml_app import CALLER, NUMBER, network

OTHER = "+15005550020"
MENU = '<Gather numDigits="1" action="/key" timeout="30"><Say>Press one.</Say></Gather>'


def test_the_networks_apology_is_not_what_the_app_said():
    net, _ = network({"/voice": "<Say>Tips & tricks. Goodbye.</Say>"})
    call = net.dial(NUMBER)
    with pytest.raises(NotHeard, match="the app failed: error 12100: not well-formed: a bare &"):
        call.hears("Goodbye")
    assert "Goodbye" in call.heard


def test_what_was_heard_ends_where_the_prompt_is_now():
    net, _ = network({"/voice": '<Gather action="/k"><Say>Thank you for calling. Press 1 to book.</Say></Gather>'})
    call = net.dial(NUMBER)
    call.wait(1)
    assert call.heard == "Thank you"
    call.listen()
    assert call.heard == "Thank you for calling. Press 1 to book."


def test_an_error_that_nobody_expected_is_told_with_the_apps_own_traceback():
    def crash(request):
        raise KeyError("customer")

    net, _ = network({"/voice": MENU, "/key": crash})
    net.dial(NUMBER).press("1")
    with pytest.raises(UnexpectedError) as told:
        net.check_errors()
    for words in ("error 11217", "expects_error(11217)", "POST http://hotline.test/key: 500", "Digits=1",
                  'raise KeyError("customer")', "[1]"):  # fmt: skip
        assert words in str(told.value)
    net.expects_error(11217)
    net.check_errors()


def test_a_callback_that_failed_is_an_error_too():
    net, _ = network({"/voice": ""}, status_callback="http://hotline.test/nowhere")
    net.dial(NUMBER).listen()
    with pytest.raises(UnexpectedError, match="15003"):
        net.check_errors()


def test_an_error_that_was_expected_must_come():
    net, _ = network({"/voice": ""})
    net.expects_error(11200)
    net.dial(NUMBER).listen()
    with pytest.raises(UnexpectedError, match="error 11200 was expected and did not come"):
        net.check_errors()


FIXTURE_TESTS = """
import pytest
from ivr.network import Options

def app(environ, start_response):
    raise KeyError("customer")

def dial(network):
    network.number("+15005550006", "http://app.test/", app=app)
    network.dial("+15005550006").listen()

def test_fails(network):
    dial(network)

def test_expects(network):
    network.expects_error(11217)
    dial(network)

class TestSwitch:
    @pytest.fixture
    def network_options(self):
        return Options(unexpected_error="log")

    def test_logs(self, network):
        dial(network)
"""


def test_the_fixture_fails_a_test_with_an_error_that_nobody_expected(tmp_path):
    (tmp_path / "test_calls.py").write_text(FIXTURE_TESTS)
    ended = subprocess.run([sys.executable, *PYTEST], cwd=tmp_path, capture_output=True, text=True, check=False,
                           env={"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"})  # fmt: skip
    assert "3 passed, 1 error" in ended.stdout
    assert "UnexpectedError: error 11217: HTTP 500, the app raised KeyError: 'customer'" in ended.stdout


@pytest.mark.parametrize(
    ("page", "named"),
    [
        ("<Connect><Stream url='wss://x.test'/></Connect>", "<Connect><Stream>"),
        ("<Start><Stream url='wss://x.test'/></Start><Say>hi</Say>", "<Start><Stream>"),
        ("<Pay/>", "<Pay>"),
        ("<Message>hi</Message>", "<Message>"),
    ],
)
def test_what_is_not_emulated_is_named_and_fails(page, named):
    net, _ = network({"/voice": page})
    net.dial(NUMBER).listen()
    assert f"{named} is not emulated" in net.debugger.failure().message


def test_a_number_that_no_app_has_is_an_error():
    net, _ = network({"/voice": ""})
    assert net.dial("+15005550009").status == "failed"
    assert net.debugger.failure().message == "no app has the number +15005550009"


EVENTS = ("initiated", "ringing", "answered", "completed")


def test_callbacks_of_a_call_come_in_their_order_on_a_real_clock(slow_callbacks):
    with Network(RealClock(speed=50)) as net:
        call = slow_callbacks(net)
        call.listen()
        assert [exchange.fields["SequenceNumber"] for exchange in net.callbacks] == ["0", "1", "2", "3"]


def test_a_switch_shuffles_callbacks(slow_callbacks):
    orders = set()
    for seed in range(5):
        net = Network(seed=seed, options=Options(callback_order="shuffled"))
        slow_callbacks(net)
        net.run(60)
        orders.add(tuple(exchange.fields["SequenceNumber"] for exchange in net.callbacks))
    assert len(orders) > 1
    assert {len(order) for order in orders} == {4}


@pytest.fixture
def slow_callbacks():
    """An outbound call whose first status callback is answered last, if nothing keeps the order."""

    def place(net):
        def app(environ, start):
            body = environ["wsgi.input"].read().decode()
            if "CallStatus=initiated" in body:
                net.clock.run(2) if isinstance(net.clock, RealClock) else net.spend(0.1)
            start("200 OK", [("Content-Type", "text/xml")])
            return [b"<Response><Say>Hi.</Say></Response>"]

        net.serve("http://app.test", app)
        net.person(OTHER, answers_after=0.5)
        return net.place_call(NUMBER, OTHER, "http://app.test/v", status_callback="http://app.test/s",
                              status_callback_event=EVENTS)  # fmt: skip

    return place


@pytest.mark.parametrize("ending", ["the app", "the caller"])
def test_completed_is_told_when_the_call_is_over_whoever_ended_it(ending):
    net, app = network({"/voice": "<Say>Bye.</Say>", "/end": ""}, status_callback="http://hotline.test/end")
    call = net.dial(NUMBER)
    call.listen() if ending == "the app" else call.hang_up()
    assert app.forms("/end", "CallStatus") == [("completed",)]


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ({"hangs_up_after": 5}, (5, "agent", [])),
        ({"hangs_up_after": 5, "says": "Hi."}, (5, "agent", [])),
        ({"hangs_up_after": 5, "presses": "1"}, (5, "agent", ["1"])),
        ({"hangs_up_after": 5, "presses": "1", "says": "Hi."}, (5, "agent", ["1"])),
    ],
)
def test_a_scripted_person_acts_when_the_network_rings_them(script, expected):
    net, _ = network({"/voice": MENU, "/key": "<Say>Thanks.</Say><Pause length='30'/>"})
    net.person(OTHER, answers_after=2, **script)
    call = net.place_call(NUMBER, OTHER, "http://hotline.test/voice")
    net.run(100)
    pressed = [entry.text for entry in call.transcript if entry.kind == "pressed"]
    assert (call.duration, call.ended_by, pressed) == expected


@pytest.mark.parametrize("verb", ["<Gather input='speech' action='/said'/>", "<Record action='/said'/>"])
def test_a_scripted_person_answers_a_document_in_words(verb):
    net, app = network({"/voice": verb, "/said": ""})
    net.person(OTHER, answers_after=2, says="Two tickets.", language="en-US")
    net.place_call(NUMBER, OTHER, "http://hotline.test/voice")
    net.run(100)
    recorded = [recording.words for recording in net.recordings.values()]
    assert recorded == ["Two tickets."] or app.forms("/said", "SpeechResult") == [("Two tickets.",)]


def test_a_line_hangs_up_so_long_after_its_own_answer_while_it_is_screened():
    pages = {
        "/voice": f'<Dial action="/done"><Number url="/screen">{OTHER}</Number></Dial>',
        "/screen": '<Gather numDigits="1"><Say>Press one.</Say></Gather><Redirect>/screen</Redirect>',
        "/done": "<Say>over</Say>",
    }
    net, _ = network(pages)
    net.line(OTHER, Line.answers(2, hangs_up_after=20))
    call = net.dial(NUMBER)
    call.hears("over", within=30)


RECORD = '<Say>After the tone.</Say><Record action="/done" maxLength="30" finishOnKey="#" timeout="4"/>'


@pytest.mark.parametrize("before", ["hears", "listen", "listen, then wait"])
@pytest.mark.parametrize("after", ["press", "silence", "hang up"])
def test_a_recording_keeps_what_was_said_after_the_beep_however_one_got_there(before, after):
    net, _ = network({"/voice": RECORD, "/done": ""})
    call = net.dial(NUMBER)
    call.hears("After the tone") if before == "hears" else call.listen()
    if before == "listen, then wait":
        call.wait(2)
    call.say("one two three")
    {"press": lambda: call.press("#"), "silence": call.silence, "hang up": call.hang_up}[after]()
    assert [recording.words for recording in net.recordings.values()] == ["one two three"]


@pytest.mark.parametrize(
    ("wrong", "error", "told"),
    [
        (lambda net, call: net.number("123", "voice"), ValueError, "voice_url='voice' is no address"),
        (lambda net, call: net.number("+1 500 555 0007", "http://a.test"), ValueError, "write '+15005550007'"),
        (lambda net, call: net.number(OTHER, "http://a.test", app="nope"), TypeError, "app='nope' is no WSGI app"),
        (lambda net, call: net.line(OTHER, "busy"), TypeError, "expected a Line, such as Line.busy()"),
        (lambda net, call: net.dial(""), ValueError, "is no telephone number"),
        (lambda net, call: net.send_message(NUMBER, "abc", "x"), ValueError, "'abc' is no telephone number"),
        (lambda net, call: net.place_call(NUMBER, OTHER), ValueError, "a url, twiml or an application_sid"),
        (lambda net, call: net.place_call(NUMBER, OTHER, "/v"), ValueError, "url='/v' is no address"),
        (lambda net, call: call.press(1), TypeError, "press('1')"),
        (lambda net, call: call.wait(-1), ValueError, "time does not go back"),
        (lambda net, call: Options(strict="yes"), ValueError, "strict is one of True, False, not 'yes'"),
        (lambda net, call: Options(typeahead="lost"), ValueError, "typeahead is one of"),
    ],
)
def test_a_wrong_argument_is_refused_where_it_is_given(wrong, error, told):
    net, _ = network({"/voice": MENU})
    call = net.dial(NUMBER, CALLER)
    with pytest.raises(error) as why:
        wrong(net, call)
    assert told in str(why.value)


@pytest.mark.parametrize("act", [lambda call: call.press("1"), lambda call: call.say("hello")])
def test_nobody_can_press_or_speak_after_the_end(act):
    net, _ = network({"/voice": "<Say>Bye.</Say>"})
    call = net.dial(NUMBER)
    call.listen()
    with pytest.raises(CallIsOver, match="hotline hung up"):
        act(call)
