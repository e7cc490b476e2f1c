"""A leg, which is one telephone connection, and the types that know it: its network, conference and recorders.

A leg has a status, a transcript, and the parameters that its requests carry. It knows no verbs: the interpreter moves
it, a handset looks at it. docs/twilio-facts.md#a1-life-of-a-call, docs/twilio-facts.md#a2-1-standard-parameters
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal, Protocol

from ivr.network.line.documents import HungUp, LoopGuard, Redirected, Webhook
from ivr.network.line.lines import App, Line
from ivr.network.line.listening import Listening
from ivr.network.line.parameters import Place, progress_params, standard_params
from ivr.network.line.queues import Queue
from ivr.network.line.records import Message, Recording, RecordingPause, RecordingSettings, RecordingSource
from ivr.network.line.speech import heard_part
from ivr.network.line.statuses import FINAL_STATUSES, CallEvent, CallStatus, Direction, FinalStatus
from ivr.network.line.transcript import Entry, EntryKind, Party, Speaker, SpeechKind
from ivr.network.wire.carrier import Carrier, Exchange
from ivr.network.wire.clock import Clock
from ivr.network.wire.debugger import Debugger, LogEntry, Problem, level_of
from ivr.network.wire.fiber import Fiber, Program
from ivr.network.wire.kept_replies import CookieJar
from ivr.network.wire.options import Options
from ivr.network.wire.transport import Params

ConferenceStatus = Literal["init", "in-progress", "completed"]


class LegNetwork(Protocol):
    """What a leg, and all that acts on legs, needs of the network."""

    account_sid: str
    api_url: str
    clock: Clock
    options: Options
    carrier: Carrier
    debugger: Debugger
    numbers: dict[str, App]
    lines: dict[str, Line]
    queues: dict[str, Queue]
    open_conferences: dict[str, Conference]
    legs: dict[str, Leg]
    shared_cookies: CookieJar
    recordings: dict[str, Recording]
    recorders: dict[str, Recorder]
    media_seconds: dict[str, float]
    words_on: Callable[[str], tuple[str, str] | None]
    places: dict[str, Place]

    def new_sid(self, prefix: str) -> str: ...
    def app_at(self, number: str) -> App | None: ...
    def may_call_from(self, number: str) -> bool: ...
    def line_at(self, number: str) -> Line | None: ...
    def queue(self, name: str) -> Queue: ...
    def conference(self, name: str) -> Conference: ...
    def start(self, leg: Leg, program: Program[Any]) -> None: ...
    def ring(self, leg: Leg) -> None: ...
    def dial_in(self, leg: Leg) -> Leg: ...
    def send_message(self, from_: str, to: str, body: str, status_callback: str = "") -> Message: ...
    def report_progress(self, leg: Leg, event: CallEvent) -> None: ...
    def notify(self, leg: Leg, webhook: Webhook) -> None: ...
    def calls_back(self, sid: str) -> bool: ...
    def publish(self, entry: Entry) -> None: ...


@dataclass(eq=False)
class Participant:
    """One leg in a conference."""

    leg: Leg
    starts_conference: bool
    ends_conference: bool
    muted: bool
    label: str = ""
    hold: bool = False
    beeps_on_enter: bool = True
    beeps_on_exit: bool = True
    coaches: str = ""  # the call this one whispers to, and nobody else
    wait: Webhook | None = None  # what is played to this one until the conference begins; None: music
    waits_in_silence: bool = False
    left_because: str = "participant_hung_up"
    announcement: Fiber | None = None  # what is played to this one alone
    created: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.created = self.leg.net.clock.now()


@dataclass(eq=False)
class Conference:
    """One conference; what happens in it stands in `conferences`."""

    net: LegNetwork
    sid: str
    name: str
    created: datetime
    changed: datetime | None = None  # when somebody last came, went, or was muted or held
    callback: Webhook | None = None
    events: frozenset[str] = frozenset()
    participants: list[Participant] = field(default_factory=list)
    status: ConferenceStatus = "init"
    sequence: int = 0
    ended_because: str = ""
    recording: RecordingSettings | None = None  # None: it is not recorded

    def can_hear(self, listener: Leg, speaker: Leg) -> bool:
        """Whether one of them hears another: not when muted or on hold; a coach is heard by the coached alone."""
        one = next((p for p in self.participants if p.leg is speaker), None)
        other = next((p for p in self.participants if p.leg is listener), None)
        if self.status != "in-progress" or one is None or other is None or one is other:
            return False
        if one.muted or one.hold or other.hold:
            return False
        return not one.coaches or one.coaches == listener.sid


@dataclass(frozen=True, slots=True)
class Recorder:
    """A recording under way since `began`, in seconds of the clock. `kinds` are the entries that are on it."""

    leg: Leg
    sid: str
    source: RecordingSource
    began: float
    settings: RecordingSettings
    kinds: frozenset[EntryKind]
    pauses: list[RecordingPause] = field(default_factory=list)


@dataclass(eq=False)
class Leg:
    """One connection between the network and one telephone; a new one does not ring yet."""

    net: LegNetwork
    from_: str
    to: str
    direction: Direction
    settings: App
    role: Party = "caller"
    parent: Leg | None = None
    caller_name: str | None = None
    forwarded_from: str = ""
    stir_verstat: str = ""
    line: Line | None = None  # what is at the far end; None: a live person
    given: Params = ()  # handed along to an app at the far end
    sid: str = field(init=False)
    status: CallStatus = "queued"
    created: datetime = field(init=False)
    answered: datetime | None = None
    ended_at: datetime | None = None
    ended_by: Speaker | Literal[""] = ""
    cookies: CookieJar = field(default_factory=CookieJar)
    callback_cookies: CookieJar = field(default_factory=CookieJar)  # documents and callbacks share none
    transcript: list[Entry] = field(default_factory=list)
    requests: list[Exchange] = field(default_factory=list)
    listening: Listening | None = None
    fiber: Fiber = field(init=False)
    peer: Leg | None = None
    document_url: str = ""
    typeahead: list[str] = field(default_factory=list)
    annotations: dict[str, str] = field(default_factory=dict)
    on_end: list[Callable[[], None]] = field(default_factory=list)
    on_answer: list[Callable[[], object]] = field(default_factory=list)
    conference: Conference | None = None
    counterpart: Leg | None = None  # the same connection, seen from the number of another app
    kept_ringing: bool = False  # a document was performed without being heard
    connected: bool = False  # whoever is at the far end has begun its script
    pressed: bool = False  # a scripted person has pressed their keys
    lines_said: int = 0  # how many of their lines a scripted person has said into documents
    busy_until: float = 0.0  # clock seconds until which the person here talks without a break

    def __post_init__(self) -> None:
        net, clock = self.net, self.net.clock
        self.sid = net.new_sid("CA")
        net.legs[self.sid] = self
        self.fiber = Fiber(clock)
        if not net.options.cookies_per_call:
            self.cookies = self.callback_cookies = net.shared_cookies
        self.created = clock.now()
        self.began = clock.seconds
        self._speaking: tuple[int, float] | None = None
        self._sequence = 0
        self.loop_guard = LoopGuard(self.net.options)
        self._fixed = self._standard()

    # -- life --

    @property
    def over(self) -> bool:
        """Whether the call has ended."""
        return self.status in FINAL_STATUSES

    @property
    def phone(self) -> str:
        """The number of the telephone at the far end."""
        return self.from_ if self.direction == "inbound" else self.to

    @property
    def duration(self) -> int:
        """Whole seconds from the answer to the end, or to now; 0 when never answered."""
        if self.answered is None:
            return 0
        return round((self.ended_at or self.net.clock.now()).timestamp() - self.answered.timestamp())

    def ring(self) -> None:
        """Begin to ring."""
        self.status = "ringing"
        self.note("network", "ringing", "")

    def answer(self) -> None:
        """Pick up: from here on the call is in progress."""
        if self.over or self.status == "in-progress":
            return
        self.status = "in-progress"
        self.answered = self.net.clock.now()
        self.note("network", "answered", "")
        for act in self.on_answer:
            act()

    def end(self, status: FinalStatus, who: Speaker) -> None:
        """End the call. Later endings change nothing."""
        if self.over:
            return
        self.stop_speaking()
        self.status = status
        self.ended_at = self.net.clock.now()
        self.ended_by = who
        self.listening = None
        self.note(who, "hung up", "" if status == "completed" else status)
        self.fiber.interrupt(HungUp())
        for act in self.on_end:
            act()
        self.net.report_progress(self, "completed")

    def hang_up(self, who: Speaker) -> None:
        """Put the receiver down at either end."""
        self.end("completed" if self.answered is not None else "no-answer", who)

    @property
    def rings_out(self) -> bool:
        """Whether it is a call of the account's own that still rings: it can be ended, not redirected. [D]"""
        return self.direction != "inbound" and self.answered is None and not self.over

    def redirect(self, to: Webhook | str) -> None:
        """Take a live call away from what it is doing and to another document, an address or TwiML."""
        self.fiber.interrupt(Redirected(to))

    def call_off(self) -> None:
        """End a call for the account; one that still rings is canceled. [D]"""
        if self.rings_out:
            self.end("canceled", "network")
        else:
            self.hang_up("network")

    # -- what is heard --

    def note(
        self, who: Speaker, kind: EntryKind, text: str, language: str = "", duration: float = 0.0, *,
        own: bool = False, sound: str = "",
    ) -> int:  # fmt: skip
        """Write a line of transcript; gives its index."""
        clock = self.net.clock
        seconds = round(clock.seconds - self.began, 3)
        entry = Entry(
            clock.now(), seconds, who, kind, text, language, self.document_url, False, duration, self.sid, own, sound
        )
        self.transcript.append(entry)
        self.net.publish(entry)
        for other in self.counterpart.listeners if self.counterpart is not None and kind in ("said", "played") else ():
            other.note(who, kind, text, language, duration, sound=sound)
        return len(self.transcript) - 1

    def start_speaking(
        self, who: Speaker, kind: SpeechKind, text: str, language: str, seconds: float, *, sound: str = ""
    ) -> None:
        """Begin to say something that takes `seconds`; `stop_speaking` ends it, early or not."""
        self._speaking = (self.note(who, kind, text, language, seconds, sound=sound), self.net.clock.seconds)

    def says(self, index: int) -> bool:
        """Whether the entry of that index is being said."""
        return self._speaking is not None and self._speaking[0] == index

    def stop_speaking(self) -> None:
        """End what is being said; if its time was not over, the transcript keeps what was heard of it."""
        if self._speaking is None:
            return
        index, since = self._speaking
        self._speaking = None
        entry = self.transcript[index]
        passed = self.net.clock.seconds - since
        if passed < entry.duration - 1e-6:
            text = heard_part(entry.text, passed / entry.duration) if entry.kind == "said" else entry.text
            short = replace(entry, text=text, cut=True, duration=round(passed, 3))
            self.transcript[index] = short
            self.net.publish(replace(short, kind="cut", at=self.net.clock.now()))

    def speak_to(self, text: str, language: str, seconds: float) -> None:
        """The person on this leg says `text`, which takes `seconds`, to whoever is bridged with it."""
        if self.over:
            return
        self.note(self.role, "spoke", text, language, seconds, own=True)
        for other in self.listeners:
            other.note(self.role, "spoke", text, language, seconds)

    @property
    def listeners(self) -> list[Leg]:
        """The legs that hear this one: the other end of its bridge, and those in its conference."""
        room = self.conference
        heard_by = [p.leg for p in room.participants if room.can_hear(p.leg, self)] if room is not None else []
        return heard_by if self.peer is None else [self.peer, *heard_by]

    def close(self, listening: Listening) -> None:
        """Stop waiting for that input, if it is what the line still waits for."""
        if self.listening is listening:
            self.listening = None

    @property
    def hears_speech(self) -> bool:
        """Whether somebody whom this leg hears is talking."""
        heard = [] if self.peer is None else [self.peer]
        if self.conference is not None:
            heard += [p.leg for p in self.conference.participants if self.conference.can_hear(self, p.leg)]
        return any(leg.busy_until > self.net.clock.seconds + 1e-6 for leg in heard)

    def press(self, key: str) -> None:
        """The person presses a key; it is lost when nothing collects keys, unless type-ahead is kept. [U]"""
        if self.over:
            return
        self.loop_guard.person_acted()
        self.note(self.role, "pressed", key)
        if self.peer is not None and self.peer.counterpart is not None:
            self.peer.counterpart.press(key)
        taken = self.fiber.tell("key", key)
        if not taken and self.net.options.typeahead == "keep" and self.peer is None:
            self.typeahead.append(key)

    def talk(self, text: str, language: str, confidence: float, seconds: float) -> None:
        """The person begins to say something that takes `seconds`."""
        if self.over:
            return
        self.loop_guard.person_acted()
        self.speak_to(text, language, seconds)
        for other in self.listeners:
            if other.counterpart is not None:
                other.counterpart.talk(text, language, confidence, seconds)
        self.fiber.tell("talk", (text, confidence, seconds))

    # -- requests --

    def _standard(self) -> dict[str, str]:
        """The parameters that every request of this leg carries."""
        net = self.net
        fields = standard_params(
            net.account_sid, self.sid, self.from_, self.to, direction=self.direction, places=net.places
        )
        if self.forwarded_from:
            fields["ForwardedFrom"] = fields["CalledVia"] = self.forwarded_from
        if self.stir_verstat:
            fields["StirVerstat"] = self.stir_verstat
        if self.settings.sid.startswith("AP"):
            fields["ApplicationSid"] = self.settings.sid
        if self.caller_name is not None:
            fields["CallerName"] = self.caller_name
        if self.parent is not None:
            fields["ParentCallSid"] = self.parent.sid
        return fields

    def params(self, extra: Params = ()) -> Params:
        """Give the full form of a request made now, in byte order of the names."""
        fields = {**self._fixed, "CallStatus": self.status, **dict(extra)}
        return tuple(sorted(fields.items()))

    def progress_params(self, event: CallEvent) -> Params:
        """Give what the next status callback adds."""
        outbound = self.direction != "inbound"
        fields = progress_params(
            event, self._sequence, self.net.clock.now(), self.duration, self.status if outbound else None
        )
        self._sequence += 1
        return tuple((fields | self.annotations if event == "completed" else fields).items())

    def problem(self, problem: Problem, url: str = "", fallback: str = "") -> None:
        """Log a problem of this call; errors also stand in the transcript. `fallback` is what is asked instead."""
        level = problem.level or level_of(problem.code)
        now, where = self.net.clock.now(), url or self.document_url
        self.net.debugger.add(
            LogEntry(now, problem.code, level, problem.message, self.sid, where, problem.line, fallback)
        )
        if level == "error":
            self.note("network", "error", f"{problem.code or 'emulator'}: {problem.message}")
