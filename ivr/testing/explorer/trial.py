"""The real handlers of a hotline, asked for the made-up callers of its back office."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo

from ivr.call.events import LookedUp
from ivr.call.values import Value, Values
from ivr.hotline.demo import Demo, DemoCaller
from ivr.hotline.handlers import Case, Handler, run


@dataclass(frozen=True, slots=True)
class Trial:
    """What the handlers of a hotline would answer, where its back office has a demo."""

    handlers: Mapping[str, Handler] = field(default_factory=dict)
    demo: Demo | None = None
    zone: tzinfo = UTC

    @property
    def faults(self) -> Sequence[str]:
        """What can be made to fail."""
        return self.demo.faults if self.demo is not None else ()

    def callers(self, now: datetime) -> Sequence[DemoCaller]:
        """The made-up people; none without a demo."""
        return self.demo.callers(now) if self.demo is not None else ()

    def references(self, now: datetime) -> Sequence[str]:
        """Numbers that anybody can ask after."""
        return tuple(self.demo.references(now).values()) if self.demo is not None else ()

    def ask(
        self,
        name: str,
        caller: DemoCaller,
        given: Values,
        now: datetime,
        *,
        factor: str = "",
        number: str = "",
        language: str = "",
    ) -> LookedUp:
        """What a handler answers this caller, who is verified by `factor` if there is one, in a back office of its own.

        Raises KeyError for a handler that is not there, and whatever it raises.
        """
        assert self.demo is not None  # noqa: S101 - a caller is one of a demo
        case = Case(
            call_id="CA0", key="0", account=caller.account if factor else "", factor=factor, caller=number,
            language=language or caller.language, now=now, zone=self.zone,
            back_office=self.demo.open(now, self.zone, {}), tickets=_NoTickets(),
        )  # fmt: skip
        return run(self.handlers[name], case, given).looked_up

    def values(self, name: str, given: Mapping[str, str]) -> Values:
        """Texts as the values that a handler takes."""
        takes = self.handlers[name].spec.takes
        return {field: Value(takes.get(field, "words"), text) for field, text in given.items()}


NO_TRIAL = Trial()
"""Of a hotline whose handlers are not asked."""


class _NoTickets:
    def progress(self, reference: str) -> None:
        return None

    def latest(self, account: str) -> None:
        return None

    def hurry(self, reference: str, key: str) -> bool:
        return False
