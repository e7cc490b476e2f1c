"""Servers under measurement: started as an operator starts them, and watched from outside through /proc."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.carrier import ACCOUNT, TOKEN

HERE = Path(__file__).parent
STARTS_WITHIN_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: its port, and the process that started its workers."""

    name: str
    port: int
    process: int

    def workers(self) -> tuple[int, ...]:
        """The processes that answer."""
        children = Path(f"/proc/{self.process}/task/{self.process}/children")
        return tuple(int(word) for word in children.read_text().split()) if children.exists() else ()

    def cpu_seconds(self) -> float:
        """What the workers have used of a core so far; 0 where nobody can tell."""
        return sum(_cpu_seconds(worker) for worker in self.workers())

    def resident_megabytes(self) -> float:
        """The memory of the largest worker."""
        return max((_resident(worker) for worker in self.workers()), default=0.0)


def hotline_folder(folder: Path) -> Path:
    """The benchmark's hotline in a folder of its own; gives the path of its configuration."""
    shutil.copytree(HERE / "hotline", folder, dirs_exist_ok=True)
    return folder / "config.yaml"


def environment() -> dict[str, str]:
    """The environment of a hotline under measurement: an account that exists nowhere."""
    return {**os.environ, "BENCH_ACCOUNT_SID": ACCOUNT, "BENCH_AUTH_TOKEN": TOKEN}


@contextmanager
def hotline(folder: Path, workers: int, threads: int) -> Iterator[Server]:
    """`ivr serve`, with its log in a file of the folder."""
    config = hotline_folder(folder)
    command = ["-c", "from ivr.cli import main; main()", "serve", "--config", str(config), "--port", "0"]
    with _running("hotline", command, folder, workers, threads) as server:
        yield server


@contextmanager
def console(folder: Path, threads: int) -> Iterator[Server]:
    """`ivr console` on the store of a hotline that already runs in this folder."""
    program = "from ivr.cli import main; main()"
    command = ["-c", program, "console", "--dev", "--config", str(folder / "config.yaml"), "--port", "0"]
    with _started("console", [*command, "--threads", str(threads)], folder) as server:
        yield server


@contextmanager
def bare(kind: str, folder: Path, workers: int, threads: int) -> Iterator[Server]:
    """A route to compare with."""
    with _running(kind, ["-m", "bench.bare", kind, str(folder)], folder, workers, threads) as server:
        yield server


@contextmanager
def _running(name: str, command: Sequence[str], folder: Path, workers: int, threads: int) -> Iterator[Server]:
    arguments = [*command, "--workers", str(workers), "--threads", str(threads)]
    with _started(name, arguments, folder) as server:
        yield server


@contextmanager
def _started(name: str, arguments: Sequence[str], folder: Path) -> Iterator[Server]:
    log = folder / f"{name}.log"
    with log.open("w") as stream:
        process = subprocess.Popen([sys.executable, *arguments], stderr=stream, env=environment(), cwd=HERE.parent)
    try:
        yield Server(name, _port(process, log), process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def _port(process: subprocess.Popen[bytes], log: Path) -> int:
    until = time.monotonic() + STARTS_WITHIN_SECONDS
    while time.monotonic() < until and process.poll() is None:
        for line in log.read_text().splitlines():
            if '"listening"' in line:
                return int(json.loads(line)["port"])
        time.sleep(0.05)
    raise RuntimeError(f"the server did not start: {log.read_text()[-2_000:]}")


def _cpu_seconds(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _resident(process: int) -> float:
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1_024
    return 0.0
