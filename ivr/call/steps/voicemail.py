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
    """A second message under the same name is kept beside the first."""
    if heard.seconds <= 0:
        return "empty"
    made, before = heard.recording or heard.url, context.session.values.get(step.into)
    kept = before.text.split(", ") if before else []
    context.keep(step.into, Value("words", ", ".join(dict.fromkeys((*kept, made)))))
    return "recorded"
