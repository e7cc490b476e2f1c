"""Commands about what is kept: the record of a call, tickets, and erasing everything about a phone number."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, get_args
from zoneinfo import ZoneInfo

import click

from ivr.call.pace import as_heard
from ivr.cli.options import Caller, config_option, configuration, opened, stop
from ivr.hotline.reports.format import as_csv
from ivr.store import CallRow, Store, TicketRow
from ivr.store.vocabulary import TicketStatus

LISTED = 20
SEARCHED = 2_000
"""Among how many of the latest calls the beginning of an id is looked for."""

# --- calls ------------------------------------------------------------------------------------------------------


@click.command()
@click.argument("call_id", metavar="[CALL]", required=False)
@config_option
def show(call_id: str | None, config_path: Path) -> None:
    """Show the record of CALL (its id, or how it begins), or list the latest calls."""
    config = configuration(config_path)
    zone = ZoneInfo(config.hotline.time_zone)
    with opened(config) as store:
        if call_id is None:
            rows = store.calls(LISTED)
            for row in rows:
                click.echo(_listed(row, zone))
            if not rows:
                click.echo('no calls yet; "ivr call" makes one')
            return
        found = found_call(store, call_id)
        click.echo(_heading(found, zone))
        for line in _turns(store, found.id, zone):
            click.echo(line)
        for line in _left_behind(store, found.id, zone):
            click.echo(line)


def found_call(store: Store, call_id: str) -> CallRow:
    """The call of this id, or the one that begins so; ends the command where there is none, or more than one."""
    exact = store.call(call_id)
    if exact is not None:
        return exact
    alike = [row for row in store.calls(SEARCHED) if call_id and row.id.lower().startswith(call_id.lower())]
    if len(alike) > 1:
        stop(f'{len(alike)} calls begin with "{call_id}"; write more of the id: {", ".join(r.id for r in alike[:3])}')
    if not alike:
        stop(f'there is no call "{call_id}"; "ivr show" lists the latest ones')
    return alike[0]


def _listed(row: CallRow, zone: ZoneInfo) -> str:
    length = "" if row.seconds is None else f"{row.seconds // 60}:{row.seconds % 60:02}"
    return f"{row.id}  {_at(row.started_at, zone)}  {row.status:<10} {length:>6}  {row.language}  {row.turn:>3} turns"


def _heading(row: CallRow, zone: ZoneInfo) -> str:
    length = "" if row.seconds is None else f" after {row.seconds // 60}:{row.seconds % 60:02}"
    account = f", account {row.account}" if row.account else ""
    caller = row.from_number or "a withheld number"
    return f"{row.id}\n{_at(row.started_at, zone)} {zone.key}, {row.status}{length}, from {caller}{account}"


def _turns(store: Store, call_id: str, zone: ZoneInfo) -> Iterator[str]:
    """Each turn: when, what the caller did (never what was keyed in), the way through the flows, and what was said."""
    turns = store.turns(call_id)
    if not turns:
        yield "  the transcript is no longer kept"
    for turn, events in zip(turns, as_heard(turns), strict=True):
        yield f"\n{turn.turn:>3}  {turn.at.astimezone(zone):%H:%M:%S}  {turn.input_kind}"
        for event in events:
            told = _event(event)
            if told:
                yield f"     {told}"


def _event(event: Mapping[str, Any]) -> str:
    """One event in words, or "" for one that says nothing new."""
    match event:
        case {"type": "Said", "text": text, "language": language}:
            return f"{language:<8}  {text}"
        case {"type": "Played", "text": text}:
            return f"played    {text}"
        case {"type": "Moved", "state": state, "outcome": outcome}:
            return f"          {state} → {outcome}{' → ' + event['to'] if event.get('to') else ''}"
        case {"type": "TryUsed", "cause": cause, "used": used, "allowed": allowed}:
            return f"          {cause}, try {used} of {allowed}"
        case {"type": "Entered" | "Took" | "Gathering" | "Check"}:
            return ""
        case {"type": "LookUp", "handler": handler}:
            return f"look-up   {handler} {_plain(event.get('given', {}))}".rstrip()
        case {"type": "TextSent", "to": to, "body": body}:
            return f"text      to {to}: {body}"
        case {"type": kind, **rest}:
            told = ", ".join(f"{name} {_plain(value)}" for name, value in rest.items())
            return f"{_KINDS.get(str(kind), str(kind).lower()):<10}{told}".rstrip()
    return ""


_KINDS = {
    "Identified": "who", "TicketOpened": "ticket", "TicketAmended": "ticket", "CallbackBooked": "call back",
    "SurveyAnswered": "survey",
    "LanguageChanged": "language", "Queueing": "queue", "Transferring": "transfer", "Ended": "end", "Guarded": "limit",
}  # fmt: skip
"""Events in a support lead's words."""


