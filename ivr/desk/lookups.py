"""Look-ups: work for the outside world that a call waits for, under a time budget and outside every transaction.

A quick look-up ends inside its webhook. A slow one goes on in its thread; the caller hears "one moment", the carrier
asks again, and the result lies in the store for whichever worker is asked. One that is never heard of again becomes
`unavailable` after the time is up, and so does one that raises: a call never waits for ever.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as Late
from dataclasses import dataclass
from datetime import datetime, timedelta

from ivr.call.events import LookedUp
from ivr.desk.handling import Answer

UNAVAILABLE = LookedUp("unavailable")

Work = Callable[[], Answer]
"""What is to be done; may raise anything, may take any time."""

Put = Callable[[str, int, LookedUp, datetime], None]
"""Stores a late result: call, turn, result, and the moment from which it may be used."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a look-up may take, in seconds: until the caller hears a filler, and until it counts as failed.

    The first must be short of a caller's patience, the second well short of the carrier's 15 s.
    """

    filler_after: float = 2.5
    give_up_after: float = 8.0
    ask_again_after: int = 2


class Lookups:
    """Runs look-ups in threads of its own. Lives as long as the hotline."""

    def __init__(self, put: Put, clock: Callable[[], datetime], patience: Patience, threads: int = 32) -> None:
        self._put = put
        self._clock = clock
        self.patience = patience
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="look-up")

    def run(self, call_id: str, turn: int, work: Work, within_seconds: float) -> LookedUp | None:
        """The result if it comes in time for this webhook, else None: it will be put into the store."""
        future = self._pool.submit(self._finish, call_id, work)
        try:
            found, delay = future.result(timeout=max(0.0, within_seconds))
        except Late:
            future.add_done_callback(lambda done: self._deliver(call_id, turn, done))
            return None
        if delay <= within_seconds:
            return found
        self._put(call_id, turn, found, self._clock() + timedelta(seconds=delay))
        return None

    def given_up(self, began: datetime) -> bool:
        """Whether a look-up that began then (aware) has used up its time."""
        return (self._clock() - began).total_seconds() >= self.patience.give_up_after

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _finish(self, call_id: str, work: Work) -> Answer:
        """Whatever goes wrong in a handler or the wallet is ours to log and the caller's to be excused for."""
        try:
            return work()
        except Exception:
            log.exception("look-up failed", extra={"call": call_id})
            return Answer(UNAVAILABLE, 0.0)

    def _deliver(self, call_id: str, turn: int, done: Future[Answer]) -> None:
        if not done.cancelled():
            self._put(call_id, turn, done.result().looked_up, self._clock())
