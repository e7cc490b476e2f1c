"""A day's work of the unmodified client, over a real socket, beside a real clock."""

import subprocess
import urllib.error
import urllib.request
import wave
from base64 import b64encode
from contextlib import ExitStack
from http.client import HTTPConnection
from io import BytesIO
from pathlib import Path

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from ivr.network import Line, Network, RealClock, Server
from tests.patience import PATIENCE_SECONDS

from .sockets import NODE, node_has, served
from .twiml_app import NUMBER, TOKEN, TwimlApp

CALLER, AGENT = "+8613800138000", "+8613900000000"
SPEED = 200.0  # a minute takes 0.3 s
PAGES = {
    "/voice": '<Gather numDigits="1" action="/key" timeout="900"><Say>Press one</Say></Gather>',
    "/key": lambda request: f"<Say>you pressed {request.form['Digits']}</Say>",
    "/hello": "<Say>hello</Say><Pause length='600'/>",
    "/moved": "<Say>moved</Say><Pause length='600'/>",
    "/queue": '<Enqueue waitUrl="" action="/done">support</Enqueue>',
    "/agent": '<Dial record="record-from-answer"><Queue>support</Queue></Dial>',
    "/room": '<Dial><Conference record="record-from-start" statusCallback="/events" '
    'statusCallbackEvent="start end join leave mute hold">room</Conference></Dial>',
    "/record": '<Record action="/done" playBeep="false" timeout="60"/>',
    "/done": "",
    "/events": "",
    "/broken": "<Say>",
}


class World:
    """A network behind a socket, its app behind another, and the client of an app's own backend."""

    def __init__(self, net, app, app_url, server):
        self.net, self.app, self.app_url, self.url = net, app, app_url, server.url
        self.client = Client(net.account_sid, TOKEN)
        self.client.api.base_url = server.url

    def call(self, page, to=AGENT, **more):
        return self.client.calls.create(to=to, from_=NUMBER, url=self.app_url + page, **more)

    def until(self, happened, within=1200.0):
        assert self.net.clock.run_until(happened, within), " ".join(
            str(a.form.get("StatusCallbackEvent")) for a in self.app.requests
        )

    def status(self, sid, status):
        self.until(lambda: self.net.legs[sid].status == status)


@pytest.fixture
def world():
    with ExitStack() as stack:
        app = TwimlApp(dict(PAGES))
        app_url = stack.enter_context(served(app))
        net = stack.enter_context(Network(RealClock(SPEED), auth_token=TOKEN))
        net.number(NUMBER, f"{app_url}/voice")
        net.person(AGENT, answers_after=3)
        yield World(net, app, app_url, stack.enter_context(Server(net)))


def test_an_outbound_call_is_answered_redirected_and_ended(world):
    made = world.call("/hello", status_callback=f"{world.app_url}/events")
    assert made.status in ("queued", "initiated", "ringing")
    world.status(made.sid, "in-progress")
    assert world.client.calls(made.sid).fetch().status == "in-progress"
    world.client.calls(made.sid).update(url=f"{world.app_url}/moved")
    world.until(lambda: "moved" in [entry.text for entry in world.net.legs[made.sid].transcript])
    assert world.client.calls(made.sid).update(status="completed").status == "completed"
    world.until(lambda: world.app.to("/events"))
    assert all(request.valid for request in world.app.requests)
    assert [call.sid for call in world.client.calls.list(status="completed")] == [made.sid]
    assert world.client.calls(made.sid).delete()
    assert world.client.calls.list() == []


def test_a_queue_is_watched_and_served(world):
    world.net.number(NUMBER, f"{world.app_url}/queue")
    queue_of = world.client.queues
    one = world.net.dial(NUMBER, CALLER)
    world.until(lambda: world.net.queue("support").members)
    two = world.net.dial(NUMBER, "+8613800138001")
    world.until(lambda: len(world.net.queue("support").members) == 2)
    (queue,) = queue_of.list()
    assert [member.call_sid for member in queue.members.list()] == [one.sid, two.sid]
    queue.members("Front").update(url=f"{world.app_url}/moved")
    world.until(lambda: "moved" in one.heard)
    agent = world.call("/agent")
    world.until(lambda: two.leg.peer is not None)
    world.net.legs[agent.sid].hang_up("agent")
    world.status(two.sid, "completed")
    world.until(lambda: world.net.recordings)
    assert [found.source for found in world.client.recordings.list(call_sid=agent.sid)] == ["DialVerb"]
    made = world.client.queues.create(friendly_name="other", max_size=5)
    assert world.client.queues(made.sid).update(max_size=7).max_size == 7
    assert world.client.queues(made.sid).delete()


