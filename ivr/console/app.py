"""The console as a Flask application: its routes behind their policy, its headers, and what templates may use.

The webhooks are another application: no webhook is served here, and no page there.
"""

import hashlib
import logging
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from flask import Flask, Response, g, render_template, request, send_from_directory
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule

from ivr.console import login, pages
from ivr.console.events import ChangeFeed
from ivr.console.i18n import LANGUAGE_TAGS, NATIVE_NAMES, text
from ivr.console.policy import Console, current_console, goes_on, guarded, language_of
from ivr.console.routes import FLASH_COOKIE, ConsoleContext, ConsoleSettings, LoginSession, Route
from ivr.store import StoreError

log = logging.getLogger(__name__)

HERE = Path(__file__).parent
EVENTS = "/console/events"
"""The one address whose answer takes as long as a page is open."""
LARGEST = 64 * 1024

HEADERS = {
    "Content-Security-Policy": "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    # not no-referrer: browsers would send forms with "Origin: null"
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


def create_console(context: ConsoleContext, settings: ConsoleSettings, routes: Sequence[Route] = pages.ROUTES) -> Flask:
    """The console for one context. `routes` are the pages; login, live updates and static files are always served."""
    app = Flask(__name__, static_folder=None, template_folder="templates")
    app.config["MAX_CONTENT_LENGTH"] = LARGEST
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    changes = ChangeFeed(context.store, context.clock, settings.listeners)
    table = (*routes, *login.ROUTES, *OWN)
    app.extensions["console"] = Console(context=context, settings=settings, changes=changes, routes=table)
    for route in table:
        if "<" in route.path and route.sees is None and route.needs != "anybody":
            raise ValueError(f'the route "{route.name}" names an object: say in `sees` who may see it')
        if route.name in app.view_functions:
            raise ValueError(f'two routes are called "{route.name}"')
        app.view_functions[route.name] = guarded(route)
    app.url_map = _addresses(tuple((route.path, route.name, route.methods) for route in table))
    pages.add_filters(app, context.time_zone, context.clock)
    app.context_processor(_for_templates)
    app.after_request(_with_headers)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(StoreError, _store_failed)
    app.register_error_handler(Exception, _server_error)
    return app


@cache
def _addresses(routes: tuple[tuple[str, str, tuple[str, ...]], ...]) -> Map:
    """Which route, by its name, a path and a method lead to. Made once: werkzeug compiles code for every path."""
    return Map([Rule(path, endpoint=name, methods=methods) for path, name, methods in routes])


# --- routes of the frame itself -------------------------------------------------------------------------------


def events(session: LoginSession) -> ResponseReturnValue:
    """Server-sent events of what changed; 503 if too many pages listen, which then ask for `parts` now and then."""
    stream = current_console().changes.listen(goes_on())
    if stream is None:
        return Response(status=503, headers={"Retry-After": "60"})
    return Response(stream, mimetype="text/event-stream", headers={"X-Accel-Buffering": "no"})


def parts(session: LoginSession) -> ResponseReturnValue:
    """The current marker of each part of the store, for pages that cannot listen."""
    return dict(current_console().changes.parts())


def static(name: str) -> ResponseReturnValue:
    response = send_from_directory(HERE / "static", name)
    if request.args.get("v") == _digests().get(name):
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    else:
        response.headers["Cache-Control"] = "no-cache"
    return response


def health() -> ResponseReturnValue:
    return {"status": "ok"}


OWN = (
    Route("events", EVENTS, events, quiet=True),
    Route("parts", "/console/parts", parts, quiet=True),
    Route("static", "/console/static/<name>", static, needs="anybody"),
    Route("health", "/health", health, needs="anybody"),
)


# --- templates ------------------------------------------------------------------------------------------------


def asset(name: str) -> str:
    """The address of a static file, a new one with every change of the file: browsers may keep it for ever."""
    return f"/console/static/{name}?v={_digests()[name]}"


def icon(name: str) -> Markup:
    """A symbol of `static/icons.svg`. Screen readers skip it: write a text beside it."""
    return Markup('<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>').format(
        asset("icons.svg"), name
    )


def _for_templates() -> dict[str, Any]:
    session: LoginSession | None = g.get("login_session")
    language = session.language if session else g.get("language") or language_of(request)
    here = current_console()
    kind, _, sentence = unquote(request.cookies.get(FLASH_COOKIE, "")).partition(":")
    return {
        "login_session": session,
        "language": language,
        "tag": LANGUAGE_TAGS.get(language, language),
        "languages": {code: NATIVE_NAMES.get(code, code) for code in here.context.languages},
        "t": lambda key, **values: text(language, key, **values),
        "csrf_field": Markup('<input type="hidden" name="csrf" value="{}">').format(session.csrf if session else ""),
        "icon": icon,
        "asset": asset,
        "navigation": [route for route in here.routes if session and route.title and session.may_use(route)],
        "flash": (kind, sentence) if session and kind in ("done", "refused") else None,
        **(pages.template_values(session) if session and here.context.services else {}),
        "now": here.context.clock().timestamp(),
        "speed": here.settings.speed,
        "idle_seconds": int(here.settings.idle.total_seconds()),
        "lasts_seconds": login.seconds_at_most(session) if session else 0,
    }


@cache
def _digests() -> Mapping[str, str]:
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()[:12]
        for path in (HERE / "static").iterdir()
        if path.is_file()
    }


# --- answers --------------------------------------------------------------------------------------------------


def _with_headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers["X-Now"] = f"{current_console().context.clock().timestamp():.3f}"
    if "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "no-store"
    if current_console().settings.secure:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    if FLASH_COOKIE in request.cookies and response.mimetype == "text/html" and response.status_code == 200:
        response.delete_cookie(FLASH_COOKIE, path="/console", samesite="Strict")
    return response


def _http_error(error: HTTPException) -> ResponseReturnValue:
    if error.response is not None:  # abort() with an answer of its own
        return error.response
    status = error.code or 500
    known = status if status in (400, 403, 404, 405, 413, 503) else 400 if status < 500 else 500
    return render_template("error.html", status=status, sentence=f"error.{known}"), status


def _store_failed(error: StoreError) -> ResponseReturnValue:
    log.exception("the store failed a page", exc_info=error)
    return render_template("error.html", status=503, sentence="error.503"), 503


def _server_error(error: Exception) -> ResponseReturnValue:
    log.exception("a page failed", exc_info=error)
    return render_template("error.html", status=500, sentence="error.500"), 500
