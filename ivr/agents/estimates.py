"""The expected wait of a caller, estimated from the latest answers of the queue. Pure.

The method. While callers wait, a queue is answered at a pace: the time from one answer to the next. Only those gaps
count in which the caller who was answered at their end had waited since their beginning; in others, nobody was there to
be answered, and the gap says nothing of the pace. The estimate is the mean of the last forty such gaps of the past
90 minutes, once for each caller ahead and once for this one. A gap that is open now and longer than the mean counts
too.

Shifts begin and end. So a gap is measured in the time that those who were ready put into it together, and divided by
how many are ready now: when half of them leave, each turn takes twice as long from then on. Who is away on a break is
not ready. When shifts end is not known before, only when the office closes: what would last longer is not told.

The mean, not the median: waits add up, and so do means. The median of lopsided gaps is some 30 % too short, and then
every third caller waits half as long again as told.

Those ahead may hang up, and then the line moves without an answer. How often they do is known from the same 90 minutes:
as many hung up as did, in all the time that callers waited. With so many ahead, the next one goes at the pace of the
answers and of those who hang up together (the rates of Erlang A). Without this, callers of a hotline where many hang up
were told up to twice what they waited.

What it is worth is measured in `tests/agents/test_estimates.py`, and for a day of your own by `ivr simulate`.
"""

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from statistics import fmean, pstdev

LOOK_BACK = timedelta(minutes=90)
MOST_GAPS = 40
FEWEST_GAPS = 5
"""With fewer gaps, no wait is told."""
LARGEST_ERROR = 0.3
"""Nothing is told when the standard error of the estimate is a larger part of it: the pace is too uneven to tell. With
0.3, two of three waits are within a third of what was told; with 0.6 it was every second one."""
SHORTEST_SECONDS, LONGEST_SECONDS = 60, 30 * 60
"""Under a minute a wait is not worth telling; over half an hour nobody believes it."""
MARGIN = 1.05
"""A wait that is longer than told is worse than a shorter one. With 1, 12 % of callers wait a third longer than told,
with 1.05 it is 8 %, and three of four waits fit. Rounded up, every fourth caller is told a third too much."""
TOLD_MINUTES = (1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30)
"""The minutes people give when they say "about"."""


@dataclass(frozen=True, slots=True)
class PastWait:
    """Somebody who waited `since` was answered, or hung up, `at` this moment (both aware)."""

    since: datetime
    at: datetime


@dataclass(frozen=True, slots=True)
class Ready:
    """So many agents are ready, or in a talk, from this moment (aware) until that of the next."""

    at: datetime
    count: int


def ready_over_time(changes: Iterable[tuple[datetime, str, bool]], ready: Collection[str], always: int) -> list[Ready]:
    """How many were ready, oldest first, from who is now and who became so or no longer was at which moment.

    `always` is how many come and go never. The first entry holds for all time before.
    """
    now_ready, found = set(ready), list[Ready]()
    for at, agent, became_ready in sorted(changes, reverse=True):
        found.append(Ready(at, len(now_ready) + always))
        if became_ready:
            now_ready.discard(agent)
        else:
            now_ready.add(agent)
    return [Ready(datetime.min.replace(tzinfo=UTC), len(now_ready) + always), *reversed(found)]


def expected_seconds(
    answers: Iterable[PastWait], ahead: int, since: datetime, now: datetime, gone: Iterable[PastWait] = (), *,
    staff: Sequence[Ready] = (Ready(datetime.min.replace(tzinfo=UTC), 1),),
) -> int | None:  # fmt: skip
    """How long a caller will wait from now on who has waited `since`, with so many `ahead`; None if it is not known
    well enough to be told. `answers` are those of the same queue, `gone` those who hung up in it, in any order; `staff`
    is who was ready, oldest first."""
    answered, left = _latest(answers, now), _latest(gone, now)
    gaps = _gaps(answered, since, now, staff)
    if len(gaps) < FEWEST_GAPS or not staff[-1].count:
        return None
    gaps = [gap / staff[-1].count for gap in gaps]
    mean = fmean(gaps)
    waited = sum((one.at - one.since).total_seconds() for one in (*answered, *left))
    hang_ups = len(left) / waited if left and waited else 0.0  # a second, of each who waits
    turns = [1 / (1 / mean + place * hang_ups) for place in range(ahead + 1)]
    expected = sum(turns)
    # Turns still to come differ as gaps do, and their mean is itself known from so many gaps only.
    error = pstdev(gaps) / mean * math.sqrt(sum(turn**2 for turn in turns) + expected**2 / len(gaps))
    if error > LARGEST_ERROR * expected or not SHORTEST_SECONDS <= expected <= LONGEST_SECONDS:
        return None
    return round(expected)


def told_seconds(expected: int) -> int:
    """An estimate as it is told: the minutes that people say which are nearest to it, and a little more, as a ratio."""
    return 60 * min(TOLD_MINUTES, key=lambda minutes: abs(math.log(minutes * 60 / (expected * MARGIN))))


def _latest(waits: Iterable[PastWait], now: datetime) -> list[PastWait]:
    """The waits that ended lately, first those that ended first."""
    return sorted((wait for wait in waits if now - LOOK_BACK < wait.at <= now), key=lambda wait: wait.at)


def _gaps(answered: Sequence[PastWait], since: datetime, now: datetime, staff: Sequence[Ready]) -> list[float]:
    """Seconds of those who were ready between answers while somebody waited, oldest first. `answered` are in order."""
    gaps = [
        _worked(before.at, one.at, staff) for before, one in pairwise(answered) if one.since <= before.at
    ][-MOST_GAPS:]  # fmt: skip
    if gaps:
        still_open = _worked(max(answered[-1].at, since), now, staff)
        if still_open > fmean(gaps):
            gaps.append(still_open)
    return gaps


def _worked(begins: datetime, ends: datetime, staff: Sequence[Ready]) -> float:
    """The seconds of all who were ready in this span."""
    spans = zip(staff, (*(later.at for later in staff[1:]), ends), strict=True)
    return sum(one.count * max(0.0, (min(ends, until) - max(begins, one.at)).total_seconds()) for one, until in spans)
