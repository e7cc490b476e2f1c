"""Logging in and out, the language, one's own account and password, and how long the session lasts."""

import hmac
import secrets

from flask import Response, g, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from ivr.console.i18n import text
from ivr.console.policy import (
    HOME,
    LOGIN,
    address_of,
    cookie_name,
    current_console,
    language_of,
    login_session_of,
    own_path,
    set_cookie,
)
from ivr.console.routes import LoginSession, Route
from ivr.store import Conflict
from ivr.store.logins import SHORTEST, flaw
from ivr.store.rows import LoginSessionRow

ACCOUNT = "/console/me"
CROWDED_SECONDS = 5
"""What a stranger has to wait while too many log in."""


def login() -> ResponseReturnValue:
    if request.method == "POST":
        return _log_in()
    if login_session_of(request) is not None:
        return redirect(own_path(request.args.get("next", "")))
    message = "login.over" if request.args.get("over") else "login.left" if request.args.get("left") else ""
    return _form(message)


def logout(session: LoginSession) -> ResponseReturnValue:
    session.context.store.login_sessions.end(session.row)
    session.record("logout")
    response = make_response(redirect(f"{LOGIN}?left=1&language={session.language}", 303))
    set_cookie(response, cookie_name(current_console().settings), "")
    return response


def start(session: LoginSession) -> ResponseReturnValue:
    """The first page of the navigation that this person may see."""
    pages = [route for route in current_console().routes if route.title and session.may_use(route)]
    return redirect(pages[0].path if pages else ACCOUNT)


def set_language(session: LoginSession) -> ResponseReturnValue:
    language = request.form.get("language", "")
    if language in session.context.languages:
        session.context.store.login_sessions.set_language(session.row, language)
    return redirect(own_path(request.form.get("back", "")), 303)


def still_here(session: LoginSession) -> ResponseReturnValue:
    """Keeps the session alive: called by the browser on a key or a click."""
    return "", 204


def seconds_left(session: LoginSession) -> ResponseReturnValue:
    """How many seconds the session lasts if nothing is done from now on."""
    now, settings = session.now(), current_console().settings
    ends = min(session.row.seen_at + settings.idle, session.row.began_at + settings.longest)
    return {"seconds": max(0, int((ends - now).total_seconds()))}


def seconds_at_most(session: LoginSession) -> int:
    """How many seconds the session lasts at most, in any case."""
    ends = session.row.began_at + current_console().settings.longest
    return max(0, int((ends - session.now()).total_seconds()))


def account(session: LoginSession) -> ResponseReturnValue:
    settings = current_console().settings
    sessions = session.context.store.login_sessions.active(session.now(), settings.idle, settings.longest)
    mine = [row for row in sessions if row.agent == session.agent.name]
    return session.page("me.html", sessions=mine, shortest=SHORTEST)


def end_others(session: LoginSession) -> ResponseReturnValue:
    """Log out everywhere, and in again here, under a new id."""
    answer = session.go(ACCOUNT, "me.ended_others")
    response = with_new_session(answer, session.agent.name, session.language, instead_of=session.row)
    session.record("logout others")
    return response


def change_password(session: LoginSession) -> ResponseReturnValue:
    store, now, name = session.context.store, session.now(), session.agent.name
    address = address_of(request, current_console().settings.proxies)
    wait = store.logins.attempt(name, address, now)
    if wait:
        return session.refuse(ACCOUNT, "login.wait", seconds=wait)
    proof = store.logins.right(name, request.form.get("current", ""))
    if not proof:
        return session.refuse(ACCOUNT, "me.not_current")
    store.logins.forgive(name, address, now)
    new = request.form.get("new", "")
    if new != request.form.get("again", ""):
        return session.refuse(ACCOUNT, "me.not_twice")
    why = flaw(new, name)
    if why:
        return session.refuse(ACCOUNT, f"me.flaw_{why}", shortest=SHORTEST)
    try:
        proof = store.logins.set_password(name, new, now, proof)
    except Conflict:  # it was changed elsewhere while we looked
        return session.refuse(ACCOUNT, "me.not_current")
    session.record("password")
    return with_new_session(session.go(ACCOUNT, "me.changed"), name, session.language, proof=proof)


ROUTES = (
    Route("start", HOME, start),
    Route("login", LOGIN, login, needs="anybody", methods=("GET", "POST")),
    Route("logout", "/console/logout", logout, methods=("POST",)),
    Route("language", "/console/language", set_language, methods=("POST",)),
    Route("here", "/console/here", still_here, methods=("POST",)),
    Route("left", "/console/left", seconds_left, quiet=True),
    Route("me", ACCOUNT, account),
    Route("me_others", "/console/me/others", end_others, methods=("POST",)),
    Route("me_password", "/console/me/password", change_password, methods=("POST",)),
)


# --- logging in -----------------------------------------------------------------------------------------------


def _log_in() -> ResponseReturnValue:
    """An unknown name and a wrong password get the same answer, after the same work."""
    here, form = current_console(), request.form
    store, now = here.context.store, here.context.clock()
    if not _is_our_form():
        return _form("login.stale", 403)
    name, address = form.get("name", "").strip(), address_of(request, here.settings.proxies)
    with store.logins.place(name, address, now) as free:
        wait = store.logins.attempt(name, address, now) if free else CROWDED_SECONDS
        proof = "" if wait else store.logins.right(name, form.get("password", ""))
    if wait:
        response = _form("login.wait", 429, seconds=wait)
        response.headers["Retry-After"] = str(wait)
        return response
    agent = here.context.agents.get(name)
    if not proof or agent is None or not agent.has_login:
        return _form("login.wrong", 403)
    store.logins.forgive(name, address, now)
    old = login_session_of(request)
    if old is not None:
        store.login_sessions.end(old.row)
    store.audit_log.add(name, "login", "", now)
    return with_new_session(redirect(own_path(form.get("next", "")), 303), name, language_of(request), proof=proof)


def with_new_session(
    answer: ResponseReturnValue, name: str, language: str, *,
    proof: str | None = None, instead_of: LoginSessionRow | None = None,
) -> Response:  # fmt: skip
    """Begins a session for an agent, on the conditions of `LoginSessions.begin`, and adds its cookie to the answer."""
    here = current_console()
    now, longest = here.context.clock(), here.settings.longest
    try:
        token, _ = here.context.store.login_sessions.begin(
            name, language, now, longest, proof=proof, instead_of=instead_of
        )
    except Conflict:  # the password was changed, or the session ended, while we looked
        return make_response(redirect(f"{LOGIN}?over=1", 303))
    response = make_response(answer)
    set_cookie(response, cookie_name(here.settings), token)
    return response


def _form(message: str = "", status: int = 200, **values: object) -> Response:
    """The login form. Its hidden field must fit its cookie, so no other site can send it (login CSRF)."""
    here = current_console()
    g.language = language_of(request)
    key = request.cookies.get(_form_cookie(), "") or secrets.token_urlsafe(32)
    page = render_template(
        "login.html",
        message=text(g.language, message, **values) if message else "",
        wrong=status != 200,
        name=request.form.get("name", ""),
        next=request.values.get("next", ""),
        door=here.context.store.login_sessions.form_token(key),
    )
    response = make_response(page, status)
    set_cookie(response, _form_cookie(), key)
    return response


def _is_our_form() -> bool:
    key = request.cookies.get(_form_cookie(), "")
    expected = current_console().context.store.login_sessions.form_token(key)
    return bool(key) and hmac.compare_digest(request.form.get("door", "").encode(), expected.encode())


def _form_cookie() -> str:
    return f"{cookie_name(current_console().settings)}-door"
