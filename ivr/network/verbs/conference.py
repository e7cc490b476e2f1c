"""`<Dial><Conference>`: being in a room of several, from entering it to leaving it. (A8)"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from ivr.network.line.conferences import Conference, Participant, Started
from ivr.network.line.interpreter import Ask, Failure, Page, Scope, fetch, perform, utter
from ivr.network.line.leg import Leg, Listening, Redirected
from ivr.network.line.outgoing import connected
from ivr.network.line.recorder import report_of
from ivr.network.wire.debugger import Problem
from ivr.network.wire.fiber import Afterwards, Job, Wait
from ivr.network.wire.twiml_parser import Element

Facts = tuple[tuple[str, str], ...]

_WAIT = Scope("conference wait", frozenset({"Play", "Say", "Pause", "Redirect"}), 13238)
_MUSIC_SECONDS = 60.0


def dial_conference(leg: Leg, element: Element, noun: Element, page: Page) -> Generator[Wait | Job, Any, Facts]:
    """Be in a conference until leaving it; gives what the Dial's action is told."""
    net = leg.net
    room = net.room(noun.words)
    if room.callback is None and noun.text("statusCallback"):
        room.callback = page.ask(noun.text("statusCallback"), noun.text("statusCallbackMethod"))
        room.events = frozenset((noun.text("statusCallbackEvent") or "").replace(",", " ").split())
    if len(room.participants) >= (noun.whole("maxParticipants") or 250):
        leg.problem(Problem(16020, f"the conference {room.name!r} is full", noun.line))
        return (("DialCallStatus", "failed"),)
    me = Participant(
        leg,
        noun.flag("startConferenceOnEnter"),
        noun.flag("endConferenceOnExit"),
        noun.flag("muted"),
        noun.text("participantLabel") or "",
        beep=noun.text("beep") or "true",
        coaches=noun.text("coach") or "",
    )
    if noun.text("record") in ("record-from-start", "true"):
        room.record, room.recording = True, report_of(noun, page)
    room.enter(me)

    def gone() -> None:
        leg.listening = None
        room.leave(me)

    with Afterwards(gone):
        try:
            yield from _stay(leg, element, noun, page, room)
        except Redirected:
            me.left_because = "participant_updated_via_api"
            raise
    return (("DialCallStatus", "answered"),)


def _stay(leg: Leg, element: Element, noun: Element, page: Page, room: Conference) -> Generator[Wait | Job, Any, None]:
    """Wait until the room begins, then be in it until it or its time is over, or `*` is pressed where that counts."""
    clock = leg.net.clock
    while room.status == "init":
        try:
            yield from _wait(leg, noun, page)
        except Started:
            leg.stop_speaking()
    if room.status == "completed":  # ended before it began
        return
    leg.listening = Listening("bridge", ready=True, inputs=("dtmf", "speech"))
    leg.note("network", "connected", room.name)
    connected(leg)
    star = element.flag("hangupOnStar")
    limit = element.whole("timeLimit")
    deadline = None if limit is None else clock.seconds + limit
    while room.status == "in-progress":
        left = None if deadline is None else deadline - clock.seconds
        try:
            event = yield Wait(left, frozenset({"ended", "key"} if star else {"ended"}))
        except Started:
            continue
        if event is None or event.kind == "ended" or event.value == "*":
            return


def _wait(leg: Leg, noun: Element, page: Page) -> Generator[Wait | Job, Any, None]:
    """Music, or the wait document once; after it there is silence unless it redirects. [D]"""
    url = noun.text("waitUrl")
    while url is None:
        leg.listening = Listening("hold", ready=True)
        yield from utter(leg, "played", "hold music", language="", seconds=_MUSIC_SECONDS)
    if url:
        ask: Ask | None = page.ask(url, noun.text("waitMethod"))
        while ask is not None:
            current = yield from fetch(leg, ask, _WAIT)
            if any(word.code == 12200 for word in current.document.warnings) and not current.document.verbs:
                raise Failure(Problem(13238, "the wait document holds nothing that may be played"), ask.url)
            ask = yield from perform(leg, current)
    leg.listening = Listening("hold", ready=True)
    yield Wait(None)
