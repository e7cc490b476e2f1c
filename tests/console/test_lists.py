"""Long lists: pages with links that keep the filter, words, days, agents, outcomes; tickets that are late."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest

from ivr.store import CallRow, TicketRow
from ivr.store.rows import TalkRow
from tests.console.days import Day, a_day
from tests.console.local_console import Browser
from tests.console.test_pages import REFERENCE, left_behind


@pytest.fixture
def day() -> Iterator[Day]:
    with a_day() as made:
        yield made


def many_calls(day: Day, count: int) -> None:
    """Calls that hung up in the menu, a minute apart, the newest last."""
    menu = json.dumps([{"type": "Entered", "state": "hotline.main", "kind": "menu"}])
    for number in range(count):
        name, at = f"CB{number:03}", day.now - timedelta(minutes=count - number)
        with day.store.turn(name, 0) as turn:
            turn.open_call(
                CallRow(id=name, from_number="", to_number="", digest="", language="zh", started_at=at,
                        last_turn_at=at, turn=0)
            )  # fmt: skip
            turn.save(session="{}", turn=1, now=at)
            turn.record(0, at, "began", menu, "")
        day.store.end_call(name, "completed", at + timedelta(seconds=20), 20)


def listed(browser: Browser, path: str) -> tuple[list[str], list[str]]:
    """The calls or tickets of a page, and the addresses of the pages before and after."""
    text = browser.get(path).text
    found = re.findall(r'<th scope="row"[^>]*><a href="/console/(?:calls|tickets)/(\w+)"', text)
    return found, [link.replace("&amp;", "&") for link in re.findall(r'rel="(?:prev|next)" href="([^"]+)"', text)]


def test_a_list_comes_in_pages_that_keep_the_filter(day: Day) -> None:
    many_calls(day, 120)
    browser = day.logged_in("wang")
    first, (after,) = listed(browser, "/console/calls?state=ended")
    second, (before, last) = listed(browser, after)
    third, links = listed(browser, last)
    assert [len(first), len(second), len(third), len(links)] == [50, 50, 20, 1]
    assert [*first, *second, *third] == [f"CB{number:03}" for number in reversed(range(120))]
    assert "state=ended" in after
    assert listed(browser, before)[0] == first
    assert listed(browser, "/console/calls?page=nonsense")[0] == first


def test_calls_are_found_by_day_outcome_and_agent(day: Day) -> None:
    many_calls(day, 3)
    left_behind(day, "support")
    with day.store.talks.transaction() as tx:
        tx.add(
            TalkRow(id="TK1", kind="queue", subject="CAsupport", call_id="CAsupport", queue="support", agent="li",
                    state="over", offered_at=day.now, joined_at=day.now, ended_at=day.now + timedelta(minutes=1))
        )  # fmt: skip
    browser = day.logged_in("wang")
    assert listed(browser, "/console/calls?outcome=person")[0] == ["CAsupport"]
    assert listed(browser, "/console/calls?outcome=unanswered")[0] == ["CB002", "CB001", "CB000"]
    assert listed(browser, "/console/calls?agent=li")[0] == ["CAsupport"]
    assert listed(browser, "/console/calls?agent=chen")[0] == []
    tomorrow = f"{day.now + timedelta(days=2):%Y-%m-%d}"
    assert listed(browser, f"/console/calls?from={tomorrow}")[0] == []
    assert len(listed(browser, f"/console/calls?to={tomorrow}&from=nonsense")[0]) == 4


def test_words_find_what_one_may_see(day: Day) -> None:
    for queue, words in (("support", "王小明"), ("security", "王小芳")):
        left_behind(day, queue, words)
    assert listed(day.logged_in("wang"), "/console/calls?q=王小")[0] == ["CAsecurity", "CAsupport"]
    assert listed(day.logged_in("li"), "/console/calls?q=王小")[0] == ["CAsupport"]
    assert listed(day.logged_in("li"), "/console/tickets?q=王小芳")[0] == []
    for page in ("messages", "callbacks"):
        text = day.logged_in("wang").get(f"/console/{page}?q=王小明").text
        assert ("CAsupport" in text, "CAsecurity" in text) == (True, False), page


def test_a_ticket_is_given_to_somebody_and_gets_another_time(day: Day) -> None:
    left_behind(day, "support")
    browser, reference = day.logged_in("li"), REFERENCE["support"]
    page = f"/console/tickets/{reference}"
    assert listed(browser, "/console/tickets?agent=nobody")[0] == [reference]
    form = dict.fromkeys(("seen_assignee", "seen_due", "seen_note", "note"), "")
    browser.post(
        page, {**form, "status": "working", "seen_status": "open", "assignee": "li", "due": "2031-01-02T10:00"}
    )
    assert (listed(browser, "/console/tickets?agent=li")[0], listed(browser, "/console/tickets?agent=nobody")[0]) == (
        [reference],
        [],
    )
    row = day.store.ticket(reference)
    assert row is not None
    assert (row.assignee, row.due_at is not None and row.due_at.year) == ("li", 2031)
    browser.post(page, {**form, "status": "working", "seen_status": "working", "assignee": "stranger", "due": "soon"})
    row = day.store.ticket(reference)
    assert row is not None
    assert (row.assignee, row.due_at is not None and row.due_at.year) == ("li", 2031)
    # docs/trust.md#goal-10: with such a time kept, no list of tickets could be shown to anybody any more.
    for beyond in ("0001-01-01T00:00", "9999-12-31T23:59", "1969-12-31T00:00"):
        browser.post(page, {**form, "status": "working", "seen_status": "working", "due": beyond})
        assert listed(browser, "/console/tickets")[0] == [reference]
        row = day.store.ticket(reference)
        assert row is not None
        assert row.due_at is not None
        assert row.due_at.year == 2031
    day.store.assign_ticket(reference, "leaver")
    assert '<option value="leaver" selected>' in browser.get(page).text, "who has left keeps it until it is given away"


def test_what_is_late_is_listed_the_latest_first(day: Day) -> None:
    left_behind(day, "support")
    with day.store.turn("CAsupport") as turn:
        for reference, hours, status in (("7001", -5, "open"), ("7002", -9, "working"), ("7003", 9, "open"),
                                         ("7004", -9, "closed")):  # fmt: skip
            turn.open_ticket(
                TicketRow(reference=reference, call_id="CAsupport", topic="refund", opened_at=day.now, status=status,  # type: ignore[arg-type]
                          due_at=day.now + timedelta(hours=hours))
            )  # fmt: skip
    found, links = listed(day.logged_in("li"), "/console/tickets?status=late")
    assert (found, links) == (["7002", "7001"], [])
