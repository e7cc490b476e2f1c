"""How times are shown on pages: short, and exact in the tooltip."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import Flask
from markupsafe import Markup


def install(app: Flask, time_zone: str, now: Callable[[], datetime]) -> None:
    """Adds to an application's templates the filters `clock`, `ago` and `lasted`."""
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


def length(seconds: float | None) -> str:
    """A length of time: 0:07, 3:07, 1:02:07."""
    if seconds is None:
        return "–"
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
