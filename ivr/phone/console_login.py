"""Logs somebody in to the console with one click. Served by `ivr phone` alone, for its demo agents.

The address holds a random key, a new one at every start; without it the answer is 404.
"""

from __future__ import annotations

import hmac

from flask import abort, redirect, request
from flask.typing import ResponseReturnValue

from ivr.console.login import with_new_session
from ivr.console.policy import HOME, current_console, language_of
from ivr.console.routes import Route

PATH = "/console/as/"


def one_click_login(key: str) -> Route:
    """The row for `create_console`."""

    def enter(name: str) -> ResponseReturnValue:
        given = request.args.get("key", "")
        agent = current_console().context.agents.get(name)
        if not hmac.compare_digest(given.encode(), key.encode()) or agent is None:
            abort(404)
        return with_new_session(redirect(HOME, 303), name, language_of(request))

    return Route("one_click_login", f"{PATH}<name>", enter, needs="anybody")
