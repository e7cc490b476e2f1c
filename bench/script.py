"""A scripted call of eight turns through signed HTTP in process, on a virtual clock: the price of a rehearsal.

What is counted is the time of one core (`process_time`), split into the hotline (inside its application) and the
emulated network with its handset (all the rest).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.figures import Figure, figure
from bench.servers import environment, hotline_folder
from ivr.app.simulation import ADDRESS, Simulation
from ivr.config import load_config
from ivr.network import VirtualClock

KEYS = ("2", "1", "2", "300123", "1", "4", "5")
"""English, refunds, one refund, its number, yes, the end of this call, a five: with the ring, eight turns."""
MONDAY = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
TURNS = len(KEYS) + 1


class _Timed:
    """An application that counts what it costs."""

    def __init__(self, app: Callable[..., Iterable[bytes]]) -> None:
        self._app = app
        self.seconds = 0.0
        self.requests = 0

    def __call__(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        began = time.process_time()
        try:
            return self._app(environ, start)
        finally:
            self.seconds += time.process_time() - began
            self.requests += 1


def measure(folder: Path, rounds: int, calls: int) -> list[Figure]:
    """So many calls in each round, one after another on one hotline whose store is in memory."""
    logging.getLogger().setLevel(logging.WARNING)
    config, _ = load_config(hotline_folder(folder), today=MONDAY.date(), environ=environment())
    assert config is not None
    whole, ours, networks = [], [], []
    with Simulation(config, clock=VirtualClock(MONDAY), store_url="sqlite://") as simulation:
        app = _Timed(simulation.app.webhooks)
        simulation.network.serve(ADDRESS, app)
        _call(simulation, app)
        for _ in range(rounds):
            app.seconds = 0.0
            began = time.process_time()
            for _ in range(calls):
                _call(simulation, app)
            total = time.process_time() - began
            whole.append(total / calls * 1e3)
            ours.append(app.seconds / calls * 1e3)
            networks.append((total - app.seconds) / calls * 1e3)
    return [
        figure(f"a call of {TURNS} turns", "ms of a core", whole, limit=5),
        figure("  the hotline's part", "ms of a core", ours),
        figure("  the network's part", "ms of a core", networks),
    ]


def _call(simulation: Simulation, app: _Timed) -> None:
    before = app.requests
    call = simulation.dial("+8613800138000")
    for keys in KEYS:
        call.listen()
        call.press(keys)
    call.listen()
    simulation.network.clock.run(0)
    # the ring, the keys, and the report that the call is over
    assert call.status == "completed", call.transcript
    assert app.requests - before == TURNS + 1, call.transcript
