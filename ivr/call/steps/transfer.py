"""The transfer step: the caller is connected with a destination of the configuration."""

from __future__ import annotations

from ivr.call.events import Input, TransferEnded, Transferring
from ivr.call.turn import Result, TurnContext
from ivr.flow.model import Transfer


def transfer(step: Transfer, context: TurnContext) -> Result:
    context.say(step.say)
    return Transferring(step.transfer)


def transfer_ended(step: Transfer, context: TurnContext, heard: Input) -> Result | None:
    return heard.result if isinstance(heard, TransferEnded) else None
