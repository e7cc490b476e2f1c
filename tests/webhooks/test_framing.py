"""When a request is whole: a table of what came in so far."""

from __future__ import annotations

import pytest

from ivr.webhooks.framing import LARGEST_BODY, LARGEST_HEAD, Progress, progress

POST = b"POST /voice HTTP/1.1\r\nHost: x\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("received", "expected"),
    [
        (b"", "more"),
        (b"\r\n\r\n", "more"),  # empty lines before a request say nothing (RFC 9112, section 2.2)
        (POST, "more"),
        (POST + b"\r\n", "whole"),
        (POST + b"Content-Length: 3\r\n\r\na=", "more"),
        (POST + b"Content-Length: 3\r\n\r\na=b", "whole"),
        (POST + b"content-length:3\r\nX: y\r\n\r\na=", "more"),
        (POST + b"X-Content-Length: 3\r\n\r\n", "whole"),
        (POST + b"Content-Length: x\r\n\r\n", "whole"),
        (POST + b"Content-Length: %d\r\n\r\n" % (LARGEST_BODY + 1), "too large"),
        (b"a" * (LARGEST_HEAD + 1), "too large"),
        (CHUNKED, "more"),
        (CHUNKED + b"3", "more"),
        (CHUNKED + b"3\r\na=b\r\n", "more"),
        (CHUNKED + b"3;x=y\r\na=b\r\n0\r\n", "more"),
        (CHUNKED + b"3;x=y\r\na=b\r\n0\r\n\r\n", "whole"),
        (CHUNKED + b"0\r\nTrailer: x\r\n\r\n", "whole"),
        (CHUNKED + b"xyz\r\n", "whole"),
        (CHUNKED + b"1" * 100, "whole"),
        (CHUNKED + b"fffffff\r\n", "too large"),
    ],
)
def test_a_request_is_whole_when_nothing_more_is_needed(received: bytes, expected: Progress) -> None:
    assert progress(received) == expected
