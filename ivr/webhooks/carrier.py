"""The addresses that the carrier asks: a table of routes, and what is done with every request to one of them.

They stand in front of Flask, which has all other addresses: to find a view, and to make Flask's contexts and response,
takes a good part of a webhook, and what the carrier sends needs none of it. A request that is not the carrier's gets a
status and an empty body. A fault of ours is heard by whoever is on the line: it is answered with an apology and status
200 (docs/design.md#promise-7), and logged with its trace.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from ivr.agents.webhooks import NotTheirs
from ivr.store.errors import Stale
from ivr.webhooks.authenticity import Authenticity
from ivr.webhooks.form import Form, Refused
from ivr.webhooks.framing import QUEUED_SECONDS

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment
    from flask import Flask

log = logging.getLogger(__name__)

SLOW_MS = 1_000
"""An answer that takes longer is logged as a warning: the caller hears nothing meanwhile."""

SAFE_HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_HEADERS = [*SAFE_HEADERS.items()]
_SPOKEN = [("Content-Type", "text/xml; charset=utf-8"), *_HEADERS]
_IN_PATHS = {
    "<call>": "(?P<call>CA[0-9a-fA-F]{32})",
    "<talk>": "(?P<talk>TK[0-9a-f]{22})",
    "<turn>": "(?P<turn>[0-9]{1,4})",
}


@dataclass(frozen=True, slots=True)
class CarrierRequest:
    """A request that is the carrier's: its form, and what its address says ("" and 0 for what it does not)."""

    form: Form
    query: Mapping[str, str] = field(default_factory=dict)
    call: str = ""
    talk: str = ""
    turn: int = 0
    queued_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Route:
    """An address. `view` gives a document; None where the carrier does nothing with the answer, as for a report.

    After a fault of ours `sorry` is said; without it, status 500 has the carrier tell it again.
    """

    name: str
    path: str
    view: Callable[[CarrierRequest], str | None]
    sorry: Callable[[CarrierRequest], str] | None = None

    @property
    def pattern(self) -> re.Pattern[str]:
        return re.compile(re.sub("<[a-z]+>", lambda found: _IN_PATHS[found[0]], self.path), re.ASCII)


class CarrierRoutes:
    """A WSGI application: the routes for the carrier, in front of pages. All routes take POST alone."""

    def __init__(self, routes: Sequence[Route], authenticity: Authenticity, pages: Callable[[], Flask]) -> None:
        self._routes = tuple((route.pattern.fullmatch, route) for route in routes)
        self._authenticity = authenticity
        self._make_pages = pages

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        for fits, route in self._routes:
            if found := fits(path):
                status, document, more = self._answer(environ, route, found.groupdict())
                break
        else:
            return self.pages(environ, start_response)
        body = document.encode()
        headers = [*(_SPOKEN if body else _HEADERS), *more]
        if status != HTTPStatus.NO_CONTENT:
            headers.append(("Content-Length", str(len(body))))
        start_response(f"{status} {HTTPStatus(status).phrase}", headers)
        return [body]

    @cached_property
    def pages(self) -> Flask:
        """What answers at all other addresses, made when the first of them is asked for."""
        return self._make_pages()

    def _answer(
        self, environ: WSGIEnvironment, route: Route, named: Mapping[str, str]
    ) -> tuple[int, str, list[tuple[str, str]]]:
        method, call = environ["REQUEST_METHOD"], named.get("call", "")
        if method != "POST":
            told = {"status": 405, "why": f"{method}: Method Not Allowed", "path": environ["PATH_INFO"]}
            log.warning("refused", extra=told)
            return 405, "", [("Allow", "POST")]
        try:
            document = self._document(environ, route, named)
        except Refused as refused:
            told = {"status": refused.status, "why": refused.why, "address": refused.address, "route": route.name}
            log.warning("refused", extra=told)
            return refused.status, "", []
        except NotTheirs:
            log.warning("refused", extra={"status": 403, "why": "another telephone", "route": route.name})
            return 403, "", []
        except Stale:
            log.warning("stale turn", extra={"call": call, "turn": named.get("turn")})
            return 409, "", []
        except Exception:
            log.exception("request failed")
            return 500, "", []
        return (204, "", []) if document is None else (200, document, [])

    def _document(self, environ: WSGIEnvironment, route: Route, named: Mapping[str, str]) -> str | None:
        """The view's answer, or an apology. Stale and NotTheirs pass through."""
        call = named.get("call", "")
        form = self._authenticity.form(environ, call)
        query = environ.get("QUERY_STRING", "")
        asked = CarrierRequest(
            form=form,
            query=dict(parse_qsl(query)[::-1]) if query else {},
            call=call,
            talk=named.get("talk", ""),
            turn=int(named.get("turn", 0)),
            queued_seconds=environ.get(QUEUED_SECONDS, 0.0),
        )
        told: dict[str, Any] = {"call": form["CallSid"], "turn": named.get("turn"), "route": route.name}
        began = time.perf_counter()
        try:
            document = route.view(asked)
        except (Stale, NotTheirs):
            raise
        except Exception:
            if route.sorry is None:
                log.exception("status lost", extra={**told, "status": form["CallStatus"]})
                raise Refused(500, "to be told again") from None
            log.exception("no answer", extra=told)
            document = route.sorry(asked)
        ms = round((time.perf_counter() - began) * 1000, 1)
        level = logging.WARNING if ms > SLOW_MS else logging.DEBUG
        if log.isEnabledFor(level):  # the hotline has logged the turn; one more line costs a tenth of a webhook
            log.log(level, "webhook", extra={**told, "ms": ms})
        return document
