"""The REST side, by the unmodified official client."""

import base64
import logging
from datetime import timedelta
from urllib.parse import urlencode, urlsplit

import pytest
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http import HttpClient
from twilio.http.response import Response
from twilio.rest import Client

from ivr.network import rest
from ivr.network.wire.transport import Meter, Timeouts, call_wsgi

from .twiml_app import CALLER, NUMBER, TOKEN, network

AGENT = "+8613900000000"
HOLD = {
    "/voice": '<Enqueue waitUrl="/wait" action="/done">support</Enqueue><Say>next</Say>',
    "/wait": "<Pause length='10'/>",
    "/done": "",
    "/moved": "<Say>moved</Say><Pause length='60'/>",
}


class InProcess(HttpClient):
    """The client's transport: the REST app itself."""

    def __init__(self, app):
        super().__init__(logger=logging.getLogger("twilio"), is_async=False)
        self.app = app

    def request(self, method, url, params=None, data=None, headers=None, auth=None, **_):  # noqa: PLR0917 - theirs
        pairs = [(k, v) for k, v in (params or {}).items() if v is not None]
        url += ("?" + urlencode(pairs, doseq=True)) if pairs else ""
        assert urlsplit(url).hostname == "api.twilio.com"
        fields = dict(headers or {})
        fields["Authorization"] = "Basic " + base64.b64encode(":".join(auth).encode()).decode()
        body = urlencode(data or {}, doseq=True).encode()
        reply = call_wsgi(self.app, method, url, tuple(fields.items()), body, meter=Meter(), timeouts=Timeouts())
        return Response(reply.status, reply.body.decode())


@pytest.fixture
def world():
    net, app = network(dict(HOLD))
    return net, app, Client(net.account_sid, TOKEN, http_client=InProcess(rest(net)))


def test_an_outbound_call_is_created_fetched_listed_and_ended(world):
    net, app, client = world
    net.person(AGENT, answers_after=2)
    made = client.calls.create(
        to=AGENT, from_=NUMBER, url="http://hotline.test/moved", status_callback="http://hotline.test/done",
        status_callback_event=["answered", "completed"],
    )  # fmt: skip
    assert (made.status, made.direction) == ("queued", "outbound-api")
    net.run(5)
    assert client.calls(made.sid).fetch().status == "in-progress"
    client.calls(made.sid).update(status="completed")
    net.run(0)
    fetched = client.calls(made.sid).fetch()
    assert (fetched.status, fetched.duration, fetched.start_time.year) == ("completed", "3", 2026)
    assert [call.sid for call in client.calls.list(to=AGENT)] == [made.sid]
    assert app.forms("/done", "CallStatus") == [("in-progress",), ("completed",)]


def test_twiml_may_come_with_the_call(world):
    net, _, client = world
    net.person(AGENT, answers_after=1)
    made = client.calls.create(to=AGENT, from_=NUMBER, twiml="<Response><Say>hello</Say></Response>")
    net.run(10)
    assert [e.text for e in net.legs[made.sid].transcript if e.kind == "said"] == ["hello"]


def test_a_live_call_is_redirected(world):
    net, app, client = world
    call = net.dial(NUMBER)
    net.run(1)
    client.calls(call.sid).update(url="http://hotline.test/moved", method="POST")
    call.hears("moved")
    assert app.forms("/done", "QueueResult") == [("redirected",)]


def test_queues_and_their_members(world):
    net, _, client = world
    first, second = net.dial(NUMBER, CALLER), net.dial(NUMBER, "+8613800138001")
    net.run(4)
    (queue,) = client.queues.list()
    assert (queue.friendly_name, queue.current_size, queue.average_wait_time) == ("support", 2, 4)
    assert [m.call_sid for m in queue.members.list()] == [first.sid, second.sid]
    assert client.queues(queue.sid).members("Front").fetch().wait_time == 4
    client.queues(queue.sid).members("Front").update(url="http://hotline.test/moved")
    first.hears("moved")
    assert client.queues(queue.sid).members("Front").fetch().call_sid == second.sid


def test_messages_recordings_and_numbers(world):
    net, app, client = world
    sent = client.messages.create(to=CALLER, from_=NUMBER, body="您的验证码是123456")
    assert [m.body for m in client.messages.list(to=CALLER)] == ["您的验证码是123456"]
    assert client.messages(sent.sid).fetch().status == "delivered"
    app.pages["/voice"] = '<Record action="/done"/>'
    call = net.dial(NUMBER)
    call.listen()
    call.say("hello", seconds=3)
    call.hang_up()
    (recording,) = client.recordings.list(call_sid=call.sid)
    assert recording.duration == "3"
    assert client.recordings(recording.sid).delete()
    assert client.recordings.list() == []
    (number,) = client.incoming_phone_numbers.list(phone_number=NUMBER)
    assert number.update(voice_url="http://hotline.test/moved").voice_url == "http://hotline.test/moved"
    net.dial(NUMBER).hears("moved")


