"""The simple verbs: Say, Play, Pause, Redirect, Hangup, Reject, Sms, and those not emulated.

docs/twilio-facts.md#a8-simple-verbs
"""

import re

from ivr.network.line.directory import is_telephone_number
from ivr.network.line.documents import DocumentFailure, RunningDocument, Webhook
from ivr.network.line.interpreter import EndOfCall, Utterance, VerbProgram, utter, verb, webhook_job
from ivr.network.line.leg import Leg
from ivr.network.line.listening import Listening
from ivr.network.line.media import play_length
from ivr.network.line.outgoing import tone_seconds, tones
from ivr.network.line.speech import duration
from ivr.network.line.statuses import DialCallStatus
from ivr.network.line.transcript import SpeechKind
from ivr.network.wire.debugger import Level, Problem
from ivr.network.wire.fiber import NOTHING, Event, EventKind, Program, Wait
from ivr.network.wire.transport import Params
from ivr.network.wire.twiml_parser import Element

_BREAK = re.compile(r"^(\d+(?:\.\d+)?)(ms|s)$")
_MANDARIN = ("zh", "cmn")
_ENDLESS = 1000  # [D] loop="0" means until the call ends, or this many times


@verb("Say")
def say(leg: Leg, element: Element, document: RunningDocument) -> VerbProgram:
    leave_hold(leg)
    yield from speak(leg, element, document)
    return None


@verb("Play")
def play(leg: Leg, element: Element, document: RunningDocument) -> VerbProgram:
    """Play a file or tones; no call parameters go to the media's URL. [D]"""
    if document.scope.holding:
        leg.listening = Listening("hold", ready=True)
    yield from play_sound(leg, element, document)
    return None


@verb("Pause")
def pause(leg: Leg, element: Element, document: RunningDocument) -> VerbProgram:
    """Be silent for `length` seconds; a call that rings goes on ringing. [D]"""
    if document.scope.holding:
        leg.listening = Listening("hold", ready=True)
    yield Wait(float(element.whole("length") or 1))
    return None


@verb("Redirect")
def redirect(leg: Leg, element: Element, document: RunningDocument) -> VerbProgram:
    """Hand the call over to another document; an empty one asks for the current document again. [C]"""
    return document.webhook(element.words, element.text("method"))
    yield


@verb("Hangup")
def hangup(leg: Leg, element: Element, document: RunningDocument) -> VerbProgram:
    """End the call; one that still rings was not answered. [D]"""
    raise EndOfCall("no-answer" if leg.status == "ringing" else "completed")
    yield


@verb("Reject")
def reject(leg: Leg, element: Element, document: RunningDocument) -> VerbProgram:
    """Refuse the call if nothing has answered it yet: busy, or no-answer for "rejected". [D]"""
    if leg.status == "ringing":
        raise EndOfCall("busy" if element.text("reason") == "busy" else "no-answer")
    raise EndOfCall
    yield


@verb("Sms")
def sms(leg: Leg, element: Element, document: RunningDocument) -> VerbProgram:
    """Send a text message, to the caller unless it says to whom; then go on. Action parameters are [U]."""
    inbound = leg.direction == "inbound"
    to = element.text("to") or (leg.from_ if inbound else leg.to)
    from_ = element.text("from") or (leg.to if inbound else leg.from_)
    if not element.words:
        leg.problem(Problem(14103, "<Sms> has no text", element.line))
        return None
    if not is_telephone_number(to):
        leg.problem(Problem(14101, f"<Sms to={to!r}> is no telephone number", element.line))
        return None
    callback = document.webhook(element.text("statusCallback"), "POST").url if element.text("statusCallback") else ""
    message = leg.net.send_message(from_, to, element.words, callback)
    if element.given("action"):
        extra = (("SmsSid", message.sid), ("SmsStatus", "sent")) if leg.net.options.sms_action_fields else ()
        return document.webhook(element.text("action"), element.text("method"), extra)
    return None
    yield


@verb("Pay")
@verb("Prompt")
@verb("Echo")
@verb("Message")
def unsupported(leg: Leg, element: Element, document: RunningDocument) -> VerbProgram:
    """Fail because the verb is not emulated, or with a switch go on as if it had ended at once."""
    message = f"<{element.name}>{''.join(f'<{child.name}>' for child in element.children)} is not emulated"
    if leg.net.options.not_emulated == "fail":
        raise DocumentFailure(Problem(0, message, element.line, "error"), document.url)
    leg.problem(Problem(0, f"{message}; the call goes on"))
    if element.given("action"):
        return document.webhook(element.attributes["action"], element.text("method"))
    return None
    yield


@verb("Start")
@verb("Stop")
def background(leg: Leg, element: Element, document: RunningDocument) -> VerbProgram:
    """Streams, transcriptions and the like run beside a call [C]; here they are only logged, and the call goes on."""
    level: Level | None = "error" if leg.net.options.not_emulated == "fail" else None
    for noun in element.children:
        told = f"<{element.name}><{noun.name}> is not emulated; the next verb runs at once"
        leg.problem(Problem(0, told, element.line, level))
    return None
    yield


@verb("Refer")
def refer(leg: Leg, element: Element, document: RunningDocument) -> VerbProgram:
    """Only for SIP calls; on this network's lines it is 13801 and the call goes on. [D]"""
    leg.problem(Problem(13801, "<Refer> works on SIP calls only; this is none", element.line))
    if element.given("action"):
        extra = (("ReferCallStatus", "failed"), ("ReferSipResponseCode", ""), ("NotifySipResponseCode", ""))
        return document.webhook(element.text("action"), element.text("method"), extra)
    return None
    yield


