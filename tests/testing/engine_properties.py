"""What must hold of our own engine, whatever an author writes: checked at every turn of a search.

The flows say where each outcome leads and what each step is for. These checks hold the engine to it. They yield a
sentence for everything that is wrong. What is true of an author's flows is in `ivr/testing/explorer/properties/`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from xml.etree import ElementTree

from ivr.call.calendar import opening
from ivr.call.events import (
    Booking,
    CallbackBooked,
    Check,
    Entered,
    Event,
    LookUp,
    Moved,
    Played,
    Queueing,
    Said,
    TextSent,
    TicketAmended,
    TicketOpened,
)  # fmt: skip
from ivr.call.machine import RUN, way_out
from ivr.flow.model import BACK, REPEAT, SWITCH_LANGUAGE, Callback, Flow, Hours, Menu, Sms, Step, Ticket, key_outcome
from ivr.testing.explorer.actions import CANARY
from ivr.testing.explorer.explore import Property
from ivr.testing.explorer.search import Model, ObservedTurn

STAYING = (REPEAT, BACK, SWITCH_LANGUAGE)
"""What keys do that lead to no step."""
_NUMERALS = str.maketrans("零〇一幺二两三四五六七八九", "0011223456789")
_NO_DIGITS = re.compile(r"\D+")


# --- where keys and outcomes lead -----------------------------------------------------------------------------------


def goes_as_written(turn: ObservedTurn, model: Model) -> Iterator[str]:
    """A key of a menu does what it is for, an outcome leads where the flow says, hours are those of the calendar."""
    flows = model.edition.flows
    moved = [event for event in turn.events if isinstance(event, Moved) and event.outcome not in (RUN, "back")]
    if turn.before is not None and turn.action.by == "key" and isinstance(step := flows.step(turn.before.state), Menu):
        yield from _pressed(step, turn, moved)
    for event in moved:
        name, _, of = event.state.partition(".")
        if isinstance(step := flows.step(event.state), Hours):
            calendar = model.edition.calendars[step.hours]
            state = opening(calendar, turn.world.now, turn.world.closures).state
            if way_out(step, event.outcome) != way_out(step, state):
                yield f'"{of}" says "{event.outcome}" when the calendar "{step.hours}" says "{state}"'
        target = _target(flows.flows[name], flows.step(event.state), event.outcome)
        if target and event.to != target:
            yield f'"{event.outcome}" of "{of}" leads to "{event.to}" and not to "{target}"'


def _pressed(step: Menu, turn: ObservedTurn, moved: Sequence[Moved]) -> Iterator[str]:
    key = turn.action.label.removeprefix("press ")
    choice = next((choice for choice in step.choices if choice.key == key), None)
    if choice is None and (step.keys.get(key) is None or step.keys[key] in STAYING):
        return
    if not moved or moved[0].outcome != key_outcome(key):
        yield f'key {key} does not do what it is there for, but "{moved[0].outcome if moved else "nothing"}"'
    elif choice is not None and choice.language and turn.after.language != choice.language:
        yield f"key {key} is for {choice.language}, and the call goes on in {turn.after.language}"


def _target(flow: Flow, step: Step, outcome: str) -> str:
    """The state that an outcome of a step leads to within its flow; "" where the flow ends with it."""
    way = step.ways.get(way_out(step, outcome))
    return f"{flow.name}.{way.next}" if way is not None and way.next in flow.steps else ""


# --- what steps are for ---------------------------------------------------------------------------------------------


def tickets_are_opened(turn: ObservedTurn, model: Model) -> Iterator[str]:
    """A ticket step opens a ticket, or adds to one, with every value it is about that is set; its reference is kept."""
    for step, move, before in _left(turn, model):
        if isinstance(step, Ticket):
            kinds = (TicketOpened, TicketAmended) if step.amend else TicketOpened
            opened = [each for each in before if isinstance(each, kinds)]
            if not opened:
                yield f'"{move.state}" opens no ticket'
            elif lost := [name for name in step.about if name in turn.after.values and name not in opened[-1].about]:
                yield f'the ticket of "{move.state}" says nothing of {lost[0]}'
    for ticket in turn.events:
        if not isinstance(ticket, TicketOpened) or not ticket.complete:
            continue
        if all(value.text != ticket.reference for value in turn.after.values.values()):
            yield f'the reference of the ticket "{ticket.topic}" is not kept, so nobody can tell it'


def texts_are_sent(turn: ObservedTurn, model: Model) -> Iterator[str]:
    """A text step that goes on has sent a text message."""
    for step, move, before in _left(turn, model):
        if isinstance(step, Sms) and move.outcome == "next" and not _has(before, TextSent):
            yield f'"{move.state}" goes on as if a text message had been sent'


def callbacks_are_booked(turn: ObservedTurn, model: Model) -> Iterator[str]:
    """A call back that is said to be booked stands in the list."""
    for step, move, before in _left(turn, model):
        if isinstance(step, Callback) and move.outcome == "booked" and not _has(before, CallbackBooked):
            yield f'"{move.state}" goes on as if a call back had been booked'


def queues_take_whom_they_can(turn: ObservedTurn, model: Model) -> Iterator[str]:
    """A queue takes nobody while nobody answers it or it is full."""
    wait = turn.events[-1]
    entered = any(isinstance(event, Entered) and event.kind == "queue" for event in turn.events)
    if isinstance(wait, Queueing) and entered and wait.queue in turn.world.unstaffed | turn.world.crowded:
        yield f'a caller is put into the queue "{wait.queue}", which takes nobody'


def who_gives_up_waiting_is_noted(turn: ObservedTurn, model: Model) -> Iterator[str]:
    """A caller who hangs up in a queue, and whom we can reach, leaves a ticket behind."""
    if turn.before is None or turn.action.by != "hang-up" or not isinstance(turn.before.wait, Queueing):
        return
    session = turn.before.session
    flows = model.edition.flows.flows.values()
    references = {step.into for flow in flows for step in flow.steps.values() if isinstance(step, Ticket)}
    known = session.caller or session.account
    if known and not _has(turn.events, TicketOpened) and references.isdisjoint(session.values):
        yield f'a caller who hangs up in the queue "{turn.before.wait.queue}" leaves no ticket'


def _left(turn: ObservedTurn, model: Model) -> Iterator[tuple[Step, Moved, list[Event]]]:
    """Each step that was left in a turn, how, and what happened in it."""
    since: list[Event] = []
    for event in turn.events:
        if isinstance(event, Moved):
            yield model.edition.flows.step(event.state), event, since
            since = []
        else:
            since.append(event)


def _has(events: Sequence[Event], kind: type[Event]) -> bool:
    return any(isinstance(event, kind) for event in events)


# --- identity and secrets -------------------------------------------------------------------------------------------


def verified_first(turn: ObservedTurn, model: Model) -> Iterator[str]:
    """A caller is verified when a check has said so, at no other time; private handlers are asked for nobody else."""
    before = turn.before.session.account if turn.before is not None else ""
    if turn.after.account and not before and turn.action.label != "identify verified":
        yield f'after "{turn.action.label}" a caller counts as verified'
    for event in turn.events:
        spec = model.handlers.get(event.handler) if isinstance(event, LookUp) else None
        if spec is not None and spec.identified and not turn.after.account:
            yield f'the handler "{spec.name}" is asked about an account, and nobody has been verified'


def keeps_secrets(turn: ObservedTurn, model: Model) -> Iterator[str]:
    """A PIN or code that was keyed in is never spoken, texted, filed, handed to a handler or kept in the session."""
    if CANARY in turn.after.to_json():
        yield "a PIN or code is kept in the session"
    for event in turn.events:
        match event:
            case Said(text=text) | Played(text=text):
                if _has_canary(text):
                    yield "a PIN or code is spoken"
            case TextSent(body=body) if _has_canary(body):
                yield "a PIN or code is sent as a text message"
            case TicketOpened(about=values) | TicketAmended(about=values) if any(
                _has_canary(value.text) for value in values.values()
            ):
                yield "a PIN or code is written into a ticket"
            case LookUp(handler=name, given=values) if any(_has_canary(value.text) for value in values.values()):
                yield f'a PIN or code is handed to the handler "{name}"'


def _has_canary(text: str) -> bool:
    return CANARY in _NO_DIGITS.sub("", text.translate(_NUMERALS))


# --- documents ------------------------------------------------------------------------------------------------------


def valid_documents(write: Callable[[Sequence[Event]], str]) -> Callable[[ObservedTurn, Model], Iterator[str]]:
    """Every turn can be written as TwiML that Twilio takes, and all that the record says was said stands in it.

    `write` is production's and raises for what is no TwiML.
    """
    seen: set[object] = set()

    def check(turn: ObservedTurn, model: Model) -> Iterator[str]:
        wait = turn.events[-1]
        if isinstance(wait, (LookUp, Check, Booking)) or (turn.heard, wait) in seen:
            return
        seen.add((turn.heard, wait))
        try:
            document = write((*turn.heard, wait))
        except Exception as error:  # whatever stops the webhooks from answering
            yield f"the reply is no document that may be sent: {type(error).__name__}: {error}"
            return
        spoken = " ".join(ElementTree.fromstring(document).itertext())
        for said in turn.heard:
            _, found, spoken = spoken.partition(said.text) if isinstance(said, Said) else ("", "-", spoken)
            if not found:
                yield f"the record says that “{said.text}” was said, and the reply has it not, or not in its turn"
                return

    return check


CHECKS = (
    goes_as_written, tickets_are_opened, texts_are_sent, callbacks_are_booked, queues_take_whom_they_can,
    who_gives_up_waiting_is_noted, verified_first, keeps_secrets,
)  # fmt: skip

ENGINE_PROPERTIES = tuple(Property(check.__name__, check.__doc__ or "", turn=check) for check in CHECKS)
