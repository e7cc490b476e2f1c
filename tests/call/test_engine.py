"""What a call does, step kind by step kind, on small hotlines; every session goes through JSON between turns."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ivr.call.events import (
    Booking,
    CallbackBooked,
    Check,
    Digits,
    Ended,
    Gathering,
    HungUp,
    Identified,
    LanguageChanged,
    LimitReached,
    LookedUp,
    LookUp,
    QueueEnded,
    Queueing,
    Recorded,
    Recording,
    Resumed,
    Said,
    Silence,
    Spoken,
    SurveyAnswered,
    TextSent,
    TicketOpened,
    TransferEnded,
    Transferring,
)  # fmt: skip
from ivr.call.events import Played as PlayedRecording
from ivr.call.steps import UnexpectedInput
from ivr.call.turn import Limits, Notice, World
from ivr.call.values import Value
from tests.call.hotlines import SUNDAY, Numbered, Played, edition

MENU = """
flow: hotline
start: main
keys: {"0": agent, "*": repeat, "#": back, "8": language}
defaults:
  exhausted: agent
  on: {unavailable: agent}
  silence:
    - {zh: 没有听到。, en: I heard nothing.}
    - {zh: 还是没有听到。, en: Still nothing.}
  wrong: {zh: 不对。, en: That is wrong.}
steps:
  main:
    menu: {zh: 请选择。, en: Choose.}
    choices:
      - {key: 1, label: {zh: 退款, en: a refund}, next: number, also: {zh: [退钱], en: [money back]}}
      - {key: 2, label: {zh: 结束, en: the end}, next: bye}
  number:
    ask: {zh: 请输入编号，按井号键结束。, en: "Key in the number, then press hash."}
    as: reference
    least: 6
    most: 6
    next: bye
  bye: {hangup: {zh: 再见。, en: Goodbye.}}
  agent: {queue: support, say: {zh: 请稍候。, en: One moment.}, on: {answered: bye, left: bye}}
