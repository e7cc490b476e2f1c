"""The vocabulary of flows: the step kinds and what they are made of. Frozen values, no behaviour.

The annotations and the `yaml_field(...)` notes below are the single source of three things: what the reader
accepts (`ivr.flow.reading.reader`), the JSON Schema that editors complete from (`ivr.flow.schema`), and the reference
in `docs/flows.md`. To add a step kind, add a dataclass here and its two functions in `ivr.call.steps`.

Names of outcomes are the triggers of the state machine: a step of any kind is left by exactly one outcome.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, field
from typing import Any, ClassVar, Literal, NewType, get_args

from ivr.flow.issues import NOWHERE, Place

# --- the small types a field can have; the reader knows how each is written -------------------------------

StepName = NewType("StepName", str)  # a step of this flow, or an outcome that this flow declares
Key = NewType("Key", str)  # one telephone key: 0-9, * or #
Name = NewType("Name", str)  # a plain identifier: letters, digits, _ and -
Language = NewType("Language", str)  # a language code that the hotline speaks, such as zh or en
Phrase = NewType("Phrase", str)  # a few words without a comma, one item of a list
Seconds = NewType("Seconds", int)  # a whole number of seconds, written 8 or "8 s" or "2 min"

ValueKind = Literal[
    "words", "name", "digits", "number", "phone", "account", "reference", "tail", "money", "date", "time",
    "datetime", "duration",
]  # fmt: skip
VALUE_KINDS: tuple[ValueKind, ...] = get_args(ValueKind)
"""Kinds of values; a prompt speaks each by its kind. `tail` is the last digits of something longer."""

AnswerKind = Literal[
    "digits", "phone", "account", "amount", "date", "time", "yes-no", "reference", "tail", "words",
]  # fmt: skip
ANSWER_KINDS: tuple[AnswerKind, ...] = get_args(AnswerKind)
"""What `ask` can ask for. Secrets (PIN, one-time code) are asked by `identify` alone, never by `ask`."""

Priority = Literal["low", "normal", "high", "urgent"]
"""Of tickets, and of queues: who is served first."""

StepKind = Literal[
    "say", "play", "notices", "menu", "ask", "hours", "identify", "handle", "choose", "ticket", "sms", "queue",
    "callback", "voicemail", "transfer", "survey", "run", "hangup",
]  # fmt: skip
"""The word that makes a step what it is, as it is written; one for each class of `AnyStep`."""

NOTHING = "nothing"
"""The name under which a flow has examples of what asks for nothing."""

REPEAT, BACK, SWITCH_LANGUAGE = "repeat", "back", "language"
ACTIONS = (REPEAT, BACK, SWITCH_LANGUAGE)
"""What a key can do besides leading to a step."""


def value_kind(word: str) -> ValueKind:
    """The kind of value that is called so. Raises ValueError for another word."""
    for kind in VALUE_KINDS:
        if kind == word:
            return kind
    raise ValueError(f'"{word}" is not a kind of value')


def key_outcome(key: str) -> str:
    """The outcome of a telephone key: `key_1`, `key_star`, `key_hash`."""
    return f"key_{_KEY_NAMES.get(key, key)}"


def key_sign(outcome: str) -> str:
    """The telephone key of an outcome, as `key_outcome` names it; "" for any other outcome."""
    name = outcome.removeprefix("key_")
    return "" if name == outcome else _KEY_SIGNS.get(name, name)


_KEY_NAMES = {"*": "star", "#": "hash"}
_KEY_SIGNS = {name: key for key, name in _KEY_NAMES.items()}


def yaml_field(doc: str, default: Any = MISSING, *, each: str = "") -> Any:
    """A field as an author writes it: `doc` is its documentation; without a default it must be written.

    `each` says what names a string field holds: "calendar", "handler", "policy", "queue", "destination", "flow",
    "value", or "name" for any. For a mapping it says what the keys are: "language" or "key", or "key language" for a
    mapping of mappings. The reader fills in a field without `yaml_field`.
    """
    meta = {"doc": doc, "each": each}
    if default is MISSING:
        return field(metadata=meta)
    if isinstance(default, (list, dict)):
        return field(default_factory=lambda: type(default)(default), metadata=meta)
    return field(default=default, metadata=meta)


# --- words ------------------------------------------------------------------------------------------------


class Lines(tuple[str, ...]):
    """Sentences as an author writes them below each other, one a line."""

    __slots__ = ()

    @classmethod
    def from_text(cls, text: str) -> Lines:
        """Raises ValueError for a text without a sentence."""
        lines = cls(line.strip() for line in text.splitlines() if line.strip())
        if not lines:
            raise ValueError("expected a sentence on each line")
        return lines


@dataclass(frozen=True, slots=True)
class Slot:
    """A `{value}` or `{value:kind}` in a sentence."""

    name: str
    kind: ValueKind | Literal[""] = ""
    place: Place = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Sentence:
    """What is said in one language: literal pieces and slots, in order."""

    parts: tuple[str | Slot, ...]
    place: Place = field(default=NOWHERE, compare=False)

    @property
    def slots(self) -> tuple[Slot, ...]:
        return tuple(part for part in self.parts if isinstance(part, Slot))

    @property
    def source(self) -> str:
        """The sentence as its author wrote it."""
        return "".join(
            part if isinstance(part, str) else "{" + part.name + (f":{part.kind}" if part.kind else "") + "}"
            for part in self.parts
        )


@dataclass(frozen=True, slots=True)
class Text:
    """The same thing said in every language: `{zh: 您好。, en: Hello.}`."""

    sentences: Mapping[str, Sentence]
    place: Place = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Exit:
    """One way out: an optional sentence on the way, and where it leads.

    Written as a step's name, or as `{say: {...}, next: step}`.
    """

    short: ClassVar[str] = "next"
    """The field that may be written alone."""

    next: StepName = yaml_field("the step it leads to, or an outcome of this flow")
    say: Text | None = yaml_field("what is said on the way", None)
    place: Place = field(default=NOWHERE, compare=False)
    """Where `next` is written."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One choice of a menu: a key, what it is called, and where it leads."""

    either: ClassVar[tuple[str, ...]] = ("label", "say")
    """Fields of which at least one is written."""

    key: Key = yaml_field("the telephone key: 0-9, * or #")
    next: StepName = yaml_field("the step this choice leads to")
    label: Text | None = yaml_field(
        "what the choice is called; the sentence with the key is made from it. "
        "With `language`, one text in that language",
        None,
    )
    say: Text | None = yaml_field("the whole sentence, key included, instead of one made from the label", None)
    also: Mapping[str, tuple[Phrase, ...]] = yaml_field("other words callers use, per language", {}, each="language")
    language: Language | None = yaml_field("switch the call to this language", None)
    place: Place = field(default=NOWHERE, compare=False)
    places: Mapping[str, Place] = field(default_factory=dict, compare=False, repr=False)
    """As in a step: `next`, `key`."""

    @property
    def way(self) -> Exit:
        """Where it leads, as the way out of a step."""
        return Exit(self.next, place=self.places.get("next", self.place))


