"""Waiting for a person: what a caller hears meanwhile, all the ways out of a queue, and promised calls back."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from ivr.app.simulation import Simulation
from ivr.hotline.switches import QueueNames
from ivr.network import VirtualClock
from tests.agents.phones import rung
from tests.hotline.harness import (
    ALICE,
    ALICE_PIN,
    CALLER,
    CONFIG,
    FLOW,
    MONDAY,
    NUMBER,
    HotlineInTest,
    ManualClock,
    Watched,
    configured,
    opened,
    write,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def hotline(tmp_path: Path, store_url: str) -> Iterator[HotlineInTest]:
    with opened(tmp_path, store_url) as hotline:
        yield hotline


def test_the_store_is_asked_about_queues_when_a_call_comes_to_one_and_once() -> None:
    full = iter([frozenset({"support"})])
    crowded = QueueNames(lambda: next(full))
    assert next(iter(full), None), "nobody has asked yet"
    full = iter([frozenset({"support"})])
    assert "support" in crowded
    assert "security" not in crowded
    assert "support" in crowded, "the same answer, without another question"


@pytest.mark.parametrize(("language", "third"), [("1", "您排在第三位"), ("2", "You are number 3.")])
def test_a_caller_is_told_the_place_and_the_way_out(tmp_path: Path, language: str, third: str) -> None:
    with opened(tmp_path, config=CONFIG.replace("most: 2", "most: 9")) as hotline:
        for number in range(2):
            hotline.call(f"+86138000000{number:02}").walk("2 0")
            hotline.clock.advance(1)
        call = hotline.call()
        call.walk(f"{language} 0")
        held = call.hold(20)
    assert held.words.startswith(third)
    assert held.words.count("1") == 1, "the way out is told once"
    assert held.verbs[0] == "Gather"


def test_a_flow_without_hold_words_has_the_place_and_the_way_out_told_by_the_desk(tmp_path: Path) -> None:
    hold = next(line for line in FLOW.splitlines() if "hold:" in line)
    with opened(tmp_path, flow=FLOW.replace(hold + "\n", "")) as hotline:
        call = hotline.call()
        call.walk("2 0")
        words = call.hold(20, position=3).words
        assert words.startswith("You are next in line."), "the order is ours, whatever the carrier counts"
        assert "press 1" in words


LAW = "This call is recorded for training. If you do not agree, hang up now."


def test_nobody_is_rung_for_a_caller_who_still_hears_the_words_before_the_queue(hotline: HotlineInTest) -> None:
    call = hotline.call()
    call.ring()
    for key in "20":
        call.reply = call.post(call.reply.action, Digits=key)
    assert "Enqueue" in call.reply.verbs
    assert rung(hotline, 20) == []
    hotline.clock.advance(20)
    assert "Leave" not in call.hold(0).verbs, "the carrier asks for the first words in the queue"
    assert len(rung(hotline, 2)) == 1
    entry = hotline.store.queue.entry(call.sid)
    assert entry is not None
    assert entry.joined_at == MONDAY + timedelta(seconds=40), "the wait counts from then"


def test_what_is_said_before_a_queue_is_heard_to_its_end(tmp_path: Path) -> None:
    long = " ".join(f"The bus number {number} stops here every ten minutes." for number in range(1, 9))
    write(tmp_path, {"hotline": FLOW.replace("I am putting you through.", f'"{long} {LAW}"')})
    with Simulation(configured(tmp_path, CONFIG), clock=VirtualClock(MONDAY), agents=True) as simulation:
        call = simulation.dial("+8613800000001")
        for keys in "20":
            call.listen()
            call.press(keys)
        call.hears("hang up now.", within=120)
        assert "in-progress" not in {leg.status for leg in simulation.network.legs.values() if leg.sid != call.sid}


def test_whoever_looks_at_another_offer_comes_back_to_the_same_place(tmp_path: Path) -> None:
    left = next(line for line in FLOW.splitlines() if line.strip().startswith("left_queue:"))
    offer = "  left_queue: {menu: , choices: [{key: 1, label: {zh: 再见, en: goodbye}, next: bye}], exhausted: bye}"
    flow = FLOW.replace(left, offer).replace('keys: {"0": agent}', 'keys: {"0": agent, "#": back}')
    with opened(tmp_path, config=CONFIG.replace("most: 2", "most: 9"), flow=flow) as hotline:
        first = hotline.call()
        first.walk("2 0")
        hotline.clock.advance(10)
        second = hotline.call("+8613800000002")
        second.walk("2 0")
        hotline.clock.advance(30)
        assert first.hold(40, Digits="1").verbs == ["Leave"]
        first.on(QueueResult="leave", QueueTime="40")
        assert second.hold(30).words.startswith("You are number 1.")
        hotline.clock.advance(30)
        first.press("#")
        assert "Enqueue" in first.reply.verbs
        assert first.hold(0).words.startswith("You are number 1.")
        assert second.hold(60).words.startswith("You are number 2.")
        hotline.clock.advance(570)
        assert "Leave" not in first.hold(570).verbs, "the longest wait counts anew"


def test_the_key_leads_out_of_the_queue_and_others_do_not(hotline: HotlineInTest) -> None:
    call = hotline.call()
    call.walk("2 0")
    assert "Leave" not in call.hold(20, Digits="5").verbs
    assert call.hold(21, Digits="1").verbs == ["Leave"]
    assert call.on(QueueResult="leave", QueueTime="21").words.startswith("You have left the queue.")


def test_a_key_that_leads_elsewhere_does_so_from_the_queue(tmp_path: Path) -> None:
    flow = FLOW.replace('keys: {"0": agent}', 'keys: {"0": agent, "9": bye, "*": repeat}')
    with opened(tmp_path, config=CONFIG, flow=flow) as hotline:
        call = hotline.call()
        call.walk("2 0")
        told = call.hold(0).words
        assert told.startswith("You are number 1.")
        assert call.hold(20, Digits="*").words == told, "who asks to hear it again is told the place again"
        assert call.hold(21, Digits="9").verbs == ["Leave"]
        assert call.on(QueueResult="leave", QueueTime="21").verbs[-1] == "Hangup"


def test_who_waits_too_long_is_let_out_and_told_so(hotline: HotlineInTest) -> None:
    call = hotline.call()
    call.walk("2 0")
    assert "Leave" not in call.hold(599).verbs
    assert call.hold(600).verbs == ["Leave"]
    assert call.on(QueueResult="leave", QueueTime="600").words.startswith("Sorry that you waited so long.")


def test_a_full_queue_takes_nobody_more_and_keeps_those_who_wait(hotline: HotlineInTest) -> None:
    waiting = [hotline.call(), hotline.call()]
    for call in waiting:
        call.walk("2 0")
    hotline.clock.advance(2)
    assert hotline.call("+8613800000009").walk("2 0").words.startswith("The queue is full.")
    for call in waiting:
        assert "Leave" not in call.hold(20).verbs, "who waits already is no one too many"
        assert "Enqueue" in call.fallback().verbs


def test_a_queue_that_nobody_staffs_says_so(tmp_path: Path) -> None:
    hours = CONFIG.replace("agents:", "calendar: office, agents:").replace(
        "calendars: {", 'calendars: {office: {weekly: {mon-fri: ["09:00-18:00"]}}, '
    )
    with opened(tmp_path, config=hours) as hotline:
        assert "Enqueue" in hotline.call().walk("2 0").verbs
    sunday = ManualClock(datetime(2026, 11, 22, 10, 0, tzinfo=SHANGHAI))
    with opened(tmp_path, config=hours, clock=sunday) as hotline:
        assert hotline.call().walk("2 0").words.startswith("Nobody is here now.")
    unmanned = CONFIG.replace('agents: ["+8613900000001", "+8613900000002"]', "agents: []")
    with opened(tmp_path, config=unmanned) as hotline:
        assert hotline.call().walk("2 0").words.startswith("Nobody is here now.")


def test_a_caller_who_waits_stays_when_the_office_closes(tmp_path: Path) -> None:
    hours = CONFIG.replace("agents:", "calendar: office, agents:").replace(
        "calendars: {", 'calendars: {office: {weekly: {mon-fri: ["09:00-18:00"]}}, '
    )
    clock = ManualClock(datetime(2026, 11, 23, 17, 59, tzinfo=SHANGHAI))
    with opened(tmp_path, config=hours, clock=clock) as hotline:
        call = hotline.call()
        call.walk("2 0")
        clock.advance(120)
        assert "Leave" not in call.hold(120).verbs


@pytest.mark.parametrize(
    ("language", "pieces"),
    [
        ("1", ["王小明", "已通过电话密码核实身份", "已等待两分钟"]),
        ("2", ["Wang Xiaoming", "2 minutes"]),
    ],
)
def test_an_agent_hears_who_it_is_how_identified_about_what_and_for_how_long(
    tmp_path: Path, language: str, pieces: list[str]
) -> None:
    wallet = Watched()
    wallet.give({"account": ALICE, "refund": {"status": "approved", "expected_on": "2026-11-02"}})
    flow = FLOW.replace("start: language", "start: language\ntopic: refund\ntitle: {zh: 退款查询, en: a refund}", 1)
    with opened(tmp_path, wallet=wallet, flow=flow) as hotline:
        call = hotline.call()
        assert "Enqueue" in call.walk(f"{language} 1 {ALICE} * {ALICE_PIN}").verbs
        hotline.clock.advance(120)
        [phone, *_] = rung(hotline, 1)
        phone.pick_up()
        agent = phone.press("1")
        for piece in pieces:
            assert piece in agent.words
        assert ("退款查询" if language == "1" else "a refund") in agent.words
        reference = hotline.store.tickets(call_id=call.sid)[0].reference
        spoken = agent.words.replace("幺", "一")
        digits = "零一二三四五六七八九" if language == "1" else "0123456789"
        assert "".join(digits[int(digit)] for digit in reference) in "".join(re.findall(f"[{digits}]", spoken))
        assert agent.verbs[-1] == "Redirect"


def test_calls_back_are_promised_once_at_a_time_and_so_many_a_day(hotline: HotlineInTest) -> None:
    words = []
    for _ in range(5):
        words.append(hotline.call().walk("2 4").words.split(" ")[0:3])
        assert len(hotline.store.callbacks()) == 1, "one number has one open call back"
        hotline.clock.advance(60)
    assert words == [["We", "ring", "back"]] * 5
    for _ in range(2):
        hotline.store.settle_callback(hotline.store.callbacks()[0].key, "done", hotline.clock())
        assert hotline.call().walk("2 4").words.startswith("We ring back")
    hotline.store.settle_callback(hotline.store.callbacks()[0].key, "done", hotline.clock())
    assert hotline.call().walk("2 4").words.startswith("We cannot ring back.")


def test_a_second_call_back_is_told_the_time_that_was_promised_first(tmp_path: Path) -> None:
    hours = CONFIG.replace("agents:", "calendar: office, agents:").replace(
        "calendars: {", 'calendars: {office: {weekly: {mon-fri: ["09:00-18:00"]}}, '
    )
    clock = ManualClock(datetime(2026, 11, 22, 10, 0, tzinfo=SHANGHAI))
    with opened(tmp_path, config=hours, clock=clock) as hotline:
        first = hotline.call().walk("2 4").words
        clock.advance(3600)
        assert hotline.call().walk("2 4").words == first
        assert "9 AM" in first


def test_a_second_call_about_a_call_back_writes_into_its_ticket_until_that_is_closed(
    tmp_path: Path, store_url: str
) -> None:
    written = "written: {ticket: callback, amend: true, about: [callback_at], next: booked}"
    said = 'booked: {say: {zh: "回电，编号{ticket}。", en: "Your call back is {ticket}."}, next: bye}'
    flow = re.sub(
        "  booked: .*", f"  {written}\n  {said}", FLOW.replace("on: {booked: booked,", "on: {booked: written,")
    )
    with opened(tmp_path, store_url, flow=flow) as hotline:
        told = [hotline.call(number).walk("2 4").words for number in (CALLER, CALLER, "+8613800138777")]
        assert told[0] == told[1] != told[2]
        [_, ticket] = hotline.store.tickets(topic="callback")
        assert ticket.phone == CALLER
        hotline.store.set_ticket(ticket.reference, "closed", hotline.clock())
        assert hotline.call().walk("2 4").words != told[0]
        assert len(hotline.store.tickets(topic="callback")) == 3


@pytest.mark.parametrize("number", ["anonymous", "+19005550100", "+8821612345678", "+447911123456", "+86110"])
def test_a_number_that_may_not_be_rung_is_refused_kindly(hotline: HotlineInTest, number: str) -> None:
    assert hotline.call(number).walk("2 4").words.startswith("We cannot ring back.")
    assert hotline.store.callbacks() == ()


@pytest.mark.parametrize(
    ("config", "number"),
    [
        (CONFIG.replace(NUMBER, "+8675512345678"), "+8675512345678"),
        (CONFIG.replace("numbers: {", f'numbers: {{allowed: ["+86", "{NUMBER}"], '), NUMBER),
    ],
    ids=["the number of the configuration", "the number that was dialled"],
)
def test_the_hotline_never_promises_to_ring_itself(tmp_path: Path, config: str, number: str) -> None:
    with opened(tmp_path, config=config) as hotline:
        assert hotline.call(number).walk("2 4").words.startswith("We cannot ring back.")
        assert hotline.store.callbacks() == ()
        assert hotline.call("+8675512345679").walk("2 4").words.startswith("We ring back")


def test_no_more_than_so_many_calls_back_are_promised_in_an_hour(tmp_path: Path) -> None:
    config = CONFIG.replace("numbers: {", "numbers: {callbacks_an_hour: 3, ")
    with opened(tmp_path, config=config) as hotline:
        words = [hotline.call(f"+861380000{number:04}").walk("2 4").words[:12] for number in range(5)]
    assert words == ["We ring back"] * 3 + ["We cannot ri"] * 2


def test_a_caller_is_answered_on_the_emulated_network(tmp_path: Path) -> None:
    """The same, with nobody's hand in it: phones ring, somebody answers, hears who it is, and they talk."""
    write(tmp_path, {"hotline": FLOW})
    config = configured(tmp_path, CONFIG.replace('agents: ["+8613900000001", "+8613900000002"], ', ""))
    with Simulation(config, clock=VirtualClock(MONDAY)) as town:
        call = town.dial(CALLER)
        for keys in "20":
            call.listen()
            call.press(keys)
        call.hears("this is Lin", within=120)
        call.hears("How was it?", within=120)
        call.press("5")
        call.hears("Goodbye.")
        agent = next(person for person in town.network.people.values() if person.calls)
        assert "The caller has not been identified." in agent.calls[0].heard
        town.network.run(5)
        store = town.app.store
        assert store.calls(live=True) == ()
        assert store.queue.lengths() == {}
        assert store.tickets() == ()


def test_an_agent_who_was_busy_is_rung_again_and_takes_the_second_caller(tmp_path: Path) -> None:
    write(tmp_path, {"hotline": FLOW})
    config = configured(tmp_path, CONFIG.replace('agents: ["+8613900000001", "+8613900000002"], ', ""))
    with Simulation(config, clock=VirtualClock(MONDAY)) as town:
        calls = []
        for number in ("+8613800000001", "+8613800000002"):
            call = town.dial(number)
            for keys in "20":
                call.listen()
                call.press(keys)
            calls.append(call)
        for call in calls:
            call.hears("this is Lin", within=300)
