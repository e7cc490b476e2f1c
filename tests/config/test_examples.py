"""The example of every rule of the configuration: `ivr/config/examples/`, shown by `ivr check --explain`.

`pytest --update tests/config/test_examples.py` writes the answers.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import date
from importlib.resources import files
from pathlib import Path

import pytest

from ivr.config import read_config
from ivr.flow.examples import Example, load_example, load_texts
from ivr.flow.issues import Issue, as_text

CONFIG_RULES = load_texts(files("ivr.config") / "rules.yaml")
FOLDER = Path(str(files("ivr.config") / "examples"))
ENVIRONMENT = {"TICKETS_TOKEN": "token", "TOKEN": "token"}


def issues_of(sources: Mapping[str, str], rule: str) -> list[Issue]:
    """All that is wrong with a configuration. In November the holidays of the next year are not known yet."""
    [(file, text)] = sources.items()
    today = date(2026, 11, 22) if rule == "no-holiday-list" else date(2026, 1, 1)
    return read_config(text, file, folder=Path(), today=today, environ=ENVIRONMENT)[1]


def example_of(rule: str) -> Example:
    example = load_example(FOLDER, rule)
    assert example, f"write ivr/config/examples/{rule}.yaml: see docs/design.md, a rule"
    return example


@pytest.mark.parametrize("rule", CONFIG_RULES)
def test_the_wrong_lines_break_the_rule(rule: str) -> None:
    example = example_of(rule)
    issues = issues_of(example.wrong, rule)
    answer = as_text(issues, example.wrong).rpartition("\n")[0].rpartition("\n")[0] + "\n"
    if os.environ.get("IVR_UPDATE"):
        (FOLDER / f"{rule}.out").write_text(answer, "utf-8")
        example = example_of(rule)
    assert {issue.rule for issue in issues} == {rule}
    assert example.answer == answer


@pytest.mark.parametrize("rule", CONFIG_RULES)
def test_the_mended_lines_break_no_rule(rule: str) -> None:
    assert issues_of(example_of(rule).mended, rule) == []


def test_every_example_belongs_to_a_rule() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == set(CONFIG_RULES)
