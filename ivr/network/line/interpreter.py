"""Runs a call through its documents: fetch, read, perform verb after verb, fall back, apologise.

The verbs stand in modules of their own and register here by name. Each is a program that gives the next request, or
None to go on with the next verb. docs/twilio-facts.md#a4-1-failures,
docs/twilio-facts.md#a5-documents
"""

import math
from collections.abc import Callable

from ivr.network.line.documents import CALL, DocumentFailure, Redirected, RunningDocument, Scope, Webhook
from ivr.network.line.leg import Leg
from ivr.network.line.speech import duration
from ivr.network.line.statuses import FinalStatus
from ivr.network.line.transcript import SpeechKind
from ivr.network.wire.carrier import Fetched
from ivr.network.wire.debugger import Problem
from ivr.network.wire.fiber import NOTHING, Afterwards, Event, EventKind, Job, Program, Wait
from ivr.network.wire.transport import Params
from ivr.network.wire.twiml_parser import Document, Element, Unreadable, decoded, parse

APPLICATION_ERROR = "We're sorry, an application error has occurred. Goodbye."

_TWIML_TYPES = ("text/xml", "application/xml", "text/html")
_AUDIO_TYPES = frozenset(
    f"audio/{kind}" for kind in ["mpeg", "wav", "wave", "x-wav", "aiff", "x-aifc", "x-aiff", "x-gsm", "gsm", "ulaw"]
)


class EndOfCall(Exception):
    """The document ended the call."""

    def __init__(self, status: FinalStatus = "completed") -> None:
        super().__init__(status)
        self.status = status


VerbProgram = Program[Webhook | None]
Utterance = Program[Event | None]
Verb = Callable[[Leg, Element, RunningDocument], VerbProgram]
VERBS: dict[str, Verb] = {}


def verb(name: str) -> Callable[[Verb], Verb]:

    def keep(program: Verb) -> Verb:
        VERBS[name] = program
        return program

    return keep


def run_call(leg: Leg, first: Webhook | str) -> Program[None]:
    """Run a leg from its first document, which is to be fetched or is there as TwiML, until the leg is over."""
    following: Webhook | str | None = first
    looped = False
    while following is not None:
        try:
            try:
                if isinstance(following, str):
                    document = _begun(leg, RunningDocument("", _parsed(following)))
                else:
                    document = yield from fetch(leg, following)
                following = yield from perform(leg, document)
            except DocumentFailure as failure:
                fallback = leg.settings.voice_fallback_url
                if isinstance(following, Webhook) and following.url == fallback:
                    fallback = ""  # it has failed itself
                if failure.problem.code == 0:  # the loop guard: the fallback is its one way out
                    fallback = "" if looped else fallback
                    looped = True
                    leg.loop_guard.reset()
                leg.problem(failure.problem, failure.url, fallback)
                if not fallback:
                    yield from _apologise(leg)
                    return
                extra = (("ErrorCode", str(failure.problem.code)), ("ErrorUrl", failure.url))
                following = Webhook(fallback, leg.settings.voice_fallback_method, extra)
        except Redirected as redirected:
            leg.stop_speaking()
            leg.listening = None
            leg.answer()
            following = redirected.to
        except EndOfCall as over:
            leg.end(over.status, "hotline")
            return
    if leg.kept_ringing and leg.status == "ringing":
        leg.end("no-answer", "hotline")
        return
    leg.answer()
    leg.end("completed", "hotline")


def fetch(leg: Leg, webhook: Webhook, scope: Scope = CALL) -> Program[RunningDocument]:
    """Get a document; raises DocumentFailure. Counts it for the loop guard."""
    trouble = leg.loop_guard.count(leg.net.clock.seconds, waiting=scope.holding)
    if trouble:
        told = f"loop guard of the emulator (Twilio has none): {trouble}"
        raise DocumentFailure(Problem(0, told, level="error"), webhook.url)
    fetched: Fetched = yield webhook_job(leg, webhook, scope.extra())
    leg.requests.extend(fetched.exchanges)
    for warning in fetched.warnings:
        leg.problem(warning, webhook.url)
    if fetched.problem is not None or fetched.reply is None:
        raise DocumentFailure(fetched.problem or Problem(11200, "no reply"), webhook.url.partition("#")[0])
    base = fetched.url if leg.net.options.base_url_after_redirect == "final" else webhook.url.partition("#")[0]
    return _begun(leg, RunningDocument(base, _read(leg, fetched, base), scope))


def _begun(leg: Leg, document: RunningDocument) -> RunningDocument:
    leg.document_url = document.url
    for warning in document.parsed.warnings:
        leg.problem(warning, document.url)
    return document


def webhook_job(leg: Leg, webhook: Webhook, extra: Params = ()) -> Job:
    """Give the job of making one request of this leg; its value is a Fetched."""
    params = leg.params(extra + webhook.extra)
    net = leg.net

    def work() -> tuple[Fetched, float]:
        fetched = net.carrier.fetch(webhook.method, webhook.url, params, leg.cookies)
        # Over a socket only whole seconds count in virtual time, so that a quick app gives equal transcripts.
        seconds = fetched.seconds if net.carrier.serves(webhook.url) else math.floor(fetched.seconds)
        return fetched, seconds + net.options.seconds_per_request

    return Job(work)


