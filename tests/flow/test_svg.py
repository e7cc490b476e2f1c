"""A flow as an SVG: what stands on the cards, what is an arrow, and that no word becomes markup."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args
from xml.etree import ElementTree

import pytest

from ivr.flow.model import STEP_KINDS, FlowSet, StepKind
from ivr.flow.picture import GAVE_UP, STYLE, Notes, drawings, svg
from ivr.flow.reading.reader import flow_sources, read_flows
from ivr.flow.steps import StepGroup
from tests.shipped import SPECS

SVG = "{http://www.w3.org/2000/svg}"
HOTLINE = """
flow: hotline
start: main
outcomes: [given_up]
keys: {"0": agent, "*": repeat}
defaults: {exhausted: agent}
steps:
  main:
    menu: {zh: 请选择。, en: "A <b>bold</b> & \\"quoted\\" menu"}
    keys: {"#": bye}
    choices:
      - {key: 1, label: {zh: 退款, en: a refund}, next: number}
      - {key: 2, label: {zh: 一个特别特别特别特别特别特别特别特别特别特别长的选项名称啊, en: our hours}, next: opening}
  number: {ask: {zh: 编号？, en: Number?}, as: reference, next: look, exhausted: given_up}
  look: {handle: refund, on: {found: bye, not_found: number, late: agent, unavailable: agent}}
  opening: {hours: support, on: {open: agent, closed: bye}}
  agent: {queue: support, on: {answered: bye, left: bye}}
  bye: {hangup: }
"""


def read(sources: Mapping[str, str | bytes]) -> FlowSet:
    flows, issues = read_flows(sources, "hotline", ("zh", "en"), SPECS)
    assert flows, issues
    return flows


@pytest.fixture(scope="module")
def flows() -> FlowSet:
    return read({"hotline.yaml": HOTLINE})


def _drawn(flows: FlowSet, *arguments: Any, **options: Any) -> str:
    return svg(drawings(flows)["hotline"], *arguments, **options)


@pytest.fixture(scope="module")
def drawn(flows: FlowSet) -> ElementTree.Element:
    return ElementTree.fromstring(_drawn(flows, ("en",)))


def card(drawn: ElementTree.Element, step: str) -> list[str]:
    """Every text of a step's card."""
    (found,) = (group for group in drawn.iter(f"{SVG}g") if group.get("data-state") == f"hotline.{step}")
    return [text.text or "" for text in found.iter(f"{SVG}text")]


def arrows(drawn: ElementTree.Element) -> set[tuple[str, str]]:
    found = ((path.get("data-from"), path.get("data-to")) for path in drawn.iter(f"{SVG}path"))
    return {(str(start).partition(".")[2], str(end).partition(".")[2]) for start, end in found if start}


def test_every_kind_of_step_has_a_colour() -> None:
    assert {kind.kind for kind in STEP_KINDS} == set(get_args(StepKind))
    assert {kind.group for kind in STEP_KINDS} == set(get_args(StepGroup))


def test_a_card_has_the_words_the_keys_and_the_ways_of_its_step(drawn: ElementTree.Element) -> None:
    assert card(drawn, "main") == [
        "main", "menu", '“A <b>bold</b> & "quoted" menu”', "1", "a refund", "2", "our hours", "#", "bye",
        "exhausted · nomatch",
    ]  # fmt: skip


def test_a_card_names_what_its_step_is_about(drawn: ElementTree.Element) -> None:
    assert card(drawn, "agent") == ["agent", "queue", "support", "answered · left · full · nobody", "timeout · failed"]


def test_ways_that_go_on_are_arrows(drawn: ElementTree.Element) -> None:
    assert arrows(drawn) == {
        ("main", "number"), ("main", "opening"), ("main", "bye"), ("main", "agent"), ("number", "look"),
        ("look", "bye"), ("look", "agent"), ("opening", "agent"), ("opening", "bye"), ("agent", "bye"),
    }  # fmt: skip


def test_ways_that_go_back_or_leave_the_flow_are_named(drawn: ElementTree.Element) -> None:
    assert "↩ number" in card(drawn, "look")
    assert "given_up ⇥" in card(drawn, "number")


