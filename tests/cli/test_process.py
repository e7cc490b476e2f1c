"""What only a process of its own shows: a real terminal, signals, pipes, and the server's refusals."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import socket
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.conftest import Ivr
from tests.patience import PATIENCE_SECONDS
from tests.ports import free_ports

INTERRUPTIBLE = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
"""A shell's background jobs are born deaf to Ctrl-C; what is tested here is not."""
MAIN = (sys.executable, "-c", f"{INTERRUPTIBLE}; from ivr.cli import main; main(prog_name='ivr')")


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*MAIN, *arguments], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=PATIENCE_SECONDS,
        env={**os.environ, "PYTHONIOENCODING": "utf-8", **environment}, check=False,
    )  # fmt: skip


# --- a terminal ------------------------------------------------------------------------------------------------


class Person:
    """Somebody at a terminal: reads what is shown, and types."""

    def __init__(self, *arguments: str) -> None:
        self.end, far = pty.openpty()
        termios.tcsetwinsize(far, (40, 100))
        self.before = termios.tcgetattr(far)
        self.far = far
        self.seen = ""
        environment = {**os.environ, "TERM": "xterm", "NO_COLOR": "1", "COLUMNS": "200", "PYTHONIOENCODING": "utf-8"}
        self.process = subprocess.Popen(
            [*MAIN, *arguments], stdin=far, stdout=far, stderr=far, env=environment, start_new_session=True
        )

    def waits_for(self, text: str) -> None:
        """Reads until this is shown, which was not seen before."""
        until = time.monotonic() + PATIENCE_SECONDS
        while text not in self.seen:
            left = until - time.monotonic()
            assert left > 0, f"{text!r} was not shown:\n{self.seen}"
            if select.select([self.end], [], [], left)[0]:
                try:
                    self.seen += os.read(self.end, 4096).decode("utf-8", "replace")
                except OSError:  # Linux says so when the last program has left the terminal
                    assert text in self.seen, f"the program ended before {text!r}:\n{self.seen}"
        self.seen = self.seen[self.seen.index(text) + len(text) :]

    def types(self, text: str) -> None:
        os.write(self.end, text.encode())

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.end)
        os.close(self.far)


@pytest.fixture
def person(house: Path) -> Iterator[Person]:
    with closing(Person("call", "--fresh", "--at", "2026-11-23 10:00", "--speed", "6")) as somebody:
        somebody.waits_for("Ctrl-D hangs up")
        yield somebody


def test_by_hand_keys_act_at_once_and_words_at_enter(person: Person) -> None:
    person.waits_for("hotline")
    person.types("1")
    person.waits_for("请选择。")
    person.types("我有案件了")
    person.waits_for("我有案件了")
    person.types("\x7f\r")
    person.waits_for("编号是")
    person.waits_for("Ticket ")
    person.waits_for("Record: nothing is kept")
    assert person.process.wait(PATIENCE_SECONDS) == 0
    assert termios.tcgetattr(person.far) == person.before


@pytest.mark.parametrize("how", ["\x04", signal.SIGINT, signal.SIGTERM])
def test_whoever_leaves_hangs_up_and_finds_the_terminal_as_it_was(how: str | signal.Signals, person: Person) -> None:
    person.waits_for("hotline")
    if isinstance(how, str):
        person.types(how)
    else:
        os.kill(person.process.pid, how)
    person.waits_for("you       (hung up)")
    person.waits_for("The call was completed after")
    assert person.process.wait(PATIENCE_SECONDS) == 0
    assert "Traceback" not in person.seen
    assert termios.tcgetattr(person.far) == person.before


def test_by_hand_the_code_can_be_read_off_the_screen(person: Person) -> None:
    person.waits_for("hotline")
    person.types("2")
    person.waits_for("How can we help?")
    person.types("1")
    person.waits_for("Key in your account.")
    person.types("62220001#")
    person.waits_for("✉ to +8613800138000: Your code is ")
    person.waits_for("tell it to nobody")
    person.types("\x04")
    person.waits_for("The call was completed")


