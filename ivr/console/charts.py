"""Charts as plain geometry: numbers in, places of bars and words out. A template draws them as SVG.

Nothing here needs a script or a style attribute, which the browser would refuse; colours come from classes.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

WIDE, NARROW = 960, 460
"""Of a chart that has the page for itself, and of one beside another."""
LEFT, RIGHT, TOP, BOTTOM = 44, 16, 10, 24
PLOT = 180
"""Height of the plot; all numbers are units of the view box, about a pixel each."""
GAP = 1.5
"""The gap between parts of a bar, so that they can be told apart without colours."""
LEAST = 1.0
"""The least height of a part, so that one among thousands is seen."""
LABEL_ROOM = 48
"""The width of a day's label."""
COUNTS = (1, 2, 5)
SECONDS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200)
ROW, LABEL = 26, 200


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a bar. `name` is its class, `told` what a pointer over it is told."""

    x: float
    y: float
    width: float
    height: float
    name: str
    told: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A label at a place; for the scale, `y` is its line as well."""

    x: float
    y: float
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Everything that is drawn, in the view box `0 0 width height`."""

    width: int
    height: int
    parts: tuple[Part, ...]
    scale: tuple[Mark, ...]
    labels: tuple[Mark, ...]
    values: tuple[Mark, ...] = ()


Bars = Sequence[tuple[str, Sequence[tuple[str, float, str]]]]
"""Each bar's label, and its parts from the bottom up: a class, a value, and what is told of it."""


def stacked(bars: Bars) -> Chart:
    """Bars of counts whose parts stand on each other."""
    scale = _counts(max((sum(value for _, value, _ in pieces) for _, pieces in bars), default=0))
    parts = []
    for middle, wide, pieces in _columns(bars, WIDE):
        ground = 0.0
        for name, value, told in pieces:
            high = PLOT * value / scale[-1]
            if high:
                gap = GAP if ground and high > 2 * GAP else 0.0
                parts.append(_standing(middle, wide, ground + gap, max(high - gap, LEAST), (name, told)))
            ground += high
    return _framed(bars, WIDE, [(value, str(value)) for value in scale], parts)


def nested(bars: Bars, written: Callable[[int], str]) -> Chart:
    """Bars of seconds whose parts all stand on the ground, later ones in front; `written` writes the scale."""
    most = max((value for _, pieces in bars for _, value, _ in pieces), default=0)
    step = next((step for step in SECONDS if most <= 4 * step), SECONDS[-1])
    scale = [step * n for n in range(1 + max(1, math.ceil(most / step)))]
    parts = [
        _standing(middle, wide * (1 - 0.45 * place), 0, max(LEAST, PLOT * value / scale[-1]), (name, told))
        for middle, wide, pieces in _columns(bars, NARROW)
        for place, (name, value, told) in enumerate(pieces)
    ]
    return _framed(bars, NARROW, [(value, written(value)) for value in scale], parts)


def lying(rows: Sequence[tuple[str, int, str]], name: str) -> Chart:
    """Bars beside each other's labels: label, value, what is told of it."""
    most = max((value for _, value, _ in rows), default=0) or 1
    room = NARROW - LABEL - 50
    parts, labels, values = [], [], []
    for n, (text, value, told) in enumerate(rows):
        y = n * ROW
        long = max(LEAST, room * value / most)
        parts.append(Part(LABEL, y + 5, round(long, 1), ROW - 10, name, told))
        labels.append(Mark(LABEL - 8, y + ROW / 2 + 4, _short(text)))
        values.append(Mark(LABEL + round(long, 1) + 6, y + ROW / 2 + 4, str(value)))
    return Chart(NARROW, ROW * len(rows), tuple(parts), (), tuple(labels), tuple(values))


def _columns(bars: Bars, width: int) -> Iterator[tuple[float, float, Sequence[tuple[str, float, str]]]]:
    """The middle of each bar, how wide it may be, and its parts."""
    room = (width - LEFT - RIGHT) / max(len(bars), 1)
    for n, (_, pieces) in enumerate(bars):
        yield LEFT + room * (n + 0.5), min(room * 0.72, 46), pieces


def _standing(middle: float, wide: float, ground: float, high: float, named: tuple[str, str]) -> Part:
    """A part whose lower edge is `ground` above the plot's; `named` is its class and what is told of it."""
    x, y = middle - wide / 2, TOP + PLOT - ground - high
    return Part(round(x, 1), round(y, 1), round(wide, 1), round(high, 1), *named)


def _framed(bars: Bars, width: int, scale: Sequence[tuple[int, str]], parts: Sequence[Part]) -> Chart:
    every = math.ceil(len(bars) * LABEL_ROOM / (width - LEFT - RIGHT)) or 1
    labels = tuple(
        Mark(round(middle, 1), TOP + PLOT + 17, bars[n][0])
        for n, (middle, _, _) in enumerate(_columns(bars, width))
        if n % every == (len(bars) - 1) % every
    )
    top = scale[-1][0]
    lines = tuple(Mark(LEFT - 6, round(TOP + PLOT * (1 - value / top), 1), text) for value, text in scale)
    return Chart(width, TOP + PLOT + BOTTOM, tuple(parts), lines, labels)


def _counts(most: float) -> list[int]:
    """Round numbers from 0 to at least the most, four or five of them."""
    size = 1
    while True:
        for count in COUNTS:
            if most <= 4 * count * size:
                step = count * size
                return [step * n for n in range(1 + max(1, math.ceil(most / step)))]
        size *= 10


def _short(text: str) -> str:
    """The name, cut at its beginning: names differ at their end."""
    return text if len(text) <= 27 else f"…{text[-26:]}"


def grouped(counts: Mapping[str, int], groups: Mapping[str, Sequence[str]]) -> dict[str, int]:
    return {group: sum(counts.get(name, 0) for name in names) for group, names in groups.items()}
