"""What talks cost agents: handling time with its parts, and how much of their time it took (occupancy). Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from ivr.hotline.reports.waits import Durations, Wait, came_about
from ivr.store.report_rows import PresenceChange, SeenCall
from ivr.store.rows import TalkRow

Span = tuple[datetime, datetime]
"""From a moment until before another, both aware."""


class Handling:
    """Talks that are over, with their parts: talking, on hold, wrap-up. Seconds."""

    def __init__(self) -> None:
        self.talked = Durations()
        self.wrapped_up = Durations()
        self.held = 0.0

    def add(self, talk: TalkRow) -> None:
        """Counts a talk that came about and is over; leaves out any other."""
        if talk.joined_at is None or talk.ended_at is None:
            return
        self.held += talk.held_seconds
        self.talked.add(max(0.0, (talk.ended_at - talk.joined_at).total_seconds() - talk.held_seconds))
        if talk.wrapped_at is not None:
            self.wrapped_up.add((talk.wrapped_at - talk.ended_at).total_seconds())

    @property
    def total(self) -> int:
        return round(self.talked.total + self.held + self.wrapped_up.total)

    @property
    def mean(self) -> int | None:
        """Seconds for each talk; None without any."""
        return round(self.total / self.talked.count) if self.talked.count else None


def handed_on(seen: SeenCall, waits: Sequence[Wait]) -> tuple[TalkRow, ...]:
    """The talks of a call from which the agent handed the caller on: into a queue, or to a colleague who was asked."""
    talks = [talk for talk in seen.talks if talk.kind == "queue" and came_about(talk)]
    waits_from = {wait.since for wait in waits}
    return tuple(
        talk
        for talk in talks
        if talk.ended_at is not None
        and talk.state != "lost"
        and (
            talk.ended_at.timestamp() in waits_from
            or any(talk.offered_at < other.offered_at < talk.ended_at for other in talks)
        )
    )


class Occupancy:
    """How much of the time in which agents were there to answer they spent on talks."""

    def __init__(self, start: datetime, end: datetime) -> None:
        """Only what lies from `start` until before `end` (aware) counts."""
        # Two moments of one zone are subtracted as clocks on the wall show them: an hour wrong where these change.
        self._start, self._end = start.astimezone(UTC), end.astimezone(UTC)
        self._ready: dict[str, list[Span]] = defaultdict(list)
        self._busy: dict[str, list[Span]] = defaultdict(list)

    def add_presences(self, changes: Iterable[PresenceChange]) -> None:
        """What agents chose to be: name, presence and since when, by name and time."""
        last: PresenceChange | None = None
        for change in changes:
            if last is not None:
                self._chose(last, change[2] if change[0] == last[0] else self._end)
            last = change
        if last is not None:
            self._chose(last, self._end)

    def _chose(self, change: PresenceChange, until: datetime) -> None:
        agent, presence, since = change
        if presence == "ready":
            self._ready[agent].append((since, until))

    def add_talk(self, talk: TalkRow) -> None:
        """From when the agent was in the talk until the note was written; a consultation too."""
        if talk.joined_at is not None:
            self._busy[talk.agent].append((talk.joined_at, talk.wrapped_at or talk.ended_at or self._end))

    def seconds(self, agent: str) -> tuple[float, float]:
        """How long the agent was busy, and how long there: ready or busy. Nothing is known of a phone without login."""
        busy = sum(self._lengths(self._busy[agent]))
        return (busy, sum(self._lengths(self._ready[agent] + self._busy[agent]))) if self._ready[agent] else (0.0, 0.0)

    def _lengths(self, spans: Iterable[Span]) -> Iterator[float]:
        """Seconds of each stretch of time that is covered, overlaps counted once."""
        reached = self._start
        for since, until in sorted(spans):
            begin, end = max(since, reached), min(until, self._end)
            if begin < end:
                yield (end - begin).total_seconds()
                reached = end
