"""Twilio as an HTTP client: one webhook, with its signature, cookies, redirects, retries and budget.

Knows requests and replies of webhooks and Twilio's error codes for them; must not know calls or verbs. The
rules are A4 of the facts sheet: 15 s for everything, one retry when the connection fails unless the URL's
fragment says otherwise, at most ten redirects, 64 kB, and the MIME types that are TwiML.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import parse_qsl, quote, quote_plus, unquote, urljoin, urlsplit, urlunsplit

from ivr.network.wire.cache import Cache
from ivr.network.wire.debugger import Problem
from ivr.network.wire.http_auth import authorization
from ivr.network.wire.options import Options
from ivr.network.wire.signing import signature
from ivr.network.wire.transport import RAISED, Broken, Headers, Meter, Patience, Received, WSGIApp, call_http, call_wsgi

Params = tuple[tuple[str, str], ...]

_FORM = "application/x-www-form-urlencoded; charset=UTF-8"
_EDGES = frozenset("ashburn dublin frankfurt roaming sao-paulo singapore sydney tokyo umatilla".split())  # noqa: SIM905
_POLICIES = frozenset({"4xx", "5xx", "ct", "rt", "all"})


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
    def text(self) -> str:
        """The body that came back, as text."""
        return self.body.decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a webhook came to: a reply, or the problem that stopped it, and how long it took."""

    url: str  # the last one asked: after redirects the final one
    reply: Received | None
    problem: Problem | None
    exchanges: tuple[Exchange, ...]
    seconds: float
    warnings: tuple[Problem, ...] = ()


@dataclass
class Jar:
    """The cookies of one call: name -> (value, path), by host."""

    hosts: dict[str, dict[str, tuple[str, str]]] = field(default_factory=dict)

    def header(self, url: str) -> str:
        """Give the Cookie header for `url`, or nothing."""
        if not self.hosts:
            return ""
        parts = urlsplit(url)
        mine = self.hosts.get(parts.hostname or "", {})
        path = parts.path or "/"
        return "; ".join(f"{name}={value}" for name, (value, below) in mine.items() if path.startswith(below))

    def keep(self, url: str, received: Received) -> None:
        """Remember what the reply sets, and forget what it expires."""
        for name, value in received.headers:
            if name != "set-cookie":
                continue
            first, *attributes = value.split(";")
            cookie, _, content = first.strip().partition("=")
            told = {k.strip().lower(): v.strip() for k, _, v in (a.partition("=") for a in attributes)}
            mine = self.hosts.setdefault(urlsplit(url).hostname or "", {})
            if _expired(told):
                mine.pop(cookie, None)
            elif cookie:
                mine[cookie] = (content, told.get("path") or "/")


def _expired(told: dict[str, str]) -> bool:
    """Whether a cookie's attributes take it back: Max-Age of 0 or less, or else Expires in 1970.

    That is how frameworks delete one. Other dates say nothing here, for time is virtual and the app's is not.
    """
    age = told.get("max-age", "")
    if age.removeprefix("-").isdecimal():
        return age.startswith("-") or not age.strip("0")
    return re.search(r"\b1970\b", told.get("expires", "")) is not None


