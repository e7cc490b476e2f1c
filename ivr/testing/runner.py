"""Runs one script: does what the caller and the agents do, waits for what must be heard, and checks the end.

The first failure ends the call. What is expected at the end is then not checked, because it would only follow from it.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from ivr.flow.issues import Place
from ivr.network import Call
from ivr.testing.expectations import end_failures
from ivr.testing.other_parties import OtherParties
from ivr.testing.phone import LONGEST_TALK_SECONDS, StepFailed, Telephone, nothing_more
from ivr.testing.report import Failure
from ivr.testing.script import SLOT, Script, Step, TextStep
from ivr.testing.target import Events, Setup, Target
from ivr.testing.transcript import Line, OtherCall, transcript_of

LONGEST_TEXT_SECONDS = 60.0
NEXT_TEXT_SECONDS = 1.5
"""How long a text may take to come; and another code, where the caller does not hear the line out."""
AFTERWARDS_SECONDS = 3.0
"""What the hotline still does when a call is over: text messages, the record."""
ACTS = ("press", "say", "silence", "hang up")
CODE_IN_TEXT = re.compile(r"(?<!\d)\d{4,8}(?!\d)")


@dataclass(frozen=True, kw_only=True)
class ScriptRun:
    """How a script came out. `events` is what the hotline recorded."""

    script: Script
    failures: tuple[Failure, ...] = ()
    began: datetime
    lines: tuple[Line, ...] = ()
    events: Events = ()
    heard: tuple[tuple[str, ...], ...] = ()
    """What the hotline said before the first step, after it, after the second, and so on."""
    skipped: str = ""
    """Why it was not run."""

    @property
    def passed(self) -> bool:
        return not self.failures and not self.skipped


def run_script(script: Script, target: Target) -> ScriptRun:
    """Makes the call of one script. Raises BrokenDocument for a world that cannot be set up."""
    if why := target.why_not(script):
        return ScriptRun(script=script, began=script.at.within("UTC"), skipped=why)
    with target.setup(script) as setup:
        return _Runner(script, setup).run()


class _Runner:
    def __init__(self, script: Script, setup: Setup) -> None:
        self.script = script
        self.setup = setup
        self.clock = setup.network.clock
        self.began = self.clock.now()
        self.call: Call
        self.line: Telephone
        self.others: OtherParties
        self.texts_seen = 0
        self.taken: dict[str, str] = {}

    def run(self) -> ScriptRun:
        failures: list[Failure] = []
        until: datetime | None = None
        self.call = self.setup.dial()
        self.line = Telephone(self.call, "the caller", self.clock, self._failure, self.setup.asks_secret)
        self.others = OtherParties(self.script, self.setup, self.call, self._failure)
        marks = [0]
        try:
            for step in self.script.steps:
                before = len(self.call.transcript)
                self._do(step)
                marks.append(self.line.since if step.act in ACTS else before)
        except StepFailed as wrong:
            failures.append(wrong.failure)
            until = self.clock.now()  # all that follows is hanging up
        left = self._end(hurried=bool(failures))
        if not failures:
            failures += end_failures(self.script, self.setup, self.call, left=left, names=self.others.names)
        events = self.setup.events(self.call)
        lines = transcript_of(
            self.call, self.setup.network, events,
            hidden=self.line.hidden, codes=self.setup.codes(), others=tuple(self._other_calls()),
        )  # fmt: skip
        if until is not None:
            ours = (until, "caller", "(hung up)") if left else None
            lines = tuple(line for line in lines if line.at <= until and (line.at, line.who, line.what) != ours)
        return ScriptRun(
            script=self.script, failures=tuple(failures), began=self.began, lines=lines, events=events,
            heard=self._said_between([*marks, len(self.call.transcript)]),
        )  # fmt: skip

    def _other_calls(self) -> Iterator[OtherCall]:
        people = {person.number: person for some in self.setup.agents.values() for person in some}
        for person in people.values():
            name = self.setup.name_of(person)
            shown = "agent" if len(people) == 1 or name == person.number else name
            yield from (OtherCall(call, shown) for call in person.calls)
        for name, line in self.others.lines.items():
            yield OtherCall(line.call, name, customer=True, hidden=frozenset(line.hidden))
        taken = {line.call.sid for line in self.others.lines.values()}
        for name, person in self.setup.telephones.items():
            yield from (OtherCall(call, name, customer=True) for call in person.calls if call.sid not in taken)

    def _said_between(self, marks: Sequence[int]) -> tuple[tuple[str, ...], ...]:
        entries = self.call.transcript
        return tuple(
            tuple(entry.text for entry in entries[start:end] if entry.kind == "said" and entry.text and not entry.cut)
            for start, end in pairwise(marks)
        )

    # --- the caller ---

    def _do(self, step: Step) -> None:
        self.line.do(step, self._filled)
        match step.act:
            case "restart":
                assert self.setup.hotline is not None  # noqa: S101 - `why_not` says so
                self.setup.hotline.restart(self.setup.network)
            case "text" if step.text is not None:
                self._text(step.text)
            case "agent" if step.agent is not None:
                self.others.agent(step.agent)
            case "customer" if step.customer is not None:
                self.others.customer(step.customer)

    def _filled(self, text: str, place: Place) -> str:
        """The keys or words with what text messages brought in place of `{name}`."""
        if "code" in SLOT.findall(text) and "code" not in self.taken:
            if self.line.heard:
                self.clock.run(NEXT_TEXT_SECONDS)
            self.clock.run_until(lambda: bool(self._codes()), LONGEST_TEXT_SECONDS)
        for name in SLOT.findall(text):
            value = self.taken.get(name) or (self._codes()[-1:] or [""])[0] * (name == "code")
            if not value:
                raise self._failure("no-text", f'no text message has brought "{{{name}}}"', place)
            text = text.replace(f"{{{name}}}", value)
        return text

    def _codes(self) -> list[str]:
        return [code for message in self.setup.network.messages for code in CODE_IN_TEXT.findall(message.body)]

    def _text(self, step: TextStep) -> None:
        pattern = _pattern(step.says)
        messages = self.setup.network.messages

        def arrived() -> re.Match[str] | None:
            for index in range(self.texts_seen, len(messages)):
                words = " ".join(messages[index].body.split())
                if (not step.to or messages[index].to == step.to) and (found := pattern.search(words)):
                    self.texts_seen = index + 1
                    return found
            return None

        found: list[re.Match[str]] = []

        def look() -> bool:
            if not found and (match := arrived()) is not None:
                found.append(match)
            return bool(found)

        self.clock.run_until(look, LONGEST_TEXT_SECONDS)
        if not found:
            came = tuple(f"text to {message.to}: {message.body}" for message in messages)
            message = f'no text message says "{step.says}"' + ("" if came else "; none was sent")
            raise self._failure("no-text", message, step.place, came)
        self.taken |= found[0].groupdict()
        if "code" not in found[0].groupdict() and (codes := CODE_IN_TEXT.findall(found[0].string)):
            self.taken["code"] = codes[-1]

    # --- how it ends ---

    def _end(self, *, hurried: bool) -> bool:
        """Waits for the end of the words and hangs up; True if the line was still there and no step says so."""
        if not hurried:
            self.clock.run_until(lambda: nothing_more(self.call), LONGEST_TALK_SECONDS)
        left = not self.call.ended
        if left:
            self.call.hang_up()
        self.others.leave()
        self.clock.run(AFTERWARDS_SECONDS)
        return left

    def _failure(self, rule: str, message: str, place: Place, instead: Sequence[str] = ()) -> StepFailed:
        state = self.setup.state(self.call)
        return StepFailed(Failure(place, rule, message, tuple(instead), state, self.setup.place_of(state)))


def _pattern(says: str) -> re.Pattern[str]:
    """What a text message must contain; `{name}` takes letters, digits and hyphens."""
    parts = SLOT.split(" ".join(says.split()))
    names: set[str] = set()
    pattern = ""
    for index, part in enumerate(parts):
        if index % 2 == 0:
            pattern += re.escape(part)
        else:
            pattern += f"(?P={part})" if part in names else f"(?P<{part}>[0-9A-Za-z-]+)"
            names.add(part)
    return re.compile(pattern)
