"""Events to TwiML: writes a turn as a document.

Knows TwiML and the addresses of this hotline; must not know flows, sessions or the store. The other direction, from a
form to an input, is `ivr.webhooks.form`.

Documents are built with Twilio's own classes, so that verbs and attributes are spelled by those who read them.
Only the last step is ours: `str()` of a response builds a second tree and serialises that in Python (33 µs for a
menu here); `_render` walks the first one (7 µs), and the parser that every document then has to pass (11 µs)
would not forgive it a mistake. Most of what a hotline says it says to everybody, so a turn's document is made and
checked once for the same words and the same wait, with marks where call and turn stand in its addresses.
"""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from html import escape
from typing import Literal, Protocol, assert_never
from urllib.parse import quote

from twilio.twiml import TwiML
from twilio.twiml.voice_response import (
    Dial,
    Enqueue,
    Gather,
    Hangup,
    Leave,
    Pause,
    Play,
    Record,
    Redirect,
    Say,
    VoiceResponse,
)  # fmt: skip

from ivr.call import events
from ivr.call.languages import LANGUAGES
from ivr.call.redaction import keepable
from ivr.voices.recordings import Recorded, SentenceRecordings
from ivr.webhooks.sanitize import flaw, pieces

HOLD_SECONDS = 20
"""How long somebody on hold without music hears nothing before being told again."""
TRANSFER_RINGS_SECONDS = 30
SLOW_RATE = "85%"
"""How fast words are said to who asks to hear them again (docs/twilio-facts.md#a10-elements-and-attributes)."""
FAULTS_BEFORE_A_PERSON = 3
BUSY_BEFORE_GOODBYE = 5
DOCUMENTS_KEPT = 256

_CALL, _TURN = (f"{name}-{secrets.token_hex(16)}" for name in ("call", "turn"))
"""Stand for any call and turn in a cached document; no caller can have said them."""
_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'


class Voice(Protocol):
    """How one language sounds. Say and Gather name Mandarin differently (`cmn-CN`, `cmn-Hans-CN`)."""

    @property
    def voice(self) -> str: ...
    @property
    def say(self) -> str: ...
    @property
    def listen(self) -> str: ...


class BadReply(Exception):
    """A document that must not be sent: what is wrong with it, never its text."""


