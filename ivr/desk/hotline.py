"""The hotline: loads a call, lets the engine take one turn, saves it, and answers. Owns clock, ids and apology.

One webhook is one transaction: the turn row (call and turn are its key), the session, the effects for the outbox and
the answer are committed together, and only then does anything leave. A turn that needs the outside world is claimed
in a first transaction, looked up outside any, and finished in a second; a retry that arrives meanwhile finds the claim
and waits for the answer instead of working twice.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from ivr.call import engine
from ivr.call.events import (
    Began,
    Booking,
    Check,
    Ended,
    Event,
    HungUp,
    Input,
    LookedUp,
    LookUp,
    Polling,
    Queueing,
    Recording,
    Resumed,
    Said,
)  # fmt: skip
from ivr.call.prompts import with_position
from ivr.call.scene import Edition, Ids, World
from ivr.call.session import Session
from ivr.call.steps import UnexpectedInput
from ivr.call.values import Value
from ivr.call.words import LANGUAGES
from ivr.desk import journal
from ivr.desk.editions import Editions
from ivr.desk.effects import carry_out
from ivr.desk.lookups import UNAVAILABLE, Lookups
from ivr.desk.outside import Outside
from ivr.desk.people import Crew, People
from ivr.desk.store import Store
from ivr.desk.store_page import Page
from ivr.desk.store_rows import CallRow, Conflict, StoredLookup, StoredTurn
from ivr.desk.switches import Switches

log = logging.getLogger(__name__)

REPLAY_SECONDS = 30
"""A duplicate gets the stored answer for so long; anything later gets nothing (promise 2)."""
CLAIM_SECONDS = 10
"""A claimed turn without an answer is somebody's crash after so long: the call is taken up where it stands."""
IDLE_MINUTES = 15
"""A call without a turn for so long is over, whether or not the carrier ever said so."""
FINAL = ("completed", "busy", "failed", "no-answer", "canceled")
OUTWARD = (LookUp, Check, Booking)


@dataclass(frozen=True, slots=True)
class Ringing:
    """A call as it reaches us. Numbers in E.164, or "" when withheld; `stir` is the carrier's attestation, if any."""

    call_id: str
    from_number: str = field(default="", repr=False)
    to_number: str = ""
    caller_name: str = field(default="", repr=False)
    stir: str = ""


class Stale(Exception):
    """A turn that the call left behind too long ago: nothing is run and nothing is told."""


class Writer(Protocol):
    """How answers are written down; the line writes TwiML. Raises for a document that must not leave the house."""

    def write(self, call_id: str, next_turn: int, events: Sequence[Event]) -> str: ...

    def hold(self, call_id: str, turn: int, words: str, language: str, leave: str) -> str: ...

    def leave(self) -> str: ...

    def connect(self, queue: str, words: str, language: str) -> str: ...

    def last_words(self, faults: int) -> str: ...


@dataclass(slots=True)
class _Work:
    """One turn on its way: what was heard, and everything that followed so far."""

    turn: int
    heard: Input
    edition: Edition
    session: Session
    events: list[Event]

    @property
    def wait(self) -> Event:
        return self.events[-1]


