"""The shipped flows are in order, and `docs/flows.md` is true: its tables are the model's, its examples run.

`pytest tests/test_flows.py --update` writes the tables anew.
"""

from __future__ import annotations

import dataclasses
import inspect
import os
import re
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, Literal

import pytest
import yaml

from ivr.call.languages import LANGUAGES
from ivr.call.languages.language import sayable
from ivr.call.values import Value
from ivr.cli.check import rules_by_package
from ivr.config import read_config
from ivr.flow.checks.lint import RULES, lint
from ivr.flow.model import (
    ANSWER_KINDS,
    STEP_KINDS,
    VALUE_KINDS,
    Choice,
    Defaults,
    Exit,
    Flow,
    Key,
    Language,
    Name,
    Seconds,
    Sentence,
    Step,
    StepName,
    Text,
)  # fmt: skip
from ivr.flow.reading.fields import FieldShape, fields_of
from ivr.flow.reading.reader import flow_sources, read_flows
from tests.shipped import SPECS
from tests.shipped_hotline import HOME, WEDNESDAY, ShippedCall, bound, config, flows

PAGE = HOME / "docs" / "flows.md"
FILES = sorted((HOME / "flows").glob("*.yaml"))

# --- the shipped flows ------------------------------------------------------------------------------------------


HELP_PROMISED = re.compile(
    r"(?i)\b(?:one of our team|an? agent|a person|somebody) will\b|客服(?:人员)?(?:帮|为您|会|马上)"
)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_no_sentence_promises_a_person_who_may_be_away(file: Path) -> None:
    """What comes next says whether somebody is there: the queue, or that the team is away."""
    words = file.read_text(encoding="utf-8").partition("\nexamples:")[0]
    assert HELP_PROMISED.findall(words) == []


def test_the_shipped_flows_have_no_problem_and_no_warning() -> None:
    assert [str(issue) for issue in lint(flows(), config().catalogue(SPECS))] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_file_says_what_it_is_for_and_is_named_like_its_flow(path: Path) -> None:
    modeline, purpose, head = path.read_text("utf-8").splitlines()[:3]
    assert modeline == "# yaml-language-server: $schema=../docs/flow.schema.json"
    assert re.fullmatch(r"# [A-Z].{20,}\.|# [A-Z].*\. .*\.", purpose), "one line on what the flow is for"
    assert head == f"flow: {path.stem}"


def test_every_topic_has_a_title_for_the_person_who_takes_over() -> None:
    assert [flow.name for flow in flows().flows.values() if flow.topic and flow.title is None] == []


def test_tickets_are_of_a_topic_that_has_a_title_or_speak_for_themselves() -> None:
    topics = {flow.topic for flow in flows().flows.values()} | {"callback", "message"}
    tickets = {
        step.ticket for flow in flows().flows.values() for step in flow.steps.values() if hasattr(step, "ticket")
    }
    assert tickets - topics == set()


def test_no_hours_are_typed_into_a_sentence() -> None:
    said = "".join(file.read_text("utf-8").partition("\nexamples:")[0] for file in (HOME / "flows").glob("*.yaml"))
    assert said.count("{hours:support}") == 4
    assert not re.findall(r"\b\d{1,2} [AP]M\b|[上下]午\d{1,2}点到", said)


# --- the page: its examples -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, what stands behind that, its text, and its line."""

    language: str
    info: str
    text: str
    line: int