def _plain(value: Any) -> str:
    match value:
        case {}:
            return " ".join(f"{name}={_plain(each)}" for name, each in value.items())
        case [str(), str(text)]:  # a value with its kind
            return text
        case list():
            return " ".join(map(str, value))
    return str(value)


def _left_behind(store: Store, call_id: str, zone: ZoneInfo) -> Iterator[str]:
    yield ""
    for ticket in reversed(store.tickets(call_id=call_id)):
        incomplete = "" if ticket.complete else ", incomplete"
        yield f"ticket     {ticket.reference}  {ticket.topic}, {ticket.priority}, {ticket.status}{incomplete}"
    for callback in store.callbacks(call_id=call_id):
        yield f"call back  {_at(callback.due_at, zone)} by {callback.queue}, {callback.status}"
    for recording in store.recordings(call_id):
        yield f"recording  {recording.seconds} seconds  {recording.url}"


def _at(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"


# --- tickets ----------------------------------------------------------------------------------------------------

COLUMNS = (
    "reference", "opened", "topic", "priority", "status", "language", "account", "phone", "complete", "hurried", "note",
    "about", "call",
)  # fmt: skip
ALL = 1_000_000


@click.command()
@click.option("--format", "form", type=click.Choice(["text", "csv"]), default="text", show_default=True)
@click.option("--status", type=click.Choice(get_args(TicketStatus)), help="Only those in this state.")
@click.option("--topic", default="", help="Only those about this topic.")
@config_option
def tickets(form: str, status: TicketStatus | None, topic: str, config_path: Path) -> None:
    """List tickets, newest first. As CSV, all of them, for a spreadsheet: no cell can become a formula there."""
    config = configuration(config_path)
    zone = ZoneInfo(config.hotline.time_zone)
    with opened(config) as store:
        rows = store.tickets(ALL if form == "csv" else 50, status=status or "", topic=topic)
    if form == "csv":
        click.echo(as_csv([COLUMNS, *(_cells(row, zone) for row in rows)]), nl=False)
        return
    for row in rows:
        incomplete = "" if row.complete else "  incomplete"
        told = f"{row.topic:<20} {row.priority:<7} {row.status:<8}"
        click.echo(f"{row.reference}  {_at(row.opened_at, zone)}  {told} {row.call_id}{incomplete}")
    if not rows:
        click.echo("no tickets")


def _cells(row: TicketRow, zone: ZoneInfo) -> tuple[str, ...]:
    about = json.loads(row.about or "{}")
    told = "; ".join(f"{name}: {_plain(value)}" for name, value in about.items())
    return (
        row.reference, _at(row.opened_at, zone), row.topic, row.priority, row.status, row.language, row.account,
        row.phone, "yes" if row.complete else "no", str(row.hurries), row.note, told, row.call_id,
    )  # fmt: skip


# --- erasing ----------------------------------------------------------------------------------------------------


@click.command()
@click.argument("number", type=Caller(numbers_only=True), required=False)
@click.option("--account", default="", metavar="ACCOUNT", help="Erase what is about an account, as callers key it in.")
@config_option
def erase(number: str | None, account: str, config_path: Path) -> None:
    """Erase everything about NUMBER (with + and country code): calls, tickets, call backs, recordings, messages.

    Calls from it, to it, and in which it was mentioned, and counts of wrong answers. With --account the same for an
    account, with or without a number. What was erased cannot be brought back.
    """
    if not (number or account):
        stop("name what to erase: a NUMBER, or an account with --account")
    gone: Counter[str] = Counter()
    config = configuration(config_path)
    with opened(config) as store:
        for who in filter(None, (number, account)):
            gone.update(store.erase(who))
    live = gone.pop("live", 0)
    total = sum(gone.values())
    what = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in gone.items() if count)
    click.echo(f"{total} {'record' if total == 1 else 'records'} erased{f': {what}' if what else ''}")
    if total and config.store_url.startswith("postgres"):
        click.echo("parts stay in the files of PostgreSQL until their pages are used again, or until VACUUM FULL")
    if live:
        goes, them = ("call goes", "it has") if live == 1 else ("calls go", "they have")
        click.echo(f"{live} {goes} on and {'was' if live == 1 else 'were'} kept; erase again when {them} ended")
