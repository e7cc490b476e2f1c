"""What the engine makes of callers who speak freely, or who do nothing at all."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from ivr.call.events import Digits, Gathering, LanguageChanged, QueueEnded, Queueing, Silence, Spoken, TextSent
from ivr.call.turn import Limits
from tests.call.hotlines import SUNDAY, Played, edition

MENUS = """
flow: hotline
start: main
keys: {"0": agent, "*": repeat, "#": back, "8": language}
also:
  "0": {zh: [人工], en: [agent]}
  "8": {zh: [英文]}
  "#": {zh: [返回], en: [go back]}
defaults:
  exhausted: agent
  silence: {zh: 没有听到。, en: I heard nothing.}
  wrong: {zh: 不对。, en: That is wrong.}
steps:
  main:
    menu: {zh: 您好，请选择。, en: "Hello, please choose."}
    again: {zh: 请选择。, en: Please choose.}
    choices:
      - key: 1
        label: {zh: 提现或退款, en: a withdrawal or a refund}
        also: {zh: [提现, 退款], en: [refund]}
        next: money
      - {key: 2, label: {zh: 手续费, en: fees}, next: fee_menu}
  money:
    menu: {zh: 提现与退款。, en: Withdrawals and refunds.}
    choices:
      - {key: 1, label: {zh: 提现, en: a withdrawal}, next: bye}
      - {key: 2, label: {zh: 退款, en: a refund}, next: refund}
  refund:
    menu: {zh: 退款。, en: Refunds.}
    choices:
      - {key: 1, label: {zh: 最近一笔退款, en: the latest refund}, also: {zh: [退款], en: [refund]}, next: bye}
      - {key: 2, label: {zh: 人工退款, en: a refund by an agent}, next: bye}
  fee_menu: {run: fees, on: {done: bye}}
  bye: {hangup: {zh: 再见。, en: Goodbye.}}
  agent: {queue: support, on: {answered: main, left: bye}}
"""

FEES = """
flow: fees
start: what
outcomes: [done]
defaults: {exhausted: done}
steps:
  what:
    menu: {zh: 手续费。, en: Fees.}
    choices:
      - {key: 1, label: {zh: 手续费说明, en: all fees}, also: {zh: [手续费], en: [fees]}, next: sure}
  sure:
    ask: {zh: 要短信吗？, en: Shall we text you?}
    as: yes-no
    on: {yes: done, no: words}
  words:
    ask: {zh: 请说。, en: Tell us.}
    as: words
    into: told
    next: done
