"""When a request has come in whole (RFC 9112, sections 6 and 7.1). Nothing else: gunicorn judges what is in it."""

import re
from typing import Literal

LARGEST_HEAD = 32 * 1024
LARGEST_BODY = 64 * 1024
"""Bytes. Larger requests are refused, so nothing of them need be waited for."""
LONGEST_CHUNK_LINE = 64
QUEUED_SECONDS = "ivr.queued_seconds"
"""In the WSGI environment: how long a request has waited for a thread since it had come in whole."""

Progress = Literal["more", "whole", "too large"]

_LENGTH = re.compile(rb"\r\ncontent-length[ \t]*:[ \t]*(\d{1,18})[ \t]*(?=\r\n|$)", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding[ \t]*:", re.IGNORECASE)
_SIZE = re.compile(rb"([0-9a-fA-F]{1,8})[ \t]*(;.*)?", re.DOTALL)


def progress(received: bytes | bytearray) -> Progress:
    """How far a connection's next request is. One that is broken counts as whole: waiting would not mend it."""
    head, ended, body = bytes(received).lstrip(b"\r\n").partition(b"\r\n\r\n")
    if len(head) > LARGEST_HEAD:
        return "too large"
    if not ended:
        return "more"
    if _CHUNKED.search(head):
        return _chunks(body)
    length = int(found[1]) if (found := _LENGTH.search(head)) else 0
    if length > LARGEST_BODY:
        return "too large"
    return "whole" if len(body) >= length else "more"


def _chunks(body: bytes) -> Progress:
    at = 0
    while at <= LARGEST_BODY:
        line_ends = body.find(b"\r\n", at)
        if line_ends < 0:
            return "whole" if len(body) - at > LONGEST_CHUNK_LINE else "more"
        size = _SIZE.fullmatch(body, at, line_ends)
        if size is None:
            return "whole"
        if not int(size[1], 16):
            return "whole" if body.find(b"\r\n\r\n", line_ends) >= 0 else "more"
        at = line_ends + 2 + int(size[1], 16) + 2
        if at > len(body) and at <= LARGEST_BODY:
            return "more"
    return "too large"
