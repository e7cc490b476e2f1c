"""Calls, a page at a time: found by day, number, account, words, queue, agent, topic and outcome; and one call."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from flask import request
from flask.typing import ResponseReturnValue

from ivr.agents.notes import is_unfinished
from ivr.agents.timeline import redacted
from ivr.console.lists import asked_for, list_routes, page_of
from ivr.console.my_calls import earlier, writing
from ivr.console.permissions import scope, sees_call
from ivr.console.routes import LoginSession, Route
from ivr.hotline.reports import Known
from ivr.hotline.reports.format import label
from ivr.hotline.reports.tally import OUTCOMES, ClassifiedCall, classify
from ivr.store.views import CallSeen, ListFilter

LIST = "/console/calls"
SHOWN = 50
SHORTEST = 3
BATCH, MOST_JUDGED = 200, 6000
"""A search by topic or outcome looks at so many calls at a time, and at so many in all: some seconds of work."""
_NUMBER = re.compile(r"[-+0-9 ()]+")


def _listed(session: LoginSession) -> dict[str, object]:
    """A search looks for an account first, which is written whole, then for the end of a number, then for words."""
    here, asked = session.services, asked_for(session, SHOWN)
    state, wanted_outcome = request.args.get("state", ""), request.args.get("outcome", "")
    live = {"live": True, "ended": False}.get(state)
    seen, known = scope(session), session.context.known()
    digits = re.sub(r"\D", "", asked.typed, flags=re.ASCII)
    find = partial(session.context.store.find_calls, seen, live=live)
    by_outcome = bool(asked.wanted.topic) or wanted_outcome in OUTCOMES

    def found(ask: Callable[[ListFilter], tuple[CallSeen, ...]], wanted: ListFilter) -> Sequence[CallSeen]:
        if not by_outcome:
            return ask(replace(wanted, limit=SHOWN + 1))
        fits = partial(_fits, topic=asked.wanted.topic, outcome=wanted_outcome)
        return _that_fit(ask, wanted, lambda calls: fits(_classified(session, known, calls)))

    rows: Sequence[CallSeen] = ()
    too_short = False
    if not asked.typed:
        rows = found(find, asked.wanted)
    else:
        rows = found(partial(find, account=re.sub(r"\s", "", asked.typed)), asked.wanted)
        if not rows and _NUMBER.fullmatch(asked.typed):
            too_short = len(digits) < SHORTEST
            rows = () if too_short else found(partial(find, ending=digits), asked.wanted)
        elif not rows:
            rows = found(find, replace(asked.wanted, words=asked.typed))
    outcomes = _classified(session, known, rows)
    return {
        **page_of(session, LIST, asked, rows),
        "topics": [
            (topic, here.timelines.topic(topic, session.language)) for topic in sorted(set(known.topics.values()))
        ],
        "state": state,
        "outcomes": [(one, label(one, session.language)) for one in OUTCOMES],
        "outcome": lambda id: label(outcomes[id].outcome, session.language) if id in outcomes else "",
        "by_outcome": by_outcome,
        "too_short": too_short,
        "masked": here.boards.masked,
        "queue": lambda name: here.boards.title(name, session.language) if name else "",
    }


def _classified(session: LoginSession, known: Known, rows: Sequence[CallSeen]) -> Mapping[str, ClassifiedCall]:
    """How calls came out, as reports say it, by their ids."""
    ids = [row.call.id for row in rows]
    return {seen.id: classify(seen, known) for seen in session.context.store.figures.some(ids)} if ids else {}


def _fits(calls: Mapping[str, ClassifiedCall], *, topic: str, outcome: str) -> set[str]:
    return {
        id for id, call in calls.items()
        if (not topic or call.topic == topic) and (outcome not in OUTCOMES or call.outcome == outcome)
    }  # fmt: skip


def _that_fit(
    find: Callable[[ListFilter], tuple[CallSeen, ...]],
    wanted: ListFilter,
    fits: Callable[[Sequence[CallSeen]], set[str]],
) -> Sequence[CallSeen]:
    """The rows of a page and one more, of calls whose outcome fits: it stands in no column, so calls are judged, a
    batch at a time, `MOST_JUDGED` at most."""
    kept: list[CallSeen] = []
    for skipped in range(0, MOST_JUDGED, BATCH):
        rows = find(replace(wanted, limit=BATCH, skipped=skipped))
        good = fits(rows)
        kept += [row for row in rows if row.call.id in good]
        if len(rows) < BATCH or len(kept) > wanted.skipped + wanted.limit:
            break
    return kept[wanted.skipped :]


def call(session: LoginSession, id: str) -> ResponseReturnValue:
    """The timeline of one call, without account and phone numbers unless the reader talks to the caller."""
    store, here = session.context.store, session.services
    row = store.call(id)
    talks = store.talks.of_call(id)
    timeline = here.timelines.of(id, session.language, session.now(), talks)
    assert row is not None  # noqa: S101 - `sees_call` has looked
    assert timeline is not None  # noqa: S101
    return session.page(
        "call.html",
        row=row,
        timeline=redacted(timeline, here.boards.country),
        recordings=store.recordings(id),
        earlier=earlier(session),
        draft=next((one for one in talks if one.agent == session.agent.name and is_unfinished(one)), None),
        **writing(session),
        queue=here.boards.title(timeline.queue, session.language) if timeline.queue else "",
    )


ROUTES = (
    *list_routes("calls", LIST, _listed, key="c", icon="phone"),
    Route("call", f"{LIST}/<id>", call, sees=sees_call),
)
