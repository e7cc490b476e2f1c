"""Offices and browsers for the tests of the console."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ivr.store import Store
from tests.console.offices import Desk


@pytest.fixture
def desk() -> Iterator[Desk]:
    """A console with agents and supervisors on a store in memory."""
    made = Desk(Store.open("sqlite://"))
    yield made
    made.close()
