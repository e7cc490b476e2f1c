"""Who may open the web phone: this machine; or, if others are allowed, who has the token of its address.

A page of another site in a browser here is kept out in both cases: by the host name (against DNS rebinding), by Origin,
and by a content type that no form can send.
"""

import hmac
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from flask import Flask, Response, redirect, request

from ivr.webhooks.settings import is_loopback

COOKIE = "ivr_phone"
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'self'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True, slots=True)
class Access:
    """`token` "": requests of this machine alone. Else of whoever has the token: in the address, then in a cookie."""

    token: str = field(default="", repr=False)

    def guard(self, app: Flask) -> None:
        """Makes the app refuse all other requests."""
        app.before_request(self._check)
        app.after_request(_headers)

    def _check(self) -> Response | None:
        if not _known_as(request.host, anything=bool(self.token)) or _brought_from_elsewhere():
            return _refused("This page is for the machine it runs on.")
        if not self.token:
            return None
        if _equal(request.args.get("token", ""), self.token):
            answer = redirect(request.path, 303)  # the token is not to stay in the address
            answer.set_cookie(COOKIE, self.token, httponly=True, samesite="Strict")
            return answer if isinstance(answer, Response) else None
        if _equal(request.cookies.get(COOKIE, ""), self.token):
            return None
        return _refused("Open the address that ivr phone has printed: the token in it lets you in.")


def _known_as(host: str, *, anything: bool) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    return bool(name) and (anything or is_loopback(name))


def _brought_from_elsewhere() -> bool:
    """Whether another page makes the browser ask for this."""
    if request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
        return not _is_followed_link()
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc != request.host:
        return True
    return request.method == "POST" and request.mimetype != "application/json"


def _is_followed_link() -> bool:
    """Whether a link to the page was followed."""
    return request.method == "GET" and request.headers.get("Sec-Fetch-Mode") == "navigate" and request.path == "/"


def _equal(given: str, token: str) -> bool:
    return hmac.compare_digest(given.encode(), token.encode())


def _refused(why: str) -> Response:
    return Response(f"{why}\n", 403, content_type="text/plain; charset=utf-8")


def _headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response
