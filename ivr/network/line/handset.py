"""A person's side of a call: what they hear, press, say, and for how long they wait.

It knows only its leg. Methods let time pass as they need; on a real clock any thread may call them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Literal, assert_never

from ivr.network.line.leg import Leg
from ivr.network.line.lines import Line
from ivr.network.line.listening import Listening
from ivr.network.line.outgoing import RingResult
from ivr.network.line.restless import CallerStep, restless
from ivr.network.line.speech import duration, heard_part, share_until
from ivr.network.line.statuses import CallStatus
from ivr.network.line.transcript import Entry, Speaker, format_entry
from ivr.network.wire.carrier import Exchange

_KEYS = frozenset("0123456789*#ABCD")
_CALLBACK_SECONDS = 16.0  # longer than any request may take


class NotHeard(AssertionError):
    """Something expected was not heard; carries what was expected and the transcript so far."""

    def __init__(self, expected: str, why: str, transcript: tuple[Entry, ...]) -> None:
        lines = "\n".join(f"  {format_entry(entry)}" for entry in transcript)
        super().__init__(f"{expected!r} was not heard: {why}\n{lines}")
        self.expected = expected
        self.why = why
        self.transcript = transcript


class CallIsOver(AssertionError):
    """Somebody pressed or spoke on a call that had ended."""

    def __init__(self, call: Call, act: str) -> None:
        lines = "\n".join(f"  {format_entry(entry)}" for entry in call.transcript)
        super().__init__(f"{act}: the call is over, {call.ended_by or 'nobody'} hung up\n{lines}")


class Call:
    """A call as the person on the telephone has it."""

    def __init__(self, leg: Leg) -> None:
        self._leg = leg
        self._net = leg.net
        self._given = 0  # transcript entries given out by listen()
        self._searched = (0, 0)  # entry and character up to which hears() has looked
        self._held: Listening | None = None

    def __repr__(self) -> str:
        return f"<Call {self.sid} {self._leg.from_} to {self._leg.to}, {self.status}>"

    # -- what it is --

    @property
    def sid(self) -> str:
        """The CallSid."""
        return self._leg.sid

    @property
    def leg(self) -> Leg:
        """The network's side of the call."""
        return self._leg

    @property
    def status(self) -> CallStatus:
        """The call's status in Twilio's words."""
        return self._leg.status

    @property
    def ended(self) -> bool:
        """Whether the call is over."""
        return self._leg.over

    @property
    def ended_by(self) -> Speaker | Literal[""]:
        """Who ended it; empty while it lasts."""
        return self._leg.ended_by

    @property
    def started(self) -> datetime:
        """When it began to ring, UTC."""
        return self._leg.created

    @property
    def duration(self) -> int:
        """Seconds since it was answered, to the end or to now."""
        return self._leg.duration

    @property
    def transcript(self) -> tuple[Entry, ...]:
        """What happened on the line so far."""
        return tuple(self._leg.transcript)

    @property
    def requests(self) -> tuple[Exchange, ...]:
        """Every HTTP exchange made for this call, in order."""
        return tuple(self._leg.requests)

    @property
    def listening(self) -> Listening | None:
        """What the line waits for from this person now; None while it only talks."""
        return self._leg.listening

    @property
    def heard(self) -> str:
        """Everything this person was told so far; of what is being said, the words that were heard."""
        return " ".join(text for text in map(self._so_far, self._leg.transcript) if text)

    # -- what a person does --

    def listen(self) -> str:
        """Hear the line out until it waits for input or the call is over; gives what was said meanwhile.

        On hold (a queue, a bridge) a second `listen()` goes on to the next announcement, and of an app that converses
        over a WebSocket to what it says next without having been spoken to.
        """
        held = self._held
        if all(entry.kind == "silence" for entry in self._leg.transcript[self._given :]):
            self._says_more()
        self._net.clock.run_until(lambda: self._leg.over or self._waits(held))
        now = self._leg.listening
        self._held = now if now is not None and (now.holding or now.kind in ("hold", "bridge")) else None
        words = " ".join(filter(None, map(_heard, self._leg.transcript[self._given :])))
        self._given = len(self._leg.transcript)
        self._await_callbacks()
        return words

    def press(self, keys: str) -> None:
        """Press keys one after another, 0.3 s apart; a blank or `w` is half a second's pause.

        Raises CallIsOver on a call that has ended.
        """
        if not isinstance(keys, str):
            raise TypeError(f"press({keys!r}): keys are text, such as press('1')")
        bad = set(keys) - _KEYS - {" ", "w"}
        if bad:
            raise ValueError(f"press({keys!r}): {''.join(sorted(bad))!r} is on no telephone; use 0-9 * #")
        if keys:
            self._must_last(f"press({keys!r})")
        self._act()
        pressed = 0

        def press(key: str) -> None:
            nonlocal pressed
            self._leg.press(key)
            pressed += 1

        moment = 0.0
        for key in keys:
            if key in _KEYS:
                self._net.clock.after(moment, partial(press, key))
            moment += self._net.options.key_interval_seconds if key in _KEYS else 0.5
        wanted = sum(key in _KEYS for key in keys)
        self._net.clock.run_until(lambda: pressed >= wanted)
        self._await_callbacks()

    def say(self, text: str, confidence: float = 0.9, language: str = "", seconds: float | None = None) -> None:
        """Say something; it is recognised, recorded or heard by whoever is at the other end.

        It takes the time such words take, or `seconds`. Whoever hears the beep of a recording speaks after it. Raises
        CallIsOver on a call that has ended.
        """
        self._must_last(f"say({text!r})")
        self._await_beep()
        self._act()
        listening = self._leg.listening
        language = language or (listening.language if listening is not None else "")
        length = seconds or duration(text, language, self._net.options)
        self._at_once(lambda: self._leg.talk(text, language, confidence, length))
        self._net.clock.run(length)
        self._await_callbacks()

    def silence(self) -> None:
        """Say and press nothing until what the line now waits for has timed out."""
        if self._leg.listening is None or not self._leg.listening.ready:
            self._net.clock.run_until(lambda: self._leg.over or self._waits(None))
        self._act()
        waited = self._leg.listening
        self._net.clock.run_until(lambda: self._leg.over or self._leg.listening is not waited)
        self._await_callbacks()

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        if seconds < 0:
            raise ValueError(f"wait({seconds!r}): time does not go back")
        self._net.clock.run(seconds)

    def pick_up(self) -> bool:
        """Answer a telephone that rings until somebody does (`Line.no_answer()`); False if it does not ring."""
        return self._answer_with("answer")

    def decline(self) -> bool:
        """Refuse a call that rings so; False if it does not ring."""
        return self._answer_with(self._net.options.rejected_line_status)

    @property
    def ringing(self) -> bool:
        """Whether this telephone rings, and nobody has picked it up yet."""
        return self._leg.direction != "inbound" and self._leg.status == "ringing"

    def hang_up(self) -> None:
        """Put the receiver down."""
        self._at_once(lambda: self._leg.hang_up(self._leg.role))
        self._net.clock.run(0)
        self._await_callbacks()

    def restless(self, seed: object, entries: Sequence[str] = ()) -> tuple[CallerStep, ...]:
        """Have the call as somebody who dithers, made up from `seed`; gives what they did. See `restless_callers`."""
        return restless(self, seed, entries)

    def hears(self, text: str, within: float = 600.0) -> None:
        """Let time pass until the app has said `text` since the last act or the last `hears`.

        Raises NotHeard when the call ends, when the line waits for input without having said it, or after
        `within` seconds. The network's apology for an app that failed is not the app's: `listen()` gives it.
        """
        found: list[tuple[int, int]] = []

        def heard_or_stuck() -> bool:
            place = self._find(text)
            if place is not None:
                found[:] = [place]
                return True
            listening = self._leg.listening
            return self._leg.over or (
                listening is not None
                and listening.open
                and not listening.holding
                and listening.kind in ("gather", "record")
            )

        self._net.clock.run_until(heard_or_stuck, within)
        while not found and self._says_more():
            self._net.clock.run_until(heard_or_stuck, within)
        if not found:
            why = f"{within:g} s have passed"
            if self.ended:
                self._await_callbacks()
                failure = self._net.debugger.failure(self.sid)
                why = "the call is over" if failure is None else f"the app failed: {failure}"
            elif self._leg.listening is not None and self._leg.listening.open and not self._leg.listening.holding:
                why = "the line waits for input"
            raise NotHeard(text, why, self.transcript)
        index, end = found[0]
        entry = self._leg.transcript[index]
        left = entry.duration * share_until(entry.text, end) - (
            self._net.clock.seconds - self._leg.began - entry.seconds
        )
        if left > 0 and not entry.cut:
            self._net.clock.run_until(lambda: self._leg.over, left)
        if end >= len(entry.text):  # all of it: then what follows has begun as well
            self._net.clock.run_until(lambda: self._leg.over or not self._leg.says(index), within=1.0)
        self._searched = (index, end)

    # -- how --

    def _says_more(self) -> bool:
        """Give an app that speaks up by itself a real moment to do so; whether it has."""
        clock, known = self._net.clock, len(self._leg.transcript)

        def begin() -> float | None:
            listening = self._leg.listening
            return None if listening is None or listening.more is None or not listening.open else listening.more()

        def said() -> bool:
            return any(entry.kind in ("said", "played") for entry in self._leg.transcript[known:])

        seconds = clock.apply(begin)
        return seconds is not None and clock.run_until(said, seconds)

    def _at_once(self, act: Callable[[], object]) -> None:
        """Let the network do something now, and wait until it has."""
        done: list[object] = []
        self._net.clock.after(0, lambda: done.append(act()))
        self._net.clock.run_until(lambda: bool(done))

    def _must_last(self, act: str) -> None:
        if self._leg.over:
            raise CallIsOver(self, act)

    def _await_beep(self) -> None:
        """Wait for the end of a beep that sounds now."""
        now = self._leg.listening
        if now is not None and now.kind == "record":
            self._net.clock.run_until(lambda: self._leg.over or now.ready)

    def _await_callbacks(self) -> None:
        """When the call is over, let the app be told so; callbacks that a switch makes late are not waited for."""
        options = self._net.options
        if self._leg.over and not options.late_callback_seconds and options.callback_order == "kept":
            self._net.clock.run_until(lambda: not self._net.calls_back(self.sid), within=_CALLBACK_SECONDS)

    def _so_far(self, entry: Entry) -> str:
        """What was heard of an entry until now."""
        words = _heard(entry)
        passed = self._net.clock.seconds - self._leg.began - entry.seconds
        if not words or entry.kind == "played" or passed >= entry.duration - 1e-6:
            return words
        return heard_part(words, passed / entry.duration)

    def _answer_with(self, result: RingResult) -> bool:
        return self._net.clock.apply(lambda: self._leg.fiber.tell("ring result", result))

    def _act(self) -> None:
        self._given = len(self._leg.transcript)
        self._searched = (self._given, 0)
        self._held = None

    def _waits(self, held: Listening | None) -> bool:
        now = self._leg.listening
        if now is None or not now.open or now is held:
            return False
        return now.kind != "bridge" or not self._leg.hears_speech

    def _find(self, text: str) -> tuple[int, int] | None:
        """Where `text` was last begun to be said: entry, and the character after it; across entries too."""
        wanted = " ".join(text.split())
        start, offset = self._searched
        spoken = [
            (index, offset if index == start else 0, _heard(entry))
            for index, entry in enumerate(self._leg.transcript[start:], start)
            if entry.who != "network"
        ]
        heard = [(index, skip, words[skip:]) for index, skip, words in spoken if words[skip:]]
        joined = "".join(f"{words} " for _, _, words in heard)
        at = joined.find(wanted)
        if at < 0:
            return None
        end = at + len(wanted)
        for index, skip, words in heard:
            if end <= len(words) + 1:
                return index, skip + min(end, len(words))
            end -= len(words) + 1
        return None


@dataclass(eq=False)
class Person:
    """A scripted person at a number: the line they are, and the calls they took."""

    number: str
    line: Line
    calls: list[Call]

    @property
    def call(self) -> Call | None:
        """The call they took last."""
        return self.calls[-1] if self.calls else None


def _heard(entry: Entry) -> str:
    """What the person on the telephone hears of an entry: words, or the name of a sound in brackets."""
    match entry.kind:
        case "said":
            return entry.text
        case "spoke":
            return "" if entry.own else entry.text
        case "played":
            return f"[{entry.text}]"
        case (
            "pressed" | "silence" | "text message" | "ringing" | "answered" | "connected" | "hung up" | "error" | "cut"
        ):
            return ""
        case _:
            assert_never(entry.kind)
