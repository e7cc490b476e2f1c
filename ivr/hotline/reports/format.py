"""How figures are shown: column names in every language of the hotline, cells as text or as data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ivr.hotline.reports.path import ELSEWHERE, ENDED, FAULT, HUNG_UP, LIMIT, OVER, STILL_THERE
from ivr.hotline.reports.tables import Cell, Table

NOTHING = "–"
"""What stands where nothing was measured."""

LABELS: Mapping[str, Mapping[str, str]] = {
    "day": {"zh": "日期", "en": "day"},
    "calls": {"zh": "来电", "en": "calls"},
    "contained": {"zh": "自助解决", "en": "answered without a person"},
    "contained_percent": {"zh": "自助解决率", "en": "of them"},
    "person": {"zh": "人工接听", "en": "reached a person"},
    "transferred": {"zh": "转至外线", "en": "transferred"},
    "promised": {"zh": "已留待处理", "en": "promised"},
    "abandoned": {"zh": "排队时放弃", "en": "abandoned in a queue"},
    "turned_away": {"zh": "未能接通人工", "en": "turned away"},
    "unanswered": {"zh": "未得到答复", "en": "unanswered"},
    "fault": {"zh": "故障或超限", "en": "fault or limit"},
    "live": {"zh": "通话中", "en": "going on"},
    "unknown": {"zh": "记录已清除", "en": "no longer known"},
    "hung_up": {"zh": "提问时挂机", "en": "hung up when asked"},
    "troubled": {"zh": "出过故障或超限", "en": "had a fault or limit"},
    "median_seconds": {"zh": "时长中位数", "en": "median length"},
    "p90_seconds": {"zh": "时长（90%）", "en": "90% within"},
    "identified": {"zh": "已验证身份", "en": "identified"},
    "identified_percent": {"zh": "验证率", "en": "of calls"},
    "texts": {"zh": "短信", "en": "texts"},
    "tickets": {"zh": "工单", "en": "tickets"},
    "voicemails": {"zh": "留言", "en": "voicemails"},
    "callbacks": {"zh": "预约回电", "en": "callbacks"},
    "callbacks_kept": {"zh": "已回电", "en": "kept"},
    "callbacks_failed": {"zh": "未联系上", "en": "failed"},
    "callbacks_open": {"zh": "待回电", "en": "open"},
    "callbacks_late_median": {"zh": "迟到（分钟，中位数）", "en": "minutes late, median"},
    "callbacks_late_90": {"zh": "迟到（分钟，90%）", "en": "minutes late, 90%"},
    "surveys": {"zh": "邀请评价", "en": "surveys"},
    "scores": {"zh": "已评价", "en": "answers"},
    "score_average": {"zh": "平均分", "en": "average"},
    "score_scale": {"zh": "满分", "en": "out of"},
    "score_percent": {"zh": "参评率", "en": "answered"},
    "waits": {"zh": "排队人次", "en": "waits"},
    "wait_median": {"zh": "等待中位数", "en": "median wait"},
    "wait_90": {"zh": "等待（90%）", "en": "90% within"},
    "wait_longest": {"zh": "最长等待", "en": "longest wait"},
    "service_level": {"zh": "20秒内接听", "en": "answered in 20 s"},
    "step": {"zh": "步骤", "en": "step"},
    "kind": {"zh": "类型", "en": "kind"},
    "entered": {"zh": "进入", "en": "entered"},
    "gave_up": {"zh": "在此放弃", "en": "gave up"},
    "gave_up_percent": {"zh": "放弃率", "en": "of entered"},
    "noinput": {"zh": "无输入", "en": "noinput"},
    "nomatch": {"zh": "未识别", "en": "nomatch"},
    "exhausted": {"zh": "次数用完", "en": "exhausted"},
    "stay_median": {"zh": "停留中位数", "en": "median stay"},
    "ways": {"zh": "离开方式", "en": "ways out"},
    "now": {"zh": "备注", "en": ""},
    "queue": {"zh": "队列", "en": "queue"},
    "joined": {"zh": "进入队列", "en": "joined"},
    "answered": {"zh": "已接听", "en": "answered"},
    "left": {"zh": "按键离开", "en": "left by key"},
    "timeout": {"zh": "等待超时", "en": "timed out"},
    "failed": {"zh": "接通失败", "en": "failed"},
    "nobody": {"zh": "无人值守", "en": "nobody there"},
    "full": {"zh": "队列已满", "en": "full"},
    "waiting": {"zh": "等待中", "en": "waiting now"},
    "topic": {"zh": "主题", "en": "topic"},
    "came_up": {"zh": "涉及", "en": "came up"},
    "agent": {"zh": "客服", "en": "agent"},
    "offered": {"zh": "振铃", "en": "offered"},
    "talks": {"zh": "通话", "en": "talks"},
    "missed": {"zh": "未接", "en": "missed"},
    "refused": {"zh": "拒接", "en": "refused"},
    "lost": {"zh": "掉线", "en": "lost"},
    "consulted": {"zh": "协助", "en": "consulted"},
    "talk_seconds": {"zh": "通话总时长", "en": "talk time"},
    "talk_median": {"zh": "通话中位数", "en": "median talk"},
    "wrap_up_seconds": {"zh": "整理总时长", "en": "wrap-up time"},
    "wrap_up_median": {"zh": "整理中位数", "en": "median wrap-up"},
    "total": {"zh": "合计", "en": "total"},
    "gone": {"zh": "现流程中已无", "en": "no longer in the flows"},
}
"""What each column is called on a page or in a terminal; files keep its name."""

WAYS: Mapping[str, Mapping[str, str]] = {
    HUNG_UP: {"zh": "（挂机）"},
    OVER: {"zh": "（通话已结束）"},
    ENDED: {"zh": "（由系统结束）"},
    LIMIT: {"zh": "（超限）"},
    FAULT: {"zh": "（故障）"},
    STILL_THERE: {"zh": "（通话中）"},
    ELSEWHERE: {"zh": "（按键离开流程）"},
}
"""Ways that no flow has written, where a language has words of its own for them."""

DURATIONS = frozenset(
    ("median_seconds", "p90_seconds", "stay_median", "wait_median", "wait_90", "wait_longest", "talk_seconds",
     "talk_median", "wrap_up_seconds", "wrap_up_median")
)  # fmt: skip
PERCENTS = frozenset(
    ("contained_percent", "identified_percent", "score_percent", "service_level", "gave_up_percent")
)  # fmt: skip


def label(column: str, language: str) -> str:
    """A column's name for people; the languages of callers are called by their codes."""
    if column.startswith("language_"):
        return column.removeprefix("language_")
    return LABELS[column][language]


