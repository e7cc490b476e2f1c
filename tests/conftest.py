"""What all tests share: `pytest --update` writes goldens anew, and the generated pages of `docs/` with them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.stores import empty_url, patience, postgres_url, store, store_url

if TYPE_CHECKING:
    from playwright.sync_api import Browser

__all__ = ["empty_url", "patience", "postgres_url", "store", "store_url"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="write goldens and generated pages anew, then compare")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--update"):
        os.environ["IVR_UPDATE"] = "1"


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A browser without a window: one for all tests of a worker, which takes seconds to start."""
    from tests.browsers import launched

    with launched() as browser:
        yield browser
