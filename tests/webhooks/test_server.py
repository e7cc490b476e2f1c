"""The real server, on a port of this machine."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from shutil import which

import pytest

from ivr.webhooks.server import CannotListen, serve
from tests.patience import PATIENCE_SECONDS
from tests.ports import free_ports

APP = """
import os, sys
from flask import Flask, request
from ivr.webhooks import logs, server, worker

def make_app():
    app = Flask("app")
    @app.get("/health")
    def health():
        return str(os.getpid())
    @app.post("/slow")
    def slow():
        with open(sys.argv[1] + "/begun", "w") as begun:
            begun.write("x")
        with open(sys.argv[1] + "/go") as go:
            return go.read()
    @app.post("/length")
    def length():
        return str(len(request.get_data()))
    @app.get("/fault")
    def fault():
        raise ValueError("canary-4711")
    return app

def background(over):
    with open(sys.argv[1] + "/relay", "a") as relay:
        relay.write(f"{os.getpid()}\\n")
    over.wait()

logs.configure()
worker.REQUEST_SECONDS = float(sys.argv[2])
server.serve(make_app, "127.0.0.1", 0, workers=int(sys.argv[3]), threads=4, background=background)
"""


class Server:
    """A server in a process of its own; `lines` are its log."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.lines: list[dict[str, object]] = []
        assert process.stderr is not None
        for line in process.stderr:
            self.lines.append(json.loads(line))
            if self.lines[-1]["event"] == "listening":
                break
        self.port = int(str(self.lines[-1]["port"]))

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)

    def line(self) -> socket.socket:
        """A connection to write bytes on by hand."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_SECONDS)

    def get(self, path: str) -> tuple[int, str]:
        with closing(self.connect()) as connection:
            connection.request("GET", path, headers={"Connection": "close"})
            response = connection.getresponse()
            return response.status, response.read().decode()

    def tells(self, event: str) -> bool:
        """Waits until the log tells of this; False if it ends before."""
        assert self.process.stderr is not None
        return any(json.loads(line)["event"] == event for line in self.process.stderr)

    def end(self) -> tuple[int, str]:
        """SIGTERM, then the exit status and what was logged since."""
        self.process.send_signal(signal.SIGTERM)
        _, rest = self.process.communicate(timeout=PATIENCE_SECONDS)
        return self.process.returncode, rest


@contextmanager
def served(folder: Path, request_seconds: float = 10, workers: int = 2, more: str = "") -> Iterator[Server]:
    """`more` is said in the process before it serves."""
    for name in ("begun", "go"):
        os.mkfifo(folder / name)
    program = APP.replace("logs.configure()", f"{more}\nlogs.configure()")
    given = (str(folder), str(request_seconds), str(workers))
    process = subprocess.Popen(
        [sys.executable, "-c", program, *given], stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        yield Server(process)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)  # its workers too: one may wait for `go` without end
            process.communicate()


def test_sigterm_lets_a_request_in_flight_finish(tmp_path: Path) -> None:
    with served(tmp_path) as server:
        assert server.get("/health")[0] == 200
        slow = server.connect()
        slow.request("POST", "/slow", body="")
        (tmp_path / "begun").read_text()  # blocks until the request is being worked on
        server.process.send_signal(signal.SIGTERM)
        (tmp_path / "go").write_text("finished")
        response = slow.getresponse()
        assert (response.status, response.read()) == (200, b"finished")
        slow.close()
        assert server.end()[0] == 0


def test_whoever_comes_while_a_request_in_flight_finishes_is_answered_or_not_let_in(tmp_path: Path) -> None:
    with served(tmp_path, workers=1) as server:  # a second one might still be starting, and open its door once more
        slow = server.connect()
        slow.request("POST", "/slow", body="")
        (tmp_path / "begun").read_text()
        server.process.send_signal(signal.SIGTERM)
        with suppress(ConnectionRefusedError):  # a connection that is let in and dropped raises something else
            while True:
                assert server.get("/health")[0] == 200
        (tmp_path / "go").write_text("finished")
        assert slow.getresponse().read() == b"finished"
        slow.close()
        assert server.end()[0] == 0


SIGTERM_AT_BIRTH = """
import signal
born = worker.Worker.init_process
def init_process(worker):
    if not os.path.exists(sys.argv[1] + "/first"):
        with open(sys.argv[1] + "/first", "w") as first:
            first.write(str(os.getpid()))
        os.kill(os.getpid(), signal.SIGTERM)
    born(worker)
