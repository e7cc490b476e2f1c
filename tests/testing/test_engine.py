"""Our own engine does what flows say: proven of the shipped flows, and each planted fault of the engine is found."""

from __future__ import annotations

import pytest

from ivr.testing.explorer.explore import ORDER, PROPERTIES, judge, monitor
from ivr.testing.explorer.properties.turns import LARGEST_REPLY
from ivr.testing.explorer.property import Bounds
from ivr.testing.explorer.search import search
from ivr.webhooks import sanitize
from tests.testing.engine_faults import FAULTS, EngineFault
from tests.testing.engine_properties import ENGINE_PROPERTIES
from tests.testing.small_hotline import HOTLINE, model, replaced

WITH_EVERY_STEP = replaced(
    HOTLINE,
    ("ticket: {ticket: refund, about: [amount], next: told}", "ticket: {ticket: refund, about: [amount], next: text}"),
    ("  told:\n", '  text: {sms: {zh: "编号{ticket}。", en: "Ticket {ticket}."}, next: told}\n  told:\n'),
    ('{next_opening}."}, next: message}', '{next_opening}."}, next: ring_back}'),
    (
        "  security: {run",
        "  ring_back: {callback: support, on: {booked: promised, refused: message}}\n"
        "  promised: {say: {zh: 我们会给您回电。, en: We will call you back.}, next: bye}\n"
        "  security: {run",
    ),
)  # fmt: skip
"""The small hotline, with a text message and a call back."""


def refuted() -> set[str]:
    """The properties of the engine and of the flows that do not hold in this hotline."""
    properties = (*(PROPERTIES[name] for name in ORDER), *ENGINE_PROPERTIES)
    made = model(WITH_EVERY_STEP)
    explored = judge(search(made, monitor(made, properties)), Bounds(lane="security"), properties)
    return {name for name, found in explored.verdict.items() if found}


def test_a_sound_engine_is_proven() -> None:
    assert refuted() == set()


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_of_the_engine_is_found(fault: EngineFault) -> None:
    with fault.change():
        assert fault.found_by in refuted()


def test_the_largest_reply_is_that_of_the_webhooks() -> None:
    assert LARGEST_REPLY == sanitize.LARGEST_REPLY
