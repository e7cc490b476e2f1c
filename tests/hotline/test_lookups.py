"""Asking the outside world: quick, slow, late, never; and guessing at it."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from ivr.app.simulation import Simulation
from ivr.call.events import LookedUp
from ivr.hotline.handlers import Answer, HandlerMistake, found, handler
from ivr.hotline.lookups import Lookups, Patience
from ivr.network import VirtualClock
from ivr.store import Store
from ivr.wallet.demo import demo_directory
from tests.hotline.harness import (
    ALICE,
    ALICE_PIN,
    CALLER,
    CONFIG,
    FLOW,
    MONDAY,
    HotlineInTest,
    Killed,
    Watched,
    configured,
    opened,
    write,
)
from tests.patience import PATIENCE_SECONDS
from tests.shipped import HANDLERS

TO_THE_PIN = f"2 1 {ALICE} *"
TAIL = demo_directory(MONDAY)[0].knows["tail"]


def slow(how: str = "slow 12 s", what: str = "refund") -> Watched:
    return Watched(faults={what: how})


@pytest.fixture
def hotline(tmp_path: Path, store_url: str) -> Iterator[HotlineInTest]:
    with opened(tmp_path, store_url, wallet=slow()) as hotline:
        yield hotline


def test_a_quick_look_up_ends_inside_its_webhook(tmp_path: Path) -> None:
    with opened(tmp_path, wallet=slow("slow 2 s")) as hotline:
        reply = hotline.call().walk(f"{TO_THE_PIN} {ALICE_PIN}")
        assert "128.50" in reply.words
        assert "/poll" not in reply.body


def test_a_slow_look_up_is_covered_by_fillers_until_it_is_there(tmp_path: Path) -> None:
    with opened(tmp_path, wallet=slow("slow 7 s")) as hotline:
        call = hotline.call()
        call.walk(TO_THE_PIN)
        words, waited = [call.press(ALICE_PIN).words], 0
        while call.reply.action.endswith("/poll"):
            hotline.clock.advance(2)
            waited += 2
            words.append(call.on().words)
        assert waited == 8
        assert words[0] == "One moment, please."
        assert words[1] == words[2] == "I am still looking that up. Thank you for waiting."
        assert "128.50" in words[-1]
        assert call.reply.verbs[0] == "Gather"


def test_fillers_go_from_one_to_the_next(hotline: HotlineInTest) -> None:
    call = hotline.call()
    call.walk(f"{TO_THE_PIN} {ALICE_PIN}")
    words = []
    for _ in range(7):
        hotline.clock.advance(1)
        words.append(call.post(call.reply.action).words)
    assert words == sorted(words, key=words.index), "none comes back"
    assert len(set(words)) == 2


def test_a_look_up_is_given_up_after_eight_seconds_and_never_asked_again(hotline: HotlineInTest) -> None:
    call = hotline.call()
    call.walk(f"{TO_THE_PIN} {ALICE_PIN}")
    hotline.clock.advance(7.9)
    assert call.post(call.reply.action).verbs[-1] == "Redirect"
    hotline.clock.advance(0.1)
    given_up = call.on()
    assert "sorry" in given_up.words
    assert "Enqueue" in given_up.verbs
    assert hotline.wallet.asked.count("refund") == 1  # type: ignore[union-attr]
    hotline.clock.advance(10)
    assert call.turn(6).body == given_up.body, "the late result changes nothing"


def test_a_handler_is_given_up_after_the_time_it_declares(
    hotline: HotlineInTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    hasty = replace(HANDLERS["refund"], within_seconds=3)
    monkeypatch.setitem(hotline.app.hotline._turns.lookup_work.handlers, "refund", hasty)  # type: ignore[arg-type]
    call = hotline.call()
    call.walk(f"{TO_THE_PIN} {ALICE_PIN}")
    hotline.clock.advance(2.9)
    assert call.post(call.reply.action).verbs[-1] == "Redirect"
    hotline.clock.advance(0.1)
    assert "Enqueue" in call.on().verbs


@pytest.mark.parametrize("fault", ["always", "once"])
def test_a_wallet_that_is_down_is_a_person_and_one_that_is_back_works(tmp_path: Path, fault: str) -> None:
    with opened(tmp_path, wallet=Watched(faults={"refund": fault})) as hotline:
        assert "Enqueue" in hotline.call().walk(f"{TO_THE_PIN} {ALICE_PIN}").verbs
        again = hotline.call().walk(f"{TO_THE_PIN} {ALICE_PIN}")
        assert ("128.50" in again.words) is (fault == "once")


def test_a_wallet_that_does_not_answer_is_no_fault_of_ours(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with opened(tmp_path, wallet=slow("always")) as hotline:
        assert "Enqueue" in hotline.call().walk(f"{TO_THE_PIN} {ALICE_PIN}").verbs
    (told,) = [record for record in caplog.records if record.message == "look-up failed"]
    assert (told.levelname, told.exc_info) == ("WARNING", None)
    assert told.__dict__["error"]


@pytest.mark.parametrize("what", ["customer", "pin"])
def test_a_slow_identity_check_is_covered_as_well(tmp_path: Path, what: str) -> None:
    with opened(tmp_path, wallet=Watched(faults={what: "slow 4 s"})) as hotline:
        call = hotline.call()
        call.walk("2 1")
        for keys in (ALICE, "*", ALICE_PIN):
            call.press(keys)
            while call.reply.action.endswith("/poll"):
                hotline.clock.advance(2)
                call.on()
        assert "128.50" in call.reply.words


def test_the_fallback_during_a_slow_look_up_goes_on_waiting_for_it(tmp_path: Path) -> None:
    wallet = slow("slow 5 s")
    with opened(tmp_path, wallet=wallet) as hotline:
        call = hotline.call()
        call.walk(f"{TO_THE_PIN} {ALICE_PIN}")
        hotline.clock.advance(3)
        assert call.fallback().action.endswith("/poll")
        hotline.clock.advance(3)
        assert "128.50" in call.on().words
        assert "128.50" in call.fallback().words
        assert wallet.asked.count("refund") == 1


def test_a_caller_who_hangs_up_during_a_look_up_leaves_nothing_behind(hotline: HotlineInTest) -> None:
    call = hotline.call()
    call.walk(f"{TO_THE_PIN} {ALICE_PIN}")
    call.hang_up()
    hotline.clock.advance(15)
    assert call.on().verbs == ["Hangup"]
    assert hotline.live() == []
    assert hotline.store.tickets() == ()


def test_a_result_is_there_for_whichever_worker_is_asked(tmp_path: Path, store_url: str) -> None:
    with opened(tmp_path, store_url, wallet=slow("slow 5 s")) as hotline:
        call = hotline.call()
        call.walk(f"{TO_THE_PIN} {ALICE_PIN}")
        with opened(tmp_path, store_url, clock=hotline.clock) as other:
            hotline.clock.advance(6)
            call.client = other.call().client
            assert "128.50" in call.on().words


def test_a_worker_that_died_with_its_look_up_is_given_up_on(tmp_path: Path) -> None:
    with opened(tmp_path, wallet=slow("slow 7 s")) as hotline:
        call = hotline.call()
        call.walk(f"{TO_THE_PIN} {ALICE_PIN}")
        hotline.store.lookup = lambda call_id, turn: None  # type: ignore[method-assign]
        hotline.clock.advance(8)
        assert "Enqueue" in call.on().verbs


def test_a_handler_that_really_hangs_keeps_no_webhook_waiting(tmp_path: Path) -> None:
    go = threading.Event()
    wallet = Watched(lambda what: go.wait(PATIENCE_SECONDS) and None if what == "refund" else None)
    config = CONFIG.replace(
        "filler_after: 2.5", "filler_after: 1"
    )  # what answers does so sooner, on a busy machine too
    with opened(tmp_path, wallet=wallet, config=config) as hotline:
        call = hotline.call()
        call.walk(f"{TO_THE_PIN} {ALICE_PIN}")
        assert call.reply.action.endswith("/poll")
        assert hotline.call("+8613800000002").walk("2").words.startswith("Please choose."), (
            "others are not kept waiting"
        )
        go.set()


def test_what_hangs_for_good_takes_other_look_ups_nothing(caplog: pytest.LogCaptureFixture) -> None:
    started, go, done = threading.Semaphore(0), threading.Event(), Answer(LookedUp("found"), 0.0)

    def hangs() -> Answer:
        started.release()
        assert go.wait(PATIENCE_SECONDS)
        return done

    with Store.open("sqlite://") as store, ThreadPoolExecutor(2) as callers:
        lookups = Lookups(store, lambda: MONDAY, Patience(), threads=3, of_one_kind=2)
        hung = [callers.submit(lookups.run, f"CA{number}", 1, "refund", hangs, 10.0) for number in (1, 2)]
        try:
            assert all(started.acquire(timeout=PATIENCE_SECONDS) for _ in hung)
            assert lookups.run("CA3", 1, "refund", hangs, 10.0) == Answer(LookedUp("unavailable"), 0.0)
            refused = [record for record in caplog.records if record.message == "too many look-ups under way"]
            assert [record.kind for record in refused] == ["refund"]  # type: ignore[attr-defined]
            assert lookups.run("CA4", 1, "login", lambda: done, 10.0) == done
        finally:
            go.set()
        assert [each.result(10) for each in hung] == [done, done]
        assert lookups.run("CA5", 1, "refund", hangs, 10.0) == done
        lookups.close()


def test_a_webhook_that_finds_no_place_to_wait_says_one_moment_at_once() -> None:
    """The others hold half of a worker's threads; the rest are for those who only speak."""
    started, go, done = threading.Semaphore(0), threading.Event(), Answer(LookedUp("found"), 0.0)

    def slow_work() -> Answer:
        started.release()
        assert go.wait(PATIENCE_SECONDS)
        return done

    with Store.open("sqlite://") as store, ThreadPoolExecutor(1) as callers:
        lookups = Lookups(store, lambda: MONDAY, Patience(), waiting_webhooks=1)
        waits = callers.submit(lookups.run, "CA1", 1, "refund", slow_work, 10.0)
        try:
            assert started.acquire(timeout=PATIENCE_SECONDS)
            assert lookups.run("CA2", 1, "refund", slow_work, 3_600.0) is None
            assert started.acquire(timeout=PATIENCE_SECONDS), "its work goes on"
        finally:
            go.set()
        assert waits.result(10) == done
        until = time.monotonic() + PATIENCE_SECONDS
        while store.lookup("CA2", 1) is None:
            assert time.monotonic() < until, "its result never came"
        lookups.close()


