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
    _first_line("--help")  # compiles what is not compiled yet
    return [
        figure("ivr --help", "s", [_first_line("--help") for _ in range(rounds)], limit=0.3),
        figure(
            "first words of ivr call",
            "s",
            [_first_line("call", "--fresh", "--config", config, "--keys", "2 4 5", wanted="CloudWallet", other="云钱包")
             for _ in range(rounds)],
            limit=1,
        ),
    ]  # fmt: skip


def _first_line(*arguments: str, wanted: str = "", other: str = "") -> float:
    """Seconds from the start of the command to a line that holds one of these words."""
    began = time.perf_counter()
    with subprocess.Popen(
        [*_MAIN, *arguments], stdout=subprocess.PIPE, env=environment(), cwd=HERE.parent, encoding="utf-8"
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if wanted in line or (other and other in line):
                taken = time.perf_counter() - began
                break
        else:
            raise RuntimeError(f"ivr {' '.join(arguments)} said nothing")
        process.stdout.read()
    return taken
