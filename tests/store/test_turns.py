"""One turn is one transaction: everything of it, or nothing."""

import contextlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ivr.store import (
    CallbackRow,
    CallRow,
    Conflict,
    OutboxItem,
    QueueEntry,
    RecordingRow,
    Store,
    StoredTurn,
    TicketRow,
)  # fmt: skip

NOW = datetime(2026, 11, 22, 10, 0, 0, 123457, UTC)
CALL = CallRow(
    id="CA1", from_number="+8613800138000", to_number="+864001234567", digest="d1", language="zh",
    started_at=NOW, last_turn_at=NOW, turn=0, session="{}",
)  # fmt: skip


def begin(store: Store, call: CallRow = CALL) -> None:
    """A call that was answered, and expects turn 1."""
    with store.turn(call.id, 0) as tx:
        tx.open_call(call)
        tx.save(session='{"state": "main"}', turn=1, now=call.started_at)
        tx.record(0, call.started_at, "Began", "[]", "<Response/>")


def test_a_call_comes_out_as_it_went_in(store: Store) -> None:
    with store.turn("CA1", 0) as tx:
        assert (tx.call, tx.stored, tx.turn) == (None, None, 0)
        tx.open_call(CALL)
    assert store.call("CA1") == CALL
    assert store.call("CA2") is None


def test_a_turn_keeps_session_answer_and_next_turn_together(store: Store) -> None:
    begin(store)
    later = NOW + timedelta(seconds=5)
    with store.turn("CA1", 1) as tx:
        assert tx.call is not None
        assert tx.call.turn == 1
        assert tx.stored is None
        tx.save(session='{"state": "refund"}', turn=2, now=later, language="en", account="62220001")
        tx.record(1, later, "Digits", '[{"kind": "Said"}]', "<Response>1</Response>")
    assert store.stored("CA1", 1) == StoredTurn(later, "<Response>1</Response>", later)
    assert store.stored("CA1", 2) is None
    kept = replace(
        CALL, session='{"state": "refund"}', turn=2, last_turn_at=later, language="en", account="62220001"
    )  # fmt: skip
    assert store.call("CA1") == kept
    with store.turn("CA1", 1) as tx:
        assert tx.stored == StoredTurn(later, "<Response>1</Response>", later)
    assert [(row.turn, row.input_kind, row.events) for row in store.turns("CA1")] == [
        (0, "Began", "[]"),
        (1, "Digits", '[{"kind": "Said"}]'),
    ]


def test_a_turn_of_a_live_call_writes_four_pages(tmp_path: Path) -> None:
    """The row of the call, that of the turn, and two indexes of turns; no index of calls."""
    with Store.open(f"sqlite:///{tmp_path}/ivr.db", b"p" * 32) as store:
        begin(store)
        written = []
        for turn in range(1, 6):
            before = (tmp_path / "ivr.db-wal").stat().st_size
            with store.turn("CA1", turn) as tx:
                tx.save(session='{"state": "main"}', turn=turn + 1, now=NOW)
                tx.record(turn, NOW, "Digits", "[]", "<Response/>")
            written.append((tmp_path / "ivr.db-wal").stat().st_size - before)
    page_and_its_head = 4_096 + 24
    assert written == [4 * page_and_its_head] * 5


def test_a_page_without_a_number_is_the_turn_the_call_expects(store: Store) -> None:
    begin(store)
    with store.turn("CA1") as tx:
        assert tx.turn == 1


def test_an_exception_leaves_nothing_behind(store: Store) -> None:
    begin(store)
    with contextlib.suppress(ZeroDivisionError), store.turn("CA1", 1) as tx:
        tx.save(session="{}", turn=2, now=NOW)
        tx.record(1, NOW, "Digits", "[]", "<Response/>")
        tx.open_ticket(TicketRow(reference="1001", call_id="CA1", topic="refund", opened_at=NOW))
        tx.put([OutboxItem(key="CA1/1/0", kind="sms", payload={"to": "+8613800138000"}, not_before=NOW)])
        raise ZeroDivisionError
    call = store.call("CA1")
    assert call is not None
    assert call.turn == 1
    assert len(store.turns("CA1")) == 1
    assert store.ticket("1001") is None
    assert store.outbox.rows() == ()


def test_a_turn_the_call_has_left_behind_cannot_be_saved(store: Store) -> None:
    begin(store)
    with store.turn("CA1", 1) as tx:
        tx.save(session="first", turn=2, now=NOW)
    with pytest.raises(Conflict), store.turn("CA1", 1) as tx:
        tx.save(session="second", turn=2, now=NOW)
    call = store.call("CA1")
    assert call is not None
    assert call.session == "first"