def test_a_look_up_more_than_there_are_threads_is_unavailable_at_once() -> None:
    started, go, done = threading.Semaphore(0), threading.Event(), Answer(LookedUp("found"), 0.0)

    def hangs() -> Answer:
        started.release()
        assert go.wait(PATIENCE_SECONDS)
        return done

    with Store.open("sqlite://") as store, ThreadPoolExecutor(1) as callers:
        lookups = Lookups(store, lambda: MONDAY, Patience(), threads=1)
        hung = callers.submit(lookups.run, "CA1", 1, "refund", hangs, 10.0)
        try:
            assert started.acquire(timeout=PATIENCE_SECONDS)
            assert lookups.run("CA2", 1, "login", hangs, 3_600.0) == Answer(LookedUp("unavailable"), 0.0)
        finally:
            go.set()
        assert hung.result(10) == done
        lookups.close()


def test_there_is_never_dead_air_on_the_emulated_network(tmp_path: Path) -> None:
    write(tmp_path, {"hotline": FLOW})
    with Simulation(configured(tmp_path), clock=VirtualClock(MONDAY), back_office=slow("slow 7 s")) as town:
        call = town.dial(CALLER)
        for keys in ("2", "1", f"{ALICE}#", "*", f"{ALICE_PIN}#"):
            call.listen()
            call.press(keys)
        call.hears("128.50", within=15)
        spoken = [entry for entry in call.transcript if entry.kind == "said"]
        gaps = [
            after.seconds - before.seconds - before.duration
            for before, after in zip(spoken[-5:], spoken[-4:], strict=False)
            if after.text.startswith(("One moment", "I am still", "This is taking", "Your refund"))
            and not before.text.startswith("Your PIN")
        ]
        assert gaps
        assert max(gaps) <= 3