def leave_hold(leg: Leg) -> None:
    """Somebody speaks, so the line is not on hold any more."""
    if leg.listening is not None and leg.listening.kind == "hold":
        leg.listening = None


def speak(leg: Leg, element: Element, document: RunningDocument, wanted: frozenset[EventKind] = NOTHING) -> Utterance:
    """Say the words of a <Say>, as often as its loop wants; gives the event that cut it short."""
    text = element.words
    language = _language(leg, element)
    _check_length(leg, element)
    if not text or not language:
        return None
    seconds = duration(text, language, leg.net.options) + _breaks(element)
    for _ in range(_times(element)):
        event = yield from utter(leg, "said", text, language=language, seconds=seconds, wanted=wanted)
        if event is not None:
            return event
    return None


def play_sound(
    leg: Leg, element: Element, document: RunningDocument, wanted: frozenset[EventKind] = NOTHING
) -> Utterance:
    """Play the file or the tones of a <Play>; gives the event that cut it short."""
    keys = element.text("digits")
    if keys:
        if leg.counterpart is not None:
            leg.note("hotline", "played", f"keys {keys}")
            yield from tones(leg, keys)
            return None
        return (yield from utter(leg, "played", f"keys {keys}", language="", seconds=tone_seconds(keys), wanted=wanted))
    if not element.words:
        leg.problem(Problem(11100, "<Play> names no file", element.line))
        return None
    url = document.webhook(element.words, "GET").url
    seconds = yield from play_length(leg, url)
    kind, heard, language, sound = _on_file(leg, url)
    for _ in range(_times(element)):
        event = yield from utter(leg, kind, heard, language=language, seconds=seconds, wanted=wanted, sound=sound)
        if event is not None:
            return event
    return None


def _on_file(leg: Leg, url: str) -> tuple[SpeechKind, str, str, str]:
    """What is heard of a file: its words where somebody knows them (`words_on`), their language and the file."""
    known = leg.net.words_on(url)
    return ("played", url, "", "") if known is None else ("said", *known, url)


def prompt(leg: Leg, parts: list[Element], document: RunningDocument, wanted: frozenset[EventKind]) -> Utterance:
    """Speak, play and pause what stands in a Gather; gives the event that cut it short."""
    event: Event | None = None
    for part in parts:
        if part.name == "Say":
            _must_have_a_voice(part, document)
            event = yield from speak(leg, part, document, wanted)
        elif part.name == "Play":
            if part.text("digits"):
                leg.problem(Problem(13320, "<Play digits> may not stand in <Gather>", part.line))
                continue
            event = yield from play_sound(leg, part, document, wanted)
        else:
            event = yield Wait(float(part.whole("length") or 1), wanted)
        if event is not None:
            return event
    return None


def request_action(leg: Leg, element: Element, document: RunningDocument, extra: Params) -> Program[None]:
    """Make the request for a verb's `action`, if it has one, after its caller is gone."""
    action = document.action(element, extra)
    if action is not None:
        yield from final_request(leg, action)


def parameters(noun: Element) -> Params:
    """Give what the <Parameter>s in a noun hand along."""
    written = (child.attributes for child in noun.children if child.name == "Parameter")
    return tuple((given.get("name", ""), given.get("value", "")) for given in written)


def call_status(status: DialCallStatus) -> Params:
    return (("DialCallStatus", status),)


def final_request(leg: Leg, webhook: Webhook) -> Program[None]:
    """Make the request a verb owes after its caller is gone; the reply is not executed."""
    fetched = yield webhook_job(leg, webhook)
    leg.requests.extend(fetched.exchanges)
    if fetched.problem is not None:
        leg.problem(fetched.problem, webhook.url)


def _must_have_a_voice(element: Element, document: RunningDocument) -> None:
    """A voice that does not exist is a failure inside of <Gather>, and a warning elsewhere. [D]"""
    voice = element.attributes.get("voice")
    if voice is not None and element.text("voice") != voice:
        raise DocumentFailure(Problem(13511, f"<Say voice={voice!r}> in <Gather>", element.line, "error"), document.url)


def _times(element: Element) -> int:
    loop = element.whole("loop")
    return _ENDLESS if loop == 0 else loop or 1


def _language(leg: Leg, element: Element) -> str:
    """Give the language spoken; nothing when a Mandarin voice with another language is to fail. [U]"""
    language = element.text("language") or ""
    voice = element.text("voice") or ""
    if "Zhiyu" in voice or "cmn-CN" in voice:
        if language and not language.lower().startswith(_MANDARIN):
            leg.problem(Problem(13512, f"voice {voice} does not speak {language}", element.line))
            if leg.net.options.wrong_voice == "fail":
                return ""
        return language or "cmn-CN"
    return language or "en-US"


def _check_length(leg: Leg, element: Element) -> None:
    voice = element.text("voice") or ""
    limit = 3000 if voice.startswith("Polly.") else 5000 if voice.startswith("Google.") else 4096
    counted = leg.net.options.say_limit_counts
    length = len(element.words.encode()) if counted == "bytes" else len(element.words)
    if length > limit:
        leg.problem(
            Problem(13521, f"<Say> is {length} {counted} long; {voice or 'this voice'} takes {limit}", element.line)
        )
    elif not element.words:
        leg.problem(Problem(13520, "<Say> has no words", element.line))


def _breaks(element: Element) -> float:
    """Seconds of <break time> anywhere inside."""
    total = 0.0
    for piece in element.pieces:
        if isinstance(piece, Element):
            found = _BREAK.match(piece.attributes.get("time", "")) if piece.name == "break" else None
            if found:
                total += min(10.0, float(found[1]) / (1000 if found[2] == "ms" else 1))
            total += _breaks(piece)
    return total
