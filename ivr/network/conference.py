"""Conferences: who is in a room, when it starts and ends, and what its callbacks are told. (A8)"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from ivr.network.debugger import Problem
from ivr.network.fiber import Afterwards, Interrupt, Job, Wait
from ivr.network.interpreter import Ask, Failure, Page, Scope, fetch, perform, utter
from ivr.network.leg import Leg, Listening, Redirected
from ivr.network.outgoing import connected
from ivr.network.tape import Report, record_whole_call, report_of
from ivr.network.twiml import Element

if TYPE_CHECKING:
    from ivr.network.exchange import Network

Facts = tuple[tuple[str, str], ...]

_WAIT = Scope("conference wait", frozenset({"Play", "Say", "Pause", "Redirect"}), 13238)
_MUSIC_SECONDS = 60.0


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


def dial_conference(leg: Leg, element: Element, noun: Element, page: Page) -> Generator[Wait | Job, Any, Facts]:
    """Be in a conference until leaving it; gives what the Dial's action is told."""
    net = leg.net
    room = net.room(noun.words)
    if room.callback is None and noun.text("statusCallback"):
        room.callback = page.ask(noun.text("statusCallback"), noun.text("statusCallbackMethod"))
        room.events = frozenset((noun.text("statusCallbackEvent") or "").replace(",", " ").split())
    if len(room.participants) >= (noun.whole("maxParticipants") or 250):
        leg.problem(Problem(16020, f"the conference {room.name!r} is full", noun.line))
        return (("DialCallStatus", "failed"),)
    me = Participant(
        leg,
        noun.flag("startConferenceOnEnter"),
        noun.flag("endConferenceOnExit"),
        noun.flag("muted"),
        noun.text("participantLabel") or "",
        beep=noun.text("beep") or "true",
        coaches=noun.text("coach") or "",
    )
    if noun.text("record") in ("record-from-start", "true"):
        room.record, room.recording = True, report_of(noun, page)
    room.enter(me)

    def gone() -> None:
        leg.listening = None
        room.leave(me)

    with Afterwards(gone):
        try:
            yield from _stay(leg, element, noun, page, room)
        except Redirected:
            me.left_because = "participant_updated_via_api"
            raise
    return (("DialCallStatus", "answered"),)


def _stay(leg: Leg, element: Element, noun: Element, page: Page, room: Conference) -> Generator[Wait | Job, Any, None]:
    """Wait until the room begins, then be in it until it or its time is over, or `*` is pressed where that counts."""
    clock = leg.net.clock
    while room.status == "init":
        try:
            yield from _wait(leg, noun, page)
        except Started:
            leg.stop_speaking()
    if room.status == "completed":  # ended before it began
        return
    leg.listening = Listening("bridge", ready=True, inputs=("dtmf", "speech"))
    leg.note("network", "connected", room.name)
    connected(leg)
    star = element.flag("hangupOnStar")
    limit = element.whole("timeLimit")
    deadline = None if limit is None else clock.seconds + limit
    while room.status == "in-progress":
        left = None if deadline is None else deadline - clock.seconds
        try:
            event = yield Wait(left, frozenset({"ended", "key"} if star else {"ended"}))
        except Started:
            continue
        if event is None or event.kind == "ended" or event.value == "*":
            return


def _wait(leg: Leg, noun: Element, page: Page) -> Generator[Wait | Job, Any, None]:
    """Music, or the wait document once; after it there is silence unless it redirects. [D]"""
    url = noun.text("waitUrl")
    while url is None:
        leg.listening = Listening("hold", ready=True)
        yield from utter(leg, "played", "hold music", language="", seconds=_MUSIC_SECONDS)
    if url:
        ask: Ask | None = page.ask(url, noun.text("waitMethod"))
        while ask is not None:
            current = yield from fetch(leg, ask, _WAIT)
            if any(word.code == 12200 for word in current.document.warnings) and not current.document.verbs:
                raise Failure(Problem(13238, "the wait document holds nothing that may be played"), ask.url)
            ask = yield from perform(leg, current)
    leg.listening = Listening("hold", ready=True)
    yield Wait(None)


def _word(value: bool) -> str:
    return "true" if value else "false"
