"""Every route has a policy and keeps it: nothing is served, changed or shown past the table.

Part of docs/trust.md#goal-10, docs/trust.md#goal-14 and docs/trust.md#goal-15.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.routing import Rule
from werkzeug.test import Client

from ivr.agents.model import Agent
from ivr.app.console import console_of
from ivr.console import app as application
from ivr.console import pages
from ivr.console.app import create_console
from ivr.console.routes import ConsoleContext, ConsoleSettings, Route
from ivr.store import Store
from tests.console.local_console import MONDAY, ORIGIN, PAGES, PEOPLE, Browser, LocalConsole
from tests.hotline.harness import opened

CONSOLE = Path(application.__file__).parent
TEMPLATES = sorted((CONSOLE / "templates").glob("*.html"))
FORGED = [
    {},
    {"Origin": "https://evil.example"},
    {"Origin": "https://hotline.example.evil.example"},
    {"Origin": "http://hotline.example"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site", "Origin": ORIGIN},
    {"Sec-Fetch-Site": "none", "Origin": ORIGIN},
]


@pytest.fixture(scope="module")
def whole() -> Iterator[LocalConsole]:
    """The console with all its pages. No view is reached here, so nothing needs to stand behind them."""
    console = LocalConsole(Store.open("sqlite://"), routes=(*PAGES, *pages.ROUTES))
    yield console
    console.close()


def _rules(app: Flask, method: str = "") -> list[Rule]:
    return [rule for rule in app.url_map.iter_rules() if not method or method in (rule.methods or ())]


def _address(rule: Rule) -> str:
    return re.sub(r"<[^>]+>", "1", rule.rule)


def test_every_address_has_a_row_in_the_table(whole: LocalConsole) -> None:
    table = {route.name: route for route in whole.app.extensions["console"].routes}
    for rule in _rules(whole.app):
        route = table[rule.endpoint]
        assert route.needs in ("anybody", "agent", "supervisor", "editor")
        assert not rule.arguments or route.needs == "anybody" or route.sees is not None, rule.rule
    assert {route.name for route in table.values() if route.needs == "anybody"} == {"login", "static", "health"}


@pytest.mark.parametrize(
    ("routes", "message"),
    [
        ([Route("a", "/console/a/<id>", lambda session: "")], "say in `sees` who may see it"),
        ([Route("a", f"/console/{path}", lambda session: "") for path in "ab"], 'two routes are called "a"'),
    ],
    ids=["without who may see it", "of one name"],
)
def test_a_table_of_routes_with_a_mistake_is_not_served(routes: list[Route], message: str) -> None:
    with Store.open("sqlite://") as store, pytest.raises(ValueError, match=message):
        create_console(
            ConsoleContext(store=store, agents={}, clock=lambda: MONDAY), ConsoleSettings(origins=frozenset()), routes
        )


def test_nothing_but_the_door_is_open_to_strangers(whole: LocalConsole) -> None:
    stranger = Browser(whole)
    for rule in _rules(whole.app, "GET"):
        if rule.endpoint not in ("login", "static", "health"):
            answer = stranger.get(_address(rule))
            expected = {"quiet": 401}.get("quiet" if _is_quiet(whole, rule) else "", 302)
            assert answer.status_code == expected, rule.rule
            assert answer.headers.get("Location", "/console/login").startswith("/console/login")


def _is_quiet(console: LocalConsole, rule: Rule) -> bool:
    return next(route.quiet for route in console.app.extensions["console"].routes if route.name == rule.endpoint)


def test_nothing_changes_without_a_token(whole: LocalConsole) -> None:
    supervisor = whole.logged_in("wang")
    changing = [rule for rule in _rules(whole.app, "POST") if rule.endpoint != "login"]
    assert len(changing) >= 5
    for rule in changing:
        for form in ({"csrf": ""}, {"csrf": "x" * 43}, {"csrf": Browser(whole).csrf()}):
            assert supervisor.post(_address(rule), form).status_code == 403, rule.rule
    assert supervisor.inside


def test_no_nul_comes_to_the_store(whole: LocalConsole) -> None:
    """PostgreSQL takes none, and the store would seem to have failed."""
    supervisor, stranger = whole.logged_in("wang"), Browser(whole)
    for rule in _rules(whole.app):
        path = re.sub(r"<[^>]+>", "a%00b", rule.rule) + ("" if rule.arguments else "?status=a%00b")
        if rule.endpoint != "static":
            ask = supervisor.get if "GET" in (rule.methods or ()) else supervisor.post
            assert ask(path).status_code == 400, rule.rule
    assert stranger.log_in("li\0").status_code == 400
    assert supervisor.inside


@pytest.mark.parametrize("headers", FORGED, ids=str)
def test_nothing_is_taken_from_other_pages(whole: LocalConsole, headers: dict[str, str]) -> None:
    supervisor = whole.logged_in("wang")
    for rule in _rules(whole.app, "POST"):
        assert supervisor.post(_address(rule), headers=headers).status_code == 403, rule.rule
    assert supervisor.inside


def test_another_agents_token_is_no_token(whole: LocalConsole) -> None:
    li, wang = whole.logged_in("li"), whole.logged_in("wang")
    assert li.post("/console/logout", {"csrf": wang.csrf()}).status_code == 403
    assert li.inside


def test_only_get_and_post_are_known(whole: LocalConsole) -> None:
    for rule in _rules(whole.app):
        assert (rule.methods or set()) <= {"GET", "HEAD", "POST"}


def test_supervisors_pages_are_closed_to_agents(whole: LocalConsole) -> None:
    agent = whole.logged_in("li")
    for route in whole.app.extensions["console"].routes:
        if route.needs == "supervisor":
            path = re.sub(r"<[^>]+>", "1", route.path)
            answer = agent.get(path) if "GET" in route.methods else agent.post(path)
            assert answer.status_code == 403, route.path


@pytest.mark.parametrize(
    ("who", "queue", "status"),
    [
        ("li", "support", 200),
        ("li", "security", 404),
        ("li", "senior", 404),
        ("chen", "security", 200),
        ("chen", "support", 404),
        ("wang", "support", 200),
        ("wang", "security", 200),
    ],
)
def test_an_agent_sees_what_is_of_their_queues_and_a_supervisor_all(
    whole: LocalConsole, who: str, queue: str, status: int
) -> None:
    assert whole.logged_in(who).get(f"/console/papers/{queue}").status_code == status


def test_what_may_not_be_seen_looks_like_what_is_not_there(whole: LocalConsole) -> None:
    agent = whole.logged_in("li")
    hidden, missing = agent.get("/console/papers/security"), agent.get("/console/nothing")
    assert (hidden.status_code, hidden.text) == (missing.status_code, missing.text)


# --- what answers say to browsers -----------------------------------------------------------------------------------


def test_every_answer_is_guarded(whole: LocalConsole) -> None:
    agent = whole.logged_in("li")
    for path in ("/console/login", "/console/me", "/console/nothing", "/console/static/console.css", "/console/parts"):
        headers = agent.get(path).headers
        policy = headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'self';")
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert "form-action 'self'" in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Strict-Transport-Security"]
        if "static" not in path:
            assert headers["Cache-Control"] == "no-store"


def test_files_are_kept_by_browsers_only_under_their_digest(whole: LocalConsole) -> None:
    browser = Browser(whole)
    address = re.search(r"/console/static/console\.css\?v=\w+", browser.get("/console/login").text)
    assert address is not None
    assert "immutable" in browser.get(address[0]).headers["Cache-Control"]
    assert browser.get("/console/static/console.css?v=old").headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("name", ["..%2Fapp.py", "../app.py", "..%5Capp.py", "/etc/passwd"])
def test_no_other_file_is_served(whole: LocalConsole, name: str) -> None:
    assert Browser(whole).get(f"/console/static/{name}").status_code in (400, 404)


def test_a_fault_tells_nothing_of_itself(caplog: pytest.LogCaptureFixture) -> None:
    def broken(session: object) -> str:
        raise ValueError("canary-4711")

    console = LocalConsole(Store.open("sqlite://"), routes=(Route("broken", "/console/broken", broken),))
    answer = console.logged_in().get("/console/broken")
    console.close()
    assert answer.status_code == 500
    assert "canary" not in answer.text
    assert "Traceback" not in answer.text
    assert "a page failed" in caplog.text


def test_a_store_that_does_not_answer_is_told(whole: LocalConsole) -> None:
    from ivr.store import Unavailable

    agent = whole.logged_in()
    store = whole.app.extensions["console"].context.store
    real = store.login_sessions.find
    store.login_sessions.find = lambda *given: (_ for _ in ()).throw(Unavailable("locked"))
    try:
        assert agent.get("/console/me").status_code == 503
    finally:
        store.login_sessions.find = real


def test_a_large_body_is_refused(whole: LocalConsole) -> None:
    assert whole.logged_in().post("/console/language", {"language": "x" * 70_000}).status_code == 413


def test_no_debugger_is_served(whole: LocalConsole) -> None:
    assert not whole.app.debug
    assert Browser(whole).get("/console/?__debugger__=yes&cmd=resource&f=style.css").status_code == 302
    assert Browser(whole).get("/console").status_code in (308, 404)


# --- the line and the console are strangers -------------------------------------------------------------------------


def test_the_line_serves_no_page_and_the_console_no_webhook(tmp_path: Path, whole: LocalConsole) -> None:
    with opened(tmp_path) as line:
        pages = Client(line.app.webhooks)
        assert pages.post("/voice").status_code not in (404, 405)
        assert pages.get("/console/login").status_code == 404
        assert not any(rule.rule.startswith("/console") for rule in line.app.webhooks.pages.url_map.iter_rules())
    ours = {rule.rule for rule in _rules(whole.app)}
    assert all(path == "/health" or path.startswith("/console/") for path in ours)


def test_what_is_really_served_is_open_to_strangers_at_the_door_alone(tmp_path: Path) -> None:
    with opened(tmp_path) as line:
        served = console_of(line.app, ConsoleSettings(origins=frozenset({ORIGIN})))
        table = served.extensions["console"].routes
        assert {rule.endpoint for rule in _rules(served)} == {route.name for route in table}
        assert {route.path for route in table if route.needs == "anybody"} == {
            "/console/login", "/console/static/<name>", "/health", "/metrics",
        }  # fmt: skip


# --- text stays text ------------------------------------------------------------------------------------------------

_SHAPES = (
    "<script>{}</script>", "<img src=x onerror={}>", '"><svg onload={}>', "'-{}-'", "javascript:{}",
    "</title><script>{}", "{{{{7*7}}}}{}", "</textarea><script>{}</script>",
    "<a href='javascript:{}'>x</a>", "<!--<script>{}-->",
)  # fmt: skip
PAYLOADS = [shape.format(f"alert({number})") for number in range(10) for shape in _SHAPES]


class _Nodes(HTMLParser):
    """Counts what would run."""

    def __init__(self) -> None:
        super().__init__()
        self.running: list[str] = []
        self.tags = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags += 1
        if tag == "script" and not dict(attrs).get("src", "").startswith("/console/static/"):
            self.running.append(tag)
        for name, value in attrs:
            leads = name in ("href", "src", "action", "formaction") and (value or "").strip().lower()
            if name.startswith("on") or name == "style" or (leads and leads.startswith("javascript:")):
                self.running.append(f"{tag} {name}={value}")


def _tags(page: str) -> int:
    nodes = _Nodes()
    nodes.feed(page)
    assert nodes.running == []
    return nodes.tags


def test_a_hundred_payloads_stay_text_on_every_page_of_the_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(PAYLOADS) == 100
    console = LocalConsole(Store.open("sqlite://"))
    stranger, agent = console.browser(), console.logged_in()
    refused, me = _tags(stranger.log_in("plain", "x").text), _tags(agent.get("/console/me").text)
    asked = _tags(stranger.client.get("/console/login?next=plain").text)
    for number, payload in enumerate(PAYLOADS):
        address = f"192.0.2.{number}"
        assert _tags(stranger.log_in(payload, payload, REMOTE_ADDR=address).text) == refused
        assert _tags(stranger.client.get("/console/login", query_string={"next": payload}).text) == asked
        named = Agent(name="li", phone="+8613900000001", queues=(payload,), languages=(payload,), shown={"zh": payload})
        monkeypatch.setitem(PEOPLE, "li", named)
        assert _tags(agent.get("/console/me").text) == me
    console.close()


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_templates_escape_and_write_nothing_inline(template: Path) -> None:
    text = template.read_text("utf-8")
    assert not re.search(r"\|\s*safe|autoescape|\sstyle=|\son\w+=|<style|javascript:", text)
    assert all("src=" in script for script in re.findall(r"<script[^>]*>", text))
    forms = re.findall(r"<form[^>]*method=\"post\".*?</form>", text, re.DOTALL | re.IGNORECASE)
    for form in forms:
        assert "csrf_field" in form or 'name="door"' in form, f"{template.name}: a form without its token"


# --- keys and icons ----


def test_single_keys_are_unique_and_every_icon_is_drawn() -> None:
    routes = (*pages.ROUTES, *application.OWN, *application.login.ROUTES)
    keys = [route.key for route in routes if route.key]
    assert len(keys) == len(set(keys))
    used: set[str] = set()
    for template in TEMPLATES:  # on every page the keys of the navigation lead away
        own = set(re.findall(r'data-key="([^"{])"', template.read_text("utf-8")))
        assert not set(keys) & own, template.name
        used |= own
    example = re.findall(r' key="(.)"', (CONSOLE.parents[1] / "docs" / "design.md").read_text("utf-8"))
    assert len(example) == 1
    assert example[0] not in {*keys, *used}, "the how-to of a page shows a key that is free"
    drawn = set(re.findall(r'<symbol id="([\w-]+)"', (CONSOLE / "static" / "icons.svg").read_text("utf-8")))
    asked = {route.icon for route in routes if route.icon}
    for template in TEMPLATES:
        asked |= set(re.findall(r"""icon\(["']([\w-]+)["']""", template.read_text("utf-8")))
    assert asked <= drawn
