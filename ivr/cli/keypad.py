"""The caller's part of a call: a script of keys, or a person who types. Turns both into keys, words and silence."""

import codecs
import contextlib
import os
import re
import select
import signal
import sys
import threading
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NoReturn, TextIO

from ivr.cli.terminal import code_in
from ivr.network import Call, CallIsOver

KEYS = frozenset("0123456789*#")
CODE = "{code}"
"""In keys: the code of the latest text message that brought one."""

REACTION_SECONDS = 0.6
"""How long a caller thinks before acting."""
LONGEST_WAIT_FOR_CODE_SECONDS = 60.0
LONGEST_HOLD_SECONDS = 300.0
"""How long a caller who has nothing more to press stays on hold or in a talk."""
AFTERWARDS_SECONDS = 2.0
"""What a hotline still does when a call is over: text messages, the record, a status callback."""

_GROUP = re.compile(r"'(?P<words>.*?)'(?=\s|$)|(?P<keys>\S+)", re.DOTALL)
_QUOTES = str.maketrans("‘’", "''")


class UnusableKeys(Exception):
    """Keys that cannot be pressed; the message is one sentence with the repair."""


@dataclass(frozen=True, slots=True)
class Act:
    """One thing a caller does when the line listens: presses keys, says words, or stays silent (both empty)."""

    keys: str = ""
    words: str = ""


def acts(script: str) -> tuple[Act, ...]:
    """What a `--keys` text says: groups apart by blanks; `-` is silence, a group in single quotes is spoken.

    `{code}` in a group is the code of the latest text message. Raises UnusableKeys.
    """
    return tuple(_act(group) for group in _GROUP.finditer(script.translate(_QUOTES)))


def _act(group: re.Match[str]) -> Act:
    words = group["words"]
    if words is not None:
        if not words.strip():
            raise UnusableKeys("nothing stands between two single quotes in --keys; write - for silence")
        return Act(words=words.strip())
    keys = unicodedata.normalize("NFKC", group["keys"])  # a Chinese keyboard writes ＃ and １
    if keys == "-":
        return Act()
    if keys.startswith("'"):
        raise UnusableKeys("a single quote is opened and not closed in --keys; words stand between two of them")
    odd = [key for key in keys.replace(CODE, "") if key not in KEYS]
    if odd:
        raise UnusableKeys(
            f'"{odd[0]}" in "{keys}" is no key; keys are 0-9 * #, words go in single quotes, - is silence, '
            f"{CODE} is the texted code"
        )
    return Act(keys=keys)


# --- having a call ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Codes:
    """How one-time codes are found in text messages.

    `find` gives the code of one message, or ""; `missing` says why `{code}` could not be pressed.
    """

    find: Callable[[str], str]
    missing: str

    def latest(self, messages: Sequence[str]) -> str:
        return next(filter(None, map(self.find, reversed(messages))), "")


HOTLINE_CODES = Codes(
    code_in,
    f"{CODE} in --keys, but no text message with a code has arrived: the account is unknown, or was texted "
    "as many codes as an hour allows, which --fresh forgets",
)


@dataclass(frozen=True, slots=True)
class CallOutcome:
    left_over: int = 0
    interrupted: bool = False
    unusable: str = ""


def have_call(
    call: Call,
    script: Sequence[Act] | None,
    messages: Sequence[str],
    echo: Callable[[str], None],
    codes: Codes = HOTLINE_CODES,
) -> CallOutcome:
    """Has a call to its end, by a script or a person at the terminal (None), and lets its last effects happen.

    `messages` grows by the text messages that arrive; `echo` shows the words that are being typed.
    """
    left_over, unusable, clock = 0, "", call.leg.net.clock
    asked_to_leave = threading.Event()
    try:
        with polite(asked_to_leave):
            if script is None:
                with one_key_at_a_time(sys.stdin):
                    converse(call, sys.stdin, echo, asked_to_leave.is_set, tick=lambda: clock.run(0))
            else:
                left_over = follow(call, script, messages, codes)
    except KeyboardInterrupt:
        asked_to_leave.set()
    except UnusableKeys as wrong:
        unusable = str(wrong)
    if not call.ended:
        with contextlib.suppress(Exception):  # the caller hangs up, whatever was interrupted
            call.hang_up()
    clock.run(AFTERWARDS_SECONDS)
    return CallOutcome(left_over, asked_to_leave.is_set(), unusable)


def follow(call: Call, script: Sequence[Act], messages: Sequence[str], codes: Codes = HOTLINE_CODES) -> int:
    """Does the acts of a script: each when the line next listens, on hold and in a talk too, or into its entry.

    After the last one the caller waits for the end of the words, waits in a queue, talks, and then hangs up.
    Gives how many acts were left over when the call was over. Raises UnusableKeys.
    """
    clock = call.leg.net.clock
    for done, act in enumerate(script):
        if not goes_on(call, act):
            call.listen()
        if call.ended:
            return len(script) - done
        clock.run(REACTION_SECONDS)
        if CODE in act.keys:
            clock.run_until(lambda: call.ended or bool(codes.latest(messages)), within=LONGEST_WAIT_FOR_CODE_SECONDS)
            if not codes.latest(messages):
                raise UnusableKeys(codes.missing)
            act = replace(act, keys=act.keys.replace(CODE, codes.latest(messages)))  # noqa: PLW2901 - the same act
        if call.ended:
            return len(script) - done
        do(call, act)
    call.listen()
    clock.run_until(lambda: call.ended or _asks(call), within=LONGEST_HOLD_SECONDS)
    if not call.ended:
        call.hang_up()
    return 0


def do(call: Call, act: Act) -> None:
    if act.words:
        call.say(act.words)
    elif act.keys:
        call.press(act.keys)
    else:
        call.silence()


def goes_on(call: Call, act: Act) -> bool:
    """Whether an action continues the entry in progress: more digits, its finish key, or silence after it."""
    entry = call.listening
    if entry is None or not entry.begun or not entry.digits or act.words:
        return False
    return not act.keys or entry.num_digits is not None or act.keys in tuple(entry.finish_keys)


def _asks(call: Call) -> bool:
    """Whether the hotline waits for the caller; on hold and in a talk it goes on by itself."""
    waits = call.listening
    return waits is not None and waits.open and not waits.holding and waits.kind in ("gather", "record")


# --- typing -----------------------------------------------------------------------------------------------------

HANG_UP = "\x04"
_ESCAPE = re.compile(r"\x1b(\[[0-?]*[ -/]*[@-~]|O.|.)?", re.DOTALL)
"""Arrow keys and similar ones, which are no words."""


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

    The exception ends any wait. Raised inside a callback of the interpreter it is printed and lost, so an event is
    set as well.
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
                with contextlib.suppress(CallIsOver):  # it ended while the key was on its way
                    do(call, act)
