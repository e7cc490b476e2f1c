"""The caller's part of a call: a script of keys, or a person who types. Turns both into keys, words and silence."""

from __future__ import annotations

import codecs
import contextlib
import os
import re
import select
import signal
import threading
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NoReturn, TextIO

from ivr.cli.terminal import LiveTranscript, code_in
from ivr.network import Call, Clock

__all__ = [
    "CODE", "Act", "LiveTranscript", "Typing", "Unplayable", "acts", "codes", "converse", "do", "follow", "goes_on",
    "one_key_at_a_time", "polite",
]  # fmt: skip

KEYS = frozenset("0123456789*#")
CODE = "{code}"
"""In keys: the code of the latest text message that brought one."""

REACTION_SECONDS = 0.6
"""How long a caller thinks before acting."""
LONGEST_WAIT_FOR_CODE_SECONDS = 60.0
LONGEST_HOLD_SECONDS = 300.0
"""How long a caller who has nothing more to press stays on hold or in a talk."""

_GROUP = re.compile(r"'(?P<words>.*?)'(?=\s|$)|(?P<keys>\S+)", re.DOTALL)
_QUOTES = str.maketrans("‘’", "''")


class Unplayable(Exception):
    """Keys that cannot be pressed; the message is one sentence with the repair."""


@dataclass(frozen=True, slots=True)
class Act:
    """One thing a caller does when the line listens: presses keys, says words, or stays silent (both empty)."""

    keys: str = ""
    words: str = ""


def acts(script: str) -> tuple[Act, ...]:
    """What a `--keys` text says: groups apart by blanks; `-` is silence, a group in single quotes is spoken.

    `{code}` in a group is the code of the latest text message. Raises Unplayable.
    """
    return tuple(_act(group) for group in _GROUP.finditer(script.translate(_QUOTES)))


def _act(group: re.Match[str]) -> Act:
    words = group["words"]
    if words is not None:
        if not words.strip():
            raise Unplayable("nothing stands between two single quotes in --keys; write - for silence")
        return Act(words=words.strip())
    keys = unicodedata.normalize("NFKC", group["keys"])  # a Chinese keyboard writes ＃ and １
    if keys == "-":
        return Act()
    if keys.startswith("'"):
        raise Unplayable("a single quote is opened and not closed in --keys; words stand between two of them")
    odd = [key for key in keys.replace(CODE, "") if key not in KEYS]
    if odd:
        raise Unplayable(
            f'"{odd[0]}" in "{keys}" is no key; keys are 0-9 * #, words go in single quotes, - is silence, '
            f"{CODE} is the texted code"
        )
    return Act(keys=keys)


def do(call: Call, act: Act, messages: Sequence[str]) -> None:
    """Does one thing on a call that listens. Raises Unplayable.

    `messages` are the text messages so far, for `{code}`.
    """
    if act.words:
        call.say(act.words)
    elif act.keys:
        call.press(_with_code(act.keys, messages))
    else:
        call.silence()


def follow(call: Call, script: Sequence[Act], messages: Sequence[str], clock: Clock) -> int:
    """Plays the caller's part: each act when the line next listens, on hold and in a talk too, or into its entry.

    After the last one the caller hears the answer out, waits and talks where there is somebody, and hangs up.
    Gives how many acts were left over when the call was over. Raises Unplayable.
    """
    for done, act in enumerate(script):
        if not goes_on(call, act):
            call.listen()
        if call.ended:
            return len(script) - done
        clock.run(REACTION_SECONDS)
        if CODE in act.keys:
            clock.run_until(lambda: bool(codes(messages)) or call.ended, within=LONGEST_WAIT_FOR_CODE_SECONDS)
        do(call, act, messages)
    call.listen()
    clock.run_until(lambda: call.ended or _asks(call), within=LONGEST_HOLD_SECONDS)
    if not call.ended:
        call.hang_up()
    return 0


