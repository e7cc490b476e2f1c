"""A small hotline whose console has the studio in it, and people of every role."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from werkzeug.test import TestResponse

from ivr.app.console import console_of
from ivr.app.simulation import Simulation
from ivr.config import Config
from ivr.console.routes import ConsoleSettings
from ivr.network import VirtualClock
from ivr.studio.in_console import ConsoleStudio
from tests.console.local_console import ORIGIN, OURS, PASSWORD, Browser
from tests.small_hotline import hotline_in

PEOPLE = """agents:
  ed: {phone: "+8613900000001", role: editor}
  eva: {phone: "+8613900000002", role: [supervisor, editor], queues: [support]}
  wang: {phone: "+8613900000003", role: supervisor}
  li: {phone: "+8613900000004", queues: [support]}
"""
FILE = "hotline.yaml"


@dataclass
class LocalStudio:
    """A console with a studio. It has what `Browser` needs of a console."""

    simulation: Simulation
    config: Config
    settings: ConsoleSettings = field(default_factory=lambda: ConsoleSettings(origins=frozenset({ORIGIN})))

    def __post_init__(self) -> None:
        self.studio = ConsoleStudio(self.config)
        self.app = console_of(self.simulation.app, self.settings, *self.studio.routes())
        self.store = self.simulation.store
        self._known: set[str] = set()

    def know(self, name: str) -> None:
        """Gives them their password, once: to hash one takes a while, as it should."""
        if name not in self._known:
            self._known.add(name)
            self.store.logins.set_password(name, PASSWORD, self.simulation.network.clock.now())

    def at(self, name: str) -> Desk:
        self.know(name)
        browser = Browser(self)  # type: ignore[arg-type]
        assert browser.log_in(name).status_code == 303
        return Desk(browser)

    @property
    def file(self) -> Path:
        return self.config.flows / FILE


@dataclass
class Desk:
    """Somebody at the page."""

    browser: Browser

    def get(self, path: str) -> Any:
        answer = self.browser.get(f"/console/studio/{path}")
        assert answer.status_code == 200, answer.text
        return answer.get_json()

    def send(self, path: str, headers: dict[str, str] | None = None, **fields: Any) -> TestResponse:
        token = {"X-CSRF": self.browser.csrf()} if headers is None else headers
        return self.browser.client.post(
            f"/console/studio/{path}", base_url=ORIGIN, json=fields, headers={**OURS, **token}
        )

    def post(self, path: str, status: int = 200, **fields: Any) -> Any:
        answer = self.send(path, **fields)
        assert answer.status_code == status, answer.text
        return answer.get_json()

    def edit(self, old: str, new: str) -> Any:
        (file,) = self.get("files")["files"]
        assert old in file["text"]
        return self.post("edit", name=FILE, text=file["text"].replace(old, new), on=file["mark"])


@contextmanager
def local_studio(folder: Path, settings: ConsoleSettings | None = None) -> Iterator[LocalStudio]:
    config = hotline_in(folder, PEOPLE)
    clock = VirtualClock(datetime.now(UTC))
    with Simulation(config, clock=clock, agents=False) as simulation:
        made = LocalStudio(simulation, config, *(() if settings is None else (settings,)))
        with made.studio:
            yield made
        made.app.extensions["console"].changes.close()
