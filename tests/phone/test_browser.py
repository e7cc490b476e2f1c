"""The web phone in a real browser: dialled, pressed, spoken into, heard, and made a script that replays."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from ivr.cli import main
from ivr.phone import PhoneSession, Server, create_phone
from ivr.voices.espeak import find_espeak
from ivr.voices.piper import Piper
from ivr.voices.speaker import Speaker
from tests.browsers import PATIENCE_MS
from tests.phone.conftest import MONDAY, phone_session_of
from tests.small_hotline import hotline_in

pytestmark = [
    pytest.mark.browser,
    # Playwright keeps an event loop that is closed after pytest has looked for what was left open.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

SPEED = 3.0
"""Slow enough for keys to come before the line gives up waiting for them, on a busy machine too."""
Open = Callable[..., Page]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hotline")


@pytest.fixture(scope="module")
def phone_session(folder: Path) -> Iterator[PhoneSession]:
    with phone_session_of(hotline_in(folder), SPEED) as phone_session:
        espeak = find_espeak()
        phone_session.speaker = Speaker(espeak, {}) if espeak is not None else None
        yield phone_session


@pytest.fixture(scope="module")
def address(phone_session: PhoneSession) -> Iterator[str]:
    with Server(create_phone(phone_session), 0) as server:
        yield server.url
        phone_session.lines.close()


@pytest.fixture
def opened(chromium: Browser, address: str, phone_session: PhoneSession) -> Iterator[Open]:
    """Opens the page in English, 1280 wide, unless told otherwise. Whatever the browser complains of fails the test."""
    complaints: list[str] = []
    contexts = []

    def open_page(language: str = "en", width: int = 1280, *, script: str = "", **more: object) -> Page:
        context = chromium.new_context(viewport={"width": width, "height": 900}, **more)
        context.grant_permissions(["clipboard-read", "clipboard-write"], origin=address)
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = context.new_page()
        page.add_init_script(script)
        page.on("console", lambda message: complaints.append(message.text) if _complains(message) else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{address}/?lang={language}")
        expect(page.locator("html[data-ready=yes]")).to_have_count(1)
        return page

    expect.set_options(timeout=PATIENCE_MS)
    yield open_page
    for call in phone_session.overview()["calls"]:
        phone_session.hang_up(call["call"])
    for context in contexts:
        context.close()
    assert complaints == []


def _complains(message: ConsoleMessage) -> bool:
    """A refusal is an answer, though browsers call it an error."""
    return message.type == "error" and "409 (CONFLICT)" not in message.text


def said(page: Page, words: str) -> None:
    """Waits until the transcript has these words."""
    expect(page.locator("#transcript .said").filter(has_text=words).last).to_be_visible()


def dialled(page: Page, language_key: str = "2") -> None:
    """Dials and chooses the language with the keyboard."""
    page.locator("#dial").click()
    said(page, "English, press 2")
    page.keyboard.press(language_key)


def test_a_click_before_the_page_can_dial_is_not_lost(opened: Open, address: str) -> None:
    """The button waits for the script that hears it, as whoever clicks does."""
    page = opened()
    held = []
    page.route("**/phone.js", lambda route: held.append(route))  # noqa: PLW0108 - it takes no built-in
    page.goto(f"{address}/?lang=en", wait_until="commit")
    expect(page.locator("#dial")).to_be_disabled()
    held[0].continue_()
    page.locator("#dial").click()
    said(page, "English, press 2")


def test_a_call_by_mouse_keyboard_and_voice_becomes_a_script_that_passes(opened: Open, folder: Path) -> None:
    page = opened()
    expect(page.locator("#person")).to_contain_text("PIN")
    dialled(page)
    said(page, "How can we help?")
    page.locator("#keys [data-key='1']").click()
    said(page, "Key in your account")
    page.keyboard.type("62220002#")
    text = page.locator(".line.text b")
    expect(text).to_have_count(1)
    said(page, "Key in the code")
    page.keyboard.type(f"{text.inner_text()}#")
    said(page, "You have")
    expect(page.locator("#after")).to_be_visible()
    expect(page.locator("#ended")).to_contain_text("The hotline hung up")
    page.locator("#save").click()
    expect(page.locator("#verdict")).to_have_text("Replayed: it passes.")
    with page.expect_download() as download:
        page.locator("#download").click()
    script = folder / download.value.suggested_filename
    download.value.save_as(script)
    assert script.name.endswith(".call.yaml")
    page.locator("#copy").click()
    expect(page.locator("#copy")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == script.read_text("utf-8")
    replayed = CliRunner().invoke(main, ["replay", str(script), "--config", str(folder / "config.yaml")])
    assert (replayed.exit_code, replayed.output.split(" in ")[0]) == (0, "1 passed"), replayed.output


def test_a_complaint_becomes_a_script_that_fails_where_it_went_wrong(opened: Open, folder: Path) -> None:
    page = opened()
    dialled(page)
    said(page, "How can we help?")
    page.keyboard.press("3")
    expect(page.locator("#after")).to_be_visible()
    page.get_by_label("What should have been said?").fill("Your limit is")
    page.keyboard.press("Enter")
    expect(page.locator("#verdict")).to_contain_text("it fails, as the complaint says")
    script = folder / "complaint.call.yaml"
    script.write_text(page.locator("#text").inner_text() + "\n", "utf-8")
    replayed = CliRunner().invoke(main, ["replay", str(script), "--config", str(folder / "config.yaml")])
    assert replayed.exit_code == 1
    assert 'the caller did not hear "Your limit is": the hotline hung up' in replayed.output


def test_words_appear_as_they_are_spoken_and_stay_whole_for_who_cannot_see(opened: Open) -> None:
    page = opened()
    dialled(page)
    line = page.locator("#transcript .said").filter(has_text="How can we help?").first
    expect(line).to_have_text("How can we help?")
    words = line.locator("span")
    assert words.all_inner_texts() == ["How ", "can ", "we ", "help?"]
    delays = [float(re.sub("[^0-9.-]", "", word.evaluate("it => it.style.animationDelay"))) for word in words.all()]
    assert delays == sorted(delays)
    assert delays[-1] - delays[0] > 0
    assert page.locator("[role=log]:has(#transcript)").get_attribute("aria-live") == "polite"


def test_a_key_cuts_what_is_said_and_pins_are_dots(opened: Open) -> None:
    page = opened()
    dialled(page)
    said(page, "How can we help?")
    page.keyboard.press("1")
    said(page, "Key in your account")
    page.keyboard.type("62220002#")
    said(page, "Key in the code")
    page.keyboard.type("123456#")
    said(page, "That does not match")
    expect(page.locator("#transcript kbd", has_text="•")).to_have_count(6)
    assert "123456" not in page.locator("#transcript").inner_text()


def test_what_is_typed_is_said(opened: Open) -> None:
    page = opened()
    dialled(page)
    said(page, "How can we help?")
    page.locator("#words").fill("a case")
    page.locator("#words").press("Enter")
    expect(page.locator("#transcript .you .said").filter(has_text="a case")).to_be_visible()
    said(page, "Your number is")
    expect(page.locator("#ended")).to_contain_text("case")


def test_digits_typed_into_a_field_are_no_keys(opened: Open) -> None:
    page = opened()
    page.locator("#dial").click()
    said(page, "English, press 2")
    page.locator("#words").press_sequentially("2")
    page.keyboard.press("Tab")
    page.keyboard.press("1")
    said(page, "请选择")
    assert page.locator("#transcript kbd").all_inner_texts() == ["1"]


def test_the_step_of_the_flow_is_shown_with_its_place(opened: Open) -> None:
    page = opened()
    dialled(page)
    said(page, "How can we help?")
    page.locator("#inside summary").click()
    expect(page.locator("#step")).to_contain_text("hotline.main")
    expect(page.locator("#step .place")).to_have_text(re.compile(r"hotline\.yaml:\d+$"))
    expect(page.locator("#trail li")).to_have_text(["hotline.language", "hotline.main"])


def test_the_map_shows_where_the_call_is_and_how_it_came_there(opened: Open) -> None:
    page = opened()
    page.locator("#inside summary").click()
    dialled(page)
    way = page.locator("#map .arrow[data-from='hotline.language'][data-to='hotline.main']")
    expect(way.first).to_have_class("arrow been")
    expect(page.locator("#map [data-state='hotline.main']")).to_have_class(re.compile(r"\bbeen\b"))
    page.locator("#map").scroll_into_view_if_needed()
    here = page.locator("#map .here")
    expect(here).to_have_count(1)
    expect(here.locator("text").first).to_be_in_viewport()
    assert here.locator(".box").evaluate("box => getComputedStyle(box).strokeWidth") == "3px"


def test_a_page_that_is_loaded_again_keeps_its_call(opened: Open) -> None:
    page = opened()
    dialled(page)
    said(page, "How can we help?")
    page.locator("#language").click()
    said(page, "How can we help?")
    expect(page.locator("#hang-up")).to_be_visible()
    page.keyboard.press("3")
    said(page, "Goodbye.")


def test_two_pages_have_calls_of_their_own(opened: Open) -> None:
    one, other = opened(), opened("zh")
    dialled(one)
    dialled(other, "1")
    said(other, "请选择")
    other.keyboard.press("3")
    said(one, "How can we help?")
    said(other, "再见")
    expect(other.locator("#after")).to_be_visible()
    assert "再见" not in one.locator("#transcript").inner_text()
    one.keyboard.press("3")
    said(one, "Goodbye.")


def test_the_tones_of_keys_are_two_waves(opened: Open) -> None:
    """Of ITU-T Q.23, 770 and 1336 Hz for 5."""
    page = opened()
    page.evaluate(
        """() => {
          window.waves = [];
          const start = OscillatorNode.prototype.start;
          OscillatorNode.prototype.start = function (...when) {
            window.waves.push(this.frequency.value);
            return start.apply(this, when);
          };
        }"""
    )
    page.locator("#keys [data-key='5']").click()
    page.locator("#sound").click()
    page.locator("#keys [data-key='6']").click()
    assert page.evaluate("window.waves") == [770, 1336], "none when the sound is off"


def test_what_the_hotline_says_is_heard_unless_the_sound_is_off(opened: Open, phone_session: PhoneSession) -> None:
    if phone_session.speaker is None:
        pytest.skip("espeak-ng is not installed: apt-get install espeak-ng")
    page = opened()
    with page.expect_response("**/sound/*") as sound:
        page.locator("#dial").click()
    assert sound.value.body()[:4] == b"RIFF"
    expect(page.locator("html[data-heard]")).to_have_count(1)
    page.locator("#sound").click()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/sound/" in request.url else None)
    page.keyboard.press("2")
    said(page, "How can we help?")
    assert asked == []


BROWSER_VOICES = """
const voice = (name, lang, localService) => ({ name, lang, localService, voiceURI: `urn:${name}`, default: false });
const voices = [
  voice("Cloud English", "en-US", false), voice("eSpeak English", "en-GB", true), voice("Samantha", "en-US", true),
  voice("Daniel", "en_GB", true), voice("Sin-ji", "zh-HK", true), voice("Ting-Ting", "zh-CN", true),
];
window.spoken = [];
window.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };
Object.defineProperty(window, "speechSynthesis", { value: {
  getVoices: () => voices, cancel: () => undefined, addEventListener: () => undefined,
  speak: ({ text, voice, lang, rate }) => window.spoken.push({ text, voice: voice.name, lang, rate }),
} });
"""
"""Stands for the voices of a person's browser; a browser without a screen has none."""


