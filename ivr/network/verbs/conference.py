"""`<Dial><Conference>`: a call in a conference, from entering it to leaving it. docs/twilio-facts.md#a8-conference"""

from dataclasses import replace
from typing import get_args

from ivr.network.line.conferences import ConferenceStarted, EventGroup, enter, leave
from ivr.network.line.documents import DocumentFailure, Redirected, RunningDocument, Scope
from ivr.network.line.interpreter import fetch, perform, utter
from ivr.network.line.leg import Conference, Leg, Participant
from ivr.network.line.listening import Listening
from ivr.network.line.outgoing import connected
from ivr.network.line.recorder import recording_settings
from ivr.network.verbs.simple import call_status
from ivr.network.wire.debugger import Problem
from ivr.network.wire.fiber import Afterwards, Event, Program, Wait
from ivr.network.wire.transport import Params
from ivr.network.wire.twiml_parser import Element

_WAIT = Scope("conference wait", frozenset({"Play", "Say", "Pause", "Redirect"}), 13238)
_MUSIC_SECONDS = 60.0


def dial_conference(leg: Leg, element: Element, noun: Element, document: RunningDocument) -> Program[Params]:
    """Be in a conference until leaving it; gives what the Dial's action is told."""
    net = leg.net
    conference = net.conference(noun.words)
    if conference.callback is None and noun.text("statusCallback"):
        conference.callback = document.webhook(noun.text("statusCallback"), noun.text("statusCallbackMethod"))
        conference.events = frozenset(noun.several("statusCallbackEvent"))
        for event in sorted(conference.events - set(get_args(EventGroup))):
            leg.problem(Problem(0, f"statusCallbackEvent {event!r} of a conference is never told here", noun.line))
    if len(conference.participants) >= (noun.whole("maxParticipants") or 250):
        leg.problem(Problem(16020, f"the conference {conference.name!r} is full", noun.line))
        return call_status("failed")
    me = Participant(
        leg,
        noun.flag("startConferenceOnEnter"),
        noun.flag("endConferenceOnExit"),
        noun.flag("muted"),
        noun.text("participantLabel") or "",
        beeps_on_enter=noun.text("beep") in ("true", "onEnter"),
        beeps_on_exit=noun.text("beep") in ("true", "onExit"),
        coaches=noun.text("coach") or "",
        wait=document.webhook(noun.text("waitUrl"), noun.text("waitMethod")) if noun.text("waitUrl") else None,
        waits_in_silence=noun.text("waitUrl") == "",
    )
    if (recording := recording_settings(noun, document)) is not None:
        conference.recording = replace(recording, conference_sid=conference.sid)
    enter(conference, me)

    def gone() -> None:
        leg.listening = None
        leave(conference, me)

    with Afterwards(gone):
        try:
            yield from _stay(me, element, conference)
        except Redirected:
            me.left_because = "participant_updated_via_api"
            raise
    return call_status("answered")


def _stay(me: Participant, element: Element, conference: Conference) -> Program[None]:
    """Wait until the conference begins, then be in it until it or its time ends, or until a `*` that counts."""
    leg, clock = me.leg, me.leg.net.clock
    while conference.status == "init":
        try:
            yield from _wait(me)
        except ConferenceStarted:
            leg.stop_speaking()
    if conference.status == "completed":  # ended before it began
        return
    leg.listening = Listening("bridge", ready=True, inputs=("dtmf", "speech"))
    leg.note("network", "connected", conference.name)
    connected(leg)
    star = element.flag("hangupOnStar")
    limit = element.whole("timeLimit")
    deadline = None if limit is None else clock.seconds + limit
    while conference.status == "in-progress":
        left = None if deadline is None else deadline - clock.seconds
        try:
            event: Event | None = yield Wait(left, frozenset({"ended", "key"} if star else {"ended"}))
        except ConferenceStarted:
            continue
        if event is None or event.kind == "ended" or event.value == "*":
            return


def _wait(me: Participant) -> Program[None]:
    """Music, or the wait document once; after it there is silence unless it redirects. [D]"""
    leg, webhook = me.leg, me.wait
    while webhook is None and not me.waits_in_silence:
        leg.listening = Listening("hold", ready=True)
        yield from utter(leg, "played", "hold music", language="", seconds=_MUSIC_SECONDS)
    while webhook is not None:
        current = yield from fetch(leg, webhook, _WAIT)
        if any(word.code == 12200 for word in current.parsed.warnings) and not current.parsed.verbs:
            raise DocumentFailure(Problem(13238, "the wait document holds nothing that may be played"), webhook.url)
        webhook = yield from perform(leg, current)
    leg.listening = Listening("hold", ready=True)
    yield Wait(None)
