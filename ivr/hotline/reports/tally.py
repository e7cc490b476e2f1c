"""Counts calls by day, step, queue, topic and agent. What each word counts is written here and in docs/reports.md.

Whatever a call led to counts for the day on which the call began, in the hotline's time zone. Each call has exactly
one outcome, so outcomes add up to calls, and days to the total.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from ivr.flow.model import FlowSet, Queue
from ivr.hotline.reports.path import HUNG_UP, OVER, STILL_THERE, Visit, Walk, walk
from ivr.hotline.reports.percentiles import Spread
from ivr.store.report_rows import SeenCall, SeenCallback
from ivr.store.rows import TalkRow

OUTCOMES = (
    "contained", "person", "transferred", "promised", "abandoned", "turned_away", "unanswered", "fault", "live",
    "unknown",
)  # fmt: skip
"""How a call came out, exactly one of:

contained: answered without a person – a flow about a topic came to its end or said goodbye, and none of the below.
person: talked with one of our people. transferred: put through to a number outside. abandoned: the caller hung up while
waiting in a queue. promised: a call back was booked, a message recorded or a ticket opened. turned_away: asked for a
person and got neither person nor promise. fault: ended by a limit or a failure of ours. unanswered: over before
anything was answered. live: goes on. unknown: its transcript is no longer kept.
"""

ASKING = ("menu", "ask", "identify", "survey")
"""Kinds of steps that ask the caller for something."""
AT_ONCE_SECONDS = 20
"""Answered within so many seconds counts for the service level."""
REFUSALS = ("nobody", "full", "failed", "timeout", "left", "busy", "no_answer")
"""Ways out of a queue or a transfer without a talk."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the flows of now say about names in the journal; empty without flows."""

    kinds: Mapping[str, str] = field(default_factory=dict)
    """The kind of each step, by `flow.step`."""
    topics: Mapping[str, str] = field(default_factory=dict)
    """The topic of each flow that has one."""
    queues: Mapping[str, str] = field(default_factory=dict)
    """The queue of each queue step: one that took nobody in left no other trace."""

    @classmethod
    def of(cls, flows: FlowSet) -> Known:
        steps = {f"{name}.{step.name}": step for name, flow in flows.flows.items() for step in flow.steps.values()}
        return cls(
            kinds={state: step.kind for state, step in steps.items()},
            topics={name: flow.topic for name, flow in flows.flows.items() if flow.topic},
            queues={state: step.queue for state, step in steps.items() if isinstance(step, Queue)},
        )


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days, both included, in a time zone."""

    first: date
    last: date
    zone: ZoneInfo

    @property
    def start(self) -> datetime:
        """The first moment (aware)."""
        return datetime.combine(self.first, time(), self.zone)

    @property
    def end(self) -> datetime:
        """The first moment that is too late (aware)."""
        return datetime.combine(self.last + timedelta(days=1), time(), self.zone)

    def days(self) -> Iterator[date]:
        for number in range((self.last - self.first).days + 1):
            yield self.first + timedelta(days=number)

    def day_of(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()


# --- one call -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ClassifiedCall:
    """One call as it is counted."""

    seen: SeenCall
    walk: Walk
    outcome: str
    topic: str

    @property
    def seconds(self) -> float | None:
        """How long it lasted: as the carrier says, else from its first turn to its end."""
        if self.seen.seconds is not None or self.seen.ended_at is None:
            return self.seen.seconds
        return (self.seen.ended_at - self.seen.started_at).total_seconds()

    @property
    def gave_up_at(self) -> Visit | None:
        """The step in which the caller gave up: hung up while being asked, or while waiting for a person."""
        stood = self.walk.stood
        if stood is None or stood.way != HUNG_UP or self.outcome not in ("unanswered", "abandoned", "turned_away"):
            return None
        return stood

    def waits(self) -> Iterator[tuple[str, float, bool]]:
        """Each wait for a person that is over: the queue, its seconds, and whether it was answered."""
        for talk in self.seen.talks:
            if talk.kind == "queue" and talk.waiting_since is not None:
                yield talk.queue, talk.accepted_at - talk.waiting_since, True
        for visit in self.walk.visits:
            if visit.queue and visit.way not in ("answered", STILL_THERE):
                yield visit.queue, visit.seconds, False


def classify(seen: SeenCall, known: Known) -> ClassifiedCall:
    """The call, walked and judged."""
    walked = walk(seen.turns, live=seen.ended_at is None)
    topic = next((known.topics[flow] for flow in reversed(walked.flows) if flow in known.topics), "")
    return ClassifiedCall(seen, walked, outcome(seen, walked, known), topic)


def outcome(seen: SeenCall, walked: Walk, known: Known) -> str:
    """The one word of `OUTCOMES` for a call, the first that fits."""
    if seen.ended_at is None and not walked.ended:  # we may hang up before the carrier says that it has
        return "live"
    if seen.forgotten:
        return "unknown"
    ways = {(visit.kind, visit.way) for visit in walked.visits}
    if ("queue", "answered") in ways:
        return "person"
    if ("transfer", "answered") in ways:
        return "transferred"
    if walked.stood is not None and walked.stood.queue and walked.stood.way == HUNG_UP:
        return "abandoned"
    if seen.tickets or seen.callbacks or ("voicemail", "recorded") in ways:
        return "promised"
    if any(kind in ("queue", "transfer") and way in REFUSALS for kind, way in ways):
        return "turned_away"
    if walked.ended in ("limit", "fault"):
        return "fault"
    return "contained" if _answered(walked, known) else "unanswered"


def _answered(walked: Walk, known: Known) -> bool:
    """A flow about a topic came to its end, and nothing was begun after it; or the hotline said goodbye in one."""
    finished = any(flow in known.topics for flow in walked.finished)
    if walked.ended != "hangup":
        return finished and not walked.unfinished
    return finished or not known.topics or any(flow in known.topics for flow in walked.flows[-1:])


# --- sums ---------------------------------------------------------------------------------------------------------


class Waits:
    """Waits for a person: all of them, and how many were answered."""

    def __init__(self) -> None:
        self.all = Spread()
        self.answered = Spread()

    def add(self, seconds: float, answered: bool) -> None:
        self.all.add(seconds)
        if answered:
            self.answered.add(seconds)


class Sums:
    """Calls of one day, or of all: counts, durations, waits."""

    def __init__(self) -> None:
        self.calls = 0
        self.outcomes: Counter[str] = Counter()
        self.languages: Counter[str] = Counter()
        self.counts: Counter[str] = Counter()
        """identified, hung_up, troubled, texts, tickets, voicemails, and what became of callbacks and surveys."""
        self.seconds = Spread()
        self.waits = Waits()
        self.late = Spread()
        """Seconds from when a call back was promised for to when the caller was reached."""
        self.score = 0.0
        """Sum of survey answers, each as a share of its scale."""
        self.scale = 0
        """The longest scale of a survey that was answered."""

    @property
    def known(self) -> bool:
        """Whether anything is left to count but the bare records."""
        return not self.calls or self.outcomes["unknown"] < self.calls

    def add(self, call: ClassifiedCall) -> None:
        seen, walked, count = call.seen, call.walk, self.counts
        self.calls += 1
        self.outcomes[call.outcome] += 1
        self.languages[seen.language] += 1
        if call.seconds is not None:
            self.seconds.add(call.seconds)
        count["identified"] += seen.identified
        gave_up = call.gave_up_at
        count["hung_up"] += gave_up is not None and gave_up.kind in ASKING
        count["troubled"] += walked.troubled
        count["texts"] += walked.texts
        count["tickets"] += len(seen.tickets)
        count["voicemails"] += sum(visit.kind == "voicemail" and visit.way == "recorded" for visit in walked.visits)
        count["surveys"] += sum(visit.kind == "survey" and visit.way != OVER for visit in walked.visits)
        count["scores"] += len(walked.scores)
        self.score += sum(score / scale for score, scale in walked.scores)
        self.scale = max((self.scale, *(scale for _, scale in walked.scores)))
        for _, seconds, answered in call.waits():
            self.waits.add(seconds, answered)
        reached = {talk.subject: talk.joined_at for talk in seen.talks if talk.kind == "callback" and talk.joined_at}
        for callback in seen.callbacks:
            count["callbacks"] += 1
            count[f"callbacks_{callback.status}"] += 1
            when = reached.get(callback.key) or callback.settled_at
            if callback.status == "done" and when is not None:
                self.late.add(max(when - _promised_for(seen, callback), 0.0))


def _promised_for(seen: SeenCall, callback: SeenCallback) -> float:
    """When the caller was told to be rung. A try that failed moves the row's own time; the journal keeps the first."""
    number, index = (int(part) for part in callback.key.rsplit("/", 2)[1:])
    events = next((turn.events for turn in seen.turns if turn.number == number), "[]")
    booked = json.loads(events)[index:][:1]
    at = booked[0].get("at") if booked else None
    return datetime.fromisoformat(at).timestamp() if at else callback.due_at


