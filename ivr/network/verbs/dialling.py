"""Dial: numbers and clients rung at once or in turn, screened, bridged; queues and conferences.

docs/twilio-facts.md#a8-dial
"""

import re
from dataclasses import dataclass
from typing import Literal

from ivr.network.line.documents import DocumentFailure, HungUp, Redirected, RunningDocument, Scope
from ivr.network.line.interpreter import EndOfCall, VerbProgram, run_aside, run_call, verb
from ivr.network.line.leg import Leg, Recorder
from ivr.network.line.lines import App
from ivr.network.line.outgoing import detect_beside, join, machine_detection, part, ring_until_answered, tones
from ivr.network.line.recorder import recording_params, recording_settings, start_recorder, stop
from ivr.network.line.records import RecordingSettings
from ivr.network.line.statuses import FinalStatus, call_events
from ivr.network.verbs.conference import dial_conference
from ivr.network.verbs.queueing import dial_queue, talk
from ivr.network.verbs.simple import call_status, parameters, request_action
from ivr.network.wire.debugger import Problem
from ivr.network.wire.fiber import Event, EventKind, Program, Wait
from ivr.network.wire.transport import Params
from ivr.network.wire.twiml_parser import Element

_ChildEvent = Literal["answered", "ready", "over"]
_CHILD: frozenset[EventKind] = frozenset({"child", "key"})
_PUNCTUATION = re.compile(r"[\s().-]")
_SCREEN = Scope(
    "screening",
    frozenset(
        {"Say", "Play", "Pause", "Gather", "Hangup", "Redirect", "Record", "Reject", "Leave", "Sms", "Start", "Stop"}
    ),
    13201,
)
_SCHEMES = {"Client": "client:", "Sip": "sip:", "Sim": "sim:", "WhatsApp": "whatsapp:", "Application": "app:"}
"""How the address of each noun is written when it is no telephone number."""
_WORST_FIRST: tuple[FinalStatus, ...] = ("busy", "no-answer", "failed", "canceled")


@dataclass(frozen=True, slots=True)
class _Target:
    """One noun of a Dial that can be rung."""

    address: str
    noun: Element | None


@verb("Dial")
def dial(leg: Leg, element: Element, document: RunningDocument) -> VerbProgram:
    """Connect the call to somebody else; then `action` with DialCallStatus, or the next verb."""
    kinds = {child.name for child in element.children}
    if "Conference" in kinds and len(element.children) > 1:
        leg.problem(Problem(13000, "<Conference> may not be mixed with other nouns", element.line))
    special = next((child for child in element.children if child.name in ("Queue", "Conference")), None)
    params: Params
    try:
        if special is not None:
            leg.answer()
            program = dial_queue if special.name == "Queue" else dial_conference
            params = yield from program(leg, element, special, document)
        else:
            params = yield from _dial_numbers(leg, element, document)
    except _CallerHungUp as gone:
        yield from request_action(leg, element, document, gone.params)
        raise HungUp from None
    except HungUp:
        part(leg)
        params = (("DialBridged", "true"), *call_status("completed"))
        if special is not None and special.name == "Conference":
            params = call_status("answered")
        yield from request_action(leg, element, document, params)
        raise
    return document.action(element, params)


class _CallerHungUp(Exception):
    """The caller hung up while dialling; carries what the action is told."""

    def __init__(self, params: Params) -> None:
        super().__init__()
        self.params = params


def _dial_numbers(leg: Leg, element: Element, document: RunningDocument) -> Program[Params]:
    targets = _targets(leg, element)
    if not targets or not _has_caller_id(leg, element, targets):
        return (("DialBridged", "false"), *call_status("failed"))
    groups = [[target] for target in targets] if element.flag("sequential") else [targets]
    params: Params = ()
    for group in groups:
        params, answered = yield from _ring_group(leg, element, document, group)
        if answered:
            break
    return params


