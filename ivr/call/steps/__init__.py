"""What each step kind does: `enter` when the call reaches it, `hear` while the call waits in it.

A function is handed the step and the turn's context and answers a `Result`: an outcome to leave by, a wait to stop
at, or an earlier step to jump to. A new kind is a dataclass in `ivr.flow.model`, a case in `enter`, and one in `hear`;
mypy names each `match` that lacks it.
"""

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


def enter(step: model.AnyStep, context: TurnContext) -> Result:
    """What happens on reaching a step, or on being in it again after a lost answer or a jump back."""
    match step:
        case model.Say():
            return speaking.say(step, context)
        case model.Play():
            return speaking.play(step, context)
        case model.Notices():
            return speaking.notices(step, context)
        case model.Hangup():
            return speaking.hangup(step, context)
        case model.Menu():
            return menus.menu(step, context)
        case model.Ask():
            return asking.ask(step, context)
        case model.Survey():
            return asking.survey(step, context)
        case model.Identify():
            return identifying.identify(step, context)
        case model.Hours():
            return branching.hours(step, context)
        case model.Choose():
            return branching.choose(step, context)
        case model.Handle():
            return branching.handle(step, context)
        case model.Run():
            return branching.run(step, context)
        case model.Ticket():
            return ticket.ticket(step, context)
        case model.Sms():
            return speaking.sms(step, context)
        case model.Queue():
            return line.queue(step, context)
        case model.Transfer():
            return line.transfer(step, context)
        case model.Callback():
            return callback.callback(step, context)
        case model.Voicemail():
            return line.voicemail(step, context)
        case _:
            assert_never(step)


def hear(step: model.AnyStep, context: TurnContext, heard: Input) -> Result:
    """What happens when the wait of this step ends. Raises UnexpectedInput for an input it does not wait for."""
    if isinstance(heard, Digits | Spoken):
        context.note({"silent": ""})
    result = _hear(step, context, heard)
    if result is None:
        raise UnexpectedInput(step, heard)
    return result


def _hear(step: model.AnyStep, context: TurnContext, heard: Input) -> Result | None:
    match step:
        case model.Menu():
            return menus.menu_heard(step, context, heard)
        case model.Ask():
            return asking.ask_heard(step, context, heard)
        case model.Survey():
            return asking.survey_heard(step, context, heard)
        case model.Identify():
            return identifying.identify_heard(step, context, heard)
        case model.Handle():
            return branching.handled(step, context, heard)
        case model.Queue():
            return line.queue_ended(step, context, heard)
        case model.Transfer():
            return line.transfer_ended(step, context, heard)
        case model.Callback():
            return callback.callback_decided(step, context, heard)
        case model.Voicemail():
            return line.voicemail_heard(step, context, heard)
        case (
            model.Say() | model.Play() | model.Notices() | model.Hangup() | model.Hours() | model.Choose()
            | model.Run() | model.Ticket() | model.Sms()
        ):  # fmt: skip
            return None  # these never wait
        case _:
            assert_never(step)


def unfinished_ticket(step: model.AnyStep, context: TurnContext) -> TicketOpened | None:
    """The ticket for a caller who hung up in this step, or None when nothing was promised."""
    return ticket.unfinished(step, context)
