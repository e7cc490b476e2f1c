"""The ticket step, and the incomplete ticket of a caller who hung up on the way to one."""

import re

from ivr.call.calendar import answer_by
from ivr.call.events import TicketAmended, TicketOpened
from ivr.call.machine import way_out
from ivr.call.turn import Result, TurnContext
from ivr.call.values import CALL_TOPICS, Value, Values
from ivr.flow.model import AnyStep, Priority, Queue, Ticket, Voicemail


def ticket(step: Ticket, context: TurnContext) -> Result:
    known = context.session.tickets.get(step.ticket) if step.amend else None
    about = _about(step, context)
    written = TicketAmended(known, about) if known else _opened(step.ticket, step.priority, about, context)
    context.keep(step.into, Value("reference", written.reference))
    days = _days(step, context)
    if not known or days is not None or "answer_by" not in context.session.values:
        by = answer_by(context.edition.ticket_calendar, context.now, step.priority, days)
        context.keep("answer_by", Value("date", by.date().isoformat()))
    context.session = context.session.replace(tickets={**context.session.tickets, step.ticket: written.reference})
    context.emit(written)
    return "next"


def _days(step: Ticket, context: TurnContext) -> int | None:
    """In how many working days it is answered, where a value says so; a year at most."""
    value = context.session.values.get(step.days.slots[0].name) if step.days and step.days.slots else None
    found = re.fullmatch("[0-9]{1,3}", value.text) if value else None
    return min(int(found[0]), 366) if found else None


_ONWARD = ("next", "recorded", "booked")
"""The outcomes by which a caller goes on with a ticket that was begun. A hang-up is not a yes."""


def unfinished(step: AnyStep, context: TurnContext) -> TicketOpened | None:
    """The incomplete ticket of a caller who hung up on the way to one, or while waiting for a person.

    Only if the caller has told something and can be called back. A ticket opened earlier stays the only one.
    """
    session = context.session
    if session.tickets or not (session.account or session.caller):
        return None
    if isinstance(step, Voicemail):
        return None  # the carrier still brings the recording, and the ticket is opened with it
    if isinstance(step, Queue):
        return _opened(session.topic or step.queue, "normal", {}, context, complete=False)
    seen = {session.state}
    while not isinstance(step, Ticket):
        onward = next((outcome for outcome in _ONWARD if way_out(step, outcome) in step.ways), None)
        if onward is None:
            return None
        flow = session.state.partition(".")[0]
        state = f"{flow}.{step.ways[way_out(step, onward)].next}"
        if state in seen or state.partition(".")[2] not in context.edition.flows.flows[flow].steps:
            return None
        seen.add(state)
        step = context.edition.flows.step(state)
    about = _about(step, context)
    told = about or session.scratch.keys() & {"answer", "number"}
    return _opened(step.ticket, step.priority, about, context, complete=False) if told else None


def _opened(
    topic: str, priority: Priority, about: Values, context: TurnContext, *, complete: bool = True
) -> TicketOpened:
    """A ticket, with what the call is about where its own topic does not say all of that."""
    topics = context.session.topics(context.edition.flows.flows)
    told = {**about, CALL_TOPICS: Value("words", " ".join(topics))} if {*topics} - {topic} else about
    return TicketOpened(context.world.new_reference(), topic, priority, told, complete)


def _about(step: Ticket, context: TurnContext) -> Values:
    values = context.session.values
    return {name: values[name] for name in step.about if name in values}
