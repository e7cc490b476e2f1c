"""A real wallet, asked over HTTP. Knows the protocol below, time-outs and when to stop asking.

The protocol is small. Every question of `Wallet` is one address under the base address, always POST, so that no
account, phone number or PIN is ever in an address or in somebody's access log:

    POST /v1/refunds HTTP/1.1                      HTTP/1.1 200 OK
    Authorization: Bearer <token>                  Content-Type: application/json
    Content-Type: application/json
    Idempotency-Key: CA42/7                        {"answer": [{"reference": "300123", "amount": "128.50 CNY", ...}]}

    {"account": "62220001"}

The names in the request are those of the method's parameters, the answer is what the method gives, as
`ivr.wallet.json_codec` writes it: fields with a default may be left out, fields we do not know are passed over. The
header Idempotency-Key is there for changes and repeats `key`. Nobody found is an answer too: `{"answer": null}`.
Any other status than 200 means that the wallet did not answer. `tests/wallet/wallet_server.py` is the other
side, to try with or to start from.
"""

import http.client
import inspect
import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, cast
from urllib.parse import urlsplit

from ivr.hotline.back_office import BackOfficeUnavailable
from ivr.hotline.http_replies import HttpInTime, HttpsInTime
from ivr.wallet.json_codec import answer_from_json, to_json
from ivr.wallet.model import QUESTIONS, Wallet

LONGEST_ANSWER = 256 * 1024
"""Bytes of an answer; a hundred payments are about 40 kB."""

FAILURES, REST_SECONDS = 5, 30.0
"""After so many failures in a row the wallet is left alone for so long; then one question finds out."""

SLOW_ANSWERS, SLOW_AT_ONCE = 5, 8
"""After so many slow answers in a row (half of the time-out, or more) only so many questions are asked at once: more
would make it slower still, and their callers are better off with a person than with silence."""

LOOPBACK = ("localhost", "127.0.0.1", "::1")


def http_wallet(
    base_url: str, token: str, timeout_seconds: float = 3.5, monotonic: Callable[[], float] = time.monotonic
) -> Wallet:
    """Asks one configured host, without redirects and without proxies. Safe to share between threads.

    base_url: `https://host[:port][/path]`; plain http only to this machine. token: sent with every request.
    timeout_seconds: for a whole question, from connecting to the last byte. Raises ValueError for an address or a token
    that can not be; the message does not hold the token.
    """
    return cast("Wallet", _HttpWallet(base_url, token, timeout_seconds, monotonic))


class _HttpWallet:
    def __init__(self, base_url: str, token: str, timeout_seconds: float, monotonic: Callable[[], float]) -> None:
        self._host = _host(base_url)
        if not token or not token.isascii() or not token.isprintable() or " " in token:
            raise ValueError("the token of the wallet must be printable ASCII without spaces, and not empty")
        self._token = token
        self._timeout = timeout_seconds
        self._monotonic = monotonic
        self._breaker = _Breaker(monotonic, timeout_seconds / 2)
        self._tls = ssl.create_default_context() if self._host.tls else None

    def __repr__(self) -> str:
        return f"http_wallet({self._host.name!r})"

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """The question of this name, with the parameters that `Wallet` gives it."""
        if name not in QUESTIONS:
            raise AttributeError(name)
        question = getattr(Wallet, name)

        def ask(*given: object, **named: object) -> Any:
            arguments = inspect.signature(question).bind(self, *given, **named).arguments
            return self._ask(question, {name: one for name, one in arguments.items() if name != "self"})

        return ask

    def _ask(self, question: Callable[..., Any], arguments: dict[str, Any]) -> Any:
        """The answer in the type that the protocol says. Raises BackOfficeUnavailable, whatever went wrong."""
        name = question.__name__
        with self._breaker.asking() as began:
            try:
                status, body = self._exchange(name, to_json(arguments))
                if 400 <= status < 500 and status not in (401, 403, 408, 429):
                    self._breaker.worked(began)  # it is this question that was refused, and the next one need not be
                    raise BackOfficeUnavailable(f"{name}: the wallet refused the question with status {status}")
                if status != 200:
                    raise _Nonsense(f"status {status}")
                answer = answer_from_json(question, json.loads(body))
            except (OSError, http.client.HTTPException, ValueError, RecursionError) as error:
                self._breaker.failed()
                raise BackOfficeUnavailable(f"{name}: {type(error).__name__}: {_reason(error)}") from None
            self._breaker.worked(began)
            return answer

    def _exchange(self, name: str, arguments: dict[str, Any]) -> tuple[int, bytes]:
        deadline = self._monotonic() + self._timeout
        kind = HttpInTime if self._tls is None else partial(HttpsInTime, context=self._tls)
        connection = kind(self._host.name, self._host.port, timeout=self._timeout)
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        if "key" in arguments:
            headers["Idempotency-Key"] = arguments["key"]
        try:
            connection.request("POST", f"{self._host.path}/v1/{name}", json.dumps(arguments).encode(), headers)
            connection.sock.settimeout(max(0.001, deadline - self._monotonic()))
            response = connection.getresponse()
            body = response.read(LONGEST_ANSWER + 1)
        finally:
            connection.close()
        if len(body) > LONGEST_ANSWER:
            raise _Nonsense("the answer is too long")
        return response.status, body


class _Nonsense(ValueError):
    """The wallet answered, but not so that anything can be done with it."""


def _reason(error: BaseException) -> str:
    """For the log: our own words, or none, for a parser's words can hold what it parsed."""
    return str(error) if isinstance(error, _Nonsense | OSError) else "not what was expected"


@dataclass(frozen=True, slots=True)
class _Host:
    name: str
    port: int | None
    path: str
    tls: bool


def _host(base_url: str) -> _Host:
    parts = urlsplit(base_url)
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise ValueError(f'"{base_url}" is no address of a wallet; expected https://host')
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise ValueError("the address of the wallet must have no user, password, query or fragment")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise ValueError("the address of the wallet must begin with https://, for PINs are sent there")
    return _Host(parts.hostname, parts.port, parts.path.rstrip("/"), parts.scheme == "https")


class _Breaker:
    """Stops asking a wallet that fails and asks a slow one less: callers do not wait for what will not come."""

    def __init__(self, monotonic: Callable[[], float], slow_seconds: float) -> None:
        self._monotonic = monotonic
        self._slow_seconds = slow_seconds
        self._lock = threading.Lock()
        self._failures = 0
        self._slow = 0
        self._asked = 0
        self._closed_until = 0.0

    @contextmanager
    def asking(self) -> Iterator[float]:
        """Around one question; gives when it began. Raises BackOfficeUnavailable while the wallet rests, or is slow and
        has enough to do. After a rest, lets one question through at a time."""
        now = self._monotonic()
        with self._lock:
            if self._slow >= SLOW_ANSWERS and self._asked >= SLOW_AT_ONCE:
                raise BackOfficeUnavailable(f"not asked, it is slow and has {self._asked} questions to answer")
            if self._failures >= FAILURES:
                if now < self._closed_until:
                    raise BackOfficeUnavailable(f"not asked, after {self._failures} failures in a row")
                self._closed_until = now + REST_SECONDS
            self._asked += 1
        try:
            yield now
        finally:
            with self._lock:
                self._asked -= 1

    def worked(self, began: float) -> None:
        slow = self._monotonic() - began >= self._slow_seconds
        with self._lock:
            self._failures = 0
            self._slow = self._slow + 1 if slow else 0

    def failed(self) -> None:
        with self._lock:
            self._failures += 1
            self._closed_until = self._monotonic() + REST_SECONDS
