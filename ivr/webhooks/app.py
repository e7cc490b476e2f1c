"""The application: the webhooks in front (`ivr.webhooks.carrier`), and pages for everybody else (`ivr.webhooks.pages`).

Nothing happens at import; `create_app` is handed a hotline and settings, and everything else it needs is made then.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ivr.agents.webhooks import AgentWebhooks
from ivr.hotline.hotline import Hotline
from ivr.webhooks.agents import agent_routes
from ivr.webhooks.authenticity import Authenticity
from ivr.webhooks.carrier import CarrierRoutes
from ivr.webhooks.settings import WebhookSettings, refuse_unsafe
from ivr.webhooks.twiml import TwimlWriter
from ivr.webhooks.voice import voice_routes

if TYPE_CHECKING:
    from flask import Flask

    from ivr.webhooks.metrics import Meter


def create_app(
    hotline: Hotline,
    writer: TwimlWriter,
    settings: WebhookSettings,
    agents: AgentWebhooks | None = None,
    meter: Callable[[], Meter | None] = lambda: None,
) -> CarrierRoutes:
    """The application for one hotline; `agents` answers the telephones of agents, if there are any. Raises Unsafe."""
    refuse_unsafe(settings)

    def pages() -> Flask:
        from ivr.webhooks.pages import create_pages  # Flask takes a tenth of a start, and no call needs it

        return create_pages(hotline, writer, settings, meter())

    routes = voice_routes(hotline, writer, agents.caller_again if agents is not None else lambda _: "")
    if agents is not None:
        routes += agent_routes(agents, writer)
    return CarrierRoutes(routes, Authenticity(settings), pages)