def options(page: Page, language: str) -> list[str]:
    return page.locator(f"#voices select[data-language={language}] option").all_inner_texts()


def test_a_voice_of_this_computer_speaks_and_one_from_elsewhere_is_never_offered(opened: Open) -> None:
    page = opened(script=BROWSER_VOICES)
    small = "espeak-ng (a small voice, made by the server)"
    assert options(page, "en")[:-1] == ["eSpeak English", "Samantha", "Daniel"]
    assert options(page, "zh")[:-1] == ["Ting-Ting"]
    assert options(page, "en")[-1] in (small, "none: its words are only shown")
    expect(page.get_by_label("Voice for English")).to_have_value("urn:Samantha")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/sound/" in request.url else None)
    dialled(page)
    said(page, "How can we help?")
    spoken = page.evaluate("window.spoken")
    assert "How can we help?" in {each["text"] for each in spoken}
    assert {(each["voice"], each["lang"]) for each in spoken} == {("Ting-Ting", "zh-CN"), ("Samantha", "en-US")}
    assert all(0.6 <= each["rate"] <= 2 for each in spoken)
    assert asked == []


def test_the_page_says_that_piper_reads(opened: Open, phone_session: PhoneSession) -> None:
    speaker = phone_session.speaker
    phone_session.speaker = Speaker(None, {"en": Piper(Path("en_US-amy-low.onnx"), "1.8.0", ("true",))})
    try:
        page = opened()
        assert options(page, "en")[-1] == "Piper (a voice on the server's machine)"
        assert options(page, "zh")[-1] == "none: its words are only shown"
    finally:
        phone_session.speaker = speaker


