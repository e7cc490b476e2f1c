"""The pages of the console, gathered: what stands in the navigation, in this order."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from markupsafe import Markup, escape

from ivr.call.values import Value
from ivr.call.words import LANGUAGES
from ivr.desk.floor.words import QUEUES, masked, named
from ivr.web.console import callbacks, calls, mine, notices, reports, tickets, voicemail
from ivr.web.console.desk import desk
from ivr.web.console.route import Route, Visit
from ivr.web.console.show import length
from ivr.web.console.texts import DESK
from ivr.web.console.words import TABLES

TABLES.append(DESK)

ABOVE = "above.html"
"""What stands above every page: whoever rings or talks to an agent who looks at something else."""

ROUTES: tuple[Route, ...] = (
    *mine.ROUTES,
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
        "phone": lambda number: _phone(visit, number),
        "called": lambda agent: mine.called(visit, agent),
        "reason": lambda key: visit.t(f"away.{key}") if f"away.{key}" in DESK else key,
        "sentence": lambda key, **values: _sentence(visit, key, **values),
        "left": lambda when: _left(visit, when),
        "my_talk": lambda: mine.mine(visit),
        "calendar": lambda name: _calendar(visit, name),
    }


def _phone(visit: Visit, number: str) -> str:
    """A number as it is written: 138 0013 8000. "" stays ""."""
    words = LANGUAGES.get(visit.language) or LANGUAGES["en"]
    return words.write(Value("phone", number), today=visit.now().date()) if number else ""


def _calendar(visit: Visit, name: str) -> str:
    """What a calendar is called: the shipped ones by the words of their queue, others as their author does."""
    return named(QUEUES, name, visit.language) if name in QUEUES else desk(visit).calendars[name].doc or name


def _sentence(visit: Visit, key: str, **values: object) -> Markup:
    """Words with values that may be elements, such as a time; everything else is escaped."""
    return escape(visit.t(key)).format(**values)


def _left(visit: Visit, when: datetime) -> Markup:
    """The time until a moment, which runs out by itself."""
    seconds = max(0, int((when - visit.now()).total_seconds()))
    shown = Markup('<time data-until="{}">{}</time>').format(int(when.timestamp()), length(seconds))
    return _sentence(visit, "mine.remaining", time=shown)
