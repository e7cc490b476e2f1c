"""The shipped hotline, called by people who dither: what happens at odd moments, which the explorer does not see."""

import pytest

from ivr.app.simulation import Simulation
from ivr.network import VirtualClock, restless_callers
from tests.shipped_hotline import WEDNESDAY, config

GOODBYES = ("再见", "Goodbye", "goodbye")
ENTRIES = ("62220001", "246810", "300900")


@pytest.fixture
def dial():
    """Makes a call to a hotline that has just begun."""
    open_ones = []

    def call():
        while open_ones:
            open_ones.pop().close()
        open_ones.append(Simulation(config(), clock=VirtualClock(start=WEDNESDAY), store_url="sqlite://", seed=1))
        return open_ones[-1].dial("+8613800138001")

    yield call
    while open_ones:
        open_ones.pop().close()


def test_callers_who_dither_come_to_a_goodbye_or_to_a_person(dial):
    restless_callers(dial, range(6), ends_with=GOODBYES, entries=ENTRIES)


@pytest.mark.slow
def test_so_do_many_of_them(dial):
    restless_callers(dial, range(6, 200), ends_with=GOODBYES, entries=ENTRIES)
