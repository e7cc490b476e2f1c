"""A hotline that already runs on this machine (`ivr serve --dev`): its store belongs to it alone.

It holds a lock beside its store, which ends with it, and its text messages arrive in an inbox file.
"""

import fcntl
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from ivr.config import Config
from ivr.hotline.senders import Refused

LOCK = "serving.lock"
INBOX = "inbox.jsonl"


class Inbox:
    """Where text messages go while no account is configured: a file that only its owner can read."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def send_text(self, key: str, to: str, body: str) -> str:
        line = json.dumps({"key": key, "to": to, "body": body}, ensure_ascii=False)
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "a", encoding="utf-8") as file:
            file.write(line + "\n")
        return key

    def place_call(self, key: str, to: str, url: str, *, status_url: str = "", ring_seconds: int = 30) -> str:
        """There are no phones to ring."""
        return key

    def steer(self, key: str, call: str, url: str) -> None:
        """The calls are in the network of another process."""
        raise Refused("calls of this network cannot be steered from outside")

    def placed_calls(self, to: str, since: datetime) -> Sequence[str]:
        return ()

    def sent_texts(self, to: str, body: str, since: datetime) -> Sequence[str]:
        return ()


@contextmanager
def serving(folder: Path) -> Iterator[None]:
    """Tells other processes that a server of this configuration runs, for as long as it or a worker of it lives."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_SH)  # a server that takes over has it too
        yield


def _is_served(folder: Path) -> bool:
    try:
        with (folder / LOCK).open() as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def not_kept(config: Config, *, fresh: bool) -> str:
    """Why a hotline in this process has a store of its own, in memory; "" when it has the configured one.

    Two processes that send one outbox would send each other's text messages.
    """
    if fresh:
        return "nothing is kept"
    if config.on_twilio:
        return "nothing is kept: the store belongs to the hotline that answers Twilio"
    return (
        "nothing is kept: the store belongs to the server that runs here" if _is_served(config.folder / "data") else ""
    )
