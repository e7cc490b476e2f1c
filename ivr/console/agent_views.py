"""What the pages work with beyond the frame: the floor, boards, timelines and sounds; and who may see what."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from zoneinfo import ZoneInfo

from ivr.agents.actions import AgentActions
from ivr.agents.board import Boards
from ivr.agents.timeline import Timelines
from ivr.console.routes import Visit
from ivr.hotline.recordings import Recordings
from ivr.store.views import Scope

THEIRS = ("accepted", "talking", "held", "wrap_up", "over")
"""A caller whom an agent took, from whatever queue, is theirs to read about."""


@dataclass(frozen=True, kw_only=True)
class Desk:
    """`wrap_up` is how long a queue's agents have for the note; `spoken` the languages that callers hear.

    `is_reference` tells whether digits can be the reference of a ticket at all.
    """

    actions: AgentActions
    boards: Boards
    timelines: Timelines
    recordings: Recordings
    is_reference: Callable[[str], bool]
    wrap_up: Mapping[str, timedelta] = field(default_factory=dict)
    spoken: tuple[str, ...] = ("zh", "en")
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))


def desk(visit: Visit) -> Desk:
    """The desk of this visit's office."""
    found: Desk = visit.office.desk
    return found


def scope(visit: Visit) -> Scope:
    """What this person may see."""
    return desk(visit).boards.scope(visit.agent)


# --- who may see what: the `sees` of routes ---------------------------------------------------------------------


def sees_call(visit: Visit, id: str) -> bool:
    """A call of one's queues, or of a caller one has talked to."""
    store = visit.office.store
    if store.call(id) is None:
        return False
    if scope(visit).sees(store.queue_of(id)):
        return True
    return any(talk.agent == visit.agent.name and talk.state in THEIRS for talk in store.talks.of_call(id))


def sees_ticket(visit: Visit, reference: str) -> bool:
    """A ticket goes with its call; one whose call is no longer known, with the first queue."""
    ticket = visit.office.store.ticket(reference)
    if ticket is None:
        return False
    if visit.office.store.call(ticket.call_id) is None:
        return scope(visit).sees("")
    return sees_call(visit, ticket.call_id)


def sees_recording(visit: Visit, id: str) -> bool:
    recording = visit.office.store.recording(id)
    return recording is not None and sees_call(visit, recording.call_id)


def sees_callback(visit: Visit, key: str) -> bool:
    callback = visit.office.store.callback(key)
    return callback is not None and scope(visit).sees(callback.queue)


def has_talk(visit: Visit, id: str) -> bool:
    """One's own talk: nobody acts in another's, supervisors neither."""
    talk = visit.office.store.talks.get(id)
    return talk is not None and talk.agent == visit.agent.name