# --- steps ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Step:
    """What all steps have. `ways` is filled by the reader: every outcome of this step and where it leads."""

    kind: ClassVar[StepKind]
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
    say: Text = yaml_field("what is said")


@dataclass(frozen=True, kw_only=True)
class Play(Step):
    """Plays a recording; the text is said where there is no recording for the language."""

    kind = "play"
    play: Mapping[str, str] = yaml_field(
        "the address of the recording per language, under media/ or https://", each="language"
    )
    text: Text = yaml_field("what the recording says; spoken when there is none, and shown in transcripts")


@dataclass(frozen=True, kw_only=True)
class Notices(Step):
    """Says the notices that are switched on at this moment (maintenance, outages), or nothing."""

    kind = "notices"
    notices: Name = yaml_field("which notices: the name they are switched on under, or all")


@dataclass(frozen=True, kw_only=True)
class Keyed(Step):
    """A step that listens for keys: those of the flow work in it, too."""

    keys: Mapping[str, str] = yaml_field(
        "keys that lead elsewhere from here; overrides the flow's `keys`", {}, each="key"
    )


@dataclass(frozen=True, kw_only=True)
class Prompting(Keyed):
    """What menus and questions share: one budget of tries for silence and wrong input together."""

    tries: int = yaml_field("how often the caller may try, silence and wrong input counted together", 3)
    wait: Seconds = yaml_field("how long to wait for the caller to begin, in seconds", Seconds(6))
    silence: tuple[Text, ...] = yaml_field("said after silence; a list is used one per try", ())
    wrong: tuple[Text, ...] = yaml_field("said after a wrong key or answer; a list is used one per try", ())
    called: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict, compare=False)
    """What may be said instead of the keys that work here, by key and language. Filled by the reader."""


