"""Outcomes that need a world set up, more than one look-up, or a hair's breadth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ivr.call.events import LookedUp
from ivr.call.values import Value
from ivr.hotline.back_office import BackOfficeUnavailable, Progress
from ivr.hotline.handlers import Case, HandlerMistake, run
from ivr.wallet.demo import HOME, DemoWallet
from ivr.wallet.model import Customer, Payment, Refund, Wallet
from tests.shipped import HANDLERS, SPECS

NOW = datetime(2026, 11, 22, 2, 40, tzinfo=UTC)


class Tickets:
    """The hotline's own tickets, kept in memory."""

    def __init__(self, *tickets: Progress) -> None:
        self.tickets = {ticket.reference: ticket for ticket in tickets}
        self.hurried: set[str] = set()

    def progress(self, reference: str) -> Progress | None:
        return self.tickets.get(reference)

    def latest(self, account: str, about: str = "") -> Progress | None:
        return next(reversed(self.tickets.values()), None)

    def hurry(self, reference: str, key: str) -> bool:
        first = reference not in self.hurried
        self.hurried.add(reference)
        return first


def case(wallet: DemoWallet | None = None, account: str = "62220001", **more: Any) -> Case[Wallet]:
    made = Case(
        call_id="CA1", key="CA1/1", account=account, factor="code", caller="+8613800138000", language="zh", now=NOW,
        zone=HOME, back_office=wallet or DemoWallet(NOW), tickets=Tickets(),
    )  # fmt: skip
    return replace(made, **more)


def ask(handler: str, case: Case[Wallet], **given: str) -> LookedUp:
    takes = SPECS[handler].takes
    return run(HANDLERS[handler], case, {name: Value(takes[name], text) for name, text in given.items()}).looked_up


def texts(looked_up: LookedUp) -> Mapping[str, str]:
    return {name: value.text for name, value in looked_up.values.items()}


# --- money: a world set up as a call script does --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("handler", "kind", "written", "outcome"),
    [
        ("refund", "refund", {"status": "approved", "expected_on": "2026-11-22"}, "approved"),
        ("refund", "refund", {"status": "approved", "expected_on": "2026-11-21"}, "overdue"),
        ("refund", "refund", {"status": "reviewing", "expected_on": "2026-11-21"}, "overdue"),
        ("refund", "refund", {"status": "approved"}, "submitted"),
        ("refund", "refund", {"status": "refused", "reason": "late"}, "refused"),
        ("failed_payment", "payment", {"state": "pending", "settles_at": "2026-11-22 10:41"}, "pending"),
        ("failed_payment", "payment", {"state": "pending", "settles_at": "2026-11-22 10:40"}, "overdue"),
        ("failed_payment", "payment", {"state": "pending"}, "overdue"),
        ("failed_payment", "payment", {"state": "failed", "reason": "balance", "charged": True}, "not_received"),
        ("failed_payment", "payment", {"state": "failed", "reason": "maintenance"}, "network"),
        ("failed_payment", "payment", {"state": "failed", "reason": "limit"}, "failed"),
        (
            "failed_payment",
            "payment",
            {"state": "failed", "reason": "limit", "limit": "1 CNY", "left": "0 CNY"},
            "daily_limit",
        ),
        ("failed_payment", "payment", {"state": "failed", "reason": "single_limit", "limit": "1 CNY"}, "single_limit"),
        ("withdrawal_failure", "withdrawal", {"state": "pending", "arrives_at": "2026-11-22 10:41"}, "pending"),
        ("withdrawal_failure", "withdrawal", {"state": "pending", "arrives_at": "2026-11-22 10:40"}, "overdue"),
        ("withdrawal_failure", "withdrawal", {"state": "failed", "reason": "channel"}, "network"),
        ("withdrawal_failure", "withdrawal", {"state": "failed", "reason": "daily_limit"}, "failed"),
        ("repayment", "repayment", {"state": "pending", "expected_on": "2026-11-22"}, "pending"),
        ("repayment", "repayment", {"state": "pending", "expected_on": "2026-11-21"}, "overdue"),
        ("repayment", "repayment", {"state": "failed", "reason": "a new word"}, "failed"),
        (
            "repayment",
            "repayment",
            {"state": "failed", "reason": "maintenance", "until": "2026-11-22 10:40"},
            "failed_network",
        ),
    ],
)
def test_edges_of_a_transaction(handler: str, kind: str, written: dict[str, Any], outcome: str) -> None:
    wallet = DemoWallet(NOW)
    wallet.give({"account": "62220025", kind: written})
    assert ask(handler, case(wallet, "62220025")).outcome == outcome


