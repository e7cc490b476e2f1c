"""Callbacks: the customer is rung when an agent has taken the callback, and is tried again by rule.

The agent is rung first, so that the customer never waits. A customer who is not reached is tried again after a while.
After the last try the callback becomes a ticket.
"""

import json
from collections.abc import Callable
from datetime import datetime, timedelta

from ivr.agents.notes import joined_note
from ivr.agents.rules import CallbackRule
from ivr.store.rows import CallbackRow, OutboxItem, TalkRow, TicketRow, ticket_payload
from ivr.store.talk_transaction import TalkTransaction

KEPT_WAITING = timedelta(seconds=60)
"""A call to a customer that has not left the outbox by then is dropped: the agent has waited long enough."""


def key_of(talk: TalkRow) -> str:
    """The key of the call to the customer in the outbox: one for each talk, so that no phone rings twice."""
    return f"{talk.id}/customer"


def ring(tx: TalkTransaction, talk: TalkRow, rule: CallbackRule, now: datetime) -> None:
    """The customer's phone rings. Whether the number may be rung at all is checked as the call leaves."""
    promise = tx.callback(talk.subject)
    if promise is None:
        return
    tx.change_callback(promise.key, tries=promise.tries + 1, tried_at=now)
    path = f"/floor/talks/{talk.id}/customer"
    tx.put(
        OutboxItem(
            key=key_of(talk),
            kind="call",
            payload={
                "to": promise.number, "path": path, "status_path": f"{path}/over",
                "ring_seconds": int(rule.ring_for.total_seconds()),
            },
            not_before=now,
            not_after=now + KEPT_WAITING,
        )
    )  # fmt: skip


def hang_up(tx: TalkTransaction, talk: TalkRow, now: datetime) -> None:
    """Hangs up the customer's call, ringing or answered."""
    tx.steer(talk.id, talk.customer_leg or tx.call_off(key_of(talk), now), "", now)


def again_at_once(tx: TalkTransaction, talk: TalkRow, now: datetime) -> None:
    """The agent is gone: the callback is due again, at its old place. A customer on the line is told so."""
    promise = tx.callback(talk.subject)
    if not talk.customer_leg:
        hang_up(tx, talk, now)
    if promise is not None:
        tried = talk.room != "" and promise.tries > 0  # the try failed on our side, so it does not count
        tx.change_callback(promise.key, due_at=now, tries=promise.tries - tried)


def not_reached(
    tx: TalkTransaction, talk: TalkRow, rule: CallbackRule, now: datetime, *, make: Callable[[int], str], note: str
) -> CallbackRow | None:
    """The customer did not answer: another try after a while, or, after the last one, a ticket with `note`.

    `make` writes a reference from a number.
    """
    promise = tx.callback(talk.subject)
    if promise is None or promise.status != "open":
        return promise
    if promise.tries < rule.tries:
        tx.change_callback(promise.key, due_at=now + rule.again_after)
        return promise
    tx.change_callback(promise.key, status="failed", settled_at=now)
    open_tickets = [ticket for ticket in tx.tickets(promise.call_id) if ticket.status != "closed"]
    if open_tickets:
        first = open_tickets[0]
        tx.change_ticket(first.reference, note=joined_note(first.note, note))
        return promise
    ticket = tx.open_ticket(
        make,
        TicketRow(
            reference="", call_id=promise.call_id, topic=promise.topic or "callback", opened_at=now,
            phone=promise.number, language=promise.language, note=note,
            about=json.dumps({"callback_at": ["datetime", promise.due_at.isoformat()]}),
        ),
    )  # fmt: skip
    tx.put(OutboxItem(key=f"{talk.id}/ticket", kind="ticket", payload=ticket_payload(ticket), not_before=now))
    return promise
