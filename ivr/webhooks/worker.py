"""A worker of the production server: one poller that reads requests, and threads that answer them.

gunicorn gives a thread to every new connection and lets it wait there for the first byte, then for each next one; and
its poller itself waits up to 2 s for a client that should close. So a few clients that say nothing stop everybody. Here
a thread is given only to a request that has come in whole, and no thread ever reads from a connection: each parser is
handed the bytes. Who keeps the poller waiting is closed after a while, or as soon as somebody else needs the place.
"""

import contextlib
import logging
import selectors
import signal
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import Any

from flask import Flask
from gunicorn.http import get_parser
from gunicorn.workers.gthread import STOP_KEEPALIVE_LINGER, TConn, ThreadWorker

from ivr.webhooks.framing import QUEUED_SECONDS, progress

log = logging.getLogger(__name__)

REQUEST_SECONDS = 10
"""From the first byte of a request to its answer. Nothing of ours takes longer than 8.5 s."""
LINGER_SECONDS = 2
"""How long a client may take to close after its last answer (RFC 9112, section 9.6)."""
CONNECTIONS = 600
"""Of one worker, open at once. With those to the store they stay below 1,024 files, a common limit of a process."""
ACCEPTED_AT_ONCE = 64
SWEEP_SECONDS = 0.25


class Connection(TConn):  # type: ignore[misc]
    """A connection, with what came in of its next request."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.received = bytearray()
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
    leaving: Callable[[Flask], None] | None = None
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
        super().load_wsgi()
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
        conn = Connection(self.cfg, client, address, listener.getsockname())
        if self._receive(conn):
            self._poll(conn)
        return True

    def _make_room(self) -> None:
        """Closes one connection that waits, if there is any: rather one that has never sent a whole request."""
        oldest = next((conn for conn in self._polled if not conn.answered), next(iter(self._polled), None))
        if oldest is not None:
            self._drop(oldest)

    def _poll(self, conn: Connection) -> None:
        self._polled[conn] = None
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._readable, conn))

    def _readable(self, conn: Connection, _: object) -> None:
        if conn in self._polled and not self._receive(conn) and conn in self._polled:
            self._forget(conn)

    def _forget(self, conn: Connection) -> None:
        del self._polled[conn]
        self.poller.unregister(conn.sock)

    def _drop(self, conn: Connection) -> None:
        if conn in self._polled:
            self._forget(conn)
        self.nr_conns -= 1
        conn.close()

    def _receive(self, conn: Connection) -> bool:
        """Takes what has come. False if the poller has nothing more to do with the connection for now."""
        try:
            data = conn.sock.recv(64 * 1024)
        except BlockingIOError:
            return True
        except OSError:
            data = b""
        if not data:
            self._drop(conn)
            return False
        if conn.last:  # said after its last answer: nobody listens
            return True
        if not conn.received:
            conn.began = conn.began if not conn.answered else time.monotonic()
            conn.deadline = conn.began + REQUEST_SECONDS
        conn.received += data
        return not self._answered(conn)

    def _answered(self, conn: Connection) -> bool:
        """Gives a thread to a request that is whole."""
        match progress(conn.received):
            case "more":
                return False
            case "too large":
                conn.last = True
            case "whole":
                pass
        conn.answered += 1
        conn.whole_at = time.monotonic()
        self.enqueue_req(conn)
        return True

    def finish_request(self, conn: Connection, done: Future[object]) -> None:
        """After an answer: the next request, part of which may be here; or the end of the connection."""
        keep = not done.cancelled() and done.exception() is None and bool(done.result()) and not conn.last
        conn.sock.setblocking(False)
        now = time.monotonic()
        if keep:
            conn.received = bytearray(conn.parser.unreader.take_buffered())
            conn.began = now
            wait = REQUEST_SECONDS if conn.received else self.cfg.keepalive
            conn.deadline = now + (wait if self.alive else min(wait, STOP_KEEPALIVE_LINGER))
            if not (conn.received and self._answered(conn)):
                self._poll(conn)
            return
        conn.last, conn.deadline = True, now + LINGER_SECONDS
        try:
            conn.sock.shutdown(socket.SHUT_WR)
            self._poll(conn)
        except (OSError, ValueError):  # the client has closed already, or we did
            self._drop(conn)

    def _cap_keepalive(self, deadline: float) -> None:
        for conn in self._polled:
            if not conn.received:
                conn.deadline = min(conn.deadline, deadline)

    def murder_pending(self) -> None:
        """Called after every event: closes what is late."""
        now = time.monotonic()
        if now < self._swept + SWEEP_SECONDS:
            return
        self._swept = now
        for conn in [conn for conn in self._polled if conn.deadline < now]:
            self._drop(conn)
        for conn, since in list(self._since.items()):
            if since < now - REQUEST_SECONDS:
                with contextlib.suppress(OSError):
                    conn.sock.shutdown(socket.SHUT_RDWR)

    # --- in a thread ----------------------------------------------------------------------------------------

    def handle(self, conn: Connection) -> object:
        conn.sock.setblocking(True)
        conn.parser = get_parser(self.cfg, [bytes(conn.received)], conn.client)
        conn.received.clear()
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
