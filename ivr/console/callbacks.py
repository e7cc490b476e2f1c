"""Callbacks: due, later and over; made now, put off or cancelled."""

import re
from dataclasses import replace
from datetime import timedelta
from functools import partial

from flask import request
from flask.typing import ResponseReturnValue

from ivr.agents.actions import NotNow
from ivr.console.lists import asked_for, list_routes, moment_of, page_of
from ivr.console.my_calls import HOME, called, refuse
from ivr.console.permissions import scope, sees_callback
from ivr.console.routes import LoginSession, Route

LIST = "/console/callbacks"
ONE = f"{LIST}/<path:key>"
FARTHEST = timedelta(days=31)
SHOWN, MOST_OPEN = 50, 1000
"""Of those that are over, a page; those that are open stand there all."""


def _listed(session: LoginSession) -> dict[str, object]:
    store, now, here, asked = session.context.store, session.now(), session.services, asked_for(session, SHOWN)
    ending = re.sub(r"[^0-9]", "", asked.typed)
    wanted = asked.one_more() if ending or not asked.typed else replace(asked.one_more(), words=asked.typed)
    find = partial(store.find_callbacks, scope(session), ending=ending)
    waiting = find(replace(wanted, limit=MOST_OPEN, skipped=0))
    ended = find(wanted, status="settled")
    talks = {talk.subject: called(session, talk.agent) for talk in store.talks.open() if talk.kind == "callback"}
    return {
        **page_of(session, LIST, asked, ended),
        "due": [row for row in waiting if row.due_at <= now],
        "later": [row for row in waiting if row.due_at > now],
        "ended": ended[:SHOWN],
        "talks": talks,
        "who": lambda row: here.boards.masked(row.number),
        "topic": lambda row: here.timelines.topic(row.topic, session.language),
        "queue": lambda row: here.boards.title(row.queue, session.language),
        "local": lambda row: f"{row.due_at.astimezone(here.zone):%Y-%m-%dT%H:%M}",
        "earliest": f"{now.astimezone(here.zone):%Y-%m-%dT%H:%M}",
        "tries": here.actions.rules.callbacks.tries,
    }


def call(session: LoginSession, key: str) -> ResponseReturnValue:
    """The agent's phone rings first, then the customer's."""
    try:
        session.services.actions.call_back(session.agent.name, key)
    except NotNow as no:
        return refuse(session, LIST, no)
    session.record("call back", key)
    return session.go(HOME, "my_call.rings_you")


def cancel(session: LoginSession, key: str) -> ResponseReturnValue:
    if not session.context.store.settle_callback(key, "canceled", session.now()):
        return session.refuse(LIST, "not_now.over")
    session.record("cancel callback", key)
    return session.go(LIST, "callbacks.canceled")


def move(session: LoginSession, key: str) -> ResponseReturnValue:
    """Puts a callback off to a time within opening hours."""
    row, now, here = session.context.store.callback(key), session.now(), session.services
    assert row is not None  # noqa: S101 - `sees_callback` has looked
    try:
        at = moment_of(request.form.get("at", ""), here.zone)
    except ValueError:
        return session.refuse(LIST, "callbacks.no_time")
    if not now < at <= now + FARTHEST:
        return session.refuse(LIST, "callbacks.not_then")
    if not here.boards.is_open(row.queue, at):
        return session.refuse(LIST, "callbacks.closed_then")
    if not session.context.store.move_callback(key, at):
        return session.refuse(LIST, "not_now.over")
    session.record("move callback", key)
    return session.go(LIST, "callbacks.moved")


ROUTES = (
    *list_routes("callbacks", LIST, _listed, key="k", icon="callback"),
    Route("call_back", f"{ONE}/call", call, methods=("POST",), sees=sees_callback),
    Route("cancel_callback", f"{ONE}/cancel", cancel, methods=("POST",), sees=sees_callback),
    Route("move_callback", f"{ONE}/move", move, methods=("POST",), sees=sees_callback),
)
