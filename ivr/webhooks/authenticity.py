"""Which requests are accepted: those that the carrier has signed, of our size, shape and account.

The checks run in this order, cheapest first: size and number of fields, the signature, the fields.
"""

from __future__ import annotations

from flask import request
from werkzeug.exceptions import HTTPException

from ivr.webhooks import form as forms
from ivr.webhooks.form import Form, Refused
from ivr.webhooks.settings import WebhookSettings, is_loopback
from ivr.webhooks.signature import Signatures

_FORM = "application/x-www-form-urlencoded"


class Authenticity:
    """Reads and checks the current request. Safe to share between threads."""

    def __init__(self, settings: WebhookSettings) -> None:
        self._settings = settings
        self._signatures = Signatures(settings.public_url, settings.auth_tokens)

    def form(self, call: str = "") -> Form:
        """The fields of this request, if they are the carrier's and about `call`. Raises Refused."""
        if request.environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower() != _FORM:
            raise Refused(415, "no form")
        try:
            body = request.get_data(cache=False)
        except HTTPException:
            raise
        except Exception:  # the server has many words for a chunk that is broken
            raise Refused(400, "a broken body") from None
        if len(body) >= self._settings.largest_body:  # Werkzeug cuts a chunked body at the limit without an error
            raise Refused(413, "too large")
        sent = forms.pairs(body, self._settings.most_fields)
        self._signed(sent)
        form = forms.fields(sent)
        if self._settings.account_sid and form["AccountSid"] != self._settings.account_sid:
            raise Refused(403, "another account")
        if call and form["CallSid"] != call:
            raise Refused(400, "another call")
        return form

    def _signed(self, sent: list[tuple[str, str]]) -> None:
        environ = request.environ
        if not self._settings.auth_tokens and self._settings.dev:
            if not is_loopback(environ.get("REMOTE_ADDR", "")):
                raise Refused(403, "not this machine")
            return
        given = environ.get("HTTP_X_TWILIO_SIGNATURE", "")
        query = environ.get("QUERY_STRING", "")
        if not self._signatures.valid(request.path, query, sent, given):
            why = "wrong signature" if given else "no signature"
            asked = f"{request.path}?{query}" if query else request.path
            raise Refused(403, why, self._settings.public_url.rstrip("/") + asked)
