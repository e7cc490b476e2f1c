"""docs/trust.md is whole: fifty goals, each with a place in the code, tests or "not yet", and one of four verdicts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TEXT = (Path(__file__).parents[1] / "docs" / "trust.md").read_text("utf-8")
GOALS = {int(number): body for number, body in re.findall(r"^## Goal (\d+)\n(.*?)(?=^## |\Z)", TEXT, re.M | re.S)}
VERDICTS = ("holds", "in part", "fails", "untried")


def verdict(body: str) -> str:
    """What the attack came to, the word in bold of a goal's last line."""
    found = re.search(r"^- Measured: \*\*(.+?)\*\* – \S", body, re.MULTILINE)
    assert found, body
    return found[1]


def test_there_are_fifty_goals_in_order() -> None:
    assert list(GOALS) == list(range(1, 51))


@pytest.mark.parametrize("number", GOALS)
def test_a_goal_says_where_it_is_kept_and_what_tests_and_measures_it(number: int) -> None:
    body = GOALS[number]
    assert re.search(r"^- Kept in: `ivr/", body, re.MULTILINE)
    assert re.search(r"^- Tests:(?: not yet$|\n  - `tests/)", body, re.MULTILINE)
    assert verdict(body) in VERDICTS


@pytest.mark.parametrize("word", VERDICTS)
def test_the_table_counts_the_goals_as_their_rows_do(word: str) -> None:
    found = re.search(rf"^\| {word} \((\d+)\) \| (.*) \|$", TEXT, re.MULTILINE)
    assert found, f"no row for {word}"
    listed = [int(number) for number in re.findall(r"\[(\d+)\]\(#goal-\1\)", found[2])]
    assert listed == [number for number, body in GOALS.items() if verdict(body) == word]
    assert int(found[1]) == len(listed)
