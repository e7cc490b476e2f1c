"""The command that says what is set up and what is not: `ivr doctor`. Shows no secret, only whether there is one."""

import os
import sqlite3
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from ivr.app.build import LAST_RESORT
from ivr.app.checking import check_flows
from ivr.app.demo import demo_of
from ivr.cli.options import BROKEN, config_option, configuration, now
from ivr.cli.publish import told_in_force
from ivr.config import Config, load_config
from ivr.flow.issues import summary
from ivr.flow.model import Identify
from ivr.flow.reading.reader import flow_sources, read_flows
from ivr.hotline.handlers import HandlerMistake, load_handlers, specs_of
from ivr.hotline.outbox import REPEATED
from ivr.store import Store, StoreError
from ivr.store.secrets import PEPPER_VARIABLE

GOOD, CARE, BAD = "ok", "warn", "FAIL"
LOOSEST = 0o640
"""What others may do with files that hold private data or secrets (docs/trust.md#goal-16)."""
RELEASED = datetime(2026, 1, 1, tzinfo=UTC)
"""A clock that shows an earlier year is wrong."""


@dataclass(frozen=True, slots=True)
class Finding:
    """The state of one part: ok, warn or FAIL, and a sentence that says what is so or what to do."""

    state: str
    part: str
    told: str

    def __str__(self) -> str:
        return f"{self.state:<5} {self.part:<14} {self.told}"


@click.command()
@config_option
def doctor(config_path: Path) -> None:
    """Say what is set up and what is not, and what to enter at Twilio.

    Exit status: 0 the hotline could serve calls, warnings included; 1 something is broken.
    """
    config = configuration(config_path)
    findings = [*_findings(config, config_path)]
    for finding in findings:
        click.echo(str(finding))
    click.echo()
    for line in _at_twilio(config):
        click.echo(line)
    if any(finding.state == BAD for finding in findings):
        sys.exit(BROKEN)


def _findings(config: Config, config_path: Path) -> Iterator[Finding]:
    yield Finding(GOOD, "versions", f"ivr {version('ivr-hotline')}, Python {sys.version.split()[0]}")
    yield from _configuration(config_path)
    yield from _flows(config)
    yield from _clock(config)
    yield from _store(config)
    yield from _pepper(config)
    yield from _twilio(config)
    yield from _people(config)
    yield from _back_office(config)


def _configuration(path: Path) -> Iterator[Finding]:
    _, issues = load_config(path, today=now().date(), environ=os.environ)
    told = f"{path}: {summary(issues, 1)}" + ('; "ivr check" shows them' if issues else "")
    yield Finding(CARE if issues else GOOD, "configuration", told)


def _flows(config: Config) -> Iterator[Finding]:
    try:
        handlers = load_handlers(config.hotline.handlers, config.folder)
    except HandlerMistake as mistake:
        yield Finding(BAD, "handlers", str(mistake))
        return
    sources, issues = flow_sources(config.flows)
    if sources:
        issues += check_flows(config, specs_of(handlers), sources)[1]
    wrong = any(issue.is_error for issue in issues) or not sources
    told = f"{config.flows}: {summary(issues, len(sources))}" + ('; "ivr check" shows them' if issues else "")
    yield Finding(BAD if wrong else CARE if issues else GOOD, "flows", told)


def _clock(config: Config) -> Iterator[Finding]:
    moment = now()
    local = f"{moment.astimezone(ZoneInfo(config.hotline.time_zone)):%a %Y-%m-%d %H:%M} {config.hotline.time_zone}"
    if moment < RELEASED:
        yield Finding(BAD, "clock", f"it is {local}, which cannot be: set the clock of this machine")
    else:
        yield Finding(GOOD, "clock", f"it is {local}")


def _store(config: Config) -> Iterator[Finding]:
    try:
        with Store.open(config.store_url, folder=config.folder) as store:
            live = len(store.calls(1_000, live=True))
            latest = next(iter(store.calls(1)), None)
            dead = len(store.outbox.rows(100, dead=True))
            notes = store.notes
            told_flows = told_in_force(store, config)
    except StoreError as error:
        yield Finding(BAD, "store", str(error))
        return
    file = _file(config)
    where = str(file) if file else "PostgreSQL"
    yield Finding(GOOD, "store", f"{where}: readable and writable, {live} live {'call' if live == 1 else 'calls'}")
    if file is not None:
        yield Finding(GOOD, "SQLite", sqlite3.sqlite_version)
    yield Finding(GOOD, "edition", told_flows)
    for note in notes:
        yield Finding(CARE, "store", note)
    if latest is not None and latest.started_at > now() + timedelta(minutes=5):
        told = f"call {latest.id} begins later than now; it was made with --at, or the clock was wrong"
        yield Finding(CARE, "clock", told)
    if dead:
        yield Finding(CARE, "outbox", f"{dead} text messages or calls could not be sent")
    if file is not None:
        yield from _readable_by_all(file)