def test_a_place_that_many_steps_lead_to_is_named() -> None:
    steps = "".join(f"  s{n}: {{say: {{zh: 好, en: Well}}, next: bye}}\n" for n in range(6))
    choices = ", ".join(f"{{key: {n}, label: {{zh: 好, en: Well}}, next: s{n}}}" for n in range(6))
    flow = f"flow: hotline\nstart: main\nsteps:\n  main: {{menu: , choices: [{choices}], exhausted: s0}}\n{steps}"
    busy = ElementTree.fromstring(svg(drawings(read({"f.yaml": flow + "  bye: {hangup: }\n"}))["hotline"], ("en",)))
    assert {end for _, end in arrows(busy)} == {f"s{n}" for n in range(6)}
    assert card(busy, "s1")[-2:] == ["next", "→ bye"]


def test_words_that_do_not_fit_are_cut(flows: FlowSet) -> None:
    drawn = ElementTree.fromstring(_drawn(flows, ("zh",)))
    (long,) = (words for words in card(drawn, "main") if words.startswith("一个特别"))
    assert re.fullmatch("一个(特别)+特?…", long)


def test_several_languages_stand_in_one_picture(flows: FlowSet) -> None:
    both = ElementTree.fromstring(_drawn(flows, ("zh", "en")))
    seen = {(text.get("class"), text.text) for text in both.iter(f"{SVG}text")}
    assert {("label l-zh", "退款"), ("label l-en", "a refund")} <= seen


def test_steps_can_lead_somewhere_and_be_coloured(flows: FlowSet) -> None:
    drawn = svg(
        drawings(flows)["hotline"],
        ("zh",),
        style=STYLE,
        link=lambda state: f"#{state}",
        notes=Notes({"hotline.bye": "untaken"}),
    )
    assert '<a href="#hotline.bye">' in drawn
    assert 'class="card ends untaken" data-state="hotline.bye"' in drawn


def test_a_way_out_can_be_marked(flows: FlowSet) -> None:
    drawn = ElementTree.fromstring(_drawn(flows, ("en",), notes=Notes({"hotline.look/late": "untaken"})))
    (marked,) = (group for group in drawn.iter(f"{SVG}g") if group.get("class") == "untaken")
    assert [text.text for text in marked.iter(f"{SVG}text")] == ["late · unavailable"]


def test_calls_are_counted_on_cards_and_arrows(flows: FlowSet) -> None:
    figures = {"hotline.main": 1200, "hotline.main/key_1": 600, f"hotline.main/{GAVE_UP}": 7, "hotline.number": 600}
    drawn = ElementTree.fromstring(_drawn(flows, ("en",), notes=Notes(figures=figures)))
    assert card(drawn, "main")[0] == "1,200"
    assert card(drawn, "main")[-2:] == ["gave up", "7"]
    shown = card(drawn, "main")
    assert shown[shown.index("a refund") + 1] == "600"
    assert shown[shown.index("our hours") + 1] == "0"
    thick = {path.get("data-to"): path.get("style") for path in drawn.iter(f"{SVG}path") if path.get("style")}
    assert thick == {"hotline.number": "stroke-width:3.7", "hotline.look": "stroke-width:3.7"}


def test_every_shipped_flow_shows_every_step_and_every_way_out() -> None:
    sources, _ = flow_sources(Path(__file__).parents[2] / "flows")
    shipped = read(sources)
    for name, drawing in drawings(shipped).items():
        for language in shipped.languages:
            drawn = ElementTree.fromstring(svg(drawing, (language,)))
            groups = {str(group.get("data-state")): group for group in drawn.iter(f"{SVG}g")}
            assert set(groups) == {f"{name}.{step}" for step in drawing.flow.steps}
            for one in drawing.cards:
                words = " ".join(text.text or "" for text in groups[f"{name}.{one.step.name}"].iter(f"{SVG}text"))
                leads = {to for start, to in arrows(drawn) if start == one.step.name}
                for way in one.ways:
                    assert way.to in leads or (way.to or way.leaves)[:12] in words
                    assert (way.key or way.outcome) in words or way.outcome == "next"