def goes_on(call: Call, act: Act) -> bool:
    """Whether an act belongs to the entry that is under way: more digits, its finish key, or silence after it."""
    entry = call.listening
    if entry is None or not entry.begun or not entry.digits or act.words:
        return False
    return not act.keys or entry.num_digits is not None or act.keys in tuple(entry.finish_keys)


def _asks(call: Call) -> bool:
    """The hotline waits for the caller; on hold and in a talk it goes on by itself."""
    waits = call.listening
    return waits is not None and waits.open and not waits.holding and waits.kind in ("gather", "record")


def _with_code(keys: str, messages: Sequence[str]) -> str:
    if CODE not in keys:
        return keys
    known = codes(messages)
    if not known:
        raise Unplayable(
            f"{CODE} in --keys, but no text message with a code has arrived: the account is unknown, or was texted "
            "as many codes as an hour allows, which --fresh forgets"
        )
    return keys.replace(CODE, known[-1])


def codes(messages: Sequence[str]) -> list[str]:
    """The one-time codes in text messages, in order."""
    return [code for body in messages if (code := code_in(body))]


# --- typing -----------------------------------------------------------------------------------------------------

HANG_UP = "\x04"
"""Ctrl-D."""
_ESCAPE = re.compile(r"\x1b(\[[0-?]*[ -/]*[@-~]|O.|.)?", re.DOTALL)
"""Arrow keys and their like, which are no words."""


@contextlib.contextmanager
def one_key_at_a_time(stream: TextIO) -> Iterator[None]:
    """Lets keys through without Enter and without echo, and puts the terminal back as it was."""
    import termios
    import tty

    before = termios.tcgetattr(stream)
    try:
        tty.setcbreak(stream, termios.TCSADRAIN)
        yield
    finally:
        termios.tcsetattr(stream, termios.TCSADRAIN, before)


@contextlib.contextmanager
def polite(asked_to_leave: threading.Event) -> Iterator[None]:
    """Ends the call when the process is asked to end, so that it hangs up and the terminal is restored.

    The exception ends whatever is waited for. Raised in the middle of a callback of the interpreter it is printed and
    lost, which is why the event is set as well.
    """

    def interrupt(*_: object) -> NoReturn:
        asked_to_leave.set()
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Typing:
    """What a person types, character by character: keys act at once, words when Enter is pressed.

    A line that begins with anything but a key is words, a blank too: so that words can begin with a digit.
    """

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("ignore")
        self.words = ""
        """What is being typed and was not said yet."""

    def take(self, raw: bytes) -> Iterator[Act | None]:
        """The acts that these bytes complete; None is hanging up. Characters may be cut between two calls."""
        for char in _ESCAPE.sub("", self._decoder.decode(raw)):
            key = unicodedata.normalize("NFKC", char)
            if char == HANG_UP:
                yield None
            elif not self.words and key in KEYS:
                yield Act(keys=key)
            elif char in "\r\n":
                words, self.words = self.words.strip(), ""
                if words:
                    yield Act(words=words)
            elif char in "\x7f\b":
                self.words = self.words[:-1]
            elif char == "\x15":  # Ctrl-U
                self.words = ""
            elif char.isprintable():
                self.words += char


def converse(
    call: Call,
    stream: TextIO,
    echo: Callable[[str], None],
    leaves: Callable[[], bool] = lambda: False,
    tick: Callable[[], None] = lambda: None,
) -> None:
    """Lets a person at a terminal have the call until it is over; Ctrl-D, the end of input and `leaves` hang up.

    `echo` is given the words being typed whenever they change; `leaves` and `tick` are called several times a second.
    """
    typing, shown = Typing(), ""
    while not call.ended:
        if leaves():
            call.hang_up()
            return
        tick()
        readable, _, _ = select.select([stream], [], [], 0.1)
        if not readable:
            continue
        for act in (*typing.take(os.read(stream.fileno(), 1024) or HANG_UP.encode()), Act()):
            if typing.words != shown:
                shown = typing.words
                echo(shown)
            if act is None:
                call.hang_up()
                return
            if act.keys or act.words:
                do(call, act, ())