def test_conferences_and_participants(world):
    net, app, client = world
    app.pages["/voice"] = '<Dial><Conference waitUrl="">room</Conference></Dial>'
    one, two = net.dial(NUMBER), net.dial(NUMBER, "+8613800138001")
    net.run(1)
    (room,) = client.conferences.list()
    assert room.status == "in-progress"
    assert [p.call_sid for p in client.conferences(room.sid).participants.list()] == [one.sid, two.sid]
    client.conferences(room.sid).participants(two.sid).update(muted=True)
    two.say("nobody hears me")
    assert "nobody" not in one.heard
    client.conferences(room.sid).update(status="completed")
    net.run(1)
    assert (one.status, two.status) == ("completed", "completed")


def test_lists_are_paged(world):
    net, _, client = world
    for n in range(7):
        net.send_message(NUMBER, CALLER, str(n))
    assert [m.body for m in client.messages.list(page_size=3)] == list("6543210")
    assert [m.body for m in client.messages.list(limit=2)] == ["6", "5"]


def test_errors_have_twilios_form(world):
    net, _, client = world
    with pytest.raises(TwilioRestException) as missing:
        client.calls("CA" + "0" * 32).fetch()
    assert (missing.value.status, missing.value.code) == (404, 20404)
    with pytest.raises(TwilioRestException) as unsaid:
        client.calls.create(to="", from_=NUMBER, url="http://hotline.test/moved")
    assert unsaid.value.code == 21201
    call = net.dial(NUMBER)
    call.hang_up()
    with pytest.raises(TwilioRestException) as over:
        client.calls(call.sid).update(url="http://hotline.test/moved")
    assert over.value.code == 21220
    stranger = Client(net.account_sid, "wrong", http_client=InProcess(rest(net)))
    with pytest.raises(TwilioRestException) as refused:
        stranger.calls(call.sid).fetch()
    assert (refused.value.status, refused.value.code) == (401, 20003)


def test_a_message_is_deleted_and_no_transcription_is_kept(world):
    net, _, client = world
    sent = net.send_message(NUMBER, CALLER, "hello")
    assert client.messages(sent.sid).delete()
    assert client.messages.list() == []
    with pytest.raises(TwilioRestException):
        client.messages(sent.sid).delete()
    assert client.transcriptions.list() == []


@pytest.mark.parametrize(
    ("behaviour", "duration", "spans"),
    [("silence", "30", ((0, 2), (20, 2))), ("skip", "20", ((0, 2), (10, 2)))],
)
def test_a_recording_is_paused_goes_on_and_is_stopped(world, behaviour, duration, spans):
    net, app, client = world
    app.pages["/voice"] = "<Say>hello</Say><Pause length='60'/>"
    call = net.dial(NUMBER)
    net.run(10)
    running = client.calls(call.sid).recordings.create()
    tape = client.calls(call.sid).recordings("Twilio.CURRENT")
    call.say("heard", seconds=2)
    net.run(3)
    assert tape.update(status="paused", pause_behavior=behaviour).status == "paused"
    call.say("secret", seconds=2)
    net.run(8)
    assert tape.update(status="in-progress").status == "in-progress"
    net.run(5)
    call.say("heard again", seconds=2)
    net.run(8)
    assert tape.update(status="stopped").duration == duration
    kept = net.recordings[running.sid]
    assert (kept.words, kept.spans, kept.status) == ("heard heard again", spans, "completed")


def test_a_recording_does_nothing_else(world):
    net, app, client = world
    app.pages["/voice"] = "<Say>hello</Say><Pause length='60'/>"
    call = net.dial(NUMBER)
    client.calls(call.sid).recordings.create()
    with pytest.raises(TwilioRestException, match="paused, in-progress, stopped"):
        client.calls(call.sid).recordings("Twilio.CURRENT").update(status="absent")


