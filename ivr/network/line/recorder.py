"""Recording: what a recorder does, the recording it makes, and whom it is reported to.

A recording is a real sound file: a soft tone wherever somebody spoke, silence elsewhere; the words stand beside it.
docs/twilio-facts.md#a8-record
"""

import math
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime

from ivr.network.line.documents import RunningDocument
from ivr.network.line.leg import Leg, Recorder
from ivr.network.line.records import (
    RECORDING_TRACKS,
    Recording,
    RecordingCallback,
    RecordingPause,
    RecordingSettings,
    RecordingSource,
    RecordingStatus,
)
from ivr.network.line.transcript import Entry, EntryKind
from ivr.network.wire.transport import Params
from ivr.network.wire.twiml_parser import Element

_PERSON: frozenset[EntryKind] = frozenset({"spoke"})
_EVERYBODY: frozenset[EntryKind] = frozenset({"spoke", "said"})


def start_recorder(
    leg: Leg, source: RecordingSource, settings: RecordingSettings, kinds: frozenset[EntryKind] = _PERSON
) -> Recorder:
    """Begin to record a leg. Whoever starts a recorder stops it."""
    recorder = Recorder(leg, leg.net.new_sid("RE"), source, leg.net.clock.seconds, settings, kinds)
    _report(recorder, replace(_recording(recorder, recorder.began), status="in-progress"))
    return recorder


def record_whole_call(leg: Leg, source: RecordingSource, settings: RecordingSettings) -> Recording:
    """Record a leg until it ends, or until REST stops the recorder; gives the recording as it stands now."""
    net = leg.net
    recorder = start_recorder(leg, source, settings, _EVERYBODY)
    net.recorders[recorder.sid] = recorder
    net.recordings[recorder.sid] = replace(_recording(recorder, recorder.began), status="in-progress")

    def stop_once() -> None:
        if recorder.sid in net.recorders:
            stop(recorder)

    leg.on_end.append(stop_once)
    return net.recordings[recorder.sid]


def pause(recorder: Recorder, *, keeps_silence: bool) -> Recording:
    """Stop taking sound in until `resume`; the pause becomes silence, or is left out."""
    if not _is_paused(recorder):
        recorder.pauses.append(RecordingPause(recorder.leg.net.clock.seconds, keeps_silence=keeps_silence))
    return _change(recorder, "paused")


def resume(recorder: Recorder) -> Recording:
    if _is_paused(recorder):
        recorder.pauses[-1] = replace(recorder.pauses[-1], end=recorder.leg.net.clock.seconds)
    return _change(recorder, "in-progress")


def stop(recorder: Recorder) -> Recording:
    """End a recorder; keeps and reports the recording."""
    net = recorder.leg.net
    recording = _recording(recorder, net.clock.seconds)
    if recorder.settings.trims:
        recording = _trimmed(recording)
    if not recording.duration and not recording.words:
        recording = replace(recording, status="absent")
    net.recorders.pop(recorder.sid, None)
    net.recordings[recorder.sid] = replace(recording, status="completed")
    _report(recorder, recording)
    return net.recordings[recorder.sid]


def recording_settings(element: Element, document: RunningDocument) -> RecordingSettings | None:
    """Give how a <Record>, <Dial> or <Conference> wants to be recorded, or None when it does not.

    On the first of two channels is the person of the leg. [D]
    """
    record = element.text("record") or ""
    if record in ("do-not-record", "false"):
        return None
    url, callback = element.text("recordingStatusCallback"), RecordingCallback()
    if url:
        webhook = document.webhook(url, element.text("recordingStatusCallbackMethod"))
        callback = RecordingCallback(webhook, frozenset(element.several("recordingStatusCallbackEvent")))
    return RecordingSettings(
        callback,
        2 if record.endswith("-dual") else 1,
        RECORDING_TRACKS.get(element.text("recordingTrack") or "", "both"),
        element.text("trim") == "trim-silence",
    )


