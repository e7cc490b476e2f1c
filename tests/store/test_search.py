"""Words are found where agents wrote them, by a customer's name, and nowhere once they are erased or purged."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ivr.store import CallRow, Retention, Store, TicketRow
from ivr.store.records import mark
from ivr.store.rows import RecordingRow, TalkRow
from ivr.store.views import NOBODY, ListFilter, Scope

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


def call(store: Store, name: str, customer: str = "", at: datetime = NOON) -> None:
    session = {"call": name, **({"values": {"customer": ["name", customer]}} if customer else {})}
    with store.turn(name, 0) as turn:
        turn.open_call(
            CallRow(id=name, from_number=f"+86138001380{name[-1]}0", to_number="", digest="", language="zh",
                    started_at=at, last_turn_at=at, turn=0)
        )  # fmt: skip
        turn.save(session=json.dumps(session, ensure_ascii=False), turn=1, now=at)
    store.end_call(name, "completed", at + timedelta(minutes=3), 180)


def talk(store: Store, call_id: str, note: str, agent: str = "li") -> None:
    with store.talks.transaction() as tx:
        row = TalkRow(id=f"T{call_id}{agent}", kind="queue", subject=call_id, call_id=call_id, queue="support",
                      agent=agent, state="over", offered_at=NOON, joined_at=NOON)  # fmt: skip
        tx.add(row)
        tx.change(row, note=note)


def ticket(store: Store, call_id: str, reference: str, note: str) -> None:
    with store.turn(call_id) as turn:
        turn.open_ticket(TicketRow(reference=reference, call_id=call_id, topic="refund", opened_at=NOON))
    store.edit_ticket(reference, "open", note, NOON, seen=("open", mark("")))


@pytest.fixture
def filled(store: Store) -> Iterator[Store]:
    call(store, "CA1", "王小明")
    call(store, "CA2", "Anna Schmidt", NOON + timedelta(days=1))
    call(store, "CA3")
    talk(store, "CA1", "客户说退款没有到账。 He wants it twice.")
    talk(store, "CA2", "Refund is on its way", "chen")
    ticket(store, "CA3", "300", "退款已发出, told on Monday")
    with store.turn("CA3") as turn:
        turn.add_recording(RecordingRow(id="R3", call_id="CA3", turn=0, url="", seconds=3, made_at=NOON))
    return store


def calls(store: Store, words: str) -> set[str]:
    return {seen.call.id for seen in store.find_calls(wanted=ListFilter(words=words))}


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("退款", {"CA1", "CA3"}),
        ("退款没有", {"CA1"}),
        ("refund", {"CA2"}),
        ("REFUND way", {"CA2"}),
        ("refund 退款", set()),
        ("王小明", {"CA1"}),
        ("小明", {"CA1"}),
        ("anna", {"CA2"}),
        ("Schmidt", {"CA2"}),
        ("customer", set()),
        ("%", set()),
        ("' OR 1=1 --", set()),
        ('"', set()),
        ("refund*", {"CA2"}),
        ("NOT refund", set()),
    ],
)
def test_words_are_found_in_both_languages(filled: Store, words: str, found: set[str]) -> None:
    if words == "refund*" and filled._db.sqlite:
        found = set()  # FTS5 takes the star for a letter
    assert calls(filled, words) == found


def test_each_list_finds_what_belongs_to_the_words(filled: Store) -> None:
    assert [row.reference for row in filled.find_tickets(wanted=ListFilter(words="monday"))] == ["300"]
    assert [one.recording.id for one in filled.messages(wanted=ListFilter(words="monday"))] == ["R3"]
    assert filled.messages(wanted=ListFilter(words="refund")) == ()
    assert filled.find_callbacks(wanted=ListFilter(words="monday")) == ()


def test_lists_are_filtered_by_day_and_agent_and_come_in_pages(filled: Store) -> None:
    def found(**wanted: Any) -> list[str]:
        return [seen.call.id for seen in filled.find_calls(wanted=ListFilter(**wanted))]

    assert found() == ["CA2", "CA1", "CA3"]
    assert found(limit=2) == ["CA2", "CA1"]
    assert found(limit=2, skipped=2) == ["CA3"]
    assert found(since=NOON + timedelta(hours=1)) == ["CA2"]
    assert found(until=NOON + timedelta(hours=1)) == ["CA1", "CA3"]
    assert found(agent="chen") == ["CA2"]
    assert filled.find_calls(Scope(frozenset({"senior"}), "support"), ListFilter(words="refund")) == ()


def test_a_ticket_has_somebody_who_deals_with_it(filled: Store) -> None:
    def of(agent: str) -> list[str]:
        return [row.reference for row in filled.find_tickets(wanted=ListFilter(agent=agent))]

    assert (of("li"), of(NOBODY)) == ([], ["300"])
    assert filled.assign_ticket("300", "li")
    assert filled.set_due("300", NOON + timedelta(days=2))
    assert (of("li"), of(NOBODY)) == (["300"], [])
    row = filled.ticket("300")
    assert row is not None
    assert row.due_at == NOON + timedelta(days=2)
    assert not filled.assign_ticket("301", "li")


def test_a_note_that_changes_is_found_by_its_new_words_only(filled: Store) -> None:
    row = filled.talks.get("TCA2chen")
    assert row is not None
    with filled.talks.transaction() as tx:
        tx.change(replace(row), note="sent to accounting")
    assert (calls(filled, "refund"), calls(filled, "accounting")) == (set(), {"CA2"})


def test_what_is_erased_is_found_no_more(filled: Store) -> None:
    filled.erase("+86138001380" + "10")
    assert calls(filled, "王小明") == calls(filled, "退款没有") == set()
    assert calls(filled, "退款") == {"CA3"}


def test_a_number_taken_out_of_a_note_is_taken_out_of_the_index(filled: Store) -> None:
    talk(filled, "CA3", "ring back +8613800138010 soon", "zhou")
    assert calls(filled, "+8613800138010") == {"CA3"}
    filled.erase("+8613800138010")
    assert calls(filled, "+8613800138010") == set()
    assert calls(filled, "ring back") == {"CA3"}


def test_what_is_purged_is_found_no_more(filled: Store) -> None:
    filled.purge(NOON + timedelta(days=40), Retention(transcripts=30))
    assert calls(filled, "王小明") == calls(filled, "refund") == set()
    assert calls(filled, "退款") == {"CA3"}, "tickets are kept for longer"


def test_erased_words_are_in_no_file(tmp_path: Path) -> None:
    file = tmp_path / "ivr.db"
    with Store.open(f"sqlite:///{file}", b"a pepper for tests only") as store:
        for number in range(300):
            call(store, f"CB{number}")
            talk(store, f"CB{number}", "nothing of note")
        call(store, "CA1", "qxzjvkwyqx")
        talk(store, "CA1", "qxzjvkwyqx called")
        store.erase("+8613800138010")
        files = [path.read_bytes() for path in tmp_path.iterdir() if path.name.startswith("ivr.db")]
        assert not any(b"qxz" in content for content in files)
