"""What an app says over a ConversationRelay WebSocket, read and checked. docs/twilio-facts.md#a8-conversationrelay

A message is a dataclass: its fields are those of the JSON, in Python's spelling, and a field without a default must be
there.
"""

import json
import re
from dataclasses import MISSING, dataclass, fields
from typing import Any, get_args, get_type_hints

from ivr.network.wire.websocket import Closed

_TAG = re.compile(r"<[^<>]*>")


@dataclass(frozen=True, slots=True)
class TextToken:
    """Words to say; `last` ends what is said in one go. What is None is as the TwiML says."""

    token: str
    last: bool = False
    lang: str = ""
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

    def __post_init__(self) -> None:
        if set(self.digits) - set("0123456789wW#*"):
            raise ValueError(f"digits {self.digits!r} are none of 0-9 w # *")


@dataclass(frozen=True, slots=True)
class SwitchLanguage:
    """The languages from now on; a blank one stays as it is."""

    tts_language: str = ""
    transcription_language: str = ""

    def __post_init__(self) -> None:
        if not self.tts_language and not self.transcription_language:
            raise ValueError("neither ttsLanguage nor transcriptionLanguage is there")


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
_KINDS: dict[str, type[RelayMessage]] = {
    "text": TextToken, "play": PlayMedia, "sendDigits": SendDigits, "language": SwitchLanguage, "end": EndSession,
}  # fmt: skip


def ends_turn(message: RelayMessage) -> bool:
    """Whether the app has, with this message, said what it had to say."""
    return isinstance(message, EndSession | Disconnected) or (isinstance(message, TextToken) and message.last)


def read_message(raw: str) -> RelayMessage:
    """Read and check what came over the socket."""
    if isinstance(raw, Closed):
        return Disconnected(str(raw))
    try:
        return _read(json.loads(raw))
    except json.JSONDecodeError:
        return Malformed(raw, "it is no JSON")
    except ValueError as why:
        return Malformed(raw, str(why))


def _read(written: Any) -> RelayMessage:
    if not isinstance(written, dict):
        raise ValueError("it is no JSON object")
    kind = _KINDS.get(str(written.get("type")))
    if kind is None:
        raise ValueError(f"type {written.get('type')!r} is none of {', '.join(_KINDS)}")
    types, values = get_type_hints(kind), dict[str, Any]()
    for field in fields(kind):
        first, *others = field.name.split("_")
        name = first + "".join(map(str.capitalize, others))
        value, wanted = written.get(name), (get_args(types[field.name]) or (types[field.name],))[0]
        if value is not None and type(value) is not wanted:
            raise ValueError(f"{name} is {value!r}, which is no {wanted.__name__}")
        if value is not None:
            values[field.name] = value
        if field.default is MISSING and (value is None or (value == "" and kind is not TextToken)):
            raise ValueError(f"{name} is missing")
    return kind(**values)
