"""The command `ivr report`: what happened on the telephone, per day, step, queue, topic, agent or outcome of a talk."""

import json
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from ivr.app.agents import targets
from ivr.app.build import handlers_of
from ivr.app.figures import notes_of_calls
from ivr.call.prompts import choice_source
from ivr.cli.options import DayParam, config_option, configuration, now, opened, put, stop
from ivr.config import Config
from ivr.flow.issues import columns
from ivr.flow.model import FlowSet
from ivr.flow.picture import page
from ivr.flow.reading.reader import flow_sources, read_flows
from ivr.hotline.handlers import HandlerMistake
from ivr.hotline.reports import Known, Period, gather
from ivr.hotline.reports.format import as_csv, as_data, cell_text, for_spreadsheet, label
from ivr.hotline.reports.tables import BYS, By, Cell, Table, table
from ivr.hotline.reports.tally import Tally

DAYS = 7
GAP = "  "
MOST_WAYS = 4
"""How many ways out are shown in a terminal; a file has them all."""

BLOCKS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "How calls came out",
        (
            "calls", "contained", "contained_percent", "person", "transferred", "promised", "abandoned",
            "short_abandoned", "turned_away", "unanswered", "fault", "live", "unknown",
        ),
    ),
    (
        "Callers",
        (
            "calls", "median_seconds", "p90_seconds", "identified", "identified_percent", "repeated",
            "repeated_percent", "hung_up", "troubled",
        ),
    ),
    (
        "Waits for a person",
        ("waits", "wait_median", "wait_90", "wait_longest", "answer_mean", "service_level", "abandoned_percent"),
    ),
    (
        "Talks",
        ("handled", "handling_mean", "talk_seconds", "hold_seconds", "wrap_up_seconds", "transfers"),
    ),
    (
        "What was left",
        (
            "texts", "tickets", "voicemails", "callbacks", "callbacks_kept", "callbacks_failed", "callbacks_open",
            "callbacks_late_median", "callbacks_late_90",
        ),
    ),
    ("Surveys", ("surveys", "scores", "score_percent", "score_average", "score_scale")),
)  # fmt: skip
"""A day has more figures than a terminal has columns, so they come in blocks."""


class Day(DayParam):
    name = "day"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        try:
            return value if isinstance(value, date) else date.fromisoformat(str(value))
        except ValueError:
            self.fail(f'"{value}" is not a day; write 2026-11-22', param, ctx)


@click.command()
@click.option("--from", "first", type=Day(), help="The first day; six days before the last if not given.")
@click.option("--to", "last", type=Day(), help="The last day; today if not given.")
@click.option("--by", type=click.Choice(BYS), default="day", show_default=True, help="What the rows are.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "csv", "json", "html"]),
    default="text",
    show_default=True,
    help="html is a page of the flows with what happened in every step, whatever --by says.",
)
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="Write it to this file.")
@config_option
def report(
    first: date | None,
    last: date | None,
    by: By,
    form: str,
    output: Path | None,
    config_path: Path,
) -> None:
    """Say what happened on the telephone: the last seven days by day, or any days by step, queue, topic,
    agent or code: how talks ended.

    Days are those of the hotline's time zone; a call belongs to the day on which it began. CSV is for spreadsheets
    and no cell of it can become a formula. docs/reports.md says what each figure counts.
    """
    config = configuration(config_path)
    zone = ZoneInfo(config.hotline.time_zone)
    period = _period(first, last, zone)
    with opened(config) as store:
        flows = _flows(config)
        known = Known.of(flows, targets(config))
        tally = gather(store, period, known, agents=by == "agent")
    found = table(tally, by, config.hotline.languages)
    if form == "html":
        if flows is None:
            stop("the flows are broken, so there is nothing to draw; ivr check says what is wrong")
        text = on_the_map(flows, tally, period)
    elif form == "csv":
        text = as_csv(for_spreadsheet(found))
        for note in found.notes:
            click.echo(f"ivr: {note}", err=True)
    elif form == "json":
        told = {"from": period.first.isoformat(), "to": period.last.isoformat(), "time_zone": zone.key}
        text = json.dumps({**told, **as_data(found)}, ensure_ascii=False, indent=2) + "\n"
    else:
        text = "\n".join(_paragraphs(found, period)) + "\n"
    put(text, output, "utf-8-sig" if form == "csv" else "utf-8")  # spreadsheets know UTF-8 by a byte order mark


