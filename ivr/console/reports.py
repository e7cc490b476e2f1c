"""Reports in the console: the days as charts, and every table; agents see the waits of their own queues.

Counted for each page anew, in this process, so that webhooks are not slowed down.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from flask import Response, request
from flask.typing import ResponseReturnValue

from ivr.agents.texts import code_title
from ivr.console import charts
from ivr.console.lists import day_of
from ivr.console.routes import LoginSession, Route
from ivr.hotline.reports import Period, Tally, gather
from ivr.hotline.reports.format import as_csv, cell_text, for_spreadsheet, label
from ivr.hotline.reports.tables import BYS, By, Cell, Table, table

PAGE, FILE = "/console/reports", "/console/reports.csv"
LONGEST_DAYS = 92
"""What a page counts takes a second or two for a busy month; longer reports are asked of `ivr report`."""
WORST = 8
GROUPS: Mapping[str, Sequence[str]] = {
    "contained": ("contained",),
    "person": ("person", "transferred"),
    "promised": ("promised",),
    "lost": ("abandoned", "short_abandoned", "turned_away", "unanswered"),
    "other": ("fault", "live", "unknown"),
}
"""Outcomes in the order drawn, from the bottom up. More colours could not be told apart."""
HEADLINES = (
    "calls", "contained_percent", "service_level", "answer_mean", "abandoned_percent", "handling_mean",
    "repeated_percent", "score_average",
)  # fmt: skip
LEFT_BEHIND = (
    "day", "texts", "tickets", "voicemails", "callbacks", "callbacks_kept", "callbacks_failed", "callbacks_open",
    "callbacks_late_median", "surveys", "scores", "score_average",
)  # fmt: skip
CAME_OUT = (
    "day", "calls", "contained", "person", "transferred", "promised", "abandoned", "short_abandoned", "turned_away",
    "unanswered", "fault", "live", "unknown",
)  # fmt: skip
WAITED = (
    "day", "waits", "wait_median", "wait_90", "wait_longest", "answer_mean", "service_level", "abandoned_percent",
)  # fmt: skip
GAVE_UP = ("step", "entered", "gave_up", "gave_up_percent", "noinput", "nomatch", "exhausted")


@dataclass(frozen=True, slots=True)
class ReportRequest:
    """What an address asks for, corrected where it makes no sense."""

    period: Period
    by: By
    cut: bool = False
    """More days were asked for than a page shows."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A table for a template: heads and rows in words, a cell's column kept beside it."""

    columns: tuple[tuple[str, str], ...]
    rows: tuple[tuple[tuple[str, str], ...], ...]
    has_total: bool


def reports(session: LoginSession) -> ResponseReturnValue:
    asked = _asked(session)
    tally = gather(session.context.store, asked.period, session.context.known(), agents=asked.by == "agent")
    found = _table(session, tally, asked.by)
    today = session.now().astimezone(asked.period.zone).date()
    return session.page(
        "reports.html",
        asked=asked,
        query=f"from={asked.period.first}&to={asked.period.last}",
        today=today,
        presets=[(days, today - timedelta(days=days - 1)) for days in (1, 7, 30)],
        kinds=BYS if session.is_supervisor else (),
        gone=tally.total.outcomes["unknown"],
        longest=LONGEST_DAYS,
        found=_shown(session, tally, found, [name for name in found.columns if name != "title"]),
        **(_overview(session, tally, found) if asked.by == "day" else {}),
    )


