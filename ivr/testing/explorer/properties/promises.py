"""Properties of what callers are promised: after a freeze, by hanging up, for a day, and that it can be heard again."""

import re
from collections.abc import Iterator
from datetime import datetime, time, timedelta

from ivr.call import events
from ivr.call.calendar import answer_by, opening, working_days_after
from ivr.flow.checks.spoken import speech_of
from ivr.flow.model import ACTIONS, REPEAT, Hangup, Hours, Keyed, Priority, Say, Sms, Text, Ticket
from ivr.testing.explorer.distances import NOT_MEANT, call_by
from ivr.testing.explorer.property import FREEZES, Bounds, Finding, space_property, tried, turn_property
from ivr.testing.explorer.search import Edge, Model, Node, ObservedTurn, StateSpace

FROZEN = re.compile("frozen|blocked|suspended|disabled|deactivated")
"""Outcomes of look-ups that freeze, when they did."""
NOT_URGENT: tuple[Priority, ...] = ("low", "normal", "high")
"""Of tickets; what is urgent is answered within a day, whatever day it is."""
BOOKED = ("ticket", "more for the ticket", "call back")
"""How effects begin that have somebody get in touch."""


@turn_property("freeze-leaves-word")
def freeze_leaves_word(turn: ObservedTurn, model: Model) -> Iterator[str]:
    """An account that was frozen leaves a ticket and a text message at once, whatever then happens to the line.

    Both follow from the answer of the look-up that freezes (or blocks, suspends, disables), before the caller is asked
    anything or could hang up. Hotlines without such a look-up are not concerned.
    """
    was = turn.before.wait if turn.before is not None else None
    if not isinstance(was, events.LookUp) or not isinstance(turn.action.heard, events.LookedUp):
        return
    if FREEZES.match(was.handler) and FROZEN.match(turn.action.heard.outcome):
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


@space_property("dates-are-working-days")
def answers_come_on_working_days(space: StateSpace, bounds: Bounds) -> Iterator[Finding]:
    """The day by which a ticket is said to be answered is one on which somebody works, whatever day it is opened on."""
    edition = space.model.edition
    for edge in space.edges() if edition.calendars else ():
        priority = next((each for each in NOT_URGENT for effect in edge.effects if _opened(effect, each)), None)
        if priority is None or edge.target < 0 or not _tells(space, edge, frozenset({"answer_by"})):
            continue
        began = space.nodes[edge.target].session.started_at
        days = (
            answer_by(edition.ticket_calendar, began + timedelta(days=later), priority).date() for later in range(7)
        )
        for day in days:
            eve = datetime.combine(day, time(), began.tzinfo) - timedelta(minutes=1)
            working = (working_days_after(each, eve, 1) for each in edition.calendars.values())
            if not any(moment is not None and moment.date() == day for moment in working):
                message = f"an answer is promised by {day:%A %Y-%m-%d}, when nobody works"
                yield Finding("dates-are-working-days", message, call_by(space, edge))
                return


def _opened(effect: str, priority: Priority) -> bool:
    return effect.startswith("ticket: ") and f", {priority}" in effect


@space_property("answers-again")
def answers_again(space: StateSpace, bounds: Bounds) -> Iterator[Finding]:
    """After an answer with a value in it, such as an amount, a day or a reference number, it can be heard again.

    At the question that follows, a key repeats the answer and not only the question; the call does not end with it.
    """
    told_of = _answering(space)
    told: set[tuple[str, str, str]] = set()
    for edge in space.edges():
        node = space.nodes[edge.target]
        if edge.is_first or not edge.said or not (node.via is edge or node.is_over) or not _tells(space, edge, told_of):
            continue
        where = (space.nodes[edge.source].state, edge.action.label, node.state)
        if where not in told and (why := _lost(space, edge, node)):
            told.add(where)
            message = f'after "{edge.action.label}" in "{where[0]}" the answer cannot be heard again: {why}'
            yield Finding("answers-again", message, call_by(space, edge))


def _answering(space: StateSpace) -> frozenset[str]:
    """The names of the values that look-ups find, and of the numbers that tickets get."""
    found = {name for spec in space.model.handlers.values() for made in spec.outcomes.values() for name in made}
    return frozenset(found | {step.into for step in space.model.edition.flows.steps() if isinstance(step, Ticket)})


def _tells(space: StateSpace, edge: Edge, values: frozenset[str]) -> bool:
    """Whether a turn has told one of these values on the way out of a step, or in a step that only speaks."""
    flows = space.model.edition.flows
    ways = [flows.step(space.nodes[edge.source].state).ways.get(edge.left)]
    spoken: list[Text | None] = []
    for state in edge.entered:
        match flows.step(state):
            case Say(say=text) | Hangup(hangup=text):
                spoken.append(text)
            case Ticket(ways=out) | Sms(ways=out):
                ways.append(out.get("next"))
    told = (text for text in (*spoken, *(way.say for way in ways if way)) if text)
    return any(slot.name in values for text in told for slot in text.slots)


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


@space_property("tickets-as-promised")
def nobody_is_forgotten(space: StateSpace, bounds: Bounds) -> Iterator[Finding]:
    """Where a caller is told that somebody gets in touch, a ticket or a call back has been left before the call ends.

    A promise with a value of a look-up in it is the back office's own: it knows of it.
    """
    told_of = _answering(space)
    seen: set[str] = set()
    for edge in space.edges():
        promised = next((said.text for said in edge.said if _promises(said)), "")
        if (
            edge.is_first
            or not promised
            or promised in seen
            or _tells(space, edge, told_of)
            or _says_again(space, edge)
        ):
            continue
        seen.add(promised)
        call = call_by(space, edge)
        if not any(map(_is_booked, call)) and _ends_without(space, edge.target):
            yield Finding("tickets-as-promised", f"“{promised}” is said, and nothing is left for whoever does it", call)


def _says_again(space: StateSpace, edge: Edge) -> bool:
    """Whether a key was pressed that only says again what was said before."""
    step, heard = space.model.edition.flows.step(space.nodes[edge.source].state), edge.action.heard
    return isinstance(heard, events.Digits) and getattr(step, "keys", {}).get(heard.keys) in ACTIONS


def _promises(said: events.Audible) -> bool:
    speech = speech_of(said.language)
    return speech is not None and bool(speech.promise.search(said.text))


def _is_booked(edge: Edge) -> bool:
    return any(effect.startswith(BOOKED) for effect in edge.effects)


def _ends_without(space: StateSpace, start: int) -> bool:
    """Whether a call can come to its end from here with nothing booked and no person reached."""
    seen, waiting = {start}, [start]
    while waiting:
        node = space.nodes[waiting.pop()]
        if node.is_over:
            return node.session.ended == "hangup"
        for edge in node.edges:
            on = edge.action.by not in NOT_MEANT and edge.target >= 0 and not _is_booked(edge)
            if on and edge.target not in seen and not space.nodes[edge.target].is_with_person:
                seen.add(edge.target)
                waiting.append(edge.target)
    return False
