"""One HTTP exchange, in process with a WSGI app or over a socket; without retries and redirects.

Knows bytes, headers and how connections fail; must not know what TwiML is. Failures of the wire are values
(`ConnectionFailure`, with Twilio's code), never exceptions, because a carrier has to act on them.
"""

import asyncio
import gzip
import http.client
import io
import socket
import ssl
import sys
import threading
import traceback
import zlib
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import parse_qsl, unquote_to_bytes, urlsplit

from ivr.network.wire.clock import real_seconds
from ivr.network.wire.debugger import Problem

WSGIApp = Callable[[dict[str, Any], Any], Iterable[bytes]]
ASGIApp = Callable[[Any, Any, Any], Awaitable[None]]
Headers = tuple[tuple[str, str], ...]
Params = tuple[tuple[str, str], ...]

FailureKind = Literal["ct", "rt", "4xx", "5xx", "url"]
"""Connecting, reading, a status; `url` is an address that cannot be asked and is never retried. [D]"""

RAISED = "x-network-raised"  # the header of the 500 that an app's exception becomes in process
BODY_LIMIT = 65_536  # [D] 64 kB of TwiML, else 11750


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as it came: header names in lower case, at most one byte more than the limit of body."""

    status: int
    headers: Headers
    body: bytes
    seconds: float

    def header(self, name: str) -> str | None:
        """Give the first header called `name` (lower case)."""
        return next((value for key, value in self.headers if key == name), None)

    @property
    def too_long(self) -> bool:
        """Whether the body passed the limit."""
        return len(self.body) > BODY_LIMIT


@dataclass(frozen=True, slots=True)
class ConnectionFailure:
    """No answer: Twilio's error code and what happened. `kind` is the failure as retry policies name it."""

    code: int
    reason: str
    kind: FailureKind
    seconds: float


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Time-outs of one exchange, in seconds."""

    connect: float = 5.0
    read: float = 15.0
    total: float = 15.0


@dataclass(frozen=True, slots=True)
class BridgedApp:
    """An ASGI app behind a bridge to WSGI, and the event loop in which it runs."""

    app: ASGIApp
    loop: asyncio.AbstractEventLoop
    bridge: WSGIApp

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        return self.bridge(environ, start_response)


class Meter:
    """Where an in-process app says that its reply takes virtual time: `spend` while it is being called."""

    def __init__(self) -> None:
        self._local = threading.local()

    def spend(self, seconds: float) -> None:
        """Make the reply that is being made take that many virtual seconds longer."""
        self._local.spent = getattr(self._local, "spent", 0.0) + seconds

    def take(self) -> float:
        """Give what was spent since the last take."""
        spent: float = getattr(self._local, "spent", 0.0)
        self._local.spent = 0.0
        return spent


def is_web_address(url: str) -> bool:
    """Whether `url` is an http(s) address with a host and a possible port."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return False


def call_wsgi(
    app: WSGIApp, method: str, url: str, headers: Headers, body: bytes, *, meter: Meter, timeouts: Timeouts
) -> Reply | ConnectionFailure:
    """Call `app` as a server would; an exception it raises is a 500 with the traceback as body."""
    status_line = "500 Internal Server Error"
    answered: list[tuple[str, str]] = []

    def start_response(status: str, fields: list[tuple[str, str]], exc_info: Any = None) -> Any:
        nonlocal status_line, answered
        status_line, answered = status, fields
        return written.append

    written: list[bytes] = []
    environ = _environ(method, url, headers, body)
    meter.take()
    size = 0
    try:
        parts = app(environ, start_response)
        began = real_seconds()  # how long the app itself takes is virtual time; what trickles without end is cut off
        try:
            for part in parts:
                written.append(part)
                size += len(part)
                if size > BODY_LIMIT:
                    break
                if real_seconds() - began > timeouts.total:
                    return ConnectionFailure(
                        11203, f"no complete reply within {timeouts.total:g} s", "rt", timeouts.total
                    )
        finally:
            close = getattr(parts, "close", None)
            if close is not None:
                close()
    except Exception as why:
        raised = (("content-type", "text/plain"), (RAISED, f"{type(why).__name__}: {why}"))
        return Reply(500, raised, traceback.format_exc().encode(), meter.take())
    seconds = meter.take()
    if seconds >= min(timeouts.read, timeouts.total):
        return ConnectionFailure(11203, f"no reply within {min(timeouts.read, timeouts.total):g} s", "rt", seconds)
    content = b"".join(written)[: BODY_LIMIT + 1]
    fields = tuple((name.lower(), value) for name, value in answered)
    return _unpacked(Reply(int(status_line[:3]), fields, content, seconds))


