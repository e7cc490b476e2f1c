"""The commands that explore flows without a script: explore, coverage, diff."""

import json
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from ivr.app.build import handlers_of
from ivr.call.prompts import choice_source
from ivr.cli.options import Moment, broken, config_option, configuration, in_zone, opened, stop, usable
from ivr.cli.publish import sources_of_edition
from ivr.config import Config
from ivr.flow.issues import Issue, did_you_mean
from ivr.flow.model import FlowSet
from ivr.flow.picture import Notes, page
from ivr.flow.reading.reader import flow_sources, read_flows
from ivr.testing import coverage as covered
from ivr.testing.diff import as_text as as_lines
from ivr.testing.explorer.counterexample import script_of
from ivr.testing.explorer.explore import ORDER, PROPERTIES, Bounds, Explored, as_text
from ivr.testing.explorer.explore import explore as run_explorer
from ivr.testing.explorer.property import FAR_KEYS, FAR_SECONDS
from ivr.testing.models import differences, lane_of, model_of

REFUTED = 1
MOST_CALLS = 10_000


@click.command()
@click.option("--keys", default=FAR_KEYS, show_default=True, help="Keys to a person or an end, at most.")
@click.option("--seconds", default=FAR_SECONDS, show_default=True, help="Seconds to a person or an end, at most.")
@click.option("--property", "wanted", multiple=True, metavar="NAME", help="Prove this property only; may be repeated.")
@click.option("--at", type=Moment(), help="From when on calendars are searched; 2026-11-23 09:00 if not given.")
@click.option("--scripts", type=click.Path(path_type=Path, file_okay=False), help="Write findings as scripts here.")
@click.option("--explain", metavar="NAME", help="Say what a property is about, and explore nothing.")
@config_option
def explore(
    keys: int, seconds: float, wanted: tuple[str, ...], at: datetime | None, scripts: Path | None,
    explain: str | None, config_path: Path,
) -> None:  # fmt: skip
    """Visit every place a call can come to, and prove or refute what every hotline owes its callers.

    Exit status: 0 everything is proven, 1 something is refuted or was not walked, 2 the command cannot be carried out.
    """
    for name in (*wanted, *filter(None, (explain,))):
        if name not in PROPERTIES:
            stop(f'there is no property "{name}"{did_you_mean(name, PROPERTIES)}; there are {", ".join(ORDER)}')
    if explain is not None:
        click.echo(f"{explain}\n\n{PROPERTIES[explain].doc}")
        return
    config = configuration(config_path)
    began = time.perf_counter()
    model = model_of(config, flows_of(config, config.flows), _start(config, at))
    explored = run_explorer(model, Bounds(keys, seconds, lane_of(model.edition.flows)), wanted)
    click.echo(as_text(explored, time.perf_counter() - began), nl=False)
    if scripts is not None:
        _write_scripts(explored, config, scripts)
    sys.exit(0 if explored.is_proven else REFUTED)


def _write_scripts(explored: Explored, config: Config, folder: Path) -> None:
    """One script per finding; files of an earlier exploration are left alone, but for those of the same names."""
    folder.mkdir(parents=True, exist_ok=True)
    most = {name: queue.most for name, queue in config.queues.items()}
    for name, findings in explored.verdict.items():
        for number, finding in enumerate((finding for finding in findings if finding.path), start=1):
            path = folder / f"{name}-{number}.call.yaml"
            path.write_text(script_of(explored.space, finding, most), encoding="utf-8")
            click.echo(f"written {path}", err=True)


# --- coverage ------------------------------------------------------------------------------------------------------


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path, exists=True))
@click.option("--fail-under", type=float, metavar="PERCENT", help="Exit with 1 if less than this was taken.")
@click.option("--page", "as_page", is_flag=True, help="Print the page of all flows, coloured, for a browser instead.")
@config_option
def coverage(paths: tuple[Path, ...], fail_under: float | None, as_page: bool, config_path: Path) -> None:
    """Say which parts of the flows calls have taken: the call scripts in PATHS, or without any, the calls of the store.

    Exit status: 0 as wanted, 1 less than --fail-under, 2 the command cannot be carried out.
    """
    config = configuration(config_path)
    counted = covered.Coverage.of(flows_of(config, config.flows))
    for events in _replayed(config, paths) if paths else _stored(config):
        counted.add(events)
    if as_page:
        click.echo(
            page(counted.flows, choice_source, Notes(covered.colours(counted)), covered.in_a_line(counted)), nl=False
        )
    else:
        click.echo(f"{counted.calls} calls\n\n{covered.as_text(counted)}", nl=False)
    if fail_under is not None and counted.percent() < fail_under:
        click.echo(f"ivr: {counted.percent():.2f} % is under {fail_under:g} %", err=True)
        sys.exit(REFUTED)


