"""What agents of a script do on the console: the same actions, without a browser."""

from collections.abc import Callable, Mapping

from ivr.agents.actions import AgentActions, NotNow
from ivr.agents.queues import BREAK
from ivr.app.build import App
from ivr.testing.script import AgentStep

NOBODY = "no_talk"
"""The reason of a refusal when an action needs a talk and the agent has none."""

_OF_A_TALK: Mapping[str, Callable[[AgentActions, str, str], object]] = {
    "decline": AgentActions.decline,
    "hold": AgentActions.hold,
    "resume": AgentActions.resume,
    "bring in": AgentActions.bring_in,
    "complete": AgentActions.complete,
    "cancel": AgentActions.cancel_consult,
    "end": AgentActions.end,
}


def arrive(app: App, agent: str, presence: str) -> None:
    """Sets an agent ready, away (on a short break) or off before the call begins."""
    match presence:
        case "ready":
            app.actions.ready(agent)
        case "away":
            app.actions.away(agent, BREAK)


def act(app: App, agent: str, step: AgentStep, names: Mapping[str, str]) -> str:
    """Does what the step says; gives the reason of a refusal, or "". `names` has the person of each call."""
    try:
        return _do(app, agent, step, names)
    except NotNow as refused:
        return refused.reason


def _do(app: App, agent: str, step: AgentStep, names: Mapping[str, str]) -> str:
    floor = app.actions
    match step.act:
        case "ready":
            floor.ready(agent)
        case "away":
            floor.away(agent)
        case "off":
            floor.off(agent)
        case "take next":
            floor.take_next(agent)
        case "call_back":
            promised = (row for row in app.store.callbacks() if names.get(row.call_id) == step.call_back)
            key = next((row.key for row in promised), "")
            floor.call_back(agent, key)
        case what:
            talk = floor.talk_of(agent)
            if talk is None:
                return NOBODY
            match what:
                case "consult":
                    floor.consult(agent, talk.id, step.consult or "")
                case "hand_over":
                    floor.hand_over(agent, talk.id, step.hand_over or "")
                case "wrap_up" if step.wrap_up is not None:
                    written = step.wrap_up
                    floor.wrap_up(agent, talk.id, written.code, written.note, ticket_status=written.ticket)
                case _:
                    _OF_A_TALK[what](floor, agent, talk.id)
    return ""


def wraps_up(app: App, agent: str) -> bool:
    """Whether the agent's caller is gone and the note not written."""
    talk = app.actions.talk_of(agent)
    return talk is not None and talk.state == "wrap_up"
