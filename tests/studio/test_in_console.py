"""The studio in the console: who may, what is written down, and two people who edit at once."""

from __future__ import annotations

import os
import shutil
import socket
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest

from ivr.config.settings import Setting
from ivr.studio.in_console import LONG, harmless_phone
from tests.console.local_console import ORIGIN, Browser
from tests.phone.conftest import CALLER, SPEED, Listener
from tests.small_hotline import hotline_in
from tests.studio.local_studio import FILE, LocalStudio, local_studio
from tests.voices.sounds import tone


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[LocalStudio]:
    """A console with a studio in it."""
    with local_studio(tmp_path) as studio:
        yield studio


@pytest.mark.parametrize(("name", "status"), [("ed", 200), ("eva", 200), ("wang", 403), ("li", 403)])
def test_the_studio_is_for_editors(name: str, status: int, studio: LocalStudio) -> None:
    browser = studio.at(name).browser
    for path in ("", "files", "words", "editions", "static/studio.js", "map/hotline.svg"):
        if path.startswith("map") and status == 200:
            browser.get("/console/studio/files")
        assert browser.get(f"/console/studio/{path}").status_code == status, path
    assert ("/console/studio/" in browser.get("/console/me").text) is (status == 200)


def test_answers_that_may_take_long_are_those_of_addresses_that_there_are(studio: LocalStudio) -> None:
    routes = studio.app.extensions["console"].routes
    assert {route.path for route in routes} >= LONG
    assert all(route.quiet for route in routes if route.path in LONG)


def test_strangers_come_to_the_login(studio: LocalStudio) -> None:
    stranger = Browser(studio)  # type: ignore[arg-type]
    assert stranger.get("/console/studio/").headers["Location"].startswith("/console/login")
    assert stranger.get("/console/studio/files").status_code == 401
    assert stranger.get("/console/studio/static/studio.js").status_code == 401


@pytest.mark.parametrize("path", ["edit", "word", "rename", "save", "discard", "publish", "rollback", "recording"])
def test_nothing_changes_without_the_token_of_the_session(path: str, studio: LocalStudio) -> None:
    desk, before = studio.at("ed"), studio.file.read_bytes()
    fields = {"name": FILE, "text": "flow: theirs", "reason": "x", "after": "0", "number": "1"}
    for headers in ({}, {"X-CSRF": "x" * 43}, {"X-CSRF": desk.browser.csrf(), "Origin": "https://evil.example"}):
        assert desk.send(path, headers, **fields).status_code == 403
    assert studio.file.read_bytes() == before
    assert studio.store.editions.all() == ()


def test_an_editor_who_is_no_supervisor_sees_no_more_than_an_agent(studio: LocalStudio) -> None:
    browser = studio.at("ed").browser
    assert browser.get("/console/notices").status_code == 403
    assert studio.at("eva").browser.get("/console/notices").status_code == 200


def test_an_editor_dials_what_stands_on_the_page(studio: LocalStudio) -> None:
    ed = studio.at("ed")
    ed.edit("en: Goodbye.", "en: Farewell.")
    call = ed.post("phone/dial", **{"from": CALLER})["call"]
    answer = ed.browser.client.get("/console/studio/phone/lines?after=0", base_url=ORIGIN)
    begin, event, *_ = islice(answer.iter_encoded(), 2)
    assert begin.startswith(b"retry")
    assert call in event.decode()
    assert studio.app.extensions["console"].changes.listening == 1
    answer.close()
    assert studio.app.extensions["console"].changes.listening == 0
    assert [each["call"] for each in ed.get("phone/state")["calls"]] == [call]
    assert studio.store.call(call) is None, "the store of production knows nothing of it"
    assert studio.at("eva").get("phone/state")["calls"] == [], "everybody has a phone of their own"


@pytest.mark.parametrize(
    "path", ["dial", "time", "phones/take", "phones/give-back", "calls/CA1/press", "calls/CA1/script"]
)
def test_nobody_dials_without_the_token_or_the_role(path: str, studio: LocalStudio) -> None:
    for headers in ({}, {"X-CSRF": "x" * 43}):
        assert studio.at("ed").send(f"phone/{path}", headers).status_code == 403
    assert studio.at("wang").send(f"phone/{path}").status_code == 403


