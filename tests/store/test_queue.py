"""Callers wait by priority and in order, and leave once. Who takes whom is held in test_store_talks."""

from datetime import UTC, datetime, timedelta

from ivr.store import QueueEntry, Store
from ivr.store.vocabulary import RANKS

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def join(store: Store, number: int, queue: str = "support", priority: str = "normal") -> None:
    with store.turn(f"CA{number:02d}") as tx:
        tx.queue_entry(
            QueueEntry(
                call_id=f"CA{number:02d}", queue=queue, joined_at=after(number), rank=RANKS[priority], topic="refund"
            )
        )


def test_callers_wait_by_priority_and_then_in_order(store: Store) -> None:
    for number, priority in enumerate(("normal", "low", "urgent", "normal", "high", "urgent")):
        join(store, number, priority=priority)
    join(store, 9, queue="security")
    waiting = store.queue.waiting("support")
    assert [entry.call_id for entry in waiting] == ["CA02", "CA05", "CA04", "CA00", "CA03", "CA01"]
    assert (waiting[0].priority, waiting[0].topic, waiting[0].joined_at) == ("urgent", "refund", after(2))
    assert store.queue.length("support") == 6
    assert store.queue.lengths() == {"support": 6, "security": 1}


def test_a_wait_ends_once_and_not_for_whom_somebody_has_taken(store: Store) -> None:
    join(store, 1)
    join(store, 2)
    with store.talks.transaction() as tx:
        assert tx.take("CA01", "amy")
    assert not store.queue.settle("CA01", "left", after(9))
    assert store.queue.settle("CA02", "left", after(9))
    assert not store.queue.settle("CA02", "timeout", after(10))
    assert [store.queue.entry(call).status for call in ("CA01", "CA02")] == ["taken", "left"]  # type: ignore[union-attr]


def test_a_call_that_joins_again_keeps_its_place_and_its_agent(store: Store) -> None:
    join(store, 1)
    with store.talks.transaction() as tx:
        tx.take("CA01", "amy")
    with store.turn("CA01") as tx:
        tx.queue_entry(QueueEntry(call_id="CA01", queue="support", joined_at=after(99)))
        assert tx.waited_since() == after(1)
    entry = store.queue.entry("CA01")
    assert entry is not None
    assert (entry.joined_at, entry.status, entry.agent) == (after(1), "taken", "amy")


def test_a_call_waits_in_one_queue_at_a_time(store: Store) -> None:
    join(store, 1)
    join(store, 1, queue="security", priority="urgent")
    assert store.queue.lengths() == {"security": 1}


def test_a_page_takes_its_call_out_of_the_queue(store: Store) -> None:
    join(store, 1)
    with store.turn("CA01") as tx:
        assert tx.leave_queue("timeout", after(600))
        assert not tx.leave_queue("left", after(600))
    entry = store.queue.entry("CA01")
    assert entry is not None
    assert entry.status == "timeout"
