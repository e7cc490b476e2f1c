"""The estimated wait: when it is told, how it is rounded, and what it is worth in queues of made-up days."""

from __future__ import annotations

import heapq
import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from ivr.agents.estimates import PastWait, Ready, expected_seconds, ready_over_time, told_seconds

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def answers(*minutes: float, waited: float = 10) -> list[PastWait]:
    """Answers at these minutes of noon, to callers who had each waited so many minutes."""
    return [PastWait(at(minute - waited), at(minute)) for minute in minutes]


EVEN = answers(-18, -15, -12, -9, -6, -3)


@pytest.mark.parametrize(
    ("why", "known", "ahead", "seconds"),
    [
        ("three minutes a caller, one turn", EVEN, 0, 180),
        ("three minutes a caller, four turns", EVEN, 3, 720),
        ("the order in which they are given does not count", EVEN[::-1], 0, 180),
        ("nobody was answered yet", [], 0, None),
        ("five answers are four gaps", EVEN[1:], 0, None),
        ("over half an hour", EVEN, 10, None),
        ("under a minute", answers(*(-3 + 0.5 * number for number in range(7))), 0, None),
        ("under a minute for one, over it for three", answers(*(-3 + 0.5 * number for number in range(7))), 2, 90),
        ("answers of more than 90 minutes ago", answers(-120, -117, -114, -111, -108, -105, -3), 0, None),
        ("nobody waited between the answers", answers(-18, -15, -12, -9, -6, -3, waited=0.2), 0, None),
        ("a pace that is all over the place", answers(-40, -39.9, -20, -19.9, -19.8, -1.1, -1), 0, None),
        ("the same for many, where it evens out", answers(-25, -23, -20, -18, -15, -13, -10, -8, -5, -3), 5, 900),
        ("nobody has been answered for six minutes", answers(-21, -18, -15, -12, -9, -6), 1, 420),
        ("nobody has been answered for ten minutes", answers(-25, -22, -19, -16, -13, -10), 0, None),
        ("answers still to come are not known", [*EVEN, *answers(30, 60)], 0, 180),
        (
            "only the last forty gaps count",
            [*answers(*range(-89, -60)), *answers(*(-60 + 1.5 * number for number in range(41)))],
            1,
            180,
        ),
    ],
)
def test_what_is_expected(why: str, known: list[PastWait], ahead: int, seconds: int | None) -> None:
    assert expected_seconds(known, ahead, at(-30), NOON) == seconds, why


def test_a_gap_counts_from_when_the_caller_joined_if_that_is_later() -> None:
    known = answers(-21, -18, -15, -12, -9, -6)
    assert expected_seconds(known, 0, at(-1), NOON) == 180, "nobody was there to be answered for five minutes"
    assert expected_seconds(known, 0, at(-5), NOON) == 200


@pytest.mark.parametrize(("hung_up", "seconds"), [(0, 720), (1, 678), (6, 599)])
def test_those_ahead_who_will_hang_up_make_the_wait_shorter(hung_up: int, seconds: int) -> None:
    """As many will as did: one of six who waited ten minutes, or every second one."""
    gone = [PastWait(at(-20 - number), at(-10 - number)) for number in range(hung_up)]
    assert expected_seconds(EVEN, 3, at(-30), NOON, gone) == seconds


@pytest.mark.parametrize(
    ("ready", "seconds"),
    [([2], 540), ([2, 1], 1080), ([1, 2], 270), ([2, 0], None)],
    ids=["as many as were", "half of them have left", "as many again have come", "nobody is ready"],
)
def test_turns_take_as_long_as_those_who_are_ready_now_make_them(ready: list[int], seconds: int | None) -> None:
    staff = [Ready(moment, count) for moment, count in zip((LONG_AGO, at(-3)), ready, strict=False)]
    assert expected_seconds(EVEN, 2, NOON, NOON, staff=staff) == seconds


def test_who_was_ready_is_found_backwards_from_who_is() -> None:
    changes = [(at(-90), "li", True), (at(-30), "wang", False), (at(-20), "wang", True), (at(-10), "li", False)]
    counts = [(one.at, one.count) for one in ready_over_time(changes, {"wang"}, 1)]
    assert counts[1:] == [(at(-90), 3), (at(-30), 2), (at(-20), 3), (at(-10), 2)]
    assert counts[0][1] == 2


