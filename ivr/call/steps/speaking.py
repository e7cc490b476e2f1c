"""Steps that only speak or write: say, play, notices, hangup, sms."""

from ivr.call import prompts
from ivr.call.events import Ended, Played, TextSent
from ivr.call.session import JumpTarget
from ivr.call.turn import Result, TurnContext
from ivr.flow.model import Hangup, Notices, Play, Say, Sms


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
    value = context.session.values.get(step.area)
    area = value.text.casefold() if value else ""
    for notice in context.world.notices:
        if step.notices in ("all", notice.name) and notice.area.casefold() == area and bool(area) == bool(step.area):
            context.utter(notice.text.get(context.session.language, ""))
    return "next"


def hangup(step: Hangup, context: TurnContext) -> Result:
    """No goodbye while something waits that was asked for, unless nobody answers any more or the call is too long."""
    session = context.session
    serves = session.needs and not session.silences and not session.limit_reached
    if serves and (home := context.edition.wishes.ways.home_of(session.needs[0][0], session.language)):
        return JumpTarget(home)
    context.say(step.hangup)
    return Ended("hangup")


def sms(step: Sms, context: TurnContext) -> Result:
    number = phone_of(step.to, context)
    if not number or not context.edition.textable(number):
        return "no_number"
    session = context.session
    words = prompts.message_text(
        step.sms, context.values, session.language, context.edition.flows.languages, context.today
    )
    body = context.edition.text_message(words, session.language)
    context.emit(TextSent(number, body))
    return "next"


def phone_of(to: str, context: TurnContext) -> str:
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
