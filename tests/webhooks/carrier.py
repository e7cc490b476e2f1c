"""What a carrier sends, as plain data, and a hotline that only remembers what it was asked."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from werkzeug.test import Client, TestResponse

from ivr.call.events import Input
from ivr.hotline.hotline import Ringing
from ivr.store.errors import Stale
from ivr.webhooks.app import create_app
from ivr.webhooks.settings import WebhookSettings
from ivr.webhooks.twiml import TwimlWriter

from .sounds import VOICES

PUBLIC = "https://line.example"
TOKEN = "0123456789abcdef0123456789abcdef"
CALL = "CA" + "1f" * 16
ACCOUNT = "AC" + "2e" * 16
ANSWER = '<?xml version="1.0" encoding="UTF-8"?><Response><Hangup /></Response>'

STANDARD: Mapping[str, str] = {
    "AccountSid": ACCOUNT, "ApiVersion": "2010-04-01", "CallSid": CALL, "CallStatus": "in-progress",
    "Called": "+861012345678", "CalledCity": "", "CalledCountry": "CN", "CalledState": "", "CalledZip": "",
    "Caller": "+8613800138000", "CallerCity": "", "CallerCountry": "CN", "CallerState": "", "CallerZip": "",
    "Direction": "inbound", "From": "+8613800138000", "FromCity": "", "FromCountry": "CN", "FromState": "",
    "FromZip": "", "To": "+861012345678", "ToCity": "", "ToCountry": "CN", "ToState": "", "ToZip": "",
}  # fmt: skip


class LocalClient(Client):
    """A client on this machine. `environ_base` is in the environment of each of its requests."""

    def __init__(self, app: Callable[..., Iterable[bytes]]) -> None:
        super().__init__(app)
        self.environ_base: dict[str, Any] = {"REMOTE_ADDR": "127.0.0.1"}

    def open(self, *args: Any, **settings: Any) -> TestResponse:
        return super().open(*args, **{**settings, "environ_base": self.environ_base | settings.get("environ_base", {})})


@dataclass
class Remembers:
    """Answers everything alike and keeps what it was asked; `fails` is raised instead."""

    asked: list[tuple[object, ...]] = field(default_factory=list)
    fails: Exception | None = None
    problems: dict[str, str] = field(default_factory=dict)
    recordings: tuple[str, ...] = ()

    def _answer(self, *asked: object) -> str:
        self.asked.append(asked)
        if self.fails is not None:
            raise self.fails
        return ANSWER

    def ring(self, call: Ringing) -> str:
        return self._answer("ring", call)

    def take(self, call_id: str, turn: int, heard: Input) -> str:
        return self._answer("take", call_id, turn, heard)

    def poll(self, call_id: str, turn: int) -> str:
        return self._answer("poll", call_id, turn)

    def resume(self, call: Ringing, error: int | None, failed: int | None) -> str:
        return self._answer("resume", call, error, failed)

    def report(self, call_id: str, status: str, *, sequence: int | None, seconds: int | None) -> None:
        self._answer("report", call_id, status, sequence, seconds)

    def hold(
        self, call_id: str, turn: int, *, position: int | None, waited_seconds: int, key: str = "", heard: str = ""
    ) -> str:
        return self._answer("hold", call_id, turn, position, waited_seconds, key, heard)

    def plays(self, address: str) -> bool:
        return address in self.recordings

    def ready(self) -> Mapping[str, str]:
        if self.fails is not None:
            raise self.fails
        return self.problems


STALE = Stale("turn 3")


def sign(url: str, form: Mapping[str, str], token: str = TOKEN) -> str:
    """Twilio's description, written down once more: the address, then names and values in order."""
    text = url + "".join(name + form[name] for name in sorted(form))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


@dataclass
class Line:
    """A hotline's application with a carrier's hand on it."""

    desk: Remembers
    client: LocalClient
    public: str = PUBLIC

    def post(self, path: str, *, token: str = TOKEN, drop: str = "", **extra: str) -> TestResponse:
        """A signed request with the standard fields, `extra` over them, and `drop` left out."""
        form = {name: value for name, value in {**STANDARD, **extra}.items() if name != drop}
        return self.send(path, urlencode(form), sign(self.public + path, form, token))

    def send(self, path: str, body: str | bytes, signature: str, **headers: str) -> TestResponse:
        return self.client.post(
            path,
            data=body,
            content_type="application/x-www-form-urlencoded",
            headers={"X-Twilio-Signature": signature, **headers},
        )


def dial(**settings: object) -> Line:
    """A line with these settings over the usual ones."""
    told = WebhookSettings(
        **{
            "public_url": PUBLIC,
            "account_sid": ACCOUNT,
            "auth_tokens": (TOKEN,),
            **settings,
        }  # type: ignore[arg-type]
    )
    desk = Remembers()
    app = create_app(desk, TwimlWriter(PUBLIC, VOICES), told)
    return Line(desk, LocalClient(app), told.public_url.rstrip("/"))
