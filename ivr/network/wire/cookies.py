"""Cookies: what one call's apps have set, and when an app takes one back. docs/twilio-facts.md#a4-http-client"""

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from ivr.network.wire.transport import Reply


@dataclass
class CookieJar:
    """The cookies of one call: name -> (value, path), by host."""

    hosts: dict[str, dict[str, tuple[str, str]]] = field(default_factory=dict)

    def header(self, url: str) -> str:
        """Give the Cookie header for `url`, or nothing."""
        if not self.hosts:
            return ""
        parts = urlsplit(url)
        of_host = self.hosts.get(parts.hostname or "", {})
        path = parts.path or "/"
        return "; ".join(f"{name}={value}" for name, (value, below) in of_host.items() if path.startswith(below))

    def keep(self, url: str, received: Reply) -> None:
        """Remember what the reply sets, and forget what it expires."""
        for name, value in received.headers:
            if name != "set-cookie":
                continue
            first, *attributes = value.split(";")
            cookie, _, content = first.strip().partition("=")
            attributes_by_name = {k.strip().lower(): v.strip() for k, _, v in (a.partition("=") for a in attributes)}
            of_host = self.hosts.setdefault(urlsplit(url).hostname or "", {})
            if _expired(attributes_by_name):
                of_host.pop(cookie, None)
            elif cookie:
                of_host[cookie] = (content, attributes_by_name.get("path") or "/")


def _expired(attributes_by_name: dict[str, str]) -> bool:
    """Whether a cookie's attributes take it back: Max-Age of 0 or less, or else Expires in 1970.

    That is how frameworks delete one. Other dates say nothing here, for time is virtual and the app's is not.
    """
    age = attributes_by_name.get("max-age", "")
    if age.removeprefix("-").isdecimal():
        return age.startswith("-") or not age.strip("0")
    return re.search(r"\b1970\b", attributes_by_name.get("expires", "")) is not None