# --- guessing ---------------------------------------------------------------------------------------------------


def guess(hotline: HotlineInTest, tail: str, account: str = ALICE, number: str = CALLER) -> str:
    """What is said to a caller who asks for a freeze with these digits."""
    call = hotline.call(number)
    return call.walk(f"2 5 {account} {tail}").words


@pytest.fixture
def guarded(tmp_path: Path, store_url: str) -> Iterator[HotlineInTest]:
    config = CONFIG.replace("most: 2", "most: 50")
    with opened(tmp_path, store_url, wallet=Watched(), config=config) as hotline:
        yield hotline


def test_three_wrong_tails_a_day_from_one_number_lead_straight_to_a_person(guarded: HotlineInTest) -> None:
    wallet = guarded.wallet
    assert isinstance(wallet, Watched)
    words = [guess(guarded, f"00{index:02}", account=f"622200{index:02}") for index in range(1, 4)]
    assert wallet.asked.count("freeze") == 3
    words.append(guess(guarded, TAIL, account="62220004"))
    assert wallet.asked.count("freeze") == 3, "the wallet is not asked any more, not even for the right digits"
    assert set(words) == {"I am putting you through."}, "in the same words"
    guarded.clock.advance(24 * 3600)
    assert guess(guarded, TAIL) == "It is frozen. Please choose. " + menu_of(guarded)


