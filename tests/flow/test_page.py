"""The page of all flows: every word of every language is on it, every link leads somewhere, nothing is loaded."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from ivr.call.prompts import choice_source
from ivr.flow.checks.graph import texts
from ivr.flow.model import FlowSet
from ivr.flow.picture import Notes, page
from ivr.flow.reading.reader import flow_sources, read_flows
from tests.shipped import SPECS

HOSTILE = """
flow: hotline
start: main
steps:
  main:
    menu: {zh: "<script>alert(1)</script>{caller}", en: "\\" onmouseover=\\"x"}
    choices:
      - {key: 1, label: {zh: "</td><b>", en: "a & b"}, next: bye}
    exhausted: bye
  bye: {hangup: }
"""


class Reading(HTMLParser):
    """What stands on a page: ids, addresses, tags, and the words of each article."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.addresses: set[str] = set()
        self.tags: set[str] = set()
        self.words: dict[str, str] = {}
        self._article = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            assert not name.startswith("on"), f"{name} of {tag}"
            if name == "id":
                self.ids.append(value or "")
            if name in ("href", "src"):
                self.addresses.add(value or "")
        if tag == "article":
            self._article = dict(attrs)["id"] or ""
            self.words[self._article] = ""

    def handle_data(self, data: str) -> None:
        if self._article:
            self.words[self._article] += data


@pytest.fixture(scope="module")
def shipped() -> FlowSet:
    sources, _ = flow_sources(Path(__file__).parents[2] / "flows")
    flows, issues = read_flows(sources, "hotline", ("zh", "en"), SPECS)
    assert flows, issues
    return flows


@pytest.fixture(scope="module")
def reading(shipped: FlowSet) -> Reading:
    return Reading(page(shipped, choice_source))


def test_every_sentence_of_every_step_is_on_the_page(shipped: FlowSet, reading: Reading) -> None:
    labels = {id(choice.label) for flow in shipped.flows.values() for step in flow.steps.values()
              for choice in getattr(step, "choices", ())}  # fmt: skip
    everywhere = "".join(reading.words.values())
    for flow in shipped.flows.values():
        for step in flow.steps.values():
            words = reading.words[f"{flow.name}.{step.name}"]
            for text in texts(step):
                for sentence in text.sentences.values():
                    spoken_with_its_key = id(text) in labels
                    inherited = text in (*step_defaults(flow), *step_defaults(shipped.flows[shipped.start]))
                    assert spoken_with_its_key or inherited or sentence.source in words
            for way in step.ways.values():
                for sentence in way.say.sentences.values() if way.say else ():
                    assert sentence.source in everywhere


def step_defaults(flow):
    return (*flow.defaults.silence, *flow.defaults.wrong, flow.defaults.explain, flow.defaults.robot)


def test_choices_are_written_as_they_are_spoken(reading: Reading) -> None:
    assert "最近一笔退款，请按1。" in reading.words["refund.which"]
    assert "For your latest refund, press 1." in reading.words["refund.which"]


def test_every_link_leads_to_a_place_of_the_page(reading: Reading) -> None:
    assert len(reading.ids) == len(set(reading.ids))
    assert {address.removeprefix("#") for address in reading.addresses} <= set(reading.ids)


def test_the_page_loads_nothing(shipped: FlowSet) -> None:
    assert not re.search(r"(src=|@import|url\((?!#)|https?://(?!www\.w3\.org/2000/svg))", page(shipped, choice_source))


def test_words_never_become_markup() -> None:
    flows, issues = read_flows({"f.yaml": HOSTILE}, "hotline", ("zh", "en"))
    assert flows, issues
    found = Reading(page(flows, choice_source))
    assert "<script>alert(1)</script>{caller}" in found.words["hotline.main"]
    assert "b" not in found.tags - {"body", "button", "table"}


def test_the_same_flows_give_the_same_page(shipped: FlowSet) -> None:
    assert page(shipped, choice_source) == page(shipped, choice_source)


def test_colours_are_told_in_a_line(shipped: FlowSet) -> None:
    coloured = page(shipped, choice_source, Notes({"refund.which": "partly"}), "12 calls")
    assert "12 calls" in coloured
    assert 'class="card asks partly" data-state="refund.which"' in coloured
