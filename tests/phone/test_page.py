"""The addresses of the web phone: whom they let in, what they take and give. No browser needed."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import Client

from ivr.app.build import Environment, build_app
from ivr.app.running import Inbox
from ivr.config import AgentSettings, Config
from ivr.phone import PhoneSession, create_phone, with_demo_agents
from ivr.phone.agents import callers
from ivr.phone.console import PhoneConsole
from ivr.phone.page import LANGUAGES, TEXTS
from ivr.wallet.demo_world import agents
from tests import shipped_hotline
from tests.phone.conftest import CALLER, LIN, MONDAY, Listener, phone_session_of
from tests.small_hotline import hotline_in

HERE = "http://127.0.0.1:8002"


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    return hotline_in(tmp_path_factory.mktemp("hotline"))


@pytest.fixture(scope="module")
def phone_session(config: Config) -> Iterator[PhoneSession]:
    """One for all these tests."""
    with phone_session_of(config) as phone_session:
        yield phone_session


@pytest.fixture
def app(phone_session: PhoneSession) -> Flask:
    return create_phone(phone_session)


def post(app: Flask, path: str, **fields: Any) -> Any:
    return app.test_client().post(path, base_url=HERE, json=fields)


def test_only_what_these_flows_can_answer_is_worth_trying(config: Config, phone_session: PhoneSession) -> None:
    flows = phone_session.simulation.app.hotline.editions.current.flows.flows.values()
    assert [person["routes"] for person in callers(config, MONDAY, flows)[:2]] == [[], []]
    shipped = shipped_hotline.flows().flows.values()
    assert [len(person["routes"]) for person in callers(config, MONDAY, shipped)[:2]] == [3, 3]


# --- access ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8002", 200),
        ("localhost:8002", 200),
        ("[::1]:8002", 200),
        ("192.168.1.5:8002", 403),
        ("rebound.example:8002", 403),
        ("127.0.0.1.rebound.example", 403),
        ("[", 403),
        ("", 403),
    ],
)
@pytest.mark.parametrize("path", ["/", "/state", "/static/phone.js"])
def test_this_machine_alone_is_let_in(app, host, status, path):
    assert app.test_client().get(path, headers={"Host": host}, base_url=HERE, buffered=True).status_code == status


def dialled(phone_session: PhoneSession) -> set[str]:
    """The calls that go on and that somebody dialled; agents' phones ring when they like."""
    return {call["call"] for call in phone_session.overview()["calls"] if not call["rung"]}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Origin": HERE, "Sec-Fetch-Site": "same-origin"}, 200),
        ({"Origin": "http://elsewhere.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://["}, 403),
        ({"Origin": "http://127.0.0.1:9999"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Content-Type": "text/plain"}, 403),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 403),
    ],
)
def test_no_other_page_makes_a_browser_dial(app, phone_session, headers, status):
    headers = {"Content-Type": "application/json", **headers}
    before = dialled(phone_session)
    answer = app.test_client().post("/dial", base_url=HERE, data=json.dumps({"from": CALLER}), headers=headers)
    assert answer.status_code == status
    assert bool(dialled(phone_session) - before) == (status == 200)


@pytest.mark.parametrize(("path", "status"), [("/", 200), ("/state", 403), ("/lines", 403), ("/static/phone.js", 403)])
def test_a_link_from_elsewhere_leads_to_the_page_alone(app, path, status):
    followed = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert app.test_client().get(path, base_url=HERE, headers=followed).status_code == status


@pytest.fixture
def console(tmp_path) -> Iterator[tuple[PhoneSession, Client]]:
    with (
        phone_session_of(with_demo_agents(hotline_in(tmp_path))) as phone_session,
        PhoneConsole(phone_session) as beside,
    ):
        beside.open_at(HERE)
        yield phone_session, Client(beside)


def links(phone_session: PhoneSession) -> list[str]:
    return [str(phone["console"]).removeprefix(HERE) for phone in phone_session.overview()["phones"]]


def test_a_click_logs_the_made_up_people_in(console):
    phone_session, browser = console
    assert browser.get("/console/board", base_url=HERE).status_code == 302
    for link, name in zip(links(phone_session), ("lin", "zhou", "wu"), strict=True):
        assert link.startswith(f"/console/as/{name}?key=")
        assert browser.get(link, base_url=HERE).status_code == 303
        board = browser.get("/console/board", base_url=HERE)
        assert board.status_code == 200
        assert next(agent for agent in agents().values() if agent.login == name).names["zh"] in board.text


@pytest.mark.parametrize("link", ["/console/as/lin", "/console/as/lin?key=", "/console/as/lin?key=wrong"])
def test_without_its_key_the_one_click_login_is_not_there(console, link):
    _, browser = console
    assert browser.get(link, base_url=HERE).status_code == 404
    assert browser.get("/console/board", base_url=HERE).status_code == 302


