"""Where a call is shown: plain paper (a file, a pipe), or a terminal with colours and a line for what is being typed.

Knows columns and escape codes, and nothing of calls.
"""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol, TextIO

from ivr.flow.report import columns

SPEAKER_COLUMNS = 8
NARROWEST = 48
"""Columns under which nothing is folded: a terminal so narrow folds by itself."""
CLEAR_LINE = "\r\x1b[K"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the play: seconds since the call began, who speaks (as shown), what, and the name of its tint."""

    seconds: float
    speaker: str
    text: str
    tint: str = ""

    @property
    def head(self) -> str:
        """Time and speaker, as wide for every speaker, whatever letters the name has."""
        minutes, seconds = divmod(int(self.seconds), 60)
        gap = " " * max(SPEAKER_COLUMNS - columns(self.speaker), 0)
        return f"{minutes:02}:{seconds:02}  {self.speaker}{gap}  "


class Screen(Protocol):
    """What a play is written on."""

    def show(self, line: Line) -> None:
        """Writes a line of the play."""

    def remark(self, text: str) -> None:
        """Writes what is not said in the call: help, how it ended."""

    def draft(self, line: Line | None) -> None:
        """Shows what is being typed, below all lines; None when nothing is."""


class Paper:
    """A file or a pipe: one line of the play is one line of text."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def show(self, line: Line) -> None:
        self.remark(line.head + line.text)

    def remark(self, text: str) -> None:
        print(text.rstrip(), file=self._stream, flush=True)

    def draft(self, line: Line | None) -> None:
        """Paper shows only what is finished."""


class Terminal:
    """A terminal: long lines are folded under themselves. Safe to share between threads."""

    def __init__(self, stream: TextIO, tints: Mapping[str, str], width: Callable[[], int]) -> None:
        """`tints` are escape codes by name, empty for no colours; `width` says how many columns there are now."""
        self._stream = stream
        self._tints = tints
        self._width = width
        self._lock = threading.Lock()
        self._draft: Line | None = None

    def show(self, line: Line) -> None:
        self._print(self._painted(_folded(line.head, line.text, self._width()), line.tint))

    def remark(self, text: str) -> None:
        self._print(text)

    def draft(self, line: Line | None) -> None:
        with self._lock:
            self._draft = line
            self._stream.write(CLEAR_LINE + self._drafted())
            self._stream.flush()

    def _print(self, text: str) -> None:
        with self._lock:
            clear = CLEAR_LINE if self._draft else ""
            self._stream.write(f"{clear}{text}\n{self._drafted()}")
            self._stream.flush()

    def _drafted(self) -> str:
        """The draft on one row, however long: its end is what is being typed."""
        if self._draft is None:
            return ""
        room = max(self._width() - columns(self._draft.head) - 1, 8)
        text = self._draft.text
        while columns(text) > room:
            text = text[1:]
        return self._painted(self._draft.head + text, self._draft.tint)

    def _painted(self, text: str, tint: str) -> str:
        code = self._tints.get(tint)
        return f"{code}{text}\x1b[0m" if code and text else text


TINTS = {
    "hotline": "\x1b[36m", "caller": "\x1b[33m", "agent": "\x1b[35m", "message": "\x1b[32m", "network": "\x1b[2m",
    "error": "\x1b[31m",
}  # fmt: skip


def screen_on(stream: TextIO) -> Screen:
    """The screen for a stream; colours only where somebody looks and has not set NO_COLOR (no-color.org)."""
    if not stream.isatty() or os.environ.get("TERM", "") in ("", "dumb"):
        return Paper(stream)
    return Terminal(stream, {} if os.environ.get("NO_COLOR") else TINTS, lambda: shutil.get_terminal_size().columns)


def _folded(head: str, text: str, width: int) -> str:
    """The text beside its head, further rows below its beginning."""
    indent = columns(head)
    if width < NARROWEST or indent + columns(text) <= width:
        return head + text
    return head + ("\n" + " " * indent).join(_rows(text, width - indent))


def _rows(text: str, width: int) -> Iterator[str]:
    """Rows of at most `width` columns: broken at blanks, and between any two Chinese characters."""
    row = ""
    for piece in _pieces(text):
        if row and columns(row + piece.rstrip()) > width:
            yield row.rstrip()
            row = ""
        row += piece
    yield row.rstrip()


def _pieces(text: str) -> Iterator[str]:
    """What must stay together: a word with the blank after it, a Chinese character with the punctuation after it."""
    piece = ""
    for letter in text:
        wide = columns(letter) > 1
        closes = letter in "，。、；：！？）”’…,.;:!?)"
        if piece and not closes and (wide or piece[-1] == " " or columns(piece[-1]) > 1):
            yield piece
            piece = ""
        piece += letter
    if piece:
        yield piece
