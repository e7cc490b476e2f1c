"""`ivr network`: the file it reads, and the server it runs."""

import re
import signal
import subprocess
import sys

import pytest
from click.testing import CliRunner
from twilio.rest import Client

from ivr.cli import main
from ivr.cli.network import NumberSettings, read_world
from ivr.network import Line
from tests.patience import PATIENCE_SECONDS

from .sockets import served
from .twiml_app import TwimlApp

WORLD = """
account_sid: AC0123456789abcdef0123456789abcdef
auth_token_env: TOKEN_OF_TEST
numbers:
  "+15005550006": http://127.0.0.1:5000/voice
  "+15005550007":
    voice_url: http://127.0.0.1:5000/other
    voice_method: GET
    caller_id_lookup: true
lines:
  "+15005550008": busy
  "+15005550009": {answers_after: 4, hangs_up_after: 20}
persons:
  "+15005550010": {answers_after: 2, says: [hello, goodbye], presses: "1", language: en-US}
  "+15005550011":
options:
  strict: true
  dial_extra_seconds: 0
"""

INTERRUPTIBLE = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
"""A shell's background jobs are born deaf to Ctrl-C; what is tested here is not."""


def test_a_file_says_who_is_where():
    (world, options), issues = read_world(WORLD, "network.yaml")
    assert issues == []
    assert world.numbers["+15005550006"] == NumberSettings(voice_url="http://127.0.0.1:5000/voice")
    assert world.numbers["+15005550007"].caller_id_lookup is True
    lines = {number: settings.line() for number, settings in world.lines.items()}
    assert lines == {"+15005550008": Line.busy(), "+15005550009": Line.answers(4, 20)}
    assert world.persons["+15005550010"].says == ("hello", "goodbye")
    assert world.persons["+15005550011"] is None
    assert (options.strict, options.dial_extra_seconds) == (True, 0)
    assert (world.account_sid[-4:], world.auth_token_env) == ("cdef", "TOKEN_OF_TEST")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("numers: {}", '1:1: unknown field "numers" in the file; did you mean "numbers"?'),
        ("numbers: {'5': http://a.test}", '1:11: "5" is no number in E.164'),
        ("numbers: {'+15005550006': {voice_ur: x}}", 'did you mean "voice_url"?'),
        ("numbers: {'+15005550006': }", "1:11: expected a text, not nothing"),
        (
            "numbers: {'+15005550006': {voice_url: x, voice_method: PUT}}",
            '"PUT" is not allowed here; expected one of POST, GET',
        ),
        ("numbers: [1]", "expected name: value pairs, not a list"),
        ("lines: {'+15005550006': asleep}", '"asleep" is not allowed here; expected one of answers, busy, no answer'),
        ("lines: {'+15005550006': {answers_after: soon}}", 'expected a number of seconds, not "soon"'),
        ("persons: {'+15005550006': {hangs_up_after: -1}}", 'expected a number of seconds, not "-1"'),
        ("persons: {'+15005550006': {says: [[x]]}}", "expected a text, not a list"),
        ("options: {strikt: true}", '"strikt" is no option; did you mean "strict"?'),
        ("options: {strict: perhaps}", "strict is one of true, false"),
        ("account_sid: AC1", "account_sid is AC and 32 hex digits"),
        ("numbers: {", "network.yaml:1"),
    ],
)
def test_a_wrong_file_is_told_with_its_place(text, expected):
    world, issues = read_world(text, "network.yaml")
    assert world is None
    assert any(expected in str(issue) for issue in issues), issues


def test_a_command_that_cannot_be_carried_out_gives_status_2(tmp_path, monkeypatch):
    run = CliRunner().invoke
    assert "nothing to run" in run(main, ["network"]).output
    monkeypatch.delenv("TOKEN_OF_TEST", raising=False)
    (tmp_path / "network.yaml").write_text(WORLD)
    result = run(main, ["network", str(tmp_path / "network.yaml")])
    assert (result.exit_code, "TOKEN_OF_TEST of auth_token_env is not set" in result.output) == (2, True)
    (tmp_path / "network.yaml").write_text("numbers: [")
    assert run(main, ["network", str(tmp_path / "network.yaml")]).exit_code == 1


def test_the_server_runs_until_it_is_interrupted():
    app = TwimlApp({"/voice": "<Say>hello</Say><Pause length='60'/>"})
    with served(app) as base:
        command = [sys.executable, "-c", f"{INTERRUPTIBLE}; from ivr.cli import main; main()", "network"]
        with subprocess.Popen(
            [*command, "--voice-url", f"{base}/voice", "--port", "0", "--speed", "50"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        ) as process:  # fmt: skip
            try:
                expected = process.stderr.readline()
                url, account = re.search(r"(http://\S+) account (AC\w+)", expected).groups()
                client = Client(account, "0" * 32)
                client.api.base_url = url
                made = client.calls.create(
                    to="+864001234567", from_="+864001234567", twiml="<Response><Pause length='600'/></Response>"
                )
                while "hello" not in (line := process.stdout.readline()):
                    assert line
                assert client.calls(made.sid).fetch().status == "in-progress"
                assert len(client.calls.list()) == 2
                process.send_signal(signal.SIGINT)
                _, rest = process.communicate(timeout=PATIENCE_SECONDS)
                assert (process.returncode, rest) == (0, "network: ended\n")
            finally:
                process.kill()
