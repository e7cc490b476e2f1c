"""Queues: who waits, who answers, and what waiting callers hear.

The carrier holds the line and plays the audio (Enqueue). The store keeps who waits for what and how a wait ended.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import starmap
from typing import Literal, Self

from ivr.agents.estimates import LOOK_BACK, PastWait, Ready, expected_seconds, ready_over_time, told_seconds
from ivr.agents.routing import LONG_AGO
from ivr.agents.rules import QueueRule
from ivr.call.calendar import Closure, opening
from ivr.call.events import Queueing
from ivr.call.languages import LANGUAGES, Language
from ivr.call.prompts import with_position
from ivr.call.values import Value
from ivr.store import Store
from ivr.store.rows import PresenceRow

WayOut = Literal["left", "timeout", "nobody"]
"""Why a caller is let out of a queue: by a key, after too long, or as nobody is there to answer."""

PLACE_EVERY = 3
"""After so many rounds the place is told again, though unchanged. At every round it would make a wait feel long."""
MOST_ROUNDS = 99_999
BREAK = "break"
"""The one reason for being away of which people come back before long."""
SHORT_BREAK = timedelta(minutes=5)
"""For so long callers wait for people who are on a break."""
FRESH = timedelta(seconds=1)
TellWait = Callable[[str, datetime, int], None]


@dataclass(frozen=True, slots=True)
class Heard:
    """What a waiting caller has heard: how many rounds of words, and the place told last (0: none).

    It stands in the address of the next round, so it is not stored.
    """

    rounds: int = 0
    place: int = 0

    def text(self) -> str:
        return f"{self.rounds}-{self.place}"

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Reads what `text` wrote. Any other text gives a caller who has heard nothing."""
        rounds, _, place = text.partition("-")
        if len(text) < 12 and rounds.isdecimal() and place.isdecimal():
            return cls(int(rounds), int(place))
        return cls()


@dataclass(frozen=True, slots=True)
class Round:
    """One round of waiting: what is said, what is played then or else how long it is quiet, and what was heard by its
    end."""

    words: str
    language: str
    """That the words are in."""
    music: str
    pause_seconds: int
    heard: Heard


@dataclass(frozen=True, slots=True)
class _QueueHistory:
    """What was known of a queue at a moment: who was answered, who hung up, and how many were ready."""

    at: datetime
    answers: Sequence[PastWait]
    hang_ups: Sequence[PastWait]
    ready: Sequence[Ready]


