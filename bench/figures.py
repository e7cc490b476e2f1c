"""What a measurement found, and how it is shown: a table for people, JSON for the next comparison."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from unicodedata import east_asian_width


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table: the median of what was measured, and the least and most of its rounds.

    `ratio` is the value over its budget, or over what it is compared with; `budget` says which, in words.
    """

    name: str
    unit: str
    median: float
    least: float
    most: float
    budget: str = ""
    ratio: float | None = None
    note: str = ""


def figure(
    name: str, unit: str, rounds: Sequence[float], *, limit: float | None = None, budget: str = "", note: str = ""
) -> Figure:
    """A figure from the values of several rounds; `limit` is the number that `budget` names."""
    median = statistics.median(rounds)
    if limit is not None and not budget:
        budget = f"{limit:g} {unit}".rstrip()
    return Figure(name, unit, median, min(rounds), max(rounds), budget, median / limit if limit else None, note)


def table(title: str, figures: Sequence[Figure]) -> str:
    """The figures of one part as lines of text under its title."""
    head = ("", "median", "least … most", "unit", "budget", "of budget", "")
    rows = [head, *(_row(one) for one in figures)]
    rows = [row if any(other[-1] for other in rows) else row[:-1] for row in rows]
    widths = [max(_width(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(_fit(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([title, "-" * len(title), *lines, ""])


def fallen(figures: Sequence[Figure], kept: Mapping[str, float]) -> list[str]:
    """The ratios that fell below what was kept, even in their best round: a single bad round is noise."""
    found = {one.name: one for one in figures if one.unit == "ratio"}
    return [
        f"{name}: {found[name].median:.2f} at the most {found[name].most:.2f}, kept at {least:g}"
        for name, least in kept.items()
        if name in found and found[name].most < least
    ]


def as_data(figures: Sequence[Figure]) -> list[dict[str, object]]:
    """The figures as JSON takes them."""
    return [asdict(one) for one in figures]


def _row(one: Figure) -> tuple[str, ...]:
    spread = "" if one.least == one.most else f"{_number(one.least)} … {_number(one.most)}"
    ratio = "" if one.ratio is None else f"{one.ratio:.2f}"
    return one.name, _number(one.median), spread, one.unit, one.budget, ratio, one.note


def _number(value: float) -> str:
    if value and abs(value) < 10:
        return f"{value:.2f}"
    return f"{value:,.1f}" if abs(value) < 1_000 else f"{value:,.0f}"


def _width(text: str) -> int:
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def _fit(text: str, width: int) -> str:
    return text + " " * (width - _width(text))
