"""Gather: keys and speech, to the letter of A6."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from ivr.network.line.interpreter import Ask, Page, Steps, verb
from ivr.network.line.leg import HungUp, Leg, Listening
from ivr.network.line.outgoing import scripted_keys
from ivr.network.line.speech import masked
from ivr.network.verbs.simple import last_word, notify, prompt
from ivr.network.wire.fiber import Afterwards, Event, Job, Wait
from ivr.network.wire.twiml_parser import Element

_KEY = frozenset({"key"})
_TALK = frozenset({"talk"})
_SPEECH_CAP = 60.0  # [D] seconds of one answer in words


@verb("Gather")
def gather(leg: Leg, element: Element, page: Page) -> Steps:
    """Collect; with an input the call goes to `action`, without one to the next verb. [D]"""
    inputs = tuple(str(kind) for kind in _words(element, "input"))
    wanted: frozenset[str] = frozenset()
    if "dtmf" in inputs:
        wanted |= _KEY
    if "speech" in inputs:
        wanted |= _TALK
    mine = Listening(
        "gather",
        inputs=inputs,
        num_digits=element.whole("numDigits"),
        finish_keys=element.text("finishOnKey") or "",
        language=element.text("language") or "",
        holding=page.scope.holding,
    )
    leg.listening = mine
    with Afterwards(lambda: leg.close(mine)):
        try:
            early = leg.typed.pop(0) if leg.typed and "dtmf" in inputs else None
            if early is None:
                interrupting = wanted if element.flag("bargeIn") else frozenset()
                event = yield from prompt(leg, element.children, page, interrupting)
            else:
                event = Event("key", early)
            mine.ready = True
            mine.begun = event is not None
            scripted_keys(leg)
            ask = yield from _collect(leg, element, page, wanted, event)
        except HungUp:
            if leg.net.options.gather_action_on_hangup:
                yield from last_word(leg, page.ask(element.text("action"), element.text("method"), _empty(leg)))
            raise
    return ask


def _collect(leg: Leg, element: Element, page: Page, wanted: frozenset[str], event: Event | None) -> Steps:
    """The prompt is over or cut by `event`: wait for keys or words."""
    finish = element.text("finishOnKey") or ""
    most = element.whole("numDigits")
    timeout = element.whole("timeout")
    seconds = float(5 if timeout is None else timeout)
    action, method = element.text("action"), element.text("method")
    digits = ""
    while True:
        if event is None and leg.typed:
            event = Event("key", leg.typed.pop(0))
        if event is None:
            event = yield Wait(seconds, _KEY if digits else wanted)
        if event is None:
            if digits:
                return page.ask(action, method, _digits(digits, ""))
            leg.note("caller", "silence", "")
            return page.ask(action, method, _empty(leg)) if element.flag("actionOnEmptyResult") else None
        if leg.listening is not None:
            leg.listening.begun = True
        if event.kind == "talk":
            said = yield from _listen(leg, element, page, event)
            return page.ask(action, method, said)
        key = str(event.value)
        event = None
        if key == finish:
            if digits:
                return page.ask(action, method, _digits(digits, key))
            return page.ask(action, method, _empty(leg)) if element.flag("actionOnEmptyResult") else None
        digits += key
        if leg.listening is not None:
            leg.listening.digits = digits
        if most is not None and len(digits) >= most:
            return page.ask(action, method, _digits(digits, ""))


def _listen(
    leg: Leg, element: Element, page: Page, event: Event
) -> Generator[Wait | Job, Any, tuple[tuple[str, str], ...]]:
    """Someone has begun to speak: hear them out, then wait for speechTimeout of silence."""
    patience = element.values.get("speechTimeout")
    if patience is None:
        patience = element.values.get("timeout")
    silence = float(patience) if isinstance(patience, int) else leg.net.options.speech_end_seconds
    words: list[str] = []
    confidence = 0.0
    sequence = 0
    cap = float(element.whole("maxSpeechTime") or _SPEECH_CAP)
    began = leg.net.clock.seconds
    while True:
        text, sureness, length = event.value
        yield Wait(length)
        words.append(masked(text) if element.flag("profanityFilter") else text)
        confidence = sureness
        callback = element.text("partialResultCallback")
        if callback:
            partial = (
                ("SequenceNumber", str(sequence)),
                ("Stability", "0.9"),
                ("StableSpeechResult", ""),
                ("UnstableSpeechResult", " ".join(words)),
            )
            ask = page.ask(callback, element.text("partialResultCallbackMethod"), partial)
            notify(leg, Ask(ask.url, ask.method, ask.extra))
            sequence += 1
        left = cap - (leg.net.clock.seconds - began)
        more = (yield Wait(min(silence, left), _TALK)) if left > 0 else None
        if more is None:
            break
        event = more
    return (("Confidence", f"{confidence:.8g}"), ("SpeechResult", " ".join(words)))


def _digits(digits: str, finished_on: str) -> tuple[tuple[str, str], ...]:
    return (("Digits", digits), ("FinishedOnKey", finished_on), ("msg", "Gather End"))


def _empty(leg: Leg) -> tuple[tuple[str, str], ...]:
    """What actionOnEmptyResult sends: blank Digits, or none at all. [U]"""
    if leg.net.options.digits_when_empty == "blank":
        return (("Digits", ""), ("FinishedOnKey", ""), ("msg", "Gather End"))
    return (("FinishedOnKey", ""), ("msg", "Gather End"))


def _words(element: Element, name: str) -> tuple[object, ...]:
    value = element.values.get(name)
    return value if isinstance(value, tuple) else ()
