"""No page of the console has a serious barrier (axe-core): in a talk too, wide and narrow, light and dark."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browsers import PATIENCE_MS, Watched, barriers
from tests.console.days import LI_PHONE, SUPPORTED, Day, served
from tests.console.local_console import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PAGES = ("board", "tickets", "messages", "callbacks", "calls", "reports", "me")
Look = tuple[Literal["en", "zh"], Literal["light", "dark"], int]


@pytest.fixture(params=[("en", "light", 1440), ("zh", "dark", 390)], ids=["wide", "narrow"])
def look(request: pytest.FixtureRequest) -> Look:
    """A language, a colour scheme, and the width of the screen."""
    found: Look = request.param
    return found


@pytest.fixture
def at_work(chromium: Browser, look: Look) -> Iterator[tuple[Day, Page]]:
    language, scheme, width = look
    with served() as (day, origin):
        context = chromium.new_context(
            base_url=origin, locale=language, color_scheme=scheme, viewport={"width": width, "height": 900}
        )
        page = Watched(context).window()
        page.set_default_timeout(PATIENCE_MS)
        yield day, page
        context.close()


def log_in(page: Page, name: str) -> None:
    page.goto("/console/login")
    page.locator("#name").fill(name)
    page.locator("#password").fill(PASSWORD)
    page.locator("#password").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def of_pages(page: Page, *paths: str) -> str:
    """What is found on each page, under its address; "" for nothing."""
    told = []
    for path in paths:
        page.goto(path)
        if found := barriers(page):
            told.append(f"{path}\n{found}")
    return "\n".join(told)


def test_no_page_of_a_supervisor_has_a_barrier(at_work: tuple[Day, Page]) -> None:
    day, page = at_work
    assert of_pages(page, "/console/login", "/console/login?over=1") == ""
    call = day.call(SUPPORTED)
    gave_up = day.call(SUPPORTED, from_="+8613700000077")
    gave_up.hang_up()
    day.call("1 4 4 1 ~ -", from_="+8613700000078").hang_up()
    day.store.switch_on("notice", "maintenance", {"zh": "今晚维护。", "en": "Down tonight."}, day.now)
    day.run(400)
    log_in(page, "wang")
    (ticket, *_) = day.store.tickets()
    paths = [f"/console/{name}" for name in (*PAGES, "notices", f"tickets/{ticket.reference}", f"calls/{call.sid}")]
    assert of_pages(page, *paths, "/console/nowhere", "/console/reports?by=step", "/console/reports?by=agent") == ""


def test_no_state_of_a_talk_has_a_barrier(at_work: tuple[Day, Page]) -> None:
    day, page = at_work
    day.phone(LI_PHONE)
    log_in(page, "li")
    day.actions.ready("li")
    call = day.call(SUPPORTED)
    day.run(2)
    assert of_pages(page, "/console/board", "/console/tickets") == "", "ringing"
    day.run(20)
    talk = day.store.talks.of_agent("li")
    assert talk is not None
    assert talk.state == "talking"
    assert of_pages(page, "/console/board", "/console/calls") == "", "talking"
    day.actions.hold("li", talk.id)
    day.run(2)
    assert of_pages(page, "/console/board") == "", "on hold"
    call.hang_up()
    day.run(2)
    assert of_pages(page, "/console/board") == "", "the note"
