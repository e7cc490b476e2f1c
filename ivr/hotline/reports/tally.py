"""Counts calls by day, half hour, step, queue, topic and agent. docs/reports.md says what each word counts.

Whatever a call led to counts for the day on which the call began, in the hotline's time zone. Each call has exactly
one outcome, so outcomes add up to calls, and days to the total.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime, time, timedelta
from typing import Literal, assert_never, get_args
from zoneinfo import ZoneInfo

from ivr.flow.model import Flow, FlowSet, Queue, Step, Text
from ivr.hotline.reports.handling import Handling, Occupancy, handed_on
from ivr.hotline.reports.path import HUNG_UP, OVER, CallPath, Visit, walk
from ivr.hotline.reports.waits import Durations, Target, Wait, WaitSums, came_about, waits_of
from ivr.store.report_rows import PresenceChange, SeenCall, SeenCallback
from ivr.store.rows import TalkRow

Outcome = Literal[
    "contained", "person", "transferred", "promised", "abandoned", "short_abandoned", "turned_away", "unanswered",
    "fault", "live", "unknown",
]  # fmt: skip
"""How a call came out, exactly one of:

contained: answered without a person – a flow about a topic came to its end or said goodbye, and none of the below.
person: talked with one of our people. transferred: put through to a number outside. abandoned: the caller hung up while
waiting in a queue; short_abandoned: the same, at once. promised: a call back was booked, a message recorded or a ticket
opened. turned_away: asked for a person and got neither person nor promise. fault: ended by a limit or a failure of
ours. unanswered: over before anything was answered. live: goes on. unknown: its transcript is no longer kept.
"""
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
ASKING = ("menu", "ask", "identify", "survey")
"""Kinds of steps that ask the caller for something."""
REFUSALS = ("nobody", "full", "failed", "timeout", "left", "busy", "no_answer")
"""Ways out of a queue or a transfer without a talk."""
GAVE_UP: tuple[Outcome, ...] = ("unanswered", "abandoned", "short_abandoned", "turned_away")
HALF_HOURS = 48
TITLE_LETTERS = 32
"""So much of what a step says is its title."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the flows of now say about names in the journal; empty without flows."""

    kinds: Mapping[str, str] = field(default_factory=dict)
    """The kind of each step, by `flow.step`."""
    topics: Mapping[str, str] = field(default_factory=dict)
    """The topic of each flow that has one."""
    queues: Mapping[str, str] = field(default_factory=dict)
    """The queue of each queue step: one that took nobody in left no other trace."""
    titles: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """What each step that says something is called, by `flow.step` and language."""
    targets: Mapping[str, Target] = field(default_factory=dict)
    """How soon callers are to be answered, by queue."""

    @classmethod
    def of(cls, flows: FlowSet | None, targets: Mapping[str, Target] | None = None) -> Known:
        if flows is None:
            return cls(targets=targets or {})
        steps = flows.states()
        return cls(
            kinds={state: step.kind for state, step in steps.items()},
            topics={name: flow.topic for name, flow in flows.flows.items() if flow.topic},
            queues={state: step.queue for state, step in steps.items() if isinstance(step, Queue)},
            titles={state: _titles(flows.flows[state.partition(".")[0]], step) for state, step in steps.items()},
            targets=targets or {},
        )

    def target(self, queue: str) -> Target:
        return self.targets.get(queue, Target())


def _titles(flow: Flow, step: Step) -> Mapping[str, str]:
    """What a step is called in each language: the topic of its flow, and the first words that it says."""
    said = next((value for one in fields(step) if isinstance(value := getattr(step, one.name), Text)), None)
    titles = {}
    for language, sentence in (said.sentences if said is not None else {}).items():
        topic = flow.title.sentences[language].source if flow.title and language in flow.title.sentences else flow.name
        words = sentence.source if len(sentence.source) <= TITLE_LETTERS else f"{sentence.source[:TITLE_LETTERS]}…"
        titles[language] = f"{topic}: {words}"
    return titles


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

    def half_hour_of(self, moment: datetime) -> int:
        """Which half hour of the day it is by the clock on the wall, from 0. An hour that comes twice counts twice."""
        local = moment.astimezone(self.zone)
        return 2 * local.hour + local.minute // 30


