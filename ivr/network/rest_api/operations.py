"""What each REST request about calls, messages, recordings and numbers does.

One function a request; each takes a RestRequest and gives an HTTP status and an answer, or raises Refused.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ivr.network.line.handset import Call
from ivr.network.line.leg import Leg
from ivr.network.line.media import toned_wav
from ivr.network.line.outgoing import MachineDetection, limit, machine_detection
from ivr.network.line.recorder import pause, record_whole_call, resume, stop
from ivr.network.line.records import RECORDING_TRACKS, RecordingCallback, RecordingSettings
from ivr.network.rest_api import resources
from ivr.network.rest_api.request import (
    Answer,
    Json,
    Listing,
    Refused,
    RestRequest,
    caller_id,
    missing,
    number,
    phone,
    snake,
)

_SERVICE = re.compile(r"MG[0-9a-f]{32}", re.ASCII)

_LONGEST_RING = 600  # seconds; a longer Timeout is cut down to it [D]
list_accounts = Listing("accounts", lambda request: [resources.account(request.net)])


def fetch_account(request: RestRequest) -> Answer:
    if request.names[0] != request.net.account_sid:
        raise missing(request.uri)
    return 200, resources.account(request.net)


def _leg(request: RestRequest) -> Leg:
    if request.names[0] not in request.net.legs:
        raise missing(request.uri)
    return request.net.legs[request.names[0]]


def create_call(request: RestRequest) -> Answer:
    """Place a call. An application is stronger than an address, and that than a document. [L]"""
    url, twiml, application = request.value("Url"), request.text("Twiml"), request.text("ApplicationSid")
    phone(request, "To", 21201)
    caller_id(request)
    if application and application not in request.net.applications:
        raise Refused(400, 21218, f"ApplicationSid {application!r} is unknown")
    if not url and not twiml and not application:
        raise Refused(400, 21205, "Url parameter is required.")
    if len(twiml) > 4000:
        raise Refused(400, 21617, "Twiml is longer than 4000 characters")
    if len(request.text("SendDigits")) > 32:
        raise Refused(400, 21206, f"SendDigits is up to 32 of 0-9 A-D * # w W, not {request.text('SendDigits')!r}")
    if application:
        request.leave_aside("ApplicationSid", _OF_APPLICATION)
    elif url:
        request.leave_aside("Url", ("Twiml",))
    if request.text("SendDigits"):
        request.leave_aside("SendDigits", ("MachineDetection",))
    call = place(
        request,
        detection(request, "AsyncAmdStatusCallback"),
        url=url,
        method=request.value("Method"),
        fallback_url=request.value("FallbackUrl"),
        fallback_method=request.value("FallbackMethod"),
        send_digits=request.text("SendDigits"),
        twiml=request.text("Twiml"),
        application_sid=application,
    )
    return 201, resources.call(call.leg)


_OF_APPLICATION = (
    "Url", "Twiml", "Method", "FallbackUrl", "FallbackMethod",
    "StatusCallback", "StatusCallbackMethod", "StatusCallbackEvent",
)  # fmt: skip


def place(request: RestRequest, detection: MachineDetection | None, **document: str) -> Call:
    """Place the call that `calls.create` and `participants.create` ask for by the same fields."""
    return request.net.place_call(
        caller_id(request),
        phone(request, "To", 21201),
        **document,
        status_callback=request.value("StatusCallback"),
        status_callback_method=request.value("StatusCallbackMethod"),
        status_callback_event=request.value("StatusCallbackEvent"),
        timeout=min(request.value("Timeout"), _LONGEST_RING),
        machine_detection=detection,
        recording=recording_settings(request) if request.value("Record") else None,
        time_limit=request.value("TimeLimit") or None,
    )


def detection(request: RestRequest, callback: str) -> MachineDetection | None:
    """Give how machine detection is asked for; `callback` names the field with the address that is told."""
    mode = request.value("MachineDetection")
    if mode == "false":
        return None
    beside = request.value("AsyncAmd") or (callback == "AmdStatusCallback" and callback in request.fields)
    webhook = request.webhook(callback, f"{callback}Method") if beside else None
    return machine_detection(mode, lambda name: request.value(f"MachineDetection{name}"), webhook)


list_calls = Listing(
    "calls",
    lambda request: map(resources.call, reversed(request.net.legs.values())),
)


def fetch_call(request: RestRequest) -> Answer:
    return 200, resources.call(_leg(request))


def update_call(request: RestRequest) -> Answer:
    """Redirect, end or cancel a live call."""
    leg = _leg(request)
    if leg.over:
        raise Refused(400, 21220, "Call is not in-progress. Cannot redirect.")
    status, twiml, target = request.value("Status"), request.text("Twiml"), request.webhook("Url", "Method")
    told, instead = (
        request.webhook(name, f"{name.removesuffix('Url')}Method") for name in ("StatusCallback", "FallbackUrl")
    )
    if twiml and target.url:
        raise Refused(400, 20001, "Url and Twiml exclude each other")
    if leg.rings_out and (twiml or target.url):
        raise Refused(400, 21220, "Call is not in-progress. Cannot redirect.")
    if status == "completed":
        leg.call_off()
    elif status == "canceled" and leg.answered is None:
        leg.end("canceled", "network")
    if told.url:
        leg.settings = replace(leg.settings, status_callback=told.url, status_callback_method=told.method)
    if instead.url:
        leg.settings = replace(leg.settings, voice_fallback_url=instead.url, voice_fallback_method=instead.method)
    if limited := request.value("TimeLimit"):
        limit(leg, limited)
    if not leg.over and (twiml or target.url):
        leg.redirect(twiml or target)
    return 200, resources.call(leg)


def delete_call(request: RestRequest) -> Answer:
    leg = _leg(request)
    if not leg.over:
        raise Refused(409, 20009, "Call is still in progress")
    del request.net.legs[leg.sid]
    return 204, None


def _notifications(request: RestRequest) -> Iterator[Json]:
    """What the debugger says of one call, or of all, newest first."""
    for entry in reversed(request.net.debugger.entries):
        if entry.code and entry.call_sid in (request.names or (entry.call_sid,)):
            yield resources.notification(request.net, entry)


list_notifications = Listing("notifications", _notifications)


def create_message(request: RestRequest) -> Answer:
    to, body = phone(request, "To", 21604), request.needs("Body", 21602)
    from_, service = request.text("From"), request.text("MessagingServiceSid")
    is_service = _SERVICE.fullmatch(from_) is not None  # which is no sender: it has a parameter of its own
    if service and _SERVICE.fullmatch(service) is None:
        raise Refused(400, 20001, f"MessagingServiceSid is MG and 32 hex digits, not {service!r}")
    if not service and (is_service or not request.net.may_call_from(from_ or request.needs("From", 21603))):
        raise Refused(400, 21606, f"The number {from_} is no number of this account that sends texts")
    if len(body) > 1600:
        raise Refused(400, 21617, "The message is longer than 1600 characters")
    message = request.net.send_message(from_ or service, to, body, request.value("StatusCallback"))
    return 201, resources.message(request.net, message)


def message(request: RestRequest) -> Answer:
    """Give, redact (a blank Body) or forget one text message."""
    messages = request.net.messages
    found = request.by_sid(messages)
    if request.method == "DELETE":
        messages.remove(found)
        return 204, None
    if request.method == "POST" and "Body" in request.fields:
        if request.text("Body"):
            raise Refused(400, 20001, "Body of a message that was sent can only be blanked")
        index = messages.index(found)
        found = messages[index] = replace(found, body="")
    return 200, resources.message(request.net, found)


list_messages = Listing(
    "messages",
    lambda request: (resources.message(request.net, message) for message in reversed(request.net.messages)),
)
list_media = Listing("media_list", lambda _: ())
list_transcriptions = Listing("transcriptions", lambda _: ())
"""Transcriptions are told to their callback and not kept: there are none to list."""


def recording(request: RestRequest) -> Answer:
    """Give a recording, its sound, or delete it."""
    sid, _, suffix = request.names[-1].partition(".")
    found = request.net.recordings.get(sid)
    if found is None:
        raise missing(request.uri)
    if request.method == "DELETE":
        del request.net.recordings[sid]
        return 204, None
    if suffix == "json":
        return 200, resources.recording(request.net, found)
    sound = (found.spans, found.second_spans)[: found.channels]
    return 200, toned_wav(found.duration, *sound)


def create_recording(request: RestRequest) -> Answer:
    leg = _leg(request)
    if leg.answered is None or leg.over:
        raise Refused(400, 21220, "Requested resource is not eligible for recording")
    made = record_whole_call(leg, "StartCallRecordingAPI", recording_settings(request))
    return 201, resources.recording(request.net, made)


def recording_settings(request: RestRequest) -> RecordingSettings:
    """Give how the recording that is asked for is made, and who is told of it."""
    webhook = request.webhook("RecordingStatusCallback", "RecordingStatusCallbackMethod")
    return RecordingSettings(
        RecordingCallback(webhook if webhook.url else None, frozenset(request.value("RecordingStatusCallbackEvent"))),
        2 if request.value("RecordingChannels") in ("dual", "2") else 1,
        RECORDING_TRACKS[request.value("RecordingTrack")],
        request.value("Trim") == "trim-silence",
    )


def change_recording(request: RestRequest) -> Answer:
    """Give, remove, pause, resume or stop the recording of a call or conference; `Twilio.CURRENT` is the latest."""
    if request.method != "POST":
        return recording(request)
    of, sid = request.names[0], request.names[1].removesuffix(".json")
    wanted = [
        recorder
        for recorder in request.net.recorders.values()
        if of in (recorder.leg.sid, recorder.settings.conference_sid) and sid in (recorder.sid, "Twilio.CURRENT")
    ]
    if not wanted:
        raise missing(request.uri)
    recorder = wanted[-1]
    match request.value("Status"):
        case "paused":
            changed = pause(recorder, keeps_silence=request.value("PauseBehavior") != "skip")
        case "in-progress":
            changed = resume(recorder)
        case "stopped":
            changed = stop(recorder)
        case _:
            raise Refused(400, 20001, "No 'Status' was given")
    return 200, resources.recording(request.net, changed)


def _recordings(request: RestRequest) -> Iterator[Json]:
    """The recordings of one call or conference, or all, newest first."""
    for kept in reversed(request.net.recordings.values()):
        if not request.names or request.names[0] in (kept.call_sid, kept.conference_sid):
            yield resources.recording(request.net, kept)


list_recordings = Listing("recordings", _recordings)

_AREAS = {"US": "415", "CA": "416"}
"""The area offered when none is asked for, by country."""
_SETTINGS = {
    "VoiceApplicationSid": "application_sid",
    "VoiceCallerIdLookup": "caller_id_lookup",
    **{f"Voice{name}": f"voice_{snake(name)}" for name in ("Url", "Method", "FallbackUrl", "FallbackMethod")},
    **{name: snake(name) for name in ("StatusCallback", "StatusCallbackMethod", "FriendlyName")},
}


def _settings(request: RestRequest) -> dict[str, Any]:
    application = request.text("VoiceApplicationSid")
    if application and application not in request.net.applications:
        raise Refused(400, 21218, f"VoiceApplicationSid {application!r} is unknown")
    return {ours: request.value(theirs) for theirs, ours in _SETTINGS.items() if theirs in request.fields}


list_applications = Listing(
    "applications",
    lambda request: (resources.application(request.net, app) for app in request.net.applications.values()),
)


def create_application(request: RestRequest) -> Answer:
    given = _settings(request)
    app = request.net.application(given.pop("voice_url", ""), **given)
    return 201, resources.application(request.net, app)


def change_application(request: RestRequest) -> Answer:
    apps = request.net.applications
    app = request.by_sid(apps.values())
    if request.method == "DELETE":
        del apps[app.sid]
        return 204, None
    if request.method == "POST":
        app = apps[app.sid] = replace(app, **_settings(request))
    return 200, resources.application(request.net, app)


def _free_numbers(request: RestRequest, country: str) -> list[str]:
    """Numbers nobody has: twenty of the fictional ones of an area in the United States or Canada."""
    area = request.text("AreaCode") or _AREAS.get(country, "")
    if country not in _AREAS or not area.isdecimal():
        return []
    numbers = (f"+1{area}5550{last}" for last in range(100, 200))
    return [number for number in numbers if number not in request.net.numbers][:20]


def _available(request: RestRequest) -> Iterator[Json]:
    country = request.names[0]
    return (resources.available(free, country) for free in _free_numbers(request, country))


list_available = Listing("available_phone_numbers", _available)
list_numbers = Listing(
    "incoming_phone_numbers",
    lambda request: (resources.number(request.net, app) for app in request.net.numbers.values()),
)


def create_number(request: RestRequest) -> Answer:
    given = _settings(request)
    free = _free_numbers(request, "US") if request.text("AreaCode") else []
    wanted = free[0] if free and not request.text("PhoneNumber") else number(request, "PhoneNumber")
    if wanted in request.net.numbers:
        raise Refused(400, 21422, f"PhoneNumber {wanted} is taken; update it instead")
    app = request.net.number(wanted, given.pop("voice_url", ""), **given)
    return 201, resources.number(request.net, app)


def change_number(request: RestRequest) -> Answer:
    numbers = request.net.numbers
    app = request.by_sid(numbers.values())
    if request.method == "DELETE":
        del numbers[app.number]
        return 204, None
    if request.method == "POST":
        app = numbers[app.number] = replace(app, **_settings(request))
    return 200, resources.number(request.net, app)
