"""A thousand calls at once, and the same day again to the byte."""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from .busy_day import expected, play

pytestmark = pytest.mark.slow


def test_a_thousand_calls_of_all_kinds_at_once_in_one_process():
    net = play(1000)
    assert len(net.legs) > 1500
    assert {leg.status for leg in net.legs.values()} <= {"completed", "canceled"}
    assert Counter(kept.source for kept in net.recordings.values()) == {"RecordVerb": 250, "DialVerb": 125}
    assert max(len(room.participants) for room in net.conferences) == 0
    assert net.debugger.errors == []


def test_the_same_day_is_the_same_to_the_byte_a_hundred_times():
    first = expected(play(8))
    assert len(first) > 10_000
    assert {expected(play(8)) for _ in range(99)} == {first}
    assert expected(play(8, seed=2)) != first


def test_the_same_day_is_the_same_in_another_process_with_other_hashes():
    told_by = [
        subprocess.run(
            [sys.executable, "-m", "tests.network.busy_day", "20"],
            cwd=Path(__file__).parents[2], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True,
        ).stdout
        for seed in ("1", "2")
    ]  # fmt: skip
    assert told_by[0] == told_by[1]
    assert told_by[0]
