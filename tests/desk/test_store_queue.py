"""Each caller gets exactly one agent, first come first served, and an agent who vanishes costs nobody their place."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from ivr.desk.store import QueueEntry, Store

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def join(store: Store, number: int, queue: str = "support", priority: str = "normal") -> None:
    with store.turn(f"CA{number:02d}") as page:
        page.queue_entry(
            QueueEntry(
                call_id=f"CA{number:02d}", queue=queue, joined_at=after(number), priority=priority, topic="refund"
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
    assert [taken.call_id for _ in range(6) if (taken := store.queue.take("support", "amy", after(9)))] == [
        entry.call_id for entry in waiting
    ]


def test_of_fifty_agents_racing_for_twenty_callers_each_caller_gets_one(store: Store) -> None:
    for number in range(20):
        join(store, number)
    with ThreadPoolExecutor(16) as pool:
        taken = list(pool.map(lambda agent: store.queue.take("support", f"agent {agent}", after(60)), range(50)))
    served = [entry.call_id for entry in taken if entry]
    assert sorted(served) == [f"CA{number:02d}" for number in range(20)]
    assert store.queue.take("support", "late", after(60)) is None


def test_a_caller_whose_agent_vanished_is_at_the_head_again(store: Store) -> None:
    join(store, 1)
    join(store, 2)
    taken = store.queue.take("support", "amy", after(10), lease_seconds=30)
    assert taken is not None
    assert (taken.call_id, taken.status, taken.agent, taken.leased_until) == ("CA01", "taken", "amy", after(40))
    again = store.queue.take("support", "bob", after(40))
    assert again is not None
    assert again.call_id == "CA01"
    assert not store.queue.settle("CA01", "answered", after(41), agent="amy")
    assert store.queue.settle("CA01", "answered", after(41), agent="bob")
    assert not store.queue.settle("CA01", "left", after(42))


def test_a_caller_given_back_keeps_the_old_place(store: Store) -> None:
    join(store, 1)
    join(store, 2)
    store.queue.take("support", "amy", after(10))
    assert not store.queue.give_back("CA01", "bob")
    assert store.queue.give_back("CA01", "amy")
    assert [entry.call_id for entry in store.queue.waiting("support")] == ["CA01", "CA02"]


def test_a_call_waits_in_one_queue_at_a_time(store: Store) -> None:
    join(store, 1)
    join(store, 1, queue="security", priority="urgent")
    assert store.queue.lengths() == {"security": 1}


def test_a_page_takes_its_call_out_of_the_queue(store: Store) -> None:
    join(store, 1)
    with store.turn("CA01") as page:
        assert page.leave_queue("timeout", after(600))
        assert not page.leave_queue("left", after(600))
    entry = store.queue.entry("CA01")
    assert entry is not None
    assert entry.status == "timeout"
