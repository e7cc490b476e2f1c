"""The board: who waits, whose phone rings, who is there and which queues are open, as one person may see it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ivr.agents.model import Activity, Agent, AgentNow, Board, QueueNow, Waiting
from ivr.agents.rules import QueueRule
from ivr.agents.texts import masked
from ivr.call.calendar import Calendar, Closure, opening
from ivr.call.session import Session
from ivr.store import CallbackRow, CallRow, QueueEntry, Store
from ivr.store.rows import PresenceRow, TalkRow
from ivr.store.views import ListFilter, Scope

_ACTIVITIES: Mapping[str, Activity] = {
    "ringing": "ringing", "accepted": "talking", "talking": "talking", "held": "talking", "wrap_up": "wrap_up",
}  # fmt: skip
"""The activity of an agent, by the state of the agent's talk."""


@dataclass(frozen=True)
class Boards:
    """Makes the board of one hotline.

    `queues` are the queues in the order of the configuration, `titles` their names by language. `about` tells
    what a call is about in a language; `closures` the emergency closings of a moment; `expected` is how long
    somebody in a queue will wait. `country` (two letters) is where numbers are shown without their country code.
    """

    store: Store
    agents: Mapping[str, Agent]
    queues: Mapping[str, QueueRule]
    calendars: Mapping[str, Calendar]
    about: Callable[[Session | None, str, str], str]
    closures: Callable[[datetime], Sequence[Closure]]
    expected: Callable[[str, int, datetime, datetime], int | None]
    titles: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    country: str = ""

    def masked(self, number: str) -> str:
        return masked(number, self.country)

    def scope(self, viewer: Agent) -> Scope:
        """What a viewer may see: supervisors everything, agents what belongs to their queues."""
        first = next(iter(self.queues), "")
        return Scope(None if viewer.is_supervisor else frozenset(viewer.queues), first)

    def is_open(self, queue: str, at: datetime) -> bool:
        """Whether a queue is within its opening hours at a moment (aware)."""
        staff = self.queues.get(queue)
        return staff is None or staff.is_open(at, self.closures(at))

    def hours(self, now: datetime) -> Mapping[str, str]:
        """The state of each calendar at a moment: open, closed, holiday or emergency."""
        closures = self.closures(now)
        return {name: opening(calendar, now, closures).state for name, calendar in self.calendars.items()}

    def calendar(self, name: str, language: str) -> str:
        """The title of a calendar: that of the queue of its name, else its `doc`."""
        return self.title(name, language) if name in self.titles else self.calendars[name].doc or name

    def title(self, queue: str, language: str) -> str:
        """The title of a queue, in whatever language there is one; else its name."""
        names = self.titles.get(queue, {})
        return names.get(language) or next(iter(names.values()), queue)

    def now(self, viewer: Agent, language: str, now: datetime) -> Board:
        """The board of this moment (aware), in a language."""
        scope = self.scope(viewer)
        talks = self.store.talks.open()
        agents = self._agents(viewer, talks, self.store.talks.presences())
        facts = _Facts(
            now=now,
            language=language,
            closures=self.closures(now),
            rings={talk.subject: talk.agent for talk in talks if talk.state == "ringing" and not talk.consult_of},
            claimed=frozenset(talk.subject for talk in talks if talk.kind == "callback" and talk.state != "wrap_up"),
        )
        return Board(
            at=now,
            queues=tuple(self._queues(scope, facts, agents)),
            agents=agents,
            open=self.hours(now),
        )

    # --- queues ---

    def _queues(self, scope: Scope, facts: _Facts, agents: Sequence[AgentNow]) -> list[QueueNow]:
        waiting: dict[str, list[Waiting]] = {}
        for entry, call in self.store.waiting_calls():
            waiting.setdefault(entry.queue, []).append(self._waiting(entry, call, facts))
        later: Counter[str] = Counter()
        due: Counter[str] = Counter()
        for callback in self.store.find_callbacks(wanted=ListFilter(limit=1000)):
            if callback.due_at > facts.now:
                later[callback.queue] += 1
            elif callback.key not in facts.claimed or callback.key in facts.rings:
                due[callback.queue] += 1
                waiting.setdefault(callback.queue, []).append(self._promised(callback, facts))
        return [
            self._queue(staff, facts, agents, waiting.get(name, ()), (due[name], later[name]))
            for name, staff in self.queues.items()
            if scope.sees(name)
        ]

    def _queue(
        self,
        staff: QueueRule,
        facts: _Facts,
        agents: Sequence[AgentNow],
        waiting: Sequence[Waiting],
        callbacks: tuple[int, int],
    ) -> QueueNow:
        """A queue with its agents and its hours. `callbacks`: how many are due, and how many later."""
        doing = Counter(one.activity for one in agents if staff.queue in one.agent.queues)
        return QueueNow(
            name=staff.queue,
            title=self.title(staff.queue, facts.language),
            waiting=tuple(waiting),
            due_callbacks=callbacks[0],
            later_callbacks=callbacks[1],
            estimate_seconds=self.expected(staff.queue, len(waiting), facts.now, facts.now),
            ready=doing["ready"],
            talking=doing["talking"] + doing["ringing"],
            wrapping_up=doing["wrap_up"],
            away=doing["away"],
            open=staff.is_open(facts.now, facts.closures),
        )

    def _waiting(self, entry: QueueEntry, call: CallRow, facts: _Facts) -> Waiting:
        session = Session.from_json(call.session) if call.session else None
        name = session.values.get("customer") if session and session.account else None
        return Waiting(
            subject=entry.call_id, call_id=entry.call_id, kind="queue", queue=entry.queue, since=entry.waits_since,
            topic=self.about(session, entry.topic, facts.language), language=entry.language, priority=entry.priority,
            who=name.text if name else self.masked(call.from_number), identified=name is not None,
            rings=self._rings(entry.call_id, facts),
        )  # fmt: skip

    def _promised(self, callback: CallbackRow, facts: _Facts) -> Waiting:
        return Waiting(
            subject=callback.key, call_id=callback.call_id, kind="callback", queue=callback.queue,
            since=callback.since or callback.due_at, topic=self.about(None, callback.topic, facts.language),
            language=callback.language, priority=self.queues[callback.queue].priority
            if callback.queue in self.queues else "normal",
            who=self.masked(callback.number), rings=self._rings(callback.key, facts),
        )  # fmt: skip

    def _rings(self, subject: str, facts: _Facts) -> str:
        agent = self.agents.get(facts.rings.get(subject, ""))
        return agent.called(facts.language) if agent else self.masked(facts.rings.get(subject, ""))

    # --- agents ---

    def _agents(
        self, viewer: Agent, talks: Sequence[TalkRow], presences: Mapping[str, PresenceRow]
    ) -> tuple[AgentNow, ...]:
        """Everybody who answers the viewer's queues, in the order of the configuration."""
        of = {talk.agent: talk for talk in talks}
        seen = (
            agent
            for agent in self.agents.values()
            if viewer.is_supervisor or agent.name == viewer.name or set(agent.queues) & set(viewer.queues)
        )
        return tuple(agent_now(agent, of.get(agent.name), presences.get(agent.name)) for agent in seen)


def agent_now(agent: Agent, talk: TalkRow | None, presence: PresenceRow | None) -> AgentNow:
    """What an agent does, from their open talk and what they chose. A bare phone is always there."""
    if talk is not None:
        since = talk.ended_at if talk.state == "wrap_up" else talk.joined_at or talk.accepted_at
        then = presence.presence if presence is not None and presence.presence != "ready" else ""
        return AgentNow(
            agent=agent, activity=_ACTIVITIES[talk.state], since=since or talk.offered_at,
            then=then, reason=presence.reason if presence is not None and then else "",
        )  # fmt: skip
    if presence is None:
        return AgentNow(agent=agent, activity="off" if agent.has_login else "ready", since=None)
    chosen: Activity = "ready" if presence.presence == "ready" else "away" if presence.presence == "away" else "off"
    return AgentNow(agent=agent, activity=chosen, since=presence.since, reason=presence.reason)


@dataclass(frozen=True, kw_only=True)
class _Facts:
    """What all parts of the board need. `rings`: whose phone rings, by subject; `claimed`: callbacks being made."""

    now: datetime
    language: str
    closures: Sequence[Closure]
    rings: Mapping[str, str]
    claimed: frozenset[str]
