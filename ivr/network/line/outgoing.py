"""Calls that the network places: ringing a line, what it does when rung, and the documents it then hears.

A far end is a habit (`Line`), a live person, or a number of an app, which becomes an inbound call of its own
joined to this one.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

from ivr.network.line.interpreter import Ask, Page, call
from ivr.network.line.leg import Leg
from ivr.network.line.speech import duration
from ivr.network.wire.fiber import Job, Wait
from ivr.network.wire.twiml_parser import Unreadable, parse

_RUNG = frozenset({"rung"})
_GAP = 0.5  # seconds between being connected and speaking


def rung(leg: Leg, timeout: float) -> Generator[Wait | Job, Any, bool]:
    """Ring the far end for `timeout` seconds; True when it answered. Reports progress on the way."""
    net = leg.net
    leg.status = "initiated"
    net.progress(leg, "initiated")
    leg.ring()
    net.progress(leg, "ringing")
    net.ring(leg)
    event = yield Wait(timeout, _RUNG)
    if event is None:
        leg.end("no-answer", "network")
        return False
    if event.value != "answer":
        leg.end(str(event.value), "network")
        return False
    leg.answer()
    net.progress(leg, "answered")
    return True


def outgoing(
    leg: Leg, timeout: float, send_digits: str, machine_detection: str, beside: Ask | None = None
) -> Generator[Wait | Job, Any, None]:
    """Run an outbound-api call; `beside` is told who answered when machine detection may not hold the call up."""
    if not (yield from rung(leg, timeout)):
        return
    detect = machine_detection in ("Enable", "DetectMessageEnd")
    if detect and beside is not None:
        detect_beside(leg, beside if beside.url else None)
    elif detect:
        yield Wait(leg.net.options.machine_detection_seconds)
        leg.annotations["AnsweredBy"] = leg.line.answered_by if leg.line is not None else "unknown"
    if send_digits:
        yield from tones(leg, send_digits)
    if leg.line is not None and not leg.line.says:
        connected(leg)
    settings = leg.settings
    if settings.twiml:
        try:
            page = Page("", parse(settings.twiml.encode()))
        except Unreadable as why:
            leg.problem(why.problem)
            leg.end("completed", "network")
            return
        yield from call(leg, None, page)
    else:
        yield from call(leg, Ask(settings.url, settings.method, tuple(leg.annotations.items())))


def detect_beside(leg: Leg, ask: Ask | None) -> None:
    """Find out who has answered while the call goes on; `ask` is told, if it is still on then. [D]"""
    seconds = leg.net.options.machine_detection_seconds

    def found() -> None:
        if leg.over:
            return
        leg.annotations["AnsweredBy"] = leg.line.answered_by if leg.line is not None else "unknown"
        if ask is not None:
            facts = (*leg.annotations.items(), ("MachineDetectionDuration", str(round(seconds * 1000))))
            leg.net.notify(leg, ask.url, ask.method, facts)

    leg.net.clock.after(seconds, found)


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
            after(line.after, lambda: _told(leg, "answer"))
        case "busy" | "failed":
            outcome = line.outcome
            after(tell, lambda: _told(leg, outcome))
        case "rejected":
            after(line.after, lambda: _told(leg, leg.net.options.rejected_line_status))
        case "no-answer":
            return


def connected(leg: Leg) -> None:
    """The far end now has somebody to talk with: it speaks its lines and may hang up. Happens once a leg."""
    line = leg.line
    if line is None or leg.connected:
        return
    leg.connected = True
    after = leg.net.clock.after
    options = leg.net.options
    moment = _GAP
    for text in line.says:
        length = duration(text, line.language, options.chinese_characters_per_second, options.english_words_per_second)
        after(moment, _speaker(leg, text, line.language, length))
        moment += _GAP + length
    leg.busy_until = leg.net.clock.seconds + (moment if line.says else 0.0)
    if line.says:
        after(moment, _nothing)  # a moment for those who wait for the end of the talking
    if line.hangs_up_after is not None:
        after(line.hangs_up_after, lambda: leg.hang_up(leg.role))
    if line.then is not None:
        line.then(leg)


def scripted_keys(leg: Leg) -> None:
    """A document listens: a scripted person presses what their script says, once."""
    if leg.line is None or leg.pressed:
        return
    leg.pressed = True
    for index, key in enumerate(leg.line.presses):
        leg.net.clock.after(_GAP + index * leg.net.options.key_interval_seconds, _presser(leg, key))


def tone_seconds(tones: str) -> float:
    """Give how long a string of keys and pauses takes. [D]"""
    return sum(0.5 if key == "w" else 1.0 if key == "W" else 0.2 for key in tones)


def tones(leg: Leg, keys: str) -> Generator[Wait | Job, Any, None]:
    """Send keys down the line; an app at the far end hears them pressed."""
    for key in keys:
        yield Wait(tone_seconds(key))
        if leg.mirror is not None and key not in "wW":
            leg.mirror.press(key)


def _told(leg: Leg, outcome: str) -> None:
    if leg.fiber is not None:
        leg.fiber.tell("rung", outcome)


def _presser(leg: Leg, key: str) -> Callable[[], None]:
    return lambda: leg.press(key)


def _nothing() -> None:
    return


def _speaker(leg: Leg, text: str, language: str, seconds: float) -> Any:
    def speak() -> None:
        if not leg.over:
            leg.speak_to(text, language, seconds)

    return speak


def _ring_app(leg: Leg) -> None:
    """The far end is a number of an app: an inbound call of its own, heard through this leg."""
    far = leg.net.dial(leg.to, leg.from_, wait=False).leg
    far.mirror = leg
    leg.mirror = far
    far.on_answer.append(lambda: _told(leg, "answer"))

    def far_over() -> None:
        if far.answered is None:
            _told(leg, "no-answer" if far.status == "completed" else far.status)
        elif leg.answered is not None:
            leg.hang_up(leg.role)

    far.on_end.append(far_over)
    leg.on_end.append(lambda: far.hang_up("caller"))
