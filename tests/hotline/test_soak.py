"""Two hours of calls in virtual time: nothing of a call that is over is kept in memory."""

from __future__ import annotations

import gc
import random
import tracemalloc
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from tests.hotline.harness import HotlineInTest, opened
from tests.trust_gates import Amount, Measured

WEBHOOKS_A_SECOND = 20
TALKATIVE = (
    "2 2 12345 1",
    "2 9 9 - 2",
    "1 3",
    "2 8",
    "2 4",
    "2 0",
    "2 1 62220001",
    "2 5 62220001 0000",
    "2 6 5",
    "2 7",
)
"""What callers do: complain, dither, leave a message, hear the fees, are called back, wait for a person …"""


def one_call(hotline: HotlineInTest, number: int, walk: str) -> int:
    """A call from its first ring to its end; gives how many webhooks that took."""
    call = hotline.call(f"+8613{number % 10**9:09d}")
    call.walk(walk)
    call.hang_up()
    return len(walk.split()) + 2


def soaked(folder: Path, seconds: int) -> tuple[int, list[float]]:
    """How many webhooks came in so much virtual time, and the MB that were held after each sixth of it."""
    chance, webhooks, number = random.Random(49), 0, 0
    levels: list[float] = []
    tracemalloc.start()
    with opened(folder) as hotline:
        hotline.app.hotline.editions.current.wishes.learn()  # or it comes in the middle, by a real clock
        for second in range(seconds):
            while webhooks < (second + 1) * WEBHOOKS_A_SECOND:
                number += 1
                webhooks += one_call(hotline, number, chance.choice(TALKATIVE))
            hotline.clock.advance(1)
            hotline.app.assigner.tick(hotline.clock())
            hotline.deliver()
            if second % 60 == 59:
                hotline.app.hotline.tidy()
            if (second + 1) % (seconds // 6) == 0:
                hotline.sender.forget()
                gc.collect()
                levels.append(tracemalloc.get_traced_memory()[0] / 2**20)
        assert hotline.live() == []
    return webhooks, levels


@pytest.mark.slow
@pytest.mark.trust(goal=49, minutes=15)
def test_two_hours_of_calls_leave_memory_as_it_was(tmp_path: Path, amount: Amount, measured: Measured) -> None:
    """In a process of its own: what other tests have filled already would not be counted, and all else seem large."""
    seconds = amount(60, 7_200)
    with ProcessPoolExecutor(1, get_context("spawn")) as process:
        webhooks, levels = process.submit(soaked, tmp_path, seconds).result()
    grown = (levels[-1] - levels[1]) / levels[1]
    measured(
        f"{webhooks:,} webhooks in {seconds / 3600:.1f} hours of virtual time: what is held in memory went from "
        f"{levels[1]:.1f} to {levels[-1]:.1f} MB ({grown:+.1%}), measured from a third of the time on"
    )
    assert grown < 0.1