worker.Worker.init_process = init_process
"""
"""The first worker is told to stop after it was forked and before it listens to signals."""


def test_a_worker_that_is_being_started_hears_sigterm(tmp_path: Path) -> None:
    with served(tmp_path, workers=1, more=SIGTERM_AT_BIRTH) as server:
        answered_by = [server.get("/health")[1] for _ in range(100)]
        assert answered_by[-1] != (tmp_path / "first").read_text()
        assert server.end()[0] == 0


def test_background_work_runs_in_one_worker_and_outlives_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "relay")
    with served(tmp_path) as server:
        first = int((tmp_path / "relay").read_text())
        os.kill(first, signal.SIGKILL)
        second = int((tmp_path / "relay").read_text())
        assert first not in (second, server.process.pid)
        assert server.end()[0] == 0


GONE = """
import ivr.webhooks.server
worker.AGAIN_SECONDS = ivr.webhooks.server.AGAIN_SECONDS = 0.01
def unless_gone(does):
    def done(*given):
        if os.path.exists(f"{sys.argv[1]}/no {does.__name__}"):
            raise ConnectionError("canary-4711")
        return does(*given)
    return done
make_app, background = unless_gone(make_app), unless_gone(background)
"""
"""What the application, or the work in the background, needs is gone while there is a file that says so."""


def test_a_worker_that_cannot_begin_yet_does_not_end_the_server(tmp_path: Path) -> None:
    """goal 37: a worker dies while the store is down; gunicorn ended the server, and all that still answered."""
    with served(tmp_path, workers=1, more=GONE) as server:
        first = server.get("/health")[1]
        (tmp_path / "no make_app").touch()
        os.kill(int(first), signal.SIGKILL)
        assert server.tells("a worker cannot begin yet")
        (tmp_path / "no make_app").unlink()
        status, second = server.get("/health")
        assert (status, second == first) == (200, False)


def test_background_work_that_broke_off_begins_again(tmp_path: Path) -> None:
    """goal 37: nothing left any more, and no caller got an agent, when a worker had taken it on with the store down."""
    os.mkfifo(tmp_path / "relay")
    (tmp_path / "no background").touch()
    with served(tmp_path, workers=1, more=GONE) as server:
        assert server.tells("background work broke off; it begins again")
        (tmp_path / "no background").unlink()
        assert (tmp_path / "relay").read_text().strip() == server.get("/health")[1]


def test_a_fault_is_logged_without_its_words(tmp_path: Path) -> None:
    with served(tmp_path) as server:
        assert server.get("/fault")[0] == 500
        _, rest = server.end()
        faults = [json.loads(line) for line in rest.splitlines()]
        assert "canary" not in rest
        assert [fault["error"] for fault in faults if "error" in fault] == ["ValueError"]


def test_both_framings_at_once_are_refused(tmp_path: Path) -> None:
    """W31: a request with two lengths is how requests are smuggled."""
    with (
        served(tmp_path) as server,
        server.line() as line,
    ):
        line.sendall(
            b"POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
        )
        assert line.recv(1024).startswith(b"HTTP/1.1 400")


def test_a_request_that_takes_its_time_is_cut_off(tmp_path: Path) -> None:
    """W30: one byte now and then would keep a thread for ever."""
    with served(tmp_path, request_seconds=0.1) as server:
        with server.line() as line:
            line.sendall(b"POST /slow HTTP/1.1\r\nHost: x\r\n")
            assert line.recv(1024) == b""
        assert server.get("/health")[0] == 200


def test_silent_and_slow_connections_take_no_thread(tmp_path: Path) -> None:
    """goal 44: with a thread for each, 4 of these would hold everybody up until they are cut off after an hour."""
    said = (b"", b"P", b"POST /slow HTTP/1.1\r\nHost: x\r\n", b"POST /slow HTTP/1.1\r\nContent-Length: 9\r\n\r\na=b")
    with served(tmp_path, request_seconds=3_600, workers=1) as server, ExitStack() as lines:
        for number in range(400):
            line = lines.enter_context(socket.create_connection(("127.0.0.1", server.port)))
            line.sendall(said[number % len(said)])
        assert server.get("/health")[0] == 200


CHUNKS = b"POST /length HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 300


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (CHUNKS, b"413"),
        (b"POST /length HTTP/1.1\r\nHost: x\r\nContent-Length: 70000\r\n\r\n", b"413"),
        (b"GET /" + b"a" * 40_000, b"431"),
    ],
)
def test_what_is_too_large_is_refused_although_every_thread_is_busy(
    tmp_path: Path, request_: bytes, status: bytes
) -> None:
    """goal 44: each of them would keep a thread longer than several calls do."""
    with served(tmp_path, workers=1) as server, ExitStack() as lines:
        for _ in range(4):
            slow = lines.enter_context(closing(server.connect()))
            slow.request("POST", "/slow", body="")
            (tmp_path / "begun").read_text()
        line = lines.enter_context(server.line())
        line.sendall(request_)
        assert line.recv(1024).split()[1] == status
        assert server.process.stderr is not None
        assert json.loads(server.process.stderr.readline())["status"] == int(status)
        (tmp_path / "go").write_text("finished")


LARGER = "import functools; server.serve = functools.partial(server.serve, largest_body=1_000_000)"


def test_a_server_that_takes_large_bodies_holds_four_of_them_at_once(tmp_path: Path) -> None:
    head = b"POST /length HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 900000\r\n\r\n"
    with served(tmp_path, workers=1, more=LARGER) as server, ExitStack() as lines:
        held = [lines.enter_context(server.line()) for _ in range(4)]
        for line in held:
            line.sendall(head + b"x" * 800_000)
        with server.line() as fifth:
            fifth.sendall(head + b"x" * 200_000)
            assert fifth.recv(1024).startswith(b"HTTP/1.1 503")
        for line in held:
            line.sendall(b"x" * 100_000)
            assert line.makefile("rb").read().endswith(b"\r\n\r\n900000")


def test_who_does_not_close_after_the_last_answer_holds_nobody_up(tmp_path: Path) -> None:
    with served(tmp_path, workers=1) as server, ExitStack() as lines:
        for _ in range(100):
            line = lines.enter_context(socket.create_connection(("127.0.0.1", server.port)))
            line.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert server.get("/health")[0] == 200  # 2 s for each of them is longer than this client waits


def test_more_connections_than_a_worker_holds_take_the_place_of_silent_ones(tmp_path: Path) -> None:
    with (
        served(tmp_path, request_seconds=3_600, workers=1, more="server.CONNECTIONS = 20") as server,
        ExitStack() as lines,
    ):
        first, *_ = [lines.enter_context(server.line()) for _ in range(50)]
        assert server.get("/health")[0] == 200
        assert first.recv(1) == b""


CARRIER = """
from tests.webhooks.carrier import dial
def make_app():
    return dial().client.application
