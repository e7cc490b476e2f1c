"""In and out of the console (docs/trust.md#goal-10): passwords, waits, sessions, languages, and where links lead."""

from __future__ import annotations

import re
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest

from ivr.console.policy import own_path
from ivr.console.routes import ConsoleSettings
from ivr.store import Store
from tests.console.local_console import LI, ORIGIN, OURS, PASSWORD, PEOPLE, LocalConsole

WRONG = "用户名或密码不正确。"


# --- logging in ---------------------------------------------------------------------------------------------------


def test_the_right_password_opens_the_door(console: LocalConsole) -> None:
    browser = console.browser()
    answer = browser.log_in()
    assert (answer.status_code, answer.headers["Location"]) == (303, "/console/")
    assert browser.inside
    assert [(deed.by, deed.what) for deed in console.store.audit_log.latest()] == [("li", "login")]


def test_the_cookie_is_bound_to_this_address_and_unreadable_by_scripts(console: LocalConsole) -> None:
    cookies = console.browser().log_in().headers.getlist("Set-Cookie")
    [cookie] = [cookie for cookie in cookies if cookie.startswith("__Host-ivr=")]
    token, *flags = cookie.removeprefix("__Host-ivr=").split("; ")
    assert sorted(flags) == ["HttpOnly", "Path=/", "SameSite=Strict", "Secure"]
    assert len(token) == 43  # 256 bits in base64


def test_what_a_cookie_holds_is_nowhere_in_the_store(tmp_path: Path) -> None:
    console = LocalConsole(Store.open(f"sqlite:///{tmp_path}/ivr.db"))
    token = console.logged_in().cookie()
    console.close()
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"li" in kept
    assert token.encode() not in kept
    assert PASSWORD.encode() not in kept


def test_for_dev_the_cookie_goes_without_https() -> None:
    settings = ConsoleSettings(origins=frozenset({"http://127.0.0.1:8001"}), secure=False)
    console = LocalConsole(Store.open("sqlite://"), settings=settings)
    client = console.browser().client
    answer = client.get("/console/login", base_url="http://127.0.0.1:8001")
    assert answer.headers["Set-Cookie"].startswith("ivr-door=")
    assert "Secure" not in answer.headers["Set-Cookie"]
    assert "Strict-Transport-Security" not in answer.headers
    console.close()


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("li", "wrong password"),
        ("li", PASSWORD + " "),
        ("li", ""),
        ("li", "x" * 5_000),
        ("nobody", PASSWORD),
        (PEOPLE["+8613900000009"].name, PASSWORD),
        ("", ""),
    ],
)
def test_unknown_and_wrong_are_told_in_the_same_words(console: LocalConsole, name: str, password: str) -> None:
    browser = console.browser()
    answer = browser.log_in(name, password)
    assert answer.status_code == 403
    assert WRONG in answer.text
    assert not browser.inside
    reference = console.browser().log_in("somebody", "something")
    normal = [re.sub(r' value="[^"]*"| autofocus', "", page.text) for page in (answer, reference)]
    assert normal[0] == normal[1]