"""


def test_the_first_turn_speaks_the_menu_and_waits_for_one_key() -> None:
    call = Played(edition(MENU))
    assert call.said == ["请选择。", "退款，请按1。", "结束，请按2。"]
    assert isinstance(call.wait, Gathering)
    assert (call.wait.most, call.wait.finish, call.wait.speech) == (1, "", True)
    assert set(call.wait.hints) == {"退款", "退钱", "结束"}


def test_a_key_leads_where_the_choice_says() -> None:
    call = Played(edition(MENU)).hear(Digits("2"))
    assert call.path == ["hotline.bye"]
    assert call.said == ["再见。"]
    assert call.wait == Ended("hangup")


def test_words_choose_as_keys_do() -> None:
    assert Played(edition(MENU)).hear(Spoken("我要退钱")).session.state == "hotline.number"


def test_silence_and_wrong_keys_share_one_budget_of_tries() -> None:
    call = Played(edition(MENU)).hear(Digits("7"))
    assert call.said[0] == "不对。"
    call.hear(Silence())
    assert call.tries == [("noinput", 2)]
    call.hear(Silence())
    assert call.path == ["hotline.agent"]
    assert call.tries == [("noinput", 3)]
    assert isinstance(call.wait, Queueing)


def test_words_after_silence_escalate() -> None:
    call = Played(edition(MENU)).hear(Silence())
    assert call.said[0] == "没有听到。"
    assert call.hear(Silence()).said[0] == "还是没有听到。"


def test_a_new_visit_has_a_new_budget() -> None:
    call = Played(edition(MENU)).hear(Silence(), Silence(), Digits("1"), Digits("#"))
    assert call.session.state == "hotline.main"
    assert not call.session.scratch


def test_repeat_costs_no_try_and_gives_none_back_that_was_wrong() -> None:
    call = Played(edition(MENU)).hear(Digits("7"), Digits("*"))
    assert call.said[0] == "请选择。"
    assert call.session.scratch == {"tries": "1"}


def test_what_is_repeated_is_said_slowly_and_all_to_who_asks_twice() -> None:
    def slow(call: Played) -> set[bool]:
        return {event.slow for event in call.events if isinstance(event, Said)}

    call = Played(edition(MENU))
    assert slow(call) == {False}
    assert slow(call.hear(Digits("*"))) == {True}
    assert slow(call.hear(Digits("1"))) == {False}
    assert slow(call.hear(Digits("*"))) == {True}
    assert call.session.repeats == 2
    waited = call.wait.wait_seconds if isinstance(call.wait, Gathering) else 0
    assert slow(call.hear(Silence())) == {True}
    assert waited == 6 + 4, "and there is more time to begin"


@pytest.mark.parametrize("deed", [Digits("*"), Digits("7"), Spoken("嗯那个")])
def test_whatever_a_caller_does_gives_back_the_tries_that_silence_used(deed: Digits | Spoken) -> None:
    call = Played(edition(MENU)).hear(Silence(), Silence(), deed, Silence())
    assert call.session.state == "hotline.main"


def test_silence_and_wrong_keys_in_turn_come_to_an_end() -> None:
    call = Played(edition(MENU)).hear(Silence(), Digits("7"), Silence(), Digits("7"), Silence())
    assert call.path == ["hotline.agent"]


def test_a_key_that_works_everywhere_leads_to_a_person() -> None:
    assert Played(edition(MENU)).hear(Digits("1"), Digits("0")).path == ["hotline.agent"]


def test_the_language_changes_in_the_middle() -> None:
    call = Played(edition(MENU)).hear(Digits("8"))
    assert LanguageChanged("en") in call.events
    assert call.said[0] == "Choose."
    assert call.hear(Digits("8")).said[0] == "请选择。"


def test_an_answer_is_kept_with_its_kind() -> None:
    call = Played(edition(MENU)).hear(Digits("1"), Digits("300123"))
    assert call.session.values["number"] == Value("reference", "300123")


@pytest.mark.parametrize("keys", ["30012", "3001234", "30012*", "３００１２３", "²", "1234\n", "hangup", "?"])
def test_an_answer_of_the_wrong_form_is_a_wrong_try(keys: str) -> None:
    call = Played(edition(MENU)).hear(Digits("1"), Digits(keys))
    assert call.tries == [("nomatch", 1)]
    assert call.session.state == "hotline.number"


def test_an_unexpected_input_is_refused_and_changes_nothing() -> None:
    call = Played(edition(MENU))
    with pytest.raises(UnexpectedInput):
        call.hear(Recorded("https://x", 3))


def test_a_call_that_ended_stays_ended() -> None:
    call = Played(edition(MENU)).hear(Digits("2"), Digits("1"))
    assert call.events == (Ended("hangup"),)


def test_resuming_puts_the_question_again_and_costs_no_try() -> None:
    call = Played(edition(MENU)).hear(Digits("1"), Silence(), Resumed())
    assert call.said == ["请输入编号，按井号键结束。"]
    assert call.session.scratch == {"silent": "1"}


CONFIRM = """
flow: hotline
start: number
defaults: {exhausted: bye}
steps:
  number:
    ask: {zh: 请输入编号。, en: The number.}
    as: reference
    confirm: true
    next: told
  told: {say: {zh: "编号{number}。", en: "Number {number}."}, next: bye}
  bye: {hangup: {zh: 再见。, en: Goodbye.}}
"""


def test_a_confirmed_answer_is_read_back_and_kept_on_1() -> None:
    call = Played(edition(CONFIRM)).hear(Digits("300123"))
    assert "请按1" in call.said[0]
    assert "三零零" in call.said[0]
    assert "number" not in call.session.values
    assert call.hear(Digits("1")).session.values["number"].text == "300123"


def test_a_refused_answer_is_asked_again_within_the_same_budget() -> None:
    call = Played(edition(CONFIRM)).hear(Digits("300123"), Digits("2"))
    assert call.said == ["请输入编号。"]
    call.hear(Digits("300124"), Digits("2"), Digits("300125"), Digits("2"))
    assert call.path[-1] == "hotline.bye"


YES_NO = """
flow: hotline
start: more
defaults: {exhausted: bye}
steps:
  more:
    ask: {zh: 还要吗？要请按1，不要请按2。, en: "More? For yes, press 1. For no, press 2."}
    as: yes-no
    on: {yes: more, no: bye}
  bye: {hangup: {zh: 再见。, en: Goodbye.}}
