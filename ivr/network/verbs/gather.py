"""Gather: keys and speech. docs/twilio-facts.md#a6-gather"""

from typing import get_args

from ivr.network.line.documents import HungUp, RunningDocument, Webhook
from ivr.network.line.interpreter import VerbProgram, verb
from ivr.network.line.leg import Leg
from ivr.network.line.listening import InputKind, Listening
from ivr.network.line.outgoing import scripted_input
from ivr.network.line.speech import masked
from ivr.network.verbs.simple import final_request, prompt
from ivr.network.wire.fiber import Afterwards, Event, EventKind, Program, Wait
from ivr.network.wire.transport import Params
from ivr.network.wire.twiml_parser import Element

_KEY: frozenset[EventKind] = frozenset({"key"})
_TALK: frozenset[EventKind] = frozenset({"talk"})
_SPEECH_CAP = 60.0  # [D] seconds of one answer in words


@verb("Gather")
def gather(leg: Leg, element: Element, document: RunningDocument) -> VerbProgram:
    """Collect; with an input the call goes to `action`, without one to the next verb. [D]"""
    inputs = tuple(kind for kind in get_args(InputKind) if kind in element.several("input"))
    wanted: frozenset[EventKind] = frozenset()
    if "dtmf" in inputs:
        wanted |= _KEY
    if "speech" in inputs:
        wanted |= _TALK
    listening = Listening(
        "gather",
        inputs=inputs,
        num_digits=element.whole("numDigits"),
        finish_keys=element.text("finishOnKey") or "",
        language=element.text("language") or "",
        holding=document.scope.holding,
    )
    leg.listening = listening
    with Afterwards(lambda: leg.close(listening)):
        try:
            early = leg.typeahead.pop(0) if leg.typeahead and "dtmf" in inputs else None
            if early is None:
                interrupting = wanted if element.flag("bargeIn") else frozenset()
                event = yield from prompt(leg, element.children, document, interrupting)
            else:
                event = Event("key", early)
            listening.ready = not _before_a_tone(element, document)
            listening.begun = event is not None
            scripted_input(leg, listening)
            webhook = yield from _collect(leg, element, document, wanted, event)
        except HungUp:
            if leg.net.options.gather_action_on_hangup:
                yield from final_request(
                    leg, document.webhook(element.text("action"), element.text("method"), _empty(leg))
                )
            raise
    return webhook


def _before_a_tone(element: Element, document: RunningDocument) -> bool:
    """Whether who presses nothing goes on to a recording, which then is the person's turn."""
    verbs = document.parsed.verbs
    after = next((verb for verb in verbs[verbs.index(element) + 1 :]), None) if element in verbs else None
    return after is not None and after.name == "Record" and not element.flag("actionOnEmptyResult")


def _collect(
    leg: Leg, element: Element, document: RunningDocument, wanted: frozenset[EventKind], event: Event | None
) -> VerbProgram:
    """The prompt is over or cut by `event`: wait for keys or words."""
    finish = element.text("finishOnKey") or ""
    most = element.whole("numDigits")
    timeout = element.whole("timeout")
    seconds = float(5 if timeout is None else timeout)
    digits = ""

    def told(params: Params) -> Webhook | None:
        return document.webhook(element.text("action"), element.text("method"), params)

    def ended(by: str) -> Webhook | None:
        """What was keyed in, or that nothing was, where the action is told of that."""
        if digits:
            return told((("Digits", digits), ("FinishedOnKey", by), ("msg", "Gather End")))
        return told(_empty(leg)) if element.flag("actionOnEmptyResult") else None

    while True:
        event = event or (yield from _next(leg, seconds, _KEY if digits else wanted))
        if event is None:
            if not digits:
                leg.note("caller", "silence", "")
            return ended("")
        if leg.listening is not None:
            leg.listening.begun = True
        if event.kind == "talk":
            return told((yield from _listen(leg, element, document, event)))
        key = str(event.value)
        event = None
        if key == finish:
            return ended(key)
        digits += key
        if leg.listening is not None:
            leg.listening.digits = digits
        if most is not None and len(digits) >= most:
            return ended("")


def _next(leg: Leg, seconds: float, wanted: frozenset[EventKind]) -> Program[Event | None]:
    """A key that was pressed ahead, or what comes within so many seconds."""
    if leg.typeahead:
        return Event("key", leg.typeahead.pop(0))
    event: Event | None = yield Wait(seconds, wanted)
    return event


def _listen(leg: Leg, element: Element, document: RunningDocument, event: Event) -> Program[Params]:
    """Someone has begun to speak: hear them out, then wait for speechTimeout of silence."""
    timeouts = element.values.get("speechTimeout")
    if timeouts is None:
        timeouts = element.values.get("timeout")
    silence = float(timeouts) if isinstance(timeouts, int) else leg.net.options.speech_end_seconds
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
            leg.net.notify(leg, document.webhook(callback, element.text("partialResultCallbackMethod"), partial))
            sequence += 1
        left = cap - (leg.net.clock.seconds - began)
        more = (yield Wait(min(silence, left), _TALK)) if left > 0 else None
        if more is None:
            break
        event = more
    return (("Confidence", f"{confidence:.8g}"), ("SpeechResult", " ".join(words)))


def _empty(leg: Leg) -> Params:
    """What actionOnEmptyResult sends: blank Digits, or none at all. [U]"""
    if leg.net.options.digits_when_empty == "blank":
        return (("Digits", ""), ("FinishedOnKey", ""), ("msg", "Gather End"))
    return (("FinishedOnKey", ""), ("msg", "Gather End"))