def recording_params(recording: Recording) -> Params:
    return (
        ("RecordingDuration", str(recording.duration)),
        ("RecordingSid", recording.sid),
        ("RecordingUrl", recording.url),
    )


def _is_paused(recorder: Recorder) -> bool:
    return bool(recorder.pauses) and recorder.pauses[-1].end == math.inf


def _change(recorder: Recorder, status: RecordingStatus) -> Recording:
    net = recorder.leg.net
    recording = replace(_recording(recorder, net.clock.seconds), status=status)
    net.recordings[recorder.sid] = recording
    _report(recorder, recording)
    return recording


def _report(recorder: Recorder, recording: Recording) -> None:
    """Report the recording's status, if it was asked for. [D] docs/twilio-facts.md#a2-3-extra-parameters"""
    callback = recorder.settings.callback
    if callback.webhook is None or recording.status not in callback.statuses:
        return
    params = (
        ("RecordingChannels", str(recording.channels)),
        ("RecordingDuration", str(recording.duration)),
        ("RecordingSid", recording.sid),
        ("RecordingSource", recording.source),
        ("RecordingStartTime", format_datetime(recording.started)),
        ("RecordingStatus", recording.status),
        ("RecordingUrl", recording.url),
        *((("ErrorCode", "16101"),) if recording.status == "absent" else ()),
    )
    recorder.leg.net.notify(recorder.leg, replace(callback.webhook, extra=params))


def _recording(recorder: Recorder, end: float) -> Recording:
    """Give the recording as it is when it ends at that second of the clock."""
    leg, net = recorder.leg, recorder.leg.net
    offset = round(recorder.began - leg.began, 3)  # as the moments of the transcript are
    length = math.ceil(round(end - recorder.began - _left_out(recorder, end), 3))
    heard = [
        entry
        for entry in leg.transcript
        if entry.kind in recorder.kinds
        and (recorder.settings.track == "both" or entry.own == (recorder.settings.track == "inbound"))
        and offset <= entry.seconds < end - leg.began
        and not any(pause.begin <= leg.began + entry.seconds < pause.end for pause in recorder.pauses)
    ]
    return Recording(
        recorder.sid,
        leg.sid,
        f"{net.api_url}/2010-04-01/Accounts/{net.account_sid}/Recordings/{recorder.sid}",
        recorder.source,
        length,
        (leg.created + timedelta(seconds=offset)).replace(microsecond=0),
        " ".join(entry.text for entry in heard),
        channels=recorder.settings.channels,
        spans=_spans(recorder, (entry for entry in heard if entry.own or recorder.settings.channels == 1)),
        second_spans=_spans(recorder, (entry for entry in heard if not entry.own and recorder.settings.channels == 2)),
        conference_sid=recorder.settings.conference_sid,
    )


def _trimmed(recording: Recording) -> Recording:
    """Leave out the silence before the first words and after the last."""
    spans = (*recording.spans, *recording.second_spans)
    begin = max(0.0, min((start for start, _ in spans), default=0.0))
    end = min(recording.duration, max((start + length for start, length in spans), default=0.0))
    return replace(
        recording,
        duration=math.ceil(round(end - begin, 3)),
        started=(recording.started + timedelta(seconds=begin)).replace(microsecond=0),
        spans=tuple((start - begin, length) for start, length in recording.spans),
        second_spans=tuple((start - begin, length) for start, length in recording.second_spans),
    )


def _spans(recorder: Recorder, entries: Iterable[Entry]) -> tuple[tuple[float, float], ...]:
    leg = recorder.leg
    offset = round(recorder.began - leg.began, 3)
    return tuple(
        (round(entry.seconds - offset - _left_out(recorder, leg.began + entry.seconds), 3), entry.duration)
        for entry in entries
    )


def _left_out(recorder: Recorder, until: float) -> float:
    """Seconds of the pauses before `until` that are not even silence in the recording."""
    return sum(min(p.end, until) - p.begin for p in recorder.pauses if not p.keeps_silence and p.begin < until)
