"""Plays a script: does what the caller and the agents do, listens for what must be heard, and looks at the end.

The first thing that goes wrong ends the call; what is expected at the end is then not looked at, for it would only
follow from that.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from ivr.flow.issues import BrokenDocument, Place
from ivr.network import Call, Entry, Message, NotHeard, Person
from ivr.rehearsal.endings import judged
from ivr.rehearsal.report import Failure
from ivr.rehearsal.script import SLOT, AgentStep, Script, Step, TextStep
from ivr.rehearsal.stage import Happened, Scene, Theatre
from ivr.rehearsal.transcript import Line, play_of, told

LONGEST_TALK_SECONDS = 1800.0
"""How long something may take to be heard, and a line to listen."""
LONGEST_TEXT_SECONDS = 60.0
NEXT_TEXT_SECONDS = 1.5
"""How long a text may take to come; and another code, where the caller does not hear the line out."""
REACTION_SECONDS = 0.6
"""How long a caller thinks before acting."""
AFTERWARDS_SECONDS = 3.0
"""What the hotline still does when a call is over: text messages, the record."""
SHORTEST_SECRET = 4
ACTS = ("press", "say", "silence", "hang up")
_CODE = re.compile(r"(?<!\d)\d{4,8}(?!\d)")


@dataclass(frozen=True, kw_only=True)
class Played:
    """How a script came out. `happened` is what the hotline recorded, turn by turn."""

    script: Script
    failures: tuple[Failure, ...] = ()
    began: datetime
    lines: tuple[Line, ...] = ()
    happened: tuple[Happened, ...] = ()
    heard: tuple[tuple[str, ...], ...] = ()
    """What the hotline said before the first step, after it, after the second, and so on."""
    skipped: str = ""
    """Why it was not played."""

    @property
    def passed(self) -> bool:
        return not self.failures and not self.skipped


def play(script: Script, theatre: Theatre, at: datetime | None = None) -> Played:
    """Plays one script; `at` (aware) replaces its own moment.

    Raises BrokenDocument for a world that cannot be set up.
    """
    if why := theatre.why_not(script):
        return Played(script=script, began=at or script.at.within("UTC"), skipped=why)
    try:
        opened = theatre.scene(script, at)
        with opened as scene:
            return _Performance(script, scene).run()
    except ValueError:
        if issues := theatre.misfits(script):
            raise BrokenDocument(issues) from None
        raise


class _Wrong(Exception):
    """The call did not go as written."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