def test_a_state_that_only_the_wallet_knows_is_answered_with_care() -> None:
    class Newer(DemoWallet):
        """One that has learnt a word since we wrote the handlers."""

        def refunds(self, account: str) -> tuple[Refund, ...]:
            return tuple(replace(one, status="a new word", expected_on=None) for one in super().refunds(account))

        def payments(self, account: str) -> tuple[Payment, ...]:
            return tuple(replace(one, state="a new word") for one in super().payments(account))

    assert ask("refund", case(Newer(NOW))).outcome == "submitted"
    assert ask("failed_payment", case(Newer(NOW))).outcome == "failed"


def test_a_number_is_found_however_it_is_grouped() -> None:
    assert ask("refund", case(), reference="300-123").outcome == "approved"


def test_what_a_refund_tells() -> None:
    assert texts(ask("refund", case(), reference="300123")) == {
        "reference": "300123", "amount": "128.50 CNY", "payee": "星辰超市", "expected_on": "2026-11-25",
    }  # fmt: skip


def test_a_payment_is_found_by_day_and_amount() -> None:
    by_both = ask("failed_payment", case(), day="2026-11-20", amount="128.00 CNY")
    assert (by_both.outcome, by_both.values["reference"].text) == ("method", "200103")
    by_amount = ask("failed_payment", case(), amount="52.80 CNY")
    assert (by_amount.outcome, by_amount.values["reference"].text) == ("done", "200121")
    assert ask("failed_payment", case(), day="2026-11-20", amount="1.00 CNY").outcome == "not_found"


def test_without_a_number_a_payment_that_went_through_is_not_the_one_meant() -> None:
    assert ask("failed_payment", case(account="62220024")).outcome == "not_found"


def test_somebody_elses_number_is_not_found() -> None:
    for handler, reference in (
        ("refund", "301123"), ("failed_payment", "201101"), ("withdrawal_failure", "401101"), ("repayment", "501101"),
    ):  # fmt: skip
        assert ask(handler, case(), reference=reference).outcome == "not_found"


def test_the_latest_repayment_is_of_the_bill_asked_about() -> None:
    assert ask("repayment", case(), bill="loan").values["reference"].text == "500102"
    assert ask("repayment", case(), bill="utility").values["reference"].text == "500103"


# --- account and signing in -----------------------------------------------------------------------------------------


def test_a_lock_for_passwords_ends_by_itself() -> None:
    wallet = DemoWallet(NOW)
    lock = {"status": "locked", "lock_reason": "passwords", "unlocks_at": "2026-11-22 10:40"}
    wallet.give({"account": "62220001", "customer": lock})
    assert ask("locked_account", case(wallet)).outcome == "not_locked"
    assert ask("locked_account", case(wallet, now=NOW - timedelta(minutes=1))).outcome == "passwords"


def test_only_a_texted_code_unlocks() -> None:
    wallet = DemoWallet(NOW)
    assert ask("unlock", case(wallet, "62220003", factor="pin")).outcome == "code_needed"
    assert ask("locked_account", case(wallet, "62220003")).outcome == "passwords"
    assert ask("unlock", case(wallet, "62220003")).outcome == "unlocked"
    assert ask("locked_account", case(wallet, "62220003")).outcome == "not_locked"


@pytest.mark.parametrize("account", ["62220005", "62220006", "62220007", "62220009", "62220010", "62220011"])
def test_nothing_but_a_lock_for_passwords_is_lifted(account: str) -> None:
    wallet = DemoWallet(NOW)
    before = wallet.find_customer(account)
    assert ask("unlock", case(wallet, account)).outcome == "refused"
    assert wallet.find_customer(account) == before