def test_a_conference_is_joined_muted_recorded_and_ended(world):
    world.net.person("+8613900000001", answers_after=2)
    one, two = world.call("/room"), world.call("/room", to="+8613900000001")
    world.until(lambda: any(room.status == "in-progress" for room in world.net.conferences))
    (room,) = world.client.conferences.list(status="in-progress")
    people = {p.call_sid for p in room.participants.list()}
    assert people == {one.sid, two.sid}
    assert room.participants(one.sid).update(muted=True).muted
    assert room.participants(two.sid).update(hold=True).hold
    world.net.person("+8613900000002", answers_after=1)
    third = room.participants.create(from_=NUMBER, to="+8613900000002", label="supervisor")
    world.until(lambda: len(world.net.open_conferences["room"].participants) == 3)
    assert room.participants("supervisor").fetch().call_sid == third.call_sid
    assert room.participants(third.call_sid).delete()
    assert room.update(status="completed").status == "completed"
    world.status(one.sid, "completed")
    world.until(lambda: len(world.app.to("/events")) >= 10)
    events = [request.form["StatusCallbackEvent"] for request in world.app.to("/events")]
    assert {"conference-start", "conference-end", "participant-join", "participant-mute", "participant-hold"} <= {
        *events
    }
    assert [found.sid for found in world.client.conferences.list(friendly_name="room", status="completed")] == [
        room.sid
    ]
    (recording,) = room.recordings.list()
    assert recording.status == "completed"


def test_a_recording_is_fetched_as_a_sound_without_a_password(world):
    world.net.number(NUMBER, f"{world.app_url}/record")
    call = world.net.dial(NUMBER, wait=False)
    call.listen()
    call.say("please call me back", seconds=6)
    world.until(lambda: world.app.to("/done"))
    address = world.app.to("/done")[0].form["RecordingUrl"]
    assert address.startswith(world.url)
    for suffix in ("", ".wav"):
        with urllib.request.urlopen(address + suffix, timeout=PATIENCE_SECONDS) as reply:
            assert reply.headers["Content-Type"] == "audio/x-wav"
            with wave.open(BytesIO(reply.read())) as sound:
                assert 4.5 < sound.getnframes() / sound.getframerate() < 60  # real time; a busy machine hears more
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(address + ".json", timeout=PATIENCE_SECONDS)


def test_a_live_call_is_recorded_from_outside(world):
    made = world.call("/hello")
    world.status(made.sid, "in-progress")
    running = world.client.calls(made.sid).recordings.create(recording_status_callback=f"{world.app_url}/events")
    assert running.status == "in-progress"
    world.net.run(5)
    assert world.client.calls(made.sid).recordings("Twilio.CURRENT").update(status="stopped").sid == running.sid
    world.until(lambda: world.app.to("/events"))
    assert world.app.forms("/events", "RecordingSource", "RecordingStatus") == [("StartCallRecordingAPI", "completed")]
    assert int(world.client.recordings(running.sid).fetch().duration) >= 5


def test_messages_are_sent_told_of_and_listed(world):
    sent = world.client.messages.create(
        to=CALLER, from_=NUMBER, body="您的验证码是123456", status_callback=f"{world.app_url}/events"
    )
    world.until(lambda: len(world.app.to("/events")) == 2)
    assert {request.form["MessageStatus"] for request in world.app.to("/events")} == {"sent", "delivered"}
    assert world.app.requests[0].valid
    assert [message.sid for message in world.client.messages.list(to=CALLER)] == [sent.sid]


def test_numbers_and_apps_are_made_changed_and_removed(world):
    app = world.client.applications.create(friendly_name="menu", voice_url=f"{world.app_url}/hello")
    number = world.client.incoming_phone_numbers.create(phone_number="+15005550007", voice_application_sid=app.sid)
    call = world.net.dial("+15005550007", wait=False)
    world.until(lambda: "hello" in call.heard)
    assert world.app.forms("/hello", "ApplicationSid") == [(app.sid,)]
    assert world.client.applications(app.sid).update(voice_url=f"{world.app_url}/moved").voice_url.endswith("/moved")
    made = world.client.calls.create(to=AGENT, from_=NUMBER, application_sid=app.sid)
    world.until(lambda: world.app.to("/moved"))
    assert world.net.legs[made.sid].settings.sid == app.sid
    assert number.delete()
    assert world.client.applications(app.sid).delete()
    assert world.client.applications.list() == []
    assert world.client.api.accounts(world.net.account_sid).fetch().status == "active"


