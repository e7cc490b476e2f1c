"""docs/call-scripts.md is true: its scripts are played against the shipped hotline, its tables name every key."""

import re
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path

import jsonschema
import pytest

from ivr.config import load_config
from ivr.flow.reading.fields import fields_of
from ivr.flow.reading.source import parse
from ivr.testing.local_target import LocalTarget
from ivr.testing.reader import read_script, script_schema
from ivr.testing.report import as_text
from ivr.testing.runner import run_script
from ivr.testing.script import (
    AgentGiven,
    AgentStep,
    CallbackSeen,
    CustomerStep,
    Expect,
    Given,
    QueueGiven,
    Script,
    Step,
    TalkSeen,
    TicketSeen,
    WrapUp,
)
from tests.yaml12 import yaml12_values

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "call-scripts.md").read_text("utf-8")
SCRIPTS = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


KINDS = [
    Script, Step, Given, QueueGiven, AgentGiven, AgentStep, CustomerStep, WrapUp,
    Expect, TicketSeen, TalkSeen, CallbackSeen,
]  # fmt: skip


@cache
def editor() -> jsonschema.Draft202012Validator:
    """What an editor holds against a script."""
    schema = script_schema(("zh", "en"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.fixture(scope="module")
def target() -> Iterator[LocalTarget]:
    config, issues = load_config(ROOT / "config.yaml", today=date(2026, 11, 22), environ={})
    assert config is not None, issues
    with LocalTarget(config) as target:
        yield target


@pytest.mark.parametrize("text", SCRIPTS, ids=lambda text: re.search(r"^call: (.*)$", text, re.MULTILINE)[1])
def test_every_script_of_the_page_goes_as_it_is_written(target: LocalTarget, text: str) -> None:
    scripts, issues = read_script(text, "page", target.names)
    assert not issues
    for script in scripts:
        run = run_script(script, target)
        assert run.passed, as_text(run.failures, {"page": text}, run.lines, run.began)


@pytest.mark.parametrize("text", SCRIPTS, ids=lambda text: re.search(r"^call: (.*)$", text, re.MULTILINE)[1])
def test_editors_accept_every_script_of_the_page(text: str) -> None:
    node, _ = parse(text, "page")
    editor().validate(yaml12_values(node))


def test_the_report_of_the_page_is_the_one_that_is_told(target: LocalTarget) -> None:
    text = SCRIPTS[0].replace("录音投诉", "投诉专线")
    file = "complaints/pressed-4-twice.call.yaml"
    (script,), _ = read_script(text, file, target.names)
    run = run_script(script, target)
    shown = as_text(run.failures, {file: text}, run.lines, run.began)
    told = re.search(r"^```text\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert told is not None
    assert shown.startswith(told[1]), shown


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_names_every_key(kind: type) -> None:
    words = [word for word in fields_of(kind) if word != "does"]
    assert [word for word in words if not re.search(rf"`[^`\n]*\b{word}\b", PAGE)] == []