class StepSums:
    """What happened in one step."""

    def __init__(self) -> None:
        self.kind = ""
        self.ways: Counter[str] = Counter()
        self.tries: Counter[str] = Counter()
        self.gave_up = 0
        self.seconds = Spread()

    @property
    def entered(self) -> int:
        return self.ways.total()


class QueueSums:
    """Callers of one queue, by how their wait ended."""

    def __init__(self) -> None:
        self.ways: Counter[str] = Counter()
        self.waits = Waits()
        self.callbacks: Counter[str] = Counter()


class TopicSums:
    """Calls that were about a topic when they ended, and those in which it came up at all."""

    def __init__(self) -> None:
        self.outcomes: Counter[str] = Counter()
        self.came_up = 0
        self.tickets = 0


class AgentSums:
    """The talks of one agent."""

    def __init__(self) -> None:
        self.states: Counter[str] = Counter()
        self.talks = 0
        self.callbacks = 0
        self.consulted = 0
        self.talked = Spread()
        self.wrapped_up = Spread()


class Tally:
    """Everything that is counted of a period."""

    def __init__(self, period: Period, known: Known) -> None:
        self.period = period
        self.known = known
        self.total = Sums()
        self.days: dict[date, Sums] = {day: Sums() for day in period.days()}
        self.steps: dict[str, StepSums] = defaultdict(StepSums)
        self.queues: dict[str, QueueSums] = defaultdict(QueueSums)
        self.topics: dict[str, TopicSums] = defaultdict(TopicSums)
        self.agents: dict[str, AgentSums] = defaultdict(AgentSums)

    def add(self, seen: SeenCall) -> None:
        call = classify(seen, self.known)
        self.total.add(call)
        self.days[self.period.day_of(seen.started_at)].add(call)
        self._add_steps(call)
        self._add_queues(call)
        self._add_topics(call)

    def add_talk(self, row: TalkRow) -> None:
        sums = self.agents[row.agent]
        if row.kind == "consult":
            sums.consulted += row.joined_at is not None
            return
        sums.states[row.state] += 1
        if row.joined_at is None:
            return
        sums.talks += 1
        sums.callbacks += row.kind == "callback"
        if row.ended_at is not None:
            sums.talked.add((row.ended_at - row.joined_at).total_seconds())
            if row.wrapped_at is not None:
                sums.wrapped_up.add((row.wrapped_at - row.ended_at).total_seconds())

    def _add_steps(self, call: ClassifiedCall) -> None:
        for visit in call.walk.visits:
            step = self.steps[visit.state]
            step.kind = visit.kind or step.kind
            step.ways[visit.way] += 1
            step.seconds.add(visit.seconds)
        for state, cause in call.walk.tries:
            self.steps[state].tries[cause] += 1
        gave_up = call.gave_up_at
        if gave_up is not None:
            self.steps[gave_up.state].gave_up += 1

    def _add_queues(self, call: ClassifiedCall) -> None:
        for visit in call.walk.visits:
            name = visit.queue or (self.known.queues.get(visit.state, visit.state) if visit.kind == "queue" else "")
            if name:
                self.queues[name].ways[visit.way] += 1
        for queue, seconds, answered in call.waits():
            self.queues[queue].waits.add(seconds, answered)
        for callback in call.seen.callbacks:
            self.queues[callback.queue].callbacks[callback.status] += 1

    def _add_topics(self, call: ClassifiedCall) -> None:
        sums = self.topics[call.topic]
        sums.outcomes[call.outcome] += 1
        sums.tickets += len(call.seen.tickets)
        for topic in {self.known.topics[flow] for flow in call.walk.flows if flow in self.known.topics}:
            self.topics[topic].came_up += 1