"""


def test_a_broken_chunk_is_refused_with_one_line(tmp_path: Path) -> None:
    head = b"POST /voice HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    with served(tmp_path, more=CARRIER) as server, server.line() as line:
        line.sendall(head + b"Transfer-Encoding: chunked\r\n\r\nZZ\r\nx\r\n0\r\n\r\n")
        assert line.recv(4096).startswith(b"HTTP/1.1 400 ")
        line.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        assert not any(iter(lambda: line.recv(4096), b"")), "where the next request begins is not known"
        logged = [json.loads(text) for text in server.end()[1].splitlines()]
    assert [(each["event"], each.get("status")) for each in logged] == [("refused", 400)]


def test_requests_sent_one_after_the_other_at_once_are_answered_in_order(tmp_path: Path) -> None:
    with (
        served(tmp_path) as server,
        server.line() as line,
    ):
        line.sendall(
            b"POST /health HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\na=b\r\n0\r\n\r\n"
            b"GET /health HTTP/1.1\r\nHost: x\r\n\r\nGET /none HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        )
        answers = line.makefile("rb").read().split(b"HTTP/1.1 ")
        assert [answer[:3] for answer in answers[1:]] == [b"405", b"200", b"404"]


def test_what_is_asked_while_an_answer_is_made_is_answered_after_it(tmp_path: Path) -> None:
    with served(tmp_path, workers=1) as server, server.line() as line:
        line.sendall(b"POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
        (tmp_path / "begun").read_text()
        line.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        line.shutdown(socket.SHUT_WR)
        (tmp_path / "go").write_text("done")
        answers = line.makefile("rb").read().split(b"HTTP/1.1 ")
    assert [answer[:3] for answer in answers[1:]] == [b"200", b"200"]


def test_no_request_is_forgotten_that_comes_as_the_one_before_is_answered(tmp_path: Path) -> None:
    asked = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"
    with served(tmp_path, workers=1) as server, server.line() as line:
        for _ in range(300):
            line.sendall(asked)
        line.shutdown(socket.SHUT_WR)
        assert line.makefile("rb").read().count(b"HTTP/1.1 200 OK") == 300


def test_what_follows_a_body_that_is_too_large_is_no_request(tmp_path: Path) -> None:
    with (
        served(tmp_path) as server,
        server.line() as line,
    ):
        line.sendall(
            b"POST /health HTTP/1.1\r\nHost: x\r\nContent-Length: 99999\r\n\r\nGET /fault HTTP/1.1\r\nHost: x\r\n\r\n"
        )
        assert line.makefile("rb").read().count(b"HTTP/1.1 ") == 1


# --- a new program takes over -----------------------------------------------------------------------------------

RELOADED = """
import os, sys
from flask import Flask, request
from ivr.webhooks import logs, server
exec(open(sys.argv[1] + "/handlers.py").read())