def test_the_voice_that_was_chosen_is_remembered(opened: Open, phone_session: PhoneSession) -> None:
    page = opened(script=BROWSER_VOICES)
    page.get_by_label("Voice for English").select_option("Daniel")
    page.reload()
    expect(page.get_by_label("Voice for English")).to_have_value("urn:Daniel")
    if phone_session.speaker is None:
        pytest.skip("espeak-ng is not installed: apt-get install espeak-ng")
    page.get_by_label("Voice for English").select_option("server")
    page.get_by_label("Voice for Chinese").select_option("server")
    page.reload()
    expect(page.locator("html[data-ready=yes]")).to_have_count(1)
    with page.expect_response("**/sound/*") as sound:
        page.locator("#dial").click()
    assert sound.value.body()[:4] == b"RIFF"
    assert page.evaluate("window.spoken") == []


def test_who_cannot_hear_is_told_what_to_install(opened: Open, phone_session: PhoneSession) -> None:
    speaker, phone_session.speaker = phone_session.speaker, None
    try:
        expect(opened().locator("#notice")).to_contain_text("apt-get install espeak-ng")
        expect(opened("zh").locator("#notice")).to_contain_text("apt-get install espeak-ng")
    finally:
        phone_session.speaker = speaker


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("width", [390, *(pytest.param(wide, marks=pytest.mark.slow) for wide in (800, 1280))])
def test_nothing_is_wider_than_the_screen(opened: Open, language: str, width: int) -> None:
    page = opened(language, width)
    dialled(page)
    said(page, "How can we help?")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    keys = page.locator("#keys button").all()
    boxes = [box for box in (key.bounding_box() for key in keys) if box]
    assert len(boxes) == 12
    assert min(min(box["width"], box["height"]) for box in boxes) >= 44, "a finger has to fit"


