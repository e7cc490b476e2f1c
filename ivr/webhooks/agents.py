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

    def picked_up(asked: CarrierRequest) -> str:
        return agents.picked_up(asked.talk, asked.form["CallSid"], asked.form.get("To", ""))

    def keyed(asked: CarrierRequest) -> str:
        return agents.keyed(asked.talk, asked.form["CallSid"], forms.key(asked.form))

    def in_room(asked: CarrierRequest) -> str:
        return agents.in_room(asked.talk, asked.form["CallSid"])

    def left_room(asked: CarrierRequest) -> str:
        return agents.left_room(asked.talk, asked.form["CallSid"], _room(asked), asked.form["CallStatus"])

    def over(asked: CarrierRequest) -> None:
        agents.agent_over(asked.talk, asked.form["CallSid"], asked.form["CallStatus"])

    def customer_picked_up(asked: CarrierRequest) -> str:
        return agents.customer_picked_up(asked.talk, asked.form["CallSid"], asked.form.get("To", ""))

    def customer_keyed(asked: CarrierRequest) -> str:
        return agents.customer_keyed(asked.talk, asked.form["CallSid"], forms.key(asked.form))

    def customer_left(asked: CarrierRequest) -> str:
        return agents.customer_left(asked.talk, asked.form["CallSid"], _room(asked), asked.form["CallStatus"])

    def customer_over(asked: CarrierRequest) -> None:
        agents.customer_over(asked.talk, asked.form["CallSid"], asked.form["CallStatus"])

    def caller_comes(asked: CarrierRequest) -> str:
        return agents.caller_comes(asked.call, asked.talk)

    def caller_left(asked: CarrierRequest) -> str:
        return agents.caller_left(asked.call, asked.talk, _room(asked), asked.form["CallStatus"])

    return (
        Route("agents.picked_up", _TALK, picked_up, sorry),
        Route("agents.keyed", f"{_TALK}/keyed", keyed, sorry),
        Route("agents.in_room", f"{_TALK}/room", in_room, sorry),
        Route("agents.left_room", f"{_TALK}/left", left_room, sorry),
        Route("agents.agent_over", f"{_TALK}/over", over),
        Route("agents.customer_picked_up", _CUSTOMER, customer_picked_up, sorry),
        Route("agents.customer_holds", f"{_CUSTOMER}/hold", customer_picked_up, sorry),
        Route("agents.customer_keyed", f"{_CUSTOMER}/keyed", customer_keyed, sorry),
        Route("agents.customer_left", f"{_CUSTOMER}/left", customer_left, sorry),
        Route("agents.customer_over", f"{_CUSTOMER}/over", customer_over),
        Route("agents.caller_comes", _ROOM, caller_comes, sorry_to_caller),
        Route("agents.caller_holds", f"{_ROOM}/hold", caller_comes, sorry_to_caller),
        Route("agents.caller_left", f"{_ROOM}/over", caller_left, sorry_to_caller),
    )


def _room(asked: CarrierRequest) -> str:
    return asked.query.get("room", "")
