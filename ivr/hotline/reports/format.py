"""How figures are shown: column names in every language of the hotline, cells as text or as data."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ivr.hotline.reports.path import ELSEWHERE, ENDED, FAULT, HUNG_UP, LIMIT, OVER, STILL_THERE
from ivr.hotline.reports.tables import Cell, Table
from ivr.texts.load import load_texts

NOTHING = "–"
"""What stands where nothing was measured."""

LABELS = load_texts(Path(__file__).with_name("labels.yaml"))
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
    ("median_seconds", "p90_seconds", "stay_median", "wait_median", "wait_90", "wait_longest", "answer_mean",
     "handling_mean", "talk_seconds", "talk_median", "hold_seconds", "wrap_up_seconds", "wrap_up_median",
     "there_seconds", "told_mean")
)  # fmt: skip
PERCENTS = frozenset(
    ("contained_percent", "identified_percent", "score_percent", "service_level", "gave_up_percent",
     "abandoned_percent", "repeated_percent", "occupancy", "told_percent")
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
    return LABELS[cell][language] if cell in ("total", "removed") else str(cell)


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