"""


@pytest.mark.parametrize(
    ("heard", "state"),
    [(Digits("1"), "hotline.more"), (Digits("2"), "hotline.bye"), (Spoken("不要"), "hotline.bye")],
)
def test_yes_and_no_are_ways_out(heard: Digits, state: str) -> None:
    assert Played(edition(YES_NO)).hear(heard).session.state == state


# --- sub-flows ----------------------------------------------------------------------------------------------

OUTER = """
flow: hotline
start: main
keys: {"0": agent}
defaults: {exhausted: agent}
steps:
  main:
    menu: {zh: 主菜单。, en: Main.}
    choices: [{key: 1, label: {zh: 退款, en: refunds}, next: refund}]
  refund: {run: refund, on: {told: main, agent: agent}}
  agent: {queue: support, on: {answered: bye, left: bye}}
  bye: {hangup: {zh: 再见。, en: Bye.}}
"""
INNER = """
flow: refund
topic: refund
start: which
outcomes: [told, agent]
defaults: {exhausted: agent}
steps:
  which:
    menu: {zh: 哪一笔？, en: Which?}
    choices:
      - {key: 1, label: {zh: 最近一笔, en: the latest}, next: deep}
      - {key: 2, label: {zh: 返回, en: going back}, next: told}
  deep: {run: deep, on: {over: {say: {zh: 好了。, en: Done.}, next: told}}}
"""
DEEP = """
flow: deep
start: ask
outcomes: [over]
defaults: {exhausted: over}
steps:
  ask:
    menu: {zh: 深处。, en: Deep.}
    choices: [{key: 1, label: {zh: 结束, en: the end}, next: over}]
"""


def test_a_flow_runs_another_and_goes_on_by_its_outcome() -> None:
    call = Played(edition(OUTER, INNER, DEEP)).hear(Digits("1"))
    assert call.session.stack == ("hotline.refund",)
    call.hear(Digits("2"))
    assert call.session.state == "hotline.main"
    assert call.session.stack == ()


def test_the_end_of_a_flow_can_end_the_flow_around_it() -> None:
    call = Played(edition(OUTER, INNER, DEEP)).hear(Digits("1"), Digits("1"))
    assert call.session.stack == ("hotline.refund", "refund.deep")
    call.hear(Digits("1"))
    assert call.said == ["好了。", "主菜单。", "退款，请按1。"]
    assert call.session.stack == ()


def test_a_key_that_works_everywhere_closes_the_flows_in_between() -> None:
    call = Played(edition(OUTER, INNER, DEEP)).hear(Digits("1"), Digits("1"), Digits("0"))
    assert call.session.state == "hotline.agent"
    assert call.session.stack == ()
    assert call.session.topic == "refund"


def test_going_back_opens_the_flow_it_was_in_again() -> None:
    outer = OUTER.replace('keys: {"0": agent}', 'keys: {"0": agent, "#": back}')
    call = Played(edition(outer, INNER, DEEP)).hear(Digits("1"), Digits("1"), Digits("#"))
    assert (call.session.state, call.session.stack) == ("refund.which", ("hotline.refund",))
    call.hear(Digits("#"))
    assert (call.session.state, call.session.stack) == ("hotline.main", ())
    assert call.hear(Digits("#")).session.state == "hotline.main"


# --- limits -------------------------------------------------------------------------------------------------

LOOP = """
flow: hotline
start: one
defaults: {exhausted: agent}
steps:
  one: {say: {zh: 一。, en: One.}, next: two}
  two: {say: {zh: 二。, en: Two.}, next: one}
  agent: {queue: support, on: {answered: one, left: one}}
"""


def test_a_loop_without_the_caller_ends_with_a_person() -> None:
    call = Played(edition(LOOP, limits=Limits(steps_per_turn=10)))
    assert LimitReached("steps") in call.events
    assert call.session.state == "hotline.agent"
    assert isinstance(call.wait, Queueing)


def test_a_second_limit_ends_the_call() -> None:
    call = Played(edition(LOOP, limits=Limits(steps_per_turn=10))).hear(QueueEnded("answered"))
    assert call.wait == Ended("limit")


def test_a_call_of_too_many_turns_or_minutes_gets_a_person() -> None:
    call = Played(edition(MENU, limits=Limits(turns=3))).hear(Digits("*"), Digits("*"))
    assert isinstance(call.wait, Gathering)
    assert LimitReached("turns") in call.hear(Digits("*")).events
    call = Played(edition(MENU)).at(SUNDAY + timedelta(minutes=61)).hear(Digits("*"))
    assert LimitReached("minutes") in call.events
    assert call.session.state == "hotline.agent"


# --- facts --------------------------------------------------------------------------------------------------

HOURS = """
flow: hotline
start: hours
defaults: {exhausted: bye}
steps:
  hours: {hours: support, on: {open: bye, closed: closed}}
  closed: {say: {zh: "我们将于{next_opening}开始服务。", en: "We open {next_opening}."}, next: bye}
  bye: {hangup: {zh: 再见。, en: Bye.}}
