"""A report of 100,000 turns, beside what cannot be left out: reading the same rows and parsing their JSON."""

from __future__ import annotations

import json
import logging
import resource
import sqlite3
import time
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from bench.figures import Figure, figure
from bench.script import KEYS, MONDAY
from bench.servers import environment, hotline_folder
from ivr.app.simulation import Simulation
from ivr.config import Config, load_config
from ivr.hotline.reports import Known, Period, gather
from ivr.hotline.reports.tables import BYS, table
from ivr.network import VirtualClock
from ivr.store.tables import calls, turns

DAYS = 30


def measure(folder: Path, rounds: int, rows: int) -> list[Figure]:
    """One call is really made, and copied until there are so many turns, spread over thirty days."""
    logging.getLogger().setLevel(logging.WARNING)
    config, _ = load_config(hotline_folder(folder), today=MONDAY.date(), environ=environment())
    assert config is not None
    path = folder / "reports.db"
    known, count = _filled(config, path, rows)
    period = Period(date(2026, 11, 1), date(2026, 11, DAYS), ZoneInfo("UTC"))
    bare, whole, ratios = [], [], []
    with Simulation(config, clock=VirtualClock(MONDAY), store_url=f"sqlite:///{path}") as simulation:
        for turn in range(rounds):
            took = {}
            for what in ("bare", "report") if turn % 2 else ("report", "bare"):
                began = time.perf_counter()
                if what == "bare":
                    assert _bare(path) > count
                else:
                    tally = gather(simulation.store, period, known, agents=True)
                    assert sum(bool(table(tally, by).rows) for by in BYS)
                    assert tally.total.calls * len(tally.steps) > 0
                took[what] = time.perf_counter() - began
            bare.append(took["bare"])
            whole.append(took["report"])
            ratios.append(took["report"] / took["bare"])
    size = path.stat().st_size / count
    return [
        figure(f"a report of {count:,} turns, all five tables", "s", whole),
        figure("SELECT events, json.loads of the same rows", "s", bare),
        figure("report : bare", "", ratios, note=f"{size / 1024:.1f} kB a turn"),
        figure("memory of the process at its most", "MB", [resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]),
    ]


def _bare(path: Path) -> int:
    """Reads and parses every turn; gives the number of events."""
    connection = sqlite3.connect(path)
    try:
        return sum(len(json.loads(events)) for (events,) in connection.execute("SELECT events FROM turns"))
    finally:
        connection.close()


def _filled(config: Config, path: Path, rows: int) -> tuple[Known, int]:
    with Simulation(config, clock=VirtualClock(MONDAY), store_url=f"sqlite:///{path}") as simulation:
        call = simulation.dial("+8613800138000")
        for keys in KEYS:
            call.press(keys)
        store = simulation.store
        (call_row,) = store.calls()
        one, its = asdict(call_row), [asdict(turn) for turn in store.turns(call_row.id)]
        copies, began = rows // len(its), datetime(2026, 11, 1, tzinfo=UTC)
        with store._db.write() as connection:
            connection.execute(sa.delete(calls))
            connection.execute(sa.delete(turns))
            for first in range(0, copies, 500):
                some = range(first, min(first + 500, copies))
                at = {n: began + timedelta(days=DAYS) * n / copies for n in some}
                connection.execute(
                    calls.insert(),
                    [
                        {**one, "id": f"CA{n:032x}", "started_at": at[n], "ended_at": at[n] + timedelta(minutes=2)}
                        for n in some
                    ],
                )
                connection.execute(
                    turns.insert(),
                    [
                        {**turn, "call_id": f"CA{n:032x}", "at": at[n] + (turn["at"] - one["started_at"])}
                        for n in some
                        for turn in its
                    ],
                )
        return Known.of(simulation.app.hotline.editions.current.flows), copies * len(its)
