"""The engine: one input goes in, the call moves until it must wait again, and events come out.

`begin` and `answer` are pure. They are handed the edition (documents and machine), the session, the input and the
world (time, ids, switches), and give back a `Turn`. What a step kind does is written in `ivr.call.steps`: one
function for entering a step and one for what is heard while the call waits in it.

Two things are not pretty. A flow that ends returns to the `run` step that called it, so one move of the machine can
become several; and a key that works everywhere can lead from deep inside a sub-flow to a step of the first flow,
which closes the flows in between.
"""

from __future__ import annotations

from typing import Any

from ivr.call.events import (
    Began,
    Ended,
    Entered,
    Guarded,
    HungUp,
    Input,
    LookedUp,
    Moved,
    QueueEnded,
    Queueing,
    Recorded,
    Resumed,
    Silence,
    TransferEnded,
    Wait,
)  # fmt: skip
from ivr.call.machine import RUN, ends_flow, way_out
from ivr.call.session import Session, Stand, Turn
from ivr.call.steps import enter, hear, interrupted, promising
from ivr.call.turn import Edition, Result, Scene, World
from ivr.flow.model import Menu, Queue, Step


def begin(edition: Edition, session: Session, world: World) -> Turn:
    """The first turn of a call: from picking up to the first wait."""
    return answer(edition, session.but(state=edition.chart.start), Began(), world)


def answer(edition: Edition, session: Session, heard: Input, world: World) -> Turn:
    """What follows from one input. Raises NoWayOut for flows that the checker would refuse.

    A call that has ended stays ended, whatever is heard; a hang-up ends every call.
    """
    if isinstance(heard, Recorded) and session.ended == "caller":
        return _last_words(edition, session, heard, world)
    scene = Scene(edition, session, world)
    if session.ended:
        return Turn(session, (Ended(session.ended),))
    if isinstance(heard, HungUp):
        return _hang_up(scene)
    if isinstance(heard, QueueEnded | TransferEnded) and heard.result == "answered":
        session = session.but(turns=0, started_at=world.now)  # the talk with a person is no part of what is limited
    # What is looked up in between asks nothing of the caller; the desk sees to it that it comes to an end.
    scene.session = session
    if not isinstance(heard, LookedUp):
        scene.session = session.but(turns=session.turns + 1, **_listened(session, heard, world))
    limit = _limit_reached(scene)
    if limit:
        return _finish(scene, _rescue(scene, limit))
    if isinstance(heard, Began):
        return _finish(scene, _entering(scene))
    if isinstance(heard, Resumed):
        return _finish(scene, enter(scene.step, scene))
    return _finish(scene, hear(scene.step, scene, heard))


def apologise(edition: Edition, session: Session, world: World) -> Turn:
    """The turn after a fault of ours: sorry, in the caller's language, and on to a person.

    When the way to a person has failed as well, or there is none, the call ends with the apology.
    """
    scene = Scene(edition, session, world)
    scene.utter(scene.language.phrases.apology)
    if not edition.rescue or session.state == edition.rescue:
        return _finish(scene, Ended("fault"))
    return _finish(scene, _jump(scene, Stand(edition.rescue)))


def _listened(session: Session, heard: Input, world: World) -> dict[str, Any]:
    """What is known of the caller's silence after this input."""
    if isinstance(heard, Silence):
        return {"silences": session.silences + 1}
    return {"silences": 0, "heard_at": world.now}


def standing(edition: Edition, session: Session) -> Step | None:
    """The step a call stands in; None before its first turn."""
    return edition.flows.step(session.state) if session.state else None


def queueing(edition: Edition, session: Session, world: World) -> Queueing | None:
    """What a call that stands in a queue waits for, with nothing said, done or decided again; else None."""
    step = standing(edition, session)
    if not isinstance(step, Queue) or session.ended:
        return None
    return promising.queueing(step, Scene(edition, session, world))


