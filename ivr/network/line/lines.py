"""What can be at a number: a telephone line, a person with a script, or an app with its settings. Values only."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from ivr.network.line.statuses import AnsweredBy, CallEvent
from ivr.network.line.transcript import Party

LineOutcome = Literal["answer", "busy", "no-answer", "failed", "rejected"]


@dataclass(frozen=True, slots=True)
class Line:
    """A telephone line, and what happens when it is rung. Times are seconds.

    `says` is what the person says when connected, one utterance after another. `then` is called with the leg when
    the line is connected, for tests that act as the person.
    """

    outcome: LineOutcome = "answer"
    after: float = 0.0  # from the first ring to the answer, or to the refusal
    hangs_up_after: float | None = None  # from its own answer; None: stays until the other end goes
    says: tuple[str, ...] = ()
    language: str = "zh-CN"
    presses: str = ""  # keys pressed as soon as a screening document listens
    role: Party = "agent"  # who speaks, in transcripts
    answered_by: AnsweredBy = "human"  # what machine detection finds
    then: Callable[..., None] | None = None
    talks_for: float | None = None  # from being connected with somebody to hanging up

    @classmethod
    def busy(cls) -> "Line":
        """A line that is engaged."""
        return cls("busy")

    @classmethod
    def no_answer(cls) -> "Line":
        """A line that rings for ever."""
        return cls("no-answer")

    @classmethod
    def rejects(cls, after: float = 2.0) -> "Line":
        """A person who declines the call."""
        return cls("rejected", after)

    @classmethod
    def fails(cls) -> "Line":
        """A number that cannot be reached."""
        return cls("failed")

    @classmethod
    def answers(cls, after: float = 4.0, hangs_up_after: float | None = None) -> "Line":
        """A line that picks up after `after` seconds and hangs up `hangs_up_after` seconds later."""
        return cls("answer", after, hangs_up_after)

    def saying(self, *utterances: str) -> "Line":
        """Give the same line with something to say."""
        return replace(self, says=utterances)


UNKNOWN_NUMBER_LINES = {
    "failed": Line.fails(),
    "no-answer": Line.no_answer(),
    "busy": Line.busy(),
    "answers": Line.answers(hangs_up_after=20.0),
}
"""What a number nobody has does, by the word of the switch `unknown_number`."""


@dataclass(frozen=True, slots=True)
class App:
    """The settings of a number, as an IncomingPhoneNumber has them [L], of a TwiML App, or of one call."""

    number: str = ""
    voice_url: str = ""
    voice_method: str = "POST"
    voice_fallback_url: str = ""
    voice_fallback_method: str = "POST"
    status_callback: str = ""
    status_callback_method: str = "POST"
    caller_id_lookup: bool = False
    sid: str = ""
    friendly_name: str = ""
    application_sid: str = ""  # of a number: the TwiML App whose settings hold instead of these
    status_events: tuple[CallEvent, ...] = ("completed",)
    twiml: str = ""  # of a call: its first document