def test_the_key_opens_for_nobody_who_is_not_there(console):
    phone_session, browser = console
    assert browser.get(links(phone_session)[0].replace("/lin?", "/eve?"), base_url=HERE).status_code == 404


def test_the_made_up_people_are_ready_from_the_beginning(console, tmp_path):
    phone_session, _ = console
    assert {
        name: row.presence for name, row in phone_session.simulation.store.talks.presences().items()
    } == dict.fromkeys(("lin", "zhou", "wu"), "ready")


def test_with_own_agents_nobody_made_up_takes_their_callers(tmp_path):
    config = hotline_in(tmp_path)
    li = AgentSettings(phone=LIN, queues=("support",))  # by chance the number of a made-up colleague
    with phone_session_of(replace(config, agents={"li": li})) as phone_session:
        assert LIN in [phone["number"] for phone in phone_session.overview()["phones"] if not phone["is_demo"]]
        answering = phone_session.simulation.app.actions.agents
        assert [name for name, one in answering.items() if "support" in one.queues] == ["li"]
        assert phone_session.simulation.network.people.get(LIN) is None


def test_the_console_follows_the_hotline_to_another_time(console):
    phone_session, browser = console
    browser.get(links(phone_session)[0], base_url=HERE)
    assert phone_session.begin_at(None) == ""
    assert browser.get("/console/board", base_url=HERE).status_code == 302, "a new hotline knows nobody yet"
    assert browser.get(links(phone_session)[0], base_url=HERE).status_code == 303
    assert browser.get("/console/board", base_url=HERE).status_code == 200


def test_without_a_console_there_is_no_link(phone_session):
    assert set(links(phone_session)) == {""}


# --- production knows nothing of it -----------------------------------------------------------------------------


def test_production_has_no_address_of_the_web_phone(app, config, tmp_path):
    environment = Environment(sender=Inbox(tmp_path / "inbox"), public_url="http://hotline.test", tokens=("0" * 32,))
    hotline = build_app(config, environment)
    try:
        production = {rule.rule for rule in hotline.webhooks.pages.url_map.iter_rules()}
    finally:
        hotline.close()
    ours = {rule.rule for rule in app.url_map.iter_rules()}
    assert "/health" in production
    assert "/dial" in ours
    assert production & ours == set()


