"""The Authorization header that answers a 401: Basic or Digest. (RFC 7617, RFC 7616)"""

import base64
from urllib.request import (
    AbstractDigestAuthHandler,
    HTTPPasswordMgrWithDefaultRealm,
    Request,
    parse_http_list,
    parse_keqv_list,
)


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
