"""How a request says who makes it: X-Twilio-Signature on each, and Basic or Digest in answer to a 401.

The signature is computed from Twilio's description, not by its library: docs/twilio-facts.md#a3-signatures. The signed
text is the full URL, followed for a form post by every name and value in byte order of the names; repeated names have
their values de-duplicated and sorted. The fragment is never part of it, nor is `user:password@`; a port is kept over
http and dropped over https.
"""

import base64
import hashlib
import hmac
from collections.abc import Iterable
from urllib.parse import urlsplit, urlunsplit
from urllib.request import (
    AbstractDigestAuthHandler,
    HTTPPasswordMgrWithDefaultRealm,
    Request,
    parse_http_list,
    parse_keqv_list,
)


def signed_url(url: str) -> str:
    """Give `url` as it enters the signature of a voice request."""
    if "@" not in url and "#" not in url and not url.startswith("https:"):
        return url
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    if parts.scheme == "https" and not host.endswith("]"):
        host = host.rpartition(":")[0] or host
    return urlunsplit((parts.scheme, host, parts.path, parts.query, ""))


def signature(token: str, url: str, form: Iterable[tuple[str, str]] = ()) -> str:
    """Give the header's value for a request to `url`; `form` holds the fields of a POST, none for a GET."""
    fields = list(form)
    text = signed_url(url)
    if len({name for name, _ in fields}) < len(fields):
        fields = list(set(fields))
    fields.sort()
    text += "".join([name + value for name, value in fields])
    digest = hmac.digest(token.encode(), text.encode(), hashlib.sha1)
    return base64.b64encode(digest).decode("ascii")


class _Digest(AbstractDigestAuthHandler):
    """The digest of Python's own client, with a given text that was not used before."""

    def __init__(self, url: str, credentials: str, cnonce: str) -> None:
        user, _, password = credentials.partition(":")
        passwords = HTTPPasswordMgrWithDefaultRealm()
        passwords.add_password(None, url, user, password)
        super().__init__(passwords)
        self._cnonce = cnonce

    def get_cnonce(self, nonce: str) -> str:
        return self._cnonce


def authorization(challenge: str, method: str, url: str, credentials: str, cnonce: str) -> str:
    """Give the header for `challenge`, the WWW-Authenticate that came, or nothing when it asks for something else.

    `credentials` is `user:password`, `cnonce` any text that was not used before.
    """
    scheme, _, rest = challenge.strip().partition(" ")
    if scheme.lower() == "basic":
        return "Basic " + base64.b64encode(credentials.encode()).decode()
    if scheme.lower() != "digest":
        return ""
    try:
        wanted = parse_keqv_list([part for part in parse_http_list(rest) if "=" in part])
        request = Request(url, method=method)  # noqa: S310 - it is never opened
        answer = _Digest(url, credentials, cnonce).get_authorization(request, wanted)
    except ValueError:  # an algorithm that nobody here knows
        return ""
    return f"Digest {answer}" if answer else ""
