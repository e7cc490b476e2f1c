"""The caller's part: what `--keys` means, and what typing at a terminal does."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

import pytest

from ivr.cli.keypad import HOTLINE_CODES, Act, Typing, UnusableKeys, acts, converse, follow
from ivr.network import Network


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("1 2 300123#", [Act("1"), Act("2"), Act("300123#")]),
        ("1 - *#", [Act("1"), Act(), Act("*#")]),
        ("1 2 '我要退款' 300123#", [Act("1"), Act("2"), Act(words="我要退款"), Act("300123#")]),
        ("'a refund, please' 1", [Act(words="a refund, please"), Act("1")]),
        ("'I didn't pay' 1", [Act(words="I didn't pay"), Act("1")]),
        ("‘我要退款’", [Act(words="我要退款")]),
        ("{code}#", [Act("{code}#")]),
        ("１２＃ ＊", [Act("12#"), Act("*")]),
        ("  1   2  ", [Act("1"), Act("2")]),
        ("", []),
    ],
)
def test_keys_are_groups_of_keys_words_and_silence(script: str, expected: list[Act]) -> None:
    assert list(acts(script)) == expected


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("1 abc", '"a" in "abc" is no key'),
        ("1 2a", '"a" in "2a" is no key'),
        ("{cod}#", '"{" in "{cod}#" is no key'),
        ("'open", "opened and not closed"),
        ("1 ''", "nothing stands between"),
        ("--", '"-" in "--" is no key'),
        ("²", ""),  # a superscript two is a two
    ],
)
def test_what_is_on_no_telephone_is_refused_in_one_sentence(script: str, told: str) -> None:
    if not told:
        assert acts(script) == (Act("2"),)
        return
    with pytest.raises(UnusableKeys) as refused:
        acts(script)
    assert told in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        (["【云钱包】您的验证码是123456，10分钟内有效。请只在电话按键中输入，切勿告诉任何人。"], ["123456"]),
        (
            ["CloudWallet: Your code is 00123456. It is good for 10 minutes. Enter it on the phone only, "
             "and tell it to nobody."],
            ["00123456"],
        ),
        (["您的退款300123已加急，受理编号：7000001。"], []),
        ([], []),
    ],
)  # fmt: skip
def test_only_the_hotlines_own_sentence_brings_a_code(messages: list[str], expected: list[str]) -> None:
    assert [code for code in map(HOTLINE_CODES.find, messages) if code] == expected


def _typed(*raw: bytes) -> tuple[list[Act | None], str]:
    typing = Typing()
    found = [act for each in raw for act in typing.take(each)]
    return found, typing.words


@pytest.mark.parametrize(
    ("raw", "expected", "left"),
    [
        ([b"1"], [Act("1")], ""),
        ([b"12#"], [Act("1"), Act("2"), Act("#")], ""),
        (["退款".encode()], [], "退款"),
        (["退款\r".encode()], [Act(words="退款")], ""),
        (["退款了".encode(), b"\x7f", b"\n"], [Act(words="退款")], ""),
        (["退".encode()[:2], "退".encode()[2:], b"\n"], [Act(words="退")], ""),
        (["退款3笔\n".encode()], [Act(words="退款3笔")], ""),
        ([b" 3 days ago\n"], [Act(words="3 days ago")], ""),
        ([b"\x1b[A\x1b[D1"], [Act("1")], ""),
        ([b"\x1bOP", b"2"], [Act("2")], ""),
        ([b"refund\x151"], [Act("1")], ""),
        ([b"\n\n"], [], ""),
        ([b"\x7f\x7f1"], [Act("1")], ""),
        ([b"1\x04"], [Act("1"), None], ""),
        (["１＃".encode()], [Act("1"), Act("#")], ""),
        ([b"\xff\xfe1"], [Act("1")], ""),
    ],
)
def test_keys_act_at_once_and_words_at_enter(raw: list[bytes], expected: list[Act | None], left: str) -> None:
    assert _typed(*raw) == (expected, left)


PIN = '<Gather numDigits="3" action="/done" timeout="5"/><Say>none</Say>'
TYPED = '<Gather action="/done" timeout="5"/><Say>none</Say>'


@pytest.mark.parametrize(
    ("gather", "script", "left_over", "entered"),
    [
        (PIN, "123", 0, ["123"]),
        (PIN, "1 2 3", 0, ["123"]),
        (PIN, "12 3 456", 0, ["123", "456"]),
        (PIN, "12 -", 0, ["12"]),
        (PIN, "123 456 789", 1, ["123", "456"]),
        (TYPED, "12 #", 0, ["12"]),
        (TYPED, "12# 34#", 0, ["12", "34"]),
        (TYPED, "12 34", 0, ["12", "34"]),
    ],
)
def test_groups_continue_an_entry_or_wait_for_the_next(
    gather: str, script: str, left_over: int, entered: list[str]
) -> None:
    asked: list[str] = []

    def app(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        form = dict(parse_qsl(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])).decode()))
        asked.extend(filter(None, [form.get("Digits")]))
        start("200 OK", [("Content-Type", "text/xml")])
        return [f"<Response>{gather if len(asked) < 2 else '<Say>enough</Say>'}</Response>".encode()]

    with Network() as net:
        net.number("+15005550006", "http://app.test/voice", app=app)
        call = net.dial("+15005550006", wait=False)
        assert (follow(call, acts(script), ()), asked) == (left_over, entered)
        assert call.ended


def test_whoever_was_asked_to_leave_hangs_up_though_nothing_was_typed() -> None:
    def app(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        start("200 OK", [("Content-Type", "text/xml")])
        return [b"<Response><Pause length='600'/></Response>"]

    nobody, held_open = os.pipe()
    with Network() as net, open(nobody) as typed, open(held_open, "wb"):
        net.number("+15005550006", "http://app.test/voice", app=app)
        call = net.dial("+15005550006", wait=False)
        asked = iter([False, True])
        converse(call, typed, echo=lambda _: None, leaves=lambda: next(asked))
        assert (call.ended, call.ended_by) == (True, "caller")
