"""Ports for programs that cannot be handed a listener."""

from __future__ import annotations

import random
import socket
from contextlib import suppress


def free_ports(count: int) -> list[int]:
    """Ports of nobody, below those that a system gives to outgoing connections."""
    found: list[int] = []
    for port in random.sample(range(20_000, 30_000), 10_000):
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            found.append(port)
        if len(found) == count:
            return found
    raise AssertionError("every port is taken")