"""


def test_the_next_opening_is_told() -> None:
    call = Played(edition(HOURS))
    assert call.path == ["hotline.closed", "hotline.bye"]
    assert "11月23日" in call.said[0]
    assert "上午9点" in call.said[0]


def test_the_calendar_opens_the_way() -> None:
    assert Played(edition(HOURS), World(SUNDAY + timedelta(days=1), Numbered())).path == ["hotline.bye"]


HANDLE = """
flow: hotline
start: look
defaults: {exhausted: agent, on: {unavailable: agent}}
steps:
  look:
    handle: refund
    with: {reference: "{number}", kind: latest}
    on:
      approved: {say: {zh: "退款{amount}。", en: "{amount}."}, next: sort}
  sort: {choose: status, on: {paid: bye, open: agent}, else: agent}
  agent: {queue: support, on: {answered: bye, left: bye}}
  bye: {hangup: {zh: 再见。, en: Bye.}}
"""


def test_a_handler_is_given_typed_values_and_those_not_set_are_left_out() -> None:
    call = Played(edition(HANDLE))
    assert call.wait == LookUp("refund", {"kind": Value("words", "latest")})


def test_what_a_handler_found_is_kept_spoken_and_branched_on() -> None:
    found = LookedUp("approved", {"amount": Value("money", "128.50 CNY"), "status": Value("words", "paid")})
    call = Played(edition(HANDLE)).hear(found)
    assert call.said[0].startswith("退款一百二十八元五角")
    assert call.path == ["hotline.sort", "hotline.bye"]


@pytest.mark.parametrize(("days", "way"), [(0, "hotline.weekend"), (1, "hotline.bye")], ids=["a Sunday", "a Monday"])
def test_choose_looks_at_the_day_and_time_of_the_step(days: int, way: str) -> None:
    flow = """
flow: hotline
start: when
steps:
  when: {choose: now, on: {"mon-fri": bye, "sat, sun": weekend}, else: bye}
  weekend: {hangup: {zh: 周末愉快。, en: Have a good weekend.}}
  bye: {hangup: {zh: 再见。, en: Bye.}}
"""
    assert Played(edition(flow), World(SUNDAY + timedelta(days=days), Numbered())).path == [way]


def test_a_handler_that_failed_is_apologised_for() -> None:
    call = Played(edition(HANDLE)).hear(LookedUp("unavailable"))
    assert "抱歉" in call.said[0]
    assert call.session.state == "hotline.agent"


def test_notices_that_are_on_are_said_in_the_callers_language() -> None:
    flow = HOURS.replace("start: hours", "start: notices").replace(
        "steps:", "steps:\n  notices: {notices: all, next: bye}"
    )
    notice = Notice("maintenance", {"zh": "今晚维护。", "en": "Maintenance tonight."})
    assert Played(edition(flow), World(SUNDAY, Numbered(), notices=(notice,))).said == ["今晚维护。", "再见。"]
    assert Played(edition(flow)).said == ["再见。"]


@pytest.mark.parametrize(("postcode", "heard"), [("200001", ["北区停电。"]), ("310000", [])])
def test_a_notice_for_an_area_is_said_to_callers_of_that_area_only(postcode: str, heard: list[str]) -> None:
    flow = """
flow: hotline
start: everybody
steps:
  everybody: {notices: all, next: where}
  where: {ask: {zh: 邮编？, en: Postcode?}, as: digits, least: 6, most: 6, into: postcode, next: here}
  here: {notices: outage, area: postcode, next: bye}
  bye: {hangup: {zh: 再见。, en: Bye.}}
