"""The two vocabularies of a call: inputs (what happened) and events (what the hotline says and does).

An input goes into the engine, events come out, and the last event of a turn is always a `Wait`: what the call
stops for. TwiML is one way of writing events down (`ivr.webhooks.twiml`); a webhook is one way of receiving an input.
Nothing here holds a secret, except `Digits` and `Check`, which live for one request.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, assert_never, get_args

from ivr.call.identity import Factor
from ivr.call.values import Value
from ivr.flow.model import Priority, StepKind, ValueKind

# --- the closed vocabularies --------------------------------------------------------------------------------

QueueResult = Literal["answered", "left", "full", "nobody", "timeout", "failed", "hangup"]
"""How a wait in a queue ended. All but `hangup` are outcomes of a queue step."""
TransferResult = Literal["answered", "busy", "no_answer", "failed"]
"""How a transfer ended; the outcomes of a transfer step."""
CheckResult = Literal["asked", "verified", "wrong", "locked", "unavailable"]
"""What the outside says to a `Check`."""
TryCause = Literal["noinput", "nomatch"]
"""Why a try was used up, in the words of VoiceXML 2.0."""
EndReason = Literal["hangup", "caller", "limit", "fault"]
"""Why a call is over: a hangup step, the caller hung up, a limit, a fault of ours."""
Limit = Literal["steps", "turns", "minutes"]
"""The limits of a call: steps of one turn, turns and minutes of the call."""

END_REASONS: tuple[EndReason, ...] = get_args(EndReason)
QUEUE_RESULTS: tuple[QueueResult, ...] = get_args(QueueResult)
TRANSFER_RESULTS: tuple[TransferResult, ...] = get_args(TransferResult)
CHECK_RESULTS: tuple[CheckResult, ...] = get_args(CheckResult)


def check_result(word: str) -> CheckResult:
    """The result of this name. Raises ValueError for any other word."""
    for result in CHECK_RESULTS:
        if word == result:
            return result
    raise ValueError(f'"{word}" is no result of a check')


# --- inputs: what happened ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Began:
    """The call was answered."""


@dataclass(frozen=True, slots=True)
class Digits:
    """Keys pressed, finish key removed. May be a secret: never logged, its repr hides them."""

    keys: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Spoken:
    words: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Silence:
    """The caller was asked, and pressed and said nothing."""


@dataclass(frozen=True, slots=True)
class HungUp:
    """The caller hung up, whatever the call waited for."""


@dataclass(frozen=True, slots=True)
class LookedUp:
    """A look-up ended: its outcome and the values it found."""

    outcome: str
    values: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Recorded:
    """A recording ended. `seconds` 0 means that nothing was said; `url` is where the carrier keeps it."""

    url: str
    seconds: int
    recording: str = ""
    key: str = ""
    """The key that ended it, if it leads elsewhere."""


@dataclass(frozen=True, slots=True)
class QueueEnded:
    result: QueueResult
    waited_seconds: int = 0
    key: str = ""
    """The key by which the caller `left`; "" for the queue's own."""


@dataclass(frozen=True, slots=True)
class TransferEnded:
    result: TransferResult


@dataclass(frozen=True, slots=True)
class Resumed:
    """The carrier lost our last answer and asks again (the fallback address)."""


Input = (
    Began | Digits | Spoken | Silence | HungUp | LookedUp | Recorded | QueueEnded | TransferEnded | Resumed
)  # fmt: skip


# --- events: what is said -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Said:
    """Words spoken to the caller, in one language, values already filled in. slow: slower and louder than others."""

    text: str
    language: str
    slow: bool = False


@dataclass(frozen=True, slots=True)
class Played:
    """A recording played to the caller, and the words on it."""

    url: str
    text: str
    language: str


# --- events: what the flow does -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Entered:
    """A step began; `state` is `flow.step`."""

    state: str
    kind: StepKind


@dataclass(frozen=True, slots=True)
class Moved:
    """A step was left by an outcome. `to` is the next state."""

    state: str
    outcome: str
    to: str


@dataclass(frozen=True, slots=True)
class TryUsed:
    """A try of a menu or question was used up."""

    state: str
    cause: TryCause
    used: int
    allowed: int


@dataclass(frozen=True, slots=True)
class Took:
    """A value was taken from the caller or a handler. Values are in the session; an event names it only."""

    name: str
    kind: ValueKind


@dataclass(frozen=True, slots=True)
class LanguageChanged:
    language: str


@dataclass(frozen=True, slots=True)
class Identified:
    """The caller is identified; `factor` says how (code, pin)."""

    account: str
    factor: Factor


@dataclass(frozen=True, slots=True)
class LimitReached:
    """A limit was reached (steps of a turn, turns or minutes of a call); a person takes over."""

    limit: Limit


# --- events: effects, carried out after the commit ------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TicketOpened:
    """A ticket for a person. `complete` is false for one opened because the caller hung up in the middle."""

    reference: str
    topic: str
    priority: Priority
    about: Mapping[str, Value] = field(default_factory=dict)
    complete: bool = True


