"""All pages of the console, in the order of the navigation."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from markupsafe import Markup, escape

from ivr.agents.texts import dialled, masked
from ivr.console import callbacks, calls, my_calls, notices, reports, tickets, voicemail
from ivr.console.filters import length
from ivr.console.i18n import TEXTS
from ivr.console.permissions import sees_ticket
from ivr.console.routes import LoginSession, Route
from ivr.console.services import services

HEADER_TEMPLATE = "header.html"
"""At the top of every page: who rings or talks to an agent who looks at another page."""

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
        "masked": masked,
        "phone": lambda number: dialled(number, session.language),
        "called": lambda agent: my_calls.called(session, agent),
        "reason": lambda key: session.t(f"away.{key}") if f"away.{key}" in TEXTS else key,
        "sentence": lambda key, **values: _sentence(session, key, **values),
        "left": lambda when: _left(session, when),
        "sees_ticket": lambda reference: sees_ticket(session, reference),
        "find_unheard": lambda: voicemail.unheard(session),
        "find_my_call": lambda: my_calls.my_call(session),
        "calendar": lambda name: services(session).boards.calendar(name, session.language),
    }


def _sentence(session: LoginSession, key: str, **values: object) -> Markup:
    """A text with values that may be elements, such as a time; everything else is escaped."""
    return escape(session.t(key)).format(**values)


def _left(session: LoginSession, when: datetime) -> Markup:
    """The time until a moment, which runs out by itself."""
    seconds = max(0, int((when - session.now()).total_seconds()))
    shown = Markup('<time data-until="{}">{}</time>').format(int(when.timestamp()), length(seconds))
    return _sentence(session, "my_call.remaining", time=shown)
