"""What several commands share: which configuration, which moment, and how a broken document is shown."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn
from zoneinfo import ZoneInfo

import click

from ivr.config import Config, load_config, redacted
from ivr.flow.issues import BrokenDocument, Issue, as_text
from ivr.flow.vocabulary import E164

if TYPE_CHECKING:
    from ivr.network import Options
    from ivr.store import Store

BROKEN, USAGE = 1, 2
"""Exit statuses: a document has errors; the command cannot be carried out as given."""

_CLIENT = re.compile(r"client:[\w.@-]{1,120}", re.ASCII)

config_option = click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("config.yaml"),
    show_default=True,
    help="The configuration; flows lie in the folder it names.",
)


switch_option = click.option(
    "--option", "switches", multiple=True, metavar="NAME=VALUE", help="A switch of docs/network.md; repeat it."
)


def network_options(switches: tuple[str, ...]) -> Options:
    """The switches of the network that are written so. Raises ValueError."""
    from ivr.network import read_options

    for switch in switches:
        if "=" not in switch:
            raise ValueError(f'--option "{switch}" has no value; write NAME=VALUE')
    return read_options(dict(switch.split("=", 1) for switch in switches))


def now() -> datetime:
    return datetime.now(UTC)


def configuration(path: Path) -> Config:
    """The configuration at `path`; ends the command where none can be used. Warnings are left to `check`."""
    must_be_there(path)
    config, issues = load_config(path, today=now().date(), environ=os.environ)
    if config is None:
        broken(issues, {str(path): redacted(_read(path))})
    return config


def must_be_there(config_path: Path) -> None:
    if not config_path.is_file():
        stop(
            f'there is no "{config_path}"; change to the folder of the hotline, or name its configuration with --config'
        )


def broken(issues: Iterable[Issue], sources: Mapping[str, str | bytes]) -> NoReturn:
    click.echo(as_text(issues, sources), err=True, nl=False)
    sys.exit(BROKEN)


def stop(message: str) -> NoReturn:
    """Ends the command with one line: it cannot be carried out as given."""
    click.echo(f"ivr: {message}", err=True)
    sys.exit(USAGE)


def put(text: str, output: Path | None, encoding: str = "utf-8") -> None:
    """Writes what a command has made into a file, or on the screen."""
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding, newline="")
    except OSError as error:
        stop(f'"{output}" cannot be written: {error.strerror}')


@contextmanager
def opened(config: Config) -> Iterator[Store]:
    from ivr.store import Store

    with usable(config), Store.open(config.store_url, folder=config.folder) as store:
        yield store


@contextmanager
def usable(config: Config) -> Iterator[None]:
    """Ends the command where the flows, the handlers or the store of a hotline cannot be used."""
    try:
        yield
    except BrokenDocument as wrong:
        from ivr.flow.reading.reader import flow_sources

        broken(wrong.issues, flow_sources(config.flows)[0])
    except Exception as wrong:
        from ivr.hotline.handlers import HandlerMistake  # imported late, as most commands need no handlers
        from ivr.store import StoreError

        if isinstance(wrong, HandlerMistake | StoreError):
            stop(str(wrong))
        raise


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


if TYPE_CHECKING:
    TextParam = click.ParamType[str]
    MomentParam = click.ParamType[datetime]
    DayParam = click.ParamType[date]
else:  # generic from click 8.4 on
    TextParam = MomentParam = DayParam = click.ParamType


class Caller(TextParam):
    """A phone number in E.164, punctuation allowed; also `anonymous` or `client:NAME`, unless only numbers will do."""

    name = "number"

    def __init__(self, *, numbers_only: bool = False) -> None:
        self._numbers_only = numbers_only

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        text = str(value)
        number = re.sub(r"[\s().-]", "", text)
        if E164.fullmatch(number):
            return number
        if not self._numbers_only and (text.lower() == "anonymous" or _CLIENT.fullmatch(text)):
            return text
        others = "" if self._numbers_only else ", anonymous or client:NAME"
        self.fail(f'"{value}" is no number; write + and the country code, such as +8613800138000{others}', param, ctx)


class Moment(MomentParam):
    """A moment as people write it, local to the hotline unless a zone is named: `2026-11-22 10:00 Asia/Shanghai`.

    Gives a naive datetime when no zone is named; `in_zone` completes it.
    """

    name = "moment"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        day, _, rest = str(value).strip().partition(" ")
        clock, _, zone = rest.strip().partition(" ")
        try:
            moment = datetime.fromisoformat(f"{day} {clock}".strip())
            return moment.replace(tzinfo=ZoneInfo(zone)) if zone else moment
        except (ValueError, LookupError, OSError):
            self.fail(f'"{value}" is not a moment; write 2026-11-22 10:00, with a zone after it if need be', param, ctx)


def in_zone(moment: datetime | None, zone: str) -> datetime:
    """The moment as an aware datetime: now if none is given, local to `zone` if it names none."""
    if moment is None:
        return now()
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))
