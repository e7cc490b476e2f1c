"""The webhooks of agents' telephones, of callers in a conference with an agent, and of customers who are called back.

A telephone that asks about a talk that is not its own gets an empty 403. For an unknown talk, and after an error of
ours, whoever is on the line hears an apology and the call ends.
"""

from __future__ import annotations

from collections.abc import Callable

from ivr.agents.webhooks import AgentWebhooks
from ivr.webhooks import form as forms
from ivr.webhooks.carrier import CarrierRequest, Route
from ivr.webhooks.twiml import TwimlWriter

_TALK, _CUSTOMER = "/floor/talks/<talk>", "/floor/talks/<talk>/customer"
_ROOM = "/voice/<call>/room/<talk>"

Field = Callable[[CarrierRequest], str]


def agent_routes(agents: AgentWebhooks, writer: TwimlWriter) -> tuple[Route, ...]:
    """The routes that agents' telephones, their callers and their customers use."""

    def sorry(_: CarrierRequest) -> str:
        return writer.sorry()

    def sorry_to_caller(_: CarrierRequest) -> str:
        return writer.last_words(0)

    def of_leg(name: str, path: str, tell: Callable[..., str | None], *fields: Field, speaks: bool = True) -> Route:
        """The route of a telephone whose talk and leg are told first, then these fields."""
        return Route(
            f"agents.{name}", path, lambda asked: tell(asked.talk, asked.form["CallSid"], *(f(asked) for f in fields)),
            sorry if speaks else None,
        )  # fmt: skip

    return (
        of_leg("picked_up", _TALK, agents.picked_up, _to),
        of_leg("keyed", f"{_TALK}/keyed", agents.keyed, _key),
        of_leg("in_room", f"{_TALK}/room", agents.in_room),
        of_leg("left_room", f"{_TALK}/left", agents.left_room, _room, _status),
        of_leg("agent_over", f"{_TALK}/over", agents.agent_over, _status, speaks=False),
        of_leg("customer_picked_up", _CUSTOMER, agents.customer_picked_up, _to),
        of_leg("customer_holds", f"{_CUSTOMER}/hold", agents.customer_picked_up, _to),
        of_leg("customer_keyed", f"{_CUSTOMER}/keyed", agents.customer_keyed, _key),
        of_leg("customer_left", f"{_CUSTOMER}/left", agents.customer_left, _room, _status),
        of_leg("customer_over", f"{_CUSTOMER}/over", agents.customer_over, _status, speaks=False),
        Route("agents.caller_comes", _ROOM, lambda asked: agents.caller_comes(asked.call, asked.talk), sorry_to_caller),
        Route(
            "agents.caller_holds", f"{_ROOM}/hold", lambda asked: agents.caller_comes(asked.call, asked.talk),
            sorry_to_caller,
        ),
        Route(
            "agents.caller_left", f"{_ROOM}/over",
            lambda asked: agents.caller_left(asked.call, asked.talk, _room(asked), _status(asked)), sorry_to_caller,
        ),
    )  # fmt: skip


def _to(asked: CarrierRequest) -> str:
    return asked.form.get("To", "")


def _key(asked: CarrierRequest) -> str:
    return forms.key(asked.form)


def _status(asked: CarrierRequest) -> str:
    return asked.form["CallStatus"]


def _room(asked: CarrierRequest) -> str:
    return asked.query.get("room", "")
