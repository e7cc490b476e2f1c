"""Checks before a view runs: where the request came from, who sent it, whether they may.

Nothing here depends on a path: everything stands in the table of routes.
"""

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from urllib.parse import quote

from flask import Request, abort, current_app, g, redirect, request
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from ivr.console.events import ChangeFeed
from ivr.console.i18n import best_language
from ivr.console.routes import ConsoleContext, ConsoleSettings, LoginSession, Route
from ivr.store import StoreError

COOKIE, DEV_COOKIE = "__Host-ivr", "ivr"
HOME, LOGIN = "/console/", "/console/login"


@dataclass(frozen=True, kw_only=True)
class Console:
    """What one application works with."""

    context: ConsoleContext
    settings: ConsoleSettings
    changes: ChangeFeed
    routes: tuple[Route, ...]


def current_console() -> Console:
    found: Console = current_app.extensions["console"]
    return found


def guarded(route: Route) -> Callable[..., ResponseReturnValue]:
    """The view of a route behind its checks: characters, origin, session, token, role, object, in this order."""

    @wraps(route.view)
    def view(**named: str) -> ResponseReturnValue:
        if route.largest is not None:
            request.max_content_length = route.largest
        if _has_nul(request, named):
            abort(400)
        if request.method == "POST" and not from_our_pages(request, current_console().settings.origins):
            abort(403)
        if route.needs == "anybody":
            return route.view(**named)
        session = g.login_session = login_session_of(request)
        if session is None:
            return _to_login(route)
        if request.method == "POST" and not _has_token(session):
            abort(403)
        if not session.may_use(route):
            abort(403)
        if route.sees is not None and not route.sees(session, **named):
            abort(404)
        if not route.quiet:
            session.context.store.login_sessions.touch(session.row, session.now())
        return route.view(session, **named)

    return view


def login_session_of(asked: Request) -> LoginSession | None:
    """Who sent a request, by its cookie; None if no session goes on, or its agent is not configured any more."""
    here = current_console()
    token = asked.cookies.get(cookie_name(here.settings), "")
    if not token:
        return None
    row = here.context.store.login_sessions.find(token, here.context.clock(), here.settings.idle, here.settings.longest)
    agent = here.context.agents.get(row.agent) if row else None
    if row is None or agent is None or not agent.has_login:
        return None
    language = row.language if row.language in here.context.languages else here.context.languages[0]
    return LoginSession(context=here.context, row=row, agent=agent, language=language)


def goes_on() -> Callable[[], bool]:
    """Tells again and again whether this page may still listen: its session lasts, and the server does not stop."""
    here = current_console()
    token = request.cookies.get(cookie_name(here.settings), "")

    def listens() -> bool:
        if here.changes.over:
            return False
        try:
            row = here.context.store.login_sessions.find(
                token, here.context.clock(), here.settings.idle, here.settings.longest
            )
        except StoreError:
            return True
        return row is not None

    return listens


def language_of(asked: Request) -> str:
    """The language before a login: what the address says, else what the browser asks for."""
    languages = current_console().context.languages
    wanted = asked.args.get("language", "")
    return wanted if wanted in languages else best_language(asked.headers.get("Accept-Language", ""), languages)


def from_our_pages(asked: Request, origins: frozenset[str]) -> bool:
    """Whether a browser sent this from one of our pages. A request that does not say where it comes from is refused."""
    site, origin = asked.headers.get("Sec-Fetch-Site"), asked.headers.get("Origin")
    if site is not None and site != "same-origin":
        return False
    return origin in origins if origin is not None else site == "same-origin"


def address_of(asked: Request, proxies: frozenset[str]) -> str:
    """The client's address. `X-Forwarded-For` is trusted from the configured proxies alone."""
    address = asked.remote_addr or ""
    for hop in reversed(asked.headers.get("X-Forwarded-For", "").split(",")):
        if address not in proxies or not hop.strip():
            break
        address = hop.strip()
    return address


def cookie_name(settings: ConsoleSettings) -> str:
    return COOKIE if settings.secure else DEV_COOKIE


def set_cookie(response: Response, name: str, value: str) -> None:
    """Sets a cookie for this address alone, which ends with the browser; deletes it if `value` is empty."""
    secure = current_console().settings.secure
    response.set_cookie(
        name, value, max_age=None if value else 0, path="/", secure=secure, httponly=True, samesite="Strict"
    )  # fmt: skip


def own_path(path: str) -> str:
    """`path` if it is a path of the console, else the start page: a link must not redirect to another site."""
    plain = path.startswith("/console/") and "\\" not in path and not any(ord(letter) < 33 for letter in path)
    return path if plain and len(path) < 500 else HOME


def _has_nul(asked: Request, named: Mapping[str, str]) -> bool:
    """Whether a value contains a NUL: nobody types one, and PostgreSQL refuses it in every text."""
    given = (text for _, texts in asked.values.lists() for text in texts)
    return any("\0" in text for text in (*map(str, named.values()), *given))


def _has_token(session: LoginSession) -> bool:
    given = request.headers.get("X-CSRF") or request.form.get("csrf", "")
    return hmac.compare_digest(given.encode(), session.csrf.encode())


def _to_login(route: Route) -> ResponseReturnValue:
    if request.method != "GET" or route.quiet:
        abort(401)
    over = "&over=1" if request.cookies.get(cookie_name(current_console().settings)) else ""
    back = "" if request.path == HOME else quote(request.full_path.rstrip("?"), safe="/")
    return redirect(f"{LOGIN}?next={back}{over}" if back or over else LOGIN)
