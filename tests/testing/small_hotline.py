"""A small hotline that is in order, for planting faults in, and everything that exploring it takes."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from ivr.flow.model import HandlerSpec
from ivr.testing.explorer.conditions import conditions
from ivr.testing.explorer.explore import Bounds, Explored, Model, explore
from tests.call.hotlines import edition

MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))

HOTLINE = """\
flow: hotline
start: welcome
keys: {"0": agent, "9": security, "*": repeat}
also: {"9": {zh: [被盗], en: [stolen]}}
defaults:
  tries: 2
  silence: {zh: 没有听到您的选择。, en: I did not hear anything.}
  wrong: {zh: 没有听清您的选择。, en: I did not get that.}
  exhausted: agent
  on: {unavailable: agent}
steps:
  welcome:
    menu: {zh: 您好，这里是客服热线。, en: "Hello, this is customer support."}
    choices:
      - {key: 1, language: zh, label: 普通话服务, next: main}
      - {key: 2, language: en, label: service in English, next: main}
  main:
    menu: {zh: 请选择您需要的服务。, en: How can we help?}
    choices:
      - {key: 1, label: {zh: 退款查询, en: a refund}, next: who}
      - {key: 2, label: {zh: 留言, en: a message}, next: message}
  who:
    identify: customer
    account: {zh: 请输入账号，以井号键结束。, en: "Please key in your account, then press hash."}
    code: {zh: 请输入验证码，以井号键结束。, en: "Please key in the code, then press hash."}
    pin: {zh: 请输入电话密码，以井号键结束。, en: "Please key in your PIN, then press hash."}
    failed: {zh: 信息不一致，请再试一次。, en: That does not match. Please try again.}
    on: {verified: look_up, unverified: agent, locked: agent}
  look_up:
    handle: refund_status
    on:
      approved: {say: {zh: "退款{amount}已经通过。", en: "Your refund of {amount} is approved."}, next: main}
      overdue: ticket
      not_found: main
  ticket: {ticket: refund, about: [amount], next: told}
  told:
    menu: {zh: "受理编号是{ticket}。", en: "Your reference is {ticket}."}
    choices: [{key: 1, label: {zh: 结束, en: to finish}, next: bye}]
    exhausted: bye
  message:
    voicemail: {zh: 请在提示音后留言。, en: Please leave a message after the tone.}
    on: {recorded: message_ticket, empty: bye}
  message_ticket: {ticket: message, about: [recording], next: told}
  agent:
    hours: support
    on: {open: line, closed: away}
  line:
    queue: support
    say: {zh: 正在转接。, en: I am putting you through.}
    on: {answered: bye, left: message}
  away: {say: {zh: "我们{next_opening}恢复服务。", en: "We are back {next_opening}."}, next: message}
  security: {run: security, on: {done: bye}}
  bye: {hangup: {zh: 再见。, en: Goodbye.}}
"""

SECURITY = """\
flow: security
start: what
outcomes: [done]
steps:
  what:
    menu: {zh: 这里是安全专线。, en: This is the security line.}
    choices:
      - {key: 1, label: {zh: 安全专员, en: a security agent}, next: team}
      - {key: 2, label: {zh: 结束, en: to finish}, next: done}
    exhausted: team
  team: {queue: security, on: {answered: done, left: done}}
"""

REFUND = HandlerSpec(
    "refund_status",
    outcomes={"approved": {"amount": "money"}, "overdue": {"amount": "money"}, "not_found": {}},
    identified=True,
)


def model(hotline: str = HOTLINE, security: str = SECURITY) -> Model:
    made = edition(hotline, security)
    return Model.of(made, {"refund_status": REFUND}, conditions(made, MONDAY))


def explored(what: Model, *wanted: str, bounds: Bounds | None = None) -> Explored:
    return explore(what, bounds or Bounds(lane="security"), wanted)


def replaced(text: str, *changes: tuple[str, str]) -> str:
    """The text with each change made, once and for sure."""
    for old, new in changes:
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in the hotline"
        text = text.replace(old, new)
    return text
