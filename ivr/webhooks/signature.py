"""Whether a request is the carrier's: X-Twilio-Signature against the public address of the configuration.

docs/twilio-facts.md#a3-signatures

Only path and query are read from the request. Its host and scheme could be written by a proxy, or by anybody who sends
a header.

Twilio's own RequestValidator parses the address and signs two forms of it for every request (90 µs for 27
fields). What it parses never changes here, so the forms are made once and a request costs a digest for each
(9 µs). The tests hold this module to the validator's verdicts.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}


class Signatures:
    """Checks signatures made with any of `tokens` (two while a token is being changed) for `public_url`."""

    def __init__(self, public_url: str, tokens: Sequence[str]) -> None:
        self._keys = tuple(token.encode() for token in tokens)
        self._bases = tuple(base.encode() for base in _spellings(public_url))

    def valid(self, path: str, query: str, fields: Iterable[tuple[str, str]], given: str) -> bool:
        """Whether `given` (base64) signs this POST. `path` begins with a slash; `query` is as it was sent.

        The time does not depend on which key or spelling fits, or on how many characters do.
        """
        text = f"{path}?{query}" if query else path
        text += "".join([name + value for name, value in sorted(set(fields))])
        rest = text.encode("utf-8", "surrogateescape")
        told = given.encode("utf-8", "replace")
        fits = False
        for key in self._keys:
            for base in self._bases:
                expected = base64.b64encode(hmac.digest(key, base + rest, "sha1"))
                fits |= hmac.compare_digest(expected, told)
        return fits


def _spellings(public_url: str) -> tuple[str, str]:
    """`public_url` without and with its port: Twilio signs voice requests without it over https and with it over
    http, and its validator takes either. A user and password are never signed."""
    parts = urlsplit(public_url)
    host = parts.netloc.rpartition("@")[2].removesuffix(f":{parts.port}")
    port = parts.port or _DEFAULT_PORTS[parts.scheme]
    path = parts.path.rstrip("/")
    return f"{parts.scheme}://{host}{path}", f"{parts.scheme}://{host}:{port}{path}"
