"""Record: a beep, the caller's voice, and an action that is always asked for. docs/twilio-facts.md#a8-record"""

from dataclasses import dataclass

from ivr.network.line.documents import HungUp, RunningDocument
from ivr.network.line.interpreter import VerbProgram, utter, verb
from ivr.network.line.leg import Leg, Recorder
from ivr.network.line.listening import Listening
from ivr.network.line.outgoing import scripted_input
from ivr.network.line.recorder import recording_params, recording_settings, start_recorder, stop
from ivr.network.line.records import RecordingSettings
from ivr.network.verbs.simple import final_request
from ivr.network.wire.fiber import Afterwards, Event, EventKind, Program, Wait
from ivr.network.wire.transport import Params
from ivr.network.wire.twiml_parser import Element

_WANTED: frozenset[EventKind] = frozenset({"key", "talk"})
_BEEP_SECONDS = 0.5


@dataclass
class _ActiveRecorder:
    """A recorder that runs, and until which second of the clock there was a sound."""

    recorder: Recorder
    sound_until: float
    spoken: bool = False


@verb("Record")
def record(leg: Leg, element: Element, document: RunningDocument) -> VerbProgram:
    """Record until silence, a finish key, the greatest length, or the caller hangs up."""
    listening = Listening("record", inputs=("dtmf", "speech"), finish_keys=element.text("finishOnKey") or "")
    leg.listening = listening
    active: _ActiveRecorder | None = None
    with Afterwards(lambda: leg.close(listening)):
        try:
            if element.flag("playBeep"):
                yield from utter(leg, "played", "beep", language="", seconds=_BEEP_SECONDS)
            active = _ActiveRecorder(
                start_recorder(leg, "RecordVerb", recording_settings(element, document) or RecordingSettings()),
                leg.net.clock.seconds,
            )
            listening.ready = True
            scripted_input(leg, listening)
            key = yield from _run(leg, element, listening, active)
        except HungUp:
            if active is not None:
                extra = _keep(leg, element, document, active, "hangup")
                yield from final_request(leg, document.webhook(element.text("action"), element.text("method"), extra))
            raise
    if not active.spoken and leg.net.options.empty_recording == "fall through":
        return None
    extra = _keep(leg, element, document, active, key)
    return document.webhook(element.text("action"), element.text("method"), extra)


def _run(leg: Leg, element: Element, listening: Listening, active: _ActiveRecorder) -> Program[str]:
    """Let the recorder run; gives the finish key pressed, or nothing."""
    clock = leg.net.clock
    silence = element.whole("timeout")
    quiet = 5 if silence is None else silence
    longest = element.whole("maxLength") or (120 if element.flag("transcribe") else 3600)
    finish = element.text("finishOnKey") or ""
    while True:
        due = active.recorder.began + longest
        if quiet:
            due = min(due, active.sound_until + quiet)
        event: Event | None = yield Wait(due - clock.seconds, _WANTED)
        if event is None:
            return ""
        if event.kind == "talk":
            _, _, length = event.value
            active.spoken = True
            active.sound_until = clock.seconds + length
            listening.begun = True
        elif event.value in finish:
            return str(event.value)


def _keep(leg: Leg, element: Element, document: RunningDocument, active: _ActiveRecorder, key: str) -> Params:
    """Stop the recorder; gives what the action is told."""
    recording = stop(active.recorder)
    callback = element.text("transcribeCallback")
    if callback and element.flag("transcribe") and 2 < recording.duration < 120:
        sid = leg.net.new_sid("TR")
        params = (
            ("RecordingSid", recording.sid),
            ("RecordingUrl", recording.url),
            ("TranscriptionSid", sid),
            ("TranscriptionStatus", "completed"),
            ("TranscriptionText", recording.words),
            ("TranscriptionUrl", f"{recording.url.rpartition('/Recordings/')[0]}/Transcriptions/{sid}"),
        )
        leg.net.notify(leg, document.webhook(callback, "POST", params))
    return (("Digits", key), *recording_params(recording))
