"""What the studio takes to look at a hotline again after one of its files has changed."""

from __future__ import annotations

import json
import time
from datetime import date
from pathlib import Path

from bench.documents import sources
from bench.figures import Figure, figure
from ivr.config import read_config
from ivr.studio.analysis import Analyst


def measure(rounds: int, steps: int) -> list[Figure]:
    """The seconds of the processor after each edit, with all that the page is told."""
    config, issues = read_config("", "config.yaml", folder=Path(), today=date(2026, 11, 23), environ={})
    assert config is not None, issues
    analyst = Analyst(config, {})
    files = {f"flows/{name}": text for name, text in sources(steps).items()}
    assert analyst.look(files)["issues"] == []
    taken = []
    for number in range(max(rounds, 3)):
        files["flows/part1.yaml"] += f"# {number}\n"
        began = time.process_time()
        json.dumps(analyst.look(files))
        taken.append(time.process_time() - began)
    return [figure(f"an edit of {steps:,} steps", "s", taken, limit=0.3)]
