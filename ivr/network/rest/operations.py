"""What each REST request about calls, messages, recordings and numbers does.

One function a request; each takes what was asked and gives an HTTP status and an answer, or raises Refused.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ivr.network.line import steering
from ivr.network.line.interpreter import Ask, Page
from ivr.network.line.leg import Leg
from ivr.network.line.lines import App
from ivr.network.line.media import toned_wav
from ivr.network.line.recorder import Report, record_whole_call
from ivr.network.rest import resources
from ivr.network.rest.request import Answer, Asked, Refused, matching, missing, number, paged, phone
from ivr.network.wire.twiml_parser import Unreadable, parse

_LONGEST_RING = 600  # seconds; a longer Timeout is cut down to it [D]


def leg_of(asked: Asked, sid: str) -> Leg:
    """Give the call of that SID."""
    leg = asked.net.legs.get(sid)
    if leg is None:
        raise missing(asked.uri)
    return leg


def create_call(asked: Asked) -> Answer:
    """Place an outbound call."""
    to, from_ = phone(asked, "To", 21201), phone(asked, "From", 21213)
    url, twiml = asked.address("Url"), asked.text("Twiml")
    application = asked.text("ApplicationSid")
    if application and application not in asked.net.applications:
        raise Refused(400, 21218, f"ApplicationSid {application!r} is unknown")
    if not url and not twiml and not application:
        raise Refused(400, 21205, "Url parameter is required.")
    if len(twiml) > 4000:
        raise Refused(400, 21617, "Twiml is longer than 4000 characters")
    if len(asked.text("SendDigits")) > 32 or set(asked.text("SendDigits")) - set("0123456789*#wW"):
        raise Refused(400, 21206, f"SendDigits is up to 32 of 0-9 * # w W, not {asked.text('SendDigits')!r}")
    events = tuple(word for field in asked.fields.get("StatusCallbackEvent", ["completed"]) for word in field.split())
    call = asked.net.place_call(
        from_,
        to,
        url,
        method=asked.get_or_post("Method"),
        fallback_url=asked.address("FallbackUrl"),
        fallback_method=asked.get_or_post("FallbackMethod"),
        status_callback=asked.address("StatusCallback"),
        status_callback_method=asked.get_or_post("StatusCallbackMethod"),
        status_callback_event=events,
        timeout=min(asked.whole("Timeout", 60), _LONGEST_RING),
        send_digits=asked.text("SendDigits"),
        twiml=twiml,
        application_sid=application,
        machine_detection=asked.text("MachineDetection"),
        amd_beside=_amd_beside(asked),
        record=asked.flag("Record") is True,
    )
    return 201, resources.call(call.leg)


def _amd_beside(asked: Asked) -> Ask | None:
    """Who is told of machine detection that runs beside the call; None when the call waits for it."""
    if not asked.flag("AsyncAmd"):
        return None
    return Ask(asked.address("AsyncAmdStatusCallback"), asked.get_or_post("AsyncAmdStatusCallbackMethod"))


def list_calls(asked: Asked) -> Answer:
    """List calls, newest first."""
    rows = [resources.call(leg) for leg in reversed(asked.net.legs.values())]
    same = {"Status": "status", "To": "to", "From": "from", "ParentCallSid": "parent_call_sid"}
    return paged(asked, "calls", matching(asked, rows, same, {"StartTime": "start_time", "EndTime": "end_time"}))


def update_call(asked: Asked) -> Answer:
    """Redirect, end or cancel a live call."""
    leg = leg_of(asked, asked.names[0])
    if leg.over:
        raise Refused(400, 21220, "Call is not in-progress. Cannot redirect.")
    status, url, callback = asked.text("Status"), asked.address("Url"), asked.address("StatusCallback")
    fallback, method = asked.address("FallbackUrl"), asked.get_or_post("Method")
    if steering.rings(leg) and (asked.text("Twiml") or url):
        raise Refused(400, 21220, "Call is not in-progress. Cannot redirect.")
    if status == "completed":
        steering.call_off(leg)
    elif status == "canceled" and leg.answered is None:
        leg.end("canceled", "network")
    if callback:
        leg.settings = replace(leg.settings, status_callback=callback)
    if fallback:
        leg.settings = replace(leg.settings, fallback_url=fallback)
    if not leg.over and asked.text("Twiml"):
        try:
            steering.redirect(leg, Page("", parse(asked.text("Twiml").encode())))
        except Unreadable as why:
            raise Refused(400, why.problem.code, why.problem.message) from None
    elif not leg.over and url:
        steering.redirect(leg, Ask(url, method))
    return 200, resources.call(leg)


def delete_call(asked: Asked) -> Answer:
    """Forget a call that is over."""
    leg = leg_of(asked, asked.names[0])
    if not leg.over:
        raise Refused(409, 20009, "Call is still in progress")
    del asked.net.legs[leg.sid]
    return 204, None


def list_notifications(asked: Asked) -> Answer:
    """List what the debugger says of one call, or of all, newest first."""
    of_call = asked.names[0] if asked.names else ""
    entries = [e for e in asked.net.debugger if of_call in ("", e.call_sid) and e.code]
    rows = [resources.notification(asked.net, e) for e in reversed(entries)]
    return paged(asked, "notifications", matching(asked, rows, {"Log": "log"}, {"MessageDate": "message_date"}))


def create_message(asked: Asked) -> Answer:
    """Send a text message."""
    to, body = phone(asked, "To", 21604), asked.needs("Body", 21602)
    from_ = asked.text("From") or asked.needs("MessagingServiceSid", 21603)
    if len(body) > 1600:
        raise Refused(400, 21617, "The message is longer than 1600 characters")
    message = asked.net.send_message(from_, to, body, asked.address("StatusCallback"))
    return 201, resources.message(asked.net, message)


def fetch_message(asked: Asked) -> Answer:
    """Give one text message."""
    for message in asked.net.messages:
        if message.sid == asked.names[0]:
            return 200, resources.message(asked.net, message)
    raise missing(asked.uri)


def delete_message(asked: Asked) -> Answer:
    """Forget one text message."""
    for message in asked.net.messages:
        if message.sid == asked.names[0]:
            asked.net.messages.remove(message)
            return 204, None
    raise missing(asked.uri)


def list_transcriptions(asked: Asked) -> Answer:
    """Transcriptions are told to their callback and not kept: there are none to list."""
    return paged(asked, "transcriptions", [])


def list_messages(asked: Asked) -> Answer:
    """List text messages, newest first."""
    rows = [resources.message(asked.net, message) for message in reversed(asked.net.messages)]
    return paged(asked, "messages", matching(asked, rows, {"To": "to", "From": "from"}, {"DateSent": "date_sent"}))


def recording(asked: Asked) -> Answer:
    """Give a recording, its sound, or delete it."""
    sid, _, suffix = asked.names[0].partition(".")
    found = asked.net.recordings.get(sid)
    if found is None:
        raise missing(asked.uri)
    if asked.method == "DELETE":
        del asked.net.recordings[sid]
        return 204, None
    return 200, resources.recording(asked.net, found) if suffix == "json" else toned_wav(found.duration, found.spans)


def create_recording(asked: Asked) -> Answer:
    """Begin to record a live call."""
    leg = leg_of(asked, asked.names[0])
    if leg.answered is None or leg.over:
        raise Refused(400, 21220, "Requested resource is not eligible for recording")
    url = asked.address("RecordingStatusCallback")
    ask = Ask(url, asked.get_or_post("RecordingStatusCallbackMethod")) if url else None
    report = Report(ask, asked.words("RecordingStatusCallbackEvent", "completed"))
    return 201, resources.recording(asked.net, record_whole_call(leg, "StartCallRecordingAPI", report))


def change_recording(asked: Asked) -> Answer:
    """Pause, resume or stop a recording of a live call; `Twilio.CURRENT` is the one begun last."""
    call_sid, sid = asked.names
    running = [tape for tape in asked.net.tapes.values() if tape.leg.sid == call_sid]
    wanted = [tape for tape in running if sid in (tape.sid, "Twilio.CURRENT")]
    if asked.method == "POST":
        if not wanted:
            raise missing(asked.uri)
        tape = wanted[-1]
        match asked.text("Status"):
            case "paused":
                changed = tape.pause(keeps_silence=asked.text("PauseBehavior", "silence") != "skip")
            case "in-progress":
                changed = tape.resume()
            case "stopped":
                changed = tape.stop()
            case other:
                raise Refused(400, 20001, f"Status {other!r} is none of paused, in-progress and stopped")
        return 200, resources.recording(asked.net, changed)
    return recording(replace(asked, names=(f"{sid}.json",)))


def list_recordings(asked: Asked) -> Answer:
    """List recordings, of one call or all."""
    of = asked.names[0] if asked.names else asked.text("CallSid") or asked.text("ConferenceSid")
    found = [r for r in asked.net.recordings.values() if of in ("", r.call_sid, r.conference_sid)]
    rows = [resources.recording(asked.net, r) for r in reversed(found)]
    return paged(asked, "recordings", matching(asked, rows, {}, {"DateCreated": "date_created"}))


_AREAS = {"US": "415", "CA": "416"}
"""The area offered when none is asked for, by country."""


def _number(asked: Asked) -> App:
    for app in asked.net.numbers.values():
        if app.sid == asked.names[0]:
            return app
    raise missing(asked.uri)


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


def _settings(asked: Asked) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for theirs, ours in _SETTINGS.items():
        if theirs in asked.fields:
            read = asked.get_or_post if ours.endswith("_method") else asked.text
            given[ours] = (asked.address if ours.endswith(("_url", "_callback")) else read)(theirs)
    if "VoiceCallerIdLookup" in asked.fields:
        given["caller_id_lookup"] = asked.flag("VoiceCallerIdLookup") is True
    return given


def _application(asked: Asked) -> App:
    if asked.names[0] not in asked.net.applications:
        raise missing(asked.uri)
    return asked.net.applications[asked.names[0]]


def list_applications(asked: Asked) -> Answer:
    """List the TwiML Apps."""
    rows = [resources.application(asked.net, app) for app in asked.net.applications.values()]
    return paged(asked, "applications", matching(asked, rows, {"FriendlyName": "friendly_name"}))


def create_application(asked: Asked) -> Answer:
    """Add a TwiML App."""
    given = _settings(asked)
    app = asked.net.application(given.pop("voice_url", ""), **given)
    return 201, resources.application(asked.net, app)


def change_application(asked: Asked) -> Answer:
    """Give, change or remove a TwiML App."""
    app = _application(asked)
    if asked.method == "DELETE":
        del asked.net.applications[app.sid]
        return 204, None
    if asked.method == "POST":
        app = asked.net.applications[app.sid] = replace(app, **_settings(asked))
    return 200, resources.application(asked.net, app)


def list_available(asked: Asked) -> Answer:
    """Offer numbers nobody has: twenty of the fictional ones of an area in the United States or Canada."""
    country = asked.names[0]
    area = asked.text("AreaCode") or _AREAS.get(country, "")
    if country not in _AREAS or not area.isdecimal():
        return paged(asked, "available_phone_numbers", [])
    free = [f"+1{area}5550{last}" for last in range(100, 200) if f"+1{area}5550{last}" not in asked.net.numbers]
    return paged(asked, "available_phone_numbers", [resources.available(number, country) for number in free[:20]])


def create_number(asked: Asked) -> Answer:
    """Add a telephone number."""
    given, wanted = _settings(asked), number(asked, "PhoneNumber")
    if wanted in asked.net.numbers:
        raise Refused(400, 21422, f"PhoneNumber {wanted} is taken; update it instead")
    app = asked.net.number(wanted, given.pop("voice_url", ""), **given)
    return 201, resources.number(asked.net, app)


def change_number(asked: Asked) -> Answer:
    """Give, change or remove a telephone number."""
    app = _number(asked)
    if asked.method == "DELETE":
        del asked.net.numbers[app.number]
        return 204, None
    if asked.method == "POST":
        app = asked.net.numbers[app.number] = replace(app, **_settings(asked))
    return 200, resources.number(asked.net, app)


def fetch_call(asked: Asked) -> Answer:
    """Give one call."""
    return 200, resources.call(leg_of(asked, asked.names[0]))


def list_numbers(asked: Asked) -> Answer:
    """List the telephone numbers of apps."""
    rows = [resources.number(asked.net, app) for app in asked.net.numbers.values()]
    same = {"PhoneNumber": "phone_number", "FriendlyName": "friendly_name"}
    return paged(asked, "incoming_phone_numbers", matching(asked, rows, same))