def download(session: LoginSession) -> ResponseReturnValue:
    asked = _asked(session)
    tally = gather(session.context.store, asked.period, session.context.known(), agents=asked.by == "agent")
    session.record("report", f"{asked.by} {asked.period.first} {asked.period.last}")
    text = as_csv(for_spreadsheet(_table(session, tally, asked.by)))
    name = f"{asked.by}-{asked.period.first}-{asked.period.last}.csv"
    response = Response(text.encode("utf-8-sig"), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


ROUTES = (
    Route("reports", PAGE, reports, title="reports.title", key="p", icon="chart"),
    Route("reports_file", FILE, download, needs="supervisor"),
)


# --- what is asked ------------------------------------------------------------------------------------------------


def _asked(session: LoginSession) -> ReportRequest:
    zone = ZoneInfo(session.context.time_zone)
    today = session.now().astimezone(zone).date()
    last = day_of(request.args.get("to", "")) or today
    first = day_of(request.args.get("from", "")) or last - timedelta(days=6)
    first, last = min(first, last), max(first, last)
    earliest = last - timedelta(days=LONGEST_DAYS - 1)
    wanted = request.args.get("by", "")
    by = next((by for by in BYS if by == wanted), BYS[0]) if session.is_supervisor else "queue"
    return ReportRequest(Period(max(first, earliest), last, zone), by, first < earliest)


def _table(session: LoginSession, tally: Tally, by: By) -> Table:
    queues = None if session.is_supervisor else session.agent.queues
    return table(tally, by, session.context.languages, queues)


# --- what is shown ------------------------------------------------------------------------------------------------


def _shown(session: LoginSession, tally: Tally, found: Table, columns: Sequence[str]) -> Shown:
    places = [found.columns.index(name) for name in columns]
    return Shown(
        tuple((name, label(name, session.language)) for name in columns),
        tuple(
            tuple((found.columns[place], _cell(session, tally, found, place, row[place])) for place in places)
            for row in found.rows
        ),
        has_total=found.by == "day",
    )


def _cell(session: LoginSession, tally: Tally, found: Table, place: int, cell: Cell) -> str:
    """Names as agents know them, figures as they are written everywhere."""
    name = found.columns[place]
    if place == 0 and found.by == "agent" and cell in session.context.agents:
        return session.context.agents[str(cell)].called(session.language)
    if place == 0 and found.by == "step":
        return _step(session, tally, cell)
    services = session.context.services
    if place == 0 and found.by == "topic":
        words = services.timelines.topic(str(cell), session.language) if services else str(cell).replace("_", " ")
        return session.t("reports.no_topic") if cell == "–" else words
    if place == 0 and found.by == "queue" and services is not None:
        return services.boards.title(str(cell), session.language)
    if place == 0 and found.by == "code":
        return code_title(session.context.codes, str(cell), session.language)
    return cell_text(name, cell, session.language)


def _overview(session: LoginSession, tally: Tally, found: Table) -> dict[str, object]:
    """The charts of the days, each with the table that says the same."""
    total = dict(zip(found.columns, found.rows[-1], strict=True))
    steps = table(tally, "step")
    gave_up = steps.columns.index("gave_up")
    worst = Table("step", steps.columns, tuple(row for row in steps.rows if row[gave_up])[:WORST])
    return {
        "headlines": [
            (session.t(f"reports.head_{name}"), cell_text(name, total[name], session.language)) for name in HEADLINES
        ],
        "groups": tuple(GROUPS),
        "calls": charts.stacked(_of_calls(session, tally)),
        "calls_table": _shown(session, tally, found, CAME_OUT),
        "waits": charts.nested(_of_waits(session, tally), lambda seconds: cell_text("wait_90", seconds)),
        "waits_table": _shown(session, tally, found, WAITED),
        "has_waits": tally.total.waits.over.count > 0,
        "gave_up": charts.lying(
            [
                (title, _whole(row[gave_up]), f"{title}: {row[gave_up]}")
                for row in worst.rows
                for title in [_step(session, tally, row[0])]
            ],
            "lost",
        ),
        "gave_up_table": _shown(session, tally, worst, GAVE_UP),
        "left_table": _shown(session, tally, found, LEFT_BEHIND),
    }


def _of_calls(session: LoginSession, tally: Tally) -> charts.Bars:
    bars = []
    for day, sums in tally.days.items():
        counts = charts.grouped(sums.outcomes, GROUPS)
        pieces = [
            (group, count, f"{day:%m-%d} {session.t(f'reports.group_{group}')}: {count}")
            for group, count in counts.items()
        ]
        bars.append((f"{day:%m-%d}", pieces))
    return bars


def _of_waits(session: LoginSession, tally: Tally) -> charts.Bars:
    bars = []
    for day, sums in tally.days.items():
        waits = sums.waits.over
        pieces = [
            (name, float(seconds), f"{day:%m-%d} {session.t(f'reports.{name}')}: {cell_text('wait_90', seconds)}")
            for name, percent in (("ninety", 90), ("median", 50))
            if (seconds := waits.at(percent)) is not None
        ]
        bars.append((f"{day:%m-%d}", pieces))
    return bars


def _step(session: LoginSession, tally: Tally, state: Cell) -> str:
    """A step by its title: what it is about, and what it says first. One that says nothing goes by its name."""
    titles = tally.known.titles.get(str(state), {})
    return titles.get(session.language) or next(iter(titles.values()), str(state))


def _whole(cell: Cell) -> int:
    return cell if isinstance(cell, int) else 0
