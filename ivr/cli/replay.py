"""The command that plays call scripts: `ivr replay`; and a call just made, written down as one."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ivr.cli.options import BROKEN, config_option, configuration, network_options, put, stop, switch_option, usable
from ivr.flow.issues import as_text

if TYPE_CHECKING:
    from ivr.network import Network
    from ivr.store import Store
    from ivr.testing.local_target import LocalTarget
    from ivr.testing.suite import GoldenMode, Outcome, Suite
    from ivr.testing.target import Target

TELL_AFTER_SECONDS = 2.0
"""A run that takes longer says now and then how far it is."""


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("-k", "words", metavar="WORDS", default="", help="Only calls whose file or name has these words.")
@click.option("-x", "at_first", is_flag=True, help="Stop at the first call that goes wrong.")
@click.option("-v", "--verbose", is_flag=True, help="Show the transcript of every call.")
@click.option(
    "--update",
    is_flag=True,
    help="Keep a transcript beside each script that is named (x.play.txt); write those in a folder anew.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the outcomes as JSON instead.")
@click.option("--jobs", type=click.IntRange(1, 64), default=1, show_default=True, help="How many processes.")
@click.option("--url", help="Run against the hotline, or any voice app, at this address.")
@click.option("--token-env", metavar="NAME", help="The environment variable with the auth token that signs requests.")
@switch_option
@config_option
def replay(
    paths: tuple[Path, ...], words: str, at_first: bool, verbose: bool, update: bool, as_json: bool, jobs: int,
    url: str | None, token_env: str | None, switches: tuple[str, ...],
    config_path: Path,
) -> None:  # fmt: skip
    """Run the call scripts in PATHS: files, and folders with files whose names end in .call.yaml.

    A call that goes wrong is shown with the line of its script, what was heard instead, and the whole call. A
    transcript kept beside its script must be the same.

    Exit status: 0 all calls were played and went as written, 1 some did not or could not be played here, or a script is
    wrong, 2 the command cannot be carried out.
    """
    missing = next((path for path in paths if not path.exists()), None)
    if missing is not None:
        stop(f'there is no "{missing}"')
    if update and url:
        stop("--update keeps calls of the hotline here: it does not go with --url")
    from ivr.testing.suite import tally

    target = _target(config_path, url, token_env, switches)
    suite = _suite(paths, target, words)
    golden = _golden(paths, update=update, elsewhere=bool(url))
    began = time.monotonic()
    outcomes: list[Outcome] = []
    for outcome in _outcomes(suite, target, config_path, jobs, golden):
        outcomes.append(outcome)
        if not as_json:
            _tell(outcome, verbose)
        if at_first and outcome.result in ("failed", "broken"):
            break
    if as_json:
        told = {"calls": [_as_data(outcome) for outcome in outcomes], "issues": [str(one) for one in suite.issues]}
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
    elif suite.issues:
        click.echo(as_text(suite.issues, suite.sources), nl=False)
    if not as_json:
        click.echo(f"{tally(outcomes)} in {time.monotonic() - began:.1f} s")
    results = {outcome.result for outcome in outcomes}
    if "skipped" in results:
        click.echo("ivr: what could not be played here did not go as written; choose the others with -k", err=True)
    wrong = any(issue.is_error for issue in suite.issues) or results - {"passed"}
    sys.exit(BROKEN if wrong else 0)


def _golden(paths: Iterable[Path], *, update: bool, elsewhere: bool) -> GoldenMode:
    """A folder has few transcripts, and whoever wants another names its script."""
    if update:
        return "rewrite" if any(path.is_dir() for path in paths) else "create"
    return "ignore" if elsewhere else "compare"


def _target(config_path: Path, url: str | None, token_env: str | None, switches: tuple[str, ...]) -> Target:
    if url is None:
        if token_env is not None:
            stop("--token-env signs requests to an address: it needs --url")
        if switches:
            stop("--option sets the network from which an address is dialled: it needs --url")
        return _local_target(config_path)
    from ivr.testing.remote_target import RemoteTarget

    token = os.environ.get(token_env, "") if token_env else ""
    if token_env and not token:
        stop(f'the environment variable "{token_env}" of --token-env is not set')
    config = configuration(config_path) if config_path.is_file() else None
    account = config.twilio.account_sid.value if config else ""
    try:
        options = network_options(switches)
        return RemoteTarget(url, account_sid=account, token=token, config=config, options=options)
    except ValueError as wrong:
        stop(str(wrong))


def _local_target(config_path: Path) -> LocalTarget:
    """The hotline in this process; also made in the processes of --jobs."""
    from ivr.testing.local_target import LocalTarget

    config = configuration(config_path)
    with usable(config):
        return LocalTarget(config)


def _suite(paths: Iterable[Path], target: Target, words: str) -> Suite:
    from ivr.testing.reader import SUFFIX
    from ivr.testing.suite import read

    try:
        suite = read(paths, target.names)
    except OSError as error:
        stop(f'"{error.filename}" cannot be read: {error.strerror}')
    if not suite.sources:
        stop(f'no call scripts in "{next(iter(paths))}": their names end in {SUFFIX}')
    chosen = suite.only(lambda item: words.lower() in item.id.lower())
    if not chosen.items and not suite.issues:
        stop("no call script is chosen by -k")
    return chosen


def _outcomes(suite: Suite, target: Target, config_path: Path, jobs: int, golden: GoldenMode) -> Iterable[Outcome]:
    """The outcomes as they come, with a word on a long run of how far it is."""
    from ivr.testing.local_target import LocalTarget
    from ivr.testing.suite import run_all, run_in_processes

    told = time.monotonic()
    if jobs > 1 and isinstance(target, LocalTarget):
        running = run_in_processes(suite, partial(_local_target, config_path), jobs, golden=golden)
    else:
        running = run_all(suite, target, golden=golden)
    for count, outcome in enumerate(running, start=1):
        yield outcome
        if time.monotonic() - told > TELL_AFTER_SECONDS:
            told = time.monotonic()
            click.echo(f"{count} of {len(suite.items)} calls", err=True)


def _tell(outcome: Outcome, verbose: bool) -> None:
    if outcome.result in ("failed", "broken"):
        click.echo(f"FAILED {outcome.item.id}\n{outcome.report}")
    elif outcome.result == "skipped":
        click.echo(f"NOT PLAYED {outcome.item.id}: {outcome.report}")
    elif verbose:
        click.echo(outcome.report)


def _as_data(outcome: Outcome) -> dict[str, object]:
    script = outcome.item.script
    return {
        "id": outcome.item.id, "call": script.call, "file": script.file, "line": script.place.line,
        "language": script.spoken, "result": outcome.result, "seconds": round(outcome.seconds, 3),
        "report": outcome.report,
    }  # fmt: skip


def write_down(network: Network, store: Store, call_id: str, config_path: Path, output: Path) -> None:
    """Writes a call of this network down as a script. Ends the command where it cannot be written down."""
    from ivr.testing.record import Unrecordable, record

    with _local_target(config_path) as target:
        try:
            made = record(network, store, call_id, target)
        except Unrecordable as why:
            stop(str(why))
    put(made.text, output)
    click.echo(f"Script: {output}; {FAITHFUL if made.faithful else NOT_FAITHFUL}")


FAITHFUL = "its replay takes the steps of the call"
NOT_FAITHFUL = "its replay goes another way; set up the world in it under given:"
