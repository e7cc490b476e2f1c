"""Steps in which the line is with somebody or something else: a queue for a person, a destination, a recording."""

from __future__ import annotations

import re
from dataclasses import replace

from ivr.call import events
from ivr.call.turn import Result, TurnContext
from ivr.call.values import Value
from ivr.flow.model import Queue, Transfer, Voicemail


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


def queueing(step: Queue, context: TurnContext) -> events.Queueing:
    """The wait of a caller in the queue. Says and does nothing. A caller's own braces are no slot of it."""
    values = context.session.values.items()
    plain = {name: replace(value, text=re.sub("[{}]", "", value.text)) for name, value in values if "{" in value.text}
    hold = context.words(step.hold, **plain, position=Value("words", "{position}")) if step.hold else ""
    return events.Queueing(queue=step.queue, leave=step.leave or "", hold=hold, language=context.session.language)


def queue_ended(step: Queue, context: TurnContext, heard: events.Input) -> Result | None:
    if not isinstance(heard, events.QueueEnded):
        return None
    if heard.result == "left":  # whoever only wants to hear of another way can come back, to the same place
        context.remember_for_back()
    return heard.result


def transfer(step: Transfer, context: TurnContext) -> Result:
    context.say(step.say)
    return events.Transferring(step.transfer)


def transfer_ended(step: Transfer, context: TurnContext, heard: events.Input) -> Result | None:
    return heard.result if isinstance(heard, events.TransferEnded) else None


def voicemail(step: Voicemail, context: TurnContext) -> Result:
    context.say(step.voicemail)
    return events.Recording(step.longest)


def voicemail_recorded(step: Voicemail, context: TurnContext, heard: events.Input) -> Result | None:
    """A second message under the same name is kept beside the first."""
    if not isinstance(heard, events.Recorded):
        return None
    if heard.seconds <= 0:
        return "empty"
    made, before = heard.recording or heard.url, context.session.values.get(step.into)
    kept = before.text.split(", ") if before else []
    context.keep(step.into, Value("words", ", ".join(dict.fromkeys((*kept, made)))))
    return "recorded"
