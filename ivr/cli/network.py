"""The command that runs the telephone network as a server: `ivr network [FILE.yaml]`. It knows no hotline."""

from __future__ import annotations

import os
import re
import secrets
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from ivr.cli.options import broken, stop
from ivr.flow.issues import Issue, did_you_mean
from ivr.flow.reading.source import ListNode, MapNode, Node, Scalar, parse
from ivr.network import Line, Network, Options, RealClock, Server, format_entry, read_options

NUMBER = "+864001234567"
ACCOUNT = "AC" + "0" * 32
TOKEN = "0" * 32

_E164 = re.compile(r"\+\d{3,15}")
_SID = re.compile(r"AC[0-9a-f]{32}")
_HABITS: Mapping[str, Callable[[], Line]] = {
    "busy": Line.busy,
    "no answer": Line.no_answer,
    "rejects": Line.rejects,
    "fails": Line.fails,
    "answers": Line.answers,
}
_NUMBER_KEYS = (
    "voice_url", "voice_method", "voice_fallback_url", "voice_fallback_method", "status_callback",
    "status_callback_method", "caller_id_lookup", "friendly_name",
)  # fmt: skip
_PERSON_KEYS = ("answers_after", "says", "hangs_up_after", "presses", "language")
_KEYS = ("account_sid", "auth_token_env", "numbers", "lines", "persons", "options")