def _pepper(config: Config) -> Iterator[Finding]:
    given = os.environ.get(PEPPER_VARIABLE, "")
    file = _file(config)
    if given:
        yield Finding(GOOD, "pepper", f"from {PEPPER_VARIABLE}")
    elif file is None:
        yield Finding(CARE, "pepper", f"{PEPPER_VARIABLE} is not set; set it, the same on every machine")
    else:
        yield Finding(GOOD, "pepper", f"kept in {file.parent / 'pepper'}; back it up apart from the database")
        yield from _readable_by_all(file.parent / "pepper")


def _twilio(config: Config) -> Iterator[Finding]:
    if not config.on_twilio:
        names = f"{config.twilio.account_sid.env} and {config.twilio.auth_token.env}"
        yield Finding(
            GOOD, "Twilio", f"no account: calls and text messages stay on this machine; set {names} to go live"
        )
        return
    yield Finding(GOOD, "Twilio", f"account …{config.twilio.account_sid.value[-4:]}, auth token set")
    if len(config.auth_tokens) > 1:
        yield Finding(CARE, "Twilio", "the old auth token is accepted too; remove it when the change is done")
    if not config.hotline.number:
        yield Finding(CARE, "number", "hotline.number is empty; no agent can be rung and nobody called back")
    if not config.messages_from:
        yield Finding(BAD, "messages", "twilio.messages_from and hotline.number are empty; no text message can be sent")
    if LAST_RESORT not in config.numbers.destinations:
        told = f"no {LAST_RESORT} under numbers.destinations; a caller the hotline cannot go on with hears a goodbye"
        yield Finding(CARE, "last resort", told)
    if config.hotline.public_url.startswith("http://"):
        yield Finding(BAD, "public address", "it is http, and Twilio would send private data in the clear; use https")


def _people(config: Config) -> Iterator[Finding]:
    answered = {name for name, queue in config.queues.items() if queue.agents}
    answered.update(*(agent.queues for agent in config.agents.values()))
    if alone := [name for name in config.queues if name not in answered]:
        told = (
            f"no agents in {', '.join(alone)}; callers there are offered something else (ivr call rings made-up ones)"
        )
        yield Finding(CARE if config.on_twilio else GOOD, "queues", told)


def _back_office(config: Config) -> Iterator[Finding]:
    module = config.back_office.module
    if not module:
        asking = ", ".join(_identifying(config))
        told = f"none, and {asking} can identify nobody; name its module under back_office in config.yaml"
        yield Finding(CARE, "back office", told) if asking else Finding(GOOD, "back office", "none, and none is needed")
        return
    if config.has_real_back_office and config.back_office.url is not None:
        token = "with a token" if config.back_office.token and config.back_office.token.value else "without a token"
        yield Finding(GOOD, "back office", f"{config.back_office.url.value}, {token}")
        return
    try:
        demo = demo_of(config)
    except HandlerMistake as mistake:
        yield Finding(BAD, "back office", str(mistake))
        return
    if demo is None:
        yield Finding(GOOD, "back office", f"{module}, without an address")
    elif config.on_twilio:
        told = "a demo, whose codes and PINs are no secret: ivr serve refuses to start; write back_office.url"
        yield Finding(BAD, "back office", told)
    else:
        yield Finding(GOOD, "back office", f"the demo of {module}, whose people are made up")


def _identifying(config: Config) -> Iterator[str]:
    flows, _ = read_flows(flow_sources(config.flows)[0], config.hotline.start, config.hotline.languages, {})
    if flows is not None:
        yield from (state for state, step in flows.states().items() if isinstance(step, Identify))


def _file(config: Config) -> Path | None:
    """The database file, or None for another kind of database."""
    path = config.store_url.removeprefix("sqlite:///")
    return Path(path) if path != config.store_url and path else None


def _readable_by_all(path: Path) -> Iterator[Finding]:
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError:
        return
    if mode & ~LOOSEST:
        yield Finding(CARE, "files", f"others can read {path} (mode {mode:o}); chmod 600 {path}")


def _at_twilio(config: Config) -> Iterator[str]:
    url = config.hotline.public_url.rstrip("/")
    if not url:
        yield "Nothing to enter at Twilio yet: hotline.public_url is empty."
        return
    yield f"Signatures are checked against {url}"
    yield f"Enter at Twilio, for the number {config.hotline.number or '(none is configured)'}:"
    yield f"  A call comes in         Webhook, HTTP POST   {url}/voice"
    yield f"  Primary handler fails   Webhook, HTTP POST   {url}/voice/fallback"
    yield f"  Call status changes     HTTP POST            {url}/voice/status{REPEATED}"
