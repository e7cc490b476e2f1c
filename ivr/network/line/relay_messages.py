"""What an app says over a ConversationRelay WebSocket, read and checked. docs/twilio-facts.md#a8-conversationrelay"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from ivr.network.wire.websocket import Closed

_TAG = re.compile(r"<[^<>]*>")


@dataclass(frozen=True, slots=True)
class TextToken:
    """Words to say; `last` ends what is said in one go. What is None is as the TwiML says."""

    token: str
    last: bool = False
    language: str = ""
    interruptible: bool | None = None
    preemptible: bool | None = None

    @property
    def words(self) -> str:
        """The words without the markup that an app may put in."""
        return _TAG.sub("", self.token)


@dataclass(frozen=True, slots=True)
class PlayMedia:
    """A sound to play so many times."""

    source: str
    loop: int = 1
    interruptible: bool | None = None
    preemptible: bool | None = None


@dataclass(frozen=True, slots=True)
class SendDigits:
    """Keys to send down the line."""

    digits: str


@dataclass(frozen=True, slots=True)
class SwitchLanguage:
    """The languages from now on; a blank one stays as it is."""

    tts: str = ""
    transcription: str = ""


@dataclass(frozen=True, slots=True)
class EndSession:
    """The app gives the call back."""

    handoff_data: str | None = None


@dataclass(frozen=True, slots=True)
class Malformed:
    """What is none of these. [D] It is refused with 64107, and the session goes on."""

    raw: str
    why: str


@dataclass(frozen=True, slots=True)
class Disconnected:
    """The app has closed the socket; comes last."""

    why: str


RelayMessage = TextToken | PlayMedia | SendDigits | SwitchLanguage | EndSession | Malformed | Disconnected


def ends_turn(message: RelayMessage) -> bool:
    """Whether the app has, with this message, said what it had to say."""
    return isinstance(message, EndSession | Disconnected) or (isinstance(message, TextToken) and message.last)


def read_message(raw: str) -> RelayMessage:
    """Read and check what came over the socket."""
    if isinstance(raw, Closed):
        return Disconnected(str(raw))
    try:
        return _read(raw)
    except ValueError as why:
        return Malformed(raw, str(why))


def _read(raw: str) -> RelayMessage:
    try:
        fields = json.loads(raw)
    except ValueError:
        raise ValueError("it is no JSON") from None
    if not isinstance(fields, dict):
        raise ValueError("it is no JSON object")
    match fields.get("type"):
        case "text":
            token, last = _field(fields, "token", str), _field(fields, "last", bool)
            if token is None:
                raise ValueError("token is missing")
            return TextToken(token, last or False, _field(fields, "lang", str) or "", *_manners(fields))
        case "play":
            loop = _field(fields, "loop", int)
            return PlayMedia(_needed(fields, "source"), 1 if loop is None else loop, *_manners(fields))
        case "sendDigits":
            digits = _needed(fields, "digits")
            if set(digits) - set("0123456789wW#*"):
                raise ValueError(f"digits {digits!r} are none of 0-9 w # *")
            return SendDigits(digits)
        case "language":
            tts, transcription = _field(fields, "ttsLanguage", str), _field(fields, "transcriptionLanguage", str)
            if not tts and not transcription:
                raise ValueError("neither ttsLanguage nor transcriptionLanguage is there")
            return SwitchLanguage(tts or "", transcription or "")
        case "end":
            return EndSession(_field(fields, "handoffData", str))
        case kind:
            raise ValueError(f"type {kind!r} is none of text, play, sendDigits, language and end")


def _manners(fields: dict[str, Any]) -> tuple[bool | None, bool | None]:
    return _field(fields, "interruptible", bool), _field(fields, "preemptible", bool)


def _needed(fields: dict[str, Any], name: str) -> str:
    value: str | None = _field(fields, name, str)
    if not value:
        raise ValueError(f"{name} is missing")
    return value


def _field(fields: dict[str, Any], name: str, kind: type) -> Any:
    """Give a field of that type, or None where it is absent."""
    value = fields.get(name)
    if value is not None and (not isinstance(value, kind) or (kind is int and isinstance(value, bool))):
        raise ValueError(f"{name} is {value!r}, which is no {kind.__name__}")
    return value
