"""Enqueue, Leave, and the agent's side of it: <Dial><Queue>. (A7)"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from ivr.network.line.bridge import PARTED, join, part
from ivr.network.line.interpreter import Ask, Failure, Page, Scope, Steps, fetch, perform, utter, verb
from ivr.network.line.leg import HungUp, Leg, Listening, Redirected
from ivr.network.line.queues import Member, Queue
from ivr.network.line.recorder import Tape, facts_of, records, report_of, start_tape
from ivr.network.verbs.simple import last_word, notify
from ivr.network.wire.debugger import Problem
from ivr.network.wire.fiber import Afterwards, Interrupt, Job, Wait
from ivr.network.wire.twiml_parser import Element

_WAIT_VERBS = frozenset("Play Say Pause Hangup Redirect Leave Gather".split())  # noqa: SIM905 - as the page lists them
_WHISPER_VERBS = frozenset({"Play", "Say", "Pause", "Redirect"})
_MUSIC_SECONDS = 60.0


class Left(Interrupt):
    """A <Leave> was reached."""


class Dequeued(Interrupt):
    """Somebody takes the call: `by` is their leg, `whisper` the document the caller hears first."""

    def __init__(self, by: Leg, whisper: Ask | None) -> None:
        super().__init__()
        self.by = by
        self.whisper = whisper


@verb("Leave")
def leave(leg: Leg, element: Element, page: Page) -> Steps:
    """Leave the queue; outside of a wait document there is nothing to leave."""
    if page.scope.holding:
        raise Left
    leg.problem(Problem(12200, "<Leave> outside of a queue's wait document does nothing", element.line))
    return None
    yield


@verb("Enqueue")
def enqueue(leg: Leg, element: Element, page: Page) -> Steps:
    """Wait in a queue; then `action` with QueueResult, or the next verb."""
    queue = _queue(leg, element, page)
    if len(queue.members) >= queue.max_size:
        leg.problem(Problem(14207, f"the queue {queue.name!r} is full ({queue.max_size})", element.line))
        return _after(element, page, (("QueueResult", "queue-full"),))
    clock = leg.net.clock

    def dequeue(by: Leg, whisper: object) -> None:
        if leg.over or leg.fiber is None or leg.fiber.done:
            if by.fiber is not None:
                by.fiber.tell("parted")
            return
        leg.fiber.interrupt(Dequeued(by, whisper if isinstance(whisper, Ask) else None))

    member = Member(leg, clock.seconds, dequeue)
    queue.join(member)

    def result(word: str, waited: int) -> tuple[tuple[str, str], ...]:
        return (("QueueResult", word), ("QueueSid", queue.sid), ("QueueTime", str(waited)))

    def tell_later(word: str, waited: int) -> None:
        if element.text("action"):
            notify(leg, page.ask(element.text("action"), element.text("method"), result(word, waited)))

    def gone() -> None:
        queue.leave(member)
        if leg.listening is not None and leg.listening.kind == "hold":
            leg.listening = None

    with Afterwards(gone):
        try:
            yield from _hold(leg, element, page, queue, member)
            word = "error"
            waited = queue.waited(member)
        except Left:
            word, waited = "leave", queue.waited(member)
        except Dequeued as taken:
            waited = queue.waited(member)
            leg.stop_speaking()
            leg.listening = None
            try:
                bridged = yield from _hand_over(leg, taken, queue, waited)
                word = "bridged" if bridged else "error"
            except HungUp:
                yield from _last(leg, element, page, result("bridged" if leg.peer else "hangup", waited), taken.by)
                raise
            except Redirected:
                part(leg)
                tell_later("redirected-from-bridged", waited)
                raise
        except HungUp:
            queue.leave(member)
            yield from _last(leg, element, page, result("hangup", queue.waited(member)), None)
            raise
        except Redirected:
            tell_later("redirected", queue.waited(member))
            raise
    return _after(element, page, result(word, waited))


def dial_queue(
    leg: Leg, element: Element, noun: Element, page: Page
) -> Generator[Wait | Job, Any, tuple[tuple[str, str], ...]]:
    """Take the head of a queue and talk; gives what the Dial's action is told."""
    net = leg.net
    queue = net.queues.get(noun.words)
    if queue is None:
        return (("DialBridged", "false"), ("DialCallStatus", net.options.missing_queue_status))
    deadline = net.clock.seconds + (element.whole("timeout") or 30)
    while True:
        if not queue.members and not (yield from _someone(leg, queue, deadline)):
            status = net.options.empty_queue_status
            return (("DialBridged", "false"), ("DialCallStatus", status), ("QueueSid", queue.sid))
        member = queue.members[0]
        queue.leave(member)
        whisper = None
        if noun.text("url"):
            whisper = page.ask(noun.text("url"), noun.text("method"))
        net.clock.after(0, _taker(member, leg, whisper))
        event = yield Wait(None, frozenset({"joined", "parted"}))
        if event.kind == "parted":
            continue
        return (yield from _converse(leg, element, page, queue, member))