# --- pipes -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["demo", "call --fresh --keys 2"])
@pytest.mark.usefixtures("house")
def test_a_reader_who_leaves_causes_no_traceback(command: str) -> None:
    with subprocess.Popen(
        [*MAIN, *command.split()], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ""


def test_a_hotline_that_fails_in_the_call_ends_with_status_1_and_its_traceback(house: Path) -> None:
    (house / "broken_handlers.py").write_text(
        "from ivr.call.turn import TurnContext\n\n"
        "def broken(*given):\n    raise ZeroDivisionError('of the hotline')\n\n"
        "TurnContext.utter = broken  # a planted fault of the hotline itself, whenever it speaks\n",
        encoding="utf-8",
    )
    text = "hotline: {handlers: [ivr.wallet.handlers, broken_handlers]}\n"
    (house / "config.yaml").write_text(text, encoding="utf-8")
    result = run("call", "--fresh", "--at", "2026-11-23 10:00", "--keys", "2 2")
    assert result.returncode == 1, result.stderr
    assert "ZeroDivisionError: of the hotline" in result.stderr
    assert result.stderr.endswith("ivr: the hotline failed in this call\n")
    assert result.stdout.count("something went wrong") == 3, "said while it may yet go on"
    assert "Please call again in a few minutes. Goodbye." in result.stdout


# --- the server ------------------------------------------------------------------------------------------------


def test_a_port_that_is_taken_is_told_in_one_line(house: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = run("serve", "--dev", "--port", str(taken.getsockname()[1]))
    assert result.returncode == 2
    assert re.fullmatch(r"ivr: cannot listen on 127\.0\.0\.1 port \d+: .+", result.stderr.splitlines()[-1])
    assert "Traceback" not in result.stderr


def test_a_server_that_runs_here_is_dialled_and_keeps_its_store_to_itself(house: Path, ivr: Ivr) -> None:
    """Also: SIGTERM ends the server in peace."""
    [port] = free_ports(1)
    command = [*MAIN, "serve", "--dev", "--port", str(port), "--workers", "1"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        try:
            while '"listening"' not in (line := server.stderr.readline()):
                assert line, "the server ended"
            dialled = ivr("dial", f"http://127.0.0.1:{port}/voice", "--keys", "2 2")
            assert dialled.exit_code == 0, dialled.output
            assert ivr("show").stdout.count("CA") == 1
            assert "the store belongs to the server" in ivr("call", "--keys", "2 3").stdout
            assert ivr("show").stdout.count("CA") == 1
        finally:
            server.terminate()
            told = server.stderr.read()
    assert server.returncode == 0
    assert "Traceback" not in told


# --- a check that goes on -----------------------------------------------------------------------------------------


def test_a_watching_check_answers_each_change_and_teaches_editors(tmp_path: Path) -> None:
    assert run("new", str(tmp_path / "shop")).returncode == 0
    flow, schema = tmp_path / "shop/flows/hotline.yaml", tmp_path / "shop/schemas/flow.schema.json"
    good = flow.read_text("utf-8")
    command = [*MAIN, "check", "--watch", "--config", str(tmp_path / "shop/config.yaml")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as watching:
        assert watching.stdout is not None
        lines = iter(watching.stdout.readline, "")
        next(line for line in lines if line.startswith(("no problems", "1 warning")))
        flow.write_text(good.replace("next: address}", "next: adress}"), "utf-8")
        assert next(line for line in lines if "[unknown-step]" in line).count('did you mean "address"')
        next(line for line in lines if line.startswith(("1 error", "2 errors")))
        renamed = good.replace("  address:", "  our_address:").replace("next: address}", "next: our_address}")
        flow.write_text(renamed, "utf-8")
        next(line for line in lines if line.startswith(("no problems", "1 warning")))
        assert "our_address" in schema.read_text("utf-8")
        watching.send_signal(signal.SIGINT)
        assert watching.wait(PATIENCE_SECONDS) != 0