class _Performance:
    """One call while it is played."""

    def __init__(self, script: Script, scene: Scene) -> None:
        self.script = script
        self.scene = scene
        self.clock = scene.network.clock
        self.began = self.clock.now()
        self.call: Call
        self.agent: Call | None = None
        self.since = 0  # entries of the transcript when the caller last acted
        self.heard = False  # the step before was a `hear`: the caller may interrupt
        self.texts_seen = 0
        self.taken: dict[str, str] = {}
        self.hidden: set[int] = set()

    def run(self) -> Played:
        failures: list[Failure] = []
        until: datetime | None = None
        self.call = self.scene.dial()
        marks = [0]
        try:
            for step in self.script.steps:
                before = len(self.call.transcript)
                self._do(step)
                marks.append(self.since if step.act in ACTS else before)
                self.heard = step.act == "hear"
        except _Wrong as wrong:
            failures.append(wrong.failure)
            until = self.clock.now()  # what follows is only putting the receiver down
        left = self._end(hurried=bool(failures))
        if not failures:
            failures += judged(self.script, self.scene, self.call, left=left)
        happened = self.scene.happened(self.call)
        events = [event for turn in happened for event in turn.events]
        lines = play_of(self.call, self.scene.network, events, self.hidden, self.scene.codes())
        if until is not None:
            ours = (until, "caller", "(hung up)") if left else None
            lines = tuple(line for line in lines if line.at <= until and (line.at, line.who, line.what) != ours)
        return Played(
            script=self.script, failures=tuple(failures), began=self.began, lines=lines, happened=happened,
            heard=self._said_between([*marks, len(self.call.transcript)]),
        )  # fmt: skip

    def _said_between(self, marks: Sequence[int]) -> tuple[tuple[str, ...], ...]:
        entries = self.call.transcript
        return tuple(
            tuple(entry.text for entry in entries[start:end] if entry.kind == "said" and entry.text and not entry.cut)
            for start, end in pairwise(marks)
        )

    # --- the caller ---

    def _do(self, step: Step) -> None:
        place = step.places.get(step.act, step.place)
        match step.act:
            case "hear":
                for index, words in enumerate(step.hear):
                    self._hear(self.call, words, step.places.get(f"hear.{index}", place))
            case "press":
                assert step.press is not None  # noqa: S101 - `act` says so
                self._ready(f'"{step.press}" could be pressed', place, _takes_keys)
                keys = self._filled(step.press, place)
                self._note_secret(keys)
                self._act(lambda: self.call.press(keys))
            case "say":
                self._ready(f'"{step.say}" could be said', place, _takes_words)
                words = self._filled(step.say or "", place)
                self._act(lambda: self.call.say(words))
            case "silence":
                self.clock.run_until(lambda: self.call.ended or _open(self.call), LONGEST_TALK_SECONDS)
                self._lasts("the caller could stay silent", place)
                self._act(self.call.silence)
            case "wait":
                self.call.wait(step.wait.total_seconds() if step.wait else 0.0)
            case "hang up":
                self._lasts("the caller could hang up", place)
                self._act(self.call.hang_up)
            case "text" if step.text is not None:
                self._text(step.text)
            case "agent" if step.agent is not None:
                self._agent(step.agent)

    def _hear(self, call: Call, words: str, place: Place) -> None:
        try:
            call.hears(words, LONGEST_TALK_SECONDS)
        except NotHeard as missed:
            instead = self._instead() if call is self.call else tuple(map(_shown, call.transcript))
            who = "the caller" if call is self.call else "the agent"
            message = f'{who} did not hear "{words}": {_reason(call, missed)}'
            raise self._wrong("not-heard", message, place, instead) from None

    def _ready(self, before: str, place: Place, takes: Callable[[Call], bool]) -> None:
        """Until the line takes keys or words: at once after a `hear`, else when it has said what it has to say."""
        self._lasts(before, place)
        heard = self.heard
        self.clock.run_until(
            lambda: self.call.ended or (takes(self.call) and (heard or _open(self.call))), LONGEST_TALK_SECONDS
        )
        if not heard and not self.call.ended:
            self.clock.run(REACTION_SECONDS)
        self._lasts(before, place)

    def _lasts(self, before: str, place: Place) -> None:
        if self.call.ended:
            raise self._wrong("call-over", f"the {self.call.ended_by} hung up before {before}", place, self._instead())

    def _act(self, act: Callable[[], None]) -> None:
        self.since = len(self.call.transcript)
        act()

    def _note_secret(self, keys: str) -> None:
        if len(keys) >= SHORTEST_SECRET and self.scene.asks_secret(self.call):
            first = len(self.call.transcript)
            self.hidden.update(range(first, first + len(keys)))

    def _filled(self, text: str, place: Place) -> str:
        """The keys or words with what text messages brought in place of `{name}`."""
        if "code" in SLOT.findall(text) and "code" not in self.taken:
            if self.heard:
                self.clock.run(NEXT_TEXT_SECONDS)
            self.clock.run_until(lambda: bool(self._codes()), LONGEST_TEXT_SECONDS)
        for name in SLOT.findall(text):
            value = self.taken.get(name) or (self._codes()[-1:] or [""])[0] * (name == "code")
            if not value:
                raise self._wrong("no-text", f'no text message has brought "{{{name}}}"', place)
            text = text.replace(f"{{{name}}}", value)
        return text

    def _codes(self) -> list[str]:
        return [code for message in self.scene.network.messages for code in _CODE.findall(message.body)]

    def _text(self, step: TextStep) -> None:
        pattern = _pattern(step.says)
        messages = self.scene.network.messages

        def arrived() -> re.Match[str] | None:
            for index in range(self.texts_seen, len(messages)):
                if (not step.to or messages[index].to == step.to) and (found := pattern.search(_flat(messages[index]))):
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
            raise self._wrong("no-text", message, step.place, came)
        self.taken |= found[0].groupdict()
        if "code" not in found[0].groupdict() and (codes := _CODE.findall(found[0].string)):
            self.taken["code"] = codes[-1]

    # --- the agent ---

    def _agent(self, step: AgentStep) -> None:
        act = step.act
        place = step.places.get(act, step.place)
        if act == "answer":
            self._pick_up(step, place)
            return
        agent = self._whose(step, place)
        if agent.ended and act != "hear":
            message = f"the agent's call was over already: {agent.ended_by or 'nobody'} hung up"
            raise self._wrong("call-over", message, place)
        if act in ("press", "say"):
            self.clock.run_until(lambda: agent.ended or _takes_words(agent), LONGEST_TALK_SECONDS)
        match act:
            case "hear":
                for index, words in enumerate(step.hear):
                    self._hear(agent, words, step.places.get(f"hear.{index}", place))
            case "press":
                agent.press(str(step.press))
            case "say":
                agent.say(str(step.say))
            case "wait":
                agent.wait(step.wait.total_seconds() if step.wait else 0.0)
            case "hang up":
                agent.hang_up()

    def _pick_up(self, step: AgentStep, place: Place) -> None:
        """Until the phone has rung and was picked up; a call that the script has not taken yet."""
        known = self.agent

        def taken() -> Call | None:
            calls = [call for person in self._people(step) for call in person.calls if call is not known]
            return next((call for call in reversed(calls) if call.status == "in-progress"), None)

        self.clock.run_until(lambda: taken() is not None or self.call.ended, LONGEST_TALK_SECONDS)
        found = taken()
        if found is None:
            why = f"the {self.call.ended_by} hung up before" if self.call.ended else "no agent's phone rang"
            message = f"{why} an agent could answer" if self.call.ended else why
            raise self._wrong("no-agent", message, place, self._instead())
        self.agent = found
        self.clock.run_until(lambda: found.ended or _open(found), LONGEST_TALK_SECONDS)
        if _takes_keys(found):
            self.clock.run(REACTION_SECONDS)
            found.press("1")

    def _whose(self, step: AgentStep, place: Place) -> Call:
        if step.of:
            calls = [call for person in self._people(step) for call in person.calls]
            self.agent = calls[-1] if calls else None
        if self.agent is None:
            raise self._wrong("no-agent", "no agent has answered yet; begin with “agent: answer”", place)
        return self.agent

    def _people(self, step: AgentStep) -> Iterator[Person]:
        for queue, people in self.scene.agents.items():
            if not step.of or queue == step.of:
                yield from people

    # --- how it ends ---

    def _end(self, *, hurried: bool) -> bool:
        """Hears the line out and hangs up; True if it was still there, with nothing said of hanging up."""
        if not hurried:
            self.clock.run_until(lambda: _nothing_more(self.call), LONGEST_TALK_SECONDS)
        left = not self.call.ended
        if left:
            self.call.hang_up()
        self.clock.run(AFTERWARDS_SECONDS)
        return left

    def _instead(self) -> tuple[str, ...]:
        """What the caller heard since they last acted."""
        heard = [entry for entry in self.call.transcript[self.since :] if entry.kind in ("said", "spoke", "played")]
        return tuple(_shown(entry) for entry in heard if not entry.own)

    def _wrong(self, rule: str, message: str, place: Place, instead: Sequence[str] = ()) -> _Wrong:
        state = self.scene.state(self.call)
        return _Wrong(Failure(place, rule, message, tuple(instead), state, self.scene.place_of(state)))