def _finish(scene: Scene, result: Result) -> Turn:
    """Moves on from step to step until one waits."""
    steps = 0
    while not isinstance(result, Wait):
        steps += 1
        if steps > scene.edition.limits.steps_per_turn:
            steps, result = 0, _rescue(scene, "steps")
        elif isinstance(result, Stand):
            result = _jump(scene, result)
        else:
            _leave(scene, result)
            result = _entering(scene)
    if isinstance(result, Ended):
        scene.session = scene.session.but(ended=result.why)
    scene.emit(result)
    return scene.turn()


def _entering(scene: Scene) -> Result:
    if scene.session.scratch:
        scene.session = scene.session.but(scratch={})
    flow = scene.edition.flows.flows[_flow(scene.session.state)]
    if flow.topic and flow.topic != scene.session.topic:
        scene.session = scene.session.but(topic=flow.topic)
    step = scene.step
    scene.emit(Entered(scene.session.state, step.kind))
    if not isinstance(step, Menu):
        scene.said = ""
    return enter(step, scene)


def _leave(scene: Scene, outcome: str) -> None:
    """Follows one outcome, out of as many flows as end with it."""
    while True:
        step, session = scene.step, scene.session
        target = scene.edition.chart.move(session.state, outcome)
        way = step.ways.get(way_out(step, outcome))
        scene.say(way.say if way else None)
        ending = ends_flow(target)
        if not ending:
            break
        caller, scene.said = session.stack[-1], ""
        scene.emit(Moved(session.state, outcome, caller))
        scene.session = session.but(state=caller, stack=session.stack[:-1])
        outcome = ending
    scene.emit(Moved(session.state, outcome, target))
    stack = (*session.stack, session.state) if outcome == RUN else _still_open(session, target)
    scene.session = session.but(state=target, stack=stack)


def _still_open(session: Session, target: str) -> tuple[str, ...]:
    """The `run` steps that stay open on the way to a state: all, or those before the flow it belongs to."""
    flow = _flow(target)
    if flow == _flow(session.state):
        return session.stack
    flows = [_flow(state) for state in session.stack]
    return session.stack[: flows.index(flow)] if flow in flows else ()


def _flow(state: str) -> str:
    return state.partition(".")[0]


def _jump(scene: Scene, stand: Stand) -> Result:
    scene.said = ""
    scene.emit(Moved(scene.session.state, "back", stand.state))
    scene.session = scene.session.but(state=stand.state, stack=stand.stack)
    return _entering(scene)


def _limit_reached(scene: Scene) -> str:
    """The limit that this turn goes over, or "". A call that is already with a person is granted as much again."""
    limits, session = scene.edition.limits, scene.session
    times = 2 if session.guarded else 1
    if session.turns > limits.turns * times:
        return "turns"
    minutes = (scene.world.now - session.started_at).total_seconds() / 60
    return "minutes" if minutes > limits.minutes * times else ""


def _rescue(scene: Scene, limit: str) -> Result:
    """A limit is an ordinary event with a sentence: a person takes over; the second time the call ends."""
    scene.emit(Guarded(limit))
    again = scene.session.guarded
    scene.session = scene.session.but(guarded=True)
    if again or not scene.edition.rescue:
        scene.utter(scene.language.phrases.goodbye)
        return Ended("limit")
    scene.utter(scene.language.phrases.limit)
    return Stand(scene.edition.rescue)


def _last_words(edition: Edition, session: Session, heard: Recorded, world: World) -> Turn:
    """A recording that was ended by hanging up can arrive after the news of the hang-up: it is kept all the same."""
    taken = answer(edition, session.but(ended=""), heard, world)
    return Turn(taken.session.but(ended="caller"), (*taken.events[:-1], Ended("caller")))


def _hang_up(scene: Scene) -> Turn:
    """The caller is gone: what was begun and promised is kept as an incomplete ticket."""
    opened = interrupted(scene.step, scene) if scene.session.state else None
    if opened is not None:
        scene.emit(opened)
    scene.session = scene.session.but(ended="caller")
    scene.emit(Ended("caller"))
    return scene.turn()
