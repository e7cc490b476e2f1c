"""The carrier of the benchmark: signed requests as bytes, made before any clock runs. Knows nothing of ours.

The form is what Twilio sends for a key pressed in a Gather; the signature is made as Twilio describes it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import urlencode

PUBLIC_URL = "https://hotline.example"
TOKEN = "0123456789abcdef0123456789abcdef"
ACCOUNT = "AC" + "2e" * 16
FORM_TYPE = "application/x-www-form-urlencoded; charset=UTF-8"

_STANDARD = {
    "AccountSid": ACCOUNT, "ApiVersion": "2010-04-01", "CallStatus": "in-progress", "Called": "+861012345678",
    "CalledCity": "", "CalledCountry": "CN", "CalledState": "", "CalledZip": "", "Caller": "+8613800138000",
    "CallerCity": "", "CallerCountry": "CN", "CallerState": "", "CallerZip": "", "Direction": "inbound",
    "From": "+8613800138000", "FromCity": "", "FromCountry": "CN", "FromState": "", "FromZip": "",
    "To": "+861012345678", "ToCity": "", "ToCountry": "CN", "ToState": "", "ToZip": "",
}  # fmt: skip


def call_id(number: int) -> str:
    """The CallSid of the so-and-so-many-th call."""
    return f"CA{number:032x}"


def turn_path(call: str, turn: int) -> str:
    return f"/voice/{call}/turns/{turn}"


def form(call: str, **more: str) -> dict[str, str]:
    """The fields of a request about a call."""
    return {**_STANDARD, "CallSid": call, **more}


def pressed(call: str, keys: str) -> dict[str, str]:
    """The fields after keys were pressed in a Gather."""
    return form(call, msg="Gather End", Digits=keys, FinishedOnKey="")


def signature(path: str, fields: Mapping[str, str]) -> str:
    text = PUBLIC_URL + path + "".join(name + fields[name] for name in sorted(fields))
    return base64.b64encode(hmac.new(TOKEN.encode(), text.encode(), hashlib.sha1).digest()).decode()


def request(path: str, fields: Mapping[str, str]) -> bytes:
    """A whole HTTP request with these fields, to be sent on a connection that stays open."""
    body = urlencode(fields).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: hotline.example\r\nUser-Agent: TwilioProxy/1.1\r\nAccept: */*\r\n"
        f"Content-Type: {FORM_TYPE}\r\nContent-Length: {len(body)}\r\n"
        f"X-Twilio-Signature: {signature(path, fields)}\r\n\r\n"
    )
    return head.encode() + body
