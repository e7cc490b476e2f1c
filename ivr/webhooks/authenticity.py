"""Which requests are accepted: those that the carrier has signed, of our size, shape and account.

The checks run in this order, cheapest first: size and number of fields, the signature (X-Twilio-Signature against the
public address of the configuration, docs/twilio-facts.md#a3-signatures), the fields. Only path and query are read from
the request: its host and scheme could be written by a proxy, or by anybody who sends a header.

Twilio's own RequestValidator parses the address and signs two forms of it for every request (90 µs for 27 fields). What
it parses never changes here, so the forms are signed beforehand, and a request adds its path and fields to each (8 µs).
The tests hold `Signatures` to the validator's verdicts.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ivr.webhooks import form as forms
from ivr.webhooks.form import Form, Refused
from ivr.webhooks.settings import WebhookSettings, is_of_this_machine

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_FORM = "application/x-www-form-urlencoded"
_DEFAULT_PORTS = {"http": 80, "https": 443}


class Authenticity:
    """Reads and checks requests. Safe to share between threads."""

    def __init__(self, settings: WebhookSettings) -> None:
        self._settings = settings
        self._signatures = Signatures(settings.public_url, settings.auth_tokens)

    def form(self, environ: WSGIEnvironment, call: str = "") -> Form:
        """The fields of a request, if they are the carrier's and about `call`. Raises Refused."""
        if environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower() != _FORM:
            raise Refused(415, "no form")
        sent = forms.pairs(self._body(environ), self._settings.most_fields)
        self._signed(environ, sent)
        form = forms.fields(sent)
        if self._settings.account_sid and form["AccountSid"] != self._settings.account_sid:
            raise Refused(403, "another account")
        if call and form["CallSid"] != call:
            raise Refused(400, "another call")
        return form

    def _body(self, environ: WSGIEnvironment) -> bytes:
        largest, length = self._settings.largest_body, forms.whole(environ.get("CONTENT_LENGTH", ""))
        if length is not None and length >= largest:
            raise Refused(413, "too large")
        if length is None and not environ.get("wsgi.input_terminated"):  # it is not chunked either
            return b""
        try:
            body: bytes = environ["wsgi.input"].read(largest if length is None else length)
        except Exception:  # the server has many words for a chunk that is broken
            raise Refused(400, "a broken body") from None
        if len(body) >= largest:
            raise Refused(413, "too large")
        if length is not None and len(body) < length:
            raise Refused(400, "a broken body")
        return body

    def _signed(self, environ: WSGIEnvironment, sent: list[tuple[str, str]]) -> None:
        if not self._settings.auth_tokens and self._settings.dev:
            if not is_of_this_machine(environ):
                raise Refused(403, "not this machine")
            return
        path, query = environ["PATH_INFO"], environ.get("QUERY_STRING", "")
        given = environ.get("HTTP_X_TWILIO_SIGNATURE", "")
        if not self._signatures.valid(path, query, sent, given):
            why = "wrong signature" if given else "no signature"
            asked = f"{path}?{query}" if query else path
            raise Refused(403, why, self._settings.public_url.rstrip("/") + asked)


class Signatures:
    """Checks signatures made with any of `tokens` (two while a token is being changed) for `public_url`."""

    def __init__(self, public_url: str, tokens: Sequence[str]) -> None:
        self._begun = tuple(
            hmac.new(token.encode(), base.encode(), "sha1") for token in tokens for base in _spellings(public_url)
        )

    def valid(self, path: str, query: str, fields: Iterable[tuple[str, str]], given: str) -> bool:
        """Whether `given` (base64) signs this POST. `path` begins with a slash; `query` is as it was sent.

        The time does not depend on which key or spelling fits, or on how many characters do.
        """
        text = f"{path}?{query}" if query else path
        text += "".join([name + value for name, value in sorted(set(fields))])
        rest = text.encode("utf-8", "surrogateescape")
        told = given.encode("utf-8", "replace")
        fits = False
        for begun in self._begun:
            signing = begun.copy()
            signing.update(rest)
            fits |= hmac.compare_digest(base64.b64encode(signing.digest()), told)
        return fits


def _spellings(public_url: str) -> tuple[str, str]:
    """`public_url` without and with its port: Twilio signs voice requests without it over https and with it over
    http, and its validator takes either. A user and password are never signed."""
    parts = urlsplit(public_url)
    host = parts.netloc.rpartition("@")[2].removesuffix(f":{parts.port}")
    port = parts.port or _DEFAULT_PORTS[parts.scheme]
    path = parts.path.rstrip("/")
    return f"{parts.scheme}://{host}{path}", f"{parts.scheme}://{host}:{port}{path}"