"""
    north = Notice("outage", {"zh": "北区停电。", "en": "No power in the north."}, "200001")
    other = Notice("works", {"zh": "北区施工。", "en": "Works in the north."}, "200001")
    call = Played(edition(flow), World(SUNDAY, Numbered(), notices=(north, other)))
    assert call.said == ["邮编？"]
    assert call.hear(Digits(postcode)).said == [*heard, "再见。"]


# --- identity -----------------------------------------------------------------------------------------------

IDENTIFY = """
flow: hotline
start: who
keys: {"0": agent}
defaults: {exhausted: agent, on: {unavailable: agent}}
steps:
  who:
    identify: customer
    account: {zh: 账号？, en: Account?}
    code: {zh: 验证码？, en: Code?}
    pin: {zh: 密码？, en: PIN?}
    failed: {zh: 信息不符。, en: That does not match.}
    on: {verified: hello, unverified: agent, locked: locked}
  hello: {say: {zh: "您好，{customer}。", en: "Hello {customer}."}, next: again}
  again: {identify: customer, account: {zh: 账号？, en: A?}, code: {zh: 码？, en: C?}, failed: {zh: 不符。, en: N.},
          on: {verified: bye, unverified: agent, locked: locked}}
  locked: {say: {zh: 已锁定。, en: Locked.}, next: agent}
  agent: {queue: support, on: {answered: bye, left: bye}}
  bye: {hangup: {zh: 再见。, en: Bye.}}
"""
VERIFIED = LookedUp(
    "verified",
    {
        "account": Value("account", "62220001"),
        "customer": Value("name", "王芳"),
        "registered_phone": Value("phone", "+8613800138000"),
    },
)


def asked() -> Played:
    return Played(edition(IDENTIFY)).hear(Digits("13800138000"), LookedUp("asked"))


def test_the_account_is_asked_first_then_a_code() -> None:
    call = Played(edition(IDENTIFY))
    assert call.said == ["账号？"]
    call.hear(Digits("13800138000"))
    assert call.wait == Check(policy="customer", account="+8613800138000", method="code")
    assert call.hear(LookedUp("asked")).said == ["验证码？"]


def test_the_calling_number_is_one_key() -> None:
    call = Played(edition(IDENTIFY)).hear(Digits("*"))
    assert isinstance(call.wait, Check)
    assert call.wait.account == "+8613800138000"


def test_a_verified_caller_is_named_and_never_asked_again() -> None:
    call = asked().hear(Digits("123456"), VERIFIED)
    assert Identified("62220001", "code") in call.events
    assert call.said == ["您好，王芳。", "再见。"]


def test_a_secret_is_in_the_check_and_nowhere_else() -> None:
    call = asked().hear(Digits("123456"))
    assert isinstance(call.wait, Check)
    assert call.wait.secret == "123456"
    assert "123456" not in call.session.to_json()
    assert "123456" not in repr(call.events)


def test_a_secret_of_the_wrong_length_is_never_checked() -> None:
    call = asked().hear(Digits("1234567"))
    assert isinstance(call.wait, Gathering)
    assert call.tries == [("nomatch", 1)]


def test_star_asks_for_the_other_factor() -> None:
    call = asked().hear(Digits("*"))
    assert call.wait == Check(policy="customer", account="+8613800138000", method="pin")
    call.hear(LookedUp("asked"))
    assert call.said == ["密码？"]
    assert isinstance(call.wait, Gathering)
    assert not call.wait.barge_in


def test_three_wrong_answers_lead_to_a_person() -> None:
    """The first is taken for a slip of the finger; after the second it may be the account that is wrong."""
    call = asked()
    assert call.hear(Digits("000000"), LookedUp("wrong")).said == ["信息不符。", "验证码？"]
    assert call.hear(Digits("000000"), LookedUp("wrong")).said == ["信息不符。", "账号？"]
    call.hear(Digits("13800138000"), LookedUp("asked"))
    assert call.hear(Digits("000000"), LookedUp("wrong")).session.state == "hotline.agent"


def test_a_locked_account_is_told_so() -> None:
    assert asked().hear(Digits("000000"), LookedUp("locked")).path == ["hotline.locked", "hotline.agent"]


def test_silence_at_the_code_puts_the_same_question_again() -> None:
    """A code that is keyed in late must not be taken for an account number."""
    assert asked().hear(Silence()).said == ["验证码？"]


def test_back_at_the_code_leads_to_the_account() -> None:
    call = Played(edition(IDENTIFY.replace('keys: {"0": agent}', 'keys: {"0": agent, "#": back}')))
    call.hear(Digits("13800138000"), LookedUp("asked"), Digits("#"))
    assert call.said == ["账号？"]


# --- promises -----------------------------------------------------------------------------------------------

PROMISES = """
flow: hotline
topic: complaint
start: voice
defaults: {exhausted: bye}
steps:
  voice: {voicemail: {zh: 请留言。, en: Speak.}, on: {recorded: ticket, empty: bye}}
  ticket: {ticket: complaint, priority: high, about: [recording], next: text}
  text: {sms: {zh: "编号{ticket}", en: "Number {ticket}"}, next: survey}
  survey: {survey: {zh: 请打分。, en: Score.}, next: callback}
  callback: {callback: support, on: {booked: transfer, refused: bye}}
  transfer: {transfer: head_office, on: {answered: bye, failed: queue}}
  queue:
    queue: support
    leave: 1
    hold: {zh: "还有{position}位。", en: "{position} ahead."}
    on: {answered: bye, left: bye}
  bye: {hangup: {zh: 再见。, en: Bye.}}
