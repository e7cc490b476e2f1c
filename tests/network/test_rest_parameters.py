"""Nothing that REST is asked is dropped in silence: every parameter of the official client is done, or noted."""

import importlib
import inspect
import io
import json
import re
import wave
from pathlib import Path

import pytest
import twilio.rest
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from ivr.network import Line, rest
from ivr.network.rest_api.request import PAGING, PARAMETERS
from tests.network.test_rest import InProcess
from tests.network.twiml_app import CALLER, NUMBER, network

OTHER = "+15005550020"
ROOT = "twilio.rest.api.v2010.account"
MODULES = {
    "accounts": "twilio.rest.api.v2010.account", "media": f"{ROOT}.message.media",
    "notifications": f"{ROOT}.notification", "available_phone_numbers": f"{ROOT}.available_phone_number_country.local",
    "calls": f"{ROOT}.call", "messages": f"{ROOT}.message", "queues": f"{ROOT}.queue",
    "members": f"{ROOT}.queue.member", "conferences": f"{ROOT}.conference",
    "participants": f"{ROOT}.conference.participant", "recordings": f"{ROOT}.call.recording",
    "applications": f"{ROOT}.application", "incoming_phone_numbers": f"{ROOT}.incoming_phone_number",
}  # fmt: skip


OF_ALL_CALLS = ("recordings.list", "recordings.fetch")
OF_SOUND = {"RequestedChannels", "Download"}
"""What a recording's sound may be asked for with; the client has no operation for it."""


def of_the_client(operation):
    """The parameters that the installed client sends for an operation, read out of its source."""
    noun, _, verb = operation.partition(".")
    module = importlib.import_module(f"{ROOT}.recording" if operation in OF_ALL_CALLS else MODULES[noun])
    end = "List" if verb in ("create", "list") else "Context"
    verb = "page" if verb == "list" else verb
    place = next(one for name, one in vars(module).items()
                 if inspect.isclass(one) and one.__module__ == module.__name__ and name.endswith(end))  # fmt: skip
    source = inspect.getsource(getattr(place, f"_{verb}", None) or getattr(place, verb))
    return set(re.findall(r'^\s+"([\w<>]+)": (?!"application)', source, re.MULTILINE)) - set(PAGING)


@pytest.mark.parametrize("operation", PARAMETERS)
def test_every_parameter_of_the_installed_client_is_done_or_noted(operation):
    done, ignored = (set(PARAMETERS[operation].get(kind, "").split()) for kind in ("done", "ignored"))
    assert not done & ignored
    assert (done | ignored) - OF_SOUND == of_the_client(operation)


def operations_of_the_client():
    """Every address below the version that the installed client knows, with each method that it has for it."""
    for file in sorted(Path(twilio.rest.__file__).with_name("api").rglob("*.py")):
        for code in re.split(r"^class ", file.read_text("utf-8"), flags=re.MULTILINE):
            if address := re.search(r'self\._uri = "([^"]+)"', code):
                for verb, method in METHODS.items():
                    if re.search(rf"^    def {verb}\(", code, re.MULTILINE):
                        yield method, address[1]


METHODS = {"create": "POST", "update": "POST", "delete": "DELETE", "fetch": "GET", "page": "GET"}


def test_every_address_of_the_installed_client_is_answered_or_said_not_to_be_here(world):
    net, _, _ = world
    client, who = InProcess(rest(net)), (net.account_sid, net.auth_token)
    absent = set()
    for method, address in operations_of_the_client():
        ours = re.sub(r"{account_sid}|(?<=^/Accounts/){sid}", net.account_sid, address).replace("{country_code}", "US")
        path = "/2010-04-01" + re.sub(r"{\w+}", "XX1", ours)
        before = len(net.debugger)
        status = client.request(method, f"https://api.twilio.com{path}", auth=who).status_code
        said = [entry.message for entry in list(net.debugger)[before:]]
        if any(message.startswith(f"{method} {path} is not emulated") for message in said):
            assert status in (404, 405)
            absent.add(f"{method} {address.removeprefix('/Accounts/{account_sid}')}")
    assert len(absent) > 100
    assert {"POST /Accounts.json", "POST /Accounts/{sid}.json", "POST /Addresses.json"} < absent
    assert not {f"{method} /{what}.json" for method in ("GET", "POST") for what in ("Calls", "Queues")} & absent


@pytest.fixture
def world():
    net, app = network({"/voice": "<Say>hi</Say><Pause length='60'/>", "/told": "", "/room": ""})
    net.line(OTHER, Line.answers(2))
    return net, app, Client(net.account_sid, net.auth_token, http_client=InProcess(rest(net)))


