"""The load: a closed or an open loop on connections that stay open, in a process of its own, bounded by count.

Each connection has calls of its own and asks for their next turns one after another, so no turn is ever asked for
before the one before it is answered. Reads a job as JSON on standard input and writes an outcome to standard output:
`echo '{"port": 8000, …}' | python -m bench.load`. Every answer is looked at: a wrong one ends the measurement.
"""

from __future__ import annotations

import json
import selectors
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from bench.carrier import call_id, form, pressed, request, turn_path


@dataclass(frozen=True, slots=True)
class Job:
    """What to ask for: turns `first` up to `last` of `calls` calls (numbered from 0); turn 0 rings.

    `expects` must stand in every answer; "{next}" in it is the number of the following turn. With a `rate` (requests a
    second) it is an open loop: requests are due at even intervals, whatever became of those before them, and each takes
    as long as from when it was due. One that finds all connections busy waits for the first that is free.
    """

    port: int
    calls: int
    first: int
    last: int
    connections: int
    expects: str
    rate: float = 0.0
    counts: str = ""
    """The outcome says in how many answers this stands."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Requests answered, seconds from the first to the last of them, and how long the answers took, sorted, in ms."""

    count: int
    seconds: float
    milliseconds: tuple[float, ...]
    counted: int = 0

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.count / self.seconds

    def within(self, share: float) -> float:
        """The milliseconds in which this share of the answers came."""
        return self.milliseconds[min(len(self.milliseconds) - 1, int(share * len(self.milliseconds)))]


def run(job: Job) -> Outcome:
    """Does the job in another process. Raises RuntimeError with its words when an answer was wrong."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.load"], input=json.dumps(asdict(job)), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "the load failed")
    told = json.loads(done.stdout)
    return Outcome(told["count"], told["seconds"], tuple(told["milliseconds"]), told["counted"])


def asked(job: Job, connection: int) -> Iterator[tuple[bytes, bytes]]:
    """What one connection sends, in order, each with what must stand in the answer."""
    for turn in range(job.first, job.last + 1):
        for number in range(connection, job.calls, job.connections):
            call = call_id(number)
            sent = (
                request(turn_path(call, turn), pressed(call, "1"))
                if turn
                else request("/voice", form(call, CallStatus="ringing"))
            )
            yield sent, job.expects.replace("{next}", str(turn + 1)).encode()


class _Line:
    """One connection: what it has still to send, and what it has received of the present answer."""

    def __init__(self, job: Job, number: int, watch: selectors.BaseSelector) -> None:
        self.todo = list(asked(job, number))[::-1]
        self.counted = 0
        self.began = 0.0
        self._job = job
        self._watch = watch
        self._socket: socket.socket | None = None
        self._data = b""
        self._expected = b""
        self._got = b""
        self._answered = False
        """Whether a request was answered on this connection, so that its server may close it at any moment."""

    def connect(self) -> socket.socket:
        opened = socket.create_connection(("127.0.0.1", self._job.port))
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        opened.setblocking(False)
        self._watch.register(opened, selectors.EVENT_READ, self)
        self._socket = opened
        self._answered = False
        return opened

    def close(self) -> None:
        if self._socket is not None:
            self._watch.unregister(self._socket)
            self._socket.close()
            self._socket = None

    def send(self, began: float) -> None:
        """Sends the next request; its time counts from `began`."""
        self._data, self._expected = self.todo.pop()
        self._got = b""
        self.began = began
        self._send(self._socket or self.connect())

    def _send(self, to: socket.socket) -> None:
        if to.send(self._data) != len(self._data):
            sys.exit("a request did not fit into the socket")

    def receive(self) -> bool:
        """Takes what has come; True when the answer is whole. Ends the process when it is wrong."""
        assert self._socket is not None
        try:
            data = self._socket.recv(65_536)
        except ConnectionResetError:
            data = b""
        if not data:
            if self._expected and (self._got or not self._answered):
                sys.exit("the server closed the connection")
            self.close()  # a server closes who has said nothing for a while, perhaps as we begin to
            if self._expected:
                self._send(self.connect())
            return False
        self._got += data
        head, end, body = self._got.partition(b"\r\n\r\n")
        if not end:
            return False
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        if len(body) < length:
            return False
        if b" 200 " not in head[:16] or self._expected not in body:
            sys.exit(f"a wrong answer: {head[:40]!r} {body[:300]!r}, expected {self._expected!r}")
        self.counted += bool(self._job.counts) and self._job.counts.encode() in body
        self._expected = b""
        self._answered = True
        return True


def _drive(job: Job) -> Outcome:
    watch = selectors.DefaultSelector()
    lines = [_Line(job, number, watch) for number in range(job.connections)]
    if not job.rate:  # in an open loop there are as many connections as are needed at the time
        for line in lines:
            line.connect()
    taken: list[float] = []
    began = time.perf_counter()
    free, sent, count = [line for line in lines[::-1] if line.todo], 0, sum(len(line.todo) for line in lines)
    while len(taken) < count:
        now = time.perf_counter()
        while free and sent < count and (not job.rate or began + sent / job.rate <= now):
            free.pop().send(began + sent / job.rate if job.rate else now)
            sent += 1
        due = began + sent / job.rate - now if job.rate and free and sent < count else 20.0
        ready = watch.select(timeout=max(due, 0.0))
        if not ready and due >= 20:
            sys.exit("no answer for 20 s")
        for key, _ in ready:
            line = key.data
            if line.receive():
                taken.append((time.perf_counter() - line.began) * 1_000)
                if line.todo:
                    free.append(line)
    seconds = time.perf_counter() - began
    for line in lines:
        line.close()
    counted = sum(line.counted for line in lines)
    return Outcome(len(taken), seconds, tuple(round(one, 3) for one in sorted(taken)), counted)


if __name__ == "__main__":
    json.dump(asdict(_drive(Job(**json.load(sys.stdin)))), sys.stdout)