# --- one call -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ClassifiedCall:
    seen: SeenCall
    walk: CallPath
    outcome: Outcome
    topic: str
    waits: tuple[Wait, ...]

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
        if stood is None or stood.way != HUNG_UP or self.outcome not in GAVE_UP:
            return None
        return stood


def classify(seen: SeenCall, known: Known) -> ClassifiedCall:
    walked = walk(seen.turns, live=seen.ended_at is None)
    waits = tuple(waits_of(seen, walked))
    topic = next((known.topics[flow] for flow in reversed(walked.flows) if flow in known.topics), "")
    return ClassifiedCall(seen, walked, outcome(seen, walked, waits, known), topic, waits)


def outcome(seen: SeenCall, walked: CallPath, waits: Sequence[Wait], known: Known) -> Outcome:
    """The one word of `OUTCOMES` for a call, the first that fits."""
    if seen.ended_at is None and not walked.ended:  # we may hang up before the carrier says that it has
        return "live"
    if seen.forgotten:
        return "unknown"
    ways = {(visit.kind, visit.way) for visit in walked.visits}
    if any(talk.kind == "queue" and came_about(talk) for talk in seen.talks):
        return "person"
    if ("transfer", "answered") in ways:
        return "transferred"
    if walked.stood is not None and walked.stood.queue and walked.stood.way == HUNG_UP:
        return "short_abandoned" if waits and waits[-1].end == "short_abandoned" else "abandoned"
    if seen.tickets or seen.callbacks or ("voicemail", "recorded") in ways:
        return "promised"
    if any(kind in ("queue", "transfer") and way in (*REFUSALS, "answered") for kind, way in ways):
        return "turned_away"
    if walked.ended in ("limit", "fault"):
        return "fault"
    return "contained" if _answered(walked, known) else "unanswered"


def _answered(walked: CallPath, known: Known) -> bool:
    """A flow about a topic came to its end, and nothing was begun after it; or the hotline said goodbye in one."""
    finished = any(flow in known.topics for flow in walked.finished)
    if walked.ended != "hangup":
        return finished and not walked.unfinished
    return finished or not known.topics or any(flow in known.topics for flow in walked.flows[-1:])


# --- sums ---------------------------------------------------------------------------------------------------------


class Sums:
    """What was counted of a day, a half hour, a queue, a topic, an agent, a code of wrap-up, or of everything."""

    def __init__(self) -> None:
        self.calls = 0
        self.outcomes: Counter[str] = Counter()
        self.languages: Counter[str] = Counter()
        self.counts: Counter[str] = Counter()
        """Whatever has no place of its own, by name: identified, repeated, transfers, hung_up, troubled, texts,
        tickets, voicemails, what became of callbacks and surveys; of a queue nobody and full, of a topic came_up; of an
        agent consulted, and what became of each offer: talks, missed, refused, lost, gone or ringing."""
        self.seconds = Durations()
        self.waits = WaitSums()
        self.handling = Handling()
        self.late = Durations()
        """Seconds from when a call back was promised for to when the caller was reached."""
        self.score = 0.0
        """Sum of survey answers, each as a share of its scale."""
        self.scale = 0
        """The longest scale of a survey that was answered."""
        self.busy = self.there = 0.0
        """For how many seconds an agent was in talks, and there at all."""

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
        count["repeated"] += seen.repeated
        count["transfers"] += len(handed_on(seen, call.waits))
        reached = {talk.subject: talk.joined_at for talk in seen.talks if talk.kind == "callback" and talk.joined_at}
        for callback in seen.callbacks:
            self.add_callback(callback)
            joined = reached.get(callback.key)
            when = joined.timestamp() if joined is not None else callback.settled_at
            if callback.status == "done" and when is not None:
                self.late.add(max(when - _promised_for(seen, callback), 0.0))

    def add_callback(self, callback: SeenCallback) -> None:
        self.counts["callbacks"] += 1
        self.counts[f"callbacks_{callback.status}"] += 1


def _promised_for(seen: SeenCall, callback: SeenCallback) -> float:
    """When the caller was told to be rung. A try that failed moves the row's own time; the journal keeps the first."""
    number, index = (int(part) for part in callback.key.rsplit("/", 2)[1:])
    events = next((turn.events for turn in seen.turns if turn.number == number), "[]")
    booked = json.loads(events)[index:][:1]
    at = booked[0].get("at") if booked else None
    return datetime.fromisoformat(at).timestamp() if at else callback.due_at


