"""Places boxes so that arrows run from left to right, rarely cross and stay short. Knows rectangles, and no flows.

The layered drawing of Sugiyama, Tagawa and Toda (1981): each box stands one column after the last box that leads
to it. Every column is sorted by the middle of its neighbours, many times, and the order with the fewest crossings is
kept. Then heights are chosen that make the arrows straight. An arrow that passes a column has a lane of its own in it.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

BETWEEN_COLUMNS = 64.0
BETWEEN_BOXES = 22.0
BETWEEN_LANES = 9.0
_SWEEPS = 12
_SLACK = 0.05
"""How strongly a box without arrows stays where it is."""

Pair = tuple[str, str]
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle. Arrows come in at its left side, `entry` below its top."""

    name: str
    width: float
    height: float
    entry: float


@dataclass(frozen=True, slots=True)
class Arrow:
    """From the right side of a box, `port` below its top, to the entry of another."""

    source: str
    target: str
    port: float


@dataclass(frozen=True, slots=True)
class Layout:
    """The top left corner of every box, and the points that each arrow passes, in the order the arrows were given."""

    corners: Mapping[str, Point]
    routes: tuple[tuple[Point, ...], ...]
    width: float
    height: float


def find_back_edges(starts: Iterable[str], ways: Mapping[str, Sequence[str]]) -> set[Pair]:
    """The arrows that lead back to a box on the way to them, in a depth-first search from `starts`.

    Without these arrows there is no circle.
    """
    back: set[Pair] = set()
    done: set[str] = set()
    for start in starts:
        path: dict[str, Iterable[str]] = {} if start in done else {start: iter(ways.get(start, ()))}
        while path:
            here = next(reversed(path))
            target = next(iter(path[here]), None)
            if target is None:
                done.add(here)
                del path[here]
            elif target in path:
                back.add((here, target))
            elif target not in done:
                path[target] = iter(ways.get(target, ()))
    return back


def place(boxes: Sequence[Box], arrows: Sequence[Arrow], after: Sequence[Pair] = ()) -> Layout:
    """A place for every box. `after` are pairs without an arrow of which the second stands further right all the same.

    Arrows and pairs must not lead in a circle; see `find_back_edges`.
    """
    pairs = [*((arrow.source, arrow.target) for arrow in arrows), *after]
    column_of = _columns([box.name for box in boxes], pairs)
    columns: list[list[_Item]] = [[] for _ in range(max(column_of.values(), default=-1) + 1)]
    items = {box.name: _Item(box.height, box.entry) for box in boxes}
    for box in boxes:
        columns[column_of[box.name]].append(items[box.name])
    lanes = [_lay(arrow, items, columns, column_of) for arrow in arrows]
    _sort(columns)
    _straighten(columns)
    top = min((item.y for column in columns for item in column), default=0.0)
    lefts, widths = _across(boxes, columns, column_of)
    corners = {box.name: (lefts[column_of[box.name]], items[box.name].y - top) for box in boxes}
    wide = {box.name: box.width for box in boxes}
    routes = []
    for arrow, passed in zip(arrows, lanes, strict=True):
        (x, y), (to_x, to_y) = corners[arrow.source], corners[arrow.target]
        points = [(x + wide[arrow.source], y + arrow.port)]
        for column, lane in enumerate(passed, column_of[arrow.source] + 1):
            points += [(lefts[column], lane.y - top), (lefts[column] + widths[column], lane.y - top)]
        routes.append((*points, (to_x, to_y + items[arrow.target].entry)))
    height = max((corners[box.name][1] + box.height for box in boxes), default=0.0)
    height = max([height, *(y for route in routes for _, y in route)])
    return Layout(corners, tuple(routes), lefts[-1] + widths[-1] if lefts else 0.0, height)


@dataclass(slots=True, eq=False)
class _Item:
    """A box or a lane in its column. A pull is a neighbour and how far below its top the arrow touches it."""

    height: float
    entry: float
    y: float = 0.0
    rank: int = 0
    is_lane: bool = False
    before: list[tuple[_Item, float]] = field(default_factory=list)
    behind: list[tuple[_Item, float]] = field(default_factory=list)  # the port is the item's own


def _columns(names: Sequence[str], pairs: Iterable[Pair]) -> dict[str, int]:
    behind: dict[str, list[str]] = {name: [] for name in names}
    missing = dict.fromkeys(names, 0)
    for source, target in pairs:
        behind[source].append(target)
        missing[target] += 1
    column = dict.fromkeys(names, 0)
    ready = [name for name in names if not missing[name]]
    for name in ready:  # grows during the loop
        for target in behind[name]:
            column[target] = max(column[target], column[name] + 1)
            missing[target] -= 1
            if not missing[target]:
                ready.append(target)
    return column


