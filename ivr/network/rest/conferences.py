"""What each REST request about queues and conferences does: who waits, who talks, and taking them elsewhere."""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

from ivr.network.line import steering
from ivr.network.line.conferences import Conference
from ivr.network.line.interpreter import Ask
from ivr.network.line.leg import Leg
from ivr.network.line.queues import Queue
from ivr.network.rest import resources
from ivr.network.rest.request import Answer, Asked, Refused, matching, missing, paged, phone

_LARGEST = 5000  # how many a queue may take [D]


def queue_of(asked: Asked) -> Queue:
    """Give the queue that was asked for."""
    for queue in asked.net.queues.values():
        if queue.sid == asked.names[0]:
            return queue
    raise missing(asked.uri)


def create_queue(asked: Asked) -> Answer:
    """Make a queue."""
    queue = asked.net.queue(asked.needs("FriendlyName"))
    queue.max_size = asked.whole("MaxSize", 1000, 1, _LARGEST)
    return 201, resources.queue(asked.net, queue)


def update_queue(asked: Asked) -> Answer:
    """Change how many a queue takes, and its name; the error of a name that is taken is [U]."""
    queue = queue_of(asked)
    queues, name = asked.net.queues, asked.text("FriendlyName") or queue.name
    if queues.get(name, queue) is not queue:
        raise Refused(400, 22003, f"There is another queue called {name!r}")
    queue.max_size = asked.whole("MaxSize", queue.max_size, 1, _LARGEST)
    queues[name] = queues.pop(queue.name)
    queue.name = name
    return 200, resources.queue(asked.net, queue)


def delete_queue(asked: Asked) -> Answer:
    """Remove an empty queue."""
    queue = queue_of(asked)
    if queue.members:
        raise Refused(400, 22001, "Queue is not empty")
    asked.net.queues.pop(queue.name)
    return 204, None


def member(asked: Asked) -> Answer:
    """Give a waiting call, or redirect it out of the queue."""
    queue = queue_of(asked)
    wanted = asked.names[1]
    for member in queue.members:
        if wanted in ("Front", member.leg.sid):
            answer = resources.member(asked.net, queue, member)
            if asked.method == "POST":
                asked.needs("Url")
                steering.redirect(member.leg, Ask(asked.address("Url"), asked.get_or_post("Method")))
            return 200, answer
    raise missing(asked.uri)


def list_queues(asked: Asked) -> Answer:
    """List the queues."""
    return paged(asked, "queues", [resources.queue(asked.net, found) for found in asked.net.queues.values()])


def fetch_queue(asked: Asked) -> Answer:
    """Give one queue."""
    return 200, resources.queue(asked.net, queue_of(asked))


def list_members(asked: Asked) -> Answer:
    """List who waits in a queue, the longest first."""
    found = queue_of(asked)
    return paged(asked, "queue_members", [resources.member(asked.net, found, m) for m in found.members])


def _room(asked: Asked) -> Conference:
    """Give the conference by its SID, or by its name while it is open."""
    wanted = asked.names[0]
    for room in reversed(asked.net.conferences):
        if room.sid == wanted or (room.name == wanted and room.status != "completed"):
            return room
    raise missing(asked.uri)


def list_conferences(asked: Asked) -> Answer:
    """List the conferences, newest first."""
    rows = [resources.conference(room) for room in reversed(asked.net.conferences)]
    times = {"DateCreated": "date_created", "DateUpdated": "date_updated"}
    same = {"Status": "status", "FriendlyName": "friendly_name"}
    return paged(asked, "conferences", matching(asked, rows, same, times))


def conference(asked: Asked) -> Answer:
    """Give or end a conference."""
    room = _room(asked)
    if asked.method == "POST" and asked.text("Status") == "completed":
        room.end(None)
    return 200, resources.conference(room)


def list_participants(asked: Asked) -> Answer:
    """List who is in a conference."""
    room = _room(asked)
    rows = [resources.participant(room, person) for person in room.participants]
    return paged(asked, "participants", matching(asked, rows, {"Muted": "muted", "Hold": "hold"}))


def create_participant(asked: Asked) -> Answer:
    """Call somebody into a conference; the conference is made if nobody is in it yet."""
    name = asked.names[0]
    if name.startswith("CF"):
        name = _room(asked).name
    words = {
        "startConferenceOnEnter": asked.text("StartConferenceOnEnter"),
        "endConferenceOnExit": asked.text("EndConferenceOnExit"),
        "muted": asked.text("Muted"),
        "beep": asked.text("Beep"),
        "participantLabel": asked.text("Label"),
    }
    attributes = "".join(f" {key}={quoteattr(value)}" for key, value in words.items() if value)
    twiml = f"<Response><Dial><Conference{attributes}>{escape(name)}</Conference></Dial></Response>"
    call = asked.net.place_call(
        phone(asked, "From", 21213),
        phone(asked, "To", 21201),
        timeout=asked.whole("Timeout", 60, 0, 600),
        status_callback=asked.address("StatusCallback"),
        twiml=twiml,
    )
    room = asked.net.room(name)
    return 201, resources.joining(room, call.leg, asked.text("Label"))


def participant(asked: Asked) -> Answer:
    """Give somebody in a conference; mute them, put them on hold, or remove them."""
    room = _room(asked)
    person = next((p for p in room.participants if asked.names[1] in (p.leg.sid, p.label)), None)
    if person is None:
        raise missing(asked.uri)
    if asked.method == "DELETE":
        _remove(person.leg)
        return 204, None
    if asked.method == "POST":
        muted, hold, ends = asked.flag("Muted"), asked.flag("Hold"), asked.flag("EndConferenceOnExit")
        if muted is not None:
            room.mute(person, muted)
        if hold is not None:
            room.hold(person, hold)
        if ends is not None:
            person.ends = ends
    return 200, resources.participant(room, person)


def _remove(leg: Leg) -> None:
    leg.hang_up("network")
