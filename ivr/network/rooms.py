"""What each REST request about queues and conferences does: who waits, who talks, and taking them elsewhere."""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

from ivr.network import resources, steering
from ivr.network.asked import Answer, Asked, Refused, address, missing, paged
from ivr.network.conference import Conference
from ivr.network.interpreter import Ask
from ivr.network.leg import Leg
from ivr.network.queues import Queue


def queue_of(asked: Asked) -> Queue:
    """Give the queue that was asked for."""
    for queue in asked.net.queues.values():
        if queue.sid == asked.names[0]:
            return queue
    raise missing(asked.uri)


def create_queue(asked: Asked) -> Answer:
    """Make a queue."""
    queue = asked.net.queue(asked.needs("FriendlyName"))
    queue.max_size = asked.whole("MaxSize", 1000)
    return 201, resources.queue(asked.net, queue)


def update_queue(asked: Asked) -> Answer:
    """Change how many a queue takes."""
    queue = queue_of(asked)
    queue.max_size = asked.whole("MaxSize", queue.max_size)
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
                steering.redirect(member.leg, Ask(asked.needs("Url"), asked.text("Method", "POST")))
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
    for field, key in (("Status", "status"), ("FriendlyName", "friendly_name")):
        if asked.text(field):
            rows = [row for row in rows if row[key] == asked.text(field)]
    return paged(asked, "conferences", rows)


def conference(asked: Asked) -> Answer:
    """Give or end a conference."""
    room = _room(asked)
    if asked.method == "POST" and asked.text("Status") == "completed":
        room.end(None)
    return 200, resources.conference(room)


def list_participants(asked: Asked) -> Answer:
    """List who is in a conference."""
    room = _room(asked)
    return paged(asked, "participants", [resources.participant(room, p) for p in room.participants])


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
        address(asked, "From"),
        address(asked, "To"),
        timeout=asked.number("Timeout", 60),
        status_callback=asked.text("StatusCallback"),
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
        if asked.text("Muted"):
            room.mute(person, asked.text("Muted").lower() == "true")
        if asked.text("Hold"):
            room.hold(person, asked.text("Hold").lower() == "true")
    return 200, resources.participant(room, person)


def _remove(leg: Leg) -> None:
    leg.hang_up("network")