@pytest.mark.parametrize("path", ["", "state", "lines", "map.css", "static/phone.js", "sound/1"])
def test_the_phone_is_for_editors(path: str, studio: LocalStudio) -> None:
    assert studio.at("wang").browser.get(f"/console/studio/phone/{path}").status_code == 403


def test_the_phone_asks_no_real_back_office_and_sends_no_ticket(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as real:
        url = f"http://127.0.0.1:{real.getsockname()[1]}"
        config = hotline_in(tmp_path, f"tickets: {{url: '{url}/tickets'}}")
        office = replace(config.back_office, url=Setting(text=url))
        with harmless_phone(replace(config, back_office=office), SPEED) as phone:
            listener = Listener(phone)
            told = phone.dial(CALLER, at="hotline.limit")
            listener.until("said", "您还可以使用", call=told)
            promised = phone.dial("+8613900000077", at="hotline.case")
            listener.until("over", call=promised)
            assert len(phone.simulation.store.tickets(call_id=promised)) == 1
        real.setblocking(False)
        with pytest.raises(BlockingIOError):
            real.accept()


def test_a_phone_waits_for_flows_that_can_be_read(studio: LocalStudio) -> None:
    ed = studio.at("ed")
    ed.edit("flow: hotline", "flow: [hotline")
    assert "hotline.yaml" in ed.post("phone/dial", 409, **{"from": CALLER})["why"]
    assert "phone.js" in ed.browser.get("/console/studio/phone/").text
    ed.edit("flow: [hotline", "flow: hotline")
    assert ed.post("phone/dial", **{"from": CALLER})["call"]


def test_what_is_saved_and_published_is_written_down_with_the_name(studio: LocalStudio) -> None:
    ed = studio.at("ed")
    ed.edit("en: Goodbye.", "en: Farewell.")
    assert "Farewell" not in studio.file.read_text("utf-8")
    ed.post("publish", 409, reason="too early", after="0")
    ed.post("save", name=FILE)
    assert "Farewell" in studio.file.read_text("utf-8")
    assert ed.post("publish", reason="a better goodbye", after="0") == {"number": 1}
    (row,) = studio.store.editions.all()
    assert (row.author, row.reason) == ("ed", "a better goodbye")
    noted = [(entry.by, entry.what, entry.about) for entry in studio.store.audit_log.latest(9)]
    assert noted[:2] == [("ed", "flows published", "1"), ("ed", "flows saved", FILE)]


def test_drafts_are_of_one_person_until_they_are_saved(studio: LocalStudio) -> None:
    ed, eva = studio.at("ed"), studio.at("eva")
    ed.edit("en: Goodbye.", "en: Farewell.")
    assert "Farewell" not in eva.get("files")["files"][0]["text"]
    ed.post("save", name=FILE)
    assert "Farewell" in eva.get("files")["files"][0]["text"], "nothing was edited here"


def test_whoever_saves_second_is_told_and_overwrites_nothing_unseen(studio: LocalStudio) -> None:
    ed, eva = studio.at("ed"), studio.at("eva")
    ed.edit("en: Goodbye.", "en: Farewell.")
    eva.edit("en: Goodbye.", "en: So long.")
    ed.post("save", name=FILE)
    told = eva.post("save", 409, name=FILE)
    assert "Farewell" in studio.file.read_text("utf-8")
    eva.post("save", name=FILE, over=told["changed"])
    assert "So long" in studio.file.read_text("utf-8")


def test_whoever_publishes_second_is_told(studio: LocalStudio) -> None:
    ed, eva = studio.at("ed"), studio.at("eva")
    ed.post("publish", reason="first", after="0")
    assert eva.post("publish", 409, reason="second", after="0") == {"why": "newer"}
    assert eva.post("rollback", 409, number="1", reason="second", after="0") == {"why": "newer"}


def test_one_person_with_two_windows_overwrites_nothing_unseen(studio: LocalStudio) -> None:
    ed = studio.at("ed")
    (seen,) = ed.get("files")["files"]
    ed.edit("en: Goodbye.", "en: Farewell.")
    late = seen["text"].replace("en: Goodbye.", "en: So long.")
    told = ed.post("edit", 409, name=FILE, text=late, on=seen["mark"])
    (now,) = ed.get("files")["files"]
    assert (told["changed"], "Farewell" in now["text"]) == (now["mark"], True)
    ed.post("edit", name=FILE, text=late)
    assert "So long" in ed.get("files")["files"][0]["text"]


def test_a_part_of_a_long_file_is_sent_alone(studio: LocalStudio) -> None:
    ed = studio.at("ed")
    (file,) = ed.get("files")["files"]
    text = file["text"]
    told = ed.post("edit", name=FILE, at=text.index("请选择"), cut=3, put="请说 😀", on=file["mark"])
    (now,) = ed.get("files")["files"]
    assert now["text"] == text.replace("请选择", "请说 😀", 1)
    assert told["mark"] == now["mark"]
    for wrong in ({"at": -1, "cut": 0, "put": ""}, {"at": 0, "cut": len(text) + 9, "put": ""}, {"at": "0"}):
        ed.post("edit", 400, name=FILE, **wrong)


def test_an_older_edition_is_taken_back_under_a_number_of_its_own(studio: LocalStudio) -> None:
    ed = studio.at("ed")
    ed.post("publish", reason="the first", after="0")
    ed.edit("en: Goodbye.", "en: Farewell.")
    ed.post("save", name=FILE)
    ed.post("publish", reason="a better goodbye", after="1")
    assert ed.post("rollback", number="1", reason="it was not", after="2") == {"number": 3}
    third, second, first = studio.store.editions.all()
    assert (third.digest, third.author, second.digest != first.digest) == (first.digest, "ed", True)
    assert studio.store.audit_log.latest(1)[0].what == "flows taken back"
    ed.browser.client.post("/console/studio/rollback")
    assert ed.send("rollback", number="7", reason="x", after="3").status_code == 404


def without_files(studio: LocalStudio, how: str) -> None:
    studio.at("eva").post("publish", reason="the first", after="0")
    if how == "absent":
        shutil.rmtree(studio.config.flows)
    else:
        os.chmod(studio.config.flows, 0o555)


@pytest.mark.parametrize(
    "how",
    ["absent", pytest.param("read-only", marks=pytest.mark.skipif(os.geteuid() == 0, reason="root may write all"))],
)
def test_without_files_to_write_what_callers_hear_is_edited_and_published(how: str, studio: LocalStudio) -> None:
    without_files(studio, how)
    ed = studio.at("ed")
    page = ed.browser.get("/console/studio/?lang=en").text
    assert "There are no files of flows on this server that could be written" in page
    ed.edit("en: Goodbye.", "en: Farewell.")
    assert ed.post("save", 409, name=FILE) == {"why": "no files"}
    assert ed.post("publish", reason="a better goodbye", after="1") == {"number": 2}
    newest = studio.store.editions.all()[0]
    assert "Farewell" in (studio.store.flow_set(newest.digest) or {})[f"flows/{FILE}"]
    (file,) = ed.get("files")["files"]
    assert file["is_saved"]
    ed.post("rollback", number="1", reason="it was not", after="2")
    assert "Goodbye." in ed.get("files")["files"][0]["text"]


def test_a_recording_is_kept_with_the_name_of_who_made_it(studio: LocalStudio) -> None:
    ed = studio.at("ed")
    ed.get("files")
    long = b64encode(tone(3.0, rate=16000)).decode()
    assert len(long) > 64 * 1024, "more than the forms of the console may have"
    assert ed.post("recording", words="How can we help?", language="en", sound=long)["kept"]
    text = (studio.config.folder / "media" / "recordings.yaml").read_text("utf-8")
    assert 'by: "ed"' in text
    (noted,) = studio.store.audit_log.latest(1)
    assert (noted.by, noted.what) == ("ed", "sentence recorded")


def test_only_an_editor_records(studio: LocalStudio) -> None:
    sound = b64encode(tone(1.5)).decode()
    answer = studio.at("wang").send("recording", words="How can we help?", language="en", sound=sound)
    assert answer.status_code == 403
    assert not (studio.config.folder / "media").exists()
