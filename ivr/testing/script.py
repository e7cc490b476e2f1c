"""What a call script says: frozen values as their author wrote them, each with its place. No behaviour.

The notes of `yaml_field(…)` are the documentation of each key: for messages, for the JSON Schema and for the test that
holds docs/call-scripts.md against this page.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, ClassVar, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

from ivr.flow.issues import NOWHERE, Place, did_you_mean
from ivr.flow.model import Language, Seconds, Text, yaml_field
from ivr.flow.vocabulary import E164
from ivr.hotline.demo import DemoFault

WITHHELD = "withheld"
_PAUSE_UNITS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_PAUSE = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,3})?) ?(?:(ms|[smhd])(?:ecs?|econds?|ins?|inutes?|ours?|ays?)?)?")
ANYTHING = ("…", "...")
"""In `path`: any number of steps."""
SLOT = re.compile(r"\{([a-z][a-z0-9_]*)\}")
"""In `text`, what is taken from a message; in `press` and `say`, where it is put."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment as people write it; `zone` is "" where it is the hotline's."""

    local: datetime
    zone: str = ""

    @classmethod
    def from_text(cls, text: str) -> Self:
        """`2026-11-22 10:00`, or with a zone after it. Raises ValueError, which says which part is wrong."""
        expected = "expected a moment such as 2026-11-22 10:00 Asia/Shanghai"
        day, _, rest = text.strip().partition(" ")
        if "T" in day:
            day, _, rest = text.strip().partition("T")
        clock, _, zone = rest.strip().partition(" ")
        try:
            date.fromisoformat(day)
        except ValueError:
            written = re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", day)
            raise ValueError(f"{expected} (there is no {day})" if written else expected) from None
        if not clock:
            raise ValueError(f"{expected}, with the time of day")
        try:
            local = datetime.fromisoformat(f"{day} {clock}")
        except ValueError:
            raise ValueError(f"{expected} (there is no time {clock})") from None
        try:
            if zone:
                ZoneInfo(zone)
        except (ValueError, LookupError, OSError):
            hint = did_you_mean(zone, available_timezones())
            raise ValueError(f'{expected} (there is no time zone "{zone}"{hint})') from None
        return cls(local, zone)

    def within(self, zone: str) -> datetime:
        return self.local if self.local.tzinfo else self.local.replace(tzinfo=ZoneInfo(self.zone or zone))


DEFAULT_AT = Moment(datetime(2026, 11, 23, 10, 0))  # noqa: DTZ001 - in the hotline's own zone
"""A Monday morning."""


class Keys(str):
    """Telephone keys, with blanks for pauses and `{code}` for what a text message brought."""

    @classmethod
    def from_text(cls, text: str) -> Self:
        if not text or set(SLOT.sub("", text)) - set("0123456789*#w "):
            raise ValueError("expected telephone keys: 0-9 * #, or {code} for what a text message brought")
        return cls(text)


class Caller(str):
    """A phone number in E.164, or `withheld`."""

    @classmethod
    def from_text(cls, text: str) -> Self:
        if text != WITHHELD and not E164.fullmatch(text):
            meant = "+" + re.sub(r"[ ().-]|^\+|^00", "", text)
            hint = f' (write "{meant}")' if text[:1] in "+0" and E164.fullmatch(meant) else ""
            raise ValueError(f'expected a number with + and country code such as "+8613800138000", or withheld{hint}')
        return cls(text)


class Fault(str):
    """How something fails, as `DemoFault` takes it."""

    @classmethod
    def from_text(cls, text: str) -> Self:
        DemoFault(text)
        return cls(text)


class Pause(timedelta):
    """How long somebody does nothing, down to a thousandth of a second."""

    @classmethod
    def from_text(cls, text: str) -> Self:
        written = _PAUSE.fullmatch(text.strip())
        if written is None:
            raise ValueError('expected a time span such as "30 s", "0.5 s", "300 ms" or "5 min"')
        unit = _PAUSE_UNITS[written[2] or "s"]
        return cls(milliseconds=round(float(written[1]) * unit))


