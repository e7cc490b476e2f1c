"""The pages of agents and supervisors for a built hotline: another application, for a process of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from ivr.agents.board import Boards
from ivr.agents.queues import QueueService
from ivr.agents.timeline import Timelines
from ivr.app.agents import agents_of, queue_titles, value_names
from ivr.app.build import App, closures, meter_of
from ivr.call import reference
from ivr.config.calendars import plain_texts
from ivr.hotline.tickets import StoredTickets
from ivr.webhooks import metrics

if TYPE_CHECKING:
    from flask import Flask

    from ivr.console.routes import ConsoleSettings, Route, Services


def console_of(app: App, settings: ConsoleSettings, *more: Route) -> Flask:
    """The pages of agents and supervisors, for a process of their own: it serves no webhook. `more` is served too."""
    from ivr.console import pages
    from ivr.console.app import create_console
    from ivr.console.routes import ConsoleContext, Route

    config = app.config
    context = ConsoleContext(
        store=app.store,
        agents=agents_of(config),
        clock=app.clock,
        languages=config.hotline.languages,
        time_zone=config.hotline.time_zone,
        codes={name: plain_texts(text) for name, text in config.console.codes.items()},
        known=app.known,
        services=services_of(app),
    )
    measured = Route("metrics", "/metrics", metrics.metrics_of(meter_of(app)), needs="anybody")
    return create_console(context, settings, (*pages.ROUTES, measured, *more))


def services_of(app: App) -> Services:
    """What the pages need beyond the frame: agents' actions, the board, timelines of calls, recordings."""
    from ivr.console.routes import Services
    from ivr.console.service_today import ServiceToday

    config, editions, store = app.config, app.hotline.editions, app.store
    zone = ZoneInfo(config.hotline.time_zone)
    codes = {name: plain_texts(text) for name, text in config.console.codes.items()}

    def called(agent: str, language: str) -> str:
        known = app.actions.agents.get(agent)
        return known.called(language) if known is not None else agent

    timelines = Timelines(
        store,
        lambda digest: editions.pinned(digest).flows,
        lambda: editions.current.flows,
        zone,
        called,
        value_names(config),
        codes,
        config.hotline.country,
    )
    queues = QueueService(store, app.actions.rules.queues, closures=lambda now: closures(store, now))
    boards = Boards(
        store=store,
        agents=app.actions.agents,
        queues=app.actions.rules.queues,
        calendars=config.calendars,
        about=timelines.about,
        closures=lambda now: closures(store, now),
        expected=queues.expected,
        titles=queue_titles(config),
        country=config.hotline.country,
    )
    return Services(
        due=StoredTickets(app.store, app.clock, app.config.calendars.get(app.config.tickets.calendar)).due,
        actions=app.actions,
        boards=boards,
        timelines=timelines,
        recordings=app.recordings,
        service_today=ServiceToday(store, app.known, zone),
        is_reference=reference.valid,
        spoken=config.hotline.languages,
        zone=zone,
    )
