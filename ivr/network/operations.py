"""What each REST request does: reading and changing calls, messages, queues, conferences, recordings, numbers.

One function a request; each takes what was asked and gives an HTTP status and an answer, or raises Refused.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from ivr.network import resources
from ivr.network.interpreter import Ask, Page
from ivr.network.leg import Leg
from ivr.network.lines import App
from ivr.network.media import toned_wav
from ivr.network.queues import Queue
from ivr.network.twiml import Unreadable, parse

if TYPE_CHECKING:
    from ivr.network.exchange import Network


class Refused(Exception):
    """A request that gets an error body; carries the HTTP status, Twilio's code and the message."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Asked:
    """One REST request: its method, path parts after the account, and its fields."""

    net: Network
    method: str
    names: tuple[str, ...]
    fields: dict[str, list[str]]
    uri: str

    def text(self, name: str, default: str = "") -> str:
        """Give a field, or the default."""
        return self.fields.get(name, [default])[-1]

    def needs(self, name: str) -> str:
        """Give a field that must be there."""
        if not self.text(name):
            raise Refused(400, 21201 if name == "To" else 20001, f"No {name!r} was given")
        return self.text(name)


def missing(path: str) -> Refused:
    """Give the error for what is not there."""
    return Refused(404, 20404, f"The requested resource {path} was not found")


def _page(asked: Asked, key: str, rows: list[dict[str, Any]]) -> tuple[int, Any]:
    """Give one page of a list, in Twilio's form."""
    size = min(1000, max(1, int(asked.text("PageSize", "50") or 50)))
    page = int(asked.text("Page", "0") or 0)
    kept = {k: v[-1] for k, v in asked.fields.items() if k not in ("Page", "PageSize", "PageToken")}

    def uri(number: int) -> str:
        return f"{asked.uri}?{urlencode({**kept, 'PageSize': size, 'Page': number})}"

    part = rows[page * size : (page + 1) * size]
    return 200, {
        key: part,
        "page": page,
        "page_size": size,
        "start": page * size,
        "end": page * size + max(0, len(part) - 1),
        "uri": uri(page),
        "first_page_uri": uri(0),
        "next_page_uri": uri(page + 1) if len(rows) > (page + 1) * size else None,
        "previous_page_uri": uri(page - 1) if page else None,
    }


def leg_of(asked: Asked, sid: str) -> Leg:
    """Give the call of that SID."""
    leg = asked.net.legs.get(sid)
    if leg is None:
        raise missing(asked.uri)
    return leg


def create_call(asked: Asked) -> tuple[int, Any]:
    """Place an outbound call."""
    to, from_ = asked.needs("To"), asked.needs("From")
    url, twiml = asked.text("Url"), asked.text("Twiml")
    if not url and not twiml:
        raise Refused(400, 21205, "Url parameter is required.")
    if len(twiml) > 4000:
        raise Refused(400, 21617, "Twiml is longer than 4000 characters")
    events = tuple(word for field in asked.fields.get("StatusCallbackEvent", ["completed"]) for word in field.split())
    call = asked.net.place_call(
        from_,
        to,
        url,
        method=asked.text("Method", "POST"),
        fallback_url=asked.text("FallbackUrl"),
        fallback_method=asked.text("FallbackMethod", "POST"),
        status_callback=asked.text("StatusCallback"),
        status_callback_method=asked.text("StatusCallbackMethod", "POST"),
        status_callback_event=events,
        timeout=float(asked.text("Timeout", "60")),
        send_digits=asked.text("SendDigits"),
        twiml=twiml,
    )
    return 201, resources.call(call.leg)


def list_calls(asked: Asked) -> tuple[int, Any]:
    """List calls, newest first."""
    rows = [resources.call(leg) for leg in reversed(asked.net.legs.values())]
    for field, key in (("Status", "status"), ("To", "to"), ("From", "from"), ("ParentCallSid", "parent_call_sid")):
        if asked.text(field):
            rows = [row for row in rows if row[key] == asked.text(field)]
    return _page(asked, "calls", rows)


