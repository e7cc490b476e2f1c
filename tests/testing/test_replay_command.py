"""`ivr replay` and the pytest plugin: what they show, write and exit with."""

import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner, Result

from ivr.cli import main

HOTLINE = Path(__file__).parent / "hotline"
GOOD = "call: a good one\nlanguage: [zh, en]\nsteps: [press: {zh: 1, en: 2}, hear: {zh: 请选择, en: How can we}]\n"
BAD = "call: a bad one\nsteps: [press: 1, hear: 餐厅]\n"
BROKEN = "call: a broken one\nstpes: []\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of somebody else's, with a hotline and call scripts."""
    shutil.copytree(HOTLINE, tmp_path, dirs_exist_ok=True)
    folder = tmp_path / "calls"
    folder.mkdir()
    (folder / "good.call.yaml").write_text(GOOD, "utf-8")
    monkeypatch.chdir(tmp_path)
    return folder


def ivr(*words: str) -> Result:
    return CliRunner().invoke(main, list(words))


def test_calls_that_go_well_exit_with_0(project: Path) -> None:
    result = ivr("replay", "calls")
    assert (result.exit_code, result.stdout[:9]) == (0, "2 passed ")


def test_calls_that_go_wrong_exit_with_1_and_a_report(project: Path) -> None:
    (project / "bad.call.yaml").write_text(BAD, "utf-8")
    result = ivr("replay", "calls")
    assert result.exit_code == 1
    assert (
        'FAILED calls/bad.call.yaml::a bad one\ncalls/bad.call.yaml:2:25: the caller did not hear "餐厅"'
        in result.output
    )
    assert "1 failed, 2 passed in" in result.output


def test_a_broken_script_is_told_and_the_others_are_played(project: Path) -> None:
    (project / "broken.call.yaml").write_text(BROKEN, "utf-8")
    result = ivr("replay", "calls")
    assert result.exit_code == 1
    assert 'calls/broken.call.yaml:2:1: unknown field "stpes" in call script; did you mean "steps"?' in result.output
    assert "2 passed" in result.output


def test_a_world_that_cannot_be_set_up_is_told_with_its_place(project: Path) -> None:
    text = 'call: x\ngiven: {back_office: {account: "1", refund: {amout: 1}}}\nsteps: []\n'
    (project / "world.call.yaml").write_text(text, "utf-8")
    result = ivr("replay", "calls/world.call.yaml")
    assert result.exit_code == 1
    assert 'calls/world.call.yaml:2:53: Refund has no "amout"' in result.output


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("replay", "nowhere"), 'there is no "nowhere"'),
        (("replay", "flows"), 'no call scripts in "flows": their names end in .call.yaml'),
        (("replay", "calls", "-k", "nothing"), "no call script is chosen by -k"),
        (("replay", "calls", "--url", "hotline"), '"hotline" is no address'),
        (("replay", "calls", "--token-env", "X"), "--token-env signs requests to an address: it needs --url"),
        (("replay", "calls", "--url", "http://x.test", "--token-env", "NO"), '"NO" of --token-env is not set'),
    ],
)
def test_what_cannot_be_carried_out_exits_with_2(project: Path, words: tuple[str, ...], told: str) -> None:
    result = ivr(*words)
    assert result.exit_code == 2
    assert told in result.output


def test_calls_are_chosen_by_words_and_by_language(project: Path) -> None:
    assert ivr("replay", "calls", "-k", "[en]").stdout.startswith("1 passed")
    assert ivr("replay", "calls", "-k", "GOOD").stdout.startswith("2 passed")


def test_the_first_failure_ends_the_run_if_wanted(project: Path) -> None:
    (project / "a.call.yaml").write_text(BAD, "utf-8")
    assert "1 failed, 0 passed" in ivr("replay", "calls", "-x").output


