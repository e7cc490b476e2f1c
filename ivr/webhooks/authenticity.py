"""Which requests are accepted: those that the carrier has signed, of our size, shape and account.

The checks run in this order, cheapest first: size and number of fields, the signature, the fields.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from werkzeug.exceptions import HTTPException
from werkzeug.wsgi import get_input_stream

from ivr.webhooks import form as forms
from ivr.webhooks.form import Form, Refused
from ivr.webhooks.settings import WebhookSettings, is_loopback
from ivr.webhooks.signature import Signatures

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_FORM = "application/x-www-form-urlencoded"


class Authenticity:
    """Reads and checks requests. Safe to share between threads."""

    def __init__(self, settings: WebhookSettings) -> None:
        self._settings = settings
        self._signatures = Signatures(settings.public_url, settings.auth_tokens)

    def form(self, environ: WSGIEnvironment, call: str = "") -> Form:
        """The fields of a request, if they are the carrier's and about `call`. Raises Refused, HTTPException."""
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
        try:
            body: bytes = get_input_stream(environ, max_content_length=self._settings.largest_body).read()
        except HTTPException:
            raise
        except Exception:  # the server has many words for a chunk that is broken
            raise Refused(400, "a broken body") from None
        if len(body) >= self._settings.largest_body:  # Werkzeug cuts a chunked body at the limit without an error
            raise Refused(413, "too large")
        return body

    def _signed(self, environ: WSGIEnvironment, sent: list[tuple[str, str]]) -> None:
        if not self._settings.auth_tokens and self._settings.dev:
            if not is_loopback(environ.get("REMOTE_ADDR", "")):
                raise Refused(403, "not this machine")
            return
        path, query = environ["PATH_INFO"], environ.get("QUERY_STRING", "")
        given = environ.get("HTTP_X_TWILIO_SIGNATURE", "")
        if not self._signatures.valid(path, query, sent, given):
            why = "wrong signature" if given else "no signature"
            asked = f"{path}?{query}" if query else path
            raise Refused(403, why, self._settings.public_url.rstrip("/") + asked)
