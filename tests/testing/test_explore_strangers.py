"""Faults in a hotline of another trade, a clinic with its own look-ups: each property finds its own."""

# ruff: noqa: E501 - pieces of flows are quoted as they stand

from __future__ import annotations

import pytest

from ivr.flow.model import HandlerSpec
from ivr.testing.explorer.conditions import conditions
from ivr.testing.explorer.explore import Bounds, Explored, Model, explore
from tests.call.hotlines import edition
from tests.testing.small_hotline import MONDAY, replaced

CLINIC = """\
flow: clinic
start: welcome
keys: {"0": desk, "9": urgent_way, "*": repeat}
also: {"9": {zh: [胸痛], en: [chest pain]}}
defaults:
  tries: 2
  silence: {zh: 没有听到。, en: I did not hear anything.}
  wrong: {zh: 没有听清。, en: I did not get that.}
  exhausted: desk
  on: {unavailable: desk}
steps:
  welcome:
    menu: {zh: 您好，这里是河边诊所。胸痛请随时按9。, en: "Riverside Clinic. For chest pain, press 9 at any time."}
    choices:
      - {key: 1, language: zh, label: 普通话服务, next: main}
      - {key: 2, language: en, label: service in English, next: main}
  main:
    menu: {zh: 请选择。, en: How can we help?}
    choices:
      - {key: 1, label: {zh: 我的预约, en: your appointment}, next: who}
      - {key: 2, label: {zh: 留言给医生, en: a message to the doctor}, next: message}
      - {key: 3, label: {zh: 冻结就诊卡, en: to block your card}, next: block}
  who:
    identify: customer
    account: {zh: 请输入就诊卡号，以井号键结束。, en: "Please enter your card number, then press hash."}
    code: {zh: 请输入验证码，以井号键结束。, en: "Please enter the code, then press hash."}
    pin: {zh: 请输入密码，以井号键结束。, en: "Please enter your PIN, then press hash."}
    failed: {zh: 信息不一致，请再试一次。, en: That does not match. Please try again.}
    on: {verified: look_up, unverified: desk, locked: desk}
  look_up:
    handle: appointment
    on:
      found: {say: {zh: "您的预约在{day}。", en: "Your appointment is on {day}."}, next: main}
      none: main
  block:
    handle: block_card
    on: {blocked: block_ticket, not_matched: desk}
  block_ticket: {ticket: card, priority: urgent, about: [], next: block_text}
  block_text: {sms: {zh: 您的就诊卡已冻结。, en: Your card is blocked.}, to: "{owner}", next: blocked}
  blocked: {say: {zh: 您的就诊卡已冻结。, en: Your card is blocked.}, next: main}
  message:
    voicemail: {zh: 请在提示音后留言。, en: Please leave a message after the tone.}
    on: {recorded: message_ticket, empty: bye}
  message_ticket: {ticket: message, about: [recording], next: told}
  told:
    menu: {zh: "受理编号是{ticket}。", en: "Your reference is {ticket}."}
    choices: [{key: 1, label: {zh: 结束, en: to finish}, next: bye}]
    exhausted: bye
  desk:
    hours: support
    on: {open: line, closed: away}
  line:
    queue: support
    say: {zh: 正在转接。, en: I am putting you through.}
    on: {answered: bye, left: message}
  away: {say: {zh: "我们{next_opening}开门。", en: "We are back {next_opening}."}, next: message}
  urgent_way: {run: emergency, on: {done: bye}}
  bye: {hangup: {zh: 再见。, en: Goodbye.}}
"""

EMERGENCY = """\
flow: emergency
start: what
urgent: yes
outcomes: [done]
steps:
  what:
    menu: {zh: 这里是急诊专线。, en: This is the emergency line.}
    silence: {zh: 没有听到。, en: I did not hear anything.}
    wrong: {zh: 没有听清。, en: I did not get that.}
    choices:
      - {key: 1, label: {zh: 护士, en: a nurse}, next: team}
      - {key: 2, label: {zh: 结束, en: to finish}, next: done}
    exhausted: team
  team: {queue: security, on: {answered: done, left: done}}
"""

HANDLERS = {
    "appointment": HandlerSpec("appointment", outcomes={"found": {"day": "date"}, "none": {}}, identified=True),
    "block_card": HandlerSpec("block_card", outcomes={"blocked": {"owner": "phone"}, "not_matched": {}}),
}

