"""The drafts of a small hotline."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ivr.config import Config
from ivr.studio import Drafts
from tests.small_hotline import hotline_in


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """The configuration of a small hotline in a folder of its own."""
    return hotline_in(tmp_path)


@pytest.fixture
def drafts(config: Config) -> Iterator[Drafts]:
    """The flows of a small hotline in a folder of its own, while somebody edits them."""
    with Drafts(config) as drafts:
        yield drafts