@dataclass(frozen=True, kw_only=True)
class Menu(Prompting):
    """Offers choices by key (and by word where `speech` is on) and waits for one.

    Outcomes: `key_1` … for each choice, and `exhausted` when the tries are spent.
    """

    kind = "menu"
    outcomes = ("exhausted",)
    menu: Text | None = yaml_field("what is said before the choices; may be empty", None)
    again: Text | None = yaml_field("said instead of `menu` after silence or a wrong key; `menu` if not written", None)
    choices: tuple[Choice, ...] = yaml_field("the choices, in the order they are spoken")
    speech: bool = yaml_field("also listen for words", True)


@dataclass(frozen=True, kw_only=True)
class Ask(Prompting):
    """Asks for one thing and keeps the answer as a value.

    Outcomes: `next`, and `exhausted` when the tries are spent. Asking for `yes-no` has `yes` and `no`
    instead of `next`, and keeps nothing. Asked for a `phone` or an `account`, a caller presses `*` for the
    number they are calling from.
    """

    kind = "ask"
    outcomes = ("next", "exhausted")
    ask: Text = yaml_field("the question; say what ends the entry")
    as_: AnswerKind = yaml_field("what is asked for")
    into: Name | None = yaml_field("the value the answer is kept as; the step's name if not written", None)
    least: int = yaml_field("fewest digits accepted", 1)
    most: int = yaml_field("most digits accepted; entry ends by itself when least and most are equal", 20)
    ahead: bool = yaml_field(
        "a date that is still to come: without a year the next such day, and none that is past", False
    )
    confirm: bool = yaml_field("read the answer back and have it confirmed", False)


@dataclass(frozen=True, kw_only=True)
class Hours(Step):
    """Branches on a calendar of `config.yaml`, and makes `{next_opening}` and `{closed_for}` sayable.

    Outcomes: `open`, `closed`, `holiday`, `emergency`; the last two go the way of `closed` if not written.
    """

    kind = "hours"
    outcomes = ("open", "closed", "holiday", "emergency")
    falls_back: ClassVar[Mapping[str, str]] = {"holiday": "closed", "emergency": "closed"}
    hours: str = yaml_field("the calendar", each="calendar")


@dataclass(frozen=True, kw_only=True)
class Identify(Prompting):
    """Finds out who is calling by a policy of `config.yaml`, once per call.

    Outcomes: `verified`, `unverified` (tries spent), `locked` (too many wrong answers over all calls), and
    `unavailable` (the back office does not answer; inherited like any other). A caller who is verified already passes.
    Makes `{customer}` (a name), `{account}` and `{registered_phone}` sayable after `verified`.
    """

    kind = "identify"
    outcomes = ("verified", "unverified", "locked", "unavailable")
    identify: str = yaml_field("the policy", each="policy")
    account: Text = yaml_field(
        "asks for the account or registered phone number; `*` gives the number the caller is calling from"
    )
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
    outcomes = ("unavailable",)
    handle: str = yaml_field("the handler", each="handler")
    with_: Mapping[str, Sentence] = yaml_field("what the handler is given: `{value}` or a fixed text", {})


