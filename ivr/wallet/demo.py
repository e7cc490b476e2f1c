"""A wallet of made-up people, for trying everything without a back office. Changes last as long as the object.

Whom there is and what is worth trying is in `demo_world.yaml`; `demo_directory` is the list for `ivr demo`.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields, replace
from datetime import datetime, time, tzinfo
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from ivr.flow.issues import did_you_mean
from ivr.hotline.back_office import BackOfficeUnavailable, Progress
from ivr.hotline.demo import DemoCaller, DemoFault, Problem, Secret
from ivr.wallet.demo_world import TRANSACTIONS, Person, working_day, world
from ivr.wallet.json_codec import fields_from_json
from ivr.wallet.model import (
    Balance,
    Customer,
    IncomingTransfer,
    Limits,
    Outage,
    Payment,
    Refund,
    Repayment,
    Terms,
    Withdrawal,
)

HOME = ZoneInfo("Asia/Shanghai")
T = TypeVar("T")
Record = TypeVar(
    "Record", Balance, Customer, IncomingTransfer, Limits, Outage, Payment, Progress, Refund, Repayment, Withdrawal
)

WORDS: Mapping[type[Any], Mapping[str, tuple[str, ...]]] = {
    Balance: {},
    Customer: {"status": ("open", "locked", "frozen", "inactive")},
    IncomingTransfer: {"state": ("done", "pending", "returned")},
    Limits: {},
    Outage: {},
    Payment: {"state": ("done", "pending", "failed")},
    Progress: {"state": ("open", "working", "waiting", "solved")},
    Refund: {"status": ("submitted", "reviewing", "approved", "paid", "refused")},
    Repayment: {"state": ("pending", "booked", "failed"), "bill": ("card", "loan", "utility")},
    Withdrawal: {"state": ("done", "pending", "failed")},
}
"""How things can stand, as `ivr.wallet.model` says of each; another word would be a thing that no flow knows."""

CARD_LABEL = {"zh": "银行卡尾号", "en": "card"}

FAULTS = (
    "wallet", "customer", "pin", "freeze", "unlock", "reset_link", "sign_out", "payment", "balance", "withdrawal",
    "refund", "repayment", "incoming_transfer", "transfer_error", "claim", "limits", "terms", "outage", "case",
)  # fmt: skip
"""What can fail: one thing that is asked for, or the whole wallet."""


def demo_directory(now: datetime) -> tuple[DemoCaller, ...]:
    """Whom to call as, what to key in, and how it will come out; two people with everything first."""
    return tuple(
        DemoCaller(
            account=person.customer.account,
            phone=person.customer.phone,
            language="zh" if person.customer.phone.startswith("+86") else "en",
            names=person.customer.names,
            situation=person.situation,
            pin=person.pin,
            factors=person.customer.factors,
            secrets=(Secret(value="tail", text=person.card_tail, label=CARD_LABEL, shown=f"…{person.card_tail}"),),
            tries=person.tries,
        )
        for person in world(now, HOME).people
    )


def demo_cases(now: datetime) -> Mapping[str, Progress]:
    return world(now, HOME).cases


class DemoWallet:
    """A wallet in memory, as of the day it is made. Safe to share between threads.

    faults: what fails, by the names of `FAULTS`, each as `DemoFault` takes it. Raises ValueError for a fault that it
    does not know.
    """

    def __init__(self, now: datetime, faults: Mapping[str, str] | None = None, zone: tzinfo = HOME) -> None:
        self._world = world(now, zone)
        self._zone = zone
        self._now = now
        self._lock = threading.Lock()
        self._people = {person.customer.account: person for person in self._world.people}
        self._cases = {progress.reference: progress for progress in self._world.cases.values()}
        self._outages: dict[str, Outage] = {}
        self._reported: dict[str, list[str]] = {}
        self._answers: dict[tuple[str, str], Any] = {}
        self._hurried: set[str] = set()
        self._faults = {what: DemoFault(how) for what, how in (faults or {}).items()}
        for what in self._faults:
            if what not in FAULTS:
                raise ValueError(f'no part of the wallet is called "{what}"{did_you_mean(what, FAULTS)}')

    # who

    def find_customer(self, who: str) -> Customer | None:
        self._suffer("customer")
        person = self._person(who)
        return person.customer if person else None

    def check_pin(self, account: str, pin: str) -> bool:
        self._suffer("pin")
        person = self._people.get(account)
        return person is not None and "pin" in person.customer.factors and person.pin == pin

    def check_tail(self, who: str, tail: str) -> str:
        self._suffer("freeze")
        person = self._person(who)
        fits = person is not None and tail in (person.card_tail, person.document_tail)
        return person.customer.account if person and fits else ""

    # changes

    def freeze(self, account: str, key: str) -> None:
        self._suffer("freeze", account)
        with self._lock:
            customer = self._known(account).customer
            if customer.status == "open":
                self._alter(account, status="frozen", locked_at=self._now)

    def unlock(self, account: str, key: str) -> bool:
        self._suffer("unlock", account)
        return self._once("unlock", key, lambda: self._unlock(account))

    def _unlock(self, account: str) -> bool:
        customer = self._known(account).customer
        if (customer.status, customer.lock_reason) == ("locked", "passwords"):
            self._alter(account, status="open", lock_reason="", locked_at=None, unlocks_at=None)
            return True
        return customer.status == "open"

    def send_reset_link(self, account: str, channel: str, key: str) -> bool:
        self._suffer("reset_link", account)
        return channel == "sms" or bool(self._known(account).customer.email)

    def sign_out(self, account: str, key: str) -> int:
        self._suffer("sign_out", account)
        return self._once("sign_out", key, lambda: self._sign_out(account))

    def _sign_out(self, account: str) -> int:
        person = self._known(account)
        trouble = person.customer.login_trouble
        self._people[account] = replace(person, devices=0)
        self._alter(account, login_trouble="" if trouble == "devices" else trouble)
        return person.devices

    def report(self, account: str, reference: str, key: str) -> bool:
        self._suffer("claim", account)
        with self._lock:
            known = any(payment.reference == reference for payment in self._known(account).payments)
            reported = self._reported.setdefault(account, [])
            if known and reference not in reported:
                reported.append(reference)
            return known

    def claim(self, account: str, key: str) -> tuple[str, ...]:
        self._suffer("claim", account)
        return self._once("claim", key, lambda: tuple(self._reported.pop(account, ())))

    # money

    def payments(self, account: str) -> tuple[Payment, ...]:
        self._suffer("payment", account)
        return self._known(account).payments

    def balance(self, account: str) -> Balance:
        self._suffer("balance", account)
        return self._known(account).balance

    def withdrawals(self, account: str) -> tuple[Withdrawal, ...]:
        self._suffer("withdrawal", account)
        return self._known(account).withdrawals

    def refunds(self, account: str) -> tuple[Refund, ...]:
        self._suffer("refund", account)
        return self._known(account).refunds

    def repayments(self, account: str) -> tuple[Repayment, ...]:
        self._suffer("repayment", account)
        return self._known(account).repayments

    def incoming_transfers(self, account: str) -> tuple[IncomingTransfer, ...]:
        self._suffer("incoming_transfer", account)
        return self._known(account).incoming_transfers

    def transfer_error(self, code: str) -> str:
        self._suffer("transfer_error")
        return self._world.transfer_errors.get(code, "")

    def limits(self, account: str) -> Limits:
        self._suffer("limits", account)
        return self._known(account).limits

    # what holds for everybody

    def terms(self) -> Terms:
        self._suffer("terms")
        return self._world.terms

    def outage(self, service: str, now: datetime, account: str) -> Outage | None:
        self._suffer("outage", account)
        person = self._people.get(account)
        own = person.outage if person and person.outage and person.outage.service == service else None
        known = self._outages.get(service) or own
        return None if known and known.until and known.until <= now else known

    def progress(self, reference: str) -> Progress | None:
        self._suffer("case")
        return self._cases.get(reference)

    def hurry(self, reference: str, key: str) -> bool:
        self._suffer("case")
        return self._once("hurry", key, lambda: self._hurry(reference))

    def _hurry(self, reference: str) -> bool:
        first, case = reference not in self._hurried, self._cases.get(reference)
        self._hurried.add(reference)
        if first and case and case.due_at and case.due_at > self._now:
            soon = datetime.combine(working_day(self._now.astimezone(self._zone).date(), 1), time(12), self._zone)
            self._cases[reference] = replace(case, due_at=min(case.due_at, soon))
        return first

    # what a call script sets up

    def give(self, world: Mapping[str, Any]) -> None:
        """Changes the world as a call script says under `given: wallet:`.

        `account` says whose; then `customer` (fields to change), `pin`, `limits`, `balance`, and `payment`,
        `withdrawal`, `refund`, `repayment` or `incoming_transfer`: one or a list, each put before the others of its
        kind, fields left out filled in. Without an account: `outage` and `case`. All written as in
        `ivr.wallet.json_codec`. Raises ValueError, naming the field.
        """
        world = dict(world)
        account = world.pop("account", None)
        for name in [name for name in ("outage", "case") if name in world]:
            self._give_to_all(name, world.pop(name))
        if account is None and world:
            raise ValueError(f'"{next(iter(world))}" needs an account')
        if account is not None:
            self._give_to(str(account), world)

    def _give_to_all(self, name: str, written: Any) -> None:
        if name == "outage":
            outage = self._read(Outage(service="login"), written)
            self._outages[outage.service] = outage
        else:
            progress = self._read(Progress(reference="800199", state="working"), written)
            self._cases[progress.reference] = progress

    def _give_to(self, account: str, world: Mapping[str, Any]) -> None:
        person = self._people.get(account) or self._stranger(account)
        templates = self._world.templates
        for name, written in world.items():
            if name == "pin":
                person = replace(person, pin=str(written))
            elif name in ("customer", "limits", "balance"):
                record: dict[str, Any] = {name: self._read(getattr(person, name), written)}
                person = replace(person, **record)
            elif name in templates:
                made = [self._read(templates[name], one) for one in _several(written)]
                numbers = {one.reference for one in made}
                before = [one for one in getattr(person, name + "s") if one.reference not in numbers]
                changed: dict[str, Any] = {name + "s": (*made, *before)}
                person = replace(person, **changed)
            else:
                near = did_you_mean(name, ("customer", "pin", "limits", "balance", "outage", "case", *templates))
                raise ValueError(f'a wallet has no "{name}"{near}')
        self._people[account] = person

    def _stranger(self, account: str) -> Person:
        stranger = self._world.stranger
        return replace(stranger, customer=replace(stranger.customer, account=account), pin=account[-6:])

    def _read(self, template: Record, written: Any) -> Record:
        """The template with the fields that are written."""
        known = [each.name for each in fields(template)]
        values = fields_from_json(type(template), written, self._zone)
        for name in written:
            if name not in known:
                raise ValueError(f'{type(template).__name__} has no "{name}"{did_you_mean(name, known)}')
            words = WORDS[type(template)].get(name, ())
            if words and written[name] not in words:
                hint = did_you_mean(written[name], words) or f"; there is {', '.join(words)}"
                raise ValueError(f'{type(template).__name__}: no {name} is called "{written[name]}"{hint}')
        return replace(template, **values)

    # how it is done

    def _person(self, who: str) -> Person | None:
        """By account number, or by registered phone number with or without its country code."""
        if person := self._people.get(who):
            return person
        digits = who.lstrip("+")
        for person in self._people.values():
            phone = person.customer.phone.lstrip("+")
            if len(digits) >= 8 and digits in (phone, phone.removeprefix("86"), "0" + phone.removeprefix("44")):
                return person
        return None

    def _known(self, account: str) -> Person:
        try:
            return self._people[account]
        except KeyError:
            raise BackOfficeUnavailable("asked about an account that does not exist") from None

    def _alter(self, account: str, **changes: Any) -> None:
        person = self._people[account]
        self._people[account] = replace(person, customer=replace(person.customer, **changes))

    def _once(self, what: str, key: str, change: Callable[[], T]) -> T:
        """The first answer to this key, whatever was changed since."""
        with self._lock:
            if (what, key) not in self._answers:
                self._answers[what, key] = change()
            answer: T = self._answers[what, key]
            return answer

    def _suffer(self, what: str, account: str = "") -> None:
        person = self._people.get(account)
        for fault in (self._faults.get("wallet"), self._faults.get(what), DemoFault(person.fault) if person else None):
            if fault is not None:
                fault.strike()


def _several(written: Any) -> list[Any]:
    return list(written) if isinstance(written, list | tuple) else [written]


# --- call scripts ---------------------------------------------------------------------------------------------------

_RECORDS = frozenset(("customer", "limits", "balance", "outage", "case", *TRANSACTIONS))
ANY_DAY = datetime.fromisoformat("2026-11-23T02:00:00+00:00")


def give(wallet: DemoWallet, world: Mapping[str, Any]) -> Iterable[Problem]:
    """Changes the wallet as one entry of a script says; what does not fit, field by field."""
    try:
        wallet.give(world)
    except ValueError as wrong:
        return list(_misfits(world)) or [("", str(wrong))]
    return []


def _misfits(world: Mapping[str, Any]) -> Iterator[Problem]:
    """Tries every field by itself on a wallet of its own."""
    account = world.get("account")
    own = {} if account is None else {"account": account}
    for name, written in world.items():
        if name == "account":
            continue
        several = isinstance(written, list)
        found = False
        records = (written if several else [written]) if name in _RECORDS else []
        for number, record in enumerate(records):
            path = f"{name}.{number}" if several else name
            for key, value in record.items() if isinstance(record, Mapping) else ():
                if wrong := _wrong({**own, name: {key: value}}):
                    found = True
                    yield f"{path}.{key}", wrong
        if not found and (wrong := _wrong({**own, name: written})):
            yield name, wrong


def _wrong(world: Mapping[str, Any]) -> str:
    try:
        DemoWallet(ANY_DAY).give(world)
    except ValueError as wrong:
        return str(wrong)
    return ""
