"""Properties of what callers are promised: after a freeze, by hanging up, for a day, and that it can be heard again."""

from collections.abc import Iterator
from datetime import datetime

from ivr.call import events
from ivr.call.calendar import opening
from ivr.flow.model import REPEAT, Handle, Hours, Keyed
from ivr.testing.explorer.distances import call_by
from ivr.testing.explorer.property import Bounds, Finding, space_property, tried, turn_property
from ivr.testing.explorer.search import Edge, Model, Node, ObservedTurn, StateSpace

FREEZE = ("freeze", "frozen")
"""The look-up that freezes an account, and its outcome when it did."""


@turn_property("freeze-leaves-word")
def freeze_leaves_word(turn: ObservedTurn, model: Model) -> Iterator[str]:
    """An account that was frozen leaves a ticket and a text message at once, whatever then happens to the line.

    Both follow from the answer of the look-up `freeze`, before the caller is asked anything or could hang up. Hotlines
    without such a look-up are not concerned.
    """
    was = turn.before.wait if turn.before is not None else None
    if not isinstance(was, events.LookUp) or not isinstance(turn.action.heard, events.LookedUp):
        return
    if (was.handler, turn.action.heard.outcome) == FREEZE:
        if not any(isinstance(event, events.TicketOpened | events.TicketAmended) for event in turn.events):
            yield "an account is frozen, and no ticket says so before the caller can hang up"
        if not any(isinstance(event, events.TextSent) for event in turn.events):
            yield "an account is frozen, and its owner is not texted before the caller can hang up"


@turn_property("hang-up-is-no-yes")
def hang_up_is_no_yes(turn: ObservedTurn, model: Model) -> Iterator[str]:
    """Nothing is promised or done by hanging up: what was only offered is not booked, sent or asked of the back office.

    What was begun is kept as begun: a ticket that says it is incomplete, or one with the recording that was made.
    """
    if turn.before is None or turn.action.by != "hang-up":
        return
    for event in turn.events:
        match event:
            case events.CallbackBooked() | events.Booking():
                yield "a call back is booked for a caller who hung up before saying yes"
            case events.TextSent():
                yield "a text message is sent to a caller who hung up before saying yes"
            case events.TicketOpened(complete=True) if not isinstance(turn.before.wait, events.Recording):
                yield "a ticket that says it is complete is opened by hanging up"


@turn_property("dates-are-working-days")
def dates_are_working_days(turn: ObservedTurn, model: Model) -> Iterator[str]:
    """A moment that is promised is one at which somebody works, by the calendar of whoever must act.

    The moment at which we open again is one at which that calendar is open, and a call back is booked for hours in
    which its queue is answered.
    """
    edition = model.edition
    for event in turn.events:
        if isinstance(event, events.CallbackBooked | events.Booking) and event.queue in edition.queue_calendars:
            calendar = edition.queue_calendars[event.queue]
            if opening(calendar, event.at, turn.world.closures).state != "open":
                yield f"a call back is promised for {event.at:%A %H:%M}, when nobody answers the queue {event.queue}"
        elif isinstance(event, events.Moved) and isinstance(step := edition.flows.step(event.state), Hours):
            value = turn.after.values.get("next_opening")
            if event.outcome == "open" or value is None or value.kind != "datetime":
                continue
            moment = datetime.fromisoformat(value.text)
            if opening(edition.calendars[step.hours], moment, turn.world.closures).state != "open":
                yield f"callers are told that we open on {moment:%A %Y-%m-%d %H:%M}, and nobody works then"


@space_property("answers-again")
def answers_again(space: StateSpace, bounds: Bounds) -> Iterator[Finding]:
    """After an answer with a value in it, such as an amount or a day, it can be heard again.

    At the question that follows, a key repeats the answer and not only the question; the call does not end with it.
    """
    told: set[tuple[str, str, str]] = set()
    for edge in space.edges():
        node = space.nodes[edge.target]
        if edge.is_first or not edge.said or not (node.via is edge or node.is_over) or not _answers(space, edge):
            continue
        where = (space.nodes[edge.source].state, edge.action.label, node.state)
        if where not in told and (why := _lost(space, edge, node)):
            told.add(where)
            message = f'after "{edge.action.label}" in "{where[0]}" the answer cannot be heard again: {why}'
            yield Finding("answers-again", message, call_by(space, edge))


def _answers(space: StateSpace, edge: Edge) -> bool:
    """Whether a look-up has told something with a value in it."""
    step = space.model.edition.flows.step(space.nodes[edge.source].state)
    if not isinstance(step, Handle) or not isinstance(edge.action.heard, events.LookedUp):
        return False
    way = step.ways.get(edge.action.heard.outcome)
    return way is not None and way.say is not None and any(each.slots for each in way.say.sentences.values())


def _lost(space: StateSpace, edge: Edge, node: Node) -> str:
    """Why an answer cannot be heard again; "" if it can, or if a person comes next."""
    if isinstance(node.wait, events.Ended):
        return "the call is over"
    step = space.model.edition.flows.step(node.state)
    if not isinstance(node.wait, events.Gathering) or not isinstance(step, Keyed):
        return ""
    key = next((key for key, does in step.keys.items() if does == REPEAT), "")
    if not key:
        return f'no key of "{node.state}" repeats'
    heard = {event.text for event in tried(space, node, events.Digits(key)) if isinstance(event, events.Said)}
    return "" if edge.said[0].text in heard else f"{key} says the question alone"
