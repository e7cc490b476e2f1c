"""The engine: one input goes in, the call moves until it must wait again, and events come out.

`begin` and `answer` are pure. They are handed the edition (documents and machine), the session, the input and the
world (time, ids, switches), and give back a `Turn`. What a step kind does is written in `ivr.call.steps`: one
function for entering a step and one for what is heard while the call waits in it.

Two things are not simple. A flow that ends returns to the `run` step that called it, so one move of the machine can
become several; and a key that works everywhere can lead from deep inside a sub-flow to a step of the first flow,
which closes the flows in between.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Any, Literal

from ivr.call import events
from ivr.call.machine import RUN, ends_flow, way_out
from ivr.call.session import JumpTarget, Session, Turn
from ivr.call.steps import enter, hear, line, unfinished_ticket
from ivr.call.turn import MORE_SECONDS, Edition, Result, TurnContext, World
from ivr.call.understanding.wishes import takes_reference
from ivr.flow.model import AnyStep, Ask, Choose, Handle, Hours, Identify, Menu, Notices, Queue, Run

LATE_FINISH = timedelta(seconds=3)
"""How long after the last of so many digits a caller's # still belongs to them."""


def begin(edition: Edition, session: Session, world: World) -> Turn:
    """The first turn of a call, up to its first wait. It begins where the flows begin, unless it stands somewhere."""
    return answer(edition, session.replace(state=session.state or edition.machine.start), events.Began(), world)


def answer(edition: Edition, session: Session, heard: events.Input, world: World) -> Turn:
    """What follows from one input. Raises NoWayOut for flows that the checker would refuse.

    A call that has ended stays ended, whatever is heard; a hang-up ends every call.
    """
    if isinstance(heard, events.Recorded) and session.ended == "caller":
        return _last_words(edition, session, heard, world)
    context = TurnContext(edition, session, world)
    if session.ended:
        return Turn(session, (events.Ended(session.ended),))
    if isinstance(heard, events.HungUp):
        return _hang_up(context)
    if isinstance(heard, events.QueueEnded | events.TransferEnded) and heard.result == "answered":
        # limits do not count the talk with a person, who has seen to all that was asked for
        session = session.replace(turns=0, started_at=world.now, needs=())
    # A look-up asks nothing of the caller; the hotline makes sure that it ends.
    context.session = session
    if not isinstance(heard, events.LookedUp):
        context.session = session.replace(turns=session.turns + 1, **_listened(session, heard, world))
    limit = _limit_reached(context)
    if limit:
        return _finish(context, _rescue(context, limit))
    if isinstance(heard, events.Began):
        return _finish(context, _entering(context))
    if isinstance(heard, events.Resumed):
        return _finish(context, enter(context.step, context))
    if not isinstance(heard, events.LookedUp):
        context.answer = (), ()
    if _is_late_finish(edition, session, heard, world):
        context.say_answer()
        return _finish(context, enter(context.step, context))
    return _finish(context, hear(context.step, context, heard))


def apologise(edition: Edition, session: Session, world: World) -> Turn:
    """The turn after an error of ours: an apology in the caller's language, then a person.

    When the way to a person has failed as well, or there is none, the call ends with the apology.
    """
    context = TurnContext(edition, session, world)
    context.utter_phrase(context.language.phrases.apology)
    if not edition.rescue or session.state == edition.rescue:
        return _finish(context, events.Ended("fault"))
    return _finish(context, _jump(context, JumpTarget(edition.rescue)))


def _is_late_finish(edition: Edition, session: Session, heard: events.Input, world: World) -> bool:
    """Whether this # ends the answer before, to a question that takes so many digits and waits for no #.

    It has cut off what was said since, and answers nothing. Carriers tell of it as of no input at all, but nobody's
    silence is over so soon. Once only: whoever says nothing more is asked as always.
    """
    if session.silences or session.heard_at is None or len(session.history) < 2:
        return False
    soon = timedelta(0) < world.now - session.heard_at <= LATE_FINISH
    if not soon or heard not in (events.Digits("#"), events.Silence()):
        return False
    before = edition.flows.step(session.history[-2].state)
    asks = isinstance(current_step(edition, session), Ask | Identify | Menu)
    return asks and isinstance(before, Ask) and 1 < before.least == before.most


def _listened(session: Session, heard: events.Input, world: World) -> dict[str, Any]:
    """The session with the caller's silence updated after this input."""
    if isinstance(heard, events.Silence):
        return {"silences": session.silences + 1}
    return {"silences": 0, "heard_at": world.now}


def current_step(edition: Edition, session: Session) -> AnyStep | None:
    """The step a call stands in; None before its first turn."""
    return edition.flows.step(session.state) if session.state else None


def queueing(edition: Edition, session: Session, world: World) -> events.Queueing | None:
    """The wait of a call that is in a queue, without saying or doing anything again; None for another call."""
    step = current_step(edition, session)
    if not isinstance(step, Queue) or session.ended:
        return None
    return line.wait_of(step, TurnContext(edition, session, world))


