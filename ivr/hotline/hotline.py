"""The hotline as webhooks see it: calls that ring, go on, wait and end, and whether all is well.

`ivr.hotline.turns` takes one turn of a call. Here is the rest: asking again after a slow look-up, going on after the
carrier lost an answer, waiting in a queue, the end of a call, and the work of every minute.
"""

import logging
import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from ivr.agents.queues import Heard, QueueService, WayOut
from ivr.agents.rules import QueueRule
from ivr.call.events import Began, Input, Resumed
from ivr.call.session import Session
from ivr.flow.model import Handle, Queue, Transfer
from ivr.hotline import journal
from ivr.hotline.editions import Editions
from ivr.hotline.engine_runner import Ringing
from ivr.hotline.handlers import LONGEST_SECONDS
from ivr.hotline.lookups import UNAVAILABLE, Lookups, recalled
from ivr.hotline.turns import CLAIM_SECONDS, REPLAY_SECONDS, Turns
from ivr.hotline.writer import Writer
from ivr.store import Store, StoreError
from ivr.store.rows import CallRow
from ivr.store.vocabulary import FinalCallStatus, is_final

__all__ = ["CLAIM_SECONDS", "IDLE_MINUTES", "REPLAY_SECONDS", "Hotline", "Ringing", "Writer"]

log = logging.getLogger(__name__)

IDLE_MINUTES = 15
"""A call without a turn for so long is over, whether or not the carrier ever said so."""
LONGEST_CALL = timedelta(hours=4)
"""The carrier ends a call after so long (Twilio's limit). A caller who waits for an agent, or talks to one, takes no
turns meanwhile."""
LONGEST_BLIND_WAIT_SECONDS = 15 * 60
"""A caller in a queue that nothing is known of is let out after so long."""

UNREADABLE = 12
"""The thousand of Twilio's errors about documents, which no repetition mends."""


