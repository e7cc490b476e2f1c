"""When a request is whole: a table of what came in so far."""

from __future__ import annotations

from typing import Any

import pytest

from ivr.webhooks.framing import LARGEST_BODY, LARGEST_HEAD, MOST_CHUNKS, Framing, Progress

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
        (POST + b"Content-Length: %d\r\n\r\n" % (LARGEST_BODY + 1), "long body"),
        (POST + b"Content-Length: " + b"9" * 5_000 + b"\r\n\r\n", "long body"),
        (POST + b"Content-Length: " + b"0" * 30 + b"3\r\n\r\na=", "more"),
        (POST + b"Content-Length: " + b"0" * 30 + b"3\r\n\r\na=b", "whole"),
        (b"a" * (LARGEST_HEAD + 1), "long head"),
        (CHUNKED, "more"),
        (CHUNKED + b"3", "more"),
        (CHUNKED + b"3\r\na=b\r\n", "more"),
        (CHUNKED + b"3;x=y\r\na=b\r\n0\r\n", "more"),
        (CHUNKED + b"3;x=y\r\na=b\r\n0\r\n\r\n", "whole"),
        (CHUNKED + b"0\r\nTrailer: x\r\n\r\n", "whole"),
        (CHUNKED + b"xyz\r\n", "whole"),
        (CHUNKED + b"1" * 100, "whole"),
        (CHUNKED + b"fffffff\r\n", "long body"),
    ],
)
def test_a_request_is_whole_when_nothing_more_is_needed(received: bytes, expected: Progress) -> None:
    assert Framing().progress(bytearray(received)) == expected


@pytest.mark.parametrize(
    "request_",
    [
        b"\r\n\r\n" + POST + b"Content-Length: 3\r\n\r\na=b",
        CHUNKED + b"3;x=y\r\na=b\r\n1\r\nc\r\n0\r\nTrailer: x\r\n\r\n",
        CHUNKED + b"3\r\na=b\r\nxyz\r\n",
        CHUNKED + b"1\r\nx\r\nfffff\r\n",
    ],
)
def test_it_makes_no_difference_in_which_pieces_a_request_comes(request_: bytes) -> None:
    at_once = Framing().progress(bytearray(request_))
    assert at_once != "more"
    for length in (1, 2, 3, 7):
        framing, received = Framing(), bytearray()
        found: Progress = "more"
        for place in range(0, len(request_), length):
            assert found == "more"
            received += request_[place : place + length]
            found = framing.progress(received)
        assert found == at_once


class LookedAt(bytearray):
    """Notes how many bytes were searched in all."""

    searched = 0

    def find(self, sub: Any, start: Any = 0, end: Any = None) -> int:
        found = super().find(sub, start)
        self.searched += (found if found >= 0 else len(self)) - start
        return found


@pytest.mark.parametrize(("begin", "piece"), [(POST, b"X: y\r\n"), (CHUNKED, b"3\r\na=b\r\n")])
def test_of_a_request_that_comes_in_small_pieces_nothing_is_looked_at_again(begin: bytes, piece: bytes) -> None:
    framing, received = Framing(), LookedAt(begin)
    for _ in range(MOST_CHUNKS - 1):
        received += piece
        assert framing.progress(received) == "more"
    assert received.searched < 2 * len(received)


def test_a_body_of_thousands_of_chunks_is_too_large_and_not_read_on() -> None:
    framing, received = Framing(), bytearray(CHUNKED + b"1\r\nx\r\n" * 5_000 + b"0\r\n\r\n")
    assert framing.progress(received) == "long body"


def test_a_server_may_take_larger_bodies() -> None:
    received = bytearray(POST + b"Content-Length: %d\r\n\r\n" % (LARGEST_BODY + 1))
    assert Framing(LARGEST_BODY + 1).progress(received) == "more"
    assert Framing(LARGEST_BODY + 1).progress(received + b"x" * (LARGEST_BODY + 1)) == "whole"
