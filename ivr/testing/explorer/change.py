"""What one turn changes in a call, where that does not depend on the flows that are open around the step.

A flow that several others run, such as the one that finds out who calls, is the same for all of them until it ends. So
its turns are taken for one of them, and what they changed is changed in the calls of the others.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ivr.call.events import Moved
from ivr.call.machine import RUN
from ivr.call.session import JumpTarget, Session, Turn


@dataclass(frozen=True, slots=True)
class Change:
    """What a turn changed."""

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
    "answer", "repeats", "ended",
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