@pytest.mark.parametrize(
    ("seconds", "minutes"),
    [(60, 1), (80, 1), (81, 2), (197, 3), (199, 4), (300, 5), (395, 6), (480, 8), (766, 12), (767, 15), (1800, 30)],
)
def test_what_is_told_are_the_nearest_minutes_that_people_say(seconds: int, minutes: int) -> None:
    assert told_seconds(seconds) == minutes * 60


# --- a day in a queue ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Day:
    """So many agents, callers for `load` times what they can do, and talks of a mean and a spread.

    `leave`: at which second how many of the agents go.
    """

    agents: int
    talk_seconds: float = 240
    spread: float = 0.7
    load: float = 1.1
    leave: tuple[int, int] = (0, 0)

    def waits(self, seed: int, hours: float = 3) -> Iterator[tuple[int, float]]:
        """What each waiting caller is told every minute (in seconds), and how long it then really took."""
        chance = random.Random(f"{self}/{seed}")
        sigma = math.sqrt(math.log(1 + self.spread**2))
        mu = math.log(self.talk_seconds) - sigma**2 / 2
        came: list[float] = []
        while not came or came[-1] < hours * 3600:
            came.append((came[-1] if came else 0) + chance.expovariate(self.load * self.agents / self.talk_seconds))
        taken: dict[int, float] = {}
        known: list[PastWait] = []
        asked: list[tuple[int, float, int | None]] = []
        line: list[int] = []
        moments = [(second, "comes", caller) for caller, second in enumerate(came)]
        moments.append((self.leave[0], "leave", -1))
        heapq.heapify(moments)
        there, (left, leaving) = self.agents, self.leave
        staff = Ready(LONG_AGO, there), Ready(_time(left), there - leaving)
        while moments:
            now, what, caller = heapq.heappop(moments)
            match what:
                case "comes":
                    line.append(caller)
                    heapq.heappush(moments, (now + 1, "hears", caller))
                case "ends":
                    there += 1
                case "leave":
                    there -= self.leave[1]
                case "hears" if caller in line:
                    told = expected_seconds(
                        known[-60:],
                        line.index(caller),
                        _time(came[caller]),
                        _time(now),
                        staff=staff[: 1 + (now > left)],
                    )
                    asked.append((caller, now, told))
                    heapq.heappush(moments, (now + 60, "hears", caller))
            while there > 0 and line:
                there -= 1
                taken[line[0]] = now
                known.append(PastWait(_time(came[line[0]]), _time(now)))
                heapq.heappush(moments, (now + chance.lognormvariate(mu, sigma), "ends", line.pop(0)))
        for caller, now, told in asked:
            if told is not None and caller in taken:
                yield told_seconds(told), taken[caller] - now


def _time(second: float) -> datetime:
    return NOON + timedelta(seconds=second)


ORDINARY = (Day(1), Day(3), Day(8, load=1.05), Day(6, load=0.85, leave=(3600, 3)))
"""One agent, three, eight, and six of whom half leave."""
UNEVEN = Day(3, spread=1.2)
"""Talks of very different lengths."""


def _experienced(*days: Day) -> Sequence[tuple[int, float]]:
    """What callers of these days were told, and what they waited from then on, in seconds."""
    return [wait for day in days for seed in range(3) for wait in day.waits(seed)]


def _a_third_longer(found: Sequence[tuple[int, float]]) -> float:
    return sum(took > 4 / 3 * told for told, took in found) / len(found)


@pytest.mark.slow
def test_seven_of_ten_callers_wait_within_a_third_of_what_they_are_told() -> None:
    found = _experienced(*ORDINARY)
    assert len(found) > 5000
    within = sum(told <= 4 / 3 * took and took <= 4 / 3 * told for told, took in found)
    assert within >= 0.7 * len(found)
    assert _a_third_longer(found) <= 0.1


@pytest.mark.slow
def test_where_talks_differ_much_three_of_four_callers_wait_no_more_than_a_third_longer_than_told() -> None:
    assert _a_third_longer(_experienced(UNEVEN)) <= 0.25
