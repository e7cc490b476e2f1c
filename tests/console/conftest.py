"""A console for the tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ivr.store import Store
from tests.console.local_console import LocalConsole


@pytest.fixture
def console() -> Iterator[LocalConsole]:
    """A console with agents and supervisors on a store in memory."""
    made = LocalConsole(Store.open("sqlite://"))
    yield made
    made.close()
