"""Waits for a person: where each began, how it ended and how long it took. Pure.

A wait begins as the caller joins a queue, or as a talk ends after which the caller waits again: handed over into a
queue, or brought back because the agent's phone went away. It ends when caller and agent can hear each other, not when
the agent accepts: the caller hears nobody while the agent hears the whisper. So an agent who accepted and never came
has answered nobody, and a talk is no part of any wait.
"""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple, get_args

from ivr.hotline.reports.path import HUNG_UP, STILL_THERE, CallPath, Visit
from ivr.store.report_rows import SeenCall
from ivr.store.rows import TalkRow

WaitEnd = Literal["answered", "abandoned", "short_abandoned", "left", "timeout", "unstaffed", "failed", "waiting"]
"""unstaffed: let out, as the last agent had gone. failed: ended by a limit or a failure, or nobody was heard after all.
waiting: goes on."""
WAIT_ENDS: tuple[WaitEnd, ...] = get_args(WaitEnd)
SHORT_ABANDON_SECONDS = 5
"""Who hangs up so soon had dialled wrongly or changed their mind: no agent could have been there in time."""
_ENDS: dict[str, WaitEnd] = {
    "left": "left", "timeout": "timeout", "nobody": "unstaffed", HUNG_UP: "abandoned", STILL_THERE: "waiting",
}  # fmt: skip
"""By the way out of the step; all others have failed."""


class Target(NamedTuple):
    """How many percent of callers are to be answered within how many seconds; `percent` None: nobody has said."""

    percent: int | None = None
    seconds: int = 20


class Wait(NamedTuple):
    """One wait in one queue. Times in seconds since 1970; `until` of one that goes on says nothing."""

    queue: str
    since: float
    until: float
    end: WaitEnd

    @property
    def seconds(self) -> float:
        return max(self.until - self.since, 0.0)


def came_about(talk: TalkRow) -> bool:
    """Whether caller and agent could hear each other, and for longer than it takes to be cut off."""
    if talk.kind == "consult" or talk.joined_at is None:
        return False
    return talk.state != "lost" or (talk.ended_at is not None and talk.heard_until(talk.ended_at))


def waits_of(seen: SeenCall, walked: CallPath) -> Iterator[Wait]:
    visits = [visit for visit in walked.visits if visit.queue]
    offers = [talk for talk in seen.talks if talk.kind == "queue"]
    for n, visit in enumerate(visits):
        end = visits[n + 1].since if n + 1 < len(visits) else float("inf")
        within = [talk for talk in offers if visit.since <= talk.offered_at.timestamp() < end]
        yield from _of_visit(visit, within, seen if n + 1 == len(visits) else None)


def _of_visit(visit: Visit, offers: Sequence[TalkRow], last: SeenCall | None) -> Iterator[Wait]:
    """The waits of one visit to a queue step. `last` is the call, if this is its last visit to any."""
    since: float | None = visit.since
    queue, talked = visit.queue, False
    for talk in offers:
        comes_after = since is not None and talk.offered_at.timestamp() >= since
        if comes_after:
            queue = talk.queue
        if not came_about(talk) or talk.joined_at is None:
            continue
        if comes_after and since is not None:  # else a colleague was asked in a talk, and kept the caller
            yield Wait(queue, since, talk.joined_at.timestamp(), "answered")
        talked, since = True, talk.ended_at.timestamp() if talk.ended_at else None
        queue = last.queue if last is not None and last.queue else talk.queue
    if since is None or (talked and not _waits_again(visit, since, last)):
        return
    end = _ENDS.get(visit.way, "failed")
    if end == "abandoned" and visit.until - since <= SHORT_ABANDON_SECONDS:
        end = "short_abandoned"
    yield Wait(queue, since, visit.until, end)


def _waits_again(visit: Visit, since: float, last: SeenCall | None) -> bool:
    """Whether the caller of a talk that ended waits for another, and does not just hear the flow go on."""
    if visit.way == STILL_THERE:
        return last is not None and last.place in ("waiting", "taken")
    return visit.way != "answered" and visit.until > since


class Durations:
    """Many durations in little memory, rounded to whole seconds. Percentiles are by nearest rank: a value that was
    really measured."""

    __slots__ = ("_counts",)

    def __init__(self) -> None:
        self._counts: Counter[int] = Counter()

    def add(self, seconds: float) -> None:
        self._counts[round(seconds)] += 1

    @property
    def count(self) -> int:
        return self._counts.total()

    @property
    def total(self) -> int:
        return sum(seconds * times for seconds, times in self._counts.items())

    @property
    def mean(self) -> int | None:
        return round(self.total / self.count) if self._counts else None

    @property
    def longest(self) -> int | None:
        return max(self._counts, default=None)

    def at(self, percent: int) -> int | None:
        """The least duration that so many percent did not exceed; None when nothing was measured."""
        left = math.ceil(self.count * percent / 100)
        for seconds in sorted(self._counts):
            left -= self._counts[seconds]
            if left <= 0:
                return seconds
        return None


class WaitSums:
    """Many waits, each held against the target of its queue."""

    def __init__(self) -> None:
        self.ends: Counter[WaitEnd] = Counter()
        self.over = Durations()
        self.answered = Durations()
        self.in_time = 0

    def add(self, wait: Wait, target: Target) -> None:
        self.ends[wait.end] += 1
        if wait.end == "waiting":
            return
        self.over.add(wait.seconds)
        if wait.end == "answered":
            self.answered.add(wait.seconds)
            self.in_time += wait.seconds <= target.seconds

    @property
    def counted(self) -> int:
        """Those by which service is judged: all that are over, but for short abandons."""
        return self.over.count - self.ends["short_abandoned"]