TOLD = CLINIC[CLINIC.index("  told:") : CLINIC.index("  desk:")]
FOUND = CLINIC[CLINIC.index("found: {say") : CLINIC.index("      none:")]
VERIFIED = ("an account", "identify asked", "the code", "identify verified")

FAULTS = {
    "the emergency line is closed at night": (
        "security-first",
        [
            ("  urgent_way: {run: emergency, on: {done: bye}}\n",
             "  urgent_way: {hours: support, on: {open: lane, closed: away}}\n  lane: {run: emergency, on: {done: bye}}\n"),
        ],
        ["press 9"],
    ),
    "a word for danger is taken by a menu, behind a sentence before the lane": (
        "urgent-words",
        [
            ("  urgent_way: {run: emergency, on: {done: bye}}\n",
             "  urgent_way: {say: {zh: 请稍候。, en: One moment.}, next: lane}\n  lane: {run: emergency, on: {done: bye}}\n"),
            ("en: a message to the doctor}", "en: a message to the doctor}, also: {en: [chest pain]}"),
        ],
        ["press 2", "say “chest pain”"],
    ),
    "a key that works at any time is done without in the voicemail": (
        "announced-keys",
        [("after the tone.}\n", "after the tone.}\n    keys: {\"9\": repeat}\n")],
        ["press 1", "press 2"],
    ),
    "a key is said to work in other words for any time": (
        "announced-keys",
        [("press 9 at any time", "press 7 whenever you like"), ("请随时按9", "任何时候都可以按7")],
        ["press 7"],
    ),
    "two English words in Chinese": (
        "speaks-the-language", [("zh: 正在转接。", "zh: Please hold.")], ["press 0"],
    ),
    "an answer is told by a step of its own, and the call is over": (
        "answers-again",
        [
            (FOUND, "found: day\n"),
            ("  block:\n", '  day: {say: {zh: "您的预约在{day}。", en: "It is on {day}."}, next: bye}\n  block:\n'),
        ],
        ["press 1", "press 1", *VERIFIED, "appointment found"],
    ),
    "the reference number is said with the goodbye": (
        "answers-again",
        [(TOLD, '  told: {hangup: {zh: "受理编号是{ticket}，再见。", en: "Your reference is {ticket}. Goodbye."}}\n')],
        ["press 1", "press 2", "a message"],
    ),
    "a call is promised, and nobody hears of it": (
        "tickets-as-promised",
        [("none: main", "none: {say: {zh: 护士明天会给您回电。, en: A nurse will call you back tomorrow.}, next: bye}")],
        ["press 1", "press 1", *VERIFIED, "appointment none"],
    ),
    "a blocked card leaves no ticket": (
        "freeze-leaves-word", [("blocked: block_ticket", "blocked: block_text")], ["press 1", "press 3", "block_card blocked"],
    ),
    "what a card is blocked by is guessed": (
        "guesses-end",
        [
            ("not_matched: desk", "not_matched: tail"),
            ("  block_ticket:", "  tail: {ask: {zh: 请输入证件后四位。, en: Enter the last four digits.}, as: digits, least: 4, most: 4, next: block}\n  block_ticket:"),
        ],
        None,
    ),
    "an answer is promised for a Sunday": (
        "dates-are-working-days",
        [
            ("about: [recording], next: told}",
             'about: [recording], next: soon}\n  soon: {say: {zh: "最晚{answer_by}答复。", en: "We answer by {answer_by}."}, next: told}'),
        ],
        ["press 1", "press 2", "a message"],
    ),
}  # fmt: skip


def explored(*changes: tuple[str, str]) -> Explored:
    made = edition(replaced(CLINIC, *changes), EMERGENCY)
    return explore(Model.of(made, HANDLERS, conditions(made, MONDAY)), Bounds(lane="emergency"))


def test_the_clinic_is_in_order() -> None:
    found = explored()
    assert found.findings == ()
    assert found.is_proven


@pytest.mark.parametrize(
    ("rule", "changes", "call"),
    [pytest.param(*fault, id=name, marks=() if place % 5 == 0 else pytest.mark.slow)
     for place, (name, fault) in enumerate(FAULTS.items())],
)  # fmt: skip
def test_a_fault_is_found_by_its_property(rule: str, changes: list[tuple[str, str]], call: list[str] | None) -> None:
    found = explored(*changes).verdict
    labels = [edge.action.label for edge in found[rule][0].path if not edge.is_first]
    assert call is None or labels == call
    assert {name for name, findings in found.items() if findings} == {rule}
