"""docs/network.md is true: its examples run, its tables are those of the code."""

import re
from dataclasses import fields
from pathlib import Path

import pytest
from click.testing import CliRunner

import ivr.network
from ivr.cli import main
from ivr.cli.network import read_world
from ivr.network import Network, Options
from ivr.network.wire.debugger import CODES

from .sockets import node_has

PAGE = Path(ivr.network.__file__).parents[2] / "docs" / "network.md"
TEXT = PAGE.read_text("utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)


def tagged(words):
    """Elements in backticks, so that a page does not take them for its own."""
    return re.sub(r"((?:<[A-Z][^>]*>)+)", r"`\1`", words)


def switches():
    """The rows of the table of switches, out of the source: name, default, mark, remark."""
    source = (Path(ivr.network.__file__).parent / "wire" / "options.py").read_text()
    for field in fields(Options):
        remark = re.search(rf"^    {field.name}: .*?  # (.*)$", source, re.MULTILINE)[1]
        mark, _, words = remark.partition("] ") if remark.startswith("[") else ("[-", "", remark)
        default = str(field.default).lower() if isinstance(field.default, bool) else str(field.default)
        literal = re.search(rf"^    {field.name}: Literal\[(.*?)\]", source, re.MULTILINE)
        choices = " / ".join(re.findall(r'"(.*?)"', literal[1])) if literal else type(field.default).__name__
        yield f"| `{field.name}` | {choices} | `{default}` | {mark[1:]} | {tagged(words)} |"


def numbers():
    """The rows of the table of the debugger's numbers."""
    for number, code in sorted(CODES.items()):
        yield f"| {number} | {code.level} | {tagged(code.meaning)} | {code.mark} |"


@pytest.mark.parametrize("rows", [switches, numbers])
def test_the_tables_are_those_of_the_code(rows):
    wanted = list(rows())
    assert [row for row in wanted if row not in TEXT.splitlines()] == []
    start = TEXT.splitlines().index(wanted[0])
    assert TEXT.splitlines()[start : start + len(wanted) + 1] == [*wanted, ""]


def test_every_python_example_runs():
    ran = 0
    space = {"__name__": __name__}
    for language, code in BLOCKS:
        if language != "python" or "EXPRESS" in code:
            continue
        exec(compile(code, str(PAGE), "exec"), space)
        ran += 1
        for name in [name for name in space if name.startswith("test_")]:
            test = space.pop(name)
            with Network() as net:
                test(*[net][: test.__code__.co_argcount])
    assert ran >= 6


@pytest.mark.skipif(
    not node_has("express", "twilio"), reason="node, express or twilio is not there: npm i express twilio"
)
def test_the_express_app_runs(tmp_path, monkeypatch):
    (app,) = (code for language, code in BLOCKS if language == "js")
    (test,) = (code for language, code in BLOCKS if language == "python" and "EXPRESS" in code)
    (tmp_path / "app.js").write_text(app, "utf-8")
    monkeypatch.chdir(tmp_path)
    space = {}
    exec(compile(test, str(PAGE), "exec"), space)
    with Network() as net:
        space["test_the_key_is_said_back"](net)
        net.check_errors()


def test_every_file_for_the_network_is_readable():
    files = [code for language, code in BLOCKS if language == "yaml"]
    assert files
    for text in files:
        assert read_world(text, "network.yaml")[1] == []


@pytest.mark.parametrize("command", ["dial", "network"])
def test_every_option_of_the_commands_is_told(command):
    options = {name for param in main.get_command(None, command).params for name in param.opts if name.startswith("--")}
    assert options - set(re.findall(r"--[a-z-]+", TEXT)) == set()
    shown = re.findall(
        rf"^ivr {command} .*$", "\n".join(code for language, code in BLOCKS if language == "sh"), re.MULTILINE
    )
    assert shown
    assert CliRunner().invoke(main, [command, "--help"]).exit_code == 0