def test_a_play_is_kept_and_then_held_against(project: Path) -> None:
    assert ivr("replay", "calls/good.call.yaml", "--update").exit_code == 0
    kept = project / "good.en.play.txt"
    text = kept.read_text("utf-8")
    assert text.startswith(
        "a good one [en]\n+8613800138000 calls on Monday 2026-11-23 at 10:00\n\nhotline.welcome\n  00:00  hot"
    )
    assert "  caller   [2]\nhotline.notices → hotline.opening → hotline.main\n" in text
    assert ivr("replay", "calls").exit_code == 0
    kept.write_text(text.replace("[2]", "[3]"), "utf-8")
    result = ivr("replay", "calls")
    assert result.exit_code == 1
    assert "-  00:05  caller   [3]\n+  00:05  caller   [2]\n" in result.output
    assert (
        "the call is not the one in good.en.play.txt; if it is right as it is now, replay with --update"
        in result.output
    )


def test_the_plays_of_a_folder_are_written_anew_and_none_is_made(project: Path) -> None:
    kept, none = project / "good.en.play.txt", project / "good.zh.play.txt"
    kept.write_text("as it was\n", "utf-8")
    assert ivr("replay", "calls", "--update").exit_code == 0
    assert kept.read_text("utf-8").startswith("a good one [en]\n")
    assert not none.exists()


def test_a_play_is_never_kept_of_another_hotline(project: Path) -> None:
    refused = ivr("replay", "calls/good.call.yaml", "--update", "--url", "http://127.0.0.1:9/voice")
    assert refused.exit_code == 2
    assert "does not go with --url" in refused.stderr
    assert not (project / "good.en.play.txt").exists()


def test_codes_are_dots_in_a_play(project: Path) -> None:
    steps = 'steps: [press: 1, press: 1, press: "62220001#", press: "{code}#", hear: 退款]'
    (project / "code.call.yaml").write_text(f"call: a code\n{steps}\n", "utf-8")
    ivr("replay", "calls/code.call.yaml", "--update")
    text = (project / "code.play.txt").read_text("utf-8")
    assert "caller   [••••••#]" in text
    assert "验证码是••••••，" in text


@pytest.mark.slow
def test_several_processes_tell_the_same(project: Path) -> None:
    (project / "bad.call.yaml").write_text(BAD, "utf-8")
    one, two = (ivr("replay", "calls", "--jobs", jobs).stdout.rpartition(" in ")[0] for jobs in ("1", "2"))
    assert one == two


@pytest.mark.slow
def test_pytest_collects_scripts_in_a_project_of_its_own(project: Path) -> None:
    (project / "bad.call.yaml").write_text(BAD, "utf-8")
    (project / "broken.call.yaml").write_text(BROKEN, "utf-8")
    words = [sys.executable, "-m", "pytest", "-q", "--continue-on-collection-errors", "--junitxml", "out.xml", "calls"]
    told = subprocess.run(words, cwd=project.parent, capture_output=True, text=True, check=False)
    assert told.returncode == 1
    assert 'calls/bad.call.yaml:2:25: the caller did not hear "餐厅"' in told.stdout
    assert 'calls/broken.call.yaml:2:1: unknown field "stpes"' in told.stdout
    assert "2 failed, 2 passed" in told.stdout
    assert "Traceback" not in told.stdout
    names = {case.get("name") for case in ET.parse(project.parent / "out.xml").getroot().iter("testcase")}
    assert {"a bad one", "a good one [zh]", "a good one [en]"} <= names


def test_a_call_just_made_becomes_a_script_that_passes(project: Path) -> None:
    words = ["call", "--fresh", "--at", "2026-11-23 10:00", "--keys", "1 1 62220001# {code}#", "--record"]
    result = ivr(*words, "calls/made.call.yaml")
    assert "Script: calls/made.call.yaml; its replay takes the steps of the call" in result.output, result.output
    assert ivr("replay", "calls/made.call.yaml").exit_code == 0
