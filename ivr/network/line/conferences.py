"""What happens in a conference: people enter and leave, it starts and ends, and its callbacks are told.

docs/twilio-facts.md#a8-conference
"""

from dataclasses import replace
from email.utils import format_datetime
from typing import Literal

from ivr.network.line.documents import DocumentFailure, Scope, Webhook
from ivr.network.line.interpreter import run_aside
from ivr.network.line.leg import Conference, Leg, Participant
from ivr.network.line.recorder import record_whole_call
from ivr.network.wire.fiber import Fiber, Interrupt, Program

EventGroup = Literal["start", "end", "join", "leave", "mute", "hold"]
"""What a conference's statusCallbackEvent may ask for, of what is told here. [D]"""

_ANNOUNCEMENT = Scope("announcement", frozenset({"Play", "Say", "Pause", "Redirect"}))
_MUSIC = Webhook("")


class ConferenceStarted(Interrupt):
    """The conference starts, or ends, while somebody waits for it."""


def enter(conference: Conference, participant: Participant) -> None:
    """Let somebody in; the conference starts with the second one, if any of them may start it. [D]"""
    conference.participants.append(participant)
    participant.leg.conference = conference
    _report(conference, "join", "participant-join", participant)
    if conference.status == "in-progress" and participant.beeps_on_enter:
        _beep(conference)
    may_start = len(conference.participants) > 1 and any(p.starts_conference for p in conference.participants)
    if conference.status == "init" and may_start:
        conference.status = "in-progress"
        _report(conference, "start", "conference-start", participant)
        if conference.recording is not None:
            record_whole_call(conference.participants[0].leg, "Conference", conference.recording)
        for other in conference.participants:
            if other is not participant:
                other.leg.fiber.interrupt(ConferenceStarted())


def leave(conference: Conference, participant: Participant) -> None:
    """Let somebody out; the conference ends when they end it or were the last."""
    if participant not in conference.participants:
        return
    conference.participants.remove(participant)
    participant.leg.conference = None
    _end_announcement(participant)
    left = (("ParticipantCallStatus", participant.leg.status), ("ReasonParticipantLeft", participant.left_because))
    _report(conference, "leave", "participant-leave", participant, *left)
    if conference.status == "in-progress" and participant.beeps_on_exit:
        _beep(conference)
    if participant.ends_conference or not conference.participants:
        end(conference, participant)


def end(conference: Conference, by: Participant | None) -> None:
    """End the conference, and everybody's <Dial> with it; `by` is who left last, None when REST asked for it."""
    if conference.status == "completed":
        return
    conference.status = "completed"
    last = by or next(iter(conference.participants), None)
    conference.net.open_conferences.pop(conference.name, None)
    for other in list(conference.participants):
        if not other.leg.fiber.tell("ended"):
            other.leg.fiber.interrupt(ConferenceStarted())
    ender = by is not None and by.ends_conference
    reason = "participant-with-end-conference-on-exit-left" if ender else "last-participant-left"
    conference.ended_because = reason if by is not None else "conference-ended-via-api"
    if last is not None:
        _report(conference, "end", "conference-end", last, ("ReasonConferenceEnded", conference.ended_because))


def mute(conference: Conference, participant: Participant, *, muted: bool) -> None:
    if participant.muted != muted:
        participant.muted = muted
        _report(conference, "mute", f"participant-{'mute' if muted else 'unmute'}", participant)


def put_on_hold(conference: Conference, participant: Participant, *, hold: bool, music: Webhook = _MUSIC) -> None:
    """Let nobody hear somebody, who hears `music` instead, a document if it has an address; or again."""
    if participant.hold != hold:
        participant.hold = hold
        _end_announcement(participant)
        if hold and music.url:
            announce(participant, music)
        else:
            participant.leg.note("hotline", "played", "hold music" if hold else "hold music ends")
        _report(conference, "hold", f"participant-{'hold' if hold else 'unhold'}", participant)


def change_wait(conference: Conference, participant: Participant, document: Webhook) -> None:
    """Play another document, or nothing, to somebody until the conference begins; nothing once it has begun."""
    participant.wait = document if document.url else None
    participant.waits_in_silence = not document.url
    if conference.status == "init":
        participant.leg.fiber.interrupt(ConferenceStarted())


def announce(participant: Participant, document: Webhook) -> None:
    """Play a document to one participant, beside what the conference does. [D]"""
    _end_announcement(participant)
    clock = participant.leg.net.clock
    fiber = participant.announcement = Fiber(clock, _announcement(participant.leg, document))
    clock.after(0, fiber.start)


def _announcement(leg: Leg, document: Webhook) -> Program[None]:
    try:
        yield from run_aside(leg, document, _ANNOUNCEMENT)
    except DocumentFailure as failure:
        leg.problem(failure.problem, failure.url)


def _end_announcement(participant: Participant) -> None:
    if participant.announcement is not None:
        participant.announcement.interrupt(ConferenceStarted())
        participant.announcement = None


def _beep(conference: Conference) -> None:
    for participant in conference.participants:
        participant.leg.note("hotline", "played", "beep")


def _report(
    conference: Conference, group: EventGroup, event: str, participant: Participant, *more: tuple[str, str]
) -> None:
    """Tell the status callback, if it asked for such events. [D]"""
    conference.changed = conference.net.clock.now()
    if conference.callback is None or group not in conference.events:
        return
    params = {
        "ConferenceSid": conference.sid,
        "FriendlyName": conference.name,
        "SequenceNumber": str(conference.sequence),
        "Timestamp": format_datetime(conference.net.clock.now()),
        "StatusCallbackEvent": event,
        "Muted": _word(participant.muted),
        "Hold": _word(participant.hold),
        "Coaching": _word(bool(participant.coaches)),
        "EndConferenceOnExit": _word(participant.ends_conference),
        "StartConferenceOnEnter": _word(participant.starts_conference),
        **({"ParticipantLabel": participant.label} if participant.label else {}),
        **dict(more),
    }
    conference.sequence += 1
    conference.net.notify(participant.leg, replace(conference.callback, extra=tuple(params.items())))


def _word(value: bool) -> str:
    return "true" if value else "false"
