"""Time: a heap of actions, run at once in their order (VirtualClock) or when they are due (RealClock).

Knows nothing about telephones. Actions of the same moment run in the order they were asked for, so a virtual run is
the same run every time. Time is counted in whole microseconds, because sums of floats drift.
"""

import heapq
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol, TypeVar

Action = Callable[[], object]
T = TypeVar("T")


def real_seconds() -> float:
    """Seconds that really pass, also while a library such as freezegun holds `time.monotonic` still."""
    return time.clock_gettime(time.CLOCK_MONOTONIC)


class Timer:
    """One action in the heap; `cancel()` takes it out."""

    __slots__ = ("action",)

    def __init__(self, action: Action) -> None:
        self.action: Action | None = action

    def cancel(self) -> None:
        """Take the action out; harmless when it has run."""
        self.action = None


Heap = list[tuple[int, int, Timer]]
"""(microsecond, order, timer): plain tuples, because the heap compares them all the time."""


class Clock(Protocol):
    """What the network asks of time."""

    passes_by_itself: bool
    """Whether time goes on while nobody lets it."""
    speed: float
    """How many of its seconds pass by themselves in a real one."""

    @property
    def seconds(self) -> float:
        """Seconds since the clock began."""

    def now(self) -> datetime:
        """Give the moment, aware, in UTC."""

    def after(self, seconds: float, action: Action) -> Timer:
        """Run `action` that many seconds from now."""

    def work(self, job: Callable[[], tuple[Any, float]], done: Callable[[Any], None]) -> None:
        """Run `job`, which may block and says how many seconds it took; hand its value to `done`."""

    def run_until(self, happened: Callable[[], bool], within: float | None = None) -> bool:
        """Let time pass until `happened()`; False when nothing is left to happen or `within` s are over."""

    def run(self, seconds: float) -> None:
        """Let that many seconds pass."""

    def apply(self, change: Callable[[], T]) -> T:
        """Make a change from outside while nothing else runs; gives its result."""

    def close(self) -> None:
        """Stop; nothing runs afterwards."""


class VirtualClock:
    """Nothing waits: letting time pass means running what is due, in order."""

    passes_by_itself = False
    speed = 0.0

    def __init__(self, start: datetime | None = None) -> None:
        start = start or datetime(2026, 1, 1, tzinfo=UTC)
        if start.tzinfo is None:
            raise ValueError(f"VirtualClock(start={start!r}) has no time zone; add tzinfo=UTC")
        self._start = start.astimezone(UTC)
        self._now = 0
        self._order = 0
        self._heap: Heap = []

    @property
    def seconds(self) -> float:
        return self._now / 1_000_000

    def now(self) -> datetime:
        return self._start + timedelta(microseconds=self._now)

    def after(self, seconds: float, action: Action) -> Timer:
        self._order += 1
        timer = Timer(action)
        heapq.heappush(self._heap, (self._now + max(0, round(seconds * 1_000_000)), self._order, timer))
        return timer

    def work(self, job: Callable[[], tuple[Any, float]], done: Callable[[Any], None]) -> None:
        value, seconds = job()
        self.after(seconds, lambda: done(value))

    def run_until(self, happened: Callable[[], bool], within: float | None = None) -> bool:
        deadline = None if within is None else self._now + round(within * 1_000_000)
        while not happened():
            while self._heap and self._heap[0][2].action is None:
                heapq.heappop(self._heap)
            if not self._heap or (deadline is not None and self._heap[0][0] > deadline):
                if deadline is not None:
                    self._now = max(self._now, deadline)
                return happened()
            due, _, timer = heapq.heappop(self._heap)
            self._now = max(self._now, due)
            action, timer.action = timer.action, None
            if action is not None:
                action()
        return True

    def run(self, seconds: float) -> None:
        self.run_until(lambda: False, within=seconds)

    def apply(self, change: Callable[[], T]) -> T:
        return change()

    def close(self) -> None:
        self._heap.clear()


class RealClock:
    """Actions run when they are due, on one thread of this clock's own; other threads wait or inject.

    `speed` 60 makes a minute pass in a second; `start` (aware) is the moment it pretends to begin at. Work that
    blocks gets a thread of its own, so one slow app delays nobody else's call.
    """

    passes_by_itself = True

    def __init__(self, speed: float = 1.0, start: datetime | None = None) -> None:
        self.speed = speed
        self._began = real_seconds()
        self._start = start or datetime.now(UTC)
        self._order = 0
        self._heap: Heap = []
        self._changed = threading.Condition(threading.RLock())
        self._thread: threading.Thread | None = None
        self._jobs: set[threading.Thread] = set()
        self._closed = False
        self._failure: Exception | None = None

    @property
    def seconds(self) -> float:
        return (real_seconds() - self._began) * self.speed

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self.seconds)

    def after(self, seconds: float, action: Action) -> Timer:
        with self._changed:
            self._order += 1
            timer = Timer(action)
            due = round((self.seconds + max(0.0, seconds)) * 1_000_000)
            heapq.heappush(self._heap, (due, self._order, timer))
            if self._thread is None and not self._closed:
                self._thread = threading.Thread(target=self._drive, name="network clock", daemon=True)
                self._thread.start()
            self._changed.notify_all()
            return timer

    def work(self, job: Callable[[], tuple[Any, float]], done: Callable[[Any], None]) -> None:
        def run() -> None:
            try:
                value, _ = job()
            except Exception as failure:  # as in _drive: told to whoever waits
                self._fail(failure)
                return
            finally:
                self._jobs.discard(thread)
            self.after(0, lambda: done(value))

        thread = threading.Thread(target=run, name="network request", daemon=True)
        self._jobs.add(thread)
        thread.start()

    def run_until(self, happened: Callable[[], bool], within: float | None = None) -> bool:
        deadline = None if within is None else self.seconds + within
        with self._changed:
            while not happened():
                if self._failure is not None:
                    raise self._failure
                if self._closed:
                    return False
                left = None if deadline is None else (deadline - self.seconds) / self.speed
                if left is not None and left <= 0:
                    return False
                self._changed.wait(0.5 if left is None else min(left, 0.5))
        return True

    def run(self, seconds: float) -> None:
        self.run_until(lambda: False, within=seconds)

    def apply(self, change: Callable[[], T]) -> T:
        with self._changed:
            return change()

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._heap.clear()
            self._changed.notify_all()
            thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(timeout=2)
        for job in tuple(self._jobs):  # an app in this process is not to be taken down while it answers
            job.join(timeout=2)

    def _fail(self, failure: Exception) -> None:
        with self._changed:
            self._failure = failure
            self._changed.notify_all()

    def _drive(self) -> None:
        with self._changed:
            while not self._closed:
                while self._heap and self._heap[0][2].action is None:
                    heapq.heappop(self._heap)
                if not self._heap:
                    self._changed.wait()
                    continue
                left = (self._heap[0][0] / 1_000_000 - self.seconds) / self.speed
                if left > 0:
                    self._changed.wait(left)
                    continue
                action = heapq.heappop(self._heap)[2].action
                try:
                    if action is not None:
                        action()
                except Exception as failure:  # raised again where somebody waits, and time goes on
                    self._failure = failure
                self._changed.notify_all()
