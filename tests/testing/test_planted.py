"""The faults of `bench/planted_faults.py` can still be planted, and those of each kind are found.

All of them are planted by `python -m bench.planted`; the table in docs/exploring.md is what came out.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bench.planted import judge, planted
from bench.planted_faults import FAULTS, Fault

HOME = Path(__file__).parents[2]
PAGE = (HOME / "docs" / "exploring.md").read_text("utf-8")
TABLE = PAGE.partition("| fault | found by | shown by |\n| --- | --- | --- |\n")[2]
TOLD = re.findall(r"^\| ([^|]+?) \|", TABLE, re.MULTILINE)
BY_NAME = {fault.name: fault for fault in FAULTS}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.slug)
def test_a_fault_can_be_planted(fault: Fault, tmp_path: Path) -> None:
    with planted(fault, tmp_path / "flows") as config:
        changed = [file for file, *_ in fault.edits if _differs(config.flows / file)]
    assert changed


def _differs(file: Path) -> bool:
    return file.read_bytes() != (HOME / "flows" / file.name).read_bytes()


def test_the_page_tells_of_every_fault() -> None:
    assert list(BY_NAME) == TOLD


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "check", "explore"),
    [
        ("a recorded complaint goes nowhere", "maybe-unset-value; unreachable-step", ""),
        ("an account is told to whoever calls", "not-identified; unreachable-step", ""),
        ("whoever leaves the queue is back in it", "", "no-loop"),
    ],
)
def test_a_fault_is_found(name: str, check: str, explore: str, tmp_path: Path) -> None:
    verdict = judge(BY_NAME[name], tmp_path / "flows", sound=None, replays=False)
    assert (verdict.check, verdict.explore) == (check, explore)
