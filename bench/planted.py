"""Faults planted in the shipped hotline: which of `check`, `explore`, `diff` and `replay` find them, and by what call.

    python -m bench.planted [WORD…] [--replay] [--evidence DIR]

Each fault is planted alone in a copy of the flows, and everything is asked for it once. Nothing is written into the
project. Faults of the engine and of handlers are planted by the tests: `tests/testing/test_engine.py`.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from bench.planted_faults import FAULTS, Fault
from ivr.app.build import handlers_of
from ivr.cli.explore import model_of
from ivr.config import Config, load_config
from ivr.flow.checks.lint import lint
from ivr.flow.reading.reader import flow_sources, read_flows
from ivr.testing.diff import compare
from ivr.testing.explorer.counterexample import described, script_of
from ivr.testing.explorer.explore import Bounds, Explored, explore
from ivr.testing.explorer.search import StateSpace, search
from ivr.testing.local_target import LocalTarget
from ivr.testing.reader import read_script
from ivr.testing.runner import run_script
from ivr.testing.suite import read, run_all

HOME = Path(__file__).parents[1]
MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
NOT_FOUND = "-"
BOUNDS = Bounds(lane="security")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was said of one fault, "" for nothing. `evidence` tells of the calls that exploring wrote down."""

    fault: Fault
    check: str
    explore: str
    evidence: str
    diff: str
    replay: str
    seconds: float

    @property
    def found(self) -> bool:
        return any((self.check, self.explore, self.diff, self.replay))


def judge(
    fault: Fault, folder: Path, *, sound: StateSpace | None, replays: bool, evidence: Path | None = None
) -> Verdict:
    """Plants one fault in a copy of the flows at `folder`, asks everybody, and takes it out again.

    Without `sound`, the hotline as it is shipped, nobody asks what callers hear differently.
    """
    began = time.perf_counter()
    with planted(fault, folder) as config:
        sources, _ = flow_sources(config.flows)
        handlers = handlers_of(config)
        flows, issues = read_flows(sources, config.hotline.start, config.hotline.languages, handlers)
        issues += lint(flows, config.catalogue(handlers)) if flows is not None else []
        check = "; ".join(sorted({issue.rule for issue in issues}))
        refused = any(issue.is_error for issue in issues)
        if flows is None or refused:  # such a hotline is never taken into service, so there is no call in it
            return Verdict(fault, check, "", "", "", "", time.perf_counter() - began)
        explored = explore(model_of(config, flows, MONDAY), BOUNDS)
        rules = "; ".join(name for name, found in explored.verdict.items() if found)
        differs = compare(sound, explored.space) if sound is not None else ()
        shown = _evidence(explored, config, evidence / fault.slug if evidence else None) if rules else ""
        seconds = time.perf_counter() - began
        goes_wrong = _replayed(config) if replays else ""
    return Verdict(fault, check, rules, shown, f"{len(differs)} differences" if differs else "", goes_wrong, seconds)


@contextmanager
def planted(fault: Fault, folder: Path) -> Iterator[Config]:
    """The configuration of the hotline with this fault in it, its flows copied to `folder`."""
    config, _ = load_config(HOME / "config.yaml", today=MONDAY.date(), environ=os.environ)
    assert config is not None
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(HOME / "flows", folder)
    for file, old, new in fault.edits:
        text = (folder / file).read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{fault.name}: {old!r} stands {text.count(old)} times in {file}"
        (folder / file).write_text(text.replace(old, new), encoding="utf-8")
    yield dataclasses.replace(config, hotline=dataclasses.replace(config.hotline, flows=str(folder)))


def _evidence(explored: Explored, config: Config, folder: Path | None) -> str:
    """Plays the call of the first finding that has one, against the hotline with its fault."""
    most = {name: queue.most for name, queue in config.queues.items()}
    finding = next((each for each in explored.findings if each.path), None)
    if finding is None:
        return "no call"
    text = script_of(explored.space, finding, most)
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{finding.rule}.call.yaml").write_text(text, encoding="utf-8")
    if "To be completed by hand" in text:
        return f"by hand: {described(finding.path)}"
    with LocalTarget(config) as target:
        scripts, issues = read_script(text, "evidence.call.yaml", target.names)
        if issues:
            return f"no script: {issues[0].message}"
        failures = run_script(scripts[0], target).failures
    # A call in which something breaks goes wrong when it is replayed, and that is what it was written for.
    return (
        f"replays: {described(finding.path)}"
        if not failures
        else f"shows {failures[0].rule}: {described(finding.path)}"
    )


def _replayed(config: Config) -> str:
    """The first of the project's own scripts that goes wrong, or ""."""
    with LocalTarget(config) as target:
        suite = read([HOME / "tests" / "calls"], target.names)
        if suite.issues:
            return f"a script is wrong: {suite.issues[0].message}"
        for outcome in run_all(suite, target, golden="ignore"):
            if outcome.result in ("failed", "broken"):
                return outcome.item.path.name
    return ""


def sound_space() -> StateSpace:
    """The hotline as it is shipped, explored."""
    config, _ = load_config(HOME / "config.yaml", today=MONDAY.date(), environ=os.environ)
    assert config is not None
    sources, _ = flow_sources(config.flows)
    flows, issues = read_flows(sources, config.hotline.start, config.hotline.languages, handlers_of(config))
    assert flows is not None, issues
    return search(model_of(config, flows, MONDAY))


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m bench.planted", description=(__doc__ or "").split("\n")[0])
    options.add_argument("words", nargs="*", metavar="WORD", help="only faults with one of these words in their names")
    options.add_argument("--replay", action="store_true", help="play the scripts of tests/calls as well, up to the "
                         "first that goes wrong")  # fmt: skip
    options.add_argument("--evidence", type=Path, metavar="DIR", help="keep the scripts that exploring writes")
    given = options.parse_args()
    chosen = [each for each in FAULTS if not given.words or any(word in each.name for word in given.words)]
    if not chosen:
        sys.exit("there is no such fault")
    sound, verdicts = sound_space(), list[Verdict]()
    print(
        "| fault | check | explore | evidence | diff | replay | seconds |\n| --- | --- | --- | --- | --- | --- | ---: |"
    )
    with tempfile.TemporaryDirectory(prefix="ivr-planted-") as folder:
        for fault in chosen:
            home = Path(folder) / "flows"
            verdict = judge(fault, home, sound=sound, replays=given.replay, evidence=given.evidence)
            verdicts.append(verdict)
            print(_row(verdict), flush=True)
    print(f"\n{_tally(verdicts)}")


def _row(verdict: Verdict) -> str:
    fault = verdict.fault
    said = (verdict.check, verdict.explore, verdict.evidence, verdict.diff, verdict.replay)
    return f"| {' | '.join([fault.name, *(one or NOT_FOUND for one in said), f'{verdict.seconds:.1f}'])} |"


def _tally(verdicts: Sequence[Verdict]) -> str:
    by: Mapping[str, Callable[[Verdict], Any]] = {
        "check": lambda one: one.check, "explore": lambda one: one.explore,
        "check or explore": lambda one: one.check or one.explore,
        "diff": lambda one: one.diff, "replay": lambda one: one.replay, "any": lambda one: one.found,
    }  # fmt: skip
    return "; ".join(
        f"{name} {sum(bool(told(one)) for one in verdicts)} of {len(verdicts)}" for name, told in by.items()
    )


if __name__ == "__main__":
    main()
