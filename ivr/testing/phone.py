"""One telephone of a script: what its person hears, presses and says, and when they may."""

from collections.abc import Callable, Sequence

from ivr.flow.issues import Place
from ivr.network import Call, Clock, NotHeard, format_entry
from ivr.testing.report import Failure

LONGEST_TALK_SECONDS = 1800.0
"""How long a script waits for words, and for the line to listen."""
REACTION_SECONDS = 0.6
"""How long somebody thinks before acting."""


class StepFailed(Exception):
    """A step could not be done, or what it expects did not happen."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


Fail = Callable[[str, str, Place, Sequence[str]], StepFailed]
"""Makes the failure of a step: the rule, the sentence, the place, and what was heard instead."""


class Telephone:
    """One person's call in a script. Every action raises StepFailed where it cannot be done."""

    def __init__(self, call: Call, who: str, clock: Clock, fail: Fail) -> None:
        """`who` begins the sentences about them: the caller, ana."""
        self.call = call
        self.who = who
        self.since = 0
        """Entries of the transcript when they last acted."""
        self.heard = False
        """The step before was a `hear`: they may interrupt."""
        self.hidden: set[int] = set()
        """The places in the transcript of keys that must not be shown."""
        self._clock = clock
        self._fail = fail

    def hear(self, words: str, place: Place) -> None:
        """Lets time pass until `words` are heard."""
        try:
            self.call.hears(words, LONGEST_TALK_SECONDS)
        except NotHeard as missed:
            message = f'{self.who} did not hear "{words}": {_reason(self.call, missed)}'
            raise self._fail("not-heard", message, place, self.instead()) from None

    def press(self, keys: str) -> None:
        self._acts()
        self.call.press(keys)

    def say(self, words: str) -> None:
        self._acts()
        self.call.say(words)

    def silence(self, place: Place) -> None:
        """Stays silent until the line stops waiting."""
        self._clock.run_until(lambda: self.call.ended or waits(self.call), LONGEST_TALK_SECONDS)
        self.lasts(f"{self.who} could stay silent", place)
        self._acts()
        self.call.silence()

    def hang_up(self, place: Place) -> None:
        self.lasts(f"{self.who} could hang up", place)
        self._acts()
        self.call.hang_up()

    def ready(self, before: str, place: Place, takes: Callable[[Call], bool]) -> None:
        """Waits until the line takes keys or words: at once after a `hear`, else at the end of its words."""
        self.lasts(before, place)
        heard = self.heard
        self._clock.run_until(
            lambda: self.call.ended or (takes(self.call) and (heard or waits(self.call))), LONGEST_TALK_SECONDS
        )
        if not heard and not self.call.ended:
            self._clock.run(REACTION_SECONDS)
        self.lasts(before, place)

    def lasts(self, before: str, place: Place) -> None:
        """Raises StepFailed if the call is over."""
        if self.call.ended:
            message = f"the {self.call.ended_by} hung up before {before}"
            raise self._fail("call-over", message, place, self.instead())

    def instead(self) -> tuple[str, ...]:
        """What they heard since they last acted."""
        heard = [entry for entry in self.call.transcript[self.since :] if entry.kind in ("said", "spoke", "played")]
        return tuple(format_entry(entry) for entry in heard if not entry.own)

    def hide(self, keys: str) -> None:
        """Marks the keys that are pressed next as secret."""
        first = len(self.call.transcript)
        self.hidden.update(range(first, first + len(keys)))

    def _acts(self) -> None:
        self.since = len(self.call.transcript)


def waits(call: Call) -> bool:
    """Whether the line waits and nobody talks."""
    now = call.listening
    return now is not None and now.open and not (now.kind == "bridge" and call.leg.hears_speech)


def takes_keys(call: Call) -> bool:
    """Whether the line takes input now: a question, a recording, a queue that can be left; not a talk."""
    now = call.listening
    return now is not None and (now.kind == "gather" or (now.open and now.kind != "bridge"))


def takes_words(call: Call) -> bool:
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
