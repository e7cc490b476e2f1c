"""Whatever fails in us, at whatever step and whichever access to the store: the caller hears us, and is led on."""

import sqlite3
from collections.abc import Callable
from functools import partial
from itertools import product
from pathlib import Path
from types import SimpleNamespace

import pytest

from ivr.hotline import lookups, turns
from ivr.store import Unavailable, database, outage
from ivr.webhooks.sanitize import flaw
from tests.hotline.harness import ALICE, ALICE_PIN, CONFIG, FLOW, Faults, HotlineInTest, Watched, opened

# What a caller does up to a turn, and what that turn is; together they touch every kind of step.
TURNS = [
    ("ringing", "", ""),
    ("language", "", "2"),
    ("menu", "2", "2"),
    ("wrong key", "2", "9"),
    ("question", "2 2", "12345"),
    ("ticket and text", "2 2 12345", "1"),
    ("account", "2 1", ALICE),
    ("pin", f"2 1 {ALICE} *", ALICE_PIN),
    ("to a person", "2", "0"),
    ("voicemail", "2", "3"),
    ("call back", "2", "4"),
    ("freeze", f"2 5 {ALICE}", "0000"),
    ("transfer", "2", "7"),
    ("survey", "2 6", "5"),
]


def act(hotline: HotlineInTest, keys: str, last: str, faults: Faults, when: Callable[[int, str], bool]) -> int:
    """Walks a call, and takes its last turn while the store fails; checks that the caller hears us.

    Gives how often the turn went to the store.
    """
    call = hotline.call()
    if last:
        call.walk(keys)
    faults.reset(when)
    reply = call.press(last) if last else call.ring()
    accesses = faults.count
    faults.reset(lambda number, where: False)
    assert reply.status == 200
    assert flaw(reply.body) == ""
    assert reply.words or "Dial" in reply.verbs
    assert reply.leads_on or reply.verbs[-1] == "Hangup"
    if reply.verbs[-1] == "Hangup":
        assert last in ("4", "5"), "only a call that is over ends"
    for _ in range(3):  # where it leads, there is a question or a person
        if {"Gather", "Enqueue", "Dial", "Record", "Hangup"} & set(reply.verbs):
            break
        reply = call.on()
        assert reply.status == 200
    assert {"Gather", "Enqueue", "Dial", "Record", "Hangup"} & set(reply.verbs)
    call.hang_up()
    assert hotline.live() == []
    assert len(hotline.store.tickets(call_id=call.sid)) <= 1
    return accesses


@pytest.mark.slow
def test_any_one_access_to_the_store_may_fail_at_any_turn(tmp_path: Path, subtests: pytest.Subtests) -> None:
    with opened(tmp_path, wallet=Watched()) as hotline:
        faults = Faults(hotline.store)
        for name, keys, last in TURNS:
            with subtests.test(name):
                number = accesses = 1
                while number <= accesses:
                    for place in ("begin", "commit", "committed"):
                        hotline.clock.advance(24 * 3600)  # whatever was counted before is forgotten
                        accesses = act(
                            hotline, keys, last, faults, lambda n, where, at=(number, place): (n, where) == at
                        )
                    number += 1
                assert number > 2


def test_the_store_may_be_down_for_a_whole_turn(tmp_path: Path, subtests: pytest.Subtests) -> None:
    with opened(tmp_path, wallet=Watched()) as hotline:
        faults = Faults(hotline.store)
        for name, keys, last in TURNS:
            with subtests.test(name):
                act(hotline, keys, last, faults, lambda number, where: True)
                hotline.clock.advance(24 * 3600)


def test_a_connection_to_the_store_that_breaks_once_is_not_heard_of(tmp_path: Path, subtests: pytest.Subtests) -> None:
    """goal 37: one cut by a proxy, a restart or an administrator ended calls, or sent callers to a person."""
    with opened(tmp_path, wallet=Watched()) as hotline:
        faults = Faults(hotline.store)

        def taken(keys: str, last: str, when: Callable[[int, str], bool]) -> str:
            hotline.clock.advance(24 * 3600)
            call = hotline.call()
            if last:
                call.walk(keys)
            faults.reset(when)
            reply = call.press(last) if last else call.ring()
            faults.reset(lambda number, where: False)
            call.hang_up()
            return reply.body.replace(call.sid, "")

        for name, keys, last in TURNS:
            most = 6 if name == "call back" else 1  # what other look-ups ask is the back office
            for broken in product(range(1, most + 1), ("begin", "commit", "committed")):
                with subtests.test(f"{name} {broken}"):
                    heard = taken(keys, last, lambda number, where, broken=broken: (number, where) == broken)
                    if name == "ticket and text":
                        assert "Your reference is" in heard
                    else:
                        assert heard == taken(keys, last, lambda number, where: False)


def test_an_apology_is_in_the_caller_s_language_and_leads_to_a_person(tmp_path: Path) -> None:
    with opened(tmp_path) as hotline:
        faults = Faults(hotline.store)
        for language, words in (("1", "抱歉"), ("2", "sorry")):
            call = hotline.call()
            call.walk(language)
            faults.reset(lambda number, where: number <= 2)
            reply = call.press("2")
            faults.reset(lambda number, where: False)
            assert words in reply.words
            assert ("sorry" in reply.words) is (language == "2"), "in one language alone"
            assert "Enqueue" in reply.verbs
            call.hang_up()


