"""What a back office can offer for trying a hotline without it: made-up callers, the calls they make, and faults.

Optional: `ivr demo`, the web phone, call scripts and the explorer do with less where a back office offers less. A fault
raises `BackOfficeUnavailable`, and a slow answer calls `late` (both in `ivr.hotline.back_office`).
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any, Literal

from ivr.hotline.back_office import BackOffice, BackOfficeUnavailable, Names, late


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """Something worth trying: this handler, given this, comes to this outcome."""

    handler: str
    outcome: str
    given: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """What a caller has to know beside the PIN, such as the last digits of a card.

    value: the name of the value that handlers take. label: what it is called, `shown` how it is shown.
    """

    value: str
    text: str
    label: Names
    shown: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoCaller:
    """A made-up person to call as. `account` and `pin` are "" for somebody whom no back office knows.

    factors: how they can prove who they are; some are texted no code, others have no PIN.
    """

    phone: str
    language: str
    names: Names
    situation: Names = field(default_factory=dict)
    account: str = ""
    pin: str = ""
    factors: tuple[str, ...] = ("code", "pin")
    secrets: tuple[Secret, ...] = ()
    tries: tuple[Try, ...] = ()

    @property
    def knows(self) -> Mapping[str, str]:
        """What the caller can key in, by the name of the value that handlers take."""
        return {"account": self.account, **{secret.value: secret.text for secret in self.secrets}}


@dataclass(frozen=True, slots=True)
class DemoCall:
    """A call worth making, and what comes of it: in words, and as a handler and its outcome where one decides.

    keys: groups as `ivr call --keys` takes them. at: the time at the hotline, "" for now.
    """

    keys: str
    told: str
    from_: str = ""
    at: str = ""
    handler: str = ""
    outcome: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoAgent:
    """Somebody made up who answers a queue: what they are called, and what they say to a caller of each language."""

    phone: str
    login: str
    names: Names
    says: Names
    role: Literal["agent", "supervisor"] = "agent"


Problem = tuple[str, str]
"""Where something is wrong, as a dotted path such as `refund.0.amount`, and what."""


def _gives_nothing(back_office: Any, world: Mapping[str, Any]) -> Iterable[Problem]:
    return [("", "the demo of this back office cannot be changed by a script")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """A demonstration of a back office: `demo = Demo(…)` in its module.

    open: a back office of its own for one hotline or one call, as of this moment.
    callers: whom to call as, the first one if nobody is named.
    faults: what can fail, each as `DemoFault` takes it.
    calls: what is worth trying as one of the callers; more_calls: what is worth trying besides; showcase: the call that
    `ivr call` makes by itself where there is no terminal.
    references: numbers that anybody can ask after, by what comes of it; reference_calls: the calls that do.
    give: changes an open back office as a call script says under `given: back_office:`; what it does not take.
    agents: who answers the queues, by queue.
    """

    open: Callable[[datetime, tzinfo, Mapping[str, str]], BackOffice]
    callers: Callable[[datetime], Sequence[DemoCaller]]
    faults: Sequence[str] = ()
    calls: Callable[[DemoCaller], Sequence[DemoCall]] = lambda caller: ()
    showcase: DemoCall | None = None
    more_calls: Sequence[DemoCall] = ()
    references: Callable[[datetime], Mapping[str, str]] = lambda now: {}
    reference_calls: Callable[[datetime], Sequence[DemoCall]] = lambda now: ()
    give: Callable[[Any, Mapping[str, Any]], Iterable[Problem]] = _gives_nothing
    agents: Mapping[str, DemoAgent] = field(default_factory=dict)


LOST_ANSWER = "lost answer"
_HOW = re.compile(rf"always|once|{LOST_ANSWER}|after ([1-9][0-9]?)|slow ([0-9]{{1,3}}) ?s")


class DemoFault:
    """One thing that fails: always, once, "after 3" (works three times, fails from then on), "slow 12 s", which answers
    late, or "lost answer", which is once, and what was asked for is done. "" never fails.
    """

    def __init__(self, how: str) -> None:
        """Raises ValueError for any other words."""
        written = _HOW.fullmatch(how)
        if how and written is None:
            raise ValueError(f'expected always, once, "after 3", {LOST_ANSWER} or "slow 12 s", not "{how}"')
        works, slow = written.groups() if written else (None, None)
        self.slow_seconds = int(slow or 0)
        self.after_all = how == LOST_ANSWER
        """What is asked for is done when it fails."""
        self._works = int(works or 0)
        """How often it works before it fails."""
        self._fails = {"always": -1, "once": 1, LOST_ANSWER: 1}.get(how, -1 if works else 0)
        """How often it fails then; -1 for ever."""

    def fails_now(self) -> bool:
        if self._works:
            self._works -= 1
            return False
        fails = self._fails != 0
        self._fails -= self._fails > 0
        return fails

    def strike(self) -> None:
        """Raises BackOfficeUnavailable, or says how late this answer is."""
        if self.slow_seconds:
            late(self.slow_seconds)
        if self.fails_now():
            raise BackOfficeUnavailable("a fault that was set up")
