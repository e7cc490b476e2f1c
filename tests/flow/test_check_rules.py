"""More cases of the checker's rules: `check_cases/<case>.yaml` (or a folder of them), with the answers beside.

The first example of each rule stands beside the rule: see test_examples.
A case is called after the rule it is about, with a dot and more words where a rule has several; cases called
`fine.…` are hotlines in order. `pytest --update tests/flow/test_check_rules.py` writes the answers.
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from types import FrameType

import pytest

from ivr.flow.checks.lint import RULES, lint
from ivr.flow.checks.rules.values import KIND_PHRASES
from ivr.flow.checks.step_facts import KIND_OF_ANSWER
from ivr.flow.examples import load_texts
from ivr.flow.issues import Issue
from ivr.flow.model import ANSWER_KINDS, VALUE_KINDS, Catalogue, Exit, FlowSet, HandlerSpec, StepName
from ivr.flow.reading.reader import read_flows

FOLDER = Path(__file__).parent / "check_cases"
CASES = sorted({path.name.removesuffix(".yaml") for path in FOLDER.iterdir() if path.suffix != ".out"})

CATALOGUE = Catalogue(
    handlers={
        "refund": HandlerSpec(
            "refund",
            takes={"reference": "reference", "note": "words", "since": "date"},
            optional=frozenset({"note", "since"}),
            outcomes={"approved": {"amount": "money", "expected_on": "date"}, "overdue": {}, "not_found": {}},
        ),
        "question": HandlerSpec("question", outcomes={"asked": {"question": "words"}}),
        "balance": HandlerSpec("balance", outcomes={"told": {"balance": "money"}}, identified=True),
    },
    calendars=frozenset({"support", "security"}),
    no_holidays=frozenset({"security"}),
    policies=frozenset({"customer"}),
    queues=frozenset({"support", "security"}),
    destinations=frozenset({"bank"}),
    say_limit=400,
)


def checked(sources: dict[str, str], catalogue: Catalogue = CATALOGUE) -> list[Issue]:
    """The checker's answer to a hotline whose first flow is `hotline`; the reader must have nothing against it."""
    flows = read(sources, catalogue)
    found = lint(flows, catalogue)
    assert lint(flows, catalogue, only_errors=True) == [issue for issue in found if issue.is_error]
    return found


def read(sources: dict[str, str], catalogue: Catalogue = CATALOGUE) -> FlowSet:
    flows, issues = read_flows(sources, "hotline", ("zh", "en"), catalogue.handlers)
    assert not issues, "\n".join(map(str, issues))
    assert flows is not None
    return flows


def sources_of(case: str) -> dict[str, str]:
    folder = FOLDER / case
    files = sorted(folder.glob("*.yaml")) if folder.is_dir() else [FOLDER / f"{case}.yaml"]
    return {file.name: file.read_text("utf-8") for file in files}


@pytest.mark.parametrize("case", CASES)
def test_the_answer_stands_beside_the_flow(case: str) -> None:
    answer = "".join(f"{issue}\n" for issue in checked(sources_of(case)))
    beside = FOLDER / f"{case}.out"
    if os.environ.get("IVR_UPDATE") and (answer or beside.exists()):  # nothing to tell needs no file
        beside.write_text(answer, "utf-8")
    assert answer == (beside.read_text("utf-8") if beside.exists() else "")


@pytest.mark.parametrize("case", [case for case in CASES if not case.startswith("fine.")])
def test_a_case_finds_what_it_is_called_after_and_nothing_else(case: str) -> None:
    rule = case.partition(".")[0]
    assert {issue.rule for issue in checked(sources_of(case))} == {rule}


@pytest.mark.parametrize("case", [case for case in CASES if case.startswith("fine.")])
def test_a_hotline_in_order_has_no_problems(case: str) -> None:
    assert checked(sources_of(case)) == []


def test_every_text_belongs_to_a_rule() -> None:
    assert load_texts(files("ivr.flow.checks") / "rules.yaml").keys() == RULES.keys()


@pytest.mark.parametrize("name", RULES)
def test_every_rule_says_what_is_wrong_and_why(name: str) -> None:
    assert len(RULES[name].doc) > 40


def test_every_kind_of_value_and_answer_is_known_to_the_rules() -> None:
    assert set(KIND_PHRASES) == set(VALUE_KINDS)
    assert set(KIND_OF_ANSWER) == set(ANSWER_KINDS) - {"yes-no"}


def test_every_problem_points_into_a_file() -> None:
    for case in CASES:
        sources = sources_of(case)
        for issue in checked(sources):
            line = sources[issue.place.file].splitlines()[issue.place.line - 1]
            assert issue.place.column <= len(line), issue


def test_the_same_problem_is_told_once() -> None:
    for case in CASES:
        issues = checked(sources_of(case))
        assert len(issues) == len(set(issues))


def test_what_nobody_declared_stops_nothing_but_itself() -> None:
    """With an empty catalogue every name is unknown, and nothing that follows from it is reported."""
    found = checked(sources_of("fine.hotline"), Catalogue())
    assert {issue.rule for issue in found} == {
        "unknown-handler", "unknown-calendar", "unknown-policy", "unknown-queue", "unknown-destination",
    }  # fmt: skip


def test_a_hotline_with_any_line_missing_is_answered_and_not_crashed_on() -> None:
    lines = sources_of("fine.hotline")["fine.hotline.yaml"].splitlines()
    read_well = 0
    for number in range(len(lines)):
        text = "\n".join(lines[:number] + lines[number + 1 :])
        flows, _ = read_flows({"hotline.yaml": text}, "hotline", ("zh", "en"), CATALOGUE.handlers)
        if flows is not None:
            read_well += 1
            assert all(issue.rule in RULES for issue in lint(flows, CATALOGUE))
    assert read_well > 30


def test_the_work_grows_with_the_steps_and_not_with_their_square() -> None:
    small, large = _calls_for(25), _calls_for(200)
    assert large < small * 8.5


def _calls_for(links: int) -> int:
    """How many functions are called to check a chain of so many links, four steps each."""
    flows = chain_of(links)
    calls = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        assert lint(flows, CATALOGUE) == []
    finally:
        sys.setprofile(None)
    return calls


def chain_of(links: int) -> FlowSet:
    """The hotline `fine.chain`, with the steps called `middle…` repeated one behind the other."""
    flows = read(sources_of("fine.chain"))
    hotline = flows.flows["hotline"]
    steps = dict(hotline.steps)
    middle = [name for name in steps if name.startswith("middle")]
    last = middle[-1]
    for number in range(1, links):
        for name in middle:
            ways = {
                outcome: replace(way, next=StepName(f"{way.next}_{number}")) if way.next in middle else way
                for outcome, way in hotline.steps[name].ways.items()
            }
            steps[f"{name}_{number}"] = replace(hotline.steps[name], name=f"{name}_{number}", ways=ways)
        onward = {"next": Exit(StepName(f"{middle[0]}_{number}"))}
        steps[last] = replace(steps[last], ways=onward)
        last = f"{middle[-1]}_{number}"
    return replace(flows, flows={"hotline": replace(hotline, steps=steps)})
