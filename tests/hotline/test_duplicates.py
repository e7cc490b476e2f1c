"""The carrier sends a request again, late, or at the same moment as itself: nothing happens twice."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from tests.hotline.harness import ALICE, ALICE_PIN, HotlineInTest, PostedCall, Reply, Watched, opened
from tests.patience import PATIENCE_SECONDS


@pytest.fixture
def hotline(tmp_path: Path, store_url: str) -> Iterator[HotlineInTest]:
    with opened(tmp_path, store_url, wallet=Watched()) as hotline:
        yield hotline


RE = "RE" + "1" * 32

# Every kind of turn: the keys that lead to it, and what the carrier then sends.
TURNS = [
    ("menu", "2", {"Digits": "6"}),
    ("ask", "2 2", {"Digits": "12345"}),
    ("ticket and text", "2 2 12345", {"Digits": "1"}),
    ("code asked for", "2 1", {"Digits": ALICE}),
    ("pin and handler", f"2 1 {ALICE} *", {"Digits": ALICE_PIN}),
    ("queue", "2", {"Digits": "0"}),
    ("queue left", "2 0", {"QueueResult": "leave", "QueueTime": "12"}),
    ("recording", "2 3", {"RecordingUrl": "https://api.twilio.com/x", "RecordingDuration": "7", "RecordingSid": RE}),
    ("call back", "2", {"Digits": "4"}),
    ("survey", "2 6", {"Digits": "5"}),
    ("transfer", "2", {"Digits": "7"}),
    ("silence", "2", {"Digits": ""}),
    ("wrong key", "2", {"Digits": "9"}),
]  # fmt: skip


def everything(hotline: HotlineInTest, call: PostedCall) -> object:
    """All that a turn can leave behind, but for when."""
    store = hotline.store
    return (
        [(row.turn, row.input_kind, row.events) for row in store.turns(call.sid)],
        [row.key for row in store.outbox.rows(1000)],
        [ticket.reference for ticket in store.tickets(call_id=call.sid)],
        [row.key for row in store.callbacks(call_id=call.sid)],
        [row.id for row in store.recordings(call.sid)],
        store.call(call.sid).turn,  # type: ignore[union-attr]
    )


def test_a_turn_sent_again_has_one_effect_and_the_same_answer(
    hotline: HotlineInTest, subtests: pytest.Subtests
) -> None:
    for name, keys, fields in TURNS:
        with subtests.test(name):
            call = hotline.call()
            address = call.walk(keys).action
            first = call.post(address, **fields)
            after, asked = everything(hotline, call), _asked(hotline)
            again = [call.post(address, **fields) for _ in range(3)]
            assert [reply.body for reply in again] == [first.body] * 3
            assert {reply.status for reply in again} == {200}
            assert everything(hotline, call) == after
            assert _asked(hotline) == asked, "a duplicate asks the wallet nothing"
        call.hang_up()


@pytest.mark.slow
@pytest.mark.trust(goal=19, minutes=0.3)
def test_twenty_copies_at_once_have_one_effect_and_twenty_equal_answers(
    hotline: HotlineInTest, subtests: pytest.Subtests
) -> None:
    for name, keys, fields in TURNS:
        with subtests.test(name):
            call = hotline.call()
            address = call.walk(keys).action
            before = len(_asked(hotline))
            replies = _at_once(20, partial(call.post, address, **fields))
            assert {reply.status for reply in replies} == {200}
            assert len({reply.body for reply in replies}) == 1
            turns = hotline.store.turns(call.sid)
            assert [row.turn for row in turns] == list(range(len(turns)))
            assert hotline.store.call(call.sid).turn == len(turns)  # type: ignore[union-attr]
            assert len(hotline.store.tickets(call_id=call.sid)) <= 1
            assert len(_asked(hotline)) - before <= 4, "the work of one turn, not of twenty"
        call.hang_up()


def test_a_call_that_rings_twenty_times_at_once_is_one_call(hotline: HotlineInTest) -> None:
    call = hotline.call()
    replies = _at_once(20, partial(call.post, "/voice"))
    assert len({reply.body for reply in replies}) == 1
    assert hotline.live() == [call.sid]


def test_copies_that_come_while_a_look_up_is_under_way_wait_for_its_answer(tmp_path: Path, store_url: str) -> None:
    begun, go = threading.Event(), threading.Event()

    def before(what: str) -> None:
        if what == "refund":
            begun.set()
            go.wait(PATIENCE_SECONDS)

    wallet = Watched(before)
    with opened(tmp_path, store_url, wallet=wallet) as hotline, ThreadPoolExecutor(6) as pool:
        call = hotline.call()
        address = call.walk(f"2 1 {ALICE} *").action
        first = pool.submit(call.post, address, Digits=ALICE_PIN)
        assert begun.wait(PATIENCE_SECONDS)
        copies = [pool.submit(call.post, address, Digits=ALICE_PIN) for _ in range(5)]
        go.set()
        bodies = {future.result().body for future in (first, *copies)}
    assert len(bodies) == 1
    assert "128.50" in bodies.pop()
    assert wallet.asked.count("refund") == 1
    assert wallet.asked.count("pin") == 1


def test_a_copy_of_a_turn_whose_look_up_is_slow_hears_the_same_filler(tmp_path: Path, store_url: str) -> None:
    wallet = Watched(faults={"refund": "slow 5 s"})
    with opened(tmp_path, store_url, wallet=wallet) as hotline:
        call = hotline.call()
        address = call.walk(f"2 1 {ALICE} *").action
        filler = call.press(ALICE_PIN)
        assert filler.action.endswith("/poll")
        assert call.post(address, Digits=ALICE_PIN).body == filler.body
        hotline.clock.advance(6)
        answer = call.on()
        assert "128.50" in answer.words
        assert call.post(filler.action).body == answer.body, "the look again is sent twice as well"
        assert call.post(address, Digits=ALICE_PIN).body == answer.body, "the call has gone on: the current question"
    assert wallet.asked.count("refund") == 1


def test_an_old_turn_gets_the_current_question_for_half_a_minute_and_then_nothing(hotline: HotlineInTest) -> None:
    call = hotline.call()
    third = call.walk("2 2").action
    call.press("12345")
    current = call.press("2")  # wrong, asked again
    hotline.clock.advance(29)
    assert call.post(third, Digits="12345").body == current.body
    hotline.clock.advance(2)
    late = call.post(third, Digits="12345")
    assert (late.status, late.body) == (409, "")


def test_every_turn_of_a_call_sent_again_later_is_refused_with_an_empty_body(hotline: HotlineInTest) -> None:
    call = hotline.call()
    sent: list[tuple[str, dict[str, str]]] = [("/voice", {})]
    call.ring()
    for keys in ("2", "2", "12345", "1", "0"):
        sent.append((call.reply.action, {"Digits": keys}))
        call.press(keys)
    before = everything(hotline, call)
    for seconds in (31, 3600):
        hotline.clock.advance(seconds)
        for address, fields in sent:
            reply = call.post(address, **fields)
            assert (reply.status, reply.body) == (409, "")
    call.hang_up()
    ended = everything(hotline, call)
    for address, fields in sent:
        assert call.post(address, **fields).body == ""
    assert everything(hotline, call) == ended
    assert before[2] == ended[2], "one ticket, before and after"  # type: ignore[index]


def test_answers_are_forgotten_after_a_minute(hotline: HotlineInTest) -> None:
    call = hotline.call()
    call.walk("2 2")
    assert hotline.store.stored(call.sid, 1).answer  # type: ignore[union-attr]
    hotline.clock.advance(59)
    hotline.app.hotline.tidy()
    assert hotline.store.stored(call.sid, 1).answer  # type: ignore[union-attr]
    hotline.clock.advance(2)
    hotline.app.hotline.tidy()
    assert [hotline.store.stored(call.sid, turn).answer for turn in range(3)] == [None] * 3  # type: ignore[union-attr]
    assert hotline.live() == [call.sid]
    assert call.press("12345").status == 200, "the call goes on"


def test_a_copy_after_hanging_up_is_told_to_hang_up(hotline: HotlineInTest) -> None:
    call = hotline.call()
    address = call.walk("2 2").action
    call.hang_up()
    late = call.post(address, Digits="12345")
    assert late.verbs == ["Hangup"]
    assert hotline.store.tickets(call_id=call.sid) == ()


@pytest.mark.parametrize("deleted", ["erased", "purged"])
def test_no_request_of_a_call_that_was_deleted_brings_anything_back(hotline: HotlineInTest, deleted: str) -> None:
    """A signature has no date, so whoever has a request of a call can send it for as long as the token is used."""
    call = hotline.call()
    record = call.walk("2 3").action
    call.hang_up()
    if deleted == "erased":
        assert hotline.store.erase(call.number)["calls"] == 1
    else:
        hotline.clock.advance(91 * 24 * 3600)
        hotline.store.purge(hotline.clock())
    before, left = hotline.store.call(call.sid), {row.key for row in hotline.store.outbox.rows(1000)}
    sent: list[tuple[str, dict[str, str]]] = [
        ("/voice", {}), (record, {"Digits": "1"}), ("/voice/status", {"CallStatus": "completed"}),
        (record, {"RecordingUrl": "https://api.twilio.com/x", "RecordingDuration": "7", "RecordingSid": RE}),
    ]  # fmt: skip
    for address, fields in sent:
        assert "<Say" not in call.post(address, **fields).body
    assert hotline.store.call(call.sid) == before
    assert hotline.store.turns(call.sid) == hotline.store.recordings(call.sid) == ()
    now = {row.key for row in hotline.store.outbox.rows(1000)}
    assert now - left == {f"forget/{RE}"}, "the carrier deletes what was said"


def _asked(hotline: HotlineInTest) -> list[str]:
    wallet = hotline.wallet
    assert isinstance(wallet, Watched)
    return list(wallet.asked)


def _at_once(count: int, act: Callable[[], Reply]) -> list[Reply]:
    """Runs `act` in so many threads, all let go at the same moment."""
    barrier = threading.Barrier(count)

    def run(_: int) -> Reply:
        barrier.wait()
        return act()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))
