"""A leg: one telephone connection, its status, what was said on it, and the parameters it sends.

Knows the life of a call (A1) and the standard parameters (A2.1); must not know verbs. The exchange makes
legs, the interpreter moves them, a handset looks at them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING

from ivr.network.line.lines import App, Line
from ivr.network.line.speech import heard_part
from ivr.network.wire.carrier import Exchange, Jar, Params
from ivr.network.wire.debugger import LogEntry, Problem
from ivr.network.wire.error_codes import level_of
from ivr.network.wire.fiber import Fiber, Interrupt

if TYPE_CHECKING:
    from ivr.network.line.conferences import Conference
    from ivr.network.network import Network

ENDED = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a transcript. `seconds` counts from the start of the call, `at` is the moment in UTC.

    who: hotline, caller, agent, network. kind: said, played, pressed, spoke, silence, text message, ringing,
    answered, connected, hung up, error; observers also get `cut`, with the part that was heard, when an entry they have
    seen was cut off (the transcript then holds only the shortened entry, marked `cut`).
    """

    at: datetime
    seconds: float
    who: str
    kind: str
    text: str
    language: str = ""
    url: str = ""  # the document that spoke
    cut: bool = False
    duration: float = 0.0
    call_sid: str = ""
    own: bool = False  # said by the person on this very telephone, not heard by them


@dataclass(slots=True)
class Listening:
    """What a line waits for from its person: a Gather, a Record, a hold, or the other end of a bridge."""

    kind: str  # gather, record, hold, bridge
    ready: bool = False  # the prompt is over, the timer runs
    begun: bool = False  # the person has begun to press or speak; the line waits for the rest
    inputs: tuple[str, ...] = ("dtmf",)
    num_digits: int | None = None
    finish_keys: str = "#"
    language: str = ""
    holding: bool = False  # inside a queue's wait document, which goes on by itself
    digits: str = ""  # what a Gather has collected so far

    @property
    def open(self) -> bool:
        """Whether it is the person's turn."""
        return self.ready and not self.begun


@dataclass(frozen=True, slots=True)
class Settings:
    """Where a call's documents come from and where its events go."""

    url: str = ""
    method: str = "POST"
    fallback_url: str = ""
    fallback_method: str = "POST"
    status_callback: str = ""
    status_callback_method: str = "POST"
    status_events: tuple[str, ...] = ("completed",)
    twiml: str = ""
    application_sid: str = ""


def settings_of(app: App) -> Settings:
    """Give a call's settings from those of its number or TwiML App."""
    return Settings(
        app.voice_url,
        app.voice_method,
        app.voice_fallback_url,
        app.voice_fallback_method,
        app.status_callback,
        app.status_callback_method,
        application_sid=app.sid if app.sid.startswith("AP") else "",
    )


class HungUp(Interrupt):
    """The leg is over; `status` is how it ended."""


class Redirected(Interrupt):
    """The account redirected the live call to another document."""

    def __init__(self, ask: object) -> None:
        super().__init__()
        self.ask = ask


