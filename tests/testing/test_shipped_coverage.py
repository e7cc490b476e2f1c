"""The call scripts that are shipped take every step and every way out of the shipped hotline, in every language.

Calls that were played as tests of this run are not played again.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.hotline.handlers import catalogue
from ivr.testing.coverage import KINDS, Coverage
from ivr.testing.local_target import Stage
from ivr.testing.pytest_plugin import CallItem
from ivr.testing.suite import perform, read
from tests import walking

CALLS = Path(__file__).parents[1] / "calls"


@pytest.fixture(scope="module")
def covered(request: pytest.FixtureRequest) -> Coverage:
    items = [item for item in request.session.items if isinstance(item, CallItem)]
    played = {(item.path, item.call_item.name): item.outcome for item in items}
    coverage = Coverage.of(walking.edition().flows, catalogue())
    with Stage(walking.config()) as stage:
        programme = read([CALLS], stage.names)
        assert not programme.issues
        for item in programme.items:
            source = programme.sources[item.script.file]
            outcome = played.get((item.path, item.name)) or perform(item, stage, source, golden="")
            coverage.add(outcome.events)
    return coverage


@pytest.mark.parametrize("kind", KINDS)
def test_the_shipped_calls_take_everything_in_every_language(covered: Coverage, kind: str) -> None:
    assert [str(part) for part in covered.missing(kind)] == []
