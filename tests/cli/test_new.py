"""`ivr new`: whatever the languages, what it writes is without a fault, answers calls and passes its own scripts."""

from __future__ import annotations

import json
import re
import shutil
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner
from phonenumbers import SUPPORTED_REGIONS

from ivr.call.countries import prefixes_of, zones_of
from ivr.cli import main
from ivr.cli.new import _documents
from ivr.config import load_config, read_config
from ivr.hotline.handlers import load_handlers
from ivr.hotline.numbers import allowed
from ivr.phone import PhoneSession
from tests.cli.conftest import Ivr

PLACES = [
    ("zh,en", []),
    ("en,zh", []),
    ("zh", []),
    ("en", []),
    ("en", ["--country", "US", "--time-zone", "America/Chicago"]),
    ("en", ["--country", "AU"]),
    ("es", []),
    ("ja", []),
    ("ar", []),
    ("en,es,ja", []),
]


@pytest.fixture(scope="module", params=PLACES, ids=lambda place: " ".join([place[0], *place[1]]))
def shop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a new hotline, written once."""
    languages, more = request.param
    folder = tmp_path_factory.mktemp("new") / "shop"
    made = CliRunner().invoke(main, ["new", str(folder), "--languages", languages, *more])
    assert made.exit_code == 0, made.output
    return folder


@pytest.fixture
def written(shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, which is where commands are given."""
    folder = shutil.copytree(shop, tmp_path / "shop")
    monkeypatch.chdir(folder)
    return folder


def test_a_new_hotline_has_no_fault(written: Path, ivr: Ivr) -> None:
    checked = ivr("check", "flows", "--format", "json")
    assert (checked.exit_code, checked.output.strip()) == (0, "[]")
    assert "error" not in ivr("check").output


def test_its_scripts_pass_and_come_through_every_step(written: Path, ivr: Ivr) -> None:
    played = ivr("replay", "tests/calls")
    assert played.exit_code == 0, played.output
    never = [line.split() for line in ivr("coverage", "tests/calls").output.partition("never taken:")[2].splitlines()]
    # The question for the language is asked in the first one alone: nothing leads back to it.
    assert {line[1] for line in never if line[:1] == ["steps"]} <= {"hotline.language"}


def test_nothing_that_callers_are_owed_is_missing(written: Path, ivr: Ivr) -> None:
    explored = ivr("explore")
    assert explored.exit_code == 0, explored.output
    assert "refuted" not in explored.output


def test_it_answers_calls_at_once(written: Path, ivr: Ivr) -> None:
    called = ivr("call", "--keys", "1 1", "--fresh", "--at", "2026-11-24 10:00")
    assert called.exit_code == 0, called.output
    assert "(answered)" in called.output


def test_schemas_lie_where_the_files_say(written: Path) -> None:
    for file in [written / "config.yaml", *written.glob("flows/*.yaml"), *written.glob("tests/calls/*.yaml")]:
        schema = file.read_text(encoding="utf-8").splitlines()[0].partition("$schema=")[2]
        assert (file.parent / schema).is_file()


def test_the_agent_of_the_configuration_is_right_without_the_marks_of_a_comment(written: Path, ivr: Ivr) -> None:
    config = written / "config.yaml"
    text = config.read_text("utf-8")
    config.write_text(re.sub("^#  ", "  ", text, flags=re.MULTILINE), "utf-8")
    checked = ivr("check", "--format", "json")
    assert [found for found in json.loads(checked.output) if found["rule"] != "no-holiday-list"] == []
    assert any(name in config.read_text("utf-8") for name in ("Emma Clark", "李娜", "Ana Ruiz", "佐藤花子", "ليلى حسن"))


def test_nothing_of_another_language_is_in_the_hotline_of_one(tmp_path: Path, ivr: Ivr) -> None:
    ivr("new", str(tmp_path / "shop"), "--languages", "en", "--country", "US")
    written = "".join(file.read_text("utf-8") for file in (tmp_path / "shop").rglob("*.yaml"))
    assert "Emma Clark" in written
    assert not re.search(r"Li Na|[\u0600-\u06ff\u3040-\u9fff]", written)
    ivr("new", str(tmp_path / "both"), "--languages", "ja,en")
    assert '#    name: {ja: "佐藤花子", en: "Hanako Sato"}' in (tmp_path / "both" / "config.yaml").read_text("utf-8")