"""


def test_a_recording_becomes_a_ticket_a_text_and_a_survey() -> None:
    call = Played(edition(PROMISES))
    assert call.wait == Recording(120)
    call.hear(Recorded("https://r/1", 12, "RE1"))
    opened = next(event for event in call.events if isinstance(event, TicketOpened))
    assert (opened.reference, opened.topic, opened.priority, opened.complete) == ("1000001", "complaint", "high", True)
    assert opened.about == {"recording": Value("words", "RE1")}
    assert any(isinstance(event, TextSent) and event.to == "+8613800138000" for event in call.events)
    assert call.hear(Digits("4")).events[0] == SurveyAnswered(4, 5, "hotline.survey")
    assert isinstance(call.wait, Booking)


RECORDING = """
flow: hotline
start: hello
steps:
  hello: {play: {zh: media/a.mp3}, text: {zh: 你好。, en: Hi.}, next: bye}
  bye: {hangup: {zh: 再见。, en: Bye.}}
"""


def test_the_words_of_a_recording_are_said_where_it_cannot_be_played() -> None:
    there = replace(edition(RECORDING), playable=lambda address: address == "media/a.mp3")
    assert Played(there).events[1] == PlayedRecording("media/a.mp3", "你好。", "zh")
    assert Played(replace(there, playable=lambda address: False)).events[1] == Said("你好。", "zh")


WISH = """
flow: hotline
start: wish
defaults: {exhausted: queue}
steps:
  wish: {ask: {zh: 什么事？, en: What is it?}, as: words, next: queue}
  queue:
    queue: support
    hold: {zh: "{wish}：还有{position}位。", en: "{wish}: {position}."}
    on: {answered: wish, left: wish}
"""


def test_braces_that_a_caller_said_are_no_place_in_the_queue() -> None:
    call = Played(edition(WISH)).hear(Spoken("{position}"))
    assert isinstance(call.wait, Queueing)
    assert call.wait.hold == "position：还有{position}位。"


def test_an_empty_recording_opens_nothing() -> None:
    call = Played(edition(PROMISES)).hear(Recorded("", 0))
    assert call.path == ["hotline.bye"]


KEYED = """
flow: hotline
start: message
keys: {"0": queue, "8": language, "*": repeat, "#": back}
steps:
  message: {voicemail: {zh: 请留言。, en: Please speak.}, on: {recorded: bye, empty: bye}}
  queue:
    queue: support
    say: {zh: 请稍候。, en: One moment.}
    leave: 1
    keys: {"9": bye}
    on: {answered: bye, left: message}
  bye: {hangup: {zh: 再见。, en: Bye.}}
