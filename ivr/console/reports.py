"""Reports in the console: the days as charts, and every table; agents see the waits of their own queues.

Counted anew for each page, in this process: nothing of it is felt on the line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from flask import Response, request
from flask.typing import ResponseReturnValue

from ivr.console import charts
from ivr.console.routes import Route, Visit
from ivr.console.words import TABLES
from ivr.console.words import Table as Words
from ivr.hotline.reports import Period, Tally, gather
from ivr.hotline.reports.csv_safe import as_csv
from ivr.hotline.reports.format import for_spreadsheet, label, written
from ivr.hotline.reports.tables import BYS, By, Cell, Table, table

PAGE, FILE = "/console/reports", "/console/reports.csv"
LONGEST_DAYS = 92
"""What a page counts takes a second or two for a busy month; longer reports are asked of `ivr report`."""
WORST = 8
GROUPS: Mapping[str, Sequence[str]] = {
    "contained": ("contained",),
    "person": ("person", "transferred"),
    "promised": ("promised",),
    "lost": ("abandoned", "turned_away", "unanswered"),
    "other": ("fault", "live", "unknown"),
}
"""Outcomes as they are drawn, from the ground up: more colours than these nobody tells apart."""
HEADLINES = (
    "calls", "contained_percent", "person", "abandoned", "wait_median", "service_level", "callbacks_kept",
    "score_average",
)  # fmt: skip
LEFT_BEHIND = (
    "day", "texts", "tickets", "voicemails", "callbacks", "callbacks_kept", "callbacks_failed", "callbacks_open",
    "callbacks_late_median", "surveys", "scores", "score_average",
)  # fmt: skip
CAME_OUT = (
    "day", "calls", "contained", "person", "transferred", "promised", "abandoned", "turned_away", "unanswered",
    "fault", "live", "unknown",
)  # fmt: skip
WAITED = ("day", "waits", "wait_median", "wait_90", "wait_longest", "service_level")
GAVE_UP = ("step", "entered", "gave_up", "gave_up_percent", "noinput", "nomatch", "exhausted")

WORDS: Words = {
    "reports.title": ("报表", "Reports"),
    "reports.period": ("时间范围", "Period"),
    "reports.from": ("从", "From"),
    "reports.to": ("到", "To"),
    "reports.show": ("查看", "Show"),
    "reports.today": ("今天", "Today"),
    "reports.days": ("最近 {days} 天", "Last {days} days"),
    "reports.kinds": ("报表种类", "Kind of report"),
    "reports.by_day": ("按日", "By day"),
    "reports.by_step": ("按步骤", "By step"),
    "reports.by_queue": ("按队列", "By queue"),
    "reports.by_topic": ("按主题", "By topic"),
    "reports.by_agent": ("按客服", "By agent"),
    "reports.csv": ("下载表格（CSV）", "Download (CSV)"),
    "reports.as_table": ("以表格显示", "Show as a table"),
    "reports.nothing": ("这段时间没有数据。", "Nothing happened in these days."),
    "reports.summary": ("概览", "In short"),
    "reports.head_calls": ("来电", "Calls"),
    "reports.head_contained_percent": ("自助解决", "Answered without a person"),
    "reports.head_person": ("人工接听", "Reached a person"),
    "reports.head_abandoned": ("排队时放弃", "Gave up in a queue"),
    "reports.head_wait_median": ("等待中位数", "Median wait"),
    "reports.head_service_level": ("20 秒内接听", "Answered within 20 s"),
    "reports.head_callbacks_kept": ("已回电", "Callbacks kept"),
    "reports.head_score_average": ("评价平均分", "Survey average"),
    "reports.calls": ("每日来电及结果", "Calls per day, and how they came out"),
    "reports.calls_about": (
        "每通来电只计一个结果，归入来电开始的那一天。",
        "Each call has one outcome, and belongs to the day on which it began.",
    ),
    "reports.waits": ("等候人工的时间", "Waits for a person"),
    "reports.gave_up": ("来电者在哪里放弃", "Where callers give up"),
    "reports.gave_up_about": (
        "在此处挂机、且未得到答复的来电。",
        "Calls that ended here, by the caller, before anything was answered.",
    ),
    "reports.left": ("留待处理与评价", "What was left, and surveys"),
    "reports.too_long": (
        "页面最多显示 {days} 天，已从结束日期往前截取。更长的时间请使用 ivr report 命令。",
        "A page shows {days} days at most, so these are the last ones. For more, use the command ivr report.",
    ),
    "reports.gone": (
        "{calls} 通来电的通话记录已超过保存期限，其结果、步骤、等候、短信和评价不详。",
        "The transcripts of {calls} calls are no longer kept: their outcomes, steps, waits, texts and surveys are "
        "unknown.",
    ),
    "reports.group_contained": ("自助解决", "Answered without a person"),
    "reports.group_person": ("人工接听", "A person"),
    "reports.group_promised": ("已留待处理", "Promised"),
    "reports.group_lost": ("未解决", "Not helped"),
    "reports.group_other": ("其他", "Other"),
    "reports.median": ("中位数", "Median"),
    "reports.ninety": ("90% 不超过", "90% within"),
    "reports.no_topic": ("未进入主题", "No topic"),
}
TABLES.append(WORDS)


@dataclass(frozen=True, slots=True)
class Asked:
    """What an address asks for, put right where it makes no sense."""

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


def reports(visit: Visit) -> ResponseReturnValue:
    asked = _asked(visit)
    tally = gather(visit.office.store, asked.period, visit.office.known(), agents=asked.by == "agent")
    found = _table(visit, tally, asked.by)
    today = visit.now().astimezone(asked.period.zone).date()
    return visit.page(
        "reports.html",
        asked=asked,
        query=f"from={asked.period.first}&to={asked.period.last}",
        today=today,
        presets=[(days, today - timedelta(days=days - 1)) for days in (1, 7, 30)],
        kinds=BYS if visit.is_supervisor else (),
        gone=tally.total.outcomes["unknown"],
        longest=LONGEST_DAYS,
        found=_shown(visit, found, found.columns),
        **(_overview(visit, tally, found) if asked.by == "day" else {}),
    )


def download(visit: Visit) -> ResponseReturnValue:
    """The whole table as a file for a spreadsheet."""
    asked = _asked(visit)
    tally = gather(visit.office.store, asked.period, visit.office.known(), agents=asked.by == "agent")
    visit.did("report", f"{asked.by} {asked.period.first} {asked.period.last}")
    text = as_csv(for_spreadsheet(_table(visit, tally, asked.by)))
    name = f"{asked.by}-{asked.period.first}-{asked.period.last}.csv"
    response = Response(text.encode("utf-8-sig"), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


ROUTES = (
    Route("reports", PAGE, reports, title="reports.title", key="p", icon="chart"),
    Route("reports_file", FILE, download, needs="supervisor"),
)


# --- what is asked ------------------------------------------------------------------------------------------------


def _asked(visit: Visit) -> Asked:
    zone = ZoneInfo(visit.office.time_zone)
    today = visit.now().astimezone(zone).date()
    last = _day(request.args.get("to", ""), today)
    first = _day(request.args.get("from", ""), last - timedelta(days=6))
    first, last = min(first, last), max(first, last)
    earliest = last - timedelta(days=LONGEST_DAYS - 1)
    wanted = request.args.get("by", "")
    by = next((by for by in BYS if by == wanted), BYS[0]) if visit.is_supervisor else "queue"
    return Asked(Period(max(first, earliest), last, zone), by, first < earliest)


def _day(text: str, otherwise: date) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return otherwise
    return day if 1970 < day.year < 9000 else otherwise


def _table(visit: Visit, tally: Tally, by: By) -> Table:
    queues = None if visit.is_supervisor else visit.agent.queues
    return table(tally, by, visit.office.languages, queues)


# --- what is shown ------------------------------------------------------------------------------------------------


def _shown(visit: Visit, found: Table, columns: Sequence[str]) -> Shown:
    places = [found.columns.index(name) for name in columns]
    return Shown(
        tuple((name, label(name, visit.language)) for name in columns),
        tuple(
            tuple((found.columns[place], _cell(visit, found, place, row[place])) for place in places)
            for row in found.rows
        ),
        has_total=found.by == "day",
    )


def _cell(visit: Visit, found: Table, place: int, cell: Cell) -> str:
    """Names as people at the desk know them, figures as they are written everywhere."""
    name = found.columns[place]
    if place == 0 and found.by == "agent" and cell in visit.office.agents:
        return visit.office.agents[str(cell)].called(visit.language)
    if place == 0 and found.by == "topic":
        return visit.t("reports.no_topic") if cell == "–" else str(cell).replace("_", " ")
    return written(name, cell, visit.language)


def _overview(visit: Visit, tally: Tally, found: Table) -> dict[str, object]:
    """The charts of the days, each with the table that says the same."""
    total = dict(zip(found.columns, found.rows[-1], strict=True))
    steps = table(tally, "step")
    worst = Table("step", steps.columns, tuple(row for row in steps.rows if row[3])[:WORST])
    return {
        "headlines": [
            (visit.t(f"reports.head_{name}"), written(name, total[name], visit.language)) for name in HEADLINES
        ],
        "groups": tuple(GROUPS),
        "calls": charts.stacked(_of_calls(visit, tally)),
        "calls_table": _shown(visit, found, CAME_OUT),
        "waits": charts.nested(_of_waits(visit, tally), lambda seconds: written("wait_90", seconds)),
        "waits_table": _shown(visit, found, WAITED),
        "has_waits": tally.total.waits.all.count > 0,
        "gave_up": charts.lying([(str(row[0]), _whole(row[3]), f"{row[0]}: {row[3]}") for row in worst.rows], "lost"),
        "gave_up_table": _shown(visit, worst, GAVE_UP),
        "left_table": _shown(visit, found, LEFT_BEHIND),
    }


def _of_calls(visit: Visit, tally: Tally) -> charts.Bars:
    bars = []
    for day, sums in tally.days.items():
        counts = charts.grouped(sums.outcomes, GROUPS)
        pieces = [
            (group, count, f"{day:%m-%d} {visit.t(f'reports.group_{group}')}: {count}")
            for group, count in counts.items()
        ]
        bars.append((f"{day:%m-%d}", pieces))
    return bars


def _of_waits(visit: Visit, tally: Tally) -> charts.Bars:
    bars = []
    for day, sums in tally.days.items():
        waits = sums.waits.all
        pieces = [
            (name, float(seconds), f"{day:%m-%d} {visit.t(f'reports.{name}')}: {written('wait_90', seconds)}")
            for name, percent in (("ninety", 90), ("median", 50))
            if (seconds := waits.at(percent)) is not None
        ]
        bars.append((f"{day:%m-%d}", pieces))
    return bars


def _whole(cell: Cell) -> int:
    return cell if isinstance(cell, int) else 0
