"""The console of the web phone's hotline, into which its demo agents are let with one click. For `ivr phone` alone.

The address of a login holds a random key, a new one at every start; without it the answer is 404.
"""

import hmac
import secrets
import threading
from collections.abc import Iterable
from typing import Any, Self

from flask import Flask, abort, redirect, request
from flask.typing import ResponseReturnValue

from ivr.app.console import console_of
from ivr.app.simulation import Simulation
from ivr.console.login import with_new_session
from ivr.console.policy import HOME, current_console, language_of
from ivr.console.routes import ConsoleSettings, Route
from ivr.phone.session import PhoneSession

PATH = "/console/as/"


class PhoneConsole:
    """The console of the phone_session's hotline as a WSGI app; anew when the hotline is another, at another time."""

    def __init__(self, phone_session: PhoneSession) -> None:
        self._phone_session = phone_session
        self._key = secrets.token_urlsafe(24)
        self._url = ""
        self._lock = threading.Lock()
        self._of: Simulation | None = None
        self._app: Flask | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._phone_session.console_of = None
        self._close()

    def open_at(self, url: str) -> None:
        """Says on the page where somebody enters."""
        self._url = url
        self._phone_session.console_of = lambda name: f"{url}{PATH}{name}?key={self._key}"

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        return self._current()(environ, start_response)

    def _current(self) -> Flask:
        with self._lock:
            simulation = self._phone_session.simulation
            if self._app is None or simulation is not self._of:
                self._close()
                ours = ConsoleSettings(origins=frozenset({self._url}), secure=False, speed=self._phone_session.speed)
                self._of, self._app = simulation, console_of(simulation.app, ours, one_click_login(self._key))
            return self._app

    def _close(self) -> None:
        if self._app is not None:
            self._app.extensions["console"].changes.close()
            self._app = None


def one_click_login(key: str) -> Route:

    def enter(name: str) -> ResponseReturnValue:
        given = request.args.get("key", "")
        agent = current_console().context.agents.get(name)
        if not hmac.compare_digest(given.encode(), key.encode()) or agent is None:
            abort(404)
        return with_new_session(redirect(HOME, 303), name, language_of(request))

    return Route("one_click_login", f"{PATH}<name>", enter, needs="anybody")
