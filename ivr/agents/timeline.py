"""The timeline of a call for the agent who takes it over: who, about what, what was tried, word for word.

It is read back from the journal of turns, the session, and what the call left behind. Keys pressed at a secret question
were never kept, so they cannot be shown. What a caller gave is shown by name and value.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from ivr.agents.model import AgentNote, ShownValue, TicketNow, Timeline, TimelineLine
from ivr.agents.texts import code_title, masked, named, sentence, topic_title, topics_title
from ivr.agents.timeline_text import TimelineText, value_text
from ivr.call.languages.language import sayable
from ivr.call.session import Session
from ivr.call.values import CALL_TOPICS, Value, value_of
from ivr.flow.model import FlowSet
from ivr.store import CallRow, QueueEntry, Store, TicketRow
from ivr.store.rows import TalkRow
from ivr.store.views import ListFilter
from ivr.store.vocabulary import OPEN_TALKS
from ivr.texts.load import Texts

OF_THE_CALL = frozenset(
    ("today", "caller", "called", "next_opening", "closed_for", "customer", "account", "registered_phone", "recording")
)
"""Values every call has, or that are told in a place of their own."""
OTHER_TICKETS = 5
"""How many open tickets of the same account are shown beside those of the call."""


@dataclass(frozen=True)
class Timelines:
    """Makes the timelines of a hotline's calls.

    `flows` gives the flows a call began with by their digest, and raises KeyError when they are gone; `current` those
    of now. `zone` is where the hotline is; `called` is what an agent is called in a language,
    `names` what the hotline calls its own values, `codes` how a talk can have ended. `country` (two letters) is where
    numbers are shown without their country code.
    """

    store: Store
    flows: Callable[[str], FlowSet]
    current: Callable[[], FlowSet]
    zone: ZoneInfo
    called: Callable[[str, str], str] = field(default=lambda agent, language: agent)
    names: Texts = field(default_factory=dict)
    codes: Texts = field(default_factory=dict)
    country: str = ""

    def of(self, call_id: str, language: str, now: datetime, talks: Sequence[TalkRow] = ()) -> Timeline | None:
        """The timeline of a call as of now (aware), in the words of a language; None if there is no such call.

        `talks` are those of the call. Without its session (its transcript was deleted) only the bare record is told.
        """
        row = self.store.call(call_id)
        if row is None:
            return None
        session = Session.from_json(row.session) if row.session else None
        values = {name: sayable(value, self.country) for name, value in session.values.items()} if session else {}
        flows = self._flows(row.digest)
        turns = self.store.turns(call_id)
        recordings = self.store.recordings(call_id)
        local = now.astimezone(self.zone)
        reading = TimelineText(
            turns, flows, values, recordings=recordings, language=language, now=local, names=self.names
        )
        name = values.get("customer")
        entry = self.store.queue.entry(call_id)
        earlier = tuple(one.id for one in self.store.earlier_calls(row))
        lines = (*reading.lines(row.started_at), *self._talked(talks, row, language))
        return Timeline(
            call_id=call_id,
            number=row.from_number,
            language=row.language,
            began_at=row.started_at,
            name=name.text if name and session and session.account else "",
            account=session.account if session else row.account,
            factor=session.factor if session else "",
            topic=self.about(session, entry.topic if entry else "", language),
            tried=tuple(reading.tried()),
            told=tuple(
                self.value(name, value, language, now) for name, value in values.items() if name not in OF_THE_CALL
            ),
            transcript=tuple(sorted(lines, key=lambda line: line.seconds)),
            tickets=self._tickets(row, language, now),
            earlier=earlier,
            notes=self._notes((call_id, *earlier), language),
            queue=entry.queue if entry else next((talk.queue for talk in talks), ""),
            waited_seconds=_waited(entry, talks, now) if entry else 0,
        )

    def case(self, row: TicketRow, language: str, now: datetime) -> TicketNow:
        """A ticket in the words of a language."""
        about: Mapping[str, Sequence[str]] = json.loads(row.about or "{}")
        return TicketNow(
            reference=row.reference,
            topic=self.topic(row.topic, language),
            status=row.status,
            call_id=row.call_id,
            about=tuple(
                self.value(name, sayable(value_of(kind, text), self.country), language, now)
                for name, (kind, text) in about.items()
                if name != "recording"
            ),
        )

    def topic(self, topic: str, language: str) -> str:
        return topic_title(self.current(), topic, language)

    def about(self, session: Session | None, topic: str, language: str) -> str:
        """What a call is about, needs that still wait included; `topic` where its session does not say."""
        topics = session.topics(self.current().flows) if session else ()
        return topics_title(self.current(), topics or (topic,), language)

    def value(self, name: str, value: Value, language: str, now: datetime) -> ShownValue:
        """A value as it is read: 88元, $88."""
        text = (
            topics_title(self.current(), value.text.split(), language)
            if name == CALL_TOPICS
            else value_text(value, language, now.astimezone(self.zone))
        )
        return ShownValue(name=named("value", name, language, self.names), text=text)

    def _flows(self, digest: str) -> FlowSet | None:
        try:
            return self.flows(digest)
        except KeyError:
            return None

    def _tickets(self, row: CallRow, language: str, now: datetime) -> tuple[TicketNow, ...]:
        of_call = self.store.tickets(call_id=row.id)
        latest = ListFilter(limit=OTHER_TICKETS)
        others = self.store.find_tickets(wanted=latest, account=row.account, status="unsettled") if row.account else ()
        return tuple(
            self.case(ticket, language, now)
            for ticket in (*of_call, *(other for other in others if other.call_id != row.id))
        )

    def _talked(self, talks: Sequence[TalkRow], row: CallRow, language: str) -> Iterator[TimelineLine]:
        for talk in talks:
            agent = self.called(talk.agent, language)
            if talk.joined_at is not None:
                yield _note(talk.joined_at, row.started_at, sentence("agent_began", language, agent=agent))
                if talk.ended_at is not None:
                    yield _note(talk.ended_at, row.started_at, sentence("agent_ended", language, agent=agent))
            if talk.state not in OPEN_TALKS and (talk.note or talk.code):
                told = self._note(talk, language)
                key = "agent_draft" if told.is_draft else "agent_noted"
                text = sentence(key, language, agent=agent, note=told.text or "–")
                outcome = sentence("agent_outcome", language, outcome=told.outcome) if told.outcome else ""
                yield _note(told.at, row.started_at, " ".join(words for words in (text, outcome) if words))

    def _notes(self, call_ids: Sequence[str], language: str) -> dict[str, tuple[AgentNote, ...]]:
        """What agents wrote of these calls; of a talk that goes on only what is finished."""
        found: dict[str, tuple[AgentNote, ...]] = {}
        for talk in self.store.talks.noted(call_ids):
            if talk.state not in OPEN_TALKS:
                found[talk.call_id] = (*found.get(talk.call_id, ()), self._note(talk, language))
        return found

    def _note(self, talk: TalkRow, language: str) -> AgentNote:
        return AgentNote(
            at=talk.wrapped_at or talk.ended_at or talk.offered_at,
            agent=self.called(talk.agent, language),
            outcome=code_title(self.codes, talk.code, language),
            text=talk.note,
            is_draft=talk.is_draft,
        )


def _waited(entry: QueueEntry, talks: Sequence[TalkRow], now: datetime) -> int:
    """Seconds of the latest wait, until caller and agent could hear each other, the wait ended, or now."""
    joined = (talk.joined_at for talk in talks if talk.state != "lost")
    ends = [moment for moment in joined if moment is not None and moment >= entry.waits_since]
    return max(0, int((min(ends, default=entry.settled_at or now) - entry.waits_since).total_seconds()))


def _note(at: datetime, began: datetime, text: str) -> TimelineLine:
    return TimelineLine(seconds=max(0, int((at - began).total_seconds())), who="note", text=text)


_LONG_NUMBER = re.compile(r"\+?[0-9](?: ?[0-9]){7,}")


def redacted(timeline: Timeline, country: str) -> Timeline:
    """The timeline for whoever is not talking to this caller: account and phone numbers without their middle.

    Numbers of `country` (two letters) are shown without their country code.
    """

    def redact(text: str) -> str:
        for number in (timeline.number, timeline.account):
            if len(number) > 5:
                text = text.replace(number, masked(number, country))
        return text

    return replace(
        timeline,
        number=masked(timeline.number, country),
        account=masked(timeline.account, country),
        tried=tuple(map(redact, timeline.tried)),
        told=tuple(
            replace(one, text=masked(one.text.replace(" ", ""), country)) if _LONG_NUMBER.fullmatch(one.text) else one
            for one in timeline.told
        ),
        transcript=tuple(replace(line, text=redact(line.text)) for line in timeline.transcript),
        notes={
            call_id: tuple(replace(note, text=redact(note.text)) for note in notes)
            for call_id, notes in timeline.notes.items()
        },
    )