"""


def call() -> Played:
    return Played(edition(MENUS, FEES))


def said(words: str) -> Spoken:
    return Spoken(words)


# --- words ------------------------------------------------------------------------------------------------------


def test_words_that_name_a_choice_of_the_next_menu_are_heard_there_at_once() -> None:
    taken = call().hear(said("我要退款"))
    assert taken.path == ["hotline.money", "hotline.refund"]
    assert taken.said == ["退款。", "最近一笔退款，请按1。", "人工退款，请按2。"], "once: the menu after that asks"


def test_back_leads_to_the_menu_that_was_skipped() -> None:
    assert call().hear(said("我要退款"), Digits("#")).session.state == "hotline.money"


def test_a_key_says_nothing_to_the_next_menu() -> None:
    assert call().hear(Digits("1")).session.state == "hotline.money"


def test_words_that_fit_two_choices_of_the_next_menu_leave_the_choice_to_the_caller() -> None:
    assert call().hear(said("提现或退款")).session.state == "hotline.money"


def test_words_are_heard_by_the_menu_that_another_flow_begins_with_and_no_further() -> None:
    assert call().hear(said("手续费")).path == ["hotline.fee_menu", "fees.what", "fees.sure"]


def test_a_name_of_one_character_is_not_heard_in_the_words_that_led_to_the_menu() -> None:
    one = FEES.replace("also: {zh: [手续费]", "also: {zh: [费]").replace("手续费说明", "短信说明")
    assert Played(edition(MENUS, one)).hear(said("手续费")).session.state == "fees.what"


@pytest.mark.parametrize("words", ["人工", "我要找人工", "转人工吧"])
def test_a_key_that_works_everywhere_can_be_said(words: str) -> None:
    assert isinstance(call().hear(said(words)).wait, Queueing)


def test_it_can_be_said_in_a_flow_inside_and_instead_of_yes_or_no() -> None:
    assert isinstance(call().hear(Digits("2"), said("人工")).wait, Queueing)
    assert isinstance(call().hear(Digits("2"), Digits("1"), said("不用，人工")).wait, Queueing)


def test_a_choice_of_the_menu_goes_before_what_works_everywhere() -> None:
    assert call().hear(Digits("1"), Digits("2"), said("人工退款")).path == ["hotline.bye"]


def test_the_language_and_the_way_back_can_be_said() -> None:
    switched = call().hear(said("英文"))
    assert LanguageChanged("en") in switched.events
    assert switched.said[0] == "Hello, please choose."
    assert call().hear(Digits("1"), said("返回")).session.state == "hotline.main"


def test_what_is_said_in_answer_to_an_open_question_is_the_answer() -> None:
    told = call().hear(Digits("2"), Digits("1"), Digits("2"), said("人工太慢"))
    assert told.session.values["told"].text == "人工太慢"


def test_the_recogniser_is_told_what_may_be_said() -> None:
    wait = call().wait
    assert isinstance(wait, Gathering)
    assert {"提现或退款", "退款", "人工", "英文", "返回"} <= set(wait.hints)


def test_a_flow_can_take_back_what_may_be_said() -> None:
    flow = FEES.replace("outcomes: [done]", 'outcomes: [done]\nalso: {"0": {}}')
    assert Played(edition(MENUS, flow)).hear(Digits("2"), said("人工")).tries == [("nomatch", 1)]


# --- silence ----------------------------------------------------------------------------------------------------


def test_another_try_begins_with_other_words() -> None:
    assert call().said[0] == "您好，请选择。"
    assert call().hear(Silence()).said[:2] == ["没有听到。", "请选择。"]
    assert call().hear(Digits("7")).said[:2] == ["不对。", "请选择。"]
    assert call().hear(Silence(), Digits("*")).said[0] == "您好，请选择。", "whoever asks hears all of it"


def silent(*seconds: int, limits: Limits | None = None) -> Played:
    """A call in which nothing is heard, so many seconds after it began each time."""
    played = Played(edition(MENUS.replace("defaults:", "defaults:\n  tries: 5"), FEES, limits=limits))
    for second in seconds:
        played.at(SUNDAY + timedelta(seconds=second)).hear(Silence())
    return played


def test_whoever_is_silent_for_too_long_is_offered_no_menu_again() -> None:
    assert silent(10, 20, 39).session.state == "hotline.main"
    assert isinstance(silent(10, 20, 40).wait, Queueing)
    assert silent(10, 20, 40).tries == [("noinput", 3)]
    assert silent(10, 20, 40, limits=Limits(silent_seconds=41)).session.state == "hotline.main"


def test_a_long_menu_is_offered_thrice_all_the_same() -> None:
    assert silent(50, 60).session.state == "hotline.main"
    assert isinstance(silent(50, 60, 70).wait, Queueing)


def test_a_key_a_word_and_a_talk_begin_the_silence_anew() -> None:
    after_a_key = silent(10, 20).hear(Digits("*")).at(SUNDAY + timedelta(seconds=45)).hear(Silence())
    assert after_a_key.session.state == "hotline.main"
    after_a_talk = silent(10, 20, 40).at(SUNDAY + timedelta(seconds=600)).hear(QueueEnded("answered"))
    assert after_a_talk.at(SUNDAY + timedelta(seconds=630)).hear(Silence()).session.state == "hotline.main"


def test_a_question_gives_people_the_time_they_need() -> None:
    call = Played(edition(MENUS, FEES)).hear(Digits("2"), Digits("1"))
    for seconds, state in ((30, "fees.sure"), (60, "fees.sure"), (90, "hotline.bye")):
        assert call.at(SUNDAY + timedelta(seconds=seconds)).hear(Silence()).session.state == state


# --- text messages ----------------------------------------------------------------------------------------------


def test_a_number_that_cannot_be_texted_is_as_good_as_none() -> None:
    flow = """
flow: hotline
start: text
steps:
  text: {sms: {zh: 链接, en: A link}, on: {no_number: none}, next: sent}
  sent: {hangup: {zh: 已发送。, en: Sent.}}
  none: {hangup: {zh: 无法发送。, en: We cannot.}}
"""
    made = edition(flow)
    assert Played(made).said == ["已发送。"]
    refused = Played(replace(made, textable=lambda number: False))
    assert refused.said == ["无法发送。"]
    assert not [event for event in refused.events if isinstance(event, TextSent)]
