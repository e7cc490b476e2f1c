"""What changes under a running call: notices, emergency closings, who is there. Read at most once a second."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from ivr.call.calendar import Closure
from ivr.call.scene import Notice

FRESH_SECONDS = 1


@dataclass(frozen=True, slots=True)
class Switched:
    """What is on at one moment."""

    notices: tuple[Notice, ...] = ()
    closures: tuple[Closure, ...] = ()
    unstaffed: frozenset[str] = frozenset()
    """Queues that nobody answers."""
    crowded: frozenset[str] = frozenset()
    """Queues that take nobody any more."""


class Switches:
    """Remembers for a second what the store said, so that the hot path does not ask it at every turn."""

    def __init__(self, read: Callable[[datetime], Switched]) -> None:
        self._read = read
        self._lock = threading.Lock()
        self._known = Switched()
        self._until: datetime | None = None

    def now(self, moment: datetime) -> Switched:
        """What is on at this moment (aware), as of a second ago at the earliest."""
        with self._lock:
            if self._until is None or moment >= self._until or moment < self._until - timedelta(seconds=FRESH_SECONDS):
                self._known = self._read(moment)
                self._until = moment + timedelta(seconds=FRESH_SECONDS)
            return self._known
