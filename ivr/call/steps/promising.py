"""Steps that promise something or bring a person: ticket, sms, queue, callback, voicemail, transfer."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from ivr.call import prompts
from ivr.call.calendar import Calendar, opening
from ivr.call.events import (
    Booking,
    CallbackBooked,
    Input,
    LookedUp,
    QueueEnded,
    Queueing,
    Recorded,
    Recording,
    TextSent,
    TicketOpened,
    TransferEnded,
    Transferring,
)  # fmt: skip
from ivr.call.machine import way_out
from ivr.call.turn import Result, Scene
from ivr.call.values import Value
from ivr.flow.model import Callback, Queue, Sentence, Slot, Sms, Step, Ticket, Transfer, Voicemail


def ticket(step: Ticket, scene: Scene) -> Result:
    opened = _ticket(step, scene, complete=True)
    scene.keep(step.into, Value("reference", opened.reference))
    scene.emit(opened)
    return "next"


def sms(step: Sms, scene: Scene) -> Result:
    number = _number(step.to, scene)
    if not number or not scene.edition.textable(number):
        return "no_number"
    session = scene.session
    words = prompts.written(step.sms, session.values, session.language, scene.edition.flows.languages, scene.today)
    body = scene.edition.text_message(words, session.language)
    scene.emit(TextSent(number, body))
    return "next"


# --- people -------------------------------------------------------------------------------------------------


def queue(step: Queue, scene: Scene) -> Result:
    """Joins the queue if it takes callers; one who has joined it already (a lost answer) keeps the place."""
    if not scene.noted("joined"):
        if step.queue in scene.world.unstaffed:
            return "nobody"
        if step.queue in scene.world.crowded:
            return "full"
        scene.note(joined="yes")
    if step.topic:
        scene.session = scene.session.but(topic=step.topic)
    scene.say(step.say)
    return queueing(step, scene)


def queueing(step: Queue, scene: Scene) -> Queueing:
    """What a caller in the queue waits for. Says and does nothing."""
    hold = scene.words(step.hold, position=Value("words", "{position}")) if step.hold else ""
    return Queueing(queue=step.queue, leave=step.leave or "", hold=hold, language=scene.session.language)


def queue_ended(step: Queue, scene: Scene, heard: Input) -> Result | None:
    return heard.result if isinstance(heard, QueueEnded) else None


def transfer(step: Transfer, scene: Scene) -> Result:
    scene.say(step.say)
    return Transferring(step.transfer)


def transfer_ended(step: Transfer, scene: Scene, heard: Input) -> Result | None:
    return heard.result if isinstance(heard, TransferEnded) else None


def callback(step: Callback, scene: Scene) -> Result:
    number = _slot(step.number, scene) or _number("registered", scene) or _number("caller", scene)
    at = _callback_time(step, scene)
    if not number or at is None:
        return "refused"
    scene.note(number=number, at=at.isoformat())
    return Booking(queue=step.callback, number=number, at=at)


def callback_decided(step: Callback, scene: Scene, heard: Input) -> Result | None:
    if not isinstance(heard, LookedUp):
        return None
    if heard.outcome == "booked":
        stands = heard.values.get("callback_at")  # a call back that was promised before
        at = (
            stands.datetime.astimezone(scene.edition.time_zone) if stands else datetime.fromisoformat(scene.noted("at"))
        )
        scene.keep("callback_at", Value("datetime", at.isoformat()))
        scene.emit(
            CallbackBooked(step.callback, scene.noted("number"), at, scene.session.topic, scene.session.language)
        )
        return "booked"
    return "refused"


def _callback_time(step: Callback, scene: Scene) -> datetime | None:
    """Now if no time was chosen, else the next such time of day at which the queue's calendar is open."""
    calendar = scene.edition.queue_calendars.get(step.callback)
    wanted = scene.session.values.get(step.at.slots[0].name) if step.at and step.at.slots else None
    if wanted is None:
        return _next_open(calendar, scene.now, scene)
    first = scene.now.replace(hour=wanted.time.hour, minute=wanted.time.minute, second=0, microsecond=0)
    for days in range(31):
        moment = first + timedelta(days=days)
        if moment > scene.now and _next_open(calendar, moment, scene) == moment:
            return moment
    return None