@dataclass(frozen=True, kw_only=True)
class Choose(Step):
    """Branches on a value: each case of `on` is compared with the value as text; `else` takes the rest."""

    kind = "choose"
    outcomes = ("else",)
    choose: str = yaml_field("the value to look at", each="value")


@dataclass(frozen=True, kw_only=True)
class Ticket(Step):
    """Opens a ticket and makes its reference sayable, as `{ticket}` unless `into` says otherwise."""

    kind = "ticket"
    ticket: Name = yaml_field("the topic")
    priority: Priority = yaml_field("low, normal, high or urgent", "normal")
    about: tuple[str, ...] = yaml_field("the values written into the ticket", (), each="name")
    into: Name = yaml_field("the value that holds the reference", Name("ticket"))
    amend: bool = yaml_field(
        "write into the ticket of this topic that the call has opened already, if there is one", False
    )


@dataclass(frozen=True, kw_only=True)
class Sms(Step):
    """Sends a text message. Outcomes: `next`, and `no_number` (which goes the way of `next` if not written).

    `no_number`: the number is withheld or not known, none that we may text (`numbers.allowed`), or a fixed line.
    """

    kind = "sms"
    outcomes = ("next", "no_number")
    falls_back: ClassVar[Mapping[str, str]] = {"no_number": "next"}
    sms: Text = yaml_field("the message")
    to: str = yaml_field("`caller` (the calling number), `registered` (once identified) or a `{value}`", "caller")


@dataclass(frozen=True, kw_only=True)
class Queue(Step):
    """Puts the caller into a queue for a person.

    Outcomes: `answered` (the talk is over), `left` (by the key), `full`, `nobody` (no one is logged in),
    `timeout` (waited too long) and `failed`. The last four go the way of `left` if not written.
    """

    kind = "queue"
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
    outcomes = ("booked", "refused")
    callback: str = yaml_field("the queue whose people ring back", each="queue")
    number: Sentence | None = yaml_field(
        "the number to ring: a `{value}`; the registered or calling number if not written", None
    )
    at: Sentence | None = yaml_field("a `{value}` of kind time: rung at the next opening of that time of day", None)


@dataclass(frozen=True, kw_only=True)
class Voicemail(Step):
    """Records what the caller says. Outcomes: `recorded` and `empty`."""

    kind = "voicemail"
    outcomes = ("recorded", "empty")
    voicemail: Text = yaml_field("said before the tone")
    longest: Seconds = yaml_field("the longest recording, in seconds", Seconds(120))
    into: Name = yaml_field("the value that refers to the recording", Name("recording"))


@dataclass(frozen=True, kw_only=True)
class Transfer(Step):
    """Connects the caller with a destination of `config.yaml`. Outcomes say how it went."""

    kind = "transfer"
    outcomes = ("answered", "busy", "no_answer", "failed")
    falls_back: ClassVar[Mapping[str, str]] = {"busy": "failed", "no_answer": "failed"}
    transfer: str = yaml_field("the destination", each="destination")
    say: Text | None = yaml_field("said before connecting", None)


@dataclass(frozen=True, kw_only=True)
class Survey(Keyed):
    """Asks for one key from 1 to `scale`; silence is an answer too. Keys that work everywhere lead elsewhere."""

    kind = "survey"
    survey: Text = yaml_field("the question, keys included")
    scale: int = yaml_field("the highest key", 5)
    wait: Seconds = yaml_field("how long to wait for a key, in seconds", Seconds(6))


@dataclass(frozen=True, kw_only=True)
class Run(Step):
    """Runs another flow like a subroutine. Its outcomes are those that flow declares."""

    kind = "run"
    outcomes = ()
    run: str = yaml_field("the flow", each="flow")


