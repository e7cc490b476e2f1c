"""The debugger log: what went wrong on the network, with Twilio's numbers, for a developer to read."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Level = Literal["error", "warning", "notice"]

_WARNING_RANGES = ((13210, 13222), (13230, 13237), (13310, 13322), (13326, 13335), (13510, 13521), (13610, 13699))
_WARNINGS = {12200, 13000, 13213, 13248, 13410, 13430, 13710, 13805, 13910, 14101, 14207, 15003}
_ERRORS = {13224, 13225, 13227, 13231, 13621}


def level_of(code: int) -> Level:
    """Give the level Twilio's dictionary has for `code`; 0 is a remark of the emulator's own."""
    if code == 0:
        return "notice"
    if code in _ERRORS:
        return "error"
    if code in _WARNINGS or any(low <= code <= high for low, high in _WARNING_RANGES):
        return "warning"
    return "error"


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
        mine = (e for e in self.errors if call_sid is None or e.call_sid == call_sid)
        return next((e for e in mine if not e.fallback), None)

    @property
    def errors(self) -> list[LogEntry]:
        """The entries that made a request or a document fail."""
        return [e for e in self.entries if e.level == "error"]
