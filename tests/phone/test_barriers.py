"""The web phone has no serious barrier, as axe-core finds them: before a call, in it, and when it is over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import pytest
from playwright.sync_api import Browser, expect

from ivr.config import Config
from ivr.phone import PhoneSession, Server, create_phone
from tests.browsers import PATIENCE_MS, barriers
from tests.phone.conftest import phone_session_of
from tests.phone.test_browser import dialled, said

pytestmark = [
    pytest.mark.browser,
    # Playwright keeps an event loop that is closed after pytest has looked for what was left open.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture
def address(config: Config) -> Iterator[tuple[PhoneSession, str]]:
    with (
        phone_session_of(config, 6.0) as phone_session,
        Server(create_phone(phone_session), 0) as server,
    ):
        yield phone_session, server.url
        phone_session.lines.close()


@pytest.mark.slow
@pytest.mark.parametrize(("language", "scheme", "width"), [("en", "light", 1440), ("zh", "dark", 390)])
def test_the_phone_has_no_barrier(
    language: str,
    scheme: Literal["light", "dark"],
    width: int,
    chromium: Browser,
    address: tuple[PhoneSession, str],
) -> None:
    phone_session, url = address
    context = chromium.new_context(
        color_scheme=scheme, reduced_motion="reduce", viewport={"width": width, "height": 900}
    )  # words come in from nothing, which has no contrast
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto(f"{url}/?lang={language}")
    expect(page.locator("html[data-ready=yes]")).to_have_count(1)
    assert barriers(page) == "", "before a call"
    agent = page.locator(".handset").first
    agent.get_by_role("switch").check()
    dialled(page)
    said(page, "How can we help?")
    assert barriers(page) == "", "in a call"
    page.keyboard.press("0")
    expect(agent).to_have_attribute("data-state", "rings")
    assert barriers(page) == "", "an agent's telephone rings"
    for call in phone_session.overview()["calls"]:
        phone_session.hang_up(call["call"])
    expect(page.locator("#after")).to_be_visible()
    assert barriers(page) == "", "when it is over"
    context.close()
