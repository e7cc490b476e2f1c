"""Properties that hold the engine to what is written: ways out, promises of steps, who has to be verified, guesses.

The flows say where each outcome leads and what each step is there for. That the engine does it could be believed; it is
looked at all the same, in every turn, because a caller cannot tell a fault of the engine from one of the flows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ivr.call.calendar import opening
from ivr.call.events import CallbackBooked, Entered, Event, LookUp, Moved, Queueing, TextSent, TicketOpened
from ivr.call.machine import RUN, way_out
from ivr.flow.model import BACK, REPEAT, SWITCH_LANGUAGE, Callback, Flow, Hours, Menu, Sms, Step, Ticket, key_outcome
from ivr.testing.explorer.actions import Act
from ivr.testing.explorer.distances import call_by
from ivr.testing.explorer.properties.reachability import circles
from ivr.testing.explorer.property import Bounds, Finding, Setting, of_turns, of_walk
from ivr.testing.explorer.search import Taken, Walk

STAYING = (REPEAT, BACK, SWITCH_LANGUAGE)
"""What keys do that lead to no step."""


# --- where keys and outcomes lead -----------------------------------------------------------------------------------


@of_turns("goes-as-written")
def goes_as_written(taken: Taken, setting: Setting) -> Iterator[str]:
    """Every key and every outcome leads where the flow says.

    A key of a menu is its choice, or what the key does everywhere; whoever chooses a language is spoken to in it from
    then on; the step that follows an outcome is the one that stands beside it; and hours are those of the calendar.
    """
    flows = setting.ground.edition.flows
    moved = [event for event in taken.events if isinstance(event, Moved) and event.outcome not in (RUN, "back")]
    if taken.before is not None and taken.act.by == "key" and isinstance(step := flows.step(taken.before.state), Menu):
        yield from _pressed(step, taken, moved)
    for event in moved:
        name, _, of = event.state.partition(".")
        if isinstance(step := flows.step(event.state), Hours):
            calendar = setting.ground.edition.calendars[step.hours]
            state = opening(calendar, taken.world.now, taken.world.closures).state
            if way_out(step, event.outcome) != way_out(step, state):
                yield f'"{of}" says "{event.outcome}" when the calendar "{step.hours}" says "{state}"'
        target = _target(flows.flows[name], flows.step(event.state), event.outcome)
        if target and event.to != target:
            yield f'"{event.outcome}" of "{of}" leads to "{event.to}" and not to "{target}"'


def _pressed(step: Menu, taken: Taken, moved: Sequence[Moved]) -> Iterator[str]:
    key = taken.act.label.removeprefix("press ")
    choice = next((choice for choice in step.choices if choice.key == key), None)
    if choice is None and (step.keys.get(key) is None or step.keys[key] in STAYING):
        return
    if not moved or moved[0].outcome != key_outcome(key):
        yield f'key {key} does not do what it is there for, but "{moved[0].outcome if moved else "nothing"}"'
    elif choice is not None and choice.language and taken.after.language != choice.language:
        yield f"key {key} is for {choice.language}, and the call goes on in {taken.after.language}"


def _target(flow: Flow, step: Step, outcome: str) -> str:
    """The state that an outcome of a step leads to within its flow; "" where the flow ends with it."""
    way = step.ways.get(way_out(step, outcome))
    return f"{flow.name}.{way.next}" if way is not None and way.next in flow.steps else ""


# --- what steps are there for ---------------------------------------------------------------------------------------


@of_turns("steps-do-their-work")
def steps_do_their_work(taken: Taken, setting: Setting) -> Iterator[str]:
    """A step that says it has done something has done it.

    A ticket step opens a ticket, with every value it is to be about that is set; a text step that goes on has sent a
    text; a call back that is booked stands in the list; a queue takes nobody while nobody is there or it is full; and a
    caller who leaves a queue is not in it at once again.
    """
    waits, goes_on = taken.before.wait if taken.before is not None else None, taken.events[-1]
    entered = any(isinstance(event, Entered) and event.kind == "queue" for event in taken.events)
    if isinstance(goes_on, Queueing) and entered and goes_on.queue in taken.world.unstaffed | taken.world.crowded:
        yield f'a caller is put into the queue "{goes_on.queue}", which takes nobody'
    if isinstance(waits, Queueing) and isinstance(goes_on, Queueing) and taken.act.by == "key":
        yield f'a caller who leaves the queue "{waits.queue}" is at once in the queue "{goes_on.queue}"'
    flows = setting.ground.edition.flows
    for event in taken.events:
        if not isinstance(event, Moved):
            continue
        step, before = flows.step(event.state), _since(taken.events, event)
        match step:
            case Ticket() if not (opened := [each for each in before if isinstance(each, TicketOpened)]):
                yield f'"{event.state}" opens no ticket'
            case Ticket() if lost := [
                name for name in step.about if name in taken.after.values and name not in opened[-1].about
            ]:
                yield f'the ticket of "{event.state}" says nothing of {lost[0]}'
            case Sms() if event.outcome == "next" and not _has(before, TextSent):
                yield f'"{event.state}" goes on as if a text message had been sent'
            case Callback() if event.outcome == "booked" and not _has(before, CallbackBooked):
                yield f'"{event.state}" goes on as if a call back had been booked'


def _since(events: Sequence[Event], move: Moved) -> list[Event]:
    """What happened in the step that this move leaves."""
    found: list[Event] = []
    for event in events:
        if event is move:
            break
        found = [] if isinstance(event, Moved) else [*found, event]
    return found


def _has(events: Sequence[Event], kind: type) -> bool:
    return any(isinstance(event, kind) for event in events)


# --- who is told what -----------------------------------------------------------------------------------------------


@of_turns("verified-first")
def verified_first(taken: Taken, setting: Setting) -> Iterator[str]:
    """Nothing of an account is looked up before its owner is verified, and nobody is verified by a wrong answer.

    Handlers that declare `identified` are asked for verified callers alone; and a caller is verified when the desk has
    said so, at no other time.
    """
    before = taken.before.session.account if taken.before is not None else ""
    if taken.after.account and not before and taken.act.label != "identify verified":
        yield f'after "{taken.act.label}" a caller counts as verified'
    for event in taken.events:
        spec = setting.ground.handlers.get(event.handler) if isinstance(event, LookUp) else None
        if spec is not None and spec.identified and not taken.after.account:
            yield f'the handler "{spec.name}" is asked about an account, and nobody has been verified'


GUESS = "identify wrong"
PROVING = ("an account", "identify asked", "the code", "the pin", GUESS)
"""What a caller does who tries one secret after another."""


@of_walk("guesses-end")
def guesses_end(walk: Walk, bounds: Bounds) -> Iterator[Finding]:
    """Nobody may guess PINs and codes for as long as they like.

    After some wrong ones the question is put no more in this call. The desk counts besides, over all calls.
    """
    for circle in circles(walk, _proves):
        if any(step.act.label == GUESS for step in circle):
            state = walk.places[circle[0].source].state
            guess = next(step for step in circle if step.act.label == GUESS)
            yield Finding("guesses-end", f'in "{state}" a PIN or code can be guessed for ever', call_by(walk, guess))


def _proves(act: Act) -> bool:
    return act.label in PROVING
