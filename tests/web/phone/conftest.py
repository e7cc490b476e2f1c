"""A booth with a small hotline in fast time, somebody who listens to it, and a browser."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, sync_playwright

from ivr.booth import Booth
from ivr.config import Config, load_config
from tests.cli.conftest import HOTLINE

SPEED = 30.0
"""Half a minute of talk passes in a second."""
PATIENCE_SECONDS = 20.0
MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
CALLER = "+8613800138000"
LIN = "+8613900000001"
Line = Mapping[str, Any]


def hotline_in(folder: Path) -> Config:
    """A small hotline in this folder."""
    (folder / "flows").mkdir()
    (folder / "flows" / "hotline.yaml").write_text(HOTLINE, encoding="utf-8")
    (folder / "config.yaml").write_text("hotline: {country: CN}\n", encoding="utf-8")
    config, issues = load_config(folder / "config.yaml", today=date(2026, 11, 22), environ={})
    assert config is not None, issues
    return config


def booth_of(config: Config) -> Booth:
    """In fast time, on a Monday morning, keeping nothing."""
    return Booth(config, at=MONDAY, speed=SPEED, store_url="sqlite://")


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return hotline_in(tmp_path)


@pytest.fixture
def booth(config: Config) -> Iterator[Booth]:
    with booth_of(config) as booth:
        yield booth


class Listener:
    """Hears everything that happens in a booth from now on."""

    def __init__(self, booth: Booth) -> None:
        self.booth = booth
        self.lines: list[Line] = []

    def until(self, kind: str, text: str = "", **wanted: Any) -> Line:
        """The next line of this kind, with this in its text and these values; fails when it does not come in time."""
        deadline = time.monotonic() + PATIENCE_SECONDS

        def fits(line: Line) -> bool:
            return line["kind"] == kind and text in line.get("text", "") and wanted.items() <= line.items()

        while time.monotonic() < deadline:
            known = self.lines[-1]["n"] if self.lines else 0
            for line in self.booth.lines.after(known, 1.0):
                self.lines.append(line)
                if fits(line):
                    return line
        told = "\n".join(map(str, self.lines[-8:]))
        pytest.fail(f"no {kind} line with {text!r} {wanted} came; the last were:\n{told}")


@pytest.fixture
def listener(booth: Booth) -> Listener:
    return Listener(booth)


@pytest.fixture
def called(booth: Booth, listener: Listener) -> Callable[..., str]:
    """Dials and presses keys, each when the line has said the words before it; gives the call's id."""

    def call(*acts: str, from_: str = CALLER) -> str:
        sid = booth.dial(from_)
        for words, key in zip(acts[::2], acts[1::2], strict=True):
            listener.until("said", words, call=sid)
            for each in key:
                assert booth.press(sid, each)
        return sid

    return call


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's chromium without a screen. With CI=true it has to be there; elsewhere its tests are skipped without."""
    program = shutil.which("chromium")
    if program is None and os.environ.get("CI") != "true":
        pytest.skip("chromium is not installed: apt-get install chromium")
    assert program is not None, "CI installs chromium: see .ci/run"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()
