"""A call as a play: what the network tells of a call, in lines for people. Knows entries, and no way of showing them.

What is keyed in while the hotline waits for a PIN or a code becomes dots; so do the codes in text messages, unless the
play is for somebody who has to key them in.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Protocol, TextIO

from ivr.call.languages import LANGUAGES
from ivr.cli.screen import Line, screen_on
from ivr.network import Entry, Message

HIDDEN = "•"
_SPEAKERS = {"hotline": "hotline", "caller": "you", "agent": "agent"}
_TINTS = {"hotline": "hotline", "you": "caller", "agent": "agent"}


class Stage(Protocol):
    """What a play must know of the call besides what happens in it."""

    def asks_secret(self, call_id: str) -> bool:
        """Whether the call now waits for a PIN or a code."""

    def latest_message(self) -> Message | None:
        """The text message that was sent last."""


class Play:
    """Writes one call down while it happens; keys pressed in a row stand together.

    The first entry decides which call this is; whoever else is on the phone meanwhile (an agent) is shown as the
    caller's side sees them, and with what they alone hear. Safe to share between threads.
    """

    def __init__(self, *streams: TextIO, stage: Stage | None = None, message_text: Callable[[str], str] = str) -> None:
        """`message_text` gives the words of a text message as these streams may show them.

        Without a stage nothing is hidden, and text messages are not said to whom.
        """
        self._screens = tuple(screen_on(stream) for stream in streams)
        self._stage = stage
        self._message_text = message_text
        self._lock = threading.RLock()
        self._call = ""
        self._began: datetime | None = None
        self._now = 0.0
        self._messages: set[str] = set()
        self._codes: set[str] = set()
        self._words = ""
        self._keys = ""
        self._pressed_at = 0.0
        self._hides = False
        self._said = ""

    def __call__(self, entry: Entry) -> None:
        with self._lock:
            if self._began is None:
                self._call, self._began = entry.call_sid, entry.at
            self._now = (entry.at - self._began).total_seconds()
            if entry.kind == "text message":
                self._message(entry)
            elif entry.call_sid != self._call:
                self._elsewhere(entry)
            elif entry.kind == "pressed":
                self._press(entry.text)
            else:
                self._here(entry)

    def write(self, text: str) -> None:
        """Writes what is not part of the call: help, how it ended."""
        with self._lock:
            self._flush()
            for screen in self._screens:
                screen.remark(text)

    def echo(self, words: str) -> None:
        """Shows the words that are being typed and were not said yet."""
        with self._lock:
            self._words = words
            self._draft()

    # --- the caller's line --------------------------------------------------------------------------------------

    def _press(self, key: str) -> None:
        if not self._keys:
            self._pressed_at, self._hides = self._now, self._asks_secret()
        self._keys += HIDDEN if self._hides and key.isdigit() else key
        self._draft()

    def _here(self, entry: Entry) -> None:
        if entry.kind == "cut":  # often by a key, and more keys may follow: those stay together
            if self._said and entry.text != self._said:
                self._put(Line(self._now, "", _cut(entry.text), "network"))
            return
        self._flush()
        self._said = entry.text if entry.kind == "said" else ""
        match entry.kind:
            case "said":
                self._show("hotline", entry.text)
            case "played":
                self._show("hotline", f"♪ {entry.text}")
            case "spoke" if entry.own:
                words = re.sub(r"\w", HIDDEN, entry.text) if self._asks_secret() else entry.text
                self._show("you", self._veiled(words))
            case "spoke":
                self._show("agent", entry.text)
            case "silence":
                self._show("you", "(silence)")
            case "error":
                self._show("line", entry.text, "error")
            case "hung up":
                self._show(_SPEAKERS.get(entry.who, "line"), f"(hung up{': ' if entry.text else ''}{entry.text})")
            case "connected" if self._stage is not None and not entry.text.startswith("+"):
                self._show("line", "(connected)")  # the hotline's own rooms are numbered for itself alone
            case kind:
                self._show("line", f"({kind}{' with ' if entry.text else ''}{entry.text})")

    def _veiled(self, text: str) -> str:
        """Without codes that were texted: keyed in too late, they answer another question."""
        for code in self._codes:
            text = text.replace(code, HIDDEN * len(code))
        return text

    def _asks_secret(self) -> bool:
        return self._stage is not None and self._stage.asks_secret(self._call)

    # --- elsewhere ----------------------------------------------------------------------------------------------

    def _elsewhere(self, entry: Entry) -> None:
        """Another telephone: what an agent hears before the caller, and when one rings or goes."""
        told = {"ringing": "phone rings", "answered": "picked up", "hung up": "hung up"}
        if entry.kind == "said":
            self._show("to agent", entry.text, "agent")
        elif entry.kind == "error":
            self._show("line", entry.text, "error")
        elif entry.kind in told:
            self._show("agent", f"({told[entry.kind]})", "network")

    def _message(self, entry: Entry) -> None:
        """A text message, once, however many phones of that number are in a call."""
        message = self._stage.latest_message() if self._stage else None
        if code := code_in(message.body if message else entry.text):
            self._codes.add(code)
        if message is None:
            self._show("message", f"✉ {self._message_text(entry.text)}", "message")
        elif message.sid not in self._messages:
            self._messages.add(message.sid)
            self._show("message", f"✉ to {message.to}: {self._message_text(message.body)}", "message")

    # --- writing ------------------------------------------------------------------------------------------------

    def _show(self, speaker: str, text: str, tint: str = "") -> None:
        self._flush()
        self._put(Line(self._now, speaker, text, tint or _TINTS.get(speaker, "network")))

    def _flush(self) -> None:
        """Writes the keys that were pressed in a row."""
        keys, self._keys = self._keys, ""
        if keys:
            self._draft()
            self._put(Line(self._pressed_at, "you", f"[{self._veiled(keys)}]", "caller"))

    def _put(self, line: Line) -> None:
        for screen in self._screens:
            screen.show(line)

    def _draft(self) -> None:
        keys = f"[{self._keys}" if self._keys else ""
        text = " ".join(filter(None, (keys, self._words)))
        line = Line(self._pressed_at if keys else self._now, "you", text, "caller") if text else None
        for screen in self._screens:
            screen.draft(line)


def _cut(heard: str) -> str:
    end = heard[-16:].lstrip() if heard else ""
    return f"(cut off after “{'…' * (len(heard) > 16)}{end}”)" if end else "(cut off at once)"


# --- codes in text messages ----------------------------------------------------------------------------------------


def code_in(body: str) -> str:
    """The one-time code that a text message of the hotline brings, or "" for any other message."""
    for pattern in _code_messages():
        if found := pattern.search(body):
            return found["code"]
    return ""


def without_code(body: str) -> str:
    """The message with dots for its one-time code."""
    code = code_in(body)
    return body.replace(code, HIDDEN * len(code)) if code else body


@cache
def _code_messages() -> tuple[re.Pattern[str], ...]:
    """The hotline's own sentences that bring a code, in each language."""
    slots = {"{code}": r"(?P<code>\d{4,10})", "{minutes}": ".+?"}
    patterns = []
    for language in LANGUAGES.values():
        pieces = re.split(r"(\{\w+\})", language.phrases.code_message)
        patterns.append(re.compile("".join(slots.get(piece) or re.escape(piece) for piece in pieces)))
    return tuple(patterns)