PAUSE = "<Response><Say>one two three</Say><Pause length='60'/></Response>"


def test_a_parameter_that_does_nothing_is_noted(world):
    net, _, client = world
    client.calls.create(to=OTHER, from_=NUMBER, twiml=PAUSE, call_reason="appointment")
    assert [entry.message for entry in net.debugger] == [
        "CallReason of calls.create is not emulated and changes nothing"
    ]


CALL = {"To": OTHER, "From": NUMBER, "Twiml": PAUSE}


@pytest.mark.parametrize(
    ("path", "fields", "code"),
    [
        *(("Calls", {**CALL, name: "odd"}, code) for name, code in {
            "StatusCallbackEvent": 21626, "StatusCallback": 21205, "StatusCallbackMethod": 21209, "SendDigits": 21206,
            "Record": 20001, "RecordingChannels": 20001, "RecordingTrack": 20001, "Trim": 20001, "Timeout": 20001,
            "RecordingStatusCallbackEvent": 20001, "AsyncAmd": 20001, "MachineDetectionTimeout": 20001,
        }.items()),
        *(("Conferences/room/Participants", {"To": OTHER, "From": NUMBER, name: "odd"}, 20001) for name in (
            "Muted", "Beep", "MaxParticipants", "CallSidToCoach", "ConferenceStatusCallbackEvent", "EarlyMedia",
        )),
        ("Conferences/room/Participants", {"To": OTHER, "From": NUMBER, "Coaching": "true"}, 20001),
        ("Queues", {"FriendlyName": "q", "MaxSize": "0"}, 20001),
        ("Queues", {"FriendlyName": "q" * 65}, 20001),
        ("Messages", {"To": OTHER, "From": NUMBER, "Body": "x", "StatusCallback": "odd"}, 21609),
        ("Messages", {"To": OTHER, "Body": "x", "MessagingServiceSid": "odd"}, 20001),
        ("IncomingPhoneNumbers", {"PhoneNumber": "+14155550199", "VoiceApplicationSid": "odd"}, 21218),
        ("IncomingPhoneNumbers", {"AreaCode": "odd"}, 20001),
        ("Applications", {"VoiceCallerIdLookup": "odd"}, 20001),
    ],
)  # fmt: skip
def test_a_value_that_cannot_be_read_is_refused_and_nothing_is_made(world, path, fields, code):
    net, _, _ = world
    address = f"https://api.twilio.com/2010-04-01/Accounts/{net.account_sid}/{path}.json"
    reply = InProcess(rest(net)).request("POST", address, data=fields, auth=(net.account_sid, net.auth_token))
    assert (reply.status_code, json.loads(reply.text)["code"]) == (400, code)
    assert (net.legs, net.queues, net.messages, list(net.numbers), net.applications) == ({}, {}, [], [NUMBER], {})


def test_what_changes_nothing_beside_something_stronger_is_noted(world):
    net, app, client = world
    application = net.application("http://hotline.test/voice").sid
    client.calls.create(to=OTHER, from_=NUMBER, application_sid=application, url="http://hotline.test/told")
    client.calls.create(to=OTHER, from_=NUMBER, url="http://hotline.test/voice", twiml=PAUSE, send_digits="1A",
                        machine_detection="Enable")  # fmt: skip
    net.run(5)
    assert [entry.message for entry in net.debugger] == [
        "Url of calls.create changes nothing beside ApplicationSid",
        "Twiml of calls.create changes nothing beside Url",
        "MachineDetection of calls.create changes nothing beside SendDigits",
    ]
    assert (len(app.to("/voice")), app.to("/told")) == (2, [])
    with pytest.raises(TwilioRestException, match="exclude each other"):
        client.calls(net.calls[0].sid).update(url="http://hotline.test/voice", twiml=PAUSE)


def test_a_document_given_as_text_is_read_as_one_that_is_fetched(world):
    net, app, client = world
    app.pages["/sorry"] = "<Say>sorry</Say>"
    client.calls.create(to=OTHER, from_=NUMBER, twiml="<Response><Say voice='nobody'>hi</Say></Response>")
    client.calls.create(to=OTHER, from_=NUMBER, twiml="<Oops/>", fallback_url="http://hotline.test/sorry")
    net.run(10)
    assert net.debugger.codes() == [13511, 12102]
    assert net.calls[1].heard == "sorry"


