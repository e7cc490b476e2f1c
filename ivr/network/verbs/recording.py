"""Record: a beep, the caller's voice, and an action that is always asked. (A8)"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

from ivr.network.line.interpreter import Page, Steps, utter, verb
from ivr.network.line.leg import HungUp, Leg, Listening
from ivr.network.line.recorder import Tape, facts_of, report_of, start_tape
from ivr.network.verbs.simple import last_word, notify
from ivr.network.wire.fiber import Afterwards, Job, Wait
from ivr.network.wire.twiml_parser import Element

_WANTED = frozenset({"key", "talk"})
_BEEP_SECONDS = 0.5


Facts = tuple[tuple[str, str], ...]


@dataclass
class _Roll:
    """A tape that runs, and until which second of the clock there was a sound."""

    tape: Tape
    sound_until: float
    spoken: bool = False


@verb("Record")
def record(leg: Leg, element: Element, page: Page) -> Steps:
    """Record until silence, a finish key, the greatest length, or the caller hangs up."""
    mine = Listening("record", inputs=("dtmf", "speech"), finish_keys=element.text("finishOnKey") or "")
    leg.listening = mine
    roll: _Roll | None = None
    with Afterwards(lambda: leg.close(mine)):
        try:
            if element.flag("playBeep"):
                yield from utter(leg, "played", "beep", language="", seconds=_BEEP_SECONDS)
            roll = _Roll(start_tape(leg, "RecordVerb", report_of(element, page)), leg.net.clock.seconds)
            mine.ready = True
            key = yield from _run(leg, element, mine, roll)
        except HungUp:
            if roll is not None:
                extra = _keep(leg, element, page, roll, "hangup", quiet=True)
                yield from last_word(leg, page.ask(element.text("action"), element.text("method"), extra))
            raise
    if not roll.spoken and leg.net.options.empty_recording == "fall through":
        return None
    extra = _keep(leg, element, page, roll, key, quiet=not key)
    return page.ask(element.text("action"), element.text("method"), extra)


def _run(leg: Leg, element: Element, mine: Listening, roll: _Roll) -> Generator[Wait | Job, Any, str]:
    """Let the tape run; gives the finish key pressed, or nothing."""
    clock = leg.net.clock
    silence = element.whole("timeout")
    quiet = 5 if silence is None else silence
    longest = element.whole("maxLength") or (120 if _transcribes(element) else 3600)
    finish = element.text("finishOnKey") or ""
    while True:
        due = roll.tape.began + longest
        if quiet:
            due = min(due, roll.sound_until + quiet)
        event = yield Wait(due - clock.seconds, _WANTED)
        if event is None:
            return ""
        if event.kind == "talk":
            _, _, length = event.value
            roll.spoken = True
            roll.sound_until = clock.seconds + length
            mine.begun = True
        elif event.value in finish:
            return str(event.value)


def _keep(leg: Leg, element: Element, page: Page, roll: _Roll, key: str, *, quiet: bool) -> Facts:
    """Stop the tape; gives what the action is told. Trailing silence is trimmed unless told not to."""
    end = leg.net.clock.seconds
    if quiet and element.text("trim") != "do-not-trim":
        end = min(end, roll.sound_until)
    recording = roll.tape.stop(end)
    callback = element.text("transcribeCallback")
    if callback and _transcribes(element) and 2 < recording.duration < 120:
        sid = leg.net.new_sid("TR")
        facts = (
            ("RecordingSid", recording.sid),
            ("RecordingUrl", recording.url),
            ("TranscriptionSid", sid),
            ("TranscriptionStatus", "completed"),
            ("TranscriptionText", recording.words),
            ("TranscriptionUrl", f"{recording.url.rpartition('/Recordings/')[0]}/Transcriptions/{sid}"),
        )
        notify(leg, page.ask(callback, "POST", facts))
    return (("Digits", key), *facts_of(recording))


def _transcribes(element: Element) -> bool:
    """Whether the words are wanted: `transcribe`, or a `transcribeCallback` that no transcribe="false" forbids. [D]"""
    return element.flag("transcribe") or (element.given("transcribeCallback") and not element.given("transcribe"))
