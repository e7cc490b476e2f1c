"""A problem of a document: what is wrong, where, and how to mend it.

Every reader of documents (flows, `config.yaml`, call scripts) collects `Issue` values instead of raising, so
that an author sees all problems of a stage at once.
"""

import difflib
from collections.abc import Iterable
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