def _lay(
    arrow: Arrow, items: Mapping[str, _Item], columns: list[list[_Item]], column_of: Mapping[str, int]
) -> list[_Item]:
    """Makes the lanes of an arrow, one per column that it passes, and links its boxes and lanes."""
    lanes = [_Item(0.0, 0.0, is_lane=True) for _ in range(column_of[arrow.source] + 1, column_of[arrow.target])]
    for column, lane in enumerate(lanes, column_of[arrow.source] + 1):
        columns[column].append(lane)
    here, port = items[arrow.source], arrow.port
    for item in [*lanes, items[arrow.target]]:
        here.behind.append((item, port))
        item.before.append((here, port))
        here, port = item, 0.0
    return lanes


# --- the order in a column ------------------------------------------------------------------------------------


def _sort(columns: list[list[_Item]]) -> None:
    _number(columns)
    best, fewest = [list(column) for column in columns], _crossings(columns)
    for sweep in range(_SWEEPS):
        if not fewest:
            break
        forward = sweep % 2 == 0
        for column in columns if forward else reversed(columns):
            middles = {id(item): _middle(item, forward) for item in column}
            column.sort(key=lambda item: middles[id(item)])
            for rank, item in enumerate(column):
                item.rank = rank
        crossings = _crossings(columns)
        if crossings < fewest:
            best, fewest = [list(column) for column in columns], crossings
    columns[:] = best
    _number(columns)


def _number(columns: list[list[_Item]]) -> None:
    for column in columns:
        for rank, item in enumerate(column):
            item.rank = rank


def _middle(item: _Item, forward: bool) -> float:
    """Where the neighbours on one side stand in their column; ports count as parts of a place."""
    if forward:
        places = [near.rank + port / (near.height + 1.0) for near, port in item.before]
    else:
        places = [float(near.rank) for near, _ in item.behind]
    return sum(places) / len(places) if places else float(item.rank)


def _crossings(columns: list[list[_Item]]) -> int:
    count = 0
    for column in columns:
        ends = sorted(
            (item.rank, port, near.rank) for item in column for near, port in item.behind
        )  # fmt: skip
        passed: list[int] = []
        for _, _, rank in ends:
            count += len(passed) - bisect_right(passed, rank)
            insort(passed, rank)
    return count


# --- heights --------------------------------------------------------------------------------------------------


def _straighten(columns: list[list[_Item]]) -> None:
    for column in columns:
        _settle(column, [0.0] * len(column), [1.0] * len(column))
    for sweep in range(_SWEEPS):
        forward = sweep % 2 == 0
        for column in columns if forward else reversed(columns):
            wishes, weights = [], []
            for item in column:
                side = item.before if forward else item.behind
                pulls = [(_wish(item, near, port, forward), _weight(item, near)) for near, port in side]
                weight = sum(weight for _, weight in pulls)
                weights.append(weight or _SLACK)
                wishes.append(sum(wish * weight for wish, weight in pulls) / weight if weight else item.y)
            _settle(column, wishes, weights)


def _wish(item: _Item, near: _Item, port: float, forward: bool) -> float:
    """The height at which the arrow between the two is level."""
    return near.y + port - item.entry if forward else near.y + near.entry - port


def _weight(item: _Item, near: _Item) -> float:
    """Long arrows are kept straight before short ones."""
    return (1.0, 2.0, 8.0)[item.is_lane + near.is_lane]


def _settle(column: list[_Item], wishes: Sequence[float], weights: Sequence[float]) -> None:
    """Places the items of a column as near to the wanted heights as possible, in their order, without touching.

    Weighted least squares by pooling adjacent violators: items that would overlap move as one block from then on.
    """
    offsets = [0.0]
    for item, below in pairwise(column):
        gap = BETWEEN_LANES if item.is_lane and below.is_lane else BETWEEN_BOXES
        offsets.append(offsets[-1] + item.height + gap)
    blocks: list[tuple[float, float, int]] = []  # where it begins, its weight, how many items
    for wish, weight, offset in zip(wishes, weights, offsets, strict=False):
        block = (wish - offset, weight, 1)
        while blocks and blocks[-1][0] > block[0]:
            at, heavy, count = blocks.pop()
            both = heavy + block[1]
            block = ((at * heavy + block[0] * block[1]) / both, both, count + block[2])
        blocks.append(block)
    starts = [at for at, _, count in blocks for _ in range(count)]
    for item, at, offset in zip(column, starts, offsets, strict=False):
        item.y = at + offset


def _across(
    boxes: Sequence[Box], columns: Sequence[Sequence[_Item]], column_of: Mapping[str, int]
) -> tuple[list[float], list[float]]:
    widths = [0.0] * len(columns)
    for box in boxes:
        widths[column_of[box.name]] = max(widths[column_of[box.name]], box.width)
    lefts, x = [], 0.0
    for width in widths:
        lefts.append(x)
        x += width + BETWEEN_COLUMNS
    return lefts, widths