def _period(first: date | None, last: date | None, zone: ZoneInfo) -> Period:
    last = last or now().astimezone(zone).date()
    first = first or last - timedelta(days=DAYS - 1)
    if first > last:
        stop(f"--from {first} is after --to {last}")
    return Period(first, last, zone)


def _flows(config: Config) -> FlowSet | None:
    """The flows of now; None when they or handlers are broken. A report is made all the same."""
    sources, _ = flow_sources(config.flows)
    try:
        return read_flows(sources, config.hotline.start, config.hotline.languages, handlers_of(config))[0]
    except HandlerMistake:
        return None


def on_the_map(flows: FlowSet, tally: Tally, period: Period) -> str:
    """A page of the flows: how often callers came to each step, which way they took, and where they gave up."""
    legend = (
        f"{_title(period)}: {tally.total.calls:,}. Figures: how often callers came to a step and took each way out."
    )
    return page(flows, choice_source, notes_of_calls(tally), legend)


def _title(period: Period) -> str:
    return f"Calls from {period.first:%a %Y-%m-%d} to {period.last:%a %Y-%m-%d}, {period.zone.key}"


# --- for people -------------------------------------------------------------------------------------------------


def _paragraphs(found: Table, period: Period) -> Iterator[str]:
    yield _title(period)
    spoken = tuple(name for name in found.columns if name.startswith("language_"))
    blocks = [
        (title, (found.columns[0], *names, *(spoken if title == "Callers" else ()))) for title, names in BLOCKS
    ] if found.by == "day" else [("", found.columns)]  # fmt: skip
    for title, names in blocks:
        if found.by == "day" and names[1] != "calls" and not _any(found, names[1:]):
            continue
        yield ""
        if title:
            yield title
        yield from lines(found, names)
    if not found.rows:
        yield "nothing happened in these days"
    for note in found.notes:
        yield f"\n{note}"


def lines(found: Table, names: Sequence[str]) -> Iterator[str]:
    """Some columns of a table, those without any figure left out."""
    places = [found.columns.index(name) for name in names]
    places = [place for place in places if place < 2 or _any(found, (found.columns[place],))]
    rows = [
        [label(found.columns[place], "en") for place in places],
        *([_cell(found.columns[place], row[place]) for place in places] for row in found.rows),
    ]
    widths = [max(columns(row[n]) for row in rows) for n in range(len(places))]
    texts = [found.columns[n] == "ways" or any(isinstance(row[n], str) for row in found.rows) for n in places]
    for row in rows:
        cells = [
            cell + " " * (width - columns(cell)) if text else " " * (width - columns(cell)) + cell
            for cell, width, text in zip(row, widths, texts, strict=True)
        ]
        yield GAP.join(cells).rstrip()


def _any(found: Table, names: Sequence[str]) -> bool:
    """Whether there is a figure in these columns. Zero is none, except where it says that nobody was served in time."""
    return any(
        cell not in (None, "") and (cell != 0 or name == "service_level")
        for name in names
        for cell in (row[found.columns.index(name)] for row in found.rows)
    )


def _cell(name: str, cell: Cell) -> str:
    if name == "ways" and isinstance(cell, dict) and len(cell) > MOST_WAYS:
        some = dict(list(cell.items())[:MOST_WAYS])
        return f"{cell_text(name, some)}, … {sum(cell.values()) - sum(some.values())}"
    return cell_text(name, cell)
