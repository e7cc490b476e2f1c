"""The studio of the console in a real browser: an editor logs in, changes a prompt, publishes it and takes it back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from ivr.console.routes import ConsoleSettings
from tests.browsers import Watched, listener, serving
from tests.console.local_console import PASSWORD
from tests.studio.local_studio import LocalStudio, local_studio
from tests.studio.test_browser import replace

pytestmark = [
    pytest.mark.browser,
    # Playwright keeps an event loop that is closed after pytest has looked for what was left open.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture
def served(chromium: Browser, tmp_path: Path) -> Iterator[tuple[LocalStudio, Watched]]:
    """A console with a studio, and a browser whose complaints fail the test."""
    with listener() as (taken, origin):
        settings = ConsoleSettings(origins=frozenset({origin}), secure=False)
        with local_studio(tmp_path, settings) as studio, serving(studio.app, taken):
            studio.know("ed")
            context = chromium.new_context(base_url=origin, locale="en-GB", viewport={"width": 1440, "height": 900})
            seen = Watched(context)
            yield studio, seen
            context.close()
    assert [
        words for words in seen.mistakes if "409 (CONFLICT)" not in words and "401 (UNAUTHORIZED)" not in words
    ] == []


def at_the_studio(seen: Watched, name: str) -> Page:
    """Logs in, and comes to the studio by the navigation."""
    page = seen.window()
    page.goto("/console/login?language=en")
    page.locator("#name").fill(name)
    page.locator("#password").fill(PASSWORD)
    page.locator("#password").press("Enter")
    page.get_by_role("link", name="Studio").click()
    expect(page.locator("body[data-ready=true]")).to_have_count(1)
    return page


def test_an_editor_changes_a_prompt_publishes_it_and_takes_it_back(served: tuple[LocalStudio, Watched]) -> None:
    studio, seen = served
    page = at_the_studio(seen, "ed")
    expect(page.locator("#verdict")).to_have_text("No problems. The phone speaks what stands here.")
    page.locator("#tab-publish").click()
    page.locator("#reason").fill("as it was")
    page.locator("#publishing button").click()
    expect(page.locator("#published")).to_contain_text("Edition 1 is published")
    replace(page, "How can we help?", "What can we do for you?")
    page.keyboard.press("Control+s")
    expect(page.locator("#notice")).to_contain_text("hotline.yaml is saved.")
    page.locator("#reason").fill("a friendlier menu")
    page.locator("#publishing button").click()
    expect(page.locator("#editions li").first).to_contain_text("ed: a friendlier menu in force")
    page.get_by_role("button", name="Take back to this one: Edition 1").click()
    expect(page.locator("#published")).to_have_text("Write first why.")
    page.locator("#reason").fill("callers were puzzled")
    page.get_by_role("button", name="Take back to this one: Edition 1").click()
    expect(page.locator("#editions li").first).to_contain_text("Edition 3")
    third, _, first = studio.store.editions.all()
    assert (third.digest, third.author, third.reason) == (first.digest, "ed", "callers were puzzled")
    page.get_by_role("link", name="Back to the console").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def test_an_editor_dials_from_a_step_what_is_not_saved_yet(served: tuple[LocalStudio, Watched]) -> None:
    studio, seen = served
    page = at_the_studio(seen, "ed")
    replace(page, "How can we help?", "What can we do for you?")
    page.locator("#drawing .card[data-state='hotline.main']").click()
    page.locator("#call-here").click()
    phone = page.frame_locator("#dial")
    expect(phone.locator("#transcript")).to_contain_text("What can we do for you?")
    assert "What can we do" not in studio.file.read_text("utf-8")


def test_two_windows_of_one_person_tell_of_each_other(served: tuple[LocalStudio, Watched]) -> None:
    studio, seen = served
    first = at_the_studio(seen, "ed")
    second = seen.window()
    second.goto("/console/studio/?lang=en")
    expect(second.locator("body[data-ready=true]")).to_have_count(1)
    replace(first, "How can we help?", "What can we do for you?")
    expect(first.locator("#files [aria-selected=true]")).to_have_text("hotline •")
    expect(first.locator("#drawing .card[data-state='hotline.main']")).to_contain_text("What can we do for")
    replace(second, "How can we help?", "Hello?")
    expect(second.locator("#notice")).to_contain_text("hotline.yaml was changed in another window meanwhile.")
    second.get_by_role("button", name="Take theirs").click()
    expect(second.locator(".cm-content")).to_contain_text("What can we do for you?")
    assert "How can we help?" in studio.file.read_text("utf-8"), "nobody has saved"


def end_logins(studio: LocalStudio) -> None:
    for session in studio.store.login_sessions.active(
        studio.simulation.network.clock.now(), studio.settings.idle, studio.settings.longest
    ):
        studio.store.login_sessions.end(session)


def test_whoever_is_logged_out_loses_no_word(served: tuple[LocalStudio, Watched]) -> None:
    studio, seen = served
    page = at_the_studio(seen, "ed")
    end_logins(studio)
    replace(page, "How can we help?", "What can we do for you?")
    expect(page.locator("#notice")).to_contain_text("You are logged out")
    expect(page.locator(".cm-content")).to_contain_text("What can we do for you?")


def test_the_phone_tells_whoever_is_logged_out(served: tuple[LocalStudio, Watched]) -> None:
    studio, seen = served
    page = at_the_studio(seen, "ed")
    page.locator("#tab-phone").click()
    phone = page.frame_locator("#dial")
    expect(phone.locator("html[data-ready=yes]")).to_have_count(1)
    end_logins(studio)
    phone.locator("#dial").click()
    expect(phone.locator("#phone")).to_contain_text("you are logged out")
    expect(phone.locator("#dial")).to_be_enabled()
