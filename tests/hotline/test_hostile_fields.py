"""Hostile text in every field of every signed request: never a fault of ours, never a document that is not TwiML."""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging
import random
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote_plus, urlsplit

import pytest
from werkzeug.test import Client

from ivr.webhooks.sanitize import flaw
from tests.hotline.harness import ACCOUNT, CALLER, NUMBER, PUBLIC, TOKEN, HotlineInTest, Reply, opened
from tests.trust_gates import Amount, Measured

FIELDS = (
    "AddOns", "AnsweredBy", "ApiVersion", "AvgQueueTime", "CallDuration", "CallSid", "CallStatus", "CallToken",
    "CalledVia", "Caller", "CallerCity", "CallerName", "Confidence", "DialBridged", "DialCallSid", "DialCallStatus",
    "Digits", "Direction", "ErrorCode", "ErrorUrl", "FinishedOnKey", "ForwardedFrom", "From", "FromCity",
    "ParentCallSid", "QueuePosition", "QueueResult", "QueueSid", "QueueTime", "RecordingDuration", "RecordingSid",
    "RecordingUrl", "SequenceNumber", "SipResponseCode", "SpeechResult", "StirVerstat", "Timestamp", "To", "ToZip",
    "msg", "SomethingNew", "AccountSid",
)  # fmt: skip
TEXTS = (
    "", " ", "\0", "\r\nX: y", "\x1b[2J", "\ud800", "a\udfffb", "\ufffe\uffff", "\u202e\u2066", "'", '"', "<", "]]>",
    "&#0;", "</Say><Dial>+19005550100</Dial>", "<!--", "{{1234*4321}}", "{secret}", "{caller}", "${jndi:ldap://x}",
    "%s%n", "$(id)", "'; DROP TABLE calls; --", "../../../etc/passwd",
    "javascript:alert(1)", "http://169.254.169.254/latest",
    "=HYPERLINK(1)", "-1", "1e999", "NaN", "inf", "9" * 400, "٣٤", "²", "0x10", "1_000", "+", "*#*#", "true", "null",
    "[]", '{"a":', "A" * 5_000, "退款" * 600, "🙂" * 300, "é" * 2, "İ", "ß" * 1_000, "\N{ZERO WIDTH JOINER}" * 50,
)  # fmt: skip
WALKS = ("", "2", "2 2", "2 2 12345", "2 1", "2 1 62220001", "2 1 62220001 *", "2 0", "2 3", "2 4", "2 5", "2 6", "2 7")
"""To a question of each kind, in English: a menu, digits, a confirmation, an account, a code, a PIN, a queue …"""


@pytest.fixture
def hotline(tmp_path: Path, store_url: str) -> Iterator[HotlineInTest]:
    with opened(tmp_path, store_url) as hotline:
        yield hotline


def send(client: Client, path: str, form: dict[str, str]) -> Reply:
    """A signed request, as whoever signs would send it: bytes that are no UTF-8 too."""
    body = "&".join(f"{name}={quote_plus(value, errors='surrogatepass')}" for name, value in form.items())
    text = PUBLIC + path + "".join(name + form[name] for name in sorted(form))
    digest = hmac.digest(TOKEN.encode(), text.encode(errors="surrogatepass"), hashlib.sha1)
    answer = client.post(
        path,
        data=body,
        content_type="application/x-www-form-urlencoded",
        headers={"X-Twilio-Signature": base64.b64encode(digest).decode()},
    )
    return Reply(answer.status_code, answer.get_data(as_text=True))


@pytest.mark.slow
@pytest.mark.trust(goal=9, minutes=4)
def test_hostile_text_in_any_field_is_no_fault(
    hotline: HotlineInTest, caplog: pytest.LogCaptureFixture, amount: Amount, measured: Measured
) -> None:
    chance, client, wanted = random.Random(9), Client(hotline.app.webhooks), amount(400, 20_000)
    statuses: dict[int, int] = {}
    for number in range(wanted):
        call = hotline.call(f"+8613{number:09d}")
        if walk := WALKS[number % len(WALKS)]:
            call.walk(walk)
        next_path = urlsplit(call.reply.action).path if call.reply.body else "/voice"
        paths = (
            next_path, "/voice/fallback", "/voice/status", f"{next_path}/poll", f"/voice/{call.sid}/hold/1",
            "/floor/talks/TK0/keyed", "/floor/talks/TK0/customer/over", f"/voice/{call.sid}/room/TK0", next_path,
        )  # fmt: skip
        path = paths[number // len(WALKS) % len(paths)]
        form = {"AccountSid": ACCOUNT, "CallSid": call.sid, "CallStatus": "in-progress", "From": CALLER, "To": NUMBER}
        for name in chance.sample(FIELDS, chance.choice((1, 1, 2, 5))):
            form[name] = chance.choice(TEXTS)
        caplog.clear()
        reply = send(client, path, form)
        told = f"{path} with {form}: {reply.status} {reply.body[:300]}"
        assert reply.status in (200, 204, 400, 403, 404, 409, 413), told
        assert reply.status != 200 or flaw(reply.body) == "", told
        assert "5332114" not in reply.body, told
        assert [record for record in caplog.records if record.levelno >= logging.ERROR] == [], told
        statuses[reply.status] = statuses.get(reply.status, 0) + 1
        hotline.clock.advance(1)
        if number % 50 == 49:
            hotline.deliver()
    assert statuses[200] > wanted / 5, "most are not even refused"
    told = ", ".join(f"{status}: {count:,}" for status, count in sorted(statuses.items()))
    measured(f"{wanted:,} signed requests with hostile fields, no fault; answered {told}")
