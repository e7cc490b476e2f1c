"""What each REST request about calls, messages, recordings and numbers does.

One function a request; each takes a RestRequest and gives an HTTP status and an answer, or raises Refused.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

from ivr.network.line import steering
from ivr.network.line.documents import RunningDocument, Webhook
from ivr.network.line.leg import Leg
from ivr.network.line.lines import App
from ivr.network.line.machine_detection import MachineDetection
from ivr.network.line.media import toned_wav
from ivr.network.line.outgoing import limit
from ivr.network.line.recorder import pause, record_whole_call, resume, stop
from ivr.network.line.records import RecordingCallback, RecordingTrack
from ivr.network.rest_api import resources
from ivr.network.rest_api.request import (
    Answer,
    Refused,
    RestRequest,
    caller_id,
    matching,
    missing,
    number,
    paged,
    phone,
)
from ivr.network.wire.twiml_parser import Unreadable, parse

_LONGEST_RING = 600  # seconds; a longer Timeout is cut down to it [D]


def leg_of(request: RestRequest, sid: str) -> Leg:
    """Give the call of that SID."""
    leg = request.net.legs.get(sid)
    if leg is None:
        raise missing(request.uri)
    return leg


def create_call(request: RestRequest) -> Answer:
    """Place an outbound call."""
    to, from_ = phone(request, "To", 21201), caller_id(request, 21210)
    url, twiml = request.address("Url"), request.text("Twiml")
    application = request.text("ApplicationSid")
    if application and application not in request.net.applications:
        raise Refused(400, 21218, f"ApplicationSid {application!r} is unknown")
    if not url and not twiml and not application:
        raise Refused(400, 21205, "Url parameter is required.")
    if len(twiml) > 4000:
        raise Refused(400, 21617, "Twiml is longer than 4000 characters")
    if len(request.text("SendDigits")) > 32 or set(request.text("SendDigits")) - set("0123456789*#wW"):
        raise Refused(400, 21206, f"SendDigits is up to 32 of 0-9 * # w W, not {request.text('SendDigits')!r}")
    events = tuple(word for field in request.fields.get("StatusCallbackEvent", ["completed"]) for word in field.split())
    call = request.net.place_call(
        from_,
        to,
        url,
        method=request.get_or_post("Method"),
        fallback_url=request.address("FallbackUrl"),
        fallback_method=request.get_or_post("FallbackMethod"),
        status_callback=request.address("StatusCallback"),
        status_callback_method=request.get_or_post("StatusCallbackMethod"),
        status_callback_event=events,
        timeout=min(request.whole("Timeout", 60), _LONGEST_RING),
        send_digits=request.text("SendDigits"),
        twiml=twiml,
        application_sid=application,
        machine_detection=detection(request) or "",
        recording=recording_report(request) if request.flag("Record") else None,
        recording_channels=channels(request, "mono"),
        recording_track=track(request),
        time_limit=request.whole("TimeLimit", 0) or None,
    )
    return 201, resources.call(call.leg)


def detection(request: RestRequest, callback: str = "AsyncAmdStatusCallback") -> MachineDetection | None:
    """Give how machine detection is asked for; `callback` names the field with the address that is told."""
    asked = request.text("MachineDetection")
    if not asked or asked.lower() == "false":
        return None
    if asked not in ("Enable", "DetectMessageEnd"):
        raise Refused(400, 20001, f"MachineDetection is Enable or DetectMessageEnd, not {asked!r}")
    mode: Literal["Enable", "DetectMessageEnd"] = "Enable" if asked == "Enable" else "DetectMessageEnd"
    limits = {"SpeechThreshold": (1000, 6000), "SpeechEndThreshold": (500, 5000), "SilenceTimeout": (2000, 10_000)}
    speech, end, silence = (
        request.whole(name, 0, *limit) / 1000 if request.text(name := f"MachineDetection{short}") else None
        for short, limit in limits.items()
    )
    webhook = Webhook(request.address(callback), request.get_or_post(f"{callback}Method"))
    beside = request.flag("AsyncAmd") or (callback in request.fields and callback != "AsyncAmdStatusCallback")
    timeout = request.whole("MachineDetectionTimeout", 30, 3, 59)
    return MachineDetection(mode, timeout, speech, end, silence, webhook if beside else None)


def list_calls(request: RestRequest) -> Answer:
    """List calls, newest first."""
    rows = [resources.call(leg) for leg in reversed(request.net.legs.values())]
    same = {"Status": "status", "To": "to", "From": "from", "ParentCallSid": "parent_call_sid"}
    return paged(request, "calls", matching(request, rows, same, {"StartTime": "start_time", "EndTime": "end_time"}))


def update_call(request: RestRequest) -> Answer:
    """Redirect, end or cancel a live call."""
    leg = leg_of(request, request.names[0])
    if leg.over:
        raise Refused(400, 21220, "Call is not in-progress. Cannot redirect.")
    status, url, callback = request.text("Status"), request.address("Url"), request.address("StatusCallback")
    fallback, method = request.address("FallbackUrl"), request.get_or_post("Method")
    if steering.rings(leg) and (request.text("Twiml") or url):
        raise Refused(400, 21220, "Call is not in-progress. Cannot redirect.")
    if status == "completed":
        steering.call_off(leg)
    elif status == "canceled" and leg.answered is None:
        leg.end("canceled", "network")
    if callback:
        told = request.get_or_post("StatusCallbackMethod")
        leg.settings = replace(leg.settings, status_callback=callback, status_callback_method=told)
    if fallback:
        instead = request.get_or_post("FallbackMethod")
        leg.settings = replace(leg.settings, fallback_url=fallback, fallback_method=instead)
    if request.text("TimeLimit"):
        limit(leg, request.whole("TimeLimit", 0))
    if not leg.over and request.text("Twiml"):
        try:
            steering.redirect(leg, RunningDocument("", parse(request.text("Twiml").encode())))
        except Unreadable as why:
            raise Refused(400, why.problem.code, why.problem.message) from None
    elif not leg.over and url:
        steering.redirect(leg, Webhook(url, method))
    return 200, resources.call(leg)


def delete_call(request: RestRequest) -> Answer:
    """Forget a call that is over."""
    leg = leg_of(request, request.names[0])
    if not leg.over:
        raise Refused(409, 20009, "Call is still in progress")
    del request.net.legs[leg.sid]
    return 204, None


def list_notifications(request: RestRequest) -> Answer:
    """List what the debugger says of one call, or of all, newest first."""
    of_call = request.names[0] if request.names else ""
    entries = [e for e in request.net.debugger if of_call in ("", e.call_sid) and e.code]
    rows = [resources.notification(request.net, e) for e in reversed(entries)]
    return paged(request, "notifications", matching(request, rows, {"Log": "log"}, {"MessageDate": "message_date"}))


def create_message(request: RestRequest) -> Answer:
    """Send a text message."""
    to, body = phone(request, "To", 21604), request.needs("Body", 21602)
    from_ = request.text("From") or request.needs("MessagingServiceSid", 21603)
    if not request.net.may_call_from(from_):
        raise Refused(400, 21606, f"The number {from_} is no number of this account that sends texts")
    if len(body) > 1600:
        raise Refused(400, 21617, "The message is longer than 1600 characters")
    message = request.net.send_message(from_, to, body, request.address("StatusCallback"))
    return 201, resources.message(request.net, message)


def fetch_message(request: RestRequest) -> Answer:
    """Give one text message."""
    for message in request.net.messages:
        if message.sid == request.names[0]:
            return 200, resources.message(request.net, message)
    raise missing(request.uri)


def delete_message(request: RestRequest) -> Answer:
    """Forget one text message."""
    for message in request.net.messages:
        if message.sid == request.names[0]:
            request.net.messages.remove(message)
            return 204, None
    raise missing(request.uri)


def list_transcriptions(request: RestRequest) -> Answer:
    """Transcriptions are told to their callback and not kept: there are none to list."""
    return paged(request, "transcriptions", [])


def list_messages(request: RestRequest) -> Answer:
    """List text messages, newest first."""
    rows = [resources.message(request.net, message) for message in reversed(request.net.messages)]
    return paged(request, "messages", matching(request, rows, {"To": "to", "From": "from"}, {"DateSent": "date_sent"}))


def recording(request: RestRequest) -> Answer:
    """Give a recording, its sound, or delete it."""
    sid, _, suffix = request.names[0].partition(".")
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
    """Begin to record a live call."""
    leg = leg_of(request, request.names[0])
    if leg.answered is None or leg.over:
        raise Refused(400, 21220, "Requested resource is not eligible for recording")
    made = record_whole_call(
        leg,
        "StartCallRecordingAPI",
        recording_report(request),
        channels=channels(request, "mono"),
        track=track(request),
    )
    return 201, resources.recording(request.net, made)


def recording_report(request: RestRequest) -> RecordingCallback:
    """Give who is told of the recording that is asked for, and of what."""
    url = request.address("RecordingStatusCallback")
    webhook = Webhook(url, request.get_or_post("RecordingStatusCallbackMethod")) if url else None
    return RecordingCallback(webhook, request.words("RecordingStatusCallbackEvent", "completed"))


def channels(request: RestRequest, default: str) -> int:
    """Give how many channels the recording that is asked for has."""
    words = {"mono": 1, "1": 1, "dual": 2, "2": 2}
    asked = request.text("RecordingChannels", default)
    if asked not in words:
        raise Refused(400, 20001, f"RecordingChannels is mono or dual, not {asked!r}")
    return words[asked]


def track(request: RestRequest) -> RecordingTrack:
    """Give which side the recording that is asked for has."""
    match request.text("RecordingTrack", "both"):
        case "both" | "inbound" | "outbound" as asked:
            return asked
        case other:
            raise Refused(400, 20001, f"RecordingTrack is both, inbound or outbound, not {other!r}")


def change_recording(request: RestRequest) -> Answer:
    """Pause, resume or stop a recording of a live call; `Twilio.CURRENT` is the one begun last."""
    call_sid, sid = request.names
    running = [recorder for recorder in request.net.recorders.values() if recorder.leg.sid == call_sid]
    wanted = [recorder for recorder in running if sid in (recorder.sid, "Twilio.CURRENT")]
    if request.method == "POST":
        if not wanted:
            raise missing(request.uri)
        recorder = wanted[-1]
        match request.text("Status"):
            case "paused":
                changed = pause(recorder, keeps_silence=request.text("PauseBehavior", "silence") != "skip")
            case "in-progress":
                changed = resume(recorder)
            case "stopped":
                changed = stop(recorder)
            case other:
                raise Refused(400, 20001, f"Status {other!r} is none of paused, in-progress and stopped")
        return 200, resources.recording(request.net, changed)
    return recording(replace(request, names=(f"{sid}.json",)))


def list_recordings(request: RestRequest) -> Answer:
    """List recordings, of one call or all."""
    of = request.names[0] if request.names else request.text("CallSid") or request.text("ConferenceSid")
    found = [r for r in request.net.recordings.values() if of in ("", r.call_sid, r.conference_sid)]
    rows = [resources.recording(request.net, r) for r in reversed(found)]
    return paged(request, "recordings", matching(request, rows, {}, {"DateCreated": "date_created"}))


_AREAS = {"US": "415", "CA": "416"}
"""The area offered when none is asked for, by country."""


def _number(request: RestRequest) -> App:
    for app in request.net.numbers.values():
        if app.sid == request.names[0]:
            return app
    raise missing(request.uri)


_SETTINGS = {
    "VoiceUrl": "voice_url",
    "VoiceMethod": "voice_method",
    "VoiceFallbackUrl": "voice_fallback_url",
    "VoiceFallbackMethod": "voice_fallback_method",
    "StatusCallback": "status_callback",
    "StatusCallbackMethod": "status_callback_method",
    "FriendlyName": "friendly_name",
    "VoiceApplicationSid": "application_sid",
}


def _settings(request: RestRequest) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for theirs, ours in _SETTINGS.items():
        if theirs in request.fields:
            read = request.get_or_post if ours.endswith("_method") else request.text
            given[ours] = (request.address if ours.endswith(("_url", "_callback")) else read)(theirs)
    if "VoiceCallerIdLookup" in request.fields:
        given["caller_id_lookup"] = request.flag("VoiceCallerIdLookup") is True
    return given


def _application(request: RestRequest) -> App:
    if request.names[0] not in request.net.applications:
        raise missing(request.uri)
    return request.net.applications[request.names[0]]


def list_applications(request: RestRequest) -> Answer:
    """List the TwiML Apps."""
    rows = [resources.application(request.net, app) for app in request.net.applications.values()]
    return paged(request, "applications", matching(request, rows, {"FriendlyName": "friendly_name"}))


def create_application(request: RestRequest) -> Answer:
    """Add a TwiML App."""
    given = _settings(request)
    app = request.net.application(given.pop("voice_url", ""), **given)
    return 201, resources.application(request.net, app)


def change_application(request: RestRequest) -> Answer:
    """Give, change or remove a TwiML App."""
    app = _application(request)
    if request.method == "DELETE":
        del request.net.applications[app.sid]
        return 204, None
    if request.method == "POST":
        app = request.net.applications[app.sid] = replace(app, **_settings(request))
    return 200, resources.application(request.net, app)


def list_available(request: RestRequest) -> Answer:
    """Offer numbers nobody has: twenty of the fictional ones of an area in the United States or Canada."""
    country = request.names[0]
    area = request.text("AreaCode") or _AREAS.get(country, "")
    if country not in _AREAS or not area.isdecimal():
        return paged(request, "available_phone_numbers", [])
    free = [f"+1{area}5550{last}" for last in range(100, 200) if f"+1{area}5550{last}" not in request.net.numbers]
    return paged(request, "available_phone_numbers", [resources.available(number, country) for number in free[:20]])


def create_number(request: RestRequest) -> Answer:
    """Add a telephone number."""
    given, wanted = _settings(request), number(request, "PhoneNumber")
    if wanted in request.net.numbers:
        raise Refused(400, 21422, f"PhoneNumber {wanted} is taken; update it instead")
    app = request.net.number(wanted, given.pop("voice_url", ""), **given)
    return 201, resources.number(request.net, app)


def change_number(request: RestRequest) -> Answer:
    """Give, change or remove a telephone number."""
    app = _number(request)
    if request.method == "DELETE":
        del request.net.numbers[app.number]
        return 204, None
    if request.method == "POST":
        app = request.net.numbers[app.number] = replace(app, **_settings(request))
    return 200, resources.number(request.net, app)


def fetch_call(request: RestRequest) -> Answer:
    """Give one call."""
    return 200, resources.call(leg_of(request, request.names[0]))


def list_numbers(request: RestRequest) -> Answer:
    """List the telephone numbers of apps."""
    rows = [resources.number(request.net, app) for app in request.net.numbers.values()]
    same = {"PhoneNumber": "phone_number", "FriendlyName": "friendly_name"}
    return paged(request, "incoming_phone_numbers", matching(request, rows, same))
