"""Commands of a support lead: ask a calendar, switch notices and emergency closings."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from ivr.app.build import closures
from ivr.call.calendar import Opening, Rule, opening
from ivr.call.languages import LANGUAGES, Language
from ivr.call.redaction import redact
from ivr.call.values import Value
from ivr.cli.options import Moment, config_option, configuration, in_zone, now, opened, stop
from ivr.config import Config
from ivr.flow.issues import did_you_mean
from ivr.flow.model import Notices
from ivr.flow.reading.reader import flow_sources, read_flows
from ivr.hotline.switches import AREA, NOTICE_NAME, switch_name
from ivr.store import Store
from ivr.store.vocabulary import SwitchKind

BY = "command line"
ALL = "all"
"""The name of a closing that holds for every calendar."""

REASONS: Mapping[Rule, str] = {
    "week": "by its weekly hours",
    "day": "by what stands under days for this date",
    "public-holiday": "for a public holiday",
    "worked-weekend": "as this weekend day is worked in exchange for a holiday",
    "unknown": "as no holidays are known for this year",
    "emergency": "closed by hand",
}

# --- hours ------------------------------------------------------------------------------------------------------


@click.command()
@click.argument("calendar", required=False)
@click.option("--at", type=Moment(), help="The moment asked about, such as 2026-10-01 10:00; now if not given.")
@config_option
def hours(calendar: str | None, at: datetime | None, config_path: Path) -> None:
    """Ask CALENDAR, or all: open or closed, why, when it opens next, and what callers of each language are told."""
    config = configuration(config_path)
    if calendar is not None and calendar not in config.calendars:
        stop(f'there is no calendar "{calendar}"{_known(calendar, config)}')
    if not config.calendars:
        stop("there are no calendars in the configuration")
    with opened(config) as store:
        for name in [calendar] if calendar else config.calendars:
            _tell_hours(name, at, config, store)


def _tell_hours(calendar: str, at: datetime | None, config: Config, store: Store) -> None:
    asked = config.calendars[calendar]
    moment = in_zone(at, asked.time_zone)
    found = opening(asked, moment, closures(store, moment))
    click.echo(
        f"{calendar} on {_on_the_clock(found.at)} {asked.time_zone}: {found.state}, {REASONS[found.because.rule]}"
    )
    if found.state == "open":
        click.echo(f"  until {_on_the_clock(found.until)}" if found.until else "  without an end in sight")
    elif found.next_opening is not None:
        click.echo(f"  opens {_on_the_clock(found.next_opening)}")
    else:
        click.echo("  nobody knows yet when it opens again")
    for closure in closures(store, moment):
        if closure.calendar in (calendar, ALL) and closure.since > moment:
            click.echo(f"  closed by hand{_when(closure.since, closure.until, config)}")
    for code in config.hotline.languages:
        click.echo(f"  {code}: {_told(found, LANGUAGES[code])}")


def _on_the_clock(moment: datetime) -> str:
    """Day and time, and which of the two where the clock shows that time twice."""
    twice = moment.replace(fold=0).utcoffset() != moment.replace(fold=1).utcoffset()
    return f"{moment:%a %Y-%m-%d %H:%M %Z}" if twice else f"{moment:%a %Y-%m-%d %H:%M}"


def _told(found: Opening, language: Language) -> str:
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


# --- switches ---------------------------------------------------------------------------------------------------

_from = click.option(
    "--from", "begins", type=Moment(), help="When it begins, such as 2026-12-24 12:00; now if not given."
)


@click.command()
@click.argument("action", type=click.Choice(["on", "off", "list"]), default="list")
@click.argument("name", required=False)
@click.option("--text", "texts", multiple=True, metavar="LANGUAGE=WORDS", help="What is said; once per language.")
@click.option("--area", default="", help="Only for callers of this area, where the flow asks for it.")
@_from
@click.option("--until", type=Moment(), help="When it switches itself off, such as 2026-11-23 06:00.")
@config_option
def notice(
    action: str,
    name: str | None,
    texts: tuple[str, ...],
    area: str,
    begins: datetime | None,
    until: datetime | None,
    config_path: Path,
) -> None:
    """Switch the notice NAME on or off, now or from a moment on, or list what is on and what is to come.

    ivr notice on maintenance --text zh=今晚十点起系统维护。 --text "en=We are down for maintenance from 10 tonight."
    """
    config = configuration(config_path)
    if action == "list":
        with opened(config) as store:
            click.echo("\n".join(_switched(store, config)) or "no notice is on, and nothing is closed by hand")
        return
    if not name:
        stop(f'name the notice: ivr notice {action} maintenance; "ivr notice list" says which are on')
    full_name = switch_name(name, area)
    if action == "off":
        with opened(config) as store:
            click.echo(_off("notice", full_name, store, config) or f"{full_name} was not on")
        return
    if not NOTICE_NAME.fullmatch(name):
        stop(f'"{name}" is not a name; write up to 30 lower-case letters, digits, - and _')
    if area and not AREA.fullmatch(area):
        stop(f'"{area}" is not an area; write it as the flow knows it, without spaces, dots and slashes')
    words = _words(texts, config, "--text")
    start, end = _span(begins, until, config)
    with opened(config) as store:
        store.switch_on("notice", full_name, words, now(), begins=start, until=end, by=BY)
    state = "on" if start is None else "planned"
    click.echo(f"{full_name} is {state}{_when(start, end, config)}: {' / '.join(words.values())}")
    if _is_unsaid(name, area, config):
        how = f"{{notices: {name}, area: …}}" if area else f"{{notices: {name}}} or {{notices: {ALL}}}"
        click.echo(f"but no flow says it: a step with {how} does", err=True)


@click.command()
@click.argument("calendar", required=False, default=ALL)
@click.option("--reason", "texts", multiple=True, metavar="LANGUAGE=WORDS", help="What callers are told.")
@_from
@click.option("--until", type=Moment(), help="When it opens by itself, such as 2026-11-23 12:00.")
@config_option
def close(
    calendar: str, texts: tuple[str, ...], begins: datetime | None, until: datetime | None, config_path: Path
) -> None:
    """Close CALENDAR (or all) at once or from a moment on, whatever its hours; the security lane stays open.

    ivr close support --reason zh=因台风暂停服务。 --reason "en=We are closed because of a typhoon."
    """
    config = configuration(config_path)
    _must_be_known(calendar, config)
    words = _words(texts, config, "--reason") if texts else {}
    start, end = _span(begins, until, config)
    with opened(config) as store:
        store.switch_on("closure", calendar, words, now(), begins=start, until=end, by=BY)
    again = "" if calendar == ALL else f" {calendar}"
    every = "every calendar is" if calendar == ALL else f"{calendar} is"
    click.echo(f"{every} closed{_when(start, end, config)}" + ("" if end else f', until "ivr open{again}"'))


@click.command(name="open")
@click.argument("calendar", required=False, default=ALL)
@config_option
def open_(calendar: str, config_path: Path) -> None:
    """End the closing of CALENDAR (or of all): its own hours hold again. Where none is on, the next one to come is
    taken back."""
    config = configuration(config_path)
    _must_be_known(calendar, config)
    with opened(config) as store:
        told = _off("closure", calendar, store, config)
        others = [switch.name for switch in store.switches("closure", now())]
    every = "every calendar keeps its" if calendar == ALL else f"{calendar} keeps its"
    if told is None:
        click.echo("nothing was closed by that name")
    else:
        click.echo(f"{every} own hours again" if told.endswith(" is off") else told)
    for other in others:
        click.echo(f'still closed by hand: {other}; "ivr open {other}" ends it')


def _off(kind: SwitchKind, name: str, store: Store, config: Config) -> str | None:
    """Switches off what is on of a name, or else takes back the next one to come; says which, None for nothing."""
    if store.switch_off(kind, name, now()):
        return f"{name} is off"
    to_come = (row for row in store.all_switches(now()) if (row.kind, row.name) == (kind, name))
    if (row := next(to_come, None)) is None:
        return None
    store.switch_off(kind, name, now(), row.on_at)
    return f"{name}{_when(row.on_at, row.until, config)}, is taken back"


def _is_unsaid(name: str, area: str, config: Config) -> bool:
    """Whether no step of the flows says this notice; False where the flows cannot be read (`ivr check` says why)."""
    sources, _ = flow_sources(config.flows)
    flows, _ = read_flows(sources, config.hotline.start, config.hotline.languages)
    steps = list(flows.steps()) if flows is not None else []
    said = {step.notices for step in steps if isinstance(step, Notices) and bool(step.area) == bool(area)}
    return bool(steps) and said.isdisjoint({name, ALL})


def _switched(store: Store, config: Config) -> list[str]:
    return [
        f"{row.kind:<8} {row.name:<16}{' / '.join(row.text.values()) or 'without a reason'}"
        + _when(row.on_at if row.on_at > now() else None, row.until, config)
        for row in sorted(store.all_switches(now()), key=lambda row: row.kind, reverse=True)
    ]


def _known(calendar: str, config: Config) -> str:
    return did_you_mean(calendar, config.calendars) or f"; there is {', '.join(sorted(config.calendars)) or 'none'}"


def _must_be_known(calendar: str, config: Config) -> None:
    if calendar != ALL and calendar not in config.calendars:
        stop(f'there is no calendar "{calendar}"{_known(calendar, config)}')


def _words(texts: tuple[str, ...], config: Config, option: str) -> Mapping[str, str]:
    """The words per language, of which every one is needed, because a caller hears one of them.

    A hotline of one language takes them without its code.
    """
    languages = config.hotline.languages
    if len(languages) == len(texts) == 1 and not re.match("[a-z]{2,3}=", texts[0]):
        texts = (f"{languages[0]}={texts[0]}",)
    words = {code.strip(): redact(text).strip() for code, _, text in (each.partition("=") for each in texts)}
    if set(words) != set(languages) or not all(words.values()):
        stop(f"callers hear it in their language, so write {' '.join(f'{option} {code}=…' for code in languages)}")
    return words


def _span(begins: datetime | None, until: datetime | None, config: Config) -> tuple[datetime | None, datetime | None]:
    """From when (None: at once) until when (None: without an end) something is on."""
    start, end = _to_come(begins, "--from", config), _to_come(until, "--until", config)
    if start and end and end <= start:
        stop(f"--until {end:%Y-%m-%d %H:%M} is before --from {start:%Y-%m-%d %H:%M}")
    return start, end


def _to_come(moment: datetime | None, option: str, config: Config) -> datetime | None:
    if moment is None:
        return None
    local = in_zone(moment, config.hotline.time_zone)
    try:  # it is kept in UTC and shown in the hotline's zone; neither may be past the year 9999
        local.astimezone(UTC).astimezone(ZoneInfo(config.hotline.time_zone))
    except OverflowError:
        stop(f"{option} {local:%Y-%m-%d %H:%M} is too far away; leave {option} out")
    if local <= now():
        stop(f"{option} {local:%Y-%m-%d %H:%M} is over already; name a moment to come")
    return local


def _when(begins: datetime | None, until: datetime | None, config: Config) -> str:
    zone = config.hotline.time_zone
    spoken = [
        f"{word} {moment.astimezone(ZoneInfo(zone)):%a %Y-%m-%d %H:%M}"
        for word, moment in (("from", begins), ("until", until))
        if moment is not None
    ]
    return f", {' '.join(spoken)} {zone}" if spoken else ""