def test_an_outage_that_hits_everybody_comes_before_what_is_private() -> None:
    wallet = DemoWallet(NOW)
    assert ask("outage", case(wallet, ""), service="payments").outcome == "none"
    wallet.give({"outage": {"service": "payments", "until": "2026-11-22 12:00"}})
    told = ask("outage", case(wallet, ""), service="payments")
    assert (told.outcome, texts(told)) == ("outage", {"until": "2026-11-22T12:00:00+08:00"})
    assert ask("outage", case(wallet, ""), service="login").outcome == "none"


@pytest.mark.parametrize(
    ("handler", "given"), [("outage", "service"), ("reset_link", "channel"), ("repayment", "bill")]
)
def test_a_word_that_a_handler_does_not_know_is_a_mistake_of_the_flow(handler: str, given: str) -> None:
    with pytest.raises(HandlerMistake, match="pigeon"):
        ask(handler, case(), **{given: "pigeon"})


def test_a_reset_link_goes_to_the_registered_phone_alone() -> None:
    assert texts(ask("reset_link", case(caller="+447700900999"))) == {"tail": "8000"}


# --- the security lane ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "tail", "outcome"),
    [
        ("62220024", "6621", "frozen"),
        ("62220024", "2224", "frozen"),
        ("+447700900024", "6621", "frozen"),
        ("07700900024", "6621", "frozen"),
        ("62220024", "6622", "not_matched"),
        ("62220024", "", "not_matched"),
        ("62229999", "6621", "not_matched"),
        ("", "6621", "not_matched"),
    ],
)
def test_a_freeze_takes_four_digits_that_fit(who: str, tail: str, outcome: str) -> None:
    wallet = DemoWallet(NOW)
    owner = {"owner_phone": Value("phone", "+447700900024")} if outcome == "frozen" else {}
    assert ask("freeze", case(wallet, ""), account=who, tail=tail) == LookedUp(outcome, owner)
    customer = wallet.find_customer("62220024")
    assert customer is not None
    assert customer.status == ("frozen" if outcome == "frozen" else "open")


def test_the_calling_number_does_not_freeze() -> None:
    wallet = DemoWallet(NOW)
    assert ask("freeze", case(wallet, "", caller="+8613800138000"), account="62220001").outcome == "not_matched"
    assert ask("freeze", case(wallet, "", caller="+8613800138000")).outcome == "not_matched"


def test_a_verified_caller_freezes_without_more_and_never_twice_over() -> None:
    wallet = DemoWallet(NOW)
    assert ask("freeze", case(wallet)).outcome == ask("freeze", case(wallet, key="CA1/2")).outcome == "frozen"
    assert ask("freeze", case(wallet, "62220005")).outcome == "frozen"
    assert ask("locked_account", case(wallet, "62220005")).outcome == "large_payment"


def test_the_latest_payments_are_read_one_by_one_and_the_denied_ones_claimed() -> None:
    wallet = DemoWallet(NOW)
    told = ask("recent_payment", case(wallet, "62220024"))
    read = []
    while told.outcome == "payment":
        read.append(told.values["reference"].text)
        told = ask("recent_payment", case(wallet, "62220024"), after=read[-1])
    assert (told.outcome, len(read)) == ("no_more", 5)
    assert ask("claim", case(wallet, "62220024")).outcome == "none"
    for reference in read[1:3]:
        assert ask("report_payment", case(wallet, "62220024"), reference=reference).outcome == "reported"
    assert ask("report_payment", case(wallet, "62220024"), reference="200101").outcome == "not_found"
    for _ in range(2):  # the same turn again: the same answer, and one claim
        claimed = ask("claim", case(wallet, "62220024", key="CA1/9"))
        assert (claimed.outcome, texts(claimed)) == ("claimed", {"count": "2", "claim_days": "7"})
    assert ask("claim", case(wallet, "62220024", key="CA1/10")).outcome == "none"


