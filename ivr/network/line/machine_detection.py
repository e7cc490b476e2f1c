"""Finding out who has answered: a person, a machine, a fax. docs/twilio-facts.md#a8-machine-detection"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, get_args

from ivr.network.line.documents import Webhook
from ivr.network.line.leg import Leg
from ivr.network.line.statuses import AnsweredBy

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
