"""The phone in the terminal: shows a call as a play as it happens, and turns what is typed into keys and words."""

from __future__ import annotations

import contextlib
import os
import re
import select
import shlex
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TextIO

from ivr.network import Call, Entry

KEYS = frozenset("0123456789*#")
CODE = "{code}"
"""In keys: the code of the latest text message."""
_SIX_DIGITS = re.compile(r"(?<!\d)\d{6}(?!\d)")


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
    try:
        groups = [(group, group.startswith("'")) for group in _groups(script)]
    except ValueError:
        raise Unplayable("a single quote is opened and not closed in --keys") from None
    return tuple(_act(group, spoken) for group, spoken in groups)


def _groups(script: str) -> Iterator[str]:
    lexer = shlex.shlex(script, posix=False, punctuation_chars=False)
    lexer.whitespace_split = True
    lexer.quotes = "'"
    lexer.commenters = ""
    yield from lexer


def _act(group: str, spoken: bool) -> Act:
    if spoken:
        return Act(words=group.strip("'"))
    if group == "-":
        return Act()
    wrong = set(group.replace(CODE, "")) - KEYS
    if wrong:
        odd = min(wrong)
        raise Unplayable(f'"{odd}" in "{group}" is no key; keys are 0-9 * #, words go in single quotes, - is silence')
    return Act(keys=group)


def do(call: Call, act: Act, texts: Sequence[str]) -> None:
    """Does one thing on a call that listens. `texts` are the text messages so far, for `{code}`. Raises Unplayable."""
    if act.words:
        call.say(act.words)
    elif act.keys:
        call.press(_with_code(act.keys, texts))
    else:
        call.silence()


def _with_code(keys: str, texts: Sequence[str]) -> str:
    if CODE not in keys:
        return keys
    known = codes(texts)
    if not known:
        raise Unplayable(f"{CODE} in --keys, but no text message with a code has arrived")
    return keys.replace(CODE, known[-1])


def codes(texts: Sequence[str]) -> list[str]:
    """The six-digit codes in text messages, in order."""
    return [code for text in texts for code in _SIX_DIGITS.findall(text)]


# --- showing ------------------------------------------------------------------------------------------------

_TINTS = {"hotline": "\x1b[36m", "caller": "\x1b[33m", "agent": "\x1b[35m", "network": "\x1b[2m"}
_WHO = {"hotline": "hotline", "caller": "you", "agent": "agent", "network": "network"}


class Play:
    """Writes a call down as a play while it happens; keys pressed one after another stand together.

    `secret` tells whether what is being keyed in must not be shown: then the play has dots.
    """

    def __init__(self, *streams: TextIO, secret: Callable[[], bool] = lambda: False) -> None:
        self._streams = streams
        self._secret = secret
        self._keys: list[str] = []
        self._first: Entry | None = None

    def __call__(self, entry: Entry) -> None:
        if entry.kind == "pressed":
            if self._first is None:
                self._first = entry
                self._hidden = self._secret()
            hide = self._hidden and entry.text.isdigit()
            self._keys.append("•" if hide else entry.text)
            return
        self._press()
        line = told(entry)
        if line:
            self.write(line, entry.who)

    def echo(self, text: str) -> None:
        """Shows what is being typed, as it is typed."""
        print(text, end="", flush=True)  # noqa: T201

    def write(self, line: str, who: str = "") -> None:
        """Writes a line of the play, or any other."""
        self._press()
        for stream in self._streams:
            shown = f"{_TINTS[who]}{line}\x1b[0m" if who in _TINTS and stream.isatty() else line
            print(shown, file=stream, flush=True)

    def _press(self) -> None:
        """Writes the keys that were pressed in a row."""
        first, keys = self._first, "".join(self._keys)
        self._first, self._keys = None, []
        if first is not None:
            self.write(told(replace(first, text=keys)), first.who)


def told(entry: Entry) -> str:
    """One line of the play: time, who, what; "" for what a caller does not notice."""
    minutes, seconds = divmod(int(entry.seconds), 60)
    match entry.kind:
        case "said" | "spoke":
            what = entry.text + (" —" if entry.cut else "")
        case "pressed":
            what = f"[{entry.text}]"
        case "cut":
            return ""
        case "text message":
            what = f"✉ {entry.text}"
        case kind:
            what = f"({kind}{': ' if entry.text else ''}{entry.text})"
    return f"{minutes:02}:{seconds:02}  {_WHO.get(entry.who, entry.who):<8}{what}"


# --- typing -------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def one_key_at_a_time(stream: TextIO) -> Iterator[None]:
    """Lets keys through without Enter, and puts the terminal back as it was."""
    import termios
    import tty

    before = termios.tcgetattr(stream)
    try:
        tty.setcbreak(stream)
        yield
    finally:
        termios.tcsetattr(stream, termios.TCSADRAIN, before)


def converse(call: Call, stream: TextIO, echo: Callable[[str], None]) -> None:
    """Lets a person at the terminal have the call: keys at once, other text is spoken at Enter, Ctrl-D hangs up."""
    typed = bytearray()
    while not call.ended:
        readable, _, _ = select.select([stream], [], [], 0.1)
        if not readable:
            continue
        raw = os.read(stream.fileno(), 64)
        for byte in raw or b"\x04":
            char = chr(byte)
            if byte == 0x04:
                call.hang_up()
                return
            if char in KEYS and not typed:
                call.press(char)
            elif char in "\r\n":
                words = typed.decode("utf-8", "ignore").strip()
                typed.clear()
                if words:
                    echo("\n")
                    call.say(words)
            elif byte in (0x7F, 0x08):
                del typed[-1:]
            else:
                typed.append(byte)
                echo(char if byte < 0x80 else "")
