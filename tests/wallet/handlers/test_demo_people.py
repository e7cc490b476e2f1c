"""Whatever the directory of the demo wallet promises comes out so, and every way of every handler is promised."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from ivr.call.values import Value
from ivr.hotline.back_office import Progress
from ivr.hotline.demo import DemoCaller, Try
from ivr.hotline.handlers import Case, run
from ivr.wallet.demo import HOME, DemoWallet, demo_cases, demo_directory
from ivr.wallet.model import Wallet
from tests.shipped import HANDLERS, SPECS

NOW = datetime(2026, 11, 22, 2, 40, tzinfo=UTC)


class NoTickets:
    def progress(self, reference: str) -> Progress | None:
        return None

    def latest(self, account: str, about: str = "") -> Progress | None:
        return None

    def hurry(self, reference: str, key: str) -> bool:
        return False


def case(wallet: DemoWallet, account: str, now: datetime = NOW, language: str = "en") -> Case[Wallet]:
    return Case(
        call_id="CA1", key="CA1/1", account=account, factor="code", caller="", language=language, now=now,
        zone=HOME, back_office=wallet, tickets=NoTickets(),
    )  # fmt: skip


def values(handler: str, given: Mapping[str, str]) -> dict[str, Value]:
    return {name: Value(SPECS[handler].takes[name], text) for name, text in given.items()}


PROMISES = [
    pytest.param(caller, attempt, id=f"{caller.account}-{attempt.handler}-{attempt.outcome}-{index}")
    for caller in demo_directory(NOW)
    for index, attempt in enumerate(caller.tries)
]


@pytest.mark.parametrize(("caller", "attempt"), PROMISES)
def test_every_promise_of_the_directory_is_kept(caller: DemoCaller, attempt: Try) -> None:
    account = "" if attempt.handler == "freeze" else caller.account
    answer = run(HANDLERS[attempt.handler], case(DemoWallet(NOW), account), values(attempt.handler, attempt.given))
    assert answer.looked_up.outcome == attempt.outcome


def test_the_promises_hold_at_any_hour_of_the_day() -> None:
    for hour in range(24):
        now = NOW.replace(hour=hour, minute=59)
        wallet = DemoWallet(now)
        for attempt in demo_directory(now)[0].tries:
            answer = run(
                HANDLERS[attempt.handler], case(wallet, "62220001", now), values(attempt.handler, attempt.given)
            )
            assert answer.looked_up.outcome == attempt.outcome


# what needs more than one look-up, or a world set up, and has a test of its own in test_outcomes.py
ELSEWHERE = {
    ("outage", "none"), ("recent_payment", "no_more"), ("report_payment", "not_found"), ("claim", "claimed"),
    ("unlock", "code_needed"), ("hurry_case", "hurried"), ("hurry_case", "already"), ("hurry_case", "solved"),
    ("hurry_case", "not_found"), ("hurry_case", "undated"), ("case_status", "not_found"), ("fees", "told"),
    ("limits", "told"),
    ("my_case", "found"), ("my_case", "none"), ("case_about", "open"), ("case_about", "none"), ("channels", "told"),
    ("refund_rules", "told"), ("repayment_rules", "told"),
}  # fmt: skip


def test_every_outcome_of_every_handler_can_be_tried() -> None:
    promised = {(attempt.handler, attempt.outcome) for caller in demo_directory(NOW) for attempt in caller.tries}
    promised |= {("case_status", state) for state in demo_cases(NOW)}
    declared = {(name, outcome) for name, spec in SPECS.items() for outcome in spec.outcomes}
    assert declared - promised - ELSEWHERE == set()


def test_the_cases_of_the_demo_are_in_the_states_they_are_listed_by() -> None:
    for state, progress in demo_cases(NOW).items():
        answer = run(
            HANDLERS["case_status"], case(DemoWallet(NOW), ""), values("case_status", {"reference": progress.reference})
        )
        assert answer.looked_up.outcome == state


def test_names_are_told_in_the_language_of_the_call() -> None:
    told = [
        run(HANDLERS["refund"], case(DemoWallet(NOW), "62220001", language=language), {}).looked_up.values["payee"].text
        for language in ("zh", "en", "fr")
    ]
    assert told == ["星辰超市", "Star Market", "星辰超市"]


def test_nobody_shares_a_number_an_account_or_a_transaction() -> None:
    wallet, callers = DemoWallet(NOW), demo_directory(NOW)
    assert len({caller.phone for caller in callers}) == len({caller.account for caller in callers}) == len(callers)
    numbers = [
        one.reference
        for caller in callers
        if caller.names["en"] not in ("Rose Barker", "Lin Feng")
        for listed in (
            wallet.payments,
            wallet.withdrawals,
            wallet.refunds,
            wallet.repayments,
            wallet.incoming_transfers,
        )
        for one in listed(caller.account)
    ]
    assert len(numbers) == len(set(numbers)) > 80


def test_lists_are_newest_first_and_nothing_is_from_the_future() -> None:
    for hour in range(24):
        now = NOW.replace(hour=hour)
        wallet = DemoWallet(now)
        for account in ("62220001", "62220002", "62220024"):
            moments = [one.paid_at for one in wallet.payments(account)]
            assert moments == sorted(moments, reverse=True)
            assert all(moment < now for moment in moments)
            for asked in (wallet.withdrawals(account), wallet.repayments(account), wallet.refunds(account)):
                days = [
                    getattr(one, "asked_at", None) or getattr(one, "paid_at", None) or one.submitted_on for one in asked
                ]
                assert days == sorted(days, reverse=True)