class Hotline:
    """A running hotline. Safe to share between threads; several processes may share one store."""

    def __init__(
        self,
        turns: Turns,
        *,
        store: Store,
        editions: Editions,
        queues: QueueService,
        lookups: Lookups,
        writer: Writer,
        clock: Callable[[], datetime],
    ) -> None:
        self.store = store
        self.editions = editions
        self._turns = turns
        self._queues = queues
        self._lookups = lookups
        self._writer = writer
        self._clock = clock
        self._refreshing = threading.Lock()

    # --- turns ----------------------------------------------------------------------------------------------

    def warm_up(self) -> None:
        self._turns.engine.warm_up(self._clock())

    def ring(self, call: Ringing) -> str:
        """Answers a new call, or says again how it was answered. Turn 0 of the call."""
        self._refresh()
        return self._turns.take(call.call_id, 0, Began(), call)

    def open_elsewhere(self, call: Ringing, placed: Callable[[Session], Session]) -> None:
        """Opens a call that has not rung yet, with another session: for whoever tries flows out from a step on."""
        self._turns.open_elsewhere(call, placed)

    def take(self, call_id: str, turn: int, heard: Input) -> str:
        """Takes one turn of a call. Raises Stale for a turn long past; a call never seen is asked to call again."""
        return self._turns.take(call_id, turn, heard)

    def poll(self, call_id: str, turn: int) -> str:
        """Asks again for a look-up that was slow: goes on if it is done or given up, else one more moment."""
        row = self.store.call(call_id)
        if row is None or row.turn != turn or not row.live:
            return self.take(call_id, turn, Resumed())
        found = self.store.lookup(call_id, turn - 1)
        if found is not None and found.ready_at <= self._clock():
            return self.take(call_id, turn, recalled(found))
        asked = self.store.stored(call_id, turn - 1)
        began = asked.at if asked is not None else row.last_turn_at
        if self._lookups.given_up(began, self._budget(row)):
            return self.take(call_id, turn, UNAVAILABLE)
        return self._turns.one_moment(call_id, row.language, turn, self._lookups.asked(began))

    def resume(self, call: Ringing, error: int | None, failed: int | None) -> str:
        """The carrier has no answer of ours to the turn `failed`, for the reason `error` (its code).

        If the turn was taken, its answer was lost, and is given once more with all that is said in it. Else, or when it
        was an answer that the carrier could not read (12xxx), the current question is put again.
        """
        log.warning("fallback", extra={"call": call.call_id, "turn": failed, "error": error})
        row = self.store.call(call.call_id)
        if row is None:
            return self.ring(call)
        if row.live and failed == row.turn - 1 and (error or 0) // 1000 != UNREADABLE:
            lost = self.store.stored(row.id, failed)
            if lost is not None and lost.answer is not None:
                return lost.answer
        if row.live and self._looks_up(row):
            return self.poll(row.id, row.turn)
        return self.take(row.id, row.turn, Resumed())

    def _budget(self, row: CallRow) -> float:
        """How many seconds the look-up that a call waits for may take, as its handler declares."""
        session = Session.from_json(row.session)
        step = self.editions.pinned(session.digest).flows.step(session.state)
        if not isinstance(step, Handle):
            return LONGEST_SECONDS
        return self._turns.lookup_work.handler(step.handle).within_seconds

    def _looks_up(self, row: CallRow) -> bool:
        turns = self.store.turns(row.id)
        return bool(turns) and turns[-1].turn == row.turn - 1 and journal.last_type(turns[-1].events) == "Polling"

    # --- waiting for a person -------------------------------------------------------------------------------

    def hold(
        self, call_id: str, turn: int, *, position: int | None, waited_seconds: int, key: str = "", heard: str = ""
    ) -> str:
        """What a caller in a queue hears next: where they stand, or the way out by key or after too long.

        `heard` comes from the address that the last answer gave. An error of ours is not told here: the caller keeps
        the place in the carrier's queue and hears nothing of it.
        """
        try:
            heard_so_far = Heard.from_text(heard)
            return self._hold(call_id, turn, heard_so_far, position=position, waited_seconds=waited_seconds, key=key)
        except Exception:
            log.exception("hold failed", extra={"call": call_id, "turn": turn})
            if waited_seconds >= LONGEST_BLIND_WAIT_SECONDS:
                return self._writer.leave()
            language = self.editions.current.flows.languages[0]
            return self._writer.hold(call_id, turn, "", language, pause_seconds=QueueRule("").pause_seconds)

    def _hold(
        self, call_id: str, turn: int, heard: Heard, *, position: int | None, waited_seconds: int, key: str
    ) -> str:
        row, now = self.store.call(call_id), self._clock()
        wait = self._turns.queueing(row) if row is not None and row.live else None
        if wait is None:
            return self._writer.leave()
        self._queues.arrive(call_id, now)
        reason = self._queues.way_out(call_id, wait, waited_seconds, key, now)
        if reason and self._lets_out(call_id, reason, key if key in wait.keys else ""):
            return self._writer.leave()
        told = self._queues.round(call_id, wait, position, Heard() if key else heard, now)
        return self._writer.hold(
            call_id, turn, told.words, told.language, pause_seconds=told.pause_seconds, music=told.music,
            heard=told.heard.text(),
        )  # fmt: skip

    def _lets_out(self, call_id: str, result: WayOut, key: str) -> bool:
        """Takes the caller out of the queue. False if an agent took the caller at the same moment, or has picked up and
        hears who it is: for these seconds the caller waits on, whatever the key, or the agent answers nobody."""
        if any(talk.state == "ringing" and talk.leg for talk in self.store.talks.of_call(call_id)):
            return False
        if self.store.queue.settle(call_id, result, self._clock(), key):
            return True
        entry = self.store.queue.entry(call_id)
        return entry is None or entry.status != "taken"

    # --- the end of a call ----------------------------------------------------------------------------------

    def report(self, call_id: str, status: str, *, sequence: int | None, seconds: int | None) -> None:
        """Takes a status of the carrier, in any order. Only a final status matters, and only the first."""
        if is_final(status):
            log.info("ended", extra={"call": call_id, "status": status, "sequence": sequence})
            self._close(call_id, status, seconds)

    def _close(self, call_id: str, status: FinalCallStatus, seconds: int | None) -> None:
        self._turns.hang_up(call_id, status)
        self.store.end_call(call_id, status, self._clock(), seconds)

    def tidy(self) -> None:
        """Closes calls whose end was never reported, and forgets answers nobody may ask for. Run it every minute."""
        now = self._clock()
        for call_id in self.store.idle_calls(now - timedelta(minutes=IDLE_MINUTES)):
            try:
                if not self._with_a_person(call_id, now):
                    self._close(call_id, "completed", None)
            except Exception:  # one call that cannot be closed does not stop the others
                log.exception("idle call not closed", extra={"call": call_id})
        self.store.forget_answers(now - timedelta(seconds=2 * REPLAY_SECONDS))
        self.editions.forget(self.store.live_digests())

    def _with_a_person(self, call_id: str, now: datetime) -> bool:
        """Whether the call takes no turns because its caller waits for a person, or talks to one."""
        row = self.store.call(call_id)
        if row is None or now - row.last_turn_at > LONGEST_CALL:
            return False
        step = self.editions.pinned(row.digest).flows.step(Session.from_json(row.session).state)
        entry = self.store.queue.entry(call_id) if isinstance(step, Queue) else None
        if entry is not None and entry.status == "waiting":  # for longer than anybody is let wait: gone, unreported
            longest = timedelta(seconds=self._queues.longest_wait(entry.queue), minutes=IDLE_MINUTES)
            return now - (entry.leased_until or entry.joined_at) < longest  # back from an agent, they wait anew
        return entry is not None or isinstance(step, Transfer)

    def plays(self, address: str) -> bool:
        """Whether a call may be told to play this file: the flows of now name it, or those of a live call."""
        current = self.editions.current.flows.digest
        return self.editions.plays(current, address) or any(
            self.editions.plays(digest, address) for digest in self.store.live_digests() - {current}
        )

    # --- how it is ------------------------------------------------------------------------------------------

    def ready(self) -> Mapping[str, str]:
        """Problems by part, as text with file and line; empty when all is well."""
        problems = {}
        try:
            self.store.ping()
        except Exception as failed:
            log.exception("store is not ready")
            problems["store"] = str(failed) if isinstance(failed, StoreError) else type(failed).__name__
        self._refresh(patiently=True)  # the answer is about what stands in the folder now
        if wrong := [issue for issue in self.editions.problems if issue.is_error]:
            problems["flows"] = str(wrong[0])
        return problems

    def _refresh(self, *, patiently: bool = False) -> None:
        """Publishes an edit of the flows, if there is one. One thread looks; the others go on with what there is,
        unless they ask patiently."""
        if not self._refreshing.acquire(blocking=patiently):
            return
        try:
            if self.editions.refresh():
                log.info("flows edited", extra={"digest": self.editions.current.flows.digest})
        except Exception:  # an edit that cannot be published now is published when somebody looks again
            log.exception("flows not refreshed")
        finally:
            self._refreshing.release()