def _replayed(config: Config, paths: Iterable[Path]) -> Iterator[Iterable[Mapping[str, Any]]]:
    from ivr.testing.local_target import LocalTarget
    from ivr.testing.runner import run_script
    from ivr.testing.suite import read

    with LocalTarget(config) as target:
        suite = read(paths, target.names)
        if suite.issues:
            broken(suite.issues, suite.sources)
        for item in suite.items:
            yield run_script(item.script, target).events


def _stored(config: Config) -> Iterator[Iterable[Mapping[str, Any]]]:
    with opened(config) as store:
        for row in store.calls(MOST_CALLS):
            yield [event for turn in store.turns(row.id) for event in json.loads(turn.events or "[]")]


# --- two versions --------------------------------------------------------------------------------------------------


@click.command()
@click.argument("old")
@click.argument("new")
@click.option("--at", type=Moment(), help="From when on calendars are searched; 2026-11-23 09:00 if not given.")
@config_option
def diff(old: str, new: str, at: datetime | None, config_path: Path) -> None:
    """Compare two versions of the flows in a caller's words.

    OLD and NEW are folders of flows; with a revision of git before it, REV:FOLDER is the folder as it was then;
    edition:3 is what was published under that number. What nobody can hear, such as another name for a step or a file,
    is no difference.

    Exit status: 0 callers hear no difference, 1 they do, 2 the command cannot be carried out.
    """
    config = configuration(config_path)
    found = differences(config, _version(config, old), _version(config, new), _start(config, at))
    click.echo(as_lines(found), nl=False)
    sys.exit(REFUTED if found else 0)


def _version(config: Config, name: str) -> FlowSet:
    folder = Path(name)
    if folder.is_dir():
        return flows_of(config, folder)
    revision, colon, path = name.partition(":")
    if revision == "edition":
        return read_for(config, sources_of_edition(config, path), [])
    if not colon:
        stop(f'there is no folder "{name}"; write REV:FOLDER for a folder of an earlier revision, or edition:NUMBER')
    sources = {file: _git("show", f"{revision}:./{file}") for file in _files(revision, path)}
    if not sources:
        stop(f'there are no flows in "{name}"')
    return read_for(config, sources, [])


def _files(revision: str, path: str) -> list[str]:
    listed = _git("ls-tree", "-r", "--name-only", revision, "--", f"{path.rstrip('/')}/").decode()
    return [line for line in listed.splitlines() if line.endswith((".yaml", ".yml"))]


def _git(*words: str) -> bytes:
    try:
        return subprocess.run(["git", *words], check=True, capture_output=True).stdout  # noqa: S603, S607 - no shell
    except (OSError, subprocess.CalledProcessError) as error:
        stop(f"git {' '.join(words)} failed: {getattr(error, 'stderr', b'').decode(errors='replace').strip() or error}")


# --- what is explored ----------------------------------------------------------------------------------------------


def flows_of(config: Config, folder: Path) -> FlowSet:
    """The flows of a folder, read for this configuration; ends the command where they cannot be used."""
    sources, issues = flow_sources(folder)
    return read_for(config, sources, issues)


def read_for(config: Config, sources: Mapping[str, Any], issues: Iterable[Issue]) -> FlowSet:
    with usable(config):
        handlers = handlers_of(config)
    flows, found = read_flows(sources, config.hotline.start, config.hotline.languages, handlers)
    if flows is None:
        broken([*issues, *found], sources)
    return flows


def _start(config: Config, at: datetime | None) -> datetime | None:
    return in_zone(at, config.hotline.time_zone) if at is not None else None
