"""`<Connect><ConversationRelay>`: the caller's words go to an app over a WebSocket, and its text is spoken.

docs/twilio-facts.md#a8-conversationrelay
"""

import math
from collections import deque
from dataclasses import dataclass
from typing import Literal, assert_never

from ivr.network.line.documents import HungUp, RunningDocument
from ivr.network.line.interpreter import EndOfCall, VerbProgram, verb
from ivr.network.line.leg import Leg
from ivr.network.line.listening import InputKind, Listening
from ivr.network.line.media import play_length
from ivr.network.line.outgoing import scripted_input, tones
from ivr.network.line.relay_session import (
    Disconnected,
    EndSession,
    Malformed,
    PlayMedia,
    RelayMessage,
    RelaySession,
    SendDigits,
    SwitchLanguage,
    TextToken,
)
from ivr.network.line.speech import duration, heard_part, masked
from ivr.network.line.transcript import SpeechKind
from ivr.network.verbs.simple import parameters, request_action, unsupported
from ivr.network.wire.debugger import Problem
from ivr.network.wire.fiber import Afterwards, Event, EventKind, Job, Program, Wait
from ivr.network.wire.transport import ConnectionFailure, Params
from ivr.network.wire.twiml_parser import Element
from ivr.network.wire.websocket import AsgiSocket, WebSocket

SessionStatus = Literal["ended", "failed", "completed"]
_INPUT: frozenset[EventKind] = frozenset({"key", "talk"})
_ANYTHING: frozenset[EventKind] = _INPUT | frozenset[EventKind]({"message"})
_KINDS: dict[str, frozenset[EventKind]] = {
    "any": _INPUT, "true": _INPUT, "dtmf": frozenset({"key"}), "speech": frozenset({"talk"}),
}  # fmt: skip
_UNFINISHED_SECONDS = 1.0  # after which words are said whose last token has not come
_SILENCE_SECONDS = 10.0  # Twilio never gives up waiting; a person who is silent here has been so for this long
_MOST_MALFORMED = 10  # in a row [D]
_ENDLESS = 1000


@dataclass(frozen=True, slots=True)
class _Speech:
    """Something to say or play: how long it takes, what the person may cut it with, whether what follows does so."""

    kind: SpeechKind
    text: str
    language: str
    seconds: float
    cuts: frozenset[EventKind]
    preemptible: bool


@dataclass(frozen=True, slots=True)
class _Ending:
    """How a session ended, as the action is told."""

    status: SessionStatus
    extra: Params = ()


@verb("Connect")
def connect(leg: Leg, element: Element, document: RunningDocument) -> VerbProgram:
    """Let the caller and an app talk until one of them ends it; then `action`, or the next verb.

    A session that failed and has no `action` ends the call. [D] What else may be connected is not emulated.
    """
    net = leg.net
    noun = next((child for child in element.children if child.name == "ConversationRelay"), None)
    if noun is None:
        return (yield from unsupported(leg, element, document))
    url, sid, began = noun.text("url") or "", net.new_sid("VX"), net.clock.seconds

    def outcome(ending: _Ending) -> Params:
        length = str(int(net.clock.seconds - began))
        told = (("SessionDuration", length), ("SessionId", sid), ("SessionStatus", ending.status))
        return (*told, *ending.extra)

    def open_socket() -> tuple[WebSocket | AsgiSocket | ConnectionFailure, float]:
        opened, seconds = net.carrier.open_websocket(url, document.url)
        return opened, math.floor(seconds)

    socket: WebSocket | AsgiSocket | ConnectionFailure = yield Job(open_socket)
    if isinstance(socket, ConnectionFailure):
        leg.problem(Problem(socket.code, socket.reason, noun.line), url)
        ending = _failed(39001, "Network connection to WebSocket server failed.")
    else:
        language = noun.text("language") or ""
        session = RelaySession(
            leg, noun, url, sid, socket,
            noun.text("ttsLanguage") or language, noun.text("transcriptionLanguage") or language,
        )  # fmt: skip
        try:
            with Afterwards(lambda: _leave(session)):
                ending = yield from _talk(session)
        except HungUp:
            yield from request_action(leg, element, document, outcome(_Ending("completed")))
            raise
    action = document.action(element, outcome(ending))
    if action is None and ending.status == "failed":
        raise EndOfCall("failed")
    return action


def _failed(code: int, why: str) -> _Ending:
    return _Ending("failed", (("ErrorCode", str(code)), ("ErrorMessage", why)))


def _leave(session: RelaySession) -> None:
    session.leg.listening = None
    session.socket.close()


