"""Sets up what a script needs: customers, faults, callers who wait already, the log."""

import functools
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

from ivr.app.simulation import NetworkSender
from ivr.flow.issues import Issue
from ivr.hotline.back_office import BackOfficeUnavailable
from ivr.hotline.demo import Demo, DemoFault
from ivr.hotline.handlers import Case, Handler, found, to_python
from ivr.hotline.senders import NotSent
from ivr.network import Line, Network
from ivr.network.line.interpreter import run_call
from ivr.network.line.leg import Leg
from ivr.network.line.lines import App
from ivr.network.verbs.queueing import Dequeued
from ivr.store import QueueEntry, Store
from ivr.testing.explorer.actions import example
from ivr.testing.script import Fault, Script

# --- the back office ----------------------------------------------------------------------------------------


def change_back_office(demo: Demo | None, back_office: object, script: Script) -> list[Issue]:
    """Changes the back office as the script says; what it does not take, each at its place."""
    problems: list[Issue] = []
    for index, world in enumerate(script.given.back_office):
        wrong = demo.give(back_office, world) if demo is not None else [("", "this hotline has no demo to change")]
        for path, message in wrong:
            place = script.given.places[f"back_office.{index}{'.' if path else ''}{path}"]
            problems.append(Issue("back-office", message, place))
    return problems


class Proxy:
    """Stands for the back office of the moment."""

    def __init__(self, present: Callable[[], object]) -> None:
        self._present = present

    def __getattr__(self, name: str) -> Any:
        return getattr(self._present(), name)


# --- faults -------------------------------------------------------------------------------------------------


class Sender:
    """Carries out text messages and calls, unless they are to fail. What is slow is done later, and nobody is told."""

    def __init__(self) -> None:
        self.behind: NetworkSender | None = None
        self._faults: dict[str, DemoFault] = {}

    def set_faults(self, faults: Mapping[str, Fault]) -> None:
        """`sms` and `calls` fail from now on as these say."""
        self._faults = {name: DemoFault(faults.get(name, "")) for name in ("sms", "calls")}

    def send_text(self, key: str, to: str, body: str) -> str:
        return self._carry_out("sms", lambda behind: behind.send_text(key, to, body))

    def place_call(self, key: str, to: str, url: str, *, status_url: str = "", ring_seconds: int = 30) -> str:
        return self._carry_out(
            "calls",
            lambda behind: behind.place_call(key, to, url, status_url=status_url, ring_seconds=ring_seconds),
        )

    def steer(self, key: str, call: str, url: str) -> None:
        behind, fault = self._behind(), self._faults["calls"]
        if not fault.after_all and fault.fails_now():
            raise NotSent("a fault that was set up")
        behind.steer(key, call, url)

    def placed_calls(self, to: str, since: datetime) -> Sequence[str]:
        return self._behind().placed_calls(to, since)

    def sent_texts(self, to: str, body: str, since: datetime) -> Sequence[str]:
        return self._behind().sent_texts(to, body, since)

    def _carry_out(self, what: str, act: Callable[[NetworkSender], str]) -> str:
        behind, fault = self._behind(), self._faults[what]
        if fault.slow_seconds:

            def late_act() -> None:
                act(behind)

            behind.network.clock.after(fault.slow_seconds, late_act)
            raise TimeoutError("a fault that was set up")
        if not fault.fails_now():
            return act(behind)
        if fault.after_all:
            act(behind)
            raise TimeoutError("a fault that was set up")
        raise NotSent("a fault that was set up")

    def _behind(self) -> NetworkSender:
        assert self.behind is not None  # noqa: S101 - set before every call
        return self.behind


def failing(handlers: Mapping[str, Handler], faults: Mapping[str, Fault]) -> Mapping[str, Handler]:
    """The handlers, of which those named `handler:<name>` fail."""
    chosen = {name.removeprefix("handler:"): fault for name, fault in faults.items() if name.startswith("handler:")}
    return {
        name: replace(entry, function=_failing(entry.function, DemoFault(chosen[name]))) if name in chosen else entry
        for name, entry in handlers.items()
    }


