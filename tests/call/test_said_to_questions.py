"""What callers say where a number or a secret is asked for: the number itself, a wish, that they do not have it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ivr.call import answers
from ivr.call.events import Check, Digits, Gathering, Input, LookedUp, Silence, Spoken
from ivr.call.languages import LANGUAGES
from ivr.call.turn import Edition
from tests.call.hotlines import Played, edition

HOTLINE = """
flow: hotline
start: main
keys: {"0": agent, "9": stolen, "*": repeat, "#": back}
also:
  "0": {zh: [人工], en: [agent]}
  "9": {zh: [被盗], en: [stolen]}
defaults:
  exhausted: agent
  silence: {zh: 没有听到。, en: I heard nothing.}
  wrong: {zh: 不对。, en: That is wrong.}
steps:
  main:
    menu: {zh: 您好。, en: Hello.}
    choices:
      - {key: 1, label: {zh: 身份, en: your identity}, next: who}
      - {key: 2, label: {zh: 编号, en: a number}, next: number}
      - {key: 3, label: {zh: 密码, en: your PIN}, next: by_pin}
      - {key: 4, label: {zh: 开户, en: an account}, next: sure}
      - {key: 5, label: {zh: 手机, en: a phone}, next: here}
  who: {run: identity, on: {verified: bye, person: agent, none: stolen}}
  by_pin:
    identify: customer
    factor: pin
    account: {zh: 账号？, en: Account?}
    pin: {zh: 密码？, en: PIN?}
    failed: {zh: 不符。, en: No.}
    on: {verified: bye, unverified: agent, locked: agent, unavailable: agent}
  number:
    ask: {zh: 编号？, en: Number?}
    as: reference
    least: 4
    keys: {"1": main}
    on: {missing: main}
    next: sure
  sure: {ask: {zh: 好吗？, en: All right?}, as: yes-no, on: {"yes": bye, "no": bye}}
  here:
    ask: {zh: 手机在吗？, en: Do you have the phone?}
    as: yes-no
    also: {1: {zh: [在, 就是这个, 没丢], en: [right here]}, 2: {zh: [抢, 家里, 不在], en: [took it, at home]}}
    on: {yes: bye, no: agent}
  stolen: {say: {zh: 安全。, en: Security.}, next: agent}
  agent: {queue: support, on: {answered: bye, left: bye}}
  bye: {hangup: {zh: 再见。, en: Bye.}}
"""
IDENTITY = """
flow: identity
start: who
outcomes: [verified, person, none]
keys: {"0": person}
steps:
  who:
    identify: customer
    account: {zh: 账号？, en: Account?}
    code: {zh: 验证码？, en: Code?}
    pin: {zh: 密码？, en: PIN?}
    failed: {zh: 不符。, en: No.}
    on: {verified: verified, unverified: person, missing: none, locked: person, unavailable: person}
