"""What holds for every command: it can be asked for help, and says in one line what was given wrongly."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from ivr.cli import COMMAND_GROUPS, COMMANDS, main
from tests.cli.conftest import Ivr

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_says_what_it_does(name: str, ivr: Ivr) -> None:
    result = ivr(name, "--help")
    assert result.exit_code == 0, result.output
    assert result.output.startswith(f"Usage: main {name}")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_says_what_it_does(name: str) -> None:
    command = main.get_command(click.Context(main), name)
    assert command is not None
    for parameter in command.params:
        if isinstance(parameter, click.Option) and not parameter.hidden:
            choices = isinstance(parameter.type, (click.Choice, click.IntRange)) or parameter.is_flag
            assert parameter.help or choices, parameter.name


def test_help_lists_every_command_in_one_group() -> None:
    assert list(COMMAND_GROUPS) == ["Write", "Try", "Test", "Run", "Look"]
    assert sum(map(len, COMMAND_GROUPS.values())) == len(COMMANDS)
    listed = [line.split()[0] for line in CliRunner().invoke(main, ["--help"]).output.splitlines() if line[:2] == "  "]
    assert [name for name in listed if name in COMMANDS] == list(COMMANDS)


def test_help_imports_no_command() -> None:
    """It is what a visitor sees first, and is to be there in 0.3 seconds."""
    told = "import sys; from ivr.cli import main; main(['--help'], standalone_mode=False); print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True).stdout.split()
    ours = {name for name in modules if name.startswith("ivr.")}
    assert ours == {"ivr.cli"}
    assert not {"sqlalchemy", "flask", "yaml", "babel"} & set(modules)


def test_checking_loads_nothing_that_only_calls_need() -> None:
    told = "import sys, ivr.cli.check; print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True).stdout.split()
    assert "ivr.flow.checks.lint" in modules
    assert not {"ivr.store", "ivr.call.engine", "sqlalchemy", "flask", "transitions", "phonenumbers"} & set(modules)


def test_a_call_is_had_without_flask() -> None:
    told = (
        "import sys; from ivr.cli import main; main(['call', '--fresh', '--keys', '2'], standalone_mode=False)\n"
        "print(*sys.modules)"
    )
    program = [sys.executable, "-c", told]
    *heard, modules = subprocess.run(program, capture_output=True, text=True, check=True, cwd=ROOT).stdout.splitlines()
    assert any("[2]" in line for line in heard)
    assert "ivr.webhooks.carrier" in modules.split()
    assert not {"flask", "werkzeug", "jinja2"} & set(modules.split())


def test_checking_imports_the_holidays_of_the_countries_that_are_asked_for_alone() -> None:
    told = (
        "import sys; from ivr.call.holiday_source import holidays_of; assert holidays_of('CN', 2026).off\n"
        "print(*(name for name in sys.modules if name.startswith('holidays.countries')))\n"
        "from holidays.countries import US; assert US\n"
    )
    program = [sys.executable, "-c", told]
    assert subprocess.run(program, capture_output=True, text=True, check=True).stdout == "holidays.countries.china\n"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("cal",), 'ivr: there is no command "cal"; did you mean "call"?\n'),
        (("xyzzy",), 'ivr: there is no command "xyzzy"; see "ivr --help"\n'),
        (("call", "--keys"), "ivr call: option '--keys' requires an argument; see \"ivr call --help\"\n"),
        (("--bogus",), "ivr: no such option '--bogus'; see \"ivr --help\"\n"),
        (("erase",), "ivr: name what to erase: a NUMBER, or an account with --account\n"),
        (("tickets", "--status", "foo"), "ivr tickets: invalid value for '--status': 'foo' is not one of 'open', "),
        (("picture", "xyzzy"), 'ivr: there is no flow "xyzzy"; there are hotline\n'),
        (("language", "new", "fr", "--config", "no.yaml"), 'ivr: there is no "no.yaml"; change to the folder of the '),
        (("check", "--format", "xml"), "ivr check: "),
        (("hours", "support", "--att", "1"), "ivr hours: no such option '--att'"),
    ],
)
@pytest.mark.usefixtures("house")
def test_a_mistake_is_told_in_one_line(arguments: tuple[str, ...], told: str) -> None:
    result = CliRunner().invoke(main, arguments, prog_name="ivr")
    assert result.exit_code == 2
    assert result.stderr.startswith(told)
    assert result.stderr.count("\n") == 1


def test_the_version_is_the_packages(ivr: Ivr) -> None:
    from importlib.metadata import version

    assert version("ivr-hotline") in ivr("--version").output


@pytest.mark.parametrize("command", ["phone", "studio"])
@pytest.mark.usefixtures("house")
def test_a_port_that_is_taken_is_told(command: str, ivr: Ivr) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = ivr(command, "--port", str(port))
    assert result.exit_code == 2
    assert result.stderr == (
        f"ivr: cannot listen on 127.0.0.1:{port}: Address already in use; choose another with --port\n"
    )
