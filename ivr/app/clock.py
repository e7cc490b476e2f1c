"""The time of a running hotline: it follows the machine's clock, and never jumps with it.

Locks, codes, leases and the limits of calls are differences of times that are kept. When somebody sets the machine's
clock by an hour, they must not end an hour early, nor last an hour longer. So the time goes on with the seconds since
the machine started, which nobody can set, and comes nearer to the machine's clock by a tenth of them, as NTP slews a
clock. Only a restart takes a new time over at once.
"""

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

log = logging.getLogger(__name__)

FOLLOWED: Final = 0.1
"""How much of each second that passes may go into following a clock that was set: an hour takes ten."""
JUMP_SECONDS = 2


def _since_start() -> float:
    """Seconds since the machine started, sleep included."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


class SteadyClock:
    """Gives aware times in UTC that never go back. Safe to share between threads, and by processes that are forked."""

    def __init__(
        self, machine: Callable[[], float] = time.time, since_start: Callable[[], float] = _since_start
    ) -> None:
        """`machine` gives seconds since 1970, by a clock that can be set; `since_start` by one that cannot."""
        self._machine = machine
        self._since_start = since_start
        self._lock = threading.Lock()
        self._told, self._at = machine(), since_start()
        self._behind = 0.0
        self._agreed = False

    def agree(self, ahead_seconds: float) -> None:
        """Goes by another clock, which the machine's is so far ahead of: that of the store that several machines share.
        Only the first time, at the start: later it would be a jump."""
        with self._lock:
            agreed, self._agreed = self._agreed, True
            if agreed or abs(ahead_seconds) <= JUMP_SECONDS:
                return
            machine = self._machine
            self._machine = lambda: machine() - ahead_seconds
            self._told -= ahead_seconds
        log.warning("the clock of the store is followed, not the machine's", extra={"ms": round(ahead_seconds * 1_000)})

    def __call__(self) -> datetime:
        with self._lock:
            at = self._since_start()
            passed = at - self._at
            behind = self._machine() - self._told - passed
            jumped = abs(behind - self._behind) > JUMP_SECONDS
            most = passed * FOLLOWED
            caught_up = max(-most, min(behind, most))
            self._told += passed + caught_up
            self._at, self._behind = at, behind - caught_up
            told = self._told
        if jumped:
            log.warning("the machine's clock was set: it is followed slowly", extra={"ms": round(behind * 1_000)})
        return datetime.fromtimestamp(told, UTC)