@dataclass(slots=True)
class World:
    """The file: whose account, which numbers and people, and which switches are set."""

    account_sid: str = ACCOUNT
    token_env: str = ""
    numbers: dict[str, dict[str, str]] = field(default_factory=dict)
    lines: dict[str, Line] = field(default_factory=dict)
    persons: dict[str, dict[str, str | tuple[str, ...]]] = field(default_factory=dict)
    options: Options = field(default_factory=Options)


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
    REST requests at the address it prints, so that the unmodified client works against it, and shows there what
    happens. Ctrl-C ends it.
    """
    if file is None and voice_url is None:
        stop("nothing to run: name a FILE, or the app with --voice-url http://127.0.0.1:5000/voice")
    if file is not None and not file.is_file():
        stop(f'there is no "{file}"; docs/network.md shows what stands in it')
    world, token = _world(file, voice_url)
    # An app keeps what it was told by CallSid; after a new start no SID may come again.
    with Network(RealClock(speed), world.account_sid, token, secrets.token_hex(8), world.options) as net:
        _settle(net, world)
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


def _world(file: Path | None, voice_url: str | None) -> tuple[World, str]:
    """What the file or the command line says, and the token; ends the command where it cannot be used."""
    world = World()
    if file is not None:
        text = file.read_bytes()
        found, issues = read_world(text, str(file))
        if found is None:
            broken(issues, {str(file): text})
        world = found
    if voice_url is not None:
        world.numbers.setdefault(NUMBER, {})["voice_url"] = voice_url
    if world.token_env and not os.environ.get(world.token_env):
        stop(f"the environment variable {world.token_env} of auth_token_env is not set")
    return world, os.environ[world.token_env] if world.token_env else TOKEN


def _settle(net: Network, world: World) -> None:
    """Sets up the numbers and people of the file."""
    for number, settings in world.numbers.items():
        given: dict[str, Any] = dict(settings)
        given["caller_id_lookup"] = settings.get("caller_id_lookup") == "true"
        net.number(number, given.pop("voice_url"), **given)
    for number, line in world.lines.items():
        net.line(number, line)
    for number, person in world.persons.items():
        hangs_up = person.get("hangs_up_after")
        net.person(
            number,
            answers_after=float(str(person.get("answers_after", "4"))),
            says=person.get("says", ()),
            hangs_up_after=None if hangs_up is None else float(str(hangs_up)),
            presses=str(person.get("presses", "")),
            language=str(person.get("language", "en-US")),
        )


# --- the file -----------------------------------------------------------------------------------------------


def read_world(text: str | bytes, file: str) -> tuple[World | None, list[Issue]]:
    """What a file describes, or None and its problems; `file` is the name in their places."""
    root, issues = parse(text, file)
    if root is None or issues:
        return None, issues
    reading = _Reading(issues)
    world = World()
    for name, node in reading.entries(root, "the file", _KEYS):
        match name:
            case "account_sid":
                world.account_sid = reading.text(node, name)
                if not _SID.fullmatch(world.account_sid):
                    reading.fail(node, "account_sid is AC and 32 hex digits in lower case")
            case "auth_token_env":
                world.token_env = reading.text(node, name)
            case "numbers":
                for number, settings in reading.numbers(node, name):
                    world.numbers[number] = reading.settings(number, settings)
            case "lines":
                for number, habit in reading.numbers(node, name):
                    world.lines[number] = reading.habit(number, habit)
            case "persons":
                for number, person in reading.numbers(node, name):
                    world.persons[number] = reading.person(number, person)
            case "options":
                world.options = reading.options(node)
    return (None if issues else world), issues


class _Reading:
    """Reads a file's tree, and collects what is wrong."""

    def __init__(self, issues: list[Issue]) -> None:
        self._issues = issues

    def fail(self, node: Node, message: str) -> None:
        self._issues.append(Issue("network-file", message, node.place))

    def entries(self, node: Node, what: str, known: tuple[str, ...] = ()) -> list[tuple[str, Node]]:
        """The `key: value` pairs of a mapping; nothing for an empty value. Unknown keys are told and left out."""
        if isinstance(node, Scalar) and node.is_empty:
            return []
        if not isinstance(node, MapNode):
            self.fail(node, f"{what} is written as `key: value` lines")
            return []
        pairs = []
        for entry in node.entries:
            if known and entry.key.text not in known:
                hint = did_you_mean(entry.key.text, known) or f"; known are {', '.join(known)}"
                self.fail(entry.key, f'"{entry.key.text}" is not known in {what}{hint}')
            else:
                pairs.append((entry.key.text, entry.value))
        return pairs

    def numbers(self, node: Node, what: str) -> list[tuple[str, Node]]:
        """Pairs whose keys are telephone numbers."""
        for number, value in (pairs := self.entries(node, what)):
            if not _E164.fullmatch(number) and not number.startswith("client:"):
                self.fail(value, f'"{number}" is no number in E.164, such as "+15005550006" in quotes')
        return pairs

    def text(self, node: Node, what: str) -> str:
        if isinstance(node, Scalar):
            return node.text
        self.fail(node, f"{what} is one text")
        return ""

    def seconds(self, node: Node, what: str) -> str:
        """Seconds as written; told when they are none."""
        written = self.text(node, what)
        try:
            if float(written) >= 0:
                return written
        except ValueError:
            pass
        self.fail(node, f'{what} is a number of seconds, not "{written}"')
        return "0"

    def settings(self, number: str, node: Node) -> dict[str, str]:
        """A number's settings; a text alone is its voice_url."""
        if isinstance(node, Scalar) and not node.is_empty:
            return {"voice_url": node.text}
        found = {name: self.text(value, name) for name, value in self.entries(node, number, _NUMBER_KEYS)}
        if not found.get("voice_url"):
            self.fail(node, f"{number} has no voice_url; write the address of the app that answers it")
        for name in ("voice_method", "voice_fallback_method", "status_callback_method"):
            if found.get(name, "POST") not in ("GET", "POST"):
                self.fail(node, f'{name} of {number} is GET or POST, not "{found[name]}"')
        return found

    def habit(self, number: str, node: Node) -> Line:
        """What a number without a person does: one of the words, or `answers_after` and `hangs_up_after` in seconds."""
        if isinstance(node, Scalar):
            if node.text in _HABITS:
                return _HABITS[node.text]()
            self.fail(node, f'"{node.text}" is no habit of a line; known are {", ".join(_HABITS)}')
            return Line()
        times = {
            name: float(self.seconds(value, name))
            for name, value in self.entries(node, number, ("answers_after", "hangs_up_after"))
        }
        return Line.answers(times.get("answers_after", 4.0), times.get("hangs_up_after"))

    def person(self, number: str, node: Node) -> dict[str, str | tuple[str, ...]]:
        """A person: after how many seconds they answer, what they say and press, and when they hang up."""
        found: dict[str, str | tuple[str, ...]] = {}
        for name, value in self.entries(node, number, _PERSON_KEYS):
            if name == "says" and isinstance(value, ListNode):
                found[name] = tuple(self.text(item, name) for item in value.items)
            elif name in ("answers_after", "hangs_up_after"):
                found[name] = self.seconds(value, name)
            else:
                found[name] = self.text(value, name)
        return found

    def options(self, node: Node) -> Options:
        """The switches that are set."""
        written = {name: (self.text(value, name), value) for name, value in self.entries(node, "options")}
        good: dict[str, str] = {}
        for name, (text, value) in written.items():
            try:
                read_options({name: text})
                good[name] = text
            except ValueError as wrong:
                self.fail(value, str(wrong))
        return read_options(good)