def call_http(
    method: str, url: str, headers: Headers, body: bytes, timeouts: Timeouts, *, ca_file: str = "", reached_at: str = ""
) -> Reply | ConnectionFailure:
    """Make the exchange over a socket; `timeouts.total` holds even for a server that trickles bytes.

    `ca_file` names the authorities to trust instead of the public ones. With `reached_at`, `host:port`, the connection
    goes there without TLS, as behind a tunnel.
    """
    began = real_seconds()
    parts = urlsplit(url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection: http.client.HTTPConnection
    try:
        host, port = parts.hostname or "", parts.port
        if reached_at:
            connection = http.client.HTTPConnection(reached_at, timeout=timeouts.connect)
        elif parts.scheme == "https":
            connection = http.client.HTTPSConnection(
                host, port, timeout=timeouts.connect, context=ssl.create_default_context(cafile=ca_file or None)
            )
        else:
            connection = http.client.HTTPConnection(host, port, timeout=timeouts.connect)
    except OSError as why:
        return ConnectionFailure(11237, f"the file of authorities {ca_file!r} cannot be read: {why}", "ct", 0.0)
    except (ValueError, http.client.InvalidURL) as why:
        return ConnectionFailure(11100, f"{url!r} is no address: {why}", "ct", 0.0)
    late = threading.Event()
    watchdog: threading.Timer | None = None
    connected = False
    try:
        connection.connect()
        connected = True
        sock = connection.sock

        def cut() -> None:
            late.set()
            _shut(sock)

        watchdog = threading.Timer(max(0.01, timeouts.total - (real_seconds() - began)), cut)
        watchdog.daemon = True
        watchdog.start()
        sock.settimeout(timeouts.read)
        _send(connection, method, path, host=parts.netloc.rpartition("@")[2], headers=headers, body=body)
        with connection.getresponse() as reply:
            content = reply.read(BODY_LIMIT + 1)
            if late.is_set():
                raise TimeoutError
            fields = tuple((name.lower(), value) for name, value in reply.getheaders())
            return _unpacked(Reply(reply.status, fields, content, real_seconds() - began))
    except (OSError, ValueError, http.client.HTTPException) as why:
        code, reason = _diagnosis(why, parts.netloc, timeouts, connected=connected, late=late.is_set())
        return ConnectionFailure(code, reason, "rt" if connected else "ct", real_seconds() - began)
    finally:
        if watchdog is not None:
            watchdog.cancel()
        connection.close()


def _send(
    connection: http.client.HTTPConnection, method: str, path: str, *, host: str, headers: Headers, body: bytes
) -> None:
    connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
    connection.putheader("Host", host)
    for name, value in headers:
        connection.putheader(name, value)
    if method != "GET":
        connection.putheader("Content-Length", str(len(body)))
    connection.putheader("Connection", "close")
    connection.endheaders(body if method != "GET" else None)


def _diagnosis(why: Exception, host: str, timeouts: Timeouts, *, connected: bool, late: bool) -> tuple[int, str]:
    """Give Twilio's code for a connection that failed, and the reason in words."""
    if late:
        return 11203, f"no complete reply within {timeouts.total:g} s"
    match why:
        case TimeoutError() if connected:
            return 11203, f"no reply within {timeouts.read:g} s"
        case TimeoutError():
            return 11201, f"no connection to {host} within {timeouts.connect:g} s"
        case ConnectionRefusedError():
            return 11202, f"{host} refused the connection; is the app running?"
        case socket.gaierror():
            return 11210, f"there is no host called {host!r}"
        case ssl.SSLCertVerificationError():
            return 11237, f"the certificate of {host} is not trusted: {why.verify_message}"
        case ssl.SSLError():
            return 11220, f"TLS failed: {why.reason}"
        case http.client.RemoteDisconnected():
            return 11206, f"{host} closed the connection without a reply"
        case http.client.HTTPException():
            return 11206, f"not HTTP: {type(why).__name__} {why}".strip()
    return 11205, f"the connection failed: {why}"


def _shut(sock: socket.socket) -> None:
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        return


def _environ(method: str, url: str, headers: Headers, body: bytes) -> dict[str, Any]:
    parts = urlsplit(url)
    path, query = parts.path or "/", parts.query
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query,
        "REQUEST_URI": f"{path}?{query}" if query else path,  # as sent; servers add it, WSGI does not
        "SERVER_NAME": parts.hostname or "",
        "SERVER_PORT": str(parts.port or (443 if parts.scheme == "https" else 80)),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": parts.netloc.rpartition("@")[2],
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": parts.scheme,
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in headers:
        if name == "Content-Type":
            environ["CONTENT_TYPE"] = value
        else:
            environ["HTTP_" + name.upper().replace("-", "_")] = value
    return environ


def _unpacked(received: Reply) -> Reply | ConnectionFailure:
    """Undo gzip, reading no more than the limit: a bomb is a body that is too long."""
    if (received.header("content-encoding") or "").lower() != "gzip":
        return received
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(received.body)) as packed:
            content = packed.read(BODY_LIMIT + 1)
    except (OSError, EOFError, zlib.error) as why:
        return ConnectionFailure(11206, f"the gzip body is damaged: {why}", "rt", received.seconds)
    return Reply(received.status, received.headers, content, received.seconds)


