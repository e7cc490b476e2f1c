"""The human side of the desk: who may be there, who is waiting, and what an agent hears before the caller.

The queue itself is the carrier's (Enqueue and Dial): audio and order are never in home-made hands. The desk keeps a
record of who waits for what, for the whisper and for the way a wait ended.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ivr.call.calendar import Calendar, Closure, opening
from ivr.call.prompts import whisper
from ivr.call.session import Session
from ivr.desk.store import Store


@dataclass(frozen=True, slots=True)
class Crew:
    """The people of one queue: their phones, how many callers and how many seconds they may be kept waiting."""

    queue: str
    phones: tuple[str, ...] = ()
    most: int = 100
    longest_seconds: int = 600
    calendar: Calendar | None = None
    priority: str = "normal"


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

    def whisper(self, queue: str, now: datetime) -> tuple[str, str]:
        """The language and the words for an agent who is about to take the caller at the head of a queue.

        Who, how identified, about what, which reference, how long: what must not be asked twice.
        """
        entry = next(iter(self._store.queue.waiting(queue)), None)
        row = self._store.call(entry.call_id) if entry else None
        if entry is None or row is None:
            return self._language, ""
        session = Session.from_json(row.session)
        name, reference = session.values.get("customer"), session.values.get("ticket")
        words = whisper(
            entry.language,
            name=name.text if name else "",
            factor=session.factor,
            topic=self._title(session, entry.topic),
            reference=reference.text if reference else "",
            waited_seconds=int((now - entry.joined_at).total_seconds()),
        )
        return entry.language, words
