"""One telephone of a script: what its person hears, presses and says, and when they may."""

from collections.abc import Callable, Sequence

from ivr.flow.issues import Place
from ivr.network import Call, Clock, NotHeard, format_entry
from ivr.testing.report import Failure
from ivr.testing.script import CustomerStep, Step

LONGEST_TALK_SECONDS = 1800.0
"""How long a script waits for words, and for the line to listen."""
REACTION_SECONDS = 0.6
"""How long somebody thinks before acting."""
SHORTEST_SECRET = 4
"""How many keys hide, where the line asks for a secret."""


class StepFailed(Exception):
    """A step could not be done, or what it expects did not happen."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


Fail = Callable[[str, str, Place, Sequence[str]], StepFailed]
"""Makes the failure of a step: the rule, the sentence, the place, and what was heard instead."""


class Telephone:
    """One person's call in a script. Every action raises StepFailed where it cannot be done."""

    def __init__(self, call: Call, who: str, clock: Clock, fail: Fail, asks_secret: Callable[[Call], bool]) -> None:
        """`who` begins the sentences about them: the caller, ana."""
        self.call = call
        self.who = who
        self.since = 0
        """Entries of the transcript when they last acted."""
        self.heard = False
        """The step before was a `hear`: they may interrupt."""
        self.hidden: set[int] = set()
        """The places in the transcript of keys and words that must not be shown."""
        self._clock = clock
        self._fail = fail
        self._asks_secret = asks_secret

    def do(self, step: Step | CustomerStep, filled: Callable[[str, Place], str] = lambda text, place: text) -> None:
        """Does what every caller can do, and nothing for another step.

        `filled` puts what text messages brought into keys and words, once the line takes them.
        """
        place = step.places.get(step.act, step.place)
        match step.act:
            case "hear":
                for index, words in enumerate(step.hear):
                    self.hear(words, step.places.get(f"hear.{index}", place))
            case "press":
                self._ready(f'"{step.press}" could be pressed', place, _takes_keys)
                keys = filled(str(step.press), place)
                if len(keys) >= SHORTEST_SECRET and self._asks_secret(self.call):
                    first = len(self.call.transcript)
                    self.hidden.update(range(first, first + len(keys)))
                self._act(self.call.press, keys)
            case "say":
                self._ready(f'"{step.say}" could be said', place, _takes_words)
                if self._asks_secret(self.call):
                    self.hidden.add(len(self.call.transcript))
                self._act(self.call.say, filled(str(step.say), place))
            case "wait":
                self.call.wait(step.wait.total_seconds() if step.wait else 0.0)
            case "silence":
                self._clock.run_until(lambda: self.call.ended or waits(self.call), LONGEST_TALK_SECONDS)
                self._must_last(f"{self.who} could stay silent", place)
                self._act(self.call.silence)
            case "hang up":
                self._must_last(f"{self.who} could hang up", place)
                self._act(self.call.hang_up)
        self.heard = step.act == "hear"

    def hear(self, words: str, place: Place) -> None:
        try:
            self.call.hears(words, LONGEST_TALK_SECONDS)
        except NotHeard as missed:
            message = f'{self.who} did not hear "{words}": {_reason(self.call, missed)}'
            raise self._fail("not-heard", message, place, self._instead()) from None

    def _ready(self, before: str, place: Place, takes: Callable[[Call], bool]) -> None:
        """Waits until the line takes keys or words: at once after a `hear`, else at the end of its words."""
        self._must_last(before, place)
        heard = self.heard
        self._clock.run_until(
            lambda: self.call.ended or (takes(self.call) and (heard or waits(self.call))), LONGEST_TALK_SECONDS
        )
        if not heard and not self.call.ended:
            self._clock.run(REACTION_SECONDS)
        self._must_last(before, place)

    def _must_last(self, before: str, place: Place) -> None:
        if self.call.ended:
            message = f"the {self.call.ended_by} hung up before {before}"
            raise self._fail("call-over", message, place, self._instead())

    def _instead(self) -> tuple[str, ...]:
        """What they heard since they last acted."""
        heard = [entry for entry in self.call.transcript[self.since :] if entry.kind in ("said", "spoke", "played")]
        return tuple(format_entry(entry) for entry in heard if not entry.own)

    def _act(self, act: Callable[..., None], *given: str) -> None:
        self.since = len(self.call.transcript)
        act(*given)


def waits(call: Call) -> bool:
    """Whether the line waits and nobody talks."""
    now = call.listening
    return now is not None and now.open and not (now.kind == "bridge" and call.leg.hears_speech)


def _takes_keys(call: Call) -> bool:
    """Whether the line takes input now: a question, a recording, a queue that can be left; not a talk."""
    now = call.listening
    return now is not None and (now.kind == "gather" or (now.open and now.kind != "bridge"))


def _takes_words(call: Call) -> bool:
    now = call.listening
    return now is not None and ("speech" in now.inputs or now.kind == "bridge" or now.open)


def nothing_more(call: Call) -> bool:
    """Whether the call is over, or waits for input while no step is left."""
    now = call.listening
    return call.ended or (now is not None and now.open and now.kind in ("gather", "record") and not now.holding)


def _reason(call: Call, missed: NotHeard) -> str:
    if call.ended:
        return f"the {call.ended_by or 'network'} hung up"
    if missed.why == "the line waits for input":
        return "the line has finished speaking and waits"
    return missed.why
