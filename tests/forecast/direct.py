"""A hotline whose callers come into the queue at once, and days for it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from ivr.config import Config, read_config
from ivr.flow.reading.source import parse
from ivr.forecast.day import Plan, plan_of, read_day

TODAY = date(2026, 11, 22)
FLOW = """\
flow: hotline
start: line
steps:
  line:
    queue: support
    say: Please wait.
    on: {answered: bye, left: bye, nobody: bye, full: bye, timeout: bye, failed: bye}
  bye: {hangup: Goodbye.}
"""
CONFIG = """\
hotline: {languages: [en], country: GB, time_zone: Europe/London}
queues:
  support: {longest_wait: 4 h, announce_every: 30 s, longest_wrap_up: 1 h}
"""


def hotline(folder: Path, config: str = CONFIG, flow: str = FLOW) -> Config:
    (folder / "flows").mkdir()
    (folder / "flows" / "hotline.yaml").write_text(flow, encoding="utf-8")
    (folder / "config.yaml").write_text(config, encoding="utf-8")
    read, issues = read_config(config, "config.yaml", folder=folder, today=TODAY, environ={})
    assert read is not None, issues
    return read


def planned(config: Config, text: str) -> Plan:
    assert parse(text, "day.yaml")[0] is not None
    day, issues = read_day(text, "day.yaml", {})
    assert day is not None, issues
    plan, issues = plan_of(day, config, TODAY)
    assert plan is not None, issues
    return plan
