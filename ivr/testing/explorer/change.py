"""What one turn changes in a call, and what it leaves behind: text messages, tickets, calls back.

A flow that several others run, such as the one that finds out who calls, is the same for all of them until it ends. So
its turns are taken for one of them, and what they changed is changed in the calls of the others.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ivr.call.events import CallbackBooked, Event, Moved, TextSent, TicketAmended, TicketOpened
from ivr.call.machine import RUN
from ivr.call.session import JumpTarget, Session, Turn
from ivr.testing.explorer.actions import CALLER, REGISTERED


@dataclass(frozen=True, slots=True)
class Change:
    fields: Mapping[str, Any]
    values: Mapping[str, Any]
    """The changed and new ones; None for one that is gone."""
    home: bool
    """Whether the flows that were open before are left."""
    opened: tuple[str, ...]
    """The `run` steps that are open besides."""
    visited: tuple[JumpTarget, ...]

    def of(self, session: Session) -> Session:
        """Another call after this turn."""
        values = {name: value for name, value in {**session.values, **self.values}.items() if value is not None}
        stack = self.opened if self.home else (*session.stack, *self.opened)
        return session.replace(**self.fields, values=values, stack=stack, history=session.history + self.visited)


_FIELDS = (
    "language", "started_at", "state", "scratch", "topic", "account", "factor", "limit_reached", "heard_at", "silences",
    "answer", "answer_elsewhere", "repeats", "ended",
)  # fmt: skip


def change_of(before: Session, turn: Turn) -> Change | None:
    """None for a turn that returned to one of the flows that were open, left only some of them, or opened a ticket."""
    stack, after = before.stack, turn.session
    visited = after.history[len(before.history) :]
    if after.history[: len(before.history)] != before.history or any(each.stack[:1] == stack[:1] for each in visited):
        return None
    if after.tickets != before.tickets:
        return None
    left = [
        event for event in turn.events
        if isinstance(event, Moved) and event.outcome != RUN and _flow(event.state) != _flow(event.to)
    ]  # fmt: skip
    home = len(left) == 1 and _flow(left[0].to) == _flow(stack[0]) and left[0].to not in stack
    if not home and (left or after.stack[: len(stack)] != stack):
        return None
    names = before.values.keys() | after.values.keys()
    return Change(
        {name: now for name in _FIELDS if (now := getattr(after, name)) != getattr(before, name)},
        {name: after.values.get(name) for name in names if after.values.get(name) != before.values.get(name)},
        home, after.stack if home else after.stack[len(stack) :], visited,
    )  # fmt: skip


def _flow(state: str) -> str:
    return state.partition(".")[0]


def left_by(events: Sequence[Event]) -> str:
    """The outcome by which the first step was left, or "" if it was not."""
    return next((event.outcome for event in events if isinstance(event, Moved)), "")


WHOSE = {CALLER: "the calling number", REGISTERED: "the registered number"}


def effects_of(events: Sequence[Event]) -> tuple[str, ...]:
    """What is left behind, in words: text messages, tickets, calls back."""
    found = []
    for event in events:
        match event:
            case TextSent(to=to, body=body):
                found.append(f"text message to {WHOSE.get(to, to)}: {body}")
            case TicketOpened(topic=topic, priority=priority, complete=complete):
                found.append(f"ticket: {topic}, {priority}{'' if complete else ', incomplete'}")
            case TicketAmended(about=about):
                found.append(f"more for the ticket: {', '.join(about)}")
            case CallbackBooked(queue=queue):
                found.append(f"call back: {queue}")
    return tuple(found)
