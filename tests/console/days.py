"""A day of a hotline: the shipped hotline on an emulated telephone network, its console, and a browser to look at it.

The telephones ring in virtual time, which is moved by hand; the browser is a real one, and is told the same time.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ivr.app.console import console_of
from ivr.app.simulation import Simulation
from ivr.config import Config, read_config
from ivr.console.routes import ConsoleSettings
from ivr.network import Call, Person, VirtualClock
from tests.browsers import listener, serving
from tests.console.local_console import ORIGIN, PASSWORD, Browser
from tests.shipped_hotline import HOME, WEDNESDAY

LI_PHONE, CHEN_PHONE, WANG_PHONE, ZHAO_PHONE = (f"+861390000001{n}" for n in range(4))
CALLER = "+8613800138000"
PEOPLE = f"""agents:
  li: {{name: {{zh: 李娜, en: Li Na}}, phone: "{LI_PHONE}", queues: [support], languages: [zh, en]}}
  chen: {{name: {{zh: 陈伟, en: Chen Wei}}, phone: "{CHEN_PHONE}", queues: [security]}}
  wang: {{name: {{zh: 王芳, en: Wang Fang}}, phone: "{WANG_PHONE}", queues: [support, senior], role: supervisor}}
  zhao: {{name: {{zh: 赵敏, en: Zhao Min}}, phone: "{ZHAO_PHONE}", queues: [support]}}
"""
SUPPORTED = "1 3 2 2 62220001# CODE# 300126# 2 1 0"
"""Chinese, a refund that is overdue, identified by a texted code; a ticket, and then a person."""


def config() -> Config:
    """The shipped configuration with people in it."""
    text = (HOME / "config.yaml").read_text(encoding="utf-8").replace("agents: {}\n", PEOPLE)
    found, issues = read_config(
        text, str(HOME / "config.yaml"), folder=HOME, today=WEDNESDAY.date(), environ={}
    )  # fmt: skip
    assert found is not None, "\n".join(map(str, issues))
    return found


@dataclass
class Day:
    """A hotline, its people and its console. It has what `Browser` needs of a console."""

    simulation: Simulation
    settings: ConsoleSettings = field(default_factory=lambda: ConsoleSettings(origins=frozenset({ORIGIN})))

    def __post_init__(self) -> None:
        self.app = console_of(self.simulation.app, self.settings)
        self.store = self.simulation.store
        for name in ("li", "chen", "wang", "zhao"):
            self.store.logins.set_password(name, PASSWORD, self.now)

    @property
    def now(self) -> datetime:
        return self.simulation.network.clock.now()

    @property
    def actions(self) -> Any:
        return self.simulation.app.actions

    def run(self, seconds: float) -> None:
        """Lets the telephones' time pass."""
        self.simulation.network.run(seconds)

    def call(self, keys: str, from_: str = CALLER) -> Call:
        """Somebody calls and presses these groups of keys; `CODE` is the code that was texted, `~` four seconds of
        words, `-` silence. They stay on the line."""
        line = self.simulation.dial(from_)
        for act in keys.split():
            line.listen()
            if act == "~":
                line.say("有人冒用了我的账户，请尽快给我回电。", seconds=4)
            elif act == "-":
                line.silence()
            elif "CODE" in act:
                self.run(3)
                code = "".join(filter(str.isdigit, self.simulation.network.messages[-1].body))[:6]
                line.press(act.replace("CODE", code))
            else:
                line.press(act)
        line.listen()
        return line

    def phone(self, number: str, **does: Any) -> Person:
        """Puts a person at an agent's phone, who picks up after a while and presses 1 unless told otherwise."""
        return self.simulation.network.person(number, **{"answers_after": 3.0, "presses": "1", **does})

    def logged_in(self, name: str = "li") -> Browser:
        browser = Browser(self)  # type: ignore[arg-type]
        assert browser.log_in(name).status_code == 303
        return browser

    def close(self) -> None:
        self.app.extensions["console"].changes.close()


@contextmanager
def a_day(when: datetime = WEDNESDAY, settings: ConsoleSettings | None = None) -> Iterator[Day]:
    with Simulation(config(), clock=VirtualClock(when), store_url="sqlite://", agents=False) as simulation:
        made = Day(simulation, *(() if settings is None else (settings,)))
        yield made
        made.close()


@contextmanager
def served(when: datetime = WEDNESDAY) -> Iterator[tuple[Day, str]]:
    """A day whose console is served on this machine; gives its address."""
    with (
        listener() as (taken, origin),
        a_day(when, ConsoleSettings(origins=frozenset({origin}), secure=False)) as made,
        serving(made.app, taken),
    ):
        yield made, origin
