"""A server as an operator starts it, under more than it can take: nobody waits in silence, and nothing is refused."""

from __future__ import annotations

import os
import sqlite3
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

import pytest

from bench import load, servers
from bench.servers import Server, Serving
from ivr.wallet.demo import DemoWallet
from tests.hotline.harness import FLOW, MONDAY
from tests.hotline.over_http import dialled
from tests.patience import PATIENCE_SECONDS
from tests.ports import free_ports
from tests.trust_gates import Amount, Measured
from tests.wallet.wallet_server import wallet_server

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")]

CONFIG = """
hotline: {number: "+864008200000", public_url: "https://hotline.example", handlers: [ivr.wallet.handlers]}
twilio: {account_sid: {env: BENCH_ACCOUNT_SID}, auth_token: {env: BENCH_AUTH_TOKEN}}
back_office: {module: ivr.wallet.back_office, url: "http://127.0.0.1:PORT", token: {env: BENCH_AUTH_TOKEN}}
calendars: {always: {weekly: {mon-sun: ["00:00-24:00"]}}}
queues: {support: {agents: ["+8613900000001"], most: 500}}
numbers: {destinations: {senior: "+8613900000009"}, allowed: ["+86"]}
"""
FILLER_WITHIN_SECONDS = 4.5
"""From a key to "one moment", or to an answer: 2.5 s, and what a busy machine takes. The carrier gives up at 15."""


class SlowWallet(DemoWallet):
    """The demo, which takes its time for everything."""

    seconds = 0.0

    def _suffer(self, what: str, account: str = "") -> None:
        time.sleep(self.seconds)
        super()._suffer(what, account)


@pytest.fixture
def wallet() -> SlowWallet:
    return SlowWallet(MONDAY)


@contextmanager
def serving(folder: Path, wallet: SlowWallet, *more: str) -> Iterator[Server]:
    """A hotline with this back office, in a folder of its own; `more` are options of `ivr serve`."""
    office = wallet_server(wallet, servers.TOKEN)
    threading.Thread(target=office.serve_forever, daemon=True).start()
    (folder / "flows").mkdir()
    (folder / "flows" / "hotline.yaml").write_text(FLOW)
    config = folder / "config.yaml"
    config.write_text(CONFIG.replace("PORT", str(office.server_address[1])))
    try:
        with servers.served(config, Serving(2, 8), *more) as server:
            yield server
    finally:
        office.shutdown()
        office.server_close()


def first_answers(server: Server, callers: int, over: threading.Event) -> list[float]:
    """How long new callers wait for their first words, one after another, until it is over."""
    taken: list[float] = []
    while not over.is_set() or len(taken) < callers:
        call, carrier = dialled(server.port)
        assert "<Gather" in call.ring().body or "busy" in call.reply.words
        taken += carrier.seconds
        carrier.close()
        over.wait(0.05)
    return taken


def asks(server: Server, account: str) -> float:
    """A caller who keys an account, and is led on until there is a question or a person; gives the longest silence."""
    call, carrier = dialled(server.port)
    call.walk(f"2 1 {account}")
    while call.reply.verbs[-1] == "Redirect":
        assert call.reply.words or "Pause" in call.reply.verbs, "an answer without a word is silence"
        call.on()
    assert call.reply.status == 200
    assert call.reply.words
    carrier.close()
    return max(carrier.seconds)


@pytest.mark.trust(goal=48, minutes=1)
def test_a_slow_back_office_keeps_neither_new_callers_nor_askers_in_silence(
    tmp_path: Path, wallet: SlowWallet, amount: Amount, measured: Measured, is_gate: bool
) -> None:
    """The same callers, in turn with a back office that is quick and with one that takes 2.4 s for each question."""
    askers = amount(30, 150)
    fresh: dict[float, list[float]] = {0.0: [], 2.4: []}
    silences: dict[float, list[float]] = {0.0: [], 2.4: []}
    with serving(tmp_path, wallet) as server:
        for run, seconds in enumerate((0.0, 2.4) * 2):
            wallet.seconds, over = seconds, threading.Event()
            with ThreadPoolExecutor(askers + 1) as pool:
                newcomers = pool.submit(first_answers, server, 40, over)
                silences[seconds] += pool.map(partial(asks, server), (f"63{run}{each:05d}" for each in range(askers)))
                over.set()
                fresh[seconds] += newcomers.result()
    p95, calm_p95 = (statistics.quantiles(each, n=20)[-1] for each in (fresh[2.4], fresh[0.0]))
    measured(
        f"{askers} callers key an account at once: beside them 95 % of new callers are answered within {p95:.2f} s, "
        f"all within {max(fresh[2.4]):.2f} s ({calm_p95:.2f} and {max(fresh[0.0]):.2f} s when it is quick); "
        f"who asks hears something within {max(silences[2.4]):.2f} s ({max(silences[0.0]):.2f} s)"
    )
    if is_gate:
        assert max(silences[2.4]) < max(FILLER_WITHIN_SECONDS, 2 * max(silences[0.0]))
        assert p95 < 0.25 + 2 * calm_p95


def used_by_all() -> float:
    """The seconds of all cores of this machine that were used so far, by whomever."""
    user, nice, system, _, _, *interrupts = map(int, Path("/proc/stat").read_text().split()[1:8])
    return (user + nice + system + sum(interrupts)) / os.sysconf("SC_CLK_TCK")


