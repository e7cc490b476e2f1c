"""An office to try the console on: people, a store in memory, a clock handed in, and a browser without a screen."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask, render_template_string
from werkzeug.test import Client, TestResponse

from ivr.agents.model import Agent
from ivr.console.app import create_console
from ivr.console.routes import ConsoleContext, ConsoleSettings, LoginSession, Route
from ivr.store import Store

ORIGIN = "https://desk.example"
OURS = {"Origin": ORIGIN, "Sec-Fetch-Site": "same-origin"}
MONDAY = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)  # 10:00 in Shanghai
PASSWORD = "seven quiet boats"

LI = Agent(
    name="li", phone="+8613900000001", queues=("support",), languages=("zh", "en"), shown={"zh": "李娜", "en": "Li Na"}
)
CHEN = Agent(name="chen", phone="+8613900000002", queues=("security",), shown={"zh": "陈伟", "en": "Chen Wei"})
WANG = Agent(name="wang", phone="+8613900000003", queues=("senior",), roles=("supervisor",), shown={"zh": "王芳"})
BARE = Agent(name="+8613900000009", phone="+8613900000009", queues=("support",), has_login=False)
PEOPLE = {agent.name: agent for agent in (LI, CHEN, WANG, BARE)}


class ManualClock:
    """A time that stands still until it is moved."""

    def __init__(self, start: datetime = MONDAY) -> None:
        self.now = start

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> None:
        self.now += timedelta(**by)


# --- pages of the frame's own tests -----------------------------------------------------------------------------

BOARD = """{% extends "layout.html" %}{% block title %}Board{% endblock %}{% block content %}
<section id="queues" data-live="/console/try/now" data-on="presences">{{ region }}</section>
<form method="post" action="/console/try/note" data-stay>{{ csrf_field }}
<textarea id="note" name="note" aria-label="Note"></textarea><button>Send</button></form>
<a href="/console/me" data-key="x" data-key-label="Somewhere else">away</a>
{% endblock %}"""
NOW = """<table class="list"><caption>Who is there</caption><tbody>{% for row in rows %}
<tr id="row-{{ row.agent }}"><th scope="row">{{ row.agent }}</th><td>{{ row.presence }}</td></tr>{% endfor %}
</tbody></table>
<p class="field"><label for="typing">Typing</label><input id="typing" name="typing"></p>
{% for row in rows if row.presence == "away" %}<p data-ringing="Somebody rings">!</p>{% endfor %}"""


def _now(session: LoginSession) -> str:
    rows = session.context.store.talks.presences().values()
    return render_template_string(NOW, rows=sorted(rows, key=lambda row: row.agent))


def _board(session: LoginSession) -> str:
    from markupsafe import Markup

    return render_template_string(BOARD, region=Markup(_now(session)))


def _note(session: LoginSession) -> Any:
    session.record("note")
    return session.go("/console/try", "me.changed")


def _paper(session: LoginSession, queue: str) -> str:
    return f"paper of {queue}"


PAGES = (
    Route("try", "/console/try", _board, title="me.title", key="y", icon="board"),
    Route("try_now", "/console/try/now", _now, quiet=True),
    Route("try_note", "/console/try/note", _note, methods=("POST",)),
    Route(
        "try_closed", "/console/try/closed", lambda session: "closed", needs="supervisor", title="login.title", key="z"
    ),
    Route(
        "paper",
        "/console/papers/<queue>",
        _paper,
        sees=lambda session, queue: session.is_supervisor or queue in session.agent.queues,
    ),
)
"""One page of each sort; their names are free beside those of the real ones."""


# --- the office -------------------------------------------------------------------------------------------------


@dataclass
class LocalConsole:
    """A console on a store of its own."""

    store: Store
    clock: ManualClock = field(default_factory=ManualClock)
    routes: Sequence[Route] = PAGES
    settings: ConsoleSettings = field(default_factory=lambda: ConsoleSettings(origins=frozenset({ORIGIN})))

    def __post_init__(self) -> None:
        context = ConsoleContext(store=self.store, agents=PEOPLE, clock=self.clock, time_zone="Asia/Shanghai")
        self.app: Flask = create_console(context, self.settings, self.routes)
        for name in ("li", "chen", "wang"):
            self.store.logins.set_password(name, PASSWORD, self.clock())

    def browser(self) -> Browser:
        return Browser(self)

    def logged_in(self, name: str = "li") -> Browser:
        browser = self.browser()
        assert browser.log_in(name).status_code == 303
        return browser

    def close(self) -> None:
        self.app.extensions["console"].changes.close()
        self.store.close()


class Browser:
    """Somebody's browser: it keeps cookies, reads forms, and says where it comes from."""

    def __init__(self, console: LocalConsole) -> None:
        self.console = console
        self.client = Client(console.app)
        self._tokens: dict[str, str] = {}

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.client.get(path, base_url=ORIGIN, headers=headers, buffered=True)

    def post(
        self, path: str, data: dict[str, str] | None = None, headers: dict[str, str] | None = None, **environ: Any
    ) -> TestResponse:
        """A form of ours, sent with its token, unless the data says otherwise."""
        form = {"csrf": self.csrf(), **(data or {})}
        return self.client.post(
            path, base_url=ORIGIN, data=form, headers=OURS if headers is None else headers, environ_overrides=environ
        )

    def log_in(self, name: str = "li", password: str = PASSWORD, **environ: Any) -> TestResponse:
        page = self.get("/console/login").text
        door = re.search(r'name="door" value="([^"]*)"', page)
        form = {"name": name, "password": password, "door": door[1] if door else ""}
        environ = {"REMOTE_ADDR": "127.0.0.1", **environ}
        return self.client.post("/console/login", base_url=ORIGIN, data=form, headers=OURS, environ_overrides=environ)

    def csrf(self) -> str:
        """The token of the forms of this login session, read from a page once; "" outside."""
        session = self.cookie()
        if session not in self._tokens:
            found = re.search(r'data-csrf="([^"]*)"', self.get("/console/me").text)
            if found is None:
                return ""
            if not session:
                return found[1]
            self._tokens[session] = found[1]
        return self._tokens[session]

    @property
    def inside(self) -> bool:
        return self.get("/console/me").status_code == 200

    def cookie(self, name: str = "__Host-ivr") -> str:
        found = self.client.get_cookie(name, "desk.example")
        return found.value if found else ""
