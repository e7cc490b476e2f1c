"""The types of the console: a route and who may use it, a login session, and what pages work with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal
from urllib.parse import quote
from zoneinfo import ZoneInfo

from flask import current_app, jsonify, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from ivr.agents.actions import AgentActions
from ivr.agents.board import Boards
from ivr.agents.model import Agent
from ivr.agents.timeline import Timelines
from ivr.console.i18n import LANGUAGES, text
from ivr.console.service_today import ServiceToday
from ivr.hotline.recordings import Recordings
from ivr.hotline.reports import Known
from ivr.store import Store
from ivr.store.rows import LoginSessionRow, TicketRow

Needs = Literal["anybody", "agent", "supervisor", "editor"]
Outcome = Literal["done", "refused"]
"""Of what a form asked for; the kind of the message that tells it."""


@dataclass(frozen=True, kw_only=True)
class ConsoleSettings:
    """How the console is served. `origins` are its public addresses: forms from other origins are refused.

    `secure`: browsers come by https, and the cookie is sent over https only; False for `--dev` alone. `proxies` are
    the addresses whose `X-Forwarded-For` is trusted. `listeners` is how many pages may listen for changes at once;
    each of them holds a thread. `speed` is how fast time passes at the hotline: 1, but where it is tried out.
    """

    origins: frozenset[str]
    secure: bool = True
    idle: timedelta = timedelta(minutes=15)
    longest: timedelta = timedelta(hours=12)
    proxies: frozenset[str] = frozenset()
    listeners: int = 56
    speed: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Services:
    """What the pages need beyond the frame. `spoken` are the languages that callers hear.

    `is_reference` tells whether digits can be the reference of a ticket at all; `due` by when a ticket is to be dealt
    with.
    """

    actions: AgentActions
    boards: Boards
    timelines: Timelines
    recordings: Recordings
    service_today: ServiceToday
    is_reference: Callable[[str], bool]
    due: Callable[[TicketRow], datetime]
    spoken: tuple[str, ...]
    zone: ZoneInfo


@dataclass(frozen=True, kw_only=True)
class ConsoleContext:
    store: Store
    agents: Mapping[str, Agent]
    clock: Callable[[], datetime]
    languages: tuple[str, ...] = LANGUAGES
    time_zone: str = "UTC"
    codes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Codes of wrap-up, each by language."""
    services: Services | None = None
    """None for the frame alone, without the pages of agents."""
    known: Callable[[], Known] = Known
    """What the flows of this moment know, for reports."""


@dataclass(frozen=True, kw_only=True)
class LoginSession:
    """Who is logged in, and what a view may do for them: one for each request."""

    context: ConsoleContext
    row: LoginSessionRow = field(repr=False)
    agent: Agent
    language: str

    @property
    def csrf(self) -> str:
        return self.row.csrf

    @property
    def is_supervisor(self) -> bool:
        return self.agent.is_supervisor

    def may_use(self, route: Route) -> bool:
        """Whether a route is for somebody of this person's roles; an agent's is for all who log in."""
        return route.needs in ("anybody", "agent", *self.agent.roles)

    @property
    def services(self) -> Services:
        assert self.context.services is not None  # noqa: S101 - they are not served without
        return self.context.services

    @property
    def name(self) -> str:
        """What the person is called in the language of the page."""
        return self.agent.called(self.language)

    def now(self) -> datetime:
        return self.context.clock()

    def t(self, key: str, **values: object) -> str:
        """The text of a key in the language of the session."""
        return text(self.language, key, **values)

    def page(self, template: str, **values: Any) -> str:
        return render_template(template, **values)

    def go(self, path: str, message: str = "", **values: object) -> ResponseReturnValue:
        """After something was done: on to a page, with a message (a text key) that is shown there once."""
        return _onward(path, "done", self.t(message, **values) if message else "")

    def refuse(self, path: str, message: str, **values: object) -> ResponseReturnValue:
        """After something could not be done: back to a page, with the reason (a text key)."""
        return _onward(path, "refused", self.t(message, **values))

    def record(self, what: str, about: str = "") -> None:
        self.context.store.audit_log.add(self.agent.name, what, about, self.now())


Sees = Callable[..., bool]
"""Given the session and what the path names: whether this person may see it. False is answered with 404."""


@dataclass(frozen=True, slots=True)
class Route:
    """One row of the table of routes: what is served, and to whom. What has no row is not served.

    The view of a route that needs `anybody` is given what the path names; every other view is given the session first.
    """

    name: str
    path: str
    view: Callable[..., ResponseReturnValue]
    needs: Needs = field(default="agent", kw_only=True)
    methods: tuple[Literal["GET", "POST"], ...] = field(default=("GET",), kw_only=True)
    sees: Sees | None = field(default=None, kw_only=True)
    title: str = field(default="", kw_only=True)
    """The key of its text in the navigation; "" keeps it out of the navigation."""
    key: str = field(default="", kw_only=True)
    icon: str = field(default="", kw_only=True)
    quiet: bool = field(default=False, kw_only=True)
    """A page fetches it by itself: it does not keep the session alive."""
    largest: int | None = field(default=None, kw_only=True)
    """How many bytes may be sent, where that is more than forms have."""


FLASH_COOKIE = "ivr-said"
"""Holds a message that is shown once. It is plain text and proves nothing."""


def _onward(path: str, kind: Outcome, sentence: str) -> Response:
    """303 to the page; for a form sent by a script (`X-Stay` says from which page), the same in JSON."""
    stays_on = request.headers.get("X-Stay", "")
    response = make_response(jsonify(go=path, kind=kind, message=sentence)) if stays_on else redirect(path, 303)
    if sentence and stays_on != path:
        secure = current_app.extensions["console"].settings.secure
        response.set_cookie(
            FLASH_COOKIE, quote(f"{kind}:{sentence[:200]}"),
            max_age=60, path="/console", httponly=True, samesite="Strict", secure=secure,
        )  # fmt: skip
    return response
