"""Writes the effects of a turn's events into the store: tickets, texts, callbacks, recordings, queue entries.

Everything is written in the turn's own transaction, so that it is committed with the turn or not at all. A key is made
of call, turn and the event's position, so that an effect that is tried again is recognised.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import assert_never

from ivr.agents.rules import QueueRule
from ivr.call import events
from ivr.call.events import Effect, Event, Input
from ivr.call.session import Session
from ivr.store.rows import CallbackRow, OutboxItem, QueueEntry, TicketRow, ticket_payload
from ivr.store.turn import TurnTransaction
from ivr.store.vocabulary import RANKS


def carry_out(
    tx: TurnTransaction,
    session: Session,
    heard: Input,
    happened: Sequence[Event],
    *,
    turn: int,
    now: datetime,
    staff: QueueRule,
) -> None:
    """Writes the effects of one turn; `staff` are the people of the queue that the caller joins, if one is joined."""
    match heard:
        case events.QueueEnded(result=result):
            tx.leave_queue(result, now)
        case events.HungUp():
            tx.leave_queue("hangup", now)
        case _:
            pass
    for index, event in enumerate(happened):
        if not isinstance(event, Effect | events.Queueing):
            continue
        key = f"{session.call}/{turn}/{index}"
        match event:
            case events.TicketOpened():
                row = _ticket(event, session, now)
                tx.open_ticket(row)
                tx.put([OutboxItem(key=key, kind="ticket", payload=ticket_payload(row), not_before=now)])
            case events.TicketAmended(reference=reference, about=about):
                tx.amend_ticket(reference, {name: [value.kind, value.text] for name, value in about.items()})
            case events.TextSent(to=number, body=body):
                tx.put([OutboxItem(key=key, kind="sms", payload={"to": number, "body": body}, not_before=now)])
            case events.CallbackBooked(queue=queue, number=number, at=at, topic=topic, language=language):
                tx.add_callback(
                    CallbackRow(
                        key=key, call_id=session.call, queue=queue, number=number, due_at=at, booked_at=now,
                        topic=topic, language=language, since=tx.waited_since() or at,
                    )
                )  # fmt: skip
            case events.Queueing(queue=queue):
                tx.queue_entry(
                    QueueEntry(
                        call_id=session.call, queue=queue, joined_at=now, topic=session.topic,
                        language=session.language, rank=RANKS[staff.priority], status="joining",
                    )
                )  # fmt: skip
            case events.SurveyAnswered():
                pass  # reports read it from the journal
            case _:
                assert_never(event)


def _ticket(opened: events.TicketOpened, session: Session, now: datetime) -> TicketRow:
    registered = session.values.get("registered_phone")
    return TicketRow(
        reference=opened.reference,
        call_id=session.call,
        topic=opened.topic,
        opened_at=now,
        priority=opened.priority,
        account=session.account,
        phone=registered.text if registered else session.caller,
        language=session.language,
        about=json.dumps({name: [value.kind, value.text] for name, value in opened.about.items()}, ensure_ascii=False),
        complete=opened.complete,
    )
