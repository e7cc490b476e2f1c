"""The frame of the console in a real browser: with keys alone, live, in both languages, and without scripts."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from ivr.console.routes import ConsoleSettings
from ivr.store import Store
from ivr.store.rows import PresenceRow
from tests.browsers import Watched, listener, real_time, serving
from tests.console.local_console import PASSWORD, LocalConsole
from tests.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.browser


class Served:
    """A console that is served, on a store of its own."""

    def __init__(self, taken: socket.socket, origin: str) -> None:
        settings = ConsoleSettings(origins=frozenset({origin}), secure=False)
        self.console = LocalConsole(Store.open("sqlite://"), real_time, settings=settings)  # type: ignore[arg-type]
        self.origin = origin
        self.store = self.console.store

    def drop_listeners(self) -> None:
        """As if the process had been replaced: every open stream ends, and new ones begin."""
        live = self.console.app.extensions["console"].changes
        live.close()
        with live._changed:
            assert live._changed.wait_for(lambda: not live.listening, timeout=PATIENCE_SECONDS)
        live._over.clear()
        live._thread = None

    def present(self, agent: str, presence: str) -> None:
        now = real_time()
        with self.store.talks.transaction() as tx:
            tx.be(PresenceRow(agent=agent, presence=presence, since=now, idle_since=now))


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with listener() as (taken, origin):
        made = Served(taken, origin)
        with serving(made.console.app, taken):
            yield made
        made.store.close()


@pytest.fixture
def watched(chromium: Browser, served: Served) -> Iterator[Watched]:
    """A browser of its own, in English; whatever goes wrong in its pages fails the test."""
    context = chromium.new_context(base_url=served.origin, locale="en-GB", viewport={"width": 1280, "height": 800})
    seen = Watched(context)
    yield seen
    context.close()
    assert seen.mistakes == []


def _log_in(context: BrowserContext, served: Served, name: str = "li") -> None:
    """With a session of its own, as if through the form."""
    token, _ = served.store.login_sessions.begin(name, "en", real_time(), served.console.settings.longest)
    context.add_cookies([{"name": "ivr", "value": token, "url": served.origin, "sameSite": "Strict", "httpOnly": True}])


@pytest.fixture
def page(watched: Watched, served: Served) -> Page:
    """The board of Li, who is logged in, and live."""
    served.present("li", "ready")
    _log_in(watched.context, served)
    window = watched.window()
    window.goto("/console/try")
    expect(window.locator("#live")).to_have_attribute("data-state", "on")
    return window


# --- the keyboard ---------------------------------------------------------------------------------------------------


def test_one_logs_in_and_out_with_keys_alone(watched: Watched) -> None:
    page = watched.window()
    page.goto("/console/")
    expect(page.get_by_label("Name")).to_be_focused()
    page.keyboard.type("li")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("#live")).to_have_attribute("data-state", "on")
    out = page.get_by_role("button", name="Log out")
    for _ in range(20):
        page.keyboard.press("Tab")
        if out.evaluate("button => button === document.activeElement"):
            break
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").or_(page.get_by_role("alert"))).to_contain_text("You are logged out.")


def test_the_first_tab_skips_to_the_content(page: Page) -> None:
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_every_act_can_be_reached_by_tab_and_its_focus_is_seen(page: Page) -> None:
    acts = page.locator("a[href], button, input:not([type=hidden]), textarea, select").filter(visible=True)
    wanted = acts.count()
    reached = set()
    for _ in range(wanted + 3):
        page.keyboard.press("Tab")
        found = page.evaluate(
            "() => { const one = document.activeElement; if (one === document.body) return null;"
            " const style = getComputedStyle(one);"
            " return [one.outerHTML, style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2] }"
        )
        if found:
            assert found[1], f"focus is not seen: {found[0]}"
            reached.add(found[0])
    assert len(reached) >= wanted


def test_single_keys_work_and_are_told_by_the_help(page: Page) -> None:
    page.keyboard.press("?")
    help_ = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(help_).to_be_visible()
    expect(help_.get_by_role("row")).to_have_count(3)
    expect(help_).to_contain_text("Somewhere else")
    page.keyboard.press("y")  # nothing happens behind a dialog
    page.keyboard.press("Escape")
    expect(help_).to_be_hidden()
    page.keyboard.press("x")
    expect(page).to_have_url(re.compile("/console/me$"))


def test_single_keys_are_letters_where_somebody_types(page: Page) -> None:
    page.locator("#note").focus()
    page.keyboard.type("x?")
    expect(page.locator("#note")).to_have_value("x?")
    expect(page.locator("#help")).to_be_hidden()


def test_single_keys_can_be_switched_off(page: Page) -> None:
    page.keyboard.press("?")
    page.get_by_label("Switch single-key shortcuts off").check()
    page.keyboard.press("Escape")
    page.reload()
    page.keyboard.press("x")
    page.keyboard.press("?")
    expect(page.locator("#help")).to_be_hidden()
    expect(page).to_have_url(re.compile("/console/try$"))
    page.get_by_role("button", name="Keyboard shortcuts").click()
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()


# --- live -----------------------------------------------------------------------------------------------------------


def test_a_change_comes_to_the_page_by_itself(page: Page, served: Served) -> None:
    served.present("chen", "away")
    expect(page.get_by_role("row", name="chen")).to_contain_text("away")


def test_what_is_typed_and_the_focus_outlive_a_change(page: Page, served: Served) -> None:
    typing = page.get_by_label("Typing")
    typing.click()
    page.keyboard.type("half a sent")
    page.keyboard.press("ArrowLeft")
    typing.evaluate("field => { window.before = field }")
    served.present("wang", "away")
    expect(page.get_by_role("row", name="wang")).to_contain_text("away")
    page.keyboard.type("!")
    expect(typing).to_have_value("half a sen!t")
    expect(typing).to_be_focused()
    assert typing.evaluate("field => field === window.before"), "an input method would lose its word"


def test_a_second_window_is_live_without_a_listener_of_its_own(page: Page, watched: Watched, served: Served) -> None:
    listened: list[str] = []
    second = watched.window()
    second.on("request", lambda request: listened.append(request.url) if request.url.endswith("/events") else None)
    second.goto("/console/try")
    served.present("chen", "ready")
    expect(second.get_by_role("row", name="chen")).to_contain_text("ready")
    served.present("chen", "off")
    expect(second.get_by_role("row", name="chen")).to_contain_text("off")
    expect(page.get_by_role("row", name="chen")).to_contain_text("off")
    assert listened == []
    page.close()  # the window that listened: the other takes over
    expect(second.locator("#live")).to_have_attribute("data-state", "on")
    served.present("chen", "away")
    expect(second.get_by_role("row", name="chen")).to_contain_text("away")


def test_losing_the_connection_is_said_plainly_and_mended(page: Page, watched: Watched, served: Served) -> None:
    page.clock.install()
    page.context.set_offline(True)
    served.drop_listeners()
    page.clock.fast_forward(20_000)
    expect(page.get_by_role("alert")).to_contain_text("Live updates are lost")
    expect(page.locator("#live")).to_have_text("Not live")
    served.present("chen", "ready")
    page.context.set_offline(False)
    page.clock.fast_forward(10_000)
    expect(page.get_by_role("row", name="chen")).to_contain_text("ready")
    expect(page.get_by_role("alert")).to_be_hidden()
    watched.mistakes.clear()  # a browser tells of requests that found nobody


def test_a_page_beyond_the_limit_asks_every_three_seconds(watched: Watched, served: Served) -> None:
    live = served.console.app.extensions["console"].changes
    most, live._most = live._most, 0
    try:
        _log_in(watched.context, served)
        page = watched.window()
        page.goto("/console/try")
        expect(page.locator("#live")).to_have_attribute("data-state", "slow")
        served.present("wang", "ready")
        expect(page.get_by_role("row", name="wang")).to_contain_text("ready")
    finally:
        live._most = most
    watched.mistakes[:] = [said for said in watched.mistakes if "503" not in said]


def test_a_ringing_caller_is_said_aloud_and_in_the_title(page: Page, served: Served) -> None:
    served.present("li", "away")
    expect(page).to_have_title(re.compile("^☎ Somebody rings"))
    aloud = page.locator("#announce")
    expect(aloud).to_have_text("Somebody rings")
    expect(aloud).to_have_attribute("aria-live", "polite")
    served.present("li", "ready")
    expect(page).to_have_title(re.compile("^My account|^Board"))


def test_a_form_is_sent_without_leaving_the_page(page: Page) -> None:
    page.evaluate("() => { window.stayed = true }")
    page.get_by_label("Note").fill("to be kept")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#message")).to_contain_text("The password is changed")
    expect(page.get_by_label("Note")).to_have_value("")
    assert page.evaluate("() => window.stayed")


def test_logging_out_in_one_window_closes_the_others(page: Page, watched: Watched, served: Served) -> None:
    second = watched.window()
    second.goto("/console/me")
    second.get_by_role("button", name="Log out", exact=True).click()
    served.present("chen", "off")
    expect(page).to_have_url(re.compile("/console/login"))
    expect(page.locator(".message")).to_have_text("You were logged out. Log in again.")


# --- nobody there ---------------------------------------------------------------------------------------------------


def test_somebody_who_is_away_is_warned_and_can_stay(page: Page, served: Served) -> None:
    page.clock.install()
    for row in served.store.login_sessions.active(
        real_time(), served.console.settings.idle, served.console.settings.longest
    ):
        served.store.login_sessions.touch(
            row, real_time() - served.console.settings.idle
        )  # nothing: it was seen just now
    page.route("**/console/left", lambda route: route.fulfill(json={"seconds": 42}))
    page.clock.fast_forward(15 * 60 * 1000)
    dialog = page.get_by_role("alertdialog")
    expect(dialog).to_contain_text("logged out in 42 seconds")
    with page.expect_request("**/console/here") as told:
        dialog.get_by_role("button", name="Stay logged in").click()
    assert told.value.headers["x-csrf"]
    expect(dialog).to_be_hidden()


def test_somebody_at_work_is_told_before_the_longest_login_ends(page: Page, served: Served) -> None:
    page.clock.install()
    page.reload()
    page.clock.fast_forward((12 * 60 - 6) * 60 * 1000)
    expect(page.locator("#message")).to_be_empty()
    page.clock.fast_forward(2 * 60 * 1000)
    expect(page.locator("#message")).to_contain_text("This login ends in a few minutes. Save what you are writing")


# --- languages, sizes, scripts ------------------------------------------------------------------------------------


def test_the_language_is_switched_at_once(page: Page) -> None:
    page.get_by_role("button", name="中文").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    expect(page.get_by_role("button", name="退出登录")).to_be_visible()
    expect(page).to_have_url(re.compile("/console/try$"))


def test_nothing_is_wider_than_the_window(chromium: Browser, served: Served) -> None:
    context = chromium.new_context(base_url=served.origin, locale="en-GB")
    page = context.new_page()
    for path in ("/console/login", "/console/me", "/console/try"):
        page.goto(path)
        for width in (390, 768, 1280):
            page.set_viewport_size({"width": width, "height": 844})
            assert page.evaluate("() => document.documentElement.scrollWidth") <= width, (path, width)
        _log_in(context, served, "wang")
    context.close()


def test_targets_are_large_enough_for_fingers(chromium: Browser, served: Served) -> None:
    context = chromium.new_context(base_url=served.origin, viewport={"width": 390, "height": 844}, has_touch=True)
    _log_in(context, served, "wang")
    page = context.new_page()
    page.goto("/console/me")
    acts = page.locator("a[href]:not(.skip), button, input:not([type=hidden], [type=checkbox])").filter(visible=True)
    small = [
        (act.inner_text(), box)
        for act in acts.all()
        if (box := act.bounding_box()) and min(box["height"], box["width"]) < 44
    ]
    context.close()
    assert small == [], small


def test_everything_works_without_scripts(chromium: Browser, served: Served) -> None:
    context = chromium.new_context(base_url=served.origin, java_script_enabled=False, locale="en-GB")
    page = context.new_page()
    page.goto("/console/")
    page.get_by_label("Name").fill("li")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page).to_have_url(re.compile("/console/try$"))
    assert "JavaScript is off" in page.content()  # Playwright switches scripts off too late for <noscript> to be drawn
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".message")).to_contain_text("The password is changed")
    page.get_by_role("button", name="Log out").click()
    expect(page).to_have_url(re.compile("/console/login"))
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(chromium: Browser, served: Served, scheme: str) -> None:
    """WCAG AA: 4.5 to 1 for text, 3 to 1 for the edges of fields, of the colours a browser really uses."""
    context = chromium.new_context(base_url=served.origin, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto("/console/login")
    pairs = {
        **{
            f"--{ink} on --{ground}": 4.5
            for ink in ("ink", "ink-soft", "accent", "bad")
            for ground in ("ground", "panel")
        },
        **{f"--{name} on --{name}-wash": 4.5 for name in ("good", "warn", "bad", "calm", "accent")},
        "--accent-ink on --accent": 4.5,
        "--ink-soft on --sunk": 4.5,
        "--line-strong on --panel": 3,
    }
    found = page.evaluate(CONTRAST, list(pairs))
    context.close()
    assert {pair: ratio for pair, ratio in found.items() if ratio < pairs[pair]} == {}


CONTRAST = """pairs => {
  const probe = document.body.appendChild(document.createElement("i"))
  const light = (name) => {
    probe.style.setProperty("color", `var(${name})`)
    const [r, g, b] = getComputedStyle(probe).color.match(/[\\d.]+/g).map((part) => part / 255)
      .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  return Object.fromEntries(pairs.map((pair) => {
    const [high, low] = pair.split(" on ").map(light).sort((a, b) => b - a)
    return [pair, (high + 0.05) / (low + 0.05)]
  }))
}"""
