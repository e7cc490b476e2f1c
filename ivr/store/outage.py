"""A store that kept somebody waiting is not asked by everybody: most are refused at once, and one finds out."""

import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from ivr.store.errors import Unavailable

REST_SECONDS = 1.0


class Outage:
    """Whether the store answers at the moment. Shared by the threads of a process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until: float | None = None
        """While it does not answer: when the next one may ask."""

    @contextmanager
    def watched(self, patience_seconds: float, limited: AbstractContextManager[None]) -> Iterator[None]:
        """Around one transaction, which `limited` surrounds more closely. Raises Unavailable at once while the store is
        known not to answer.

        It is known after somebody got Unavailable and had to wait for it as long as anybody waits, or two thirds of
        that for a lock. Who waited for a single row has learnt nothing about the store.
        """
        began = time.monotonic()
        with self._lock:
            if self._until is not None:
                if began < self._until:
                    raise Unavailable("the store did not answer a moment ago, and is not asked yet")
                self._until = began + 2 * patience_seconds + REST_SECONDS  # this one asks, and the others go on
        try:
            with limited:
                yield
        except Unavailable as waited:
            ended = time.monotonic()
            with self._lock:
                if self._until is not None or (ended - began >= patience_seconds * 2 / 3 and not _of_one_row(waited)):
                    self._until = ended + REST_SECONDS
            raise
        except BaseException:
            self._answered()
            raise
        self._answered()

    def _answered(self) -> None:
        if self._until is not None:
            with self._lock:
                self._until = None


def _of_one_row(waited: Unavailable) -> bool:
    """Whether PostgreSQL says in which row: of a lock on a table, as for VACUUM FULL, it does not."""
    driver = getattr(waited.__cause__, "orig", waited.__cause__)
    return bool(getattr(getattr(driver, "diag", None), "context", None))
