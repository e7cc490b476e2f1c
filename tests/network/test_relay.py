"""ConversationRelay: words over a real WebSocket, in virtual and in real time."""

import json
import threading
from contextlib import contextmanager
from pathlib import Path

import fastapi
import pytest
from click.testing import CliRunner
from twilio.request_validator import RequestValidator
from websockets.sync.server import serve

from ivr.cli import main
from ivr.network import Network, NotHeard, Options, RealClock, VirtualClock
from tests.network.sockets import node, node_has, served
from tests.network.twiml_app import CALLER, NUMBER, TOKEN, TwimlApp, network
from tests.patience import PATIENCE_SECONDS

ACTION = "/over"
APPS = Path(__file__).parent / "apps"


class Relay:
    """An app of ConversationRelay: `answer` gives what it sends for each message it gets."""

    def __init__(self, answer):
        self.answer = answer
        self.got = []
        self.headers = {}
        self.news = threading.Condition()

    def __call__(self, socket):
        self.headers = dict(socket.request.headers)
        for raw in socket:
            message = json.loads(raw)
            with self.news:
                self.got.append(message)
                self.news.notify_all()
            for reply in self.answer(message):
                if reply is None:
                    socket.close()
                    return
                socket.send(reply if isinstance(reply, str) else json.dumps(reply))

    def of(self, kind):
        return [{name: value for name, value in one.items() if name != "type"} for one in self.got
                if one["type"] == kind]  # fmt: skip

    def first(self, kind):
        """The first message of a kind, which may still be on its way."""
        with self.news:
            assert self.news.wait_for(lambda: self.of(kind), timeout=PATIENCE_SECONDS)
        return self.of(kind)[0]


def said(token, **more):
    return {"type": "text", "token": token, "last": True, **more}


def echo(message):
    """Says what it heard; `agent` hands over, and a key is told."""
    match message:
        case {"type": "prompt", "voicePrompt": "agent"}:
            return [said("One moment."), {"type": "end", "handoffData": '{"why":"agent"}'}]
        case {"type": "prompt", "voicePrompt": words}:
            return [{"type": "text", "token": "You said "}, {"type": "text", "token": words}, said(".")]
        case {"type": "dtmf", "digit": digit}:
            return [said(f"Key {digit}.")]
    return []


