"""What happened to money in the demo wallet: one transaction for every way a look-up can come out, keyed by that way.

Told relative to `now`, so that a refund expected in three days is so on every day. Knows no people.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any

from ivr.call.values import Money
from ivr.hotline.back_office import Names
from ivr.hotline.tickets import Progress
from ivr.wallet.model import Balance, IncomingTransfer, Limits, Payment, Refund, Repayment, Terms, Withdrawal

STAR = {"zh": "星辰超市", "en": "Star Market"}
BOOKS = {"zh": "云上书店", "en": "Cloud Books"}
TEA = {"zh": "清风茶馆", "en": "Breeze Tea House"}
GAMES = {"zh": "极光游戏", "en": "Aurora Games"}
TRAVEL = {"zh": "远山旅行", "en": "Far Hills Travel"}
FRIEND = {"zh": "陈晨", "en": "Chen Chen"}
BANK = {"zh": "江海银行", "en": "Riverside Bank"}
LENDER = {"zh": "安心贷款", "en": "Steady Loans"}
EMPLOYER = {"zh": "晨光公司", "en": "Dawn Company"}
POWER = {"zh": "城东供电", "en": "Eastside Power"}
CARD = "6621"
"""How the bank card ends that money comes from and goes to."""


def yuan(amount: str) -> Money:
    return Money(Decimal(amount), "CNY")


@dataclass(frozen=True, slots=True)
class When:
    """Days and moments as seen from now, where the wallet is at home."""

    now: datetime
    zone: tzinfo

    def at(self, days: int, clock: str) -> datetime:
        """So many days from today (negative: before) at this time of day."""
        return datetime.fromisoformat(f"{self.day(days)} {clock}").replace(tzinfo=self.zone)

    def day(self, days: int) -> date:
        return self.now.astimezone(self.zone).date() + timedelta(days=days)

    def soon(self, minutes: int) -> datetime:
        """At least so many minutes from now, on the next five minutes."""
        then = self.now.astimezone(self.zone) + timedelta(minutes=minutes + 5)
        return then.replace(minute=then.minute - then.minute % 5, second=0, microsecond=0)


def payments(when: When, series: int) -> Mapping[str, Payment]:
    """Numbers 200101 … 200111 of series 0, 201101 … of series 1, and so on."""
    at, number = when.at, _numbers(200100, series)
    return {
        "balance": Payment(
            reference=number(1), amount=yuan("468.00"), payee=STAR, paid_at=at(-1, "19:42"), state="failed",
            reason="balance",
        ),
        "network": Payment(
            reference=number(2), amount=yuan("36.50"), payee=TEA, paid_at=at(-2, "12:08"), state="failed",
            reason="network",
        ),
        "method": Payment(
            reference=number(3), amount=yuan("128.00"), payee=GAMES, paid_at=at(-2, "11:15"), state="failed",
            reason="method",
        ),
        "payee": Payment(
            reference=number(4), amount=yuan("200.00"), payee=FRIEND, paid_at=at(-2, "10:30"), state="failed",
            reason="payee",
        ),
        "limit": Payment(
            reference=number(5), amount=yuan("4800.00"), payee=TRAVEL, paid_at=at(-3, "16:20"), state="failed",
            reason="limit", limit=yuan("5000.00"), left=yuan("320.00"),
        ),
        "maintenance": Payment(
            reference=number(6), amount=yuan("59.90"), payee=BOOKS, paid_at=at(-3, "08:05"), state="failed",
            reason="maintenance", until=when.soon(150),
        ),
        "not_received": Payment(
            reference=number(7), amount=yuan("88.00"), payee=STAR, paid_at=at(-3, "07:25"), state="failed",
            reason="network", charged=True,
        ),
        "pending": Payment(
            reference=number(8), amount=yuan("75.00"), payee=BOOKS, paid_at=at(-4, "18:00"), state="pending",
            settles_at=when.soon(120),
        ),
        "overdue": Payment(
            reference=number(9), amount=yuan("310.00"), payee=TRAVEL, paid_at=at(-5, "13:13"), state="pending",
            settles_at=at(-3, "20:00"),
        ),
        "failed": Payment(
            reference=number(10), amount=yuan("15.00"), payee=GAMES, paid_at=at(-6, "11:11"), state="failed",
            reason="risk",
        ),
        "done": Payment(reference=number(11), amount=yuan("52.80"), payee=STAR, paid_at=at(-7, "20:10")),
    }  # fmt: skip


def purchases(when: When, series: int) -> tuple[Payment, ...]:
    """Six payments that went through, the latest first: numbers 200121 … 200126 of series 0. The third is large."""
    bought = (
        (1, -1, "20:10", "52.80", STAR),
        (2, -1, "09:30", "18.00", TEA),
        (3, -2, "03:14", "1999.00", GAMES),
        (4, -3, "19:00", "46.00", BOOKS),
        (5, -4, "12:30", "230.00", FRIEND),
        (6, -6, "15:45", "99.00", STAR),
    )
    number = _numbers(200120, series)
    return tuple(
        Payment(reference=number(step), amount=yuan(amount), payee=payee, paid_at=when.at(days, clock))
        for step, days, clock, amount, payee in bought
    )


def withdrawals(when: When, series: int) -> Mapping[str, Withdrawal]:
    """Numbers 400101 … 400111 of series 0."""
    at, number = when.at, _numbers(400100, series)
    return {
        "pending": Withdrawal(
            reference=number(1), amount=yuan("600.00"), asked_at=at(-1, "15:00"), bank=BANK, tail=CARD,
            state="pending", arrives_at=at(1, "12:00"),
        ),
        "identity": Withdrawal(
            reference=number(2), amount=yuan("2000.00"), asked_at=at(-2, "15:00"), bank=BANK, tail=CARD,
            state="failed", reason="identity",
        ),
        "daily_limit": Withdrawal(
            reference=number(3), amount=yuan("3000.00"), asked_at=at(-2, "14:00"), bank=BANK, tail=CARD,
            state="failed", reason="daily_limit", limit=yuan("10000.00"), left=yuan("1200.00"),
        ),
        "single_limit": Withdrawal(
            reference=number(4), amount=yuan("8000.00"), asked_at=at(-3, "15:00"), bank=BANK, tail=CARD,
            state="failed", reason="single_limit", limit=yuan("5000.00"),
        ),
        "channel": Withdrawal(
            reference=number(5), amount=yuan("450.00"), asked_at=at(-3, "14:00"), bank=BANK, tail=CARD,
            state="failed", reason="channel", until=when.soon(180),
        ),
        "network": Withdrawal(
            reference=number(6), amount=yuan("120.00"), asked_at=at(-4, "15:00"), bank=BANK, tail=CARD,
            state="failed", reason="channel", until=at(-4, "23:00"),
        ),
        "locked": Withdrawal(
            reference=number(7), amount=yuan("500.00"), asked_at=at(-5, "15:00"), bank=BANK, tail=CARD,
            state="failed", reason="account",
        ),
        "card": Withdrawal(
            reference=number(8), amount=yuan("700.00"), asked_at=at(-5, "14:00"), bank=BANK, tail="0048",
            state="failed", reason="card",
        ),
        "overdue": Withdrawal(
            reference=number(9), amount=yuan("1500.00"), asked_at=at(-6, "15:00"), bank=BANK, tail=CARD,
            state="pending", arrives_at=at(-4, "12:00"),
        ),
        "failed": Withdrawal(
            reference=number(10), amount=yuan("260.00"), asked_at=at(-7, "15:00"), bank=BANK, tail=CARD,
            state="failed", reason="risk",
        ),
        "done": Withdrawal(
            reference=number(11), amount=yuan("900.00"), asked_at=at(-8, "15:00"), bank=BANK, tail=CARD,
            arrived_at=at(-7, "10:20"),
        ),
    }  # fmt: skip


def refunds(when: When, series: int) -> Mapping[str, Refund]:
    """Numbers 300123 … 300132 of series 0."""
    day, number = when.day, _numbers(300122, series)
    return {
        "approved": Refund(
            reference=number(1), amount=yuan("128.50"), payee=STAR, submitted_on=day(-2), status="approved",
            expected_on=day(3),
        ),
        "submitted": Refund(reference=number(2), amount=yuan("56.00"), payee=BOOKS, submitted_on=day(-3)),
        "reviewing": Refund(
            reference=number(3), amount=yuan("349.00"), payee=GAMES, submitted_on=day(-4), status="reviewing",
            expected_on=day(2),
        ),
        "overdue": Refund(
            reference=number(4), amount=yuan("88.00"), payee=TEA, submitted_on=day(-12), status="approved",
            expected_on=day(-4),
        ),
        "paid_card": Refund(
            reference=number(5), amount=yuan("420.00"), payee=TRAVEL, submitted_on=day(-14), status="paid",
            paid_on=day(-6), tail=CARD,
        ),
        "paid_balance": Refund(
            reference=number(6), amount=yuan("35.90"), payee=STAR, submitted_on=day(-15), status="paid",
            paid_on=day(-8),
        ),
        "refused_late": Refund(
            reference=number(7), amount=yuan("260.00"), payee=BOOKS, submitted_on=day(-16), status="refused",
            reason="late", last_day=day(-20),
        ),
        "refused_proof": Refund(
            reference=number(8), amount=yuan("179.00"), payee=STAR, submitted_on=day(-17), status="refused",
            reason="proof",
        ),
        "refused_used": Refund(
            reference=number(9), amount=yuan("99.00"), payee=GAMES, submitted_on=day(-18), status="refused",
            reason="used",
        ),
        "refused": Refund(
            reference=number(10), amount=yuan("310.00"), payee=TRAVEL, submitted_on=day(-19), status="refused",
            reason="merchant",
        ),
    }  # fmt: skip


def repayments(when: When, series: int) -> Mapping[str, Repayment]:
    """Numbers 500101 … 500107 of series 0; of each kind of bill there are at least two."""
    at, day, number = when.at, when.day, _numbers(500100, series)
    return {
        "pending": Repayment(
            reference=number(1), bill="card", payee=BANK, amount=yuan("2350.00"), paid_at=at(-1, "10:15"),
            state="pending", expected_on=day(1),
        ),
        "failed_balance": Repayment(
            reference=number(2), bill="loan", payee=LENDER, amount=yuan("1800.00"), paid_at=at(-2, "10:15"),
            state="failed", reason="balance",
        ),
        "booked": Repayment(
            reference=number(3), bill="utility", payee=POWER, amount=yuan("146.20"), paid_at=at(-3, "10:15"),
            booked_on=day(-1),
        ),
        "late_fee": Repayment(
            reference=number(4), bill="card", payee=BANK, amount=yuan("500.00"), paid_at=at(-5, "10:15"),
            booked_on=day(-2), late_fee=yuan("25.00"),
        ),
        "failed_number": Repayment(
            reference=number(5), bill="utility", payee=POWER, amount=yuan("88.60"), paid_at=at(-6, "10:15"),
            state="failed", reason="number",
        ),
        "overdue": Repayment(
            reference=number(6), bill="loan", payee=LENDER, amount=yuan("1800.00"), paid_at=at(-8, "10:15"),
            state="pending", expected_on=day(-3),
        ),
        "failed": Repayment(
            reference=number(7), bill="card", payee=BANK, amount=yuan("300.00"), paid_at=at(-9, "10:15"),
            state="failed", reason="closed",
        ),
    }  # fmt: skip


def incoming_transfers(when: When, series: int) -> Mapping[str, IncomingTransfer]:
    """Numbers 600101 … 600107 of series 0."""
    at, number = when.at, _numbers(600100, series)

    def sent(step: int, amount: str, payer: Names, days: int, **more: Any) -> IncomingTransfer:
        return IncomingTransfer(
            reference=number(step), amount=yuan(amount), payer=payer, sent_at=at(days, "11:20"), **more
        )

    return {
        "pending": sent(1, "500.00", FRIEND, -1, state="pending", arrives_at=at(1, "18:00")),
        "overdue": sent(2, "3200.00", EMPLOYER, -3, state="pending", arrives_at=at(-2, "18:00")),
        "returned_name": sent(3, "800.00", FRIEND, -4, state="returned", reason="name"),
        "returned_limit": sent(4, "60000.00", EMPLOYER, -5, state="returned", reason="limit"),
        "returned_identity": sent(5, "1500.00", FRIEND, -6, state="returned", reason="identity"),
        "returned": sent(6, "90.00", STAR, -7, state="returned", reason="risk"),
        "done": sent(7, "200.00", FRIEND, -8, arrived_at=at(-8, "11:21")),
    }


TRANSFER_ERRORS = {"1001": "name", "1002": "closed", "1003": "limit", "1004": "bank", "1005": "identity"}
"""What the error codes of a transfer mean."""


def cases(when: When) -> Mapping[str, Progress]:
    """Cases that the back office keeps itself: numbers 800101 … 800105. Their states are told to anybody."""
    return {
        "open": Progress(reference="800101", state="open", due_at=when.at(1, "18:00"), changed_at=when.at(-1, "16:40")),
        "working": Progress(
            reference="800102", state="working", due_at=when.at(2, "12:00"), changed_at=when.at(-1, "11:05")
        ),
        "waiting": Progress(reference="800103", state="waiting", changed_at=when.at(-2, "09:20")),
        "overdue": Progress(
            reference="800104", state="working", due_at=when.at(-1, "18:00"), changed_at=when.at(-5, "10:00")
        ),
        "solved": Progress(reference="800105", state="solved", changed_at=when.at(-2, "15:30")),
    }


TERMS = Terms(
    transfer_percent=Decimal("0.1"),
    withdrawal_percent=Decimal("0.1"),
    least_fee=yuan("0.10"),
    free=yuan("20000.00"),
    single=yuan("5000.00"),
    daily=yuan("10000.00"),
    refund_days=30,
    review_days=3,
    payout_days=5,
    booking_days=2,
    claim_days=7,
    help_page="https://help.cloudwallet.example",
    email="help@cloudwallet.example",
    social="CloudWallet",
)

LIMITS = Limits(single=TERMS.single, daily=TERMS.daily, left=yuan("8600.00"))
"""What an account may move, where nothing else is said."""

BALANCE = Balance(available=yuan("1286.40"))
"""What is in a wallet, where nothing else is said."""

EMPTY = Balance(available=yuan("0.00"))
BUSY = Balance(available=yuan("1286.40"), held=yuan("2485.00"))
"""Of those who have everything: their pending payments and withdrawals are held."""


def _numbers(start: int, series: int) -> Callable[[int], str]:
    """Gives the reference number of a step; series keep people apart."""
    return lambda step: str(start + 1000 * series + step)