def _has_caller_id(leg: Leg, element: Element, targets: list[_Target]) -> bool:
    """Whether the numbers may be rung: from one of ours, or from one of this call's own; 13214 is logged if not.

    A client has no number of its own, so it needs a callerId. docs/twilio-facts.md#a8-dial
    """
    shown = element.text("callerId") or leg.from_
    if all(target.address.startswith(tuple(_SCHEMES.values())) for target in targets):
        return True
    nobody = shown.startswith(("client:", "sip:"))
    if not nobody and (shown in (leg.from_, leg.to) or leg.net.may_call_from(shown)):
        return True
    leg.problem(Problem(13214, f"<Dial> calls from {shown!r}, which is no number of this account", element.line))
    return leg.net.options.wrong_caller_id == "go on"


@dataclass
class _Attempt:
    """Some targets that ring at once, and what came of it."""

    children: list[Leg]
    winner: Leg | None = None  # the first to answer
    bridged: bool = False
    recorder: Recorder | None = None


def _ring_group(
    leg: Leg, element: Element, document: RunningDocument, group: list[_Target]
) -> Program[tuple[Params, bool]]:
    """Ring some targets at once; the first to answer wins. Gives what the action is told, and whether one did."""
    attempt = _Attempt([_child(leg, element, document, target) for target in group])
    leg.note("network", "ringing", ", ".join(target.address for target in group))
    if "ringing" in (element.text("record") or ""):
        attempt.recorder = start_recorder(leg, "DialVerb", recording_settings(element, document) or RecordingSettings())
    try:
        yield from _wait_for_answer(element, attempt)
        yield from _talk_with_winner(leg, element, document, attempt)
    except HungUp:
        _end_children(attempt)
        raise _CallerHungUp(_outcome(leg, attempt)) from None
    except Redirected:
        _end_children(attempt)
        _outcome(leg, attempt)
        raise
    _end_children(attempt)
    return _outcome(leg, attempt), attempt.winner is not None


def _wait_for_answer(element: Element, attempt: _Attempt) -> Program[None]:
    """Wait until one answers, which calls the others off, until all have ended, or until a `*` that counts."""
    while attempt.winner is None and not all(child.over for child in attempt.children):
        event: Event = yield Wait(None, _CHILD)
        if event.kind == "child" and event.value[1] == "answered":
            attempt.winner = event.value[0]
            for child in attempt.children:
                if child is not attempt.winner:
                    child.end("canceled", "network")
        elif event.kind == "key" and event.value == "*" and element.flag("hangupOnStar"):
            return


def _talk_with_winner(leg: Leg, element: Element, document: RunningDocument, attempt: _Attempt) -> Program[None]:
    """Wait until whoever answered has passed the screening, then let both talk until one goes."""
    winner = attempt.winner
    while winner is not None and not winner.over and not attempt.bridged:
        event = yield Wait(None, frozenset({"child"}))
        if event.value == (winner, "ready"):
            leg.answer()
            attempt.bridged = True
            join(leg, winner)
            if attempt.recorder is None and (settings := recording_settings(element, document)) is not None:
                attempt.recorder = start_recorder(leg, "DialVerb", settings)
            yield from talk(leg, element)


def _end_children(attempt: _Attempt) -> None:
    for child in attempt.children:
        child.end("completed" if child.answered is not None else "canceled", "network")


def _outcome(leg: Leg, attempt: _Attempt) -> Params:
    """Give what the action is told; a recorder is stopped first."""
    part(leg)
    recorded = () if attempt.recorder is None else recording_params(stop(attempt.recorder))
    if attempt.winner is None:
        statuses = {child.status for child in attempt.children}
        status: FinalStatus = next((word for word in _WORST_FIRST if word in statuses), "no-answer")
        return (("DialBridged", "false"), ("DialCallSid", attempt.children[-1].sid), *call_status(status))
    return (
        ("DialBridged", "true" if attempt.bridged else "false"),
        ("DialCallDuration", str(attempt.winner.duration)),
        ("DialCallSid", attempt.winner.sid),
        *call_status("completed"),
        *recorded,
    )


