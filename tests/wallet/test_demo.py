"""The demo wallet's own ways: faults, what a call script gives, and changes that happen once."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, date, datetime
from typing import Any

import pytest

from ivr.hotline.back_office import BackOfficeUnavailable, counting_delay
from ivr.wallet import demo_world
from ivr.wallet.demo import DemoWallet
from ivr.wallet.demo_world import Person
from ivr.wallet.model import Balance, Customer, Limits, Outage, Terms

NOW = datetime(2026, 11, 22, 2, 40, tzinfo=UTC)


def test_a_fault_can_come_after_some_right_answers():
    wallet = DemoWallet(NOW, {"customer": "after 2"})
    for _ in range(2):
        assert wallet.find_customer("62220001")
    with pytest.raises(BackOfficeUnavailable):
        wallet.find_customer("62220001")


def test_what_always_fails_fails_always_and_nothing_else_does() -> None:
    wallet = DemoWallet(NOW, {"refund": "always"})
    for _ in range(3):
        with pytest.raises(BackOfficeUnavailable):
            wallet.refunds("62220001")
    assert wallet.payments("62220001")


def test_what_fails_once_works_again() -> None:
    wallet = DemoWallet(NOW, {"wallet": "once"})
    with pytest.raises(BackOfficeUnavailable):
        wallet.terms()
    assert wallet.terms() == wallet.terms()


def test_a_slow_answer_comes_and_says_how_late() -> None:
    wallet = DemoWallet(NOW, {"refund": "slow 12 s"})
    with counting_delay() as delay:
        assert wallet.refunds("62220001")
        assert wallet.payments("62220001")
    assert delay.seconds == 12
    assert wallet.refunds("62220001")  # nobody counts, nobody waits


def test_two_people_live_behind_faults() -> None:
    wallet = DemoWallet(NOW)
    for account in ("62220026", "62220027"):
        assert wallet.find_customer(account) is not None
        assert wallet.check_pin(account, account[-6:])
    for _ in range(2):
        with pytest.raises(BackOfficeUnavailable):
            wallet.refunds("62220026")
    with counting_delay() as delay:
        wallet.refunds("62220027")
    assert delay.seconds == 12


@pytest.mark.parametrize(
    ("faults", "says"),
    [
        ({"refunds": "always"}, 'called "refunds"; did you mean "refund"'),
        ({"refund": "sometimes"}, 'not "sometimes"'),
        ({"refund": "slow"}, 'not "slow"'),
    ],
)
def test_a_fault_that_is_none_is_named(faults: dict[str, str], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        DemoWallet(NOW, faults)


def test_a_script_sets_the_world_as_it_writes_it() -> None:
    wallet = DemoWallet(NOW)
    wallet.give(
        {
            "account": "62220001",
            "refund": {"reference": "300123", "status": "approved", "amount": "99.00 CNY", "expected_on": "2026-11-25"},
        }
    )
    refund, *others = wallet.refunds("62220001")
    assert (refund.reference, str(refund.amount), refund.expected_on) == ("300123", "99.00 CNY", date(2026, 11, 25))
    assert "300123" not in [one.reference for one in others]
    assert len(others) == 9


def test_a_script_makes_somebody_new() -> None:
    wallet = DemoWallet(NOW)
    customer = {"phone": "+8613900139000", "names": {"zh": "新人", "en": "New"}, "status": "frozen"}
    wallet.give({"account": "70000001", "pin": "123456", "customer": customer, "limits": {"left": "1.00 CNY"}})
    found = wallet.find_customer("13900139000")
    assert found is not None
    assert (found.account, found.called("en"), found.status) == ("70000001", "New", "frozen")
    assert wallet.check_pin("70000001", "123456")
    assert str(wallet.limits("70000001").left) == "1.00 CNY"


def test_a_script_sets_what_holds_for_everybody() -> None:
    wallet = DemoWallet(NOW)
    wallet.give({"outage": {"service": "payments"}, "case": {"reference": "800777", "state": "solved"}})
    assert wallet.outage("payments", NOW, "") is not None
    progress = wallet.progress("800777")
    assert progress is not None
    assert progress.state == "solved"


@pytest.mark.parametrize(
    ("world", "says"),
    [
        ({"refund": {}}, '"refund" needs an account'),
        ({"account": "62220001", "refnd": {}}, 'no "refnd"; did you mean "refund"'),
        ({"account": "62220001", "refund": {"amout": "1 CNY"}}, 'Refund has no "amout"; did you mean "amount"'),
        ({"account": "62220001", "refund": {"amount": "1"}}, "Refund: amount is not as expected, such as 128.50 CNY"),
        ({"account": "62220001", "refund": {"paid_on": "32"}}, "paid_on is not as expected, such as 2026-11-25"),
        ({"account": "62220001", "refund": {"status": "aproved"}}, 'no status is called "aproved"; did you mean "appr'),
        ({"account": "62220001", "repayment": {"bill": "x"}}, 'called "x"; there is card, loan, utility'),
        ({"account": "62220001", "refund": "300123"}, "Refund: expected an object"),
        ({"outage": {"until": "soon"}}, "Outage: until is not as expected"),
    ],
)
def test_what_a_script_can_not_give_is_named(world: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        DemoWallet(NOW).give(world)


@pytest.mark.parametrize("who", ["62220001", "+8613800138000", "13800138000", "8613800138000"])
def test_a_customer_is_found_by_account_and_by_phone(who: str) -> None:
    found = DemoWallet(NOW).find_customer(who)
    assert found is not None
    assert found.account == "62220001"


@pytest.mark.parametrize("who", ["", "6222", "138", "62229999", "+8613800138099"])
def test_nobody_else_is_found(who: str) -> None:
    assert DemoWallet(NOW).find_customer(who) is None


def test_a_pin_is_only_checked_for_those_who_have_one() -> None:
    wallet = DemoWallet(NOW)
    assert [wallet.check_pin(account, "220028") for account in ("62220028", "62229999")] == [False, False]


def test_the_same_key_signs_out_once() -> None:
    wallet = DemoWallet(NOW)
    assert [wallet.sign_out("62220001", key) for key in ("1", "1", "2")] == [2, 2, 0]


def test_secrets_are_not_printed() -> None:
    wallet = DemoWallet(NOW)
    assert "220001" not in repr(wallet._people["62220001"]).replace("62220001", "")
    assert "8613800138000" not in repr(wallet.find_customer("62220001"))


def test_the_file_of_the_demo_writes_no_field_that_the_wallet_does_not_know() -> None:
    data = demo_world.written()
    written: list[tuple[type[Any], dict[str, Any]]] = [(Terms, data["terms"])]
    for handler, money in data["money"].items():
        kind = demo_world.TRANSACTIONS[demo_world._KINDS[handler]]
        written += [(kind, {**money.get("each", {}), **one}) for one in money["outcomes"].values()]
    for name, template in data["templates"].items():
        written.append((demo_world.TRANSACTIONS[name], template))
    for person in (data["everyone"], data["stranger"], *data["people"]):
        known = {field.name for field in fields(Person)} | {"names", "money", "purchases"}
        assert set(person) <= known, person
        records = (("customer", Customer), ("limits", Limits), ("balance", Balance), ("outage", Outage))
        written += [(kind, person[name]) for name, kind in records if name in person]
    for kind, record in written:
        assert set(record) <= {field.name for field in fields(kind)}, record
