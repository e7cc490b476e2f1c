"""Enqueue, Leave, and the agent's side of it: <Dial><Queue>. docs/twilio-facts.md#a7-queues"""

from functools import partial
from typing import Literal

from ivr.network.line.documents import DocumentFailure, HungUp, Redirected, RunningDocument, Scope, Webhook
from ivr.network.line.interpreter import VerbProgram, fetch, perform, run_aside, utter, verb
from ivr.network.line.leg import Leg, Recorder
from ivr.network.line.listening import Listening
from ivr.network.line.outgoing import PARTED, join, part
from ivr.network.line.queues import Member, Queue
from ivr.network.line.recorder import recording_params, recording_settings, start_recorder, stop
from ivr.network.verbs.simple import call_status, leave_hold, request_action
from ivr.network.wire.debugger import Problem
from ivr.network.wire.fiber import Afterwards, Event, EventKind, Interrupt, Program, Wait
from ivr.network.wire.transport import Params
from ivr.network.wire.twiml_parser import Element

_WAIT_VERBS = frozenset("Play Say Pause Hangup Redirect Leave Gather".split())  # noqa: SIM905 - as Twilio lists them
_WHISPER_VERBS = frozenset({"Play", "Say", "Pause", "Redirect"})
_MUSIC_SECONDS = 60.0

QueueResult = Literal["bridged", "error", "hangup", "leave", "redirected", "redirected-from-bridged", "queue-full"]
"""What the action of an <Enqueue> is told; of Twilio's words those that this network can come to."""


class LeftQueue(Interrupt):
    """A <Leave> was reached."""


class Dequeued(Interrupt):
    """Somebody takes the call: `by` is their leg, `whisper` the document the caller hears first."""

    def __init__(self, by: Leg, whisper: Webhook | None) -> None:
        super().__init__()
        self.by = by
        self.whisper = whisper


@verb("Leave")
def leave(leg: Leg, element: Element, document: RunningDocument) -> VerbProgram:
    """Leave the queue; outside of a wait document there is nothing to leave."""
    if document.scope.holding:
        raise LeftQueue
    leg.problem(Problem(12200, "<Leave> outside of a queue's wait document does nothing", element.line))
    return None
    yield


@verb("Enqueue")
def enqueue(leg: Leg, element: Element, document: RunningDocument) -> VerbProgram:
    """Wait in a queue; then `action` with QueueResult, or the next verb."""
    queue = _queue(leg, element, document)
    if len(queue.members) >= queue.max_size:
        leg.problem(Problem(14207, f"the queue {queue.name!r} is full ({queue.max_size})", element.line))
        return document.action(element, _queue_result("queue-full"))
    clock = leg.net.clock

    def dequeue(why: Interrupt) -> bool:
        if leg.over or leg.fiber.done:
            return False
        leg.fiber.interrupt(why)
        return True

    member = Member(leg.sid, clock.seconds, clock.now(), dequeue)
    queue.join(member)

    def result(word: QueueResult, waited: int) -> Params:
        return (*_queue_result(word), ("QueueSid", queue.sid), ("QueueTime", str(waited)))

    def gone() -> None:
        queue.leave(member)
        leave_hold(leg)

    with Afterwards(gone):
        try:
            yield from _hold(leg, element, document, queue, member)
            word: QueueResult = "error"
            waited = queue.waited(member)
        except LeftQueue:
            word, waited = "leave", queue.waited(member)
        except Dequeued as taken:
            waited = queue.waited(member)
            leg.stop_speaking()
            leg.listening = None
            try:
                bridged = yield from _hand_over(leg, taken, queue, waited)
                word = "bridged" if bridged else "error"
            except HungUp:
                ending: QueueResult = "bridged" if leg.peer else "hangup"
                part(leg)
                yield from request_action(leg, element, document, result(ending, waited))
                raise
            except Redirected:
                part(leg)
                _notify_action(leg, element, document, result("redirected-from-bridged", waited))
                raise
        except HungUp:
            queue.leave(member)
            yield from request_action(leg, element, document, result("hangup", queue.waited(member)))
            raise
        except Redirected:
            _notify_action(leg, element, document, result("redirected", queue.waited(member)))
            raise
    return document.action(element, result(word, waited))


def _queue_result(word: QueueResult) -> Params:
    return (("QueueResult", word),)


def _notify_action(leg: Leg, element: Element, document: RunningDocument, extra: Params) -> None:
    """Tell the action how the waiting ended; its reply is not executed, as the call is elsewhere already."""
    action = document.action(element, extra)
    if action is not None:
        leg.net.notify(leg, action)


def dial_queue(leg: Leg, element: Element, noun: Element, document: RunningDocument) -> Program[Params]:
    """Take the head of a queue and talk; gives what the Dial's action is told."""
    net = leg.net
    queue = net.queues.get(noun.words)
    if queue is None:
        return (("DialBridged", "false"), ("DialCallStatus", net.options.missing_queue_status))
    deadline = net.clock.seconds + (element.whole("timeout") or 30)
    while True:
        if not queue.members and not (yield from _wait_for_member(leg, queue, deadline)):
            status = net.options.empty_queue_status
            return (("DialBridged", "false"), ("DialCallStatus", status), ("QueueSid", queue.sid))
        member = queue.members[0]
        queue.leave(member)
        whisper = None
        if noun.text("url"):
            whisper = document.webhook(noun.text("url"), noun.text("method"))
        net.clock.after(0, partial(_take, member, leg, whisper))
        event: Event = yield Wait(None, frozenset({"joined", "parted"}))
        if event.kind == "parted":
            continue
        return (yield from _talk_to_member(leg, element, document, queue, member))


