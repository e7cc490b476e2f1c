"""What the picture of a flow shows and leaves out."""

from __future__ import annotations

import re
from typing import get_args

import pytest

from ivr.flow.model import STEP_KINDS, FlowSet, StepKind
from ivr.flow.picture import SHAPES, mermaid
from ivr.flow.picture.svg import COLOUR_CLASSES
from ivr.flow.reading.reader import read_flows

HOTLINE = """
flow: hotline
start: main
keys: {"0": agent, "*": repeat}
defaults: {exhausted: agent}
steps:
  main:
    menu: {zh: 请选择。, en: How can we help?}
    keys: {"#": bye}
    choices:
      - {key: 1, label: {zh: 退款"查询", en: a refund}, next: refund}
      - {key: 2, label: {zh: 一个特别特别特别特别特别特别特别长的选项名称啊, en: hours}, next: opening}
      - {key: 3, label: {zh: 再见, en: goodbye}, next: bye}
  refund: {run: refund-status, on: {done: bye, person: agent}}
  opening: {hours: support, on: {open: agent, closed: bye}}
  agent: {queue: support, on: {answered: bye, left: bye}}
  bye: {hangup: }
"""
REFUND = """
flow: refund-status
start: say
outcomes: [done, person]
steps:
  say: {say: {zh: 退款。, en: Refunds.}, next: ask}
  ask: {ask: {zh: 好吗？, en: Well?}, as: yes-no, on: {yes: done, no: person}, exhausted: person}
"""


@pytest.fixture
def flows() -> FlowSet:
    found, issues = read_flows({"hotline.yaml": HOTLINE, "refund.yaml": REFUND}, "hotline", ("zh", "en"))
    assert found, issues
    return found


def test_every_kind_of_step_has_a_shape_and_a_colour() -> None:
    kinds = [kind.kind for kind in STEP_KINDS]
    assert set(kinds) == set(get_args(StepKind)) == set(SHAPES) == set(COLOUR_CLASSES)
    assert len(kinds) == len(set(kinds))


def test_a_flow_is_drawn_step_by_step(flows: FlowSet) -> None:
    assert mermaid(flows, "refund-status").splitlines() == [
        "flowchart TD",
        '  subgraph flow__refund_2d_status["refund-status"]',
        '    refund_2d_status__say["say"]',
        '    refund_2d_status__ask[/"ask"/]',
        '    refund_2d_status__done(["done"])',
        '    refund_2d_status__person(["person"])',
        "    refund_2d_status__((( ))) --> refund_2d_status__say",
        "    refund_2d_status__say --> refund_2d_status__ask",
        '    refund_2d_status__ask -- "yes" --> refund_2d_status__done',
        '    refund_2d_status__ask -- "no / exhausted" --> refund_2d_status__person',
        "  end",
    ]


@pytest.mark.parametrize(
    "line",
    [
        'hotline__main{{"main"}}',
        'hotline__opening{"opening: support"}',
        'hotline__refund[["refund: refund-status"]]',
        'hotline__agent("agent: support")',
        'hotline__bye(["bye"])',
        'hotline__main -- "1 退款#34;查询#34;" --> hotline__refund',
        'hotline__main -- "2 一个特别特别特别特别特别特别特别长的选项名称啊" --> hotline__opening',
        'hotline__main -- "3 再见 / #35;" --> hotline__bye',
        'hotline__main -- "exhausted" --> hotline__agent',
        'hotline__agent -- "answered / left / full / nobody / timeout / failed" --> hotline__bye',
        "hotline__refund -.-> flow__refund_2d_status",
    ],
)
def test_the_hotline_shows(flows: FlowSet, line: str) -> None:
    assert line in [drawn.strip() for drawn in mermaid(flows).splitlines()]


def test_keys_that_work_everywhere_are_not_drawn(flows: FlowSet) -> None:
    assert not re.search(r'"[^"]*\b0\b[^"]*" -->', mermaid(flows))


def test_every_flow_has_a_frame_that_ends(flows: FlowSet) -> None:
    words = mermaid(flows).split()
    assert words.count("subgraph") == words.count("end") == 2


def test_a_flow_that_is_not_there_is_a_mistake_of_the_caller(flows: FlowSet) -> None:
    with pytest.raises(KeyError):
        mermaid(flows, "refnud")


def test_brackets_of_every_shape_close(flows: FlowSet) -> None:
    pairs = str.maketrans("[({", "])}")
    for left, right in SHAPES.values():
        opened = left.replace("/", "").replace("\\", "").translate(pairs)[::-1]
        assert right.replace("/", "").replace("\\", "") == opened
