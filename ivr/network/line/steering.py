"""What the account does to a live call from outside: takes it to another document, or ends it."""

from __future__ import annotations

from ivr.network.line.documents import RunningDocument, Webhook
from ivr.network.line.leg import Leg, Redirected


def rings(leg: Leg) -> bool:
    """Whether it is a call of the account's own whose telephone still rings; it can be called off, not steered. [D]"""
    return leg.direction != "inbound" and leg.answered is None and not leg.over


def redirect(leg: Leg, to: Webhook | RunningDocument) -> None:
    """Take a live call away from what it is doing and to another document."""
    if leg.fiber is not None:
        leg.fiber.interrupt(Redirected(to))


def call_off(leg: Leg) -> None:
    """End a call; one that still rings is canceled. [D]"""
    if rings(leg):
        leg.end("canceled", "network")
    else:
        leg.hang_up("network")


def update(leg: Leg | None, url: str) -> bool:
    """Take a call to `url`, or with "" end it; False where that cannot be done."""
    if leg is None or leg.over or (url and rings(leg)):
        return False
    if url:
        redirect(leg, Webhook(url))
    else:
        call_off(leg)
    return True
