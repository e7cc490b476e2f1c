"""Calls, live and recent, found by the end of a number or by an account; and the timeline of one call."""

from __future__ import annotations

import re

from flask import request
from flask.typing import ResponseReturnValue

from ivr.agents.notes import is_unfinished
from ivr.agents.texts import masked
from ivr.agents.timeline import redacted
from ivr.console.my_calls import earlier, writing
from ivr.console.permissions import scope, sees_call
from ivr.console.routes import LoginSession, Route
from ivr.console.services import services

LIST = "/console/calls"
SHOWN = 50
SHORTEST = 3


def calls(session: LoginSession) -> ResponseReturnValue:
    return session.page("calls.html", **_listed(session))


def calls_now(session: LoginSession) -> ResponseReturnValue:
    return session.page("calls_now.html", **_listed(session))


def _listed(session: LoginSession) -> dict[str, object]:
    """A search looks for an account first, which is written whole, then for the end of a number."""
    asked = request.args.get("q", "").strip()[:30]
    state = request.args.get("state", "")
    live = {"live": True, "ended": False}.get(state)
    digits = re.sub(r"\D", "", asked, flags=re.ASCII)
    store, seen = session.context.store, scope(session)
    rows = store.find_calls(seen, live=live, limit=SHOWN) if not asked else ()
    if asked:
        rows = store.find_calls(seen, account=re.sub(r"\s", "", asked), live=live, limit=SHOWN)
        if not rows and len(digits) >= SHORTEST:
            rows = store.find_calls(seen, ending=digits, live=live, limit=SHOWN)
    here = services(session)
    return {
        "rows": rows,
        "asked": asked,
        "state": state,
        "too_short": bool(asked) and not rows and len(digits) < SHORTEST,
        "masked": masked,
        "queue": lambda name: here.boards.title(name, session.language) if name else "",
        "query": request.query_string.decode("ascii", "replace"),
        "most": SHOWN,
    }


def call(session: LoginSession, id: str) -> ResponseReturnValue:
    """The timeline of one call, without account and phone numbers unless the reader talks to the caller."""
    store, here = session.context.store, services(session)
    row = store.call(id)
    talks = store.talks.of_call(id)
    timeline = here.timelines.of(id, session.language, session.now(), talks)
    assert row is not None  # noqa: S101 - `sees_call` has looked
    assert timeline is not None  # noqa: S101
    return session.page(
        "call.html",
        row=row,
        timeline=redacted(timeline),
        recordings=store.recordings(id),
        earlier=earlier(session),
        draft=next((one for one in talks if one.agent == session.agent.name and is_unfinished(one)), None),
        **writing(session),
        queue=here.boards.title(timeline.queue, session.language) if timeline.queue else "",
    )


ROUTES = (
    Route("calls", LIST, calls, title="calls.title", key="c", icon="phone"),
    Route("calls_now", f"{LIST}/now", calls_now, quiet=True),
    Route("call", f"{LIST}/<id>", call, sees=sees_call),
)
