"""The command: `python -m bench [PART…] [--quick] [--json FILE]`. Prints tables and judges nothing."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from bench.figures import Figure, as_data, fallen, table

TITLES = {
    "webhook": "One webhook: signature checked, turn stored durably, TwiML out",
    "stages": "Where the time of a webhook goes (one thread, no server)",
    "script": "A scripted call through signed HTTP in process, on a virtual clock",
    "documents": "Flows",
    "disk": "The same where a sync of the disk takes 3 ms longer",
    "postgresql": "The same on PostgreSQL",
    "open": "Webhooks that come at a rate of their own",
    "silent": "Beside connections that say nothing",
    "studio": "An edit in the studio",
    "startup": "At the terminal",
    "reports": "A report of a month",
    "console": "Open pages of the console",
}


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    options.add_argument("parts", nargs="*", metavar="PART", help=f"only these: {', '.join(TITLES)}")
    options.add_argument("--quick", action="store_true", help="fewer and shorter rounds, for a first look")
    options.add_argument("--json", type=Path, metavar="FILE", help="also write the figures here")
    options.add_argument("--workers", type=int, default=1, help="processes of every server (1)")
    options.add_argument("--threads", type=int, default=8, help="threads of each process (8)")
    options.add_argument("--postgresql", default="", metavar="URL", help="a database of its own for that part")
    options.add_argument("--check", type=Path, metavar="FILE", help="compare the ratios with those kept there")
    options.add_argument("--folder", type=Path, help="where databases are made: on the disk to be measured (here)")
    given = options.parse_args()
    if unknown := set(given.parts) - set(TITLES):
        options.error(f"there is no part {', '.join(sorted(unknown))}; there are {', '.join(TITLES)}")
    about = machine(given.workers, given.threads)
    print("; ".join(f"{name} {value}" for name, value in about.items()), end="\n\n", flush=True)
    found: dict[str, list[Figure]] = {}
    for part in given.parts or TITLES:
        with tempfile.TemporaryDirectory(prefix="ivr-bench-", dir=given.folder or Path.cwd()) as folder:
            found[part] = _parts(given.quick, given.workers, given.threads, given.postgresql)[part](Path(folder))
        print(table(TITLES[part], found[part]), flush=True)
    if given.json:
        data = {"machine": about, "parts": {part: as_data(figures) for part, figures in found.items()}}
        given.json.write_text(json.dumps(data, indent=2, ensure_ascii=False) + "\n")
    if given.check:
        kept = json.loads(given.check.read_text("utf-8"))
        if worse := fallen([one for figures in found.values() for one in figures], kept["ratios"]):
            sys.exit("\n".join(worse))


def _parts(quick: bool, workers: int, threads: int, url: str) -> Mapping[str, Callable[[Path], list[Figure]]]:
    from bench import console, documents, peers, reports, script, stages, startup, studio, webhook

    rounds = 3 if quick else 7
    size = webhook.QUICK if quick else webhook.Size()
    return {
        "webhook": lambda folder: webhook.measure(folder, size, workers, threads),
        "disk": lambda folder: peers.disk(folder, size, workers, threads),
        "postgresql": lambda folder: peers.postgresql(folder, size, workers, threads, url),
        "open": lambda folder: peers.open_loop(folder, size, workers, threads),
        "silent": lambda folder: peers.silent(folder, size, workers, threads),
        "stages": lambda folder: stages.measure(folder, rounds, turns=5 if quick else 10),
        "script": lambda folder: script.measure(folder, rounds, calls=20 if quick else 100),
        "documents": lambda _: documents.measure(1 if quick else 3, steps=10_000, turns=2_000),
        "studio": lambda _: studio.measure(rounds, steps=2_000),
        "startup": lambda folder: startup.measure(folder, rounds),
        "console": lambda folder: console.measure(folder, size, workers, threads),
        "reports": lambda folder: reports.measure(folder, rounds, rows=10_000 if quick else 100_000),
    }


def machine(workers: int, threads: int) -> dict[str, object]:
    """What the figures depend on, in general terms."""
    commit = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False)
    return {
        "Python": platform.python_version(),
        "SQLite": sqlite3.sqlite_version,
        "system": platform.system(),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
        "workers": workers,
        "threads": threads,
        "commit": commit.stdout.strip() or "unknown",
    }


if __name__ == "__main__":
    main()