_EDGES = frozenset("ashburn dublin frankfurt roaming sao-paulo singapore sydney tokyo umatilla".split())  # noqa: SIM905
_POLICIES = frozenset({"4xx", "5xx", "ct", "rt", "all"})


@dataclass(frozen=True, slots=True)
class ConnectionOverrides:
    """What a URL's `#fragment` asks of the connection. [D] docs/twilio-facts.md#a4-http-client"""

    timeouts: Timeouts = field(default_factory=Timeouts)
    retries: int = 1
    policies: frozenset[str] = frozenset({"ct"})
    problems: tuple[Problem, ...] = ()


NO_OVERRIDES = ConnectionOverrides()


def read_overrides(fragment: str) -> ConnectionOverrides:
    written = dict(parse_qsl(fragment, keep_blank_values=True))
    problems: list[Problem] = []

    def number(name: str, default: float, low: int, high: int) -> float:
        text = written.get(name, "")
        return min(high, max(low, int(text))) if text.isdecimal() else default

    policies = frozenset(p.strip() for p in written.get("rp", "ct").split(","))
    if not policies <= _POLICIES:
        problems.append(Problem(11243, f"rp={written['rp']!r} is no retry policy; use 4xx, 5xx, ct, rt or all"))
        policies = frozenset({"ct"})
    unknown = [edge for edge in written.get("e", "").split(",") if edge and edge not in _EDGES]
    if unknown:
        problems.append(Problem(11240, f"e={unknown[0]!r} is no edge; use {', '.join(sorted(_EDGES))}"))
    return ConnectionOverrides(
        timeouts=Timeouts(
            number("ct", 5000, 100, 10_000) / 1000,
            number("rt", 15_000, 100, 15_000) / 1000,
            number("tt", 15_000, 100, 15_000) / 1000,
        ),
        retries=int(number("rc", 1, 0, 5)),
        policies=policies,
        problems=tuple(problems),
    )