def _finish(context: TurnContext, result: Result) -> Turn:
    """Enters one step after another until one waits."""
    steps = 0
    while not isinstance(result, events.Wait):
        steps += 1
        if steps > context.edition.limits.steps_per_turn:
            steps, result = 0, _rescue(context, "steps")
        elif isinstance(result, JumpTarget):
            result = _jump(context, result)
        else:
            _leave(context, result)
            result = _entering(context)
    if isinstance(result, events.Ended):
        context.session = context.session.replace(ended=result.why)
    if isinstance(result, events.Gathering) and context.is_slow:
        result = replace(result, wait_seconds=result.wait_seconds + MORE_SECONDS)
    context.keep_answer(result)
    context.emit(result)
    return context.finished()


def _entering(context: TurnContext) -> Result:
    if context.session.scratch:
        context.session = context.session.replace(scratch={})
    flow = context.edition.flows.flows[_flow(context.session.state)]
    if flow.topic and flow.topic != context.session.topic:
        context.session = context.session.replace(topic=flow.topic)
        context.subject = (flow.title, len(context.events)) if flow.title and context.said else None
    step = context.step
    context.entered_at = len(context.events)
    context.emit(events.Entered(context.session.state, step.kind))
    takes = takes_reference(step, flow)
    if not isinstance(step, (Menu, Run, Hours, Notices)) and not (takes and isinstance(step, Choose)):
        context.answered = context.answered or (context.said if takes else "")
        context.said, context.keys_ahead = "", ()
    if isinstance(step, (Ask, Handle, Identify)):
        context.say_subject()
    return enter(step, context)


def _leave(context: TurnContext, outcome: str) -> None:
    """Follows one outcome. A flow that ends with it passes its own outcome to the flow around it, and so on."""
    while True:
        step, session = context.step, context.session
        target = context.edition.machine.target(session.state, outcome)
        way = step.ways.get(way_out(step, outcome))
        context.say(way.say if way else None)
        ending = ends_flow(target)
        if not ending:
            break
        caller, context.said, context.keys_ahead = session.stack[-1], "", ()
        context.emit(events.Moved(session.state, outcome, caller))
        context.session = session.replace(state=caller, stack=session.stack[:-1])
        outcome = ending
    context.emit(events.Moved(session.state, outcome, target))
    stack = (*session.stack, session.state) if outcome == RUN else _still_open(session, target)
    context.session = session.replace(state=target, stack=stack)


def _still_open(session: Session, target: str) -> tuple[str, ...]:
    """The `run` steps that stay open on the way to a state: all, or those before the flow it belongs to."""
    flow = _flow(target)
    if flow == _flow(session.state):
        return session.stack
    flows = [_flow(state) for state in session.stack]
    return session.stack[: flows.index(flow)] if flow in flows else ()


def _flow(state: str) -> str:
    return state.partition(".")[0]


def _jump(context: TurnContext, target: JumpTarget) -> Result:
    if not (context.keys_ahead or context.language_chosen):  # what was said is only for a menu that it leads to
        context.said = ""
    context.emit(events.Moved(context.session.state, "back", target.state))
    context.session = context.session.replace(state=target.state, stack=target.stack)
    return _entering(context)


def _limit_reached(context: TurnContext) -> events.Limit | Literal[""]:
    """The limit that this turn exceeds, or "". A call that is already with a person gets the same amount once more."""
    limits, session = context.edition.limits, context.session
    times = 2 if session.limit_reached else 1
    if session.turns > limits.turns * times:
        return "turns"
    minutes = (context.world.now - session.started_at).total_seconds() / 60
    return "minutes" if minutes > limits.minutes * times else ""


def _rescue(context: TurnContext, limit: events.Limit) -> Result:
    """Says that a limit was reached, and goes on to a person; the second time, the call ends."""
    context.emit(events.LimitReached(limit))
    context.keys_ahead = ()
    again = context.session.limit_reached
    context.session = context.session.replace(limit_reached=True)
    if again or not context.edition.rescue:
        context.utter_phrase(context.language.phrases.goodbye)
        return events.Ended("limit")
    context.utter_phrase(context.language.phrases.limit)
    return JumpTarget(context.edition.rescue)


def _last_words(edition: Edition, session: Session, heard: events.Recorded, world: World) -> Turn:
    """A recording that ended with the hang-up can arrive after the hang-up itself. It is kept."""
    taken = answer(edition, session.replace(ended=""), heard, world)
    return Turn(taken.session.replace(ended="caller"), (*taken.events[:-1], events.Ended("caller")))


def _hang_up(context: TurnContext) -> Turn:
    """The caller has hung up: a ticket that was begun is opened as incomplete."""
    opened = unfinished_ticket(context.step, context) if context.session.state else None
    if opened is not None:
        context.emit(opened)
    context.session = context.session.replace(ended="caller")
    context.emit(events.Ended("caller"))
    return context.finished()
