"""Sound comes from the carrier that keeps it and from nowhere else, and is deleted there when its time is over."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from ivr.hotline.http_replies import Reply
from ivr.hotline.outbox import Relay, Rules
from ivr.hotline.recordings import LARGEST, NoSound, Recordings
from ivr.hotline.senders import Refused
from ivr.store import OutboxItem, Store
from tests.hotline.harness import KeptSender

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
ACCOUNT, TOKEN = "AC" + "0" * 32, "t0ken"
SID = "RE" + "a1" * 16
PATH = f"/2010-04-01/Accounts/{ACCOUNT}/Recordings/{SID}"
OURS = f"https://api.twilio.com{PATH}"
WAV = b"RIFF....WAVE"


@dataclass
class Carrier:
    """Answers as it is told to, and notes what it was asked."""

    answer: Reply = field(default_factory=lambda: Reply(200, "audio/x-wav", WAV))
    asked: list[tuple[str, str]] = field(default_factory=list)
    headers: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, method: str, url: str, headers: Mapping[str, str], most: int) -> Reply:
        self.asked.append((method, url))
        self.headers = headers
        return self.answer


def recordings(carrier: Carrier, account: str = ACCOUNT) -> Recordings:
    return Recordings(account, TOKEN, ask=carrier)


def test_a_recording_is_fetched_with_our_account_and_token() -> None:
    carrier = Carrier()
    sound = recordings(carrier).sound(OURS)
    assert (sound.body, sound.kind) == (WAV, "audio/x-wav")
    assert carrier.asked == [("GET", OURS)]
    proof = carrier.headers["Authorization"].removeprefix("Basic ")
    assert base64.b64decode(proof).decode() == f"{ACCOUNT}:{TOKEN}"
    assert TOKEN not in repr(recordings(carrier))


HOSTS = (
    "169.254.169.254", "[::ffff:169.254.169.254]", "2852039166", "0xA9FEA9FE", "0251.0376.0251.0376", "169.254.43518",
    "127.0.0.1", "127.1", "0", "localhost", "[::1]", "[::]", "10.0.0.1", "192.168.1.1", "172.16.0.1", "100.64.0.1",
    "metadata.google.internal", "metadata", "fd00:ec2::254", "[fd00:ec2::254]", "api.twilio.com.evil.example",
    "evil-api.twilio.com", "api.twilio.com@169.254.169.254", "api.twilio.com:80", "api.twilio.com:443",
    "api.twilio.com.", "api%2etwilio.com", "api.twilio.com%00.evil", "api\u3002twilio.com", "API.twilio.com",
    "user:pw@api.twilio.com", "api.twilio.com#@evil.example", "api.twilio.com?@evil.example",
    "api.twilio.com\\@evil.example", "evil.example/api.twilio.com", "api.twilio.com\t", " api.twilio.com",
)  # fmt: skip
HOSTILE = (
    *(f"{scheme}://{host}{PATH}" for host in HOSTS for scheme in ("http", "https")),
    f"http://api.twilio.com{PATH}", f"HTTPS://api.twilio.com{PATH}", f"file://{PATH}", f"ftp://api.twilio.com{PATH}",
    f"//api.twilio.com{PATH}", f"gopher://api.twilio.com{PATH}", "file:///etc/passwd", "", "javascript:alert(1)",
    OURS + "/../../Calls.json", OURS + "?x=1", OURS + "#x", OURS + ".json", OURS + "\n", OURS + "%2f..", OURS + "/",
    OURS.replace("RE", "CA"), OURS.replace(ACCOUNT, "AC" + "1" * 32), OURS.replace("a1", "A1"), OURS[:-1], OURS + "0",
)  # fmt: skip


def test_no_other_address_is_ever_asked() -> None:
    carrier = Carrier()
    for url in HOSTILE:
        with pytest.raises(NoSound, match="foreign"):
            recordings(carrier).sound(url)
    assert len(HOSTILE) >= 60
    assert carrier.asked == []


def test_without_an_account_nothing_is_asked() -> None:
    carrier = Carrier()
    with pytest.raises(NoSound, match="foreign"):
        recordings(carrier, "").sound(OURS.replace(ACCOUNT, ""))
    with pytest.raises(Refused):
        recordings(carrier, "").forget(SID)
    assert carrier.asked == []


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Reply(404), "gone"),
        (Reply(410), "gone"),
        (Reply(401), "away"),
        (Reply(302, "text/html", b"moved"), "away"),
        (Reply(500), "away"),
        (Reply(200, "audio/x-wav", b"x" * (LARGEST + 1)), "large"),
        (Reply(200, "text/html", b"<script>"), "silent"),
        (Reply(200, "audio/x-wav\r\nSet-Cookie: a=b", WAV), "silent"),
        (Reply(200, "audio/x-wav", b""), "silent"),
    ],
)
def test_what_is_no_sound_is_not_played(answer: Reply, reason: str) -> None:
    with pytest.raises(NoSound) as no:
        recordings(Carrier(answer)).sound(OURS)
    assert no.value.reason == reason


@contextmanager
def serving(status: int, headers: Mapping[str, str], body: bytes) -> Iterator[tuple[str, list[str]]]:
    """A web server on this machine with one answer, and what it was asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *told: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
        server.shutdown()


def test_a_redirect_is_not_followed() -> None:
    with (
        serving(200, {"Content-Type": "audio/x-wav"}, WAV) as (elsewhere, asked_there),
        serving(302, {"Location": f"{elsewhere}{PATH}"}, b"") as (origin, asked),
    ):
        with pytest.raises(NoSound, match="away"):
            Recordings(ACCOUNT, TOKEN, (origin,)).sound(origin + PATH)
        assert (asked, asked_there) == ([PATH], [])


def test_an_allowed_origin_is_asked_over_the_network() -> None:
    with serving(200, {"Content-Type": "audio/mpeg"}, WAV) as (origin, _):
        assert Recordings(ACCOUNT, TOKEN, (origin,)).sound(origin + PATH).kind == "audio/mpeg"
    with pytest.raises(NoSound, match="away"):
        Recordings(ACCOUNT, TOKEN, (origin,)).sound(origin + PATH)


@pytest.mark.parametrize(
    ("status", "done", "dead"), [(204, True, False), (404, True, False), (500, False, False), (403, False, True)]
)
def test_the_outbox_has_the_carrier_delete_a_recording(store: Store, status: int, done: bool, dead: bool) -> None:
    carrier = Carrier(Reply(status))
    relay = Relay(store, KeptSender(), lambda: NOW, Rules(()), forget=recordings(carrier).forget)
    store.outbox.add(OutboxItem(key=f"forget/{SID}", kind="forget", payload={"recording": SID}, not_before=NOW))
    relay.deliver_due(NOW)
    row = store.outbox.row(f"forget/{SID}")
    assert row is not None
    assert carrier.asked == [("DELETE", f"{OURS}.json")]
    assert (row.done_at is not None, row.dead_at is not None) == (done, dead)


def test_only_a_recording_is_deleted() -> None:
    carrier = Carrier(Reply(204))
    for name in ("", "CA1/3", "../Calls/CA" + "0" * 32, SID + "/", SID.upper(), SID + "\n"):
        with pytest.raises(Refused):
            recordings(carrier).forget(name)
    assert carrier.asked == []
