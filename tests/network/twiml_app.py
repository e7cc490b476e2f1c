"""A voice app for tests: TwiML by path, the requests it got, and what Twilio's validator says of their signatures."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from twilio.request_validator import RequestValidator

from ivr.network import Network

TOKEN = "12345"
NUMBER = "+864001234567"
CALLER = "+8613800138000"
PageSpec = "str | tuple[Any, ...] | Callable[[AppRequest], Any]"


@dataclass
class AppRequest:
    """One request as the app got it."""

    method: str
    path: str
    query: str
    form: dict[str, str]
    headers: dict[str, str]
    valid: bool


@dataclass
class TwimlApp:
    """A WSGI app. A page is TwiML inside <Response>, a (status, headers, body) tuple, or a function of both."""

    pages: dict[str, Any]
    requests: list[AppRequest] = field(default_factory=list)

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)).decode()
        path, query = environ["PATH_INFO"], environ["QUERY_STRING"]
        posted = environ["REQUEST_METHOD"] == "POST"
        form = dict(parse_qsl(body if posted else query, keep_blank_values=True))
        written = environ.get("REQUEST_URI") or path + (f"?{query}" if query else "")
        url = f"{environ['wsgi.url_scheme']}://{environ['HTTP_HOST']}{written}"
        headers = {k[5:].replace("_", "-").title(): v for k, v in environ.items() if k.startswith("HTTP_")}
        signature = headers.get("X-Twilio-Signature", "")
        valid = RequestValidator(TOKEN).validate(url, form if posted else {}, signature)
        request = AppRequest(environ["REQUEST_METHOD"], path, query, form, headers, valid)
        self.requests.append(request)
        page = self.pages.get(path, ("404 Not Found", {}, b""))
        if callable(page):
            page = page(request)
        if isinstance(page, str):
            page = ("200 OK", {"Content-Type": "text/xml"}, f"<Response>{page}</Response>")
        status, fields, content = page
        start(status, list(fields.items()) if isinstance(fields, dict) else fields)
        return [content if isinstance(content, bytes) else content.encode()]

    def to(self, path: str) -> list[AppRequest]:
        """Give the requests made for one path."""
        return [request for request in self.requests if request.path == path]

    def forms(self, path: str, *names: str) -> list[tuple[str | None, ...]]:
        """Give the named fields of every request for one path."""
        return [tuple(request.form.get(name) for name in names) for request in self.to(path)]


def network(pages: dict[str, Any], base: str = "http://hotline.test", **more: Any) -> tuple[Network, TwimlApp]:
    """Give a network whose one number is answered by these pages, beginning with /voice."""
    app = TwimlApp(pages)
    settings = {k: more.pop(k) for k in list(more) if k.startswith(("voice_", "status_", "caller_"))}
    net = Network(auth_token=TOKEN, **more)
    net.number(NUMBER, f"{base}{settings.pop('voice_path', '/voice')}", app=app, **settings)
    return net, app