def _next_open(calendar: Calendar | None, moment: datetime, scene: Scene) -> datetime | None:
    if calendar is None:
        return moment
    found = opening(calendar, moment, scene.world.closures)
    return moment if found.state == "open" else found.next_opening


def voicemail(step: Voicemail, scene: Scene) -> Result:
    scene.say(step.voicemail)
    return Recording(step.longest)


def voicemail_recorded(step: Voicemail, scene: Scene, heard: Input) -> Result | None:
    if not isinstance(heard, Recorded):
        return None
    if heard.seconds <= 0:
        return "empty"
    scene.keep(step.into, Value("words", heard.recording or heard.url))
    return "recorded"


# --- tickets ------------------------------------------------------------------------------------------------

_ONWARD = ("next", "recorded", "yes")
"""The outcomes by which a caller carries on with what was begun."""


def unfinished(step: Step, scene: Scene) -> TicketOpened | None:
    """The incomplete ticket of a caller who hung up on the way to one, or while waiting for a person.

    Only when something was told already and we know whom to call back; a ticket opened earlier stays the only one.
    """
    session = scene.session
    if _has_ticket(scene) or not (session.account or session.caller):
        return None
    if isinstance(step, Voicemail):
        return None  # the carrier still brings the recording, and the ticket is opened with it
    if isinstance(step, Queue):
        return TicketOpened(scene.world.ids.ticket(), session.topic or step.queue, "normal", {}, complete=False)
    seen = {session.state}
    while not isinstance(step, Ticket):
        onward = next((outcome for outcome in _ONWARD if way_out(step, outcome) in step.ways), None)
        if onward is None:
            return None
        flow = session.state.partition(".")[0]
        state = f"{flow}.{step.ways[way_out(step, onward)].next}"
        if state in seen or state.partition(".")[2] not in scene.edition.flows.flows[flow].steps:
            return None
        seen.add(state)
        step = scene.edition.flows.step(state)
    opened = _ticket(step, scene, complete=False)
    return opened if opened.about or session.scratch.get("answer") else None


def _has_ticket(scene: Scene) -> bool:
    steps = (step for flow in scene.edition.flows.flows.values() for step in flow.steps.values())
    return any(isinstance(step, Ticket) and step.into in scene.session.values for step in steps)


def _ticket(step: Ticket, scene: Scene, *, complete: bool) -> TicketOpened:
    values = scene.session.values
    about = {name: values[name] for name in step.about if name in values}
    return TicketOpened(scene.world.ids.ticket(), step.ticket, step.priority, about, complete)


def _number(to: str, scene: Scene) -> str:
    """A phone number in E.164, or "". Caller ID may be withheld; the registered number needs identification."""
    values = scene.session.values
    match to:
        case "caller":
            return scene.session.caller
        case "registered":
            return values["registered_phone"].text if "registered_phone" in values else ""
        case _:
            name = to.strip("{}")
            return values[name].text if name in values else ""


def _slot(sentence: Sentence | None, scene: Scene) -> str:
    match sentence.parts if sentence else ():
        case (Slot(name=name),):
            return _number(name, scene)
        case _:
            return ""


ENTERS: dict[type, Any] = {
    Ticket: ticket, Sms: sms, Queue: queue, Transfer: transfer, Callback: callback, Voicemail: voicemail,
}  # fmt: skip
HEARS: dict[type, Any] = {
    Queue: queue_ended, Transfer: transfer_ended, Callback: callback_decided, Voicemail: voicemail_recorded,
}  # fmt: skip
