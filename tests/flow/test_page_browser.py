"""The page of all flows in a real browser: searching, choosing a language, and following the arrows of a card."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from ivr.call.prompts import choice_source
from ivr.flow.picture import page as page_of
from ivr.flow.reading.reader import flow_sources, read_flows
from tests.browsers import Watched
from tests.shipped import SPECS

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    sources, _ = flow_sources(Path(__file__).parents[2] / "flows")
    flows, issues = read_flows(sources, "hotline", ("zh", "en"), SPECS)
    assert flows, issues
    file = tmp_path_factory.mktemp("page") / "hotline.html"
    file.write_text(page_of(flows, choice_source), encoding="utf-8")
    return file.as_uri()


@pytest.fixture
def page(chromium: Browser, address: str) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 1280, "height": 860})
    watched = Watched(context)
    opened = watched.window()
    opened.goto(address)
    yield opened
    context.close()
    assert watched.mistakes == []


def test_what_is_searched_for_is_all_that_is_left(page: Page) -> None:
    flows = page.locator("section").count()
    page.keyboard.press("/")
    page.keyboard.type("refund number")
    expect(page.locator("article:visible h3")).to_contain_text(["which", "number"])
    expect(page.locator("section:visible")).to_have_count(1)
    page.get_by_role("searchbox").fill("no such words anywhere")
    expect(page.get_by_text("Nothing found.")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("section:visible")).to_have_count(flows)


def test_one_language_is_shown_or_all(page: Page) -> None:
    step = page.locator("[id='refund.which']")
    in_map = page.locator("[data-state='refund.which'] .label")
    expect(step.get_by_text("For your latest refund, press 1.")).to_be_visible()
    expect(in_map.filter(visible=True).first).to_have_text("最近一笔退款")
    page.get_by_role("button", name="English").click()
    expect(step.get_by_text("最近一笔退款，请按1。")).to_be_hidden()
    expect(in_map.filter(visible=True).first).to_have_text("your latest refund")
    page.get_by_role("button", name="side by side").click()
    expect(step.get_by_text("最近一笔退款，请按1。")).to_be_visible()


def test_a_card_lights_its_arrows_and_leads_to_its_words(page: Page) -> None:
    card = page.locator("[data-state='refund.who_number']")
    card.locator("a").focus()
    lit = page.locator("#refund .card.lit")
    expect(lit).to_have_count(3)
    page.keyboard.press("Enter")
    expect(page.locator("article:target h3")).to_contain_text("who_number")


def test_the_start_of_every_map_is_in_sight(page: Page) -> None:
    starts = page.locator(".map").evaluate_all(
        """maps => maps.map(map => {
            const [box, start] = [map, map.querySelector(".start")].map(one => one.getBoundingClientRect());
            return start.top >= box.top && start.bottom <= box.bottom && start.left >= box.left;
        })"""
    )
    assert starts == [True] * page.locator("section").count()
