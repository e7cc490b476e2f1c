"""What all tests share: `pytest --update` writes goldens anew, and the generated pages of `docs/` with them."""

from __future__ import annotations

import os

import pytest

from tests.stores import empty_url, patience, postgres_url, store, store_url

__all__ = ["empty_url", "patience", "postgres_url", "store", "store_url"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="write goldens and generated pages anew, then compare")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--update"):
        os.environ["IVR_UPDATE"] = "1"