def _failing(function: Callable[..., Any], fault: DemoFault) -> Callable[..., Any]:
    @functools.wraps(function)
    def fails(case: Case[Any], **taken: Any) -> Any:
        fault.strike()
        return function(case, **taken)

    return fails


def answering(
    handlers: Mapping[str, Handler], answers: Mapping[str, Sequence[str]], language: str
) -> Mapping[str, Handler]:
    """The handlers, of which these give these outcomes, one after another, with made-up values."""
    return {
        name: replace(entry, function=_answering(entry, answers[name], language)) if name in answers else entry
        for name, entry in handlers.items()
    }


def _answering(entry: Handler, answers: Sequence[str], language: str) -> Callable[..., Any]:
    left = list(answers)

    @functools.wraps(entry.function)
    def answers_so(case: Case[Any], **taken: Any) -> Any:
        outcome = left.pop(0) if len(left) > 1 else left[0]
        if outcome == "unavailable":
            raise BackOfficeUnavailable("a fault that was set up")
        kinds = entry.spec.outcomes[outcome]
        return found(outcome, **{name: to_python(example(kind, name, language), kind) for name, kind in kinds.items()})

    return answers_so


WSGIApp = Callable[[dict[str, Any], Any], Iterable[bytes]]


def failing_app(app: WSGIApp, network: Network, fault: Fault | None) -> WSGIApp:
    """The hotline, whose answers to the caller's turns are lost on their way, or late."""
    if fault is None:
        return app
    counter = DemoFault(fault)

    def lost(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        if "/turns/" not in environ["PATH_INFO"]:
            return app(environ, start)
        network.spend(counter.slow_seconds)
        answer = list(app(environ, start))
        if counter.fails_now():
            raise ConnectionError("a fault that was set up")
        return answer

    return lost


# --- callers who wait already ---------------------------------------------------------------------------------


def add_waiting_caller(network: Network, store: Store, queue: str, talk_seconds: float) -> None:
    """Puts one more caller into a queue. Once an agent has taken the call, they talk for so long and hang up."""
    line = Line("answer", talks_for=talk_seconds)
    leg = Leg(network, "+8613700137000", "", "inbound", App(), line=line)
    network.start(leg, run_call(leg, f'<Response><Enqueue waitUrl="">{queue}</Enqueue></Response>'))
    with store.turn(leg.sid, 0) as turn:
        turn.queue_entry(QueueEntry(call_id=leg.sid, queue=queue, joined_at=network.clock.now()))


def lose_callers(network: Network, queue: str, fault: Fault) -> None:
    """Loses callers of this queue on the way to an agent: the agent has hung up by then."""
    counter = DemoFault(fault)

    def look() -> None:
        waiting = network.queue(queue)
        if waiting.members and counter.fails_now():
            member = waiting.members[0]
            waiting.leave(member)
            gone = Leg(network, "+8613700137001", "", "inbound", App())
            member.dequeue(Dequeued(gone, None))
        network.clock.after(1.0, look)

    network.clock.after(1.0, look)


# --- the log ------------------------------------------------------------------------------------------------

_OWN = frozenset(vars(logging.LogRecord("", 0, "", 0, "", None, None))) | {"message", "asctime"}


class CapturedLog(logging.Handler):
    """What the hotline logs, with all that is logged beside the message."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.faults: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        extra = " ".join(f"{name}={told}" for name, told in vars(record).items() if name not in _OWN)
        trace = ""
        if record.exc_info and record.exc_info[1] is not None:
            trace = f" {type(record.exc_info[1]).__name__}: {record.exc_info[1]}"
            self.faults.append(f"{record.getMessage()}:{trace}")
        self.lines.append(f"{record.levelname.lower()} {record.getMessage()} {extra}{trace}".strip())


@contextmanager
def captured_log() -> Iterator[CapturedLog]:
    """Keeps what `ivr` logs, and prints none of it."""
    logger = logging.getLogger("ivr")
    before = logger.level, logger.propagate, list(logger.handlers)
    log = CapturedLog()
    logger.handlers = [log]
    logger.propagate = False
    logger.setLevel(logging.INFO)
    try:
        yield log
    finally:
        logger.level, logger.propagate, logger.handlers = before
        logger.setLevel(before[0])
