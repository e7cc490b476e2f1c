"""When a request has come in whole (RFC 9112, sections 6 and 7.1). Nothing else: gunicorn judges what is in it."""

import re
from typing import Literal

LARGEST_HEAD = 32 * 1024
LARGEST_BODY = 64 * 1024
"""Bytes. Larger requests are refused, so nothing of them need be waited for. A server may take larger bodies."""
LONGEST_NUMBER = 18
"""Digits of a length that are read: more of them say only that it is far too large."""
LONGEST_CHUNK_LINE = 64
MOST_CHUNKS = 64
"""Of one body. To find the ends of thousands takes as long as to answer several calls."""
QUEUED_SECONDS = "ivr.queued_seconds"
"""In the WSGI environment: how long a request has waited for a thread since it had come in whole."""

Progress = Literal["more", "whole", "long head", "long body"]

_LENGTH = re.compile(rb"\r\ncontent-length[ \t]*:[ \t]*(\d+)[ \t]*(?=\r\n|$)", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding[ \t]*:", re.IGNORECASE)
_SIZE = re.compile(rb"([0-9a-fA-F]{1,8})[ \t]*(;.*)?", re.DOTALL)


class Framing:
    """How far the next request of a connection has come. What was looked at is not looked at again: who sends one byte
    after another would cost a whole request each time."""

    def __init__(self, largest_body: int = LARGEST_BODY) -> None:
        self._largest_body = largest_body
        self._begins = 0
        self._looked = 0
        """Up to here the head does not end; in a chunked body, where the next chunk begins."""
        self._ends = 0
        """Where a body with a length ends; 0 while the head has not come in, and for a chunked one."""
        self._last_chunk = 0
        """The most that a chunked body may reach to; 0 for another."""
        self._chunks_left = MOST_CHUNKS
        self.reached = 0
        """Of a request that is whole, how much is worth reading."""

    def progress(self, received: bytearray) -> Progress:
        """`received` is all that has come in since the request before. A broken request counts as whole: waiting would
        not mend it."""
        self.reached = len(received)
        if not self._ends and not self._last_chunk and (found := self._head(received)):
            return found
        if self._last_chunk:
            return self._chunked(received)
        return "whole" if len(received) >= self._ends else "more"

    def _head(self, received: bytearray) -> Progress | None:
        """What follows from the head alone; None where the body decides."""
        if self._looked == self._begins:  # empty lines before a request say nothing (RFC 9112, section 2.2)
            self._begins = self._looked = len(received) - len(received.lstrip(b"\r\n"))
        ends = received.find(b"\r\n\r\n", self._looked)
        if (len(received) if ends < 0 else ends) - self._begins > LARGEST_HEAD:
            return "long head"
        if ends < 0:
            self._looked = max(self._begins, len(received) - 3)
            return "more"
        body = ends + 4
        if _CHUNKED.search(received, self._begins, ends):
            self._looked, self._last_chunk = body, body + self._largest_body
            return None
        found = _LENGTH.search(received, self._begins, ends)
        length = int(found[1].lstrip(b"0")[:LONGEST_NUMBER] or 0) if found else 0
        self._ends = body + length
        return "long body" if length > self._largest_body else None

    def _chunked(self, received: bytearray) -> Progress:
        while self._looked <= self._last_chunk and self._chunks_left:
            line_ends = received.find(b"\r\n", self._looked)
            if line_ends < 0:
                return "whole" if len(received) - self._looked > LONGEST_CHUNK_LINE else "more"
            size = _SIZE.fullmatch(received, self._looked, line_ends)
            if size is None:
                return "whole"
            if not int(size[1], 16):
                return "whole" if received.find(b"\r\n\r\n", line_ends) >= 0 else "more"
            next_chunk = line_ends + 2 + int(size[1], 16) + 2
            if len(received) < next_chunk <= self._last_chunk:
                return "more"
            self._looked = next_chunk
            self._chunks_left -= 1
        return "long body"
