"""Voice messages: the unheard ones first, played from the carrier through us, with their tickets."""

import io
from dataclasses import dataclass, replace
from typing import Literal, get_args

from flask import Response, abort, send_file
from flask.typing import ResponseReturnValue

from ivr.console.lists import asked_for, list_routes, page_of
from ivr.console.permissions import scope, sees_recording
from ivr.console.routes import LoginSession, Route
from ivr.hotline.recordings import NoSound
from ivr.store.rows import RecordingRow, TicketRow
from ivr.store.views import MessageSeen

LIST = "/console/messages"
SOUND = "/console/recordings/<id>/sound"
SHOWN = 50


def unheard(session: LoginSession) -> int:
    """How many messages of this person's queues nobody has heard."""
    return session.context.store.unheard(scope(session))


def signals_now(session: LoginSession) -> ResponseReturnValue:
    """What every page shows of new messages."""
    return session.page("signals_now.html", unheard=unheard(session))


MessagePart = Literal["unheard", "open", "done"]
"""`open`: heard, and its ticket is not closed."""


@dataclass(frozen=True, kw_only=True)
class Message:
    """One message as it is listed."""

    recording: RecordingRow
    who: str
    ticket: TicketRow | None
    topic: str
    queue: str

    @property
    def part(self) -> MessagePart:
        """Where it is listed."""
        if self.recording.heard_at is None:
            return "unheard"
        return "open" if self.ticket is not None and self.ticket.status != "closed" else "done"


def _listed(session: LoginSession) -> dict[str, object]:
    asked = asked_for(session, SHOWN)
    wanted = replace(asked.one_more(), words=asked.typed)
    rows = session.context.store.messages(scope(session), wanted)
    listed = [_message(session, one) for one in rows[:SHOWN]]
    return {
        **page_of(session, LIST, asked, rows),
        "parts": {part: [one for one in listed if one.part == part] for part in get_args(MessagePart)},
    }


def _message(session: LoginSession, one: MessageSeen) -> Message:
    ticket = belongs_to(one)
    return Message(
        recording=one.recording,
        who=session.services.boards.masked(one.call.from_number) if one.call else "",
        ticket=ticket,
        topic=session.services.timelines.topic(ticket.topic if ticket else "", session.language),
        queue=session.services.boards.title(one.queue or scope(session).first, session.language),
    )


def belongs_to(one: MessageSeen) -> TicketRow | None:
    """The ticket that names the recording, else the newest one of the call that was opened after it."""
    named = (ticket for ticket in one.tickets if one.recording.id in ticket.about)
    after = (ticket for ticket in reversed(one.tickets) if ticket.opened_at >= one.recording.made_at)
    return next(named, None) or next(after, None)


def done(session: LoginSession, id: str) -> ResponseReturnValue:
    """It is dealt with: heard, and its ticket closed."""
    store, now = session.context.store, session.now()
    store.hear(id, session.agent.name, now)
    one = next(iter(store.messages(scope(session), id=id)), None)
    ticket = belongs_to(one) if one else None
    if ticket is not None and ticket.status != "closed":
        store.set_ticket(ticket.reference, "closed", now)
        session.record("ticket closed", ticket.reference)
    session.record("message done", id)
    return session.go(LIST, "messages.is_done")


def sound(session: LoginSession, id: str) -> ResponseReturnValue:
    """The sound, from the carrier; a browser may ask for a part of it. Playing it marks the message as heard."""
    store = session.context.store
    recording = store.recording(id)
    if recording is None:
        abort(404)
    try:
        found = session.services.recordings.sound(recording.url)
    except NoSound as no:
        return Response(status=404 if no.reason in ("gone", "foreign") else 502)
    if store.hear(id, session.agent.name, session.now()):
        session.record("heard", id)
    response = send_file(io.BytesIO(found.body), mimetype=found.kind, conditional=True)
    response.headers["Cache-Control"] = "no-store"
    return response


ROUTES = (
    *list_routes("messages", LIST, _listed, key="v", icon="voicemail"),
    Route("signals_now", "/console/signals", signals_now, quiet=True),
    Route("message_done", f"{LIST}/<id>/done", done, methods=("POST",), sees=sees_recording),
    Route("sound", SOUND, sound, sees=sees_recording),
)
