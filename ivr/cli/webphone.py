"""The command that serves the web phone: `ivr phone`."""

from __future__ import annotations

import secrets
import signal
import sys
import threading
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ivr.cli import uncollected
from ivr.cli.setting import Moment, broken, config_option, configuration, in_zone, stop
from ivr.config import Config
from ivr.flow.issues import BrokenDocument

if TYPE_CHECKING:
    from ivr.cli.demo import Command
    from ivr.desk.wallets.demo import DemoCaller

HERE = "127.0.0.1"
MOST_ROUTES = 3
"""How much is offered as worth trying, of each person."""


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=8002, show_default=True, help="0 takes a free one.")
@click.option("--at", type=Moment(), help="What time it is at the hotline, such as 2026-10-01 10:00; now if not given.")
@click.option(
    "--speed", type=click.FloatRange(0.5, 100), default=1.0, show_default=True,
    help="How fast time passes: 4 makes four seconds of talk one.",
)  # fmt: skip
@click.option("--fresh", is_flag=True, help="Begin with an empty store, and keep nothing.")
@click.option("--host", default=HERE, show_default=True, help="The address to listen on.")
@click.option("--allow-others", is_flag=True, help="Let other machines in, by a token in the address that is printed.")
@config_option
def phone(
    port: int, at: datetime | None, speed: float, fresh: bool, host: str, allow_others: bool, config_path: Path
) -> None:  # fmt: skip
    """Dial the hotline on a page, as from a mobile: the caller's phone, and those of the agents.

    Hotline and telephone network run in this process, and nothing leaves it. Ctrl-C ends it.
    """
    with uncollected():
        from ivr.web.settings import is_loopback

        config = configuration(config_path)
    if not is_loopback(host) and not allow_others:
        stop(f'"{host}" is not this machine alone; to let others in, say so with --allow-others')
    token = "" if is_loopback(host) else secrets.token_urlsafe(24)
    moment = in_zone(at, config.hotline.time_zone) if at else None
    _serve(config, moment, speed, _forgotten(config, moment, fresh), host, port, token)


def _forgotten(config: Config, moment: datetime | None, fresh: bool) -> str:
    """Why nothing is kept of the calls, or ""."""
    from ivr.running import find

    if fresh:
        return "nothing is kept"
    if config.on_twilio:
        return "nothing is kept: the store belongs to the hotline that answers Twilio"
    if find(config):
        return "nothing is kept: the store belongs to the server that runs here"
    return ""


def _serve(
    config: Config, at: datetime | None, speed: float, forgotten: str, host: str, port: int, token: str
) -> None:  # fmt: skip
    with uncollected():
        from ivr.booth import Booth
        from ivr.desk.handling import HandlerMistake
        from ivr.desk.store import StoreError
        from ivr.speech import find_speaker
        from ivr.web.phone import Doors, Server, create_phone

    speaker = find_speaker()
    try:
        booth = Booth(
            config, at=at, speed=speed, store_url="sqlite://" if forgotten else "", speaker=speaker, routes=_routes
        )
    except BrokenDocument as wrong:
        from ivr.flow.reader import flow_sources

        broken(wrong.issues, flow_sources(config.flows)[0])
    except (StoreError, HandlerMistake) as error:
        stop(str(error))
    with booth:
        try:
            server = Server(create_phone(booth, Doors(token)), host, port)
        except OSError as why:
            stop(f"cannot listen on {host}:{port}: {why.strerror}; choose another with --port")
        with server:
            click.echo(f"phone: {server.url}/{f'?token={token}' if token else ''}", err=True)
            if forgotten:
                click.echo(f"phone: {forgotten}", err=True)
            if speaker is None:
                click.echo("phone: no sound; install espeak-ng to hear the hotline", err=True)
            elif not speaker.mandarin:
                click.echo("phone: this espeak-ng cannot read Chinese, which is shown only", err=True)
            sys.stderr.flush()
            _wait()
            click.echo("phone: ended", err=True)
            booth.lines.close()


def _routes(person: DemoCaller) -> Sequence[Command]:
    from ivr.cli.demo import commands

    return commands(person)[:MOST_ROUTES]


def _wait() -> None:
    """Until the process is asked to end."""
    over = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: over.set())
    while not over.wait(3600):
        pass
