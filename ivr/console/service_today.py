"""How well callers of today were answered, by queue: by the same definitions as in reports, for the board."""

import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from ivr.hotline.reports import Known
from ivr.hotline.reports.tally import classify
from ivr.hotline.reports.waits import Target, WaitSums
from ivr.store import Store

EVERY = timedelta(seconds=20)
"""So often at most the store is asked what else has ended."""
LAG = timedelta(seconds=5)
"""What ended is counted so much later: its last transaction is committed by then."""


@dataclass(frozen=True, slots=True)
class Service:
    """Of the waits of today that are over, and are no short abandons: how many were answered, and in time."""

    in_time: int
    counted: int
    target: Target
    answered: int = 0
    abandoned: int = 0

    @property
    def percent(self) -> int | None:
        return round(100 * self.in_time / self.counted) if self.counted else None

    @property
    def is_missed(self) -> bool:
        """Fewer were answered in time than the target of the queue asks for."""
        percent, wanted = self.percent, self.target.percent
        return percent is not None and wanted is not None and percent < wanted


@dataclass
class ServiceToday:
    """Adds up the calls that have ended since the last look, and those that talk now; begins anew at midnight.

    Safe to share between threads.
    """

    store: Store
    known: Callable[[], Known]
    zone: ZoneInfo
    _until: datetime | None = field(default=None, init=False)
    _sums: dict[str, WaitSums] = field(default_factory=dict, init=False)
    _talking: Counter[tuple[str, bool]] = field(default_factory=Counter, init=False)
    """How many waits of calls that go on were answered, by queue and whether in time."""
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def of(self, queues: Mapping[str, object] | tuple[str, ...], now: datetime) -> dict[str, Service]:
        """The service of these queues, as of a few seconds before a moment (aware)."""
        known = self.known()
        with self._lock:
            self._catch_up(known, now)
            return {name: self._service(name, known) for name in queues}

    def _service(self, queue: str, known: Known) -> Service:
        sums, in_time, late = self._sums.get(queue, WaitSums()), self._talking[queue, True], self._talking[queue, False]
        return Service(
            sums.in_time + in_time,
            sums.counted + in_time + late,
            known.target(queue),
            answered=sums.ends["answered"] + in_time + late,
            abandoned=sums.ends["abandoned"],
        )

    def _catch_up(self, known: Known, now: datetime) -> None:
        midnight = now.astimezone(self.zone).replace(hour=0, minute=0, second=0, microsecond=0)
        if self._until is None or not midnight <= self._until <= now:
            self._until, self._sums = midnight, defaultdict(WaitSums)
        if now - self._until < EVERY + LAG:
            return
        until = now - LAG
        for call in self.store.figures.ended(self._until, until):
            for wait in classify(call, known).waits:
                self._sums[wait.queue].add(wait, known.target(wait.queue))
        self._until = until
        joined = [talk.call_id for talk in self.store.talks.open() if talk.joined_at is not None]
        self._talking = Counter(
            (wait.queue, wait.seconds <= known.target(wait.queue).seconds)
            for call in self.store.figures.some(joined)
            if call.ended_at is None
            for wait in classify(call, known).waits
            if wait.end == "answered"
        )


def together(services: Mapping[str, Service]) -> Service:
    """Several queues as one; their target, if they share one."""
    targets = {one.target for one in services.values()}
    return Service(
        sum(one.in_time for one in services.values()),
        sum(one.counted for one in services.values()),
        targets.pop() if len(targets) == 1 else Target(),
    )
