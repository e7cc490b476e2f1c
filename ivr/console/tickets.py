"""Tickets: a list, a search that forgives typing errors, those that are late, and one ticket with its call."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from flask import request
from flask.typing import ResponseReturnValue

from ivr.call.redaction import redact
from ivr.console.lists import asked_for, moment_of, page_of
from ivr.console.my_calls import TICKET_STATUSES, called, earlier
from ivr.console.permissions import scope, sees_call, sees_ticket
from ivr.console.routes import LoginSession, Route
from ivr.hotline.identity import unlock
from ivr.store.records import LONGEST_NOTE, mark
from ivr.store.rows import TicketRow
from ivr.store.views import NOBODY, ListFilter
from ivr.store.vocabulary import Priority, is_ticket_status

LIST = "/console/tickets"
PRIORITIES: tuple[Priority, ...] = ("urgent", "high", "normal", "low")
SHORTEST = 3
"""So many last digits of a number at least are looked for."""
SHOWN = 50
LATE = "late"
MOST_OPEN = 5000
"""So many open tickets are looked at for those that are late."""


def tickets(session: LoginSession) -> ResponseReturnValue:
    """The list, as filtered; a reference that is typed whole leads to its ticket at once."""
    asked, args, here = asked_for(session, SHOWN), request.args, session.services
    reference = re.sub(r"[\s-]", "", asked.typed)
    trouble = ""
    if reference and here.is_reference(reference):
        if sees_ticket(session, reference):
            return session.go(f"{LIST}/{reference}")
        trouble = "tickets.unknown"
    ending = reference if reference.isascii() and reference.lstrip("+").isdecimal() else ""
    wanted = asked.one_more() if ending else replace(asked.one_more(), words=asked.typed)
    wanted = replace(wanted, agent=NOBODY) if args.get("agent") == NOBODY else wanted
    status = args.get("status", "" if asked.typed else "unsettled")
    rows: Sequence[TicketRow] = ()
    if ending and len(ending.lstrip("+")) < SHORTEST:
        trouble = "tickets.too_short"
    else:
        find = partial(
            session.context.store.find_tickets, scope(session), priority=args.get("priority", ""),
            ending=ending.lstrip("+"),
        )  # fmt: skip
        rows = _late(session, find, wanted) if status == LATE else find(wanted, status=status)
    if asked.typed and not rows and not trouble:
        trouble = "tickets.mistyped" if re.fullmatch(r"[1-9][0-9]{6,8}", reference) else "tickets.none_found"
    return session.page(
        "tickets.html",
        **page_of(session, LIST, asked, rows),
        titles={row.topic: here.timelines.topic(row.topic, session.language) for row in rows},
        due=here.due,
        now=session.now(),
        who=partial(called, session),
        priorities=PRIORITIES,
        states=("unsettled", LATE, *TICKET_STATUSES),
        status=status,
        nobody=NOBODY,
        trouble=trouble,
    )


def _late(session: LoginSession, find: Callable[..., Sequence[TicketRow]], wanted: ListFilter) -> Sequence[TicketRow]:
    """Tickets that are open and past their time, the latest first."""
    due, now = session.services.due, session.now()
    open_ones = find(replace(wanted, limit=MOST_OPEN, skipped=0), status="unsettled")
    late = sorted((row for row in open_ones if due(row) <= now), key=due)
    return late[wanted.skipped : wanted.skipped + wanted.limit]


def ticket(session: LoginSession, reference: str) -> ResponseReturnValue:
    store, timelines = session.context.store, session.services.timelines
    row = store.ticket(reference)
    assert row is not None  # noqa: S101 - `sees_ticket` has looked
    now = session.now()
    return session.page(
        "ticket.html",
        row=row,
        seen_note=mark(row.note),
        longest=LONGEST_NOTE,
        case=timelines.case(row, session.language, now),
        timeline=timelines.of(row.call_id, session.language, now, store.talks.of_call(row.call_id)),
        recordings=store.recordings(row.call_id),
        states=TICKET_STATUSES,
        due=session.services.due(row),
        due_local=f"{session.services.due(row).astimezone(session.services.zone):%Y-%m-%dT%H:%M}",
        agents=[(name, called(session, name)) for name in {**session.context.agents, row.assignee: None} if name],
        earlier=earlier(session),
        queue=session.services.boards.title(store.queue_of(row.call_id) or scope(session).first, session.language),
        callable=sees_call(session, row.call_id),
        may_unlock=session.is_supervisor,
    )


def change(session: LoginSession, reference: str) -> ResponseReturnValue:
    """Another state, and the note as it stands in the form, which says too what it was when the page was opened."""
    form, page = request.form, f"{LIST}/{reference}"
    status = form.get("status", "")
    if not is_ticket_status(status):
        return session.refuse(page, "tickets.no_such_state")
    note = form.get("note", "").replace("\r\n", "\n")  # as browsers send the end of a line
    seen = form.get("seen_status", ""), form.get("seen_note", "")
    if mark(note) != seen[1]:
        note = redact(note, LONGEST_NOTE)
    row = session.context.store.edit_ticket(reference, status, note, session.now(), seen=seen)
    assert row is not None  # noqa: S101 - `sees_ticket` has looked
    session.record(f"ticket {row.status}", reference)
    if not _assign(session, reference):
        return session.refuse(page, "tickets.no_time")
    return session.go(
        page, "tickets.changed" if (row.status, row.note) == (status, note) else "tickets.changed_by_both"
    )


def _assign(session: LoginSession, reference: str) -> bool:
    """Writes who deals with it and by when, where the form changes it. False for a time that is none."""
    form = request.form
    seen_agent, seen_due = form.get("seen_assignee", ""), form.get("seen_due", "")
    agent, due = form.get("assignee", seen_agent), form.get("due", seen_due)
    if agent != seen_agent and (not agent or agent in session.context.agents):
        session.context.store.assign_ticket(reference, agent)
        session.record("ticket assigned", f"{reference} {agent}".strip())
    if due == seen_due:
        return True
    try:
        at = moment_of(due, session.services.zone) if due else None
    except ValueError:
        return False
    session.context.store.set_due(reference, at)
    session.record("ticket due", reference)
    return True


def unlock_account(session: LoginSession, reference: str) -> ResponseReturnValue:
    """The account of a ticket may be tried again at once on the phone."""
    row = session.context.store.ticket(reference)
    if row is not None and row.account:
        unlock(session.context.store, row.account)
        session.record("unlock", reference)
    return session.go(f"{LIST}/{reference}", "tickets.unlocked")


ROUTES = (
    Route("tickets", LIST, tickets, title="tickets.title", key="t", icon="ticket"),
    Route("ticket", f"{LIST}/<reference>", ticket, sees=sees_ticket),
    Route(
        "unlock_account", f"{LIST}/<reference>/unlock", unlock_account, needs="supervisor", methods=("POST",),
        sees=sees_ticket,
    ),
    Route("change_ticket", f"{LIST}/<reference>", change, methods=("POST",), sees=sees_ticket),
)  # fmt: skip