def test_a_number_is_looked_for_had_and_dialled(world):
    net, app, client = world
    app.pages["/voice"] = "<Say>hello</Say>"
    offered = client.available_phone_numbers("US").local.list(area_code=212)
    assert len({one.phone_number for one in offered}) == 20
    first = offered[0].phone_number
    assert (first, offered[0].friendly_name) == ("+12125550100", "(212) 555-0100")
    client.incoming_phone_numbers.create(phone_number=first, voice_url="http://hotline.test/voice")
    assert first not in [one.phone_number for one in client.available_phone_numbers("US").local.list(area_code=212)]
    assert net.dial(first).listen() == "hello"
    assert client.available_phone_numbers("GB").mobile.list() == []


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"url": "foo"}, 21205), ({"url": "ftp://hotline.test/x"}, 21205), ({"url": "http://[/"}, 21205),
        ({"status_callback": "bar"}, 21205), ({"fallback_url": "/sorry"}, 21205), ({"method": "PUT"}, 21209),
        ({"send_digits": "1x"}, 21206), ({"send_digits": "1" * 33}, 21206), ({"application_sid": "AP1"}, 21218),
        ({"timeout": "inf"}, 20001), ({"timeout": "nan"}, 20001), ({"timeout": "9" * 5000}, 20001),
        ({"timeout": -1}, 20001), ({"from_": ""}, 21213), ({"to": "+٣٣٣٣٣"}, 21211),
    ],
)  # fmt: skip
def test_a_call_that_cannot_be_is_refused(world, wrong, code):
    net, _, client = world
    with pytest.raises(TwilioRestException) as refused:
        client.calls.create(**{"to": AGENT, "from_": NUMBER, "url": "http://hotline.test/moved"} | wrong)
    assert (refused.value.status, refused.value.code) == (400, code)
    assert not net.legs


@pytest.mark.parametrize(
    ("wrong", "code"),
    [({"to": ""}, 21604), ({"body": ""}, 21602), ({"from_": ""}, 21603), ({"body": "x" * 1601}, 21617)],
)
def test_a_message_that_cannot_be_is_refused(world, wrong, code):
    net, _, client = world
    with pytest.raises(TwilioRestException) as refused:
        client.messages.create(**{"to": AGENT, "from_": NUMBER, "body": "hello"} | wrong)
    assert (refused.value.code, net.messages) == (code, [])


def test_lists_are_filtered_by_time(world):
    net, _, client = world
    net.dial(NUMBER).hang_up()
    net.send_message(NUMBER, CALLER, "hello")
    now, day = net.clock.now(), timedelta(days=1)
    assert len(client.calls.list(start_time_after=now - day, start_time_before=now + day)) == 1
    assert client.calls.list(start_time_after=now + day) == []
    assert client.calls.list(end_time_before=now - day) == []
    assert len(client.calls.list(start_time=now.date())) == 1
    assert client.messages.list(date_sent_after=now + day) == []
    assert len(client.messages.list(date_sent=now.date())) == 1
    assert client.recordings.list(date_created_after=now - day) == []
    with pytest.raises(TwilioException, match="a date or a moment"):
        client.calls.list(start_time="yesterday")


def test_participants_and_numbers_are_filtered(world):
    net, app, client = world
    app.pages["/voice"] = '<Dial><Conference waitUrl="">room</Conference></Dial>'
    one, two = net.dial(NUMBER), net.dial(NUMBER, "+8613800138001")
    room = client.conferences(client.conferences.list()[0].sid)
    room.participants(two.sid).update(muted=True, end_conference_on_exit=True)
    assert [p.call_sid for p in room.participants.list(muted=True)] == [two.sid]
    assert [p.call_sid for p in room.participants.list(muted=False, hold=False)] == [one.sid]
    two.hang_up()
    net.run(1)
    assert one.status == "completed"
    client.incoming_phone_numbers.create(phone_number="+12125550100", friendly_name="sales")
    assert [n.phone_number for n in client.incoming_phone_numbers.list(friendly_name="sales")] == ["+12125550100"]
    with pytest.raises(TwilioRestException, match="is taken"):
        client.incoming_phone_numbers.create(phone_number=NUMBER)
    with pytest.raises(TwilioRestException, match=r"in E\.164"):
        client.incoming_phone_numbers.create(phone_number="abc")


def test_a_queue_takes_another_name(world):
    net, _, client = world
    queue = client.queues.create(friendly_name="support", max_size=5)
    other = client.queues.create(friendly_name="sales")
    assert client.queues(queue.sid).update(friendly_name="help", max_size=7).friendly_name == "help"
    assert (net.queues["help"].max_size, "support" in net.queues) == (7, False)
    for wrong in ({"friendly_name": "help"}, {"max_size": 5001}, {"max_size": 0}):
        with pytest.raises(TwilioRestException):
            client.queues(other.sid).update(**wrong)


def test_pages_beyond_counting_are_refused(world):
    _, _, client = world
    for name in ("Page", "PageSize"):
        reply = client.request(
            "GET", f"https://api.twilio.com/2010-04-01/Accounts/{client.username}/Calls.json", {name: "9" * 5000}
        )
        assert reply.status_code == 400