def _talk(session: RelaySession) -> Program[_Ending]:
    noun = session.noun
    session.send("setup", **_setup(session))
    session.may_answer()
    event: Event | None = None
    if greeting := noun.text("welcomeGreeting"):
        cuts = _KINDS.get(noun.text("welcomeGreetingInterruptible") or "", frozenset())
        event = yield from _say(session, greeting, session.tts_language, cuts, preemptible=False)
    while True:
        if event is not None:
            event = yield from _hear(session, event)
        elif session.inbox:
            message = session.inbox.popleft()
            if isinstance(message, EndSession | Disconnected) and not session.words:
                return _ended(session, message)
            event = yield from _perform(session, message)
            if session.malformed >= _MOST_MALFORMED:
                session.socket.close(1007, "Too many consecutive malformed messages.")
                return _ended(session, Disconnected("too many messages in a row that nobody understands"))
        else:
            _open_line(session)
            event = yield Wait(_patience(session), _ANYTHING)
            if event is None:
                event = yield from _late(session)
            elif event.kind == "message":
                event = None


def _ended(session: RelaySession, message: EndSession | Disconnected) -> _Ending:
    match message:
        case EndSession(None):
            return _Ending("ended")
        case EndSession(data):
            return _Ending("ended", (("HandoffData", str(data)),))
        case Disconnected(why):
            session.leg.problem(Problem(64105, f"the app ended the session's WebSocket: {why}"), session.url)
            return _failed(64105, "WebSocket Ended")
        case _:
            assert_never(message)


def _setup(session: RelaySession) -> dict[str, object]:
    leg = session.leg
    return {
        "sessionId": session.sid,
        "accountSid": leg.net.account_sid,
        "parentCallSid": leg.parent.sid if leg.parent is not None else "",
        "callSid": leg.sid,
        "from": leg.from_,
        "to": leg.to,
        "forwardedFrom": leg.forwarded_from,
        "callType": "PSTN" if leg.phone.startswith("+") else leg.phone.partition(":")[0].upper(),
        "callerName": leg.caller_name or "",
        "direction": leg.direction,
        "callStatus": "RINGING" if leg.answered == leg.net.clock.now() else "IN-PROGRESS",
        "applicationSid": leg.settings.sid if leg.settings.sid.startswith("AP") else "",
        "customParameters": dict(parameters(session.noun)),
    }


# -- waiting --


def _open_line(session: RelaySession) -> None:
    """It is the person's turn, unless the app owes an answer."""
    leg, clock = session.leg, session.leg.net.clock
    if session.owed or session.words or (session.reading and not clock.passes_by_itself):
        return
    if clock.seconds < session.quiet_from:
        return
    if leg.listening is None or not leg.listening.open:
        leg.listening = _listening(session, ready=True)
        scripted_input(leg, leg.listening)


def _listening(session: RelaySession, *, ready: bool) -> Listening:
    inputs: tuple[InputKind, ...] = ("dtmf", "speech") if session.noun.flag("dtmfDetection") else ("speech",)
    return Listening(
        "gather", ready, inputs=inputs, finish_keys="", language=session.transcription_language, more=session.says_more
    )


def _patience(session: RelaySession) -> float | None:
    """Seconds to wait for the app or the person; None while an app in virtual time is being read.

    An app is late by real seconds, however fast the clock is.
    """
    clock = session.leg.net.clock
    if session.reading and not clock.passes_by_itself:
        return None
    if session.words:
        return _UNFINISHED_SECONDS * clock.speed
    if session.owed:
        due = session.owed_since + session.leg.net.options.relay_answer_seconds * clock.speed
        return max(0.0, due - clock.seconds)
    return session.quiet_from - clock.seconds if clock.seconds < session.quiet_from else _SILENCE_SECONDS


def _late(session: RelaySession) -> Program[Event | None]:
    """Nothing has come in time: say what is there, tell that an answer is missing, or note that all are silent."""
    leg, options = session.leg, session.leg.net.options
    if session.words:
        return (yield from _say_words(session))
    if session.owed:
        told = f"the app has not answered {session.owed!r} within {options.relay_answer_seconds:g} s"
        leg.problem(Problem(0, told, level="error"), session.url)
        session.owed = ""
        return None
    if leg.listening is None:  # the app has nothing to say, and now it is the person's turn
        return None
    if not session.silent:
        session.silent = True
        leg.note(leg.role, "silence", "")
        session.read(options.relay_quiet_seconds)
    leg.listening = None
    return None


# -- what the person does --


def _hear(session: RelaySession, event: Event) -> Program[Event | None]:
    """Tell the app of a key, or of what is said, when it has been said; gives what came instead of more words."""
    leg, noun, options = session.leg, session.noun, session.leg.net.options
    session.silent = False
    if leg.listening is not None:
        leg.listening.begun = True
    if event.kind == "key":
        if noun.flag("dtmfDetection"):
            session.send("dtmf", digit=str(event.value))
            session.may_answer()
        leg.listening = None
        return None
    words: list[str] = []
    following: Event | None = event
    while following is not None and following.kind == "talk":
        text, _, length = following.value
        yield Wait(length)
        words.append(masked(text) if noun.flag("profanityFilter") else text)
        if noun.flag("partialPrompts"):
            _prompt(session, words, last=False)
        following = yield Wait(options.speech_end_seconds, _INPUT)
    _prompt(session, words, last=True)
    session.owed, session.owed_since = " ".join(words), leg.net.clock.seconds
    session.read(options.relay_answer_seconds)
    return following


