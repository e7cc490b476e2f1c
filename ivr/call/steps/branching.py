"""Steps that choose their way out by a fact: hours, choose, handle, run."""

from datetime import datetime

from ivr.call.calendar import Calendar, Opening, State, opening
from ivr.call.events import Input, LookedUp, LookUp
from ivr.call.machine import RUN
from ivr.call.prompts import fill
from ivr.call.turn import Result, TurnContext
from ivr.call.values import Value
from ivr.flow.cases import OTHERWISE, taken
from ivr.flow.model import NOW, Choose, Handle, Hours, Run, Sentence, Slot


def hours(step: Hours, context: TurnContext) -> Result:
    return keep_hours(context.edition.calendars[step.hours], context.world.now, context)


def keep_hours(calendar: Calendar, moment: datetime, context: TurnContext) -> State:
    """Keeps why a calendar is closed at a moment (aware), and when it opens next; gives whether it is open."""
    found = opening(calendar, moment, context.world.closures)
    if found.state != "open":
        context.keep_phrase("closed_for", lambda: _reason(found, context))
    _keep_next_opening(found, context)
    return found.state


def _reason(found: Opening, context: TurnContext) -> str:
    """Why it is closed, as a phrase; for an emergency, the sentence that was given when it was closed."""
    names, phrases = found.because.names, context.language.phrases
    name = names.get(context.session.language) or next(iter(names.values()), "")
    if found.state == "emergency":
        return name or phrases.emergency
    phrase = phrases.closed_for[found.state if name else "closed"]
    return context.language.say(phrase, {"name": Value("words", name)}, context.today)


def _keep_next_opening(found: Opening, context: TurnContext) -> None:
    """When it opens next. In an emergency without an end these are words, so that a prompt can always say them."""
    if found.next_opening is None:
        context.keep_phrase("next_opening", lambda: context.language.phrases.opening_unknown)
    else:
        context.keep("next_opening", Value("datetime", found.next_opening.isoformat()))


def choose(step: Choose, context: TurnContext) -> Result:
    value = context.session.values.get(step.choose)
    if value is None and step.choose == NOW:
        value = Value("datetime", context.now.isoformat())
    return OTHERWISE if value is None else taken(step.ways, value.kind, value.text, context.today)


def handle(step: Handle, context: TurnContext) -> Result:
    given = {name: value for name, said in step.with_.items() if (value := _value(said, context)) is not None}
    return LookUp(step.handle, given)


def handled(step: Handle, context: TurnContext, heard: Input) -> Result | None:
    """Apologises for a handler that failed, so that no flow can forget to."""
    if not isinstance(heard, LookedUp):
        return None
    for name, value in heard.values.items():
        context.keep(name, value)
    way = step.ways.get(heard.outcome)
    if heard.outcome == "unavailable" and (way is None or way.say is None):
        context.utter_phrase(context.language.phrases.apology)
    return heard.outcome


def run(step: Run, context: TurnContext) -> Result:
    return RUN


def _value(sentence: Sentence, context: TurnContext) -> Value | None:
    """What a handler is given: `{value}` alone keeps its type and is left out when not set; all else is words."""
    match sentence.parts:
        case (Slot(name=name),):
            return context.session.values.get(name)
        case _:
            return Value("words", fill(sentence, context.values, context.session.language, context.today))
