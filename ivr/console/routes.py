"""The words of the console: what is served to whom, who is there, and what stands behind it. See the package's text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal
from urllib.parse import quote

from flask import current_app, jsonify, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from ivr.agents.model import Agent
from ivr.console.words import LANGUAGES, words
from ivr.hotline.reports import Known
from ivr.store import Store
from ivr.store.rows import VisitRow

Needs = Literal["anybody", "agent", "supervisor"]


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the doors must know. `origins` are the addresses people reach the console under, and the only ones from
    which it takes anything. `secure`: they come by https, so that the cookie never leaves it; False for `--dev` alone.

    `proxies` are the addresses whose word on where a request came from is believed. `listeners` is how many pages may
    listen at once, each of which holds a thread.
    """

    origins: frozenset[str]
    secure: bool = True
    idle: timedelta = timedelta(minutes=15)
    longest: timedelta = timedelta(hours=12)
    proxies: frozenset[str] = frozenset()
    listeners: int = 56


@dataclass(frozen=True, kw_only=True)
class Office:
    """What stands behind the pages."""

    store: Store
    agents: Mapping[str, Agent]
    clock: Callable[[], datetime]
    languages: tuple[str, ...] = LANGUAGES
    time_zone: str = "UTC"
    queues: Mapping[str, str] = field(default_factory=dict)
    """What a queue is for, by its name."""
    codes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Codes of wrap-up, each by language."""
    desk: Any = None
    """What the pages work with beyond the frame; the frame does not look at it."""
    above: str = ""
    """The template that stands above every page, if there is one."""
    given: Callable[[Visit], Mapping[str, Any]] = lambda visit: {}
    """What templates of pages may use beyond what the frame gives them."""
    known: Callable[[], Known] = Known
    """What the flows of this moment know, for reports."""


@dataclass(frozen=True, kw_only=True)
class Visit:
    """Somebody who is logged in, for the time of one request."""

    office: Office
    row: VisitRow = field(repr=False)
    agent: Agent
    language: str

    @property
    def csrf(self) -> str:
        return self.row.csrf

    @property
    def is_supervisor(self) -> bool:
        return self.agent.role == "supervisor"

    @property
    def name(self) -> str:
        """What the person is called in the language of the page."""
        return self.agent.called(self.language)

    def now(self) -> datetime:
        """The moment, aware, in UTC."""
        return self.office.clock()

    def t(self, key: str, **values: object) -> str:
        """The words of a key in the language of the visit."""
        return words(self.language, key, **values)

    def sees_queue(self, queue: str) -> bool:
        """Whether what belongs to a queue may be seen: the agent serves it, or sees all."""
        return self.is_supervisor or queue in self.agent.queues

    def page(self, template: str, **values: Any) -> str:
        return render_template(template, **values)

    def go(self, path: str, said: str = "", **values: object) -> ResponseReturnValue:
        """After something was done: on to a page, with a sentence that is shown there once."""
        return _onward(path, "done", self.t(said, **values) if said else "")

    def refuse(self, path: str, said: str, **values: object) -> ResponseReturnValue:
        """After something could not be done: back to a page, with the reason."""
        return _onward(path, "refused", self.t(said, **values))

    def did(self, what: str, about: str = "") -> None:
        """Write down what this person did."""
        self.office.store.deeds.add(self.agent.name, what, about, self.now())


Sees = Callable[..., bool]
"""Given the visit and what the path names: whether this person may see it. False is a 404, as for what is not there."""


@dataclass(frozen=True, slots=True)
class Route:
    """One row of the table: what is served, and to whom. There is no other way to serve anything.

    The view of a route that needs `anybody` is given what the path names only; every other one the visit first.
    """

    name: str
    path: str
    view: Callable[..., ResponseReturnValue]
    needs: Needs = field(default="agent", kw_only=True)
    methods: tuple[Literal["GET", "POST"], ...] = field(default=("GET",), kw_only=True)
    sees: Sees | None = field(default=None, kw_only=True)
    title: str = field(default="", kw_only=True)
    """The key of its words in the navigation; empty: it does not stand there."""
    key: str = field(default="", kw_only=True)
    icon: str = field(default="", kw_only=True)
    quiet: bool = field(default=False, kw_only=True)
    """A page fetches it by itself: nobody is there because of it."""


SAID = "ivr-said"
"""The cookie of a sentence that is shown once. It is text, and no proof of anything."""


def _onward(path: str, kind: str, sentence: str) -> Response:
    """303 to the page; for a form sent by a script (`X-Stay` says from which page), the same in JSON."""
    asked_by = request.headers.get("X-Stay", "")
    response = make_response(jsonify(go=path, kind=kind, said=sentence)) if asked_by else redirect(path, 303)
    if sentence and asked_by != path:
        secure = current_app.extensions["console"].settings.secure
        response.set_cookie(
            SAID, quote(f"{kind}:{sentence[:200]}"), max_age=60, path="/console", httponly=True, samesite="Strict",
            secure=secure,
        )  # fmt: skip
    return response
