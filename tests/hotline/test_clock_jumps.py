"""The machine's clock is set by an hour while people call: nothing ends early, and nothing lasts an hour longer."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from ivr.app.clock import SteadyClock
from ivr.store import Store
from tests.hotline.harness import ALICE, ALICE_PIN, MONDAY, HotlineInTest, ManualClock, opened

pytestmark = pytest.mark.trust(goal=50)

HOUR = 3_600


class SetClock(ManualClock):
    """The hotline's clock on a machine whose own can be set."""

    def __init__(self) -> None:
        super().__init__()
        self.machine, self.since_start = MONDAY.timestamp(), 1_000.0
        self._steady = SteadyClock(lambda: self.machine, lambda: self.since_start)

    def __call__(self) -> datetime:
        return self._steady()

    def advance(self, seconds: float) -> None:
        self.machine += seconds
        self.since_start += seconds


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def hotline(tmp_path: Path, store_url: str, clock: SetClock) -> Iterator[HotlineInTest]:
    with opened(tmp_path, store_url, clock=clock, new_code=lambda digits: "246810") as hotline:
        yield hotline


def by_pin(hotline: HotlineInTest, pin: str) -> str:
    call = hotline.call("")
    call.walk(f"2 1 {ALICE} *")
    return call.press(pin).words


@pytest.mark.parametrize("jump", [HOUR, -HOUR])
def test_a_lock_lasts_as_long_as_it_should(hotline: HotlineInTest, clock: SetClock, jump: int) -> None:
    for _ in range(5):
        by_pin(hotline, "000000")
    clock.machine += jump
    clock.advance(26 * 60)
    assert "A person will help you." in by_pin(hotline, ALICE_PIN)
    clock.advance(8 * 60)
    assert "128.50" in by_pin(hotline, ALICE_PIN)


@pytest.mark.parametrize("jump", [HOUR, -HOUR])
def test_a_code_is_good_for_as_long_as_it_should_be(hotline: HotlineInTest, clock: SetClock, jump: int) -> None:
    early, late = hotline.call(), hotline.call()
    early.walk(f"2 1 {ALICE}")
    clock.machine += jump
    clock.advance(8 * 60)
    assert "128.50" in early.press("246810").words
    late.walk(f"2 1 {ALICE}")
    clock.machine -= jump
    clock.advance(12 * 60)
    assert "128.50" not in late.press("246810").words


@pytest.mark.parametrize("jump", [HOUR, -HOUR, 12 * HOUR])
def test_a_live_call_goes_on(hotline: HotlineInTest, clock: SetClock, jump: int) -> None:
    call = hotline.call()
    call.walk("2")
    clock.machine += jump
    clock.advance(60)
    hotline.app.hotline.tidy()
    assert call.press("2").words == "Your order number."


def test_a_clock_that_is_set_is_followed_by_a_tenth_and_never_back(caplog: pytest.LogCaptureFixture) -> None:
    clock = SetClock()
    assert clock() == MONDAY
    clock.machine -= HOUR
    told = [clock()]
    for _ in range(12 * 60):
        clock.advance(60)
        told.append(clock())
    assert told == sorted(told)
    assert told[60] - told[0] == timedelta(seconds=0.9 * HOUR)
    assert told[-1] == MONDAY + timedelta(hours=11), "as the machine's clock says"
    assert [record.msg for record in caplog.records] == ["the machine's clock was set: it is followed slowly"]


@pytest.mark.parametrize("ahead", [HOUR, -HOUR])
def test_a_machine_whose_clock_is_wrong_goes_by_that_of_the_store(store: Store, ahead: int) -> None:
    """Of two instances an hour apart one ended the calls of the other, and gave guesses anew."""
    told = store.clock_ahead(lambda: time.time() + ahead)
    assert round(told / 60) == (0 if store._db.sqlite else ahead / 60)
    clock = SetClock()
    clock.machine += ahead
    steady = SteadyClock(lambda: clock.machine, lambda: clock.since_start)
    steady.agree(ahead)
    steady.agree(-ahead)  # a second application in the same process
    assert steady() == MONDAY
    clock.advance(60)
    assert steady() == MONDAY + timedelta(seconds=60)


def test_machines_that_differ_by_a_second_go_by_their_own_clocks() -> None:
    clock = SetClock()
    steady = SteadyClock(lambda: clock.machine, lambda: clock.since_start)
    steady.agree(1.0)
    assert steady() == MONDAY