def make_app():
    app = Flask("app")
    @app.get("/health")
    def health():
        return WORDS
    return app

def tell(how):
    with open(sys.argv[1] + "/told", "w") as told:
        told.write(how)

logs.configure()
server.serve(make_app, "127.0.0.1", 0, workers=2, threads=2, tell=tell)
"""


@contextmanager
def reloadable(folder: Path, *before: str) -> Iterator[Server]:
    """A server whose code is in files that a test may write anew."""
    os.mkfifo(folder / "told")
    (folder / "handlers.py").write_text('WORDS = "old"')
    (folder / "program.py").write_text(RELOADED)
    command = [*before, sys.executable, str(folder / "program.py"), str(folder)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        server = Server(process)
        assert (folder / "told").read_text() == "serving"
        yield server
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()


@pytest.mark.parametrize("sign", [signal.SIGHUP, signal.SIGUSR2])
def test_a_reload_takes_new_code_without_a_refused_request(tmp_path: Path, sign: signal.Signals) -> None:
    """goal 45: requests go on while a program takes over from another."""
    with reloadable(tmp_path) as server:
        over, answers = threading.Event(), list[tuple[int, str]]()

        def ask() -> None:
            while not over.is_set():
                answers.append(server.get("/health"))

        with ThreadPoolExecutor(1) as callers:
            asking = callers.submit(ask)
            try:
                (tmp_path / "handlers.py").write_text('WORDS = "new"')
                server.process.send_signal(sign)
                assert (tmp_path / "told").read_text() == "serving"
                seen = len(answers)
                while ("new" not in answers[-1][1] or len(answers) < seen + 50) and not asking.done():
                    pass
            finally:
                over.set()
            asking.result(15)
        assert {status for status, _ in answers} == {200}
        assert (answers[0][1], answers[-1][1]) == ("old", "new")
        assert server.end()[0] == 0


def test_a_new_program_that_would_not_start_does_not_take_over(tmp_path: Path) -> None:
    with reloadable(tmp_path) as server:
        (tmp_path / "handlers.py").write_text("WORDS = ")
        server.process.send_signal(signal.SIGHUP)
        assert (tmp_path / "told").read_text() == "refused"
        assert server.get("/health") == (200, "old")
        (tmp_path / "handlers.py").write_text('WORDS = "mended"')
        server.process.send_signal(signal.SIGHUP)
        assert (tmp_path / "told").read_text() == "serving"
        assert server.end()[0] == 0


@pytest.mark.skipif(
    which("systemd-socket-activate") is None, reason="no systemd-socket-activate: apt-get install systemd"
)
def test_a_socket_of_systemd_is_served_and_kept_over_a_reload(tmp_path: Path) -> None:
    [port] = free_ports(1)
    os.mkfifo(tmp_path / "told")
    (tmp_path / "handlers.py").write_text('WORDS = "old"')
    (tmp_path / "program.py").write_text(RELOADED)
    activate = ["systemd-socket-activate", "-l", f"127.0.0.1:{port}", sys.executable]
    process = subprocess.Popen([*activate, str(tmp_path / "program.py"), str(tmp_path)], stderr=subprocess.DEVNULL)
    try:
        connected = False
        while not connected and process.poll() is None:  # the first connection makes it start our program
            with suppress(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", port)).close()
                connected = True
        assert (tmp_path / "told").read_text() == "serving"
        process.send_signal(signal.SIGHUP)
        assert (tmp_path / "told").read_text() == "serving"
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)) as line:
            line.request("GET", "/health")
            assert line.getresponse().status == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_SECONDS) == 0
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


@pytest.mark.parametrize("header", [b"X: " + b"a" * 5_000, b"\r\n".join([b"X: a"] * 70)])
def test_large_headers_are_refused(tmp_path: Path, header: bytes) -> None:
    with (
        served(tmp_path) as server,
        server.line() as line,
    ):
        line.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n" + header + b"\r\n\r\n")
        assert line.recv(1024).split()[1] in (b"400", b"431")


def test_a_port_in_use_is_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CannotListen) as refused:
            serve(lambda: None, "127.0.0.1", port)  # type: ignore[arg-type,return-value]
    assert str(refused.value) == f"cannot listen on 127.0.0.1 port {port}: Address already in use"


@pytest.mark.parametrize(("host", "port"), [("127.0.0.1", 70_000), ("no.such.host.invalid", 80), ("192.0.2.1", 80)])
def test_an_address_that_is_not_ours_is_one_sentence(host: str, port: int) -> None:
    with pytest.raises(CannotListen) as refused:
        serve(lambda: None, host, port)  # type: ignore[arg-type,return-value]
    assert "\n" not in str(refused.value)
