"""`ivr new`: whatever the languages, what it writes is without a fault, answers calls and passes its own scripts."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.hotline.numbers import prefix_of
from tests.cli.conftest import Ivr

PLACES = [
    ("zh,en", []),
    ("en,zh", []),
    ("zh", []),
    ("en", []),
    ("en", ["--country", "US", "--time-zone", "America/Chicago"]),
]


@pytest.fixture(params=PLACES, ids=lambda place: " ".join([place[0], *place[1]]))
def written(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ivr: Ivr) -> Path:
    """The folder of a new hotline, which is where commands are given."""
    languages, more = request.param
    folder = tmp_path / "shop"
    made = ivr("new", str(folder), "--languages", languages, *more)
    assert made.exit_code == 0, made.output
    monkeypatch.chdir(folder)
    return folder


def test_a_new_hotline_has_no_fault(written: Path, ivr: Ivr) -> None:
    checked = ivr("check", "flows", "--format", "json")
    assert (checked.exit_code, checked.output.strip()) == (0, "[]")
    assert "error" not in ivr("check").output


def test_its_scripts_pass_and_come_through_every_step(written: Path, ivr: Ivr) -> None:
    played = ivr("replay", "tests/calls", "--coverage")
    assert played.exit_code == 0, played.output
    never = [line.split() for line in played.output.partition("never taken:")[2].splitlines()]
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


def test_nothing_is_overwritten(written: Path, ivr: Ivr) -> None:
    again = ivr("new", str(written))
    assert again.exit_code == 2
    assert "already; name a folder that is empty or not there" in again.stderr


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--languages", "fr"], 'there are words to begin with in zh and en, not in "fr"'),
        (["--languages", ","], "there are words to begin with in zh and en"),
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


@pytest.mark.parametrize(("country", "prefix"), [("CN", "+86"), ("GB", "+44"), ("US", "+1"), ("ZZ", ""), ("cn", "")])
def test_a_country_has_a_prefix(country: str, prefix: str) -> None:
    assert prefix_of(country) == prefix
