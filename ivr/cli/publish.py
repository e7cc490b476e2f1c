"""Commands that decide which flows callers hear: publish what stands in the folder, look back, take back."""

import difflib
import getpass
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from ivr.cli.check import Checked, add_flows
from ivr.cli.options import Moment, broken, config_option, configuration, in_zone, now, opened, stop
from ivr.config import Config
from ivr.store import Conflict, EditionRow, Store

FOLDER = "folder"
"""What is rolled back to in order to serve the folder of the flows as it is."""

_because = click.option("-m", "--message", "reason", required=True, help="Why, for whoever looks back.")
_by = click.option("--by", "author", default=getpass.getuser, show_default="your login name", help="Who publishes.")
_at = click.option("--at", type=Moment(), help="From when on, such as 2027-02-05 18:00; at once if not given.")
_until = click.option("--until", type=Moment(), help="Until when; then what was in force before is in force again.")
_after = click.option(
    "--after", type=int, metavar="N", help="The newest edition that you have seen: refuse if there is a newer one."
)


@click.command()
@_because
@_by
@_at
@_until
@_after
@config_option
def publish(
    reason: str, author: str, at: datetime | None, until: datetime | None, after: int | None, config_path: Path
) -> None:
    """Publish the flows of the folder as a numbered edition: new calls hear it within 2 seconds.

    Calls in progress keep the edition they began with. From the first edition on, edits in the folder reach callers
    with `ivr publish` only. Exit status: 0 published, 1 the flows have errors, 2 the command cannot be carried out.
    """
    config = configuration(config_path)
    checked = Checked()
    add_flows(config.flows, config, checked)
    if checked.flows is None or any(issue.is_error for issue in checked.issues):
        broken(checked.issues, checked.sources)
    sources = {
        f"{config.flows.name}/{Path(name).name}": text.decode() if isinstance(text, bytes) else text
        for name, text in checked.sources.items()
    }
    with opened(config) as store:
        in_force = store.editions.in_force(now())
        if in_force is not None and in_force.digest == checked.flows.digest and at is None and until is None:
            stop(f"callers hear these flows already: {_named(in_force, config)}")
        first = not store.editions.all()
        row = _row(config, checked.flows.digest, author, reason, at, until)
        _add(store, row, sources, after, config)
        if first:
            click.echo(f"  edits in {config.flows} reach callers with ivr publish only; see ivr editions")


@click.command()
@click.argument("edition")
@_because
@_by
@_at
@_until
@_after
@config_option
def rollback(
    edition: str,
    reason: str,
    author: str,
    at: datetime | None,
    until: datetime | None,
    after: int | None,
    config_path: Path,
) -> None:
    """Publish the edition number EDITION again; `folder` serves the folder of the flows as it is, edits included."""
    config = configuration(config_path)
    with opened(config) as store:
        old = None if edition == FOLDER else _edition(store, edition)
        row = _row(config, old.digest if old else "", author, reason, at, until)
        _add(store, row, _sources(store, old) if old and old.digest else {}, after, config)


@click.command()
@click.argument("action", type=click.Choice(["list", "show"]), default="list")
@click.argument("number", required=False)
@click.option(
    "--to", type=click.Path(path_type=Path, file_okay=False), help="Write the files of the edition into this folder."
)
@config_option
def editions(action: str, number: str | None, to: Path | None, config_path: Path) -> None:
    """List the published editions, newest first, a star at the one that new calls hear; or show the edition NUMBER:
    who published it, why, and which lines it changed."""
    config = configuration(config_path)
    if action == "show":
        if number is None:
            stop('name the edition: ivr editions show 3; "ivr editions" lists them')
        _show(config, number, to)
        return
    with opened(config) as store:
        rows, in_force = store.editions.all(), store.editions.in_force(now())
    if not rows:
        click.echo(f"nothing is published: callers hear {config.flows} as it is, each edit at once")
    for row in rows:
        click.echo(f"{'*' if row == in_force else ' '} {_named(row, config)}")


def _show(config: Config, number: str, to: Path | None) -> None:
    with opened(config) as store:
        row = _edition(store, number)
        sources = _sources(store, row)
        before = next((each for each in store.editions.all() if each.number < row.number and each.digest), None)
        old = _sources(store, before) if before else {}
    if to is not None:
        _write(sources, to)
        return
    click.echo(_named(row, config))
    for name in sorted({*old, *sources}):
        lines = old.get(name, "").splitlines(), sources.get(name, "").splitlines()
        click.echo("".join(f"{line}\n" for line in difflib.unified_diff(*lines, name, name, lineterm="")), nl=False)


def sources_of_edition(config: Config, number: str) -> Mapping[str, str]:
    """The files of a published edition, text by name; ends the command where there is none of that number."""
    with opened(config) as store:
        return _sources(store, _edition(store, number))


def told_in_force(store: Store, config: Config) -> str:
    in_force = store.editions.in_force(now())
    if in_force is None or not in_force.digest:
        return f"callers hear {config.flows} as it is, each edit at once"
    return f"callers hear what is published: {_named(in_force, config)}"


def _row(
    config: Config, digest: str, author: str, reason: str, at: datetime | None, until: datetime | None
) -> EditionRow:
    zone, moment = config.hotline.time_zone, now()
    start = in_zone(at, zone) if at else moment
    end = in_zone(until, zone) if until else None
    if start < moment:
        stop(f"--at {start:%Y-%m-%d %H:%M} is over already; leave it out to publish at once")
    if end is not None and end <= start:
        stop(f"--until {end:%Y-%m-%d %H:%M} is not after the beginning")
    return EditionRow(0, digest, author, reason, moment, start, end)


def _add(store: Store, row: EditionRow, sources: Mapping[str, str], after: int | None, config: Config) -> None:
    try:
        added = store.editions.publish(row, sources, after=after)
    except Conflict as newer:
        stop(f"{newer}; look at it with ivr editions show, and publish with its number in --after")
    click.echo(f"published {_named(added, config)}")


def _edition(store: Store, number: str) -> EditionRow:
    found = next((row for row in store.editions.all() if str(row.number) == number), None)
    if found is None:
        stop(f'there is no edition "{number}"; "ivr editions" lists them')
    return found


def _sources(store: Store, row: EditionRow) -> Mapping[str, str]:
    if not row.digest:
        stop(f"edition {row.number} has no files: since then the folder was served as it is")
    return store.flow_set(row.digest) or {}


def _write(sources: Mapping[str, str], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        stop(f'"{folder}" is not empty; name a new folder')
    for name, text in sources.items():
        (folder / Path(name).name).write_text(text, "utf-8")
    click.echo(f"{len(sources)} {'file' if len(sources) == 1 else 'files'} in {folder}")


def _named(row: EditionRow, config: Config) -> str:
    zone = ZoneInfo(config.hotline.time_zone)

    def local(moment: datetime) -> str:
        return f"{moment.astimezone(zone):%a %Y-%m-%d %H:%M}"

    when = f"from {local(row.starts_at)}" if row.starts_at != row.published_at else local(row.published_at)
    until = f" until {local(row.until)}" if row.until else ""
    what = "" if row.digest else f" ({FOLDER})"
    return f"edition {row.number}{what}, {when}{until}, by {row.author}: {row.reason}"