# --- the world ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class QueueGiven:
    """How busy a queue is."""

    waiting: int = yaml_field("how many others wait in it already", 0)
    agents: int | None = yaml_field(
        "how many nameless people answer it, with 0 nobody; one, or none where people are named", None
    )
    answer_after: Seconds = yaml_field("seconds until they pick up the phone", Seconds(8))
    talk: Seconds = yaml_field("seconds they talk with each caller, then they hang up", Seconds(20))
    most: int | None = yaml_field("how many may wait, other than configured", None)


@dataclass(frozen=True, kw_only=True)
class AgentGiven:
    """Somebody who answers; their name may begin a step: `lin: answer`."""

    short: ClassVar[str] = "queues"
    queues: tuple[str, ...] = yaml_field("the queues they answer", ())
    languages: tuple[str, ...] = yaml_field("the languages they speak; all if empty", ())
    role: Literal["agent", "supervisor"] = yaml_field("agent or supervisor", "agent")
    presence: Literal["ready", "away", "off"] = yaml_field("what they are as the call begins", "ready")
    answer_after: Seconds | None = yaml_field(
        "seconds until they pick up and accept by themselves; if left out, steps say what they do", None
    )
    talk: Seconds = yaml_field("seconds that such a person talks with each caller, then they hang up", Seconds(20))


@dataclass(frozen=True, kw_only=True)
class Given:
    """What is set up before the call. What is not written is as on an ordinary working day of the demo."""

    back_office: tuple[Mapping[str, Any], ...] = ()
    """What the demo takes, one mapping per account; read apart, as only the back office knows its fields."""
    queue: Mapping[str, QueueGiven] = yaml_field("how busy the queues are, by name", {})
    agents: Mapping[str, AgentGiven] = yaml_field(
        "the people who answer, by short names; where some are named, nobody else answers", {}
    )
    callers: Mapping[str, Caller] = yaml_field("other people with a telephone, by short names: their numbers", {})
    fails: Mapping[str, Fault] = yaml_field(
        "what fails: a part of the back office (customer, pin …), handler:<name>, queue:<name>, sms, calls, carrier; "
        'each always, once, "after 3" (times that it works) or "slow 12 s"; sms and calls also "lost answer"',
        {},
    )
    answers: Mapping[str, tuple[str, ...]] = yaml_field(
        "what handlers answer instead of looking it up: an outcome, or one after another, the last from then on; with "
        "made-up values",
        {},
    )
    notices: Mapping[str, Text] = yaml_field("notices that are on: their words by language", {})
    closures: Mapping[str, Text | None] = yaml_field(
        "calendars closed by hand, or all: the reason by language, if any", {}
    )
    places: Mapping[str, Place] = field(default_factory=dict, compare=False, repr=False)
    """Where each of these is written, by dotted path; `back_office.0.refund.amount` too."""


# --- what is done and heard ----------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Placed:
    """What knows where it is written, and where each of its fields is."""

    place: Place = field(default=NOWHERE, compare=False, repr=False)
    places: Mapping[str, Place] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, kw_only=True)
class TextStep(Placed):
    """A text message that arrives."""

    short: ClassVar[str] = "says"
    says: str = yaml_field("a part of it; {code} takes what stands there, for a later press")
    to: str = yaml_field("the number it goes to; any if empty", "")


AgentAct = Literal[
    "answer", "pick up", "does not answer", "reject", "hang up",
    "ready", "away", "off", "take next", "decline", "hold", "resume", "bring in", "complete", "cancel", "end",
]  # fmt: skip
CustomerAct = Literal["dial", "answer", "does not answer", "reject", "silence", "hang up"]
CallerAct = Literal["silence", "hang up", "restart"]
Field = Literal[
    "does", "hear", "press", "say", "wait", "text", "agent", "customer", "consult", "hand_over", "wrap_up", "call_back"
]
Act = Literal[AgentAct, CustomerAct, CallerAct, Field]
"""What somebody does: a word, or the field that says what."""


@dataclass(frozen=True, kw_only=True)
class OneAct(Placed):
    """What does one thing."""

    either: ClassVar[tuple[Act, ...]]
    does: Act | None

    @property
    def act(self) -> Act:
        """Which of them it is: hear, press, silence, hang up …"""
        if self.does is not None:
            return self.does
        return next(name for name in self.either if getattr(self, name) not in (None, ()))


