"""The command that serves the pages of agents and supervisors: `ivr console`."""

from __future__ import annotations

import atexit
import contextlib
import logging
import socket
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from ivr.app.build import Environment, build_app
from ivr.app.console import console_of
from ivr.app.running import INBOX, Inbox
from ivr.cli.options import config_option, configuration, stop, usable
from ivr.config import Config
from ivr.webhooks import logs
from ivr.webhooks.settings import Unsafe, is_loopback

if TYPE_CHECKING:
    from flask import Flask

    from ivr.console.routes import ConsoleSettings

OTHERS = 8
"""Threads that stay free for requests while all others stream changes to open pages."""


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8001, show_default=True)
@click.option(
    "--threads",
    type=click.IntRange(OTHERS + 1, 512),
    default=64,
    show_default=True,
    help="An open page holds one; beyond, pages ask every 3 seconds.",
)
@click.option("--dev", is_flag=True, help="Serve this machine alone, without https.")
@click.option("--log-level", type=click.Choice(["debug", "info", "warning"]), default="info", show_default=True)
@config_option
def console(host: str, port: int, threads: int, dev: bool, log_level: str, config_path: Path) -> None:
    """Serve the pages of agents and supervisors, in a process beside `ivr serve`.

    People reach it by https, through a proxy, under console.public_url; `--dev` serves this machine alone without.
    """
    from ivr.console.app import EVENTS
    from ivr.studio.in_console import LONG
    from ivr.studio.page import LARGEST_RECORDING
    from ivr.webhooks.server import CannotListen, serve

    config = configuration(config_path)
    port = port or _free_port(host)  # every form must come from this address, so it must be known
    try:
        settings = settings_of(config, host, port, dev=dev, listeners=threads - OTHERS)
        logs.configure(getattr(logging, log_level.upper()))
        environment = _environment(config, f"http://{host}:{port}")
        _look_first(config, environment)
        if dev:
            click.echo(f"open http://{host}:{port}/console/", err=True)
        serve(
            lambda: _app(config, environment, settings), host, port, workers=1, threads=threads,
            streams=LONG | {EVENTS}, largest_body=LARGEST_RECORDING,
            leaving=lambda app: app.extensions["console"].changes.stop(),
        )  # fmt: skip
    except (Unsafe, CannotListen) as error:
        stop(str(error))


def settings_of(config: Config, host: str, port: int, *, dev: bool, listeners: int) -> ConsoleSettings:
    """How the console is served. Raises Unsafe for a public address that is not safe."""
    from ivr.console.routes import ConsoleSettings

    public = urlsplit(config.console.public_url or config.hotline.public_url)
    origins = frozenset({f"{public.scheme}://{public.netloc.lower().removesuffix(':443')}"} if public.netloc else ())
    if dev:
        if not is_loopback(host):
            raise Unsafe(f'--dev serves this machine alone, and "{host}" is not this machine')
        origins = frozenset(f"http://{name}:{port}" for name in (host, "127.0.0.1", "localhost"))
    elif public.scheme != "https":
        raise Unsafe(
            "console.public_url is no https address; write the one under which people reach the console, or use --dev"
        )
    return ConsoleSettings(
        origins=origins,
        secure=not dev,
        idle=timedelta(seconds=config.console.idle),
        longest=timedelta(seconds=config.console.longest),
        proxies=frozenset(config.console.proxies),
        listeners=listeners,
    )


def _app(config: Config, environment: Environment, settings: ConsoleSettings) -> Flask:
    """The console of one worker, for as long as its process runs."""
    from ivr.studio.in_console import ConsoleStudio

    studio = ConsoleStudio(config)
    atexit.register(studio.close)
    app = build_app(config, replace(environment, goes_on=True))
    app.store.serve_pages()
    return console_of(app, settings, *studio.routes())


def _environment(config: Config, url: str) -> Environment:
    """The hotline as the pages need it. Calls and texts that they start go to the outbox, which `ivr serve` sends."""
    nobody = Inbox(config.folder / "data" / INBOX)
    return Environment(
        sender=nobody, public_url=config.hotline.public_url or url, dev=not config.auth_tokens,
        callers_wait=False, published=True,
    )  # fmt: skip


def _look_first(config: Config, environment: Environment) -> None:
    """Says here, once, what is wrong, or that nobody could log in."""
    with usable(config):
        app = build_app(config, environment)
    able = set(app.store.logins.all()) & set(config.agents)
    app.close()
    if not able:
        whom = next(iter(config.agents), "")
        click.echo(
            f"nobody can log in yet: give somebody a password with ivr agents password {whom}"
            if whom
            else "nobody can log in yet: write people under agents in the configuration",
            err=True,
        )


def _free_port(host: str) -> int:
    with contextlib.suppress(OSError), socket.create_server((host, 0)) as free:
        port: int = free.getsockname()[1]
        return port
    return 0