class QueueService:
    """Answers questions about queues, from the store and the configuration."""

    def __init__(
        self,
        store: Store,
        queues: Mapping[str, QueueRule],
        tell_wait: TellWait = lambda call, now, seconds: None,
        closures: Callable[[datetime], Sequence[Closure]] = lambda now: (),
    ) -> None:
        """`tell_wait` hears which waiting caller is told when to wait for how many seconds; `closures` gives the
        emergency closings of a moment."""
        self._store = store
        self._queues = queues
        self._tell_wait = tell_wait
        self._closures = closures
        self._pasts: dict[str, _QueueHistory] = {}

    def staff(self, queue: str) -> QueueRule:
        """The staff of a queue; none for a queue that is not configured."""
        return self._queues.get(queue) or QueueRule(queue)

    def unstaffed(self, now: datetime, closures: Sequence[Closure]) -> frozenset[str]:
        """The queues that nobody answers now (aware): no agent can answer, or it is outside their hours."""
        presences = self._presences()
        return frozenset(
            staff.queue
            for staff in self._queues.values()
            if self._deserted(staff, presences, now) or not staff.is_open(now, closures)
        )

    def crowded(self) -> frozenset[str]:
        lengths = self._store.queue.lengths()
        return frozenset(queue for queue, length in lengths.items() if length >= self.staff(queue).most)

    def longest_wait(self, queue: str) -> int:
        """After how many seconds a caller is let out of the queue."""
        return self.staff(queue).longest_seconds

    def estimate(self, queue: str, now: datetime) -> int | None:
        """The seconds that a caller who joins now is told to wait; None if it is not known well enough."""
        expected = self.expected(queue, self._store.queue.length(queue), now, now)
        return told_seconds(expected) if expected is not None else None

    def arrive(self, call_id: str, now: datetime) -> None:
        """The carrier asks what a caller in its queue hears: whoever was joining waits from now on."""
        entry = self._store.queue.entry(call_id)
        if entry is not None and entry.status == "joining":
            with self._store.talks.transaction() as tx:
                tx.arrive(call_id, now)

    # --- waiting --------------------------------------------------------------------------------------------

    def way_out(self, call_id: str, wait: Queueing, waited_seconds: int, key: str, now: datetime) -> WayOut | None:
        """Why a caller leaves the queue at this moment: left (by `key`), timeout, nobody; None for one who stays.

        `waited_seconds` is what the carrier counts; ours counts too, as its count may be missing. Whoever waits stays
        when the office closes, but not when nobody is left who can answer, because all are logged out, or away for
        longer than a short break, or missed a call.
        """
        if key and key in wait.leave + wait.keys:
            return "left"
        entry, staff = self._store.queue.entry(call_id), self.staff(wait.queue)
        if entry is not None and entry.status == "waiting":
            since = entry.leased_until or entry.joined_at  # back from an agent, they wait anew
            waited_seconds = max(waited_seconds, int((now - since).total_seconds()))
        elif entry is not None and entry.status == "taken":
            return None
        if waited_seconds >= staff.longest_seconds:
            return "timeout"
        return "nobody" if self._deserted(staff, self._presences(), now) else None

    def round(self, call_id: str, wait: Queueing, position: int | None, heard: Heard, now: datetime) -> Round:
        """What a caller hears next. `position` is the carrier's, for a call of which we know no place.

        The place, and how long it will take, are told at first, when the place is better than the one told last, and
        every third time.
        """
        staff = self.staff(wait.queue)
        entry = self._store.queue.entry(call_id)
        ahead = self._store.queue.ahead(call_id, now) if entry else position and position - 1
        place = 0 if ahead is None else ahead + 1
        due = place > 0 and (heard.rounds % PLACE_EVERY == 0 or place < heard.place or "{position}" in wait.hold)
        expected = None
        if due and staff.estimate and ahead is not None:
            expected = self.expected(wait.queue, ahead, entry.waits_since if entry else now, now)
        if expected is not None:
            self._tell_wait(call_id, now, told_seconds(expected))
        language = LANGUAGES[wait.language]
        if not wait.hold:
            language = language.teller(language.phrases.still_waiting)
        return Round(
            words=_words(wait, language, place=place if due else 0, expected=expected, rounds=heard.rounds, now=now),
            language=language.code,
            music=staff.music,
            pause_seconds=staff.pause_seconds,
            heard=Heard(min(heard.rounds + 1, MOST_ROUNDS), place if due else heard.place),
        )

    def expected(self, queue: str, ahead: int, since: datetime, now: datetime) -> int | None:
        """How many seconds whoever has waited `since` with so many ahead will wait from now on (aware); None if that is
        not known well enough: nobody is ready, or the office closes before."""
        staff, past = self.staff(queue), self._past(queue, now)
        expected = expected_seconds(past.answers, ahead, since, now, past.hang_ups, staff=past.ready)
        if expected is None or staff.calendar is None:
            return expected
        hours = opening(staff.calendar, now, self._closures(now))
        closes_before = hours.until is not None and hours.until < now + timedelta(seconds=expected)
        return None if hours.state != "open" or closes_before else expected

    def _past(self, queue: str, now: datetime) -> _QueueHistory:
        """What estimates are made from, as of a second ago or so: every caller of a queue asks for the same."""
        known = self._pasts.get(queue)
        if known is None or abs(now - known.at) >= FRESH:
            staff, before = self.staff(queue), now - 2 * LOOK_BACK
            ready = [name for name, row in self._presences().items() if row.presence == "ready"]
            changes = self._store.talks.presence_changes(before) if staff.agents else ()
            known = self._pasts[queue] = _QueueHistory(
                now,
                tuple(starmap(PastWait, self._store.queue.answers(queue, before))),
                tuple(starmap(PastWait, self._store.queue.hang_ups(queue, before))),
                ready_over_time(
                    ((at, agent, presence == "ready") for at, agent, presence in changes if agent in staff.agents),
                    set(ready).intersection(staff.agents), len(staff.phones),
                ),
            )  # fmt: skip
        return known

    def _presences(self) -> Mapping[str, PresenceRow]:
        """Empty where nobody comes and goes."""
        return self._store.talks.presences() if any(staff.agents for staff in self._queues.values()) else {}

    def _deserted(self, staff: QueueRule, presences: Mapping[str, PresenceRow], now: datetime) -> bool:
        """Whether no phone will ring for this queue."""
        since = deserted_since(staff, presences)
        return since is not None and since <= now


def deserted_since(staff: QueueRule, presences: Mapping[str, PresenceRow]) -> datetime | None:
    """Since when, or from when on, nobody is there who could answer; None while somebody is, though in a talk.

    Who is on a short break is there.
    """
    rows = [presences[agent] for agent in staff.agents if agent in presences]
    if staff.phones or any(row.presence == "ready" for row in rows):
        return None
    breaks = {row.agent for row in rows if (row.presence, row.reason) == ("away", BREAK)}
    gone = (row.since + (SHORT_BREAK if row.agent in breaks else timedelta(0)) for row in rows)
    return max(gone, default=LONG_AGO)


def _without_position(hold: str) -> str:
    """The words without the sentence that tells the place, while it is not told."""
    return re.sub(r"(?!\s)[^.。!！?？؟]*\{position\}[^.。!！?？؟]*[.。!！?？؟]*\s*", "", hold).strip()


def _words(wait: Queueing, language: Language, *, place: int, expected: int | None, rounds: int, now: datetime) -> str:
    """The words of one round; `place` 0 is not told. A flow that writes `hold` tells of the key that leaves in its own
    words; the checker sees to that. It is then all that is said in a language that our sentences are not written in."""
    phrases, hold, today = language.phrases, wait.hold, now.date()
    pieces = []
    if place and "{position}" in hold:
        hold = with_position(hold, place, wait.language)
    elif language.teller(phrases.still_waiting) is not language:
        return _without_position(hold)
    elif place:
        pieces.append(phrases.ahead(place - 1))
    elif rounds:
        pieces.append(phrases.still_waiting)
    if expected is not None:
        told = {"wait": Value("duration", str(told_seconds(expected)))}
        pieces.append(language.say(phrases.wait, told, today))
    pieces.append(_without_position(hold))
    if wait.leave and not hold:
        pieces.append(language.say(phrases.leave_queue, {"key": Value("words", language.key(wait.leave))}, today))
    return language.joiner.join(words for words in pieces if words)
