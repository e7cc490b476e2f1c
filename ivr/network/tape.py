"""Tapes: what runs while something is recorded, the recording it becomes, and whom it is reported to. (A8)

A recording is a real sound file: a soft tone wherever somebody spoke, silence elsewhere; the words stand beside it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from email.utils import format_datetime

from ivr.network.interpreter import Ask, Page
from ivr.network.leg import Leg
from ivr.network.records import Recording
from ivr.network.twiml import Element

SPOKEN = frozenset({"spoke"})
ALL = frozenset({"spoke", "said"})


@dataclass(frozen=True, slots=True)
class Report:
    """Where a recording's events go, and which ones."""

    ask: Ask | None = None
    events: frozenset[str] = frozenset({"completed"})


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
        length = math.ceil(round(end - self.began, 3))
        heard = [e for e in leg.transcript if e.kind in self.kinds and offset - 1e-6 <= e.seconds < end - leg.began]
        return Recording(
            self.sid,
            leg.sid,
            f"{leg.net.api_url}/2010-04-01/Accounts/{leg.net.account_sid}/Recordings/{self.sid}",
            self.source,
            length,
            (leg.created + timedelta(seconds=offset)).replace(microsecond=0),
            " ".join(entry.text for entry in heard),
            spans=tuple((round(entry.seconds - offset, 3), entry.duration) for entry in heard),
            conference_sid=self.conference_sid,
        )


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
