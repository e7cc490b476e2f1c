"""The call scripts that are shipped take every step and every way out of the shipped hotline, in every language.

Calls that were played as tests of this run are not played again.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.testing.coverage import KINDS, Coverage
from ivr.testing.local_target import LocalTarget
from ivr.testing.pytest_plugin import CallItem
from ivr.testing.suite import read, run_item
from tests import shipped_hotline

CALLS = Path(__file__).parents[1] / "calls"


@pytest.fixture(scope="module")
def covered(request: pytest.FixtureRequest) -> Coverage:
    items = [item for item in request.session.items if isinstance(item, CallItem)]
    played = {(item.path, item.call_item.name): item.outcome for item in items}
    coverage = Coverage.of(shipped_hotline.edition().flows)
    with LocalTarget(shipped_hotline.config()) as target:
        suite = read([CALLS], target.names)
        assert not suite.issues
        for item in suite.items:
            source = suite.sources[item.script.file]
            outcome = played.get((item.path, item.name)) or run_item(item, target, source, golden="ignore")
            coverage.add(outcome.events)
    return coverage


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_the_shipped_calls_take_everything_in_every_language(covered: Coverage, kind: str) -> None:
    assert [str(part) for part in covered.missing(kind)] == []