def update_call(asked: Asked) -> tuple[int, Any]:
    """Redirect, end or cancel a live call."""
    leg = leg_of(asked, asked.names[0])
    if leg.over:
        raise Refused(400, 21220, "Call is not in-progress. Cannot redirect.")
    status = asked.text("Status")
    if status == "completed":
        leg.hang_up("network")
    elif status == "canceled" and leg.answered is None:
        leg.end("canceled", "network")
    if asked.text("StatusCallback"):
        leg.settings = replace(leg.settings, status_callback=asked.text("StatusCallback"))
    if asked.text("FallbackUrl"):
        leg.settings = replace(leg.settings, fallback_url=asked.text("FallbackUrl"))
    if not leg.over and asked.text("Twiml"):
        try:
            asked.net.redirect(leg, Page("", parse(asked.text("Twiml").encode())))
        except Unreadable as why:
            raise Refused(400, why.problem.code, why.problem.message) from None
    elif not leg.over and asked.text("Url"):
        asked.net.redirect(leg, Ask(asked.text("Url"), asked.text("Method", "POST")))
    return 200, resources.call(leg)


def create_message(asked: Asked) -> tuple[int, Any]:
    """Send a text message."""
    message = asked.net.send_message(asked.text("From"), asked.needs("To"), asked.needs("Body"))
    return 201, resources.message(asked.net, message)


def fetch_message(asked: Asked) -> tuple[int, Any]:
    """Give one text message."""
    for message in asked.net.messages:
        if message.sid == asked.names[0]:
            return 200, resources.message(asked.net, message)
    raise missing(asked.uri)


def list_messages(asked: Asked) -> tuple[int, Any]:
    """List text messages, newest first."""
    rows = [resources.message(asked.net, message) for message in reversed(asked.net.messages)]
    for field, key in (("To", "to"), ("From", "from")):
        if asked.text(field):
            rows = [row for row in rows if row[key] == asked.text(field)]
    return _page(asked, "messages", rows)


def queue_of(asked: Asked) -> Queue:
    """Give the queue that was asked for."""
    for queue in asked.net.queues.values():
        if queue.sid == asked.names[0]:
            return queue
    raise missing(asked.uri)


def create_queue(asked: Asked) -> tuple[int, Any]:
    """Make a queue."""
    queue = asked.net.queue(asked.needs("FriendlyName"))
    queue.max_size = int(asked.text("MaxSize", "1000"))
    return 201, resources.queue(asked.net, queue)


def update_queue(asked: Asked) -> tuple[int, Any]:
    """Change how many a queue takes."""
    queue = queue_of(asked)
    queue.max_size = int(asked.text("MaxSize", str(queue.max_size)))
    return 200, resources.queue(asked.net, queue)


def delete_queue(asked: Asked) -> tuple[int, Any]:
    """Remove an empty queue."""
    queue = queue_of(asked)
    if queue.members:
        raise Refused(400, 22001, "Queue is not empty")
    asked.net.queues.pop(queue.name)
    return 204, None


def member(asked: Asked) -> tuple[int, Any]:
    """Give a waiting call, or redirect it out of the queue."""
    queue = queue_of(asked)
    wanted = asked.names[1]
    for member in queue.members:
        if wanted in ("Front", member.leg.sid):
            answer = resources.member(asked.net, queue, member)
            if asked.method == "POST":
                asked.net.redirect(member.leg, Ask(asked.needs("Url"), asked.text("Method", "POST")))
            return 200, answer
    raise missing(asked.uri)


