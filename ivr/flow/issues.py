"""A problem of a document: what is wrong, where, and how to mend it; problems as text and as JSON.

Every reader of documents (flows, `config.yaml`, call scripts) collects `Issue` values instead of raising, so
that an author sees all problems of a stage at once.
"""

import difflib
import json
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Severity(StrEnum):
    """An error stops the document from being used; a warning is worth a look."""

    ERROR = "error"
    WARNING = "warning"


class Place(NamedTuple):
    """Where something is written. Lines and columns count from 1, columns in characters.

    A tuple, because every word of every file has one: a frozen dataclass takes three times as long to make.
    """

    file: str = ""
    line: int = 1
    column: int = 1
    length: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


NOWHERE = Place("<nowhere>")


@dataclass(frozen=True, slots=True)
class Issue:
    """One problem. `message` is one sentence without a full stop that names the thing and the likely repair."""

    rule: str
    message: str
    place: Place
    severity: Severity = Severity.ERROR

    @property
    def is_error(self) -> bool:
        return self.severity is Severity.ERROR

    def __str__(self) -> str:
        mark = "" if self.is_error else "warning: "
        return f"{self.place}: {mark}{self.message} [{self.rule}]"


class BrokenDocument(Exception):
    """A document with at least one error; `issues` holds all of them, warnings included, in reading order."""

    def __init__(self, issues: Iterable[Issue]) -> None:
        self.issues = tuple(sorted(issues, key=lambda issue: issue.place))
        super().__init__("\n".join(map(str, self.issues)))


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name that was probably meant, or "" when none is similar."""
    names = sorted(known)
    if same := next((other for other in names if other.casefold() == name.casefold()), ""):
        return same
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.62)
    return near[0] if near else ""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`; did you mean "refund"?`, or nothing when no known name is similar. Ready to append to a message."""
    near = nearest(name, known)
    return f'; did you mean "{near}"?' if near else ""


WIDTH = 160
"""How many columns of a source line are shown; a longer line is cut around the problem."""


def as_text(issues: Iterable[Issue], sources: Mapping[str, str | bytes]) -> str:
    """Every issue with its line and a caret under it, then the summary; ends with a line feed.

    `sources` is what was checked, by the file name that places carry; without it the line is left out.
    """
    issues = tuple(issues)
    lines = {file: _lines(sources[file]) for file in {issue.place.file for issue in issues} if file in sources}
    shown = [_with_source(issue, lines.get(issue.place.file, [])) for issue in issues]
    return "\n".join([*shown, summary(issues, len(sources)), ""])


def as_json(issues: Iterable[Issue]) -> str:
    return json.dumps([as_row(issue) for issue in issues], ensure_ascii=False, indent=2) + "\n"


def as_row(issue: Issue) -> dict[str, str | int]:
    return {
        **issue.place._asdict(), "severity": str(issue.severity), "rule": issue.rule, "message": issue.message,
    }  # fmt: skip


def summary(issues: Iterable[Issue], files: int) -> str:
    """`2 errors, 1 warning in 3 files`, counting the files with issues; `no problems in 5 files` counts all."""
    issues = tuple(issues)
    if not issues:
        return f"no problems in {_count(files, 'file')}"
    errors = sum(issue.is_error for issue in issues)
    warnings = len(issues) - errors
    counts = [_count(number, word) for number, word in ((errors, "error"), (warnings, "warning")) if number]
    return f"{', '.join(counts)} in {_count(len({issue.place.file for issue in issues}), 'file')}"


def columns(text: str) -> int:
    """How many columns of a terminal a text takes: two for a Chinese character, none for a combining mark."""
    return sum(
        0 if unicodedata.combining(letter) else 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        for letter in text
    )


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _lines(source: str | bytes) -> list[str]:
    """The lines as `ivr.flow.reading.source` counts them: a byte order mark is none of the first line's columns."""
    text = source.decode("utf-8", "replace") if isinstance(source, bytes) else source
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _with_source(issue: Issue, lines: list[str]) -> str:
    place = issue.place
    if place.line > len(lines) or not (line := lines[place.line - 1]).strip():
        return str(issue)
    line, start, length = _window(line, place)
    line = _shown(line)
    number = f"{place.line:>5} | "
    mark = " " * columns(line[:start]) + "^" * max(columns(line[start : start + length]), 1)
    return f"{issue}\n{number}{line}\n{' ' * (len(number) - 2)}| {mark}"


def _shown(line: str) -> str:
    """The line without what would move or colour a terminal, each character in its column."""
    return "".join(" " if letter == "\t" else letter if letter.isprintable() else "\ufffd" for letter in line)


def _window(line: str, place: Place) -> tuple[str, int, int]:
    """The part of the line to show, and the marked characters in it: from 0, and how many."""
    start = min(place.column - 1, len(line))
    if len(line) <= WIDTH:
        return line, start, place.length
    begin = max(0, min(start - WIDTH // 3, len(line) - WIDTH))
    shown = line[begin : begin + WIDTH]
    before, after = "…" * (begin > 0), "…" * (begin + WIDTH < len(line))
    return before + shown + after, start - begin + len(before), min(place.length, begin + WIDTH - start)
