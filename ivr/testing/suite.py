"""A suite of scripts: found in folders, read together, run one after another or in several processes."""

from __future__ import annotations

import difflib
import gc
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Literal

from ivr.flow.gc_pause import gc_paused
from ivr.flow.issues import BrokenDocument, Issue
from ivr.flow.issues import as_text as issues_as_text
from ivr.testing import coverage, transcript
from ivr.testing.reader import SUFFIX, Names, read_script
from ivr.testing.report import Failure, as_text
from ivr.testing.runner import ScriptRun, run_script
from ivr.testing.script import Script
from ivr.testing.target import Target

CALLS_BETWEEN_COLLECTIONS = 25
Result = Literal["passed", "failed", "skipped", "broken"]


@dataclass(frozen=True, slots=True)
class Item:
    path: Path
    script: Script
    several: bool
    """Whether the file makes the call in several languages."""

    @property
    def name(self) -> str:
        return f"{self.script.call} [{self.script.spoken}]" if self.several else self.script.call

    @property
    def id(self) -> str:
        return f"{self.path}::{self.name}"

    @property
    def golden(self) -> Path:
        stem = self.path.name.removesuffix(SUFFIX).removesuffix(".yaml")
        language = f".{self.script.spoken}" if self.several else ""
        return self.path.with_name(f"{stem}{language}{transcript.SUFFIX}")


GoldenMode = Literal["ignore", "compare", "rewrite", "create"]
"""What becomes of the transcripts beside scripts; "ignore": they are not looked at."""


@dataclass(frozen=True)
class Suite:
    """Everything that was read. `issues` are what is wrong with scripts; those are not among the items."""

    items: tuple[Item, ...] = ()
    issues: tuple[Issue, ...] = ()
    sources: Mapping[str, bytes] = field(default_factory=dict, repr=False)

    def only(self, chosen: Callable[[Item], bool]) -> Suite:
        return Suite(tuple(filter(chosen, self.items)), self.issues, self.sources)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one call came out; `report` is that of a failure, the reason of a skip, or else the transcript."""

    item: Item
    result: Result
    report: str
    seconds: float
    message: str = ""
    """What went wrong, in a sentence."""
    events: tuple[Mapping[str, Any], ...] = ()
    """What the hotline recorded of the call, as far as coverage is told from it."""


def found(paths: Iterable[Path]) -> Iterator[Path]:
    """The scripts at these paths: files as they are, folders searched through, in order of their names."""
    for path in paths:
        if path.is_dir():
            yield from sorted(path.rglob(f"*{SUFFIX}"))
        else:
            yield path


def read(paths: Iterable[Path], names: Names) -> Suite:
    """Reads the scripts at these paths. Raises OSError for one that cannot be read."""
    items: list[Item] = []
    issues: list[Issue] = []
    sources: dict[str, bytes] = {}
    for path in dict.fromkeys(found(paths)):
        sources[str(path)] = path.read_bytes()
        scripts, wrong = read_script(sources[str(path)], str(path), names)
        issues += wrong
        items += (Item(path, script, len(scripts) > 1) for script in scripts)
    return Suite(tuple(items), tuple(issues), sources)


def run_item(item: Item, target: Target, source: bytes, *, golden: GoldenMode) -> Outcome:
    """Makes one call and judges it.

    `golden`: "compare" holds the call against the transcript beside the script, if there is one; "rewrite" writes such
    a transcript again; "create" writes one in any case.
    """
    began = time.perf_counter()
    sources = {item.script.file: source}
    try:
        run = run_script(item.script, target)
    except BrokenDocument as broken:
        told = issues_as_text(broken.issues, sources)
        return Outcome(item, "broken", told, time.perf_counter() - began, broken.issues[0].message)
    seconds = time.perf_counter() - began
    if run.skipped:
        return Outcome(item, "skipped", run.skipped, seconds, run.skipped)
    events = tuple(event for event in run.events if event.get("type") in coverage.TELLING)
    failures, extra = list(run.failures), ""
    written = transcript_text(item, run)
    if not failures and (golden == "create" or (golden == "rewrite" and item.golden.is_file())):
        item.golden.write_text(written, encoding="utf-8")
    elif not failures and golden == "compare" and item.golden.is_file():
        kept = item.golden.read_text(encoding="utf-8")
        if kept != written:
            failures.append(_differs(item, run))
            extra = "".join(_difference(kept, written, item.golden))
    if not failures:
        return Outcome(item, "passed", written, seconds, events=events)
    told = extra + as_text(failures, sources, run.lines, run.began)
    return Outcome(item, "failed", told, seconds, failures[0].message, events)


def run_all(suite: Suite, target: Target, *, golden: GoldenMode) -> Iterator[Outcome]:
    with gc_paused():  # calls leave few circles behind, and looking for them all the time takes a tenth of it
        for number, item in enumerate(suite.items):
            if number % CALLS_BETWEEN_COLLECTIONS == 0:
                gc.collect(1)
            yield run_item(item, target, suite.sources[item.script.file], golden=golden)


def run_in_processes(suite: Suite, build: Callable[[], Target], jobs: int, *, golden: GoldenMode) -> Iterator[Outcome]:
    """As `run_all`, in so many processes, each with a target of its own that `build` (which can be pickled) makes.

    What comes out is the same and comes in the same order.
    """
    work = [(item, suite.sources[item.script.file], golden) for item in suite.items]
    with ProcessPoolExecutor(jobs, get_context("spawn"), initializer=_enter, initargs=(build,)) as pool:
        yield from pool.map(_run_there, work, chunksize=max(1, len(work) // (jobs * 8)))


_target: list[Target] = []
"""The target of a process that was started for running scripts."""


def _enter(build: Callable[[], Target]) -> None:
    _target.append(build())


def _run_there(work: tuple[Item, bytes, GoldenMode]) -> Outcome:
    item, source, golden = work
    return run_item(item, _target[0], source, golden=golden)


def transcript_text(item: Item, run: ScriptRun) -> str:
    """The transcript with its title, as it is kept beside the script."""
    moment = run.script.at
    zone = f" {moment.zone}" if moment.zone else ""
    title = f"{item.name}\n{run.script.from_} calls on {moment.local:%A %Y-%m-%d at %H:%M}{zone}"
    return transcript.as_text(run.lines, run.began, title)


def _differs(item: Item, run: ScriptRun) -> Failure:
    message = f"the call is not the one in {item.golden.name}; if it is right as it is now, replay with --update"
    return Failure(run.script.places["call"], "transcript", message)


def _difference(kept: str, written: str, golden: Path) -> Iterable[str]:
    return difflib.unified_diff(
        kept.splitlines(keepends=True), written.splitlines(keepends=True), golden.name, "the call as it is now", n=1
    )


def tally(outcomes: Sequence[Outcome]) -> str:
    """`3 calls passed`, `1 failed, 2 passed`."""
    counts = {result: sum(one.result == result for one in outcomes) for result in ("failed", "broken", "skipped")}
    passed = len(outcomes) - sum(counts.values())
    told = [f"{count} {result}" for result, count in counts.items() if count]
    return ", ".join([*told, f"{passed} passed"])
