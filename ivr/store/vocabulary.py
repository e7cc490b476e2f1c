"""The closed vocabularies of the store: the words that may stand in a column. mypy holds every writer to them."""

from collections.abc import Mapping
from typing import Literal, TypeGuard, get_args

FinalCallStatus = Literal["completed", "busy", "failed", "no-answer", "canceled"]
"""How a call ended, in the carrier's words. A call that has such a status never changes it again."""
CallStatus = Literal["ringing", "active"] | FinalCallStatus
FINAL_CALL_STATUSES: frozenset[FinalCallStatus] = frozenset(get_args(FinalCallStatus))

TalkKind = Literal["queue", "callback", "consult"]
"""A caller who waits; a call back that is due; a colleague asked by an agent in the middle of a talk."""
TalkState = Literal["ringing", "accepted", "talking", "held", "wrap_up", "over", "missed", "refused", "gone", "lost"]
"""One agent and one caller, from the first ring; what leads from one to another stands in `ivr.agents.states`. The
final ones are over: in a good way; missed: no answer; refused: declined, or the phone was busy; gone: the other side
was gone first; lost: the agent's phone went away before the talk, and the caller is at the head of the queue again."""
CUT_OFF_SECONDS = 5
"""A talk that ends so soon was cut off and is none, unless the agent ended it or the caller hung up."""
OPEN_TALKS: tuple[TalkState, ...] = ("ringing", "accepted", "talking", "held", "wrap_up")
"""An agent has at most one of these."""
CLAIMS: tuple[TalkState, ...] = ("ringing", "accepted", "talking", "held")
"""A caller (or a call back) has at most one of these; a consultation does not count."""

Presence = Literal["off", "ready", "away"]
"""What an agent has chosen. Whether they ring, talk or wrap up follows from their talk."""

PlaceStatus = Literal[
    "joining", "waiting", "taken", "answered", "left", "full", "nobody", "timeout", "failed", "hangup"
]
"""A caller's place in a queue: joining while they hear the words before it, waiting, taken by an agent, or how the wait
ended."""
UNSETTLED: tuple[PlaceStatus, ...] = ("joining", "waiting", "taken")
CallbackStatus = Literal["open", "done", "failed", "canceled"]
TicketStatus = Literal["open", "working", "waiting", "closed"]
Priority = Literal["low", "normal", "high", "urgent"]
OutboxKind = Literal["sms", "call", "steer", "ticket", "forget"]
SwitchKind = Literal["notice", "closure"]

RANKS: Mapping[Priority, int] = {"low": 0, "normal": 1, "high": 2, "urgent": 3}
FORWARD = max(RANKS.values()) + 1
"""The rank of a caller whom a supervisor has taken forward: before all others."""


def is_final(status: str) -> TypeGuard[FinalCallStatus]:
    return status in FINAL_CALL_STATUSES


def is_ticket_status(word: str) -> TypeGuard[TicketStatus]:
    return word in get_args(TicketStatus)
