"""What the engine waits for when it looks outside: handlers, identity checks, bookings, each made into work to be run.

The engine names what it wants (`LookUp`, `Check`, `Booking`); here it is bound to the back office, the tickets and the
counters. A secret in a `Check` lives in the work alone and dies with it. Whoever is not verified may guess at a handler
that declares `tries` only so often: the guess is counted before the handler runs, and taken back when it was none.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from ivr.call.events import Booking, Check, LookedUp, LookUp
from ivr.call.identity import Policy
from ivr.call.session import Session
from ivr.call.values import Value, Values
from ivr.flow.issues import did_you_mean
from ivr.hotline.back_office import BackOffice, counting_delay
from ivr.hotline.handlers import Answer, Case, Handler, run
from ivr.hotline.identity import Identification
from ivr.hotline.lookups import Work, once_more
from ivr.hotline.numbers import allowed
from ivr.hotline.tickets import StoredTickets
from ivr.store import Store
from ivr.store.rows import CallbackRow

DAY = 24 * 3600

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CallbackRules:
    """Which numbers we ring back, and how often (docs/trust.md#goal-7). `ours` are never rung: the hotline's own."""

    prefixes: Sequence[str] = ("+86",)
    per_number_a_day: int = 3
    all_an_hour: int = 60
    ours: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class LookupWork:
    store: Store
    handlers: Mapping[str, Handler]
    back_office: BackOffice
    tickets: StoredTickets
    identification: Identification
    policies: Mapping[str, Policy]
    rules: CallbackRules
    zone: tzinfo
    clock: Callable[[], datetime]
    expected_wait: Callable[[str, datetime], int | None] = lambda queue, now: None
    """How many seconds somebody waits who joins a queue now, as it is told; None if nobody knows."""

    def work(self, wait: LookUp | Check | Booking, session: Session, key: str) -> Work:
        """What is to be run for this wait. `key` is the same whenever the same work is tried again."""
        match wait:
            case LookUp(handler=name, given=given):
                case = Case(
                    call_id=session.call, key=key, account=session.account, factor=session.factor,
                    caller=session.caller, language=session.language, now=self.clock(), zone=self.zone,
                    back_office=self.back_office, tickets=self.tickets,
                )  # fmt: skip
                return lambda: self._guarded(name, case, given)
            case Check():
                return lambda: self._check(wait, session)
            case Booking():
                return lambda: Answer(once_more(lambda: self._book(wait, session)), 0.0)

    def handler(self, name: str) -> Handler:
        """Raises KeyError, with the nearest name, for one that is not there (any more)."""
        try:
            return self.handlers[name]
        except KeyError:
            raise KeyError(f'no handler "{name}"{did_you_mean(name, self.handlers)}') from None

    def _guarded(self, name: str, case: Case[BackOffice], given: Values) -> Answer:
        """Runs a handler, unless its caller has come to a counted outcome too often today: then that is the answer."""
        entry = self.handler(name)
        tries = {} if case.account else entry.tries
        counted: list[tuple[str, str]] = []
        for outcome, most in tries.items():
            for who in filter(None, (case.caller or "withheld", *(_account(value) for value in given.values()))):
                if not self.store.claim(f"{name} {outcome}", who, most, case.now, DAY):
                    log.warning("too many tries", extra={"call": case.call_id, "handler": name, "outcome": outcome})
                    return Answer(LookedUp(outcome), 0.0)
                counted.append((f"{name} {outcome}", who))
        answer = run(entry, case, given)
        for counter, who in counted:
            if counter != f"{name} {answer.looked_up.outcome}":
                self.store.give_back(counter, who)
        return answer

    def _check(self, check: Check, session: Session) -> Answer:
        with counting_delay() as delay:
            told = self.identification.check(
                self.policies[check.policy], check, call_id=session.call, caller=session.caller,
                language=session.language,
            )  # fmt: skip
        return Answer(told, delay.seconds)

    def _book(self, booking: Booking, session: Session) -> LookedUp:
        """Whether this number may be rung, and has not been promised too much already.

        A number has one open call back of a queue: the security team rings today, although support rings tomorrow. Who
        booked it in this call, or calls from that number, may choose another time, and its ticket is theirs; others are
        told when it is.
        """
        now, answer = self.clock(), LookedUp("refused")
        if booking.number == session.called or booking.number in self.rules.ours:
            return answer  # we would ring ourselves, answer, and be put into a queue
        if not allowed(booking.number, self.rules.prefixes) or booking.at >= now + timedelta(days=31):
            return answer
        if (open_one := self.store.open_callback(booking.number, booking.queue)) is not None:
            stands: Values = {"callback_at": Value("datetime", open_one.due_at.isoformat())}
            theirs = open_one.call_id == session.call or booking.number == session.caller
            known = self._ticket_of(open_one) if theirs else {}
            answer = LookedUp("booked", {**stands, **known})
            if not theirs or (booking.at <= now and open_one.due_at <= booking.at):
                return answer
        else:
            known = {}
        if self.store.claim("callback", booking.number, self.rules.per_number_a_day, now, DAY) and self.store.claim(
            "callbacks", "all", self.rules.all_an_hour, now, 3600
        ):
            wait = self.expected_wait(booking.queue, now) if booking.at <= now else None
            return LookedUp("booked", {**known, **({"wait": Value("duration", str(wait))} if wait is not None else {})})
        return answer

    def _ticket_of(self, promised: CallbackRow) -> Values:
        """The open ticket in which this call back was written down, and its topic; nothing if there is none."""
        written = (each for each in self.store.tickets(call_id=promised.call_id) if "callback_at" in each.about)
        found = next((each for each in written if each.status != "closed"), None)
        return {"ticket": Value("reference", found.reference), "topic": Value("words", found.topic)} if found else {}


def _account(value: Value) -> str:
    """What names an account among the values a handler is given."""
    return value.text if value.kind in ("account", "phone") else ""
