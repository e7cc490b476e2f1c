"""docs/trust.md is whole: fifty goals, each with a place in the code, tests or "not yet", and one of four verdicts."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[1] / "docs" / "trust.md"
TEXT = PAGE.read_text("utf-8")
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


def test_the_table_says_what_the_goals_say() -> None:
    """`make docs` writes it. Each goal has its own line, so that two changes do not collide."""
    rows = ["| goal | | stands |", "| --- | --- | --- |"]
    for number, body in GOALS.items():
        title = re.search(r"^\*\*(.+?)\.\*\*", body, re.MULTILINE | re.DOTALL)
        assert title, body
        rows.append(f"| [{number}](#goal-{number}) | {' '.join(title[1].split())} | {verdict(body)} |")
    table = "\n".join(rows)
    made = re.sub(r"(?<=<!-- made: verdicts -->\n).*?(?=<!-- end -->)", f"\n{table}\n\n", TEXT, flags=re.DOTALL)
    if os.environ.get("IVR_UPDATE"):
        PAGE.write_text(made, "utf-8")
    assert PAGE.read_text("utf-8") == made, "run: make docs"
