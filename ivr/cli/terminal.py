"""A call shown while it happens: its entries as lines, on paper (a file, a pipe) or on a terminal with colours.

What is keyed in while the hotline waits for a PIN or a code becomes dots; so do the codes in text messages, unless the
transcript is for somebody who has to key them in. What an entry says is in `ivr/network/line/transcript.py`.
"""

from __future__ import annotations

import os
import re
import shutil
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, TextIO

from ivr.call.languages import LANGUAGES
from ivr.call.redaction import redact
from ivr.flow.issues import columns
from ivr.network import Entry, clock_text, entry_text

if TYPE_CHECKING:
    from ivr.app.simulation import Simulation

HIDDEN = "•"
_SPEAKERS = {"hotline": "hotline", "caller": "you", "agent": "agent"}
_TINTS = {"hotline": "hotline", "you": "caller", "agent": "agent"}


class LiveTranscript:
    """Writes one call down while it happens; keys pressed in a row stand together.

    The first entry decides which call this is; whoever else is on the phone meanwhile (an agent) is shown as the
    caller's side sees them, and with what they alone hear. Safe to share between threads.
    """

    def __init__(
        self, stream: TextIO, hotline: Simulation | None = None, message_text: Callable[[str], str] = str
    ) -> None:
        """`message_text` gives the words of a text message as this stream may show them.

        Without `hotline` nothing is hidden, and text messages are not said to whom.
        """
        self._screen = screen_on(stream)
        self._hotline = hotline
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
        with self._lock:
            self._flush()
            self._screen.remark(text)

    def echo(self, words: str) -> None:
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
                self._screen.show(Line(self._now, "", entry_text(replace(entry, kind="said", cut=True)), "network"))
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
                self._show("you", self._redacted(words))
            case "spoke":
                self._show("agent", entry.text)
            case "silence":
                self._show("you", entry_text(entry))
            case "error":
                self._show("line", entry.text, "error")
            case "hung up":
                self._show(_SPEAKERS.get(entry.who, "line"), entry_text(entry))
            case "connected" if self._hotline is not None and not entry.text.startswith("+"):
                self._show(
                    "line", entry_text(replace(entry, text=""))
                )  # the names of our own conferences mean nothing to a reader
            case _:
                self._show("line", entry_text(entry))

    def _redacted(self, text: str) -> str:
        """The text without one-time codes, as a code keyed in too late answers another question, and without cards."""
        for code in self._codes:
            text = text.replace(code, HIDDEN * len(code))
        return redact(text)

    def _asks_secret(self) -> bool:
        return self._hotline is not None and self._hotline.asks_secret(self._call)

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
        message = self._hotline.latest_message() if self._hotline else None
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
        self._screen.show(Line(self._now, speaker, text, tint or _TINTS.get(speaker, "network")))

    def _flush(self) -> None:
        keys, self._keys = self._keys, ""
        if keys:
            self._draft()
            self._screen.show(Line(self._pressed_at, "you", f"[{self._redacted(keys)}]", "caller"))

    def _draft(self) -> None:
        keys = f"[{self._keys}" if self._keys else ""
        text = " ".join(filter(None, (keys, self._words)))
        self._screen.draft(Line(self._pressed_at if keys else self._now, "you", text, "caller") if text else None)


# --- codes in text messages ----------------------------------------------------------------------------------------


def code_in(body: str) -> str:
    """The one-time code that a text message of the hotline brings, or "" for any other message."""
    for pattern in _code_messages():
        if found := pattern.search(body):
            return found["code"]
    return ""


def without_code(body: str) -> str:
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


# --- where it is shown ------------------------------------------------------------------------------------------

SPEAKER_COLUMNS = 8
CLEAR_LINE = "\r\x1b[K"


@dataclass(frozen=True, slots=True)
class Line:
    """One line shown: seconds since the call began, who speaks (as shown), what, and the name of its tint."""

    seconds: float
    speaker: str
    text: str
    tint: str = ""

    @property
    def head(self) -> str:
        gap = " " * max(SPEAKER_COLUMNS - columns(self.speaker), 0)
        return f"{clock_text(self.seconds)}  {self.speaker}{gap}  "


TINTS = {
    "hotline": "\x1b[36m", "caller": "\x1b[33m", "agent": "\x1b[35m", "message": "\x1b[32m", "network": "\x1b[2m",
    "error": "\x1b[31m",
}  # fmt: skip


class Screen:
    """What a transcript is written on: a file or a pipe, or a terminal, which has `width` columns.

    A terminal shows below all lines what is being typed, and colours by the escape codes in `tints`.
    """

    def __init__(
        self, stream: TextIO, width: Callable[[], int] | None = None, tints: Mapping[str, str] | None = None
    ) -> None:
        self._stream = stream
        self._width = width
        self._tints = tints or {}
        self._draft: Line | None = None

    def show(self, line: Line) -> None:
        self.remark(self._painted(line.head + line.text, line.tint))

    def remark(self, text: str) -> None:
        """Writes what is not said in the call: help, how it ended."""
        clear = CLEAR_LINE if self._draft else ""
        self._stream.write(f"{clear}{text.rstrip()}\n{self._drafted()}")
        self._stream.flush()

    def draft(self, line: Line | None) -> None:
        if self._width is not None:
            self._draft = line
            self._stream.write(CLEAR_LINE + self._drafted())
            self._stream.flush()

    def _drafted(self) -> str:
        """The end of the draft, in one row."""
        if self._draft is None or self._width is None:
            return ""
        room = max(self._width() - columns(self._draft.head) - 1, 8)
        text = self._draft.text
        while columns(text) > room:
            text = text[1:]
        return self._painted(self._draft.head + text, self._draft.tint)

    def _painted(self, text: str, tint: str) -> str:
        code = self._tints.get(tint)
        return f"{code}{text}\x1b[0m" if code and text else text


def screen_on(stream: TextIO) -> Screen:
    """The screen for a stream; colours only where somebody looks and has not set NO_COLOR (no-color.org)."""
    if not stream.isatty() or os.environ.get("TERM", "") in ("", "dumb"):
        return Screen(stream)
    return Screen(stream, lambda: shutil.get_terminal_size().columns, {} if os.environ.get("NO_COLOR") else TINTS)