def test_a_claim_is_finished_once_and_whoever_was_paused_is_refused(store: Store) -> None:
    begin(store)
    with store.turn("CA1", 1) as tx:
        tx.record(1, NOW, "Digits", "[]", None)
    with store.turn("CA1", 1) as tx:
        assert tx.stored == StoredTurn(NOW, None, None)
        assert tx.stored.claimed
    takeover = NOW + timedelta(seconds=10)
    with store.turn("CA1", 1) as tx:
        tx.record(1, takeover, "Digits", "[]", None)
    with store.turn("CA1", 1) as tx:
        assert tx.stored is not None
        assert tx.stored.at == takeover
        tx.record(1, takeover + timedelta(seconds=1), "Digits", "[1]", "theirs")
        tx.save(session="theirs", turn=2, now=takeover)
    with pytest.raises(Conflict), store.turn("CA1", 1) as tx:
        tx.record(1, takeover + timedelta(seconds=2), "Digits", "[2]", "ours")
    with store.turn("CA1", 1) as tx:
        assert tx.stored == StoredTurn(takeover, "theirs", takeover + timedelta(seconds=1))


def test_a_call_is_opened_once(store: Store) -> None:
    begin(store)
    with pytest.raises(Conflict), store.turn("CA1", 0) as tx:
        tx.open_call(CALL)


def test_a_write_inside_a_write_is_told_instead_of_waiting_for_itself(store: Store) -> None:
    with store.turn("CA1", 0), pytest.raises(RuntimeError, match="a write inside a write"):
        store.claim("calls", "all", 10, NOW, 60)


def test_a_read_inside_a_page_sees_what_the_page_wrote(store: Store) -> None:
    with store.turn("CA1", 0) as tx:
        tx.open_call(CALL)
        assert store.call("CA1") == CALL


@pytest.mark.parametrize("status", ["completed", "busy", "failed", "no-answer", "canceled"])
def test_ended_is_final_for_a_page(store: Store, status: str) -> None:
    begin(store)
    with store.turn("CA1") as tx:
        tx.save(session="{}", turn=2, now=NOW, status=status)
    with store.turn("CA1") as tx:
        tx.save(session="later", turn=3, now=NOW + timedelta(seconds=9), status="active")
    call = store.call("CA1")
    assert call is not None
    assert (call.status, call.ended_at, call.live, call.session) == (status, NOW, False, "later")


def test_the_first_end_of_a_call_stays_and_later_reports_add_its_seconds(store: Store) -> None:
    begin(store)
    assert store.end_call("CA1", "completed", NOW)
    assert not store.end_call("CA1", "no-answer", NOW + timedelta(seconds=3), seconds=42)
    assert not store.end_call("CA1", "failed", NOW + timedelta(seconds=4), seconds=0)
    assert not store.end_call("CA9", "completed", NOW)
    call = store.call("CA1")
    assert call is not None
    assert (call.status, call.ended_at, call.seconds) == ("completed", NOW, 42)
    with pytest.raises(ValueError, match="active"):
        store.end_call("CA1", "active", NOW)


def test_the_end_of_a_call_frees_its_place_in_the_queue(store: Store) -> None:
    begin(store)
    with store.turn("CA1") as tx:
        tx.queue_entry(QueueEntry(call_id="CA1", queue="support", joined_at=NOW))
    assert store.queue.length("support") == 1
    store.end_call("CA1", "completed", NOW)
    assert store.queue.length("support") == 0
    entry = store.queue.entry("CA1")
    assert entry is not None
    assert entry.status == "hangup"


def test_idle_calls_are_live_and_without_a_turn_since(store: Store) -> None:
    for number in range(3):
        begin(store, replace(CALL, id=f"CA{number}", started_at=NOW + timedelta(minutes=number)))
    store.end_call("CA0", "completed", NOW)
    assert store.idle_calls(NOW + timedelta(minutes=2)) == ("CA1",)
    assert store.live_digests() == {"d1"}


def test_calls_are_listed_newest_first(store: Store) -> None:
    for number in range(4):
        began = NOW + timedelta(minutes=number)
        begin(store, replace(CALL, id=f"CA{number}", started_at=began))
    store.end_call("CA3", "completed", NOW)
    table = {
        ("CA3", "CA2"): store.calls(2),
        ("CA3",): store.calls(live=False),
        ("CA2", "CA1", "CA0"): store.calls(live=True),
    }
    for expected, found in table.items():
        assert tuple(call.id for call in found) == expected


