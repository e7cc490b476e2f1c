"""What each step kind does: `enter` when the call reaches it, `hear` while the call waits in it.

A function is handed the step and the turn's context and answers a `Result`: an outcome to leave by, a wait to stop
at, or an earlier step to jump to. A new kind is a dataclass in `ivr.flow.model`, a case in `enter`, and one in `hear`;
mypy names each `match` that lacks it.
"""

from __future__ import annotations

from typing import assert_never

from ivr.call.events import Input, TicketOpened
from ivr.call.steps import asking, branching, callback, identifying, queue, sms, speaking, ticket, transfer, voicemail
from ivr.call.turn import Result, TurnContext
from ivr.flow.model import (
    AnyStep,
    Ask,
    Callback,
    Choose,
    Handle,
    Hangup,
    Hours,
    Identify,
    Menu,
    Notices,
    Play,
    Queue,
    Run,
    Say,
    Sms,
    Survey,
    Ticket,
    Transfer,
    Voicemail,
)


class UnexpectedInput(Exception):
    """An input came for a step that does not wait for it; the hotline answers with the current prompt."""

    def __init__(self, step: AnyStep, heard: Input) -> None:
        self.step = step
        self.heard = heard
        super().__init__(f'a {step.kind} step ("{step.name}") does not wait for {type(heard).__name__}')


def enter(step: AnyStep, context: TurnContext) -> Result:
    """What happens on reaching a step, or on being in it again after a lost answer or a jump back."""
    match step:
        case Say():
            return speaking.say(step, context)
        case Play():
            return speaking.play(step, context)
        case Notices():
            return speaking.notices(step, context)
        case Hangup():
            return speaking.hangup(step, context)
        case Menu():
            return asking.menu(step, context)
        case Ask():
            return asking.ask(step, context)
        case Survey():
            return asking.survey(step, context)
        case Identify():
            return identifying.identify(step, context)
        case Hours():
            return branching.hours(step, context)
        case Choose():
            return branching.choose(step, context)
        case Handle():
            return branching.handle(step, context)
        case Run():
            return branching.run(step, context)
        case Ticket():
            return ticket.ticket(step, context)
        case Sms():
            return sms.sms(step, context)
        case Queue():
            return queue.queue(step, context)
        case Transfer():
            return transfer.transfer(step, context)
        case Callback():
            return callback.callback(step, context)
        case Voicemail():
            return voicemail.voicemail(step, context)
        case _:
            assert_never(step)


def hear(step: AnyStep, context: TurnContext, heard: Input) -> Result:
    """What happens when the wait of this step ends. Raises UnexpectedInput for an input it does not wait for."""
    result = _hear(step, context, heard)
    if result is None:
        raise UnexpectedInput(step, heard)
    return result


def _hear(step: AnyStep, context: TurnContext, heard: Input) -> Result | None:
    match step:
        case Menu():
            return asking.menu_heard(step, context, heard)
        case Ask():
            return asking.ask_heard(step, context, heard)
        case Survey():
            return asking.survey_heard(step, context, heard)
        case Identify():
            return identifying.identify_heard(step, context, heard)
        case Handle():
            return branching.handled(step, context, heard)
        case Queue():
            return queue.queue_ended(step, context, heard)
        case Transfer():
            return transfer.transfer_ended(step, context, heard)
        case Callback():
            return callback.callback_decided(step, context, heard)
        case Voicemail():
            return voicemail.voicemail_recorded(step, context, heard)
        case Say() | Play() | Notices() | Hangup() | Hours() | Choose() | Run() | Ticket() | Sms():
            return None  # these never wait
        case _:
            assert_never(step)


def unfinished_ticket(step: AnyStep, context: TurnContext) -> TicketOpened | None:
    """The ticket for a caller who hung up in this step, or None when nothing was promised."""
    return ticket.unfinished(step, context)
