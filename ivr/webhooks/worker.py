"""A worker of the production server: one poller that reads requests, and threads that answer them.

gunicorn gives a thread to every new connection and lets it wait there for the first byte, then for each next one; and
its poller itself waits up to 2 s for a client that should close. So a few clients that say nothing stop everybody. Here
a thread is given only to a request that has come in whole, and no thread ever reads from a connection: each parser is
handed the bytes. Who keeps the poller waiting is closed after a while, or as soon as somebody else needs the place.

The poller has a connection from its beginning to its end, also while a thread answers. To hand it back and forth, and
to wake the poller after each answer, took an eighth of what a bare request costs.
"""

import contextlib
import logging
import selectors
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Mapping
from functools import partial
from http import HTTPStatus
from typing import Any

from gunicorn.http import get_parser
from gunicorn.workers.gthread import STOP_KEEPALIVE_LINGER, TConn, ThreadWorker

from ivr.webhooks.framing import LARGEST_BODY, LARGEST_HEAD, QUEUED_SECONDS, Framing, Progress

log = logging.getLogger(__name__)

REQUEST_SECONDS = 10
"""From the first byte of a request to its answer. Nothing of ours takes longer than 8.5 s."""
LINGER_SECONDS = 2
"""How long a client may take to close after its last answer (RFC 9112, section 9.6)."""
CONNECTIONS = 600
"""Of one worker, open at once. With those to the store they stay below 1,024 files, a common limit of a process."""
ACCEPTED_AT_ONCE = 64
LARGE_AT_ONCE = 4
"""So many bodies beyond `LARGEST_BODY` are held at once, where the server takes any: they fill the memory."""
_USUAL = LARGEST_HEAD + LARGEST_BODY
SWEEP_SECONDS = 0.25
AGAIN_SECONDS = 1
"""Before a worker that could not begin tries again, and background work that broke off."""


_REFUSALS: Mapping[Progress, HTTPStatus] = {
    "long head": HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    "long body": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
}
"""What the poller answers itself. A thread would look for the ends of all chunks again, while calls wait for it."""


class Connection(TConn):  # type: ignore[misc]
    def __init__(self, largest_body: int, *args: Any) -> None:
        super().__init__(*args)
        self.received = bytearray()
        """What came in of the next request. Only the poller writes here."""
        self.framing = Framing(largest_body)
        self.request = b""
        self.busy = False
        """A thread has it. The poller writes `received` and looks here then; a thread writes here and looks there then,
        so that one of them sees what the other has done."""
        self.gone = False
        """The client has closed it, or said more than it may; nothing is read any more."""
        self.closed = False
        self.answered = 0
        self.whole_at = 0.0
        self.last = False
        """No further request is taken: where it would begin is not known."""
        self.began = time.monotonic()
        self.deadline = self.began + REQUEST_SECONDS


