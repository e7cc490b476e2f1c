"""A turn in progress: what the engine hands to the functions of a step, and what they may do.

A context lives for one turn. It gathers events and the changes to the session, and gives both as a frozen `Turn`.
Time, ids and documents are handed in.
"""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Literal
from zoneinfo import ZoneInfo

from ivr.call import answers
from ivr.call.calendar import Calendar, Closure
from ivr.call.events import Event, Gathering, LanguageChanged, OutsideWait, Said, Took, Wait
from ivr.call.identity import Policy
from ivr.call.languages import LANGUAGES, Language
from ivr.call.languages.language import sayable
from ivr.call.machine import FlowMachine, queues_behind
from ivr.call.prompts import fill, opening_hours, say, text_of
from ivr.call.session import JumpTarget, Session, Turn
from ivr.call.understanding.classifier import Learn, learnt_from
from ivr.call.understanding.wishes import Wishes
from ivr.call.values import Value, Values
from ivr.flow.model import AnyStep, FlowSet, Queue, Text


@dataclass(frozen=True, slots=True)
class Limits:
    """How far a call may go before a person takes over (docs/design.md#promise-9)."""

    steps_per_turn: int = 50
    turns: int = 200
    minutes: int = 60
    silent_seconds: float = 40
    """How long a caller may be silent, for longer than one menu, before no menu is offered again."""


@dataclass(frozen=True)
class Edition:
    """Everything that a call follows, fixed when it begins: the flows, their machine, and what they refer to."""

    flows: FlowSet
    machine: FlowMachine
    calendars: Mapping[str, Calendar] = field(default_factory=dict)
    policies: Mapping[str, Policy] = field(default_factory=dict)
    queue_calendars: Mapping[str, Calendar] = field(default_factory=dict)
    """The calendar of each queue that has one: when its agents are there."""
    ticket_calendar: Calendar | None = None
    """Whose working days count until a ticket is answered; None where all days do."""
    limits: Limits = field(default_factory=Limits)
    time_zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Asia/Shanghai"))
    facts: Values = field(default_factory=dict)
    """Values that hold for every call, as the configuration has them: how long recordings are kept."""
    region: str = "CN"
    """Where numbers without a country code belong (ISO 3166)."""
    text_message: Callable[[str, str], str] = lambda body, language: body
    """A text message as it is sent: body and language in, the sender's name added."""
    playable: Callable[[str], bool] = lambda address: True
    """Whether a recording is there; its words are said where it is not."""
    textable: Callable[[str], bool] = lambda number: True
    """Whether a text message may be sent to a number and can arrive there."""
    learn: Learn = learnt_from
    """How it is learnt what callers can want, or read where that was learnt before."""

    @cached_property
    def wishes(self) -> Wishes:
        """What callers who speak to a menu can want, learnt from the examples of these flows."""
        return Wishes(self.flows, self.learn)

    def standing(self, language: str) -> Values:
        """What can be said at any time in a language: `facts`, and the hours of each calendar as `hours:support`."""
        if language not in self._standing:
            hours = {f"hours:{name}": opening_hours(calendar, language) for name, calendar in self.calendars.items()}
            self._standing[language] = {**self.facts, **hours}
        return self._standing[language]

    @cached_property
    def _standing(self) -> dict[str, Values]:
        return {}

    @cached_property
    def constant_menus(self) -> dict[tuple[str, str], tuple[tuple[Event, ...], Gathering]]:
        """By state and language, what menus without values say, and what they wait for, once they were offered."""
        return {}

    @cached_property
    def ready(self) -> Mapping[str, Text]:
        """By topic, what callers should have at hand for a person."""
        return {flow.topic: flow.ready for flow in self.flows.flows.values() if flow.topic and flow.ready}

    @cached_property
    def queues_by_key(self) -> Mapping[tuple[str, str], frozenset[str]]:
        """By flow and step, the queues to which a key leads that works while callers wait."""
        waiting = [(flow.name, step) for flow in self.flows.flows.values() for step in flow.steps.values()
                   if isinstance(step, Queue)]  # fmt: skip
        targets = {(flow, target) for flow, step in waiting for target in step.keys.values()}
        return {(flow, target): queues_behind(self.flows, flow, target) for flow, target in targets}

    @property
    def rescue(self) -> str:
        """The state that leads to a person when a limit is reached or we fail: `exhausted` of the first flow."""
        first = self.flows.flows[self.flows.start]
        return f"{first.name}.{first.defaults.exhausted.next}" if first.defaults.exhausted else ""


@dataclass(frozen=True, slots=True)
class Notice:
    """A message switched on by a support lead, in every language: for everybody, or for callers of one area."""

    name: str
    text: Mapping[str, str]
    area: str = ""


@dataclass(frozen=True, slots=True)
class World:
    """What is true outside of the call at this moment. `now` is aware, in UTC."""

    now: datetime
    new_reference: Callable[[], str]
    """Makes a new ticket reference: digits, with a check digit."""
    notices: Sequence[Notice] = ()
    closures: Sequence[Closure] = ()
    unstaffed: Container[str] = frozenset()
    """Queues for which nobody is logged in."""
    crowded: Container[str] = frozenset()
    """Queues that are full."""