def test_a_caller_finds_the_same_question_when_a_store_that_was_down_is_back(tmp_path: Path) -> None:
    with opened(tmp_path) as hotline:
        call = hotline.call()
        question = call.walk("2 2").words
        faults = Faults(hotline.store)
        faults.when = lambda number, where: True
        assert call.press("12345").verbs[-1] == "Redirect"
        assert call.on(ErrorCode="").verbs[-1] == "Redirect"
        faults.when = lambda number, where: False
        assert call.on(ErrorCode="").words == question


def test_a_store_that_stays_down_ends_in_a_goodbye_after_some_tries(tmp_path: Path) -> None:
    with opened(tmp_path) as hotline:
        call = hotline.call()
        call.walk("2")
        Faults(hotline.store).when = lambda number, where: True
        verbs = [call.press("2").verbs[-1]]
        while verbs[-1] == "Redirect":
            verbs.append(call.on(ErrorCode="").verbs[-1])
        assert verbs == ["Redirect"] * 3 + ["Hangup"]


def test_a_store_that_stays_down_puts_through_to_the_last_resort_where_there_is_one(tmp_path: Path) -> None:
    config = CONFIG.replace("destinations: {", 'destinations: {person: "+8613900000008", ')
    with opened(tmp_path, config=config) as hotline:
        call = hotline.call()
        call.walk("2")
        Faults(hotline.store).when = lambda number, where: True
        call.press("2")
        while call.reply.verbs[-1] == "Redirect":
            call.on(ErrorCode="")
        assert "Dial" in call.reply.verbs
        assert "+8613900000008" in call.reply.body


def test_a_wallet_that_raises_anything_is_apologised_for_and_a_person_takes_over(
    tmp_path: Path, subtests: pytest.Subtests
) -> None:
    wallet = Watched()
    rows = {
        "customer": f"1 {ALICE}", "pin": f"1 {ALICE} * {ALICE_PIN}", "refund": f"1 {ALICE} * {ALICE_PIN}",
        "freeze": f"5 {ALICE} 2276", "terms": "8",
    }  # fmt: skip
    with opened(tmp_path, wallet=wallet) as hotline:
        for what, keys in rows.items():
            for language, sorry in (("1", "抱歉"), ("2", "sorry")):
                with subtests.test(f"{what} {language}"):
                    wallet.before = partial(_raise, what)
                    call = hotline.call()
                    reply = call.walk(f"{language} {keys}")
                    assert reply.status == 200
                    assert "Enqueue" in reply.verbs
                    assert sorry in reply.words or what in ("customer", "pin")
                    call.hang_up()
                    hotline.clock.advance(2)


def _raise(what: str, asked: str) -> None:
    if asked == what:
        raise ZeroDivisionError


def test_a_fault_on_the_way_to_a_person_ends_with_the_apology_and_not_in_a_circle(tmp_path: Path) -> None:
    flow = FLOW.replace("hold: {zh:", "topic: person\n    hold: {zh:")
    with opened(tmp_path, flow=flow) as hotline:
        call = hotline.call()
        call.walk("2 0")
        faults = Faults(hotline.store)
        faults.when = lambda number, where: number <= 2
        reply = call.on(QueueResult="leave", QueueTime="3")
        assert "sorry" in reply.words
        assert reply.verbs[-1] == "Hangup"


def test_a_fault_while_waiting_in_a_queue_is_not_heard(tmp_path: Path) -> None:
    with opened(tmp_path) as hotline:
        call = hotline.call()
        call.walk("2 0")
        Faults(hotline.store).when = lambda number, where: True
        held = call.hold(20)
        assert (held.status, held.verbs, held.words) == (200, ["Gather"], "")
        assert call.hold(15 * 60).verbs == ["Leave"]
        agent = hotline.call(number="+8613900000001").post("/floor/talks/TK0000000000000000000000")
        assert (agent.status, agent.verbs[-1]) == (200, "Hangup")


def test_a_store_that_kept_a_caller_waiting_is_not_waited_for_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    passed = 0.0

    def busy() -> Unavailable:
        nonlocal passed
        passed += 3
        return Unavailable("locked for three seconds")

    with opened(tmp_path) as hotline:
        call = hotline.call()
        call.walk("2")
        for module in (turns, lookups):
            monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: passed))
        faults = Faults(hotline.store)
        faults.when, faults.error = lambda number, where: True, busy
        assert call.press("2").leads_on
        assert passed == 3


def test_ready_names_a_store_that_reads_and_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(tmp_path) as hotline:
        monkeypatch.setattr(database, "PATIENCE_SECONDS", 0.05)
        monkeypatch.setattr(outage, "REST_SECONDS", 0)
        file = sqlite3.connect(hotline.url.removeprefix("sqlite:///"), isolation_level=None)
        file.execute("BEGIN IMMEDIATE")
        assert hotline.app.hotline.ready() == {"store": "the store was locked for 0.05 s"}
        file.execute("ROLLBACK")
        file.close()
        assert hotline.app.hotline.ready() == {}


def test_ready_names_a_store_that_is_down(tmp_path: Path) -> None:
    with opened(tmp_path) as hotline:
        assert hotline.app.hotline.ready() == {}
        Faults(hotline.store).when = lambda number, where: True
        assert hotline.app.hotline.ready() == {"store": "a fault that was set up"}
