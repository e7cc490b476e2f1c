"""What supervisors switch: notices that every caller hears, and emergency closings. At once, in every language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from flask import request
from flask.typing import ResponseReturnValue

from ivr.console.agent_views import desk
from ivr.console.my_calls import called
from ivr.console.routes import Route, Visit
from ivr.hotline.redaction import scrub

LIST = "/console/notices"
ALL = "all"
"""A closing of every calendar."""
LONGEST = 300
"""Characters of a notice: callers listen to all of it, every time."""
NAME = re.compile(r"[a-z][a-z0-9_-]{0,29}", re.ASCII)


def notices(visit: Visit) -> ResponseReturnValue:
    store, now, here = visit.office.store, visit.now(), desk(visit)
    switched = store.switched_on(now)
    deeds = [deed for deed in store.deeds.latest(500) if deed.what.startswith(("notice", "closing"))]
    return visit.page(
        "notices.html",
        notices=[switch for switch in switched if switch.kind == "notice"],
        closings={switch.name: switch for switch in switched if switch.kind == "closure"},
        calendars=here.boards.hours(now),
        spoken=here.spoken,
        earliest=f"{now.astimezone(here.zone):%Y-%m-%dT%H:%M}",
        called=lambda agent: called(visit, agent),
        deeds=deeds[:20],
        longest=LONGEST,
    )


def notice_on(visit: Visit) -> ResponseReturnValue:
    """Switches a notice on, or changes the one of this name."""
    name = request.form.get("name", "").strip().lower() or "notice"
    if not NAME.fullmatch(name):
        return visit.refuse(LIST, "notices.bad_name")
    return _on(visit, "notice", name, "notices.is_on")


def notice_off(visit: Visit, name: str) -> ResponseReturnValue:
    return _off(visit, "notice", name, "notices.is_off")


def close(visit: Visit, name: str) -> ResponseReturnValue:
    return _on(visit, "closure", name, "notices.is_closed")


def reopen(visit: Visit, name: str) -> ResponseReturnValue:
    return _off(visit, "closure", name, "notices.is_open")


def _on(visit: Visit, kind: str, name: str, said: str) -> ResponseReturnValue:
    words = _words(visit)
    if not all(words.values()):
        return visit.refuse(LIST, "notices.every_language")
    if any(len(text) > LONGEST for text in words.values()):
        return visit.refuse(LIST, "notices.too_long", most=LONGEST)
    now = visit.now()
    try:
        until = _until(visit)
    except ValueError:
        return visit.refuse(LIST, "notices.no_time")
    if until is not None and until <= now:
        return visit.refuse(LIST, "notices.past")
    visit.office.store.switch_on(kind, name, words, now, until=until, by=visit.agent.name)
    visit.did(f"{'notice' if kind == 'notice' else 'closing'} on", name)
    return visit.go(LIST, said)


def _off(visit: Visit, kind: str, name: str, said: str) -> ResponseReturnValue:
    if not visit.office.store.switch_off(kind, name, visit.now()):
        return visit.refuse(LIST, "notices.was_off")
    visit.did(f"{'notice' if kind == 'notice' else 'closing'} off", name)
    return visit.go(LIST, said)


def _words(visit: Visit) -> Mapping[str, str]:
    """The text in each language that callers hear."""
    return {code: scrub(request.form.get(f"text_{code}", "")).strip() for code in desk(visit).spoken}


def _until(visit: Visit) -> datetime | None:
    """The end that was chosen, local to the hotline. Raises ValueError."""
    until = request.form.get("until", "")
    if not until:
        return None
    try:
        return datetime.fromisoformat(until).replace(tzinfo=desk(visit).zone).astimezone(UTC)
    except OverflowError as beyond:  # the last evening of the year 9999, west of Greenwich
        raise ValueError(until) from beyond


def _is_calendar(visit: Visit, name: str) -> bool:
    return name == ALL or name in desk(visit).boards.calendars


def _is_name(visit: Visit, name: str) -> bool:
    return any(switch.name == name for switch in visit.office.store.switches("notice", visit.now()))


ROUTES = (
    Route("notices", LIST, notices, needs="supervisor", title="notices.title", key="n", icon="notice"),
    Route("notice_on", f"{LIST}/on", notice_on, needs="supervisor", methods=("POST",)),
    Route("notice_off", f"{LIST}/<name>/off", notice_off, needs="supervisor", methods=("POST",), sees=_is_name),
    Route("close", "/console/closings/<name>/on", close, needs="supervisor", methods=("POST",), sees=_is_calendar),
    Route("reopen", "/console/closings/<name>/off", reopen, needs="supervisor", methods=("POST",), sees=_is_calendar),
)
