"""Calls that were promised: due, later and over; called now, put off or called off."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import request
from flask.typing import ResponseReturnValue

from ivr.agents.actions import NotNow
from ivr.agents.texts import masked
from ivr.console.agent_views import desk, scope, sees_callback
from ivr.console.my_calls import HOME, called
from ivr.console.routes import Route, Visit
from ivr.console.texts import DESK

LIST = "/console/callbacks"
ONE = f"{LIST}/<path:key>"
FARTHEST = timedelta(days=31)
SETTLED = ("failed", "canceled", "done")
SHOWN_OF_EACH = 20


def callbacks(visit: Visit) -> ResponseReturnValue:
    return visit.page("callbacks.html", **_listed(visit))


def callbacks_now(visit: Visit) -> ResponseReturnValue:
    return visit.page("callbacks_now.html", **_listed(visit))


def _listed(visit: Visit) -> dict[str, object]:
    store, now, here = visit.office.store, visit.now(), desk(visit)
    waiting = store.find_callbacks(scope(visit))
    ended = [
        row for status in SETTLED for row in store.find_callbacks(scope(visit), status=status, limit=SHOWN_OF_EACH)
    ]
    talks = {talk.subject: called(visit, talk.agent) for talk in store.talks.open() if talk.kind == "callback"}
    return {
        "due": [row for row in waiting if row.due_at <= now],
        "later": [row for row in waiting if row.due_at > now],
        "ended": sorted(ended, key=lambda row: row.settled_at or row.booked_at, reverse=True)[:SHOWN_OF_EACH],
        "talks": talks,
        "who": lambda row: masked(row.number),
        "topic": lambda row: here.timelines.topic(row.topic, visit.language),
        "queue": lambda row: here.boards.title(row.queue, visit.language),
        "local": lambda row: f"{row.due_at.astimezone(here.zone):%Y-%m-%dT%H:%M}",
        "earliest": f"{now.astimezone(here.zone):%Y-%m-%dT%H:%M}",
        "tries": here.actions.rules.callbacks.tries,
    }


def call(visit: Visit, key: str) -> ResponseReturnValue:
    """The agent's phone rings first, then the customer's."""
    try:
        desk(visit).actions.call_back(visit.agent.name, key)
    except NotNow as no:
        reason = f"not_now.{no.reason}"
        return visit.refuse(LIST, reason if reason in DESK else "not_now.over")
    visit.did("call back", key)
    return visit.go(HOME, "mine.rings_you")


def cancel(visit: Visit, key: str) -> ResponseReturnValue:
    if not visit.office.store.settle_callback(key, "canceled", visit.now()):
        return visit.refuse(LIST, "not_now.over")
    visit.did("cancel callback", key)
    return visit.go(LIST, "callbacks.canceled")


def move(visit: Visit, key: str) -> ResponseReturnValue:
    """Another time, at which somebody is there."""
    row, now, here = visit.office.store.callback(key), visit.now(), desk(visit)
    assert row is not None  # noqa: S101 - `sees_callback` has looked
    try:
        at = datetime.fromisoformat(request.form.get("at", "")).replace(tzinfo=here.zone)
    except ValueError:
        return visit.refuse(LIST, "callbacks.no_time")
    if not now < at <= now + FARTHEST:
        return visit.refuse(LIST, "callbacks.not_then")
    if not here.boards.is_open(row.queue, at):
        return visit.refuse(LIST, "callbacks.closed_then")
    if not visit.office.store.move_callback(key, at):
        return visit.refuse(LIST, "not_now.over")
    visit.did("move callback", key)
    return visit.go(LIST, "callbacks.moved")


ROUTES = (
    Route("callbacks", LIST, callbacks, title="callbacks.title", key="k", icon="callback"),
    Route("callbacks_now", f"{LIST}/now", callbacks_now, quiet=True),
    Route("call_back", f"{ONE}/call", call, methods=("POST",), sees=sees_callback),
    Route("cancel_callback", f"{ONE}/cancel", cancel, methods=("POST",), sees=sees_callback),
    Route("move_callback", f"{ONE}/move", move, methods=("POST",), sees=sees_callback),
)
