"""The shipped handlers answer as they declare, and each planted fault of a handler is found."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from ivr.call.holiday_source import holidays_of
from ivr.hotline import handlers
from ivr.testing.explorer.explore import Explored
from ivr.testing.explorer.search import search
from ivr.wallet.back_office import demo
from ivr.wallet.demo import HOME
from tests.shipped import HANDLERS
from tests.testing.handler_faults import FAULTS, HandlerFault
from tests.testing.handler_properties import broken_promises, tried
from tests.testing.small_hotline import REFUND, model

PROMISES = {"expected_on", "due_on", "by"}
"""The values of handlers that say by when somebody will have done something."""
BY_MACHINE = ("failed_payment", "pending")
"""A payment that hangs is settled at any hour."""


@pytest.mark.slow
def test_the_shipped_handlers_answer_as_they_declare(shipped: Explored) -> None:
    assert list(broken_promises(shipped.space)) == []


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_of_a_handler_is_found(fault: HandlerFault, shipped: Explored) -> None:
    with fault.change():
        assert {name for name, _ in broken_promises(shipped.space)} == {fault.handler}


@pytest.mark.parametrize(
    "day", ["2026-11-23", "2026-11-27", "2026-11-28", "2026-09-30", "2027-02-04", "2026-12-31"],
    ids=["monday", "friday", "saturday", "national holidays", "spring festival", "new year"],
)  # fmt: skip
def test_every_date_that_a_handler_promises_is_one_on_which_somebody_works(day: str) -> None:
    now = datetime.fromisoformat(f"{day}T10:00").replace(tzinfo=HOME)
    promised = {
        (worth.handler, worth.outcome, name): date.fromisoformat(value.text[:10])
        for caller in demo.callers(now)
        for worth in caller.tries
        for name, value in tried(caller, worth, now).items()
        if name in PROMISES
    }
    assert {name for _, _, name in promised} == PROMISES
    for what, on in promised.items():
        if what[:2] == BY_MACHINE:
            continue
        year = holidays_of("CN", on.year)
        assert on in year.worked or (on.weekday() < 5 and on not in year.off), (what, on)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (handlers.found("approvd"), 'has no outcome "approvd"'),
        (handlers.found("approved"), 'lacks "amount"'),
        (handlers.found("not_found", amount=1), 'does not declare "amount"'),
        (None, "gave back NoneType"),
    ],
    ids=["outcome", "missing value", "stray value", "nothing"],
)
def test_a_handler_that_breaks_its_word_is_found(
    monkeypatch: pytest.MonkeyPatch, answer: handlers.Found | None, told: str
) -> None:
    broken = handlers.Handler(REFUND, lambda case: answer, 4.0)
    monkeypatch.setitem(HANDLERS, REFUND.name, broken)
    messages = [message for _, message in broken_promises(search(model()))]
    assert told in messages[0]
