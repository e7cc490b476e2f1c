"""What has been kept long enough goes, and what somebody asks to have erased cannot be found any more."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ivr.store import (
    CallbackRow,
    CallRow,
    OutboxItem,
    QueueEntry,
    RecordingRow,
    Retention,
    Store,
    TicketRow,
)  # fmt: skip
from ivr.store.rows import TalkRow
from ivr.store.tables import metadata
from tests.stores import PEPPER, counted

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
NUMBER, OTHER = "+8613912345678", "+8613800138000"
ACCOUNT = "62221739"
NAME = "Li Canary"


def after(**delta: float) -> datetime:
    return NOW + timedelta(**delta)


def whole_call(
    store: Store, call_id: str = "CA1", number: str = NUMBER, at: datetime = NOW, digest: str = "d1", *,
    account: str = ACCOUNT,
) -> None:  # fmt: skip
    """A call that left something in every table, and ended a minute later."""
    with store.turn(call_id, 0) as tx:
        tx.open_call(
            CallRow(id=call_id, from_number=number, to_number="+864000000000", digest=digest, language="zh",
                    started_at=at, last_turn_at=at, turn=0)
        )  # fmt: skip
        tx.save(session=f'{{"caller": "{number}", "name": "{NAME}"}}', turn=1, now=at, account=account)
        tx.record(0, at, "digits", f'[{{"to": "{number}", "text": "{NAME}"}}]', f"<Say>{NAME}</Say>")
        tx.open_ticket(
            TicketRow(
                reference=f"T-{call_id}",
                call_id=call_id,
                topic="refund",
                opened_at=at,
                phone=number,
                account=account,
                about=NAME,
            )
        )
        tx.add_callback(
            CallbackRow(key=f"{call_id}/0/1", call_id=call_id, queue="support", number=number, due_at=at, booked_at=at)
        )
        tx.add_recording(
            RecordingRow(id=f"RE-{call_id}", call_id=call_id, turn=0, url=f"https://x/{NAME}", seconds=3, made_at=at)
        )
        tx.queue_entry(QueueEntry(call_id=call_id, queue="support", joined_at=at, topic=NAME))
        tx.put([OutboxItem(key=f"{call_id}/0/2", kind="sms", payload={"to": number, "body": NAME}, not_before=at)])
    with store.talks.transaction() as tx:
        talked = TalkRow(
            id=f"TK-{call_id}", kind="queue", subject=call_id, call_id=call_id, queue="support", agent="lin",
            state="over", offered_at=at, note=f"{NAME} is satisfied",
        )  # fmt: skip
        assert tx.add(talked)
    store.put_lookup(call_id, 0, "approved", f'{{"name": "{NAME}"}}', at)
    store.codes.issue(account, "identify", call_id, "123456", now=at, valid_seconds=600)
    store.claim("wrong-caller", number, 10, at, 3600)
    store.claim("wrong-account", account, 10, at, 3600)
    store.settle_callback(f"{call_id}/0/1", "done", at)
    for row in store.outbox.claim_due(at, 60, 9):
        store.outbox.done(row, at)
    store.end_call(call_id, "completed", at + timedelta(minutes=1))


def test_answers_are_forgotten_and_turns_stay(store: Store) -> None:
    whole_call(store)
    assert store.forget_answers(NOW) == 0
    assert store.forget_answers(after(seconds=1)) == 1
    assert store.forget_answers(after(seconds=1)) == 0
    stored = store.stored("CA1", 0)
    assert stored is not None
    assert (stored.answer, stored.answered_at, stored.claimed) == (None, NOW, False)
    assert len(store.turns("CA1")) == 1


def test_a_claimed_turn_is_no_answer_to_forget(store: Store) -> None:
    with store.turn("CA1", 0) as tx:
        tx.record(0, NOW, "digits", "[]", None)
    assert store.forget_answers(after(days=1)) == 0


def test_everything_goes_when_its_period_is_over(store: Store) -> None:
    whole_call(store)
    assert not any(count for kind, count in store.purge(after(minutes=5)).items())
    assert store.purge(after(days=1)) == {
        "transcripts": 0, "recordings": 0, "calls": 0, "tickets": 0, "callbacks": 0, "talks": 0, "outbox": 0,
        "visits": 0, "deeds": 0, "hits": 2, "codes": 1, "switches": 0, "flow sets": 0,
        "presence changes": 0,
    }  # fmt: skip
    assert store.purge(after(days=8))["outbox"] == 1
    assert store.purge(after(days=89))["transcripts"] == 0
    assert store.purge(after(days=91))["transcripts"] == 1
    call = store.call("CA1")
    assert call is not None
    assert (call.session, call.from_number, store.turns("CA1"), store.recordings("CA1")) == ("", NUMBER, (), ())
    assert store.lookup("CA1", 0) is None
    assert store.ticket("T-CA1") is not None
    assert [talk.note for talk in store.talks.of_call("CA1")] == [""]
    year = store.purge(after(days=366))
    assert (year["calls"], year["tickets"], year["callbacks"], year["talks"]) == (1, 1, 1, 1)
    assert (store.calls(), store.tickets(), store.talks.of_call("CA1")) == ((), (), ())


RECORDING = "RE" + "5" * 32


@pytest.mark.parametrize(
    "act",
    [
        pytest.param(lambda store: store.purge(after(days=31), Retention(recordings=30)), id="its period is over"),
        pytest.param(lambda store: store.purge(after(days=91)), id="with its transcript"),
        pytest.param(lambda store: store.erase(NUMBER), id="erased with its caller"),
    ],
)
def test_a_recording_that_goes_here_goes_at_the_carrier_too(store: Store, act: Callable[[Store], object]) -> None:
    whole_call(store)
    with store.turn("CA1") as tx:
        tx.add_recording(
            RecordingRow(id=RECORDING, call_id="CA1", turn=0, url="https://x", seconds=3, made_at=NOW)
        )  # fmt: skip
    store.purge(after(days=8), Retention(recordings=30))
    assert store.recording(RECORDING) is not None
    act(store)
    assert store.recording(RECORDING) is None
    (effect,) = store.outbox.rows(9)
    assert (effect.kind, effect.payload) == ("forget", {"recording": RECORDING})
    act(store)
    assert len(store.outbox.rows(9)) == 1


def test_live_calls_and_open_work_outlive_every_period(store: Store) -> None:
    with store.turn("CA1", 0) as tx:
        tx.open_call(
            CallRow(id="CA1", from_number=NUMBER, to_number="", digest="d1", language="zh", started_at=NOW,
                    last_turn_at=NOW, turn=0)
        )  # fmt: skip
        tx.put([OutboxItem(key="k", kind="sms", payload={}, not_before=NOW)])
    assert not any(store.purge(after(days=1000), Retention(0, 0, 0, 0)).values())


def test_more_than_a_batch_is_deleted_too(store: Store) -> None:
    for number in range(450):
        with store.turn(f"CA{number}", 0) as tx:
            tx.record(0, NOW, "digits", "[]", "answer")
    assert store.forget_answers(after(seconds=1)) == 450


def test_a_flow_set_goes_ten_minutes_after_its_last_call(store: Store) -> None:
    store.add_flow_set("d1", {"a": "1"}, NOW)
    whole_call(store, at=NOW)
    assert store.purge(after(minutes=30))["flow sets"] == 0, "it is the newest"
    store.add_flow_set("d2", {"a": "2"}, after(minutes=40))
    whole_call(store, "CA2", OTHER, after(minutes=41), "d1")
    assert store.purge(after(minutes=51))["flow sets"] == 0, "a call ended nine minutes ago"
    assert store.purge(after(minutes=53))["flow sets"] == 1
    assert store.flow_set("d1") is None
    assert store.flow_set("d2") == {"a": "2"}


def test_flow_sets_in_use_stay_through_an_edit_and_back(store: Store) -> None:
    for minute, digest in enumerate(("d1", "d2", "d1")):
        store.add_flow_set(digest, {"a": digest}, after(minutes=minute))
    assert store.purge(after(hours=1))["flow sets"] == 1
    assert store.flow_set("d1") == {"a": "d1"}


def test_what_is_erased_is_gone_from_every_table(store: Store) -> None:
    whole_call(store, "CA1")
    whole_call(store, "CA2", OTHER)
    gone = store.erase(NUMBER)
    assert gone["live"] == 0
    for table in (
        "calls",
        "turns",
        "tickets",
        "callbacks",
        "recordings",
        "lookups",
        "queue_entries",
        "codes",
        "outbox",
        "hits",
        "talks",
    ):
        assert gone[table] == 1, table
    assert [call.id for call in store.calls() if call.from_number] == ["CA2"]
    assert len(store.turns("CA2")) == 1
    assert store.outbox.row("CA2/0/2") is not None
    assert not any(store.erase("+15550000000").values())


def test_a_call_that_goes_on_is_erased_when_it_has_ended(store: Store) -> None:
    with store.turn("CA1", 0) as tx:
        tx.open_call(
            CallRow(id="CA1", from_number=NUMBER, to_number="", digest="d1", language="zh", started_at=NOW,
                    last_turn_at=NOW, turn=0)
        )  # fmt: skip
    assert store.erase(NUMBER) == replace_zero({"live": 1})
    store.end_call("CA1", "completed", NOW)
    assert store.erase(NUMBER)["calls"] == 1


def replace_zero(counts: dict[str, int]) -> dict[str, int]:
    return {"tickets": 0, "callbacks": 0, "outbox": 0, "hits": 0, "codes": 0, "deeds": 0} | counts


@pytest.mark.postgres
def test_erasing_ends_while_a_table_is_vacuumed(postgres_url: str, empty_postgres: Callable[[], None]) -> None:
    """goal 39: the server vacuums by itself whenever much was deleted, and keeps this lock meanwhile."""
    empty_postgres()
    with Store.open(postgres_url, PEPPER) as store, Store.open(postgres_url, PEPPER) as other:
        whole_call(store)
        with other._db.write() as connection:
            connection.exec_driver_sql("LOCK TABLE calls IN SHARE UPDATE EXCLUSIVE MODE")
            assert store.erase(NUMBER)["calls"] == 1


def test_nothing_erased_can_be_found_in_the_files(tmp_path: Path) -> None:
    with Store.open(f"sqlite:///{tmp_path}/ivr.db") as store:
        whole_call(store)
        whole_call(store, "CA2", OTHER, account="62220002")
        canaries = (NUMBER.encode(), ACCOUNT.encode(), b"+864000000000")
        assert all(any(canary in path.read_bytes() for path in tmp_path.iterdir()) for canary in canaries)
        store.erase(NUMBER)
        store.erase(ACCOUNT)
        store.erase("62220002")
        store.erase(OTHER)
        for path in tmp_path.iterdir():
            for canary in (*canaries, OTHER.encode(), b"62220002", NAME.encode()):
                assert canary not in path.read_bytes(), (path.name, canary)


@pytest.mark.parametrize("who", [NUMBER, ACCOUNT], ids=["number", "account"])
def test_no_column_of_any_table_keeps_who_was_erased(store: Store, who: str) -> None:
    whole_call(store)
    whole_call(store, "CA2", OTHER, account=ACCOUNT + "1")
    with store.talks.transaction() as tx:
        noted = TalkRow(id="TK9", kind="queue", subject="CA9", call_id="CA9", queue="support", agent="lin",
                        state="over", offered_at=NOW, note=f"as {who} said; {who}1 is another")  # fmt: skip
        assert tx.add(noted)
    store.audit_log.add("lin", "ticket", who, NOW)
    assert who in everything(store)
    store.erase(who)
    kept = everything(store)
    assert kept.count(who) == kept.count(f"{who}1")
    assert f"as … said; {who}1 is another" in kept
    assert [call.id for call in store.calls() if call.from_number] == ["CA2"]
    assert counted(store, "wrong-account", ACCOUNT + "1", NOW) == 1


def everything(store: Store) -> str:
    with store._db.read() as connection:
        return "\n".join(str(row) for table in metadata.tables.values() for row in connection.execute(table.select()))


def test_erasing_and_purging_search_outside_of_write_transactions(tmp_path: Path) -> None:
    """Among a million calls a search takes seconds. A writer who waits for it hears an apology; a reader's search keeps
    nobody waiting."""
    with Store.open(f"sqlite:///{tmp_path}/ivr.db", PEPPER) as store:
        whole_call(store)
        run: list[str] = []
        with store._db.write() as connection:
            driver: Any = connection.connection.driver_connection
        driver.set_trace_callback(run.append)
        store.forget_answers(after(days=1))
        store.purge(after(days=400))
        store.erase(NUMBER)
        driver.set_trace_callback(None)
    written = [statement for statement in run if statement.startswith(("SELECT", "DELETE", "UPDATE"))]
    assert len(written) > 10
    assert [statement for statement in written if " IN (" not in statement and "WHERE " in statement] == []
    assert [one for one in written if "LIKE" in one or ("LIMIT" in one and "flow_sets" not in one)] == []
