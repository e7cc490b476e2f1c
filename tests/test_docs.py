"""The documents are true: what they name exists, what is generated is current, and what they show was really said.

`pytest tests/test_docs.py --update` (or `make docs`) writes the schemas and the catalogue of handlers anew.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import click
import jsonschema
import pytest
from click.testing import CliRunner
from werkzeug.test import Client

from ivr.cli import COMMANDS, main
from ivr.config import config_schema, read_config
from ivr.config.settings import Settings
from ivr.flow.model import HandlerSpec
from ivr.flow.picture import STYLE, drawings, svg
from ivr.flow.reading.fields import fields_of
from ivr.flow.reading.reader import flow_sources, read_flows
from ivr.flow.reading.source import parse
from ivr.flow.schema import flow_schema
from ivr.hotline.handlers import Handler
from ivr.webhooks.logs import FIELDS
from tests.shipped import HANDLERS, SPECS
from tests.test_layers import OWNERS
from tests.yaml12 import yaml12_values

ROOT = Path(__file__).parents[1]
PAGES = [
    *(ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "tests/README.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
FLOWS = sorted((ROOT / "flows").glob("*.yaml"))
LANGUAGES = ("zh", "en")

by_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())


# --- reading Markdown ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text, and the line it begins on."""

    language: str
    text: str
    line: int