@pytest.mark.parametrize("languages", ["en,it", "de"])
def test_a_language_without_words_to_begin_with_takes_calls_and_waits_for_a_translator(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ivr: Ivr, languages: str
) -> None:
    code, shop = languages[-2:], tmp_path / "shop"
    command = re.search(r"ivr (texts export .*?)  ", ivr("new", str(shop), "--languages", languages).output)
    assert command is not None
    monkeypatch.chdir(shop)
    assert ivr(*command[1].split()).exit_code == 0
    assert "Market Street" in Path(f"{code}.csv").read_text("utf-8")
    found = json.loads(ivr("check", "--format", "json").output)
    assert {(issue["rule"], Path(issue["file"]).name) for issue in found} == {("missing-words", f"{code}.yaml")}
    played = ivr("replay", "tests/calls")
    assert played.exit_code == 0, played.output
    written = Path("languages", f"{code}.yaml").read_text("utf-8")
    Path("languages", f"{code}.yaml").unlink()
    ivr("language", "new", code)
    assert Path("languages", f"{code}.yaml").read_text("utf-8") == written


def test_the_only_caller_is_the_first_in_line(written: Path, ivr: Ivr) -> None:
    called = ivr("call", "--keys", "1 0", "--fresh", "--at", "2026-11-24 10:00").output
    assert "Callers before you" not in called
    assert "前面还有" not in called


@pytest.mark.parametrize(
    ("country", "languages"),
    [("US", "en"), ("DE", "en"), ("MX", "es"), ("CA", "en"), ("SG", "en, zh"), ("HK", "zh, en"), ("jp", "ja")],
)
def test_a_hotline_speaks_the_languages_of_its_country(tmp_path: Path, ivr: Ivr, country: str, languages: str) -> None:
    assert ivr("new", str(tmp_path / "shop"), "--country", country).exit_code == 0
    assert f"languages: [{languages}]" in (tmp_path / "shop" / "config.yaml").read_text()


@pytest.mark.parametrize(
    ("country", "zone"), [("US", "America/New_York"), ("AU", "Australia/Sydney"), ("DE", "Europe/Berlin")]
)
def test_hours_are_counted_in_the_zone_of_the_country(tmp_path: Path, ivr: Ivr, country: str, zone: str) -> None:
    made = ivr("new", str(tmp_path / "shop"), "--languages", "en", "--country", country)
    assert f"time_zone: {zone}\n" in (tmp_path / "shop" / "config.yaml").read_text("utf-8")
    assert f"counted in {zone}, one of {len(zones_of(country))} zones of {country}" in made.output


def test_every_country_has_a_hotline_without_a_fault(tmp_path: Path, ivr: Ivr) -> None:
    """Wherever numbers are dialled and holidays are known. Its schemas are the same everywhere."""
    countries = [code for code in sorted(SUPPORTED_REGIONS) if zones_of(code)]
    assert len(countries) > 240
    for country in countries:
        text = _documents(("en",), country, prefixes_of(country), zones_of(country)[0], identity=False)["config.yaml"]
        text = re.sub("^#  ", "  ", text, flags=re.MULTILINE)
        config, issues = read_config(text, country, folder=tmp_path, today=date(2026, 1, 1), environ={})
        assert config is not None, issues
        [agent] = config.agents.values()
        assert allowed(agent.phone, config.numbers.allowed), country


def test_nothing_is_overwritten(written: Path, ivr: Ivr) -> None:
    again = ivr("new", str(written))
    assert again.exit_code == 2
    assert "already; name a folder that is empty or not there" in again.stderr


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--languages", "en,qq"], 'there is no language "qq"; name codes of two or three letters'),
        (["--languages", ","], "name codes of two or three letters, such as en,it"),
        (["--languages", "eo"], 'there is no country "001"; name one with --country'),
        (["--country", "ZZ"], 'there is no country "ZZ"'),
        (["--time-zone", "Mars/Olympus"], 'there is no time zone "Mars/Olympus"'),
    ],
)
def test_what_cannot_be_written_is_told_and_leaves_nothing(
    tmp_path: Path, ivr: Ivr, options: list[str], why: str
) -> None:
    refused = ivr("new", str(tmp_path / "shop"), *options)
    assert refused.exit_code == 2
    assert why in refused.stderr
    assert not (tmp_path / "shop").exists()


@pytest.mark.parametrize(
    ("country", "prefixes"),
    [
        ("CN", ("+86",)),
        ("GB", ("+44",)),
        ("US", ("+1",)),
        ("CA", ("+1",)),
        ("AG", ("+1268",)),
        ("PR", ("+1787", "+1939")),
        ("KZ", ("+77",)),
        ("ZZ", ()),
        ("cn", ()),
    ],
)
def test_a_country_has_prefixes_of_its_own(country: str, prefixes: tuple[str, ...]) -> None:
    assert prefixes_of(country) == prefixes


