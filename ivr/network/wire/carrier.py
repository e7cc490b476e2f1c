"""Twilio as an HTTP client: one webhook, with its signature, cookies, redirects, retries and budget.

Knows requests and replies of webhooks and Twilio's error codes for them; must not know calls or verbs. There are 15 s
for everything, one retry when the connection fails unless the URL's fragment says otherwise, and at most ten redirects.
docs/twilio-facts.md#a4-http-client, docs/twilio-facts.md#a2-2-headers
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qsl, quote, quote_plus, unquote, urljoin, urlsplit, urlunsplit
from weakref import WeakSet

from ivr.network.wire.credentials import authorization, signature
from ivr.network.wire.debugger import Problem
from ivr.network.wire.kept_replies import Cache, CookieJar
from ivr.network.wire.options import Options
from ivr.network.wire.transport import (
    NO_OVERRIDES,
    RAISED,
    BridgedApp,
    ConnectionFailure,
    FailureKind,
    Headers,
    Meter,
    Params,
    Reply,
    Timeouts,
    WSGIApp,
    call_http,
    call_wsgi,
    is_web_address,
    read_overrides,
)
from ivr.network.wire.websocket import AsgiSocket, WebSocket, open_asgi_socket, open_websocket

_FORM = "application/x-www-form-urlencoded; charset=UTF-8"


@dataclass(frozen=True, slots=True)
class Exchange:
    """One HTTP exchange of a call, as it went over the wire."""

    at: float  # seconds of the network's clock
    method: str
    url: str
    params: Params
    headers: Headers
    status: int  # 0 when no answer came
    body: bytes
    duration: float
    error: str = ""
    reply_headers: Headers = ()

    @property
    def fields(self) -> dict[str, str]:
        """The parameters by name; of a repeated name the last."""
        return dict(self.params)

    @property
    def failed(self) -> bool:
        """Whether no answer came, or one that says that something went wrong."""
        return self.status == 0 or self.status >= 400

    @property
    def text(self) -> str:
        """The body that came back, as text."""
        return self.body.decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Fetched:
    """How a webhook ended: with a reply, or with the problem that stopped it. `seconds` is how long it took."""

    url: str  # the last address that was asked: after redirects the final one
    reply: Reply | None
    problem: Problem | None
    exchanges: tuple[Exchange, ...]
    seconds: float
    warnings: tuple[Problem, ...] = ()


class Carrier:
    """Makes webhooks for one account."""

    def __init__(
        self, account_sid: str, token: str, options: Options, moment: Callable[[], float], uuid: Callable[[], str]
    ) -> None:
        self.account_sid = account_sid
        self.token = token
        self.options = options
        self.meter = Meter()
        self.cache = Cache()
        self.moment = moment
        self._uuid = uuid
        self._apps: dict[tuple[str, str, int], WSGIApp] = {}
        self._sockets: WeakSet[WebSocket | AsgiSocket] = WeakSet()
        self.observers: list[Callable[[Exchange], None]] = []
        self._tunnels = {
            public: local or public for public, _, local in (one.partition("=") for one in options.tunnel.split())
        }

    def mount(self, base_url: str, app: WSGIApp) -> None:
        """Let `app` answer every URL with the scheme, host and port of `base_url`, in process."""
        self._apps[_origin(base_url)] = app

    def serves(self, url: str) -> bool:
        return _origin(url) in self._apps

    def fetch(self, method: str, url: str, params: Params, cookies: CookieJar) -> Fetched:
        """Ask once, as Twilio would: signed, with cookies, retries and redirects, within 15 s. Blocks."""
        method = "GET" if method.upper() == "GET" else "POST"
        address, _, fragment = url.partition("#")
        overrides = read_overrides(fragment) if fragment else NO_OVERRIDES
        webhook = _Attempts(self, cookies, self._uuid(), overrides.timeouts)
        reached = _AttemptResult(address)
        for attempt in range(overrides.retries + 1):
            if attempt and webhook.left <= 0.01:
                break
            reached = webhook.attempt(method, address, params)
            if reached.kind is None or not ({reached.kind, "all"} & overrides.policies):
                break
        return Fetched(
            reached.url, reached.reply, reached.problem, tuple(webhook.exchanges), webhook.spent, overrides.problems
        )

    def timed_fetch(self, method: str, url: str, params: Params, cookies: CookieJar) -> tuple[Fetched, float]:
        """As `fetch`; gives also the seconds it took, as a job of the clock does."""
        fetched = self.fetch(method, url, params, cookies)
        return fetched, fetched.seconds

    def wire(
        self, method: str, url: str, headers: Headers, body: bytes, timeouts: Timeouts
    ) -> Reply | ConnectionFailure:
        """Make one exchange with the app in this process, or the server, that answers `url`."""
        app = self._apps.get(_origin(url))
        if app is None:
            local = self._tunnels.get(urlsplit(url).netloc, "") if url.startswith("https:") else ""
            headers = (*headers, ("X-Forwarded-Proto", "https")) if local else headers
            return call_http(method, url, headers, body, timeouts, ca_file=self.options.ca_file, reached_at=local)
        return call_wsgi(app, method, url, headers, body, meter=self.meter, timeouts=timeouts)

    def open_websocket(self, url: str, beside: str) -> tuple[WebSocket | AsgiSocket | ConnectionFailure, float]:
        """Connect to an app's `wss://` address, signed; gives the seconds it took. Blocks.

        An ASGI app that is served in this process at that host answers itself, whatever the scheme it is served at.
        There is no TLS where the switch `tunnel` says so, nor at the very host and port of `beside`, the document's
        address, when that was asked over http: both stand for a tunnel before an app on this machine.
        """
        opened, seconds = self._connected(url, beside)
        if not isinstance(opened, ConnectionFailure):
            self._sockets.add(opened)
        return opened, seconds

    def _connected(self, url: str, beside: str) -> tuple[WebSocket | AsgiSocket | ConnectionFailure, float]:
        if not url.startswith("wss://") or not is_web_address(f"https{url[3:]}"):
            return ConnectionFailure(64102, f"{url!r} is no address such as 'wss://app.test/socket'", "url", 0.0), 0.0
        host = urlsplit(url).netloc
        headers = (("User-Agent", "TwilioProxy/1.1"), ("X-Twilio-Signature", signature(self.token, url)))
        for scheme in ("https", "http"):
            mounted = self._apps.get(_origin(f"{scheme}://{host}"))
            if isinstance(mounted, BridgedApp):
                return open_asgi_socket(mounted, url, headers), 0.0
        local = self._tunnels.get(host, "")
        if not local and beside.startswith("http:") and urlsplit(beside).netloc == host:
            local = host
        return open_websocket(url, headers, reached_at=local, ca_file=self.options.ca_file)

    def close(self) -> None:
        """Say goodbye to every app that a WebSocket is still open to."""
        for opened in list(self._sockets):
            opened.close()

    def publish(self, exchange: Exchange) -> None:
        for observer in self.observers:
            observer(exchange)


@dataclass(frozen=True, slots=True)
class _AttemptResult:
    """How one attempt ended; `kind` is the failure as retry policies name it, None when it may not be retried."""

    url: str
    reply: Reply | None = None
    problem: Problem | None = None
    kind: FailureKind | None = None


class _Attempts:
    """One webhook under way: its attempts share an idempotency token, cookies and 15 s."""

    def __init__(self, carrier: Carrier, cookies: CookieJar, idempotency: str, timeouts: Timeouts) -> None:
        self._carrier = carrier
        self._cookies = cookies
        self._idempotency = idempotency
        self._timeouts = timeouts
        self._signed = ""
        self.exchanges: list[Exchange] = []
        self.spent = 0.0

    @property
    def left(self) -> float:
        return self._timeouts.total - self.spent

    def attempt(self, method: str, url: str, params: Params) -> _AttemptResult:
        """Make one attempt, following its redirects."""
        for _ in range(11):
            reply = self._once(method, url, params)
            if isinstance(reply, ConnectionFailure):
                return _AttemptResult(url, None, Problem(reply.code, reply.reason), reply.kind)
            status = reply.status
            if status in (301, 302, 303, 307):
                place = reply.header("location")
                if not place:
                    return _AttemptResult(url, None, Problem(11216, f"HTTP {status} without a Location"))
                try:
                    url = urljoin(_bare(url), place).partition("#")[0]
                except ValueError as why:
                    return _AttemptResult(url, None, Problem(11216, f"the Location {place!r} is no address: {why}"))
                if method == "GET":
                    params = ()
                elif status != 307:
                    method = "GET"
                    params = params if self._carrier.options.redirected_get_carries_parameters else ()
            elif status >= 400:
                kind: FailureKind = "4xx" if status < 500 else "5xx"
                raised = reply.header(RAISED)
                message = f"HTTP {status}" + (f", the app raised {raised}" if raised else _hint(status, method))
                return _AttemptResult(url, None, Problem(11200 if status == 502 else 11217, message), kind)
            elif status >= 300:
                return _AttemptResult(url, None, Problem(11216, f"HTTP {status} is no redirect that is followed"))
            else:
                return _AttemptResult(url, reply)
        return _AttemptResult(url, None, Problem(11215, "more than 10 redirects"))

    def _once(self, method: str, url: str, params: Params) -> Reply | ConnectionFailure:
        """One exchange; a second one with the URL's password when the first is answered with 401. [D]"""
        url = _escaped(url)
        if not is_web_address(url):
            return ConnectionFailure(11100, f"{url!r} is no http(s) address", "url", 0.0)
        form, body = params, b""
        if method == "GET":
            form = ()
            if params:
                url += ("&" if "?" in url else "?") + _encoded(params)
        else:
            body = _encoded(params).encode()
        if not self._signed or self._carrier.options.sign_each_hop:
            self._signed = signature(self._carrier.token, url, form)
        if method == "GET" and (kept := self._carrier.cache.fresh(url, self._carrier.moment())) is not None:
            return kept
        headers = self._headers(method, url)
        reply = self._wire(method, url, form, headers, body)
        if isinstance(reply, Reply) and reply.status == 401 and "@" in urlsplit(url).netloc:
            answer = self._password(method, url, reply)
            if answer:
                reply = self._wire(method, url, form, [*headers, ("Authorization", answer)], body)
        if isinstance(reply, Reply):
            self._cookies.keep(url, reply)
            if method == "GET":
                reply = self._carrier.cache.keep(url, reply, self._carrier.moment())
        return reply

    def _headers(self, method: str, url: str) -> list[tuple[str, str]]:
        headers = [
            ("Accept", "*/*"),
            ("Accept-Encoding", "gzip"),
            ("User-Agent", "TwilioProxy/1.1"),
            ("I-Twilio-Idempotency-Token", self._idempotency),
            ("X-Home-Region", "us1"),
            ("X-Twilio-Signature", self._signed),
        ]
        if method != "GET":
            headers.append(("Content-Type", _FORM))
        cookies = self._cookies.header(url)
        if cookies:
            headers.append(("Cookie", cookies))
        return headers + (self._carrier.cache.conditions(url) if method == "GET" else [])

    def _password(self, method: str, url: str, refused: Reply) -> str:
        challenge = refused.header("www-authenticate") or "Basic"
        credentials = unquote(urlsplit(url).netloc.rpartition("@")[0])
        return authorization(challenge, method, _bare(url), credentials, self._idempotency.replace("-", ""))

    def _wire(
        self, method: str, url: str, form: Params, headers: list[tuple[str, str]], body: bytes
    ) -> Reply | ConnectionFailure:
        at = self._carrier.moment()
        left = max(0.01, self.left)
        timeouts = Timeouts(min(self._timeouts.connect, left), min(self._timeouts.read, left), left)
        reply = self._carrier.wire(method, url, tuple(headers), body, timeouts)
        self.spent = min(self.spent + reply.seconds, self._timeouts.total)
        if method == "GET":
            form = tuple(parse_qsl(urlsplit(url).query, keep_blank_values=True))
        exchange = Exchange(
            at=at,
            method=method,
            url=url,
            params=form,
            headers=tuple(headers),
            status=reply.status if isinstance(reply, Reply) else 0,
            body=reply.body if isinstance(reply, Reply) else b"",
            duration=reply.seconds,
            error="" if isinstance(reply, Reply) else reply.reason,
            reply_headers=reply.headers if isinstance(reply, Reply) else (),
        )
        self.exchanges.append(exchange)
        self._carrier.publish(exchange)
        return reply


