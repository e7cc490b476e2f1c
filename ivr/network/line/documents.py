"""What a call asks its app for, and a document while it is executed. docs/twilio-facts.md#a5-documents"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urljoin, urlsplit

from ivr.network.wire.debugger import Problem
from ivr.network.wire.fiber import Interrupt
from ivr.network.wire.options import Options
from ivr.network.wire.transport import Params
from ivr.network.wire.twiml_parser import Document, Element


@dataclass(frozen=True, slots=True)
class Webhook:
    """A request to make to an app; `extra` are parameters beside those that every request carries."""

    url: str
    method: str = "POST"
    extra: Params = ()


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a document is executed: which verbs it may hold there, and what its requests add."""

    name: Literal["call", "wait", "conference wait", "announcement", "whisper", "screening"] = "call"
    allowed: frozenset[str] | None = None
    code: int = 12200  # logged for a verb that is not allowed here
    extra: Callable[[], Params] = tuple

    @property
    def holding(self) -> bool:
        """Whether the person is on hold while it plays."""
        return self.name == "wait"


CALL = Scope()


class DocumentFailure(Exception):
    """A fetch or a document failed for good; the call goes to its fallback URL or apologises."""

    def __init__(self, problem: Problem, url: str) -> None:
        super().__init__(f"{problem.code}: {problem.message} ({url})")
        self.problem = problem
        self.url = url


@dataclass(frozen=True, slots=True)
class RunningDocument:
    """A document that is executed, and the address from which its relative URLs start."""

    url: str
    parsed: Document
    scope: Scope = CALL

    def webhook(self, url: str | None, method: str | None, extra: Params = ()) -> Webhook:
        """Give the request for `url` (None: this document again); raises DocumentFailure for what is no address."""
        if not url:
            if not self.url:
                raise DocumentFailure(Problem(15004, "no address: a document without a URL needs absolute ones"), "")
            return Webhook(self.url, method or "POST", extra)
        try:
            relative = not urlsplit(url).scheme
            if relative and self.url:
                url = urljoin(self.url, url)
        except ValueError as why:
            raise DocumentFailure(Problem(11100, f"{url!r} is no address: {why}"), url) from None
        if relative and not self.url:
            raise DocumentFailure(Problem(15004, f"{url!r} must be absolute in a document without a URL"), url)
        return Webhook(url, method or "POST", extra)

    def action(self, verb: Element, extra: Params) -> Webhook | None:
        """Give the request for a verb's `action`, or None for a verb without one."""
        url = verb.text("action")
        return self.webhook(url, verb.text("method"), extra) if url else None


class HungUp(Interrupt):
    """The leg is over."""


class Redirected(Interrupt):
    """The account redirected the live call to another document, which is to be fetched or is there as TwiML."""

    def __init__(self, to: Webhook | str) -> None:
        super().__init__()
        self.to = to


class LoopGuard:
    """Counts the documents of one call against the limits in the options."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._documents = 0
        self._second = -1.0
        self._in_a_row = 0  # documents in this very second

    def count(self, second: float, *, waiting: bool) -> str:
        """Count one more document; gives what is wrong when a limit is passed, else nothing.

        Those of a queue's waiting do not count towards the limit of a whole call.
        """
        self._in_a_row = self._in_a_row + 1 if second == self._second else 1
        self._second = second
        self._documents += not waiting
        if self._in_a_row > self._options.loop_guard_instant:
            return f"{self._options.loop_guard_instant} documents in a row without a moment passing"
        if self._documents > self._options.loop_guard_documents:
            return f"{self._options.loop_guard_documents} documents in one call"
        return ""

    def person_acted(self) -> None:
        """Count the documents in a row from 0: the person did something."""
        self._second, self._in_a_row = -1.0, 0

    def reset(self) -> None:
        """Count everything from 0: the call goes on elsewhere after a limit was passed."""
        self.person_acted()
        self._documents = 0