# --- everybody, and cases -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("handler", ["fees", "limits", "channels", "refund_rules", "repayment_rules"])
def test_what_holds_for_everybody_needs_no_identity(handler: str) -> None:
    assert ask(handler, case(account="")).outcome == "told"


def test_private_answers_need_identity_and_all_else_does_not() -> None:
    free = {name for name, spec in SPECS.items() if not spec.identified}
    assert free == {
        "fees", "limits", "channels", "refund_rules", "repayment_rules", "outage", "freeze", "case_status",
        "hurry_case", "transfer_error",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("ticket", "outcome"),
    [
        (Progress(reference="T1", state="open", due_at=NOW + timedelta(hours=1)), "open"),
        (Progress(reference="T1", state="working", due_at=NOW + timedelta(hours=1)), "working"),
        (Progress(reference="T1", state="a new word", due_at=NOW + timedelta(hours=1)), "working"),
        (Progress(reference="T1", state="open", due_at=NOW), "overdue"),
        (Progress(reference="T1", state="open"), "overdue"),
        (Progress(reference="T1", state="waiting"), "waiting"),
        (Progress(reference="T1", state="solved", due_at=NOW, changed_at=NOW), "solved"),
        (Progress(reference="T2", state="open"), "not_found"),
    ],
)
def test_how_a_ticket_is_doing(ticket: Progress, outcome: str) -> None:
    assert ask("case_status", case(account="", tickets=Tickets(ticket)), reference="T1").outcome == outcome


def test_a_ticket_is_hurried_once() -> None:
    due = Progress(reference="T1", state="open", due_at=NOW + timedelta(hours=1))
    late, closed = Progress(reference="T4", state="open", due_at=NOW), Progress(reference="T2", state="solved")
    tickets = Tickets(due, closed, late)
    asked = [ask("hurry_case", case(tickets=tickets), reference=f"T{one}").outcome for one in (1, 1, 2, 3, 4)]
    assert asked == ["hurried", "already", "solved", "not_found", "undated"]
    wallet = DemoWallet(NOW)
    asked = [ask("hurry_case", case(wallet, key=key), reference="800102").outcome for key in ("1", "1", "2")]
    assert asked == ["hurried", "hurried", "already"]


# --- a wallet that does not answer ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "handler", sorted(set(SPECS) - {"my_case", "case_about"})
)  # which ask for the hotline's own tickets only
def test_a_wallet_that_fails_is_never_taken_for_an_answer(handler: str) -> None:
    given = {"reference": "1"} if "reference" in SPECS[handler].takes else {}
    given |= {"service": "login"} if handler == "outage" else {}
    given |= {"error": "1001"} if handler == "transfer_error" else {}
    with pytest.raises(BackOfficeUnavailable):
        ask(handler, case(DemoWallet(NOW, {"wallet": "always"})), **given)


def test_a_customer_who_vanished_is_for_a_person() -> None:
    class Empty(DemoWallet):
        def find_customer(self, who: str) -> Customer | None:
            return None

    asked = {
        name: ask(name, case(Empty(NOW))).outcome for name in ("locked_account", "login", "reset_link", "lost_phone")
    }
    assert set(asked.values()) == {"locked"}


# --- a case without its number --------------------------------------------------------------------------------------


def test_a_case_is_found_without_its_number() -> None:
    nothing = ask("my_case", case())
    assert (nothing.outcome, texts(nothing)) == ("none", {})
    found = ask("my_case", case(tickets=Tickets(Progress(reference="7000001", state="open"))))
    assert (found.outcome, texts(found)) == ("found", {"ticket": "7000001"})


def test_a_case_that_is_open_is_found_by_what_it_is_about() -> None:
    def about(**more: Any) -> Any:
        return ask("case_about", case(tickets=Tickets(Progress(reference="7000001", **more))), reference="300126")

    assert texts(about(state="open", due_at=NOW + timedelta(days=1))) == {
        "ticket": "7000001",
        "answer_by": "2026-11-23",
    }
    assert about(state="working", due_at=NOW).outcome == "none"
    assert about(state="solved", due_at=NOW + timedelta(days=1)).outcome == "none"
    assert ask("case_about", case(), reference="300126").outcome == "none"
