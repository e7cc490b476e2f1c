"""The command that runs the telephone network as a server: `ivr network [FILE.yaml]`. It knows no hotline."""

import math
import os
import re
import secrets
import sys
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import ClassVar, Literal, Self

import click

from ivr.cli.options import broken, stop
from ivr.flow.issues import Issue, Place
from ivr.flow.reading.fields import Reading, read
from ivr.flow.reading.source import parse
from ivr.flow.vocabulary import yaml_field
from ivr.network import Line, Network, Options, RealClock, Server, format_entry, read_options

NUMBER = "+864001234567"
ACCOUNT = "AC" + "0" * 32
TOKEN = "0" * 32

_SID = re.compile(r"AC[0-9a-f]{32}")
_PHONE = re.compile(r"\+\d{3,15}|client:.*")
_Method = Literal["POST", "GET"]


class Duration(float):
    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read a number; raises ValueError for anything else."""
        try:
            seconds = cls(text)
        except ValueError:
            seconds = cls(math.nan)
        if not 0 <= seconds < math.inf:
            raise ValueError("expected a number of seconds")
        return seconds


@dataclass(frozen=True, kw_only=True, slots=True)
class NumberSettings:
    short: ClassVar = "voice_url"
    voice_url: str = yaml_field("the address of the app that answers it")
    voice_method: _Method = yaml_field("how it is asked", "POST")
    voice_fallback_url: str = yaml_field("asked when the app fails", "")
    voice_fallback_method: _Method = yaml_field("how that is asked", "POST")
    status_callback: str = yaml_field("told when a call is over", "")
    status_callback_method: _Method = yaml_field("how that is told", "POST")
    caller_id_lookup: bool = yaml_field("whether the caller's name is told", default=False)
    friendly_name: str = yaml_field("what the number is called", "")


@dataclass(frozen=True, kw_only=True, slots=True)
class LineSettings:
    """A number without a person: what it does in a word, or after how many seconds it answers and hangs up."""

    short: ClassVar = "does"
    does: Literal["answers", "busy", "no answer", "rejects", "fails"] = yaml_field("what it does", "answers")
    answers_after: Duration = yaml_field("seconds until it answers", Duration(4))
    hangs_up_after: Duration | None = yaml_field("seconds from its answer until it hangs up", None)

    def line(self) -> Line:
        habits = {"busy": Line.busy, "no answer": Line.no_answer, "rejects": Line.rejects, "fails": Line.fails}
        if self.does == "answers":
            return Line.answers(self.answers_after, self.hangs_up_after)
        return habits[self.does]()


@dataclass(frozen=True, kw_only=True, slots=True)
class PersonSettings:
    """A person: when they answer, what they say and press, and when they hang up."""

    answers_after: Duration = yaml_field("seconds until they answer", Duration(4))
    says: tuple[str, ...] = yaml_field("what they say; without it they listen", ())
    hangs_up_after: Duration | None = yaml_field("seconds from their answer until they hang up", None)
    presses: str = yaml_field("keys they press when a document listens", "")
    language: str = yaml_field("the language they speak", "en-US")


@dataclass(frozen=True, kw_only=True, slots=True)
class World:
    """The file: whose account, which numbers and people, and which switches are set."""

    account_sid: str = yaml_field("whose numbers they are", ACCOUNT)
    auth_token_env: str = yaml_field("the environment variable with the token", "")
    numbers: Mapping[str, NumberSettings] = yaml_field("the numbers of apps", {})
    lines: Mapping[str, LineSettings] = yaml_field("numbers without a person", {})
    persons: Mapping[str, PersonSettings | None] = yaml_field("people with a telephone", {})
    options: Mapping[str, str] = yaml_field("the switches of docs/network.md", {})
    places: Mapping[str, Place]


@click.command()
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--voice-url", metavar="URL", help=f"Without a file: the app that answers {NUMBER}.")
@click.option("--port", type=click.IntRange(0, 65535), default=8090, show_default=True, help="0 takes a free one.")
@click.option(
    "--speed", type=click.FloatRange(0.1, 1000), default=1.0, show_default=True, help="60: a minute a second."
)
@click.option("--quiet", is_flag=True, help="Do not print what happens.")
def network(file: Path | None, voice_url: str | None, port: int, speed: float, quiet: bool) -> None:
    """Run an emulated telephone network for voice apps under development.

    FILE names the numbers, who answers the others, and the switches; see docs/network.md. The network answers Twilio's
    REST requests at the address it prints, so that the unmodified client works against it. Ctrl-C ends it.
    """
    if file is None and voice_url is None:
        stop("nothing to run: name a FILE, or the app with --voice-url http://127.0.0.1:5000/voice")
    if file is not None and not file.is_file():
        stop(f'there is no "{file}"; docs/network.md shows what stands in it')
    world, options = _world(file)
    if world.auth_token_env and not os.environ.get(world.auth_token_env):
        stop(f"the environment variable {world.auth_token_env} of auth_token_env is not set")
    token = os.environ[world.auth_token_env] if world.auth_token_env else TOKEN
    # An app keeps what it was told by CallSid; after a new start no SID may come again.
    with Network(RealClock(speed), world.account_sid, token, secrets.token_hex(8), options) as net:
        _settle(net, world)
        if voice_url is not None:
            net.number(NUMBER, voice_url)
        try:
            server = Server(net, port)
        except OSError as why:
            stop(f"cannot listen on port {port}: {why.strerror}; choose another with --port")
        if not quiet:
            net.observe(lambda entry: click.echo(f"{entry.call_sid[:6]} {format_entry(entry)}"))
        with server:
            click.echo(f"network: {server.url} account {net.account_sid}", err=True)
            sys.stderr.flush()
            try:
                threading.Event().wait()
            except KeyboardInterrupt:
                click.echo("network: ended", err=True)


def _world(file: Path | None) -> tuple[World, Options]:
    if file is None:
        return World(places={}), Options()
    text = file.read_bytes()
    found, issues = read_world(text, str(file))
    if found is None:
        broken(issues, {str(file): text})
    return found


def _settle(net: Network, world: World) -> None:
    for number, settings in world.numbers.items():
        net.number(number, **asdict(settings))
    for number, line in world.lines.items():
        net.line(number, line.line())
    for number, person in world.persons.items():
        net.person(number, **asdict(person or PersonSettings()))


def read_world(text: str | bytes, file: str) -> tuple[tuple[World, Options] | None, list[Issue]]:
    """What a file describes, or None and its problems; `file` is the name in their places."""
    root, issues = parse(text, file)
    reading = Reading(issues=issues)
    world = read(root, World, reading, "the file")
    if world is None:
        return None, issues
    if not _SID.fullmatch(world.account_sid):
        told = "account_sid is AC and 32 hex digits in lower case"
        reading.error("network-file", told, world.places["account_sid"])
    for group in ("numbers", "lines", "persons"):
        for number in getattr(world, group):
            if not _PHONE.fullmatch(number):
                told = f'"{number}" is no number in E.164, such as "+15005550006" in quotes'
                reading.error("network-file", told, world.places[f"{group}.{number}:"])
    good: dict[str, str] = {}
    for name, written in world.options.items():
        try:
            read_options({name: written})
            good[name] = written
        except ValueError as wrong:
            reading.error("network-file", str(wrong), world.places[f"options.{name}"])
    return (None if issues else (world, read_options(good))), issues
