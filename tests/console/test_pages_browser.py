"""A day at the day in a real browser, with the keyboard alone: nothing here ever clicks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from ivr.store.records import mark
from tests.browsers import PATIENCE_MS, Watched
from tests.console.days import LI_PHONE, SUPPORTED, WANG_PHONE, ZHAO_PHONE, Day, served
from tests.console.local_console import PASSWORD

pytestmark = pytest.mark.browser

NOTE = "已核对退款 300126，今天处理。"


@pytest.fixture
def at_work(chromium: Browser) -> Iterator[tuple[Day, Watched]]:
    with served() as (day, origin):
        context = chromium.new_context(base_url=origin, locale="zh-CN", viewport={"width": 1280, "height": 860})
        seen = Watched(context)
        yield day, seen
        context.close()
        assert seen.mistakes == []


def logged_in(day: Day, seen: Watched, name: str, clock: timedelta = timedelta(0)) -> Page:
    """A window in which somebody has logged in by the keyboard, on a PC whose clock is wrong by so much."""
    page = seen.window()
    page.clock.set_fixed_time(day.now + clock)
    page.goto("/console/")
    expect(page.locator("#name")).to_be_focused()  # a busy browser gives the focus after the page is there
    page.keyboard.type(name)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("看板")
    expect(page.locator("#live")).to_have_attribute("data-state", "on")
    return page


def tab_to(page: Page, place: str) -> None:
    """Presses Tab until the focus is there."""
    for _ in range(80):
        if page.evaluate("place => document.activeElement.matches(place)", place):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab never comes to {place}")


def caller_waits(day: Day) -> None:
    """A caller whom nobody has answered: the only one who was there has gone home."""
    day.phone(ZHAO_PHONE, answers_after=None)
    day.actions.ready("zhao")
    day.call(SUPPORTED)
    day.actions.off("zhao")
    day.run(2)


def test_an_agents_day(at_work: tuple[Day, Watched]) -> None:
    day, seen = at_work
    state = "#my-call-state"
    message = day.call("1 4 4 1 ~ -", from_="+8613700000077")
    message.hang_up()
    page = logged_in(day, seen, "li")

    # there, and away for a moment
    page.keyboard.press("r")
    expect(page.locator(state)).to_contain_text("空闲")
    page.keyboard.press("a")
    expect(page.locator("#why-away")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator(state)).to_contain_text("小休")
    expect(page.locator("#message")).to_contain_text("您现在离开")

    # a caller waits; take them
    day.phone(LI_PHONE)
    caller_waits(day)
    expect(page.locator("#line-support")).to_contain_text("王小明")
    expect(page.locator("#act-next")).to_contain_text("1 人在等")
    page.keyboard.press("x")
    expect(page.locator("#offer-panel")).to_contain_text("退款")
    assert page.title().startswith("☎ 来电: 退款")
    day.run(15)

    # the timeline of the call
    talk = page.locator("#talk")
    for known in ("王小明", "已核实：短信验证码", "138 0013 8000", "清风茶馆", "88元", "按 3：提现或退款"):
        expect(talk).to_contain_text(known)

    # who is away after the talk; what was said of another state has left
    expect(page.locator("#message .message")).to_have_count(0)
    expect(page.locator(state)).to_contain_text("之后：离开")

    # hold, resume, end
    expect(page.locator(state)).to_contain_text("通话中")
    page.keyboard.press("h")
    expect(page.locator(state)).to_contain_text("保持中")
    day.run(2)
    page.keyboard.press("h")
    expect(page.locator(state)).to_contain_text("通话中")
    day.run(2)
    page.keyboard.press("e")
    expect(page.locator("#sure")).to_be_visible()
    page.keyboard.press("Enter")  # two keys
    day.run(2)

    # the note, and the ticket closed
    expect(page.locator("#wrap-head")).to_be_visible()
    page.keyboard.press("1")
    expect(page.locator("#code-1")).to_be_checked()
    page.keyboard.press("w")
    page.keyboard.insert_text(NOTE)
    tab_to(page, "#wrap-ticket")
    page.keyboard.press("End")
    tab_to(page, "#act-done")
    page.keyboard.press("Enter")
    expect(page.locator(state)).not_to_contain_text("整理")  # "then: away" stands there before
    expect(page.locator(state)).to_contain_text("离开")
    (ticket,) = [one for one in day.store.tickets() if one.topic == "refund"]
    assert (ticket.status, ticket.note) == ("closed", NOTE)

    # the ticket is found by its reference
    page.keyboard.press("t")
    page.wait_for_url("**/console/tickets")
    page.keyboard.press("/")
    page.keyboard.type(ticket.reference)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/console/tickets/{ticket.reference}")
    expect(page.locator("#note")).to_have_value(NOTE)

    # the message is played
    page.keyboard.press("v")
    page.wait_for_url("**/console/messages")
    tab_to(page, "audio")
    page.keyboard.press("Space")
    (recording,) = day.store.recordings(message.sid)
    expect(page.locator("audio")).to_have_js_property("ended", True, timeout=PATIENCE_MS)  # nothing stops it on the way
    heard = day.store.recording(recording.id)
    assert heard is not None
    assert heard.heard_by == "li"


def test_a_supervisor_switches_a_notice_on_and_the_next_caller_hears_it(at_work: tuple[Day, Watched]) -> None:
    day, seen = at_work
    page = logged_in(day, seen, "wang")
    page.keyboard.press("n")
    page.wait_for_url("**/console/notices")
    page.keyboard.press("w")
    page.keyboard.insert_text("今晚十点系统维护。")
    page.keyboard.press("Tab")
    page.keyboard.type("Maintenance from 10 tonight.")
    tab_to(page, "form[action='/console/notices/on'] button")
    page.keyboard.press("Enter")
    expect(page.locator("#message")).to_contain_text("通知已开始播放")
    expect(page.locator("main")).to_contain_text("王芳 于")
    day.run(2)
    assert "今晚十点系统维护。" in day.call("1").heard


@pytest.mark.parametrize("clock", [timedelta(seconds=45), timedelta(hours=-1)], ids=["fast", "slow"])
def test_a_note_is_kept_as_it_is_typed_on_a_pc_whose_clock_is_wrong(
    at_work: tuple[Day, Watched], clock: timedelta
) -> None:
    day, seen = at_work
    day.phone(LI_PHONE)
    day.actions.ready("li")
    day.call(SUPPORTED)
    day.run(20)
    page = logged_in(day, seen, "li", clock)
    talk = day.store.talks.of_agent("li")
    assert talk is not None
    page.keyboard.press("w")
    page.keyboard.insert_text("已核对")
    expect(page.locator("#note-kept")).to_have_text("已保存")
    day.actions.end("li", talk.id)
    day.run(1)
    expect(page.locator("#wrap-head")).to_contain_text("剩余 0:29")
    expect(page.locator("#wrap-note")).to_be_focused()  # what is typed goes on while the page changes
    page.route("**/note", lambda route: route.abort(), times=1)  # the network is down for a moment
    page.keyboard.insert_text("退款 300126，今天处理。")
    expect(page.locator("#note-kept")).to_have_text("还没有保存，正在重试……")
    expect(page.locator("#note-kept")).to_have_text("已保存")
    day.run(40)
    expect(page.locator("#drafts")).to_contain_text("已核对退款 300126，今天处理。")
    kept = day.store.talks.get(talk.id)
    assert kept is not None
    assert (kept.state, kept.note, kept.code) == ("over", "已核对退款 300126，今天处理。", "")
    seen.mistakes.clear()  # a browser tells of requests that came to nothing


def test_a_note_stays_with_its_caller_when_the_page_saw_nothing_between_two(at_work: tuple[Day, Watched]) -> None:
    day, seen = at_work
    day.phone(LI_PHONE)
    day.actions.ready("li")
    day.call(SUPPORTED)
    day.run(20)
    page = logged_in(day, seen, "li")
    first = day.store.talks.of_agent("li")
    assert first is not None
    page.keyboard.press("w")
    page.keyboard.insert_text("第一位")
    expect(page.locator("#note-kept")).to_have_text("已保存")
    held: list[Route] = []
    page.route("**/my-call/now", lambda route: held.append(route))  # noqa: PLW0108 - it takes no built-in
    day.call(SUPPORTED, from_="+8613700000077")
    day.actions.end("li", first.id)
    day.run(120)  # the time to write runs out, the next caller is there
    second = day.store.talks.of_agent("li")
    assert second is not None
    assert second.id != first.id
    page.unroute("**/my-call/now")
    for route in held:
        route.continue_()
    form = page.locator("#note-form")
    expect(form).to_have_attribute("data-about", second.id)
    expect(page.locator("#wrap-note")).to_have_value("")
    kept = day.store.talks.get(first.id)
    assert kept is not None
    assert kept.note == "第一位"


def test_what_was_typed_as_the_login_ended_is_sent_after_the_next(at_work: tuple[Day, Watched]) -> None:
    day, seen = at_work
    day.phone(LI_PHONE)
    day.actions.ready("li")
    day.call(SUPPORTED)
    day.run(20)
    page = logged_in(day, seen, "li")
    talk = day.store.talks.of_agent("li")
    assert talk is not None
    page.keyboard.press("w")
    page.keyboard.insert_text("已核对")
    expect(page.locator("#note-kept")).to_have_text("已保存")
    page.route("**/note", lambda route: route.fulfill(status=503))  # the last words do not arrive
    page.keyboard.insert_text("，等银行")
    expect(page.locator("#note-kept")).to_have_text("还没有保存，正在重试……")
    day.store.logins.set_password("li", PASSWORD, day.now)  # ends all sessions
    day.actions.ready("zhao")  # something changes, of which the page is to be told
    page.wait_for_url("**/console/login?**")
    expect(page.locator("#password")).to_be_visible()
    page.locator("#name").fill("li")
    page.locator("#password").fill(PASSWORD)
    page.locator("#password").press("Enter")
    expect(page.locator("#live")).to_have_attribute("data-state", "on")  # it has fetched all that it shows
    expect(page.locator("#wrap-note")).to_have_value("已核对，等银行")
    expect(page.locator("#note-kept")).to_have_text("还没有保存，正在重试……")
    page.unroute("**/note")
    expect(page.locator("#note-kept")).to_have_text("已保存")
    kept = day.store.talks.get(talk.id)
    assert kept is not None
    assert kept.note == "已核对，等银行"
    seen.mistakes.clear()  # a browser tells of requests that came to nothing


def test_what_was_typed_into_a_ticket_is_there_after_the_login_was_over(at_work: tuple[Day, Watched]) -> None:
    day, seen = at_work
    day.call(SUPPORTED)
    (ticket,) = day.store.tickets()
    page = logged_in(day, seen, "li")
    page.goto(f"/console/tickets/{ticket.reference}")
    expect(page.locator("#live")).to_have_attribute("data-state", "on")
    page.keyboard.press("w")
    page.keyboard.insert_text("银行明天回复")
    changed = day.store.edit_ticket(
        ticket.reference, "working", "已查", day.now, seen=(ticket.status, mark(ticket.note))
    )
    assert changed is not None
    day.store.logins.set_password("li", PASSWORD, day.now)  # ends all sessions
    page.wait_for_url("**/console/login?**")
    page.locator("#name").fill("li")
    page.locator("#password").fill(PASSWORD)
    page.locator("#password").press("Enter")
    expect(page.locator("#note")).to_have_value("银行明天回复")
    page.locator("#note").press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#message")).to_be_visible()
    after = day.store.ticket(ticket.reference)
    assert after is not None
    assert (after.status, after.note) == ("working", "已查\n银行明天回复"), "what a colleague wrote meanwhile is kept"


def test_a_colleague_is_asked_from_the_keyboard(at_work: tuple[Day, Watched]) -> None:
    day, seen = at_work
    day.phone(LI_PHONE)
    day.phone(WANG_PHONE)
    day.actions.ready("li")
    day.call(SUPPORTED)
    day.run(20)
    day.actions.ready("wang")
    page = logged_in(day, seen, "li")
    page.keyboard.press("s")
    expect(page.locator("#consult")).to_be_visible()
    assert page.evaluate("document.querySelector('#consult').matches(':modal')")
    day.actions.ready("zhao")  # the board changes beneath the dialog, which stays as it is
    expect(page.locator("#board-side .people li", has_text="赵敏")).to_contain_text("空闲")
    assert page.evaluate("document.querySelector('#consult').matches(':modal')")
    tab_to(page, "#consult-whom")
    page.keyboard.type("王芳")
    tab_to(page, "#consult .button:not(.quiet)")
    page.keyboard.press("Enter")
    expect(page.locator("#message")).to_contain_text("正在呼叫您的同事")
    day.run(20)
    expect(page.locator("#act-complete")).to_be_visible()
    page.keyboard.press("m")
    expect(page.locator("#message")).to_contain_text("已转给同事")
    day.run(2)
    expect(page.locator("#wrap-head")).to_be_visible()


@pytest.mark.parametrize("width", [390, pytest.param(1280, marks=pytest.mark.slow)])
def test_no_page_is_wider_than_its_window(at_work: tuple[Day, Watched], width: int) -> None:
    day, seen = at_work
    day.phone(LI_PHONE)
    day.actions.ready("li")
    day.call(SUPPORTED)
    day.run(20)
    page = logged_in(day, seen, "li")
    page.set_viewport_size({"width": width, "height": 844})
    (ticket,) = day.store.tickets()
    for path in ("board", "tickets?status=", f"tickets/{ticket.reference}", "messages", "callbacks", "calls"):
        page.goto(f"/console/{path}")
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, path


def test_on_a_phone_every_act_has_a_name_and_the_page_is_seen_in_the_navigation(at_work: tuple[Day, Watched]) -> None:
    day, seen = at_work
    page = logged_in(day, seen, "wang")
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/console/reports")
    expect(page.get_by_role("link", name="王芳")).to_be_visible()
    expect(page.locator(".sidebar nav [aria-current]")).to_be_in_viewport(ratio=1)
    latest = page.locator("#calls-head ~ .scroll .day").last.bounding_box()
    assert latest is not None
    assert latest["x"] + latest["width"] <= 390, "the latest day is seen first"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_keys_beside_acts_stand_out_from_their_ground(
    at_work: tuple[Day, Watched], scheme: Literal["light", "dark"]
) -> None:
    """WCAG AA; `test_browser` measures the colours, and nothing that is read is faded."""
    day, seen = at_work
    page = logged_in(day, seen, "li")
    page.emulate_media(color_scheme=scheme)
    faded = page.evaluate(
        "[...document.querySelectorAll('body :not(:disabled)')].filter(one => getComputedStyle(one).opacity < 1)"
        ".filter(one => one.innerText?.trim()).map(one => one.outerHTML)"
    )
    assert faded == []


ELSEWHERE = """
const told = []
const tell = (words) => { told.push(words); document.documentElement.dataset.told = told.join(" | ") }
window.Notification = class {
  static permission = "default"
  static async requestPermission() { return this.permission = "granted" }
  constructor(words) { tell(words) }
}
window.AudioContext = class { constructor() { tell("sound"); throw new Error("a browser without sound") } }
document.hasFocus = () => false
"""
"""A browser whose owner looks at another window; what it would tell and sound is written down."""


def test_whoever_looks_elsewhere_is_told_of_callers_and_messages(at_work: tuple[Day, Watched]) -> None:
    day, seen = at_work
    seen.context.add_init_script(ELSEWHERE)
    day.phone(LI_PHONE, answers_after=None)
    page = logged_in(day, seen, "li")
    expect(page.locator("#ask-signals")).to_be_hidden()  # nobody is asked before there is a reason
    page.keyboard.press("r")
    expect(page.locator("#ask-signals")).to_be_visible()
    tab_to(page, "#ask-signals [data-answer=yes]")
    page.keyboard.press("Enter")
    expect(page.locator("#ask-signals")).to_be_hidden()
    day.call(SUPPORTED)
    told = page.locator("html")
    expect(told).to_have_attribute("data-told", re.compile(r"^sound \| 来电: 退款( \| sound)*$"))
    assert page.title().startswith("☎ 来电: 退款")
    expect(page.locator("link[rel=icon]")).to_have_attribute("href", re.compile("icon-marked"))
    page.keyboard.press("d")
    expect(page.locator("link[rel=icon]")).to_have_attribute("href", re.compile("icon[.]svg"))
    day.call("1 4 4 1 ~ -", from_="+8613700000077").hang_up()
    expect(told).to_have_attribute("data-told", re.compile(r"sound \| 1 条新留言$"))
    expect(page.locator("nav a[href='/console/messages']")).to_have_attribute("data-count", "1")
    assert page.title().startswith("(1) ")
