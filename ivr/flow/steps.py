"""The step kinds. To add one, see "A step kind" in `docs/design.md`.

Names of outcomes are the triggers of the state machine: a step of any kind is left by exactly one outcome.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal, get_args

from ivr.flow.issues import NOWHERE, Place
from ivr.flow.sentences import Choice, Exit, Sentence, Text
from ivr.flow.vocabulary import AnswerKind, Key, Name, Priority, Seconds, yaml_field

StepKind = Literal[
    "say", "play", "notices", "menu", "ask", "hours", "identify", "handle", "choose", "ticket", "sms", "queue",
    "callback", "voicemail", "transfer", "survey", "run", "hangup",
]  # fmt: skip
"""The word that makes a step what it is, as it is written; one for each class of `AnyStep`."""

StepGroup = Literal["says", "asks", "branches", "looks", "people", "leaves", "ends"]
"""What a step is for. The cards of a group have one colour on the map."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """What all steps have. `ways` is filled by the reader: every outcome of this step and where it leads."""

    kind: ClassVar[StepKind]
    group: ClassVar[StepGroup]
    outcomes: ClassVar[tuple[str, ...]] = ("next",)
    """The outcomes every step of this kind has. Menus, handlers, `run` and `choose` add their own."""
    falls_back: ClassVar[Mapping[str, str]] = {}
    """Outcomes that need no way out of their own, each with the outcome whose way it then takes."""

    name: str
    place: Place = field(default=NOWHERE, compare=False)
    ways: Mapping[str, Exit] = field(default_factory=dict)
    places: Mapping[str, Place] = field(default_factory=dict, compare=False, repr=False)
    """Where its fields are written, by dotted path: `hours`, `keys.0`, `on.closed`, `with.reference`, `about.0`; with a
    colon behind it, where the name stands: `on.closed:`.

    Filled by the reader for values that carry no place of their own; the checker points there.
    """


@dataclass(frozen=True, kw_only=True)
class Say(Step):
    """Says a text and goes on."""

    kind = "say"
    group = "says"
    say: Text = yaml_field("what is said")


@dataclass(frozen=True, kw_only=True)
class Play(Step):
    """Plays a recording; the text is said where there is no recording for the language."""

    kind = "play"
    group = "says"
    play: Mapping[str, str] = yaml_field(
        "the address of the recording per language, under media/ or https://", each="language"
    )
    text: Text = yaml_field("what the recording says; spoken when there is none, and shown in transcripts")


@dataclass(frozen=True, kw_only=True)
class Notices(Step):
    """Says the notices that are switched on at this moment (maintenance, outages), or nothing."""

    kind = "notices"
    group = "says"
    notices: Name = yaml_field("which notices: the name they are switched on under, or all")
    area: str = yaml_field(
        "the value with the caller's area: only what is switched on for that area is said; not written: only what is "
        "for everybody", "", each="value",
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Keyed(Step):
    """A step that listens for keys: those of the flow work in it, too."""

    keys: Mapping[str, str] = yaml_field(
        "keys that lead elsewhere from here; overrides the flow's `keys`", {}, each="key"
    )


@dataclass(frozen=True, kw_only=True)
class Prompting(Keyed):
    """What menus and questions share: one budget of tries for silence and wrong input together."""

    tries: int = yaml_field("how often the caller may try, silence and wrong input counted together", 3, span=(1, 10))
    wait: Seconds = yaml_field("how long to wait for the caller to begin, in seconds", Seconds(6), span=(1, 60))
    silence: tuple[Text, ...] = yaml_field("said after silence; a list is used one per try", ())
    wrong: tuple[Text, ...] = yaml_field("said after a wrong key or answer; a list is used one per try", ())
    explain: Text | None = yaml_field("said after the last answer, which is said again to who asks why or when", None)
    robot: Text | None = yaml_field("said to who asks whether this is a person; not written: not understood", None)
    called: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict, compare=False)
    """What may be said instead of the keys that work here, by key and language. Filled by the reader."""
    choices: tuple[Choice, ...] = field(default=(), compare=False)
    """Those of a menu; a question has none."""


@dataclass(frozen=True, kw_only=True)
class Menu(Prompting):
    """Offers choices by key (and by word where `speech` is on) and waits for one.

    Outcomes: `key_1` … for each choice, `exhausted` when the tries are spent, and `nomatch` when the last of them was a
    wrong key or words that were not understood (which goes the way of `exhausted` if not written).
    """

    kind = "menu"
    group = "asks"
    outcomes = ("exhausted", "nomatch")
    falls_back: ClassVar[Mapping[str, str]] = {"nomatch": "exhausted"}
    menu: Text | None = yaml_field("what is said before the choices; may be empty", None)
    again: Text | None = yaml_field("said instead of `menu` after silence or a wrong key; `menu` if not written", None)
    choices: tuple[Choice, ...] = yaml_field("the choices, in the order they are spoken")
    speech: bool = yaml_field("also listen for words", True)


@dataclass(frozen=True, kw_only=True)
class Ask(Prompting):
    """Asks for one thing and keeps the answer as a value.

    Outcomes: `next`, `exhausted` when the tries are spent, and `missing` when callers say that they do not have or know
    it (which goes the way of `exhausted` if not written). Asking for `yes-no` has `yes` and `no` instead of `next` and
    `missing`, and keeps nothing. Asked for a `phone` or an `account`, a caller presses `*` for the number they are
    calling from.
    """

    kind = "ask"
    group = "asks"
    outcomes = ("next", "exhausted", "missing")
    falls_back: ClassVar[Mapping[str, str]] = {"missing": "exhausted"}
    ask: Text = yaml_field("the question; say what ends the entry")
    star: Text | None = yaml_field(
        "said after the question for a `phone` or an `account`, where the caller's number is shown: that `*` gives it",
        None,
    )
    as_: AnswerKind = yaml_field("what is asked for")
    into: Name | None = yaml_field("the value the answer is kept as; the step's name if not written", None)
    least: int = yaml_field("fewest digits accepted", 1, span=(1, 40))
    most: int = yaml_field("most digits accepted; entry ends by itself when least and most are equal", 20, span=(1, 40))
    ahead: bool = yaml_field(
        "a date that is still to come: without a year the next such day, and none that is past; "
        "a time has the day that is said with it",
        False,
    )
    within: str = yaml_field("of a time: the calendar in whose hours it must lie", "", each="calendar")
    closed: Text | None = yaml_field("said of a time outside of these hours, before the question is put again", None)
    confirm: bool = yaml_field("read the answer back and have it confirmed", False)
    also: Mapping[str, Mapping[str, tuple[str, ...]]] = yaml_field(
        "of a `yes-no`: what callers may say instead of yes (key 1) and of no (key 2), by key and language",
        {},
        each="key language",
    )


@dataclass(frozen=True, kw_only=True)
class Hours(Step):
    """Branches on a calendar of `config.yaml`, and makes `{next_opening}` and `{closed_for}` sayable.

    Outcomes: `open`, `closed`, `holiday`, `emergency`; the last two go the way of `closed` if not written.
    """

    kind = "hours"
    group = "branches"
    outcomes = ("open", "closed", "holiday", "emergency")
    falls_back: ClassVar[Mapping[str, str]] = {"holiday": "closed", "emergency": "closed"}
    hours: str = yaml_field("the calendar", each="calendar")


@dataclass(frozen=True, kw_only=True)
class Identify(Prompting):
    """Finds out who is calling by a policy of `config.yaml`, once per call.

    Outcomes: `verified`, `unverified` (tries spent), `missing` (callers say that they do not have what is asked for;
    goes the way of `unverified` if not written), `locked` (too many wrong answers over all calls), and
    `unavailable` (the back office does not answer; inherited like any other). A caller who is verified already passes.
    The account and a texted code may be said; a PIN is taken by keys alone.
    Makes `{customer}` (a name), `{account}` and `{registered_phone}` sayable after `verified`.
    """

    kind = "identify"
    group = "asks"
    outcomes = ("verified", "unverified", "missing", "locked", "unavailable")
    falls_back: ClassVar[Mapping[str, str]] = {"missing": "unverified"}
    identify: str = yaml_field("the policy", each="policy")
    account: Text = yaml_field(
        "asks for the account or registered phone number; `*` gives the number the caller is calling from"
    )
    star: Text | None = yaml_field("said after that where the caller's number is shown: that `*` gives it", None)
    stated: Name | None = yaml_field("a value that may hold the account already; then it is not asked for", None)
    code: Text | None = yaml_field("says that a code was texted, and asks for it; `*` asks for the PIN instead", None)
    pin: Text | None = yaml_field("asks for the phone PIN; `*` asks for a texted code instead", None)
    failed: Text = yaml_field("said after a wrong code, PIN or account, in the same words for all three")
    restart: Text | None = yaml_field(
        "said instead of `failed` when the account is asked for again, so that nobody keys in a secret there", None
    )
    factor: Literal["code", "pin"] | None = yaml_field(
        "the factor that is needed; who was identified by another one is asked for it", None
    )


@dataclass(frozen=True, kw_only=True)
class Handle(Step):
    """Runs a handler. Its outcomes are declared in Python; each needs a way out.

    `unavailable` is an outcome of every handler: it raised, hung or was late.
    """

    kind = "handle"
    group = "looks"
    outcomes = ("unavailable",)
    handle: str = yaml_field("the handler", each="handler")
    with_: Mapping[str, Sentence] = yaml_field("what the handler is given: `{value}` or a fixed text", {})


@dataclass(frozen=True, kw_only=True)
class Choose(Step):
    """Branches on a value: the first case of `on` that is true of it is taken, and `else` takes the rest.

    A case is the value itself, a comparison (`> 8`), a span (`5-10`, `09:00-12:00`), a beginning (`+44*`), or days of
    the week (`sat, sun`). `now` is the day and the time at which the call comes here.
    """

    kind = "choose"
    group = "branches"
    outcomes = ("else",)
    choose: str = yaml_field("the value to look at, or now", each="value")


@dataclass(frozen=True, kw_only=True)
class Ticket(Step):
    """Opens a ticket. Makes its reference sayable, as `{ticket}` unless `into` says otherwise, and `{answer_by}`: the
    day by which it is answered, in working days, by its priority or by `days`."""

    kind = "ticket"
    group = "leaves"
    ticket: Name = yaml_field("the topic")
    priority: Priority = yaml_field("low, normal, high or urgent", "normal")
    about: tuple[str, ...] = yaml_field("the values written into the ticket", (), each="name")
    days: Sentence | None = yaml_field(
        "a `{value}` of kind number: in how many working days it is answered, where that is not by priority", None
    )
    into: Name = yaml_field("the value that holds the reference", Name("ticket"))
    amend: bool = yaml_field(
        "write into the ticket of this topic that the call has opened already, or that the call back has which is "
        "changed, if there is one",
        False,
    )


@dataclass(frozen=True, kw_only=True)
class Sms(Step):
    """Sends a text message. Outcomes: `next`, and `no_number` (which goes the way of `next` if not written).

    `no_number`: the number is withheld or not known, none that we may text (`numbers.allowed`), or a fixed line.
    """

    kind = "sms"
    group = "leaves"
    outcomes = ("next", "no_number")
    falls_back: ClassVar[Mapping[str, str]] = {"no_number": "next"}
    sms: Text = yaml_field("the message")
    to: str = yaml_field("`caller` (the calling number), `registered` (once identified) or a `{value}`", "caller")


@dataclass(frozen=True, kw_only=True)
class Queue(Keyed):
    """Puts the caller into a queue for a person. Keys that lead elsewhere work while the caller waits; a key for
    `repeat` tells the place again.

    Outcomes: `answered` (the talk is over), `left` (by the key), `full`, `nobody` (no one is logged in),
    `timeout` (waited too long) and `failed`. The last four go the way of `left` if not written.
    """

    kind = "queue"
    group = "people"
    outcomes = ("answered", "left", "full", "nobody", "timeout", "failed")
    falls_back: ClassVar[Mapping[str, str]] = {
        "full": "left", "nobody": "left", "timeout": "left", "failed": "left",
    }  # fmt: skip
    queue: str = yaml_field("the queue", each="queue")
    say: Text | None = yaml_field("said before the caller joins the queue", None)
    topic: str = yaml_field("what the person who answers is told the call is about; the last topic if not written", "")
    leave: Key | None = yaml_field("the key that leaves the queue", None)
    hold: Text | None = yaml_field("said again and again while waiting, with {position} where it is known", None)


@dataclass(frozen=True, kw_only=True)
class Callback(Step):
    """Books a call back, at once or at a time in opening hours.

    Outcomes: `booked` (makes `{callback_at}` sayable) and `refused` (a number we may not ring, or too many).
    """

    kind = "callback"
    group = "people"
    outcomes = ("booked", "refused")
    callback: str = yaml_field("the queue whose people ring back", each="queue")
    number: Sentence | None = yaml_field(
        "the number to ring: a `{value}`; the registered or calling number if not written", None
    )
    at: Sentence | None = yaml_field("a `{value}` of kind time: rung at the next opening of that time of day", None)


@dataclass(frozen=True, kw_only=True)
class Voicemail(Keyed):
    """Records what the caller says. Outcomes: `recorded` and `empty`. A second recording under one name is kept beside
    the first. Keys that lead elsewhere end it and keep what was said; a number that is keyed in is asked for in words.
    """

    kind = "voicemail"
    group = "people"
    outcomes = ("recorded", "empty")
    voicemail: Text = yaml_field("said before the tone")
    longest: Seconds = yaml_field("the longest recording, in seconds", Seconds(120), span=(1, 3600))
    into: Name = yaml_field("the value that refers to the recording", Name("recording"))


@dataclass(frozen=True, kw_only=True)
class Transfer(Step):
    """Connects the caller with a destination of `config.yaml`. Outcomes say how it went."""

    kind = "transfer"
    group = "people"
    outcomes = ("answered", "busy", "no_answer", "failed")
    falls_back: ClassVar[Mapping[str, str]] = {"busy": "failed", "no_answer": "failed"}
    transfer: str = yaml_field("the destination", each="destination")
    say: Text | None = yaml_field("said before connecting", None)


@dataclass(frozen=True, kw_only=True)
class Survey(Keyed):
    """Asks for one key from 1 to `scale`, pressed or said; silence is an answer too. Keys that work everywhere lead
    elsewhere, and so do words as in the menu before it."""

    kind = "survey"
    group = "asks"
    survey: Text = yaml_field("the question, keys included")
    scale: int = yaml_field("the highest key", 5, span=(1, 9))
    wait: Seconds = yaml_field("how long to wait for a key, in seconds", Seconds(6), span=(1, 60))


@dataclass(frozen=True, kw_only=True)
class Run(Step):
    """Runs another flow like a subroutine. Its outcomes are those that flow declares."""

    kind = "run"
    group = "looks"
    outcomes = ()
    run: str = yaml_field("the flow", each="flow")


@dataclass(frozen=True, kw_only=True)
class Hangup(Step):
    """Says goodbye and ends the call."""

    kind = "hangup"
    group = "ends"
    outcomes = ()
    hangup: Text | None = yaml_field("the last words; may be empty", None)


AnyStep = (
    Say | Play | Notices | Menu | Ask | Hours | Identify | Handle | Choose | Ticket | Sms | Queue | Callback | Voicemail
    | Transfer | Survey | Run | Hangup
)  # fmt: skip
"""A step of any kind. A `match` over steps has to have them all."""
STEP_KINDS: tuple[type[Step], ...] = get_args(AnyStep)
