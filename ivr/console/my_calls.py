"""My call: what an agent is doing, who rings them, whom they talk to, and everything they can do about it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from flask import request
from flask.typing import ResponseReturnValue

from ivr.agents.actions import NotNow
from ivr.agents.board import agent_now
from ivr.agents.model import AgentNow, Timeline
from ivr.console.agent_views import desk, has_talk, sees_call
from ivr.console.routes import Route, Visit
from ivr.console.texts import DESK
from ivr.hotline.redaction import scrub
from ivr.store.rows import RecordingRow, TalkRow

HOME = "/console/board"
AWAY = ("break", "lunch", "meeting", "training", "other")
"""Reasons for being away; `missed` and others are set by the floor."""
TICKET_STATES = ("open", "working", "waiting", "closed")


@dataclass(frozen=True, kw_only=True)
class Mine:
    """What an agent's own panel shows. `timeline` is of whoever they ring with, talk or talked to."""

    me: AgentNow
    talk: TalkRow | None = None
    topic: str = ""
    queue: str = ""
    timeline: Timeline | None = field(default=None, repr=False)
    recordings: tuple[RecordingRow, ...] = ()
    consultation: TalkRow | None = None
    """The colleague who is asked about it."""
    consultation_name: str = ""
    asked_by: str = ""
    """The colleague who asks for help."""
    ends_at: datetime | None = None
    """When the time for the note is over."""
    number: str = field(default="", repr=False)
    colleagues: tuple[tuple[str, str], ...] = ()
    """Whom one can ask: what is sent, and what it is called."""
    queues: tuple[tuple[str, str], ...] = ()
    waiting: int = 0
    """How many callers wait whom one could take."""


def mine(visit: Visit) -> Mine | None:
    """The panel of this moment; None for a supervisor who takes no callers."""
    if not visit.agent.queues:
        return None
    store, here, now = visit.office.store, desk(visit), visit.now()
    talk = store.talks.of_agent(visit.agent.name)
    me = agent_now(visit.agent, talk, store.talks.presences().get(visit.agent.name))
    if talk is None:
        waiting = sum(store.queue.length(queue) for queue in visit.agent.queues)
        return Mine(me=me, waiting=waiting, queues=_queues(visit, visit.agent.queues))
    talks = store.talks.of_call(talk.call_id)
    timeline = here.timelines.of(talk.call_id, visit.language, now, talks)
    consultation = store.talks.consultation(talk.id)
    promise = store.callback(talk.subject) if talk.kind == "callback" else None
    wait = store.wait_of(talk.call_id)
    topic = (wait.topic if wait else "") or (promise.topic if promise else "")
    return Mine(
        me=me,
        talk=talk,
        topic=timeline.topic if timeline and timeline.topic else here.timelines.topic(topic, visit.language),
        queue=here.boards.title(talk.queue, visit.language),
        timeline=timeline,
        recordings=store.recordings(talk.call_id),
        consultation=consultation,
        consultation_name=called(visit, consultation.agent) if consultation else "",
        asked_by=called(visit, asking.agent)
        if talk.consult_of and (asking := store.talks.get(talk.consult_of))
        else "",
        ends_at=_ends(visit, talk),
        number=promise.number if promise else timeline.number if timeline else "",
        colleagues=_colleagues(visit),
        queues=_queues(visit, here.boards.queue_staff),
    )


def called(visit: Visit, agent: str) -> str:
    """What an agent is called on the page."""
    known = visit.office.agents.get(agent)
    return known.called(visit.language) if known else agent


def _ends(visit: Visit, talk: TalkRow) -> datetime | None:
    if talk.state != "wrap_up" or talk.ended_at is None:
        return None
    return talk.ended_at + desk(visit).wrap_up.get(talk.queue, timedelta(0))


def _queues(visit: Visit, names: Iterable[str]) -> tuple[tuple[str, str], ...]:
    return tuple((name, desk(visit).boards.title(name, visit.language)) for name in names)


def _colleagues(visit: Visit) -> tuple[tuple[str, str], ...]:
    """Colleagues who are ready now."""
    store = visit.office.store
    busy = {one.agent for one in store.talks.open()}
    presences = store.talks.presences()
    return tuple(
        (agent.name, agent.called(visit.language))
        for agent in visit.office.agents.values()
        if agent.name not in busy
        and agent.name != visit.agent.name
        and agent.has_login
        and (there := presences.get(agent.name)) is not None
        and there.presence == "ready"
    )


# --- pages ------------------------------------------------------------------------------------------------------


def board(visit: Visit) -> ResponseReturnValue:
    """The start of everybody's day: my call, and the floor beside it."""
    return visit.page("board.html", **_floor(visit), **_panel(visit))


def board_now(visit: Visit) -> ResponseReturnValue:
    return visit.page("board_now.html", **_floor(visit))


def mine_now(visit: Visit) -> ResponseReturnValue:
    return visit.page("mine_now.html", **_panel(visit))


def strip_now(visit: Visit) -> ResponseReturnValue:
    """What rings or runs, for whoever looks at another page."""
    return visit.page("strip_now.html", mine=mine(visit))


def _floor(visit: Visit) -> dict[str, object]:
    now = visit.now()
    return {
        "board": desk(visit).boards.now(visit.agent, visit.language, now),
        "switches": visit.office.store.switched_on(now),
    }