REPEATS_UNTIL_SLOW = 2
"""Whoever has asked so often to hear something again is spoken to slowly for the rest of the call …"""
MORE_SECONDS = 4
"""… and given this much more time to begin an answer."""

Noted = Literal[
    "tries", "silent", "joined", "answer", "kind", "account", "method", "length", "wrong", "number", "at", "between",
    "key", "recorded", "here", "greeted", "lacked", "refused", "explained", "resent",
]  # fmt: skip
"""What a step keeps of its progress: tries used by wrong input, and by silence since the caller did something; whether
the queue was joined; the answer to confirm, and its kind; account and factor (`method`) of an identification, how long
(`length`) the account before was, and its wrong answers; number and time of a callback; two ways to ask between; the
key that ended a recording, and whether there is one; whether the flow was asked for that is open, and
whether the caller only greeted, or has asked for a moment; the factor that they do not have; the moment that was wished
for, at which nobody is there; whether the answer was said again to a question that may be about it, and whether another
code was texted."""


class TurnContext:
    """One turn of one call. Functions of steps read `session`, `edition` and `world`, and act through the methods."""

    def __init__(self, edition: Edition, session: Session, world: World) -> None:
        self.edition = edition
        self.session = session
        self.world = world
        self.events: list[Event] = []
        self._texts: dict[int, Text] = {}
        """Which events are texts of the flows, which can be said in other languages too."""
        self.answer = session.answer, session.answer_elsewhere
        """What was said before this turn as part of the same answer; nothing once the caller has done something."""
        self.entered_at: int | None = None
        """How many events came before the step in which the call now stands; None if it stood there before."""
        self.repeating = False
        """Whether the caller has just asked to hear something again."""
        self.said = ""
        """The words that led out of a menu, for the menu that follows at once."""
        self.subject: tuple[Text, int] | None = None
        """The title of the topic that words have led to in this turn, and how many events came before."""
        self.answered = ""
        """The words that led out of a menu to the question that they answer."""
        self.language_chosen = False
        """Whether the caller has just chosen a language."""
        self.keys_ahead: tuple[str, ...] = ()
        """The keys that these words mean in the menus that follow."""

    def finished(self) -> Turn:
        return Turn(self.session, tuple(self.events))

    # --- looking -------------------------------------------------------------------------------------------

    @property
    def step(self) -> AnyStep:
        return self.edition.flows.step(self.session.state)

    @property
    def flow(self) -> str:
        return self.session.state.partition(".")[0]

    @property
    def inside(self) -> list[str]:
        """The flows that are open, the innermost last."""
        return [state.partition(".")[0] for state in (*self.session.stack, self.session.state)]

    @property
    def language(self) -> Language:
        return LANGUAGES[self.session.language]

    @property
    def values(self) -> Values:
        """What a sentence can say: the values of the call, and what can be said at any time."""
        return self._values_in(self.session.language)

    def _values_in(self, code: str) -> Values:
        about = self.session.topics(self.edition.flows.flows)  # a person about a refund: it still waits, as a need
        ready = self.edition.ready.get(about[0]) if about else None
        words = text_of(ready, code, self.edition.flows.languages)[0].source if ready else ""
        values = {name: sayable(value, self.edition.region) for name, value in self.session.values.items()}
        phrases = {name: Value("words", said[code]) for name, said in self.session.phrases.items() if code in said}
        return {"ready": Value("words", words), **self.edition.standing(code), **values, **phrases}

    @property
    def now(self) -> datetime:
        """The time where the hotline is, aware."""
        return self.world.now.astimezone(self.edition.time_zone)

    @property
    def today(self) -> date:
        return self.now.date()

    @property
    def is_slow(self) -> bool:
        """Whether words are said slower and louder: what is repeated, and all words to who has asked for that twice."""
        return self.repeating or self.session.repeats >= REPEATS_UNTIL_SLOW

    def is_deserted(self) -> bool:
        """Whether the caller has been silent for too long, also when asked whether anybody is there."""
        session = self.session
        silent = self.world.now - (session.heard_at or session.started_at)
        return session.silences > 2 and silent.total_seconds() >= self.edition.limits.silent_seconds

    # --- speaking ------------------------------------------------------------------------------------------

    def words(self, text: Text, **more: Value) -> str:
        """A text in the caller's language, values filled in; `more` are values for this text alone."""
        return self._spoken(text, more)[0]

    def say(self, text: Text | None) -> None:
        if text is not None:
            before = len(self.events)
            self.utter(*self._spoken(text, {}))
            if len(self.events) > before:
                self._texts[before] = text

    def _spoken(self, text: Text, more: Mapping[str, Value]) -> tuple[str, str]:
        return say(text, {**self.values, **more}, self.session.language, self.edition.flows.languages, self.today)

    def utter(self, words: str, language: str = "") -> None:
        """Says ready words, in the caller's language if no other is named; nothing when they are empty."""
        if words:
            self.events.append(Said(words, language or self.session.language, self.is_slow))

    def utter_phrase(self, phrase: str, **values: Value) -> None:
        """Says one of the hotline's own sentences, in the language that it is written in."""
        teller = self.language.teller(phrase)
        said = {name: sayable(value, self.edition.region) for name, value in values.items()}
        self.utter(teller.say(phrase, said, self.today), teller.code)

    def say_subject(self) -> None:
        """Says what was understood before a caller who spoke is asked for something, or has to wait.

        A menu, a message and a queue say it themselves. Not said where the caller's language has no words for it.
        """
        if self.subject is None:
            return
        (title, before), self.subject = self.subject, None
        phrase, told = self.language.phrases.subject, any(isinstance(event, Said) for event in self.events[before:])
        if not told and self.language.teller(phrase) is self.language:
            self.utter_phrase(phrase, title=Value("words", self.words(title)))

    def keep_answer(self, wait: Wait) -> None:
        """Keeps what was said before the step in which the call now stands; a look-up adds to what came before it."""
        said, elsewhere = self.answer
        if self.entered_at is not None:
            events = self.events[: self.entered_at]
            said += tuple((event.text, event.language) for event in events if isinstance(event, Said))
            elsewhere += tuple(self._in_other_languages(self.entered_at))
        elif not isinstance(wait, OutsideWait):
            return
        self.session = self.session.replace(answer=said, answer_elsewhere=elsewhere)

    def _in_other_languages(self, count: int) -> Iterator[tuple[str, str]]:
        """What the texts among the first events are in the languages that the caller may change to."""
        for index, text in self._texts.items():
            for code, sentence in text.sentences.items() if index < count else ():
                values = self._values_in(code)
                if code != self.session.language and all(slot.name in values for slot in sentence.slots):
                    yield fill(sentence, values, code, self.today), code

    def repeat_answer(self) -> None:
        """Says again, slower, what was said between the last question that was answered and the one of now."""
        self.repeating = True
        self.session = self.session.replace(repeats=self.session.repeats + 1)
        self.say_answer()

    def say_answer(self) -> None:
        """Says, in the caller's language, what was said between the question that was answered last and that of now."""
        for words, language in (*self.session.answer, *self.session.answer_elsewhere):
            if language == self.session.language:
                self.utter(words, language)

    # --- doing ---------------------------------------------------------------------------------------------

    def emit(self, event: Event) -> None:
        self.events.append(event)

    def keep(self, name: str, value: Value) -> None:
        phrases = {other: said for other, said in self.session.phrases.items() if other != name}
        self.session = self.session.replace(values={**self.session.values, name: value}, phrases=phrases)
        self.emit(Took(name, value.kind))

    def keep_phrase(self, name: str, words: Callable[[], str]) -> None:
        """Keeps words in the caller's language, and in all others: `words` are asked in each."""
        session, said = self.session, dict[str, str]()
        for code in self.edition.flows.languages:
            self.session = session.replace(language=code)
            said[code] = words()
        self.session = session
        self.keep(name, Value("words", said[session.language]))
        self.session = self.session.replace(phrases={**self.session.phrases, name: said})

    def keep_needs(self, needs: Iterable[tuple[str, str]]) -> None:
        """Keeps further wishes, each with its words, until it is their turn; those of before, where there are none."""
        codes = self.edition.flows.languages
        if kept := tuple((need, answers.fit_to_wait(words, codes)) for need, words in needs):
            self.session = self.session.replace(needs=kept)

    def speak_language(self, code: str) -> None:
        if code != self.session.language:
            self.session = self.session.replace(language=code)
            self.emit(LanguageChanged(code))

    def wanted_language(self) -> str:
        """The language that was asked for in so many words; else the next after the caller's, in the order of the
        configuration, and after the last the first."""
        codes = self.edition.flows.languages
        further = codes[(codes.index(self.session.language) + 1) % len(codes)]
        return answers.language_named(self.said, codes, self.session.language, further)

    def note(self, progress: Mapping[Noted, str]) -> None:
        """Keeps the progress of this step under a name; an empty text removes it."""
        kept = {**self.session.scratch, **{str(name): text for name, text in progress.items()}}
        self.session = self.session.replace(scratch={name: text for name, text in kept.items() if text})

    def noted(self, name: Noted) -> str:
        return self.session.scratch.get(name, "")

    def remember_for_back(self) -> None:
        """Makes this step one that a caller can go back to, and drops the steps after an earlier visit to it."""
        here, history = JumpTarget(self.session.state, self.session.stack), self.session.history
        if here in history:
            history = history[: history.index(here)]
        self.session = self.session.replace(history=(*history, here)[-10:])

    def previous_question(self) -> JumpTarget | None:
        """The last menu or question before this one, or None."""
        return self.session.history[-2] if len(self.session.history) > 1 else None


Result = str | Wait | JumpTarget
"""What a step's function gives: an outcome to leave by, a wait to stop at, or an earlier step to go back to."""


def retry_text(texts: tuple[Text, ...], used: int) -> Text | None:
    """The text after the `used`-th failed try: a list has one text per try, and its last one is used from then on."""
    return texts[min(used, len(texts)) - 1] if texts else None
