"""Live pages: one thread looks at the store once a second and tells every page that listens what changed.

A page that listens holds a thread of the server for as long as it is open, and the server only notices that a browser
has left when it writes to it. So there are heartbeats, a limit to the listeners, and for those beyond it a short answer
to ask for every few seconds instead.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from ivr.store import Store, StoreError

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
BEAT_SECONDS = 5.0
"""The first heartbeat after a browser left is lost, the second fails: its thread is free within twice this."""
RETRY_MILLISECONDS = 2_000


class ChangeFeed:
    """Tells the pages of one process which parts of the store changed."""

    def __init__(self, store: Store, clock: Callable[[], datetime], most: int) -> None:
        self._store = store
        self._clock = clock
        self._most = most
        self._listening = 0
        self._changed = threading.Condition()
        self._parts: Mapping[str, str] = {}
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def listening(self) -> int:
        return self._listening

    def parts(self) -> Mapping[str, str]:
        """The marker of each part when the store was last looked at. The first caller starts the thread."""
        with self._changed:
            self._start_thread()
            return self._parts

    def listen(self, goes_on: Callable[[], bool]) -> Iterator[bytes] | None:
        """Events for one page, for as long as `goes_on`; None if too many listen. Close the iterator to leave."""
        with self._changed:
            self._start_thread()
        return self.admit(self._events(goes_on))

    def admit(self, events: Iterator[bytes]) -> Iterator[bytes] | None:
        """These events, of whatever, as those of one more page that listens; None if too many listen."""
        with self._changed:
            if self._listening >= self._most:
                return None
            self._listening += 1
            return _Listener(events, self._leave)

    @property
    def over(self) -> bool:
        """Whether no page is to listen any more."""
        return self._over.is_set()

    def stop(self) -> None:
        """Ends all listeners within a heartbeat. Takes no lock, because it runs in a signal handler."""
        self._over.set()

    def close(self) -> None:
        self._over.set()
        with self._changed:
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()

    def poll(self) -> None:
        """Looks at the store now, and wakes the listeners if something changed."""
        now = self._clock()
        parts = {**self._store.changes.parts(now), "time": f"{now:%H:%M}"}
        with self._changed:
            if parts != self._parts:
                self._parts = parts
                self._changed.notify_all()

    def _events(self, goes_on: Callable[[], bool]) -> Iterator[bytes]:
        """First `hello`, at which a page fetches all it shows, for it may have missed changes; then the changes."""
        known = self._parts
        yield f"retry: {RETRY_MILLISECONDS}\n".encode() + self._stamped("hello")
        while True:
            with self._changed:
                if self._parts is known:
                    self._changed.wait(BEAT_SECONDS)
                latest = self._parts
            if self._over.is_set():
                return
            if not goes_on():
                yield b"event: over\ndata: {}\n\n"
                return
            changed = [part for part in latest if latest[part] != known.get(part)]
            known = latest
            yield _event("changed", changed) if changed else self._stamped("beat")

    def _stamped(self, name: str) -> bytes:
        """An event that tells the time of the hotline, in seconds since 1970."""
        return _event(name, round(self._clock().timestamp(), 3))

    def _leave(self) -> None:
        with self._changed:
            self._listening -= 1
            self._changed.notify_all()

    def _start_thread(self) -> None:
        """Starts with the first listener: after any fork, and not at all where nobody listens."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="changes", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while True:
            try:
                self.poll()
            except StoreError:
                log.warning("the store was not looked at; pages may be out of date")
            if self._over.wait(LOOK_SECONDS):
                return


class _Listener:
    """An iterator that is closed once, whether or not its first event was ever asked for."""

    def __init__(self, events: Iterator[bytes], leave: Callable[[], None]) -> None:
        self._events = events
        self._leave: Callable[[], None] | None = leave

    def __iter__(self) -> _Listener:
        return self

    def __next__(self) -> bytes:
        return next(self._events)

    def close(self) -> None:
        leave, self._leave = self._leave, None
        if leave is not None:
            leave()


def _event(name: str, data: object) -> bytes:
    return f"event: {name}\ndata: {json.dumps(data, separators=(',', ':'))}\n\n".encode()