def cell_text(column: str, cell: Cell, language: str = "en") -> str:
    """A cell for people: durations as minutes and seconds, shares with their sign, nothing as a dash."""
    if cell is None:
        return NOTHING
    if column in DURATIONS and isinstance(cell, int):
        minutes, seconds = divmod(cell, 60)
        hours, minutes = divmod(minutes, 60)
        return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
    if column in PERCENTS:
        return f"{cell}%"
    if isinstance(cell, Mapping):
        return ", ".join(f"{_way(name, language)} {count}" for name, count in cell.items())
    return LABELS[cell][language] if cell in ("total", "gone") else str(cell)


def _way(name: str, language: str) -> str:
    return WAYS.get(name, {}).get(language, name)


def for_spreadsheet(table: Table) -> list[list[str]]:
    """Header and rows as bare text, durations in seconds: what is not known is empty."""
    return [list(table.columns), *([_bare(cell) for cell in row] for row in table.rows)]


def as_data(table: Table) -> dict[str, Any]:
    """The table as JSON takes it: a list of rows by column name, and the notes."""
    rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    return {"by": table.by, "rows": rows, "notes": list(table.notes)}


def _bare(cell: Cell) -> str:
    if isinstance(cell, Mapping):
        return "; ".join(f"{name}: {count}" for name, count in cell.items())
    return "" if cell is None else str(cell)
