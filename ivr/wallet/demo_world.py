"""The people, the money and the agents of the demo wallet, read from `demo_world.yaml` and seen from one moment."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

import yaml

from ivr.call.holiday_source import holidays_of
from ivr.hotline.back_office import Names, Progress
from ivr.hotline.demo import DemoAgent, Try
from ivr.wallet.json_codec import from_json
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

TRANSACTIONS: Mapping[str, type[Any]] = {
    "payment": Payment,
    "withdrawal": Withdrawal,
    "refund": Refund,
    "repayment": Repayment,
    "incoming_transfer": IncomingTransfer,
}
"""The kinds of transactions, as a call script names them; a person's own are in the field of this name and "s"."""

_KINDS = {
    "failed_payment": "payment",
    "purchases": "payment",
    "withdrawal_failure": "withdrawal",
    "refund": "refund",
    "repayment": "repayment",
    "incoming": "incoming_transfer",
}

_RELATIVE = re.compile(
    r"now|(?P<working>working )?day (?P<day>[+-]\d+)(?: at (?P<clock>\d\d:\d\d))?|\+(?P<minutes>\d+) minutes"
)
SATURDAY = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A made-up customer with all that the wallet knows.

    card_tail, document_tail: the last four digits of the linked bank card and of the identity document. fault: "" or
    what happens to every look-up of money, such as "slow 12 s".
    """

    customer: Customer
    situation: Names
    pin: str = field(repr=False)
    card_tail: str
    document_tail: str
    limits: Limits
    balance: Balance
    devices: int = 1
    payments: tuple[Payment, ...] = ()
    withdrawals: tuple[Withdrawal, ...] = ()
    refunds: tuple[Refund, ...] = ()
    repayments: tuple[Repayment, ...] = ()
    incoming_transfers: tuple[IncomingTransfer, ...] = ()
    outage: Outage | None = None
    fault: str = ""
    tries: tuple[Try, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """people: everybody, by account number. cases: by state. templates: what a call script need not write."""

    people: tuple[Person, ...]
    cases: Mapping[str, Progress]
    terms: Terms
    transfer_errors: Mapping[str, str]
    templates: Mapping[str, Any]
    stranger: Person
    """What a call script need not write of somebody whom it makes up."""


@lru_cache(maxsize=16)
def world(now: datetime, zone: tzinfo) -> World:
    """The world as seen from this moment, by a wallet that is at home in this time zone."""
    data = _seen_from(now.astimezone(zone), written())

    def read(kind: type[Any], fields: Any) -> Any:
        return from_json(kind, fields, zone)

    def transactions(handler: str, series: int) -> dict[str, Any]:
        money = data["money"][handler]
        first = money["from"] + 1000 * series
        return {
            outcome: read(
                TRANSACTIONS[_KINDS[handler]], {"reference": str(first + step), **money.get("each", {}), **fields}
            )
            for step, (outcome, fields) in enumerate(money["outcomes"].items())
        }

    def person(number: int, row: Mapping[str, Any]) -> Person:
        row = {**data["everyone"], **row}
        account = f"6222{number:04d}"
        wanted = row.get("money", {})
        if wanted == "all":
            wanted = {handler: money["outcomes"] for handler, money in data["money"].items() if handler != "purchases"}
        money = {
            handler: {outcome: made[outcome] for outcome in outcomes}
            for handler, outcomes in wanted.items()
            for made in (transactions(handler, number - 1),)
        }
        own = {_KINDS[handler] + "s": tuple(made.values()) for handler, made in money.items()}
        if row.get("purchases"):
            bought = (*own.get("payments", ()), *transactions("purchases", number - 1).values())
            own["payments"] = tuple(sorted(bought, key=lambda payment: payment.paid_at, reverse=True))
        customer = {
            "account": account,
            "names": row["names"],
            "phone": f"+86138001380{number - 1:02d}" if number % 2 else f"+4477009000{number:02d}",
            "email": f"customer{number}@mail.example",
            **row.get("customer", {}),
        }
        return Person(
            customer=read(Customer, customer),
            situation=row["situation"],
            pin=account[-6:],
            card_tail=row["card_tail"],
            document_tail=str(2200 + number),
            limits=read(Limits, row["limits"]),
            balance=read(Balance, row["balance"]),
            devices=row.get("devices", 1),
            **own,
            outage=read(Outage, row["outage"]) if "outage" in row else None,
            fault=row.get("fault", ""),
            tries=(*map(_try, row.get("tries", ())), *_tries(money)),
        )

    return World(
        people=tuple(person(number, row) for number, row in enumerate(data["people"], start=1)),
        cases={state: read(Progress, progress) for state, progress in data["cases"].items()},
        terms=read(Terms, data["terms"]),
        transfer_errors=data["transfer_errors"],
        templates={name: read(TRANSACTIONS[name], fields) for name, fields in data["templates"].items()},
        stranger=person(99, data["stranger"]),
    )


def agents() -> Mapping[str, DemoAgent]:
    """Who answers the queues where nobody else does, by queue of the hotline that ships."""
    return {queue: DemoAgent(**fields) for queue, fields in written()["agents"].items()}


@cache
def written() -> Mapping[str, Any]:
    text = files("ivr.wallet").joinpath("demo_world.yaml").read_text(encoding="utf-8")
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # five times as fast
    data: Mapping[str, Any] = yaml.load(text, Loader=loader)  # noqa: S506 - a safe loader either way
    return data


def _seen_from(now: datetime, data: Any) -> Any:
    """The data with its days and moments as the codec reads them."""
    match data:
        case Mapping():
            return {name: _seen_from(now, one) for name, one in data.items()}
        case list():
            return [_seen_from(now, one) for one in data]
        case str() if relative := _RELATIVE.fullmatch(data):
            return _absolute(now, relative)
    return data


def _absolute(now: datetime, relative: re.Match[str]) -> str:
    if relative["minutes"]:  # on the next five minutes
        then = now + timedelta(minutes=int(relative["minutes"]) + 5)
        then = then.replace(minute=then.minute - then.minute % 5, second=0, microsecond=0, tzinfo=None)
        return then.isoformat()
    if not relative["day"]:
        return now.isoformat()
    days = int(relative["day"])
    day = working_day(now.date(), days) if relative["working"] else now.date() + timedelta(days=days)
    return f"{day}T{relative['clock']}" if relative["clock"] else day.isoformat()


def working_day(today: date, days: int) -> date:
    """The date so many working days after today, or before it, by the public holidays of where the wallet is."""
    step = 1 if days > 0 else -1
    left, day = abs(days), today
    while left:
        day += timedelta(days=step)
        year = holidays_of("CN", day.year)
        left -= day in year.worked or (day.weekday() < SATURDAY and day not in year.off)
    return day


def _try(written: str) -> Try:
    """From `handler outcome value=given …`."""
    handler, outcome, *given = written.split()
    return Try(handler=handler, outcome=outcome, given=dict(value.split("=") for value in given))


def _tries(money: Mapping[str, Mapping[str, Any]]) -> Iterator[Try]:
    """The latest of each kind without a number, and each by its number."""
    for handler, made in money.items():
        yield Try(handler=handler, outcome=next(iter(made)))
        for outcome, one in made.items():
            yield Try(handler=handler, outcome=outcome, given={"reference": one.reference})
