"""What happened on the telephones, line by line, for readers who come and go."""

import threading
import time
from collections import deque
from collections.abc import Mapping
from typing import Any

MOST_LINES = 20_000

Row = Mapping[str, Any]
"""Ready for JSON."""


class Lines:
    """What happened, numbered from 1 in order; a reader waits for more. Safe to share between threads."""

    def __init__(self) -> None:
        self._grown = threading.Condition()
        self._lines: deque[dict[str, Any]] = deque(maxlen=MOST_LINES)
        self._closed = False
        self.last = 0

    def add(self, line: Row) -> None:
        with self._grown:
            self.last += 1
            self._lines.append({**line, "n": self.last, "_since": time.monotonic()})
            self._grown.notify_all()

    def after(self, number: int, patience: float) -> list[Row]:
        """The lines after this number, with their age in real seconds; waits so many seconds for the first."""
        with self._grown:
            self._grown.wait_for(lambda: self.last > number or self._closed, patience)
            now = time.monotonic()
            found = [line for line in self._lines if line["n"] > number]
        return [{**line, "age": round(now - line.pop("_since"), 3)} for line in map(dict, found)]

    def __getitem__(self, number: int) -> Row:
        """The line of this number. Raises KeyError where it is not remembered."""
        with self._grown:
            found = next((line for line in self._lines if line["n"] == number), None)
        if found is None:
            raise KeyError(number)
        return found

    def close(self) -> None:
        with self._grown:
            self._closed = True
            self._grown.notify_all()

    @property
    def closed(self) -> bool:
        return self._closed
