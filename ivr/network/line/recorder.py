"""Tapes: what runs while something is recorded, the recording it becomes, and whom it is reported to. (A8)

A recording is a real sound file: a soft tone wherever somebody spoke, silence elsewhere; the words stand beside it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from email.utils import format_datetime

from ivr.network.line.interpreter import Ask, Page
from ivr.network.line.leg import Leg
from ivr.network.line.records import Recording
from ivr.network.wire.twiml_parser import Element

SPOKEN = frozenset({"spoke"})
ALL = frozenset({"spoke", "said"})


@dataclass(frozen=True, slots=True)
class Report:
    """Where a recording's events go, and which ones."""

    ask: Ask | None = None
    events: frozenset[str] = frozenset({"completed"})


@dataclass(frozen=True, slots=True)
class Pause:
    """Seconds of the clock in which a tape took nothing in; a pause that lasts has no end yet."""

    begin: float
    end: float = math.inf
    keeps_silence: bool = True


@dataclass(frozen=True, slots=True)
class Tape:
    """A recording under way since `began`, in seconds of the clock. `kinds` are the entries that are on it."""

    leg: Leg
    sid: str
    source: str
    began: float
    report: Report
    kinds: frozenset[str] = SPOKEN
    conference_sid: str = ""
    pauses: list[Pause] = field(default_factory=list)

    def pause(self, *, keeps_silence: bool) -> Recording:
        """Stop taking sound in until `resume`; the pause becomes silence, or is left out."""
        if not self.paused:
            self.pauses.append(Pause(self.leg.net.clock.seconds, keeps_silence=keeps_silence))
        return self._changed("paused")

    def resume(self) -> Recording:
        """Take sound in again."""
        if self.paused:
            self.pauses[-1] = replace(self.pauses[-1], end=self.leg.net.clock.seconds)
        return self._changed("in-progress")

    @property
    def paused(self) -> bool:
        """Whether it takes no sound in now."""
        return bool(self.pauses) and self.pauses[-1].end == math.inf

    def _changed(self, status: str) -> Recording:
        recording = replace(self._recording(self.leg.net.clock.seconds), status=status)
        self.leg.net.recordings[self.sid] = recording
        self.tell(recording)
        return recording

    def stop(self, at: float | None = None) -> Recording:
        """End the tape now, or `at` an earlier second of the clock; keeps and reports the recording."""
        end = self.leg.net.clock.seconds if at is None else at
        recording = self._recording(end)
        if not recording.duration and not recording.words:
            recording = replace(recording, status="absent")
        self.leg.net.tapes.pop(self.sid, None)
        self.leg.net.recordings[self.sid] = replace(recording, status="completed")
        self.tell(recording)
        return self.leg.net.recordings[self.sid]

    def tell(self, recording: Recording) -> None:
        """Report the recording's status, if that event was asked for. [D]"""
        if self.report.ask is None or recording.status not in self.report.events:
            return
        facts = (
            ("RecordingChannels", str(recording.channels)),
            ("RecordingDuration", str(recording.duration)),
            ("RecordingSid", recording.sid),
            ("RecordingSource", recording.source),
            ("RecordingStartTime", format_datetime(recording.started)),
            ("RecordingStatus", recording.status),
            ("RecordingUrl", recording.url),
        )
        self.leg.net.notify(self.leg, self.report.ask.url, self.report.ask.method, facts)

    def _recording(self, end: float) -> Recording:
        leg, offset = self.leg, self.began - self.leg.began
        length = math.ceil(round(end - self.began - self._left_out(end), 3))
        heard = [
            entry
            for entry in leg.transcript
            if entry.kind in self.kinds
            and offset - 1e-6 <= entry.seconds < end - leg.began
            and not any(pause.begin <= leg.began + entry.seconds < pause.end for pause in self.pauses)
        ]
        return Recording(
            self.sid,
            leg.sid,
            f"{leg.net.api_url}/2010-04-01/Accounts/{leg.net.account_sid}/Recordings/{self.sid}",
            self.source,
            length,
            (leg.created + timedelta(seconds=offset)).replace(microsecond=0),
            " ".join(entry.text for entry in heard),
            spans=tuple(
                (round(e.seconds - offset - self._left_out(leg.began + e.seconds), 3), e.duration) for e in heard
            ),
            conference_sid=self.conference_sid,
        )

    def _left_out(self, until: float) -> float:
        """Seconds of the pauses before `until` that are not even silence on the tape."""
        return sum(min(p.end, until) - p.begin for p in self.pauses if not p.keeps_silence and p.begin < until)


def start_tape(
    leg: Leg, source: str, report: Report, *, kinds: frozenset[str] = SPOKEN, conference_sid: str = ""
) -> Tape:
    """Begin to record a leg. Whoever starts a tape stops it."""
    tape = Tape(leg, leg.net.new_sid("RE"), source, leg.net.clock.seconds, report, kinds, conference_sid)
    running = replace(tape._recording(tape.began), status="in-progress")
    tape.tell(running)
    return tape


def record_whole_call(leg: Leg, source: str, report: Report, conference_sid: str = "") -> Recording:
    """Record a leg until it ends, or until REST stops the tape; gives the recording as it stands now."""
    tape = start_tape(leg, source, report, kinds=ALL, conference_sid=conference_sid)
    leg.net.tapes[tape.sid] = tape
    leg.net.recordings[tape.sid] = replace(tape._recording(tape.began), status="in-progress")
    leg.on_end.append(stopper(tape))
    return leg.net.recordings[tape.sid]


def stopper(tape: Tape) -> Callable[[], None]:
    """Give what stops a tape unless it is stopped already."""

    def stop() -> None:
        if tape.sid in tape.leg.net.tapes:
            tape.stop()

    return stop


def records(dial: Element) -> bool:
    """Whether a <Dial> wants to be recorded."""
    return dial.text("record") not in ("do-not-record", "false")


def report_of(element: Element, page: Page) -> Report:
    """Give where an element's `recordingStatusCallback` is, and the events it asks for."""
    url = element.text("recordingStatusCallback")
    if not url:
        return Report()
    events = (element.text("recordingStatusCallbackEvent") or "completed").replace(",", " ").split()
    return Report(page.ask(url, element.text("recordingStatusCallbackMethod")), frozenset(events))


def facts_of(recording: Recording) -> tuple[tuple[str, str], ...]:
    """Give what an action is told of a recording."""
    return (
        ("RecordingDuration", str(recording.duration)),
        ("RecordingSid", recording.sid),
        ("RecordingUrl", recording.url),
    )
