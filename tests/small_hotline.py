"""A small hotline in a folder, with the demo wallet behind it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from ivr.config import Config, load_config
from tests.cli.conftest import HOTLINE


def hotline_in(folder: Path, more: str = "") -> Config:
    """A small hotline in this folder. `more` of its configuration is added."""
    (folder / "flows").mkdir()
    (folder / "flows" / "hotline.yaml").write_text(HOTLINE, encoding="utf-8")
    asks = "hotline: {country: CN, handlers: [ivr.wallet.handlers]}\nback_office: {module: ivr.wallet.back_office}\n"
    (folder / "config.yaml").write_text(asks + more, encoding="utf-8")
    config, issues = load_config(folder / "config.yaml", today=date(2026, 11, 22), environ={})
    assert config is not None, issues
    return config