class Hotline:
    """A running hotline. Safe to share between threads; several processes may share one store."""

    def __init__(
        self,
        *,
        store: Store,
        editions: Editions,
        outside: Outside,
        people: People,
        lookups: Lookups,
        switches: Switches,
        writer: Writer,
        clock: Callable[[], datetime],
        ids: Ids,
    ) -> None:
        """`clock` gives aware UTC times."""
        self.store = store
        self.editions = editions
        self._outside = outside
        self._people = people
        self._lookups = lookups
        self._switches = switches
        self._writer = writer
        self._clock = clock
        self._ids = ids

    # --- what the line asks --------------------------------------------------------------------------------

    def ring(self, call: Ringing) -> str:
        """Answers a new call, or says again how it was answered. Turn 0 of the call."""
        self.editions.refresh()
        return self._guarded(call.call_id, 0, Began(), call)

    def take(self, call_id: str, turn: int, heard: Input) -> str:
        """Takes one turn of a call. Raises Stale for a turn long past; a call never seen is asked to call again."""
        return self._guarded(call_id, turn, heard, None)

    def poll(self, call_id: str, turn: int) -> str:
        """Asks again for a look-up that was slow: goes on if it is done or given up, else one more moment."""
        row = self.store.call(call_id)
        if row is None or row.turn != turn or not row.live:
            return self.take(call_id, turn, Resumed())
        found = self.store.lookup(call_id, turn - 1)
        if found is not None and found.ready_at <= self._clock():
            return self.take(call_id, turn, _told(found))
        if self._lookups.given_up(row.last_turn_at):
            return self.take(call_id, turn, UNAVAILABLE)
        session = Session.from_json(row.session)
        return self._writer.write(call_id, turn - 1, self._one_moment(session, 1))

    def resume(self, call: Ringing, error: str) -> str:
        """The carrier could not use our last answer (`error` is its code): the current question once more."""
        log.warning("fallback", extra={"call": call.call_id, "error": error})
        row = self.store.call(call.call_id)
        if row is None:
            return self.ring(call)
        return self.take(call.call_id, row.turn, Resumed())

    def report(self, call_id: str, status: str, *, sequence: int | None, seconds: int | None) -> None:
        """A status of the carrier, in whatever order they come. Only an end matters, and only the first one."""
        if status in FINAL:
            log.info("ended", extra={"call": call_id, "status": status, "sequence": sequence})
            self._close(call_id, status, seconds)

    def hold(self, call_id: str, turn: int, *, position: int | None, waited_seconds: int, key: str = "") -> str:
        """What a caller in a queue hears next: where they stand, or the way out by key or after too long."""
        row = self.store.call(call_id)
        wait = self._waiting(Session.from_json(row.session)) if row is not None and row.live else None
        if not isinstance(wait, Queueing):
            return self._writer.leave()
        if key and key == wait.leave:
            self.store.queue.settle(call_id, "left", self._clock())
            return self._writer.leave()
        if waited_seconds >= self._people.longest_wait(wait.queue):
            self.store.queue.settle(call_id, "timeout", self._clock())
            return self._writer.leave()
        return self._writer.hold(call_id, turn, self._holding(wait, position), wait.language, wait.leave)

    def pick_up(self, queue: str) -> str:
        """What an agent's phone is told: who is waiting, then that caller."""
        language, words = self._people.whisper(queue, self._clock())
        return self._writer.connect(queue, words, language)

    def ready(self) -> Mapping[str, str]:
        """Problems by part, in words with file and line; empty when all is well."""
        problems = {}
        try:
            self.store.ping()
        except Exception as failed:
            log.exception("store is not ready")
            problems["store"] = type(failed).__name__
        self.editions.refresh()
        if self.editions.problems:
            problems["flows"] = str(self.editions.problems[0])
        return problems

    def tidy(self) -> None:
        """Closes calls whose end was never reported, and forgets answers nobody may ask for. Run it every minute."""
        now = self._clock()
        for call_id in self.store.idle_calls(now - timedelta(minutes=IDLE_MINUTES)):
            self._close(call_id, "completed", None)
        self.store.forget_answers(now - timedelta(seconds=2 * REPLAY_SECONDS))

    # --- one turn ------------------------------------------------------------------------------------------

    def _guarded(self, call_id: str, turn: int, heard: Input, ringing: Ringing | None) -> str:
        """Whatever fails in us is an apology to the caller and a traceback for us (promise 7)."""
        try:
            try:
                return self._take(call_id, turn, heard, ringing)
            except Conflict:  # a ticket number that was taken, or a race lost: the engine is pure, so once more
                return self._take(call_id, turn, heard, ringing)
        except Stale:
            raise
        except Exception:
            log.exception("turn failed", extra={"call": call_id, "turn": turn})
            return self._apologise(call_id, turn)

    def _take(self, call_id: str, turn: int, heard: Input, ringing: Ringing | None) -> str:
        with self.store.turn(call_id, turn) as page:
            now = self._clock()
            stored, row = page.stored, page.call
            if stored is not None and not stored.claimed:
                return self._again(page, stored, now)
            if stored is not None and now - stored.at < timedelta(seconds=CLAIM_SECONDS):
                work = None
            else:
                if row is None and ringing is None:
                    return self._writer.last_words(UNKNOWN_CALL)
                if row is not None and turn != row.turn:
                    raise Stale(f"turn {turn} of {call_id}")
                session = Session.from_json(row.session) if row else self._pick_up(page, ringing, now)
                if stored is not None:
                    heard = Resumed()
                work = self._step(turn, session, heard, now)
                if not isinstance(work.wait, OUTWARD):
                    return self._save(page, work, now)
                page.record(turn, now, journal.kind(heard), "[]", None)
        return self._await(call_id, turn) if work is None else self._look_up(call_id, work)

    def _again(self, page: Page, stored: StoredTurn, now: datetime) -> str:
        """The answer to a duplicate: the stored bytes, or the current question when the call has gone on since."""
        row = page.call
        if row is not None and now - stored.at <= timedelta(seconds=REPLAY_SECONDS):
            latest = stored if row.turn == page.turn + 1 else self.store.stored(row.id, row.turn - 1)
            if latest is not None and latest.answer is not None:
                return latest.answer
        raise Stale(f"turn {page.turn} of a call at {row.turn if row else 0}")

    def _pick_up(self, page: Page, call: Ringing | None, now: datetime) -> Session:
        """A new call, pinned to the edition of this moment."""
        assert call is not None  # noqa: S101 - its caller has looked
        edition = self.editions.current
        session = Session(
            call=call.call_id,
            digest=edition.flows.digest,
            language=edition.flows.languages[0],
            started_at=now,
            caller=call.from_number,
            called=call.to_number,
            values={
                "today": Value("date", now.astimezone(edition.time_zone).date().isoformat()),
                **({"caller": Value("phone", call.from_number)} if call.from_number else {}),
                **({"called": Value("phone", call.to_number)} if call.to_number else {}),
            },
        )
        page.open_call(
            CallRow(
                id=call.call_id, from_number=call.from_number, to_number=call.to_number, digest=session.digest,
                language=session.language, started_at=now, last_turn_at=now, turn=0,
            )
        )  # fmt: skip
        return session

    def _step(self, turn: int, session: Session, heard: Input, now: datetime) -> _Work:
        """The engine's turn. An input that the step does not wait for puts its question again."""
        edition, world = self.editions.pinned(session.digest), self._world(now)
        try:
            act = engine.begin if isinstance(heard, Began) else None
            taken = act(edition, session, world) if act else engine.answer(edition, session, heard, world)
        except UnexpectedInput as unexpected:
            log.warning("unexpected input", extra={"call": session.call, "turn": turn, "why": str(unexpected)})
            taken = engine.answer(edition, session, Resumed(), world)
        return _Work(turn, heard, edition, taken.session, list(taken.events))

    def _look_up(self, call_id: str, work: _Work) -> str:
        """Runs what the turn waits for, and on; leaves off with a filler when it takes longer than a caller likes."""
        patience = self._lookups.patience.filler_after
        began = time.monotonic()
        count = 0
        while isinstance(work.wait, OUTWARD):
            errand = self._outside.work(work.wait, work.session, f"{call_id}/{work.turn}/{count}")
            found = self._lookups.run(call_id, work.turn, errand, patience - (time.monotonic() - began))
            if found is None:
                work.events += self._one_moment(work.session, 0)
                break
            count += 1
            after = self._step(work.turn, work.session, found, self._clock())
            work.session = after.session
            work.events += after.events
        with self.store.turn(call_id, work.turn) as page:
            if page.call is not None and not page.call.live:
                return self._writer.write(call_id, work.turn + 1, [Ended("caller")])
            return self._save(page, work, self._clock())

    def _save(self, page: Page, work: _Work, now: datetime) -> str:
        """Writes the turn down, all of it or nothing, and gives the answer."""
        session, turn = work.session, work.turn
        answer = self._writer.write(session.call, turn + 1, work.events)
        queue = work.wait.queue if isinstance(work.wait, Queueing) else ""
        carry_out(page, session, work.heard, work.events, turn=turn, now=now, crew=self._people.crew(queue))
        page.save(session=session.to_json(), turn=turn + 1, language=session.language, account=session.account, now=now)
        page.record(turn, now, journal.kind(work.heard), journal.to_json(work.events), answer)
        log.info(
            "turn",
            extra={"call": session.call, "turn": turn, "state": session.state, "heard": journal.kind(work.heard)},
        )
        return answer

    def _await(self, call_id: str, turn: int) -> str:
        """Waits for the answer that somebody else is making for the same turn."""
        until = time.monotonic() + self._lookups.patience.filler_after + 1
        while time.monotonic() < until:
            time.sleep(0.02)
            stored = self.store.stored(call_id, turn)
            if stored is not None and stored.answer is not None:
                return stored.answer
        return self._writer.last_words(0)

    def _close(self, call_id: str, status: str, seconds: int | None) -> None:
        """The call is over: what was begun is kept, once."""
        row = self.store.call(call_id)
        if row is None or not row.live:
            return
        with self.store.turn(call_id, row.turn) as page:
            if page.call is None or not page.call.live:
                return
            now, session = self._clock(), Session.from_json(page.call.session)
            wait = self._waiting(session)
            work = self._step(row.turn, session, HungUp(), now)
            carry_out(page, work.session, work.heard, work.events, turn=row.turn, now=now, crew=Crew(""))
            # A caller who hangs up while speaking a message leaves it: its turn stays open for the recording.
            expected = row.turn if isinstance(wait, Recording) else row.turn + 1
            page.save(session=work.session.to_json(), turn=expected, status=status, now=now)
            if expected > row.turn:
                page.record(row.turn, now, "hung-up", journal.to_json(work.events), "")
        self.store.end_call(call_id, status, now, seconds)

    def _apologise(self, call_id: str, turn: int) -> str:
        """Sorry, in the caller's language, and on to a person. Raises when even that fails: the line has last words."""
        with self.store.turn(call_id, turn) as page:
            if page.call is None:
                return self._writer.last_words(0)
            now, session = self._clock(), Session.from_json(page.call.session)
            edition = self.editions.pinned(session.digest)
            taken = engine.apologise(edition, session, self._world(now))
            work = _Work(turn, Resumed(), edition, taken.session, list(taken.events))
            if isinstance(work.wait, OUTWARD):
                return self._writer.last_words(UNKNOWN_CALL)
            return self._save(page, work, now)

    # --- pieces --------------------------------------------------------------------------------------------

    def _world(self, now: datetime) -> World:
        switched = self._switches.now(now)
        return World(
            now=now,
            ids=self._ids,
            notices=switched.notices,
            closures=switched.closures,
            unstaffed=switched.unstaffed,
            crowded=switched.crowded,
        )

    def _one_moment(self, session: Session, asked: int) -> list[Event]:
        """A filler and a look again; never dead air."""
        fillers = LANGUAGES[session.language].phrases.one_moment
        words = fillers[min(asked, len(fillers) - 1)]
        return [Said(words, session.language), Polling(self._lookups.patience.ask_again_after)]

    def _waiting(self, session: Session) -> Event:
        """What a call waits for where it stands, nothing said or done again."""
        edition = self.editions.pinned(session.digest)
        return engine.answer(edition, session, Resumed(), self._world(self._clock())).events[-1]

    def _holding(self, wait: Queueing, position: int | None) -> str:
        """The words for one round of waiting: how many are ahead where that is known, and what the flow says."""
        language = LANGUAGES[wait.language]
        pieces = []
        if position and "{position}" in wait.hold:
            pieces.append(with_position(wait.hold, position, wait.language))
        else:
            pieces.append(language.phrases.ahead(position - 1) if position else "")
            pieces.append(wait.hold.replace("{position}", ""))
        if wait.leave:
            key = Value("words", language.key(wait.leave))
            pieces.append(language.say(language.phrases.leave_queue, {"key": key}, self._clock().date()))
        return language.joiner.join(words for words in pieces if words)


UNKNOWN_CALL = 99
"""For `last_words`: nothing is known of the call, so there is nowhere to go back to."""


def _told(found: StoredLookup) -> LookedUp:
    values = {name: Value(kind, text) for name, (kind, text) in json.loads(found.values).items()}
    return LookedUp(found.outcome, values)