@dataclass(frozen=True, slots=True)
class TicketAmended:
    """More values for a ticket that this call opened before; of the same name, the later one holds."""

    reference: str
    about: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class TextSent:
    """A text message to a phone number in E.164."""

    to: str = field(repr=False)
    body: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class CallbackBooked:
    """An agent of this queue will ring this number, not before `at` (aware)."""

    queue: str
    number: str = field(repr=False)
    at: datetime
    topic: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class SurveyAnswered:
    """step: which survey, as `flow.step`."""

    score: int
    scale: int
    step: str = ""


# --- waits: what the call stops for ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Gathering:
    """Wait for keys (and words where `speech`). Ends with Digits, Spoken, Silence or HungUp.

    `most` keys end the entry at once (0: no limit); `finish` is the key that ends it, or "".
    With `barge_in` the words said before may be interrupted by a key.
    """

    wait_seconds: int
    most: int
    finish: str
    speech: bool
    language: str
    hints: tuple[str, ...] = ()
    barge_in: bool = True


@dataclass(frozen=True, slots=True)
class LookUp:
    """Wait for a handler. Ends with LookedUp. `given` are typed values, never secrets."""

    handler: str
    given: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Check:
    """Wait for one step of the identity check. Ends with LookedUp.

    factor "" starts it (a code is texted if the policy says so): outcome `asked` or `locked`.
    factor "code" or "pin" checks `secret`: outcome `verified` (with customer, account, registered_phone), `wrong`
    or `locked`. The secret is in memory only: a session that waits for a check can not be resumed, only asked again.
    """

    policy: str
    account: str = field(repr=False)
    factor: Factor | Literal[""] = ""
    method: Factor = "code"
    secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Booking:
    """Wait until a callback is booked or refused (number not allowed, too many). Ends with LookedUp booked/refused."""

    queue: str
    number: str = field(repr=False)
    at: datetime


@dataclass(frozen=True, slots=True)
class Recording:
    """Wait for a recording of at most `longest_seconds`. Ends with Recorded, HungUp, or Digits before the tone.

    `keys` end it too, beside the hash key: they lead elsewhere.
    """

    longest_seconds: int
    keys: str = ""


@dataclass(frozen=True, slots=True)
class Queueing:
    """Wait in a queue for a person. Ends with QueueEnded. `hold` is said again and again, already in words;
    a `{position}` in it is filled in when the words are said. `leave` leaves the queue, and so do `keys`, for
    elsewhere."""

    queue: str
    leave: str
    hold: str
    language: str
    keys: str = ""


@dataclass(frozen=True, slots=True)
class Transferring:
    """Wait while the caller talks to a destination of the configuration. Ends with TransferEnded."""

    destination: str


@dataclass(frozen=True, slots=True)
class Polling:
    """A look-up is not finished: ask again for the same turn after so many seconds. Only the hotline makes it."""

    seconds: int


@dataclass(frozen=True, slots=True)
class Ended:
    """The call is over for us: hang up."""

    why: EndReason


# --- the unions: a new event belongs to exactly one of these ----------------------------------------------------

Audible = Said | Played
"""What the caller hears. TwiML speaks it, and the explorer counts its seconds."""
Report = Entered | Moved | TryUsed | Took | LanguageChanged | Identified | LimitReached
"""What the flow did: for the journal alone."""
Effect = TicketOpened | TicketAmended | TextSent | CallbackBooked | SurveyAnswered
"""What has a consequence after the commit."""
LineWait = Gathering | Recording | Queueing | Transferring | Polling | Ended
"""Waits that the carrier is told of."""
OutsideWait = LookUp | Check | Booking
"""Waits that the hotline ends by itself."""
Wait = LineWait | OutsideWait
Event = Audible | Report | Effect | Wait

_Silent = Report | Effect | Wait


def audible(events: Iterable[Event]) -> tuple[Audible, ...]:
    """What the caller hears of these events, in order."""
    heard: list[Audible] = []
    for event in events:
        if isinstance(event, Audible):
            heard.append(event)
        elif not isinstance(event, _Silent):
            assert_never(event)
    return tuple(heard)


EventName = Literal[
    "Said", "Played", "Entered", "Moved", "TryUsed", "Took", "LanguageChanged", "Identified", "Guarded", "TicketOpened",
    "TicketAmended", "TextSent", "CallbackBooked", "SurveyAnswered", "Gathering", "Recording", "Queueing",
    "Transferring", "Polling", "Ended", "LookUp", "Check", "Booking",
]  # fmt: skip
"""What an event is called in the journal, which is a public format: `Guarded` is a `LimitReached`."""
EVENT_NAMES: tuple[EventName, ...] = get_args(EventName)


def event_name(word: str) -> EventName | None:
    """The name of an event in the journal; None for one that another release wrote."""
    return next((name for name in EVENT_NAMES if name == word), None)