@dataclass(frozen=True, kw_only=True)
class WrapUp:
    """What an agent writes down when the caller is gone."""

    short: ClassVar[str] = "code"
    code: str = yaml_field("how it ended: a code of the console")
    note: str = yaml_field("the agent's note", "")
    ticket: Literal["open", "working", "waiting", "closed"] | None = yaml_field(
        "what becomes of the ticket, such as closed", None
    )


@dataclass(frozen=True, kw_only=True)
class AgentStep(OneAct):
    """One thing that somebody who answers does or hears, at the telephone or on the page."""

    short: ClassVar[str] = "does"
    either: ClassVar[tuple[Act, ...]] = (
        "does", "hear", "press", "say", "wait", "consult", "hand_over", "wrap_up", "call_back",
    )  # fmt: skip
    does: AgentAct | None = yaml_field(
        "at the telephone: answer (picks up once it rings, and accepts with 1), pick up (and no more), "
        "does not answer, reject, hang up; on the page: ready, away, off, take next, decline, hold, resume, "
        "bring in (the colleague who was asked), complete (leave the two alone), cancel (send the colleague away), end",
        None,
    )  # fmt: skip
    hear: tuple[str, ...] = yaml_field("a part of what the agent hears", ())
    press: Keys | None = yaml_field("keys the agent presses", None)
    say: str | None = yaml_field("what the agent says", None)
    wait: Pause | None = yaml_field("how long the agent does nothing", None)
    consult: str | None = yaml_field("the queue or the colleague that is asked while the caller holds", None)
    hand_over: str | None = yaml_field("the queue to which the caller is handed, without a word", None)
    wrap_up: WrapUp | None = yaml_field("what the agent writes down: a code, or code, note and ticket", None)
    call_back: str | None = yaml_field("whose call back the agent makes now: customer, or the name of a caller", None)
    of: str = yaml_field(
        "the agent's name, or the queue whose agent it is; if empty, the one whose phone rang last", ""
    )
    refused: str = yaml_field("the reason for which the page refuses this", "")


@dataclass(frozen=True, kw_only=True)
class CustomerStep(OneAct):
    """One thing that the customer does or hears at their telephone beside the first call, or another caller does."""

    short: ClassVar[str] = "does"
    either: ClassVar[tuple[Act, ...]] = ("does", "hear", "press", "say", "wait")
    does: CustomerAct | None = yaml_field(
        "dial: calls the hotline; answer, does not answer or reject, when the hotline rings them; silence; hang up",
        None,
    )
    hear: tuple[str, ...] = yaml_field("a part of what they hear", ())
    press: Keys | None = yaml_field("keys they press", None)
    say: str | None = yaml_field("what they say", None)
    wait: Pause | None = yaml_field("how long they do nothing", None)
    of: str = yaml_field("the name of another caller", "")


@dataclass(frozen=True, kw_only=True)
class Step(OneAct):
    """One thing that the caller does or hears. `silence` and `hang up` are written alone."""

    short: ClassVar[str] = "does"
    either: ClassVar[tuple[Act, ...]] = ("hear", "press", "say", "wait", "text", "agent", "customer")
    does: CallerAct | None = yaml_field(
        "silence: says and presses nothing until the line gives up waiting; hang up; restart: the hotline stops, and "
        "begins anew on the same store",
        None,
    )
    hear: tuple[str, ...] = yaml_field("a part of what is said, or several in order", ())
    press: Keys | None = yaml_field("keys, pressed one after another", None)
    say: str | None = yaml_field("what the caller says", None)
    wait: Pause | None = yaml_field("how long the caller does nothing", None)
    text: TextStep | None = yaml_field("a text message that arrives", None)
    agent: AgentStep | None = yaml_field(
        "what somebody who answers does or hears; named agents have steps by name", None
    )
    customer: CustomerStep | None = yaml_field("what the caller does at their telephone beside this call", None)


