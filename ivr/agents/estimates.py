"""The expected wait of a caller, estimated from the latest answers of the queue. Pure.

The method. While callers wait, a queue is answered at a pace: the time from one answer to the next. Only those gaps
count in which the caller who was answered at their end had waited since their beginning; in others, nobody was there to
be answered, and the gap says nothing of the pace. The estimate is the mean of the last forty such gaps of the past
90 minutes, once for each caller ahead and once for this one. A gap that is open now and longer than the mean counts
too, so that the estimate grows when people leave their desks. It says nothing of who is logged in: twice the people
halve the gaps by themselves.

The mean, not the median: waits add up, and so do means. The median of lopsided gaps is some 30 % too short, and then
every third caller waits half as long again as told. What it is worth is measured in `tests/agents/test_estimates.py`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
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
TOLD_MINUTES = (1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30)
"""The minutes people give when they say "about"."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Somebody who waited `since` was answered `at` this moment (both aware)."""

    since: datetime
    at: datetime


def expected_seconds(answers: Iterable[Answer], ahead: int, since: datetime, now: datetime) -> int | None:
    """How long a caller will wait from now on who has waited `since`, with so many `ahead`; None if it is not known
    well enough to be told. `answers` are those of the same queue, in any order."""
    gaps = _gaps(answers, since, now)
    if len(gaps) < FEWEST_GAPS:
        return None
    mean = fmean(gaps)
    turns = ahead + 1
    # The sum of `turns` gaps still to come, foretold from a mean that is itself known from so many gaps only.
    error = pstdev(gaps) * math.sqrt(turns + turns**2 / len(gaps))
    expected = mean * turns
    if error > LARGEST_ERROR * expected or not SHORTEST_SECONDS <= expected <= LONGEST_SECONDS:
        return None
    return round(expected)


def told_seconds(expected: int) -> int:
    """An estimate as it is told: rounded up to minutes that people say. Half an hour at most."""
    minutes = -(-expected // 60)
    return 60 * next((round_one for round_one in TOLD_MINUTES if round_one >= minutes), TOLD_MINUTES[-1])


def _gaps(answers: Iterable[Answer], since: datetime, now: datetime) -> list[float]:
    """Seconds between answers while somebody waited, oldest first."""
    latest = sorted((answer for answer in answers if now - LOOK_BACK < answer.at <= now), key=lambda answer: answer.at)
    gaps = [(one.at - before.at).total_seconds() for before, one in pairwise(latest) if one.since <= before.at][
        -MOST_GAPS:
    ]
    if gaps:
        still_open = (now - max(latest[-1].at, since)).total_seconds()
        if still_open > fmean(gaps):
            gaps.append(still_open)
    return gaps
