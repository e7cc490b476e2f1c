"""What the tests of the command line share: a small hotline in a folder of its own, and a way to give commands."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ivr.cli import main

ROOT = Path(__file__).parents[2]

HOTLINE = """\
flow: hotline
start: language
keys: {"0": agent, "*": repeat}
defaults:
  exhausted: agent
  silence: {zh: 没有听到。, en: I heard nothing.}
  wrong: {zh: 没有这个选择。, en: There is no such choice.}
  on: {unavailable: agent}
steps:
  language:
    menu:
    choices:
      - {key: 1, language: zh, label: 中文, next: main}
      - {key: 2, language: en, label: English, next: main}
  main:
    menu: {zh: 请选择。, en: How can we help?}
    choices:
      - {key: 1, label: {zh: 限额, en: your limit}, next: who}
      - {key: 2, label: {zh: 报案, en: a case}, also: {zh: [案件], en: [a case]}, next: case}
      - {key: 3, label: {zh: 再见, en: goodbye}, next: bye}
  who:
    identify: customer
    account: {zh: 请输入账号。, en: Key in your account.}
    code: {zh: 请输入验证码。, en: Key in the code.}
    pin: {zh: 请输入密码。, en: Key in your PIN.}
    failed: {zh: 不一致。, en: That does not match.}
    on: {verified: limit, unverified: agent, locked: agent}
  limit:
    handle: my_limits
    on:
      told: {say: {zh: "您还可以使用{left}。", en: "You have {left} left."}, next: bye}
  case:
    ticket: case
    next: case_told
  case_told:
    say: {zh: "编号是{ticket}。", en: "Your number is {ticket}."}
    next: bye
  agent:
    queue: support
    say: {zh: 请不要挂机。, en: Please hold the line.}
    leave: 1
    on: {answered: bye, left: main, nobody: bye, full: bye, timeout: bye, failed: bye}
  bye:
    hangup: {zh: 再见。, en: Goodbye.}
"""

CONFIG = """\
hotline: {country: CN, handlers: [ivr.wallet.handlers]}
back_office: {module: ivr.wallet.back_office}
"""
"""A hotline that asks the wallet's demo."""

Ivr = Callable[..., Result]
"""Gives a command: `ivr("call", "--keys", "1")`."""


def forget_account(monkeypatch: pytest.MonkeyPatch) -> None:
    """Takes the variables away by which a machine names an account or a store."""
    for name in ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_OLD_AUTH_TOKEN", "IVR_PEPPER", "DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)


def write_house(folder: Path) -> None:
    """Writes the files of a small hotline."""
    (folder / "flows").mkdir()
    (folder / "flows" / "hotline.yaml").write_text(HOTLINE, encoding="utf-8")
    (folder / "config.yaml").write_text(CONFIG, encoding="utf-8")


@pytest.fixture(autouse=True)
def no_account(monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable of this machine's reaches the hotline."""
    forget_account(monkeypatch)


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a small hotline, which is where commands are given."""
    write_house(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def shipped(monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the hotline that ships, which is where commands are given; use `--fresh` there."""
    monkeypatch.chdir(ROOT)
    return ROOT


@pytest.fixture
def ivr() -> Ivr:
    """Gives a command as at a terminal, and has its output and exit status: `ivr("call", "--keys", "1")`."""

    def give(*arguments: str) -> Result:
        return CliRunner().invoke(main, arguments)

    return give
