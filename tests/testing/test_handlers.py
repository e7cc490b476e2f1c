"""The shipped handlers answer as they declare, and each planted fault of a handler is found."""

from __future__ import annotations

import pytest

from ivr.hotline import handlers
from ivr.testing.explorer.explore import Explored
from ivr.testing.explorer.search import search
from tests.shipped import HANDLERS
from tests.testing.handler_faults import FAULTS, HandlerFault
from tests.testing.handler_properties import broken_promises
from tests.testing.small_hotline import REFUND, model


def test_the_shipped_handlers_answer_as_they_declare(shipped: Explored) -> None:
    assert list(broken_promises(shipped.space)) == []


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_of_a_handler_is_found(fault: HandlerFault, shipped: Explored) -> None:
    with fault.change():
        assert {name for name, _ in broken_promises(shipped.space)} == {fault.handler}


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
