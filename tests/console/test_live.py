"""Open pages are told what changed, and cost no more than they may."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import get_args

import pytest

from ivr.console.events import BEAT_SECONDS, ChangeFeed
from ivr.console.routes import ConsoleSettings
from ivr.store import Store, TicketRow
from ivr.store.rows import PresenceRow
from ivr.store.views import Part
from tests.console.local_console import MONDAY, ORIGIN, LocalConsole, ManualClock
from tests.patience import PATIENCE_SECONDS


def _present(store: Store, agent: str = "li", presence: str = "ready", seconds: int = 0) -> None:
    at = MONDAY + timedelta(seconds=seconds)
    with store.talks.transaction() as tx:
        tx.be(PresenceRow(agent=agent, presence=presence, since=at, idle_since=at))


# --- the changes ------------------------------------------------------------------------------------------------------


def _ticket(store: Store) -> None:
    store.claim_reference(str)
    with store.talks.transaction() as tx:
        tx.open_ticket(str, TicketRow(reference="", call_id="CA1", topic="refund", opened_at=MONDAY))


CHANGES: dict[str, Callable[[Store], object]] = {
    "presences": _present,
    "switches": lambda store: store.switch_on("notice", "n", {"zh": "x"}, MONDAY),
    "audit_log": lambda store: store.audit_log.add("li", "note", "", MONDAY),
    "tickets": _ticket,
}


@pytest.mark.parametrize("part", CHANGES)
def test_a_change_shows_in_its_part_and_no_other(part: str) -> None:
    with Store.open("sqlite://") as store:
        before = store.changes.parts(MONDAY)
        assert store.changes.parts(MONDAY) == before
        CHANGES[part](store)
        after = store.changes.parts(MONDAY)
    assert [name for name in get_args(Part) if before[name] != after[name]] == [part]


def test_a_visit_is_no_change() -> None:
    """Somebody who logs in or clicks must not have every page fetched anew."""
    with Store.open("sqlite://") as store:
        before = store.changes.parts(MONDAY)
        _, session = store.login_sessions.begin("li", "zh", MONDAY, timedelta(hours=12))
        store.login_sessions.touch(session, MONDAY + timedelta(minutes=1))
        assert store.changes.parts(MONDAY) == before


# --- listeners ------------------------------------------------------------------------------------------------------


@pytest.fixture
def store() -> Iterator[Store]:
    with Store.open("sqlite://") as opened:
        yield opened


@pytest.fixture
def live(store: Store) -> Iterator[ChangeFeed]:
    made = ChangeFeed(store, ManualClock(), most=2)
    made.poll()
    yield made
    made.close()


def _next(events: Iterator[bytes]) -> tuple[str, object]:
    """The next event that is no beat."""
    while True:
        lines = dict(line.split(": ", 1) for line in next(events).decode().splitlines() if line)
        if lines["event"] != "beat":
            return lines["event"], json.loads(lines["data"])


def test_a_listener_is_greeted_and_told_what_changed(live: ChangeFeed, store: Store) -> None:
    events = live.listen(lambda: True)
    assert events is not None
    assert _next(events)[0] == "hello"
    _present(store)
    live.poll()
    assert _next(events) == ("changed", ["presences"])


def test_a_change_is_seen_without_being_asked_for(live: ChangeFeed, store: Store) -> None:
    events = live.listen(lambda: True)
    assert events is not None
    assert _next(events)[0] == "hello"
    threading.Timer(0, _present, (store,)).start()
    assert _next(events) == ("changed", ["presences"])


def test_the_minute_is_a_change(live: ChangeFeed) -> None:
    events = live.listen(lambda: True)
    assert events is not None
    assert _next(events)[0] == "hello"
    live._clock.advance(minutes=1)  # type: ignore[attr-defined]
    live.poll()
    assert _next(events) == ("changed", ["time"])


def test_a_listener_whose_visit_is_over_is_told_so(live: ChangeFeed) -> None:
    events = live.listen(lambda: False)
    assert events is not None
    assert _next(events)[0] == "hello"
    live._clock.advance(minutes=1)  # type: ignore[attr-defined]
    live.poll()
    assert _next(events)[0] == "over"
    with pytest.raises(StopIteration):
        next(events)


def test_no_more_listen_than_there_are_places(live: ChangeFeed) -> None:
    first, second = live.listen(lambda: True), live.listen(lambda: True)
    assert live.listening == 2
    assert live.listen(lambda: True) is None
    assert first is not None
    first.close()  # type: ignore[attr-defined]
    first.close()  # type: ignore[attr-defined]
    assert live.listening == 1
    assert live.listen(lambda: True) is not None
    assert second is not None


def test_a_page_beyond_the_limit_is_told_to_ask() -> None:
    console = LocalConsole(Store.open("sqlite://"), settings=ConsoleSettings(origins=frozenset({ORIGIN}), listeners=0))
    browser = console.logged_in()
    assert browser.get("/console/events").status_code == 503
    answer = browser.get("/console/parts")
    assert answer.status_code == 200
    console.close()


def test_an_answer_that_streams_is_not_kept_back_by_a_proxy(console: LocalConsole) -> None:
    answer = console.logged_in().client.get("/console/events", base_url=ORIGIN)
    assert answer.mimetype == "text/event-stream"
    assert answer.headers["X-Accel-Buffering"] == "no"
    assert next(answer.response).startswith(b"retry: 2000\nevent: hello")  # type: ignore[call-overload]
    assert console.app.extensions["console"].changes.listening == 1
    answer.close()
    assert console.app.extensions["console"].changes.listening == 0


# --- the real server ------------------------------------------------------------------------------------------------

CONFIG = """
agents:
  li: {phone: "+8613900000001", queues: [support]}
