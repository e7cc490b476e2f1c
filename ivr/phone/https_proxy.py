"""A side door of the console: one click, and one is logged in. Served by `ivr phone` alone, for its made-up people.

Nobody finds it: its address holds a key that is made anew at every start, and without it there is nothing.
"""

from __future__ import annotations

import hmac

from flask import abort, redirect, request
from flask.typing import ResponseReturnValue

from ivr.console.login import begun
from ivr.console.policy import HOME, console, language_of
from ivr.console.routes import Route

PATH = "/console/as/"


def side_door(key: str) -> Route:
    """The row for `create_console`."""

    def enter(name: str) -> ResponseReturnValue:
        given = request.args.get("key", "")
        agent = console().office.agents.get(name)
        if not hmac.compare_digest(given.encode(), key.encode()) or agent is None:
            abort(404)
        return begun(redirect(HOME, 303), name, language_of(request))

    return Route("side_door", f"{PATH}<name>", enter, needs="anybody")