"""


def test_a_key_that_leads_elsewhere_ends_a_message_and_keeps_what_was_said() -> None:
    call = Played(edition(KEYED))
    assert call.wait == Recording(120, "08*")
    assert call.hear(Digits("*")).said == ["请留言。"]
    assert (call.hear(Digits("5")).said, call.wait) == ([], Recording(120, "08*")), "it goes on to the tone"
    assert isinstance(call.hear(Recorded("https://r/1", 5, "RE1", "0")).wait, Gathering), "is it one digit of a number?"
    assert call.hear(Silence()).path == ["hotline.queue"]
    assert call.session.values["recording"].text == "RE1"


def test_a_number_that_is_keyed_into_a_message_leads_nowhere_and_is_asked_for_in_words() -> None:
    call = Played(edition(KEYED)).hear(Recorded("https://r/1", 5, "RE1", "8"), Digits("00138000"))
    assert (call.said, call.wait) == (["请不要按键，请在提示音后直接说出号码。"], Recording(120, "08*"))
    assert call.hear(Recorded("https://r/2", 9, "RE2", "#")).path == ["hotline.bye"]
    assert call.session.values["recording"].text == "RE1, RE2"


def test_keys_that_lead_elsewhere_work_in_a_queue_and_others_keep_the_place() -> None:
    waiting = Played(edition(KEYED)).hear(Recorded("", 0, "", "0"), Silence())
    assert waiting.wait == Queueing("support", "1", "", "zh", "89"), "0 leads here, and # may be one too many"
    assert waiting.hear(QueueEnded("left", 10, "8")).wait == Queueing("support", "1", "", "en", "89")
    assert waiting.said == ["One moment."]
    assert waiting.hear(QueueEnded("left", 10, "9")).path == ["hotline.bye"]


def test_a_message_ended_by_hanging_up_is_kept_in_either_order() -> None:
    for order in ((Recorded("https://r/1", 5), HungUp()), (HungUp(), Recorded("https://r/1", 5))):
        call = Played(edition(PROMISES))
        opened = []
        for heard in order:
            opened += [event for event in call.hear(heard).events if isinstance(event, TicketOpened)]
        assert [ticket.complete for ticket in opened] == [True]
        assert call.session.ended == "caller"


def test_a_callback_is_booked_when_the_desk_agrees() -> None:
    call = Played(edition(PROMISES)).hear(Recorded("https://r/1", 5), Silence())
    assert isinstance(call.wait, Booking)
    booked = call.hear(LookedUp("booked"))
    assert any(isinstance(event, CallbackBooked) for event in booked.events)
    assert booked.wait == Transferring("head_office")


CHOSEN = """
flow: hotline
start: when
steps:
  when: {ask: {zh: 几点？, en: When?}, as: time, ahead: true, into: when, next: call, exhausted: bye}
  call: {callback: support, number: "{caller}", at: "{when}", on: {booked: bye, refused: bye}}
  bye: {hangup: {zh: 再见。, en: Bye.}}
"""


@pytest.mark.parametrize(
    ("zone", "now", "keys", "at"),
    [
        ("America/New_York", "2027-03-14 05:00", "0230", "2027-03-14T03:30-04:00"),  # clocks go forward at 2
        ("America/New_York", "2027-03-14 08:00", "0230", "2027-03-15T02:30-04:00"),
        ("America/New_York", "2026-11-01 05:00", "0130", "2026-11-01T01:30-04:00"),  # back at 2: 1:30 comes twice
        ("America/New_York", "2026-11-01 05:40", "0130", "2026-11-01T01:30-05:00"),
        ("America/New_York", "2026-11-01 06:10", "0150", "2026-11-01T01:50-05:00"),  # ten past the second one
        ("Europe/London", "2026-03-29 00:10", "0115", "2026-03-29T02:15+01:00"),
        ("Europe/London", "2026-10-25 00:20", "0115", "2026-10-25T01:15+00:00"),
        ("Europe/London", "2027-12-31 23:30", "0015", "2028-01-01T00:15+00:00"),
        ("Europe/London", "2028-02-28 23:30", "0015", "2028-02-29T00:15+00:00"),
    ],
)
def test_a_call_back_is_at_the_next_moment_at_which_clocks_show_its_time(
    zone: str, now: str, keys: str, at: str
) -> None:
    there = replace(edition(CHOSEN), time_zone=ZoneInfo(zone), queue_calendars={})
    call = Played(there, World(datetime.fromisoformat(f"{now}+00:00"), Numbered())).hear(Digits(keys))
    assert isinstance(call.wait, Booking)
    assert call.wait.at.isoformat(timespec="minutes") == at


def test_a_transfer_that_fails_goes_on() -> None:
    call = Played(edition(PROMISES)).hear(
        Recorded("https://r/1", 5), Silence(), LookedUp("booked"), TransferEnded("busy")
    )
    assert call.wait == Queueing("support", "1", "还有{position}位。", "zh")
    assert call.hear(QueueEnded("left")).wait == Ended("hangup")


def test_a_queue_nobody_answers_is_left_at_once() -> None:
    world = World(SUNDAY, Numbered(), unstaffed=frozenset({"support"}))
    assert Played(edition(MENU), world).hear(Digits("0")).path == ["hotline.agent", "hotline.bye"]


def test_hanging_up_while_waiting_for_a_person_leaves_one_incomplete_ticket() -> None:
    call = Played(edition(MENU)).hear(Digits("0"), HungUp())
    opened = [event for event in call.events if isinstance(event, TicketOpened)]
    assert [(ticket.topic, ticket.complete) for ticket in opened] == [("support", False)]
    assert call.wait == Ended("caller")


def test_hanging_up_before_confirming_leaves_an_incomplete_ticket() -> None:
    flow = """