def _talk_to_member(
    leg: Leg, element: Element, document: RunningDocument, queue: Queue, member: Member
) -> Program[Params]:
    """The agent and the caller talk; gives what the Dial's action is told."""
    net = leg.net
    began = net.clock.seconds
    settings = recording_settings(element, document)
    recorder = None if settings is None else start_recorder(leg, "DialVerb", settings)
    with Afterwards(lambda: _end_talk(leg, recorder)):
        yield from talk(leg, element)
    return (
        ("DialBridged", "true"),
        ("DialCallDuration", str(round(net.clock.seconds - began))),
        ("DialCallSid", member.call_sid),
        *call_status("completed"),
        ("QueueSid", queue.sid),
        ("QueueTime", str(int(began - member.since))),
        *(() if recorder is None else recording_params(net.recordings[recorder.sid])),
    )


def _end_talk(leg: Leg, recorder: Recorder | None) -> None:
    part(leg)
    if recorder is not None:
        stop(recorder)


def talk(leg: Leg, element: Element) -> Program[None]:
    """Stay bridged until the other end goes, the time limit passes, or `*` with hangupOnStar."""
    star = element.flag("hangupOnStar")
    limit = element.whole("timeLimit")
    wanted: frozenset[EventKind] = frozenset({"parted", "key"}) if star else PARTED
    deadline = None if limit is None else leg.net.clock.seconds + limit
    while True:
        event: Event | None = yield Wait(None if deadline is None else deadline - leg.net.clock.seconds, wanted)
        if event is None or event.kind == "parted" or event.value == "*":
            return


def _take(member: Member, by: Leg, whisper: Webhook | None) -> None:
    if not member.dequeue(Dequeued(by, whisper)):
        by.fiber.tell("parted")


def _wait_for_member(leg: Leg, queue: Queue, deadline: float) -> Program[bool]:
    """Wait until somebody is in the queue; False when the Dial's time is over."""

    arrived = partial(leg.fiber.tell, "arrived")
    while not queue.members:
        queue.waiting_agents.append(arrived)
        with Afterwards(lambda: queue.stop_waiting(arrived)):
            event = yield Wait(deadline - leg.net.clock.seconds, frozenset({"arrived"}))
        if event is None:
            return False
    return True


def _queue(leg: Leg, element: Element, document: RunningDocument) -> Queue:
    name = element.words
    if not name and element.given("workflowSid"):
        name = element.attributes["workflowSid"]
    if not name:
        raise DocumentFailure(Problem(14204, "<Enqueue> names no queue", element.line), document.url)
    if len(name) > 64:
        raise DocumentFailure(
            Problem(14205, f"the queue's name has {len(name)} characters, 64 are allowed"), document.url
        )
    queue = leg.net.queue(name)
    if element.whole("maxQueueSize"):
        queue.max_size = element.whole("maxQueueSize") or queue.max_size
    return queue


def _hold(leg: Leg, element: Element, document: RunningDocument, queue: Queue, member: Member) -> Program[None]:
    """Play the wait document again and again; only an interrupt or <Hangup> ends it. [D]"""
    scope = Scope("wait", _WAIT_VERBS, 12200, lambda: queue.wait_params(member))
    url = element.text("waitUrl")
    if not url:
        leg.answer()
    if url == "":
        leg.listening = Listening("hold", ready=True)
        yield Wait(None)
    while url is None:
        leg.listening = Listening("hold", ready=True)
        yield from utter(leg, "played", "hold music", language="", seconds=_MUSIC_SECONDS)
    while True:
        webhook: Webhook | None = document.webhook(url, element.text("waitUrlMethod"))
        while webhook is not None:
            current = yield from fetch(leg, webhook, scope)  # the first one is told `ringing` [D]
            leg.answer()
            webhook = yield from perform(leg, current)
        leg.listening = Listening("hold", ready=True)


def _hand_over(leg: Leg, taken: Dequeued, queue: Queue, waited: int) -> Program[bool]:
    """The whisper runs on the caller's side [D]; then both talk until one goes. False: the agent had gone."""
    extra = (("DequeingCallSid", taken.by.sid), ("QueueSid", queue.sid), ("QueueTime", str(waited)))
    scope = Scope("whisper", _WHISPER_VERBS, 12200, lambda: extra)

    def free() -> None:
        if leg.peer is None:
            taken.by.fiber.tell("parted")

    with Afterwards(free):
        yield from run_aside(leg, taken.whisper, scope)
        if taken.by.over or not taken.by.fiber.wants("joined"):
            return False
        join(leg, taken.by)
        taken.by.fiber.tell("joined", leg)
        yield Wait(None, PARTED)
        return True
