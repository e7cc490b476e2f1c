"""The command that serves the studio: `ivr studio`."""

from contextlib import ExitStack
from datetime import datetime
from functools import partial
from pathlib import Path

import click

from ivr.cli.options import Moment, config_option, configuration, in_zone, stop, usable
from ivr.cli.phone import HERE, wait_for_the_end
from ivr.flow.reading.gc_pause import gc_paused


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
    with gc_paused():
        from ivr.phone import Access, PhoneSession, Server
        from ivr.studio import Drafts, Studio
        from ivr.voices.espeak import find_speaker

    config = configuration(config_path)
    moment = in_zone(at, config.hotline.time_zone) if at else None
    with ExitStack() as stack:
        with usable(config):
            drafts = stack.enter_context(Drafts(config))
            session = partial(PhoneSession, at=moment, speed=speed, store_url="sqlite://", speaker=find_speaker())
            app = stack.enter_context(Studio(drafts, Access(), partial(session, drafts.config)))
        try:
            server = stack.enter_context(Server(app, HERE, port))
        except OSError as why:
            stop(f"cannot listen on {HERE}:{port}: {why.strerror}; choose another with --port")
        click.echo(f"studio: {server.url}/studio/", err=True)
        wait_for_the_end()
        click.echo("studio: ended", err=True)
