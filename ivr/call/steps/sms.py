"""The sms step, and the phone numbers that steps name: the calling number, the registered one."""

from __future__ import annotations

from ivr.call import prompts
from ivr.call.events import TextSent
from ivr.call.turn import Result, TurnContext
from ivr.flow.model import Sms


def sms(step: Sms, context: TurnContext) -> Result:
    number = number_of(step.to, context)
    if not number or not context.edition.textable(number):
        return "no_number"
    session = context.session
    words = prompts.message_text(
        step.sms, context.values, session.language, context.edition.flows.languages, context.today
    )
    body = context.edition.text_message(words, session.language)
    context.emit(TextSent(number, body))
    return "next"


def number_of(to: str, context: TurnContext) -> str:
    """A phone number in E.164, or "". Caller ID may be withheld; the registered number needs identification."""
    values = context.session.values
    match to:
        case "caller":
            return context.session.caller
        case "registered":
            return values["registered_phone"].text if "registered_phone" in values else ""
        case _:
            name = to.strip("{}")
            return values[name].text if name in values else ""