@dataclass(frozen=True, slots=True)
class Overrides:
    """What a URL's `#fragment` asks of the connection. [D]"""

    patience: Patience = field(default_factory=Patience)
    retries: int = 1
    policies: frozenset[str] = frozenset({"ct"})
    problems: tuple[Problem, ...] = ()


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
        self.observers: list[Callable[[Exchange], None]] = []

    def mount(self, base_url: str, app: WSGIApp) -> None:
        """Let `app` answer every URL with the scheme, host and port of `base_url`, in process."""
        self._apps[_origin(base_url)] = app

    def serves(self, url: str) -> bool:
        """Whether an app in this process answers `url`."""
        return _origin(url) in self._apps

    def fetch(self, method: str, url: str, params: Params, jar: Jar) -> Fetched:
        """Ask once, as Twilio would: signed, with cookies, retries and redirects, within 15 s. Blocks."""
        method = "GET" if method.upper() == "GET" else "POST"
        address, _, fragment = url.partition("#")
        overrides = _overrides(fragment) if fragment else _PLAIN
        webhook = _Webhook(self, jar, self._uuid(), overrides.patience)
        reached = _Reached(address)
        for attempt in range(overrides.retries + 1):
            if attempt and webhook.left <= 0.01:
                break
            reached = webhook.attempt(method, address, params)
            if reached.kind is None or not ({reached.kind, "all"} & overrides.policies):
                break
        return Fetched(
            reached.url, reached.reply, reached.problem, tuple(webhook.exchanges), webhook.spent, overrides.problems
        )

    def wire(self, method: str, url: str, headers: Headers, body: bytes, patience: Patience) -> Received | Broken:
        """Make one exchange with whoever answers `url`."""
        app = self._apps.get(_origin(url))
        if app is None:
            return call_http(method, url, headers, body, patience, ca_file=self.options.ca_file)
        return call_wsgi(app, method, url, headers, body, meter=self.meter, patience=patience)


@dataclass(frozen=True, slots=True)
class _Reached:
    """Where one attempt ended; `kind` is the retry policy's word for a failure that may be retried."""

    url: str
    reply: Received | None = None
    problem: Problem | None = None
    kind: str | None = None


class _Webhook:
    """One webhook under way: its attempts share an idempotency token, cookies and 15 s."""

    def __init__(self, carrier: Carrier, jar: Jar, idempotency: str, patience: Patience) -> None:
        self._carrier = carrier
        self._jar = jar
        self._idempotency = idempotency
        self._patience = patience
        self._signed = ""
        self.exchanges: list[Exchange] = []
        self.spent = 0.0

    @property
    def left(self) -> float:
        """Seconds of the budget that are left."""
        return self._patience.total - self.spent

    def attempt(self, method: str, url: str, params: Params) -> _Reached:
        """Make one attempt, following its redirects."""
        for _ in range(11):
            received = self._once(method, url, params)
            if isinstance(received, Broken):
                return _Reached(url, None, Problem(received.code, received.reason), received.kind)
            status = received.status
            if status in (301, 302, 303, 307):
                place = received.header("location")
                if not place:
                    return _Reached(url, None, Problem(11216, f"HTTP {status} without a Location"))
                try:
                    url = urljoin(_bare(url), place).partition("#")[0]
                except ValueError as why:
                    return _Reached(url, None, Problem(11216, f"the Location {place!r} is no address: {why}"))
                if method == "GET":
                    params = ()
                elif status != 307:
                    method = "GET"
                    params = params if self._carrier.options.redirected_get_carries_parameters else ()
            elif status >= 400:
                kind = "4xx" if status < 500 else "5xx"
                raised = received.header(RAISED)
                message = f"HTTP {status}" + (f", the app raised {raised}" if raised else _hint(status, method))
                return _Reached(url, None, Problem(11200 if status == 502 else 11217, message), kind)
            elif status >= 300:
                return _Reached(url, None, Problem(11216, f"HTTP {status} is no redirect that is followed"))
            else:
                return _Reached(url, received)
        return _Reached(url, None, Problem(11215, "more than 10 redirects"))

    def _once(self, method: str, url: str, params: Params) -> Received | Broken:
        """One exchange; a second one with the URL's password when the first is answered with 401. [D]"""
        url = _written(url)
        if not _reachable(url):
            return Broken(11100, f"{url!r} is no http(s) address", "url", 0.0)
        form, body = params, b""
        if method == "GET":
            form = ()
            if params:
                url += ("&" if "?" in url else "?") + _encoded(params)
        else:
            body = _encoded(params).encode()
        if not self._signed or self._carrier.options.sign_each_hop:
            self._signed = signature(self._carrier.token, url, form)
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
        cookies = self._jar.header(url)
        if cookies:
            headers.append(("Cookie", cookies))
        if method == "GET":
            kept = self._carrier.cache.fresh(url, self._carrier.moment())
            if kept is not None:
                return kept
            headers += self._carrier.cache.conditions(url)
        received = self._wire(method, url, form, headers, body)
        if isinstance(received, Received) and received.status == 401 and "@" in urlsplit(url).netloc:
            answer = self._password(method, url, received)
            if answer:
                received = self._wire(method, url, form, [*headers, ("Authorization", answer)], body)
        if isinstance(received, Received):
            self._jar.keep(url, received)
            if method == "GET":
                received = self._carrier.cache.keep(url, received, self._carrier.moment())
        return received

    def _password(self, method: str, url: str, refused: Received) -> str:
        parts = urlsplit(url)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        credentials = unquote(parts.netloc.rpartition("@")[0])
        return authorization(
            refused.header("www-authenticate") or "Basic",
            method,
            target,
            credentials,
            self._idempotency.replace("-", ""),
        )

    def _wire(
        self, method: str, url: str, form: Params, headers: list[tuple[str, str]], body: bytes
    ) -> Received | Broken:
        at = self._carrier.moment()
        left = max(0.01, self.left)
        patience = Patience(min(self._patience.connect, left), min(self._patience.read, left), left)
        received = self._carrier.wire(method, url, tuple(headers), body, patience)
        self.spent = min(self.spent + received.seconds, self._patience.total)
        if method == "GET":
            form = tuple(parse_qsl(urlsplit(url).query, keep_blank_values=True))
        exchange = Exchange(
            at=at,
            method=method,
            url=url,
            params=form,
            headers=tuple(headers),
            status=received.status if isinstance(received, Received) else 0,
            body=received.body if isinstance(received, Received) else b"",
            duration=received.seconds,
            error="" if isinstance(received, Received) else received.reason,
            reply_headers=received.headers if isinstance(received, Received) else (),
        )
        self.exchanges.append(exchange)
        for observer in self._carrier.observers:
            observer(exchange)
        return received