@dataclass(frozen=True, kw_only=True)
class Hangup(Step):
    """Says goodbye and ends the call."""

    kind = "hangup"
    outcomes = ()
    hangup: Text | None = yaml_field("the last words; may be empty", None)


AnyStep = (
    Say | Play | Notices | Menu | Ask | Hours | Identify | Handle | Choose | Ticket | Sms | Queue | Callback | Voicemail
    | Transfer | Survey | Run | Hangup
)  # fmt: skip
"""A step of any kind. A `match` over steps has to have them all."""
STEP_KINDS: tuple[type[Step], ...] = get_args(AnyStep)


# --- flows ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Defaults:
    """What the steps of a flow inherit when they do not write it themselves.

    Words and numbers in the defaults of the flow that answers the call hold for every flow; ways out
    (`exhausted`, `on`) are looked up by name in the flow where they are used.
    """

    tries: int | None = yaml_field("as in a menu", None)
    wait: Seconds | None = yaml_field("as in a menu", None)
    silence: tuple[Text, ...] = yaml_field("as in a menu", ())
    wrong: tuple[Text, ...] = yaml_field("as in a menu", ())
    exhausted: Exit | None = yaml_field("where menus and questions lead when the tries are spent", None)
    on: Mapping[str, Exit] = yaml_field("ways out by outcome, for every step that has the outcome", {})
    places: Mapping[str, Place] = field(default_factory=dict, compare=False, repr=False)
    """As in a step: `tries`, `on.not_found:`."""


@dataclass(frozen=True, slots=True)
class Flow:
    """One file of `flows/`."""

    name: str
    # As by `yaml_field`, whose result mypy takes for a default.
    start: StepName = field(metadata={"doc": "the first step", "each": ""})
    steps: Mapping[str, AnyStep]
    outcomes: tuple[str, ...] = yaml_field(
        "how this flow can end when another flow runs it; a way out may lead to any of them", (), each="name"
    )
    topic: str = yaml_field(
        "what a call in this flow is about: written into tickets and shown to the person who takes over", ""
    )
    title: Text | None = yaml_field("what the topic is called, for the person who takes over", None)
    keys: Mapping[str, str] = yaml_field(
        "keys that work in every menu and question: a step's name, or repeat, back, language. "
        "Those of the flow that answers the call work in every flow",
        {},
        each="key",
    )
    also: Mapping[str, Mapping[str, tuple[str, ...]]] = yaml_field(
        "what callers may say instead of such a key, by key and language. "
        "That of the flow that answers the call holds in every flow",
        {},
        each="key language",
    )
    examples: Mapping[str, Mapping[str, Lines]] = yaml_field(
        "what callers say, one sentence a line, by language: under the name of this flow, or of a step, those who want "
        "to come there; under `nothing` those who want nothing that the hotline does",
        {},
        each="name language",
    )
    urgent: bool = yaml_field("whoever may want this flow comes to it before any other", False)
    defaults: Defaults = yaml_field(
        "what the steps of this flow inherit when they do not write it themselves", Defaults()
    )
    place: Place = field(default=NOWHERE, compare=False)
    places: Mapping[str, Place] = field(default_factory=dict, compare=False, repr=False)
    """As in a step: `start`, `keys.0`, `outcomes.0`."""


@dataclass(frozen=True, slots=True)
class FlowSet:
    """All the flows of one hotline, read and checked together; `digest` is the hash of what was written."""

    flows: Mapping[str, Flow]
    start: str
    languages: tuple[str, ...]
    digest: str = ""

    def steps(self) -> Iterator[AnyStep]:
        """Every step of every flow, in the order written."""
        return (step for flow in self.flows.values() for step in flow.steps.values())

    def step(self, state: str) -> AnyStep:
        """The step of a state such as `refund.ask_number`. Raises KeyError for a state of another set."""
        flow, _, step = state.partition(".")
        return self.flows[flow].steps[step]
