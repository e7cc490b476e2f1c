"""All pages of the console, in the order of the navigation, and what their templates may use."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask
from markupsafe import Markup, escape

from ivr.agents.texts import dialled
from ivr.console import callbacks, calls, my_calls, notices, reports, tickets, voicemail
from ivr.console.i18n import TEXTS
from ivr.console.permissions import sees_ticket
from ivr.console.routes import LoginSession, Route
from ivr.hotline.reports.format import length

ROUTES: tuple[Route, ...] = (
    *my_calls.ROUTES,
    *tickets.ROUTES,
    *voicemail.ROUTES,
    *callbacks.ROUTES,
    *calls.ROUTES,
    *notices.ROUTES,
    *reports.ROUTES,
)


def template_values(session: LoginSession) -> Mapping[str, Any]:
    """What the templates of these pages may use, beside what the frame gives to all."""
    return {
        "masked": session.services.boards.masked,
        "phone": lambda number: dialled(number, session.language, session.services.boards.country),
        "called": lambda agent: my_calls.called(session, agent),
        "reason": lambda key: session.t(f"away.{key}") if f"away.{key}" in TEXTS else key,
        "sentence": lambda key, **values: _sentence(session, key, **values),
        "left": lambda when: _left(session, when),
        "sees_ticket": lambda reference: sees_ticket(session, reference),
        "find_unheard": lambda: voicemail.unheard(session),
        "find_my_call": lambda: my_calls.my_call(session),
        "calendar": lambda name: session.services.boards.calendar(name, session.language),
    }


def _sentence(session: LoginSession, key: str, **values: object) -> Markup:
    """A text with values that may be elements, such as a time; everything else is escaped."""
    return escape(session.t(key)).format(**values)


def _left(session: LoginSession, when: datetime) -> Markup:
    """The time until a moment, which runs out by itself."""
    seconds = max(0, int((when - session.now()).total_seconds()))
    shown = Markup('<time data-until="{}">{}</time>').format(int(when.timestamp()), length(seconds))
    return _sentence(session, "my_call.remaining", time=shown)


def add_filters(app: Flask, time_zone: str, now: Callable[[], datetime]) -> None:
    """Adds to an application's templates the filters `clock` and `ago`, short with the exact time in the tooltip, and
    `lasted`."""
    zone = ZoneInfo(time_zone)

    def clock(when: datetime | None) -> Markup:
        """14:05, or 11-20 14:05 if that was another day, local to the hotline."""
        if when is None:
            return Markup("–")
        local, today = when.astimezone(zone), now().astimezone(zone).date()
        shown = f"{local:%H:%M}" if local.date() == today else f"{local:%m-%d %H:%M}"
        if local.year != today.year:
            shown = f"{local:%Y-%m-%d %H:%M}"
        return Markup('<time datetime="{}" title="{}">{}</time>').format(
            local.isoformat(timespec="seconds"), f"{local:%Y-%m-%d %H:%M:%S %Z}", shown
        )

    def ago(when: datetime | None) -> Markup:
        """How long ago: 3:07. Counts up by itself on an open page."""
        if when is None:
            return Markup("–")
        seconds = max(0, int((now() - when).total_seconds()))
        return Markup('<time datetime="PT{}S" data-since="{}">{}</time>').format(
            seconds, f"{when.timestamp():.0f}", length(seconds)
        )

    app.jinja_env.filters.update(clock=clock, ago=ago, lasted=length)
