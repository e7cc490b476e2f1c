"""The human side of the desk: who may be there, who is waiting, what they hear, and what an agent hears before them.

The queue itself is the carrier's (Enqueue and Dial): audio and order are never in home-made hands. The desk keeps a
record of who waits for what, for the whisper and for the way a wait ended.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from ivr.call.calendar import Calendar, Closure, opening
from ivr.call.events import Queueing
from ivr.call.prompts import whisper, with_position
from ivr.call.session import Session
from ivr.call.values import Value
from ivr.call.words import LANGUAGES
from ivr.desk.store import Store
from ivr.desk.store.rows import RANKS, OutboxItem, QueueEntry

RING_AGAIN_SECONDS = 60
"""Phones that were busy or not answered are rung again, every so often while somebody waits."""
LEASE = timedelta(hours=4)
"""An agent who took a caller may talk for so long; nobody tells us meanwhile."""
CONNECTING = timedelta(seconds=30)
"""A caller who still hears the music so long after an agent picked up was not connected, and waits as before."""
HEAD_START = timedelta(minutes=1)
"""Per rank of a queue: calls of the outbox leave in the order in which they are due, so urgent ones are due earlier."""


@dataclass(frozen=True, slots=True)
class Crew:
    """The people of one queue: their phones, how many callers and how many seconds they may be kept waiting."""

    queue: str
    phones: tuple[str, ...] = ()
    most: int = 100
    longest_seconds: int = 600
    calendar: Calendar | None = None
    priority: str = "normal"
    pause_seconds: int = 12
    """How long a waiting caller hears nothing before being told again where they stand."""

    def ring(self, key: str, now: datetime) -> list[OutboxItem]:
        """A call to each of the phones, for the outbox; `key` says for which caller and which round."""
        return [
            OutboxItem(
                key=f"{key}/{phone}",
                kind="call",
                payload={"to": phone, "path": f"/agents/{self.queue}"},
                not_before=now - HEAD_START * RANKS[self.priority],
                not_after=now + timedelta(seconds=RING_AGAIN_SECONDS),
            )
            for phone in self.phones
        ]


class People:
    """Answers for the crews of a hotline, from the store and the configuration."""

    def __init__(
        self, store: Store, crews: Mapping[str, Crew], language: str, title: Callable[[Session, str], str]
    ) -> None:
        """`language` is spoken when nobody waits; `title` names a topic in the session's language."""
        self._store = store
        self._crews = crews
        self._language = language
        self._title = title

    def crew(self, queue: str) -> Crew:
        """The people of a queue; nobody for one that is not configured."""
        return self._crews.get(queue) or Crew(queue)

    def unstaffed(self, now: datetime, closures: Sequence[Closure]) -> frozenset[str]:
        """The queues that nobody answers now (aware): no phones, or outside the hours of their people."""
        return frozenset(
            crew.queue
            for crew in self._crews.values()
            if not crew.phones or (crew.calendar is not None and opening(crew.calendar, now, closures).state != "open")
        )

    def crowded(self) -> frozenset[str]:
        """The queues that take nobody any more."""
        lengths = self._store.queue.lengths()
        return frozenset(queue for queue, length in lengths.items() if length >= self.crew(queue).most)

    def longest_wait(self, queue: str) -> int:
        """After how many seconds a caller is let out of the queue."""
        return self.crew(queue).longest_seconds

    def hold_words(self, wait: Queueing, position: int | None, today: date) -> str:
        """The words for one round of waiting: how many are ahead where that is known, and what the flow says.

        A flow that writes `hold` tells of the key that leaves in its own words; the checker sees to that.
        """
        language = LANGUAGES[wait.language]
        if position and "{position}" in wait.hold:
            pieces = [with_position(wait.hold, position, wait.language)]
        else:
            pieces = [language.phrases.ahead(position - 1) if position else "", wait.hold.replace("{position}", "")]
        if wait.leave and not wait.hold:
            key = Value("words", language.key(wait.leave))
            pieces.append(language.say(language.phrases.leave_queue, {"key": key}, today))
        return language.joiner.join(words for words in pieces if words)

    def still_waiting(self, call_id: str, queue: str, waited_seconds: int, now: datetime) -> None:
        """A caller is still in the carrier's queue: whoever picked up has lost them, and the phones ring again."""
        entry = self._store.queue.entry(call_id)
        if entry is None or entry.status not in ("waiting", "taken"):
            return
        if entry.status == "taken":
            if entry.leased_until is None or now - (entry.leased_until - LEASE) < CONNECTING:
                return
            self._store.queue.give_back(call_id, entry.agent)
        around = waited_seconds // RING_AGAIN_SECONDS
        if around:
            self._store.outbox.add(*self.crew(queue).ring(f"{call_id}/ring/{around}", now))

    def whisper(self, queue: str, now: datetime) -> tuple[str, str]:
        """The language and the words for an agent who is about to take the caller at the head of a queue.

        Who, how identified, about what, which reference, how long: what must not be asked twice. From now on the
        caller is that agent's; the next agent hears of the next caller.
        """
        entry = self._store.queue.take(queue, "", now, LEASE.total_seconds())
        row = self._store.call(entry.call_id) if entry else None
        if entry is None or row is None:
            return self._language, ""
        return entry.language, self._about(entry, Session.from_json(row.session), now)

    def _about(self, entry: QueueEntry, session: Session, now: datetime) -> str:
        name, reference = session.values.get("customer"), session.values.get("ticket")
        return whisper(
            entry.language,
            name=name.text if name else "",
            factor=session.factor,
            topic=self._title(session, entry.topic),
            reference=reference.text if reference else "",
            waited_seconds=int((now - entry.joined_at).total_seconds()),
        )
