"""A hotline that already runs on this machine (`ivr serve --dev`), found and dialled by `ivr call`.

The server leaves a note beside its store: where it listens. Its text messages arrive in an inbox file, which stands
in for the phones of the demonstration.
"""

import json
import os
import urllib.error
import urllib.request
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from ivr.app.build import recorded_words
from ivr.app.demo import service_number
from ivr.app.simulation import asks_secret
from ivr.config import Config
from ivr.hotline.outbox import Refused
from ivr.network import Call, Message, Network, Options, RealClock
from ivr.store import Store

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


class Running:
    """Can be dialled like `ivr.app.simulation.Simulation`, but the hotline is another process."""

    def __init__(self, config: Config, url: str, *, speed: float, seed: str, options: Options | None = None) -> None:
        """`speed` 30 makes half a minute of talk pass in a second; the hotline's own time is real."""
        self.network = Network(
            clock=RealClock(speed),
            account_sid=config.twilio.account_sid.value or None,
            auth_token=next(iter(config.auth_tokens), "0" * 32),
            seed=seed,
            options=options,
        )
        self.network.words_on = recorded_words(config)
        self.number = service_number(config)
        self.store = Store.open(config.store_url)
        self._inbox = config.folder / "data" / INBOX
        self._read = self._inbox.stat().st_size if self._inbox.exists() else 0
        self.network.number(
            self.number,
            f"{url}/voice",
            voice_fallback_url=f"{url}/voice/fallback",
            status_callback=f"{url}/voice/status",
        )
        self._look_into_inbox()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.network.close()
        self.store.close()

    def dial(self, from_: str, *, wait: bool = True) -> Call:
        return self.network.dial(self.number, from_, wait=wait)

    def asks_secret(self, call_id: str) -> bool:
        return asks_secret(self.store, call_id)

    def latest_message(self) -> Message | None:
        return self.network.messages[-1] if self.network.messages else None

    def _look_into_inbox(self) -> None:
        """Hands over, once a second, what has arrived."""
        if self._inbox.exists():
            with self._inbox.open(encoding="utf-8") as file:
                file.seek(self._read)
                lines = file.readlines()
                self._read = file.tell()
            for line in lines:
                message = json.loads(line)
                self.network.send_message(self.number, message["to"], message["body"])
        self.network.clock.after(1.0, self._look_into_inbox)
