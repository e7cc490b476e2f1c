"""The webhooks of agents' telephones, of callers in a conference with an agent, and of customers who are called back.

They must be signed like those of callers. A telephone that asks about a talk that is not its own gets an empty 403. For
an unknown talk, and after an error of ours, whoever is on the line hears an apology and the call ends.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from flask import Blueprint, Response, request
from werkzeug.routing import BaseConverter

from ivr.agents.webhooks import AgentWebhooks, NotTheirs
from ivr.webhooks import form as forms
from ivr.webhooks.authenticity import Authenticity
from ivr.webhooks.settings import WebhookSettings
from ivr.webhooks.twiml import TwimlWriter

log = logging.getLogger(__name__)

_XML = "text/xml; charset=utf-8"


class TalkId(BaseConverter):
    """The id of a talk in an address; any other address is answered with 404."""

    regex = "TK[0-9a-f]{22}"


def agent_routes(agents: AgentWebhooks, writer: TwimlWriter, settings: WebhookSettings) -> Blueprint:
    """The routes that agents' telephones and their callers use. All take POST alone, and all are signed."""
    views = _Views(agents, writer, settings)
    routes = Blueprint("agents", __name__)
    for path, view in (
        ("/floor/talks/<talk:talk>", views.picked_up),
        ("/floor/talks/<talk:talk>/keyed", views.keyed),
        ("/floor/talks/<talk:talk>/room", views.in_room),
        ("/floor/talks/<talk:talk>/left", views.left_room),
        ("/floor/talks/<talk:talk>/over", views.agent_over),
        ("/floor/talks/<talk:talk>/customer", views.customer_picked_up),
        ("/floor/talks/<talk:talk>/customer/hold", views.customer_holds),
        ("/floor/talks/<talk:talk>/customer/keyed", views.customer_keyed),
        ("/floor/talks/<talk:talk>/customer/left", views.customer_left),
        ("/floor/talks/<talk:talk>/customer/over", views.customer_over),
        ("/voice/<call:call>/room/<talk:talk>", views.caller_comes),
        ("/voice/<call:call>/room/<talk:talk>/hold", views.caller_holds),
        ("/voice/<call:call>/room/<talk:talk>/over", views.caller_left),
    ):
        routes.add_url_rule(path, view.__name__, view, methods=["POST"])
    routes.register_error_handler(NotTheirs, _not_theirs)
    return routes


class _Views:
    """One method per route."""

    def __init__(self, agents: AgentWebhooks, writer: TwimlWriter, settings: WebhookSettings) -> None:
        self._agents = agents
        self._writer = writer
        self._authenticity = Authenticity(settings)

    # --- agents ---

    def picked_up(self, talk: str) -> Response:
        form = self._authenticity.form()
        return self._spoken(lambda: self._agents.picked_up(talk, form["CallSid"], form.get("To", "")))

    def keyed(self, talk: str) -> Response:
        form = self._authenticity.form()
        return self._spoken(lambda: self._agents.keyed(talk, form["CallSid"], forms.key(form)))

    def in_room(self, talk: str) -> Response:
        form = self._authenticity.form()
        return self._spoken(lambda: self._agents.in_room(talk, form["CallSid"]))

    def left_room(self, talk: str) -> Response:
        form = self._authenticity.form()
        return self._spoken(lambda: self._agents.left_room(talk, form["CallSid"], _room(), form["CallStatus"]))

    def agent_over(self, talk: str) -> Response:
        form = self._authenticity.form()
        return self._told(lambda: self._agents.agent_over(talk, form["CallSid"], form["CallStatus"]))

    # --- customers who are called back ---

    def customer_picked_up(self, talk: str) -> Response:
        form = self._authenticity.form()
        return self._spoken(lambda: self._agents.customer_picked_up(talk, form["CallSid"], form.get("To", "")))

    def customer_holds(self, talk: str) -> Response:
        return self.customer_picked_up(talk)

    def customer_keyed(self, talk: str) -> Response:
        form = self._authenticity.form()
        return self._spoken(lambda: self._agents.customer_keyed(talk, form["CallSid"], forms.key(form)))

    def customer_left(self, talk: str) -> Response:
        form = self._authenticity.form()
        return self._spoken(
            lambda: self._agents.customer_left(talk, form["CallSid"], _room(), form["CallStatus"])
        )  # fmt: skip

    def customer_over(self, talk: str) -> Response:
        form = self._authenticity.form()
        return self._told(lambda: self._agents.customer_over(talk, form["CallSid"], form["CallStatus"]))

    # --- callers ---

    def caller_comes(self, call: str, talk: str) -> Response:
        self._authenticity.form(call)
        return self._spoken(lambda: self._agents.caller_comes(call, talk), to_caller=True)

    def caller_holds(self, call: str, talk: str) -> Response:
        return self.caller_comes(call, talk)

    def caller_left(self, call: str, talk: str) -> Response:
        form = self._authenticity.form(call)
        return self._spoken(
            lambda: self._agents.caller_left(call, talk, _room(), form["CallStatus"]), to_caller=True
        )  # fmt: skip

    # --- answering ---

    def _spoken(self, answer: Callable[[], str], *, to_caller: bool = False) -> Response:
        try:
            document = answer()
        except NotTheirs:
            raise
        except Exception:
            log.exception("no answer", extra={"route": request.endpoint, **(request.view_args or {})})
            document = self._writer.last_words(0) if to_caller else self._writer.sorry()
        return Response(document, content_type=_XML)

    def _told(self, tell: Callable[[], None]) -> Response:
        """A status callback: the carrier does nothing with our answer."""
        try:
            tell()
        except NotTheirs:
            raise
        except Exception:
            log.exception("status lost", extra={"route": request.endpoint, **(request.view_args or {})})
        return Response(status=204)


def _room() -> str:
    return request.args.get("room", "")


def _not_theirs(_: NotTheirs) -> Response:
    log.warning("refused", extra={"status": 403, "why": "another telephone", "route": request.endpoint})
    return Response(status=403)
