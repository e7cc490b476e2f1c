"""Look-ups: work for the outside world that a call waits for, under a time budget and outside every transaction.

A quick look-up ends inside its webhook. A slow one goes on in its thread; the caller hears "one moment", the carrier
asks again, and the result lies in the store for whichever worker is asked. One that is never heard of again becomes
`unavailable` after the time is up, and so does one that raises: a call never waits for ever. What hangs for good keeps
its thread, so each kind of work may have only so many: one handler that hangs takes the others nothing. Only so many
webhooks wait for a look-up at once; the others say "one moment" without waiting, so that threads are left to speak.
"""

import json
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as Late
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from ivr.call.events import LookedUp
from ivr.call.values import value_of
from ivr.hotline.back_office import BackOfficeUnavailable
from ivr.hotline.handlers import Answer
from ivr.store import Store, Unavailable
from ivr.store.rows import StoredLookup

Result = TypeVar("Result")

UNAVAILABLE = LookedUp("unavailable")

Work = Callable[[], Answer]
"""What is to be done; may raise anything, may take any time."""

QUICK_SECONDS = 1
"""A store that fails sooner is asked once more, and then for the caller's language of the apology; a slower one is
not."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a look-up may take, in seconds: until the caller hears a filler, and until it counts as failed.

    The first must be short of a caller's patience, the second well short of the carrier's 15 s.
    """

    filler_after: float = 2.5
    give_up_after: float = 8.0
    ask_again_after: int = 2

    @property
    def longest_answer(self) -> float:
        """After so many seconds a webhook under way has its answer, if its worker lives."""
        return 1.5 * self.filler_after


class Lookups:
    """Runs look-ups in threads of its own. Lives as long as the hotline."""

    def __init__(
        self,
        store: Store,
        clock: Callable[[], datetime],
        patience: Patience,
        *,
        threads: int = 64,
        of_one_kind: int = 24,
        waiting_webhooks: int = 64,
    ) -> None:
        """At most `threads` look-ups run at once, of each kind at most so many, and so many webhooks wait for them."""
        self._store = store
        self._clock = clock
        self.patience = patience
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="look-up")
        self._threads = threads
        self._of_one_kind = of_one_kind
        self._running: Counter[str] = Counter()
        self._counting = threading.Lock()
        self._places = threading.BoundedSemaphore(waiting_webhooks)

    @contextmanager
    def place_to_wait(self) -> Iterator[bool]:
        """Whether a webhook may wait inside: False while as many as may are waiting."""
        free = self._places.acquire(blocking=False)
        try:
            yield free
        finally:
            if free:
                self._places.release()

    def run(self, call_id: str, turn: int, kind: str, work: Work, within_seconds: float) -> Answer | None:
        """The answer if it comes in time for this webhook, else None: it will be put into the store.

        `kind` names what is asked, such as a handler; `unavailable` at once when too many of it are under way.
        """
        if not self._may_begin(kind):
            log.error("too many look-ups under way", extra={"call": call_id, "kind": kind})
            return Answer(UNAVAILABLE, 0.0)
        future = self._pool.submit(self._finish, call_id, kind, work)
        try:
            with self.place_to_wait() as free:
                answer = future.result(timeout=max(0.0, within_seconds) if free else 0.0)
        except Late:
            future.add_done_callback(lambda done: self._deliver(call_id, turn, done))
            return None
        if answer.delay_seconds <= within_seconds:
            return answer
        self._put(call_id, turn, answer)
        return None

    def given_up(self, began: datetime, budget_seconds: float) -> bool:
        """Whether a look-up that began then (aware) has used up its own budget, or what any may take."""
        taken = (self._clock() - began).total_seconds()
        return taken >= min(budget_seconds, self.patience.give_up_after)

    def asked(self, began: datetime) -> int:
        """How many fillers a caller has heard of a look-up that began then (aware)."""
        waited = (self._clock() - began).total_seconds() - self.patience.filler_after
        return 1 + max(0, int(waited // (2 * self.patience.ask_again_after)))

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _may_begin(self, kind: str) -> bool:
        with self._counting:
            if self._running[kind] >= self._of_one_kind or self._running.total() >= self._threads:
                return False
            self._running[kind] += 1
            return True

    def _ended(self, kind: str) -> None:
        with self._counting:
            self._running[kind] -= 1
            if not self._running[kind]:
                del self._running[kind]

    def _finish(self, call_id: str, kind: str, work: Work) -> Answer:
        """Whatever goes wrong in a handler or the back office is ours to log and the caller's to be excused for."""
        try:
            return work()
        except BackOfficeUnavailable as silent:  # happens on an ordinary day, and is no fault of ours to be traced
            log.warning("look-up failed", extra={"call": call_id, "error": str(silent)})
            return Answer(UNAVAILABLE, 0.0)
        except Exception:
            log.exception("look-up failed", extra={"call": call_id, "handler": kind})
            return Answer(UNAVAILABLE, 0.0)
        finally:
            self._ended(kind)

    def _deliver(self, call_id: str, turn: int, done: Future[Answer]) -> None:
        if done.cancelled():
            return
        try:
            self._put(call_id, turn, done.result())
        except Exception:  # nobody hears of it in this thread, and the caller is told `unavailable` in time
            log.exception("late result lost", extra={"call": call_id, "turn": turn})

    def _put(self, call_id: str, turn: int, answer: Answer) -> None:
        """Leaves a late result for whichever worker is asked, from the moment it is due."""
        found = answer.looked_up
        values = {name: [value.kind, value.text] for name, value in found.values.items()}
        ready_at = self._clock() + timedelta(seconds=answer.delay_seconds)
        told = json.dumps(values, ensure_ascii=False)
        once_more(lambda: self._store.put_lookup(call_id, turn, found.outcome, told, ready_at))


def recalled(found: StoredLookup) -> LookedUp:
    """A result as it was before it was put into the store."""
    values = {name: value_of(kind, text) for name, (kind, text) in json.loads(found.values).items()}
    return LookedUp(found.outcome, values)


def once_more(transaction: Callable[[], Result]) -> Result:
    """A connection to the store may break although the store is well: nobody is to hear of it. What was committed when
    it broke is found by the second try, as by a duplicate. A store that kept us waiting is not waited for again."""
    began = time.monotonic()
    try:
        return transaction()
    except Unavailable:
        if time.monotonic() - began > QUICK_SECONDS:
            raise
        return transaction()
