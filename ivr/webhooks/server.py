"""The production server: gunicorn with threads, told how to serve webhooks, and nothing about them.

Each worker process makes its own application, so each has its own store. How a worker reads requests and answers them
is in `ivr.webhooks.worker`. gunicorn's own log lines would go round the rules of `ivr.webhooks.logs`: `_Log` sends them
through.

At SIGHUP or SIGUSR2 a trial start finds out whether configuration, handlers and code are sound. If they are, this
process becomes the new program: with the same process id, the same listening socket and the workers of the old one,
which go on until new ones answer. What it needs of the old program stands in an environment variable. A socket may come
from systemd as well (`sd_listen_fds(3)`).
"""

import contextlib
import fcntl
import logging
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.glogging import Logger

from ivr.webhooks.framing import LARGEST_BODY
from ivr.webhooks.worker import AGAIN_SECONDS, CONNECTIONS, Worker

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

log = logging.getLogger(__name__)

DRAIN_SECONDS = 10
"""How long requests in flight may take after SIGTERM."""
STOP_SECONDS = 2

Served = TypeVar("Served", bound="WSGIApplication")
Background = Callable[[threading.Event], None]
"""Work beside the webhooks, such as sending the outbox: runs until the event is set."""


Told = Literal["serving", "refused"]
"""How a start or a reload went: all workers answer; or the new program would not start, and the old one goes on."""


class CannotListen(Exception):
    """The address is taken or not ours; the message is one sentence for whoever started the server."""


def serve(
    make_app: Callable[[], Served],
    host: str = "127.0.0.1",
    port: int = 8000,
    *,
    workers: int = 2,
    threads: int = 8,
    background: Background | None = None,
    streams: frozenset[str] = frozenset(),
    largest_body: int = LARGEST_BODY,
    leaving: Callable[[Served], None] | None = None,
    tell: Callable[[Told], None] = lambda _: None,
) -> None:
    """Serves until SIGTERM or SIGINT, then lets requests in flight finish, and exits the process (SystemExit).

    `make_app` is called in every worker. `background` runs in one worker at a time, whichever; when that worker
    dies, another takes over. Port 0 takes any free port; the log says which. Answers of the paths in `streams` may take
    as long as they like; `leaving` is called on SIGTERM, to end them. A body may have `largest_body` bytes. Reloads at
    SIGHUP and SIGUSR2; `tell` is told how a start or a reload went. A trial start makes the application and exits.
    Raises CannotListen.
    """
    if is_trial():
        make_app()
        sys.exit()
    before = predecessor()
    listener = socket.socket(fileno=before.listener) if before else socket_of_systemd() or _listen(host, port)
    host, port = listener.getsockname()[:2]
    # open for as long as any worker lives, of this program or of the one before
    baton = os.fdopen(before.baton, "rb") if before else tempfile.TemporaryFile()  # noqa: SIM115
    answering, answers = os.pipe()  # a byte from each worker that answers

    def ready(_: Arbiter) -> None:
        log.info("listening", extra={"host": host, "port": port, "workers": workers})

    def begin(worker: Worker) -> None:
        os.write(answers, b"1")
        worker.streams, worker.largest_body, worker.leaving = streams, largest_body, leaving
        if background is not None:
            worker.stop_background = _Relay(background, baton.fileno()).stop

    def end(_: Arbiter, worker: Worker) -> None:
        if worker.stop_background is not None:
            worker.stop_background()

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
    arbiter = _Arbiter(_Server(make_app, settings))
    arbiter.succeed(baton.fileno(), answering, before.workers if before else (), tell)
    arbiter.run()


class _Server(BaseApplication):  # type: ignore[misc]
    def __init__(self, make_app: "Callable[[], WSGIApplication]", settings: Mapping[str, Any]) -> None:
        self._make_app = make_app
        self._settings = settings
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._settings.items():
            self.cfg.set(name, value)

    def load(self) -> "WSGIApplication":
        return self._make_app()