def recording(asked: Asked) -> tuple[int, Any]:
    """Give a recording, its sound, or delete it."""
    sid, _, suffix = asked.names[0].partition(".")
    found = asked.net.recordings.get(sid)
    if found is None:
        raise missing(asked.uri)
    if asked.method == "DELETE":
        del asked.net.recordings[sid]
        return 204, None
    return 200, resources.recording(asked.net, found) if suffix == "json" else toned_wav(found.duration, found.spans)


def list_recordings(asked: Asked) -> tuple[int, Any]:
    """List recordings, of one call or all."""
    of_call = asked.names[0] if asked.names else asked.text("CallSid")
    found = [r for r in asked.net.recordings.values() if not of_call or r.call_sid == of_call]
    return _page(asked, "recordings", [resources.recording(asked.net, r) for r in reversed(found)])


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
}


def _settings(asked: Asked) -> dict[str, Any]:
    given: dict[str, Any] = {ours: asked.text(theirs) for theirs, ours in _SETTINGS.items() if theirs in asked.fields}
    if "VoiceCallerIdLookup" in asked.fields:
        given["caller_id_lookup"] = asked.text("VoiceCallerIdLookup").lower() == "true"
    return given


def create_number(asked: Asked) -> tuple[int, Any]:
    """Add a telephone number."""
    given = _settings(asked)
    app = asked.net.number(asked.needs("PhoneNumber"), given.pop("voice_url", ""), **given)
    return 201, resources.number(asked.net, app)


def change_number(asked: Asked) -> tuple[int, Any]:
    """Give, change or remove a telephone number."""
    app = _number(asked)
    if asked.method == "DELETE":
        del asked.net.numbers[app.number]
        return 204, None
    if asked.method == "POST":
        app = asked.net.numbers[app.number] = replace(app, **_settings(asked))
    return 200, resources.number(asked.net, app)


def conference(asked: Asked) -> tuple[int, Any]:
    """Give or end a conference; list, mute or remove who is in it."""
    room = next((r for r in asked.net.rooms.values() if r.sid == asked.names[0]), None)
    if room is None:
        raise missing(asked.uri)
    if len(asked.names) == 1:
        if asked.text("Status") == "completed":
            room.end(None)
        return 200, resources.conference(room)
    if asked.names[1] == "":
        return _page(asked, "participants", [resources.participant(room, p) for p in room.participants])
    person = next((p for p in room.participants if p.leg.sid == asked.names[1]), None)
    if person is None:
        raise missing(asked.uri)
    if asked.method == "DELETE":
        person.leg.hang_up("network")
        return 204, None
    if asked.text("Muted"):
        person.muted = asked.text("Muted").lower() == "true"
    if asked.text("Hold"):
        person.hold = asked.text("Hold").lower() == "true"
    return 200, resources.participant(room, person)


def fetch_call(asked: Asked) -> tuple[int, Any]:
    """Give one call."""
    return 200, resources.call(leg_of(asked, asked.names[0]))


def list_queues(asked: Asked) -> tuple[int, Any]:
    """List the queues."""
    return _page(asked, "queues", [resources.queue(asked.net, found) for found in asked.net.queues.values()])


def fetch_queue(asked: Asked) -> tuple[int, Any]:
    """Give one queue."""
    return 200, resources.queue(asked.net, queue_of(asked))


def list_members(asked: Asked) -> tuple[int, Any]:
    """List who waits in a queue, the longest first."""
    found = queue_of(asked)
    return _page(asked, "queue_members", [resources.member(asked.net, found, m) for m in found.members])


def list_conferences(asked: Asked) -> tuple[int, Any]:
    """List the conferences that are open or forming."""
    return _page(asked, "conferences", [resources.conference(room) for room in asked.net.rooms.values()])


def list_numbers(asked: Asked) -> tuple[int, Any]:
    """List the telephone numbers of apps."""
    wanted = asked.text("PhoneNumber")
    found = [app for app in asked.net.numbers.values() if wanted in ("", app.number)]
    return _page(asked, "incoming_phone_numbers", [resources.number(asked.net, app) for app in found])
