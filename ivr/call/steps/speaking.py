"""Steps that only speak: say, play, notices, hangup."""

from __future__ import annotations

from ivr.call.events import Ended, Played
from ivr.call.turn import Result, TurnContext
from ivr.flow.model import Hangup, Notices, Play, Say


def say(step: Say, context: TurnContext) -> Result:
    context.say(step.say)
    return "next"


def play(step: Play, context: TurnContext) -> Result:
    """A recording where there is one for the language and it can be played, else its words."""
    address = step.play.get(context.session.language)
    if address and context.edition.playable(address):
        context.emit(Played(address, context.words(step.text), context.session.language))
    else:
        context.say(step.text)
    return "next"


def notices(step: Notices, context: TurnContext) -> Result:
    for notice in context.world.notices:
        if step.notices in ("all", notice.name):
            context.utter(notice.text.get(context.session.language, ""))
    return "next"


def hangup(step: Hangup, context: TurnContext) -> Result:
    context.say(step.hangup)
    return Ended("hangup")
