"""How figures are shown: column names in every language of the hotline, cells as text, as data, or as CSV in which no
cell can become a formula."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ivr.hotline.reports.tables import Cell, Table
from ivr.texts.load import load_texts

NOTHING = "–"
"""What stands where nothing was measured."""

LABELS = load_texts(Path(__file__).with_name("labels.yaml"))
"""What each column, and each way out that no flow has written, is called on a page or in a terminal; files keep its
name."""

TRIGGERS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a spreadsheet takes for the beginning of a formula; the last four are =, +, - and @ in full width, which Chinese
and Japanese editions read like the narrow ones. Source: OWASP, "CSV Injection"."""

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
        return length(cell)
    if column in PERCENTS:
        return f"{cell}%"
    if isinstance(cell, Mapping):
        ways = {name: LABELS[name][language] if name.startswith("(") else name for name in cell}
        return ", ".join(f"{ways[name]} {count}" for name, count in cell.items())
    return LABELS[cell][language] if cell in ("total", "removed") else str(cell)


def length(seconds: float | None) -> str:
    """A length of time: 0:07, 3:07, 1:02:07."""
    if seconds is None:
        return NOTHING
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


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


def as_csv(rows: Sequence[Sequence[str]]) -> str:
    """CSV by RFC 4180; a cell that would be read as a formula gets an apostrophe before it."""
    written = io.StringIO(newline="")
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerows([f"'{cell}" if _is_formula(cell) else cell for cell in row] for row in rows)
    return written.getvalue()


def from_csv(lines: Iterable[str], delimiter: str = ",") -> list[list[str]]:
    """The cells that were given to `as_csv`."""
    return [[cell[1:] if cell.startswith("'") and _is_formula(cell) else cell for cell in row]
            for row in csv.reader(lines, delimiter=delimiter)]  # fmt: skip


def _is_formula(cell: str) -> bool:
    return cell.lstrip("'").startswith(TRIGGERS)
