"""The HTTP wallet against a real small server: the same answers as the wallet behind it, and nothing from a bad one."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from ivr.hotline.back_office import BackOfficeUnavailable
from ivr.wallet.demo import DemoWallet, demo_directory
from ivr.wallet.http_client import FAILURES, LONGEST_ANSWER, REST_SECONDS, SLOW_ANSWERS, SLOW_AT_ONCE, http_wallet
from ivr.wallet.model import QUESTIONS, Wallet
from tests.patience import PATIENCE_SECONDS
from tests.strangers import Stranger, answer, drip, hush, running
from tests.wallet.wallet_server import wallet_server

NOW = datetime(2026, 11, 22, 2, 40, tzinfo=UTC)
TOKEN = "secret-of-the-wallet"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with running(wallet_server(DemoWallet(NOW), TOKEN)) as address:
        yield address


Asked = Callable[[Wallet], object]

ASKED: dict[str, Asked] = {
    "find_customer": lambda wallet: [wallet.find_customer(caller.account) for caller in demo_directory(NOW)],
    "check_pin": lambda wallet: [wallet.check_pin("62220001", pin) for pin in ("220001", "220002", "")],
    "check_tail": lambda wallet: [wallet.check_tail(who, "6621") for who in ("62220001", "+8613800138000", "1")],
    "freeze": lambda wallet: [wallet.freeze("62220025", "k1"), wallet.find_customer("62220025")],
    "unlock": lambda wallet: [wallet.unlock(account, "k2" + account) for account in ("62220003", "62220005")],
    "send_reset_link": lambda wallet: [wallet.send_reset_link("62220016", one, "k3") for one in ("sms", "email")],
    "sign_out": lambda wallet: [wallet.sign_out("62220012", key) for key in ("k4", "k4", "k5")],
    "payments": lambda wallet: [wallet.payments(one) for one in ("62220001", "62220025")],
    "balance": lambda wallet: [wallet.balance(one) for one in ("62220001", "62220025")],
    "withdrawals": lambda wallet: wallet.withdrawals("62220001"),
    "refunds": lambda wallet: wallet.refunds("62220001"),
    "repayments": lambda wallet: wallet.repayments("62220001"),
    "incoming_transfers": lambda wallet: [wallet.incoming_transfers(one) for one in ("62220001", "62220025")],
    "transfer_error": lambda wallet: [wallet.transfer_error(one) for one in ("1001", "9999", "")],
    "report": lambda wallet: [wallet.report("62220024", one, "k6") for one in ("223123", "1")],
    "claim": lambda wallet: [wallet.claim("62220024", key) for key in ("k7", "k7", "k8")],
    "limits": lambda wallet: wallet.limits("62220001"),
    "terms": lambda wallet: wallet.terms(),
    "outage": lambda wallet: [wallet.outage("login", NOW, one) for one in ("", "62220014", "62220015")],
    "progress": lambda wallet: [wallet.progress(one) for one in ("800101", "800103", "800105", "1")],
    "hurry": lambda wallet: [wallet.hurry("800102", key) for key in ("k9", "k9", "k10")],
}


@pytest.mark.parametrize("name", list(ASKED))
def test_every_answer_is_the_one_of_the_wallet_behind_it(name: str) -> None:
    with running(wallet_server(DemoWallet(NOW), TOKEN)) as address:
        assert ASKED[name](http_wallet(address, TOKEN)) == ASKED[name](DemoWallet(NOW))


def test_no_question_is_forgotten() -> None:
    assert set(ASKED) == QUESTIONS


def test_a_wrong_token_is_no_answer(address: str) -> None:
    with pytest.raises(BackOfficeUnavailable, match="401"):
        http_wallet(address, "another").refunds("62220001")


def test_a_wallet_that_knows_it_is_not_available_says_so() -> None:
    with (
        running(wallet_server(DemoWallet(NOW, {"refund": "once"}), TOKEN)) as address,
        pytest.raises(BackOfficeUnavailable, match="503"),
    ):
        http_wallet(address, TOKEN).refunds("62220001")


# --- bad answers -----------------------------------------------------------------------------------------------------


STARTED = b"HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n"

BAD = {
    "silence": hush,
    "hang-up": lambda line: None,
    "tarpit in the head": lambda line: drip(line, b"HTTP/1.1 200 OK\r\nX: "),
    "tarpit in the body": lambda line: drip(line, STARTED),
    "half an answer": lambda line: line.sendall(STARTED + b'{"answer": ['),
    "not HTTP": lambda line: line.sendall(b"SSH-2.0-OpenSSH_9.6\r\n"),
    "an error": answer(b"{}", b"HTTP/1.1 500 Oops\r\n"),
    "a redirect": answer(b"", b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\n"),
    "too long": answer(b'{"answer": [' + b" " * LONGEST_ANSWER + b"]}"),
    "endless continues": lambda line: line.sendall(b"HTTP/1.1 100 Continue\r\n\r\n" * 3),
    "not JSON": answer(b"<html>Welcome to nginx</html>"),
    "not UTF-8": answer(b'{"answer": "\xff"}'),
    "a nest": answer(b"[" * 200_000),
    "a long number": answer(b'{"answer": ' + b"9" * 5000 + b"}"),
    "no answer in it": answer(b'{"refunds": []}'),
    "nothing at all": answer(b'{"answer": null}'),
    "of another type": answer(b'{"answer": {"reference": "1"}}'),
    "a field missing": answer(b'{"answer": [{"reference": "300123"}]}'),
    "a field of another type": answer(
        b'{"answer": [{"reference": 300123, "amount": "1 CNY", "payee": "x", "submitted_on": "2026-11-22"}]}'
    ),
    "an amount that is none": answer(
        b'{"answer": [{"reference": "1", "amount": "NaN CNY", "payee": "x", "submitted_on": "2026-11-22"}]}'
    ),
}


@pytest.mark.parametrize("name", list(BAD))
def test_a_bad_answer_is_no_answer_and_in_time(name: str) -> None:
    server = Stranger(BAD[name])
    with running(server) as address:
        began = time.monotonic()
        with pytest.raises(BackOfficeUnavailable) as caught:
            http_wallet(address, TOKEN, timeout_seconds=0.25).refunds("62220001")
        assert time.monotonic() - began < PATIENCE_SECONDS
    assert len(server.asked) == 1
    assert TOKEN not in str(caught.value)
    assert "62220001" not in str(caught.value)


def test_nobody_there_is_no_answer() -> None:
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        port = line.getsockname()[1]
    with pytest.raises(BackOfficeUnavailable):
        http_wallet(f"http://127.0.0.1:{port}", TOKEN).terms()


def test_fields_that_we_do_not_know_are_passed_over() -> None:
    written = (
        b'{"answer": [{"reference": "1", "amount": "1.00 CNY", "payee": "x", "submitted_on": "2026-11-22", "new": 1}]}'
    )
    with running(Stranger(answer(written))) as address:
        (refund,) = http_wallet(address, TOKEN).refunds("62220001")
    assert (str(refund.amount), refund.payee) == ("1.00 CNY", {"": "x"})


def test_nothing_private_is_in_the_address_and_a_change_carries_its_key() -> None:
    server = Stranger(answer(b'{"answer": true}'))
    with running(server) as address:
        wallet = http_wallet(address + "/wallet/", TOKEN)
        assert wallet.check_pin("62220001", "220001")
        assert wallet.unlock("62220001", "CA42/7")
    heads = [asked.partition(b"\r\n\r\n")[0].decode() for asked in server.asked]
    assert [head.splitlines()[0] for head in heads] == [
        "POST /wallet/v1/check_pin HTTP/1.1",
        "POST /wallet/v1/unlock HTTP/1.1",
    ]
    assert all("62220001" not in head and "220001" not in head for head in heads)
    assert ["Idempotency-Key: CA42/7" in head for head in heads] == [False, True]


# --- when to stop asking --------------------------------------------------------------------------------------------


class Clock:
    seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def test_after_five_failures_the_wallet_rests_and_then_one_question_finds_out() -> None:
    clock, failures = Clock(), [BAD["an error"]] * (FAILURES + 1)

    def reply(line: socket.socket) -> None:
        now = failures.pop() if failures else answer(b'{"answer": []}')
        now(line)

    server = Stranger(reply)
    with running(server) as address:
        wallet = http_wallet(address, TOKEN, monotonic=clock)

        def ask(times: int) -> int:
            """How many of so many questions reached the wallet; all of them fail."""
            before = len(server.asked)
            for _ in range(times):
                with pytest.raises(BackOfficeUnavailable):
                    wallet.refunds("62220001")
            return len(server.asked) - before

        assert ask(FAILURES) == FAILURES
        assert ask(20) == 0
        clock.seconds += REST_SECONDS
        assert ask(20) == 1
        clock.seconds += REST_SECONDS
        assert wallet.refunds("62220001") == ()
        assert wallet.refunds("62220001") == ()


def test_a_slow_wallet_is_asked_only_so_many_questions_at_once() -> None:
    clock, asked, go = Clock(), threading.Semaphore(0), threading.Event()

    def slow(line: socket.socket) -> None:
        asked.release()
        if len(server.asked) > SLOW_ANSWERS:
            assert go.wait(PATIENCE_SECONDS)
        else:
            clock.seconds += 1.75  # half of the time-out
        answer(b'{"answer": []}')(line)

    server = Stranger(slow)
    with running(server) as address, ThreadPoolExecutor(SLOW_AT_ONCE) as callers:
        wallet = http_wallet(address, TOKEN, monotonic=clock)
        for _ in range(SLOW_ANSWERS):
            assert wallet.refunds("62220001") == ()
            assert asked.acquire(timeout=PATIENCE_SECONDS)
        waiting = [callers.submit(wallet.refunds, "62220001") for _ in range(SLOW_AT_ONCE)]
        try:
            assert all(asked.acquire(timeout=PATIENCE_SECONDS) for _ in waiting)
            with pytest.raises(BackOfficeUnavailable, match="it is slow and has 8 questions"):
                wallet.refunds("62220001")
        finally:
            go.set()
        assert [each.result(10) for each in waiting] == [()] * SLOW_AT_ONCE
        assert wallet.refunds("62220001") == (), "it is quick again"


def test_a_success_in_between_starts_the_count_again() -> None:
    replies = [answer(b'{"answer": []}'), *[BAD["an error"]] * (FAILURES - 1)]

    def reply(line: socket.socket) -> None:
        now = replies[len(server.asked) % FAILURES]
        now(line)

    server = Stranger(reply)
    with running(server) as address:
        wallet = http_wallet(address, TOKEN, monotonic=Clock())
        for turn in range(1, 3 * FAILURES + 1):
            if turn % FAILURES:
                with pytest.raises(BackOfficeUnavailable, match="500"):
                    wallet.refunds("62220001")
            else:
                assert wallet.refunds("62220001") == ()


def test_a_question_that_the_wallet_refuses_does_not_stop_the_next_callers() -> None:
    server = Stranger(answer(b"{}", b"HTTP/1.1 400 Bad Request\r\n"))
    with running(server) as address:
        wallet = http_wallet(address, TOKEN, monotonic=Clock())
        for _ in range(3 * FAILURES):
            with pytest.raises(BackOfficeUnavailable, match="400"):
                wallet.refunds("62220001")
    assert len(server.asked) == 3 * FAILURES


# --- what can not be configured -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        "http://wallet.example", "http://10.0.0.1/", "ftp://wallet.example", "wallet.example", "https://", "",
        "https://user:word@wallet.example", "https://wallet.example/?a=1", "https://wallet.example/#x",
        "https://wallet.example:70000",
    ],
)  # fmt: skip
def test_an_address_that_can_not_be_is_refused_at_once(address: str) -> None:
    with pytest.raises(ValueError):
        http_wallet(address, TOKEN)


@pytest.mark.parametrize("token", ["", "with space", "line\r\nX-Evil: 1", "Schlüssel"])
def test_a_token_that_can_not_be_is_refused_without_being_shown(token: str) -> None:
    with pytest.raises(ValueError) as caught:
        http_wallet("https://wallet.example", token)
    assert not token or token not in str(caught.value)


def test_the_token_is_not_in_what_is_printed() -> None:
    assert TOKEN not in repr(http_wallet("https://wallet.example", TOKEN))
