"""A queue: who waits in it, since when, and which agents wait for somebody to come."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from ivr.network.wire.clock import Clock
from ivr.network.wire.fiber import Interrupt
from ivr.network.wire.transport import Params


@dataclass(eq=False)
class Member:
    """A call in a queue; `dequeue` takes it out by interrupting its program, and is False when it has gone."""

    call_sid: str
    since: float  # seconds of the clock
    entered: datetime
    dequeue: Callable[[Interrupt], bool]


@dataclass(eq=False)
class Queue:
    """One queue. Times are whole seconds, as in the requests. [D] docs/twilio-facts.md#a7-queues"""

    sid: str
    name: str
    clock: Clock
    created: datetime
    max_size: int = 1000
    members: list[Member] = field(default_factory=list)
    waiting_agents: deque[Callable[[], object]] = field(default_factory=deque)
    _since: float = 0.0  # sum of the members' `since`

    def join(self, member: Member) -> None:
        """Put a call at the end, and tell the first agent who waits for one."""
        self.members.append(member)
        self._since += member.since
        if self.waiting_agents:
            self.waiting_agents.popleft()()

    def leave(self, member: Member) -> None:
        """Take a call out; harmless when it is gone."""
        if member in self.members:
            self.members.remove(member)
            self._since -= member.since

    def stop_waiting(self, agent: Callable[[], object]) -> None:
        """Forget an agent who waited for a member; harmless when they were told."""
        if agent in self.waiting_agents:
            self.waiting_agents.remove(agent)

    def waited(self, member: Member) -> int:
        """How long a member has waited."""
        return int(self.clock.seconds - member.since)

    @property
    def average_wait(self) -> int:
        """How long the present members have waited, on average. [D] docs/twilio-facts.md#a7-queues"""
        if not self.members:
            return 0
        return int(self.clock.seconds - self._since / len(self.members))

    def wait_params(self, member: Member) -> Params:
        """Give the parameters that a waitUrl is told."""
        position = self.members.index(member) + 1 if member in self.members else 0
        return (
            ("AvgQueueTime", str(self.average_wait)),
            ("CurrentQueueSize", str(len(self.members))),
            ("MaxQueueSize", str(self.max_size)),
            ("QueuePosition", str(position)),
            ("QueueSid", self.sid),
            ("QueueTime", str(self.waited(member))),
        )
