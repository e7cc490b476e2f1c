"""The queue step: the caller waits for a person."""

from __future__ import annotations

import re
from dataclasses import replace

from ivr.call.events import Input, QueueEnded, Queueing
from ivr.call.turn import Result, TurnContext
from ivr.call.values import Value
from ivr.flow.model import Queue


def queue(step: Queue, context: TurnContext) -> Result:
    """Joins the queue if it takes callers. Who has joined it already (a lost answer) keeps the place."""
    if not context.noted("joined"):
        if step.queue in context.world.unstaffed:
            return "nobody"
        if step.queue in context.world.crowded:
            return "full"
        context.note({"joined": "yes"})
    if step.topic:
        context.session = replace(context.session, topic=step.topic)
    context.say(step.say)
    return queueing(step, context)


def queueing(step: Queue, context: TurnContext) -> Queueing:
    """The wait of a caller in the queue. Says and does nothing. A caller's own braces are no slot of it."""
    values = context.session.values.items()
    plain = {name: replace(value, text=re.sub("[{}]", "", value.text)) for name, value in values if "{" in value.text}
    hold = context.words(step.hold, **plain, position=Value("words", "{position}")) if step.hold else ""
    return Queueing(queue=step.queue, leave=step.leave or "", hold=hold, language=context.session.language)


def queue_ended(step: Queue, context: TurnContext, heard: Input) -> Result | None:
    if not isinstance(heard, QueueEnded):
        return None
    if heard.result == "left":  # whoever only wants to hear of another way can come back, to the same place
        context.remember_for_back()
    return heard.result