@contextmanager
def calm(server: Server) -> Iterator[list[float]]:
    """Notes at the end which share of the machine was used by others than this server and its load."""
    noted: list[float] = []
    began, all_of_it, ours = time.monotonic(), used_by_all(), server.cpu_seconds() + os.times().children_user
    ours += os.times().children_system
    yield noted
    ours = server.cpu_seconds() + os.times().children_user + os.times().children_system - ours
    cores = os.cpu_count() or 1
    noted.append(max(0.0, used_by_all() - all_of_it - ours) / (time.monotonic() - began) / cores)


@pytest.mark.trust(goal=46, minutes=2)
def test_at_twice_what_it_can_do_those_who_are_too_many_are_told_so(
    tmp_path: Path, amount: Amount, measured: Measured, is_gate: bool
) -> None:
    """How soon they are told is judged only where nobody else uses the machine meanwhile."""
    seconds = amount(3, 60)
    with servers.hotline(tmp_path, Serving(2, 8)) as server, calm(server) as others:
        load.run(load.Job(server.port, 100, 0, 0, 8, "</Response>"))  # a warm-up
        knee = load.run(load.Job(server.port, 400, 0, 0, 8, "/turns/1")).rate
        calls = round(2 * knee * seconds)
        told = load.run(load.Job(server.port, calls, 0, 0, 1_000, "</Response>", 2 * knee, "/voice?busy="))
        again = load.run(load.Job(server.port, 400, 1, 1, 8, "/turns/2"))
    measured(
        f"new calls at {2 * knee:.0f} a second for {seconds} s, twice what was answered before: "
        f"{told.counted / calls:.0%} hear busy; 99 % are answered within {told.within(0.99) / 1000:.2f} s, "
        f"all within {told.milliseconds[-1] / 1000:.2f} s; then callers in a call within {again.within(0.99):.0f} ms; "
        f"others used {others[0]:.0%} of the machine"
    )
    with closing(sqlite3.connect(tmp_path / "data" / "ivr.db")) as store:
        [(kept,)] = store.execute("SELECT count(*) FROM calls")
    assert kept >= calls - told.counted, "who was not told that we are busy is in a call"
    if is_gate and others[0] > 0.1:
        pytest.skip(f"others used {others[0]:.0%} of this machine: how soon callers were told is not judged")
    if is_gate:
        assert told.counted > 0
        assert told.within(0.99) < 3_000


@pytest.mark.trust(goal=45, minutes=2)
def test_reloads_refuse_no_request(tmp_path: Path, wallet: SlowWallet, amount: Amount, measured: Measured) -> None:
    reloads, over = amount(2, 20), threading.Event()
    taken: list[float] = []

    def calls() -> None:
        while not over.is_set():
            call, carrier = dialled(server.port)
            for keys in "224":
                assert (call.press(keys) if call.reply.status else call.ring()).status == 200
                over.wait(0.15)
            carrier.close()
            taken.extend(carrier.seconds)

    port = str(free_ports(1)[0])
    with serving(tmp_path, wallet, "--port", port) as server, ThreadPoolExecutor(4) as pool:
        callers = [pool.submit(calls) for _ in range(4)]
        command = [sys.executable, "-c", "from ivr.cli import main; main()", "reload", "--port", port]
        try:
            command += ["--config", str(tmp_path / "config.yaml")]
            while subprocess.run(command, capture_output=True, check=False).returncode == 2:
                pass  # not all of its workers answer yet
            for _ in range(reloads - 1):
                told = subprocess.run(command, capture_output=True, text=True, check=False)
                assert (told.returncode, told.stdout) == (0, "reloaded\n"), told.stderr
        finally:
            over.set()
        for caller in callers:
            caller.result(PATIENCE_SECONDS)
    measured(f"{reloads} reloads beside {len(taken):,} webhooks: none refused, the slowest took {max(taken):.2f} s")


@pytest.mark.trust(goal=49, minutes=21)
def test_twenty_minutes_of_load_let_nothing_grow(
    tmp_path: Path, amount: Amount, measured: Measured, is_gate: bool
) -> None:
    rate, calls = 20, 240  # of 100 turns each: at 200 a person takes over
    minutes = amount(0, 20) or 0.1
    turns = max(1, round(minutes * 60 * rate / calls / 10))
    with servers.hotline(tmp_path, Serving(2, 8)) as server:
        for turn in (0, 1):
            # all threads at work, so that the pool has opened the connections that it keeps; with more connections than
            # threads some would wait, and a busy machine would tell them that it is busy
            load.run(load.Job(server.port, calls, turn, turn, 16, "/turns/{next}"))
        seen = []
        for part in range(10):
            first = 2 + part * turns
            told = load.run(load.Job(server.port, calls, first, first + turns - 1, 4, "/turns/{next}", rate))
            wal = (tmp_path / "data" / "ivr.db-wal").stat().st_size / 2**20
            seen.append((server.resident_megabytes(), server.open_files(), wal, told.within(0.99)))
    memory, files, log, p99 = zip(*seen, strict=True)
    measured(
        f"{minutes} minutes at {rate} webhooks a second: memory {memory[0]:.0f} to {memory[-1]:.0f} MB, the log "
        f"of the database {max(log):.1f} MB at most, files {files[0]} to {files[-1]}, "
        f"99 % within {p99[0]:.0f} ms in the first tenth and {p99[-1]:.0f} ms in the last"
    )
    assert max(log) <= 64
    if is_gate:
        assert memory[-1] <= 1.1 * memory[0]
        assert files[-1] <= max(files[:3])