@dataclass(eq=False)
class Leg:
    """One connection between the network and one telephone."""

    net: Network
    sid: str
    from_: str
    to: str
    direction: str
    settings: Settings
    role: str = "caller"
    parent: Leg | None = None
    caller_name: str | None = None
    forwarded_from: str = ""
    stir_verstat: str = ""
    line: Line | None = None  # what is at the far end; None: a live person
    status: str = "queued"
    created: datetime = field(init=False)
    answered: datetime | None = None
    ended_at: datetime | None = None
    ended_by: str = ""
    jar: Jar = field(default_factory=Jar)
    transcript: list[Entry] = field(default_factory=list)
    requests: list[Exchange] = field(default_factory=list)
    listening: Listening | None = None
    fiber: Fiber | None = None
    peer: Leg | None = None
    document_url: str = ""
    documents: int = 0
    typed: list[str] = field(default_factory=list)
    annotations: dict[str, str] = field(default_factory=dict)
    on_end: list[Callable[[], None]] = field(default_factory=list)
    on_answer: list[Callable[[], object]] = field(default_factory=list)
    room: Conference | None = None
    mirror: Leg | None = None  # the same connection seen from another app's number
    connected: bool = False  # whoever is at the far end has begun its script
    pressed: bool = False  # a scripted person has pressed the keys of a screening document
    busy_until: float = 0.0  # clock seconds until which the person here talks without a break

    def __post_init__(self) -> None:
        clock = self.net.clock
        self.created = clock.now()
        self.began = clock.seconds
        self._speaking: tuple[int, float] | None = None
        self._sequence = 0
        self._instant = (-1.0, 0)
        self._fixed = self._standard()

    # -- life --

    @property
    def over(self) -> bool:
        """Whether the call has ended."""
        return self.status in ENDED

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

    def end(self, status: str, who: str) -> None:
        """End the call; who: caller, agent, hotline or network. Later endings change nothing."""
        if self.over:
            return
        self.stop_speaking()
        self.status = status
        self.ended_at = self.net.clock.now()
        self.ended_by = who
        self.listening = None
        self.note(who, "hung up", "" if status == "completed" else status)
        if self.fiber is not None:
            self.fiber.interrupt(HungUp(status))
        for act in self.on_end:
            act()
        self.net.progress(self, "completed")

    def hang_up(self, who: str) -> None:
        """Put the receiver down at either end."""
        self.end("completed" if self.answered is not None else "no-answer", who)

    # -- what is heard --

    def note(
        self, who: str, kind: str, text: str, language: str = "", duration: float = 0.0, *, own: bool = False
    ) -> int:
        """Write a line of transcript; gives its index."""
        clock = self.net.clock
        entry = Entry(
            clock.now(),
            round(clock.seconds - self.began, 3),
            who,
            kind,
            text,
            language,
            self.document_url,
            False,
            duration,
            self.sid,
            own,
        )
        self.transcript.append(entry)
        self.net.tell(entry)
        if self.mirror is not None and self.mirror.peer is not None and kind in ("said", "played"):
            self.mirror.peer.note(who, kind, text, language, duration)
        return len(self.transcript) - 1

    def start_speaking(self, who: str, kind: str, text: str, language: str, seconds: float) -> None:
        """Begin to say something that takes `seconds`; `stop_speaking` ends it, early or not."""
        self._speaking = (self.note(who, kind, text, language, seconds), self.net.clock.seconds)

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
            self.net.tell(replace(short, kind="cut", at=self.net.clock.now()))

    def speak_to(self, text: str, language: str, seconds: float) -> None:
        """The person on this leg says `text`, which takes `seconds`, to whoever is bridged with it."""
        self.note(self.role, "spoke", text, language, seconds, own=True)
        others = [] if self.peer is None else [self.peer]
        if self.room is not None:
            others += [p.leg for p in self.room.participants if self.room.hears(p.leg, self)]
        for other in others:
            other.note(self.role, "spoke", text, language, seconds)

    def close(self, listening: Listening) -> None:
        """Stop waiting for that input, if it is what the line still waits for."""
        if self.listening is listening:
            self.listening = None

    @property
    def hears_speech(self) -> bool:
        """Whether somebody this leg hears, at the other end or in the room, is in the middle of talking."""
        heard = [] if self.peer is None else [self.peer]
        if self.room is not None:
            heard += [p.leg for p in self.room.participants if self.room.hears(self, p.leg)]
        return any(leg.busy_until > self.net.clock.seconds + 1e-6 for leg in heard)

    def press(self, key: str) -> None:
        """The person presses a key; lost when nothing collects keys, unless type-ahead is kept. [U]"""
        if self.over:
            return
        self.acted()
        self.note(self.role, "pressed", key)
        if self.peer is not None and self.peer.mirror is not None:
            self.peer.mirror.press(key)
        taken = self.fiber is not None and self.fiber.tell("key", key)
        if not taken and self.net.options.typeahead == "keep" and self.peer is None:
            self.typed.append(key)

    def talk(self, text: str, language: str, confidence: float, seconds: float) -> None:
        """The person begins to say something that takes `seconds`."""
        if self.over:
            return
        self.acted()
        self.speak_to(text, language, seconds)
        if self.peer is not None and self.peer.mirror is not None:
            self.peer.mirror.talk(text, language, confidence, seconds)
        if self.fiber is not None:
            self.fiber.tell("talk", (text, confidence, seconds))

    def acted(self) -> None:
        """The person did something: the loop guard counts afresh."""
        self._instant = (-1.0, 0)

    # -- requests --

    def _standard(self) -> dict[str, str]:
        """The parameters every request of this leg carries; geography is blank, not absent. [O]"""
        fields = {
            "AccountSid": self.net.account_sid,
            "ApiVersion": "2010-04-01",
            "CallSid": self.sid,
            "Called": self.to,
            "Caller": self.from_,
            "Direction": self.direction,
            "From": self.from_,
            "To": self.to,
        }
        for side in ("Called", "Caller", "From", "To"):
            for place in ("City", "Country", "State", "Zip"):
                fields[side + place] = ""
        if self.direction == "inbound":
            fields["CallToken"] = f'{{"parentCallInfoToken":"{self.sid[2:]}"}}'
        if self.forwarded_from:
            fields["ForwardedFrom"] = fields["CalledVia"] = self.forwarded_from
        if self.stir_verstat:
            fields["StirVerstat"] = self.stir_verstat
        if self.settings.application_sid:
            fields["ApplicationSid"] = self.settings.application_sid
        if self.caller_name is not None:
            fields["CallerName"] = self.caller_name
        if self.parent is not None:
            fields["ParentCallSid"] = self.parent.sid
        return fields

    def params(self, extra: Params = ()) -> Params:
        """Give the full form of a request made now, in byte order of the names."""
        fields = {**self._fixed, "CallStatus": self.status, **dict(extra)}
        return tuple(sorted(fields.items()))

    def progress_params(self, event: str) -> Params:
        """Give what a status callback adds; `event` completed carries the durations. [D][O]"""
        fields = {
            "CallbackSource": "call-progress-events",
            "SequenceNumber": str(self._sequence),
            "Timestamp": format_datetime(self.net.clock.now()),
        }
        self._sequence += 1
        if event == "completed":
            fields["CallDuration"] = str(self.duration)
            fields["Duration"] = str(-(-self.duration // 60))
            fields.update(self.annotations)
        return tuple(fields.items())

    def loops(self, waiting: bool) -> str:
        """Count one more document; gives what is wrong when the emulator's own guard fires, else nothing."""
        options = self.net.options
        second, count = self._instant
        now = self.net.clock.seconds
        self._instant = (now, count + 1 if second == now else 1)
        self.documents += not waiting
        if self._instant[1] > options.loop_guard_instant:
            return f"{options.loop_guard_instant} documents in a row without a moment passing"
        if self.documents > options.loop_guard_documents:
            return f"{options.loop_guard_documents} documents in one call"
        return ""

    def begin_afresh(self) -> None:
        """The loop guard has fired and something else is tried: count from nought."""
        self.acted()
        self.documents = 0

    def problem(self, problem: Problem, url: str = "", fallback: str = "") -> None:
        """Log a problem of this call; errors also stand in the transcript. `fallback` is what is asked instead."""
        level = problem.level or level_of(problem.code)
        self.net.debugger.add(
            LogEntry(
                self.net.clock.now(),
                problem.code,
                level,
                problem.message,
                self.sid,
                url or self.document_url,
                problem.line,
                fallback,
            )
        )
        if level == "error":
            self.note("network", "error", f"{problem.code or 'emulator'}: {problem.message}")