"""
PIN = "二四六八一零"
ASKED = LookedUp("asked")


def hotline() -> Edition:
    return edition(HOTLINE, IDENTITY)


def call(*heard: Input, language: str = "zh") -> Played:
    made = Played(hotline())
    made.session = replace(made.session, language=language)
    return made.hear(*heard)


ACCOUNT = Digits("1")
CODE = (ACCOUNT, Digits("62220001"), ASKED)
BY_PIN = (*CODE, Digits("*"), ASKED)


@pytest.mark.parametrize("heard", [(ACCOUNT,), (Digits("2"),), CODE, BY_PIN], ids=["account", "number", "code", "pin"])
def test_every_question_listens_and_tells_the_recogniser_what_may_be_said(heard: tuple[Input, ...]) -> None:
    wait = call(*heard).wait
    assert isinstance(wait, Gathering)
    assert (wait.speech, wait.finish) == (True, "#")
    assert set(wait.hints) == {"人工", "被盗"}


@pytest.mark.parametrize(
    ("language", "words"),
    [("zh", "我的账号是六二二二零零零一"), ("en", "it's six double two two oh oh oh one"), ("en", "6222 0001")],
)
def test_an_account_that_is_said_is_one_that_is_keyed_in(language: str, words: str) -> None:
    assert call(ACCOUNT, Spoken(words), language=language).wait == Check("customer", "62220001", method="code")


def test_a_number_that_is_said_is_the_answer_and_one_digit_is_a_key() -> None:
    assert call(Digits("2"), Spoken("八零零一")).session.values["number"].text == "8001"
    assert call(Digits("2"), Spoken("一")).session.state == "hotline.main"
    assert call(ACCOUNT, Spoken("零")).session.state == "hotline.agent"


def test_a_texted_code_can_be_said() -> None:
    assert call(*CODE, Spoken("一二三四五六")).wait == Check("customer", "62220001", "code", "code", secret="123456")


@pytest.mark.parametrize("words", [PIN, f"我的密码是{PIN}", "我的密码是[code]", "二四六八"])
def test_a_pin_is_never_taken_by_voice_and_kept_nowhere(words: str) -> None:
    asked = call(*BY_PIN, Spoken(words))
    assert asked.said == ["请用电话按键输入。", "密码？"]
    assert asked.tries == [("nomatch", 1)]
    for kept in (asked.session.to_json(), repr(asked.events)):
        assert not {PIN, "246810", "2468", words} & {part for part in (PIN, "246810", "2468", words) if part in kept}
    assert asked.hear(Digits("246810")).wait == Check("customer", "62220001", "pin", "pin", secret="246810")


@pytest.mark.parametrize("heard", [(ACCOUNT,), CODE, BY_PIN], ids=["account", "code", "pin"])
@pytest.mark.parametrize(
    ("words", "state"), [("请转人工", "hotline.agent"), ("我的账户被盗了", "hotline.agent"), ("agent", "identity.who")]
)
def test_a_key_can_be_named_wherever_digits_are_asked_for(heard: tuple[Input, ...], words: str, state: str) -> None:
    assert call(*heard, Spoken(words)).session.state == state


def test_whoever_does_not_have_it_goes_the_way_of_missing_or_that_of_a_failed_question() -> None:
    assert call(ACCOUNT, Spoken("我没有账号")).path[-2:] == ["hotline.stolen", "hotline.agent"]
    assert call(Digits("2"), Spoken("我忘了")).session.state == "hotline.main"
    assert call(Digits("3"), Spoken("不知道")).session.state == "hotline.agent"  # unverified


def test_whoever_has_not_got_the_code_is_sent_another_and_then_asked_for_the_pin() -> None:
    asked = call(*CODE, Spoken("没有收到"))
    assert asked.wait == Check("customer", "62220001", method="code")
    asked = asked.hear(ASKED).hear(Spoken("还是没有收到"))
    assert asked.wait == Check("customer", "62220001", method="pin")
    assert asked.hear(ASKED).said == ["密码？"]
    assert asked.hear(Spoken("我忘了")).path[-2:] == ["hotline.stolen", "hotline.agent"]


def test_whoever_lacks_the_only_factor_that_is_needed_is_not_asked_for_another() -> None:
    assert call(Digits("3"), Digits("62220001"), ASKED, Spoken("我忘了密码")).session.state == "hotline.agent"


def test_whoever_asks_which_number_hears_the_question_again_and_uses_no_try() -> None:
    asked = call(ACCOUNT, Spoken("什么号码"))
    assert (asked.said, asked.tries) == (["账号？"], [])


def test_whoever_asks_for_a_moment_is_given_one_once() -> None:
    waits = call(ACCOUNT, Spoken("等一下"))
    before = call(ACCOUNT).wait
    assert isinstance(before, Gathering)
    assert waits.wait == replace(before, wait_seconds=2 * before.wait_seconds)
    assert (waits.said, waits.tries) == ([], [])
    assert waits.hear(Spoken("等一下")).tries == [("nomatch", 1)]
    assert waits.hear(Silence()).said == ["没有听到。", "账号？"]


def test_what_says_nothing_that_is_known_uses_a_try() -> None:
    assert call(ACCOUNT, Spoken("嗡嗡嗡")).said == ["不对。", "账号？"]


@pytest.mark.parametrize(
    ("language", "words", "state"),
    [
        ("zh", "在的，就是这个", "hotline.bye"), ("zh", "手机被抢走了", "hotline.agent"),
        ("zh", "不在", "hotline.agent"), ("zh", "没丢", "hotline.bye"), ("zh", "不是", "hotline.agent"),
        ("zh", "在家里", "hotline.agent"), ("en", "it's right here", "hotline.bye"),
        ("en", "they took it off me", "hotline.agent"), ("en", "agent", "hotline.agent"),
        ("zh", "被盗", "hotline.agent"),
    ],
)  # fmt: skip
def test_what_stands_for_yes_and_no_is_an_answer(language: str, words: str, state: str) -> None:
    made = call(Digits("5"), Spoken(words), language=language)
    assert (made.path[-1], made.tries) == (state, [])


def test_the_recogniser_is_told_what_stands_for_yes_and_no() -> None:
    wait = call(Digits("5")).wait
    assert isinstance(wait, Gathering)
    assert {"在", "就是这个", "抢", "家里"} <= set(wait.hints)


def test_doubt_is_no_answer_to_a_yes_or_no() -> None:
    assert call(Digits("4"), Spoken("不知道")).said == ["不对。", "好吗？"]


@pytest.mark.parametrize("words", ["sorry I didn't get that", "I did not get what you said", "没听清", "没有听到"])
def test_whoever_did_not_hear_lacks_nothing(words: str) -> None:
    for code in ("zh", "en"):
        hearing = LANGUAGES[code].hearing
        assert not hearing.missing.search(hearing.normal(words))


@pytest.mark.parametrize(
    ("language", "words", "own"),
    [
        ("zh", "我就是用这个手机打的", True), ("zh", "打这个号码就行", True), ("zh", "本机", True),
        ("zh", "这个手机丢了", False), ("zh", "不是这个号码", False), ("zh", "你不是能看到我号码吗", False),
        ("en", "the same number", True), ("en", "the one I am calling from", True), ("en", "use this number", True),
        ("en", "I'm not calling from that phone", False), ("en", "this phone is lost", False),
        ("en", "not this number", False),
    ],
)  # fmt: skip
def test_the_number_that_one_calls_from_is_known_by_what_it_is_called(language: str, words: str, own: bool) -> None:
    assert answers.own_number(words, language) is own
