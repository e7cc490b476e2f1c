"""Small hotlines for the tests of the engine: flows as text, and a call that is played input by input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from ivr.app.edition import edition_of
from ivr.call import engine
from ivr.call.calendar import Calendar
from ivr.call.events import Event, Input, Moved, Said, TryUsed
from ivr.call.machine import FlowMachine
from ivr.call.session import Session
from ivr.call.turn import Edition, Limits, World
from ivr.config import Config, read_config
from ivr.flow.reading.reader import read_flows

SUNDAY = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)  # 10:00 in Shanghai


CONFIG = """
hotline: {start: hotline, languages: [zh, en], country: CN, time_zone: Asia/Shanghai}
calendars: {support: {weekly: {mon-fri: 09:00-18:00}, holidays: "", working_days: false}}
policies: {customer: {factors: [code, pin]}}
"""


@dataclass
class Numbered:
    """Ticket references 1000001, 1000002 …"""

    last: int = 1_000_000

    def __call__(self) -> str:
        self.last += 1
        return str(self.last)


def edition(*files: str, limits: Limits | None = None, calendars: Mapping[str, Calendar] | None = None) -> Edition:
    """The hotline of these files; the first one answers. Raises AssertionError for what the reader refuses."""
    sources = {f"flows/{index}.yaml": text for index, text in enumerate(files)}
    start = files[0].partition("flow:")[2].split()[0].strip(",")
    flow_set, issues = read_flows(sources, start, ("zh", "en"))
    assert flow_set is not None, "\n".join(map(str, issues))
    made = edition_of(_config(), flow_set, FlowMachine(flow_set))
    changes: dict[str, Any] = {"limits": limits, "calendars": calendars}
    return replace(made, **{name: value for name, value in changes.items() if value is not None})


@cache
def _config() -> Config:
    """A hotline with the calendar `support`, the policy `customer`, and all queues, in Shanghai."""
    config, issues = read_config(CONFIG, "config.yaml", folder=Path(), today=SUNDAY.date(), environ={})
    assert config is not None, "\n".join(map(str, issues))
    return config


@dataclass
class Played:
    """One call, turn by turn. The session goes through JSON between all turns."""

    edition: Edition
    world: World = field(default_factory=lambda: World(SUNDAY, Numbered()))
    caller: str = "+8613800138000"
    session: Session = field(init=False)
    events: Sequence[Event] = ()

    def __post_init__(self) -> None:
        fresh = Session(
            call="CA1", digest="d", language="zh", started_at=self.world.now, caller=self.caller
        )  # fmt: skip
        self._keep(engine.begin(self.edition, fresh, self.world))

    def hear(self, *heard: Input) -> Played:
        for one in heard:
            self._keep(engine.answer(self.edition, self.session, one, self.world))
        return self

    def at(self, now: datetime) -> Played:
        self.world = replace(self.world, now=now)
        return self

    def _keep(self, turn: engine.Turn) -> None:
        self.session = Session.from_json(turn.session.to_json())
        assert self.session == turn.session, "a session is the same after a trip through JSON"
        self.events = turn.events

    @property
    def wait(self) -> Event:
        return self.events[-1]

    @property
    def said(self) -> list[str]:
        return [event.text for event in self.events if isinstance(event, Said)]

    @property
    def path(self) -> list[str]:
        return [event.to for event in self.events if isinstance(event, Moved)]

    @property
    def tries(self) -> list[tuple[str, int]]:
        return [(event.cause, event.used) for event in self.events if isinstance(event, TryUsed)]
