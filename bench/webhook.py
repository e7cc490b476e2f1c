"""One webhook step of a real call beside its peers: the same server, requests, workers and threads, in rounds.

The hotline takes real turns: each request presses 1 in a menu of a live call and is answered with the other menu.
Rounds are interleaved, and their order is turned round each time, so that whatever else the machine does falls on
all alike; what counts is the ratio within a round.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from bench import bare, load, servers
from bench.carrier import call_id
from bench.figures import Figure, figure
from bench.servers import Server, Serving


@dataclass(frozen=True, slots=True)
class Size:
    """How much is asked: calls that are live, turns of each in a round, and rounds."""

    calls: int = 200
    turns: int = 10
    rounds: int = 9
    connections: int = 8


QUICK = Size(calls=80, turns=5, rounds=3)


@dataclass(frozen=True, slots=True)
class Round:
    """One server in one round: requests a second, microseconds of a core for each, and how fast answers came."""

    rate: float
    cpu: float
    p50: float
    p95: float
    p99: float


def measure(folder: Path, size: Size, workers: int, threads: int) -> list[Figure]:
    """Starts all servers on free ports of this machine, loads them in turn, and stops them."""
    bare.prepare("limit", folder, [call_id(number) for number in range(size.calls)])
    serving = Serving(workers, threads)
    with ExitStack() as stack:
        running = [
            *(stack.enter_context(servers.bare(kind, folder, serving)) for kind in bare.KINDS),
            stack.enter_context(servers.hotline(folder, serving)),
        ]
        hotline = running[-1]
        fresh = hotline.resident_megabytes()
        rounds = race(running, size)
        memory = hotline.resident_megabytes()
    return [*_rates(rounds), *_memory(fresh, memory), _bytes_per_call(folder, size.calls)]


def race(running: Sequence[Server], size: Size) -> dict[str, list[Round]]:
    """Loads the servers in turn, in rounds, each time in the other order. The last one is the hotline."""
    started(running[-1], size)
    for server in running:
        _round(server, size, 2, 3)  # a warm-up
    rounds: dict[str, list[Round]] = {server.name: [] for server in running}
    for number in range(size.rounds):
        first = 4 + number * size.turns
        for server in running if number % 2 else reversed(running):
            rounds[server.name].append(_round(server, size, first, first + size.turns - 1))
    return rounds


def started(hotline: Server, size: Size) -> None:
    """Brings all calls into their first menu: they ring, two at a time, and choose a language."""
    for turn in (0, 1):
        load.run(load.Job(hotline.port, size.calls, turn, turn, 2, "/turns/{next}"))


def _round(server: Server, size: Size, first: int, last: int) -> Round:
    expects = "/turns/{next}" if server.name == "hotline" else "<Response>"
    before = server.cpu_seconds()
    try:
        outcome = load.run(load.Job(server.port, size.calls, first, last, size.connections, expects))
    except RuntimeError as error:
        raise RuntimeError(f"{server.name}: {error}") from error
    cpu = (server.cpu_seconds() - before) / outcome.count * 1e6
    return Round(outcome.rate, cpu, outcome.within(0.5), outcome.within(0.95), outcome.within(0.99))


def _rates(rounds: dict[str, list[Round]]) -> list[Figure]:
    names = {
        "constant": "bare route, constant",
        "limit": "honest limit (Twilio's signature check)",
        "limit-fast": "honest limit (our signature check)",
        "tutorial": "a tutorial's application",
        "hotline": "one webhook of a call",
    }
    found = [figure(name, "requests/s", [one.rate for one in rounds[kind]]) for kind, name in names.items()]
    ours = rounds["hotline"]
    for kind, least in (("limit", 1.0), ("limit-fast", None), ("tutorial", None)):
        ratios = [mine.rate / other.rate for mine, other in zip(ours, rounds[kind], strict=True)]
        budget = f"at least {least}" if least else ""
        found.append(figure(f"webhook : {names[kind]}", "ratio", ratios, limit=least, budget=budget))
    if any(one.cpu for one in ours):
        found += [figure(f"core time, {name}", "µs", [one.cpu for one in rounds[kind]]) for kind, name in names.items()]
        shares = [other.cpu / mine.cpu for mine, other in zip(ours, rounds["limit"], strict=True)]
        found.append(figure("core time, honest limit : webhook", "ratio", shares))
    found.append(figure("half of the webhooks within", "ms", [one.p50 for one in ours]))
    found.append(figure("95 % of the webhooks within", "ms", [one.p95 for one in ours], limit=150))
    found.append(figure("99 % of the webhooks within", "ms", [one.p99 for one in ours], limit=500))
    return found


def _memory(fresh: float, after: float) -> list[Figure]:
    if not after:
        return []
    return [
        figure("memory of a worker, at first", "MB", [fresh], limit=120),
        figure("memory of a worker, after the load", "MB", [after], limit=120),
    ]


def _bytes_per_call(folder: Path, calls: int) -> Figure:
    """What the row of a live call holds, index entries and page overhead left out; its turns are its transcript."""
    connection = sqlite3.connect(folder / "data" / "ivr.db")
    columns = [row[1] for row in connection.execute("PRAGMA table_info(calls)")]
    size = " + ".join(f"COALESCE(LENGTH(CAST({column} AS BLOB)), 0)" for column in columns)
    rows = [float(row[0]) / 1_000 for row in connection.execute(f"SELECT {size} FROM calls LIMIT {calls}")]
    connection.close()
    return figure("a live call in the store", "kB", rows, limit=4)
