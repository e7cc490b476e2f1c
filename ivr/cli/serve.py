"""The command that answers calls: `ivr serve`."""

from __future__ import annotations

import logging
import threading
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import click

from ivr.app.build import App, Environment, build_app, real_clock
from ivr.app.running import INBOX, Inbox, serving
from ivr.cli.options import config_option, configuration, stop, usable
from ivr.cli.reload import take_variables, write_note
from ivr.config import Config
from ivr.hotline.senders import Sender, TwilioSender
from ivr.store import Store
from ivr.webhooks import logs
from ivr.webhooks.settings import Unsafe, WebhookSettings, refuse_unsafe

TIDY_SECONDS = 60

log = logging.getLogger(__name__)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True)
@click.option("--workers", type=click.IntRange(1, 64), default=2, show_default=True, help="Processes.")
@click.option("--threads", type=click.IntRange(1, 256), default=8, show_default=True, help="Threads of each process.")
@click.option("--dev", is_flag=True, help="Answer this machine without signatures while no token is set.")
@click.option("--log-level", type=click.Choice(["debug", "info", "warning"]), default="info", show_default=True)
@click.option(
    "--env-file",
    is_eager=True,
    expose_value=False,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    callback=lambda *given: take_variables(given[-1]),
    help="Lines NAME=value, read at the start and at each reload: for tokens that change.",
)
@config_option
def serve(host: str, port: int, workers: int, threads: int, dev: bool, log_level: str, config_path: Path) -> None:
    """Answer calls: the production server.

    Needs the environment variables that the configuration names for the account and its token, and the public
    address; `--dev` serves this machine alone without them. `ivr reload`, or SIGHUP, takes new code, configuration,
    handlers and tokens without a refused request.
    """
    from ivr.webhooks.server import CannotListen, Told, is_first
    from ivr.webhooks.server import serve as run

    def tell(how: Told) -> None:
        write_note(config.folder, port, how)

    config = configuration(config_path)
    public_url = config.hotline.public_url or (f"http://{host}:{port}" if dev else "")
    if not public_url:
        stop("hotline.public_url is empty; write the address under which Twilio reaches this hotline, or use --dev")
    environment = Environment(
        sender=_sender(config), public_url=public_url, waiting_webhooks=max(1, threads // 2),
        dev=dev and not config.auth_tokens, published=True,
    )  # fmt: skip
    try:
        refuse_unsafe(WebhookSettings(public_url, auth_tokens=config.auth_tokens, dev=environment.dev), host)
        logs.configure(getattr(logging, log_level.upper()))
        _look_first(config, environment)
        if environment.dev and is_first():
            (config.folder / "data" / INBOX).unlink(missing_ok=True)
        with serving(config.folder / "data") if environment.dev else nullcontext():
            run(
                lambda: build_app(config, replace(environment, goes_on=True)).webhooks, host, port,
                workers=workers, threads=threads,
                background=lambda over: _background(config, environment, over), tell=tell,
            )  # fmt: skip
    except (Unsafe, CannotListen) as error:
        if isinstance(error, Unsafe) and not config.auth_tokens:
            variable = config.twilio.auth_token.env
            stop(f"{error}; set {variable} to the token of your account, or use --dev on this machine")
        stop(str(error))


def _sender(config: Config) -> Sender:
    if config.on_twilio:
        return TwilioSender(
            config.twilio.account_sid.value, config.twilio.auth_token.value, config.hotline.number,
            messages_from=config.twilio.messages_from,
        )  # fmt: skip
    return Inbox(config.folder / "data" / INBOX)


def _look_first(config: Config, environment: Environment) -> None:
    """Says here, once, what is wrong with flows, store or settings. What is loaded here, all workers have."""
    with usable(config):
        app = build_app(config, environment)
        app.hotline.warm_up()
    for note in app.store.notes:
        log.warning(note)
    app.close()


def _background(config: Config, environment: Environment, over: threading.Event) -> None:
    """What one worker does beside answering: sends the outbox, assigns callers to agents, cleans up once a minute."""
    app: App = build_app(config, replace(environment, clock=real_clock, callers_wait=False, goes_on=True))
    try:
        relay = threading.Thread(target=app.relay.run, args=(over,), name="outbox", daemon=True)
        routing = threading.Thread(target=_assign_callers, args=(app, over), name="routing", daemon=True)
        relay.start()
        routing.start()
        while not over.wait(TIDY_SECONDS):
            try:
                app.hotline.tidy()
                _purge(app.store, config)
            except Exception:
                log.exception("tidying failed; it is tried again in a minute")
        relay.join()
        routing.join()
    finally:
        app.close()


def _assign_callers(app: App, over: threading.Event) -> None:
    """Runs every second. An error in one of the tasks is logged, and the next second comes."""
    while not over.wait(1):
        try:
            app.assigner.tick(app.clock())
        except Exception:
            log.exception("callers were not dealt; it is tried again in a second")


def _purge(store: Store, config: Config) -> None:
    from ivr.store import Retention

    keep = config.keep
    periods = Retention(keep.transcript_days, keep.record_days, keep.message_days, keep.recording_days)
    store.purge(real_clock(), periods)
