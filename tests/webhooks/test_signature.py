"""Our signatures against Twilio's own validator."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator
from werkzeug.datastructures import MultiDict

from ivr.webhooks.authenticity import Signatures

TOKEN = "12345"
HOSTS = [
    "https://line.example", "https://line.example:8443", "http://127.0.0.1:5000", "http://line.example",
    "https://line.example/ivr/", "https://line.example:443", "http://line.example:80",
]  # fmt: skip
PAIRS = st.lists(st.tuples(st.text("abAB1=&", max_size=4), st.text("ab退 é", max_size=4)), max_size=6)


@given(st.sampled_from(HOSTS), st.sampled_from(["", "a=1", "q=%E9%80%80&b"]), PAIRS, PAIRS)
def test_every_verdict_is_the_validators(
    public: str, query: str, signed: list[tuple[str, str]], sent: list[tuple[str, str]]
) -> None:
    validator = RequestValidator(TOKEN)
    url = f"{public.rstrip('/')}/voice" + (f"?{query}" if query else "")
    given_signature = validator.compute_signature(url, MultiDict(signed))
    ours = Signatures(public, (TOKEN,))
    for form in (signed, sent):
        expected = validator.validate(url, MultiDict(form), given_signature)
        assert ours.valid("/voice", query, form, given_signature) is expected


# Twilio's documented examples (the security page and the helper library's unit tests)
EXAMPLE = [("CallSid", "CA1234567890ABCDE"), ("Digits", "1234"), ("To", "+18005551212")]


@pytest.mark.parametrize(
    ("public", "path", "query", "caller", "signature"),
    [
        ("https://example.com", "/myapp.php", "foo=1&bar=2", "+14158675310", "L/OH5YylLD5NRKLltdqwSvS0BnU="),
        ("https://mycompany.com", "/myapp.php", "foo=1&bar=2", "+14158675309", "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        ("https://mycompany.com:443", "/myapp.php", "foo=1&bar=2", "+14158675309", "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
    ],
)
def test_documented_examples_are_valid(public: str, path: str, query: str, caller: str, signature: str) -> None:
    form = [*EXAMPLE, ("Caller", caller), ("From", caller)]
    assert Signatures(public, (TOKEN,)).valid(path, query, form, signature)


def test_a_local_address_keeps_its_port() -> None:
    form = [("CallSid", "CA1"), ("Digits", "1"), ("From", "+8613800138000")]
    assert Signatures("http://localhost:5000", (TOKEN,)).valid("/voice", "", form, "p+UNWiwBh/nTbBMQgM+0m9X+y20=")


def test_an_ipv6_host_can_be_signed_for() -> None:
    signature = RequestValidator(TOKEN).compute_signature("http://[::1]:5000/voice", {})
    assert Signatures("http://[::1]:5000", (TOKEN,)).valid("/voice", "", [], signature)


@pytest.mark.parametrize("signature", ["", "x", "é", "0" * 28, "p+UNWiwBh/nTbBMQgM+0m9X+y20"])
def test_what_is_no_signature_is_not_valid(signature: str) -> None:
    assert not Signatures("http://localhost:5000", (TOKEN,)).valid("/voice", "", [("CallSid", "CA1")], signature)


def test_either_of_two_tokens_signs() -> None:
    for token in ("old", "new"):
        signature = RequestValidator(token).compute_signature("https://line.example/voice", {"a": "1"})
        assert Signatures("https://line.example", ("new", "old")).valid("/voice", "", [("a", "1")], signature)
        assert not Signatures("https://line.example", ("newer",)).valid("/voice", "", [("a", "1")], signature)


def test_no_token_signs_nothing() -> None:
    signature = RequestValidator("").compute_signature("https://line.example/voice", {})
    assert not Signatures("https://line.example", ()).valid("/voice", "", [], signature)


def test_bytes_that_are_no_text_are_signed_as_they_came() -> None:
    import base64
    import hmac

    signature = base64.b64encode(hmac.digest(b"12345", b"https://line.example/voicea\xed\xa0\x80", "sha1")).decode()
    sent = [("a", b"\xed\xa0\x80".decode("utf-8", "surrogateescape"))]
    assert Signatures("https://line.example", (TOKEN,)).valid("/voice", "", sent, signature)