def test_another_number_dials_and_a_wrong_one_is_refused(opened: Open) -> None:
    page = opened()
    page.locator("#who").select_option("other")
    page.locator("#number").fill("110")
    with page.expect_response("**/dial") as refused:
        page.locator("#dial").click()
    assert refused.value.status == 409
    expect(page.locator("#status")).to_have_text("Nobody can dial from this number.")
    page.locator("#number").fill("+86 138 0013 8055")
    page.locator("#dial").click()
    said(page, "English, press 2")


def test_the_time_at_the_hotline_is_set(opened: Open, phone_session: PhoneSession) -> None:
    page = opened()
    page.locator("#at").fill("2026-10-01T22:30")
    page.get_by_role("button", name="Set").click()
    expect(page.locator("#clock")).to_contain_text("Oct 1")
    page.locator("#dial").click()
    said(page, "English, press 2")
    expect(page.locator("#at")).to_be_disabled()
    page.locator("#hang-up").click()
    expect(page.locator("#after")).to_be_visible()
    assert phone_session.begin_at(MONDAY) == ""
    expect(page.locator("#clock")).to_contain_text("Nov 23")


def test_one_person_plays_the_agent_too_and_the_call_becomes_a_script(opened: Open) -> None:
    page = opened()
    agent = page.locator(".handset").first
    agent.get_by_role("switch").check()
    expect(agent).to_contain_text("I answer it")
    dialled(page)
    said(page, "How can we help?")
    page.keyboard.press("0")
    said(page, "Please hold the line.")
    expect(agent).to_have_attribute("data-state", "rings")
    agent.get_by_role("button", name="Answer").click()
    expect(agent.locator("ol")).to_contain_text("press 1")
    agent.locator("[data-key='1']").click()
    expect(agent.locator("ol")).to_contain_text("The caller has")  # the whisper
    expect(page.locator("#transcript")).to_contain_text("Connected")
    agent.locator(".say input").fill(
        "Hello, this is Lin, and I talk for quite a while so that nobody is cut off by chance."
    )
    agent.locator(".say input").press("Enter")
    expect(page.locator("#transcript .agent .said")).to_contain_text("this is Lin")
    page.locator("#words").fill("thank you")
    page.locator("#words").press("Enter")
    expect(agent.locator("ol .agent .said")).to_have_text("thank you")
    expect(page.locator("#phone")).to_have_attribute("data-talks", "no")
    agent.get_by_role("button", name="Hang up").click()
    expect(agent).to_have_attribute("data-state", "free")
    said(page, "Goodbye.")
    page.locator("#save").click()
    expect(page.locator("#verdict")).to_have_text("Replayed: it passes.")
    expect(page.locator("#text")).to_contain_text('- say: "thank you"')
    agent.get_by_role("switch").uncheck()
    expect(agent).to_contain_text("a made-up agent answers")


def test_the_page_is_read_out_with_names_and_roles(opened: Open) -> None:
    page = opened()
    tree = page.locator("body").aria_snapshot()
    for part in (
        'region "Phone"', 'group "Keypad"', 'button "star"', 'button "hash"', 'button "Dial the hotline"',
        'combobox "Caller"', 'log "The call"', 'link "Skip to the phone"',
    ):  # fmt: skip
        assert part in tree, f"{part} is not in\n{tree}"


def test_its_words_are_handed_to_the_page_as_data(opened: Open) -> None:
    assert json.loads(opened().locator("body").get_attribute("data-texts") or "")["dial"] == "Dial the hotline"
