"""What each step kind does: `enters` when the call reaches it, `hears` while the call waits in it.

A function is handed the step and the scene and answers a `Result`: an outcome to leave by, a wait to stop at, or an
earlier place to go back to. A new kind is a dataclass in `ivr.flow.model` and its one or two functions here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ivr.call.events import Input, TicketOpened
from ivr.call.steps import asking, branching, identifying, promising, speaking
from ivr.call.turn import Result, Scene
from ivr.flow.model import Step

_MODULES = (speaking, asking, branching, identifying, promising)
_ENTERS: dict[type[Step], Callable[[Any, Scene], Result]] = {
    kind: function for module in _MODULES for kind, function in module.ENTERS.items()
}
_HEARS: dict[type[Step], Callable[[Any, Scene, Input], Result | None]] = {
    kind: function for module in _MODULES for kind, function in module.HEARS.items()
}


class UnexpectedInput(Exception):
    """An input came for a step that does not wait for any such thing; the desk answers with the current prompt."""

    def __init__(self, step: Step, heard: Input) -> None:
        self.step = step
        self.heard = heard
        super().__init__(f'a {step.kind} step ("{step.name}") does not wait for {type(heard).__name__}')


def enter(step: Step, scene: Scene) -> Result:
    """What happens on reaching a step, or on standing in it again after the caller was gone or went back."""
    return _ENTERS[type(step)](step, scene)


def hear(step: Step, scene: Scene, heard: Input) -> Result:
    """What happens when the wait of this step ends. Raises UnexpectedInput for an input it does not wait for."""
    function = _HEARS.get(type(step))
    result = function(step, scene, heard) if function else None
    if result is None:
        raise UnexpectedInput(step, heard)
    return result


def interrupted(step: Step, scene: Scene) -> TicketOpened | None:
    """The ticket for a caller who hung up in this step, or None when nothing was promised."""
    return promising.unfinished(step, scene)
