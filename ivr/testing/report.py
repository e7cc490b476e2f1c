"""The report of a script that failed: its line, what was heard instead, the step of the flow, the whole call.

Written for a support lead: no traceback, no name of a class.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ivr.flow.issues import Issue, Place
from ivr.flow.issues import as_text as issues_as_text
from ivr.testing import transcript
from ivr.testing.transcript import Line


@dataclass(frozen=True, slots=True)
class Failure:
    """What went wrong, at a line of the script.

    `instead` is what was heard since the caller last acted; `state` and `written` the step in which the call stood.
    """

    place: Place
    rule: str
    message: str
    instead: tuple[str, ...] = ()
    state: str = ""
    written: Place | None = None

    @property
    def issue(self) -> Issue:
        return Issue(self.rule, self.message, self.place)


def as_text(
    failures: Sequence[Failure], sources: Mapping[str, str | bytes], lines: Sequence[Line], began: datetime
) -> str:
    """Every failure with the script's line, then the call so far; ends with a line feed.

    `sources` are the scripts' texts by the name that places carry; `lines` and `began` are the transcript.
    """
    told: list[str] = []
    for failure in failures:
        told.append(_shown(failure, sources))
        if failure.instead:
            told += ["what was heard instead:", *(f"  {line}" for line in failure.instead)]
    last = failures[-1] if failures else None
    if last is not None and last.state:
        where = f" ({last.written.file}:{last.written.line})" if last.written else ""
        told.append(f"the call stood in {last.state}{where}")
    told += ["the call:", *(f"  {line}" for line in transcript.as_text(lines, began).splitlines())]
    return "\n".join([*told, ""])


def _shown(failure: Failure, sources: Mapping[str, str | bytes]) -> str:
    """The message, the script's line, and a caret under it."""
    *shown, _ = issues_as_text([failure.issue], sources).rstrip("\n").split("\n")
    return "\n".join(shown)