class TwimlWriter:
    """Writes documents for one hotline. All addresses in them begin with `public_url`, whoever asks.

    `destinations` are numbers in E.164 by the name a flow uses; `person` names the one for a call that we cannot
    carry on. What has a recording is played; the rest is said.
    Every method gives a checked document or raises BadReply, so call it before the commit.
    """

    def __init__(
        self,
        public_url: str,
        voices: Mapping[str, Voice],
        destinations: Mapping[str, str] | None = None,
        *,
        caller_id: str = "",
        person: str = "",
        recordings: SentenceRecordings = SentenceRecordings(None),  # noqa: B008 - it never changes
    ) -> None:
        self.recordings = recordings
        self._base = public_url.rstrip("/")
        self._voices = dict(voices)
        self._destinations = dict(destinations or {})
        self._caller_id = caller_id
        self._person = person
        self._anywhere = lru_cache(DOCUMENTS_KEPT)(self._document)

    # --- a turn -------------------------------------------------------------------------------------------

    def write(self, call_id: str, next_turn: int, happened: Sequence[events.Event]) -> str:
        """One turn, as TwiML. The last event is what the call now waits for; what comes back belongs to
        `next_turn`, and after `Polling` is asked for at the `/poll` of that turn.

        The rest (look-ups, checks, effects, reports) is not for the carrier.
        """
        wait = happened[-1] if happened else None
        if not isinstance(wait, events.LineWait):
            raise BadReply(f"a turn can not end with {type(wait).__name__}")
        document = self._anywhere(events.audible(happened), wait, self.recordings.current())
        return document.replace(_CALL, escape(call_id)).replace(_TURN, str(next_turn))

    def _document(self, words: Sequence[events.Audible], wait: events.LineWait, recorded: Recorded) -> str:
        """A turn's document with marks for its call and turn, which are longer than what takes their place.

        `recorded` are the recordings of now: with others it is another document.
        """
        here = f"{self._base}/voice/{_CALL}/turns/{_TURN}"
        match wait:
            case events.Gathering():
                gather = self._gather(wait, here)
                if wait.barge_in:
                    self._speak(gather, words)
                    words = ()
                # actionOnEmptyResult makes a fall-through impossible; should it happen, it means silence
                return self._reply(words, gather, Redirect(here, method="POST"))
            case events.Recording(longest_seconds=longest, keys=keys):
                record = Record(
                    action=here, method="POST", max_length=longest, finish_on_key="#" + keys, play_beep=True,
                    timeout=8,  # seconds of silence that end it: people think while they complain
                    trim="trim-silence",
                )  # fmt: skip
                # an older rule of Twilio's: an empty recording makes no request and falls through
                then = (record, Redirect(f"{here}?empty=recording", method="POST"))
                if not keys or not words:
                    return self._reply(words, *then)
                before = _one_key(here, 1)
                self._speak(before, words)
                return self._reply((), before, *then)
            case events.Queueing(queue=queue):
                return self._reply(words, self._enqueue(queue, f"{self._base}/voice/{_CALL}", _TURN))
            case events.Transferring(destination=name):
                return self._reply(words, self._dial(name, action=here))
            case events.Polling(seconds=seconds):
                return self._reply(words, Pause(length=seconds), Redirect(f"{here}/poll", method="POST"))
            case events.Ended():
                return self._reply(words, Hangup())
            case _:
                assert_never(wait)

    # --- the queue ----------------------------------------------------------------------------------------

    def hold(
        self,
        call_id: str,
        turn: int,
        words: str,
        language: str,
        *,
        pause_seconds: int,
        music: str = "",
        heard: str = "",
    ) -> str:
        """What a caller hears while waiting, once around; then the carrier asks for the next round, and brings `heard`.

        A key comes back to the same address, at any moment of the words and the music. After the words `music` is
        played to its end, or the line is quiet for `pause_seconds`.
        """
        again = f"{self._base}/voice/{call_id}/hold/{turn}" + (f"?heard={quote(heard)}" if heard else "")
        gather = _one_key(again, 1 if music else pause_seconds)
        self._speak(gather, [events.Said(words, language), *([events.Played(music, "", language)] if music else [])])
        return self._reply((), gather, *([Redirect(again, method="POST")] if heard else []))

    def leave(self) -> str:
        """Out of the queue; the carrier then posts `QueueResult=leave` to the turn that began the wait."""
        return self._reply((), Leave())

    def wait_again(self, call_id: str, turn: int, queue: str, words: str, language: str) -> str:
        return self._reply(
            [events.Said(words, language)], self._enqueue(queue, f"{self._base}/voice/{call_id}", str(turn))
        )

    # --- agents, and the callers they talk to ---------------------------------------------------------------

    def ask_key(self, words: str, language: str, path: str, seconds: int) -> str:
        """Words, and one key, which may come at any time; `path` is told it, or that none came."""
        gather = Gather(
            input="dtmf", num_digits=1, finish_on_key="", timeout=seconds, action=self._base + path, method="POST",
            action_on_empty_result=True,
        )  # fmt: skip
        self._speak(gather, [events.Said(words, language)])
        return self._reply((), gather, Redirect(self._base + path, method="POST"))  # as in a turn

    def go_on(self, words: str, language: str, path: str) -> str:
        return self._reply([events.Said(words, language)], Redirect(self._base + path, method="POST"))

    def room(self, words: str, language: str, name: str, path: str, *, ends: bool) -> str:
        """Words, and then the room of that name, in silence until somebody else is there; afterwards what `path` says.

        `ends`: the room ends when this one leaves it.
        """
        dial = Dial(action=self._base + path, method="POST")
        dial.conference(name, beep="false", wait_url="", start_conference_on_enter=True, end_conference_on_exit=ends)
        return self._reply([events.Said(words, language)], dial)

    def on_hold(self, words: str, language: str, path: str, music: str) -> str:
        """Words and music, or silence, once around; then `path` is asked again."""
        heard = Play(self._media(music)) if music else Pause(length=HOLD_SECONDS)
        return self._reply([events.Said(words, language)], heard, Redirect(self._base + path, method="POST"))

    def farewell(self, words: str, language: str) -> str:
        return self._reply([events.Said(words, language)], Hangup())

    def nothing(self) -> str:
        """For a request whose answer the carrier ignores."""
        return self._reply(())

    # --- when something went wrong ------------------------------------------------------------------------

    def last_words(self, faults: int) -> str:
        """What is said when the hotline cannot answer, in every language, because the caller's is not known.

        `faults` in a row so far, from 0. The first few lead back to where the call stands; then to the person
        of the configuration, and if there is none, to a goodbye.
        """
        if faults < FAULTS_BEFORE_A_PERSON:
            again = Redirect(f"{self._base}/voice/fallback?faults={faults + 1}", method="POST")
            return self._reply(self._in_every_language("fault"), Pause(length=2 + 3 * faults), again)
        if self._person in self._destinations:
            return self._reply(self._in_every_language("fault"), self._dial(self._person, action=None))
        return self.sorry()

    def busy(self, times: int) -> str:
        """To a new call while we have too many, in every language: stay, or call again. `times`: how often it was said
        to this caller. After a minute or two, a goodbye."""
        if times >= BUSY_BEFORE_GOODBYE:
            return self.sorry()
        again = Redirect(f"{self._base}/voice?busy={times + 1}", method="POST")
        return self._reply(self._in_every_language("busy"), Pause(length=5 + 5 * times), again)

    def sorry(self) -> str:
        return self._reply(self._in_every_language("fault_goodbye"), Hangup())

    # --- pieces -------------------------------------------------------------------------------------------

    def _enqueue(self, queue: str, call: str, turn: str) -> Enqueue:
        """The carrier's queue. `call` is the address of the call; the end of the wait belongs to `turn`."""
        return Enqueue(
            queue, action=f"{call}/turns/{turn}", method="POST", wait_url=f"{call}/hold/{turn}", wait_url_method="POST"
        )

    def _gather(self, wait: events.Gathering, action: str) -> Gather:
        listens = wait.speech
        return Gather(
            action=action,
            method="POST",
            input="dtmf speech" if listens else "dtmf",
            timeout=wait.wait_seconds,
            num_digits=wait.most or None,
            finish_on_key=wait.finish,
            language=self._voices[wait.language].listen if listens else None,
            hints=_hints(wait.hints) if listens and wait.hints else None,
            # seconds of silence after words; the default is `timeout`, a long time to hear nothing
            speech_timeout=2 if listens else None,
            action_on_empty_result=True,
        )

    def _dial(self, name: str, action: str | None) -> Dial:
        dial = Dial(
            action=action, method="POST" if action else None, timeout=TRANSFER_RINGS_SECONDS,
            caller_id=self._caller_id or None,
        )  # fmt: skip
        dial.number(self._destinations[name])
        return dial

    def _reply(self, words: Iterable[events.Audible], *then: TwiML) -> str:
        response = VoiceResponse()
        self._speak(response, words)
        for verb in then:
            response.append(verb)
        return _checked(response)

    def _speak(self, into: TwiML, words: Iterable[events.Audible]) -> None:
        for word in words:
            match word:
                case events.Said():
                    self._say(into, word)
                case events.Played(url=url):
                    into.append(Play(self._media(url)))
                case _:
                    assert_never(word)

    def _say(self, into: TwiML, said: events.Said) -> None:
        """Words, or the recordings of their sentences. Slow words are said: a recording has one pace."""
        voice = self._voices[said.language]
        text, slowly = keepable(said.text), said.slow and voice.voice  # a voice without a name may not know SSML
        parts = [(text, "")] if said.slow else self.recordings.current().parts(text, said.language)
        for words, recording in parts:
            if recording:
                into.append(Play(self._media(recording)))
                continue
            for piece in pieces(words):
                say = Say("" if slowly else piece, voice=voice.voice or None, language=voice.say)
                if slowly:
                    say.prosody(piece, rate=SLOW_RATE, volume="loud")
                into.append(say)

    def _media(self, url: str) -> str:
        return url if url.startswith("https://") else f"{self._base}/{quote(url.lstrip('/'))}"

    def _in_every_language(self, name: Literal["fault", "fault_goodbye", "busy"]) -> list[events.Said]:
        """A sentence of the hotline's own, once in each language that it is written in."""
        said: dict[str, str] = {}
        for code in self._voices:
            words = getattr(LANGUAGES[code].phrases, name)
            said[LANGUAGES[code].teller(words).code] = words
        return [events.Said(words, language) for language, words in said.items()]


def _checked(response: VoiceResponse) -> str:
    parts = [_DECLARATION]
    _render(response, parts)
    document = "".join(parts)
    if wrong := flaw(document):
        raise BadReply(wrong)
    return document


def _render(element: TwiML, parts: list[str]) -> None:
    parts.append(f"<{element.name}")
    for name in sorted(element.attrs):
        value = element.attrs[name]
        text = str(value).lower() if isinstance(value, bool) else str(value)
        parts.append(f' {name}="{escape(text)}"')
    if not element.value and not element.verbs:
        parts.append(" />")
        return
    parts.append(">")
    if element.value:
        parts.append(escape(element.value, quote=False))
    for child in element.verbs:
        _render(child, parts)
    parts.append(f"</{element.name}>")


def _one_key(action: str, timeout: int) -> Gather:
    """One key, at any moment of what is said in it; without one the document goes on."""
    return Gather(input="dtmf", num_digits=1, finish_on_key="", timeout=timeout, action=action, method="POST")


def _hints(hints: Iterable[str]) -> str:
    """At most 500 entries of 100 characters, separated by commas (Twilio, Gather)."""
    return ",".join([" ".join(keepable(hint).replace(",", " ").split())[:100] for hint in hints][:500])
