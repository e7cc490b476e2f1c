"""`ivr simulate`: a day in one command, and its mistakes at the line of the YAML."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.cli.conftest import Ivr
from tests.forecast.direct import hotline

HOUR = ("--arrivals", "{09:00-10:00: 24}", "--shifts", "{09:00-10:00: 1}", "--talk", "2 min", "--days", "1")
QUIET = ("--arrivals", "{09:00: 6}", "--shifts", "{09:00: 3}", "--talk", "2 min", "--days", "1")


@pytest.fixture
def direct(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    hotline(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_day_in_one_command(direct: Path, ivr: Ivr) -> None:
    told = ivr("simulate", *HOUR, "--patience", "90 s", "--format", "json")
    assert told.exit_code == 0, told.stderr
    day = json.loads(told.stdout)
    assert (day["queue"], day["keys"], day["target"]) == ("support", [], {"percent": 80, "seconds": 20})
    assert [row["half_hour"] for row in day["half_hours"]][:2] == ["09:00", "09:30"]
    assert day["total"]["calls"] == sum(row["calls"] for row in day["half_hours"]) > 10
    assert 50 < day["half_hours"][1]["occupancy"] <= 100
    assert day["total"]["abandoned_percent"] > 5
    assert day["total"]["agents_needed"] == 3
    assert day["with_agents_needed"]["service_level"] > day["total"]["service_level"]


def test_the_same_seed_gives_the_same_day_and_another_seed_another(direct: Path, ivr: Ivr) -> None:
    first, again, other = (ivr("simulate", *QUIET, "--seed", seed).stdout for seed in "112")
    assert first == again != other
    assert "Enough in every half hour." in first


def test_a_target_that_no_number_of_agents_can_meet_is_told(direct: Path, ivr: Ivr) -> None:
    told = ivr("simulate", *QUIET, "--target", "80 % in 2 s").stdout
    assert "no number of agents answers within 2 s" in told
    assert "Enough in every half hour." not in told


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.seen.append(tag)


def test_the_page_has_charts_and_needs_no_script_and_no_network(direct: Path, ivr: Ivr) -> None:
    told = ivr("simulate", *QUIET, "--format", "html", "--output", "day.html")
    assert told.exit_code == 0, told.stderr
    text = (direct / "day.html").read_text("utf-8")
    tags = Tags()
    tags.feed(text)
    assert tags.seen.count("svg") == 2
    assert tags.seen.count("tr") >= 3
    assert not {"script", "link", "img"}.intersection(tags.seen)
    assert "http" not in text
    assert "09:00: 3 agents" in text


def test_a_mistake_is_told_at_its_line(direct: Path, ivr: Ivr) -> None:
    (direct / "day.yaml").write_text("calls: 24\nagents: 2\ntalk: soon\n", encoding="utf-8")
    told = ivr("simulate", "day.yaml")
    assert told.exit_code == 1
    assert 'day.yaml:3:7: expected a time such as 8 (seconds), "8 s" or "5 min", not "soon"' in told.stderr
    assert "talk: soon" in told.stderr


def test_keys_that_do_not_lead_to_the_queue_are_told_with_what_callers_hear(tmp_path: Path, ivr: Ivr) -> None:
    ivr("new", str(tmp_path / "office"), "--languages", "en")
    told = ivr(
        "simulate", *HOUR, "--date", "wed", "--keys", "[2]", "--config", str(tmp_path / "office" / "config.yaml")
    )
    assert told.exit_code == 2
    assert "who presses 2 does not come to office" in told.stderr


@pytest.mark.slow
def test_a_new_hotline_is_simulated_as_it_is_and_the_keys_are_found(tmp_path: Path, ivr: Ivr) -> None:
    ivr("new", str(tmp_path / "office"), "--languages", "en")
    config = str(tmp_path / "office" / "config.yaml")
    told = ivr("simulate", *HOUR, "--date", "wed", "--format", "json", "--config", config)
    assert told.exit_code == 0, told.stderr
    assert json.loads(told.stdout)["keys"] == ["0"]
