"""One program of the server taking over from another, without a refused request.

At SIGHUP or SIGUSR2 the server asks a trial start whether configuration, handlers and code are sound. If they are, its
process becomes the new program: with the same process id, the same listening socket and the workers of the old one,
which go on until new ones answer. What it needs of the old program stands in an environment variable. A socket may come
from systemd as well (`sd_listen_fds(3)`).
"""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass

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
    """Whether this start is only to find out if it would succeed."""
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