@contextmanager
def hotline(answer=echo, attributes='welcomeGreeting="Hello, who is there?" dtmfDetection="true"', inside="", **more):
    relay = Relay(answer)
    with serve(relay, "127.0.0.1", 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        port = server.socket.getsockname()[1]
        noun = f'<ConversationRelay url="wss://app.test/socket" {attributes}>{inside}</ConversationRelay>'
        switches = {"relay_quiet_seconds": 0.2} | more.pop("switches", {})
        options = Options(tunnel=f"app.test=127.0.0.1:{port}", **switches)
        pages = {"/voice": f'<Connect action="{ACTION}">{noun}</Connect>', ACTION: "<Say>Goodbye.</Say>"}
        net, app = network(pages | more.pop("pages", {}), options=options, **more)
        with net:
            yield net, app, relay
        server.shutdown()


def test_words_go_to_the_app_and_its_text_is_spoken():
    with hotline() as (net, _, relay):
        call = net.dial(NUMBER, CALLER)
        assert call.listen() == "Hello, who is there?"
        call.say("this is Ann", language="en-US")
        call.hears("You said this is Ann.")
        assert relay.of("prompt") == [{"voicePrompt": "this is Ann", "lang": "en-US", "last": True}]
        assert net.debugger.codes() == []


def test_the_setup_tells_who_calls_and_what_the_document_gave_along():
    inside = '<Parameter name="plan" value="gold"/>'
    with hotline(inside=inside) as (net, _, relay):
        call = net.dial(NUMBER, CALLER)
        call.listen()
        setup = relay.first("setup")
        assert setup["sessionId"].startswith("VX")
        assert (setup["callSid"], setup["from"], setup["to"]) == (call.sid, CALLER, NUMBER)
        assert (setup["direction"], setup["callStatus"]) == ("inbound", "RINGING")
        assert setup["customParameters"] == {"plan": "gold"}


def test_the_handshake_is_signed_for_its_address():
    with hotline() as (net, _, relay):
        net.dial(NUMBER, CALLER).listen()
        relay.first("setup")
        signature = relay.headers["x-twilio-signature"]
        assert RequestValidator(TOKEN).validate("wss://app.test/socket", {}, signature)


def test_keys_are_told_one_by_one():
    with hotline(switches={"relay_quiet_seconds": 3.0}) as (net, _, relay):
        call = net.dial(NUMBER, CALLER)
        call.listen()
        call.press("1")
        call.hears("Key 1.")
        assert relay.of("dtmf") == [{"digit": "1"}]


def test_without_dtmf_detection_keys_are_not_told():
    with hotline(attributes='welcomeGreeting="Hello."') as (net, _, relay):
        call = net.dial(NUMBER, CALLER)
        call.listen()
        call.press("1")
        call.wait(3)
        assert relay.of("dtmf") == []


def test_who_speaks_into_the_words_of_the_app_interrupts_it():
    with hotline() as (net, _, relay):
        call = net.dial(NUMBER, CALLER)
        call.wait(1)
        call.say("stop", language="en-US")
        call.hears("You said stop.")
        (interrupt,) = relay.of("interrupt")
        assert interrupt["utteranceUntilInterrupt"] == "Hello, who"
        assert interrupt["durationUntilInterruptMs"] == 1000
        assert [entry.text for entry in call.transcript if entry.cut] == ["Hello, who"]


@pytest.mark.parametrize(("report", "prompts"), [("none", ["and now"]), ("speech", ["stop", "and now"])])
def test_words_that_may_not_interrupt_are_told_only_when_asked_for(report, prompts):
    attributes = 'welcomeGreeting="Hello, who is there?" welcomeGreetingInterruptible="none" '
    with hotline(attributes=f'{attributes} reportInputDuringAgentSpeech="{report}"') as (net, _, relay):
        call = net.dial(NUMBER, CALLER)
        call.wait(0.5)
        call.say("stop", seconds=0.3, language="en-US")
        call.wait(5)
        assert not any(entry.cut for entry in call.transcript)
        call.say("and now")
        call.hears("You said and now.")  # what was sent before has arrived
        assert (relay.of("interrupt"), [one["voicePrompt"] for one in relay.of("prompt")]) == ([], prompts)


def test_the_app_hands_the_call_over_and_the_action_is_told():
    with hotline() as (net, app, _):
        call = net.dial(NUMBER, CALLER)
        call.listen()
        call.say("agent")
        call.hears("One moment.")
        call.hears("Goodbye.")
        assert app.forms(ACTION, "SessionStatus", "HandoffData", "CallStatus") == [
            ("ended", '{"why":"agent"}', "in-progress")
        ]
        assert app.to(ACTION)[0].form["SessionId"].startswith("VX")
        assert app.to(ACTION)[0].valid


def test_an_end_at_once_does_not_wait_for_words():
    with hotline(switches={"relay_end": "at once"}) as (net, _, _relay):
        call = net.dial(NUMBER, CALLER)
        call.listen()
        call.say("agent")
        assert call.listen() == "Goodbye."


def test_a_caller_who_hangs_up_completes_the_session():
    with hotline() as (net, app, _):
        call = net.dial(NUMBER, CALLER)
        call.listen()
        call.wait(3)
        call.hang_up()
        net.run(1)
        assert app.forms(ACTION, "SessionStatus", "CallStatus") == [("completed", "completed")]
        assert int(app.to(ACTION)[0].form["SessionDuration"]) >= 3


def test_a_language_message_changes_both_languages():
    def answer(message):
        if message["type"] != "prompt":
            return []
        change = {"type": "language", "ttsLanguage": "zh-CN", "transcriptionLanguage": "zh-CN"}
        return [change, said("你好。"), said("Bonjour.", lang="fr-FR")]

    with hotline(answer) as (net, _, relay):
        call = net.dial(NUMBER, CALLER)
        call.listen()
        call.say("Chinese")
        call.hears("Bonjour.")
        assert [(entry.text, entry.language) for entry in call.transcript if entry.kind == "said"][1:] == [
            ("你好。", "zh-CN"), ("Bonjour.", "fr-FR"),
        ]  # fmt: skip
        call.say("你好")
        net.run(3)
        assert relay.of("prompt")[1]["lang"] == "zh-CN"


def test_sounds_are_played_and_keys_are_sent():
    def answer(message):
        if message["type"] != "prompt":
            return []
        return [{"type": "play", "source": "https://sounds.test/bell.mp3", "loop": 2},
                {"type": "sendDigits", "digits": "1w2"}, said("There.")]  # fmt: skip

    with hotline(answer) as (net, _, _relay):
        call = net.dial(NUMBER, CALLER)
        call.listen()
        call.say("ring")
        bell = "[https://sounds.test/bell.mp3]"
        assert call.listen() == f"{bell} {bell} [keys 1w2] There."


def test_a_message_that_nobody_understands_is_refused_and_the_session_goes_on():
    def answer(message):
        return ['{"type": "speak"}', said("Still here.")] if message["type"] == "prompt" else []

    with hotline(answer) as (net, _, relay):
        call = net.dial(NUMBER, CALLER)
        call.listen()
        call.say("hello")
        call.hears("Still here.")
        assert net.debugger.codes() == [64107]
        call.say("again")
        call.hears("Still here.")  # what was sent before has arrived
        assert relay.of("error")[0] == {"description": 'Invalid message received: {"type": "speak"}'}


@pytest.mark.parametrize(
    "message",
    ["[]", "hello", '{"type":"text"}', '{"type":"text","token":5}', '{"type":"play"}', '{"type":"language"}',
     '{"type":"sendDigits","digits":"1x"}', '{"type":"text","token":"a","last":"yes"}'],
)  # fmt: skip
def test_messages_are_checked_as_twilio_checks_them(message):
    with hotline(lambda got: [message, said("Hello.")] if got["type"] == "setup" else []) as (net, _, _relay):
        net.dial(NUMBER, CALLER).hears("Hello.")
        assert net.debugger.codes() == [64107]


def test_ten_of_them_in_a_row_end_the_session():
    def answer(message):
        return ["nonsense"] * 10 if message["type"] == "setup" else []

    with hotline(answer) as (net, app, _):
        net.dial(NUMBER, CALLER).listen()
        assert net.debugger.codes() == [64107] * 10 + [64105]
        assert app.forms(ACTION, "SessionStatus", "ErrorCode") == [("failed", "64105")]


def test_an_app_that_closes_the_socket_has_failed_and_the_action_may_mend_it():
    with hotline(lambda message: [None] if message["type"] == "prompt" else []) as (net, app, _):
        call = net.dial(NUMBER, CALLER)
        call.listen()
        call.say("hello")
        call.hears("Goodbye.")
        assert net.debugger.codes() == [64105]
        assert app.forms(ACTION, "SessionStatus", "ErrorCode", "CallStatus") == [("failed", "64105", "in-progress")]


@pytest.mark.parametrize("url", ["wss://127.0.0.1:9/nobody", "ws://app.test/socket", "wss://", "https://app.test/"])
def test_an_address_without_a_socket_is_a_failure(url):
    page = f'<Connect><ConversationRelay url="{url}"/></Connect>'
    net, _ = network({"/voice": page}, base="http://127.0.0.1:9")
    call = net.dial(NUMBER, CALLER)
    call.listen()
    assert (call.status, net.debugger.codes()) == ("failed", [64102])


def test_an_app_that_does_not_answer_has_failed():
    with hotline(lambda _: [], switches={"relay_answer_seconds": 1.0}) as (net, _, _relay):
        call = net.dial(NUMBER, CALLER)
        call.listen()
        call.say("hello")
        with pytest.raises(NotHeard):
            call.hears("hello")
        assert "has not answered 'hello'" in net.debugger.failure().message


def test_silence_is_awaited_and_the_line_stays_open():
    with hotline() as (net, _, _relay):
        call = net.dial(NUMBER, CALLER)
        call.listen()
        call.silence()
        call.say("hello")
        call.hears("You said hello.")


def test_swear_words_are_masked_and_partial_prompts_are_sent_on_request():
    with hotline(attributes='welcomeGreeting="Hi." partialPrompts="true"') as (net, _, relay):
        call = net.dial(NUMBER, CALLER)
        call.listen()
        call.say("oh shit")
        call.hears("You said oh s***.")
        assert [(one["voicePrompt"], one["last"]) for one in relay.of("prompt")] == [
            ("oh s***", False), ("oh s***", True),
        ]  # fmt: skip


def test_a_socket_beside_an_app_over_http_needs_no_tunnel():
    relay = Relay(echo)
    with serve(relay, "127.0.0.1", 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        host = f"127.0.0.1:{server.socket.getsockname()[1]}"
        page = f'<Connect><ConversationRelay url="wss://{host}/x" welcomeGreeting="Hi."/></Connect>'
        net, _ = network({"/voice": page}, base=f"http://{host}")
        call = net.dial(NUMBER, CALLER)
        assert call.listen() == "Hi."
        call.hang_up()
        server.shutdown()


def test_the_command_dials_it_as_any_other_app():
    relay = Relay(echo)
    with serve(relay, "127.0.0.1", 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        tunnel = f"tunnel=app.test=127.0.0.1:{server.socket.getsockname()[1]}"
        noun = '<ConversationRelay url="wss://app.test/socket" welcomeGreeting="Hi." dtmfDetection="true"/>'
        with served(TwimlApp({"/voice": f"<Connect>{noun}</Connect>"})) as address:
            ran = CliRunner().invoke(main, ["dial", f"{address}/voice", "--keys", "1 'thank you'", "--option", tunnel])
        server.shutdown()
    heard = [line.split(maxsplit=2)[2] for line in ran.output.splitlines() if " hotline " in line]
    assert (ran.exit_code, heard) == (0, ["Hi.", "Key 1.", "You said thank you."])


def test_it_goes_the_same_way_in_real_time():
    with hotline(clock=RealClock(speed=20)) as (net, app, relay):
        call = net.dial(NUMBER, CALLER)
        call.hears("Hello, who is there?")
        call.say("agent")
        call.hears("Goodbye.")
        assert [one["voicePrompt"] for one in relay.of("prompt")] == ["agent"]
        net.clock.run_until(lambda: call.ended, within=60)
        assert app.forms(ACTION, "SessionStatus") == [("ended",)]


RELAY = '<ConversationRelay url="wss://app.test/ws?plan=gold" welcomeGreeting="Hi."/>'


def fast_app(converse):
    """A FastAPI app in one process with the network, whose socket is `converse`."""
    app = fastapi.FastAPI()

    @app.post("/voice")
    async def voice():
        return fastapi.Response(
            f"<Response><Connect action='/over'>{RELAY}</Connect></Response>", media_type="text/xml"
        )

    @app.post("/over")
    async def over():
        return fastapi.Response("<Response><Say>Goodbye.</Say></Response>", media_type="text/xml")

    app.websocket("/ws")(converse)
    return app


@contextmanager
def in_process(converse):
    with Network(auth_token=TOKEN, options=Options(relay_quiet_seconds=0.1)) as net:
        net.number(NUMBER, "http://app.test/voice", app=fast_app(converse))
        yield net


async def echo_in_process(socket: fastapi.WebSocket):
    signature = socket.headers["x-twilio-signature"]
    assert RequestValidator(TOKEN).validate("wss://app.test/ws?plan=gold", {}, signature)
    await socket.accept()
    async for raw in socket.iter_text():
        for reply in echo(json.loads(raw)):
            await socket.send_text(json.dumps(reply))


@pytest.mark.parametrize("clock", [VirtualClock, lambda: RealClock(speed=20)])
def test_an_app_that_asks_for_a_moment_is_heard_when_it_has_found_what_it_looks_for(clock):
    looked_up = threading.Event()

    def answer(message):
        if message["type"] == "setup":
            yield said("Hello.")
        elif message["type"] == "prompt":
            yield said("One moment.")
            looked_up.wait(PATIENCE_SECONDS)
            yield said("It is paid.")

    with hotline(answer, "", clock=clock(), switches={"relay_quiet_seconds": PATIENCE_SECONDS}) as (net, _, _):
        call = net.dial(NUMBER, CALLER)
        call.hears("Hello.")
        call.say("is it paid?", language="en-US")
        call.hears("One moment.")
        call.listen()
        looked_up.set()
        assert call.listen() == "It is paid."


def test_an_asgi_app_in_this_process_is_talked_to_without_a_server():
    with in_process(echo_in_process) as net:
        call = net.dial(NUMBER, CALLER)
        assert call.listen() == "Hi."
        call.say("this is Ann", language="en-US")
        call.hears("You said this is Ann.")
        call.say("agent", language="en-US")
        assert call.listen() == "One moment. Goodbye."
        net.check_errors()


def test_an_app_is_told_when_the_network_closes_in_the_middle_of_a_call():
    left = threading.Event()

    async def waits(socket: fastapi.WebSocket):
        await socket.accept()
        async for _ in socket.iter_text():
            pass
        left.set()

    with in_process(waits) as net:
        net.dial(NUMBER, CALLER)
        assert not left.is_set()
    assert left.wait(PATIENCE_SECONDS)


async def raises(socket: fastapi.WebSocket):
    await socket.accept()
    async for raw in socket.iter_text():
        json.loads(raw)["prompt"]


async def refuses(socket: fastapi.WebSocket):
    await socket.close(1008, "not you")


@pytest.mark.parametrize(
    ("converse", "code", "told"),
    [(raises, 64105, "the app raised KeyError: 'prompt'"), (refuses, 64102, "received 1008 not you")],
)
def test_a_socket_in_this_process_that_fails_says_why(converse, code, told):
    with in_process(converse) as net:
        net.expects_error(code)
        net.dial(NUMBER, CALLER).listen()
        net.check_errors()
        assert told in net.debugger.failure().message


SCRIPT = """
call: a caller asks, presses a key and wants a person
steps:
- hear: Ask me anything.
- say: refunds
- hear: You asked about refunds.
- press: "7"
- hear: You pressed 7.
- say: a person please
- hear: "Connecting you: asked for a person."
"""
of_node = pytest.mark.skipif(not node_has("express", "ws"), reason="no node with express and ws (npm i express ws)")


@of_node
@pytest.mark.parametrize(("change", "status"), [("You asked about refunds.", 0), ("You asked about Bob.", 1)])
def test_a_call_script_is_played_on_an_app_of_node(tmp_path, change, status):
    script = tmp_path / "person.call.yaml"
    script.write_text(SCRIPT.replace("You asked about refunds.", change))
    with node(APPS / "relay.js") as base:
        ran = CliRunner().invoke(main, ["replay", str(script), "--url", f"{base}/voice"])
    assert ran.exit_code == status, ran.output


@of_node
@pytest.mark.parametrize("clock", [VirtualClock, lambda: RealClock(speed=5)])
def test_an_app_of_node_remembers_what_was_heard_of_its_words(clock):
    with node(APPS / "relay.js") as base, Network(clock()) as net:
        net.number(NUMBER, f"{base}/voice")
        call = net.dial(NUMBER, CALLER)
        call.hears("Ask me anything.")
        call.say("who am I", language="en-US")
        call.hears(f"The caller is {CALLER}.")
        call.say("refunds", language="en-US")
        call.hears("That takes a long")
        call.say("what did you say", language="en-US")
        call.hears("I said: You asked about refunds. That takes a long")
        call.hang_up()
        assert "words" not in call.heard
        net.check_errors()
