"""The schema for editors: a valid schema, the same fields as the reader, and good files pass it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from ivr.flow.model import STEP_KINDS, Choice, Defaults, Exit, Step
from ivr.flow.reading.drafts import WAYS
from ivr.flow.reading.fields import fields_of
from ivr.flow.reading.reader import read_flows
from ivr.flow.reading.source import parse
from ivr.flow.schema import flow_schema, schema_of
from tests.yaml12 import yaml12_values

SCHEMA = flow_schema(("zh", "en"))
HERE = Path(__file__).parent


def errors(text: str) -> list[str]:
    node, _ = parse(text, "f.yaml")
    assert node is not None
    return [error.message for error in Draft202012Validator(SCHEMA).iter_errors(yaml12_values(node))]


def flow(step: str) -> str:
    return f"flow: hotline\nstart: bye\nsteps:\n  bye: {step}\n"


@pytest.mark.parametrize("languages", [(), ("en",), ("zh", "en")])
def test_it_is_a_schema(languages: tuple[str, ...]) -> None:
    schema = flow_schema(languages)
    Draft202012Validator.check_schema(schema)
    references = {part.split('"')[0] for part in json.dumps(schema).split('"#/$defs/')[1:]}
    assert references <= schema["$defs"].keys()


@pytest.mark.parametrize("file", sorted((HERE / "good").glob("*.yaml")), ids=lambda file: file.stem)
def test_good_files_pass(file: Path) -> None:
    assert errors(file.read_text("utf-8")) == []


@pytest.mark.parametrize("kind", STEP_KINDS, ids=lambda kind: kind.kind)
def test_a_step_has_the_fields_that_the_reader_knows(kind: type[Step]) -> None:
    schema = SCHEMA["$defs"][f"{kind.kind}-step"]
    ways = {outcome for outcome in WAYS if outcome in kind.outcomes}
    assert schema["properties"].keys() == fields_of(kind).keys() | ways | {"on"}
    assert schema["additionalProperties"] is False
    assert kind.kind in schema["required"]
    assert all(schema["properties"][word]["description"] for word in fields_of(kind))


@pytest.mark.parametrize("cls", [Choice, Defaults, Exit])
def test_smaller_things_have_the_fields_that_the_reader_knows(cls: type[Any]) -> None:
    schema = SCHEMA["$defs"][cls.__name__.lower()]
    schema = schema["anyOf"][-1] if cls is Exit else schema
    assert schema["properties"].keys() == fields_of(cls).keys()


@pytest.mark.parametrize(
    "step",
    [
        "{hangup: {zh: 再见}}",
        "{hangup: Goodbye}",
        "{hangup: {zh: 再见, en: Bye, fr: Adieu}}",
        "{hangup: , colour: red}",
        "{say: {zh: 您好, en: Hello}, hours: support, next: bye}",
        "{next: bye}",
        "{survey: {zh: 好吗, en: Good?}, scale: many, next: bye}",
        "{survey: {zh: 好吗, en: Good?}, next: two words}",
        "{ask: {zh: 号, en: No.}, as: pin, next: bye}",
        "{menu: , choices: [{key: 10, label: {zh: 一, en: one}, next: bye}]}",
        "{menu: , choices: [{key: 1, next: bye}]}",
        "{queue: support, leave: star, on: {answered: bye}}",
        "{ticket: refund, priority: now, next: bye}",
        "{say: {zh: 您好, en: Hello}, next: {say: {zh: 再见, en: Bye}}}",
        "{voicemail: {zh: 留言, en: Speak}, longest: long, on: {recorded: bye}}",
    ],
)
def test_what_the_schema_refuses_the_reader_refuses(step: str) -> None:
    assert errors(flow(step))
    _, issues = read_flows({"hotline": flow(step)}, "hotline", ("zh", "en"))
    assert any(issue.is_error for issue in issues)


def test_any_dataclass_has_a_schema() -> None:
    schema = schema_of(Choice, "A choice", ("zh", "en"))
    Draft202012Validator.check_schema(schema)
    check = Draft202012Validator(schema)
    assert check.is_valid({"key": 1, "label": {"zh": "一", "en": "one"}, "next": "bye"})
    assert not check.is_valid({"key": 1, "next": "bye"})
    assert not check.is_valid({"key": 1, "label": {"zh": "一", "en": "one"}, "next": "bye", "colour": "red"})
