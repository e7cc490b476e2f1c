"""Whoever is configured to be asked may answer anything: it is over in time, and no larger than what we take."""

import gzip
import socket
import time
from collections.abc import Callable

import pytest

from ivr.hotline.http_replies import Reply, over_http
from ivr.hotline.senders import LONGEST_ADDRESS, HttpTickets
from tests.patience import PATIENCE_SECONDS
from tests.strangers import Stranger, answer, drip, hush, running

OK = b"HTTP/1.1 200 OK\r\n"


def asked(reply: Callable[[socket.socket], None], most: int = 1000) -> Reply:
    with running(Stranger(reply)) as address:
        return over_http("GET", address, {}, most, seconds=0.25)


def repeat(line: socket.socket, piece: bytes) -> None:
    try:
        while True:
            line.sendall(piece)
    except OSError:
        return


SLOW: dict[str, Callable[[socket.socket], None]] = {
    "silence": hush,
    "a status that drips": lambda line: drip(line, b"HTTP/1.1"),
    "a head that drips": lambda line: drip(line, OK + b"X: "),
    "a body that drips": lambda line: drip(line, OK + b"\r\n"),
    "endless continues": lambda line: repeat(line, b"HTTP/1.1 100 Continue\r\n\r\n"),
    "an endless head": lambda line: repeat(line, OK),
    "no HTTP": lambda line: line.sendall(b"SSH-2.0-OpenSSH_9.6\r\n"),
    "a hang-up": lambda line: None,
    "half a body": lambda line: line.sendall(OK + b"Transfer-Encoding: chunked\r\n\r\nFFFF\r\nhalf"),
}


@pytest.mark.parametrize("name", list(SLOW))
def test_what_does_not_come_in_time_or_is_no_http_is_no_reply(name: str) -> None:
    began = time.monotonic()
    with pytest.raises(OSError):
        asked(SLOW[name])
    assert time.monotonic() - began < PATIENCE_SECONDS


def test_an_endless_body_is_read_one_byte_too_far_and_no_further() -> None:
    assert len(asked(lambda line: repeat(line, OK + b"\r\n")).body) == 1001


def test_nothing_is_unpacked() -> None:
    bomb = gzip.compress(bytes(1_000_000))
    assert asked(answer(bomb, OK + b"Content-Encoding: gzip\r\n"), 10_000).body == bomb


def test_a_redirect_to_itself_is_asked_once() -> None:
    server = Stranger(answer(b"", b"HTTP/1.1 302 Found\r\nLocation: /again\r\n"))
    with running(server) as address:
        assert over_http("GET", address, {}, 10).status == 302
    assert len(server.asked) == 1


def test_a_ticket_system_that_drips_is_asked_again_later() -> None:
    with running(Stranger(SLOW["a head that drips"])) as address, pytest.raises(OSError):
        HttpTickets(address, timeout_seconds=0.25).send("k", {})


def test_where_a_ticket_is_fits_every_store() -> None:
    where = b"Location: /a\x00b" + b"c" * 9_000 + b"\r\n"
    with running(Stranger(answer(b"", b"HTTP/1.1 201 Created\r\n" + where))) as address:
        assert HttpTickets(address).send("k", {}) == ("/ab" + "c" * 9_000)[:LONGEST_ADDRESS]
