"""A step gets another name wherever flows speak of it, and nothing else changes."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from ivr.flow.model import Ask, FlowSet
from ivr.flow.reading.reader import flow_sources, read_flows
from ivr.flow.reading.rewriting import CannotRename, renamed
from tests.shipped import SPECS

SHIPPED, _ = flow_sources(Path(__file__).parents[2] / "flows")
HOTLINE = b"""\
flow: hotline
start: main   # main comes first
keys: {"0": 'agent', "*": repeat}
defaults: {exhausted: agent, on: {left: agent}}
examples:
  agent: {en: a person, zh: "\xe4\xba\xba"}
steps:
  main:
    menu: {en: The main menu of agent, zh: "main"}
    choices:
      - {key: 1, label: {en: an agent, zh: "agent"}, next: "agent"}
      - {key: 2, label: {en: number, zh: "2"}, next: number}
      - {key: 3, label: {en: more, zh: "3"}, next: other}
  number:
    ask: {en: Number?, zh: "?"}
    as: digits  # digits alone
    next: {say: {en: "It is {number}.", zh: "{number}"}, next: main}
  other: {run: other, on: {done: main}}
  agent: {queue: support, on: {answered: bye, left: agent}}
  bye: {hangup: }
"""
OTHER = b"""\
flow: other
start: agent
outcomes: [done]
defaults: {exhausted: done}
steps:
  agent: {ask: {en: "Well?", zh: "?"}, as: yes-no, on: {yes: done, no: agent}}
"""
SOURCES = {"hotline.yaml": HOTLINE, "other.yaml": OTHER}


def read(sources: dict[str, bytes]) -> FlowSet:
    flows, issues = read_flows(sources, "hotline", ("zh", "en"), SPECS)
    assert flows, issues
    return flows


def changed(state: str, name: str) -> tuple[str, str]:
    file, text = renamed(SOURCES, read(SOURCES), state, name)
    return file, text.decode()


def test_a_name_changes_where_it_leads_somewhere_and_not_where_it_is_said() -> None:
    file, text = changed("hotline.agent", "person")
    assert file == "hotline.yaml"
    assert text == (
        HOTLINE.decode()
        .replace("'agent'", "'person'")
        .replace("exhausted: agent, on: {left: agent}", "exhausted: person, on: {left: person}")
        .replace("  agent: {en: a", "  person: {en: a")
        .replace('next: "agent"', 'next: "person"')
        .replace("  agent: {queue: support, on: {answered: bye, left: agent}}",
                 "  person: {queue: support, on: {answered: bye, left: person}}")
    )  # fmt: skip


def test_a_step_of_the_same_name_in_another_flow_keeps_it() -> None:
    _, text = changed("other.agent", "sure")
    expected = OTHER.decode().replace("start: agent", "start: sure").replace("  agent: {ask", "  sure: {ask")
    assert text == expected.replace("no: agent", "no: sure")


def test_a_value_keeps_its_name_when_its_question_gets_another() -> None:
    _, text = changed("hotline.number", "ask_number")
    assert "  ask_number:\n" in text
    assert "    as: digits  # digits alone\n    into: number\n" in text.replace('"number"', "number")
    assert '"It is {number}."' in text
    question = read(SOURCES | {"hotline.yaml": text.encode()}).step("hotline.ask_number")
    assert isinstance(question, Ask)
    assert question.into == "number"


def test_a_way_out_that_is_inherited_by_name_is_not_torn() -> None:
    other = OTHER.replace(b"defaults: {exhausted: done}\n", b"")
    flows = read(SOURCES | {"other.yaml": other})
    for state in ("other.agent", "hotline.agent"):
        with pytest.raises(CannotRename, match="inherits"):
            renamed(SOURCES | {"other.yaml": other}, flows, state, "person")


@pytest.mark.parametrize("name", ["main", "a step", "9", "", "repeat", "x" * 99])
def test_a_name_that_is_taken_or_none_is_refused(name: str) -> None:
    with pytest.raises(CannotRename):
        renamed(SOURCES, read(SOURCES), "hotline.agent", name)


@pytest.mark.parametrize("count", [8, pytest.param(40, marks=pytest.mark.slow)])
def test_any_step_of_the_shipped_flows_can_be_renamed_and_the_flows_are_the_same_but_for_its_name(count: int) -> None:
    before = read(SHIPPED)
    chance = random.Random(12)
    states = [f"{flow.name}.{step}" for flow in before.flows.values() for step in flow.steps]
    done = 0
    for state in chance.sample(states, count):
        flow, _, old = state.partition(".")
        new = f"{old}_anew"
        try:
            file, text = renamed(SHIPPED, before, state, new)
        except CannotRename:  # a way out that is inherited by name
            continue
        after = read(SHIPPED | {file: text})
        assert list(after.flows[flow].steps) == [new if name == old else name for name in before.flows[flow].steps]
        assert after.step(f"{flow}.{new}").kind == before.step(state).kind
        assert _without(text, old, new) == _without(SHIPPED[file], old, new)
        done += 1
    assert done > count // 2


def _without(text: bytes, old: str, new: str) -> bytes:
    """The text without both names, and without the values that keep their name."""
    plain = re.sub(rb",? *\n? *into: \"?\w+\"?", b"", text)
    return re.sub(rf"(?<![\w-])({old}|{new})(?![\w-])".encode(), b"", plain)
