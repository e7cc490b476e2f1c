"""The hotline's own tickets, as callers who ask after them hear: state, and by when there is news."""

import json
from collections.abc import Callable
from datetime import datetime

from ivr.call.calendar import Calendar, answer_by
from ivr.hotline.back_office import Progress
from ivr.store import Store
from ivr.store.rows import TicketRow

_STATES = {"open": "open", "working": "working", "waiting": "waiting", "closed": "solved"}


class StoredTickets:
    """Answers handlers about the tickets of the store. `calendar` has the working days; without one, all days are."""

    def __init__(self, store: Store, clock: Callable[[], datetime], calendar: Calendar | None = None) -> None:
        self._store = store
        self._calendar = calendar
        self._clock = clock

    def progress(self, reference: str) -> Progress | None:
        ticket = self._store.ticket(reference)
        return self._progress(ticket) if ticket else None

    def latest(self, account: str, about: str = "") -> Progress | None:
        """How the latest ticket of this account is doing, an open one before those that are closed; or None.

        `about` is the number (`reference`) that the ticket must be about, of a refund, say.
        """
        found = self._store.tickets(account=account) if account else ()
        if about:
            found = tuple(one for one in found if json.loads(one.about).get("reference", ["", ""])[1] == about)
        ticket = next((one for one in found if one.status != "closed"), found[0] if found else None)
        return self._progress(ticket) if ticket else None

    def _progress(self, ticket: TicketRow) -> Progress:
        return Progress(
            reference=ticket.reference,
            state=_STATES.get(ticket.status, "working"),
            due_at=self.due(ticket),
            changed_at=ticket.closed_at or ticket.hurried_at or ticket.opened_at,
        )

    def due(self, ticket: TicketRow) -> datetime:
        """By when a ticket is to be dealt with: as an agent or `hurry` has set it, else as its priority says."""
        return ticket.due_at or answer_by(self._calendar, ticket.opened_at, ticket.priority)

    def hurry(self, reference: str, key: str) -> bool:
        """Raises the ticket's priority, and has it answered as soon as a new ticket of that one, if that is sooner than
        what was promised, or what was promised is past; False if somebody asked for that before. Same key, same answer.
        """
        now = self._clock()
        if not self._store.claim("hurried", f"{reference}/{key}", 1, now, 3600):
            return True
        ticket = self._store.ticket(reference)
        if ticket is None or ticket.hurries:
            return False
        promised = self.due(ticket)
        soon = answer_by(self._calendar, now, "urgent" if ticket.priority == "urgent" else "high")
        return self._store.hurry_ticket(reference, now, min(promised, soon) if promised > now else soon)
