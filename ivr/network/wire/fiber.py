"""A program that waits: a generator stepped by the clock, so thousands of calls share one thread.

A program yields `Wait` (time to pass, or one of some events) and `Job` (work that may block, a request).
Interrupts are thrown into it where it waits: hanging up unwinds whatever a call was doing, and each verb
sees it on the way.
"""

from collections import deque
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeVar

from ivr.network.wire.clock import Clock, Timer

EventKind = Literal["key", "talk", "ring result", "child", "joined", "parted", "arrived", "ended", "message"]
"""What a program can wait for: a key or words of the person on the leg, how ringing went, news of a dialled leg, a
partner who comes or goes, somebody in a queue, the end of a conference, a message over a WebSocket."""
NOTHING: frozenset[EventKind] = frozenset()


class Event(NamedTuple):
    """What a wait ended with; a wait that ran out ends with None."""

    kind: EventKind
    value: Any = None


@dataclass(frozen=True, slots=True)
class Wait:
    """Wait `seconds` (None: for ever) or until one of the `wanted` events."""

    seconds: float | None = None
    wanted: frozenset[EventKind] = NOTHING


@dataclass(frozen=True, slots=True)
class Job:
    """Run `work`, which gives its value and the seconds it took."""

    work: Callable[[], tuple[Any, float]]


class Interrupt(Exception):
    """Thrown into a program while it waits."""


T = TypeVar("T")
Program = Generator[Wait | Job, Any, T]
"""A program that gives a T at its end."""


class Afterwards:
    """Calls `act` when its block ends, however it ends; not when the program is collected as garbage.

    A plain `finally` also runs when a forgotten generator is collected as garbage, and would then hang up
    telephones at any moment.
    """

    __slots__ = ("_act",)

    def __init__(self, act: Callable[[], None]) -> None:
        self._act = act

    def __enter__(self) -> None:
        return

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None or not issubclass(kind, GeneratorExit):
            self._act()


def _ended() -> Program[None]:
    yield from ()


class Fiber:
    """One running program; without one it is done from the beginning."""

    def __init__(self, clock: Clock, program: Program[Any] | None = None) -> None:
        self._clock = clock
        self._program = program or _ended()
        self._wait: Wait | None = None
        self._timer: Timer | None = None
        self._turn = 0
        self._running = False
        self._interrupts: deque[Interrupt] = deque()
        self.done = program is None

    def start(self) -> None:
        """Run to the first wait."""
        self._resume(None)

    def wants(self, kind: EventKind) -> bool:
        """Whether the program waits for such an event now."""
        return self._wait is not None and kind in self._wait.wanted

    def tell(self, kind: EventKind, value: Any = None) -> bool:
        """Hand over an event; False when the program does not wait for it, and it is lost."""
        if self._wait is None or kind not in self._wait.wanted or self._running:
            return False
        self._resume(Event(kind, value))
        return True

    def interrupt(self, why: Interrupt) -> None:
        """Throw `why` into the program, now or as soon as it next waits."""
        if self.done:
            return
        self._interrupts.append(why)
        if not self._running:
            self._resume(None)

    def _resume(self, value: Any) -> None:
        self._turn += 1
        self._wait = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._running = True
        try:
            while True:
                if self._interrupts:
                    step = self._program.throw(self._interrupts.popleft())
                else:
                    step = self._program.send(value)
                value = None
                if not self._interrupts:
                    break
        except (StopIteration, Interrupt):
            self.done = True
            return
        finally:
            self._running = False
        turn = self._turn
        if isinstance(step, Wait):
            self._wait = step
            if step.seconds is not None:
                self._timer = self._clock.after(step.seconds, lambda: self._late(turn))
        else:
            self._clock.work(step.work, lambda result: self._worked(turn, result))

    def _late(self, turn: int) -> None:
        if turn == self._turn and not self.done:
            self._timer = None
            self._resume(None)

    def _worked(self, turn: int, result: Any) -> None:
        if turn == self._turn and not self.done:
            self._resume(result)
