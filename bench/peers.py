"""The webhook beside what it is fair to compare it with: on a slow disk, on PostgreSQL, with silent connections, and
under requests that come whether or not those before them are answered."""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from bench import bare, load, servers
from bench.carrier import call_id
from bench.figures import Figure, figure
from bench.servers import HERE, Server, Serving
from bench.webhook import Round, Size, race, started

SLOW_MILLISECONDS = 3
SILENT = 400
OF_THE_KNEE = 0.7


def disk(folder: Path, size: Size, workers: int, threads: int) -> list[Figure]:
    """The webhook and the honest limit where a sync takes 3 ms longer, with 1, 8 and 32 connections."""
    library = folder / "slow_disk.so"
    compiler = shutil.which("cc")
    if compiler is None:
        return []
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", library, HERE / "slow_disk.c", "-ldl"], check=True)
    slow = {"LD_PRELOAD": str(library), "SLOW_DISK_MICROSECONDS": str(SLOW_MILLISECONDS * 1_000)}
    found = []
    for connections in (1, 8, 32):
        asked = replace(size, connections=connections, calls=max(40, size.calls // (8 if connections == 1 else 1)))
        own = folder / f"of {connections}"
        own.mkdir()
        label = f"{connections} connection{'s' if connections > 1 else ''}"
        found += _beside(own, asked, Serving(workers, max(threads, connections), slow), "limit", label)
    return found


def postgresql(folder: Path, size: Size, workers: int, threads: int, url: str) -> list[Figure]:
    """The webhook and an honest limit of its own on PostgreSQL. `url` names a database that may be emptied."""
    if not url:
        return []
    found = []
    for processes in (1, 4):
        bare.empty(url)
        own = folder / f"with {processes}"
        own.mkdir()
        asked = replace(size, connections=processes * size.connections)
        label = f"{processes} worker{'s' if processes > 1 else ''}, {asked.connections} connections"
        serving = Serving(processes, threads, {"BENCH_POSTGRESQL": url}, url)
        found += _beside(own, asked, serving, bare.POSTGRESQL, label)
    return found


def silent(folder: Path, size: Size, workers: int, threads: int) -> list[Figure]:
    """How long webhooks take while 400 connections say nothing."""
    with servers.hotline(folder, Serving(workers, threads)) as hotline:
        started(hotline, size)
        alone = _turns(hotline, size, 2, 5)
        lines = [socket.create_connection(("127.0.0.1", hotline.port)) for _ in range(SILENT)]
        beside = _turns(hotline, size, 6, 9)
        for line in lines:
            line.close()
    return [
        figure("the slowest webhook, alone", "ms", [alone.within(1)]),
        figure(f"the slowest webhook beside {SILENT} silent connections", "ms", [beside.within(1)], limit=250),
        figure("half of the webhooks, with : without", "ratio", [beside.within(0.5) / alone.within(0.5)]),
    ]


def open_loop(folder: Path, size: Size, workers: int, threads: int) -> list[Figure]:
    """Webhooks that come at 70 % of what the server can do, whether or not those before them are answered."""
    with servers.hotline(folder, Serving(workers, threads)) as hotline:
        started(hotline, size)
        first, knees, late = 2, list[float](), list[load.Outcome]()
        for _ in range(size.rounds):
            knees.append(_turns(hotline, size, first, first + 3).rate)
            rate = OF_THE_KNEE * knees[-1]
            late.append(_turns(hotline, replace(size, connections=64), first + 4, first + size.turns, rate))
            first += size.turns + 1
    return [
        figure("knee (closed loop)", "requests/s", knees),
        figure("99 % at 70 % of the knee, open loop", "ms", [one.within(0.99) for one in late], limit=15),
        figure("half of them", "ms", [one.within(0.5) for one in late]),
    ]


def _turns(hotline: Server, size: Size, first: int, last: int, rate: float = 0.0) -> load.Outcome:
    return load.run(load.Job(hotline.port, size.calls, first, last, size.connections, "/turns/{next}", rate))


def _beside(folder: Path, size: Size, serving: Serving, limit: str, label: str) -> list[Figure]:
    with ExitStack() as stack:
        bare.prepare(limit, folder, [call_id(number) for number in range(size.calls)], serving.store_url)
        running = [
            stack.enter_context(servers.bare(limit, folder, serving)),
            stack.enter_context(servers.hotline(folder, serving)),
        ]
        rounds = race(running, size)
    return [*_ratios(rounds[limit], rounds["hotline"], label)]


def _ratios(limit: Sequence[Round], ours: Sequence[Round], label: str) -> list[Figure]:
    pairs = list(zip(ours, limit, strict=True))
    answers = [mine.p50 / other.p50 for mine, other in pairs]
    found = [
        figure(f"webhooks a second, {label}", "requests/s", [one.rate for one in ours]),
        figure(f"webhook : honest limit, {label}", "ratio", [mine.rate / other.rate for mine, other in pairs]),
        figure(f"the same, median time of an answer, {label}", "ratio", answers),
    ]
    if all(one.cpu for one in ours):
        cores = [other.cpu / mine.cpu for mine, other in pairs]
        found.append(figure(f"core time, honest limit : webhook, {label}", "ratio", cores))
    return found
