"""Tickets: a list, a search that forgives typing errors, and one ticket with the timeline of its call."""

from __future__ import annotations

import re

from flask import request
from flask.typing import ResponseReturnValue

from ivr.call.redaction import redact
from ivr.console.my_calls import TICKET_STATUSES, earlier
from ivr.console.permissions import scope, sees_call, sees_ticket
from ivr.console.routes import LoginSession, Route
from ivr.console.services import services
from ivr.hotline.identity import unlock
from ivr.store.records import mark
from ivr.store.rows import TicketRow
from ivr.store.vocabulary import Priority, is_ticket_status

LIST = "/console/tickets"
PRIORITIES: tuple[Priority, ...] = ("urgent", "high", "normal", "low")
SHORTEST = 3
"""So many last digits of a number at least are looked for."""
SHOWN = 100
LONGEST_NOTE = 6000
"""A note grows with every talk; in Chinese it is nine times as long on its way, and a form has 64 kB."""


def tickets(session: LoginSession) -> ResponseReturnValue:
    """The list, as filtered; a reference that is typed whole leads to its ticket at once."""
    asked = request.args
    wanted = re.sub(r"[\s-]", "", asked.get("q", ""))[:30]
    trouble = ""
    if wanted and services(session).is_reference(wanted):
        if sees_ticket(session, wanted):
            return session.go(f"{LIST}/{wanted}")
        trouble = "tickets.unknown"
    ending = re.sub(r"\D", "", wanted, flags=re.ASCII)
    rows: tuple[TicketRow, ...] = ()
    if not wanted or len(ending) >= SHORTEST:
        queue = asked.get("queue", "")
        rows = session.context.store.find_tickets(
            scope(session),
            status=asked.get("status", "" if wanted else "unsettled"),
            priority=asked.get("priority", ""),
            topic=asked.get("topic", ""),
            queue=queue if queue in services(session).boards.queue_staff else "",
            ending=ending,
            limit=SHOWN,
        )
    elif wanted:
        trouble = "tickets.too_short"
    if wanted and not rows and not trouble:
        trouble = "tickets.mistyped" if re.fullmatch(r"[1-9][0-9]{6,8}", wanted) else "tickets.none_found"
    timelines = services(session).timelines
    return session.page(
        "tickets.html",
        rows=rows,
        titles={row.topic: timelines.topic(row.topic, session.language) for row in rows},
        topics=[(topic, timelines.topic(topic, session.language)) for topic in session.context.store.topics()],
        queues=_queues(session),
        priorities=PRIORITIES,
        states=TICKET_STATUSES,
        asked=asked,
        status=asked.get("status", "" if wanted else "unsettled"),
        trouble=trouble,
        most=SHOWN,
    )


def ticket(session: LoginSession, reference: str) -> ResponseReturnValue:
    store, timelines = session.context.store, services(session).timelines
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
        earlier=earlier(session),
        queue=services(session).boards.title(store.queue_of(row.call_id) or scope(session).first, session.language),
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
    return session.go(
        page, "tickets.changed" if (row.status, row.note) == (status, note) else "tickets.changed_by_both"
    )


def unlock_account(session: LoginSession, reference: str) -> ResponseReturnValue:
    """The account of a ticket may be tried again at once on the phone."""
    row = session.context.store.ticket(reference)
    if row is not None and row.account:
        unlock(session.context.store, row.account)
        session.record("unlock", reference)
    return session.go(f"{LIST}/{reference}", "tickets.unlocked")


def _queues(session: LoginSession) -> list[tuple[str, str]]:
    here = services(session).boards
    return [(name, here.title(name, session.language)) for name in here.queue_staff if scope(session).sees(name)]


ROUTES = (
    Route("tickets", LIST, tickets, title="tickets.title", key="t", icon="ticket"),
    Route("ticket", f"{LIST}/<reference>", ticket, sees=sees_ticket),
    Route(
        "unlock_account",
        f"{LIST}/<reference>/unlock",
        unlock_account,
        needs="supervisor",
        methods=("POST",),
        sees=sees_ticket,
    ),
    Route("change_ticket", f"{LIST}/<reference>", change, methods=("POST",), sees=sees_ticket),
)