class _Arbiter(Arbiter):  # type: ignore[misc]
    """Holds SIGTERM back while it forks: until a worker has its own handlers it would take the signal with the
    arbiter's, lose it, and be killed at the end of the drain. `Worker` lets it through.

    Reloads, and ends the workers of the program before one by one, as its own begin to answer."""

    def succeed(self, baton: int, answering: int, before: Sequence[int], tell: Callable[[Told], None]) -> None:
        """`answering` gives a byte for each worker that answers; `before` are the workers of the program before."""
        os.set_blocking(answering, False)
        self._baton, self._answering, self._before, self._tell = baton, answering, list(before), tell
        self._answer = 0

    def init_signals(self) -> None:
        super().init_signals()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, HELD_BACK)

    def handle_hup(self) -> None:
        if would_start():
            become_new(self.LISTENERS[0].fileno(), self._baton, [*self.WORKERS, *self._before])
        log.error("not reloaded: the new program would not start, and the old one goes on")
        self._tell("refused")

    handle_usr2 = handle_hup

    def manage_workers(self) -> None:
        super().manage_workers()
        if self._answer >= self.num_workers:
            return
        with contextlib.suppress(BlockingIOError):
            self._answer += len(os.read(self._answering, 1_024))
        over = len(self._before) if self._answer >= self.num_workers else self._answer
        for pid in self._before[:over]:
            _end(pid)
        del self._before[:over]
        if self._answer >= self.num_workers:
            self._tell("serving")

    def kill_workers(self, sig: int) -> None:
        super().kill_workers(sig)
        for pid in self._before:
            _end(pid)

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
        while not self._over.is_set():
            try:
                self._work(self._over)
            except Exception:
                log.exception("background work broke off; it begins again")
            self._over.wait(AGAIN_SECONDS)


def _end(pid: int) -> None:
    with contextlib.suppress(ChildProcessError, ProcessLookupError):
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        os.kill(pid, signal.SIGTERM)


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


# --- taking over from another program ------------------------------------------------------------------------------


_LEFT, _TRIAL = "IVR_LEFT_BY_PREDECESSOR", "IVR_TRIAL_START"
TRIAL_SECONDS = 25
HELD_BACK = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR2)
"""Signals that wait while a program becomes another: until that has its handlers they would end it."""
_FIRST_OF_SYSTEMD = 3


@dataclass(frozen=True, slots=True)
class Predecessor:
    """What the program before left: file descriptors, and the process ids of its workers."""

    listener: int
    baton: int
    workers: tuple[int, ...]


def is_trial() -> bool:
    return _TRIAL in os.environ


def is_first() -> bool:
    """Whether this program begins a server: it neither tries out nor takes over."""
    return not is_trial() and _LEFT not in os.environ


def predecessor() -> Predecessor | None:
    """What was left to this program, once; None if it begins a server."""
    left = os.environ.pop(_LEFT, "")
    if not left:
        return None
    listener, baton, *workers = map(int, left.split())
    return Predecessor(listener, baton, tuple(workers))


def socket_of_systemd() -> socket.socket | None:
    """The socket on which systemd listens for us, once; None if it does not. The first, if there are several."""
    given = os.environ.pop("LISTEN_PID", ""), os.environ.pop("LISTEN_FDS", "0")
    os.environ.pop("LISTEN_FDNAMES", None)
    if given[0] != str(os.getpid()) or not int(given[1]):
        return None
    return socket.socket(fileno=_FIRST_OF_SYSTEMD)


def would_start() -> bool:
    """Whether this program, started anew, would serve. What is wrong it says itself, on standard error."""
    command, environment = [sys.executable, *sys.orig_argv[1:]], os.environ | {_TRIAL: "1"}
    try:
        tried = subprocess.run(command, env=environment, timeout=TRIAL_SECONDS, check=False)  # noqa: S603 - our own
    except subprocess.TimeoutExpired:
        return False
    return tried.returncode == 0


def become_new(listener: int, baton: int, workers: Sequence[int]) -> None:
    """Replaces this process by its program as it is on the disk now. Does not come back."""
    for descriptor in (listener, baton):
        os.set_inheritable(descriptor, True)
    signal.pthread_sigmask(signal.SIG_BLOCK, HELD_BACK)
    left = " ".join(map(str, (listener, baton, *workers)))
    os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], os.environ | {_LEFT: left})  # noqa: S606
