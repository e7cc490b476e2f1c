"""`ivr dial` at a terminal: in real time, with keys pressed as on a phone."""

import os
import pty
import select
import subprocess
import sys
import time

from tests.patience import PATIENCE_SECONDS

from .sockets import served
from .twiml_app import TwimlApp

PAGES = {
    "/voice": '<Gather numDigits="1" action="/key" timeout="30"><Say>one</Say></Gather>',
    "/key": lambda request: f"<Say>got {request.form['Digits']}</Say><Pause length='600'/>",
}

INTERRUPTIBLE = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
"""A shell's background jobs are born deaf to Ctrl-C; what is tested here is not."""


def read_until(terminal, words):
    """What the terminal shows until it has shown the words; gives up after some seconds."""
    shown, end = "", time.monotonic() + PATIENCE_SECONDS
    while words not in shown and time.monotonic() < end:
        if select.select([terminal], [], [], 0.1)[0]:
            try:
                shown += os.read(terminal, 4096).decode("utf-8", "replace")
            except OSError:  # the other end is closed
                return shown
    return shown


def test_a_person_presses_a_key_and_hangs_up():
    with served(TwimlApp(PAGES)) as base:
        mine, theirs = pty.openpty()
        command = [sys.executable, "-c", f"{INTERRUPTIBLE}; from ivr.cli import main; main()", "dial", f"{base}/voice"]
        with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, close_fds=True) as process:
            os.close(theirs)
            try:
                assert "one" in read_until(mine, "one")
                os.write(mine, b"7")
                assert "got 7" in read_until(mine, "got 7")
                os.write(mine, b"\x04")
                assert "caller hung up" in read_until(mine, "caller hung up")
                assert process.wait(PATIENCE_SECONDS) == 0
            finally:
                process.kill()
                os.close(mine)
