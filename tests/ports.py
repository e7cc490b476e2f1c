"""Ports for programs that cannot be handed a listener."""

from __future__ import annotations

import os
import random
import socket
from contextlib import suppress

_EACH = 1_000


def free_ports(count: int) -> list[int]:
    """Ports of nobody, below those that a system gives to outgoing connections.

    Tests that run side by side have a range each, so that none is given the port that another is about to open. Who
    needs several asks for them at once: a port that is not open yet may be given twice.
    """
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 10
    mine = range(20_000 + _EACH * worker, 20_000 + _EACH * (worker + 1))
    found: list[int] = []
    for port in random.SystemRandom().sample(mine, len(mine)):  # `random` itself may have been seeded by a test
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            found.append(port)
        if len(found) == count:
            return found
    raise AssertionError("every port is taken")
