"""More cases of the reader's rules: `reading_cases/<rule>.yaml` and the report `reading_cases/<rule>.out` beside it.

The first example of each rule stands beside the rule: see test_examples.
A case is called after the rule it is about. `pytest --update tests/flow/test_reading_rules.py` writes the reports.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ivr.flow.issues import as_text
from ivr.flow.reading.reader import read_flows
from tests.flow.test_examples import READER_RULES

FOLDER = Path(__file__).parent / "reading_cases"
CASES = sorted(path.stem for path in FOLDER.glob("*.yaml"))


@pytest.mark.parametrize("case", CASES)
def test_a_broken_file_is_answered_with_place_and_repair(case: str) -> None:
    sources = {f"{case}.yaml": (FOLDER / f"{case}.yaml").read_bytes()}
    _, issues = read_flows(sources, "hotline", ("zh", "en"))
    report = as_text(issues, sources)
    golden = FOLDER / f"{case}.out"
    if os.environ.get("IVR_UPDATE"):
        golden.write_text(report, "utf-8")
    assert report == golden.read_text("utf-8")
    rule = case.split(".", maxsplit=1)[0]
    assert issues, "the file should be broken"
    assert rule not in READER_RULES or rule in {issue.rule for issue in issues}


def test_every_rule_that_is_reported_is_documented() -> None:
    reported = {
        line.rpartition(" [")[2].rstrip("]")
        for path in FOLDER.glob("*.out")
        for line in path.read_text("utf-8").splitlines()
        if line.startswith(path.stem) and line.endswith("]")
    }
    assert reported
    assert reported <= READER_RULES.keys()
