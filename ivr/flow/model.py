"""What a support lead writes, and the names outside that it uses, as frozen values. All of it is imported from here.

The annotations and the `yaml_field(...)` notes are the single source of three things: what the reader accepts
(`ivr.flow.reading.reader`), the JSON Schema that editors complete from (`ivr.flow.schema`), and the reference in
`docs/flows.md`. The step kinds stand in `steps`, texts and ways out in `sentences`, the small types in `vocabulary`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ivr.flow.issues import NOWHERE, Place
from ivr.flow.sentences import Choice, Exit, Lines, Sentence, Slot, Text
from ivr.flow.steps import (
    STEP_KINDS,
    AnyStep,
    Ask,
    Callback,
    Choose,
    Handle,
    Hangup,
    Hours,
    Identify,
    Keyed,
    Menu,
    Notices,
    Play,
    Prompting,
    Queue,
    Run,
    Say,
    Sms,
    Step,
    StepKind,
    Survey,
    Ticket,
    Transfer,
    Voicemail,
)  # fmt: skip
from ivr.flow.vocabulary import (
    ACTIONS,
    ANSWER_KINDS,
    BACK,
    EXPLAIN,
    NOTHING,
    NOW,
    QUESTIONS,
    REPEAT,
    ROBOT,
    SWITCH_LANGUAGE,
    VALUE_KINDS,
    AnswerKind,
    Key,
    Language,
    Name,
    Phrase,
    Priority,
    Seconds,
    StepName,
    ValueKind,
    key_outcome,
    key_sign,
    value_kind,
    yaml_field,
)  # fmt: skip

__all__ = [
    "ACTIONS", "ANSWER_KINDS", "BACK", "EXPLAIN", "NOTHING", "NOW", "NOWHERE", "QUESTIONS", "REPEAT", "ROBOT",
    "STEP_KINDS", "SWITCH_LANGUAGE",
    "VALUE_KINDS", "AnswerKind", "AnyStep", "Ask", "Callback", "Choice", "Choose", "Defaults", "Exit", "Flow",
    "FlowSet", "Handle", "Hangup", "Hours", "Identify", "Key", "Keyed", "Language", "Lines", "Menu", "Name",
    "Notices", "Phrase", "Place", "Play", "Priority", "Prompting", "Queue", "Run", "Say", "Seconds", "Sentence",
    "Slot", "Sms", "Step", "StepKind", "StepName", "Survey", "Text", "Ticket", "Transfer", "ValueKind", "Voicemail",
    "key_outcome", "key_sign", "value_kind", "yaml_field",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Defaults:
    """What the steps of a flow inherit when they do not write it themselves.

    Words and numbers in the defaults of the flow that answers the call hold for every flow; ways out
    (`exhausted`, `on`) are looked up by name in the flow where they are used.
    """

    tries: int | None = yaml_field("as in a menu", None, span=(1, 10))
    wait: Seconds | None = yaml_field("as in a menu", None, span=(1, 60))
    silence: tuple[Text, ...] = yaml_field("as in a menu", ())
    wrong: tuple[Text, ...] = yaml_field("as in a menu", ())
    explain: Text | None = yaml_field("as in a menu", None)
    robot: Text | None = yaml_field("as in a menu", None)
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
    title: Text | None = yaml_field(
        "what the topic is called, for the person who takes over, and for callers whose words led there", None
    )
    ready: Text | None = yaml_field(
        "what callers should have at hand for a person, said where a sentence says `{ready}`", None
    )
    keys: Mapping[str, str] = yaml_field(
        "keys that work in every menu, question, queue and message: a step's name, or repeat, back, language. "
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

    def states(self) -> Mapping[str, AnyStep]:
        """Every step, by its state such as `refund.ask_number`, in the order of the files."""
        return {f"{flow.name}.{name}": step for flow in self.flows.values() for name, step in flow.steps.items()}

    def steps(self) -> Iterator[AnyStep]:
        return (step for flow in self.flows.values() for step in flow.steps.values())

    def step(self, state: str) -> AnyStep:
        """The step of a state such as `refund.ask_number`. Raises KeyError for a state of another set."""
        flow, _, step = state.partition(".")
        return self.flows[flow].steps[step]


@dataclass(frozen=True, slots=True)
class HandlerSpec:
    """What a handler declares: the values it takes and, per outcome, the values it gives, by kind."""

    name: str
    takes: Mapping[str, ValueKind] = field(default_factory=dict)
    optional: frozenset[str] = frozenset()
    outcomes: Mapping[str, Mapping[str, ValueKind]] = field(default_factory=dict)
    doc: str = ""
    identified: bool = False
    """Runs only for a caller whom an `identify` step has verified before."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The names outside the flows that flows may use; the checker compares against it."""

    handlers: Mapping[str, HandlerSpec] = field(default_factory=dict)
    calendars: frozenset[str] = frozenset()
    never_open: frozenset[str] = frozenset()
    """Those of the calendars that open at no hour."""
    no_holidays: frozenset[str] = frozenset()
    """Those that have neither public holidays nor single days."""
    policies: frozenset[str] = frozenset()
    queues: frozenset[str] = frozenset()
    destinations: frozenset[str] = frozenset()
    languages: tuple[str, ...] = ("zh", "en")
    offered: tuple[str, ...] = ()
    """The languages that callers are promised; none where nobody named any."""
    say_limit: int = 2900
    """The longest text one Say may carry, in bytes of UTF-8 (Twilio counts "single byte characters")."""
    back_office: bool = True
    """Whether there is somebody to ask who callers are."""
    folder: Path | None = None
    """Where media/ with the recordings stands; None where nobody can look."""
    call_values: Mapping[str, ValueKind] = field(default_factory=lambda: dict(CALL_VALUES))

    @property
    def always(self) -> Mapping[str, ValueKind]:
        """The values that can be said anywhere, by kind: those of the call, and the hours of every calendar."""
        return {**self.call_values, **{f"hours:{calendar}": "words" for calendar in self.calendars}}


CALL_VALUES: Mapping[str, ValueKind] = {
    "caller": "phone", "called": "phone", "today": "date", "recordings_kept": "duration", "ready": "words",
}  # fmt: skip
