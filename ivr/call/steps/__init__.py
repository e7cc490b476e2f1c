"""What each step kind does: `enter` when the call reaches it, `hear` while the call waits in it.

A function is handed the step and the turn's context and answers a `Result`: an outcome to leave by, a wait to stop
at, or an earlier step to jump to.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import assert_never

from ivr.call.events import Digits, Input, Spoken, TicketOpened
from ivr.call.steps import asking, branching, callback, identifying, line, menus, speaking, ticket
from ivr.call.turn import Result, TurnContext
from ivr.flow import model


class UnexpectedInput(Exception):
    """An input came for a step that does not wait for it; the hotline answers with the current prompt."""

    def __init__(self, step: model.AnyStep, heard: Input) -> None:
        self.step = step
        self.heard = heard
        super().__init__(f'a {step.kind} step ("{step.name}") does not wait for {type(heard).__name__}')


@dataclass(frozen=True, slots=True)
class StepFunctions:
    """What a step does: when the call reaches it, and when its wait ends (None for one that never waits).

    `hear` answers None to an input that the step does not wait for.
    """

    enter: Callable[[TurnContext], Result]
    hear: Callable[[TurnContext, Input], Result | None] | None


def enter(step: model.AnyStep, context: TurnContext) -> Result:
    """What happens on reaching a step, or on being in it again after a lost answer or a jump back."""
    return _functions(step).enter(context)


def hear(step: model.AnyStep, context: TurnContext, heard: Input) -> Result:
    """What happens when the wait of this step ends. Raises UnexpectedInput for an input it does not wait for."""
    if isinstance(heard, Digits | Spoken):
        context.note({"silent": ""})
    functions = _functions(step)
    result = functions.hear(context, heard) if functions.hear else None
    if result is None:
        raise UnexpectedInput(step, heard)
    return result


def _functions(step: model.AnyStep) -> StepFunctions:
    match step:
        case model.Say():
            return StepFunctions(partial(speaking.say, step), None)
        case model.Play():
            return StepFunctions(partial(speaking.play, step), None)
        case model.Notices():
            return StepFunctions(partial(speaking.notices, step), None)
        case model.Hangup():
            return StepFunctions(partial(speaking.hangup, step), None)
        case model.Menu():
            return StepFunctions(partial(menus.menu, step), partial(menus.menu_heard, step))
        case model.Ask():
            return StepFunctions(partial(asking.ask, step), partial(asking.ask_heard, step))
        case model.Survey():
            return StepFunctions(partial(asking.survey, step), partial(asking.survey_heard, step))
        case model.Identify():
            return StepFunctions(partial(identifying.identify, step), partial(identifying.identify_heard, step))
        case model.Hours():
            return StepFunctions(partial(branching.hours, step), None)
        case model.Choose():
            return StepFunctions(partial(branching.choose, step), None)
        case model.Handle():
            return StepFunctions(partial(branching.handle, step), partial(branching.handled, step))
        case model.Run():
            return StepFunctions(partial(branching.run, step), None)
        case model.Ticket():
            return StepFunctions(partial(ticket.ticket, step), None)
        case model.Sms():
            return StepFunctions(partial(speaking.sms, step), None)
        case model.Queue():
            return StepFunctions(partial(line.queue, step), partial(line.queue_ended, step))
        case model.Transfer():
            return StepFunctions(partial(line.transfer, step), partial(line.transfer_ended, step))
        case model.Callback():
            return StepFunctions(partial(callback.callback, step), partial(callback.callback_decided, step))
        case model.Voicemail():
            return StepFunctions(partial(line.voicemail, step), partial(line.voicemail_heard, step))
        case _:
            assert_never(step)


def unfinished_ticket(step: model.AnyStep, context: TurnContext) -> TicketOpened | None:
    """The ticket for a caller who hung up in this step, or None when nothing was promised."""
    return ticket.unfinished(step, context)