def test_who_answered_is_told_and_a_machine_is_known(world):
    world.net.line("+8613900000003", Line(after=2, answered_by="machine_start"))
    made = world.call("/hello", to="+8613900000003", machine_detection="Enable")
    world.until(lambda: world.app.to("/hello"))
    assert world.app.forms("/hello", "AnsweredBy") == [("machine_start",)]
    assert world.client.calls(made.sid).fetch().answered_by == "machine_start"


def test_an_app_is_dialled_by_another_and_pressed(world):
    world.net.verify(CALLER)
    made = world.client.calls.create(
        to=NUMBER, from_=CALLER, twiml='<Response><Pause length="4"/><Play digits="1"/><Pause length="9"/></Response>'
    )
    world.until(lambda: world.app.to("/key"))
    assert world.app.forms("/key", "Digits", "From") == [("1", CALLER)]
    world.status(made.sid, "completed")


def test_the_debugger_is_listed(world):
    made = world.call("/broken")
    world.status(made.sid, "completed")
    (entry,) = world.client.calls(made.sid).notifications.list()
    assert (entry.error_code, entry.log) == ("12100", "0")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda client: client.calls.create(to=AGENT, from_=NUMBER), 21205),
        (lambda client: client.calls.create(to=AGENT, from_=NUMBER, url="http://x.test", timeout="soon"), 20001),
        (lambda client: client.calls.create(to=AGENT, from_=NUMBER, application_sid="AP0"), 21218),
        (lambda client: client.calls.create(to=" 15005550020", from_=NUMBER, url="http://x.test"), 21211),
        (lambda client: client.calls.create(to=AGENT, from_="nobody", url="http://x.test"), 21212),
        (lambda client: client.calls.create(to=AGENT, from_=NUMBER, twiml="x" * 4001), 21617),
        (lambda client: client.calls.create(to="", from_=NUMBER, url="http://x.test"), 21201),
        (lambda client: client.calls("CA1").recordings.create(), 20404),
        (lambda client: client.conferences("CF1").fetch(), 20404),
        (lambda client: client.applications("AP1").fetch(), 20404),
        (lambda client: client.queues("QU1").fetch(), 20404),
    ],
)
def test_a_wrong_request_is_refused_in_twilios_form(world, change, code):
    with pytest.raises(TwilioRestException) as refused:
        change(world.client)
    assert refused.value.code == code


def test_another_api_of_twilio_is_said_not_to_be_here(world):
    world.client.insights.base_url = world.url
    with pytest.raises(TwilioRestException) as refused:
        world.client.insights.v1.calls("CA" + "0" * 32).summary().fetch()
    assert refused.value.code == 20404
    assert "GET /v1/Voice/CA" in world.net.debugger.failure().message


@pytest.mark.skipif(not node_has("twilio"), reason="node or its package twilio is not installed (NODE_PATH)")
def test_another_languages_client_does_a_days_work(world):
    world.net.person("+8613900000001", answers_after=2)
    script = Path(__file__).parent / "apps" / "day.js"
    account = [world.url, world.net.account_sid, TOKEN, AGENT, "+8613900000001", NUMBER]
    ended = subprocess.run([NODE, str(script), *account], capture_output=True, text=True, check=False)
    assert (ended.stderr, ended.stdout.split()) == ("", ["call", "conference", "message", "queue", "error"])


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("GET", {}, 200),
        ("GET", {"Host": "localhost:1"}, 200),
        ("GET", {"Host": "host.docker.internal:8090"}, 200),
        ("GET", {"Host": "evil.example:8090"}, 403),
        ("GET", {"Host": "127.0.0.1.evil.example"}, 403),
        ("POST", {}, 400),  # without a number to call
        ("POST", {"Origin": "https://evil.example"}, 403),
        ("POST", {"Origin": "null"}, 403),
        ("POST", {"Host": "evil.example", "Origin": "http://evil.example"}, 403),
    ],
)
def test_a_page_of_another_site_makes_no_browser_call(world, method, headers, status):
    password = b64encode(f"{world.net.account_sid}:{TOKEN}".encode()).decode()
    asked = HTTPConnection(world.url.removeprefix("http://"))
    path = f"/2010-04-01/Accounts/{world.net.account_sid}/Calls.json"
    asked.request(method, path, headers={"Authorization": f"Basic {password}", **headers})
    assert asked.getresponse().status == status
    asked.close()