_FENCE = re.compile(r"^```(\w+) ?([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks() -> list[Block]:
    text = PAGE.read_text("utf-8")
    return [Block(f[1], f[2], f[3], text.count("\n", 0, f.start()) + 1) for f in _FENCE.finditer(text)]


def named(found: list[Block]) -> dict[str, Block]:
    return {f"line-{block.line}": block for block in found}


FILE_BLOCKS = [block for block in blocks() if block.info.startswith("file=")]
STEP_BLOCKS = [
    block for block in blocks() if block.language == "yaml" and not block.info.startswith(("file=", "config"))
]
CONFIG_BLOCKS = [block for block in blocks() if block.info == "config"]
CALLS = [block for block in blocks() if block.info.startswith("keys=")]

AROUND = """
flow: example
start: START
keys: {"0": agent, "*": repeat}
defaults:
  silence: {zh: 没有听到。, en: I heard nothing.}
  wrong: {zh: 没有识别到。, en: I did not get that.}
  exhausted: agent
  on: {unavailable: agent}
steps:
  agent: {queue: support, on: {answered: goodbye, left: goodbye}}
  goodbye: {hangup: {zh: 再见。, en: Goodbye.}}
"""
"""What stands around an example of a few steps: a person and an end."""


def hotline(sources: Mapping[str, str], start: str, destinations: str = "") -> Any:
    """The flows of these sources, which must be in order, warnings included."""
    flow_set, issues = read_flows(sources, start, ("zh", "en"), SPECS)
    assert flow_set is not None, "\n".join(map(str, issues))
    names = config().catalogue(SPECS)
    # In the folder of whoever tries an example, no configuration names languages.
    names = replace(names, folder=None, offered=(), destinations=frozenset(filter(None, destinations.split(","))))
    problems = [*issues, *lint(flow_set, names)]
    unneeded = ("unreachable-flow", "unreachable-step", "unused-default")  # of what stands around an example
    shipped = set(map(str, FILES))  # held by a test of their own, all together
    found = [issue for issue in problems if issue.rule not in unneeded and issue.place.file not in shipped]
    assert [str(issue) for issue in found] == []
    return flow_set


@pytest.mark.parametrize("block", named(STEP_BLOCKS).values(), ids=named(STEP_BLOCKS))
def test_an_example_of_steps_is_in_order(block: Block) -> None:
    shipped, _ = flow_sources(HOME / "flows")
    wanted = re.findall(r"run: (\w+)", block.text)
    sources = {path: text.decode() for path, text in shipped.items() if Path(path).stem in wanted}
    steps = "".join(f"  {line}" for line in block.text.splitlines(keepends=True))
    example = AROUND.replace("START", block.text.partition(":")[0]) + steps
    hotline({**sources, "example.yaml": example}, "example", block.info.partition("destinations=")[2])


def files_until(line: int) -> dict[str, str]:
    """The files that a reader of the course has at that line: later ones replace earlier ones of the same name."""
    return {block.info.removeprefix("file="): block.text for block in FILE_BLOCKS if block.line < line}


@pytest.mark.parametrize("block", named(FILE_BLOCKS).values(), ids=named(FILE_BLOCKS))
def test_a_file_of_the_course_is_in_order(block: Block) -> None:
    if block.info == "file=hotline.yaml":
        hotline(files_until(block.line + 1), "hotline")


@pytest.mark.parametrize("block", named(CALLS).values(), ids=named(CALLS))
def test_a_call_of_the_course_is_heard_as_shown(block: Block) -> None:
    flow_set = hotline(files_until(block.line), "hotline")
    call = ShippedCall(at=WEDNESDAY, on=bound(flow_set)).follow(block.info.removeprefix("keys="))
    assert call.said + "\n" == block.text


@pytest.mark.parametrize("block", named(CONFIG_BLOCKS).values(), ids=named(CONFIG_BLOCKS))
def test_an_example_of_the_configuration_is_in_order(block: Block) -> None:
    found, issues = read_config(block.text, "config.yaml", folder=HOME, today=date(2026, 1, 1), environ={})
    assert found is not None, issues


def test_the_problem_shown_is_the_problem_told() -> None:
    (shown,) = [block for block in blocks() if "[unknown-step]" in block.text]
    menu = next(block for block in FILE_BLOCKS if "refund_rules" in block.text)
    broken = re.sub(r"(refund_rules:\n.*\n +next: )main", r"\1mian", menu.text)
    flow_set, issues = read_flows({"flows/hotline.yaml": broken}, "hotline", ("zh", "en"), SPECS)
    assert flow_set is not None
    issues += lint(flow_set, config().catalogue(SPECS))
    assert "".join(f"{issue}\n" for issue in issues if issue.is_error) == shown.text


# --- the page: its tables ---------------------------------------------------------------------------------------

SPOKEN = {
    "words": "可以", "name": "Star Market", "digits": "300123", "number": "1234.5", "phone": "+8613800138000",
    "account": "62220001", "reference": "7000001", "tail": "6621", "money": "128.50 CNY", "date": "2026-11-25",
    "time": "18:00", "datetime": "2026-11-27T09:30:00+08:00", "duration": "5400",
}  # fmt: skip

_WRITTEN: dict[Any, str] = {
    Text: "text", str: "words", int: "number", bool: "yes or no", Seconds: "seconds", Name: "name", Key: "key",
    StepName: "step", Language: "language", Sentence: "`{value}`",
}  # fmt: skip


def _type(annotation: Any) -> str:
    """How a field is written, in a word or two."""
    if annotation in _WRITTEN:
        return _WRITTEN[annotation]
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (typing.Union, types.UnionType):
        return _type(next(one for one in arguments if one is not types.NoneType))
    if origin is Literal:
        return "one word of a list"
    if origin is tuple:
        return "list of choices" if arguments[0] is Choice else f"{_type(arguments[0])}, or a list"
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return "`name: value` pairs"
    return "as below"


def _default(cls: type, shape: FieldShape) -> str:
    if shape.required:
        return "**must be written**"
    value = _default_of(next(field for field in dataclasses.fields(cls) if field.name == shape.name))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value in (None, (), {}, "") or dataclasses.is_dataclass(value) else f"`{value}`"


def _default_of(field: dataclasses.Field[Any]) -> Any:
    return field.default if field.default_factory is dataclasses.MISSING else field.default_factory()


def _fields(cls: type) -> Iterator[str]:
    yield "| field | | is | if not written |\n| --- | --- | --- | --- |"
    own = inspect.get_annotations(cls)
    for name, shape in sorted(fields_of(cls).items(), key=lambda item: item[1].name not in own):
        doc = shape.doc.replace("|", "\\|")
        yield f"| `{name}` | {_type(shape.annotation)} | {doc} | {_default(cls, shape)} |"


def _step(kind: type[Step]) -> Iterator[str]:
    yield re.sub(r"(?<!\n)\n(?!\n)", " ", inspect.getdoc(kind) or "") + "\n"
    yield from _fields(kind)
    if kind.outcomes and "utcomes" not in (inspect.getdoc(kind) or ""):
        yield f"\nOutcomes: {', '.join(f'`{outcome}`' for outcome in kind.outcomes)}."


def _kinds() -> Iterator[str]:
    yield "| kind | in Chinese | in English | written |\n| --- | --- | --- | --- |"
    for kind in VALUE_KINDS:
        value, today = sayable(Value(kind, SPOKEN[kind]), "CN"), WEDNESDAY.date()
        zh, en = (LANGUAGES[code].speak(value, today=today) for code in ("zh", "en"))
        yield f"| `{kind}` | {zh} | {en} | {LANGUAGES['en'].write(value, today=today)} |"


def _reading() -> Iterator[str]:
    yield "| rule | what is wrong |\n| --- | --- |"
    yield from (f"| `{name}` | {doc} |" for name, doc in rules_by_package()["ivr.flow.reading"].items())


def _configuration() -> Iterator[str]:
    yield "| rule | what is wrong |\n| --- | --- |"
    yield from (f"| `{name}` | {' '.join(doc.split())} |" for name, doc in rules_by_package()["ivr.config"].items())


def _meaning() -> Iterator[str]:
    yield "| rule | | what is wrong |\n| --- | --- | --- |"
    for name, rule in RULES.items():
        first = re.sub(r"\s+", " ", rule.doc.partition("\n\n")[0]).replace("|", "\\|")
        yield f"| `{name}` | {rule.severity.value} | {first} |"


MADE: dict[str, Callable[[], Iterator[str]]] = {
    **{f"step {kind.kind}": partial(_step, kind) for kind in STEP_KINDS},
    **{f"fields of {cls.__name__}": partial(_fields, cls) for cls in (Flow, Exit, Defaults, Choice)},
    "kinds of values": _kinds,
    "rules of reading": _reading,
    "rules of meaning": _meaning,
    "rules of the configuration": _configuration,
}

_MADE = re.compile(r"(<!-- made: ([\w ]+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)


def test_the_tables_are_those_of_the_model() -> None:
    shown = PAGE.read_text("utf-8")
    marked = [found[2] for found in _MADE.finditer(shown)]
    assert sorted(marked) == sorted(MADE), "docs/flows.md needs <!-- made: … --> and <!-- end --> once for each"
    made = _MADE.sub(lambda found: f"{found[1]}\n{chr(10).join(MADE[found[2]]())}\n\n{found[4]}", shown)
    if os.environ.get("IVR_UPDATE"):
        PAGE.write_text(made, "utf-8")
    assert PAGE.read_text("utf-8") == made, "run: pytest tests/test_flows.py --update"


def test_every_kind_of_step_has_an_example() -> None:
    sections = re.split(r"^### ", PAGE.read_text("utf-8"), flags=re.MULTILINE)
    by_name = {section.partition("\n")[0]: section for section in sections}
    for kind in STEP_KINDS:
        assert kind.kind in by_name, f'docs/flows.md needs a section "### {kind.kind}"'
        assert re.search(rf"^```yaml.*\n(.*\n)*? *(\w+: {{)?{kind.kind}:", by_name[kind.kind], re.MULTILINE), kind.kind


def test_every_kind_of_answer_is_explained() -> None:
    rows = re.findall(r"^\| `([\w-]+)` \| .* \| .* \| .* \|$", PAGE.read_text("utf-8"), re.MULTILINE)
    assert set(ANSWER_KINDS) <= set(rows)


def test_every_yaml_parser_reads_the_shipped_files() -> None:
    """The C parser forgives an unquoted question mark before a brace; the one in Python, and editors, do not."""
    for path in FILES:
        text = path.read_text("utf-8")
        yaml.compose(text, Loader=yaml.SafeLoader)
