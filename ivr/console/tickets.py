"""Tickets: a list to work through, a search that forgives typing errors, and one ticket with the story of its call."""

from __future__ import annotations

import re

from flask import request
from flask.typing import ResponseReturnValue

from ivr.console.agent_views import desk, scope, sees_call, sees_ticket
from ivr.console.my_calls import TICKET_STATES, earlier
from ivr.console.routes import Route, Visit
from ivr.hotline.redaction import scrub
from ivr.store.records import mark
from ivr.store.rows import TicketRow

LIST = "/console/tickets"
PRIORITIES = ("urgent", "high", "normal", "low")
SHORTEST = 3
"""So many last digits of a number at least are looked for."""
SHOWN = 100
LONGEST_NOTE = 6000
"""A note grows with every talk; in Chinese it is nine times as long on its way, and a form has 64 kB."""


def tickets(visit: Visit) -> ResponseReturnValue:
    """The list, as filtered; a reference that is typed whole leads to its ticket at once."""
    asked = request.args
    wanted = re.sub(r"[\s-]", "", asked.get("q", ""))[:30]
    trouble = ""
    if wanted and desk(visit).is_reference(wanted):
        if sees_ticket(visit, wanted):
            return visit.go(f"{LIST}/{wanted}")
        trouble = "tickets.unknown"
    ending = re.sub(r"\D", "", wanted, flags=re.ASCII)
    rows: tuple[TicketRow, ...] = ()
    if not wanted or len(ending) >= SHORTEST:
        queue = asked.get("queue", "")
        rows = visit.office.store.find_tickets(
            scope(visit),
            status=asked.get("status", "" if wanted else "unsettled"),
            priority=asked.get("priority", ""),
            topic=asked.get("topic", ""),
            queue=queue if queue in desk(visit).boards.queue_staff else "",
            ending=ending,
            limit=SHOWN,
        )
    elif wanted:
        trouble = "tickets.too_short"
    if wanted and not rows and not trouble:
        trouble = "tickets.mistyped" if re.fullmatch(r"[1-9][0-9]{6,8}", wanted) else "tickets.none_found"
    timelines = desk(visit).timelines
    return visit.page(
        "tickets.html",
        rows=rows,
        titles={row.topic: timelines.topic(row.topic, visit.language) for row in rows},
        topics=[(topic, timelines.topic(topic, visit.language)) for topic in visit.office.store.topics()],
        queues=_queues(visit),
        priorities=PRIORITIES,
        states=TICKET_STATES,
        asked=asked,
        status=asked.get("status", "" if wanted else "unsettled"),
        trouble=trouble,
        most=SHOWN,
    )


def ticket(visit: Visit, reference: str) -> ResponseReturnValue:
    store, timelines = visit.office.store, desk(visit).timelines
    row = store.ticket(reference)
    assert row is not None  # noqa: S101 - `sees_ticket` has looked
    now = visit.now()
    return visit.page(
        "ticket.html",
        row=row,
        seen_note=mark(row.note),
        longest=LONGEST_NOTE,
        case=timelines.case(row, visit.language, now),
        story=timelines.of(row.call_id, visit.language, now, store.talks.of_call(row.call_id)),
        recordings=store.recordings(row.call_id),
        states=TICKET_STATES,
        earlier=earlier(visit),
        queue=desk(visit).boards.title(store.queue_of(row.call_id) or scope(visit).first, visit.language),
        callable=sees_call(visit, row.call_id),
    )


def change(visit: Visit, reference: str) -> ResponseReturnValue:
    """Another state, and the note as it stands in the form, which says too what it was when the page was opened."""
    form, page = request.form, f"{LIST}/{reference}"
    status = form.get("status", "")
    if status not in TICKET_STATES:
        return visit.refuse(page, "tickets.no_such_state")
    note = form.get("note", "").replace("\r\n", "\n")  # as browsers send the end of a line
    seen = form.get("seen_status", ""), form.get("seen_note", "")
    if mark(note) != seen[1]:
        note = scrub(note, LONGEST_NOTE)
    row = visit.office.store.edit_ticket(reference, status, note, visit.now(), seen=seen)
    assert row is not None  # noqa: S101 - `sees_ticket` has looked
    visit.did(f"ticket {row.status}", reference)
    return visit.go(page, "tickets.changed" if (row.status, row.note) == (status, note) else "tickets.changed_by_both")


def _queues(visit: Visit) -> list[tuple[str, str]]:
    here = desk(visit).boards
    return [(name, here.title(name, visit.language)) for name in here.queue_staff if scope(visit).sees(name)]


ROUTES = (
    Route("tickets", LIST, tickets, title="tickets.title", key="t", icon="ticket"),
    Route("ticket", f"{LIST}/<reference>", ticket, sees=sees_ticket),
    Route("change_ticket", f"{LIST}/<reference>", change, methods=("POST",), sees=sees_ticket),
)
