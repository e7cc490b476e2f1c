"""In and out: logging in and out, the language, one's own password, and whether somebody is still there."""

from __future__ import annotations

import hmac
import secrets

from flask import Response, g, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from ivr.console.policy import (
    HOME,
    LOGIN,
    address_of,
    console,
    cookie_name,
    language_of,
    own_path,
    set_cookie,
    visit_of,
)
from ivr.console.routes import Route, Visit
from ivr.console.words import words
from ivr.store.passwords import SHORTEST, flaw

ACCOUNT = "/console/me"


def login() -> ResponseReturnValue:
    """The form, and what becomes of it."""
    if request.method == "POST":
        return _enter()
    if visit_of(request) is not None:
        return redirect(own_path(request.args.get("next", "")))
    said = "login.over" if request.args.get("over") else "login.left" if request.args.get("left") else ""
    return _form(said)


def logout(visit: Visit) -> ResponseReturnValue:
    visit.office.store.visits.end(visit.row)
    visit.did("logout")
    response = make_response(redirect(f"{LOGIN}?left=1&language={visit.language}", 303))
    set_cookie(response, cookie_name(console().settings), "")
    return response


def start(visit: Visit) -> ResponseReturnValue:
    """The first page of the navigation that this person may see."""
    pages = [route for route in console().routes if route.title and may_open(visit, route)]
    return redirect(pages[0].path if pages else ACCOUNT)


def speak(visit: Visit) -> ResponseReturnValue:
    language = request.form.get("language", "")
    if language in visit.office.languages:
        visit.office.store.visits.speak(visit.row, language)
    return redirect(own_path(request.form.get("back", "")), 303)


def still_here(visit: Visit) -> ResponseReturnValue:
    """Somebody has touched the page."""
    return "", 204


def left(visit: Visit) -> ResponseReturnValue:
    """How many seconds the visit lasts if nothing is done."""
    now, settings = visit.now(), console().settings
    ends = min(visit.row.seen_at + settings.idle, visit.row.began_at + settings.longest)
    return {"seconds": max(0, int((ends - now).total_seconds()))}


def lasts(visit: Visit) -> int:
    """How many seconds a visit lasts at most, however much is done."""
    ends = visit.row.began_at + console().settings.longest
    return max(0, int((ends - visit.now()).total_seconds()))


def account(visit: Visit) -> ResponseReturnValue:
    settings = console().settings
    visits = visit.office.store.visits.going_on(visit.now(), settings.idle, settings.longest)
    mine = [row for row in visits if row.agent == visit.agent.name]
    return visit.page("me.html", visits=mine, shortest=SHORTEST)


def end_others(visit: Visit) -> ResponseReturnValue:
    """Log out everywhere, and in again here, under a new id."""
    visit.office.store.visits.end_all(visit.agent.name)
    visit.did("logout others")
    return begun(visit.go(ACCOUNT, "me.ended_others"), visit.agent.name, visit.language)


def change_password(visit: Visit) -> ResponseReturnValue:
    store, now, name = visit.office.store, visit.now(), visit.agent.name
    address = address_of(request, console().settings.proxies)
    wait = store.logins.attempt(name, address, now)
    if wait:
        return visit.refuse(ACCOUNT, "login.wait", seconds=wait)
    if not store.logins.right(name, request.form.get("current", "")):
        return visit.refuse(ACCOUNT, "me.not_current")
    store.logins.forgive(name, address, now)
    new = request.form.get("new", "")
    if new != request.form.get("again", ""):
        return visit.refuse(ACCOUNT, "me.not_twice")
    why = flaw(new, name)
    if why:
        return visit.refuse(ACCOUNT, f"me.flaw_{why}", shortest=SHORTEST)
    store.logins.set_password(name, new, now)
    visit.did("password")
    return begun(visit.go(ACCOUNT, "me.changed"), name, visit.language)


def may_open(visit: Visit, route: Route) -> bool:
    """Whether a page stands in somebody's navigation."""
    return route.needs != "supervisor" or visit.is_supervisor


ROUTES = (
    Route("start", HOME, start),
    Route("login", LOGIN, login, needs="anybody", methods=("GET", "POST")),
    Route("logout", "/console/logout", logout, methods=("POST",)),
    Route("language", "/console/language", speak, methods=("POST",)),
    Route("here", "/console/here", still_here, methods=("POST",)),
    Route("left", "/console/left", left, quiet=True),
    Route("me", ACCOUNT, account),
    Route("me_others", "/console/me/others", end_others, methods=("POST",)),
    Route("me_password", "/console/me/password", change_password, methods=("POST",)),
)


# --- logging in -----------------------------------------------------------------------------------------------


def _enter() -> ResponseReturnValue:
    """The same answer, as slow, for a name that nobody has and a password that is wrong."""
    here, form = console(), request.form
    store, now = here.office.store, here.office.clock()
    if not _through_the_door():
        return _form("login.stale", 403)
    name, address = form.get("name", "").strip(), address_of(request, here.settings.proxies)
    wait = store.logins.attempt(name, address, now)
    if wait:
        response = _form("login.wait", 429, seconds=wait)
        response.headers["Retry-After"] = str(wait)
        return response
    agent = here.office.agents.get(name)
    if not store.logins.right(name, form.get("password", "")) or agent is None or not agent.has_login:
        return _form("login.wrong", 403)
    store.logins.forgive(name, address, now)
    old = visit_of(request)
    if old is not None:
        store.visits.end(old.row)
    store.deeds.add(name, "login", "", now)
    return begun(redirect(own_path(form.get("next", "")), 303), name, language_of(request))


def begun(answer: ResponseReturnValue, name: str, language: str) -> Response:
    """The answer, with the cookie of a new visit."""
    here = console()
    token, _ = here.office.store.visits.begin(name, language, here.office.clock(), here.settings.longest)
    response = make_response(answer)
    set_cookie(response, cookie_name(here.settings), token)
    return response


def _form(said: str = "", status: int = 200, **values: object) -> Response:
    """The page of the form. Its field and its cookie belong together: no other page can send it (login CSRF)."""
    here = console()
    g.language = language_of(request)
    key = request.cookies.get(_door(), "") or secrets.token_urlsafe(32)
    page = render_template(
        "login.html",
        said=words(g.language, said, **values) if said else "",
        wrong=status != 200,
        name=request.form.get("name", ""),
        next=request.values.get("next", ""),
        door=here.office.store.visits.door(key),
    )
    response = make_response(page, status)
    set_cookie(response, _door(), key)
    return response


def _through_the_door() -> bool:
    key = request.cookies.get(_door(), "")
    expected = console().office.store.visits.door(key)
    return bool(key) and hmac.compare_digest(request.form.get("door", "").encode(), expected.encode())


def _door() -> str:
    return f"{cookie_name(console().settings)}-door"
