"""Servers under measurement: started as an operator starts them, and watched from outside through /proc."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from bench.carrier import ACCOUNT, TOKEN

HERE = Path(__file__).parent
STARTS_WITHIN_SECONDS = 120


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

    def open_files(self) -> int:
        """The files and connections of the worker that has most."""
        return max((len(list(Path(f"/proc/{worker}/fd").iterdir())) for worker in self.workers()), default=0)

    def resident_megabytes(self) -> float:
        """The memory of the largest worker."""
        return max((_resident(worker) for worker in self.workers()), default=0.0)


def hotline_folder(folder: Path) -> Path:
    """The benchmark's hotline in a folder of its own; gives the path of its configuration."""
    shutil.copytree(HERE / "hotline", folder, dirs_exist_ok=True)
    return folder / "config.yaml"


def environment(more: Mapping[str, str] = MappingProxyType({})) -> dict[str, str]:
    """The environment of a hotline under measurement: an account that exists nowhere, and a program that is compiled.

    Where Python may write nothing beside the sources, each start would compile them all, which no installed one does.
    """
    own = {**os.environ, "BENCH_ACCOUNT_SID": ACCOUNT, "BENCH_AUTH_TOKEN": TOKEN, **more}
    if own.pop("PYTHONDONTWRITEBYTECODE", ""):
        own["PYTHONPYCACHEPREFIX"] = str(HERE.parent / ".pytest_cache" / "bytecode")
    return own


@dataclass(frozen=True, slots=True)
class Serving:
    """How a server is run: its processes and their threads, what else is in its environment, and where its store is."""

    workers: int
    threads: int
    environment: Mapping[str, str] = field(default_factory=dict)
    store_url: str = ""

    def started(self, name: str, command: Sequence[str], folder: Path) -> AbstractContextManager[Server]:
        arguments = [*command, "--workers", str(self.workers), "--threads", str(self.threads)]
        return _started(name, arguments, folder, self.environment)


def hotline(folder: Path, serving: Serving) -> AbstractContextManager[Server]:
    """`ivr serve`, with its log in a file of the folder."""
    config = hotline_folder(folder)
    if serving.store_url:
        config.write_text(config.read_text("utf-8").replace("sqlite:///data/ivr.db", serving.store_url), "utf-8")
    return served(config, serving)


def served(config: Path, serving: Serving, *more: str) -> AbstractContextManager[Server]:
    """`ivr serve` with a configuration, and more options; its log is beside it."""
    command = ["-c", "from ivr.cli import main; main()", "serve", "--config", str(config), "--port", "0", *more]
    return serving.started("hotline", command, config.parent)


def console(folder: Path, threads: int) -> AbstractContextManager[Server]:
    """`ivr console` on the store of a hotline that already runs in this folder."""
    program = "from ivr.cli import main; main()"
    command = ["-c", program, "console", "--dev", "--config", str(folder / "config.yaml"), "--port", "0"]
    return _started("console", [*command, "--threads", str(threads)], folder, {})


def bare(kind: str, folder: Path, serving: Serving) -> AbstractContextManager[Server]:
    """A route to compare with."""
    return serving.started(kind, ["-m", "bench.bare", kind, str(folder)], folder)


@contextmanager
def _started(name: str, arguments: Sequence[str], folder: Path, more: Mapping[str, str]) -> Iterator[Server]:
    log = folder / f"{name}.log"
    with log.open("w") as stream:
        process = subprocess.Popen([sys.executable, *arguments], stderr=stream, env=environment(more), cwd=HERE.parent)
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