# --- a stranger's hotline ----------------------------------------------------------------------------------------


@pytest.fixture
def american(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ivr: Ivr) -> Path:
    """An American hotline with a flow that finds out who calls."""
    made = ivr("new", str(tmp_path / "club"), "--languages", "en", "--country", "US", "--identity")
    assert made.exit_code == 0, made.output
    monkeypatch.chdir(tmp_path / "club")
    return tmp_path / "club"


def test_its_own_back_office_says_who_calls(american: Path, ivr: Ivr) -> None:
    assert ivr("check").exit_code == 0, ivr("check").output
    listed = ivr("demo").output
    assert "+12015550123  Ann  account 20001001  PIN 001001" in listed
    called = ivr("call", "--fresh", "--from", "+12015550123", "--keys", "3 20001001# {code}#")
    assert "Hello Ann" in called.output.partition("Your code is")[2]
    assert "the demo of my_back_office" in ivr("doctor").output


def test_a_topic_is_added_as_the_page_of_handlers_says(american: Path, ivr: Ivr) -> None:
    page = (Path(__file__).parents[2] / "docs" / "handlers.md").read_text("utf-8").partition("## How to write one")[2]
    module = re.search(r"```python\n(.*?)```", page, re.DOTALL)
    flow = re.search(r"```text\n(flow: points.*?)```", page, re.DOTALL)
    step = re.search(r"`(points: {run: points.*?}})`", page)
    assert module is not None
    assert flow is not None
    assert step is not None
    (american / "my_handlers.py").write_text(module[1].replace("62220001", "20001001"), "utf-8")
    (american / "flows" / "points.yaml").write_text(re.sub(r"{zh: .*?, (?=en: )", "{", flow[1]), "utf-8")
    choice = "      - {key: 4, label: bonus points, next: points}\n"
    for name, before, more in (
        ("config.yaml", "hotline:\n", "  handlers: [my_handlers]\n"),
        ("flows/hotline.yaml", "    choices:\n", choice),
        ("flows/hotline.yaml", "steps:\n", f"  {step[1]}\n"),
    ):
        file = american / name
        file.write_text(file.read_text("utf-8").replace(before, before + more, 1), "utf-8")
    assert {each["rule"] for each in json.loads(ivr("check", "--format", "json").output)} == {"keys-out-of-order"}
    called = ivr("call", "--fresh", "--from", "+12015550123", "--keys", "4 20001001# {code}#")
    assert "You have 1,200 points." in called.output


def test_what_is_missing_for_identify_is_told_in_plain_words(american: Path, ivr: Ivr) -> None:
    config = american / "config.yaml"
    config.write_text(config.read_text("utf-8").partition("back_office:")[0], "utf-8")
    told = ivr("doctor").output
    assert "none, and identity.who can identify nobody; name its module under back_office in config.yaml" in told


def test_agents_of_a_script_are_rung_in_any_country(american: Path, ivr: Ivr) -> None:
    (american / "tests" / "calls" / "agent.call.yaml").write_text(
        "call: a person\nlanguage: en\nat: 2026-11-24 10:00\ngiven: {queue: {office: {agents: 1}}}\n"
        "steps: [press: 0, agent: answer, agent: {say: hello there}, hear: hello there, hang up]\n",
        "utf-8",
    )
    assert ivr("replay", "tests/calls/agent.call.yaml").exit_code == 0


@pytest.mark.parametrize("identity", [[], ["--identity"]])
def test_an_american_hotline_shows_nothing_of_the_wallet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ivr: Ivr, identity: list[str]
) -> None:
    assert ivr("new", str(tmp_path / "us"), "--languages", "en", "--country", "US", *identity).exit_code == 0
    monkeypatch.chdir(tmp_path / "us")
    config, issues = load_config(Path("config.yaml"), today=date(2026, 11, 22), environ={})
    assert config is not None, issues
    with PhoneSession(config, at=None, speed=1, store_url="sqlite://") as session:
        shown = json.dumps(session.overview())
    assert "+1201555" in shown
    assert re.findall(r"\+86|62220|wallet|card|tail", shown + ivr("call", "--fresh").output, re.IGNORECASE) == []
    assert load_handlers(config.hotline.handlers, config.folder) == {}
    assert ("explore", ivr("explore").exit_code) == ("explore", 0)
    assert ("replay", ivr("replay", "tests/calls").exit_code) == ("replay", 0)
    assert ("doctor", ivr("doctor").exit_code) == ("doctor", 0)
