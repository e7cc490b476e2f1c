"""A ConversationRelay session: its WebSocket, what has come, read and checked, and what is owed.

A message of the app is a dataclass: its fields are those of the JSON, in Python's spelling, and a field without a
default must be there. docs/twilio-facts.md#a8-conversationrelay
"""

import json
import math
import re
from collections import deque
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, get_args, get_type_hints

from ivr.network.line.leg import Leg
from ivr.network.wire.carrier import Exchange
from ivr.network.wire.clock import real_seconds
from ivr.network.wire.transport import Params
from ivr.network.wire.twiml_parser import Element
from ivr.network.wire.websocket import AsgiSocket, Closed, WebSocket

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
    if isinstance(raw, Closed):
        return Disconnected(str(raw))
    try:
        return _message_of(json.loads(raw))
    except json.JSONDecodeError:
        return Malformed(raw, "it is no JSON")
    except ValueError as why:
        return Malformed(raw, str(why))


def _message_of(written: Any) -> RelayMessage:
    if not isinstance(written, dict):
        raise ValueError("it is no JSON object")
    kind = _KINDS.get(str(written.get("type")))
    if kind is None:
        raise ValueError(f"type {written.get('type')!r} is none of {', '.join(_KINDS)}")
    types, values = get_type_hints(kind), dict[str, Any]()
    for each in fields(kind):
        first, *others = each.name.split("_")
        name = first + "".join(map(str.capitalize, others))
        value, wanted = written.get(name), (get_args(types[each.name]) or (types[each.name],))[0]
        if value is not None and type(value) is not wanted:
            raise ValueError(f"{name} is {value!r}, which is no {wanted.__name__}")
        if value is not None:
            values[each.name] = value
        if each.default is MISSING and (value is None or (value == "" and kind is not TextToken)):
            raise ValueError(f"{name} is missing")
    return kind(**values)


_TOKEN_GAP_SECONDS = 2.0  # real seconds between two tokens of one answer
_LAST_WORD_SECONDS = 0.1  # real seconds after the last of them, in which an end of the session may follow
_POLL_SECONDS = 1.0


@dataclass(eq=False)
class RelaySession:
    """One session under way. `words` will be said when their last token has come.

    While real time passes, it reads all the time. In virtual time nothing happens at an app by itself: when something
    has been sent, `read` really waits until the app has answered and has nothing more to say.
    """

    leg: Leg
    noun: Element
    url: str
    sid: str
    socket: WebSocket | AsgiSocket
    tts_language: str
    transcription_language: str
    inbox: deque[RelayMessage] = field(default_factory=deque)
    words: list[TextToken] = field(default_factory=list)
    reading: bool = False
    malformed: int = 0  # messages in a row
    owed: str = ""  # words of the caller that the app has not answered
    owed_since: float = 0.0
    quiet_from: float = 0.0  # second of a real clock from which the app, if it has said nothing, has nothing to say
    silent: bool = False

    def send(self, kind: str, **fields: object) -> None:
        text = json.dumps({"type": kind, **fields}, ensure_ascii=False)
        self.socket.send(text)
        self._show((("message", text),))

    def may_answer(self) -> None:
        """The app may say something to what was sent, and owes nothing: give it a real moment."""
        clock, seconds = self.leg.net.clock, self.leg.net.options.relay_quiet_seconds
        self.quiet_from = clock.seconds + seconds * clock.speed
        self.read(seconds)

    def says_more(self) -> float:
        """Listen for what the app says without having been spoken to; gives the seconds of the clock that it has."""
        seconds = self.leg.net.options.relay_quiet_seconds
        self.read(seconds)
        return seconds * self.leg.net.clock.speed

    def read(self, seconds: float) -> None:
        """Begin to read what the app says, for which it has so many real seconds; harmless while that is under way."""
        if self.reading:
            return
        self.reading = True
        clock = self.leg.net.clock
        if clock.passes_by_itself:
            clock.work(lambda: _read(self.socket, _POLL_SECONDS, 0.0), self._arrived)
        else:
            clock.work(lambda: _read(self.socket, seconds, _TOKEN_GAP_SECONDS), self._arrived)

    def _arrived(self, messages: list[str]) -> None:
        self.reading = False
        for raw in messages:
            self._show((), raw)
            self.inbox.append(read_message(raw))
        goes_on = self.leg.net.clock.passes_by_itself
        if goes_on and not self.leg.over and not (messages and isinstance(messages[-1], Closed)):
            self.read(0.0)
        if messages or not goes_on:
            self.leg.fiber.tell("message")

    def _show(self, sent: Params, received: str = "") -> None:
        net = self.leg.net
        exchange = Exchange(net.carrier.moment(), "WS", self.url, sent, (), 101, received.encode(), 0.0)
        self.leg.requests.append(exchange)
        net.carrier.publish(exchange)


def _read(socket: WebSocket | AsgiSocket, first: float, gap: float) -> tuple[list[str], float]:
    """Read what an app says in one go: `first` real seconds for its first message, `gap` for each other."""
    began, found, patience = real_seconds(), list[str](), first
    while (raw := socket.receive(patience)) is not None:
        found.append(raw)
        if isinstance(raw, Closed):
            break
        patience = min(gap, _LAST_WORD_SECONDS) if ends_turn(read_message(raw)) else gap
    return found, math.floor(real_seconds() - began)
