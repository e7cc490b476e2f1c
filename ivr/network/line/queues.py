"""A queue: who waits in it, since when, and who waits for somebody to come."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ivr.network.wire.clock import Clock

if TYPE_CHECKING:
    from ivr.network.line.leg import Leg


@dataclass(eq=False)
class Member:
    """A call in a queue."""

    leg: Leg
    since: float  # seconds of the clock
    dequeue: Callable[[Leg, object], None]  # (who takes the call, the request for the whisper)


@dataclass(eq=False)
class Queue:
    """One queue. Times are whole seconds, as in the requests. [D]"""

    sid: str
    name: str
    clock: Clock
    max_size: int = 1000
    members: list[Member] = field(default_factory=list)
    seekers: deque[Callable[[], None]] = field(default_factory=deque)
    _since: float = 0.0  # sum of the members' `since`

    def join(self, member: Member) -> None:
        """Put a call at the end, and tell the first agent who waits for one."""
        self.members.append(member)
        self._since += member.since
        if self.seekers:
            self.seekers.popleft()()

    def leave(self, member: Member) -> None:
        """Take a call out; harmless when it is gone."""
        if member in self.members:
            self.members.remove(member)
            self._since -= member.since

    def unseek(self, seeker: Callable[[], None]) -> None:
        """Forget somebody who waited for a member; harmless when they were told."""
        if seeker in self.seekers:
            self.seekers.remove(seeker)

    def waited(self, member: Member) -> int:
        """How long a member has waited."""
        return int(self.clock.seconds - member.since)

    @property
    def average_wait(self) -> int:
        """The mean of how long the present members have waited. [D]"""
        if not self.members:
            return 0
        return int(self.clock.seconds - self._since / len(self.members))

    def facts(self, member: Member) -> tuple[tuple[str, str], ...]:
        """Give what a waitUrl is told."""
        position = self.members.index(member) + 1 if member in self.members else 0
        return (
            ("AvgQueueTime", str(self.average_wait)),
            ("CurrentQueueSize", str(len(self.members))),
            ("MaxQueueSize", str(self.max_size)),
            ("QueuePosition", str(position)),
            ("QueueSid", self.sid),
            ("QueueTime", str(self.waited(member))),
        )
