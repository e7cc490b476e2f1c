"""Where boxes go: whatever leads to what, nothing lies on anything else, and arrows run from left to right."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ivr.flow.picture.layout import BETWEEN_LANES, Arrow, Box, find_back_edges, place

NAMES = [f"b{number}" for number in range(9)]
WAYS = st.fixed_dictionaries({name: st.lists(st.sampled_from(NAMES), max_size=4) for name in NAMES})


@given(WAYS, st.lists(st.integers(30, 200), min_size=len(NAMES), max_size=len(NAMES)))
def test_whatever_leads_to_what_can_be_looked_at(ways: dict[str, list[str]], heights: list[int]) -> None:
    back = find_back_edges(NAMES, ways)
    boxes = {name: Box(name, 100.0, float(height), 14.0) for name, height in zip(NAMES, heights, strict=True)}
    arrows = [
        Arrow(name, to, 20.0 + number)
        for name, all_to in ways.items()
        for number, to in enumerate(all_to)
        if (name, to) not in back
    ]
    drawn = place(list(boxes.values()), arrows)

    columns: dict[float, list[tuple[float, float]]] = {}
    for name, (x, y) in drawn.corners.items():
        columns.setdefault(x, []).append((y, y + boxes[name].height))
        assert 0 <= y <= y + boxes[name].height <= drawn.height + 1e-6
        assert 0 <= x <= x + 100 <= drawn.width + 1e-6
    for column in columns.values():
        spans = sorted(column)
        assert all(above[1] < below[0] for above, below in pairwise(spans))

    for arrow, route in zip(arrows, drawn.routes, strict=True):
        (x, y), (to_x, to_y) = drawn.corners[arrow.source], drawn.corners[arrow.target]
        assert route[0] == (x + 100, y + arrow.port)
        assert route[-1] == (to_x, to_y + 14)
        assert all(before[0] < behind[0] for before, behind in pairwise(route))
        for x, y in route[1:-1:2]:
            assert not any(top < y < bottom for top, bottom in columns.get(x, [])), "an arrow runs behind a box"


def test_ways_that_lead_back_are_found_where_one_walks_into_them() -> None:
    ways = {"menu": ["ask", "bye"], "ask": ["look"], "look": ["ask", "menu", "bye"]}
    assert find_back_edges(["menu"], ways) == {("look", "ask"), ("look", "menu")}
    assert find_back_edges(["look"], ways) == {("ask", "look")}
    assert find_back_edges(["a"], {"a": ["a"]}) == {("a", "a")}


def test_an_arrow_to_the_next_column_is_level() -> None:
    drawn = place([Box("a", 50, 100, 14), Box("b", 50, 40, 14)], [Arrow("a", "b", 80.0)])
    assert drawn.routes == (((50.0, 80.0), (114.0, 80.0)),)


def test_arrows_that_can_do_without_crossing_do() -> None:
    boxes = [Box(name, 50, 60, 14) for name in ("menu", "x", "y", "z")]
    drawn = place(boxes, [Arrow("menu", "z", 20), Arrow("menu", "x", 35), Arrow("menu", "y", 50)])
    assert sorted(("x", "y", "z"), key=lambda name: drawn.corners[name][1]) == ["z", "x", "y"]


def test_two_arrows_that_pass_a_column_have_a_lane_each() -> None:
    boxes = [Box(name, 50, 60, 14) for name in ("a", "b", "c")]
    drawn = place(boxes, [Arrow("a", "b", 20), Arrow("b", "c", 20), Arrow("a", "c", 30), Arrow("a", "c", 40)])
    assert drawn.routes[3][1][1] - drawn.routes[2][1][1] == BETWEEN_LANES


def test_nothing_has_a_place_as_well() -> None:
    assert place([], []).corners == {}
