"""What an agent knows when saying hello: who, about what, what was tried and said; and never a secret."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import get_args

import pytest

import ivr.agents
from ivr.agents.model import Timeline
from ivr.agents.texts import TEXTS
from ivr.agents.timeline import Timelines
from ivr.app.agents import value_names
from ivr.app.console import services_of
from ivr.app.simulation import Simulation
from ivr.call.events import QueueResult, TransferResult
from ivr.config.load import load_config
from ivr.flow.model import Ask, FlowSet, Ticket, Voicemail
from ivr.network import VirtualClock
from ivr.store import Retention
from ivr.store.rows import TalkRow
from tests.shipped_hotline import SHANGHAI, SUNDAY, WEDNESDAY, config, flows

PHONE, PIN = "+8613800138000", "220001"
REFUND = "1 3 2 2 62220001# CODE# 300126# 2 1 0"
"""Chinese, a refund that is overdue, identified by a texted code; then a person."""


@pytest.fixture
def hotline() -> Iterator[Simulation]:
    with Simulation(config(), clock=VirtualClock(WEDNESDAY), store_url="sqlite://") as simulation:
        yield simulation


def timelines(hotline: Simulation) -> Timelines:
    editions = hotline.app.hotline.editions
    return Timelines(
        hotline.store,
        lambda digest: editions.pinned(digest).flows,
        lambda: editions.current.flows,
        SHANGHAI,
        names=value_names(config()),
        country="CN",
    )


def call(hotline: Simulation, keys: str, *, hang_up: bool = True) -> str:
    """A call by its keys; CODE is the code that was texted, a word in quotes is spoken, ~ talks for four seconds."""
    line = hotline.dial(PHONE)
    for act in keys.split():
        line.listen()
        if act == "~":
            line.say("有人冒用我的账户", seconds=4)
        elif act.startswith("'"):
            line.say(act.strip("'"))
        elif act == "-":
            line.silence()
        elif "CODE" in act:
            hotline.network.run(3)
            code = "".join(filter(str.isdigit, hotline.network.messages[-1].body))[:6]
            line.press(act.replace("CODE", code))
        else:
            line.press(act)
    line.listen()
    if hang_up:
        line.hang_up()
        hotline.network.run(3)
    return line.sid


def timeline_of(hotline: Simulation, call_id: str, language: str = "en", **more: object) -> Timeline:
    found = timelines(hotline).of(call_id, language, hotline.network.clock.now(), **more)  # type: ignore[arg-type]
    assert found is not None
    return found


def said(told: Timeline, who: str) -> list[str]:
    return [line.text for line in told.transcript if line.who == who]


def test_nothing_has_to_be_asked_twice(hotline: Simulation) -> None:
    told = timeline_of(hotline, call(hotline, REFUND, hang_up=False))
    assert (told.name, told.account, told.factor, told.topic, told.queue) == (
        "王小明", "62220001", "code", "Refund", "support",
    )  # fmt: skip
    reference = told.tickets[0].reference
    assert told.tried[:2] == (
        "Your refund of 88 yuan from 清风茶馆 was due by Monday, November 23. We are sorry for the delay.",
        f"Opened ticket {reference}",
    )
    assert told.tried[2].startswith("Texted: 【云钱包】您的退款300126")
    assert {one.name: one.text for one in told.told} == {
        "Refund number": "300126", "Payment or refund number": "300126", "Amount": "88 yuan",
        "Payee": "清风茶馆", "Expected on": "Monday, November 23", "Reference": reference,
        "Answer promised by": "Friday, November 27",
    }  # fmt: skip
    (case,) = told.tickets
    assert (case.topic, case.status) == ("Refund", "open")
    assert [one.name for one in case.about] == ["Payment or refund number", "Amount", "Payee", "Expected on"]


def test_a_need_that_waits_is_told_beside_the_one_that_the_call_has_come_to(hotline: Simulation) -> None:
    call_id = call(hotline, "1 '我要查余额，另外问一下手续费' 0", hang_up=False)
    assert timeline_of(hotline, call_id).topic == "Your balance and payments, also: Fees and limits"
    agent = next(agent for agent in hotline.app.actions.agents.values() if "support" in agent.queues)
    board = services_of(hotline.app).boards.now(agent, "zh", hotline.network.clock.now())
    assert [one.topic for queue in board.queues for one in queue.waiting] == ["余额和付款记录，还有：手续费和限额"]


def test_whoever_hangs_up_in_the_queue_leaves_a_ticket_that_names_both_needs(hotline: Simulation) -> None:
    (case,) = timeline_of(hotline, call(hotline, "1 '我要查余额，另外问一下手续费' 0")).tickets
    assert (case.topic, [one.text for one in case.about]) == (
        "Your balance and payments", ["Your balance and payments, also: Fees and limits"],
    )  # fmt: skip


def test_the_play_tells_who_did_what_in_the_readers_language(hotline: Simulation) -> None:
    call_id = call(hotline, REFUND)
    assert said(timeline_of(hotline, call_id), "caller") == [
        "Pressed 1", "Pressed 3: a withdrawal or a refund", "Pressed 2: a refund",
        "Pressed 2: to look up a refund by its number", "[keyed in an account or phone number]",
        "[keyed in a one-time code]", "Refund number: 300126", "Pressed 2: to go on", "Pressed 1: something else",
        "Pressed 0",
    ]  # fmt: skip
    told = timeline_of(hotline, call_id, "zh")
    assert said(told, "caller")[1] == "按 3：提现或退款"
    assert "您在清风茶馆有一笔退款，88元" in told.tried[0], "as it is written, not as it is spoken"
    assert said(told, "note")[-2:] == ["进入排队", "来电人挂机"], "an end is told once, however often it is reported"
    assert [line.seconds for line in told.transcript] == sorted(line.seconds for line in told.transcript)
    assert any("请输入退款编号" in line for line in said(told, "hotline")), "what was said stays as it was said"


WALKS = {
    "the PIN": ("1 3 2 1 62220001# *# 220001#", "[keyed in the phone PIN]", "Identified by the phone PIN"),
    "a wrong code": ("1 3 2 1 62220001# 000000#", "[keyed in a one-time code]", ""),
    "silence": ("1 -", "[silence]", ""),
    "a wrong key": ("1 6", "[an answer that was not understood]", ""),
    "words": ("1 '退款' 3", "Said: a withdrawal or a refund", ""),
    "a yes": ("1 1 1 62220017# CODE# -", "", ""),
}


@pytest.mark.parametrize("name", WALKS)
def test_an_answer_is_told_by_what_it_led_to(hotline: Simulation, name: str) -> None:
    keys, done, noted = WALKS[name]
    told = timeline_of(hotline, call(hotline, keys))
    assert not done or done in said(told, "caller")
    assert not noted or noted in said(told, "note")


def test_no_secret_stands_in_a_story(hotline: Simulation) -> None:
    call_id = call(hotline, "1 3 2 1 62220001# *# 918273# 62220001# 220001#")
    for language in ("zh", "en"):
        told = timeline_of(hotline, call_id, language)
        everything = json.dumps([line.text for line in told.transcript]) + str(told.tried) + str(told.told)
        assert "918273" not in everything
        assert PIN not in everything
        assert "220001" not in everything


def test_a_message_and_a_promised_call_are_told(hotline: Simulation) -> None:
    with Simulation(config(), clock=VirtualClock(SUNDAY), store_url="sqlite://") as sunday:
        told = timeline_of(sunday, call(sunday, "1 0 3 ~ -"))
        assert any(line.startswith("[recorded a message, ") for line in said(told, "caller"))
        assert (len(sunday.store.recordings(told.call_id)), told.tickets[0].topic) == (1, "Message")
        promised = timeline_of(sunday, call(sunday, "2 0 1"))
        assert "Promised a call back on Monday, November 23 at 9 AM" in promised.tried
        assert promised.earlier == (told.call_id,)


def test_the_wait_ends_when_an_agent_is_there(hotline: Simulation) -> None:
    call_id = call(hotline, REFUND, hang_up=False)
    joined = hotline.store.queue.entry(call_id)
    assert joined is not None
    hotline.network.run(30)
    assert timeline_of(hotline, call_id).waited_seconds >= 30
    talk = TalkRow(
        id="t", kind="queue", subject=call_id, call_id=call_id, queue="support", agent="li", state="over",
        offered_at=joined.joined_at, accepted_at=joined.joined_at + timedelta(seconds=9),
        joined_at=joined.joined_at + timedelta(seconds=12), ended_at=joined.joined_at + timedelta(seconds=40),
    )  # fmt: skip
    told = timeline_of(hotline, call_id, talks=(talk,))
    assert told.waited_seconds == 12
    assert [line for line in said(told, "note") if "li " in line] == ["li began to talk", "li ended the talk"]


def test_a_value_given_again_is_not_told_in_the_place_of_the_first(hotline: Simulation) -> None:
    call_id = call(hotline, "1 3 2 2 62220001# CODE# 300123# 1 3 2 2 300124# 2")
    gave = [line for line in said(timeline_of(hotline, call_id), "caller") if line.startswith("Refund number")]
    assert gave == ["Refund number", "Refund number: 300124"]


def test_other_open_tickets_of_the_account_stand_beside(hotline: Simulation) -> None:
    first = timeline_of(hotline, call(hotline, REFUND)).tickets[0].reference
    told = timeline_of(hotline, call(hotline, "1 3 2 1 62220001# CODE#"))
    assert first in [case.reference for case in told.tickets]
    hotline.store.set_ticket(first, "closed", hotline.network.clock.now())
    told = timeline_of(hotline, told.call_id)
    assert first not in [case.reference for case in told.tickets]


def test_without_its_transcript_a_call_is_a_bare_record() -> None:
    with Simulation(config(), clock=VirtualClock(WEDNESDAY), store_url="sqlite://") as other:
        call_id = call(other, REFUND)
        other.store.purge(other.network.clock.now() + timedelta(days=91), Retention())
        told = timeline_of(other, call_id)
        assert (told.transcript, told.tried, told.told, told.name) == ((), (), (), "")
        assert (told.number, told.account, len(told.tickets)) == (PHONE, "62220001", 1)


def test_without_its_flows_a_call_is_told_as_far_as_it_can_be(hotline: Simulation) -> None:
    def gone(digest: str) -> FlowSet:
        raise KeyError(digest)

    found = replace(timelines(hotline), flows=gone).of(call(hotline, REFUND), "en", hotline.network.clock.now())
    assert found is not None
    assert "Pressed 3" in said(found, "caller")
    assert found.name == "王小明"


def test_no_call_has_no_story(hotline: Simulation) -> None:
    assert timelines(hotline).of("CA" + "0" * 32, "en", hotline.network.clock.now()) is None


def test_every_text_of_a_timeline_is_used():
    code = "".join(path.read_text("utf-8") for path in Path(ivr.agents.__file__).parent.glob("timeline*.py"))
    happened = {key.removeprefix("happened.") for key in TEXTS if key.startswith("happened.")}
    made = {f"keyed_{factor}" for factor in ("code", "pin")} | {
        f"wait_{outcome}" for outcome in (*get_args(QueueResult), *get_args(TransferResult))
    }
    assert made <= happened
    unused = {key for key in happened - made if f'"{key}"' not in code}
    assert unused == set()


def test_a_hotline_names_its_own_values(tmp_path):
    (tmp_path / "lessons.py").write_text('VALUE_NAMES = {"coach": {"en": "Instructor"}, "mark": {"en": "Mark"}}')
    (tmp_path / "config.yaml").write_text(
        "hotline: {languages: [en], handlers: [lessons]}\nconsole: {values: {mark: Result of the test}}\n"
    )
    own, problems = load_config(tmp_path / "config.yaml", today=WEDNESDAY.date(), environ={})
    assert own is not None, problems
    assert value_names(own) == {"coach": {"en": "Instructor"}, "mark": {"en": "Result of the test"}}


def test_everything_in_the_shipped_flows_has_a_name():
    names = {**value_names(config()), **{key.removeprefix("value."): words for key, words in TEXTS.items()}}
    for flow in flows().flows.values():
        for step in flow.steps.values():
            match step:
                case Ask(as_=kind) if kind != "yes-no":
                    assert (step.into or step.name) in names
                case Ticket() | Voicemail():
                    assert step.into in names
                    if isinstance(step, Ticket):
                        titled = {flow.topic for flow in flows().flows.values() if flow.title}
                        assert f"topic.{step.ticket}" in TEXTS or step.ticket in titled