def menu_of(hotline: HotlineInTest) -> str:
    return hotline.call("+8613800000098").walk("2").words.removeprefix("Please choose. ")


def test_three_wrong_tails_a_day_for_one_account_lead_straight_to_a_person(guarded: HotlineInTest) -> None:
    for index in range(3):
        guess(guarded, "0000", number=f"+861380000001{index}")
    assert "It is frozen." not in guess(guarded, TAIL, number="+8613800000019")
    assert "It is frozen." in guess(guarded, TAIL, account="62220002", number="+8613800000018")


def test_withheld_numbers_share_their_guesses(guarded: HotlineInTest) -> None:
    for index in range(3):
        guess(guarded, "0000", account=f"622200{index:02}", number="anonymous")
    assert "It is frozen." not in guess(guarded, TAIL, account="62220009", number="anonymous")
    assert "It is frozen." in guess(guarded, TAIL, account="62220009", number="+8613800000018")


def test_freezes_that_match_are_not_counted(guarded: HotlineInTest) -> None:
    for _ in range(5):
        assert "It is frozen." in guess(guarded, TAIL)


def test_a_guess_is_counted_before_it_is_looked_at(tmp_path: Path) -> None:
    def before(what: str) -> None:
        if what == "freeze":
            raise Killed

    with opened(tmp_path, wallet=Watched(before)) as hotline:
        for _ in range(5):
            call = hotline.call()
            call.walk(f"2 5 {ALICE}")
            try:
                call.press("0000")
            except Killed:
                continue
        assert hotline.wallet.asked.count("freeze") == 3  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("tries", "why"),
    [
        ({"no_match": 3}, 'did you mean "not_matched"'),
        ({"frozen": 3}, "has values"),
        ({"not_matched": 0}, "at least 1"),
    ],
)
def test_tries_that_cannot_hold_are_refused_when_the_handler_is_declared(tries: dict[str, int], why: str) -> None:
    def guessed(case: object) -> object:
        """A handler."""
        return found("not_matched")

    with pytest.raises(HandlerMistake, match=why):
        handler("guessed", outcomes={"not_matched": {}, "frozen": {"at": "date"}}, tries=tries)(guessed)  # type: ignore[arg-type]
