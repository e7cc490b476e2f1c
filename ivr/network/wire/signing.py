"""X-Twilio-Signature, computed from Twilio's description, not by its library. docs/twilio-facts.md#a3-signatures

The signed text is the full URL, followed for a form post by every name and value in byte order of the names;
repeated names have their values de-duplicated and sorted. The fragment is never part of it, nor is
`user:password@`; a port is kept over http and dropped over https.
"""

import base64
import hashlib
import hmac
from collections.abc import Iterable
from urllib.parse import urlsplit, urlunsplit


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
