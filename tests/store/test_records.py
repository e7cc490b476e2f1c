"""Tickets, callbacks, notices and flow sets: what people look at and switch."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from ivr.store import CallbackRow, Conflict, Store, Switch, TicketRow

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
TEXT = {"zh": "系统维护至今晚10点。", "en": "We are working on the system until 10 tonight."}


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def open_tickets(store: Store) -> None:
    with store.turn("CA1") as tx:
        for number, topic in enumerate(("refund", "refund", "complaint")):
            tx.open_ticket(
                TicketRow(reference=f"T{number}", call_id=f"CA{number}", topic=topic, opened_at=after(number))
            )


def test_tickets_are_listed_newest_first(store: Store) -> None:
    open_tickets(store)
    store.set_ticket("T0", "closed", NOW)
    table = {
        ("T2", "T1", "T0"): store.tickets(),
        ("T2", "T1"): store.tickets(2),
        ("T1", "T0"): store.tickets(topic="refund"),
        ("T0",): store.tickets(status="closed"),
        ("T2",): store.tickets(call_id="CA2"),
        (): store.tickets(call_id="CA9"),
    }
    for expected, found in table.items():
        assert tuple(ticket.reference for ticket in found) == expected


def test_a_reference_names_one_ticket(store: Store) -> None:
    open_tickets(store)
    with pytest.raises(Conflict):
        open_tickets(store)
    assert len(store.tickets()) == 3
    assert store.ticket("T9") is None


def test_a_ticket_that_is_erased_while_its_call_goes_on_stays_erased(store: Store) -> None:
    with store.turn("CA1") as tx:
        tx.amend_ticket("T1", {"denied": ["reference", "223121"]})
    assert not store.tickets()


@pytest.mark.parametrize(
    ("before", "then"), [("low", "high"), ("normal", "high"), ("high", "high"), ("urgent", "urgent")]
)
def test_hurrying_raises_a_priority_and_never_lowers_one(store: Store, before: str, then: str) -> None:
    with store.turn("CA1") as tx:
        tx.open_ticket(TicketRow(reference="T", call_id="CA1", topic="refund", opened_at=NOW, priority=before))
    assert store.hurry_ticket("T", after(1), after(90))
    assert store.hurry_ticket("T", after(2), after(90))
    ticket = store.ticket("T")
    assert ticket is not None
    assert (ticket.priority, ticket.hurries, ticket.hurried_at) == (then, 2, after(2))


def test_a_closed_ticket_is_not_hurried_until_it_is_opened_again(store: Store) -> None:
    open_tickets(store)
    assert store.set_ticket("T1", "closed", after(5))
    assert not store.hurry_ticket("T1", after(6), after(90))
    ticket = store.ticket("T1")
    assert ticket is not None
    assert (ticket.status, ticket.closed_at, ticket.hurries) == ("closed", after(5), 0)
    assert store.set_ticket("T1", "open", after(7))
    assert store.hurry_ticket("T1", after(8), after(90))
    assert not store.set_ticket("T9", "closed", NOW)


def test_open_callbacks_are_listed_by_when_they_are_due(store: Store) -> None:
    with store.turn("CA1") as tx:
        for number, queue in ((2, "support"), (1, "support"), (3, "security")):
            callback = CallbackRow(
                key=f"k{number}", call_id=f"CA{number % 2}", queue=queue, number=f"+861380013800{number}",
                due_at=after(number), booked_at=NOW,
            )  # fmt: skip
            assert tx.add_callback(callback)
    assert [row.key for row in store.callbacks()] == ["k1", "k2", "k3"]
    store.settle_callback("k1", "failed", NOW)
    assert [row.key for row in store.callbacks()] == ["k2", "k3"]
    assert [row.key for row in store.callbacks(call_id="CA1")] == ["k1", "k3"]


def test_what_is_switched_on_is_on_until_it_is_over_or_switched_off(store: Store) -> None:
    store.switch_on("notice", "maintenance", TEXT, NOW, until=after(60), by="lead")
    store.switch_on("notice", "bank", TEXT, after(1))
    store.switch_on("closure", "support", TEXT, NOW)
    maintenance = Switch(kind="notice", name="maintenance", text=TEXT, on_at=NOW, until=after(60), by="lead")
    assert store.switches("notice", after(59)) == (
        maintenance,
        Switch(kind="notice", name="bank", text=TEXT, on_at=after(1)),
    )
    assert [switch.name for switch in store.switches("notice", after(60))] == ["bank"]
    assert store.switch_off("notice", "bank", after(61))
    assert not store.switch_off("notice", "bank", after(62))
    assert store.switches("notice", after(63)) == ()
    assert [switch.name for switch in store.switches("closure", after(63))] == ["support"]


def test_switching_on_again_changes_what_is_said(store: Store) -> None:
    store.switch_on("notice", "bank", TEXT, NOW, until=after(60))
    store.switch_off("notice", "bank", after(1))
    store.switch_on("notice", "bank", {"en": "All is well."}, after(2))
    (switch,) = store.switches("notice", after(100))
    assert (switch.text, switch.on_at, switch.until) == ({"en": "All is well."}, after(2), None)


def test_what_begins_later_is_on_from_then_until_its_end_and_what_was_on_before_is_on_again(store: Store) -> None:
    def on(seconds: int) -> list[str]:
        return [switch.text["en"] for switch in store.switches("notice", after(seconds))]

    store.switch_on("notice", "works", {"en": "Works tonight."}, NOW)
    store.switch_on("notice", "works", {"en": "Works now."}, NOW, begins=after(50), until=after(60))
    assert [on(49), on(50), on(60)] == [["Works tonight."], ["Works now."], ["Works tonight."]]
    store.switch_on("notice", "works", {"en": "Works at ten."}, after(1))
    assert [on(49), on(50), on(60)] == [["Works at ten."], ["Works now."], ["Works at ten."]]
    assert store.switch_off("notice", "works", after(2), after(50))
    assert not store.switch_off("notice", "works", after(3), after(50))
    assert [on(49), on(50)] == [["Works at ten."]] * 2
    assert store.switch_off("notice", "works", after(4))
    assert store.all_switches(after(5)) == ()


def test_pages_learn_when_something_that_was_planned_begins_and_ends(store: Store) -> None:
    store.switch_on("notice", "works", TEXT, NOW, begins=after(50), until=after(60))
    told = [store.changes.parts(after(seconds))["switches"] for seconds in (1, 49, 50, 59, 60, 61)]
    assert [one == other for one, other in pairwise(told)] == [True, False, True, False, True]


def test_a_flow_set_comes_out_as_it_went_in(store: Store) -> None:
    sources = {"main.yaml": "menu: 您好\n", "refund.yaml": "ask: #\u2028'\"\n"}
    store.add_flow_set("d1", sources, NOW)
    store.add_flow_set("d1", sources, after(1))
    assert store.flow_set("d1") == sources
    assert store.flow_set("d2") is None
