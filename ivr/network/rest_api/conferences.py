"""What each REST request about queues and conferences does: who waits, who talks, and taking them elsewhere."""

from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from ivr.network.line.conferences import announce, change_wait, end, mute, put_on_hold
from ivr.network.line.documents import Webhook
from ivr.network.line.leg import Conference
from ivr.network.rest_api import resources
from ivr.network.rest_api.operations import detection, place
from ivr.network.rest_api.request import Answer, Json, Listing, Refused, RestRequest, missing
from ivr.network.wire.twiml_schema import ELEMENTS

_LARGEST = 5000  # how many a queue may take [D]


def create_queue(request: RestRequest) -> Answer:
    queue = request.net.queue(request.needs("FriendlyName"))
    queue.max_size = request.whole("MaxSize", 1000, 1, _LARGEST)
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
        queue.max_size = request.whole("MaxSize", queue.max_size, 1, _LARGEST)
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
                webhook = Webhook(request.address("Url"), request.get_or_post("Method"))
                request.net.legs[member.call_sid].redirect(webhook)
            return 200, answer
    raise missing(request.uri)


list_queues = Listing("queues", lambda request: (resources.queue(request.net, q) for q in request.net.queues.values()))


def _members(request: RestRequest) -> Iterator[Json]:
    """Who waits in a queue, the longest first."""
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
        if request.text("Status") == "completed":
            end(conference, None)
        for person in conference.participants if request.address("AnnounceUrl") else ():
            announce(person, _announcement(request, "Announce"))
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
    written = {}
    for attribute in ELEMENTS["Conference"].attributes:
        field = _OTHERWISE.get(attribute, attribute[0].upper() + attribute[1:])
        field = f"Conference{field}" if attribute in _OF_CONFERENCE else field
        if field.endswith(("Url", "Callback")):
            request.address(field)
        if value := " ".join(request.fields.get(field, [])):
            written[attribute] = value
    if request.flag("Coaching") is False:
        written.pop("coach", None)
    attributes = "".join(f" {attribute}={quoteattr(value)}" for attribute, value in written.items())
    twiml = f"<Response><Dial><Conference{attributes}>{escape(name)}</Conference></Dial></Response>"
    call = place(request, detection(request, "AmdStatusCallback"), twiml=twiml)
    conference = request.net.conference(name)
    for person in conference.participants if request.flag("EarlyMedia") is not False else ():
        person.leg.note("network", "ringing", call.leg.to)
    asked = {
        "muted": request.flag("Muted") is True,
        "coaching": "coach" in written,
        "call_sid_to_coach": written.get("coach"),
        "start_conference_on_enter": request.flag("StartConferenceOnEnter") is not False,
        "end_conference_on_exit": request.flag("EndConferenceOnExit") is True,
    }
    return 201, resources.joining(conference, call.leg, request.text("Label")) | asked


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
        muted, hold, ends = request.flag("Muted"), request.flag("Hold"), request.flag("EndConferenceOnExit")
        if muted is not None:
            mute(conference, person, muted=muted)
        if hold is not None:
            put_on_hold(conference, person, hold=hold, music=_announcement(request, "Hold"))
        if request.address("AnnounceUrl"):
            announce(person, _announcement(request, "Announce"))
        if request.address("WaitUrl"):
            change_wait(conference, person, _announcement(request, "Wait"))
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
