"""Reports in the console: who sees which, charts that say what their tables say, a file for spreadsheets."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.console import charts, reports
from ivr.hotline.reports.tally import OUTCOMES
from ivr.store import CallRow, Store
from tests.console.local_console import MONDAY, PAGES, LocalConsole

REPORTS, FILE = "/console/reports", "/console/reports.csv"
SVG = "{http://www.w3.org/2000/svg}"
WEEK = "from=2026-11-17&to=2026-11-23"


@pytest.fixture
def console() -> Iterator[LocalConsole]:
    made = LocalConsole(Store.open("sqlite://"), routes=(*PAGES, *reports.ROUTES))
    yield made
    made.close()


def call(
    store: Store, name: str, *turns: Sequence[dict[str, object]], at: datetime = MONDAY, over: bool = True
) -> None:
    with store.turn(name, 0) as page:
        page.open_call(CallRow(id=name, from_number="", to_number="", digest="", language="zh", started_at=at,
                               last_turn_at=at, turn=0))  # fmt: skip
        page.save(session="{}", turn=len(turns), now=at)
    for n, events in enumerate(turns):
        with store.turn(name, n) as page:
            page.record(n, at + timedelta(seconds=30 * n), "digits", json.dumps(events), "")
    if over:
        store.end_call(name, "completed", at + timedelta(seconds=30 * len(turns)), 30 * len(turns))


MENU = {"type": "Entered", "state": "hotline.main", "kind": "menu"}
GONE = {"type": "Ended", "why": "caller"}


def into(queue: str) -> list[dict[str, object]]:
    state = f"hotline.{queue}"
    return [
        {"type": "Moved", "state": "hotline.main", "outcome": "key_0", "to": state},
        {"type": "Entered", "state": state, "kind": "queue"},
        {"type": "Queueing", "queue": queue},
    ]


@pytest.fixture
def busy(console: LocalConsole) -> LocalConsole:
    """Two who hung up in the menu, one in each of two queues, one who goes on; and one of the day before."""
    call(console.store, "CA1", [MENU], [GONE])
    call(console.store, "CA2", [MENU], [GONE])
    call(console.store, "CA3", [MENU], into("support"), [GONE])
    call(console.store, "CA4", [MENU], into("security"), [GONE])
    call(console.store, "CA5", [MENU], over=False)
    call(console.store, "CA6", [MENU], [GONE], at=MONDAY - timedelta(days=1))
    return console


def page(console: LocalConsole, who: str, query: str = WEEK) -> str:
    answer = console.logged_in(who).get(f"{REPORTS}?{query}")
    assert answer.status_code == 200
    return answer.text


# --- who sees what ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["", "day", "step", "queue", "topic", "agent", "nonsense"])
def test_an_agent_sees_the_waits_of_the_own_queues_and_nothing_else(busy: LocalConsole, by: str) -> None:
    text = page(busy, "li", f"by={by}&{WEEK}")
    assert re.findall(r'<th scope="row">([^<]*)', text) == ["support"]
    assert "reports.csv" not in text
    assert 'class="kinds"' not in text


@pytest.mark.parametrize(
    ("by", "first"),
    [("step", "hotline.main"), ("queue", "security"), ("topic", "No topic"), ("day", "2026-11-17"), ("agent", None)],
)
def test_a_supervisor_sees_every_report(busy: LocalConsole, by: str, first: str | None) -> None:
    browser = busy.logged_in("wang")
    browser.post("/console/language", {"language": "en", "back": "/console/me"})
    text = browser.get(f"{REPORTS}?by={by}&{WEEK}").text
    names = re.findall(r'<th scope="row">([^<]*)', text)
    assert (names[0] if names else None) == first
    assert f"by={by}" in text


def test_the_file_is_for_supervisors_alone(busy: LocalConsole) -> None:
    assert busy.logged_in("li").get(FILE).status_code == 403
    assert busy.browser().get(FILE).status_code == 302
    answer = busy.logged_in("wang").get(f"{FILE}?by=step&{WEEK}")
    assert answer.content_type == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="step-2026-11-17-2026-11-23.csv"'
    assert answer.data.startswith(b"\xef\xbb\xbf")
    read = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"), newline="")))
    assert [(row[0], row[2], row[3]) for row in read] == [
        ("step", "entered", "gave_up"),
        ("hotline.main", "6", "3"),
        ("hotline.security", "1", "1"),
        ("hotline.support", "1", "1"),
    ]


def test_taking_the_file_is_written_down(busy: LocalConsole) -> None:
    busy.logged_in("wang").get(f"{FILE}?by=agent&{WEEK}")
    (deed,) = [deed for deed in busy.store.audit_log.latest(9) if deed.what == "report"]
    assert (deed.by, deed.about) == ("wang", "agent 2026-11-17 2026-11-23")


# --- which days -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "first", "last"),
    [
        ("", "2026-11-17", "2026-11-23"),
        ("from=2026-11-20", "2026-11-20", "2026-11-23"),
        ("to=2026-11-20", "2026-11-14", "2026-11-20"),
        ("from=2026-11-22&to=2026-11-20", "2026-11-20", "2026-11-22"),
        ("from=nonsense&to=9999-12-31", "2026-11-17", "2026-11-23"),
        ("from=0001-01-01", "2026-11-17", "2026-11-23"),
        ("from=2020-01-01", "2026-08-24", "2026-11-23"),
    ],
)
def test_whatever_days_are_asked_for_some_are_shown(busy: LocalConsole, query: str, first: str, last: str) -> None:
    text = page(busy, "wang", query)
    assert re.findall(r'type="date" value="([^"]*)"', text) == [first, last]
    assert ("页面最多显示 92 天" in text) == ("2020" in query)


def test_what_is_no_longer_kept_is_said(busy: LocalConsole) -> None:
    with busy.store._db.write() as connection:
        connection.exec_driver_sql("DELETE FROM turns WHERE call_id IN ('CA1', 'CA6')")
    assert "2 通来电的通话记录已超过保存期限" in page(busy, "wang")
    assert "已超过保存期限" not in page(busy, "wang", "from=2026-11-18&to=2026-11-19")


# --- charts -----------------------------------------------------------------------------------------------------------


def svgs(text: str) -> list[ElementTree.Element]:
    return [
        ElementTree.fromstring(found.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))
        for found in re.findall(r'<svg class="chart.*?</svg>', text, re.DOTALL)
    ]


def test_each_chart_has_a_name_and_a_table_that_says_the_same(busy: LocalConsole) -> None:
    text = page(busy, "wang")
    found = svgs(text)
    assert len(found) == 3
    for svg in found:
        assert svg.attrib["role"] == "img"
        title = svg.find(f"{SVG}title")
        assert title is not None
        assert title.attrib["id"] == svg.attrib["aria-labelledby"]
    assert len(re.findall("<details>", text)) == 3
    told = [rect.findtext(f"{SVG}title") for rect in found[0].iter(f"{SVG}rect")]
    assert told == ["11-22 未解决: 1", "11-23 未解决: 4", "11-23 其他: 1"]
    row = re.search(r'<tr[^>]*><th scope="row">2026-11-23</th>(.*?)</tr>', text)
    assert row is not None
    assert re.findall(r"<td[^>]*>([^<]*)", row[1]) == ["5", "0", "0", "0", "0", "2", "0", "0", "2", "0", "1", "0"]


@pytest.mark.parametrize("by", ["day", "half_hour", "step", "queue", "topic", "agent"])
def test_nothing_on_a_page_needs_what_the_browser_refuses(busy: LocalConsole, by: str) -> None:
    text = page(busy, "wang", f"by={by}&{WEEK}")
    assert not re.search(r"<[^>]*\sstyle=|<style|<script(?![^>]*\ssrc=)|<[^>]*\son[a-z]+=", text)


def test_an_office_where_nothing_happened_has_a_page(console: LocalConsole) -> None:
    assert page(console, "wang").count("这段时间没有数据。") == 2
    assert "这段时间没有数据。" in page(console, "li")


def test_a_step_cannot_write_into_the_page(busy: LocalConsole) -> None:
    state = '<script>alert(1)</script>"&'
    call(busy.store, "CA9", [{"type": "Entered", "state": state, "kind": "menu"}], [GONE])
    for by in ("day", "step"):
        text = page(busy, "wang", f"by={by}&{WEEK}")
        assert "<script>alert" not in text
        assert "&lt;script&gt;alert(1)" in text


def test_every_outcome_is_drawn_once() -> None:
    assert sorted(name for names in reports.GROUPS.values() for name in names) == sorted(OUTCOMES)


days = st.lists(st.lists(st.integers(0, 10_000), min_size=1, max_size=5), min_size=1, max_size=92)


@given(days)
def test_piled_bars_are_as_high_as_their_counts_and_stay_inside(counts: list[list[int]]) -> None:
    chart = charts.stacked([(str(n), [(f"{n}/{m}", c, "") for m, c in enumerate(day)]) for n, day in enumerate(counts)])
    top = int(chart.scale[-1].text)
    assert top >= max(map(sum, counts))
    assert 2 <= len(chart.scale) <= 6
    high = {part.name: part.height for part in chart.parts}
    for n, day in enumerate(counts):
        for m, c in enumerate(day):
            assert high.get(f"{n}/{m}", 0) == pytest.approx(charts.PLOT * c / top, abs=charts.GAP + 0.1)
    _stay_inside(chart)


@given(st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 4000)).map(sorted), min_size=1, max_size=92))
def test_standing_bars_stay_inside_whatever_the_wait(waits: list[list[int]]) -> None:
    bars = [(str(n), [("ninety", longer, ""), ("median", shorter, "")]) for n, (shorter, longer) in enumerate(waits)]
    chart = charts.nested(bars, str)
    assert int(chart.scale[-1].text) >= max(longer for _, longer in waits)
    _stay_inside(chart)


@given(st.lists(st.tuples(st.text(max_size=60), st.integers(0, 10**6)), max_size=8))
def test_lying_bars_stay_inside_whatever_the_name(rows: list[tuple[str, int]]) -> None:
    chart = charts.lying([(name, count, "") for name, count in rows], "lost")
    _stay_inside(chart)
    assert [mark.text for mark in chart.values] == [str(count) for _, count in rows]
    assert all(len(mark.text) <= 27 for mark in chart.labels)


def _stay_inside(chart: charts.Chart) -> None:
    for part in chart.parts:
        assert part.x >= 0
        assert part.x + part.width <= chart.width
        assert part.y >= -0.1
        assert part.y + part.height <= chart.height
        assert part.height > 0
