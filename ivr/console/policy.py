"""What every request passes before a view is asked: where it came from, who it is, whether they may.

Nothing is told apart here by its path: all of it stands in the table of routes.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from urllib.parse import quote

from flask import Request, abort, current_app, g, redirect, request
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from ivr.console.events import Live
from ivr.console.routes import Office, Route, Settings, Visit
from ivr.console.words import best

COOKIE, DEV_COOKIE = "__Host-ivr", "ivr"
HOME, LOGIN = "/console/", "/console/login"


@dataclass(frozen=True, kw_only=True)
class Console:
    """What one application works with."""

    office: Office
    settings: Settings
    live: Live
    routes: tuple[Route, ...]


def console() -> Console:
    """The console of this request's application."""
    found: Console = current_app.extensions["console"]
    return found


def guarded(route: Route) -> Callable[..., ResponseReturnValue]:
    """The view of a route behind its policy: letters, origin, visit, token, role, object, in this order."""

    @wraps(route.view)
    def view(**named: str) -> ResponseReturnValue:
        if _has_nul(request, named):
            abort(400)
        if request.method == "POST" and not from_our_pages(request, console().settings.origins):
            abort(403)
        if route.needs == "anybody":
            return route.view(**named)
        visit = g.visit = visit_of(request)
        if visit is None:
            return _to_login(route)
        if request.method == "POST" and not _has_token(visit):
            abort(403)
        if route.needs == "supervisor" and not visit.is_supervisor:
            abort(403)
        if route.sees is not None and not route.sees(visit, **named):
            abort(404)
        if not route.quiet:
            visit.office.store.visits.seen(visit.row, visit.now())
        return route.view(visit, **named)

    return view


def visit_of(asked: Request) -> Visit | None:
    """Who it is, by the cookie; None for nobody, a visit that is over, or an agent who is not configured any more."""
    here = console()
    token = asked.cookies.get(cookie_name(here.settings), "")
    if not token:
        return None
    row = here.office.store.visits.find(token, here.office.clock(), here.settings.idle, here.settings.longest)
    agent = here.office.agents.get(row.agent) if row else None
    if row is None or agent is None or not agent.has_login:
        return None
    language = row.language if row.language in here.office.languages else here.office.languages[0]
    return Visit(office=here.office, row=row, agent=agent, language=language)


def language_of(asked: Request) -> str:
    """The language for somebody we do not know yet: what the address says, else what the browser asks for."""
    languages = console().office.languages
    wanted = asked.args.get("language", "")
    return wanted if wanted in languages else best(asked.headers.get("Accept-Language", ""), languages)


def from_our_pages(asked: Request, origins: frozenset[str]) -> bool:
    """Whether a browser sent this from a page of ours; what says nothing of where it comes from is not believed."""
    site, origin = asked.headers.get("Sec-Fetch-Site"), asked.headers.get("Origin")
    if site is not None and site != "same-origin":
        return False
    return origin in origins if origin is not None else site == "same-origin"


def address_of(asked: Request, proxies: frozenset[str]) -> str:
    """Where a request came from; what headers say of it is believed of the configured proxies alone."""
    address = asked.remote_addr or ""
    for hop in reversed(asked.headers.get("X-Forwarded-For", "").split(",")):
        if address not in proxies or not hop.strip():
            break
        address = hop.strip()
    return address


def cookie_name(settings: Settings) -> str:
    return COOKIE if settings.secure else DEV_COOKIE


def set_cookie(response: Response, name: str, value: str) -> None:
    """A cookie that leaves this address by no other way, gone with the browser; deleted if `value` is empty."""
    secure = console().settings.secure
    response.set_cookie(
        name, value, max_age=None if value else 0, path="/", secure=secure, httponly=True, samesite="Strict"
    )  # fmt: skip


def own_path(path: str) -> str:
    """`path` if it is a path of the console, else its start: nobody is sent elsewhere by a link."""
    plain = path.startswith("/console/") and "\\" not in path and not any(ord(letter) < 33 for letter in path)
    return path if plain and len(path) < 500 else HOME


def _has_nul(asked: Request, named: Mapping[str, str]) -> bool:
    """Whether there is a NUL in it: nobody types one, and PostgreSQL takes none, in whatever is looked for."""
    given = (text for _, texts in asked.values.lists() for text in texts)
    return any("\0" in text for text in (*named.values(), *given))


def _has_token(visit: Visit) -> bool:
    given = request.headers.get("X-CSRF") or request.form.get("csrf", "")
    return hmac.compare_digest(given.encode(), visit.csrf.encode())


def _to_login(route: Route) -> ResponseReturnValue:
    if request.method != "GET" or route.quiet:
        abort(401)
    over = "&over=1" if request.cookies.get(cookie_name(console().settings)) else ""
    back = "" if request.path == HOME else quote(request.full_path.rstrip("?"), safe="/")
    return redirect(f"{LOGIN}?next={back}{over}" if back or over else LOGIN)