def test_a_blank_wait_address_is_silence(world):
    net, _, client = world
    client.conferences("room").participants.create(to=OTHER, from_=NUMBER, wait_url="", beep="false")
    net.run(5)
    assert net.calls[0].heard == ""


def test_a_call_may_last_so_long(world):
    net, _, client = world
    made = client.calls.create(to=OTHER, from_=NUMBER, twiml=PAUSE, time_limit=10)
    net.run(30)
    assert net.legs[made.sid].duration == 10


def test_a_recorded_call_reports_its_recording(world):
    net, app, client = world
    client.calls.create(
        to=OTHER, from_=NUMBER, twiml=PAUSE, record=True, trim="do-not-trim", time_limit=10,
        recording_status_callback_event=["completed"], recording_status_callback="http://hotline.test/told",
    )  # fmt: skip
    net.run(30)
    assert app.forms("/told", "RecordingSource", "RecordingDuration") == [("OutboundAPI", "10")]


def samples(sound):
    """The channels of a WAV file, each as whether there is a sound in each second."""
    with wave.open(io.BytesIO(sound)) as read:
        count, data = read.getnchannels(), read.readframes(read.getnframes())
    channels = [b"".join(data[i : i + 2] for i in range(2 * place, len(data), 2 * count)) for place in range(count)]
    return [[any(channel[start : start + 16_000]) for start in range(0, len(channel), 16_000)] for channel in channels]


@pytest.mark.parametrize(
    ("line", "asked", "told"),
    [
        ("human", {}, ("human", 4)),
        ("human", {"machine_detection_speech_end_threshold": 1200}, ("human", 2)),
        ("machine_start", {"machine_detection_speech_threshold": 3000}, ("machine_start", 3)),
        ("machine_start", {"machine_detection": "DetectMessageEnd"}, ("machine_end_beep", 12)),
        (
            "machine_start",
            {"machine_detection": "DetectMessageEnd", "machine_detection_timeout": 6},
            ("machine_start", 6),
        ),
        ("unknown", {"machine_detection_silence_timeout": 7000}, ("unknown", 7)),
        ("fax", {"machine_detection_timeout": 3}, ("unknown", 3)),
    ],
)
def test_machine_detection_listens_as_it_is_asked(world, line, asked, told):
    net, app, client = world
    net.line(OTHER, Line("answer", answered_by=line))
    asked = {"machine_detection": "Enable"} | asked
    made = client.calls.create(to=OTHER, from_=NUMBER, url="http://hotline.test/voice", **asked)
    net.clock.run_until(lambda: bool(app.to("/voice")))
    assert app.forms("/voice", "AnsweredBy") == [told[:1]]
    assert net.legs[made.sid].duration == told[1]


def test_a_participants_machine_detection_runs_beside_the_call(world):
    net, app, client = world
    client.conferences("room").participants.create(
        to=OTHER, from_=NUMBER, machine_detection="Enable", amd_status_callback="http://hotline.test/told"
    )
    net.run(10)
    assert app.forms("/told", "AnsweredBy", "MachineDetectionDuration") == [("human", "4000")]


@pytest.mark.parametrize(("track", "words"), [("both", "one two three hello"), ("inbound", "hello"),
                                              ("outbound", "one two three")])  # fmt: skip
def test_a_recording_has_the_track_that_was_asked_for(world, track, words):
    net, _, client = world
    made = client.calls.create(to=OTHER, from_=NUMBER, twiml=PAUSE, record=True, recording_track=track, time_limit=12)
    net.run(6)
    next(call for call in net.calls if call.sid == made.sid).say("hello")
    net.run(30)
    assert [recording.words for recording in net.recordings.values()] == [words]


def test_an_absent_recording_is_told_with_its_error(world):
    net, app, _ = world
    app.pages["/voice"] = '<Record timeout="1" recordingStatusCallback="/told" recordingStatusCallbackEvent="absent"/>'
    net.dial(NUMBER, CALLER)
    net.run(10)
    assert app.forms("/told", "RecordingStatus", "ErrorCode")[0] == ("absent", "16101")


@pytest.mark.parametrize(
    ("line", "code"),
    [(Line.answers(1, 3), "200"), (Line.busy(), "486"), (Line.no_answer(), "487"), (Line.fails(), "404")],
)
def test_the_last_callback_of_an_outbound_call_has_its_sip_response(world, line, code):
    net, app, client = world
    net.line(OTHER, line)
    client.calls.create(to=OTHER, from_=NUMBER, twiml=PAUSE, timeout=5, status_callback="http://hotline.test/told",
                        status_callback_event=["ringing", "completed"])  # fmt: skip
    net.run(30)
    assert app.forms("/told", "SipResponseCode", "SequenceNumber") == [(None, "0"), (code, "1")]


