"""Two legs joined: what one person says the other hears, until one of them goes."""

from __future__ import annotations

from ivr.network.line.leg import Leg
from ivr.network.line.listening import Listening
from ivr.network.line.outgoing import connected
from ivr.network.wire.fiber import EventKind

PARTED: frozenset[EventKind] = frozenset({"parted"})


def join(one: Leg, other: Leg) -> None:
    """Join two legs; both persons may talk now."""
    one.peer, other.peer = other, one
    for leg in (one, other):
        leg.listening = Listening("bridge", ready=True, inputs=("dtmf", "speech"))
        leg.note("network", "connected", other.phone if leg is one else one.phone)
    connected(one)
    connected(other)


def part(leg: Leg) -> None:
    """Take a leg out of its bridge; the program of the other is told `parted`."""
    other = leg.peer
    if other is None:
        return
    leg.peer = other.peer = None
    for end in (leg, other):
        if end.listening is not None and end.listening.kind == "bridge":
            end.listening = None
    if other.fiber is not None:
        other.fiber.tell("parted")
