"""What each REST request about queues and conferences does: who waits, who talks, and taking them elsewhere."""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

from ivr.network.line import steering
from ivr.network.line.conferences import announce, end, mute, put_on_hold
from ivr.network.line.documents import Webhook
from ivr.network.line.leg import Conference, Leg
from ivr.network.line.queues import Queue
from ivr.network.rest_api import resources
from ivr.network.rest_api.operations import channels, detection, recording_report, track
from ivr.network.rest_api.request import Answer, Refused, RestRequest, caller_id, matching, missing, paged, phone

_LARGEST = 5000  # how many a queue may take [D]


def queue_of(request: RestRequest) -> Queue:
    """Give the queue that was asked for."""
    for queue in request.net.queues.values():
        if queue.sid == request.names[0]:
            return queue
    raise missing(request.uri)


def create_queue(request: RestRequest) -> Answer:
    """Make a queue."""
    queue = request.net.queue(request.needs("FriendlyName"))
    queue.max_size = request.whole("MaxSize", 1000, 1, _LARGEST)
    return 201, resources.queue(request.net, queue)


def update_queue(request: RestRequest) -> Answer:
    """Change how many a queue takes, and its name; the error of a name that is taken is [U]."""
    queue = queue_of(request)
    queues, name = request.net.queues, request.text("FriendlyName") or queue.name
    if queues.get(name, queue) is not queue:
        raise Refused(400, 22003, f"There is another queue called {name!r}")
    queue.max_size = request.whole("MaxSize", queue.max_size, 1, _LARGEST)
    queues[name] = queues.pop(queue.name)
    queue.name = name
    return 200, resources.queue(request.net, queue)


def delete_queue(request: RestRequest) -> Answer:
    """Remove an empty queue."""
    queue = queue_of(request)
    if queue.members:
        raise Refused(400, 22001, "Queue is not empty")
    request.net.queues.pop(queue.name)
    return 204, None


def member(request: RestRequest) -> Answer:
    """Give a waiting call, or redirect it out of the queue."""
    queue = queue_of(request)
    wanted = request.names[1]
    for member in queue.members:
        if wanted in ("Front", member.call_sid):
            answer = resources.member(request.net, queue, member)
            if request.method == "POST":
                request.needs("Url")
                steering.redirect(
                    request.net.legs[member.call_sid], Webhook(request.address("Url"), request.get_or_post("Method"))
                )
            return 200, answer
    raise missing(request.uri)


def list_queues(request: RestRequest) -> Answer:
    """List the queues."""
    return paged(request, "queues", [resources.queue(request.net, found) for found in request.net.queues.values()])


def fetch_queue(request: RestRequest) -> Answer:
    """Give one queue."""
    return 200, resources.queue(request.net, queue_of(request))


def list_members(request: RestRequest) -> Answer:
    """List who waits in a queue, the longest first."""
    found = queue_of(request)
    return paged(request, "queue_members", [resources.member(request.net, found, m) for m in found.members])


def _conference(request: RestRequest) -> Conference:
    """Give the conference by its SID, or by its name while it is open."""
    wanted = request.names[0]
    for conference in reversed(request.net.conferences):
        if conference.sid == wanted or (conference.name == wanted and conference.status != "completed"):
            return conference
    raise missing(request.uri)


def list_conferences(request: RestRequest) -> Answer:
    """List the conferences, newest first; those that take place, unless a Status is asked for. [D]"""
    status = request.text("Status", "in-progress")
    rows = [resources.conference(found) for found in reversed(request.net.conferences) if found.status == status]
    times = {"DateCreated": "date_created", "DateUpdated": "date_updated"}
    same = {"FriendlyName": "friendly_name"}
    return paged(request, "conferences", matching(request, rows, same, times))


def conference(request: RestRequest) -> Answer:
    """Give or end a conference."""
    conference = _conference(request)
    if request.method == "POST":
        if request.text("Status") == "completed":
            end(conference, None)
        for person in conference.participants if request.address("AnnounceUrl") else ():
            announce(person, _announcement(request, "Announce"))
    return 200, resources.conference(conference)