# --- what is expected ----------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class TextSeen(Placed):
    """A text message that was sent in the call."""

    short: ClassVar[str] = "says"
    says: str = yaml_field("a part of it")
    to: str = yaml_field("the number it went to; any if empty", "")


@dataclass(frozen=True, kw_only=True)
class TicketSeen(Placed):
    """A ticket that was opened in the call."""

    short: ClassVar[str] = "topic"
    topic: str = yaml_field("what it is about")
    priority: str = yaml_field("low, normal, high or urgent; any if empty", "")
    reference: str = yaml_field("its reference; any, unless you need to know it", "any")
    complete: bool | None = yaml_field("false for one that was opened as the caller hung up halfway", None)
    status: str = yaml_field("open, working, closed …; any if empty", "")
    note: str = yaml_field("a part of what agents have noted in it", "")
    about: Mapping[str, str] = yaml_field("values that stand in it, by name", {})


@dataclass(frozen=True, kw_only=True)
class TalkSeen(Placed):
    """Somebody whose phone rang for a caller, and what came of it."""

    short: ClassVar[str] = "agent"
    agent: str = yaml_field("the agent's name; of a queue's bare phone, its number")
    with_: str = yaml_field("customer, or the name of another caller; any if empty", "")
    kind: str = yaml_field("queue, callback or consult; any if empty", "")
    queue: str = yaml_field("the queue; any if empty", "")
    ended: str = yaml_field("over, missed, refused, gone, lost, or how it stands: wrap_up …; any if empty", "")
    code: str = yaml_field("the code of the wrap-up; any if empty", "")


@dataclass(frozen=True, kw_only=True)
class CallbackSeen(Placed):
    """A call back that was promised."""

    short: ClassVar[str] = "status"
    status: str = yaml_field("open, done, failed or canceled")
    of: str = yaml_field("customer, or the name of another caller; any if empty", "")
    queue: str = yaml_field("the queue; any if empty", "")
    tries: int | None = yaml_field("how often the customer was not reached", None)


Ending = Literal["caller hung up", "hotline hung up", "agent hung up", "network hung up", "the line goes on"]


@dataclass(frozen=True, kw_only=True)
class Expect(Placed):
    """What must be true when the call is over. What is not written may be anything."""

    path: tuple[str, ...] | None = yaml_field(
        "the steps taken, in order, as step or flow.step; … stands for any number of steps", None
    )
    ended: Ending | None = yaml_field("who hung up", None)
    texts: tuple[TextSeen, ...] | None = yaml_field("the text messages sent, all of them; [] for none", None)
    ticket: tuple[TicketSeen, ...] | None = yaml_field("the tickets opened, all of them; [] for none", None)
    talks: tuple[TalkSeen, ...] | None = yaml_field(
        "whose phone rang for whom and what came of it, all in order; [] if none did", None
    )
    callbacks: tuple[CallbackSeen, ...] | None = yaml_field("the calls back that were promised, all; [] for none", None)
    queue: Mapping[str, str] = yaml_field(
        "how waiting ended, by caller (customer, or a name): answered, left, hangup, timeout, nobody, full, waiting", {}
    )
    never: tuple[str, ...] = yaml_field("what is never said or texted, to anybody", ())
    not_logged: tuple[str, ...] = yaml_field("what never stands in the hotline's log", ())


@dataclass(frozen=True, kw_only=True)
class Script(Placed):
    """One call in one language."""

    call: str = yaml_field("what the call is about, in a line")
    from_: Caller = yaml_field(
        "the number that calls, with + and country code; or withheld; if left out, somebody made up", Caller("")
    )
    at: Moment = yaml_field("when the call is made, local to the hotline unless a zone is named", DEFAULT_AT)
    language: tuple[Language, ...] = yaml_field(
        "the language or languages it is made in; in several, words may be written by language: {zh: …, en: …}", ()
    )
    given: Given = Given()
    steps: tuple[Step, ...] = yaml_field("what happens, in order")
    expect: Expect = yaml_field("what must be true when the call is over", Expect())

    @property
    def spoken(self) -> str:
        """The one language of this call."""
        return self.language[0]

    @property
    def file(self) -> str:
        return self.place.file
