"""One turn of a call: load it, run the engine, save everything together, and answer. Knows no HTTP and no queue.

A turn is one transaction: the turn row (call and turn are its key), the session, the effects for the outbox and the
answer are committed together, and only then does anything leave. A turn that needs the outside world is claimed in a
first transaction, looked up outside any, and finished in a second; a retry that arrives meanwhile finds the claim and
waits for the answer instead of working twice. A claim whose worker died is taken over after a while. The secret that
was keyed in is lost with the worker, so the question is put again.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ivr.agents.rules import QueueRule
from ivr.call import events
from ivr.call.events import Ended, Event, Input, Recorded
from ivr.call.languages import LANGUAGES
from ivr.call.session import Session
from ivr.call.turn import Edition
from ivr.hotline import journal
from ivr.hotline.editions import Editions
from ivr.hotline.effects import carry_out
from ivr.hotline.engine_runner import EngineRunner, NotLearnt, Ringing, TurnInProgress
from ivr.hotline.lookup_work import LookupWork
from ivr.hotline.lookups import QUICK_SECONDS, Lookups, once_more, recalled
from ivr.hotline.switches import Switches
from ivr.hotline.writer import Writer
from ivr.store import Store
from ivr.store.errors import Conflict, Stale, StoreError, Unavailable
from ivr.store.rows import CallRow, RecordingRow, StoredTurn
from ivr.store.turn import TurnTransaction
from ivr.store.upkeep import deletions
from ivr.store.vocabulary import FinalCallStatus

log = logging.getLogger(__name__)

LATE = timedelta(hours=1)
"""A recording that comes so long after its turn is not kept any more."""
REPLAY_SECONDS = 30
"""A duplicate gets the stored answer for so long; anything later gets nothing (docs/design.md#promise-2)."""
CLAIM_SECONDS = 10
"""A claimed turn without an answer for so long means that a worker died. Another takes the call over."""
UNKNOWN_CALL = 99
"""For `last_words`: nothing is known of the call, so there is no turn to go back to."""
OUTWARD = (events.LookUp, events.Check, events.Booking)
MOST_LOOKUPS = 50
"""The limit of look-ups in one turn, for a flow that loops through look-ups although the checker refuses such flows."""


@dataclass(frozen=True, slots=True)
class _UnderWay:
    """Another worker has this turn."""


@dataclass(slots=True)
class _Claim:
    """When this request last claimed its turn, whether or not it learnt that it could. A claim of that time is its own:
    two of a turn are never made so close."""

    at: datetime | None = None


class Turns:
    """Takes the turns of all calls. Safe to share between threads; several processes may share one store."""

    def __init__(
        self,
        *,
        store: Store,
        editions: Editions,
        lookup_work: LookupWork,
        lookups: Lookups,
        switches: Switches,
        staff: Callable[[str], QueueRule],
        writer: Writer,
        clock: Callable[[], datetime],
        new_reference: Callable[[], str],
    ) -> None:
        """`clock` gives aware UTC times; `staff` tells the people of a queue by its name."""
        self._store = store
        self._editions = editions
        self.engine = EngineRunner(editions, switches, new_reference)
        self.lookup_work = lookup_work
        self._lookups = lookups
        self._staff = staff
        self._writer = writer
        self._clock = clock

    def take(self, call_id: str, turn: int, heard: Input, ringing: Ringing | None = None) -> str:
        """The answer to one turn. An error of ours is an apology to the caller and a traceback in the log.

        `ringing` is given for turn 0 alone. A call never seen is asked to call again. Raises Stale for a turn that
        is long past or has not come yet, and the error of ours where not even an apology can be made: whoever asks
        counts those in a row.
        """
        began = time.monotonic()
        try:
            if isinstance(heard, Recorded) and heard.seconds > 0:
                turn = self._keep_recording(call_id, turn, heard)
            ours = _Claim()
            try:
                return self._finish(once_more(lambda: self._begin(call_id, turn, heard, ringing, ours)), call_id, turn)
            except Conflict:  # another was first: its answer is there now, or the engine, being pure, runs again
                return self._finish(self._begin(call_id, turn, heard, ringing, ours), call_id, turn)
        except Stale:
            raise
        except Exception as fault:
            if isinstance(fault, Unavailable) and time.monotonic() - began > QUICK_SECONDS:
                raise  # an apology from the store would take as long again
            log.exception("turn failed", extra={"call": call_id, "turn": turn})
            apology = self._apologise(call_id, turn)
            if apology is None:
                raise
            return self._finish(apology, call_id, turn)

    def hang_up(self, call_id: str, status: FinalCallStatus) -> None:
        """The call is over, by a final status of the carrier: what was begun is kept, once.

        A call that nobody has answered yet is remembered as over, so that a late ring cannot open it.
        """
        row = self._store.call(call_id)
        if row is not None and row.live:
            self._wait_for(call_id, row.turn)
        with self._store.turn(call_id) as tx:
            now = self._clock()
            if tx.call is None:
                tx.open_call(_over(call_id, self._editions.current, status, now))
            elif tx.call.live:
                self._keep_what_was_begun(tx, tx.call, status, now)

    def queueing(self, row: CallRow) -> events.Queueing | None:
        """What a live call in a queue waits for, nothing said or done again; None for one that is in no queue.

        A caller who was handed over waits in another queue than the one the flow named.
        """
        session = Session.from_json(row.session)
        wait = self.engine.queueing(session, self._clock())
        entry = self._store.queue.entry(row.id) if wait is not None else None
        return replace(wait, queue=entry.queue) if wait is not None and entry is not None else wait

    def one_moment(self, call_id: str, language: str, turn: int, asked: int) -> str:
        """A filler, then the same turn again; never silence. `asked` counts the fillers before it."""
        return self._writer.write(call_id, turn, self._filler(language, asked))

    def _keep_recording(self, call_id: str, turn: int, heard: Recorded) -> int:
        """Keeps a recording, whatever becomes of its turn; gives the turn that it answers.

        That is the next one if the fallback has put the question again meanwhile. When nothing is known of its turn any
        more, the carrier is told to delete it.
        """
        with self._store.turn(call_id, turn) as tx:
            now, row, stored = self._clock(), tx.call, tx.stored
            name = heard.recording or f"{call_id}/{turn}"
            waited_for = row and row.session and (row.turn == turn if stored is None else now - stored.at < LATE)
            if waited_for:
                tx.add_recording(
                    RecordingRow(id=name, call_id=call_id, turn=turn, url=heard.url, seconds=heard.seconds, made_at=now)
                )
            elif name not in {kept.id for kept in self._store.recordings(call_id)}:
                tx.put(deletions([(name, now)]))
            again = stored is not None and row is not None and row.turn == turn + 1
            if again and self._store.input_kind(call_id, turn) == "resumed":
                assert row is not None  # noqa: S101 - looked at above
                return turn + self.engine.records_message(Session.from_json(row.session))
            return turn

    def open_elsewhere(self, call: Ringing, placed: Callable[[Session], Session]) -> None:
        """Opens a call that has not rung yet, so that it begins at another place of the flows."""
        with self._store.turn(call.call_id, 0) as tx:
            self._pick_up(tx, call, self._clock(), placed)

    # --- the first transaction ------------------------------------------------------------------------------

    def _begin(
        self, call_id: str, turn: int, heard: Input, ringing: Ringing | None, ours: _Claim
    ) -> str | TurnInProgress | _UnderWay:
        """The answer; or the look-up for which the turn is now claimed; or that another worker has it."""
        try:
            return self._begin_once(call_id, turn, heard, ringing, ours)
        except NotLearnt as new:
            new.edition.wishes.learn()
            return self._begin_once(call_id, turn, heard, ringing, ours)

    def _begin_once(
        self, call_id: str, turn: int, heard: Input, ringing: Ringing | None, ours: _Claim
    ) -> str | TurnInProgress | _UnderWay:
        with self._store.turn(call_id, turn) as tx:
            now, stored, row = self._clock(), tx.stored, tx.call
            if stored is not None and not stored.claimed:
                return self._again(tx, stored, now)
            of_another = stored is not None and stored.at != ours.at
            if of_another and stored is not None and now - stored.at < timedelta(seconds=CLAIM_SECONDS):
                return _UnderWay()
            if row is None and ringing is None:
                return self._writer.last_words(UNKNOWN_CALL)
            if row is not None and turn != row.turn:
                raise Stale(f"turn {turn} of {call_id}, which expects {row.turn}")
            if row is not None and _is_over(row, heard):
                return self._writer.write(call_id, turn + 1, [Ended("caller")])
            session = Session.from_json(row.session) if row is not None else self._pick_up(tx, ringing, now)
            heard = self._recovered(call_id, turn) if of_another else self._really(call_id, heard)
            return self._save_or_claim(tx, self.engine.step(turn, session, heard, now), now, ours)

    def _again(self, tx: TurnTransaction, stored: StoredTurn, now: datetime) -> str:
        """The answer to a duplicate: the stored bytes, or the current question when the call has gone on since."""
        row = tx.call
        if row is not None and now - stored.at <= timedelta(seconds=REPLAY_SECONDS):
            latest = stored if row.turn == tx.turn + 1 else self._store.stored(row.id, row.turn - 1)
            if latest is not None and latest.answer is not None:
                return latest.answer
        raise Stale(f"turn {tx.turn} of a call at {row.turn if row else 0}")

    def _pick_up(
        self,
        tx: TurnTransaction,
        call: Ringing | None,
        now: datetime,
        placed: Callable[[Session], Session] | None = None,
    ) -> Session:
        assert call is not None  # noqa: S101 - its caller has looked
        session = self.engine.new_session(call, now)
        session = placed(session) if placed else session
        tx.open_call(
            CallRow(
                id=call.call_id, from_number=call.from_number, to_number=call.to_number, digest=session.digest,
                language=session.language, started_at=now, last_turn_at=now, turn=0, session=session.to_json(),
            )
        )  # fmt: skip
        return session

    def _recovered(self, call_id: str, turn: int) -> Input:
        """The input for a turn taken over from a dead worker: its look-up's result, or the question again."""
        if turn == 0:
            return events.Began()
        found = self._store.lookup(call_id, turn - 1)
        return recalled(found) if found is not None else events.Resumed()

    def _really(self, call_id: str, heard: Input) -> Input:
        """The carrier reports one way out of a queue (leave). The store knows who was let out, and why."""
        match heard:
            case events.QueueEnded(result="hangup"):
                return events.HungUp()
            case events.QueueEnded(result="left") if entry := self._store.queue.entry(call_id):
                match entry.status:
                    case "timeout" | "nobody" | "left" as ended:
                        return events.QueueEnded(ended, heard.waited_seconds, entry.key if ended == "left" else "")
        return heard

    def _save_or_claim(
        self, tx: TurnTransaction, work: TurnInProgress, now: datetime, ours: _Claim
    ) -> str | TurnInProgress:
        if not isinstance(work.wait, OUTWARD):
            return self._save(tx, work, now)
        tx.record(work.turn, now, journal.input_kind(work.heard), "[]", None)
        ours.at = now
        return work

    # --- outside any transaction, and the second one --------------------------------------------------------

    def _finish(self, begun: str | TurnInProgress | _UnderWay, call_id: str, turn: int) -> str:
        if isinstance(begun, str):
            return begun
        if isinstance(begun, _UnderWay):
            return self._answer_of_another(call_id, turn)
        self._run_lookups(call_id, begun)
        return once_more(lambda: self._end(begun, call_id, turn))

    def _end(self, begun: TurnInProgress, call_id: str, turn: int) -> str:
        with self._store.turn(call_id, turn) as tx:
            if tx.call is not None and _is_over(tx.call, begun.heard):
                return self._writer.write(call_id, turn + 1, [Ended("caller")])
            return self._save(tx, begun, self._clock())

    def _run_lookups(self, call_id: str, work: TurnInProgress) -> None:
        """Runs the look-up and the engine after it, again and again; stops with a filler when it takes too long."""
        until = time.monotonic() + self._lookups.patience.filler_after
        count = 0
        while isinstance(work.wait, OUTWARD):
            work_to_do = self.lookup_work.work(work.wait, work.session, f"{call_id}/{work.turn}/{count}")
            kind = work.wait.handler if isinstance(work.wait, events.LookUp) else type(work.wait).__name__
            answer = self._lookups.run(call_id, work.turn, kind, work_to_do, until - time.monotonic())
            if answer is None:
                work.events += self._filler(work.session.language, 0)
                return
            count += 1
            if count > MOST_LOOKUPS:
                raise RuntimeError(f"{count} look-ups in a turn of {work.session.state}")
            until -= answer.delay_seconds
            after = self.engine.step(work.turn, work.session, answer.looked_up, self._clock())
            work.session = after.session
            work.events += after.events

    def _save(self, tx: TurnTransaction, work: TurnInProgress, now: datetime) -> str:
        session, turn = work.session, work.turn
        answer = self._writer.write(session.call, turn + 1, work.events)
        queue = work.wait.queue if isinstance(work.wait, events.Queueing) else ""
        carry_out(tx, session, work.heard, work.events, turn=turn, now=now, staff=self._staff(queue))
        tx.save(session=session.to_json(), turn=turn + 1, language=session.language, account=session.account, now=now)
        heard = journal.input_kind(work.heard)
        tx.record(turn, now, heard, journal.to_json(work.events), answer)
        log.info("turn", extra={"call": session.call, "turn": turn, "state": session.state, "heard": heard})
        return answer

    def _answer_of_another(self, call_id: str, turn: int) -> str:
        """For a turn that another worker has: without an answer in time, the carrier is told to ask again. By then the
        answer is there, or the claim is too old."""
        try:
            stored = self._wait_for(call_id, turn)
        except StoreError:
            log.exception("nothing to wait for", extra={"call": call_id, "turn": turn})
            stored = None
        return (stored.answer if stored is not None else None) or self._writer.last_words(0)

    def _wait_for(self, call_id: str, turn: int) -> StoredTurn | None:
        """Waits for the answer that somebody else is making for a claimed turn; gives what there is in the end."""
        with self._lookups.place_to_wait() as free:
            until = time.monotonic() + (self._lookups.patience.longest_answer if free else 0.0)
            while True:
                stored = self._store.stored(call_id, turn)
                if stored is None or not stored.claimed or time.monotonic() > until:
                    return stored
                if self._clock() - stored.at >= timedelta(seconds=CLAIM_SECONDS):
                    return stored
                time.sleep(0.02)

    # --- the engine -----------------------------------------------------------------------------------------

    def _apologise(self, call_id: str, turn: int) -> str | TurnInProgress | _UnderWay | None:
        """An apology in the caller's language, then a person. None where no call stands in this turn; raises when even
        that fails."""
        with self._store.turn(call_id, turn) as tx:
            now, row = self._clock(), tx.call
            if tx.stored is not None and not tx.stored.claimed:
                return self._again(tx, tx.stored, now)  # it was saved, and failed after that
            if row is None or row.turn != turn or not row.live:
                return None
            session = Session.from_json(row.session)
            return self._save_or_claim(tx, self.engine.apologise(turn, session, now), now, _Claim())

    def _keep_what_was_begun(self, tx: TurnTransaction, row: CallRow, status: FinalCallStatus, now: datetime) -> None:
        """A caller who hangs up while speaking a message leaves it: its turn stays open for the recording."""
        turn, session, happened = row.turn, Session.from_json(row.session), list[Event]()
        recording = False
        try:
            recording = self.engine.records_message(session)
            if self._store.talks.talked(row.id, turn):  # with a person; only the report of its end is late
                tx.leave_queue("answered", now)
                talked = self.engine.step(turn, session, events.QueueEnded("answered"), now)
                session, happened = talked.session, talked.events[:-1]
            ended = self.engine.step(turn, session, events.HungUp(), now)
            session, happened = ended.session, [*happened, *ended.events]
            carry_out(tx, session, events.HungUp(), happened, turn=turn, now=now, staff=QueueRule(""))
        except StoreError:
            raise
        except Exception:  # its flows may be gone; the call is over all the same
            log.exception("nothing could be kept", extra={"call": row.id, "turn": turn})
            session, happened = session.replace(ended="caller"), [Ended("caller")]
        tx.save(session=session.to_json(), turn=turn if recording else turn + 1, status=status, now=now)
        if not recording:
            answer = self._writer.write(row.id, turn + 1, [Ended("caller")])
            tx.record(turn, now, "hung-up", journal.to_json(happened), answer)

    def _filler(self, language: str, asked: int) -> list[Event]:
        fillers = LANGUAGES[language].phrases.one_moment
        words = fillers[min(asked, len(fillers) - 1)]
        said = events.Said(words, LANGUAGES[language].teller(words).code)
        return [said, events.Polling(self._lookups.patience.ask_again_after)]


def _is_over(row: CallRow, heard: Input) -> bool:
    """Whether nothing more is done in a call: only a message is still taken, until what was said is deleted."""
    return not row.live and not (isinstance(heard, Recorded) and row.session)


def _over(call_id: str, edition: Edition, status: FinalCallStatus, now: datetime) -> CallRow:
    """A call of which we learn first that it has ended."""
    return CallRow(
        id=call_id, from_number="", to_number="", digest=edition.flows.digest, language=edition.flows.languages[0],
        started_at=now, last_turn_at=now, status=status, turn=0, ended_at=now,
    )  # fmt: skip
