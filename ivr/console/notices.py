"""Notices that every caller hears, and emergency closings, switched by supervisors in every language."""

from collections.abc import Mapping
from datetime import UTC, datetime

from flask import request
from flask.typing import ResponseReturnValue

from ivr.call.redaction import redact
from ivr.console.lists import moment_of
from ivr.console.my_calls import called
from ivr.console.routes import LoginSession, Route
from ivr.hotline.switches import AREA, NOTICE_NAME, switch_name
from ivr.store.vocabulary import SwitchKind

LIST = "/console/notices"
ALL = "all"
"""A closing of every calendar."""
LONGEST = 300
"""Characters of a notice: callers listen to all of it, every time."""


def notices(session: LoginSession) -> ResponseReturnValue:
    store, now, here = session.context.store, session.now(), session.services
    switched = store.all_switches(now)
    log = [entry for entry in store.audit_log.latest(500) if entry.what.startswith(("notice", "closing"))]
    return session.page(
        "notices.html",
        now=now,
        notices=[switch for switch in switched if switch.kind == "notice"],
        closings={
            name: [row for row in switched if (row.kind, row.name) == ("closure", name)]
            for name in (ALL, *here.boards.calendars)
        },
        calendars=here.boards.hours(now),
        spoken=here.spoken,
        earliest=f"{now.astimezone(here.zone):%Y-%m-%dT%H:%M}",
        called=lambda agent: called(session, agent),
        log=log[:20],
        longest=LONGEST,
    )


def notice_on(session: LoginSession) -> ResponseReturnValue:
    name = request.form.get("name", "").strip().lower() or "notice"
    area = request.form.get("area", "").strip()
    if not NOTICE_NAME.fullmatch(name):
        return session.refuse(LIST, "notices.bad_name")
    if area and not AREA.fullmatch(area):
        return session.refuse(LIST, "notices.bad_area")
    return _on(session, "notice", switch_name(name, area), "notices.is_on")


def notice_off(session: LoginSession, name: str) -> ResponseReturnValue:
    return _off(session, "notice", name, "notices.is_off")


def close(session: LoginSession, name: str) -> ResponseReturnValue:
    return _on(session, "closure", name, "notices.is_closed")


def reopen(session: LoginSession, name: str) -> ResponseReturnValue:
    return _off(session, "closure", name, "notices.is_open")


def _on(session: LoginSession, kind: SwitchKind, name: str, message: str) -> ResponseReturnValue:
    texts = _texts(session)
    if not all(texts.values()):
        return session.refuse(LIST, "notices.every_language")
    if any(len(text) > LONGEST for text in texts.values()):
        return session.refuse(LIST, "notices.too_long", most=LONGEST)
    now = session.now()
    try:
        begins, until = _moment(session, "from"), _moment(session, "until")
    except ValueError:
        return session.refuse(LIST, "notices.no_time")
    if until is not None and until <= (begins or now):
        return session.refuse(LIST, "notices.past")
    begins = begins if begins is not None and begins > now else None
    session.context.store.switch_on(kind, name, texts, now, begins=begins, until=until, by=session.agent.name)
    session.record(f"{'notice' if kind == 'notice' else 'closing'} on", name)
    return session.go(LIST, message if begins is None else "notices.is_planned")


def _off(session: LoginSession, kind: SwitchKind, name: str, message: str) -> ResponseReturnValue:
    """Switches off what is on, or takes back what begins at the moment that the form names."""
    try:
        begins = moment_of(request.form["begins"], UTC) if "begins" in request.form else None
    except ValueError:
        return session.refuse(LIST, "notices.was_off")
    if not session.context.store.switch_off(kind, name, session.now(), begins):
        return session.refuse(LIST, "notices.was_off")
    session.record(f"{'notice' if kind == 'notice' else 'closing'} off", name)
    return session.go(LIST, message)


def _texts(session: LoginSession) -> Mapping[str, str]:
    return {code: redact(request.form.get(f"text_{code}", "")).strip() for code in session.services.spoken}


def _moment(session: LoginSession, field: str) -> datetime | None:
    """The moment that was chosen, local to the hotline. Raises ValueError."""
    chosen = request.form.get(field, "")
    return moment_of(chosen, session.services.zone) if chosen else None


def _is_calendar(session: LoginSession, name: str) -> bool:
    return name == ALL or name in session.services.boards.calendars


def _is_name(session: LoginSession, name: str) -> bool:
    return any(switch.name == name for switch in session.context.store.all_switches(session.now()))


ROUTES = (
    Route("notices", LIST, notices, needs="supervisor", title="notices.title", key="n", icon="notice"),
    Route("notice_on", f"{LIST}/on", notice_on, needs="supervisor", methods=("POST",)),
    Route("notice_off", f"{LIST}/<name>/off", notice_off, needs="supervisor", methods=("POST",), sees=_is_name),
    Route("close", "/console/closings/<name>/on", close, needs="supervisor", methods=("POST",), sees=_is_calendar),
    Route("reopen", "/console/closings/<name>/off", reopen, needs="supervisor", methods=("POST",), sees=_is_calendar),
)
