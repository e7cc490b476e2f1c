"""Commands of a support lead at the desk: hours, notices, closings, whom to call as, the record of a call."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from ivr.call.calendar import Opening, opening
from ivr.call.values import Value
from ivr.call.words import LANGUAGES, Language
from ivr.cli.setting import Moment, config_option, configuration, in_zone, now, stop
from ivr.config import Config
from ivr.desk.demo_wallet import demo_cases, demo_directory
from ivr.desk.store import Store, StoreError
from ivr.flow.issues import did_you_mean


@contextmanager
def _store(config: Config) -> Iterator[Store]:
    try:
        store = Store.open(config.store_url)
    except StoreError as error:
        stop(str(error))
    with store:
        yield store


# --- hours --------------------------------------------------------------------------------------------------


@click.command()
@click.argument("calendar")
@click.option("--at", type=Moment(), help="The moment asked about; now if not given.")
@config_option
def hours(calendar: str, at: datetime | None, config_path: Path) -> None:
    """Ask CALENDAR: open or closed, why, and when it opens next, as callers of each language hear it."""
    config = configuration(config_path)
    if calendar not in config.calendars:
        known = ", ".join(sorted(config.calendars)) or "none"
        stop(f'there is no calendar "{calendar}"{did_you_mean(calendar, config.calendars) or f"; there is {known}"}')
    asked = config.calendars[calendar]
    moment = in_zone(at, asked.time_zone)
    with _store(config) as store:
        closures = _closures(store, moment)
    found = opening(asked, moment, closures)
    click.echo(f"{calendar} on {found.at:%a %Y-%m-%d %H:%M} {asked.time_zone}: {found.state} ({found.because.rule})")
    if found.state == "open":
        click.echo(f"  until {found.until:%a %Y-%m-%d %H:%M}" if found.until else "  without an end in sight")
    elif found.next_opening is not None:
        click.echo(f"  opens {found.next_opening:%a %Y-%m-%d %H:%M}")
    else:
        click.echo("  nobody knows yet when it opens again")
    for code in config.hotline.languages:
        click.echo(f"  {code}: {_told(found, LANGUAGES[code])}")


def _told(found: Opening, language: Language) -> str:
    """What a caller is told at that moment."""
    phrases, today = language.phrases, found.at.date()
    names = found.because.names
    name = names.get(language.code) or next(iter(names.values()), "")
    words: list[str] = []
    if found.state == "open":
        words.append(phrases.opened)
    elif found.state == "holiday" and name:
        words.append(language.say(phrases.holiday, {"name": Value("words", name)}, today))
    elif found.state == "emergency":
        words.append(name or phrases.emergency)
    else:
        words.append(phrases.closed)
    if found.state != "open" and found.next_opening is not None:
        at = Value("datetime", found.next_opening.isoformat())
        words.append(language.say(phrases.next_opening, {"at": at}, today))
    return language.joiner.join(words)


def _closures(store: Store, moment: datetime) -> tuple[Any, ...]:
    from ivr.call.calendar import Closure

    return tuple(
        Closure(switch.name, switch.text, switch.on_at, switch.until) for switch in store.switches("closure", moment)
    )


# --- switches -----------------------------------------------------------------------------------------------


@click.command()
@click.argument("action", type=click.Choice(["on", "off", "list"]))
@click.argument("name", required=False)
@click.option("--text", "texts", multiple=True, metavar="LANGUAGE=WORDS", help="What is said; once per language.")
@click.option("--until", type=Moment(), help="When it switches itself off.")
@config_option
def notice(action: str, name: str | None, texts: tuple[str, ...], until: datetime | None, config_path: Path) -> None:
    """Switch the notice NAME on or off; callers hear it from the next second on.

    ivr notice on maintenance --text zh=今晚十点起系统维护。 --text "en=We are down for maintenance from 10 tonight."
    """
    config = configuration(config_path)
    with _store(config) as store:
        if action == "list":
            for switch in store.switches("notice", now()):
                click.echo(f"{switch.name}  {json.dumps(dict(switch.text), ensure_ascii=False)}")
            return
        if not name:
            stop("name the notice, such as maintenance")
        if action == "off":
            click.echo(f"{name} is off" if store.switch_off("notice", name, now()) else f"{name} was not on")
            return
        words = _words(texts, config)
        store.switch_on("notice", name, words, now(), until=_until(until, config), by="command line")
        click.echo(f"{name} is on: {' / '.join(words.values())}")


@click.command()
@click.argument("calendar", required=False, default="all")
@click.option("--reason", "texts", multiple=True, metavar="LANGUAGE=WORDS", help="What callers are told.")
@click.option("--until", type=Moment(), help="When it opens by itself.")
@config_option
def close(calendar: str, texts: tuple[str, ...], until: datetime | None, config_path: Path) -> None:
    """Close CALENDAR (or all) at once, whatever its hours; the security lane stays open.

    ivr close support --reason zh=因台风暂停服务。 --reason "en=We are closed because of a typhoon."
    """
    config = configuration(config_path)
    _known(calendar, config)
    with _store(config) as store:
        words = _words(texts, config) if texts else {}
        store.switch_on("closure", calendar, words, now(), until=_until(until, config), by="command line")
    click.echo(f"{calendar} is closed" + (f" until {until}" if until else ' until "ivr open"'))


@click.command(name="open")
@click.argument("calendar", required=False, default="all")
@config_option
def open_(calendar: str, config_path: Path) -> None:
    """End the emergency closing of CALENDAR (or all): its own hours hold again."""
    config = configuration(config_path)
    _known(calendar, config)
    with _store(config) as store:
        was = store.switch_off("closure", calendar, now())
    click.echo(f"{calendar} keeps its own hours again" if was else f"{calendar} was not closed by hand")


def _known(calendar: str, config: Config) -> None:
    if calendar != "all" and calendar not in config.calendars:
        stop(f'there is no calendar "{calendar}"{did_you_mean(calendar, config.calendars)}')


def _words(texts: tuple[str, ...], config: Config) -> dict[str, str]:
    """The words per language; every language of the hotline is needed, for a caller hears one of them."""
    words = dict(text.partition("=")[::2] for text in texts)
    missing = [code for code in config.hotline.languages if not words.get(code)]
    unknown = [code for code in words if code not in config.hotline.languages]
    if missing or unknown:
        stop(f"say it in every language: {' '.join(f'{code}=…' for code in config.hotline.languages)}")
    return words


def _until(until: datetime | None, config: Config) -> datetime | None:
    return in_zone(until, config.hotline.time_zone) if until else None


# --- the demo -----------------------------------------------------------------------------------------------


@click.command()
@config_option
def demo(config_path: Path) -> None:
    """List the people of the demo wallet: whom to call as, what to key in, and how it comes out."""
    config = configuration(config_path)
    if config.wallet.url is not None and config.wallet.url.value:
        stop("wallet.url names a real wallet, and the people of the demonstration are not in it")
    today = now()
    click.echo("Call as one of these people: ivr call --from NUMBER. Text messages appear in the terminal.\n")
    for caller in demo_directory(today):
        name = caller.names.get(caller.language) or next(iter(caller.names.values()))
        click.echo(f"{caller.phone}  account {caller.account}  PIN {caller.pin}  card …{caller.card_tail}  {name}")
        click.echo(f"    {caller.story.get('en', '')}")
        for attempt in caller.tries:
            given = " ".join(f"{key} {value}" for key, value in attempt.given.items())
            click.echo(f"      {attempt.handler}{f' ({given})' if given else ''}: {attempt.outcome}")
    click.echo("\nCases to ask after:")
    for state, progress in demo_cases(today).items():
        click.echo(f"    {progress.reference}  {state}")
    click.echo('\nWorth trying: --at 2026-10-01 (a holiday), --at "2026-10-10 10:00" (a Saturday that is worked)')


# --- records ------------------------------------------------------------------------------------------------


@click.command()
@click.argument("call_id", metavar="[CALL]", required=False)
@config_option
def show(call_id: str | None, config_path: Path) -> None:
    """Show the record of CALL (its id, or how it begins), or list the latest calls."""
    config = configuration(config_path)
    with _store(config) as store:
        rows = store.calls(200)
        if call_id is None:
            for row in rows[:20]:
                click.echo(f"{row.id}  {row.started_at:%Y-%m-%d %H:%M}  {row.status}  {row.language}  {row.turn} turns")
            return
        found = store.call(call_id) or next((row for row in rows if row.id.startswith(call_id)), None)
        if found is None:
            stop(f'there is no call "{call_id}"')
        click.echo(f"{found.id}  {found.started_at:%Y-%m-%d %H:%M:%S} UTC  {found.status}  {found.language}")
        for turn in store.turns(found.id):
            click.echo(f"  {turn.turn:>3}  {turn.at:%H:%M:%S}  {turn.input_kind}")
            for event in json.loads(turn.events):
                kind = event.pop("type")
                click.echo(f"         {kind:<16}{_line(event)}")


def _line(event: dict[str, Any]) -> str:
    return event["text"] if "text" in event else " ".join(f"{name}={told}" for name, told in event.items())
