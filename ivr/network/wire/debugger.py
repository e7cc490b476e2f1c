"""The debugger log: what went wrong on the network, with Twilio's numbers, for a developer to read.

The numbers stand in `error_codes.toml`: level, meaning, and how sure each is.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

Level = Literal["error", "warning", "notice"]
Mark = Literal["fact", "guess"]


@dataclass(frozen=True, slots=True)
class Code:
    """One number of Twilio's dictionary, in our own words."""

    level: Level
    meaning: str
    mark: Mark = "fact"


def _read(file: Path) -> dict[int, Code]:
    written: Any = tomllib.loads(file.read_text("utf-8"))
    return {
        int(number): Code(level, meaning, mark)
        for mark, levels in written.items()
        for level, meanings in levels.items()
        for number, meaning in meanings.items()
    }


CODES = _read(Path(__file__).with_name("error_codes.toml"))


def level_of(code: int) -> Level:
    """Give the level of `code`; 0 is a remark of the emulator's own."""
    return "notice" if code == 0 else CODES[code].level


_CALLBACK_FAILED = 15003


@dataclass(frozen=True, slots=True)
class Problem:
    """What a document or a request did wrong, before it is known whose call it was."""

    code: int
    message: str
    line: int = 0  # in the document, from 1; 0 when it is about no line
    level: Level | None = None  # None: what the dictionary says


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One line of the debugger. `code` is Twilio's, or 0 for a remark of the emulator's own."""

    at: datetime
    code: int
    level: Level
    message: str
    call_sid: str = ""
    url: str = ""
    line: int = 0
    fallback: str = ""  # the URL that was asked instead, when there was one

    def __str__(self) -> str:
        where = f" ({self.url}{f', line {self.line}' if self.line else ''})" if self.url else ""
        instead = f"; the fallback {self.fallback} is asked" if self.fallback else ""
        return f"{self.level} {self.code or 'emulator'}: {self.message}{where}{instead}"


class Debugger:
    """The log of one network, oldest first."""

    def __init__(self) -> None:
        self.entries: list[LogEntry] = []
        self.expected: list[int] = []  # the codes of errors that a test is about

    def __iter__(self) -> Iterator[LogEntry]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def add(self, entry: LogEntry) -> None:
        """Append one line."""
        self.entries.append(entry)

    def codes(self, call_sid: str | None = None) -> list[int]:
        """Give the codes logged so far, for one call or for all, in order."""
        return [e.code for e in self.entries if call_sid is None or e.call_sid == call_sid]

    def failure(self, call_sid: str | None = None) -> LogEntry | None:
        """Give the first error that no fallback URL was asked about, of one call or of all; None when none is."""
        errors = (e for e in self.errors if call_sid is None or e.call_sid == call_sid)
        return next((e for e in errors if not e.fallback), None)

    def unexpected(self) -> list[LogEntry]:
        """Give the errors, and the callbacks that failed, whose code nobody expected."""
        faults = (e for e in self.entries if e.level == "error" or e.code == _CALLBACK_FAILED)
        return [e for e in faults if e.code not in self.expected]

    def absent(self) -> list[int]:
        """Give the codes that were expected and never logged."""
        logged = set(self.codes())
        return [code for code in self.expected if code not in logged]

    @property
    def errors(self) -> list[LogEntry]:
        """The entries that made a request or a document fail."""
        return [e for e in self.entries if e.level == "error"]
