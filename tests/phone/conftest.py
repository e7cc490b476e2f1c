"""A phone_session with a small hotline in fast time, somebody who listens to it, and a browser."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ivr.config import Config
from ivr.phone import PhoneSession
from tests.patience import PATIENCE_SECONDS
from tests.small_hotline import hotline_in

SPEED = 20.0
"""Twenty seconds of talk pass in one."""
MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
CALLER = "+8613800138000"
LIN = "+8613900000001"
Line = Mapping[str, Any]


def phone_session_of(config: Config, speed: float = SPEED) -> PhoneSession:
    """In fast time, on a Monday morning, keeping nothing."""
    return PhoneSession(config, at=MONDAY, speed=speed, store_url="sqlite://")


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """The configuration of a small hotline in a folder of its own."""
    return hotline_in(tmp_path)


@pytest.fixture
def phone_session(config: Config) -> Iterator[PhoneSession]:
    """The web phone of that hotline, twenty times as fast as the clock, on a Monday morning."""
    with phone_session_of(config) as phone_session:
        yield phone_session


class Listener:
    """Hears everything that happens in a phone_session from now on."""

    def __init__(self, phone_session: PhoneSession) -> None:
        self.phone_session = phone_session
        self.lines: list[Line] = []

    def until(self, kind: str, text: str = "", **wanted: Any) -> Line:
        """The next line of this kind, with this in its text and these values; fails when it does not come in time."""
        deadline = time.monotonic() + PATIENCE_SECONDS

        def fits(line: Line) -> bool:
            return line["kind"] == kind and text in line.get("text", "") and wanted.items() <= line.items()

        while time.monotonic() < deadline:
            known = self.lines[-1]["n"] if self.lines else 0
            for line in self.phone_session.lines.after(known, 1.0):
                self.lines.append(line)
                if fits(line):
                    return line
        told = "\n".join(map(str, self.lines[-8:]))
        pytest.fail(f"no {kind} line with {text!r} {wanted} came; the last were:\n{told}")


@pytest.fixture
def listener(phone_session: PhoneSession) -> Listener:
    """Hears what happens on the web phone from now on, and waits for a line that is expected."""
    return Listener(phone_session)


@pytest.fixture
def called(phone_session: PhoneSession, listener: Listener) -> Callable[..., str]:
    """Dials and presses keys, each when the line has said the words before it; gives the call's id."""

    def call(*acts: str, from_: str = CALLER) -> str:
        sid = phone_session.dial(from_)
        for words, keys in zip(acts[::2], acts[1::2], strict=True):
            listener.until("said", words, call=sid)
            assert phone_session.press(sid, keys)
        return sid

    return call
