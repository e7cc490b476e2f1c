"""What the pages need beyond the frame: agents' actions, the board, timelines of calls, and the sound of recordings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from ivr.agents.actions import AgentActions
from ivr.agents.board import Boards
from ivr.agents.timeline import Timelines
from ivr.console.routes import LoginSession
from ivr.console.service_today import ServiceToday
from ivr.hotline.recordings import Recordings
from ivr.store.rows import TicketRow


@dataclass(frozen=True, kw_only=True)
class Services:
    """`spoken` are the languages that callers hear.

    `is_reference` tells whether digits can be the reference of a ticket at all.
    """

    actions: AgentActions
    boards: Boards
    timelines: Timelines
    recordings: Recordings
    service_today: ServiceToday
    is_reference: Callable[[str], bool]
    due: Callable[[TicketRow], datetime]
    """By when a ticket is to be dealt with."""
    spoken: tuple[str, ...] = ("zh", "en")
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))


def services(session: LoginSession) -> Services:
    """The services of this session's console."""
    found: Services = session.context.services
    return found
