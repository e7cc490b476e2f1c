"""The studio in a real browser: a lead changes a prompt, is told of a mistake, sees the map, hears it, publishes it."""

from __future__ import annotations

import os
import re
import wave
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Literal, get_args

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, ViewportSize, expect

from ivr.config import Config, load_config
from ivr.phone import PhoneSession, Server
from ivr.store import Store
from ivr.studio import DraftPhone, Drafts, create_studio
from tests.browsers import PATIENCE_MS, barriers
from tests.phone.conftest import MONDAY
from tests.voices.sounds import tone

pytestmark = [
    pytest.mark.browser,
    # Playwright keeps an event loop that is closed after pytest has looked for what was left open.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

SPEED = 6.0
"""Slow enough for a key to come before the line gives up waiting for it, on a busy machine too."""
Open = Callable[..., Page]
Scheme = Literal["light", "dark"]
FILE = "hotline.yaml"
VIEW: ViewportSize = {"width": 1280, "height": 760}


@pytest.fixture
def address(drafts: Drafts) -> Iterator[str]:
    open_phone = partial(PhoneSession, drafts.config, at=MONDAY, speed=SPEED, store_url="sqlite://")
    with DraftPhone(open_phone) as phone, Server(create_studio(drafts, phone), 0) as server:
        yield server.url


@pytest.fixture
def opened(chromium: Browser, address: str) -> Iterator[Open]:
    """Opens the page in English, 1440 wide, unless told otherwise. Whatever the browser complains of fails the test."""
    complaints: list[str] = []
    contexts = []

    def open_page(language: str = "en", width: int = 1440, scheme: Scheme = "light") -> Page:
        context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{address}/studio/?lang={language}")
        expect(page.locator("body[data-ready=true]")).to_have_count(1)
        return page

    expect.set_options(timeout=PATIENCE_MS)
    yield open_page
    for context in contexts:
        context.close()
    assert [words for words in complaints if not re.search(r"40[09] \((CONFLICT|BAD REQUEST)\)", words)] == []


def replace(page: Page, old: str, new: str) -> None:
    """Types as a person does: looks for the words, selects them, writes others."""
    page.locator(".cm-content").click()
    page.keyboard.press("Control+f")
    page.locator(".cm-search input[name=search]").fill(old)
    page.locator(".cm-search button[name=next]").click()
    page.locator(".cm-search button[name=close]").click()
    page.keyboard.insert_text(new)


def test_a_lead_changes_a_prompt_saves_it_and_publishes_it(opened: Open, drafts: Drafts) -> None:
    page = opened()
    expect(page.locator("#verdict")).to_have_text("No problems. The phone speaks what stands here.")
    expect(page.locator("#save")).to_be_disabled()
    replace(page, "How can we help?", "What can we do for you?")
    expect(page.locator("#files [aria-selected=true]")).to_have_text("hotline •")
    expect(page.locator("#drawing .card[data-state='hotline.main']")).to_contain_text("What can we do for")
    page.keyboard.press("Control+s")
    expect(page.locator("#notice")).to_have_text(re.compile("hotline.yaml is saved."))
    assert "en: What can we do for you?}" in (drafts.folder / FILE).read_text("utf-8")
    page.get_by_role("tab", name="Publish").click()
    expect(page.locator("#published")).to_contain_text("Nothing is published yet")
    page.get_by_label("Why").fill("friendlier")
    page.get_by_role("button", name="Publish now").click()
    expect(page.locator("#published")).to_contain_text("Edition 1 is published")
    expect(page.locator("#editions li")).to_contain_text("friendlier in force")
    with Store.open(drafts.config.store_url) as store:
        (row,) = store.editions.all()
        assert "What can we do for you?" in dict(store.flow_set(row.digest) or {})[f"flows/{FILE}"]


def test_a_mistake_is_told_at_its_line_and_gone_when_it_is_mended(opened: Open) -> None:
    page = opened()
    replace(page, "next: case}", "next: caze}")
    problem = page.locator("#problems button")
    expect(problem).to_contain_text('did you mean "case"?')
    expect(page.locator("#count")).to_have_text("Errors: 1")
    expect(page.locator("#files .wrong")).to_have_text(re.compile("hotline"))
    expect(page.locator(".cm-lintRange-error")).to_have_count(1)
    expect(page.locator("#drawing .card.untaken")).to_have_count(1)
    page.locator(".cm-content").press("Control+Home")
    problem.click()
    expect(page.locator(".cm-activeLine")).to_contain_text("caze")
    replace(page, "next: caze}", "next: case}")
    expect(problem).to_have_count(0)


def test_the_map_follows_the_cursor_and_leads_to_the_text(opened: Open) -> None:
    page = opened()
    page.locator("#drawing .card[data-state='hotline.agent']").click()
    expect(page.locator(".cm-activeLine")).to_have_text("  agent:")
    expect(page.locator("#drawing .card.here")).to_have_attribute("data-state", "hotline.agent")
    page.locator("#step").fill("hotline.bye")
    page.locator("#step").press("Enter")
    expect(page.locator(".cm-activeLine")).to_have_text("  bye:")
    expect(page.locator("#drawing .card.here")).to_have_attribute("data-state", "hotline.bye")


def test_what_stands_on_the_page_is_dialled_before_it_is_saved(opened: Open, drafts: Drafts) -> None:
    page = opened()
    replace(page, "How can we help?", "This is not saved.")
    expect(page.locator("#files [aria-selected=true]")).to_have_text("hotline •")
    expect(page.locator("#drawing .card[data-state='hotline.main']")).to_contain_text("This is not saved")
    page.get_by_role("tab", name="Phone").click()
    phone = page.frame_locator("#dial")
    phone.locator("#dial").click()
    expect(phone.locator("#transcript .said").filter(has_text="English, press 2").last).to_be_visible()
    phone.locator("#keys [data-key='2']").click()
    expect(phone.locator("#transcript .said").filter(has_text="This is not saved.").last).to_be_visible()
    assert "This is not saved." not in (drafts.folder / FILE).read_text("utf-8")


def test_a_sentence_is_changed_in_the_table_of_words(opened: Open, drafts: Drafts) -> None:
    page = opened()
    before = drafts.all()[FILE].text
    page.get_by_role("tab", name="Words").click()
    page.locator("#sentences .said").filter(has_text="How can we help?").click()
    page.keyboard.press("Control+a")
    page.keyboard.type("What is it?")
    page.keyboard.press("Enter")
    expect(page.locator(".cm-content")).to_contain_text("en: What is it?}")
    expect(page.locator("#sentences .said").filter(has_text="What is it?")).to_have_count(1)
    assert drafts.all()[FILE].text == before.replace("en: How can we help?", "en: What is it?")
    page.locator("#find").fill("You have {left}")
    said = page.locator("#sentences .said").filter(has_text="You have {left} left.")
    said.click()
    page.keyboard.press("Control+a")
    page.keyboard.type("Nothing is left.")
    page.keyboard.press("Enter")
    expect(page.locator("#notice")).to_contain_text("leaves out {left}")
    expect(said).to_have_count(1)
    page.locator("#sentences .where").first.click()
    expect(page.locator(".cm-activeLine")).to_contain_text("{left}")


def test_whoever_writes_a_sentence_is_not_disturbed_by_a_late_answer(opened: Open) -> None:
    page = opened()
    page.get_by_role("tab", name="Words").click()
    said = page.locator("#sentences .said").filter(has_text="How can we help?")
    said.wait_for()
    held: list[Route] = []
    page.route("**/studio/words", lambda route: held.append(route))  # noqa: PLW0108 - it takes no built-in
    with page.expect_request("**/studio/words"):
        page.locator("#find").fill("How can")
    said.click()
    page.keyboard.press("Control+a")
    page.keyboard.type("Half of a sen")
    with page.expect_response("**/studio/words"):
        held[0].continue_()
    page.unroute("**/studio/words")
    expect(page.locator("#sentences textarea")).to_have_value("Half of a sen")
    page.keyboard.press("Escape")
    expect(page.locator("#sentences .said")).to_have_count(2)  # the answer that was late, in two languages


def test_what_is_typed_while_a_file_is_being_saved_stays(opened: Open, drafts: Drafts) -> None:
    page = opened()
    replace(page, "How can we help?", "First.")
    expect(page.locator("#drawing .card[data-state='hotline.main']")).to_contain_text("First.")
    held: list[Route] = []
    page.route("**/studio/save", lambda route: held.append(route))  # noqa: PLW0108 - it takes no built-in
    with page.expect_request("**/studio/save"):
        page.keyboard.press("Control+s")
    page.keyboard.insert_text(" Second.")
    with page.expect_response("**/studio/save"):
        held[0].continue_()
    expect(page.locator("#notice")).to_contain_text("hotline.yaml is saved.")
    expect(page.locator("#drawing .card[data-state='hotline.main']")).to_contain_text("First. Second.")
    assert "en: First. Second.}" in drafts.all()[FILE].text
    assert "en: First.}" in (drafts.folder / FILE).read_text("utf-8")
    expect(page.locator("#files [aria-selected=true]")).to_have_text("hotline •")


def test_a_late_map_does_not_cover_a_newer_one(opened: Open) -> None:
    page = opened()
    page.locator("#drawing .card").first.wait_for()
    held: list[Route] = []
    page.route("**/studio/map/*by=calls", lambda route: held.append(route))  # noqa: PLW0108 - it takes no built-in
    with page.expect_request("**/studio/map/*by=calls"):
        page.locator("#by").select_option("calls")
    with page.expect_response("**/studio/map/*by=problems"):
        page.locator("#by").select_option("problems")
    with page.expect_response("**/studio/map/*by=calls"):
        held[0].continue_()
    replace(page, "How can we help?", "Newer.")  # whatever the late answer does is done before its map is there
    expect(page.locator("#drawing .card[data-state='hotline.main']")).to_contain_text("Newer.")
    expect(page.locator("#map-hint")).not_to_contain_text("how many callers of today")


def test_a_draft_that_is_given_up_in_the_midst_of_typing_does_not_come_back(opened: Open, drafts: Drafts) -> None:
    page = opened()
    page.on("dialog", lambda dialog: dialog.accept("spare"))
    page.locator("#add").click()
    expect(page.locator("#files [aria-selected=true]")).to_have_text("spare •")
    page.locator(".cm-content").click()
    page.keyboard.insert_text("# half a thought")
    page.locator("#discard").click()
    expect(page.locator("#files [aria-selected=true]")).to_have_text("hotline")
    replace(page, "How can we help?", "And now?")
    expect(page.locator("#drawing .card[data-state='hotline.main']")).to_contain_text("And now?")
    assert list(drafts.all()) == [FILE]


def test_a_file_that_somebody_removed_is_kept_where_it_is_edited(opened: Open, drafts: Drafts) -> None:
    page = opened()
    (drafts.folder / FILE).unlink()
    replace(page, "How can we help?", "Still here?")
    page.get_by_role("button", name="Overwrite with mine").click()
    expect(page.locator("#drawing .card[data-state='hotline.main']")).to_contain_text("Still here?")
    page.keyboard.press("Control+s")
    expect(page.locator("#notice")).to_contain_text("hotline.yaml is saved.")
    assert "en: Still here?}" in (drafts.folder / FILE).read_text("utf-8")


def test_lines_end_as_they_did(config: Config, opened: Open) -> None:
    file = config.flows / FILE
    before = file.read_bytes().replace(b"\n", b"\r\n")
    file.write_bytes(before)
    page = opened()
    replace(page, "How can we help?", "In two\n  lines?")
    expect(page.locator("#drawing .card[data-state='hotline.main']")).to_contain_text("In two lines?")
    page.keyboard.press("Control+s")
    expect(page.locator("#notice")).to_contain_text("hotline.yaml is saved.")
    assert file.read_bytes() == before.replace(b"How can we help?", b"In two\r\n  lines?")


def test_what_callers_will_notice_is_shown_before_it_counts(opened: Open) -> None:
    page = opened()
    page.get_by_role("tab", name="Publish").click()
    page.get_by_role("button", name="What will callers notice?").click()
    expect(page.locator("#told")).to_have_text("Callers hear no difference.")
    replace(page, "How can we help?", "What can we do for you?")
    page.get_by_role("button", name="What will callers notice?").click()
    expect(page.locator("#changes ins").first).to_have_text("What can we do for you?")
    page.get_by_role("button", name="Will callers be stuck?").click()
    expect(page.locator("#told")).to_have_text("Nothing that callers are owed gets worse.")
    page.get_by_role("button", name="Run the call scripts").click()
    expect(page.locator("#told")).to_contain_text("There are no call scripts")


def test_names_of_this_hotline_are_offered_while_one_types(opened: Open) -> None:
    page = opened()
    replace(page, "handle: my_limits", "handle: my_")
    page.locator(".cm-content").press("Control+Space")
    expect(page.locator(".cm-tooltip-autocomplete li")).to_contain_text(["my_limits"])
    page.keyboard.press("Escape")
    replace(page, "queue: support", "queue: ")
    page.locator(".cm-content").press("Control+Space")
    expect(page.locator(".cm-tooltip-autocomplete li").filter(has_text="support")).to_have_count(1)


def test_a_step_is_renamed_at_the_cursor_and_found_from_where_it_is_named(opened: Open, drafts: Drafts) -> None:
    page = opened()
    replace(page, "next: case}", "next: case}")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("F12")
    expect(page.locator("#drawing .here")).to_have_attribute("data-state", "hotline.case")
    page.on("dialog", lambda dialog: dialog.accept("ask_case"))
    page.keyboard.press("F2")
    expect(page.locator("#drawing .card[data-state='hotline.ask_case']")).to_have_count(1)
    assert "next: ask_case}" in drafts.all()[FILE].text
    expect(page.locator("#verdict")).to_have_text("No problems. The phone speaks what stands here.")


def test_the_map_is_coloured_by_what_is_chosen(opened: Open, config: Config) -> None:
    (config.folder / "calls").mkdir()
    (config.folder / "calls" / "bye.call.yaml").write_text("call: bye\nsteps:\n- press: 2\n- press: 3\n", "utf-8")
    page = opened()
    page.locator("#by").select_option("calls")
    expect(page.locator("#map-hint")).to_contain_text("how many callers of today")
    page.locator("#by").select_option("scripts")
    expect(page.locator("#drawing .card.untaken[data-state='hotline.limit']")).to_have_count(1)
    expect(page.locator("#drawing .card.taken[data-state='hotline.limit']")).to_have_count(0)
    page.locator("#by").select_option("problems")
    expect(page.locator("#drawing .card.untaken")).to_have_count(0)


def test_a_caller_stands_at_the_step_that_is_chosen_on_the_map(opened: Open) -> None:
    page = opened()
    page.locator("#drawing .card[data-state='hotline.case_told']").click()
    replace(page, "Your number is", "Note down:")
    page.get_by_role("button", name="Call from here hotline.case_told").click()
    phone = page.frame_locator("#dial")
    expect(phone.locator("#transcript")).to_contain_text("3 0 0, 1 2 3")
    expect(phone.locator("#transcript")).to_contain_text("Note down:")


def test_two_who_edit_at_once_are_told_and_nothing_is_lost(opened: Open, drafts: Drafts) -> None:
    page = opened()
    replace(page, "How can we help?", "Mine.")
    expect(page.locator("#drawing .card[data-state='hotline.main']")).to_contain_text("Mine.")
    file = drafts.folder / FILE
    file.write_text(file.read_text("utf-8").replace("How can we help?", "Theirs."), "utf-8")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#notice")).to_contain_text("Somebody else has changed hotline.yaml meanwhile.")
    assert "Theirs." in file.read_text("utf-8")
    page.get_by_role("button", name="Take theirs").click()
    expect(page.locator(".cm-content")).to_contain_text("Theirs.")
    expect(page.locator("#save")).to_be_disabled()


@pytest.mark.parametrize("width", [390, *(pytest.param(wide, marks=pytest.mark.slow) for wide in (1024, 1440))])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_nothing_is_wider_than_the_screen(width: int, language: str, opened: Open) -> None:
    page = opened(language, width)
    for tab in ("map", "words", "phone", "publish"):
        page.locator(f"#tab-{tab}").click()
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_everything_is_reached_with_the_keyboard(opened: Open) -> None:
    page = opened()
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "tab-map":
            break
    page.keyboard.press("ArrowRight")
    expect(page.locator("#tab-words")).to_be_focused()
    expect(page.locator("#tab-words")).to_have_attribute("aria-selected", "true")


@pytest.mark.slow
@pytest.mark.parametrize("scheme", get_args(Scheme))
@pytest.mark.parametrize("width", [390, 1024, 1440])
def test_no_tab_keeps_anybody_out(width: int, scheme: Scheme, opened: Open) -> None:
    page = opened("en", width, scheme)
    replace(page, "next: case}", "next: caze}")
    expect(page.locator("#problems .error")).to_have_count(1)
    for tab in ("map", "words", "phone", "publish"):
        page.locator(f"#tab-{tab}").click()
        expect(page.locator(f"#{tab}")).to_be_visible()
        assert barriers(page) == "", tab


@pytest.mark.parametrize("scheme", get_args(Scheme))
def test_the_phone_keeps_nobody_out_in_a_call(scheme: Scheme, opened: Open) -> None:
    page = opened("en", 1440, scheme)
    page.locator("#drawing .card[data-state='hotline.main']").click()
    page.locator("#call-here").click()
    phone = page.frame_locator("#dial")
    expect(phone.locator("#transcript")).to_contain_text("How can we help?")
    assert barriers(page.frames[1]) == ""


PICTURES = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("scheme", get_args(Scheme))
def test_the_pictures_of_the_documentation_show_the_studio(scheme: Scheme, chromium: Browser) -> None:
    """`pytest --update` takes them anew. Fonts differ between machines, so that only what they are is compared."""
    picture = PICTURES / f"studio-{scheme}.png"
    config, issues = load_config(PICTURES.parent / "config.yaml", today=MONDAY.date(), environ={})
    assert config is not None, issues
    if os.environ.get("IVR_UPDATE"):
        with (
            Drafts(config) as drafts,
            DraftPhone(partial(PhoneSession, config, at=MONDAY, speed=1)) as phone,
            Server(create_studio(drafts, phone), 0) as server,
        ):
            page = chromium.new_page(viewport=VIEW, color_scheme=scheme)
            page.goto(f"{server.url}/studio/?lang=en")
            page.locator("#files button").filter(has_text="case_status").click()
            replace(page, "next: hurry_it", "next: hury_it")
            expect(page.locator("#problems .error")).to_have_count(1)
            page.locator("#shown").select_option("en")
            page.screenshot(path=picture)
            page.close()
    data = picture.read_bytes()
    assert data.startswith(b"\x89PNG")
    assert (int.from_bytes(data[16:20]), int.from_bytes(data[20:24])) == (VIEW["width"], VIEW["height"])
    assert len(data) < 250_000


def recorded(page: Page, words: str) -> Locator:
    """The line below a sentence that tells by what it is spoken."""
    return page.get_by_role("button", name=f"Record it: {words}", exact=True).locator("..").locator("small")


def test_a_lead_records_a_sentence_hears_it_and_is_told_when_its_words_change(opened: Open, drafts: Drafts) -> None:
    """The microphone of the test beeps once a second."""
    page = opened()
    page.get_by_role("tab", name="Words").click()
    words = "Please hold the line."
    expect(recorded(page, words)).to_have_text("said by a voice")
    page.get_by_role("button", name=f"Record it: {words}", exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog.locator("blockquote")).to_have_text(words)
    expect(dialog.get_by_role("button", name="Keep it")).to_be_disabled()
    dialog.get_by_role("button", name="Record", exact=True).click()
    expect(dialog.get_by_text("Speak now")).to_be_visible()
    expect(page.locator("dialog[data-heard=true]")).to_have_count(1)
    dialog.get_by_role("button", name="Stop").click()
    expect(dialog.locator("#recorded")).to_contain_text("Hear it")
    dialog.get_by_role("button", name="Hear it").click()
    expect(page.locator("html[data-playing]")).to_have_count(1)
    dialog.get_by_role("button", name="Keep it").click()
    expect(recorded(page, words)).to_have_text("recorded")
    (file,) = (drafts.config.folder / "media" / "spoken").iterdir()
    with wave.open(str(file)) as sound:
        assert (sound.getnchannels(), sound.getsampwidth(), sound.getframerate()) == (1, 2, 16000)
        assert 0.1 < sound.getnframes() / 16000 < 60
    page.keyboard.press("Escape")  # if it was told that something is wrong with the beeps
    expect(dialog).to_be_hidden()
    replace(page, words, "Please stay on the line.")
    now = recorded(page, "Please stay on the line.")
    expect(now).to_have_text("the words changed, its recording is not played")
    expect(page.locator("#problems")).to_contain_text("record them again")


def test_the_recorder_has_no_barrier(opened: Open) -> None:
    page = opened()
    page.get_by_role("tab", name="Words").click()
    page.get_by_role("button", name="Record it: Please hold the line.", exact=True).click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert barriers(page) == ""


def test_a_file_is_chosen_and_what_is_no_sound_is_refused_in_words(opened: Open, drafts: Drafts) -> None:
    page = opened("zh")
    page.get_by_role("tab", name="文字").click()
    page.get_by_role("button", name="录制这一句: 请选择。", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.locator("#upload").set_input_files({"name": "a.txt", "mimeType": "text/plain", "buffer": b"words"})
    dialog.get_by_role("button", name="采用").click()
    expect(dialog.locator("#recorded")).to_contain_text("无法读取")
    for size, told in ((0, "无法读取"), (8_000_001, "太长")):
        upload = {"name": "a.wav", "mimeType": "audio/wav", "buffer": bytes(size)}
        dialog.locator("#upload").set_input_files(upload)
        expect(dialog.locator("#recorded")).to_contain_text(told)
        expect(dialog.get_by_role("button", name="采用")).to_be_disabled()
    assert not (drafts.config.folder / "media").exists()
    dialog.locator("#upload").set_input_files({"name": "a.wav", "mimeType": "audio/wav", "buffer": tone(1.0)})
    expect(dialog.locator("#recorded")).to_contain_text("请先试听")
    dialog.get_by_role("button", name="采用").click()
    expect(dialog).to_be_hidden()
    expect(page.locator(".sound.recorded")).to_have_count(1)
    page.get_by_role("button", name="试听: 请选择。", exact=True).click()
    expect(page.locator("html[data-playing='1.00']")).to_have_count(1)
