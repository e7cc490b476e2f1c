"""Each caller gets exactly one agent, first come first served, whoever races for whom; nobody loses their place."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from ivr.agents.actions import NotNow
from ivr.agents.assigner import Assigner
from ivr.store import CallbackRow, CallRow, OutboxItem, QueueEntry, Store
from ivr.store.rows import TalkRow
from ivr.store.vocabulary import RANKS
from tests.agents import agents_worker
from tests.agents.agents_worker import AGENTS, NOW, actions_on
from tests.patience import PATIENCE_SECONDS
from tests.trust_gates import Amount, Measured

HERE = Path(__file__).parent


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def join(store: Store, number: int, queue: str = "support", priority: str = "normal") -> str:
    call = f"CA{number:02d}"
    with store.turn(call) as tx:
        tx.queue_entry(
            QueueEntry(call_id=call, queue=queue, joined_at=after(number - 100), rank=RANKS[priority], language="zh")
        )
    return call


def promise(store: Store, number: int, **told: object) -> str:
    key = f"CA{number:02d}/1/0"
    usual = {"queue": "support", "number": f"+86138{number:08d}", "due_at": NOW, "booked_at": NOW}
    with store.turn(f"CA{number:02d}") as tx:
        tx.add_callback(CallbackRow(key=key, call_id=f"CA{number:02d}", **{**usual, **told}))  # type: ignore[arg-type]
    return key


def talk(name: str, agent: str, subject: str, state: str = "ringing", **told: object) -> TalkRow:
    return TalkRow(
        id=name, kind="queue", subject=subject, call_id=subject, queue="support", agent=agent, state=state,
        offered_at=NOW, **told,  # type: ignore[arg-type]
    )  # fmt: skip


def test_an_agent_has_one_talk_and_a_caller_one_agent(store: Store) -> None:
    with store.talks.transaction() as tx:
        assert tx.add(talk("TK1", "amy", "CA01"))
        assert not tx.add(talk("TK2", "amy", "CA02")), "amy has one"
        assert not tx.add(talk("TK3", "bob", "CA01")), "this caller has amy"
        assert tx.add(talk("TK4", "sue", "CA01", consult_of="TK1")), "a consultation is beside it"
    assert [row.id for row in store.talks.open()] == ["TK1", "TK4"]
    with store.talks.transaction() as tx:
        first = tx.talk("TK1")
        assert first is not None
        tx.change(first, state="missed", ended_at=NOW)
        assert tx.add(talk("TK5", "bob", "CA01"))


def test_an_act_is_all_or_nothing(store: Store) -> None:
    call = join(store, 1)
    with suppress(RuntimeError), store.talks.transaction() as tx:
        tx.add(talk("TK1", "amy", call))
        tx.take(call, "amy")
        tx.put(OutboxItem(key="TK1", kind="call", payload={}, not_before=NOW))
        raise RuntimeError
    assert (store.talks.get("TK1"), store.outbox.row("TK1")) == (None, None)
    assert [entry.call_id for entry in store.queue.waiting("support")] == [call]


def test_a_caller_released_is_at_the_head_and_may_change_the_queue(store: Store) -> None:
    first, second = join(store, 1), join(store, 2)
    with store.talks.transaction() as tx:
        assert tx.take(first, "amy")
        assert not tx.take(first, "bob")
        assert tx.release(first, after(50))
    assert [entry.call_id for entry in store.queue.waiting("support")] == [first, second]
    with store.talks.transaction() as tx:
        tx.take(first, "amy")
        tx.release(first, after(60), queue="senior", rank=2)
    [entry] = store.queue.waiting("senior")
    assert (entry.call_id, entry.priority, entry.joined_at, entry.leased_until) == (
        first,
        "high",
        after(-99),
        after(60),
    )


def test_steers_leave_in_the_order_they_are_given_and_none_is_taken_for_another(store: Store) -> None:
    for path in ("/a", "/b"):
        with store.talks.transaction() as tx:
            tx.steer("TK1", "CA01", path, NOW)
            tx.steer("TK1", "CA02", path, NOW)
            tx.steer("TK1", "", path, NOW)
    told = [(row.payload["call"], row.payload["path"]) for row in store.outbox.claim_due(NOW, 60, 9)]
    assert told == [("CA01", "/a"), ("CA02", "/a"), ("CA01", "/b"), ("CA02", "/b")]


def test_a_call_that_is_called_off_does_not_leave_and_one_that_has_left_is_named(store: Store) -> None:
    for key in ("waits", "left"):
        store.outbox.add(OutboxItem(key=key, kind="call", payload={}, not_before=NOW))
    [row] = store.outbox.claim_due(NOW, 60, 1)
    assert row.key == "left"
    store.outbox.done(row, NOW, "CA77")
    with store.talks.transaction() as tx:
        assert tx.call_off("waits", NOW) == ""
        assert tx.call_off("left", NOW) == "CA77"
        assert tx.call_off("never there", NOW) == ""
    assert store.outbox.claim_due(after(999), 60, 9) == ()


def test_a_snapshot_shows_who_waits_and_is_nobody_s(store: Store) -> None:
    taken, rings, waits = (join(store, number) for number in range(3))
    due, later = promise(store, 7, since=after(-500)), promise(store, 8, due_at=after(900))
    with store.talks.transaction() as tx:
        tx.take(taken, "amy")
        tx.add(talk("TK1", "amy", taken, "talking"))
        tx.add(talk("TK2", "bob", rings))
    seen = store.talks.snapshot(NOW, after(-60))
    assert [(one.id, one.kind) for one in seen.waiting] == [(waits, "queue"), (due, "callback")]
    assert seen.waiting[1].since == after(-500)
    assert (seen.next_due, later) == (after(900), "CA08/1/0")
    assert [standing.talk.id for standing in seen.talks] == ["TK1", "TK2"]


def test_nobody_is_called_back_who_is_on_the_line(store: Store) -> None:
    key = promise(store, 1)
    assert [one.id for one in store.talks.snapshot(NOW, NOW).waiting] == [key]
    with store.turn("CA09", 0) as tx:
        tx.open_call(
            CallRow(
                id="CA09", from_number="+8613800000001", to_number="", digest="", language="zh", started_at=NOW,
                last_turn_at=NOW, turn=0,
            )
        )  # fmt: skip
    assert store.talks.snapshot(NOW, NOW).waiting == ()
    store.end_call("CA09", "completed", NOW)
    assert [one.id for one in store.talks.snapshot(NOW, NOW).waiting] == [key]


@pytest.mark.slow
@pytest.mark.trust(goal=30, minutes=3)
def test_fifty_agents_racing_for_twenty_callers_get_one_each_and_no_caller_two(
    store: Store, amount: Amount, measured: Measured
) -> None:
    actions, rounds = actions_on(store), amount(1, 100)
    for number in range(rounds):
        calls = {join(store, 20 * number + each) for each in range(20)}
        with ThreadPoolExecutor(16) as pool:
            talks = [talk for talk in pool.map(lambda name: agents_worker.take(actions, name), AGENTS) if talk]
        got = [row for row in map(store.talks.get, talks) if row is not None]
        assert sorted(row.call_id for row in got) == sorted(calls)
        assert len({row.agent for row in got}) == 20
        with pytest.raises(NotNow, match="nobody_waits"):
            actions.take_next(next(name for name in AGENTS if actions.talk_of(name) is None))
        with store.talks.transaction() as tx:
            for row in got:
                tx.take(row.call_id, row.agent)
                tx.change(row, state="over", ended_at=NOW)
    measured(f"{rounds} times 50 agents for 20 callers: one agent each")


def test_ten_agents_racing_for_twenty_callers_take_the_first_ten(store: Store) -> None:
    calls = [join(store, number) for number in range(20)]
    actions = actions_on(store)
    with ThreadPoolExecutor(10) as pool:
        list(pool.map(lambda name: agents_worker.take(actions, name), list(AGENTS)[:10]))
    assert sorted(row.call_id for row in store.talks.open()) == calls[:10]


@pytest.mark.slow
def test_processes_that_deal_at_the_same_moment_deal_each_caller_once(store: Store) -> None:
    calls = [join(store, number) for number in range(20)]
    actions = actions_on(store)
    for name in AGENTS:
        actions.ready(name)
    assigners = [Assigner(store, actions_on(store), lambda queue, at: True) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda assigner: assigner.tick(NOW), assigners))
    rows = store.talks.open()
    assert sorted(row.call_id for row in rows) == calls
    assert len({row.agent for row in rows}) == 20
    assert len([row for row in store.outbox.rows(99) if row.kind == "call"]) == 20, "one phone for each"


@pytest.mark.slow
def test_agents_of_four_processes_racing_for_twenty_callers_get_one_each(store: Store, store_url: str) -> None:
    calls = sorted(join(store, number) for number in range(20))
    workers = [
        subprocess.Popen(
            [sys.executable, str(HERE.parent / "agents" / "agents_worker.py"), store_url, str(first), "10"],
            stdout=subprocess.PIPE,
            text=True,
        )
        for first in (0, 10, 20, 30)
    ]
    talks = [talk for worker in workers for talk in worker.communicate(timeout=PATIENCE_SECONDS)[0].split()]
    assert [worker.returncode for worker in workers] == [0] * 4
    assert sorted(row.call_id for talk in talks if (row := store.talks.get(talk))) == calls
    assert len(store.talks.open()) == 20
