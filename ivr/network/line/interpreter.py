"""A call through its documents: fetch, read, perform verb after verb, fall back, apologise.

Knows A1, A4.1 and A5 of the facts sheet. The verbs themselves live in modules of their own and register here
by name; each is a program that gives the next request (`Ask`) or None to fall through to the next verb.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

from ivr.network.line.leg import Leg, Redirected
from ivr.network.line.speech import duration
from ivr.network.wire.carrier import Fetched, Params
from ivr.network.wire.debugger import Problem
from ivr.network.wire.fiber import NOTHING, Afterwards, Event, Job, Wait
from ivr.network.wire.twiml_parser import Document, Element, Unreadable, decoded, parse

APPLICATION_ERROR = "We're sorry, an application error has occurred. Goodbye."

_TWIML_TYPES = ("text/xml", "application/xml", "text/html")
_AUDIO_TYPES = frozenset(
    f"audio/{kind}" for kind in ["mpeg", "wav", "wave", "x-wav", "aiff", "x-aifc", "x-aiff", "x-gsm", "gsm", "ulaw"]
)


@dataclass(frozen=True, slots=True)
class Ask:
    """A request to make for the next document."""

    url: str
    method: str = "POST"
    extra: Params = ()


@dataclass(frozen=True, slots=True)
class Scope:
    """Which kind of document is performed: which verbs it may hold, and what its requests add."""

    name: str = "call"
    allowed: frozenset[str] | None = None
    code: int = 12200  # logged for a verb that is not allowed here
    extra: Callable[[], Params] = tuple

    @property
    def holding(self) -> bool:
        """Whether the person is on hold while it plays."""
        return self.name == "wait"


CALL = Scope()


@dataclass(frozen=True, slots=True)
class Page:
    """A document in hand, with the address its relative URLs start from."""

    url: str
    document: Document
    scope: Scope = CALL

    def ask(self, url: str | None, method: str | None, extra: Params = ()) -> Ask:
        """Give the request for `url` (None: this document again)."""
        if not url:
            if not self.url:
                raise Failure(Problem(15004, "no address: a document without a URL needs absolute ones"), "")
            return Ask(self.url, method or "POST", extra)
        try:
            relative = not urlsplit(url).scheme
            if relative and self.url:
                url = urljoin(self.url, url)
        except ValueError as why:
            raise Failure(Problem(11100, f"{url!r} is no address: {why}"), url) from None
        if relative and not self.url:
            raise Failure(Problem(15004, f"{url!r} must be absolute in a document without a URL"), url)
        return Ask(url, method or "POST", extra)


class Failure(Exception):
    """A fetch or a document failed for good; the call goes to its fallback URL or apologises."""

    def __init__(self, problem: Problem, url: str) -> None:
        super().__init__(f"{problem.code}: {problem.message} ({url})")
        self.problem = problem
        self.url = url


class Over(Exception):
    """The document ended the call."""

    def __init__(self, status: str = "completed") -> None:
        super().__init__(status)
        self.status = status


Steps = Generator[Wait | Job, Any, Ask | None]
Speech = Generator[Wait | Job, Any, Event | None]
Verb = Callable[[Leg, Element, Page], Steps]
VERBS: dict[str, Verb] = {}


def verb(name: str) -> Callable[[Verb], Verb]:
    """Register the program of one verb."""

    def keep(program: Verb) -> Verb:
        VERBS[name] = program
        return program

    return keep


def call(leg: Leg, ask: Ask | None, page: Page | None = None) -> Generator[Wait | Job, Any, None]:
    """Run a leg from its first document (`ask`, or a `page` already in hand) until it is over."""
    looped = False
    while ask is not None or page is not None:
        try:
            try:
                if page is None and ask is not None:
                    page = yield from fetch(leg, ask, CALL)
                current, page = page, None
                ask = yield from perform(leg, current) if current is not None else _nothing()
                if ask is None:
                    break
            except Failure as failure:
                page = None
                fallback = leg.settings.fallback_url
                if ask is not None and ask.url == fallback:
                    fallback = ""  # it has failed itself
                if failure.problem.code == 0:  # the loop guard: the fallback is its one way out
                    fallback = "" if looped else fallback
                    looped = True
                    leg.begin_afresh()
                leg.problem(failure.problem, failure.url, fallback)
                if fallback:
                    extra = (("ErrorCode", str(failure.problem.code)), ("ErrorUrl", failure.url))
                    ask = Ask(fallback, leg.settings.fallback_method, extra)
                    continue
                yield from _apologise(leg)
                return
        except Redirected as redirected:
            leg.stop_speaking()
            leg.listening = None
            leg.answer()
            page = redirected.ask if isinstance(redirected.ask, Page) else None
            ask = redirected.ask if isinstance(redirected.ask, Ask) else None
        except Over as over:
            leg.end(over.status, "hotline")
            return
    leg.answer()
    leg.end("completed", "hotline")


def _nothing() -> Steps:
    return None
    yield


def fetch(leg: Leg, ask: Ask, scope: Scope) -> Generator[Wait | Job, Any, Page]:
    """Get a document; raises Failure. Counts it for the loop guard."""
    trouble = leg.loops(scope.holding)
    if trouble:
        raise Failure(Problem(0, f"loop guard of the emulator (Twilio has none): {trouble}", level="error"), ask.url)
    fetched: Fetched = yield request(leg, ask, scope.extra())
    leg.requests.extend(fetched.exchanges)
    for warning in fetched.warnings:
        leg.problem(warning, ask.url)
    if fetched.problem is not None or fetched.reply is None:
        raise Failure(fetched.problem or Problem(11200, "no reply"), ask.url.partition("#")[0])
    base = fetched.url if leg.net.options.base_url_after_redirect == "final" else ask.url.partition("#")[0]
    page = Page(base, _read(leg, fetched, base), scope)
    leg.document_url = base
    for warning in page.document.warnings:
        leg.problem(warning, base)
    return page


def request(leg: Leg, ask: Ask, extra: Params = ()) -> Job:
    """Give the work of one request of this leg."""
    params = leg.params(extra + ask.extra)
    net = leg.net

    def work() -> tuple[Fetched, float]:
        fetched = net.carrier.fetch(ask.method, ask.url, params, leg.jar)
        # Over a socket only whole seconds count in virtual time, so that a quick app gives equal transcripts.
        seconds = fetched.seconds if net.carrier.serves(ask.url) else math.floor(fetched.seconds)
        return fetched, seconds + net.options.seconds_per_request

    return Job(work)


def perform(leg: Leg, page: Page) -> Steps:
    """Perform the verbs of a document in order; gives the request that takes over, or None at its end."""
    scope = page.scope
    for index, element in enumerate(page.document.verbs):
        name = element.name
        program = VERBS.get(name)
        if program is None:
            if leg.net.options.strict:
                raise Failure(Problem(12200, f"<{name}> is no verb (strict)", element.line), page.url)
            continue
        if scope.allowed is not None and name not in scope.allowed:
            leg.problem(Problem(scope.code, f"<{name}> may not stand in a {scope.name} document", element.line))
            if scope.code == 13201:
                raise Failure(Problem(13201, f"<{name}> in a screening document", element.line), page.url)
            continue
        if leg.status == "ringing" and not (index == 0 and _keeps_ringing(element)):
            leg.answer()
        ask = yield from program(leg, element, page)
        if ask is not None:
            return ask
    return None


def utter(leg: Leg, kind: str, text: str, *, language: str, seconds: float, wanted: frozenset[str] = NOTHING) -> Speech:
    """Say or play something; gives the wanted event that cut it short, or None when it was heard out."""
    leg.start_speaking("hotline", kind, text, language, seconds)
    with Afterwards(leg.stop_speaking):
        event: Event | None = yield Wait(seconds, wanted)
    return event


def _keeps_ringing(first: Element) -> bool:
    return first.name in ("Reject", "Pause") or (first.name == "Dial" and first.flag("answerOnBridge"))


def _apologise(leg: Leg) -> Generator[Wait | Job, Any, None]:
    if leg.status == "ringing" and leg.net.options.first_request_failure == "busy":
        leg.end("busy", "network")
        return
    leg.answer()
    options = leg.net.options
    seconds = duration(
        APPLICATION_ERROR, "en-US", options.chinese_characters_per_second, options.english_words_per_second
    )
    leg.start_speaking("network", "said", APPLICATION_ERROR, "en-US", seconds)
    yield Wait(seconds)
    leg.stop_speaking()
    leg.end("completed", "network")


def _read(leg: Leg, fetched: Fetched, url: str) -> Document:
    reply = fetched.reply
    if reply is None:
        raise Failure(Problem(11200, "no reply"), url)
    if reply.too_long:
        raise Failure(Problem(11750, "the reply is over 64 kB"), url)
    header = reply.header("content-type")
    if header is None:
        raise Failure(Problem(11200, "the reply has no Content-Type (Twilio shows a 502); send text/xml"), url)
    kind, _, rest = header.partition(";")
    kind = kind.strip().lower()
    charset = ""
    if "charset=" in rest.lower():
        charset = rest.lower().partition("charset=")[2].partition(";")[0].strip(' "')
    try:
        if kind in _TWIML_TYPES:
            return parse(reply.body, charset, leg.net.options.bom_is_an_error)
        if kind == "text/plain":
            try:
                return parse(reply.body, charset, leg.net.options.bom_is_an_error)
            except Unreadable as why:
                if why.problem.code == 11770:
                    raise
                return _spoken(decoded(reply.body, charset or "utf-8", "replace"))
        if kind in _AUDIO_TYPES:
            return _played(url)
    except Unreadable as why:
        raise Failure(why.problem, url) from None
    raise Failure(Problem(12300, f"Content-Type {kind!r} is no TwiML; send text/xml"), url)


def _spoken(text: str) -> Document:
    values: dict[str, object] = {"voice": "man", "language": "", "loop": 1}
    return Document((Element("Say", {}, 1, values, words=" ".join(text.split())), Element("Hangup", {}, 1)))


def _played(url: str) -> Document:
    return Document((Element("Play", {}, 1, {"loop": 1, "digits": None}, words=url), Element("Hangup", {}, 1)))