def _converse(
    leg: Leg, element: Element, page: Page, queue: Queue, member: Member
) -> Generator[Wait | Job, Any, tuple[tuple[str, str], ...]]:
    """The agent and the caller talk; gives what the Dial's action is told."""
    net = leg.net
    began = net.clock.seconds
    tape = start_tape(leg, "DialVerb", report_of(element, page)) if records(element) else None
    with Afterwards(lambda: _parted(leg, tape)):
        yield from talk(leg, element)
    return (
        ("DialBridged", "true"),
        ("DialCallDuration", str(round(net.clock.seconds - began))),
        ("DialCallSid", member.leg.sid),
        ("DialCallStatus", "completed"),
        ("QueueSid", queue.sid),
        ("QueueTime", str(int(began - member.since))),
        *(() if tape is None else facts_of(net.recordings[tape.sid])),
    )


def _parted(leg: Leg, tape: Tape | None) -> None:
    part(leg)
    if tape is not None:
        tape.stop()


def talk(leg: Leg, element: Element) -> Generator[Wait | Job, Any, None]:
    """Stay bridged until the other end goes, the time limit passes, or `*` with hangupOnStar."""
    star = element.flag("hangupOnStar")
    limit = element.whole("timeLimit")
    wanted = PARTED | {"key"} if star else PARTED
    deadline = None if limit is None else leg.net.clock.seconds + limit
    while True:
        event = yield Wait(None if deadline is None else deadline - leg.net.clock.seconds, wanted)
        if event is None or event.kind == "parted" or event.value == "*":
            return


def _taker(member: Member, by: Leg, whisper: Ask | None) -> Any:
    return lambda: member.dequeue(by, whisper)


def _someone(leg: Leg, queue: Queue, deadline: float) -> Generator[Wait | Job, Any, bool]:
    """Wait until somebody is in the queue; False when the Dial's time is over."""

    def arrived() -> None:
        if leg.fiber is not None:
            leg.fiber.tell("arrived")

    while not queue.members:
        queue.seekers.append(arrived)
        with Afterwards(lambda: queue.unseek(arrived)):
            event = yield Wait(deadline - leg.net.clock.seconds, frozenset({"arrived"}))
        if event is None:
            return False
    return True


def _queue(leg: Leg, element: Element, page: Page) -> Queue:
    name = element.words
    if not name and element.given("workflowSid"):
        name = element.attributes["workflowSid"]
    if not name:
        raise Failure(Problem(14204, "<Enqueue> names no queue", element.line), page.url)
    if len(name) > 64:
        raise Failure(Problem(14205, f"the queue's name has {len(name)} characters, 64 are allowed"), page.url)
    queue = leg.net.queue(name)
    if element.whole("maxQueueSize"):
        queue.max_size = element.whole("maxQueueSize") or queue.max_size
    return queue


def _hold(leg: Leg, element: Element, page: Page, queue: Queue, member: Member) -> Generator[Wait | Job, Any, None]:
    """Play the wait document again and again; only an interrupt or <Hangup> ends it. [D]"""
    scope = Scope("wait", _WAIT_VERBS, 12200, lambda: queue.facts(member))
    url = element.text("waitUrl")
    if url == "":
        leg.listening = Listening("hold", ready=True)
        yield Wait(None)
    while url is None:
        leg.listening = Listening("hold", ready=True)
        yield from utter(leg, "played", "hold music", language="", seconds=_MUSIC_SECONDS)
    while True:
        ask: Ask | None = page.ask(url, element.text("waitUrlMethod"))
        while ask is not None:
            current = yield from fetch(leg, ask, scope)
            ask = yield from perform(leg, current)
        leg.listening = Listening("hold", ready=True)


def _hand_over(leg: Leg, taken: Dequeued, queue: Queue, waited: int) -> Generator[Wait | Job, Any, bool]:
    """The whisper runs on the caller's side [D]; then both talk until one goes. False: the agent had gone."""
    extra = (("DequeingCallSid", taken.by.sid), ("QueueSid", queue.sid), ("QueueTime", str(waited)))
    scope = Scope("whisper", _WHISPER_VERBS, 12200, lambda: extra)

    def free() -> None:
        if leg.peer is None and taken.by.fiber is not None:
            taken.by.fiber.tell("parted")

    with Afterwards(free):
        ask = taken.whisper
        while ask is not None:
            current = yield from fetch(leg, ask, scope)
            ask = yield from perform(leg, current)
        if taken.by.over or taken.by.fiber is None or not taken.by.fiber.wants("joined"):
            return False
        join(leg, taken.by)
        taken.by.fiber.tell("joined", leg)
        yield Wait(None, PARTED)
        return True


def _last(
    leg: Leg, element: Element, page: Page, extra: tuple[tuple[str, str], ...], by: Leg | None
) -> Generator[Wait | Job, Any, None]:
    if by is not None:
        part(leg)
    if element.text("action"):
        yield from last_word(leg, page.ask(element.text("action"), element.text("method"), extra))


def _after(element: Element, page: Page, extra: tuple[tuple[str, str], ...]) -> Ask | None:
    if not element.text("action"):
        return None
    return page.ask(element.text("action"), element.text("method"), extra)