def _panel(visit: Visit) -> dict[str, object]:
    return {
        "mine": mine(visit),
        "codes": visit.office.codes,
        "away": AWAY,
        "ticket_states": TICKET_STATES,
        "earlier": earlier(visit),
    }


def earlier(visit: Visit) -> Callable[[Timeline], list[tuple[str, datetime, str, bool]]]:
    """For templates: earlier calls of a timeline as id, when, how they ended, and whether they may be opened."""

    def listed(timeline: Timeline) -> list[tuple[str, datetime, str, bool]]:
        rows = (visit.office.store.call(call_id) for call_id in timeline.earlier)
        return [(row.id, row.started_at, row.status, sees_call(visit, row.id)) for row in rows if row is not None]

    return listed


# --- acts -------------------------------------------------------------------------------------------------------


def _act(visit: Visit, what: str, about: str, do: Callable[[], object], said: str) -> ResponseReturnValue:
    """Does it, writes it down and goes back; what is not possible now is told in a sentence."""
    try:
        do()
    except NotNow as no:
        reason = f"not_now.{no.reason}"
        return visit.refuse(HOME, reason if reason in DESK else "not_now.over")
    visit.did(what, about)
    return visit.go(HOME, said)


def ready(visit: Visit) -> ResponseReturnValue:
    return _act(visit, "ready", "", lambda: desk(visit).actions.ready(visit.agent.name), "mine.is_ready")


def away(visit: Visit) -> ResponseReturnValue:
    reason = request.form.get("reason", "")
    reason = reason if reason in AWAY else "other"
    return _act(visit, "away", reason, lambda: desk(visit).actions.away(visit.agent.name, reason), "mine.is_away")


def off(visit: Visit) -> ResponseReturnValue:
    return _act(visit, "off", "", lambda: desk(visit).actions.off(visit.agent.name), "mine.is_off")


def take_next(visit: Visit) -> ResponseReturnValue:
    queue = request.form.get("queue", "")
    queue = queue if queue in visit.agent.queues else ""
    return _act(
        visit, "take next", queue, lambda: desk(visit).actions.take_next(visit.agent.name, queue), "mine.rings_you"
    )


def _of_talk(what: str, said: str) -> Callable[..., ResponseReturnValue]:
    """A view for an act that needs nothing but its talk; `what` is the floor's name of it."""

    def view(visit: Visit, id: str) -> ResponseReturnValue:
        act = getattr(desk(visit).actions, what)
        return _act(visit, what.replace("_", " "), id, lambda: act(visit.agent.name, id), said)

    return view


def consult(visit: Visit, id: str) -> ResponseReturnValue:
    whom = request.form.get("whom", "")
    actions = desk(visit).actions
    return _act(visit, "consult", id, lambda: actions.consult(visit.agent.name, id, whom), "mine.asks")


def hand_over(visit: Visit, id: str) -> ResponseReturnValue:
    queue = request.form.get("queue", "")
    if queue not in desk(visit).boards.queue_staff:
        return visit.refuse(HOME, "not_now.unknown")
    actions = desk(visit).actions
    return _act(visit, "hand over", id, lambda: actions.hand_over(visit.agent.name, id, queue), "mine.handed_over")


def wrap_up(visit: Visit, id: str) -> ResponseReturnValue:
    form = request.form
    code = form.get("code", "") if form.get("code", "") in visit.office.codes else ""
    status = form.get("ticket", "") if form.get("ticket", "") in TICKET_STATES else ""
    note, actions = scrub(form.get("note", "")), desk(visit).actions
    return _act(
        visit, "wrap up", id, lambda: actions.wrap_up(visit.agent.name, id, code, note, status), "mine.wrapped_up"
    )  # fmt: skip


MINE = "/console/mine"
TALK = "/console/talks/<id>"

ROUTES = (
    Route("board", HOME, board, title="board.title", key="b", icon="board"),
    Route("board_now", f"{HOME}/now", board_now, quiet=True),
    Route("mine_now", f"{MINE}/now", mine_now, quiet=True),
    Route("strip_now", f"{MINE}/strip", strip_now, quiet=True),
    Route("ready", f"{MINE}/ready", ready, methods=("POST",)),
    Route("away", f"{MINE}/away", away, methods=("POST",)),
    Route("off", f"{MINE}/off", off, methods=("POST",)),
    Route("take_next", f"{MINE}/next", take_next, methods=("POST",)),
    Route("consult", f"{TALK}/consult", consult, methods=("POST",), sees=has_talk),
    Route("hand_over", f"{TALK}/hand_over", hand_over, methods=("POST",), sees=has_talk),
    Route("wrap_up", f"{TALK}/wrap_up", wrap_up, methods=("POST",), sees=has_talk),
    *(
        Route(what, f"{TALK}/{what}", _of_talk(what, said), methods=("POST",), sees=has_talk)
        for what, said in (
            ("decline", "mine.declined"),
            ("hold", "mine.held"),
            ("resume", "mine.resumed"),
            ("bring_in", "mine.brought_in"),
            ("complete", "mine.completed"),
            ("cancel_consult", "mine.asks_no_more"),
            ("end", "mine.ended"),
        )
    ),
)