def _hint(status: int, method: str) -> str:
    """What a status most often means, in words for the debugger."""
    match status:
        case 401 | 403 if method == "GET":
            return (
                "; if the app checks signatures, sign with the auth token it knows, and let it check the address as "
                "it was sent, not decoded (as request.url of Flask is)"
            )
        case 401 | 403:
            return "; if the app checks signatures, sign with the auth token it knows"
        case 404:
            return "; the app has nothing at this address"
        case 405:
            return f"; the app takes no {method} at this address"
    return ""


@lru_cache(maxsize=8192)
def _quoted(text: str) -> str:
    return quote_plus(text)


def _encoded(params: Params) -> str:
    return "&".join([f"{_quoted(name)}={_quoted(value)}" for name, value in params])


@lru_cache(maxsize=1024)
def _escaped(url: str) -> str:
    """Give `url` as it goes over the wire: escaped where it is not printable ASCII, and never without a path."""
    start, separator, rest = url.partition("://")
    if separator and "/" not in rest:
        host, mark, query = rest.partition("?")
        url = f"{start}://{host}/{mark}{query}"
    if url.isascii() and url.isprintable() and " " not in url:
        return url
    return quote(url, safe="%:/?#[]@!$&'()*+,;=~")


@lru_cache(maxsize=1024)
def _origin(url: str) -> tuple[str, str, int]:
    try:
        parts = urlsplit(url)
        return parts.scheme, parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return "", "", 0


@lru_cache(maxsize=1024)
def _bare(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, parts.query, ""))