def _open(call: Call) -> bool:
    """The line waits, and nobody talks."""
    waits = call.listening
    return waits is not None and waits.open and not (waits.kind == "bridge" and call.leg.hears_speech)


def _takes_keys(call: Call) -> bool:
    """A question that may be interrupted, a recording, a queue that can be left; not a talk with somebody."""
    waits = call.listening
    return waits is not None and (waits.kind == "gather" or (waits.open and waits.kind != "bridge"))


def _takes_words(call: Call) -> bool:
    waits = call.listening
    return waits is not None and (waits.kind in ("gather", "bridge") or waits.open)


def _nothing_more(call: Call) -> bool:
    """Over, or the line waits for a caller who has nothing more to do."""
    waits = call.listening
    return call.ended or (
        waits is not None and waits.open and waits.kind in ("gather", "record") and not waits.holding
    )  # fmt: skip


def _reason(call: Call, missed: NotHeard) -> str:
    if call.ended:
        return f"the {call.ended_by or 'network'} hung up"
    if missed.why == "the line waits for input":
        return "the line has finished speaking and waits"
    return missed.why


def _shown(entry: Entry) -> str:
    minutes, seconds = divmod(int(entry.seconds), 60)
    return f"{minutes:02}:{seconds:02}  {entry.who:<8} {told(entry)}"


def _flat(message: Message) -> str:
    return " ".join(message.body.split())


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
