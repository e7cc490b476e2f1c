"""Steps in which the line is with somebody or something else: a queue for a person, a destination, a recording."""

import re
from dataclasses import replace

from ivr.call import events
from ivr.call.steps.elsewhere import global_key
from ivr.call.turn import Result, TurnContext
from ivr.call.values import Value
from ivr.flow.model import BACK, REPEAT, Queue, Transfer, Voicemail

FINISH = "#"
"""The key that ends a recording."""
NUMBER_GOES_ON_SECONDS = 2
"""How soon the next digit of a number is keyed in."""


def queue(step: Queue, context: TurnContext) -> Result:
    """Joins the queue if it takes callers. Who has joined it already (a lost answer) keeps the place."""
    if not context.noted("joined"):
        if step.queue in context.world.unstaffed:
            return "nobody"
        if step.queue in context.world.crowded:
            return "full"
        context.note({"joined": "yes"})
    if step.topic:
        context.session = context.session.replace(topic=step.topic)
    context.say(step.say)
    return wait_of(step, context)


def wait_of(step: Queue, context: TurnContext) -> events.Queueing:
    """The wait of a caller in the queue. Says and does nothing. A caller's own braces are no slot of it."""
    values = context.session.values.items()
    plain = {name: replace(value, text=re.sub("[{}]", "", value.text)) for name, value in values if "{" in value.text}
    hold = context.words(step.hold, **plain, position=Value("words", "{position}")).strip() if step.hold else ""
    leads_out = "".join(key for key, target in step.keys.items() if not _stays(step, target, context))
    return events.Queueing(step.queue, step.leave or "", hold, context.session.language, leads_out)


def _stays(step: Queue, target: str, context: TurnContext) -> bool:
    """Whether a key tells the place again: for `repeat`, and for whatever leads to the queue that one is in."""
    behind = context.edition.queues_by_key.get((context.flow, target), frozenset())
    return target in (REPEAT, BACK) or step.queue in behind


def queue_ended(step: Queue, context: TurnContext, heard: events.Input) -> Result | None:
    """A key for `back` does nothing here: one hash too many, as after a number, must not cost the place."""
    if not isinstance(heard, events.QueueEnded):
        return None
    if heard.result != "left":
        return heard.result
    context.remember_for_back()  # whoever only wants to hear of another way can come back, to the same place
    return global_key(step, context, heard.key, lambda: queue(step, context)) or "left"


def transfer(step: Transfer, context: TurnContext) -> Result:
    context.say(step.say)
    return events.Transferring(step.transfer)


def transfer_ended(step: Transfer, context: TurnContext, heard: events.Input) -> Result | None:
    return heard.result if isinstance(heard, events.TransferEnded) else None


def voicemail(step: Voicemail, context: TurnContext) -> Result:
    context.say(step.voicemail)
    return _recording(step)


def _recording(step: Voicemail) -> events.Recording:
    return events.Recording(step.longest, "".join(key for key in step.keys if key != FINISH))


def voicemail_heard(step: Voicemail, context: TurnContext, heard: events.Input) -> Result | None:
    """Keys that lead elsewhere do so before the tone and behind it; any other one before it goes on to the tone.

    A digit that ended the recording may be one of a number that is keyed in: then more digits follow.
    """
    match heard:
        case events.Digits() if context.noted("key"):
            context.note({"key": ""})
            context.utter_phrase(context.language.phrases.say_number)
            return _recording(step)
        case events.Silence() if key := context.noted("key"):
            result: Result = "recorded"
        case events.Digits(key):
            result = _recording(step)
        case events.Recorded(key=key):
            if heard.seconds > 0:
                context.note({"recorded": "yes"})
                _keep_recording(step, context, heard)
            result = "recorded" if context.noted("recorded") else "empty"
            if key.isdigit():
                context.note({"key": key})
                return events.Gathering(
                    wait_seconds=NUMBER_GOES_ON_SECONDS, most=0, finish=FINISH, speech=False,
                    language=context.session.language,
                )  # fmt: skip
        case _:
            return None
    elsewhere = global_key(step, context, key, lambda: voicemail(step, context)) if key != FINISH else None
    return result if elsewhere is None else elsewhere


def _keep_recording(step: Voicemail, context: TurnContext, heard: events.Recorded) -> None:
    """A second message under the same name is kept beside the first."""
    made, before = heard.recording or heard.url, context.session.values.get(step.into)
    kept = before.text.split(", ") if before else []
    context.keep(step.into, Value("words", ", ".join(dict.fromkeys((*kept, made)))))