"""


PROGRAM = """
from ivr.cli import main
from ivr.webhooks import server
from ivr.console import events
events.BEAT_SECONDS = 0.2
server.REQUEST_SECONDS = 2
main()
"""


class ConsoleProcess:
    """`ivr console` in a process of its own, and sessions to it."""

    def __init__(self, folder: Path, threads: int) -> None:
        (folder / "config.yaml").write_text(CONFIG)
        (folder / "flows").mkdir()
        (folder / "flows" / "hotline.yaml").write_text(
            "flow: hotline\nstart: bye\nsteps: {bye: {hangup: {zh: 再见。, en: Bye.}}}\n"
        )
        options = ["console", "--dev", "--port", "0", "--threads", str(threads)]
        command = [sys.executable, "-c", PROGRAM, *options]
        self.popen = subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True, env=os.environ)
        assert self.popen.stderr is not None
        for line in self.popen.stderr:
            if '"listening"' in line:
                self.port = int(json.loads(line)["port"])
                break
        self.store = Store.open(f"sqlite:///{folder}/data/ivr.db")
        self.cookie = "ivr=" + self.session()

    def session(self) -> str:
        from datetime import UTC, datetime

        return self.store.login_sessions.begin("li", "zh", datetime.now(UTC), timedelta(hours=12))[0]

    def get(self, path: str) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)
        connection.request("GET", path, headers={"Cookie": self.cookie, "Connection": "close"})
        status = connection.getresponse().status
        connection.close()
        return status

    @contextlib.contextmanager
    def listening(self) -> Iterator[socket.socket]:
        """A page that listens; the head of the answer is read."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_SECONDS) as line:
            line.sendall(f"GET /console/events HTTP/1.1\r\nHost: x\r\nCookie: {self.cookie}\r\n\r\n".encode())
            heard = b""
            while b"\r\n\r\n" not in heard or (b" 200 " in heard and b"hello" not in heard):
                heard += line.recv(4096)
            self.heard = heard
            yield line

    def close(self) -> None:
        self.store.close()
        if self.popen.poll() is None:
            self.popen.kill()
        self.popen.communicate()


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsoleProcess]:
    """One for all; the last test ends it."""
    made = ConsoleProcess(tmp_path_factory.mktemp("console"), threads=10)
    yield made
    made.close()


@pytest.mark.slow
def test_a_stream_outlives_the_time_that_other_requests_have(process: ConsoleProcess) -> None:
    """Whatever else takes longer than 2 s here (10 s in production) is cut off."""
    with process.listening() as line:
        beats = 0
        while beats < 18:
            heard = line.recv(4096)
            assert heard, f"cut off after {beats} beats"
            beats += heard.count(b"event: beat")


def test_listeners_beyond_the_limit_leave_threads_for_clicking(process: ConsoleProcess) -> None:
    with process.listening(), process.listening(), process.listening():
        assert process.heard.startswith(b"HTTP/1.1 503")
        assert process.get("/console/me") == 200


def test_a_browser_that_left_frees_its_place_within_fifteen_seconds(process: ConsoleProcess) -> None:
    """Two heartbeats do it, of 5 s each; here they are short. The server is asked until it has a place again."""
    assert 2 * BEAT_SECONDS < 15
    with process.listening(), process.listening():
        pass
    deadline = threading.Event()
    timer = threading.Timer(PATIENCE_SECONDS, deadline.set)
    timer.start()
    while not deadline.is_set():
        with process.listening():
            if process.heard.startswith(b"HTTP/1.1 200"):
                break
    timer.cancel()
    assert not deadline.is_set()


def test_sigterm_does_not_wait_for_open_pages(process: ConsoleProcess) -> None:
    with process.listening() as line:
        process.popen.send_signal(signal.SIGTERM)
        while line.recv(4096):
            pass
    assert process.popen.wait(timeout=PATIENCE_SECONDS) == 0
