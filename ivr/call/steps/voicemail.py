"""The voicemail step: a recorded message."""

from __future__ import annotations

from ivr.call.events import Input, Recorded, Recording
from ivr.call.turn import Result, TurnContext
from ivr.call.values import Value
from ivr.flow.model import Voicemail


def voicemail(step: Voicemail, context: TurnContext) -> Result:
    context.say(step.voicemail)
    return Recording(step.longest)


def voicemail_recorded(step: Voicemail, context: TurnContext, heard: Input) -> Result | None:
    if not isinstance(heard, Recorded):
        return None
    if heard.seconds <= 0:
        return "empty"
    context.keep(step.into, Value("words", heard.recording or heard.url))
    return "recorded"