class Worker(ThreadWorker):  # type: ignore[misc]
    """Closes the connection of a request that takes too long; the thread that writes to it then wakes up."""

    stop_background: Callable[[], None] | None = None
    streams: frozenset[str] = frozenset()
    largest_body = LARGEST_BODY
    leaving: Callable[[Any], None] | None = None
    sockets: list[Any]
    wsgi: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._polled: dict[Connection, None] = {}
        """The connections that the poller has, those that came first first."""
        self._since: dict[Connection, float] = {}
        self._swept = 0.0
        self._own = threading.local()

    def load_wsgi(self) -> None:
        """Makes the application, and tries again where it cannot be made yet: the store may be down. gunicorn would end
        the server, with all workers that still answer."""
        while True:
            try:
                super().load_wsgi()
                break
            except Exception:
                log.exception("a worker cannot begin yet")
            self.notify()
            time.sleep(AGAIN_SECONDS)
            if not self.alive:
                sys.exit()
        self._app: Any = self.wsgi
        self.wsgi = self._called

    def _called(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> object:
        environ[QUEUED_SECONDS] = self._own.queued_seconds
        return self._app(environ, start_response)

    def init_signals(self) -> None:
        super().init_signals()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})

    def handle_exit(self, sig: int, frame: object) -> None:
        if self.alive and self.leaving is not None:
            self.leaving(self._app)
        super().handle_exit(sig, frame)

    def set_accept_enabled(self, enabled: bool) -> None:
        """On the way out: takes who is at the door, and closes it. gunicorn leaves it ajar until the last answer is
        given; the carrier gets in, is never asked what it wants, and tries again only where nobody opens at all."""
        super().set_accept_enabled(enabled)
        if self.alive:
            return
        for listener in self.sockets:
            while self.nr_conns < self.worker_connections and self._accept(listener):
                pass
            listener.close()
        self.sockets.clear()

    # --- in the poller --------------------------------------------------------------------------------------

    def accept(self, listener: socket.socket) -> None:
        for _ in range(ACCEPTED_AT_ONCE):
            if not self._accept(listener):
                return

    def _accept(self, listener: socket.socket) -> bool:
        try:
            client, address = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return False
        except OSError:
            log.exception("a connection was not taken")
            self._make_room()
            return False
        self.nr_conns += 1
        if self.nr_conns >= self.worker_connections:
            self._make_room()
        conn = Connection(self.largest_body, self.cfg, client, address, listener.getsockname())
        self._poll(conn)
        self._readable(conn, None)
        return True

    def _make_room(self) -> None:
        """Closes one connection that waits, if there is any: rather one that has never sent a whole request."""
        waiting = [conn for conn in self._polled if not conn.busy]
        oldest = next((conn for conn in waiting if not conn.answered), next(iter(waiting), None))
        if oldest is not None:
            self._drop(oldest)

    def _poll(self, conn: Connection) -> None:
        if stale := self.poller.get_map().get(conn.sock.fileno()):  # gunicorn closed it in a thread
            self.poller.unregister(stale.fileobj)
        self._polled[conn] = None
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._readable, conn))

    def _unpoll(self, conn: Connection) -> None:
        if conn in self._polled:
            del self._polled[conn]
            with contextlib.suppress(KeyError):
                self.poller.unregister(conn.sock)

    def _drop(self, conn: Connection) -> None:
        if not conn.closed:
            conn.closed = True
            self._unpoll(conn)
            self.nr_conns -= 1
            conn.close()

    def _readable(self, conn: Connection, _: object) -> None:
        if conn not in self._polled:
            return
        try:
            data = conn.sock.recv(64 * 1024, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data or len(conn.received) > LARGEST_HEAD + self.largest_body:
            conn.gone = True
            self._unpoll(conn)
        elif not conn.last:  # what is said after its last answer nobody listens to
            if not conn.received and not conn.busy and conn.answered:
                conn.began = time.monotonic()
            conn.received += data
            if len(conn.received) > _USUAL >= len(conn.received) - len(data) and self._holds_enough():
                self._refuse(conn, HTTPStatus.SERVICE_UNAVAILABLE)
        self._look(conn)

    def _holds_enough(self) -> bool:
        return sum(len(conn.received) > _USUAL for conn in self._polled) > LARGE_AT_ONCE

    def _look(self, conn: Connection) -> None:
        """Gives a thread to a request that is whole; closes what is gone."""
        if conn.busy or conn.closed:
            return
        if conn.received and not conn.last:
            conn.deadline = conn.began + REQUEST_SECONDS
            found = conn.framing.progress(conn.received)
            if refusal := _REFUSALS.get(found):
                self._refuse(conn, refusal)
            elif found == "whole":
                conn.answered += 1
                conn.whole_at = time.monotonic()
                conn.request = bytes(conn.received[: conn.framing.reached])
                conn.received, conn.framing = bytearray(), Framing(self.largest_body)
                conn.busy = True
                self.tpool.submit(self._serve, conn)
                return
        if conn.gone:
            self._drop(conn)

    def _refuse(self, conn: Connection, status: HTTPStatus) -> None:
        log.warning("refused", extra={"status": status.value, "why": status.phrase.lower()})
        answer = f"HTTP/1.1 {status.value} {status.phrase}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
        with contextlib.suppress(OSError):
            conn.sock.send(answer.encode(), socket.MSG_DONTWAIT)
        conn.received.clear()
        self._end(conn)

    def _end(self, conn: Connection) -> None:
        """No further request is taken. The client has its last answer, and is to close."""
        conn.last, conn.deadline = True, time.monotonic() + LINGER_SECONDS
        try:
            conn.sock.shutdown(socket.SHUT_WR)
        except (OSError, ValueError):  # the client has closed already, or we did
            conn.gone = True

    def _finish(self, conn: Connection, left: bytes) -> None:
        """After an answer: the next request, part of which is here; or the end of the connection."""
        self._free(conn)
        if left:
            conn.received[:0] = left
        else:
            self._end(conn)
        self._look(conn)

    def _cap_keepalive(self, deadline: float) -> None:
        for conn in self._polled:
            if not conn.received and not conn.busy:
                conn.deadline = min(conn.deadline, deadline)

    def murder_pending(self) -> None:
        """Called after every event: closes what is late."""
        now = time.monotonic()
        if now < self._swept + SWEEP_SECONDS:
            return
        self._swept = now
        for conn in [conn for conn in self._polled if conn.deadline < now and not conn.busy]:
            self._drop(conn)
        for conn, since in list(self._since.items()):
            if since < now - REQUEST_SECONDS:
                with contextlib.suppress(OSError):
                    conn.sock.shutdown(socket.SHUT_RDWR)

    # --- in a thread ----------------------------------------------------------------------------------------

    def _serve(self, conn: Connection) -> None:
        """Answers a request. The poller is woken only where it has something to do: more has come, or the end."""
        keep = False
        try:
            keep = bool(self.handle(conn)) and not conn.last
        finally:
            left = conn.parser.unreader.take_buffered() if keep else b""
            if left or not keep:
                self.method_queue.defer(self._finish, conn, left)
            else:
                self._free(conn)
                if conn.received or conn.gone:
                    self.method_queue.defer(self._look, conn)

    def _free(self, conn: Connection) -> None:
        conn.began = time.monotonic()
        conn.deadline = conn.began + self.cfg.keepalive
        conn.busy = False
        if not self.alive:
            conn.deadline = min(conn.deadline, conn.began + STOP_KEEPALIVE_LINGER)

    def handle(self, conn: Connection) -> object:
        conn.parser = get_parser(self.cfg, [conn.request], conn.client)
        conn.request = b""
        conn.initialized = conn.data_ready = True
        self._since[conn] = conn.began
        self._own.queued_seconds = time.monotonic() - conn.whole_at
        try:
            return super().handle(conn)
        finally:
            self._since.pop(conn, None)

    def handle_request(self, req: Any, conn: Connection) -> object:
        if req.path in self.streams:  # it has come in whole, and its answer has no end
            self._since.pop(conn, None)
        return super().handle_request(req, conn)