def test_production_does_not_even_import_it():
    code = (
        "import sys, ivr.app, ivr.webhooks.app, ivr.webhooks.server, ivr.cli.serve\n"
        "print(sorted(name for name in sys.modules if name.startswith(('ivr.phone', 'ivr.voices.speaker'))))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_no_debugger_comes_with_it():
    code = "import sys, ivr.phone\nprint('werkzeug.debug' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


# --- the page ---------------------------------------------------------------------------------------------------


class Parts(HTMLParser):
    """What a page is made of: its tags with their attributes, and its inline scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.inline: list[str] = []
        self._in = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._in = tag

    def handle_data(self, data: str) -> None:
        if self._in in ("script", "style") and data.strip():
            self.inline.append(data)

    def handle_endtag(self, tag: str) -> None:
        self._in = ""


def test_the_map_of_a_call_is_drawn_in_the_language_of_the_page(app: Flask, phone_session: PhoneSession) -> None:
    call = post(app, "/dial", **{"from": CALLER}).get_json()["call"]
    Listener(phone_session).until("said", call=call)
    for language, words in (("en", "How can we help?"), ("zh", "请选择")):
        drawn = app.test_client().get(f"/calls/{call}/map/hotline.svg?lang={language}", base_url=HERE)
        assert drawn.content_type == "image/svg+xml; charset=utf-8"
        assert words in drawn.text
        assert "<style>" not in drawn.text
    assert app.test_client().get("/map.css", base_url=HERE).text.startswith("/* How a drawn flow looks")
    phone_session.hang_up(call)


@pytest.mark.parametrize("address", ["/calls/CA0/map/hotline.svg", "/calls/x/map/%3Cb%3E.svg"])
def test_there_is_no_map_of_what_is_not_there(app: Flask, address: str) -> None:
    assert app.test_client().get(address, base_url=HERE).status_code == 404


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_needs_nothing_inline_and_nothing_from_elsewhere(app, language):
    answer = app.test_client().get(f"/?lang={language}", base_url=HERE)
    page = Parts(answer.text)
    assert page.inline == []
    given = [(name, value or "") for _, attributes in page.tags for name, value in attributes.items()]
    assert [name for name, _ in given if name == "style" or name.startswith("on")] == []
    places = [value for name, value in given if name in ("src", "href")]
    assert [place for place in places if not re.match(r"static/|map\.css|[#?]", place)] == []
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_field_and_button_has_a_name(app, language):
    page = Parts(app.test_client().get(f"/?lang={language}", base_url=HERE).text)
    labelled = {attributes["for"] for tag, attributes in page.tags if tag == "label" and "for" in attributes}
    nameless = [
        attributes
        for tag, attributes in page.tags
        if tag in ("input", "select")
        and attributes.get("id") not in labelled
        and "aria-label" not in attributes
        and attributes.get("type") != "checkbox"  # inside its label
    ]
    assert nameless == []


@pytest.mark.parametrize(
    ("asked", "accepted", "language"),
    [
        ("?lang=en", "zh", "en"),
        ("?lang=zh", "en", "zh"),
        ("", "en-GB,en", "en"),
        ("", "fr", "zh"),
        ("?lang=x", "", "zh"),
    ],
)
def test_the_page_is_in_the_language_of_its_reader(app, asked, accepted, language):
    text = app.test_client().get(f"/{asked}", base_url=HERE, headers={"Accept-Language": accepted}).text
    assert f'<html lang="{TEXTS["html_lang"][language]}">' in text
    assert TEXTS["dial"][language] in text


def test_every_text_is_used_and_every_used_text_is_there():
    folder = Path(create_phone.__code__.co_filename).parent
    scripts = "".join(path.read_text("utf-8") for path in folder.glob("static/*.js"))
    page = (folder / "templates" / "phone.html").read_text("utf-8")
    used = set(re.findall(r"\btexts\.(\w+)", scripts + page))
    made = {name for name in TEXTS if re.match(r"by_|phone_|time_|ringing$|answered$|connected$", name)}
    assert used - set(TEXTS) == set()
    assert set(TEXTS) - used - made == set()


# --- what is asked and done -----------------------------------------------------------------------------------------


def test_a_call_is_made_by_its_addresses(app, listener):
    call = post(app, "/dial", **{"from": CALLER}).get_json()["call"]
    listener.until("said", "English, press 2", call=call)
    assert post(app, f"/calls/{call}/press", key="2").status_code == 200
    listener.until("said", "How can we help?", call=call)
    assert post(app, f"/calls/{call}/say", words="goodbye").status_code == 200
    listener.until("over", call=call)
    assert post(app, f"/calls/{call}/hang-up").status_code == 409
    script = post(app, f"/calls/{call}/script", should_hear="").get_json()
    assert script["passes"], script


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/dial", {"from": "110"}, 409),
        ("/dial", {}, 409),
        ("/dial", {"from": 1}, 400),
        ("/dial", [], 400),
        ("/calls/CA1/press", {"key": "1"}, 409),
        ("/calls/CA1/explode", {}, 404),
        ("/phones/take", {"number": LIN}, 200),
        ("/phones/take", {"number": "+1"}, 409),
        ("/phones/give-back", {"number": LIN}, 200),
        ("/phones/steal", {}, 404),
        ("/time", {"at": "2026-10-01T10:00"}, 409),  # somebody telephones
        ("/time", {"at": "yesterday"}, 400),
        ("/calls/CA1/script", {"should_hear": ""}, 200),
    ],
)
def test_what_cannot_be_done_is_answered_so(app, phone_session, path, body, status):
    phone_session.dial(CALLER)
    assert app.test_client().post(path, base_url=HERE, json=body).status_code == status


def test_a_body_that_is_too_large_is_refused(app):
    assert post(app, "/dial", **{"from": "1" * 10_000}).status_code == 413


def test_where_nobody_reads_aloud_there_is_no_sound(app):
    assert app.test_client().get("/sound/1", base_url=HERE).status_code == 404


def test_what_happens_comes_as_events_from_where_a_reader_left_off(app, phone_session, listener):
    listener.until("said", "English, press 2", call=phone_session.dial(CALLER))
    got = {}
    for name, headers in (("anew", {}), ("again", {"Last-Event-ID": "2"}), ("nonsense", {"Last-Event-ID": "x"})):
        answer = app.test_client().get("/lines", base_url=HERE, headers=headers)
        assert answer.mimetype == "text/event-stream"
        stream = answer.iter_encoded()
        assert next(stream).startswith(b"retry:")
        event = next(stream).decode()
        got[name] = int(event.split("\n")[0].removeprefix("id: "))
        line = json.loads(event.split("data: ", 1)[1])
        assert line["n"] == got[name]
        answer.close()
    assert got == {"anew": 1, "again": 3, "nonsense": 1}


def test_events_end_when_the_booth_is_taken_down(config):
    with phone_session_of(config) as phone_session:
        stream = create_phone(phone_session).test_client().get("/lines", base_url=HERE).iter_encoded()
        next(stream)
    assert [part for part in stream if part.startswith(b"id")] == []


def test_lines_can_be_told_as_json(phone_session, listener: Listener):
    listener.until("said", "English, press 2", call=phone_session.dial(CALLER))
    assert json.loads(json.dumps(listener.lines, ensure_ascii=False)) == listener.lines
    assert json.dumps(phone_session.overview())