flow: hotline
start: what
defaults: {exhausted: bye}
steps:
  what: {ask: {zh: 哪一笔？, en: Which?}, as: reference, into: payment, confirm: true, next: ticket}
  ticket: {ticket: payment, about: [payment], next: bye}
  bye: {hangup: {zh: 再见。, en: Bye.}}
"""
    nothing_told = Played(edition(flow)).hear(HungUp())
    assert not [event for event in nothing_told.events if isinstance(event, TicketOpened)]
    told = Played(edition(flow)).hear(Digits("300123"), HungUp())
    assert [event.complete for event in told.events if isinstance(event, TicketOpened)] == [False]
    nobody = Played(edition(flow), caller="").hear(Digits("300123"), HungUp())
    assert not [event for event in nobody.events if isinstance(event, TicketOpened)]


def test_hanging_up_while_a_call_back_is_confirmed_leaves_an_incomplete_ticket() -> None:
    flow = """
flow: hotline
start: number
defaults: {exhausted: bye}
steps:
  number: {ask: {zh: 号码？, en: Number?}, as: phone, into: wished, confirm: true, next: call}
  call: {callback: support, number: "{wished}", on: {booked: ticket, refused: bye}}
  ticket: {ticket: callback, about: [callback_at], next: bye}
  bye: {hangup: {zh: 再见。, en: Bye.}}
"""
    nothing_told = Played(edition(flow)).hear(HungUp())
    assert not [event for event in nothing_told.events if isinstance(event, TicketOpened)]
    for confirmed in ((), (Digits("1"),)):  # asked whether the number is right; about to be booked
        told = Played(edition(flow)).hear(Digits("13800138001"), *confirmed, HungUp())
        opened = [event for event in told.events if isinstance(event, TicketOpened)]
        assert [(event.topic, event.complete) for event in opened] == [("callback", False)]


def test_a_number_is_understood_read_back_and_texted_as_it_is_dialled_in_the_hotlines_country() -> None:
    flow = """
flow: hotline
start: number
defaults: {exhausted: bye}
steps:
  number: {ask: {zh: 号码？, en: Number?}, as: phone, into: wished, confirm: true, next: text}
  text: {sms: {zh: "{wished}", en: "{wished}"}, next: bye}
  bye: {hangup: {zh: 再见。, en: Bye.}}
"""
    american = replace(edition(flow), region="US", textable=lambda number: True)
    for keys, number, spoken, written in (
        ("2125550123", "+12125550123", "您输入的是二幺二，五五五，零幺二三", "212 555 0123"),
        ("008613800138001", "+8613800138001", "您输入的是加八六，幺三八，零零幺三，八零零幺", "+86 138 0013 8001"),
    ):
        call = Played(american).hear(Digits(keys))
        assert spoken in call.said[0]
        call.hear(Digits("1"))
        assert call.session.values["wished"] == Value("phone", number)
        assert [event.body for event in call.events if isinstance(event, TextSent)] == [written]


def test_an_account_that_was_stated_is_not_asked_for_again() -> None:
    flow = (
        IDENTIFY.replace("identify: customer\n    account:", "identify: customer\n    stated: lost\n    account:")
        .replace("start: who", "start: lost")
        .replace("steps:\n", "steps:\n  lost: {ask: {zh: 账号？, en: Account?}, as: account, least: 6, next: who}\n", 1)
    )
    call = Played(edition(flow)).hear(Digits("62220001"))
    assert call.wait == Check(policy="customer", account="62220001", method="code")
    wrong = (Digits("000000"), LookedUp("wrong"))
    assert call.hear(LookedUp("asked"), *wrong, *wrong).said == ["信息不符。", "账号？"]


def test_the_calling_number_answers_a_question_for_an_account() -> None:
    flow = CONFIRM.replace("as: reference\n    confirm: true", "as: account")
    call = Played(edition(flow)).hear(Digits("*"))
    assert call.session.values["number"] == Value("phone", "+8613800138000")
    withheld = Played(edition(flow), caller="").hear(Digits("*"))
    assert withheld.tries == [("nomatch", 1)]
    assert withheld.said[0] == "我们看不到您的来电号码。", "the reason in the place of the text for a wrong answer"
