"""Open pages of the console: how soon they are told of a change, and what 40 of them cost the webhooks (nothing)."""

from __future__ import annotations

import selectors
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench import load, servers
from bench.figures import Figure, figure
from bench.servers import Server
from bench.webhook import Size, started
from ivr.store import Store

PAGES = 40
AGENT = '\nagents:\n  li: {phone: "+8613900000001", queues: [], role: supervisor}\n'
ROOM = 3 * PAGES + 8
"""Threads: the pages of a round before may not have been missed yet."""
LONGEST = timedelta(hours=12)


def measure(folder: Path, size: Size, workers: int, threads: int) -> list[Figure]:
    """Loads the hotline in rounds, by turns with nobody listening and with all pages, and a change every second."""
    plain: list[load.Outcome] = []
    watched: list[load.Outcome] = []
    with servers.hotline(folder, servers.Serving(workers, threads)) as hotline:
        with (folder / "config.yaml").open("a") as config:
            config.write(AGENT)
        with servers.console(folder, ROOM) as console, Store.open(f"sqlite:///{folder}/data/ivr.db") as store:
            started(hotline, size)
            pages = Pages(store, console)
            for number in range(size.rounds):
                turn = 2 + 2 * number * size.turns
                plain.append(_round(hotline, size, turn))
                with pages.open():
                    watched.append(_round(hotline, size, turn + size.turns))
                    pages.change(3)
            memory = console.resident_megabytes()
    told = sorted(pages.told)
    ratios = [with_pages.rate / without.rate for with_pages, without in zip(watched, plain, strict=True)]
    return [
        figure("webhooks, nobody at the console", "requests/s", [one.rate for one in plain]),
        figure(f"webhooks, {PAGES} pages open and a change a second", "requests/s", [one.rate for one in watched]),
        figure("the second : the first", "ratio", ratios),
        figure("95 % of the webhooks within, nobody at the console", "ms", [one.within(0.95) for one in plain]),
        figure(f"95 % of the webhooks within, {PAGES} pages open", "ms", [one.within(0.95) for one in watched]),
        figure("a page is told of a change after", "ms", [told[len(told) // 2]], limit=2_000),
        figure("95 % of the pages within", "ms", [told[int(len(told) * 0.95)]], limit=2_000),
        figure("the last page", "ms", [told[-1]], limit=2_000),
        figure("memory of the console", "MB", [memory], limit=120),
    ]


def _round(hotline: Server, size: Size, first: int) -> load.Outcome:
    return load.run(
        load.Job(hotline.port, size.calls, first, first + size.turns - 1, size.connections, "/turns/{next}")
    )  # fmt: skip


class Pages:
    """Pages that listen, as browsers do, and somebody who changes something once a second."""

    def __init__(self, store: Store, console: Server) -> None:
        self._store = store
        self._console = console
        self._changed_at = 0.0
        self._changes = threading.Condition()
        self.told: list[float] = []
        """Milliseconds from a commit to the event, of all pages and changes."""

    @contextmanager
    def open(self) -> Iterator[None]:
        over = threading.Event()
        lines = [self._listen() for _ in range(PAGES)]
        threads = [
            threading.Thread(target=work, args=(over,)) for work in (self._write, lambda o: self._read(lines, o))
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            over.set()
            for thread in threads:
                thread.join()
            for line in lines:
                line.close()

    def change(self, times: int) -> None:
        """Waits until so many more changes were made."""
        for _ in range(times):
            with self._changes:
                self._changes.wait(5)

    def _listen(self) -> socket.socket:
        token, _ = self._store.login_sessions.begin("li", "en", datetime.now(UTC), LONGEST)
        line = socket.create_connection(("127.0.0.1", self._console.port))
        line.sendall(f"GET /console/events HTTP/1.1\r\nHost: x\r\nCookie: ivr={token}\r\n\r\n".encode())
        heard = b""
        while b"event: hello" not in heard:
            heard += line.recv(65_536)
            if not heard.startswith(b"HTTP/1.1 200"):
                raise RuntimeError(f"a page may not listen: {heard[:80]!r}")
        return line

    def _write(self, over: threading.Event) -> None:
        while not over.wait(1):
            self._store.audit_log.add("li", "note", "", datetime.now(UTC))
            self._changed_at = time.perf_counter()
            with self._changes:
                self._changes.notify_all()

    def _read(self, lines: list[socket.socket], over: threading.Event) -> None:
        watch = selectors.DefaultSelector()
        for line in lines:
            watch.register(line, selectors.EVENT_READ)
        while not over.is_set():
            for key, _ in watch.select(0.1):
                heard = key.fileobj.recv(65_536)  # type: ignore[union-attr]
                if b"event: changed" in heard and b"deeds" in heard and self._changed_at:
                    self.told.append((time.perf_counter() - self._changed_at) * 1_000)
        watch.close()