def test_an_announcement_and_a_hold_document_are_played_to_who_is_meant(world):
    net, app, client = world
    app.pages |= {"/voice": '<Dial><Conference beep="false">room</Conference></Dial>',
                  "/soon": "<Say>We close soon.</Say>", "/wait": "<Say>Please hold the line for us.</Say>"}  # fmt: skip
    one, other = net.dial(NUMBER, CALLER), net.dial(NUMBER, "+8613800138001")
    net.run(2)
    client.conferences("room").update(announce_url="http://hotline.test/soon")
    net.run(5)
    seat = client.conferences("room").participants(one.sid)
    seat.update(hold=True, hold_url="http://hotline.test/wait")
    net.run(1)
    seat.update(hold=False)
    net.run(5)
    assert one.heard == "[hold music] We close soon. Please hold [hold music ends]"
    assert other.heard == "We close soon."
    seat.update(announce_url="http://hotline.test/soon")
    net.run(5)
    assert (one.heard.count("We close soon."), other.heard) == (2, "We close soon.")


def test_an_agent_that_is_an_app_joins_the_callers_conference_hears_and_is_heard(world):
    net, app, client = world
    app.pages |= {
        "/voice": "<Dial><Conference>room</Conference></Dial>",
        "/agent": '<Gather input="speech" action="/heard"><Say>How can I help?</Say></Gather>',
        "/heard": lambda request: f"<Say>You said {request.form['SpeechResult']}.</Say><Pause length='60'/>",
    }
    agent = net.application("http://hotline.test/agent").sid
    caller = net.dial(NUMBER, CALLER)
    token = app.requests[0].form["CallToken"]
    made = client.conferences("room").participants.create(
        to=f"app:{agent}?plan=gold", from_=CALLER, call_token=token, label="agent"
    )
    caller.hears("How can I help?")
    caller.say("a refund")
    caller.hears("You said a refund.")
    assert app.forms("/agent", "plan", "From") == [("gold", CALLER)]
    assert client.conferences("room").participants("agent").fetch().call_sid == made.call_sid


def test_a_callers_number_is_shown_only_with_the_token_of_their_call(world):
    net, app, client = world
    net.dial(NUMBER, CALLER)
    for wrong in ({}, {"call_token": "another"}):
        with pytest.raises(TwilioRestException) as refused:
            client.calls.create(to=OTHER, from_=CALLER, twiml=PAUSE, **wrong)
        assert refused.value.code == 21210
    made = client.calls.create(to=OTHER, from_=CALLER, twiml=PAUSE, call_token=app.requests[0].form["CallToken"])
    assert made.status == "queued"


def test_who_waits_for_a_conference_hears_another_document_until_it_begins(world):
    net, app, client = world
    app.pages |= {
        "/voice": '<Dial><Conference beep="false">room</Conference></Dial>',
        "/wait": "<Say>Almost there.</Say>",
    }
    caller = net.dial(NUMBER, CALLER)
    net.run(5)
    client.conferences("room").participants(caller.sid).update(wait_url="http://hotline.test/wait")
    caller.hears("Almost there.")


@pytest.mark.parametrize(("trim", "duration"), [("trim-silence", 2), ("do-not-trim", 20)])
def test_silence_at_both_ends_is_left_out_of_a_recording_that_is_trimmed(world, trim, duration):
    net, _, client = world
    quiet = "<Response><Pause length='60'/></Response>"
    made = client.calls.create(to=OTHER, from_=NUMBER, twiml=quiet, record=True, trim=trim, time_limit=20)
    net.run(8)
    next(call for call in net.calls if call.sid == made.sid).say("hello", seconds=2)
    net.run(30)
    (recording,) = client.recordings.list()
    assert (recording.duration, recording.status) == (str(duration), "completed")


def test_the_recording_of_a_conference_is_steered_at_its_own_address(world):
    net, app, client = world
    app.pages["/voice"] = '<Dial><Conference record="record-from-start" beep="false">room</Conference></Dial>'
    for number in (CALLER, "+8613800138001"):
        net.dial(NUMBER, number)
    net.run(2)
    of_room = client.conferences(client.conferences.list()[0].sid).recordings
    (begun,) = of_room.list()
    assert of_room("Twilio.CURRENT").update(status="paused").sid == begun.sid
    net.run(5)
    assert of_room(begun.sid).update(status="in-progress").status == "in-progress"
    assert of_room(begun.sid).fetch().status == "in-progress"
    assert of_room(begun.sid).update(status="stopped").status == "completed"
    assert of_room(begun.sid).delete()
    assert client.recordings.list() == []