_FENCE = re.compile(r"^```(\S*)[^\n]*\n(.*?)^```\s*?$", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")


def blocks(page: Path) -> list[Block]:
    text = page.read_text("utf-8")
    return [Block(found[1], found[2], text.count("\n", 0, found.start()) + 1) for found in _FENCE.finditer(text)]


def prose(page: Path) -> str:
    """The page without its fenced blocks."""
    return _FENCE.sub("", page.read_text("utf-8"))


def spans(page: Path) -> list[str]:
    """What stands between single backticks."""
    return _SPAN.findall(prose(page))


def shown(page: Path) -> Iterator[str]:
    """Lines that a reader may type: of shell blocks without prompt and comment, and spans."""
    for block in blocks(page):
        if block.language in ("sh", "console", "text", ""):
            for line in block.text.replace("\\\n", " ").splitlines():
                typed = line.removeprefix("$ ")
                if block.language == "sh" or typed != line:
                    yield re.sub(r"\s#\s.*$", "", typed).strip()
    yield from spans(page)


# --- commands ---------------------------------------------------------------------------------------------------


def commands(page: Path, program: str) -> list[str]:
    """The lines that call a program, without the variables set before it and what comes after a pipe."""
    found = []
    for line in shown(page):
        typed = re.sub(r"^(?:[A-Z_]+=\S* )+", "", line).removeprefix(".venv/bin/")
        if re.match(rf"{program} [\w-]", typed):
            found.append(re.split(r"\s(?:\||&&|>|<|2>)\s?", typed)[0])
    return found


@by_page
def test_every_command_shown_can_be_given_so(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)  # where the paths of the examples are; nothing is run
    for line in commands(page, "ivr"):
        _, *words = shlex.split(line)
        if words[0].startswith("-"):
            continue
        assert words[0] in COMMANDS, f"{page.name}: there is no command in `{line}`"
        if words[1:] == []:
            continue  # a command that is only named
        command = main.get_command(click.Context(main), words[0])
        assert command is not None
        try:
            command.make_context(words[0], words[1:])
        except click.exceptions.Exit:
            pass  # --help
        except click.UsageError as refused:
            pytest.fail(f"{page.name}: `{line}`: {refused.format_message()}")


@by_page
def test_every_target_of_make_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    for line in commands(page, "make"):
        wanted = [word for word in shlex.split(line)[1:] if "=" not in word]
        assert set(wanted) <= targets, f"{page.name}: `{line}`"


def test_some_page_tells_of_every_command() -> None:
    told = {shlex.split(line)[1] for page in PAGES for line in commands(page, "ivr")}
    assert set(COMMANDS) - told == set()


# --- links, files and names ---------------------------------------------------------------------------------


def anchors(page: Path) -> set[str]:
    """The anchors of a page: those written into it, and those that GitHub makes of its headings."""
    text = prose(page)
    headings = re.findall(r"^#{1,6} +(.+?)\s*$", text, re.MULTILINE)
    written = re.findall(r'<a id="([^"]+)"></a>', text)
    return {*written, *(re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings)}


@by_page
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        other = (page.parent / path).resolve() if path else page
        assert other.exists(), f"{page.name}: nothing at {target}"
        assert not anchor or anchor in anchors(other), f"{page.name}: no heading for {target}"


def test_every_page_can_be_reached_from_the_readme() -> None:
    linked = set(re.findall(r"\]\((docs/[^)#\s]+)\)", prose(ROOT / "README.md")))
    assert {f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md")} <= linked


@by_page
def test_files_that_are_named_exist(page: Path) -> None:
    for span in spans(page):
        if re.fullmatch(r"(?:ivr|tests|docs|flows|bench|\.ci)/[\w./*-]+", span):
            assert list(ROOT.glob(span.rstrip("/"))), f"{page.name}: there is no `{span}`"


@by_page
def test_names_that_are_said_to_be_in_a_file_are_there(page: Path) -> None:
    told = re.findall(r"`@?(\w+)` (?:in|of) `((?:ivr|tests)/[\w/]+\.\w+)`", " ".join(page.read_text("utf-8").split()))
    assert [f"{name} in {file}" for name, file in told if name not in (ROOT / file).read_text("utf-8")] == []


@by_page
def test_tests_that_are_named_exist(page: Path) -> None:
    for span in spans(page):
        if named := re.fullmatch(r"(tests/[\w/]+\.py)::(test_\w+)", span):
            path = ROOT / named[1]
            assert path.is_file(), f"{page.name}: there is no file `{named[1]}`"
            assert f"def {named[2]}(" in path.read_text("utf-8"), f"{page.name}: there is no test `{span}`"


@by_page
def test_settings_that_are_named_exist(page: Path) -> None:
    for span in spans(page):
        section, _, rest = span.partition(".")
        if section in fields_of(Settings) and re.fullmatch(r"(?!yaml$)[\w.-]+", rest) and span not in OWNERS:
            assert _is_setting(section, rest), f"{page.name}: there is no setting `{span}`"


def _is_setting(section: str, rest: str) -> bool:
    annotation = fields_of(Settings)[section].annotation
    names = rest.split(".")
    if not isinstance(annotation, type):  # settings by name: queues.support.agents, policies.customer.factors
        annotation, names = annotation.__args__[1], names[1:]
    return not names or names[0] in fields_of(annotation)


_VARIABLE = re.compile(r"\b[A-Z][A-Z0-9]+(?:_[A-Z0-9]+)+\b")


@by_page
def test_environment_variables_that_are_named_are_read_somewhere(page: Path) -> None:
    code = "".join(
        path.read_text("utf-8")
        for folder, pattern in (("ivr", "**/*.py"), ("tests", "**/*.py"), (".", "config.yaml"), (".ci", "run"))
        for path in (ROOT / folder).glob(pattern)
    )
    named = {name for span in spans(page) for name in _VARIABLE.findall(span)}
    assert {name for name in named if not re.search(rf"\b{name}\b", code)} == set()


def test_operating_tells_every_variable_and_every_field_of_the_log() -> None:
    text = (ROOT / "docs" / "operating.md").read_text("utf-8")
    config, _ = read_config("", "config.yaml", folder=ROOT, today=date(2026, 1, 1), environ={})
    assert config is not None
    read = {"IVR_PEPPER", config.twilio.account_sid.env, config.twilio.auth_token.env}
    assert {name for name in read if name not in text} == set()
    assert {name for name in FIELDS if f"`{name}`" not in text} == set()


# --- versions ---------------------------------------------------------------------------------------------------


def test_the_changelog_begins_with_the_version_of_the_package() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    headings = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert headings[0] == version


# --- schemas for editors --------------------------------------------------------------------------------------

SCHEMAS = {"flow.schema.json": flow_schema(LANGUAGES), "config.schema.json": config_schema(LANGUAGES)}


def golden(path: Path, made: str) -> None:
    """Holds a generated page to what is made now; writes it first with `--update`."""
    if os.environ.get("IVR_UPDATE"):
        path.write_text(made, "utf-8")
    assert path.read_text("utf-8") == made, f"{path.name} is out of date; run: make docs"


@pytest.mark.parametrize("name", SCHEMAS)
def test_schemas_are_current(name: str) -> None:
    golden(ROOT / "docs" / name, json.dumps(SCHEMAS[name], indent=2, ensure_ascii=False) + "\n")


def test_the_picture_of_the_readme_is_current() -> None:
    flows, issues = read_flows(flow_sources(ROOT / "flows")[0], "hotline", LANGUAGES, SPECS)
    assert flows, issues
    golden(ROOT / "docs" / "case_status.svg", svg(drawings(flows)["case_status"], ("en",), style=STYLE))


@pytest.mark.parametrize(
    ("path", "schema"),
    [*((path, "../docs/flow.schema.json") for path in FLOWS), (ROOT / "config.yaml", "docs/config.schema.json")],
    ids=lambda value: value.name if isinstance(value, Path) else "",
)
def test_editors_are_told_the_schema_and_it_holds(path: Path, schema: str) -> None:
    first = path.read_text("utf-8").partition("\n")[0]
    assert first == f"# yaml-language-server: $schema={schema}"
    assert (path.parent / schema).is_file()
    node, _ = parse(path.read_text("utf-8"), path.name)
    assert node is not None
    jsonschema.Draft202012Validator(SCHEMAS[Path(schema).name]).validate(yaml12_values(node))


# --- the catalogue of handlers ----------------------------------------------------------------------------------

BEGIN = "<!-- from here on written by `make docs` -->\n"


def test_the_catalogue_of_handlers_is_current() -> None:
    path = ROOT / "docs" / "handlers.md"
    by_hand = path.read_text("utf-8").partition(BEGIN)[0]
    golden(path, by_hand + BEGIN + "\n" + "\n".join(_catalogue()))


def test_the_handler_of_the_page_passes_its_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module, test = (block.text for block in blocks(ROOT / "docs" / "handlers.md") if block.language == "python")
    (tmp_path / "my_handlers.py").write_text(module, "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    names: dict[str, Any] = {}
    exec(compile(test, "test_my_handlers.py", "exec"), names)
    names["test_points_are_told"]()


def test_the_module_for_another_server_answers_as_its_own_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (module,) = (block.text for block in blocks(ROOT / "docs" / "operating.md") if block.language == "python")
    assert CliRunner().invoke(main, ["new", str(tmp_path / "shop")]).exit_code == 0
    monkeypatch.chdir(tmp_path / "shop")
    file = Path("config.yaml")
    address = 'number: "+8675512345678"\n  public_url: https://example.com'
    file.write_text(file.read_text("utf-8").replace('number: ""', address), "utf-8")
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", "AC" + "0" * 32)
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "a token of nobody")
    names: dict[str, Any] = {}
    exec(compile(module, "wsgi.py", "exec"), names)
    client = Client(names["application"])
    assert client.get("/ready").status_code == 200
    assert client.post("/voice", base_url="https://example.com", data={"CallSid": "CA1"}).status_code == 403
    names["app"].close()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_is_told_how_to_complete(shell: str) -> None:
    told = CliRunner().invoke(main, prog_name="ivr", env={"_IVR_COMPLETE": f"{shell}_source"})
    assert "_IVR_COMPLETE=" in told.output


def _catalogue() -> Iterator[str]:
    shipped = {name: one for name, one in HANDLERS.items() if one.function.__module__.startswith("ivr.")}
    for module in sorted({one.function.__module__ for one in shipped.values()}):
        yield f"## {module.rpartition('.')[2].replace('_', ' ').capitalize()}\n"
        about = (sys.modules[module].__doc__ or "").strip()
        yield f"{about}\n\nIn `{module.replace('.', '/')}.py`.\n"
        for name, one in shipped.items():
            if one.function.__module__ == module:
                yield from _entry(name, one)


def _entry(name: str, one: Handler) -> Iterator[str]:
    yield f"### {name}\n\n{one.spec.doc}\n"
    yield f"- {'for a verified caller' if one.spec.identified else 'for anybody'}"
    for outcome, most in one.tries.items():
        yield f"- somebody who is not verified may come to `{outcome}` {most} times a day"
    yield f"- takes {_taken(one.spec) or 'nothing'}\n"
    yield "| outcome | values |\n| --- | --- |"
    for outcome, values in one.spec.outcomes.items():
        yield f"| `{outcome}` | {_values(values)} |"
    yield ""


def _taken(spec: HandlerSpec) -> str:
    return ", ".join(
        f"`{name}` ({kind}{', may be left out' if name in spec.optional else ''})" for name, kind in spec.takes.items()
    )


def _values(values: Mapping[str, str]) -> str:
    return ", ".join(f"`{name}` ({kind})" for name, kind in values.items())


# --- what the README shows ----------------------------------------------------------------------------------


@pytest.fixture
def bookshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The hotline of the README, in a folder of its own that we stand in; gives its flow."""
    (tmp_path / "flows").mkdir()
    (tmp_path / "config.yaml").write_text("", "utf-8")
    flow = tmp_path / "flows" / "hotline.yaml"
    flow.write_text(_shown_in_readme("yaml")[0], "utf-8")
    monkeypatch.chdir(tmp_path)
    return flow


def _shown_in_readme(language: str) -> list[str]:
    return [block.text for block in blocks(ROOT / "README.md") if block.language == language]


def _given(shown: str) -> tuple[str, str]:
    """What a command of the README really prints, and what stands below it."""
    command, _, expected = shown.partition("\n")
    return CliRunner().invoke(main, shlex.split(command)[2:]).output, expected


def test_the_flow_of_the_readme_is_heard_as_it_says(bookshop: Path) -> None:
    told, expected = _given(_shown_in_readme("console")[0])
    assert told == expected


def test_the_mistake_of_the_readme_is_told_as_it_says(bookshop: Path) -> None:
    bookshop.write_text(bookshop.read_text("utf-8").replace("next: hours}", "next: huors}", 1), "utf-8")
    told, expected = _given(_shown_in_readme("console")[1])
    assert told.rstrip("\n") == expected.rstrip("\n")


def test_the_demonstration_call_ends_as_the_readme_says() -> None:
    """The call that `make call` plays without a terminal: the shipped hotline, as it is now."""
    heard = CliRunner().invoke(main, ["call", "--config", str(ROOT / "config.yaml")]).output
    assert _shown_in_readme("text")[0] in heard
