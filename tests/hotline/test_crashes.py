"""Workers that die or stop in the middle of a turn: nothing is lost that was acknowledged, nothing is done twice."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ivr.hotline.hotline import CLAIM_SECONDS
from ivr.store import Conflict
from tests.hotline.harness import ALICE, ALICE_PIN, CONFIG, FLOW, Faults, HotlineInTest, Killed, Watched, opened, write
from tests.patience import PATIENCE_SECONDS

OVERDUE = {"account": ALICE, "refund": {"status": "approved", "expected_on": "2026-11-02"}}
ROOT = Path(__file__).parents[2]
TO_THE_PIN = f"2 1 {ALICE} *"


def killed_at(what: str) -> Watched:
    """A wallet with an overdue refund, whose asker dies the first time this is asked."""
    left = [what]

    def before(asked: str) -> None:
        if asked in left:
            left.remove(asked)
            raise Killed

    wallet = Watched(before)
    wallet.give(OVERDUE)
    return wallet


@pytest.fixture
def hotline(tmp_path: Path, store_url: str) -> Iterator[HotlineInTest]:
    wallet = Watched()
    wallet.give(OVERDUE)
    with opened(tmp_path, store_url, wallet=wallet) as hotline:
        yield hotline


@pytest.mark.parametrize("point", ["pin", "refund"])
def test_a_turn_whose_worker_died_is_asked_again_and_done_once(tmp_path: Path, store_url: str, point: str) -> None:
    with opened(tmp_path, store_url, wallet=killed_at(point)) as hotline:
        call = hotline.call()
        address = call.walk(TO_THE_PIN).action
        with pytest.raises(Killed):
            call.press(ALICE_PIN)
        assert hotline.store.stored(call.sid, 5).claimed  # type: ignore[union-attr]
        hotline.clock.advance(CLAIM_SECONDS)
        again = call.fallback()
        assert again.words == "Your PIN.", "the secret died with the worker, so it is asked again"
        assert call.post(address, Digits=ALICE_PIN).body == again.body, "a late copy of the dead turn runs nothing"
        assert "putting you through" in call.press(ALICE_PIN).words
        assert [ticket.topic for ticket in hotline.store.tickets(call_id=call.sid)] == ["refund"]


def test_a_copy_of_a_dead_turn_is_sent_to_ask_again_until_the_claim_has_run_out(tmp_path: Path) -> None:
    with opened(tmp_path, wallet=killed_at("pin")) as hotline:
        dead = hotline.call()
        address = dead.walk(TO_THE_PIN).action
        with pytest.raises(Killed):
            dead.press(ALICE_PIN)
    hasty = CONFIG.replace("filler_after: 2.5", "filler_after: 0.1")
    with opened(tmp_path, config=hasty) as hotline:
        call = hotline.call()
        call.sid = dead.sid
        hotline.clock.advance(CLAIM_SECONDS - 1)
        waiting = call.post(address, Digits=ALICE_PIN)
        assert waiting.verbs[-1] == "Redirect"
        assert "/voice/fallback" in waiting.action
        hotline.clock.advance(1)
        assert call.post(waiting.action, ErrorCode="").words == "Your PIN."


def test_a_call_whose_first_turn_died_begins_anew(tmp_path: Path) -> None:
    flow = FLOW.replace("start: language", "start: fees").replace("on: {told: main}", "on: {told: language}")
    died = [True]

    def before(what: str) -> None:
        if died and what == "terms" and died.pop():
            raise Killed

    with opened(tmp_path, flow=flow, wallet=Watched(before)) as hotline:
        call = hotline.call()
        with pytest.raises(Killed):
            call.ring()
        hotline.clock.advance(CLAIM_SECONDS)
        assert "普通话服务" in call.ring().words


def test_a_worker_that_was_paused_while_another_went_on_changes_nothing(tmp_path: Path, store_url: str) -> None:
    begun, go = threading.Event(), threading.Event()
    left = ["refund"]

    def before(what: str) -> None:
        if what in left:
            left.remove(what)
            begun.set()
            go.wait(PATIENCE_SECONDS)

    wallet = Watched(before)
    wallet.give(OVERDUE)
    with opened(tmp_path, store_url, wallet=wallet) as hotline, ThreadPoolExecutor(1) as pool:
        call = hotline.call()
        address = call.walk(TO_THE_PIN).action
        paused = pool.submit(call.post, address, Digits=ALICE_PIN)
        assert begun.wait(PATIENCE_SECONDS)
        hotline.clock.advance(CLAIM_SECONDS)
        taken_over = call.fallback()
        go.set()
        assert paused.result().body == taken_over.body, "the paused one answers what is true now"
        assert hotline.store.tickets(call_id=call.sid) == ()
        call.press(ALICE_PIN)
        assert len(hotline.store.tickets(call_id=call.sid)) == 1
        assert [row.turn for row in hotline.store.turns(call.sid)] == list(range(7))


def test_nothing_leaves_of_a_turn_that_was_not_committed(hotline: HotlineInTest) -> None:
    call = hotline.call()
    call.walk("2 2 12345")
    faults = Faults(hotline.store)
    faults.when = lambda number, where: number <= 2 and where == "commit"  # the second try fails, too
    apology = call.press("1")
    assert "sorry" in apology.words.lower()
    hotline.deliver()
    assert hotline.sender.texts == []
    assert hotline.store.tickets(call_id=call.sid) == ()


def test_a_row_that_is_taken_when_a_turn_is_saved_is_tried_again_with_new_values_at_once(
    tmp_path: Path, store_url: str
) -> None:
    left, wallet = ["commit"], Watched()
    wallet.give(OVERDUE)
    with opened(tmp_path, store_url, wallet=wallet) as hotline:
        call = hotline.call()
        call.walk(TO_THE_PIN)
        faults = Faults(hotline.store)
        faults.error = lambda: Conflict("the number of the ticket is taken")
        faults.when = lambda number, where: "refund" in wallet.asked and where in left and not left.remove(where)
        assert "putting you through" in call.press(ALICE_PIN).words
        assert left == [], "the turn was once refused"
        assert [ticket.topic for ticket in hotline.store.tickets(call_id=call.sid)] == ["refund"]
        assert [row.turn for row in hotline.store.turns(call.sid)] == list(range(6))


def test_effects_leave_once_however_often_the_outbox_is_emptied(hotline: HotlineInTest) -> None:
    call = hotline.call()
    call.walk("2 2 12345 1")
    call.press("0")
    for _ in range(5):
        hotline.app.assigner.tick(hotline.clock())
        hotline.deliver()
        hotline.clock.advance(2)
    assert len(hotline.sender.texts) == 1
    assert len(hotline.sender.keys) == len(set(hotline.sender.keys)) == 2, "one text, and one call to one of two agents"
    assert any(key.startswith(f"{call.sid}/") for key in hotline.sender.keys)


# Where a process is killed in the turn that opens a ticket, and how many tickets there are once the call is over.
@pytest.mark.slow
@pytest.mark.parametrize("point", ["ask:refund", "commit:2"])
def test_a_killed_process_loses_and_doubles_no_ticket(tmp_path: Path, point: str) -> None:
    write(tmp_path, {"hotline": FLOW})
    sid = "CA" + "7" * 32
    worker = [sys.executable, "-m", "tests.hotline.hotline_worker", str(tmp_path), sid]
    ran = subprocess.run([*worker, f"{TO_THE_PIN} {ALICE_PIN}", point], capture_output=True, check=False, cwd=ROOT)
    assert ran.returncode == 9, ran.stderr.decode()
    wallet = Watched()
    wallet.give(OVERDUE)
    with opened(tmp_path, wallet=wallet) as hotline:
        hotline.clock.advance(CLAIM_SECONDS)
        call = hotline.call()
        call.sid = sid
        call.fallback()
        if "Enqueue" not in call.reply.verbs:
            assert call.reply.words == "Your PIN."
            call.press(ALICE_PIN)
        assert "Enqueue" in call.reply.verbs
        call.hang_up()
        assert [ticket.complete for ticket in hotline.store.tickets(call_id=sid)] == [True]
        assert hotline.live() == []
