"""The rules for agents and queues, from the configuration: who answers, how long phones ring, how often is tried."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ivr.agents.model import Agent
from ivr.call.calendar import Calendar, Closure, is_open
from ivr.store.rows import TalkRow
from ivr.store.vocabulary import Priority


@dataclass(frozen=True, slots=True)
class QueueRule:
    """One queue: who answers, what callers hear who wait, and for how long phones ring.

    `phones` are those that are always there; `agents` the names of people who come and go. `calendar` None: they are
    there at any time. `wrap_up` is how long an agent has for the note, and can make it until `longest_wrap_up`.
    """

    queue: str
    phones: tuple[str, ...] = ()
    agents: tuple[str, ...] = ()
    most: int = 100
    longest_seconds: int = 600
    calendar: Calendar | None = None
    priority: Priority = "normal"
    pause_seconds: int = 12
    """How long a waiting caller hears nothing before being told again where they stand."""
    music: str = ""
    """What is played instead of that silence: a file under media/ or an https address."""
    estimate: bool = False
    """Whether callers are told how long it will take."""
    ring_for: timedelta = timedelta(seconds=20)
    wrap_up: timedelta = timedelta(seconds=30)
    longest_wrap_up: timedelta = timedelta(minutes=5)

    def is_open(self, at: datetime, closures: Sequence[Closure]) -> bool:
        """Whether a moment (aware) is within its hours, in spite of emergency closings."""
        return self.calendar is None or is_open(self.calendar, at, closures)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackRule:
    """How often a customer is called back, how long after the last try, and how long their phone rings."""

    tries: int = 3
    again_after: timedelta = timedelta(minutes=10)
    ring_for: timedelta = timedelta(seconds=30)


@dataclass(frozen=True, kw_only=True)
class Rules:
    """All the rules. `agents` by name, with bare phones by their number."""

    agents: Mapping[str, Agent]
    queues: Mapping[str, QueueRule] = field(default_factory=dict)
    callbacks: CallbackRule = CallbackRule()
    hotline_name: Mapping[str, str] = field(default_factory=dict)
    """The name of the hotline, by language."""
    languages: tuple[str, ...] = ("en",)
    vanished_after: timedelta = timedelta(minutes=30)
    """After so long without a sign of life, an agent who is away counts as logged out."""

    def queue(self, name: str) -> QueueRule:
        """The rule of a queue; the default for a queue that is no longer configured."""
        return self.queues.get(name) or QueueRule(name)

    def wrap_up(self, queue: str, agent: str) -> timedelta:
        """How long this agent has for the note of a talk: a bare phone has no page to write it on."""
        known = self.agents.get(agent)
        return self.queue(queue).wrap_up if known is not None and known.has_login else timedelta(0)

    def wrap_up_ends(self, talk: TalkRow) -> datetime:
        """When the time for the note of a talk is over."""
        return talk.wrap_up_until or _ended(talk) + self.wrap_up(talk.queue, talk.agent)

    def wrap_up_extended(self, talk: TalkRow, now: datetime) -> datetime:
        """The same, if the agent takes as long again from now on; never earlier, and never beyond the longest."""
        rule = self.queue(talk.queue)
        wished = min(now + rule.wrap_up, _ended(talk) + rule.longest_wrap_up)
        return max(self.wrap_up_ends(talk), wished)


def _ended(talk: TalkRow) -> datetime:
    return talk.ended_at or talk.offered_at
