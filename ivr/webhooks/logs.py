"""The log: one line of JSON on standard error per event, with nothing in it that is private.

Any module logs with the standard library: `log.info("turn taken", extra={"call": ..., "turn": 7})`. What leaves is
decided here and by allow-list: the message as it was written in the code (never its arguments), the fields named
in `FIELDS`, and of an exception its type and the places it went through, never its text. Long numbers are masked
wherever they stand. So a caller's digits, name or words can only get into a log by a change of this file.
"""

import json
import logging
import re
import sys
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from types import TracebackType
from typing import TextIO

FIELDS = frozenset({
    "call", "turn", "ms", "route", "state", "status", "sequence", "step", "kind", "heard", "outcome", "topic",
    "language", "queue", "handler", "lane", "limit", "wait", "error", "why", "part", "port", "host", "workers", "count",
    "digest", "reference", "attempt", "key", "path", "address", "file", "line",
})  # fmt: skip
"""Fields of `extra` that are written. All are names of ours, numbers, or ids of the carrier."""

_ASCII = json.JSONEncoder(ensure_ascii=True, separators=(",", ":"), check_circular=False)
_CALL = re.compile(r"[A-Z]{2}[0-9a-fA-F]{32}")
_HOST = re.compile(r"https?://[^/?#@\s]{1,255}(?=/)")
_LONG_NUMBER = re.compile(r"(?<![0-9a-zA-Z])(\+?)[0-9](?:[ -]?[0-9]){3,}")
_LONGEST = 300


class OneLine(logging.Formatter):
    """A record as one line of JSON: `at`, `level`, `event`, the allowed fields, and `trace` after a fault."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": masked(str(record.msg)),
        }
        for name, value in record.__dict__.items():
            if name in FIELDS and value is not None:
                line[name] = value if isinstance(value, (bool, int, float)) else masked(str(value))
        if not record.name.startswith("ivr"):
            line["from"] = record.name
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = type(record.exc_info[1]).__name__
            line["trace"] = list(_steps(record.exc_info[1]))
        # ASCII only: no control character, line separator or terminal sequence survives as itself
        return _ASCII.encode(line)


def configure(level: int = logging.INFO, stream: TextIO | None = None) -> None:
    """Sends all logging of this process through `OneLine`, in place of whatever was there."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(OneLine())
    handler.addFilter(_for_us)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    logging.raiseExceptions = False  # a log that cannot be written must not print what it could not write
    # Nothing of it is written: https://docs.python.org/3/howto/logging.html#optimization
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging._srcfile = None


def _for_us(record: logging.LogRecord) -> bool:
    """Whether a record is ours, or a warning of a library. What libraries merely tell is nothing to us: Twilio's client
    writes twelve lines for each text, with what was asked in their message."""
    return record.name.partition(".")[0] == "ivr" or record.levelno >= logging.WARNING


def masked(text: str) -> str:
    """`text` with every number of four digits or more reduced to its last two, cut at 300 characters.

    The carrier's own ids stay, as a call could not be found again without them, and so does the port of an address.
    """
    text = text[:_LONGEST]
    if _CALL.fullmatch(text):
        return text
    if host := _HOST.match(text):
        return host[0] + masked(text[host.end() :])
    return _LONG_NUMBER.sub(lambda found: f"{found[1]}…{found[0][-2:]}", text)


def _steps(error: BaseException) -> Iterator[str]:
    """Where an exception came through, the first cause first: its type, then file, line and function."""
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None:
        yield from _steps(cause)
    yield type(error).__name__
    yield from _places(error.__traceback__)


def _places(trace: TracebackType | None) -> Iterator[str]:
    for frame, line in traceback.walk_tb(trace):
        code = frame.f_code
        yield f"{'/'.join(code.co_filename.split('/')[-3:])}:{line} {code.co_name}"
