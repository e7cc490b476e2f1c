"""My call: what an agent is doing, who is ringing them, whom they talk to, and every action on that talk."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, get_args

from flask import request
from flask.typing import ResponseReturnValue

from ivr.agents.actions import AgentActions, NotNow
from ivr.agents.board import agent_now
from ivr.agents.model import AgentNow, Board, Timeline, Waiting
from ivr.call.redaction import redact
from ivr.console.i18n import TEXTS
from ivr.console.permissions import has_talk, is_agent, sees_call
from ivr.console.routes import LoginSession, Route
from ivr.console.service_today import Service, together
from ivr.store.records import LONGEST_NOTE, mark
from ivr.store.rows import RecordingRow, TalkRow
from ivr.store.vocabulary import TicketStatus, is_ticket_status

HOME = "/console/board"
AwayReason = Literal["break", "lunch", "meeting", "training", "other"]
AWAY_REASONS: tuple[AwayReason, ...] = get_args(AwayReason)
"""Reasons for being away; `missed` and others are set by the hotline itself."""
TICKET_STATUSES: tuple[TicketStatus, ...] = get_args(TicketStatus)


DRAFTS_SHOWN_FOR = timedelta(days=3)


@dataclass(frozen=True, kw_only=True)
class MyCall:
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
    drafts: tuple[tuple[TalkRow, str], ...] = ()
    """Earlier talks whose note is not finished, each with its topic."""
    number: str = field(default="", repr=False)
    colleagues: tuple[tuple[str, str], ...] = ()
    """Who could be asked now, a colleague or whoever is free of a queue: the value that is sent, and the title."""
    queues: tuple[tuple[str, str], ...] = ()
    """To which the caller could be handed over now."""
    waiting: int = 0
    """How many callers wait whom this agent could take."""


def my_call(session: LoginSession) -> MyCall | None:
    """The panel of this moment; None for a supervisor who takes no callers."""
    if not session.agent.queues:
        return None
    store, here, now = session.context.store, session.services, session.now()
    talk = store.talks.of_agent(session.agent.name)
    me = agent_now(session.agent, talk, store.talks.presences().get(session.agent.name))
    if talk is None:
        return MyCall(me=me, waiting=here.actions.waiting_for(session.agent.name), drafts=_drafts(session))
    colleagues, queues = here.actions.free_colleagues(session.agent.name)
    talks = store.talks.of_call(talk.call_id)
    timeline = here.timelines.of(talk.call_id, session.language, now, talks)
    consultation = store.talks.consultation(talk.id)
    promise = store.callback(talk.subject) if talk.kind == "callback" else None
    wait = store.queue.entry(talk.call_id)
    topic = (wait.topic if wait else "") or (promise.topic if promise else "")
    return MyCall(
        me=me,
        talk=talk,
        topic=timeline.topic if timeline and timeline.topic else here.timelines.topic(topic, session.language),
        queue=here.boards.title(talk.queue, session.language),
        timeline=timeline,
        recordings=store.recordings(talk.call_id),
        consultation=consultation,
        consultation_name=called(session, consultation.agent) if consultation else "",
        asked_by=called(session, asking.agent)
        if talk.consult_of and (asking := store.talks.get(talk.consult_of))
        else "",
        ends_at=here.actions.rules.wrap_up_ends(talk) if talk.state == "wrap_up" else None,
        number=promise.number if promise else timeline.number if timeline else "",
        colleagues=(
            *((name, called(session, name)) for name in colleagues),
            *_queues(session, queues, "my_call.whom_queue"),
        ),
        queues=_queues(session, (name for name in here.actions.staffed_queues() if name != talk.queue)),
    )


def _drafts(session: LoginSession) -> tuple[tuple[TalkRow, str], ...]:
    store, here = session.context.store, session.services
    talks = store.talks.drafts(session.agent.name, session.now() - DRAFTS_SHOWN_FOR)
    topics = {talk.id: wait.topic for talk in talks if (wait := store.queue.entry(talk.call_id)) is not None}
    return tuple((talk, here.timelines.topic(topics.get(talk.id, ""), session.language)) for talk in talks)


def called(session: LoginSession, agent: str) -> str:
    known = session.context.agents.get(agent)
    return known.called(session.language) if known else agent


def _queues(session: LoginSession, names: Iterable[str], words: str = "") -> tuple[tuple[str, str], ...]:
    """Queues with their titles, put into these words if there are any (a text key)."""
    titles = ((name, session.services.boards.title(name, session.language)) for name in names)
    return tuple((name, session.t(words, queue=title) if words else title) for name, title in titles)


# --- pages ------------------------------------------------------------------------------------------------------


def board(session: LoginSession) -> ResponseReturnValue:
    """The first page: my call, and the queues beside it."""
    return session.page("board.html", **_board(session), **_panel(session))


def board_now(session: LoginSession) -> ResponseReturnValue:
    return session.page("board_now.html", **_board(session))


def my_call_now(session: LoginSession) -> ResponseReturnValue:
    return session.page("my_call_now.html", **_panel(session))


def call_bar_now(session: LoginSession) -> ResponseReturnValue:
    return session.page("call_bar_now.html", my_call=my_call(session))


Age = Literal["", "late", "long"]
MOST_SHOWN = 8
"""Of each queue so many who wait are listed; the others are behind a line to open."""
LONG_WAIT_SECONDS = 300
"""Who has waited so long looks otherwise than who waits beyond the target."""


def _board(session: LoginSession) -> dict[str, object]:
    now, store = session.now(), session.context.store
    board = session.services.boards.now(session.agent, session.language, now)
    service = session.services.service_today.of(tuple(queue.name for queue in board.queues), now)
    age = _ages(board, service)
    return {
        "board": board,
        "service": service,
        "age": age,
        "figures": _figures(board, service, age),
        "kept_out": store.logins.waiting(session.context.agents, now) if session.is_supervisor else (),
        "most_shown": MOST_SHOWN,
        "switches": [row for row in store.all_switches(now) if row.on_at <= now],
    }


def _ages(board: Board, service: Mapping[str, Service]) -> Callable[[Waiting], Age]:
    """How the wait of somebody looks: beyond the target of the queue, or long."""

    def age(one: Waiting) -> Age:
        seconds = (board.at - one.since).total_seconds()
        return (
            "long" if seconds >= LONG_WAIT_SECONDS else "late" if seconds >= service[one.queue].target.seconds else ""
        )

    return age


def _figures(board: Board, service: Mapping[str, Service], age: Callable[[Waiting], Age]) -> dict[str, object]:
    waiting = [one for queue in board.queues for one in queue.waiting]
    ages = {age(one) for one in waiting}
    return {
        "waiting": len(waiting),
        "since": min((one.since for one in waiting), default=None),
        "age": "long" if "long" in ages else "late" if "late" in ages else "",
        "service": together(service),
        "missed": sum(one.is_missed for one in service.values()),
        "ready": sum(one.activity == "ready" for one in board.agents),
        "here": sum(one.activity != "off" for one in board.agents),
    }


def _panel(session: LoginSession) -> dict[str, object]:
    return {
        "my_call": my_call(session),
        "away": AWAY_REASONS,
        "earlier": earlier(session),
        **writing(session),
    }


def writing(session: LoginSession) -> dict[str, object]:
    return {
        "codes": session.context.codes,
        "ticket_statuses": TICKET_STATUSES,
        "longest_note": LONGEST_NOTE,
        "mark": mark,
    }


EarlierCall = tuple[str, datetime, str, bool]


def earlier(session: LoginSession) -> Callable[[Timeline], list[EarlierCall]]:
    """For templates: earlier calls of a timeline as id, when, how they ended, and whether they may be opened."""

    def listed(timeline: Timeline) -> list[EarlierCall]:
        rows = (session.context.store.call(call_id) for call_id in timeline.earlier)
        return [(row.id, row.started_at, row.status, sees_call(session, row.id)) for row in rows if row is not None]

    return listed


# --- actions -------------------------------------------------------------------------------------------------------


def _perform(
    session: LoginSession, what: str, do: Callable[[AgentActions, str], object], message: str, about: str = ""
) -> ResponseReturnValue:
    """Does something as this agent, records it in the audit log and goes back to the board; or says why it is not
    possible now."""
    try:
        do(session.services.actions, session.agent.name)
    except NotNow as no:
        return refuse(session, HOME, no)
    session.record(what, about)
    return session.go(HOME, message)


def refuse(session: LoginSession, path: str, no: NotNow) -> ResponseReturnValue:
    """Back to a page, with the reason why something is not possible now."""
    reason = f"not_now.{no.reason}"
    return session.refuse(path, reason if reason in TEXTS else "not_now.over")


def ready(session: LoginSession) -> ResponseReturnValue:
    return _perform(session, "ready", lambda actions, me: actions.ready(me), "my_call.is_ready")


def away(session: LoginSession) -> ResponseReturnValue:
    reason = request.form.get("reason", "")
    reason = reason if reason in AWAY_REASONS else "other"
    message = f"my_call.{_left(session, session.agent.name, 'away')}"
    return _perform(session, "away", lambda actions, me: actions.away(me, reason), message, reason)


def off(session: LoginSession) -> ResponseReturnValue:
    message = f"my_call.{_left(session, session.agent.name, 'off')}"
    return _perform(session, "off", lambda actions, me: actions.off(me), message)


def _left(session: LoginSession, agent: str, what: str) -> str:
    """The end of the message that somebody is away or off: at once, or in a talk when it is over."""
    talk = session.context.store.talks.of_agent(agent)
    return f"{what}_then" if talk is not None and talk.state != "ringing" else f"is_{what}"


def put_away(session: LoginSession, agent: str) -> ResponseReturnValue:
    """By a supervisor: somebody who has left without saying so."""
    message = f"agents.{_left(session, agent, 'away')}"
    return _perform(session, "put away", lambda actions, _: actions.away(agent, "supervisor"), message, agent)


def put_off(session: LoginSession, agent: str) -> ResponseReturnValue:
    message = f"agents.{_left(session, agent, 'off')}"
    return _perform(session, "put off", lambda actions, _: actions.off(agent), message, agent)


def let_in(session: LoginSession, agent: str) -> ResponseReturnValue:
    """By a supervisor: somebody who is kept waiting at the login, because somebody guessed at the name."""
    session.context.store.logins.unlock(agent)
    session.record("unlock", agent)
    return session.go(HOME, "agents.let_in")


def take_forward(session: LoginSession, id: str) -> ResponseReturnValue:
    """By a supervisor: this caller is the next one."""
    return _perform(session, "take forward", lambda actions, _: actions.take_forward(id), "agents.taken_forward", id)


def take_next(session: LoginSession) -> ResponseReturnValue:
    queue = request.form.get("queue", "")
    queue = queue if queue in session.agent.queues else ""
    return _perform(session, "take next", lambda actions, me: actions.take_next(me, queue), "my_call.rings_you", queue)


def _of_talk(what: str, message: str) -> Callable[..., ResponseReturnValue]:
    """A view for an action that needs nothing but its talk; `what` is the name of the method."""

    def view(session: LoginSession, id: str) -> ResponseReturnValue:
        return _perform(
            session, what.replace("_", " "), lambda actions, me: getattr(actions, what)(me, id), message, id
        )  # fmt: skip

    return view


def consult(session: LoginSession, id: str) -> ResponseReturnValue:
    whom = request.form.get("whom", "")
    return _perform(session, "consult", lambda actions, me: actions.consult(me, id, whom), "my_call.asks", id)


def hand_over(session: LoginSession, id: str) -> ResponseReturnValue:
    queue = request.form.get("queue", "")
    return _perform(
        session, "hand over", lambda actions, me: actions.hand_over(me, id, queue), "my_call.handed_over", id
    )  # fmt: skip


def wrap_up(session: LoginSession, id: str) -> ResponseReturnValue:
    form = request.form
    if (code := form.get("code", "")) not in session.context.codes:
        return session.refuse(HOME, "my_call.no_code")
    status = ticket if is_ticket_status(ticket := form.get("ticket", "")) else None
    return _perform(
        session, "wrap up",
        lambda actions, me: actions.wrap_up(me, id, code, _typed_note(), status, seen=form.get("seen", "")),
        "my_call.wrapped_up", id,
    )  # fmt: skip


def _typed_note() -> str:
    """The note of the form, without card numbers."""
    return redact(request.form.get("note", ""), LONGEST_NOTE)


def write_note(session: LoginSession, id: str) -> ResponseReturnValue:
    """Keeps what is typed so far; 409 if the note is finished. Answers until when wrap-up is kept open, if it is, the
    mark of the note, and the note itself if it is not what was sent: another page of the agent has added to it."""
    note, seen = _typed_note(), request.form.get("seen", "")
    try:
        talk = session.services.actions.write_note(session.agent.name, id, note, seen)
    except NotNow:
        return {}, 409
    until = talk.wrap_up_until.timestamp() if talk.state == "wrap_up" and talk.wrap_up_until else None
    return {"until": until, "seen": mark(talk.note), "note": talk.note if talk.note != note else None}


MY_CALL = "/console/my-call"
TALK = "/console/talks/<id>"
AGENT = "/console/agents/<agent>"
FORWARD = "/console/waiting/<id>/forward"

ROUTES = (
    Route("board", HOME, board, title="board.title", key="b", icon="board"),
    Route("board_now", f"{HOME}/now", board_now, quiet=True),
    Route("my_call_now", f"{MY_CALL}/now", my_call_now, quiet=True),
    Route("call_bar_now", f"{MY_CALL}/bar", call_bar_now, quiet=True),
    Route("ready", f"{MY_CALL}/ready", ready, methods=("POST",)),
    Route("away", f"{MY_CALL}/away", away, methods=("POST",)),
    Route("off", f"{MY_CALL}/off", off, methods=("POST",)),
    Route("put_away", f"{AGENT}/away", put_away, methods=("POST",), needs="supervisor", sees=is_agent),
    Route("let_in", f"{AGENT}/unlock", let_in, methods=("POST",), needs="supervisor", sees=is_agent),
    Route("put_off", f"{AGENT}/off", put_off, methods=("POST",), needs="supervisor", sees=is_agent),
    Route("take_forward", FORWARD, take_forward, methods=("POST",), needs="supervisor", sees=sees_call),
    Route("take_next", f"{MY_CALL}/next", take_next, methods=("POST",)),
    Route("consult", f"{TALK}/consult", consult, methods=("POST",), sees=has_talk),
    Route("hand_over", f"{TALK}/hand_over", hand_over, methods=("POST",), sees=has_talk),
    Route("write_note", f"{TALK}/note", write_note, methods=("POST",), sees=has_talk),
    Route("wrap_up", f"{TALK}/wrap_up", wrap_up, methods=("POST",), sees=has_talk),
    *(
        Route(what, f"{TALK}/{what}", _of_talk(what, message), methods=("POST",), sees=has_talk)
        for what, message in (
            ("accept", "my_call.accepted"),
            ("decline", "my_call.declined"),
            ("hold", "my_call.held"),
            ("resume", "my_call.resumed"),
            ("bring_in", "my_call.brought_in"),
            ("complete", "my_call.completed"),
            ("cancel_consult", "my_call.asks_no_more"),
            ("end", "my_call.ended"),
            ("more_time", "my_call.has_more_time"),
        )
    ),
)
