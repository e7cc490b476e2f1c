"""Every written case of a `choose` is walked, and nothing is proven while a step is not."""

from __future__ import annotations

import pytest

from ivr.testing.explorer.explore import Explored, Model, as_text
from tests.testing.small_hotline import HOTLINE, explored, model, replaced

ASK = """\
  main: {ask: {zh: 请输入。, en: Please answer.}, as: KIND, into: given, exhausted: agent, next: pick}
  pick: {choose: given, on: {CASES, else: agent}}
  other:
    menu: {zh: 请选择您需要的服务。, en: How can we help?}"""


def asking(kind: str, cases: str) -> str:
    """The small hotline with a question first, whose answer is looked at."""
    written = ASK.replace("KIND", kind).replace("CASES", cases)
    hotline = replaced(HOTLINE, ("  main:\n    menu: {zh: 请选择您需要的服务。, en: How can we help?}", written))
    return replaced(hotline, ("not_found: main", "not_found: other"))


def walked(hotline: Model) -> Explored:
    """All calls of a hotline, judged by one property only: which steps and cases they come to is the same by any."""
    return explored(hotline, "never-stuck")


@pytest.mark.parametrize(
    ("kind", "cases"),
    [
        ("digits, least: 3, most: 3", '"201": other, "5*": message'),
        ("digits", '"> 800": other'),
        ("amount", '"> 5000": other, "100": message'),
        ("date", '"sat, sun": other'),
        ("time", '"09:00-12:00": other, "> 18:00": message'),
        ("phone", '"+86*": other'),
        ("phone", '"+1212*": other, "+44*": message'),
        ("account, least: 6", '"9*": other'),
        ("words", '"退货": other, "returns": message'),
    ],
)
def test_an_answer_for_every_case_is_given(kind: str, cases: str) -> None:
    found = walked(model(asking(kind, cases)))
    assert found.unwalked == ()


def test_a_confirmed_answer_takes_every_case_too() -> None:
    confirmed = asking("digits, least: 3, most: 3, confirm: true", '"201": other')
    assert walked(model(confirmed)).unwalked == ()


def test_what_a_look_up_finds_takes_every_case() -> None:
    hotline = replaced(
        HOTLINE,
        ("next: main}\n      overdue", "next: much}\n      overdue"),
        (
            "  ticket: {",
            '  much: {choose: amount, on: {"> 10000": message, "128.50 CNY": bye, else: agent}}\n  ticket: {',
        ),
    )
    assert walked(model(hotline)).unwalked == ()


def test_calls_come_from_a_number_for_every_case() -> None:
    hotline = replaced(
        HOTLINE,
        ("start: welcome", "start: from"),
        (
            "steps:\n",
            'steps:\n  from: {choose: caller, on: {"+44*": agent, "+8613700000000": message, else: welcome}}\n',
        ),
    )
    assert walked(model(hotline)).unwalked == ()


def test_calls_are_made_at_a_moment_for_every_case() -> None:
    hotline = replaced(
        HOTLINE,
        ("start: welcome", "start: when"),
        ("steps:\n", 'steps:\n  when: {choose: now, on: {"sat, sun": agent, "> 18:00": message, else: welcome}}\n'),
    )
    found = walked(model(hotline))
    assert found.unwalked == ()
    assert {"Saturday 12:00", "Monday 18:01"} & {each.name for each in found.space.model.conditions}


def test_a_case_that_nothing_takes_is_named_and_nothing_is_proven() -> None:
    found = explored(model(asking("digits, least: 3, most: 3", '"20": other')))
    assert found.unwalked[-1] == 'hotline.pick "20"'
    assert not found.is_proven
    assert "not walked, so nothing is proven: hotline.other" in as_text(found, 1.0)
    assert "proven   " not in as_text(found, 1.0)


def test_a_step_that_no_call_comes_to_is_named() -> None:
    found = explored(
        model(replaced(HOTLINE, ("not_found: main", "not_found: bye"), ("overdue: ticket", "overdue: told")))
    )
    assert found.unwalked == ("hotline.ticket",)
