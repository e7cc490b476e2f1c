"""How calls end: by the caller, by us, by the carrier's word or without it; and what is left when they do."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations, permutations
from pathlib import Path

import pytest

from ivr.hotline.hotline import IDLE_MINUTES
from tests.agents.phones import rung, together
from tests.hotline.harness import ALICE, ALICE_PIN, FLOW, HotlineInTest, Watched, opened
from tests.patience import PATIENCE_SECONDS

REPORTS = ("initiated", "ringing", "in-progress", "completed")
RECORDING = {"RecordingUrl": "https://api.twilio.com/r", "RecordingDuration": "7", "RecordingSid": "RE" + "1" * 32}


@pytest.fixture
def hotline(tmp_path: Path, store_url: str) -> Iterator[HotlineInTest]:
    with opened(tmp_path, store_url) as hotline:
        yield hotline


@pytest.mark.trust(goal=31)
def test_every_order_of_reports_with_any_of_them_missing_ends_alike(hotline: HotlineInTest) -> None:
    for size in range(1, 5):
        for kept in combinations(range(4), size):
            for order in permutations(kept):
                call = hotline.call()
                call.walk("2 2")
                for sequence in order:
                    assert call.status(REPORTS[sequence], sequence).status == 204
                row = hotline.store.call(call.sid)
                assert row is not None
                assert row.status == ("completed" if 3 in order else "active")
                assert row.live is (3 not in order)


@pytest.mark.parametrize("first", ["completed", "no-answer", "failed", "busy", "canceled"])
def test_the_first_final_status_stays(hotline: HotlineInTest, first: str) -> None:
    call = hotline.call()
    call.ring()
    call.status(first, 2, CallDuration="7")
    for later in ("in-progress", "completed", "failed", "ringing"):
        call.status(later, 3)
    row = hotline.store.call(call.sid)
    assert row is not None
    assert (row.status, row.seconds) == (first, 7)


@pytest.mark.parametrize(
    "fields",
    [{"CallStatus": "banana"}, {"CallDuration": "-1"}, {"SequenceNumber": "abc"}, {"SequenceNumber": ""}],
    ids=str,
)
def test_a_strange_report_is_taken_in_silence(hotline: HotlineInTest, fields: dict[str, str]) -> None:
    call = hotline.call()
    call.ring()
    assert call.post("/voice/status", **{"CallStatus": "ringing", **fields}).status == 204
    assert hotline.live() == [call.sid]


def test_a_call_whose_end_is_told_before_it_rings_is_never_opened(hotline: HotlineInTest) -> None:
    call = hotline.call()
    call.status("completed")
    assert call.ring().verbs == ["Hangup"]
    call.status("in-progress")
    assert hotline.live() == []
    assert hotline.store.call(call.sid).status == "completed"  # type: ignore[union-attr]


def test_a_message_that_comes_after_the_fallback_is_kept_and_answers_the_question(hotline: HotlineInTest) -> None:
    call = hotline.call()
    asked = call.walk("2 3")
    assert call.turn_lost().words == "Leave a message."
    late = call.post(asked.action, **RECORDING)
    assert late.words.startswith("Your reference is")
    for again in range(2):
        assert call.post(asked.action, **RECORDING).body == late.body, again
    assert [row.id for row in hotline.store.recordings(call.sid)] == [RECORDING["RecordingSid"]]
    call.hang_up()
    assert [ticket.complete for ticket in hotline.store.tickets(call_id=call.sid)] == [True]


def test_a_second_message_of_the_question_put_again_is_kept_too(hotline: HotlineInTest) -> None:
    call = hotline.call()
    first = call.walk("2 3").action
    second = call.turn_lost().action
    call.post(first, **RECORDING)
    hotline.clock.advance(60)
    assert call.post(second, **{**RECORDING, "RecordingSid": "RE" + "2" * 32}).status == 409
    assert {row.id[2] for row in hotline.store.recordings(call.sid)} == {"1", "2"}
    assert len(hotline.store.tickets(call_id=call.sid)) == 1


def test_a_message_of_a_call_that_is_gone_is_deleted_at_the_carrier(hotline: HotlineInTest) -> None:
    call = hotline.call()
    call.post(f"/voice/{call.sid}/turns/3", **RECORDING)
    assert [(row.kind, row.payload) for row in hotline.outbox()] == [
        ("forget", {"recording": RECORDING["RecordingSid"]})
    ]


def test_a_message_that_is_kept_is_not_deleted_when_it_is_told_again_the_next_day(hotline: HotlineInTest) -> None:
    call = hotline.call()
    asked = call.walk("2 3").action
    call.on(**RECORDING)
    call.hang_up()
    hotline.clock.advance(86_400)
    assert call.post(asked, **RECORDING).status == 409
    assert "forget" not in {row.kind for row in hotline.outbox()}
    assert len(hotline.store.recordings(call.sid)) == 1


@pytest.mark.parametrize("keys", ["", "2 2 12345 1", "2 4", "2 3", "2 0"])
def test_what_was_said_in_a_lost_answer_is_said_again(hotline: HotlineInTest, keys: str) -> None:
    call = hotline.call()
    lost = call.walk(keys)
    assert call.fallback().body == lost.body
    assert call.fallback(12100).body != lost.body or not keys, "what could not be read is not sent again"
    assert len(hotline.store.turns(call.sid)) == len(keys.split()) + 2


# Every place a caller can stand in, and the tickets (complete or not) that there are when they hang up there.
STANDS = [
    ("", []),
    ("2", []),
    ("2 2", []),
    ("2 2 12345", [False]),
    ("2 2 12345 1", [True]),
    ("2 2 12345 1 0", [True]),
    ("2 1", []),
    (f"2 1 {ALICE}", []),
    (f"2 1 {ALICE} *", []),
    (f"2 1 {ALICE} * {ALICE_PIN}", []),
    ("2 0", [False]),
    ("2 3", []),
    ("2 4", []),
    ("2 5", []),
    (f"2 5 {ALICE}", []),
    (f"2 5 {ALICE} 0000", [False]),
    ("2 6", []),
    ("2 7", []),
    ("- - -", [False]),
]


def test_hanging_up_anywhere_leaves_no_live_call_and_at_most_one_ticket(
    hotline: HotlineInTest, subtests: pytest.Subtests
) -> None:
    for keys, tickets in STANDS:
        with subtests.test(keys or "ringing"):
            call = hotline.call()
            call.walk(keys)
            for _ in range(2):
                call.hang_up()
            assert hotline.live() == []
            assert [ticket.complete for ticket in hotline.store.tickets(call_id=call.sid)] == tickets
            assert hotline.store.queue.lengths() == {}
        hotline.clock.advance(3600)


def test_a_call_of_which_nothing_more_is_heard_is_closed_after_a_quarter_of_an_hour(
    hotline: HotlineInTest, subtests: pytest.Subtests
) -> None:
    for keys, _ in STANDS:
        with subtests.test(keys or "ringing"):
            call = hotline.call()
            call.walk(keys)
            hotline.clock.advance(IDLE_MINUTES * 60 - 1)
            hotline.app.hotline.tidy()
            if "Hangup" not in call.reply.verbs:
                assert hotline.live() == [call.sid]
            hotline.clock.advance(2)
            hotline.app.hotline.tidy()
            waits_for_a_person = {"Enqueue", "Dial"} & set(call.reply.verbs)
            assert hotline.live() == ([call.sid] if waits_for_a_person else [])
            hotline.clock.advance(11 * 60)  # nobody is let wait in this queue for more than ten minutes
            hotline.app.hotline.tidy()
            assert hotline.live() == ([call.sid] if "Dial" in call.reply.verbs else [])
            hotline.clock.advance(4 * 3600)
            hotline.app.hotline.tidy()
            assert hotline.live() == []


def test_a_withheld_number_that_nobody_could_ring_back_gets_no_ticket(hotline: HotlineInTest) -> None:
    call = hotline.call(number="anonymous")
    call.walk("2 2 12345")
    call.hang_up()
    assert hotline.store.tickets(call_id=call.sid) == ()


def test_a_message_is_kept_when_its_caller_hangs_up_before_it_arrives(hotline: HotlineInTest) -> None:
    call = hotline.call()
    call.walk("2 3")
    call.hang_up()
    assert hotline.live() == []
    late = call.on(CallStatus="completed", **RECORDING)
    assert late.verbs[-1] == "Hangup"
    assert len(hotline.store.recordings(call.sid)) == 1
    assert [ticket.topic for ticket in hotline.store.tickets(call_id=call.sid)] == ["message"]
    call.post(f"/voice/{call.sid}/turns/3", CallStatus="completed", **RECORDING)
    assert len(hotline.store.tickets(call_id=call.sid)) == 1
    assert hotline.live() == []


def test_hanging_up_in_a_queue_is_one_ticket_whoever_tells_it_first(hotline: HotlineInTest) -> None:
    hung_up = {"CallStatus": "completed", "QueueResult": "hangup", "QueueTime": "9"}
    for first_the_queue in (True, False):
        call = hotline.call()
        address = call.walk("2 0").action
        if first_the_queue:
            call.post(address, **hung_up)
            call.hang_up()
        else:
            call.hang_up()
            call.post(address, **hung_up)
        assert [ticket.complete for ticket in hotline.store.tickets(call_id=call.sid)] == [False]
        assert hotline.live() == []


def test_a_call_is_not_closed_while_its_caller_talks_to_an_agent(hotline: HotlineInTest) -> None:
    call = hotline.call()
    call.walk("2 0")
    [phone, *_] = rung(hotline)
    together(hotline, call, phone)
    hotline.clock.advance(3 * 3600)
    hotline.app.hotline.tidy()
    assert hotline.live() == [call.sid]
    assert call.on().words == "How was it?"


def test_a_caller_who_talked_to_an_agent_and_hung_up_leaves_no_ticket(hotline: HotlineInTest) -> None:
    call = hotline.call()
    call.walk("2 0")
    [phone, *_] = rung(hotline)
    together(hotline, call, phone)
    call.hang_up()
    assert hotline.store.tickets(call_id=call.sid) == ()
    assert hotline.store.queue.entry(call.sid).status == "answered"  # type: ignore[union-attr]


def test_nothing_that_is_pressed_after_the_end_does_anything(hotline: HotlineInTest) -> None:
    call = hotline.call()
    call.walk("2 2 12345")
    call.hang_up()
    before = hotline.store.turns(call.sid)
    for turn in range(4, 9):
        reply = call.turn(turn, Digits="1")
        assert reply.status in (200, 409)
        assert reply.body == "" or reply.verbs == ["Hangup"]
    assert hotline.store.turns(call.sid) == before


def test_an_end_is_kept_even_when_the_flows_of_the_call_are_gone(hotline: HotlineInTest) -> None:
    call = hotline.call()
    call.walk("2 2 12345")
    editions = hotline.app.hotline.editions
    editions._known.clear()
    editions._fetch = lambda digest: None
    call.hang_up()
    assert hotline.live() == []


def test_hanging_up_while_a_look_up_is_under_way_lets_it_finish(tmp_path: Path, store_url: str) -> None:
    begun, go = threading.Event(), threading.Event()

    def before(what: str) -> None:
        if what == "refund":
            begun.set()
            go.wait(PATIENCE_SECONDS)

    wallet = Watched(before)
    wallet.give({"account": ALICE, "refund": {"status": "approved", "expected_on": "2026-11-02"}})
    with opened(tmp_path, store_url, wallet=wallet) as hotline, ThreadPoolExecutor(2) as pool:
        call = hotline.call()
        address = call.walk(f"2 1 {ALICE} *").action
        turn = pool.submit(call.post, address, Digits=ALICE_PIN)
        assert begun.wait(PATIENCE_SECONDS)
        gone = pool.submit(call.hang_up)
        go.set()
        assert turn.result().status == 200
        gone.result()
        assert [ticket.complete for ticket in hotline.store.tickets(call_id=call.sid)] == [True]
        assert hotline.live() == []


def test_a_call_that_we_end_says_goodbye_and_stays_ended(hotline: HotlineInTest) -> None:
    call = hotline.call()
    assert call.walk("2 6 5").verbs == ["Say", "Hangup"]
    call.hang_up()
    assert hotline.live() == []
    assert hotline.store.tickets(call_id=call.sid) == ()


def test_a_ticket_under_another_name_is_a_ticket_too(tmp_path: Path) -> None:
    flow = FLOW.replace("about: [order], next: text", "about: [order], into: case, next: text").replace(
        "{ticket}", "{case}"
    )
    flow = flow.replace(
        '"编号{case}。", en: "Your reference is {case}."}, next: main', "编号。, en: Noted.}, next: agent"
    )
    with opened(tmp_path, flow=flow) as hotline:
        call = hotline.call()
        assert "Enqueue" in call.walk("2 2 12345 1").verbs
        call.hang_up()
        assert [ticket.complete for ticket in hotline.store.tickets(call_id=call.sid)] == [True]
