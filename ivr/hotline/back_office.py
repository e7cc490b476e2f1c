"""The back office as the hotline knows it: who a caller is, and whether this is their PIN.

What else a back office can do is between it and its handlers, who are handed the object as it is (`Case.back_office`).
`config.yaml` names a Python module under `back_office.module`. It has a function `connect(url, token, timeout_seconds)`
that gives a BackOffice, and if it likes `demo`, a `ivr.hotline.demo.Demo`: made-up callers, to try the hotline with.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

Names = Mapping[str, str]
"""What something is called, by language: `{"zh": "星辰超市", "en": "Star Market"}`."""


def called(names: Names, language: str) -> str:
    """The name in this language, or else in whatever language there is one."""
    return names.get(language) or next(iter(names.values()), "")


class BackOfficeUnavailable(Exception):
    """The back office did not answer, or answered nonsense. Says why, for the log; holds nothing private."""


class Customer(Protocol):
    """Somebody who has an account, as an identity check sees them. `phone` is the registered one, in E.164."""

    @property
    def account(self) -> str: ...

    @property
    def phone(self) -> str: ...

    def called(self, language: str) -> str:
        """The name, in this language if there is one."""
        ...


class BackOffice(Protocol):
    """What an identity check asks. Both methods may raise BackOfficeUnavailable."""

    def find_customer(self, who: str) -> Customer | None:
        """Whose account number or registered phone number (E.164, or as dialled at home) this is."""
        ...

    def check_pin(self, account: str, pin: str) -> bool:
        """Whether this is the phone PIN. False for an unknown account too, after as long a time."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How a case is doing: open, working, waiting (for the caller), solved. The next word comes by `due_at`."""

    reference: str
    state: str
    due_at: datetime | None = None
    changed_at: datetime | None = None


class NoBackOffice:
    """Stands in where `config.yaml` names no back office: nobody can be identified."""

    def find_customer(self, who: str) -> Customer | None:
        raise BackOfficeUnavailable("no back office is configured; name its module under back_office in config.yaml")

    def check_pin(self, account: str, pin: str) -> bool:
        raise BackOfficeUnavailable("no back office is configured; name its module under back_office in config.yaml")


# --- how long an answer would have taken ----------------------------------------------------------------------


@dataclass(slots=True)
class Delay:
    """Seconds that a pretended back office would have taken; added up while it is asked."""

    seconds: float = 0.0


_delay: ContextVar[Delay | None] = ContextVar("delay", default=None)


@contextmanager
def counting_delay() -> Iterator[Delay]:
    """Adds up what `late` is told inside the block, in this thread.

    A hotline on a virtual clock delivers the answer so much later; nothing sleeps here.
    """
    delay = Delay()
    token = _delay.set(delay)
    try:
        yield delay
    finally:
        _delay.reset(token)


def late(seconds: float) -> None:
    """Called by a pretended back office: this answer would have come so many seconds later."""
    delay = _delay.get()
    if delay is not None:
        delay.seconds += seconds