def _prompt(session: RelaySession, words: list[str], *, last: bool) -> None:
    session.send("prompt", voicePrompt=" ".join(words), lang=session.transcription_language, last=last)


# -- what the app does --


def _perform(session: RelaySession, message: RelayMessage) -> Program[Event | None]:
    """Do what a message says; gives what the person did meanwhile, when it cut that short."""
    leg = session.leg
    session.malformed = session.malformed + 1 if isinstance(message, Malformed) else 0
    session.quiet_from = 0.0
    if isinstance(message, TextToken):
        session.owed = ""
        session.words.append(message)
        return (yield from _say_words(session)) if message.last else None
    if session.words:  # what was sent before comes first
        session.inbox.appendleft(message)
        return (yield from _say_words(session))
    match message:
        case PlayMedia():
            session.owed = ""
            seconds = yield from play_length(leg, message.source)
            cuts, preemptible = _cuts(session, message.interruptible), _preemptible(session, message.preemptible)
            speech = _Speech("played", message.source, "", seconds, cuts, preemptible)
            for _ in range(message.loop or _ENDLESS):
                event = yield from _utter(session, speech)
                if event is not None:
                    return event
        case SendDigits(digits):
            leg.note("hotline", "played", f"keys {digits}")
            yield from tones(leg, digits)
        case SwitchLanguage(tts, transcription):
            session.tts_language = tts or session.tts_language
            session.transcription_language = transcription or session.transcription_language
        case Malformed(raw, why):
            leg.problem(Problem(64107, f"invalid message, {why}: {raw[:200]}"), session.url)
            session.send("error", description=f"Invalid message received: {raw}")
        case EndSession() | Disconnected():
            raise AssertionError("a session ends in _talk")
        case _:
            assert_never(message)
    return None


def _say_words(session: RelaySession) -> Program[Event | None]:
    """Say the words that have come, up to their last token or to a change of language."""
    first = session.words[0]
    tokens = [token for token in session.words if token.lang == first.lang]
    session.words = [token for token in session.words if token.lang != first.lang]
    text = " ".join("".join(token.words for token in tokens).split())
    cuts, preemptible = _cuts(session, first.interruptible), _preemptible(session, first.preemptible)
    return (yield from _say(session, text, first.lang or session.tts_language, cuts, preemptible=preemptible))


def _say(
    session: RelaySession, text: str, language: str, cuts: frozenset[EventKind], *, preemptible: bool
) -> Program[Event | None]:
    if not text:
        return None
    seconds = duration(text, language, session.leg.net.options)
    return (yield from _utter(session, _Speech("said", text, language, seconds, cuts, preemptible)))


def _utter(session: RelaySession, speech: _Speech) -> Program[Event | None]:
    """Say or play; gives what the person did when it cut that short. What cuts nothing is told or lost. [D]"""
    leg, clock = session.leg, session.leg.net.clock
    reported = _KINDS.get(session.noun.text("reportInputDuringAgentSpeech") or "", frozenset())
    leg.listening = _listening(session, ready=False)
    began = clock.seconds
    leg.start_speaking("hotline", speech.kind, speech.text, speech.language, speech.seconds)
    with Afterwards(leg.stop_speaking):
        while (left := began + speech.seconds - clock.seconds) > 1e-6 and not _overtaken(session, speech):
            event: Event | None = yield Wait(left, _ANYTHING)
            if event is None or event.kind == "message":
                continue
            if event.kind in speech.cuts:
                passed = clock.seconds - began
                leg.stop_speaking()
                session.send(
                    "interrupt",
                    utteranceUntilInterrupt=heard_part(speech.text, passed / speech.seconds)
                    if speech.kind == "said"
                    else "",
                    durationUntilInterruptMs=round(passed * 1000),
                )
                _drop_speech(session)
                return event
            if event.kind in reported and event.kind == "key" and session.noun.flag("dtmfDetection"):
                session.send("dtmf", digit=str(event.value))
            elif event.kind in reported and event.kind == "talk":
                _prompt(session, [event.value[0]], last=True)
    session.read(0.0)
    leg.listening = None
    return None


def _overtaken(session: RelaySession, speech: _Speech) -> bool:
    """Whether what has come ends what is being said: other words, or an end that does not wait."""
    if session.leg.net.options.relay_end == "at once" and any(isinstance(one, EndSession) for one in session.inbox):
        _drop_speech(session)
        return True
    return speech.preemptible and any(isinstance(one, TextToken | PlayMedia) for one in session.inbox)


def _drop_speech(session: RelaySession) -> None:
    session.words.clear()
    session.inbox = deque(one for one in session.inbox if not isinstance(one, TextToken | PlayMedia))


def _cuts(session: RelaySession, interruptible: bool | None) -> frozenset[EventKind]:
    """What the person may interrupt with: as the message says, or else the TwiML."""
    if interruptible is None:
        return _KINDS.get(session.noun.text("interruptible") or "", frozenset())
    return _INPUT if interruptible else frozenset()


def _preemptible(session: RelaySession, told: bool | None) -> bool:
    return session.noun.flag("preemptible") if told is None else told
