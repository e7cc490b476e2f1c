"""What the carrier keeps of replies to GET: by Cache-Control for a while, by ETag or Last-Modified until they change.

Twilio caches GET only, never POST. [D] How long when the app does not say is not known: here, not at all. [U]
docs/twilio-facts.md#a4-http-client
"""

import re
from dataclasses import dataclass, field

from ivr.network.wire.transport import Reply

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
