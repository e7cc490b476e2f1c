"""The example of every rule: `ivr/flow/reading/examples/` and `ivr/flow/checks/examples/`.

These are the pairs that `ivr check --explain` shows. `pytest --update tests/flow/test_examples.py` writes the answers.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest

from ivr.flow.checks.lint import RULES, lint
from ivr.flow.examples import Example, load_example, load_texts
from ivr.flow.issues import Issue, as_text
from ivr.flow.reading.reader import read_flows
from tests.flow.test_check_rules import CATALOGUE

WITHOUT_TEXT = {"unreadable", "outside", "no-flows", "too-large", "not-utf8", "too-many-problems"}
"""Rules that no small text file can break; test_reader and test_source break them."""

READER_RULES = load_texts(files("ivr.flow.reading") / "rules.yaml")
READING = Path(str(files("ivr.flow.reading") / "examples"))
CHECKS = Path(str(files("ivr.flow.checks") / "examples"))
CASES = [(READING, rule) for rule in READER_RULES if rule not in WITHOUT_TEXT] + [(CHECKS, rule) for rule in RULES]


def issues_of(sources: Mapping[str, str], rule: str) -> list[Issue]:
    """All that reader and checker have against these files. The configuration lacks what a rule misses in it."""
    offered = ("zh", "en") if rule == "unreachable-language" else ()
    catalogue = replace(CATALOGUE, back_office=rule != "no-back-office", offered=offered)
    flows, issues = read_flows(sources, "hotline", ("zh", "en"), catalogue.handlers)
    return issues + (lint(flows, catalogue) if flows else [])


def example_of(folder: Path, rule: str) -> Example:
    example = load_example(folder, rule)
    assert example, f"write {folder.name}/{rule}.yaml: see docs/design.md, a rule"
    return example


@pytest.mark.parametrize(("folder", "rule"), CASES, ids=[rule for _, rule in CASES])
def test_the_wrong_lines_break_the_rule(folder: Path, rule: str) -> None:
    example = example_of(folder, rule)
    issues = issues_of(example.wrong, rule)
    if folder == READING:
        issues = [issue for issue in issues if issue.rule in READER_RULES]
    answer = as_text(issues, example.wrong).rpartition("\n")[0].rpartition("\n")[0] + "\n"
    if os.environ.get("IVR_UPDATE"):
        (folder / f"{rule}.out").write_text(answer, "utf-8")
        example = example_of(folder, rule)
    assert {issue.rule for issue in issues} == {rule}
    assert example.answer == answer


@pytest.mark.parametrize(("folder", "rule"), CASES, ids=[rule for _, rule in CASES])
def test_the_mended_lines_break_no_rule(folder: Path, rule: str) -> None:
    found = issues_of(example_of(folder, rule).mended, rule)
    if folder == READING:
        found = [issue for issue in found if issue.rule in READER_RULES]
    assert found == []


def test_every_example_belongs_to_a_rule() -> None:
    found = {(path.parent, path.stem) for folder in (READING, CHECKS) for path in folder.iterdir()}
    assert found == set(CASES)
