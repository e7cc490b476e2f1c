"""A ConversationRelay session: its WebSocket, what has come, and what is owed.

docs/twilio-facts.md#a8-conversationrelay
"""

import json
import math
from collections import deque
from dataclasses import dataclass, field

from ivr.network.line.leg import Leg
from ivr.network.line.relay_messages import RelayMessage, TextToken, ends_turn, read_message
from ivr.network.wire.asgi import AsgiSocket
from ivr.network.wire.carrier import Exchange
from ivr.network.wire.clock import real_seconds
from ivr.network.wire.transport import Params
from ivr.network.wire.twiml_parser import Element
from ivr.network.wire.websocket import Closed, WebSocket

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
