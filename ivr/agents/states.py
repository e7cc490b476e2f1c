"""The states of a talk, what may happen in each, and what follows. Only data: `ivr.agents.transitions` carries it out.

A row says: in this state, when this happens, the talk is in that state, and these effects follow in this order, in the
same transaction. What has no row is not possible: it changes nothing. Whoever comes second finds another state, so
nothing is done twice. The picture in docs/design.md is drawn from this table.
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple

from ivr.store.vocabulary import TalkState

TalkEvent = Literal[
    "accepted",  # the agent pressed 1, or asked for this caller on the page
    "not answered",  # nobody picked up, or no key was pressed in time
    "rang too long",  # the same, but the carrier never said so
    "unreachable",  # the agent's phone was busy, or could not be rung
    "declined",  # by the agent, on the page
    "withdrawn",  # there is nobody left to talk to; the agent hears so in the answer to this very request
    "caller gone",  # the same, found out by ourselves; of a consultation: the caller it was about has hung up
    "agent entered",  # the agent has heard the whisper and goes into the room
    "customer entered",  # the other side is in the room: the caller, or the customer who pressed 1
    "colleague entered",  # of a consultation: the colleague goes into the room where the first agent waits
    "not reached",  # the customer of a call back did not answer
    "took too long",  # neither side came into the room in time
    "hold",
    "resume",
    "consult",  # the agent asks a colleague
    "cancel consultation",
    "bring in",  # the caller joins the agent and the colleague
    "complete",  # the agent leaves the caller with the colleague
    "agent left colleague",  # the same, by hanging up
    "colleague left",  # of the first agent: the colleague was in the room and is not any more
    "colleague not there",  # of the first agent: the colleague never came
    "handed over",  # into another queue
    "agent ends",  # on the page
    "agent hung up",
    "agent cut off",  # hung up so soon that it was no talk
    "caller hung up",  # as the room tells
    "caller left",  # the room ended for the other side, whose call goes on
    "caller cut off",  # the same, so soon that it was no talk
    "call over",  # the other side's call has ended, as the carrier tells or we found out
    "consultation ends",  # of a consultation: the colleague leaves it
    "dismissed",  # of a consultation: the first agent ends it
    "room ended",  # of a consultation: the room ended for the colleague
    "note written",  # or its time is over
    "caller back",  # the caller of a lost talk waits in the queue again, or has hung up
    "caller not back",  # the caller of a lost talk may still be on the way into its room
]
"""What can happen to a talk."""

Effect = Literal[
    "clear missed calls",
    "agent rests after a missed call",
    "agent rests after a busy call",
    "agent rests after a lost call",
    "agent waits for the next",
    "hang up agent",
    "stop ringing agent",
    "agent asks again",
    "agent to room",
    "bring customer",
    "hang up customer",
    "customer on hold",
    "customer asks again",
    "customer leaves room later",
    "customer to head of queue",
    "forget room",
    "try customer again",
    "settle callbacks",
    "fresh room",
    "withdraw colleague",
    "dismiss colleague",
    "tell colleague",
    "finish colleague",
    "colleague keeps customer",
    "colleague brings customer",
    "first agent goes on",
    "skip note if there is none",
    "note to ticket",
]
"""What follows; each is one small function in `ivr.agents.transitions`."""


class Row(NamedTuple):
    """The state after an event, and what follows."""

    state: TalkState
    effects: tuple[Effect, ...] = ()


_NOT_TAKEN: tuple[Effect, ...] = ("first agent goes on",)
_NOBODY_THERE: tuple[Effect, ...] = ("stop ringing agent", "hang up customer")
_LOST: tuple[Effect, ...] = (
    "withdraw colleague", "agent rests after a lost call", "customer to head of queue", "note to ticket",
)  # fmt: skip
_ENDED: tuple[Effect, ...] = ("dismiss colleague", "settle callbacks", "skip note if there is none")
_HUNG_UP = Row(
    "wrap_up", ("tell colleague", "settle callbacks", "skip note if there is none", "agent asks again")
)  # fmt: skip
_DISMISSED_BEFORE = Row("gone", ("hang up agent",))
_DISMISSED_IN_TALK = Row("wrap_up", ("hang up agent", "skip note if there is none"))
_LEAVES_BEFORE = Row("gone", ("first agent goes on", "hang up agent"))
_LEAVES_IN_TALK = Row("wrap_up", ("first agent goes on", "hang up agent", "skip note if there is none"))
_TAKEN_OVER: tuple[Effect, ...] = ("skip note if there is none", "colleague keeps customer")
_HANDED_OVER = Row(
    "wrap_up",
    ("dismiss colleague", "customer asks again", "skip note if there is none", "hang up agent"),
)

TABLE: Mapping[tuple[TalkState, TalkEvent], Row] = {
    # the agent's phone rings, or asks for a 1
    ("ringing", "accepted"): Row("accepted", ("clear missed calls",)),
    ("ringing", "not answered"): Row("missed", ("agent rests after a missed call", *_NOT_TAKEN)),
    ("ringing", "rang too long"): Row("missed", ("hang up agent", "agent rests after a missed call", *_NOT_TAKEN)),
    ("ringing", "unreachable"): Row("refused", ("agent rests after a busy call", *_NOT_TAKEN)),
    ("ringing", "declined"): Row("refused", ("hang up agent", *_NOT_TAKEN)),
    ("ringing", "withdrawn"): Row("gone", _NOBODY_THERE),
    ("ringing", "caller gone"): Row("gone", (*_NOBODY_THERE, "agent asks again")),
    ("ringing", "dismissed"): _DISMISSED_BEFORE,
    # it is this agent's caller, who is being brought in or, for a call back, rung
    ("accepted", "agent entered"): Row("accepted", ("bring customer",)),
    ("accepted", "customer entered"): Row("talking"),
    ("accepted", "colleague entered"): Row("talking"),
    ("accepted", "not reached"): Row(
        "gone", ("try customer again", "agent asks again", *_NOBODY_THERE, "note to ticket")
    ),
    ("accepted", "withdrawn"): Row("gone", (*_NOBODY_THERE, "note to ticket")),
    ("accepted", "caller gone"): Row("gone", (*_NOBODY_THERE, "agent asks again", "note to ticket")),
    ("accepted", "took too long"): Row("lost", ("hang up agent", *_LOST)),
    ("accepted", "agent ends"): Row("lost", (*_LOST, "hang up agent")),
    ("accepted", "agent hung up"): Row("lost", _LOST),
    ("accepted", "agent cut off"): Row("lost", _LOST),
    ("accepted", "consultation ends"): _LEAVES_BEFORE,
    ("accepted", "dismissed"): _DISMISSED_BEFORE,
    # they are in one room
    ("talking", "hold"): Row("held", ("customer on hold",)),
    ("talking", "consult"): Row("held", ("customer on hold", "agent to room")),
    ("talking", "cancel consultation"): Row(
        "talking", ("customer leaves room later", "fresh room", "agent to room", "dismiss colleague")
    ),
    ("talking", "bring in"): Row("talking"),
    ("talking", "complete"): Row("wrap_up", (*_TAKEN_OVER, "hang up agent")),
    ("talking", "agent left colleague"): Row("wrap_up", _TAKEN_OVER),
    ("talking", "colleague left"): Row("talking", ("finish colleague", "customer leaves room later", "fresh room")),
    ("talking", "colleague not there"): Row("talking", ("customer leaves room later", "fresh room", "agent to room")),
    ("talking", "handed over"): _HANDED_OVER,
    ("talking", "agent ends"): Row("wrap_up", (*_ENDED, "customer leaves room later", "hang up agent")),
    ("talking", "agent hung up"): Row("wrap_up", (*_ENDED, "customer leaves room later")),
    ("talking", "agent cut off"): Row("lost", _LOST),
    ("talking", "caller hung up"): _HUNG_UP,
    ("talking", "caller left"): Row("wrap_up", _ENDED),
    ("talking", "caller cut off"): Row("lost", _LOST),
    ("talking", "call over"): _HUNG_UP,
    ("talking", "caller gone"): Row("wrap_up", ("agent asks again", "skip note if there is none")),
    ("talking", "consultation ends"): _LEAVES_IN_TALK,
    ("talking", "dismissed"): _DISMISSED_IN_TALK,
    ("talking", "room ended"): Row("wrap_up", ("skip note if there is none",)),
    # the other side hears music
    ("held", "resume"): Row("talking", ("customer asks again",)),
    ("held", "consult"): Row("held", ("agent to room",)),
    ("held", "cancel consultation"): Row(
        "talking", ("fresh room", "agent to room", "dismiss colleague", "customer asks again")
    ),
    ("held", "bring in"): Row("talking", ("customer asks again",)),
    ("held", "complete"): Row("wrap_up", (*_TAKEN_OVER, "colleague brings customer", "hang up agent")),
    ("held", "agent left colleague"): Row("wrap_up", (*_TAKEN_OVER, "colleague brings customer")),
    ("held", "colleague left"): Row("held", ("finish colleague", "fresh room")),
    ("held", "colleague not there"): Row("held", ("fresh room", "agent to room")),
    ("held", "handed over"): _HANDED_OVER,
    ("held", "agent ends"): Row("wrap_up", (*_ENDED, "customer asks again", "hang up agent")),
    ("held", "agent hung up"): Row("lost", _LOST),
    ("held", "agent cut off"): Row("lost", _LOST),
    ("held", "call over"): _HUNG_UP,
    ("held", "caller gone"): Row("gone", (*_NOBODY_THERE, "agent asks again")),
    ("held", "withdrawn"): Row("gone", _NOBODY_THERE),
    ("held", "consultation ends"): _LEAVES_BEFORE,
    ("held", "dismissed"): _DISMISSED_BEFORE,
    # the other side is gone, the note is not written
    ("wrap_up", "note written"): Row("over", ("note to ticket", "agent waits for the next")),
    # the caller is at the head of the queue, and may still be on the way into this talk's room
    ("lost", "caller back"): Row("lost", ("forget room",)),
    ("lost", "caller not back"): Row("lost", ("forget room", "customer asks again")),
}


def legal(state: TalkState, event: TalkEvent) -> bool:
    return (state, event) in TABLE
