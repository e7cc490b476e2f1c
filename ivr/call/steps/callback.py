"""The callback step: a person rings back, at once or at a time of day at which the queue is open."""

from datetime import UTC, datetime, time, timedelta

from ivr.call.calendar import Calendar, opening
from ivr.call.events import Booking, CallbackBooked, Input, LookedUp
from ivr.call.steps.speaking import phone_of
from ivr.call.turn import Result, TurnContext
from ivr.call.values import Value
from ivr.flow.model import Callback, Sentence, Slot

SOON = timedelta(minutes=1)
"""A call back that is due so soon is told to come in turn: nobody knows the minute."""


def callback(step: Callback, context: TurnContext) -> Result:
    number = _number_in(step.number, context) or phone_of("registered", context) or phone_of("caller", context)
    at = _callback_time(step, context)
    if not number or at is None:
        return "refused"
    context.note({"number": number, "at": at.isoformat()})
    return Booking(queue=step.callback, number=number, at=at)


def callback_decided(step: Callback, context: TurnContext, heard: Input) -> Result | None:
    if not isinstance(heard, LookedUp):
        return None
    if heard.outcome == "booked":
        stands = heard.values.get("callback_at")  # a call back that was promised before
        at = (
            stands.datetime.astimezone(context.edition.time_zone)
            if stands
            else datetime.fromisoformat(context.noted("at"))
        )
        if (known := heard.values.get("ticket")) and (topic := heard.values.get("topic")):
            tickets = {topic.text: known.text, **context.session.tickets}
            context.session = context.session.replace(tickets=tickets)
        soon = at - context.world.now < SOON
        if soon:
            context.keep_phrase("callback_at", lambda: _in_turn(heard, context))
        else:
            context.keep("callback_at", Value("datetime", at.isoformat()))
        context.emit(
            CallbackBooked(step.callback, context.noted("number"), at, context.session.topic, context.session.language)
        )
        return "booked"
    return "refused"


def _in_turn(booked: LookedUp, context: TurnContext) -> str:
    """When we ring somebody who asked for it as soon as possible: no time is known, but perhaps the wait."""
    wait = booked.values.get("wait")
    if wait is None:
        return context.language.phrases.in_turn
    return context.language.say(context.language.phrases.in_turn_about, {"wait": wait}, context.today)


def _callback_time(step: Callback, context: TurnContext) -> datetime | None:
    """Now if no time was chosen, else the next such time at which the queue's calendar is open.

    A moment that was had when it was chosen may be past by now, or closed: then as soon after it as the queue is open.
    """
    calendar = context.edition.queue_calendars.get(step.callback)
    wanted = context.session.values.get(step.at.slots[0].name) if step.at and step.at.slots else None
    if wanted is None:
        return _next_open(calendar, context.now, context)
    chosen = next_such_time(wanted, calendar, context)
    if chosen is None and wanted.kind == "datetime":
        return _next_open(calendar, max(context.now, wanted.datetime), context)
    return chosen


def next_such_time(wanted: Value, calendar: Calendar | None, context: TurnContext) -> datetime | None:
    """The next such time of day, that time of that day, if the calendar is open then, or the first time of that day at
    which it is; None if it never is."""
    zone, now = context.edition.time_zone, context.now.astimezone(UTC)
    if wanted.kind == "date":
        first = _next_open(calendar, max(now, datetime.combine(wanted.date, time(), zone)), context)
        chosen = [first.astimezone(UTC)] if first and first.astimezone(zone).date() == wanted.date else []
    elif wanted.kind == "datetime":
        chosen = [wanted.datetime.astimezone(UTC)]
    else:
        first = context.now.replace(hour=wanted.time.hour, minute=wanted.time.minute, second=0, microsecond=0)
        chosen = [moment for days in range(31) for moment in _moments(first + timedelta(days=days))]
    found = (each for each in chosen if each >= now and _next_open(calendar, each, context) == each)
    return next((each.astimezone(zone) for each in found), None)


def _moments(wall: datetime) -> list[datetime]:
    """When clocks show this time, in UTC: twice where they are put back over it, an hour later where they are put
    forward over it."""
    first, second = (wall.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    return [first, second] if second > first else [first]


def _next_open(calendar: Calendar | None, moment: datetime, context: TurnContext) -> datetime | None:
    if calendar is None:
        return moment
    found = opening(calendar, moment, context.world.closures)
    return moment if found.state == "open" else found.next_opening


def _number_in(sentence: Sentence | None, context: TurnContext) -> str:
    match sentence.parts if sentence else ():
        case (Slot(name=name),):
            return phone_of(name, context)
        case _:
            return ""
