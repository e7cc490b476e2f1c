"""By when a ticket is answered: in working days of the calendar, and never while the house is closed."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from ivr.call.calendar import Calendar, parse_spans, working_days_after
from ivr.hotline.tickets import StoredTickets
from ivr.store import Store
from ivr.store.rows import TicketRow

HOME = ZoneInfo("Asia/Shanghai")
SUPPORT = Calendar(name="support", weekly=(parse_spans("09:00-12:00, 13:00-18:00"),) * 5 + ((), ()), holidays="CN")


@pytest.mark.parametrize(
    ("opened", "days", "by"),
    [
        ("2026-11-23 10:00", 3, "2026-11-26 18:00"),
        ("2026-11-22 10:00", 1, "2026-11-23 18:00"),  # a Sunday: Monday is the first working day
        ("2026-09-30 17:58", 2, "2026-10-09 18:00"),  # the eve of a week of holidays
    ],
)
def test_a_deadline_is_a_day_on_which_somebody_works(opened: str, days: int, by: str) -> None:
    moment = datetime.fromisoformat(opened).replace(tzinfo=HOME)
    assert working_days_after(SUPPORT, moment, days) == datetime.fromisoformat(by).replace(tzinfo=HOME)


@pytest.mark.parametrize(
    ("opened", "hurried", "by"),
    [
        ("2026-11-23 10:00", "2026-11-23 11:00", "2026-11-25 18:00"),  # two days after it was hurried, not three
        ("2026-11-23 10:00", "2026-11-26 11:00", "2026-11-26 18:00"),  # not later than was promised
        ("2026-11-16 10:00", "2026-11-23 11:00", "2026-11-25 18:00"),  # what was promised is past
    ],
)
def test_a_hurried_ticket_is_answered_sooner_than_was_promised(
    store: Store, opened: str, hurried: str, by: str
) -> None:
    at = {name: datetime.fromisoformat(day).replace(tzinfo=HOME) for name, day in (("o", opened), ("h", hurried))}
    with store.turn("CA1") as tx:
        tx.open_ticket(TicketRow(reference="T", call_id="CA1", topic="refund", opened_at=at["o"], priority="normal"))
    tickets = StoredTickets(store, lambda: at["h"], SUPPORT)
    assert [tickets.hurry("T", key) for key in ("1", "1", "2")] == [True, True, False]
    told = tickets.progress("T")
    assert told is not None
    assert told.due_at == datetime.fromisoformat(by).replace(tzinfo=HOME)


def test_a_calendar_that_never_closes_has_no_working_days_to_count() -> None:
    always = Calendar(name="always", weekly=(parse_spans("00:00-24:00"),) * 7)
    assert working_days_after(always, datetime(2026, 11, 23, tzinfo=HOME), 2) is None
