"""The same scripts against a voice app at an address: over HTTP, with what can be seen from outside."""

import threading
from collections.abc import Iterator
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from click.testing import CliRunner

from ivr.cli import main

MENU = '<Response><Gather numDigits="1" action="/chosen"><Say>Press 1 for tea.</Say></Gather></Response>'
TEA = "<Response><Say>One tea, please wait.</Say><Hangup/></Response>"


class Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Nothing."""


def app(environ, start):
    """Somebody else's voice app."""
    start("200 OK", [("Content-Type", "text/xml")])
    return [(TEA if environ["PATH_INFO"] == "/chosen" else MENU).encode()]


@pytest.fixture
def address() -> Iterator[str]:
    with make_server("127.0.0.1", 0, app, handler_class=Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/incoming"
        server.shutdown()
        thread.join()


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / "x.call.yaml"


@pytest.mark.parametrize(
    ("steps", "more", "told"),
    [
        ("[hear: for tea, press: 1, hear: One tea]", "expect: {ended: hotline hung up}", "1 passed"),
        ("[press: 1, hear: coffee]", "", 'the caller did not hear "coffee": the hotline hung up'),
        ("[press: 1]", "at: 2026-11-22 10:00", "a hotline at an address has its own time"),
        (
            "[press: 1]",
            "given: {queue: {support: {agents: 0}}}",
            "it sets up a world, which cannot be done from outside",
        ),
        ("[agent: answer]", "", "it plays an agent's part, whose phone is elsewhere"),
        ('[press: "{code}"]', "", "it reads text messages, which go to real phones"),
    ],
)
def test_a_script_is_played_against_an_address(address: str, here: Path, steps: str, more: str, told: str) -> None:
    here.write_text(f"call: tea\nsteps: {steps}\n{more}\n", "utf-8")
    result = CliRunner().invoke(main, ["replay", "x.call.yaml", "--url", address])
    assert told in result.output, result.output


def test_switches_of_the_network_hold_for_an_address(address: str, here: Path) -> None:
    here.write_text("call: tea\nsteps: [press: 1, hear: One tea]\nexpect: {ended: hotline hung up}\n", "utf-8")
    tight = CliRunner().invoke(main, ["replay", "x.call.yaml", "--url", address, "--option", "loop_guard_documents=1"])
    assert "1 failed" in tight.output
    assert "1 documents in one call" in tight.output


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["--option", "strict=true"], "it needs --url"),
        (["--url", "http://127.0.0.1:9/voice", "--option", "strict"], "has no value; write NAME=VALUE"),
        (["--url", "http://127.0.0.1:9/voice", "--option", "strikt=true"], 'did you mean "strict"?'),
    ],
)
def test_a_switch_that_cannot_be_set_ends_the_command(here: Path, given: list[str], told: str) -> None:
    here.write_text("call: tea\nsteps: [hear: tea]\n", "utf-8")
    result = CliRunner().invoke(main, ["replay", "x.call.yaml", *given])
    assert result.exit_code == 2
    assert told in result.output


def test_an_address_where_nobody_answers_is_told(here: Path) -> None:
    here.write_text("call: tea\nsteps: [hear: tea]\n", "utf-8")
    result = CliRunner().invoke(main, ["replay", "x.call.yaml", "--url", "http://127.0.0.1:9/voice"])
    assert result.exit_code == 1
    assert "1 failed" in result.output


def test_a_script_that_cannot_be_played_there_is_not_green(address: str, here: Path) -> None:
    here.write_text("call: x\ngiven: {queue: {support: {agents: 0}}}\nsteps: []\n", "utf-8")
    here.with_name("tea.call.yaml").write_text("call: tea\nsteps: [hear: for tea]\n", "utf-8")
    result = CliRunner().invoke(main, ["replay", ".", "--url", address])
    assert result.exit_code == 1
    assert "NOT PLAYED x.call.yaml::x: it sets up a world" in result.output
    assert "1 skipped, 1 passed" in result.output
    assert "what could not be played here did not go as written" in result.output
    assert CliRunner().invoke(main, ["replay", ".", "--url", address, "-k", "tea"]).exit_code == 0
