"""The webhooks of agents' telephones, of callers in a conference with an agent, and of customers who are called back.

A telephone that asks about a talk that is not its own gets an empty 403. For an unknown talk, and after an error of
ours, whoever is on the line hears an apology and the call ends.
"""

from ivr.agents.webhooks import AgentWebhooks
from ivr.webhooks import form as forms
from ivr.webhooks.carrier import CarrierRequest, Route
from ivr.webhooks.twiml import TwimlWriter

_TALK, _CUSTOMER = "/floor/talks/<talk>", "/floor/talks/<talk>/customer"
_ROOM = "/voice/<call>/room/<talk>"


def agent_routes(agents: AgentWebhooks, writer: TwimlWriter) -> tuple[Route, ...]:

    def sorry(_: CarrierRequest) -> str:
        return writer.sorry()

    def sorry_to_caller(_: CarrierRequest) -> str:
        return writer.last_words(0)

    def customer_picked_up(it: CarrierRequest) -> str:
        return agents.customer_picked_up(it.talk, _leg(it), _number(it))

    def caller_comes(it: CarrierRequest) -> str:
        return agents.caller_comes(it.call, it.talk)

    return (
        Route("agents.picked_up", _TALK, lambda it: agents.picked_up(it.talk, _leg(it), _number(it)), sorry),
        Route("agents.keyed", f"{_TALK}/keyed", lambda it: agents.keyed(it.talk, _leg(it), forms.key(it.form)), sorry),
        Route("agents.in_room", f"{_TALK}/room", lambda it: agents.in_room(it.talk, _leg(it)), sorry),
        Route(
            "agents.left_room", f"{_TALK}/left",
            lambda it: agents.left_room(it.talk, _leg(it), _room(it), _status(it)), sorry,
        ),
        Route("agents.agent_over", f"{_TALK}/over", lambda it: agents.agent_over(it.talk, _leg(it), _status(it))),
        Route("agents.customer_picked_up", _CUSTOMER, customer_picked_up, sorry),
        Route("agents.customer_holds", f"{_CUSTOMER}/hold", customer_picked_up, sorry),
        Route(
            "agents.customer_keyed", f"{_CUSTOMER}/keyed",
            lambda it: agents.customer_keyed(it.talk, _leg(it), forms.key(it.form)), sorry,
        ),
        Route(
            "agents.customer_left", f"{_CUSTOMER}/left",
            lambda it: agents.customer_left(it.talk, _leg(it), _room(it), _status(it)), sorry,
        ),
        Route(
            "agents.customer_over", f"{_CUSTOMER}/over",
            lambda it: agents.customer_over(it.talk, _leg(it), _status(it)),
        ),
        Route("agents.caller_comes", _ROOM, caller_comes, sorry_to_caller),
        Route("agents.caller_holds", f"{_ROOM}/hold", caller_comes, sorry_to_caller),
        Route(
            "agents.caller_left", f"{_ROOM}/over",
            lambda it: agents.caller_left(it.call, it.talk, _room(it), _status(it)), sorry_to_caller,
        ),
    )  # fmt: skip


def _leg(asked: CarrierRequest) -> str:
    return asked.form["CallSid"]


def _number(asked: CarrierRequest) -> str:
    return asked.form.get("To", "")


def _status(asked: CarrierRequest) -> str:
    return asked.form["CallStatus"]


def _room(asked: CarrierRequest) -> str:
    return asked.query.get("room", "")