def test_a_message_that_was_sent_can_be_redacted(world):
    net, _, client = world
    sent = client.messages.create(to=CALLER, from_=NUMBER, body="Your code is 4711.")
    assert client.messages(sent.sid).update(body="").body == ""
    with pytest.raises(TwilioRestException):
        client.messages(sent.sid).update(body="another")
    assert [message.body for message in net.messages] == [""]
    assert client.messages(sent.sid).media.list() == []


def test_a_number_is_had_by_its_area_or_its_kind(world):
    net, _, client = world
    assert client.incoming_phone_numbers.create(area_code="510").phone_number == "+15105550100"
    assert client.incoming_phone_numbers.local.create(phone_number="+14155550177").phone_number in net.numbers
    assert len(client.incoming_phone_numbers.local.list()) == len(net.numbers)
    assert not [entry for entry in net.debugger if "not emulated" in entry.message]
    assert [account.sid for account in client.api.accounts.list()] == [net.account_sid]


def test_a_list_is_filtered_by_what_the_client_offers_and_says_what_it_leaves_aside(world):
    net, app, client = world
    app.pages["/voice"] = "<Dial><Conference>room</Conference></Dial>"
    one, other = net.dial(NUMBER, CALLER), net.dial(NUMBER, "+8613800138001")
    net.run(2)
    seats = client.conferences("room").participants
    seats(one.sid).update(coaching=True, call_sid_to_coach=other.sid)
    assert [seat.call_sid for seat in seats.list(coaching=True)] == [one.sid]
    assert client.conferences.list(friendly_name="another") == []
    assert len(client.conferences.list(date_created=net.clock.now().date())) == 1
    assert [entry.message for entry in net.debugger] == []
    client.available_phone_numbers("US").local.list(contains="555", area_code=510)
    assert [entry.message for entry in net.debugger] == [
        "Contains of available_phone_numbers.list is not emulated and changes nothing"
    ]


@pytest.mark.parametrize(("early", "told"), [(True, [OTHER]), (False, [])])
def test_who_is_in_a_conference_hears_a_telephone_ring_that_is_called_into_it(world, early, told):
    net, app, client = world
    app.pages["/voice"] = "<Dial><Conference>room</Conference></Dial>"
    caller = net.dial(NUMBER, CALLER)
    net.run(2)
    client.conferences("room").participants.create(to=OTHER, from_=NUMBER, early_media=early)
    net.run(1)
    assert [entry.text for entry in caller.transcript if entry.kind == "ringing" and entry.text] == told


def test_what_twilio_has_and_this_network_has_not_is_told(world):
    net, _, client = world
    with pytest.raises(TwilioRestException) as refused:
        client.addresses("AD" + "0" * 32).fetch()
    assert (refused.value.status, refused.value.code) == (404, 20404)
    assert "is not emulated" in net.debugger.failure().message


def test_a_dual_recording_has_the_two_sides_on_two_channels(world):
    net, _, client = world
    made = client.calls.create(
        to=OTHER, from_=NUMBER, twiml=PAUSE, record=True, recording_channels="dual", time_limit=6
    )
    net.run(5)
    next(call for call in net.calls if call.sid == made.sid).say("hello there", seconds=1)
    net.run(30)
    (recording,) = client.recordings.list()
    assert recording.channels == 2
    kept = net.recordings[recording.sid]
    from ivr.network.line.media import toned_wav

    person, app = samples(toned_wav(kept.duration, kept.spans, kept.second_spans))
    assert (person[:3], app[:1]) == ([False] * 3, [True])
    assert (any(person), any(app[2:])) == (True, False)


def test_a_participant_who_is_called_in_brings_the_callbacks_that_were_asked_for(world):
    net, app, client = world
    app.pages["/voice"] = "<Dial><Conference>room</Conference></Dial>"
    client.conferences("room").participants.create(
        to=OTHER, from_=NUMBER, status_callback="http://hotline.test/told",
        status_callback_event=["ringing", "answered"],
        conference_status_callback="http://hotline.test/room", conference_status_callback_event=["join"],
    )  # fmt: skip
    net.run(5)
    net.dial(NUMBER, CALLER)
    net.run(5)
    assert app.forms("/told", "CallStatus") == [("ringing",), ("in-progress",)]
    assert app.forms("/room", "StatusCallbackEvent") == [("participant-join",)] * 2
