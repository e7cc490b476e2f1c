"""What callers are told of their wait, held against what they then waited, in simulated days of the real hotline."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ivr.forecast.figures import WaitTold, waits_told
from ivr.forecast.run import simulate_day
from tests.forecast.direct import hotline, planned

AT = datetime(2026, 11, 25, 11, tzinfo=UTC)
TALK = "talk: {mean: 200 s, shape: lognormal}\nwrap_up: 20 s\n"
DAYS = (
    f"arrivals: {{09:00-12:00: 420}}\nshifts: {{09:00-14:00: 8}}\n{TALK}",
    f"arrivals: {{09:00-12:00: 160}}\nshifts: {{09:00-14:00: 3}}\n{TALK}",
    f"arrivals: {{09:00-12:00: 420}}\nshifts: {{09:00-14:00: 6}}\n{TALK}patience: 15 min\n",
    f"arrivals: {{09:00-12:00: 350}}\nshifts: {{09:00-10:30: 3, 09:00-14:00: 4}}\n{TALK}patience: 15 min\n",
    f"arrivals: {{09:00-12:00: 300}}\nshifts: {{09:00-14:00: 3, 10:30-14:00: 3}}\n{TALK}patience: 15 min\n",
)
"""More calls than eight and three agents can take, where nobody hangs up, and than six can where callers do. Then days
with shifts: three of seven agents go at half past ten, or as many as there were come."""


@pytest.mark.parametrize(
    ("waited", "was_answered", "fits", "too_short"),
    [
        (180.0, True, True, False),
        (136.0, True, True, False),
        (134.0, True, False, False),
        (239.0, True, True, False),
        (241.0, True, False, True),
        (200.0, False, False, False),
        (250.0, False, False, True),
    ],
)
def test_a_wait_fits_what_was_told_within_a_third(
    waited: float, was_answered: bool, fits: bool, too_short: bool
) -> None:
    one = WaitTold(AT - timedelta(minutes=9), 180, waited, was_answered)
    assert (one.fits, one.was_too_short) == (fits, too_short)


@pytest.mark.slow
def test_seven_of_ten_callers_wait_as_long_as_told_and_one_of_ten_longer_at_most(tmp_path: Path) -> None:
    config = hotline(tmp_path)
    told = [one for day in DAYS for one in waits_told(simulate_day(config, planned(config, day), (), 1))]
    answered = [one for one in told if one.was_answered]
    assert len(answered) > 150
    assert sum(one.fits for one in answered) >= 0.7 * len(answered)
    assert sum(one.was_too_short for one in told) <= 0.1 * len(told)