def _child(parent: Leg, element: Element, document: RunningDocument, target: _Target) -> Leg:
    net = parent.net
    noun = target.noun
    settings = App(status_events=())
    if noun is not None and noun.text("statusCallback"):
        webhook = document.webhook(noun.text("statusCallback"), noun.text("statusCallbackMethod"))
        events = call_events(noun.several("statusCallbackEvent"))
        settings = App(status_callback=webhook.url, status_callback_method=webhook.method, status_events=events)
    if target.address not in net.lines and net.app_at(target.address) is None:
        message = f"nobody has {target.address} on this network; see the switch unknown_number"
        parent.problem(Problem(0, message, element.line))
    child = Leg(
        net,
        element.text("callerId") or parent.from_,
        target.address,
        "outbound-dial",
        settings,
        role="agent",
        parent=parent,
        line=net.line_at(target.address),
        given=() if noun is None else parameters(noun),
    )
    timeout = (element.whole("timeout") or 30) + net.options.dial_extra_seconds
    child.on_end.append(lambda: _tell_parent(parent, child, "over"))
    net.start(child, _answering(child, parent, timeout, target, document))
    return child


def _answering(leg: Leg, parent: Leg, timeout: float, target: _Target, document: RunningDocument) -> Program[None]:
    """The program of a dialled leg: ring, play its keys, screen, then stay until one end goes."""
    if not (yield from ring_until_answered(leg, timeout)):
        return
    _tell_parent(parent, leg, "answered")
    noun = target.noun
    if noun is not None and (noun.text("machineDetection") or "false") != "false":
        callback = noun.text("amdStatusCallback")
        told = document.webhook(callback, noun.text("amdStatusCallbackMethod")) if callback else None
        mode = noun.text("machineDetection") or ""
        detect_beside(leg, machine_detection(mode, lambda name: noun.whole(f"machineDetection{name}"), told))
    try:
        if noun is not None and noun.text("sendDigits"):
            yield from tones(leg, noun.text("sendDigits") or "")
        if noun is not None and noun.text("url"):
            yield from run_aside(leg, document.webhook(noun.text("url"), noun.text("method")), _SCREEN)
    except DocumentFailure as failure:
        leg.problem(failure.problem, failure.url)
        leg.end("completed", "network")
        return
    except EndOfCall:
        leg.end("completed", "hotline")
        return
    _tell_parent(parent, leg, "ready")
    while True:
        try:
            yield Wait(None, frozenset({"parted"}))
        except Redirected as redirected:
            part(leg)
            yield from run_call(leg, redirected.to)
            return


def _tell_parent(parent: Leg, child: Leg, what: _ChildEvent) -> None:
    if what == "over" and parent.peer is child:
        part(child)
        return
    parent.fiber.tell("child", (child, what))


def _targets(leg: Leg, element: Element) -> list[_Target]:
    found: list[_Target] = []
    if element.words and not element.children:
        found.append(_Target(element.words, None))
    for noun in element.children:
        if noun.name == "Number":
            found.append(_Target(noun.words, noun))
        elif noun.name in _SCHEMES:
            named = [child for child in noun.children if child.name != "Parameter"]
            address = noun.words or next(
                ("".join(p for p in c.pieces if isinstance(p, str)).strip() for c in named), ""
            )
            address = address.partition("?")[0]  # what follows are SIP headers
            if not address:
                leg.problem(Problem(12200, f"<{noun.name}> names nobody", noun.line))
                continue
            known = address.startswith((_SCHEMES[noun.name], "sips:"))
            found.append(_Target(address if known else _SCHEMES[noun.name] + address, noun))
    if len(found) > 10:
        leg.problem(Problem(12200, f"<Dial> rings at most 10 at once, not {len(found)}", element.line))
        found = found[:10]
    return [_Target(number, t.noun) for t in found if (number := _address(leg, t.address, element.line))]


def _address(leg: Leg, text: str, line: int) -> str:
    """Give a dialled address in E.164, or nothing with 13223 logged. Plain US formats are accepted. [D]"""
    if text.startswith((*_SCHEMES.values(), "sips:")):
        return text
    number = _PUNCTUATION.sub("", text)
    if number in leg.net.lines or number in leg.net.numbers:
        return number
    if re.fullmatch(r"\+\d{1,15}", number):
        return number
    if re.fullmatch(r"\d{10}", number):
        return f"+1{number}"
    if re.fullmatch(r"1\d{10}", number):
        return f"+{number}"
    if re.fullmatch(r"\d{1,15}", number):
        return f"+{number}"
    leg.problem(Problem(13223, f"{text!r} is no telephone number", line))
    return ""