def test_unknown_names_take_the_way_of_a_hash_too(console: LocalConsole, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same time for all: a name without a password is hashed against nothing."""
    from ivr.store import logins

    hashed: list[str] = []
    real = logins.hashlib.scrypt
    monkeypatch.setattr(logins.hashlib, "scrypt", lambda *a, **k: hashed.append("once") or real(*a, **k))
    for name in ("li", "nobody"):
        hashed.clear()
        console.browser().log_in(name, "wrong password")
        assert hashed == ["once"], name


def test_a_form_without_its_cookie_is_stale(console: LocalConsole) -> None:
    client = console.browser().client
    form = {"name": "li", "password": PASSWORD, "door": "0" * 64}
    answer = client.post("/console/login", base_url=ORIGIN, data=form, headers=OURS)
    assert answer.status_code == 403
    assert not client.get_cookie("__Host-ivr", "desk.example")


def test_five_wrong_tries_bring_a_wait_that_grows(console: LocalConsole) -> None:
    browser = console.browser()
    for _ in range(5):
        assert browser.log_in(password="wrong password").status_code == 403
    for seconds in (30, 60, 120):
        answer = browser.log_in()
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, str(seconds))
        console.clock.advance(seconds=seconds)
        assert browser.log_in(password="wrong password").status_code == 403
    console.clock.advance(seconds=240)
    assert browser.log_in().status_code == 303


def test_a_wait_is_the_same_for_names_that_nobody_has(console: LocalConsole) -> None:
    answers = []
    for name in ("li", "nobody"):
        browser = console.browser()
        for _ in range(5):
            browser.log_in(name, "wrong password", REMOTE_ADDR=f"192.0.2.{len(name)}")
        answers.append(browser.log_in(name, PASSWORD, REMOTE_ADDR=f"192.0.2.{len(name)}"))
    assert [answer.status_code for answer in answers] == [429, 429]
    assert answers[0].headers["Retry-After"] == answers[1].headers["Retry-After"]


def test_an_address_waits_too_whatever_names_it_tries(console: LocalConsole) -> None:
    def tried(name: str, address: str) -> int:
        return console.browser().log_in(name, "wrong password", REMOTE_ADDR=address).status_code

    assert [tried(f"name{number}", "192.0.2.7") for number in range(21)] == [403] * 20 + [429]
    assert tried("another", "192.0.2.8") == 403


def test_the_right_password_forgives_the_wrong_ones(console: LocalConsole) -> None:
    for _ in range(3):
        for _ in range(4):
            assert console.browser().log_in(password="wrong password").status_code == 403
        assert console.browser().log_in().status_code == 303


def test_guesses_from_elsewhere_keep_nobody_waiting_where_they_logged_in_before(console: LocalConsole) -> None:
    assert console.browser().log_in(REMOTE_ADDR="192.0.2.1").status_code == 303
    for stranger in range(9):
        console.browser().log_in(password="wrong password", REMOTE_ADDR=f"198.51.100.{stranger}")
    assert console.browser().log_in(REMOTE_ADDR="192.0.2.1").status_code == 303
    assert console.browser().log_in(REMOTE_ADDR="198.51.100.1").status_code == 429, (
        "a right login there changes nothing"
    )
    tried = [console.browser().log_in(password="wrong", REMOTE_ADDR="192.0.2.1").status_code for _ in range(6)]
    assert tried == [403] * 5 + [429], "a known network has no more tries than any other"


def test_a_crowd_of_strangers_has_four_places_and_a_known_network_needs_none(console: LocalConsole) -> None:
    """Eighty guesses at once, each at another name from another address, held every thread: no page was answered."""
    assert console.browser().log_in().status_code == 303
    with ExitStack() as crowd:
        for number in range(4):
            place = console.store.logins.place(f"name{number}", f"198.51.100.{number}", console.clock())
            assert crowd.enter_context(place)
        refused = console.browser().log_in("chen", REMOTE_ADDR="192.0.2.1")
        assert (refused.status_code, refused.headers["Retry-After"]) == (429, "5")
        assert console.browser().log_in().status_code == 303
    assert console.browser().log_in("chen", REMOTE_ADDR="192.0.2.1").status_code == 303


def test_a_name_that_was_unlocked_may_be_tried_from_its_known_networks_too(console: LocalConsole) -> None:
    assert console.browser().log_in().status_code == 303
    for _ in range(5):
        console.browser().log_in(password="wrong password")
    assert console.browser().log_in().status_code == 429
    console.store.logins.unlock("li")
    for stranger in range(9):
        console.browser().log_in(password="wrong password", REMOTE_ADDR=f"198.51.100.{stranger}")
    assert console.browser().log_in().status_code == 303, "and they are still known"


@pytest.mark.parametrize(
    ("address", "another"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:beef::2"),  # a browser takes another one each day
        ("[2001:db8:1:2::1]:4001", "2001:DB8:1:2::9"),
        ("192.0.2.1:4001", "192.0.2.1:4002"),
        ("192.0.2.1", "::ffff:192.0.2.1"),
    ],
)
def test_one_network_is_one_address(console: LocalConsole, address: str, another: str) -> None:
    assert console.browser().log_in(REMOTE_ADDR=address).status_code == 303
    for stranger in range(9):
        console.browser().log_in(password="wrong password", REMOTE_ADDR=f"198.51.100.{stranger}")
    assert console.browser().log_in(REMOTE_ADDR=another).status_code == 303
    for name in range(20):
        console.browser().log_in(f"name{name}", "wrong password", REMOTE_ADDR=(address, another)[name % 2])
    assert console.browser().log_in("name", "wrong password", REMOTE_ADDR=address).status_code == 429


def test_a_name_that_was_unlocked_may_be_tried_at_once(console: LocalConsole) -> None:
    for _ in range(5):
        console.browser().log_in(password="wrong password")
    assert console.browser().log_in().status_code == 429
    console.store.logins.unlock("li")
    assert console.browser().log_in().status_code == 303


@pytest.mark.parametrize(
    ("proxies", "forwarded", "same"),
    [
        (frozenset(), "198.51.100.{n}", True),  # a header of a stranger's is not believed
        (frozenset({"127.0.0.1"}), "198.51.100.{n}", False),
        (frozenset({"127.0.0.1"}), "6.6.6.{n}, 198.51.100.9", True),  # what came before the proxy is a stranger's
        (frozenset({"127.0.0.1", "10.0.0.1"}), "198.51.100.{n}, 10.0.0.1", False),
    ],
)
def test_only_configured_proxies_say_where_somebody_comes_from(
    proxies: frozenset[str], forwarded: str, same: bool
) -> None:
    console = LocalConsole(
        Store.open("sqlite://"), settings=ConsoleSettings(origins=frozenset({ORIGIN}), proxies=proxies)
    )
    for n in range(20):
        console.browser().log_in(f"n{n}", "x", HTTP_X_FORWARDED_FOR=forwarded.format(n=n))
    waits = console.browser().log_in("li", "x", HTTP_X_FORWARDED_FOR=forwarded.format(n=99)).status_code == 429
    console.close()
    assert waits is same


# --- sessions -------------------------------------------------------------------------------------------------------


def test_a_visit_ends_when_nobody_is_there(console: LocalConsole) -> None:
    browser = console.logged_in()
    for _ in range(5):
        console.clock.advance(minutes=14)
        assert browser.inside
    console.clock.advance(minutes=15)
    assert not browser.inside


def test_what_a_page_fetches_by_itself_keeps_nobody_logged_in(console: LocalConsole) -> None:
    browser = console.logged_in()
    for _ in range(2):
        console.clock.advance(minutes=7)
        for path in ("/console/try/now", "/console/parts", "/console/left"):
            assert browser.get(path).status_code == 200
    console.clock.advance(minutes=1)
    assert browser.get("/console/parts").status_code == 401


def test_a_touch_keeps_somebody_logged_in(console: LocalConsole) -> None:
    browser = console.logged_in()
    csrf = browser.csrf()
    for _ in range(4):
        console.clock.advance(minutes=10)
        answer = browser.client.post("/console/here", base_url=ORIGIN, headers={**OURS, "X-CSRF": csrf})
        assert answer.status_code == 204
    assert browser.inside


def test_a_page_can_ask_how_long_a_visit_lasts(console: LocalConsole) -> None:
    browser = console.logged_in()
    console.clock.advance(minutes=10)
    assert browser.get("/console/left").json == {"seconds": 300}


def test_a_visit_ends_after_twelve_hours_whatever_is_done(console: LocalConsole) -> None:
    browser = console.logged_in()
    for _ in range(71):
        console.clock.advance(minutes=10)
        assert browser.inside
    console.clock.advance(minutes=10)
    assert not browser.inside


def test_logging_out_ends_the_visit_on_the_server(console: LocalConsole) -> None:
    browser, thief = console.logged_in(), console.browser()
    thief.client.set_cookie("__Host-ivr", browser.cookie(), domain="desk.example")
    assert thief.inside
    assert browser.post("/console/logout").headers["Location"].startswith("/console/login?left=1")
    assert not thief.inside
    assert browser.cookie() == ""


def test_logging_in_renews_the_id_and_ends_the_old_visit(console: LocalConsole) -> None:
    browser, thief = console.logged_in(), console.browser()
    old = browser.cookie()
    thief.client.set_cookie("__Host-ivr", old, domain="desk.example")
    assert browser.get("/console/login").status_code == 302  # somebody who is in is not asked again
    form = {"name": "li", "password": PASSWORD, "door": console.store.login_sessions.form_token("key")}
    browser.client.set_cookie("__Host-ivr-door", "key", domain="desk.example")
    browser.client.post("/console/login", base_url=ORIGIN, data=form, headers=OURS)
    assert browser.cookie() not in ("", old)
    assert browser.inside
    assert not thief.inside


def test_an_id_that_was_planted_is_nobodys(console: LocalConsole) -> None:
    browser = console.browser()
    browser.client.set_cookie("__Host-ivr", "planted", domain="desk.example")
    assert not browser.inside
    browser.log_in()
    assert browser.cookie() != "planted"


def test_somebody_who_is_not_configured_any_more_is_out(console: LocalConsole, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = console.logged_in()
    monkeypatch.delitem(PEOPLE, "li")
    assert not browser.inside
    assert console.browser().log_in().status_code == 403


# --- the password -------------------------------------------------------------------------------------------------

NEW = "nine loud trains"


def _changed(console: LocalConsole, **other: str) -> str:
    browser = console.logged_in()
    form = {"current": PASSWORD, "new": NEW, "again": NEW, **other}
    browser.post("/console/me/password", form)
    return browser.get("/console/me").text


def test_changing_the_password_ends_every_other_visit(console: LocalConsole) -> None:
    elsewhere, browser = console.logged_in(), console.logged_in()
    old = browser.cookie()
    browser.post("/console/me/password", {"current": PASSWORD, "new": NEW, "again": NEW})
    assert browser.inside
    assert browser.cookie() != old
    assert not elsewhere.inside
    assert console.browser().log_in().status_code == 403
    assert console.browser().log_in(password=NEW).status_code == 303


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ({"current": "wrong password"}, "当前密码不正确。"),
        ({"again": "ten loud trains"}, "两次输入的新密码不一致。"),
        ({"new": "short", "again": "short"}, "新密码至少需要 10 个字符。"),
        ({"new": "lililililili", "again": "lililililili"}, "新密码不能只是您的用户名。"),
        ({"new": "a" * 12, "again": "a" * 12}, "新密码使用的字符种类太少。"),
        ({"new": "ab" * 120, "again": "ab" * 120}, "新密码过长。"),
    ],
)
def test_a_password_that_will_not_do_changes_nothing(console: LocalConsole, other: dict[str, str], told: str) -> None:
    assert told in _changed(console, **other)
    assert console.browser().log_in().status_code == 303


def test_guessing_the_current_password_waits_like_logging_in(console: LocalConsole) -> None:
    browser = console.logged_in()
    for _ in range(5):
        browser.post("/console/me/password", {"current": "x", "new": NEW, "again": NEW})
    browser.post("/console/me/password", {"current": PASSWORD, "new": NEW, "again": NEW})
    assert "尝试次数过多" in browser.get("/console/me").text
    assert console.browser().log_in(REMOTE_ADDR="192.0.2.9").status_code == 429


def test_logging_out_elsewhere_renews_ones_own_visit(console: LocalConsole) -> None:
    elsewhere, browser = console.logged_in(), console.logged_in()
    browser.post("/console/me/others")
    assert browser.inside
    assert not elsewhere.inside


# --- language and ways ----------------------------------------------------------------------------------------------


def test_the_language_is_switched_at_once_and_kept(console: LocalConsole) -> None:
    browser = console.logged_in()
    assert '<html lang="zh-Hans">' in browser.get("/console/me").text
    assert browser.post("/console/language", {"language": "en", "back": "/console/me"}).headers["Location"] == (
        "/console/me"
    )
    page = browser.get("/console/me").text
    assert '<html lang="en">' in page
    assert "My account" in page
    assert "Li Na" in page


@pytest.mark.parametrize(
    ("asked", "accept", "tag"),
    [
        ("", "en-GB,en;q=0.9", "en"),
        ("", "fr,zh-CN", "zh-Hans"),
        ("", "fr", "zh-Hans"),
        ("en", "zh", "en"),
        ("xx", "en", "en"),
    ],
)
def test_the_door_speaks_what_the_browser_asks_for(console: LocalConsole, asked: str, accept: str, tag: str) -> None:
    page = console.browser().get(f"/console/login?language={asked}", **{"Accept-Language": accept}).text
    assert f'<html lang="{tag}">' in page


@pytest.mark.parametrize(
    ("path", "goes"),
    [
        ("/console/papers/support?a=1", "/console/papers/support?a=1"),
        ("//evil.example/console/", "/console/"),
        ("https://evil.example/console/", "/console/"),
        ("/console/\\evil", "/console/"),
        ("/console/\r\nSet-Cookie: a=b", "/console/"),
        ("/elsewhere", "/console/"),
        ("", "/console/"),
    ],
)
def test_a_link_leads_nobody_out_of_the_console(path: str, goes: str) -> None:
    assert own_path(path) == goes


def test_whoever_is_not_in_comes_back_to_where_they_wanted(console: LocalConsole) -> None:
    answer = console.browser().get("/console/papers/support?a=1&b=2")
    assert (answer.status_code, answer.headers["Location"]) == (
        302, "/console/login?next=/console/papers/support%3Fa%3D1%26b%3D2",
    )  # fmt: skip


def test_the_start_is_the_first_page_of_the_navigation(console: LocalConsole) -> None:
    assert console.logged_in().get("/console/").headers["Location"] == "/console/try"


def test_a_sentence_is_shown_once_and_as_text(console: LocalConsole) -> None:
    browser = console.logged_in()
    browser.client.set_cookie("ivr-said", "done:%3Cscript%3E", domain="desk.example", path="/console")
    assert "&lt;script&gt;" in browser.get("/console/me").text
    assert "&lt;script&gt;" not in browser.get("/console/me").text


def test_a_form_sent_by_a_script_is_answered_in_json(console: LocalConsole) -> None:
    browser = console.logged_in()
    answer = browser.post("/console/try/note", headers={**OURS, "X-Stay": "/console/try"})
    assert answer.json == {"go": "/console/try", "kind": "done", "message": "密码已更改，其他浏览器均已退出登录。"}
    assert "Set-Cookie" not in answer.headers


def test_idle_and_longest_come_from_the_settings() -> None:
    settings = ConsoleSettings(origins=frozenset({ORIGIN}), idle=timedelta(minutes=2), longest=timedelta(minutes=3))
    console = LocalConsole(Store.open("sqlite://"), settings=settings)
    browser = console.logged_in()
    console.clock.advance(seconds=119)
    assert browser.inside
    console.clock.advance(seconds=61)
    assert not browser.inside
    console.close()


def test_names_are_shown_in_the_language_of_the_page() -> None:
    assert (LI.called("zh"), LI.called("en")) == ("李娜", "Li Na")
