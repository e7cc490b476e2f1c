"""What the page of the studio asks for, and who may ask."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient

from ivr.app.simulation import Simulation
from ivr.flow.model import Language
from ivr.network import VirtualClock
from ivr.phone import PhoneSession
from ivr.store import Store
from ivr.studio import DraftPhone, Drafts, create_studio
from ivr.studio.page import LARGEST_RECORDING
from ivr.voices.audio import LARGEST_BYTES
from ivr.voices.recordings import RecordedSentence, SentenceRecordings
from tests.phone.conftest import MONDAY
from tests.voices.sounds import tone

FILE = "hotline.yaml"


@pytest.fixture
def page(drafts: Drafts) -> Iterator[FlaskClient]:
    """A browser on this machine."""
    with DraftPhone(lambda: PhoneSession(drafts.config, at=MONDAY, speed=1, store_url="sqlite://")) as phone:
        client = create_studio(drafts, phone).test_client()
        client.environ_base["HTTP_HOST"] = "127.0.0.1:8004"
        yield client


@pytest.fixture
def store(drafts: Drafts) -> Iterator[Store]:
    """The store of the hotline."""
    with Store.open(drafts.config.store_url) as store:
        yield store


def posted(page: FlaskClient, path: str, status: int = 200, **fields: Any) -> dict[str, Any]:
    answer = page.post(f"/studio/{path}", json=fields)
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.get_json()
    return found


def text_with(page: FlaskClient, old: str, new: str) -> str:
    text: str = page.get("/studio/files").get_json()["files"][0]["text"]
    assert old in text
    return text.replace(old, new)


def edit(page: FlaskClient, old: str = "en: Goodbye.", new: str = "en: Farewell.") -> dict[str, Any]:
    return posted(page, "edit", name=FILE, text=text_with(page, old, new))


def test_the_page_brings_its_texts_and_takes_no_script_from_elsewhere(page: FlaskClient) -> None:
    answer = page.get("/studio/?lang=en")
    assert "Hotline studio" in answer.text
    policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "default-src 'none'" in policy
    assert answer.headers["Cache-Control"] == "no-store"


def test_all_that_the_page_names_is_there(page: FlaskClient) -> None:
    for name in ("studio.js", "studio.css", "editor.js"):
        with page.get(f"/studio/static/{name}") as answer:
            assert answer.status_code == 200
    assert page.get("/studio/map.css").status_code == 200


def test_files_come_with_their_steps_and_the_names_of_the_hotline(page: FlaskClient, drafts: Drafts) -> None:
    found = page.get("/studio/files").get_json()
    assert [(file["name"], file["is_saved"]) for file in found["files"]] == [(FILE, True)]
    lines = drafts.all()[FILE].text.splitlines()
    at = found["steps"]["hotline.case"]
    assert (at["file"], lines[at["line"] - 1]) == (FILE, "  case:")
    assert "my_limits" in found["names"]["handler"]
    assert found["names"]["language"] == ["zh", "en"]


def test_an_edit_is_answered_with_what_is_wrong_with_it(page: FlaskClient) -> None:
    (issue,) = edit(page, "next: case}", "next: caze}")["issues"]
    assert (issue["file"], issue["severity"], issue["rule"]) == (FILE, "error", "unknown-step")
    assert 'did you mean "case"?' in issue["message"]
    assert edit(page, "next: caze}", "next: case}")["issues"] == []


def test_a_file_that_is_no_yaml_is_told_at_its_line_and_the_steps_are_kept_by_the_page(page: FlaskClient) -> None:
    found = posted(page, "edit", name=FILE, text="flow: [hotline\nstart: a")
    assert [issue["severity"] for issue in found["issues"]] == ["error"]
    assert found["steps"] == {}


def test_saving_answers_with_what_is_saved(page: FlaskClient, drafts: Drafts) -> None:
    edit(page)
    (file,) = posted(page, "save", name=FILE)["files"]
    assert file["is_saved"]
    assert "en: Farewell." in (drafts.folder / FILE).read_text("utf-8")


def test_a_change_of_somebody_else_is_told_and_may_be_overwritten_by_its_mark(
    page: FlaskClient, drafts: Drafts
) -> None:
    edit(page)
    (drafts.folder / FILE).write_text("flow: theirs", "utf-8")
    told = posted(page, "save", 409, name=FILE)
    assert (drafts.folder / FILE).read_text("utf-8") == "flow: theirs"
    posted(page, "save", name=FILE, over=told["changed"])
    assert "en: Farewell." in (drafts.folder / FILE).read_text("utf-8")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("edit", f'{{"name": "{FILE}", "text": "flow: \\ud800"}}'),
        ("edit", f'{{"name": "{FILE}", "at": 0, "cut": 0, "put": "\\udc00"}}'),
        ("edit", f'{{"name": "{FILE}", "text": "flow: \\u0000"}}'),
        ("publish", '{"reason": "half a \\ud83d", "after": "0"}'),
        ("publish", '{"reason": "\\u0000", "after": "0"}'),
        ("save", '{"name": ' + "[" * 50_000),
        ("save", '{"name": ' + "9" * 5_000 + "}"),
    ],
    ids=["half a pair", "half a pair put in", "NUL", "half a pair as reason", "NUL as reason", "depth", "digits"],
)
def test_what_no_file_and_no_store_can_keep_is_refused_and_breaks_nothing(
    page: FlaskClient, path: str, body: str
) -> None:
    before = page.get("/studio/files").get_json()
    assert page.post(f"/studio/{path}", data=body, content_type="application/json").status_code == 400
    assert page.get("/studio/files").get_json() == before


def test_the_map_is_of_what_stands_on_the_page_and_coloured_where_something_is_wrong(page: FlaskClient) -> None:
    edit(page, "{key: 2, label: {zh: 报案", "{key: 4, label: {zh: 报案")
    edit(page, "  case_told:\n", "  case_tolt:\n")
    drawn = page.get("/studio/map/hotline.svg?lang=en").text
    assert 'data-state="hotline.case_tolt"' in drawn
    assert "untaken" in drawn.split('data-state="hotline.case"')[0].rsplit("<g", 1)[1]


def test_there_is_no_map_of_a_flow_that_is_not_there(page: FlaskClient) -> None:
    page.get("/studio/files")
    assert page.get("/studio/map/other.svg").status_code == 404


def test_what_is_saved_is_published_under_the_next_number(page: FlaskClient, store: Store) -> None:
    edit(page)
    posted(page, "save", name=FILE)
    assert page.get("/studio/editions").get_json() == {"editions": [], "newest": 0, "in_force": 0}
    assert posted(page, "publish", reason="a better goodbye", after="0") == {"number": 1}
    (row,) = store.editions.all()
    assert row.reason == "a better goodbye"
    assert "en: Farewell." in dict(store.flow_set(row.digest) or {})[f"flows/{FILE}"]
    listed = page.get("/studio/editions").get_json()
    assert (listed["newest"], listed["in_force"]) == (1, 1)


@pytest.mark.parametrize("why", ["unsaved", "errors", "newer"])
def test_nothing_is_published_that_nobody_has_looked_at(why: str, page: FlaskClient, store: Store) -> None:
    after = "0"
    if why == "newer":
        posted(page, "publish", reason="theirs", after="0")
    else:
        edit(page, *(("next: case}", "next: caze}") if why == "errors" else ("en: Goodbye.", "en: Farewell.")))
    before = store.editions.all()
    assert posted(page, "publish", 409, reason="mine", after=after) == {"why": why}
    assert store.editions.all() == before


@pytest.mark.parametrize(
    "fields", [{}, {"reason": " ", "after": "0"}, {"reason": "x", "after": "one"}, {"reason": "x"}]
)
def test_an_edition_needs_a_reason_and_the_number_that_was_seen(fields: dict[str, str], page: FlaskClient) -> None:
    assert page.post("/studio/publish", json=fields).status_code == 400


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("save", {"name": "../config.yaml"}), ("discard", {"name": "/etc/passwd"}), ("save", {"name": "other.yaml"}),
    ],
)  # fmt: skip
def test_what_is_no_file_of_the_hotline_is_not_found(path: str, fields: dict[str, str], page: FlaskClient) -> None:
    assert page.post(f"/studio/{path}", json=fields).status_code == 404


@pytest.mark.parametrize(
    "body", [b"", b"{", b'{"name": "hotline.yaml", "text": "flow', b"[]", b'{"name": 1, "text": []}']
)
def test_a_broken_or_half_sent_edit_changes_nothing(body: bytes, page: FlaskClient, drafts: Drafts) -> None:
    before = drafts.all()
    answer = page.post("/studio/edit", data=body, content_type="application/json")
    assert answer.status_code == 400
    assert drafts.all() == before


@pytest.mark.parametrize("path", ["edit", "save", "discard", "publish"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://elsewhere.example"}, {"Host": "elsewhere.example"}, {"Content-Type": "text/plain"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)  # fmt: skip
def test_another_page_in_the_browser_cannot_act(
    path: str, headers: dict[str, str], page: FlaskClient, drafts: Drafts
) -> None:
    before = drafts.all()
    sent = {"Content-Type": "application/json", **headers}
    answer = page.post(f"/studio/{path}", data='{"name": "hotline.yaml", "text": "flow: theirs"}', headers=sent)
    assert answer.status_code == 403
    assert drafts.all() == before


SCRIPT = """\
call: somebody says goodbye
steps:
- press: 2
- press: 3
- hear: Goodbye.
"""


def test_what_callers_will_notice_is_told_before_it_is_saved(page: FlaskClient) -> None:
    assert page.get("/studio/noticed").get_json() == {"against": 0, "differences": [], "count": 0}
    edit(page)
    found = page.get("/studio/noticed").get_json()
    assert [(each["heading"], each["old"], each["new"]) for each in found["differences"]] == [
        ("What is said differently", "Goodbye.", "Farewell.")
    ]


def test_the_edition_that_callers_hear_is_what_is_compared_with(page: FlaskClient) -> None:
    posted(page, "publish", reason="the first", after="0")
    edit(page)
    posted(page, "save", name=FILE)
    found = page.get("/studio/noticed").get_json()
    assert (found["against"], found["count"]) == (1, 1)


def test_call_scripts_are_run_with_what_stands_on_the_page(page: FlaskClient, drafts: Drafts) -> None:
    assert page.get("/studio/scripts").get_json() == {"count": 0, "wrong": []}
    (drafts.config.folder / "calls").mkdir()
    (drafts.config.folder / "calls" / "bye.call.yaml").write_text(SCRIPT, "utf-8")
    assert page.get("/studio/scripts").get_json() == {"count": 1, "wrong": []}
    edit(page)
    (wrong,) = page.get("/studio/scripts").get_json()["wrong"]
    assert (wrong["name"], wrong["file"]) == ("somebody says goodbye", "bye.call.yaml")
    assert "Goodbye." in wrong["why"]


@pytest.mark.parametrize("path", ["noticed", "scripts"])
def test_flows_with_errors_cannot_be_looked_at_as_callers_do(path: str, page: FlaskClient) -> None:
    edit(page, "next: case}", "next: caze}")
    assert page.get(f"/studio/{path}").get_json() == {"why": "errors"}


def test_every_sentence_is_listed_in_all_languages(page: FlaskClient) -> None:
    found = page.get("/studio/words").get_json()
    assert found["languages"] == ["zh", "en"]
    (menu,) = [each for each in found["texts"] if each["words"].get("en") == "How can we help?"]
    assert (menu["file"], menu["words"]["zh"]) == (FILE, "请选择。")
    assert "steps.main.menu" in menu["name"]


def test_a_sentence_is_written_anew_and_nothing_else_of_its_file(page: FlaskClient, drafts: Drafts) -> None:
    before = drafts.all()[FILE].text
    (name,) = [
        each["name"] for each in page.get("/studio/words").get_json()["texts"] if each["words"].get("en") == "Goodbye."
    ]
    posted(page, "word", name=name, language="en", words="So long: until next time!")
    assert drafts.all()[FILE].text == before.replace("en: Goodbye.", 'en: "So long: until next time!"')
    assert not drafts.all()[FILE].is_saved


@pytest.mark.parametrize(
    ("language", "words", "why"),
    [("en", "You have nothing left.", "{left}"), ("fr", "Bonjour.", ""), ("en", "You have {left}, {x}.", "{x}")],
)
def test_a_value_that_gets_lost_or_made_up_is_refused(
    language: str, words: str, why: str, page: FlaskClient, drafts: Drafts
) -> None:
    texts = page.get("/studio/words").get_json()["texts"]
    (name,) = [each["name"] for each in texts if "{left}" in each["words"].get("en", "")]
    before = drafts.all()
    answer = page.post("/studio/word", json={"name": name, "language": language, "words": words})
    assert answer.status_code == 400
    assert why in answer.text
    assert drafts.all() == before


def test_a_step_gets_another_name_wherever_it_is_named(page: FlaskClient, drafts: Drafts) -> None:
    page.get("/studio/files")
    before = drafts.all()[FILE].text
    found = posted(page, "rename", state="hotline.case", name="ask_case")
    assert "hotline.ask_case" in found["steps"]
    assert found["issues"] == []
    expected = before.replace("next: case}", "next: ask_case}").replace("\n  case:\n", "\n  ask_case:\n")
    assert drafts.all()[FILE].text == expected


@pytest.mark.parametrize(("state", "name", "status"), [("hotline.case", "main", 400), ("hotline.none", "x", 404)])
def test_a_name_that_is_taken_or_a_step_that_is_not_there_changes_nothing(
    state: str, name: str, status: int, page: FlaskClient, drafts: Drafts
) -> None:
    page.get("/studio/files")
    before = drafts.all()
    assert page.post("/studio/rename", json={"state": state, "name": name}).status_code == status
    assert drafts.all() == before


def test_an_editor_beside_the_studio_learns_the_names_of_what_is_saved(page: FlaskClient, drafts: Drafts) -> None:
    edit(page)
    posted(page, "save", name=FILE)
    schema = drafts.config.folder / "schemas" / "flow.schema.json"
    assert not schema.exists()
    schema.parent.mkdir()
    schema.write_text("{}", "utf-8")
    page.get("/studio/files")
    posted(page, "rename", state="hotline.case", name="open_a_case")
    posted(page, "save", name=FILE)
    assert "open_a_case" in schema.read_text("utf-8")


# --- recordings ----------------------------------------------------------------------------------------------------

MENU = "How can we help?"


def record(page: FlaskClient, words: str = MENU, sound: bytes | str | None = None, status: int = 200) -> dict[str, Any]:
    """Records these words in English, in a second and a half unless told otherwise."""
    page.get("/studio/files")
    data = sound if isinstance(sound, str) else b64encode(tone(1.5) if sound is None else sound).decode()
    return posted(page, "recording", status, words=words, language="en", sound=data)


def sounds(page: FlaskClient) -> dict[str, str]:
    """By what each English sentence is spoken."""
    texts = page.get("/studio/words").get_json()["texts"]
    return {each["words"]: each["is"] for text in texts for code, each in text["sounds"].items() if code == "en"}


def media(drafts: Drafts) -> set[str]:
    folder = drafts.config.folder / "media"
    return {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()}


def test_every_sentence_tells_by_what_it_is_spoken(page: FlaskClient, drafts: Drafts) -> None:
    record(page)
    record(page, "For a case, press 2.")
    recordings = SentenceRecordings(drafts.config.folder, ("zh", "en"))
    bye = RecordedSentence(file="", words="For goodbye, press 3.", language=Language("en"), voice="piper")
    recordings.keep(tone(2), "wav", bye)
    assert {
        words: is_ for words, is_ in sounds(page).items() if "?" in words or "press" in words or "left" in words
    } == {
        MENU: "recorded", "For a case, press 2.": "recorded", "For your limit, press 1.": "voice",
        "For goodbye, press 3.": "rendered", "You have {left} left.": "values",
    }  # fmt: skip
    edit(page, "How can we help?", "What is it?")
    assert sounds(page)["What is it?"] == "stale"


def test_a_recording_is_heard_on_the_page_and_written_into_a_file_of_its_own(page: FlaskClient, drafts: Drafts) -> None:
    assert record(page) == {"kept": True, "flaws": []}
    names = media(drafts)
    assert len(names) == 2
    assert "recordings.yaml" in names
    (file,) = (drafts.config.folder / "media" / "spoken").iterdir()
    heard = page.get("/studio/heard", query_string={"words": MENU, "language": "en"})
    assert heard.data == file.read_bytes()
    text = (drafts.config.folder / "media" / "recordings.yaml").read_text("utf-8")
    assert f'words: "{MENU}"' in text
    assert 'part: "hotline.main menu"' in text


def test_what_is_wrong_with_a_recording_is_told_and_a_silent_one_is_not_kept(page: FlaskClient, drafts: Drafts) -> None:
    assert record(page, sound=tone(12, loud=0.05)) == {"kept": True, "flaws": ["quiet", "long"]}
    before = media(drafts)
    assert record(page, sound=tone(1.5, loud=0.001)) == {"kept": False, "flaws": ["silent"]}
    assert media(drafts) == before


@pytest.mark.parametrize(
    ("words", "sound", "answer"),
    [
        ("Nobody says this.", None, (409, "not said")),
        ("You have {left} left.", None, (409, "not said")),
        ("../../etc/passwd", None, (409, "not said")),
        (MENU, b"<svg/>", (400, "no sound")),
        (MENU, bytes(LARGEST_BYTES + 1), (400, "too long")),
        (MENU, b"", (400, "no sound")),
        (MENU, b"OggS" + bytes(2000), (400, "no sound")),
    ],
)
def test_only_sound_of_words_that_are_said_is_taken(
    words: str, sound: bytes | None, answer: tuple[int, str], page: FlaskClient, drafts: Drafts
) -> None:
    status, why = answer
    assert record(page, words, sound, status) == {"why": why}
    assert media(drafts) == set()


def test_what_is_no_recording_at_all_changes_nothing(page: FlaskClient, drafts: Drafts) -> None:
    page.get("/studio/files")
    body = {"words": MENU, "language": "../en", "sound": b64encode(tone(1.5)).decode()}
    for fields, status in (({}, 409), ({"words": MENU}, 409), (body, 409), ({**body, "sound": "not base64!"}, 400)):
        assert page.post("/studio/recording", json=fields).status_code == status
    assert page.post("/studio/recording", json={**body, "sound": "A" * LARGEST_RECORDING}).status_code == 413
    assert media(drafts) == set()


def test_a_folder_that_cannot_be_written_is_told(page: FlaskClient, drafts: Drafts) -> None:
    (drafts.config.folder / "media").write_text("a file where the folder would be", "utf-8")
    assert record(page, status=409) == {"why": "Not a directory"}


def test_a_list_that_cannot_be_read_is_told_and_left_alone(page: FlaskClient, drafts: Drafts) -> None:
    (drafts.config.folder / "media").mkdir()
    known = drafts.config.folder / "media" / "recordings.yaml"
    known.write_text("- {file: [", "utf-8")
    assert record(page, status=409)["why"].startswith("media/recordings.yaml: ")
    assert known.read_text("utf-8") == "- {file: ["


def drawn(page: FlaskClient, by: str) -> str:
    answer = page.get(f"/studio/map/hotline.svg?lang=en&by={by}")
    assert answer.status_code == 200, answer.text
    return answer.text


def test_the_map_shows_how_many_callers_of_today_came_where(page: FlaskClient, drafts: Drafts) -> None:
    page.get("/studio/files")
    assert "stroke-width:" not in drawn(page, "calls")
    with Simulation(drafts.config, clock=VirtualClock(datetime.now(UTC)), agents=False) as simulation:
        call = simulation.dial("+8613800138000")
        call.press("2")
        call.hang_up()
    shown = drawn(page, "calls")
    assert "stroke-width:" in shown
    assert "stroke-width:" not in drawn(page, "problems")


def test_the_map_shows_what_the_call_scripts_take(page: FlaskClient, drafts: Drafts) -> None:
    scripts = drafts.folder.parent / "calls"
    scripts.mkdir()
    (scripts / "one.call.yaml").write_text(SCRIPT, "utf-8")
    page.get("/studio/files")
    assert 'class="card asks"' in drawn(page, "scripts"), "nothing was played yet"
    assert page.get("/studio/scripts").get_json() == {"count": 1, "wrong": []}
    shown = drawn(page, "scripts")
    assert 'class="card asks partly" data-state="hotline.language"' in shown
    assert 'class="card looks untaken" data-state="hotline.limit"' in shown


def test_the_map_shows_nothing_else(page: FlaskClient) -> None:
    page.get("/studio/files")
    assert page.get("/studio/map/hotline.svg?by=colour").status_code == 400


def test_what_callers_are_owed_and_would_lose_is_told_before_it_is_saved(page: FlaskClient) -> None:
    assert page.get("/studio/refuted").get_json() == {"count": 0, "refuted": []}
    edit(page, "en: How can we help?", "en: 请选择您需要的服务。")
    found = page.get("/studio/refuted").get_json()
    assert {each["rule"] for each in found["refuted"]} == {"speaks-the-language"}
    assert found["refuted"][0]["by"] == "press 2"