def test_what_a_page_leaves_for_people_is_there_after_it(store: Store) -> None:
    begin(store)
    ticket = TicketRow(
        reference="100 1", call_id="CA1", topic="refund", opened_at=NOW, about='{"a": 1}', complete=False
    )
    callback = CallbackRow(
        key="CA1/1/0", call_id="CA1", queue="support", number="+8613800138000", due_at=NOW, booked_at=NOW
    )
    recording = RecordingRow(id="RE1", call_id="CA1", turn=1, url="https://x/RE1", seconds=7, made_at=NOW)
    with store.turn("CA1") as tx:
        tx.open_ticket(ticket)
        assert tx.add_callback(callback)
        assert not tx.add_callback(replace(callback, key="CA1/1/1"))
        tx.add_recording(recording)
        tx.add_recording(replace(recording, seconds=0))
    assert store.ticket("100 1") == ticket
    assert store.open_callback("+8613800138000", "support") == callback
    assert store.recordings("CA1") == (recording,)
    assert store.settle_callback("CA1/1/0", "done", NOW)
    assert not store.settle_callback("CA1/1/0", "failed", NOW)
    assert store.open_callback("+8613800138000", "support") is None
    with store.turn("CA1") as tx:
        assert tx.add_callback(replace(callback, key="CA1/1/1"))
    later = NOW + timedelta(hours=2)
    with store.turn("CA1") as tx:
        assert not tx.add_callback(replace(callback, key="CA1/1/2", due_at=later))
    assert store.open_callback("+8613800138000", "support") == replace(callback, key="CA1/1/1", due_at=later)


def test_each_queue_may_have_a_callback_to_a_number(store: Store) -> None:
    number, tomorrow = "+8613800138000", NOW + timedelta(days=1)
    support = CallbackRow(key="CA1/1/0", call_id="CA1", queue="support", number=number, due_at=tomorrow, booked_at=NOW)
    security = replace(support, key="CA1/2/0", queue="security", due_at=NOW)
    begin(store)
    with store.turn("CA1") as tx:
        assert tx.add_callback(support)
        assert tx.add_callback(security)
    assert store.open_callback(number, "support") == support
    with store.talks.transaction() as tx:
        assert tx.kept(number, "support", NOW), "whom support has talked to, the security team still calls"
    assert store.open_callback(number, "support") is None
    assert store.open_callback(number, "security") == security


@pytest.mark.parametrize(("caller", "moved"), [("+8613800138000", True), ("+8613900139000", False), ("", False)])
def test_a_callback_is_moved_by_its_own_call_or_number_alone(store: Store, caller: str, moved: bool) -> None:
    number, later = "+8613800138000", NOW + timedelta(hours=2)
    booked = CallbackRow(key="CA1/1/0", call_id="CA1", queue="support", number=number, due_at=NOW, booked_at=NOW)
    begin(store)
    with store.turn("CA1") as tx:
        assert tx.add_callback(booked)
    with store.turn("CA2", 0) as tx:  # whose look-up was before that, and knew of no callback
        tx.open_call(replace(CALL, id="CA2", from_number=caller))
        assert not tx.add_callback(replace(booked, key="CA2/1/0", call_id="CA2", due_at=later))
    assert store.open_callback(number, "support") == replace(booked, due_at=later if moved else NOW)


def test_a_look_up_is_put_once(store: Store) -> None:
    assert store.lookup("CA1", 3) is None
    assert store.put_lookup("CA1", 3, "approved", '{"amount": "128.50 CNY"}', NOW)
    assert not store.put_lookup("CA1", 3, "not_found", "{}", NOW)
    found = store.lookup("CA1", 3)
    assert found is not None
    assert (found.outcome, found.values, found.ready_at) == ("approved", '{"amount": "128.50 CNY"}', NOW)


def test_a_time_without_a_zone_is_refused(store: Store) -> None:
    with pytest.raises(ValueError, match="has no time zone"), store.turn("CA1", 0) as tx:
        tx.record(0, datetime(2026, 11, 22), "Began", "[]", None)  # noqa: DTZ001 - the mistake under test


@pytest.mark.parametrize("written", ["0001-01-01T00:00+08:00", "0001-01-01T00:00+00:00", "9999-12-31T23:59-08:00"])
def test_a_time_that_could_not_be_read_again_is_refused(store: Store, written: str) -> None:
    at = datetime.fromisoformat(written)
    with pytest.raises(ValueError, match="is no time to keep"), store.turn("CA1", 0) as tx:
        tx.record(0, at, "Began", "[]", None)


def test_private_data_is_not_in_a_repr(store: Store) -> None:
    begin(store)
    call = store.call("CA1")
    assert "13800138000" not in repr(call)
    assert "state" not in repr(call)
