"""How long people at a terminal wait: `ivr --help`, and the first words of `ivr call`."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from bench.figures import Figure, figure
from bench.servers import HERE, environment, hotline_folder

_MAIN = (sys.executable, "-c", "from ivr.cli import main; main()")


def measure(folder: Path, rounds: int) -> list[Figure]:
    config = str(hotline_folder(folder))
    told = ("call", "--fresh", "--config", config, "--keys", "2 4 5")
    words = "CloudWallet", "云钱包"
    _first_line(*told, wanted=words)  # compiles what is not compiled yet
    return [
        figure("ivr --help", "s", [_first_line("--help") for _ in range(rounds)], limit=0.3),
        figure(
            "first words of ivr call",
            "s",
            [_first_line(*told, wanted=words) for _ in range(rounds)],
            limit=0.6,
        ),
    ]


def _first_line(*arguments: str, wanted: tuple[str, ...] = ("",)) -> float:
    """Seconds from the start of the command to a line that holds one of these words."""
    began = time.perf_counter()
    with subprocess.Popen(
        [*_MAIN, *arguments], stdout=subprocess.PIPE, env=environment(), cwd=HERE.parent, encoding="utf-8"
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if any(word in line for word in wanted):
                taken = time.perf_counter() - began
                break
        else:
            raise RuntimeError(f"ivr {' '.join(arguments)} said nothing")
        process.stdout.read()
    return taken
