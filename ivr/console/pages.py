"""The pages of the console, gathered: what stands in the navigation, in this order."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from markupsafe import Markup, escape

from ivr.agents.texts import dialled, masked
from ivr.console import callbacks, calls, my_calls, notices, reports, tickets, voicemail
from ivr.console.agent_views import desk, sees_ticket
from ivr.console.filters import length
from ivr.console.routes import Route, Visit
from ivr.console.texts import DESK
from ivr.console.words import TABLES

TABLES.append(DESK)

ABOVE = "above.html"
"""What stands above every page: whoever rings or talks to an agent who looks at something else."""

ROUTES: tuple[Route, ...] = (
    *my_calls.ROUTES,
    *tickets.ROUTES,
    *voicemail.ROUTES,
    *callbacks.ROUTES,
    *calls.ROUTES,
    *notices.ROUTES,
    *reports.ROUTES,
)


def given(visit: Visit) -> Mapping[str, Any]:
    """What the templates of these pages may ask, beside what the frame gives to all."""
    return {
        "masked": masked,
        "phone": lambda number: dialled(number, visit.language),
        "called": lambda agent: my_calls.called(visit, agent),
        "reason": lambda key: visit.t(f"away.{key}") if f"away.{key}" in DESK else key,
        "sentence": lambda key, **values: _sentence(visit, key, **values),
        "left": lambda when: _left(visit, when),
        "sees_ticket": lambda reference: sees_ticket(visit, reference),
        "my_talk": lambda: my_calls.mine(visit),
        "calendar": lambda name: desk(visit).boards.calendar(name, visit.language),
    }


def _sentence(visit: Visit, key: str, **values: object) -> Markup:
    """Words with values that may be elements, such as a time; everything else is escaped."""
    return escape(visit.t(key)).format(**values)


def _left(visit: Visit, when: datetime) -> Markup:
    """The time until a moment, which runs out by itself."""
    seconds = max(0, int((when - visit.now()).total_seconds()))
    shown = Markup('<time data-until="{}">{}</time>').format(int(when.timestamp()), length(seconds))
    return _sentence(visit, "mine.remaining", time=shown)
