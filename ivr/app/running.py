"""A hotline that already runs on this machine (`ivr serve --dev`): its store belongs to it alone.

The server leaves a note beside its store: where it listens. Its text messages arrive in an inbox file.
"""

import json
import os
import urllib.error
import urllib.request
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from ivr.config import Config
from ivr.hotline.outbox import Refused

NOTE = "serving.json"
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


def leave_note(folder: Path, url: str) -> None:
    """Says where a server of this configuration listens; an old inbox is emptied."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / INBOX).unlink(missing_ok=True)
    (folder / NOTE).write_text(json.dumps({"url": url, "pid": os.getpid()}), encoding="utf-8")


def find(config: Config) -> str:
    """The address of a server on this machine that answers, or "". A note without a running process is ignored."""
    try:
        note = json.loads((config.folder / "data" / NOTE).read_text(encoding="utf-8"))
        url = str(note["url"])
        os.kill(int(note["pid"]), 0)  # asks whether there is such a process, and does nothing to it
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    if urlsplit(url).hostname not in ("127.0.0.1", "localhost"):
        return ""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:  # long, as a second sender of its outbox would be worse than a wait for a busy server
        with opener.open(f"{url}/health", timeout=10) as answer:
            return url if answer.status == 200 else ""
    except (OSError, urllib.error.URLError):
        return ""


def not_kept(config: Config, *, fresh: bool) -> str:
    """Why a hotline in this process has a store of its own, in memory; "" when it has the configured one.

    Two processes that send one outbox would send each other's text messages.
    """
    if fresh:
        return "nothing is kept"
    if config.on_twilio:
        return "nothing is kept: the store belongs to the hotline that answers Twilio"
    return "nothing is kept: the store belongs to the server that runs here" if find(config) else ""
