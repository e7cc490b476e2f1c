"""The commands that serve a page on this machine: the web phone, `ivr phone`, and the studio, `ivr studio`."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from ivr.cli.options import Moment, config_option, configuration, in_zone, stop, usable
from ivr.config import Config
from ivr.flow.issues import BrokenDocument

if TYPE_CHECKING:
    from ivr.voices.speaker import Speaker

HERE = "127.0.0.1"


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=8002, show_default=True, help="0 takes a free one.")
@click.option("--at", type=Moment(), help="What time it is at the hotline, such as 2026-10-01 10:00; now if not given.")
@click.option(
    "--speed", type=click.FloatRange(0.5, 100), default=1.0, show_default=True,
    help="How fast time passes: 4 makes four seconds of talk one.",
)  # fmt: skip
@click.option("--fresh", is_flag=True, help="Begin with an empty store, and keep nothing.")
@click.option("--console", "with_console", is_flag=True, help="Also serve the console, on the next port, with a click.")
@config_option
def phone(port: int, at: datetime | None, speed: float, fresh: bool, with_console: bool, config_path: Path) -> None:
    """Dial the hotline on a page, as from a mobile: the caller's phone, and those of the agents.

    Hotline and telephone network run in this process, and nothing leaves it. It serves this machine alone. Ctrl-C ends
    it.
    """
    config = configuration(config_path)
    moment = in_zone(at, config.hotline.time_zone) if at else None
    _serve(config, moment, speed, _forgotten(config, fresh, with_console), port, with_console)


def _forgotten(config: Config, fresh: bool, with_console: bool) -> str:
    from ivr.app.running import not_kept

    if with_console and not config.agents and not fresh:
        return "nothing is kept: the people of the console are made up"
    return not_kept(config, fresh=fresh)


def _serve(config: Config, at: datetime | None, speed: float, forgotten: str, port: int, with_console: bool) -> None:
    from ivr.phone import PhoneSession, Server, create_phone, with_demo_agents
    from ivr.voices.speaker import shared_speaker

    speaker = shared_speaker()
    with usable(config):
        phone_session = PhoneSession(
            with_demo_agents(config) if with_console else config,
            at=at, speed=speed, store_url="sqlite://" if forgotten else "", speaker=speaker,
        )  # fmt: skip
    phone_session.tell_broken_edit = _tell_broken_edit
    with ExitStack() as stack:
        stack.enter_context(phone_session)
        try:
            server = Server(create_phone(phone_session), port)
            stack.enter_context(server)
            if with_console:
                from ivr.phone.console import PhoneConsole

                beside = PhoneConsole(phone_session)
                stack.enter_context(beside)
                door = Server(beside, port and port + 1)
                beside.open_at(door.url)
                stack.enter_context(door)
        except OSError as why:
            _cannot_listen(port, why)
        stack.callback(phone_session.lines.close)
        click.echo(f"phone: {server.url}/", err=True)
        for note in _notes(forgotten, speaker, config.hotline.languages):
            click.echo(f"phone: {note}", err=True)
        sys.stderr.flush()
        wait_for_the_end()
        click.echo("phone: ended", err=True)


def _cannot_listen(port: int, why: OSError) -> NoReturn:
    stop(f"cannot listen on {HERE}:{port}: {os.strerror(why.errno or 0)}; choose another with --port")


def _tell_broken_edit(why: str) -> None:
    told = f"{why}\nphone: the version before this edit answers" if why else "the edit is good, and answers"
    click.echo(f"phone: {told}", err=True)


def _notes(forgotten: str, speaker: Speaker | None, languages: Sequence[str]) -> Iterator[str]:
    if forgotten:
        yield forgotten
    if speaker is None:
        yield "no sound; install espeak-ng to hear the hotline"
        return
    for language in languages:
        voice = next(speaker.voices(language), None)
        if voice is None:
            yield f"no voice here reads {language}, which is shown only; ivr voices says what to install"
        elif voice.program == "espeak-ng":
            yield f"espeak-ng reads {language}, and is hard to understand; ivr voices says what is better"


def wait_for_the_end() -> None:
    over = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: over.set())
    while not over.wait(3600):
        pass


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=8004, show_default=True, help="0 takes a free one.")
@click.option("--at", type=Moment(), help="What time it is for the phone, such as 2026-10-01 10:00; now if not given.")
@click.option("--speed", type=click.FloatRange(0.5, 100), default=1.0, show_default=True, help="How fast time passes.")
@config_option
def studio(port: int, at: datetime | None, speed: float, config_path: Path) -> None:
    """Edit the flows on a page: text, map and phone side by side, each edit checked as it is typed.

    It serves this machine alone. The phone dials what stands on the page; files change when they are saved, and callers
    hear what is published. Ctrl-C ends it.
    """
    from ivr.phone import PhoneSession, Server
    from ivr.studio import DraftPhone, Drafts, create_studio
    from ivr.voices.speaker import shared_speaker

    config = configuration(config_path)
    moment = in_zone(at, config.hotline.time_zone) if at else None
    with ExitStack() as stack:
        with usable(config):
            drafts = stack.enter_context(Drafts(config))
            session = partial(PhoneSession, at=moment, speed=speed, store_url="sqlite://", speaker=shared_speaker())
            phone = stack.enter_context(DraftPhone(partial(session, drafts.config)))
            with suppress(BrokenDocument):  # the page tells it
                phone.session()
        try:
            server = stack.enter_context(Server(create_studio(drafts, phone), port))
        except OSError as why:
            _cannot_listen(port, why)
        click.echo(f"studio: {server.url}/studio/", err=True)
        wait_for_the_end()
        click.echo("studio: ended", err=True)
