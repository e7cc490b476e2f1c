"""A day as somebody expects it: what its YAML and its options can say, and what is wrong in plain words."""

from __future__ import annotations

import random
import re
from pathlib import Path
from statistics import fmean, pstdev

import pytest

from ivr.config import Config, load_config
from ivr.forecast.day import Times, plan_of, read_day
from ivr.forecast.run import find_way
from tests.forecast.direct import CONFIG, FLOW, TODAY, hotline, planned

ROOT = Path(__file__).parents[2]
OFFICE = CONFIG.replace("queues:", 'calendars: {office: {weekly: {mon-fri: "09:00-11:00"}}}\nqueues:').replace(
    "{longest_wait", "{calendar: office, target: 90 % in 30 s, longest_wait"
)


@pytest.fixture
def office(tmp_path: Path) -> Config:
    return hotline(tmp_path, OFFICE)


def test_calls_and_agents_are_spread_over_the_hours_of_the_queue(office: Config) -> None:
    plan = planned(office, "date: wed\ncalls: 60\nagents: 3\n")
    assert (plan.date.isoformat(), plan.target) == ("2026-11-25", (90, 30))
    assert list(plan.span) == [18, 19, 20, 21]
    assert [plan.arrivals[n] for n in plan.span] == [15.0] * 4
    assert [plan.agents[n] for n in plan.span] == [3] * 4


def test_shifts_that_overlap_add_up_and_a_half_hour_can_be_named_alone(office: Config) -> None:
    plan = planned(office, "arrivals: {09:00: 12, 09:30-11:00: 60}\nshifts: {09:00-11:00: 2, 10:00-11:00: 1}\n")
    assert [plan.arrivals[n] for n in plan.span] == [12.0, 20.0, 20.0, 20.0]
    assert [plan.agents[n] for n in plan.span] == [2, 2, 3, 3]


def test_an_option_replaces_what_the_file_says_and_is_written_like_it(office: Config) -> None:
    options = {"calls": "30", "talk": "{mean: 4 min, shape: lognormal}"}
    day, issues = read_day("arrivals: {09:00: 12}\nagents: 2\ntalk: 90 s\n", "day.yaml", options)
    assert day is not None, issues
    assert (day.calls, day.arrivals, day.talk.mean, day.talk.shape) == (30, {}, 240, "lognormal")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("date: 2026-11-28\ncalls: 9\nagents: 1\n", "day.yaml:1:7: support is closed on Sat 2026-11-28"),
        ("date: wedn\ncalls: 9\nagents: 1\n", 'day.yaml:1:7: "wedn" is not a day'),
        ("queue: suport\ncalls: 9\n", 'day.yaml:1:8: there is no queue "suport"; did you mean "support"?'),
        ("arrivals: {09:15: 9}\nagents: 1\n", 'day.yaml:1:12: "09:15" is not a span of half hours'),
        ("arrivals: {08:00: 9}\nagents: 1\n", "support is closed on Mon 2026-11-23 at 08:00; it is open 09:00-11:00"),
        ("agents: 4\n", "nobody calls; say how many"),
        ("calls: 40\n", "nobody answers; say how many agents"),
        ("calls: 40\nagents: 2\ntarget: soon\n", 'day.yaml:3:9: "soon" is not a target'),
    ],
)
def test_what_does_not_fit_is_told_at_its_line(office: Config, text: str, told: str) -> None:
    day, issues = read_day(text, "day.yaml", {})
    if day is not None:
        issues = plan_of(day, office, TODAY)[1]
    assert any(told in str(issue) for issue in issues), issues


def test_what_is_wrong_with_an_option_is_told_with_its_name() -> None:
    _, (issue,) = read_day("", "", {"talk": "two minutes"})
    assert str(issue).startswith('--talk:1:7: expected a time such as 8 (seconds), "8 s" or "5 min"')


def test_the_day_in_the_documentation_can_be_simulated() -> None:
    (text,) = re.findall(r"```yaml\n(date: .*?)```", (ROOT / "docs" / "simulating.md").read_text("utf-8"), re.DOTALL)
    config, issues = load_config(ROOT / "config.yaml", today=TODAY, environ={})
    assert config is not None, issues
    plan = planned(config, text)
    assert (round(sum(plan.arrivals)), plan.agents[20], plan.agents[34]) == (300, 5, 1)
    assert all(plan.agents[n] for n in plan.span)


MENUS = "flow: hotline\nstart: one\nsteps:\n" + "".join(
    f"  {name}: {{menu: The {name} menu., choices: [{{key: 9, label: on, next: {on}}}], silence: What?, wrong: No., "
    f"exhausted: bye}}\n"
    for name, on in (("one", "two"), ("two", "three"), ("three", "line"))
)


def test_a_way_to_the_queue_is_found_behind_high_keys(tmp_path: Path) -> None:
    config = hotline(tmp_path, flow=MENUS + FLOW.split("steps:\n")[1])
    assert find_way(config, planned(config, "calls: 1\nagents: 1\n")) == ("9", "9", "9")


@pytest.mark.parametrize(("shape", "spread"), [("exponential", 1.0), ("lognormal", 0.5), ("constant", 0.0)])
def test_times_have_the_mean_and_the_spread_that_are_written(shape: str, spread: float) -> None:
    times = Times(mean=120, shape=shape, spread=0.5)  # type: ignore[arg-type]
    chance = random.Random(1)
    drawn = [times.draw(chance) for _ in range(20_000)]
    assert fmean(drawn) == pytest.approx(120, rel=0.03)
    assert pstdev(drawn) / 120 == pytest.approx(spread, abs=0.03)