def list_participants(request: RestRequest) -> Answer:
    """List who is in a conference."""
    conference = _conference(request)
    rows = [resources.participant(conference, person) for person in conference.participants]
    return paged(request, "participants", matching(request, rows, {"Muted": "muted", "Hold": "hold"}))


def create_participant(request: RestRequest) -> Answer:
    """Call somebody into a conference; the conference is made if nobody is in it yet."""
    name = request.names[0]
    if name.startswith("CF"):
        name = _conference(request).name
    words = {
        "startConferenceOnEnter": request.text("StartConferenceOnEnter"),
        "endConferenceOnExit": request.text("EndConferenceOnExit"),
        "muted": request.text("Muted"),
        "beep": request.text("Beep"),
        "participantLabel": request.text("Label"),
        "maxParticipants": request.text("MaxParticipants"),
        "waitUrl": request.address("WaitUrl"),
        "waitMethod": request.text("WaitMethod"),
        "coach": request.text("CallSidToCoach") if request.flag("Coaching") is not False else "",
        "record": request.text("ConferenceRecord"),
        "statusCallback": request.address("ConferenceStatusCallback"),
        "statusCallbackMethod": request.text("ConferenceStatusCallbackMethod"),
        "statusCallbackEvent": " ".join(request.fields.get("ConferenceStatusCallbackEvent", [])),
        "recordingStatusCallback": request.address("ConferenceRecordingStatusCallback"),
        "recordingStatusCallbackMethod": request.text("ConferenceRecordingStatusCallbackMethod"),
        "recordingStatusCallbackEvent": " ".join(request.fields.get("ConferenceRecordingStatusCallbackEvent", [])),
    }
    attributes = "".join(f" {key}={quoteattr(value)}" for key, value in words.items() if value)
    twiml = f"<Response><Dial><Conference{attributes}>{escape(name)}</Conference></Dial></Response>"
    call = request.net.place_call(
        caller_id(request, 21210),
        phone(request, "To", 21201),
        timeout=request.whole("Timeout", 60, 0, 600),
        status_callback=request.address("StatusCallback"),
        status_callback_method=request.get_or_post("StatusCallbackMethod"),
        status_callback_event=tuple(request.words("StatusCallbackEvent", "completed")),
        machine_detection=detection(request, "AmdStatusCallback") or "",
        recording=recording_report(request) if request.flag("Record") else None,
        recording_channels=channels(request, "mono"),
        recording_track=track(request),
        time_limit=request.whole("TimeLimit", 0) or None,
        twiml=twiml,
    )
    conference = request.net.conference(name)
    return 201, resources.joining(conference, call.leg, request.text("Label"))


def participant(request: RestRequest) -> Answer:
    """Give somebody in a conference; mute them, put them on hold, or remove them."""
    conference = _conference(request)
    person = next((p for p in conference.participants if request.names[1] in (p.leg.sid, p.label)), None)
    if person is None:
        raise missing(request.uri)
    if request.method == "DELETE":
        _remove(person.leg)
        return 204, None
    if request.method == "POST":
        muted, hold, ends = request.flag("Muted"), request.flag("Hold"), request.flag("EndConferenceOnExit")
        if muted is not None:
            mute(conference, person, muted=muted)
        if hold is not None:
            put_on_hold(conference, person, hold=hold, music=_announcement(request, "Hold"))
        if request.address("AnnounceUrl"):
            announce(person, _announcement(request, "Announce"))
        if ends is not None:
            person.ends_conference = ends
        beeps, coaches = request.flag("BeepOnExit"), request.flag("Coaching")
        if beeps is not None:
            person.beeps_on_exit = beeps
        if request.text("CallSidToCoach") or coaches is False:
            person.coaches = request.text("CallSidToCoach") if coaches is not False else ""
    return 200, resources.participant(conference, person)


def _announcement(request: RestRequest, which: str) -> Webhook:
    return Webhook(request.address(f"{which}Url"), request.get_or_post(f"{which}Method"))


def _remove(leg: Leg) -> None:
    leg.hang_up("network")
