"""What each REST request about queues and conferences does: who waits, who talks, and taking them elsewhere."""

from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from ivr.network.line.conferences import announce, change_wait, end, mute, put_on_hold
from ivr.network.line.leg import Conference
from ivr.network.rest_api import resources
from ivr.network.rest_api.operations import detection, place
from ivr.network.rest_api.request import Answer, Json, Listing, Refused, RestRequest, missing
from ivr.network.wire.twiml_schema import ELEMENTS


def create_queue(request: RestRequest) -> Answer:
    if len(request.needs("FriendlyName")) > 64:
        raise Refused(400, 20001, "FriendlyName has at most 64 characters")
    queue = request.net.queue(request.text("FriendlyName"))
    queue.max_size = request.value("MaxSize") or 1000
    return 201, resources.queue(request.net, queue)


def change_queue(request: RestRequest) -> Answer:
    """Give, change or remove a queue; the error of a name that is taken is [U]."""
    queues = request.net.queues
    queue = request.by_sid(queues.values())
    if request.method == "DELETE":
        if queue.members:
            raise Refused(400, 22001, "Queue is not empty")
        queues.pop(queue.name)
        return 204, None
    if request.method == "POST":
        name = request.text("FriendlyName") or queue.name
        if queues.get(name, queue) is not queue:
            raise Refused(400, 22003, f"There is another queue called {name!r}")
        queue.max_size = request.value("MaxSize") or queue.max_size
        queues[name] = queues.pop(queue.name)
        queue.name = name
    return 200, resources.queue(request.net, queue)


def member(request: RestRequest) -> Answer:
    """Give a waiting call, or redirect it out of the queue."""
    queue = request.by_sid(request.net.queues.values())
    wanted = request.names[1]
    for member in queue.members:
        if wanted in ("Front", member.call_sid):
            answer = resources.member(request.net, queue, member)
            if request.method == "POST":
                request.needs("Url")
                request.net.legs[member.call_sid].redirect(request.webhook("Url", "Method"))
            return 200, answer
    raise missing(request.uri)


list_queues = Listing("queues", lambda request: (resources.queue(request.net, q) for q in request.net.queues.values()))


def _members(request: RestRequest) -> Iterator[Json]:
    found = request.by_sid(request.net.queues.values())
    for waiting in found.members:
        yield resources.member(request.net, found, waiting)


list_members = Listing("queue_members", _members)


def _conference(request: RestRequest) -> Conference:
    """Give the conference by its SID, or by its name while it is open."""
    wanted = request.names[0]
    for conference in reversed(request.net.conferences):
        if conference.sid == wanted or (conference.name == wanted and conference.status != "completed"):
            return conference
    raise missing(request.uri)


def _conferences(request: RestRequest) -> Iterator[Json]:
    """The conferences, newest first; those that take place, unless a Status is asked for. [D]"""
    for found in reversed(request.net.conferences):
        if found.status == request.text("Status", "in-progress"):
            yield resources.conference(found)


list_conferences = Listing("conferences", _conferences)


def conference(request: RestRequest) -> Answer:
    conference = _conference(request)
    if request.method == "POST":
        if request.value("Status") == "completed":
            end(conference, None)
        announcement = request.webhook("AnnounceUrl", "AnnounceMethod")
        for person in conference.participants if announcement.url else ():
            announce(person, announcement)
    return 200, resources.conference(conference)


def _participants(request: RestRequest) -> Iterator[Json]:
    found = _conference(request)
    for person in found.participants:
        yield resources.participant(found, person)


list_participants = Listing("participants", _participants)
_OF_CONFERENCE = frozenset(
    {"record", "trim"} | {f"{of}tatusCallback{what}" for of in ("s", "recordingS") for what in ("", "Method", "Event")}
)
"""Attributes of <Conference> that REST writes with `Conference` before them: alone they are of the call."""
_OTHERWISE = {"participantLabel": "Label", "coach": "CallSidToCoach"}


def create_participant(request: RestRequest) -> Answer:
    """Call somebody into a conference; the conference is made if nobody is in it yet."""
    name = request.names[0]
    if name.startswith("CF"):
        name = _conference(request).name
    coached, written = _coached(request), {}
    for attribute in ELEMENTS["Conference"].attributes:
        field = _OTHERWISE.get(attribute, attribute[0].upper() + attribute[1:])
        field = f"Conference{field}" if attribute in _OF_CONFERENCE else field
        value = " ".join(request.fields.get(field, ()))
        if value or (field == "WaitUrl" and field in request.fields):  # a blank one is silence
            written[attribute] = value
    written |= {"statusCallbackEvent": " ".join(request.value("ConferenceStatusCallbackEvent")), "coach": coached or ""}
    attributes = "".join(f" {attribute}={quoteattr(value)}" for attribute, value in written.items())
    twiml = f"<Response><Dial><Conference{attributes}>{escape(name)}</Conference></Dial></Response>"
    call = place(request, detection(request, "AmdStatusCallback"), twiml=twiml)
    conference = request.net.conference(name)
    for person in conference.participants if request.value("EarlyMedia") is not False else ():
        person.leg.note("network", "ringing", call.leg.to)
    asked = {
        "muted": request.value("Muted") is True,
        "coaching": bool(coached),
        "call_sid_to_coach": coached or None,
        "start_conference_on_enter": request.value("StartConferenceOnEnter") is not False,
        "end_conference_on_exit": request.value("EndConferenceOnExit") is True,
    }
    return 201, resources.joining(conference, call.leg, request.text("Label")) | asked


def _coached(request: RestRequest) -> str | None:
    """Give the call that is to be coached, nothing for nobody, or None where nothing is said of it."""
    sid, coaching = request.text("CallSidToCoach"), request.value("Coaching")
    if (coaching and not sid) or (sid and sid not in request.net.legs):
        raise Refused(400, 20001, f"CallSidToCoach {sid!r} is no call that could be coached")
    return "" if coaching is False else sid or None


def participant(request: RestRequest) -> Answer:
    """Give somebody in a conference; mute them, put them on hold, or remove them."""
    conference = _conference(request)
    person = next((p for p in conference.participants if request.names[1] in (p.leg.sid, p.label)), None)
    if person is None:
        raise missing(request.uri)
    if request.method == "DELETE":
        person.leg.hang_up("network")
        return 204, None
    if request.method == "POST":
        announcement, coached = request.webhook("AnnounceUrl", "AnnounceMethod"), _coached(request)
        muted, hold = request.value("Muted"), request.value("Hold")
        ends, beeps = request.value("EndConferenceOnExit"), request.value("BeepOnExit")
        if muted is not None:
            mute(conference, person, muted=muted)
        if hold is not None:
            put_on_hold(conference, person, hold=hold, music=request.webhook("HoldUrl", "HoldMethod"))
        if announcement.url:
            announce(person, announcement)
        if "WaitUrl" in request.fields:
            change_wait(conference, person, request.webhook("WaitUrl", "WaitMethod"))
        person.ends_conference = person.ends_conference if ends is None else ends
        person.beeps_on_exit = person.beeps_on_exit if beeps is None else beeps
        person.coaches = person.coaches if coached is None else coached
    return 200, resources.participant(conference, person)