class StepSums:
    def __init__(self) -> None:
        self.kind = ""
        self.ways: Counter[str] = Counter()
        self.tries: Counter[str] = Counter()
        self.gave_up = 0
        self.seconds = Durations()

    @property
    def entered(self) -> int:
        return self.ways.total()


class Tally:
    """Everything that is counted of a period."""

    def __init__(self, period: Period, known: Known) -> None:
        self.period = period
        self.known = known
        self.total = Sums()
        self.days: dict[date, Sums] = {day: Sums() for day in period.days()}
        self.half_hours = [Sums() for _ in range(HALF_HOURS)]
        self.steps: dict[str, StepSums] = defaultdict(StepSums)
        self.queues: dict[str, Sums] = defaultdict(Sums)
        self.topics: dict[str, Sums] = defaultdict(Sums)
        self.agents: dict[str, Sums] = defaultdict(Sums)
        self.codes: dict[str, Sums] = defaultdict(Sums)
        """Talks that are over, by how they ended as the agent says; "" where nobody has said."""

    def add(self, seen: SeenCall) -> None:
        call = classify(seen, self.known)
        day = self.days[self.period.day_of(seen.started_at)]
        half_hour = self.half_hours[self.period.half_hour_of(seen.started_at)]
        for sums in (self.total, day):
            sums.add(call)
        half_hour.calls += 1
        for wait in call.waits:
            target = self.known.target(wait.queue)
            began = self.half_hours[self.period.half_hour_of(datetime.fromtimestamp(wait.since, self.period.zone))]
            for waits in (self.total.waits, day.waits, began.waits, self.queues[wait.queue].waits):
                waits.add(wait, target)
        for talk in filter(came_about, seen.talks):
            began = self.half_hours[self.period.half_hour_of(talk.offered_at)]
            for handling in (self.total.handling, day.handling, began.handling, self.queues[talk.queue].handling):
                handling.add(talk)
            if talk.state == "over":
                self.codes[talk.code].handling.add(talk)
        self._add_steps(call)
        self._add_queues(call)
        self._add_topics(call)

    def add_agents(self, offers: Iterable[TalkRow], presences: Iterable[PresenceChange]) -> None:
        """Offers to agents within the period, and what agents chose to be, by agent and time."""
        occupancy = Occupancy(self.period.start, self.period.end)
        occupancy.add_presences(presences)
        for row in offers:
            occupancy.add_talk(row)
            sums = self.agents[row.agent]
            if row.kind == "consult":
                sums.counts["consulted"] += row.joined_at is not None
                continue
            talked = came_about(row)
            sums.counts["offered"] += 1
            sums.counts[_became(row)] += 1
            sums.counts["callbacks"] += talked and row.kind == "callback"
            if talked:
                sums.handling.add(row)
        for name, sums in self.agents.items():
            sums.busy, sums.there = occupancy.seconds(name)

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
            if visit.kind == "queue" and not visit.queue and visit.way in ("nobody", "full"):
                self.queues[self.known.queues.get(visit.state, visit.state)].counts[visit.way] += 1
        for talk in handed_on(call.seen, call.waits):
            self.queues[talk.queue].counts["transfers"] += 1
        for callback in call.seen.callbacks:
            self.queues[callback.queue].add_callback(callback)

    def _add_topics(self, call: ClassifiedCall) -> None:
        sums = self.topics[call.topic]
        sums.calls += 1
        sums.outcomes[call.outcome] += 1
        sums.counts["tickets"] += len(call.seen.tickets)
        for topic in {self.known.topics[flow] for flow in call.walk.flows if flow in self.known.topics}:
            self.topics[topic].counts["came_up"] += 1


def _became(offer: TalkRow) -> str:
    """What became of an offer, each in one column."""
    if came_about(offer):
        return "talks"
    match offer.state:
        case "missed" | "refused" | "lost" | "gone":
            return offer.state
        case "ringing" | "accepted" | "talking" | "held":
            return "ringing"
        case "wrap_up" | "over":  # ended on the agent's own page before the caller came
            return "gone"
        case _:
            assert_never(offer.state)