def _hint(status: int, method: str) -> str:
    """What a refusal most often means, for whoever reads the debugger."""
    match status:
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
def _written(url: str) -> str:
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
    scheme, _, rest = url.partition("://")
    authority = rest
    for mark in "/?#":
        authority = authority.partition(mark)[0]
    host, colon, port = authority.rpartition("@")[2].lower().rpartition(":")
    if not colon or not port.isdigit():
        host, port = f"{host}{colon}{port}", "443" if scheme.lower() == "https" else "80"
    return scheme.lower(), host, int(port)


@lru_cache(maxsize=1024)
def _reachable(url: str) -> bool:
    """Whether `url` is an http(s) address with a host and a possible port."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return False


def _bare(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, parts.query, ""))


def _overrides(fragment: str) -> Overrides:
    told = dict(parse_qsl(fragment, keep_blank_values=True))
    problems: list[Problem] = []

    def number(name: str, default: float, low: int, high: int) -> float:
        text = told.get(name, "")
        return min(high, max(low, int(text))) if text.isdigit() else default

    policies = frozenset(p.strip() for p in told.get("rp", "ct").split(","))
    if not policies <= _POLICIES:
        problems.append(Problem(11243, f"rp={told['rp']!r} is no retry policy; use 4xx, 5xx, ct, rt or all"))
        policies = frozenset({"ct"})
    unknown = [edge for edge in told.get("e", "").split(",") if edge and edge not in _EDGES]
    if unknown:
        problems.append(Problem(11240, f"e={unknown[0]!r} is no edge; use {', '.join(sorted(_EDGES))}"))
    return Overrides(
        patience=Patience(
            number("ct", 5000, 100, 10_000) / 1000,
            number("rt", 15_000, 100, 15_000) / 1000,
            number("tt", 15_000, 100, 15_000) / 1000,
        ),
        retries=int(number("rc", 1, 0, 5)),
        policies=policies,
        problems=tuple(problems),
    )


_PLAIN = Overrides()