def run_aside(leg: Leg, webhook: Webhook | None, scope: Scope) -> Program[None]:
    """Fetch and perform a document and those that it redirects to, beside the documents of the call."""
    while webhook is not None:
        document = yield from fetch(leg, webhook, scope)
        webhook = yield from perform(leg, document)


def perform(leg: Leg, document: RunningDocument) -> VerbProgram:
    """Perform the verbs of a document in order; gives the request that takes over, or None at its end."""
    scope = document.scope
    for element in document.parsed.verbs:
        name = element.name
        program = VERBS.get(name)
        if program is None:
            if leg.net.options.strict:
                raise DocumentFailure(Problem(12200, f"<{name}> is no verb (strict)", element.line), document.url)
            continue
        if scope.allowed is not None and name not in scope.allowed:
            leg.problem(Problem(scope.code, f"<{name}> may not stand in a {scope.name} document", element.line))
            if scope.code == 13201:
                raise DocumentFailure(Problem(13201, f"<{name}> in a screening document", element.line), document.url)
            continue
        if leg.status == "ringing":
            if _is_heard(element) or (name == "Hangup" and not leg.kept_ringing):
                leg.answer()
            else:
                leg.kept_ringing = True
        webhook = yield from program(leg, element, document)
        if webhook is not None:
            return webhook
    return None


def utter(
    leg: Leg, kind: SpeechKind, text: str, *, language: str, seconds: float, wanted: frozenset[EventKind] = NOTHING,
    sound: str = "",
) -> Utterance:  # fmt: skip
    """Say or play something; gives the wanted event that cut it short, or None when it was heard out."""
    leg.start_speaking("hotline", kind, text, language, seconds, sound=sound)
    with Afterwards(leg.stop_speaking):
        event: Event | None = yield Wait(seconds, wanted)
    return event


def _is_heard(element: Element) -> bool:
    """Whether a verb answers a call that rings: it is heard, or it listens. A first <Hangup> answers too. [D]"""
    match element.name:
        case "Say":
            return bool(element.words)
        case "Dial":
            return not element.flag("answerOnBridge")
        case "Pause" | "Redirect" | "Enqueue" | "Leave" | "Reject" | "Hangup" | "Sms" | "Start" | "Stop":
            return False
    return True


def _apologise(leg: Leg) -> Program[None]:
    if leg.status == "ringing" and leg.net.options.first_request_failure == "busy":
        leg.end("busy", "network")
        return
    leg.answer()
    seconds = duration(APPLICATION_ERROR, "en-US", leg.net.options)
    leg.start_speaking("network", "said", APPLICATION_ERROR, "en-US", seconds)
    yield Wait(seconds)
    leg.stop_speaking()
    leg.end("completed", "network")


def _read(leg: Leg, fetched: Fetched, url: str) -> Document:
    reply = fetched.reply
    if reply is None:
        raise DocumentFailure(Problem(11200, "no reply"), url)
    if reply.too_long:
        raise DocumentFailure(Problem(11750, "the reply is over 64 kB"), url)
    header = reply.header("content-type")
    if header is None:
        raise DocumentFailure(Problem(11200, "the reply has no Content-Type (Twilio shows a 502); send text/xml"), url)
    kind, _, rest = header.lower().partition(";")
    kind, charset = kind.strip(), rest.partition("charset=")[2].partition(";")[0].strip(' "')
    if kind in _AUDIO_TYPES:
        return Document((Element("Play", {}, 1, {"loop": 1, "digits": None}, words=url), Element("Hangup", {}, 1)))
    if kind not in _TWIML_TYPES and kind != "text/plain":
        raise DocumentFailure(Problem(12300, f"Content-Type {kind!r} is no TwiML; send text/xml"), url)
    try:
        return _twiml_or_text(kind, reply.body, charset, leg.net.options.bom_is_an_error)
    except Unreadable as why:
        raise DocumentFailure(why.problem, url) from None


def _twiml_or_text(kind: str, body: bytes, charset: str, bom_is_an_error: bool) -> Document:
    try:
        return parse(body, charset, bom_is_an_error)
    except Unreadable as why:
        if kind != "text/plain" or why.problem.code == 11770:
            raise
        return _spoken(decoded(body, charset or "utf-8", "replace"))


def _parsed(twiml: str) -> Document:
    try:
        return parse(twiml.encode())
    except Unreadable as why:
        raise DocumentFailure(why.problem, "") from None


def _spoken(text: str) -> Document:
    values: dict[str, object] = {"voice": "man", "language": "", "loop": 1}
    return Document((Element("Say", {}, 1, values, words=" ".join(text.split())), Element("Hangup", {}, 1)))
