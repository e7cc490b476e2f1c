"""Conferences: who is in a room, when it starts and ends, and what its callbacks are told. (A8)"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING

from ivr.network.line.interpreter import Ask
from ivr.network.line.leg import Leg
from ivr.network.line.recorder import Report, record_whole_call
from ivr.network.wire.fiber import Interrupt

if TYPE_CHECKING:
    from ivr.network.network import Network


class Started(Interrupt):
    """The conference starts while somebody waits for it."""


@dataclass(eq=False)
class Participant:
    """One leg in a room."""

    leg: Leg
    starts: bool
    ends: bool
    muted: bool
    label: str = ""
    hold: bool = False
    beep: str = "true"
    coaches: str = ""  # the call this one whispers to, and nobody else
    left_because: str = "participant_hung_up"


@dataclass(eq=False)
class Conference:
    """One room. It starts with the second participant, if one of them may start it. [D]"""

    net: Network
    sid: str
    name: str
    callback: Ask | None = None
    events: frozenset[str] = frozenset()
    participants: list[Participant] = field(default_factory=list)
    status: str = "init"  # init, in-progress, completed
    sequence: int = 0
    ended_because: str = ""
    record: bool = False
    recording: Report = field(default_factory=Report)
    created: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.created = self.net.clock.now()

    def enter(self, participant: Participant) -> None:
        """Let somebody in; starts the conference when it can."""
        self.participants.append(participant)
        participant.leg.room = self
        self.report("join", "participant-join", participant)
        if self.status == "in-progress" and participant.beep in ("true", "onEnter"):
            self._beep()
        if self.status == "init" and len(self.participants) > 1 and any(p.starts for p in self.participants):
            self.status = "in-progress"
            self.report("start", "conference-start", participant)
            if self.record:
                record_whole_call(self.participants[0].leg, "Conference", self.recording, self.sid)
            for other in self.participants:
                if other is not participant and other.leg.fiber is not None:
                    other.leg.fiber.interrupt(Started())

    def leave(self, participant: Participant) -> None:
        """Let somebody out; ends the conference when they end it or were the last."""
        if participant not in self.participants:
            return
        self.participants.remove(participant)
        participant.leg.room = None
        left = (("ParticipantCallStatus", participant.leg.status), ("ReasonParticipantLeft", participant.left_because))
        self.report("leave", "participant-leave", participant, *left)
        if self.status == "in-progress" and participant.beep in ("true", "onExit"):
            self._beep()
        if participant.ends or not self.participants:
            self.end(participant)

    def end(self, by: Participant | None) -> None:
        """End the conference; everybody's Dial is over."""
        if self.status == "completed":
            return
        self.status = "completed"
        last = by or next(iter(self.participants), None)
        self.net.rooms.pop(self.name, None)
        for other in list(self.participants):
            if other.leg.fiber is not None and not other.leg.fiber.tell("ended"):
                other.leg.fiber.interrupt(Started())
        reason = "participant-with-end-conference-on-exit-left" if by and by.ends else "last-participant-left"
        self.ended_because = reason if by is not None else "conference-ended-via-api"
        if last is not None:
            self.report("end", "conference-end", last, ("ReasonConferenceEnded", self.ended_because))

    def mute(self, participant: Participant, muted: bool) -> None:
        """Let nobody hear somebody, or again."""
        if participant.muted != muted:
            participant.muted = muted
            self.report("mute", f"participant-{'mute' if muted else 'unmute'}", participant)

    def hold(self, participant: Participant, hold: bool) -> None:
        """Let somebody hear music instead of the room, and nobody hear them, or again."""
        if participant.hold != hold:
            participant.hold = hold
            participant.leg.note("hotline", "played", "hold music" if hold else "hold music ends")
            self.report("hold", f"participant-{'hold' if hold else 'unhold'}", participant)

    def hears(self, listener: Leg, speaker: Leg) -> bool:
        """Whether one of the room hears another: not when muted or on hold; a coach is heard by the coached alone."""
        one = next((p for p in self.participants if p.leg is speaker), None)
        other = next((p for p in self.participants if p.leg is listener), None)
        if self.status != "in-progress" or one is None or other is None or one is other:
            return False
        if one.muted or one.hold or other.hold:
            return False
        return not one.coaches or one.coaches == listener.sid

    def _beep(self) -> None:
        for participant in self.participants:
            participant.leg.note("hotline", "played", "beep")

    def report(self, event: str, name: str, participant: Participant, *more: tuple[str, str]) -> None:
        """Tell the status callback, if it asked for such events. [D]"""
        if self.callback is None or event not in self.events:
            return
        facts = {
            "ConferenceSid": self.sid,
            "FriendlyName": self.name,
            "SequenceNumber": str(self.sequence),
            "Timestamp": format_datetime(self.net.clock.now()),
            "StatusCallbackEvent": name,
            "Muted": _word(participant.muted),
            "Hold": _word(participant.hold),
            "Coaching": _word(bool(participant.coaches)),
            "EndConferenceOnExit": _word(participant.ends),
            "StartConferenceOnEnter": _word(participant.starts),
            **({"ParticipantLabel": participant.label} if participant.label else {}),
            **dict(more),
        }
        self.sequence += 1
        self.net.notify(participant.leg, self.callback.url, self.callback.method, tuple(facts.items()))


def _word(value: bool) -> str:
    return "true" if value else "false"
