"""What the carrier keeps of replies: the cookies of a call, and answers to GET until they change.

Twilio caches GET only, never POST: by Cache-Control for a while, by ETag or Last-Modified until they change. [D] How
long when the app does not say is not known: here, not at all. [U] docs/twilio-facts.md#a4-http-client
"""

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


_MAX_AGE = re.compile(r"max-age=(\d+)")
_MAX_REPLIES = 1000  # replies kept


@dataclass
class Cache:
    """Replies by address, with the second of the clock until which they need not be asked for again."""

    _kept: dict[str, tuple[Reply, float]] = field(default_factory=dict)

    def fresh(self, url: str, now: float) -> Reply | None:
        """Give the reply to `url` that may still be used without a request, or None."""
        kept = self._kept.get(url)
        return kept[0] if kept is not None and now < kept[1] else None

    def conditions(self, url: str) -> list[tuple[str, str]]:
        """Give the headers that ask whether `url` has changed."""
        kept = self._kept.get(url)
        if kept is None:
            return []
        named = (("If-None-Match", kept[0].header("etag")), ("If-Modified-Since", kept[0].header("last-modified")))
        return [(name, value) for name, value in named if value]

    def keep(self, url: str, reply: Reply, now: float) -> Reply:
        """Keep a reply if it may be kept; gives it, or for a 304 the kept one."""
        kept = self._kept.get(url)
        if reply.status == 304 and kept is not None:
            self._kept[url] = (kept[0], now + _seconds(reply))
            return Reply(kept[0].status, kept[0].headers, kept[0].body, reply.seconds)
        control = reply.header("cache-control") or ""
        lasting = _seconds(reply) or reply.header("etag") or reply.header("last-modified")
        self._kept.pop(url, None)
        if reply.status == 200 and lasting and "no-store" not in control and len(self._kept) < _MAX_REPLIES:
            self._kept[url] = (reply, now + _seconds(reply))
        return reply


def _seconds(reply: Reply) -> float:
    control = (reply.header("cache-control") or "").lower()
    found = _MAX_AGE.search(control)
    return 0.0 if found is None or "no-cache" in control or "no-store" in control else float(found[1])
