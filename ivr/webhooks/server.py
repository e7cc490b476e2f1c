"""The production server: gunicorn with threads, told how to serve webhooks, and nothing about them.

Each worker process makes its own application, so each has its own store. How a worker reads requests and answers them
is in `ivr.webhooks.worker`. gunicorn's own log lines would go round the rules of `ivr.webhooks.logs`: `_Log` sends them
through.
"""

from __future__ import annotations

import fcntl
import logging
import signal
import socket
import tempfile
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.glogging import Logger

from ivr.webhooks.worker import CONNECTIONS, Worker

log = logging.getLogger(__name__)

DRAIN_SECONDS = 10
"""How long requests in flight may take after SIGTERM."""
STOP_SECONDS = 2

Background = Callable[[threading.Event], None]
"""Work beside the webhooks, such as sending the outbox: runs until the event is set."""


class CannotListen(Exception):
    """The address is taken or not ours; the message is one sentence for whoever started the server."""


def serve(
    make_app: Callable[[], Flask],
    host: str = "127.0.0.1",
    port: int = 8000,
    *,
    workers: int = 2,
    threads: int = 8,
    background: Background | None = None,
    streams: frozenset[str] = frozenset(),
    leaving: Callable[[Flask], None] | None = None,
) -> None:
    """Serves until SIGTERM or SIGINT, then lets requests in flight finish, and exits the process (SystemExit).

    `make_app` is called in every worker. `background` runs in one worker at a time, whichever; when that worker
    dies, another takes over. Port 0 takes any free port; the log says which. Answers of the paths in `streams` may take
    as long as they like; `leaving` is called on SIGTERM, to end them. Raises CannotListen.
    """
    listener = _listen(host, port)
    host, port = listener.getsockname()[:2]
    baton = tempfile.TemporaryFile()  # noqa: SIM115 - open for as long as any worker lives

    def ready(_: Arbiter) -> None:
        log.info("listening", extra={"host": host, "port": port, "workers": workers})

    def begin(worker: Worker) -> None:
        worker.streams, worker.leaving = streams, leaving
        if background is not None:
            worker.background = _Relay(background, baton.fileno())

    def end(_: Arbiter, worker: Worker) -> None:
        if worker.background is not None:
            worker.background.stop()

    settings = {
        "bind": f"fd://{listener.detach()}",
        "worker_class": Worker,
        "workers": workers,
        "threads": threads,
        "worker_connections": CONNECTIONS,
        "when_ready": ready,
        "post_worker_init": begin,
        "worker_exit": end,
        "graceful_timeout": DRAIN_SECONDS,
        "timeout": 30,
        "keepalive": 5,
        "limit_request_line": 2_048,
        "limit_request_fields": 64,
        "limit_request_field_size": 4_096,
        # the public address is configured; no header may change scheme, host or path
        "forwarded_allow_ips": "",
        "forwarder_headers": "",
        "secure_scheme_headers": {},
        "control_socket_disable": True,
        "worker_tmp_dir": "/dev/shm" if Path("/dev/shm").is_dir() else None,  # noqa: S108 - a heartbeat, no data
        "logger_class": _Log,
    }
    _Arbiter(_Server(make_app, settings)).run()


class _Server(BaseApplication):  # type: ignore[misc]
    def __init__(self, make_app: Callable[[], Flask], settings: Mapping[str, Any]) -> None:
        self._make_app = make_app
        self._settings = settings
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._settings.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        return self._make_app()


class _Arbiter(Arbiter):  # type: ignore[misc]
    """Holds SIGTERM back while it forks: until a worker has its own handlers it would take the signal with the
    arbiter's, lose it, and be killed at the end of the drain. `Worker` lets it through."""

    def spawn_worker(self) -> Any:
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
        try:
            return super().spawn_worker()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


class _Log(Logger):  # type: ignore[misc]
    """gunicorn's own words, through our log: warnings and worse, without the address that was asked for."""

    def setup(self, cfg: Any) -> None:
        self.cfg = cfg
        self._access_log_enabled = False
        self.error_log.setLevel(logging.WARNING)
        self.error_log.propagate = True


class _Relay:
    """Background work of one worker: waits for the baton, then works until it is told to stop."""

    def __init__(self, work: Background, baton: int) -> None:
        self._work = work
        self._baton = baton
        self._over = threading.Event()
        self._working = False
        self._thread = threading.Thread(target=self._run, name="background", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        if self._working:
            self._thread.join(STOP_SECONDS)

    def _run(self) -> None:
        fcntl.lockf(self._baton, fcntl.LOCK_EX)  # a process's own lock: the system frees it when the process dies
        self._working = True
        if self._over.is_set():
            return
        try:
            self._work(self._over)
        except Exception:
            log.exception("background work ended")


def _listen(host: str, port: int) -> socket.socket:
    """A listening socket, made before gunicorn is: it would try five times and say so at length."""
    if not 0 <= port <= 65_535:  # getaddrinfo would take it modulo 65,536
        raise CannotListen(f"there is no port {port}; ports are numbered from 1 to 65535")
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen(2_048)
        except BaseException:
            listener.close()
            raise
    except OSError as error:
        raise CannotListen(f"cannot listen on {host} port {port}: {error.strerror}") from None
    return listener
