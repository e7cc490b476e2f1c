"""Calls that the network places: ringing a line, finding out who answers, and the documents of the call.

At the far end is a `Line`, a live person, or the number of an app. The last becomes an inbound call of its own, which
is joined to this one. docs/twilio-facts.md#a8-machine-detection
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal, assert_never, get_args

from ivr.network.line.documents import Webhook
from ivr.network.line.interpreter import run_call
from ivr.network.line.leg import Leg
from ivr.network.line.listening import Listening
from ivr.network.line.speech import duration
from ivr.network.line.statuses import AnsweredBy, FinalStatus, final_status
from ivr.network.wire.debugger import Problem
from ivr.network.wire.fiber import EventKind, Program, Wait

DetectionMode = Literal["Enable", "DetectMessageEnd"]
_HELLO_SECONDS = 0.8  # how long a person speaks who answers


@dataclass(frozen=True, slots=True)
class MachineDetection:
    """How machine detection listens. Times are seconds; one that is None is left to the switches of the network.

    With `webhook` the call goes on meanwhile and that address is told; one without a URL tells nobody.
    """

    mode: DetectionMode = "Enable"
    timeout: float = 30.0
    speech_threshold: float | None = None
    speech_end_threshold: float | None = None
    silence_timeout: float | None = None
    webhook: Webhook | None = None

    def __post_init__(self) -> None:
        if self.mode not in get_args(DetectionMode):
            raise ValueError(f"machine_detection is Enable or DetectMessageEnd, not {self.mode!r}")


def machine_detection(mode: str, whole: Callable[[str], int | None], webhook: Webhook | None) -> MachineDetection:
    """Give the detection of a noun or a request; `whole` gives a parameter by its name after `MachineDetection`."""
    speech, end, silence = (
        None if (found := whole(name)) is None else found / 1000
        for name in ("SpeechThreshold", "SpeechEndThreshold", "SilenceTimeout")
    )
    kind: DetectionMode = "DetectMessageEnd" if mode == "DetectMessageEnd" else "Enable"
    return MachineDetection(kind, whole("Timeout") or 30, speech, end, silence, webhook)


def found(leg: Leg, detection: MachineDetection) -> tuple[AnsweredBy, float]:
    """Give who has answered, and after how many seconds that is known. [D] What the times amount to is ours."""
    options = leg.net.options
    who: AnsweredBy = "unknown" if leg.line is None else leg.line.answered_by
    told: dict[AnsweredBy, float | None] = {
        "human": None if (end := detection.speech_end_threshold) is None else _HELLO_SECONDS + end,
        "machine_start": detection.speech_threshold,
        "unknown": detection.silence_timeout,
    }
    seconds = told.get(who)
    seconds = options.machine_detection_seconds if seconds is None else seconds
    if seconds > detection.timeout:
        return "unknown", detection.timeout
    if who == "machine_start" and detection.mode == "DetectMessageEnd":
        beep = seconds + options.machine_greeting_seconds
        return (who, detection.timeout) if beep > detection.timeout else ("machine_end_beep", beep)
    return who, seconds


def detect_beside(leg: Leg, detection: MachineDetection) -> None:
    """Find out who has answered while the call goes on; its webhook is told, if the call is still on then. [D]"""
    who, seconds = found(leg, detection)

    def tell() -> None:
        if leg.over:
            return
        leg.annotations["AnsweredBy"] = who
        if detection.webhook is not None and detection.webhook.url:
            params = (*leg.annotations.items(), ("MachineDetectionDuration", str(round(seconds * 1000))))
            leg.net.notify(leg, replace(detection.webhook, extra=params))

    leg.net.clock.after(seconds, tell)


PARTED: frozenset[EventKind] = frozenset({"parted"})
_RING_RESULT: frozenset[EventKind] = frozenset({"ring result"})
RingResult = Literal["answer"] | FinalStatus
"""How ringing a line ends."""

_MOST_APPS = 30  # that may dial each other, one behind the other
_GAP = 0.5  # seconds between being connected and speaking


def ring_until_answered(leg: Leg, timeout: float) -> Program[bool]:
    """Ring the far end for `timeout` seconds; True when it answered. Reports progress on the way."""
    net = leg.net
    leg.status = "initiated"
    net.report_progress(leg, "initiated")
    leg.ring()
    net.report_progress(leg, "ringing")
    net.ring(leg)
    event = yield Wait(timeout, _RING_RESULT)
    if event is None:
        leg.end("no-answer", "network")
        return False
    result: RingResult = event.value
    if result != "answer":
        leg.end(result, "network")
        return False
    leg.answer()
    net.report_progress(leg, "answered")
    if leg.line is not None and leg.line.hangs_up_after is not None:
        net.clock.after(leg.line.hangs_up_after, lambda: leg.hang_up(leg.role))
    return True


def outgoing(leg: Leg, timeout: float, send_digits: str, detection: MachineDetection | None) -> Program[None]:
    """Run an outbound-api call; it waits for machine detection unless that has a webhook."""
    if not (yield from ring_until_answered(leg, timeout)):
        return
    if detection is not None and detection.webhook is not None:
        detect_beside(leg, detection)
    elif detection is not None:
        who, seconds = found(leg, detection)
        yield Wait(seconds)
        leg.annotations["AnsweredBy"] = who
    if send_digits:
        yield from tones(leg, send_digits)
    if leg.line is not None and leg.line.then is not None:
        leg.line.then(leg)
    settings = leg.settings
    found_out = tuple(leg.annotations.items())
    yield from run_call(leg, settings.twiml or Webhook(settings.voice_url, settings.voice_method, found_out))


def limit(leg: Leg, seconds: float) -> None:
    """End a call so long after now."""
    leg.net.clock.after(seconds, lambda: leg.hang_up("network"))


def ring(leg: Leg) -> None:
    """Do what the far end does when it rings."""
    line = leg.line
    after = leg.net.clock.after
    tell = leg.net.options.busy_after_seconds
    if line is None:
        _ring_app(leg)
        return
    match line.outcome:
        case "answer":
            after(line.after, lambda: leg.fiber.tell("ring result", "answer"))
        case "busy" | "failed":
            outcome = line.outcome
            after(tell, lambda: leg.fiber.tell("ring result", outcome))
        case "rejected":
            after(line.after, lambda: leg.fiber.tell("ring result", leg.net.options.rejected_line_status))
        case "no-answer":
            return
        case _:
            assert_never(line.outcome)


def connected(leg: Leg) -> None:
    """The far end now has somebody to talk with: it speaks its lines and may hang up. Happens once a leg."""
    line = leg.line
    if line is None or leg.connected:
        return
    leg.connected = True
    after = leg.net.clock.after
    moment = _GAP
    left = line.says[leg.lines_said :]
    for text in left:
        length = duration(text, line.language, leg.net.options)
        after(moment, partial(leg.speak_to, text, line.language, length))
        moment += _GAP + length
    leg.busy_until = leg.net.clock.seconds + (moment if left else 0.0)
    if left:
        after(moment, lambda: None)  # a moment for those who wait for the end of the talking
    if line.talks_for is not None:
        after(line.talks_for, lambda: leg.hang_up(leg.role))
    if line.then is not None and leg.direction != "outbound-api":
        line.then(leg)


def join(one: Leg, other: Leg) -> None:
    """Join two legs; both persons may talk now."""
    one.peer, other.peer = other, one
    for leg in (one, other):
        leg.listening = Listening("bridge", ready=True, inputs=("dtmf", "speech"))
        leg.note("network", "connected", other.phone if leg is one else one.phone)
    connected(one)
    connected(other)


def part(leg: Leg) -> None:
    """Take a leg out of its bridge; the program of the other is told `parted`."""
    other = leg.peer
    if other is None:
        return
    leg.peer = other.peer = None
    for end in (leg, other):
        if end.listening is not None and end.listening.kind == "bridge":
            end.listening = None
    other.fiber.tell("parted")


def scripted_input(leg: Leg, listening: Listening) -> None:
    """A document listens: a scripted person presses what their script says, once, or else says their next words."""
    line = leg.line
    if line is None:
        return
    after = leg.net.clock.after
    if listening.kind == "gather" and line.presses and not leg.pressed:
        leg.pressed = True
        for index, key in enumerate(line.presses):
            after(_GAP + index * leg.net.options.key_interval_seconds, partial(leg.press, key))
    elif "speech" in listening.inputs and not leg.connected and leg.lines_said < len(line.says):
        text = line.says[leg.lines_said]
        leg.lines_said += 1
        after(_GAP, partial(leg.talk, text, line.language, 0.9, duration(text, line.language, leg.net.options)))


def tone_seconds(tones: str) -> float:
    """Give how long a string of keys and pauses takes. [D]"""
    return sum(0.5 if key == "w" else 1.0 if key == "W" else 0.2 for key in tones)


def tones(leg: Leg, keys: str) -> Program[None]:
    """Send keys down the line; an app at the far end hears them pressed."""
    for key in keys:
        yield Wait(tone_seconds(key))
        if leg.counterpart is not None and key not in "wW":
            leg.counterpart.press(key)


def _ring_app(leg: Leg) -> None:
    """The far end is a number of an app: an inbound call of its own, heard through this leg."""
    depth, behind = 0, leg.parent
    while behind is not None and behind.counterpart is not None:
        depth, behind = depth + 1, behind.counterpart.parent
    if depth == _MOST_APPS:
        told = f"loop guard of the emulator (Twilio has none): {_MOST_APPS} apps that dial each other"
        leg.problem(Problem(0, told, level="error"))
        leg.net.clock.after(0, lambda: leg.fiber.tell("ring result", "failed"))
        return
    far = leg.net.dial_in(leg)
    far.loop_guard = (leg.parent or leg).loop_guard  # they count as one call
    far.counterpart = leg
    leg.counterpart = far
    far.on_answer.append(lambda: leg.fiber.tell("ring result", "answer"))

    def far_over() -> None:
        if far.answered is None:
            leg.fiber.tell("ring result", "no-answer" if far.status == "completed" else final_status(far.status))
        elif leg.answered is not None:
            leg.hang_up(leg.role)

    far.on_end.append(far_over)
    leg.on_end.append(lambda: far.hang_up("caller"))
