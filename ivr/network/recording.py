"""Record: a beep, the caller's voice, and an action that is always asked. (A8)"""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ivr.network.fiber import Afterwards, Job, Wait
from ivr.network.interpreter import Page, Steps, utter, verb
from ivr.network.leg import HungUp, Leg, Listening
from ivr.network.records import Recording
from ivr.network.twiml import Element
from ivr.network.verbs import last_word, notify

_WANTED = frozenset({"key", "talk"})
_BEEP_SECONDS = 0.5


@dataclass
class _Tape:
    """A recording under way; times are seconds of the clock."""

    started: datetime
    began: float
    sound_until: float
    words: list[str] = field(default_factory=list)


@verb("Record")
def record(leg: Leg, element: Element, page: Page) -> Steps:
    """Record until silence, a finish key, the greatest length, or the caller hangs up."""
    mine = Listening("record", inputs=("dtmf", "speech"), finish_keys=element.text("finishOnKey") or "")
    leg.listening = mine
    tape: _Tape | None = None
    with Afterwards(lambda: leg.close(mine)):
        try:
            if element.flag("playBeep"):
                yield from utter(leg, "played", "beep", language="", seconds=_BEEP_SECONDS)
            clock = leg.net.clock
            tape = _Tape(clock.now(), clock.seconds, clock.seconds)
            mine.ready = True
            key = yield from _roll(leg, element, mine, tape)
        except HungUp:
            if tape is not None:
                extra = _keep(leg, element, page, tape, "hangup", quiet=True)
                yield from last_word(leg, page.ask(element.text("action"), element.text("method"), extra))
            raise
    if not tape.words and leg.net.options.empty_recording == "fall through":
        return None
    extra = _keep(leg, element, page, tape, key, quiet=not key)
    return page.ask(element.text("action"), element.text("method"), extra)


def keep_recording(leg: Leg, element: Element, page: Page, recording: Recording) -> None:
    """Store a recording and report it to `recordingStatusCallback`, when those events are asked for. [D]"""
    net = leg.net
    net.recordings[recording.sid] = recording
    callback = element.text("recordingStatusCallback")
    status = "completed" if recording.duration or recording.words else "absent"
    events = (element.text("recordingStatusCallbackEvent") or "completed").replace(",", " ").split()
    if callback and status in events:
        ask = page.ask(
            callback,
            element.text("recordingStatusCallbackMethod"),
            (
                ("RecordingChannels", str(recording.channels)),
                ("RecordingDuration", str(recording.duration)),
                ("RecordingSid", recording.sid),
                ("RecordingSource", recording.source),
                ("RecordingStartTime", recording.started.strftime("%a, %d %b %Y %H:%M:%S +0000")),
                ("RecordingStatus", status),
                ("RecordingUrl", recording.url),
            ),
        )
        notify(leg, ask)


def new_recording(leg: Leg, source: str, seconds: float, started: datetime, words: list[str]) -> Recording:
    """Give a recording of this leg; its address is where Twilio would keep it."""
    sid = leg.net.new_sid("RE")
    url = f"https://api.twilio.com/2010-04-01/Accounts/{leg.net.account_sid}/Recordings/{sid}"
    return Recording(sid, leg.sid, url, source, math.ceil(round(seconds, 3)), started, " ".join(words))


def _roll(leg: Leg, element: Element, mine: Listening, tape: _Tape) -> Generator[Wait | Job, Any, str]:
    """Let the tape run; gives the finish key pressed, or nothing."""
    clock = leg.net.clock
    silence = element.whole("timeout")
    quiet = 5 if silence is None else silence
    longest = element.whole("maxLength") or (120 if element.flag("transcribe") else 3600)
    finish = element.text("finishOnKey") or ""
    while True:
        due = tape.began + longest
        if quiet:
            due = min(due, tape.sound_until + quiet)
        event = yield Wait(due - clock.seconds, _WANTED)
        if event is None:
            return ""
        if event.kind == "talk":
            text, _, length = event.value
            tape.words.append(text)
            tape.sound_until = clock.seconds + length
            mine.begun = True
        elif event.value in finish:
            return str(event.value)


def _keep(leg: Leg, element: Element, page: Page, tape: _Tape, key: str, *, quiet: bool) -> tuple[tuple[str, str], ...]:
    """Store the recording; gives what the action is told. Trailing silence is trimmed unless told not to."""
    end = leg.net.clock.seconds
    if quiet and element.text("trim") != "do-not-trim":
        end = min(end, tape.sound_until)
    recording = new_recording(leg, "RecordVerb", end - tape.began, tape.started, tape.words)
    keep_recording(leg, element, page, recording)
    callback = element.text("transcribeCallback")
    if element.flag("transcribe") and callback and 2 < recording.duration < 120:
        sid = leg.net.new_sid("TR")
        ask = page.ask(
            callback,
            "POST",
            (
                ("RecordingSid", recording.sid),
                ("RecordingUrl", recording.url),
                ("TranscriptionSid", sid),
                ("TranscriptionStatus", "completed"),
                ("TranscriptionText", recording.words),
                ("TranscriptionUrl", f"{recording.url.rpartition('/Recordings/')[0]}/Transcriptions/{sid}"),
            ),
        )
        notify(leg, ask)
    return (
        ("Digits", key),
        ("RecordingDuration", str(recording.duration)),
        ("RecordingSid", recording.sid),
        ("RecordingUrl", recording.url),
    )
