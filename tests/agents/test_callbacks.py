"""Calls back: the agent first, then the customer, tried again by rule, never twice and never forgotten."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from ivr.store.rows import CallbackRow
from tests.agents.phones import Telephone, rung, tick, together
from tests.hotline.harness import CALLER, CONFIG, Carried, Desk, HandClock, opened

AGENT = "+8613900000001"
ONE = CONFIG.replace(', "+8613900000002"', "")


@pytest.fixture
def desk(tmp_path: Path, store_url: str) -> Iterator[Desk]:
    """A queue with one bare phone."""
    with opened(tmp_path, store_url, config=ONE) as desk:
        yield desk


def promised(desk: Desk, number: str = CALLER) -> Carried:
    """A caller who was promised a call back, and has hung up."""
    call = desk.call(number)
    assert call.walk("2 4").words.startswith("We ring back")
    call.hang_up()
    return call


def the_promise(desk: Desk, call: Carried) -> CallbackRow:
    [row] = desk.store.callbacks(call_id=call.sid)
    return row


def called(desk: Desk) -> tuple[Telephone, Telephone]:
    """The telephones of the agent, who has taken the promise, and of the customer, which rings."""
    [phone] = rung(desk)
    assert phone.number == AGENT
    assert phone.take().verbs == ["Dial", "Conference"]
    [customer] = rung(desk)
    return phone, customer


def test_the_agent_takes_it_first_and_then_the_customer_is_rung_and_presses_1(desk: Desk) -> None:
    call = promised(desk)
    [phone] = rung(desk)
    assert "There is a customer for you to call back." in phone.pick_up().words
    assert phone.press("1").words.endswith("I am calling the customer now. Please stay on the line.")
    assert rung(desk) == [], "the agent is not in the room yet"
    room = phone.follow()
    [customer] = rung(desk)
    assert customer.number == CALLER
    assert customer.pick_up().words == (
        "Hello, this is CloudWallet, calling you back as promised. To speak with us now, press 1."
    )
    assert customer.press("1").root.findtext("Dial/Conference") == room.root.findtext("Dial/Conference")
    assert phone.talk.state == "talking"
    desk.clock.advance(60)
    phone.hang_up()
    assert customer.follow().words == "Thank you for calling. Goodbye."
    assert (the_promise(desk, call).status, phone.talk.state) == ("done", "over")
    assert rung(desk) == []


@pytest.mark.parametrize("how", ["no-answer", "busy", "failed", "no key", "hung up"])
def test_a_customer_who_is_not_reached_is_tried_again_and_in_the_end_left_to_a_person(desk: Desk, how: str) -> None:
    call = promised(desk)
    for tries in (1, 2, 3):
        phone, customer = called(desk)
        if how == "no key":
            customer.pick_up()
            assert customer.press("").words.startswith("I did not hear from you")
        elif how == "hung up":
            customer.pick_up()
            customer.hang_up()
        else:
            customer.hang_up(how)
        assert phone.steered().words == "The customer could not be reached. Thank you."
        phone.hang_up()
        row = the_promise(desk, call)
        assert row.tries == tries
        if tries < 3:
            assert (row.status, row.due_at - desk.clock() > timedelta(minutes=9)) == ("open", True)
            assert rung(desk) == []
            desk.clock.advance(600)
    assert row.status == "failed"
    [ticket] = desk.store.tickets(call_id=call.sid)
    assert (ticket.status, ticket.phone) == ("open", CALLER)
    assert "3" in ticket.note or "三" in ticket.note
    desk.clock.advance(3600)
    assert rung(desk) == [], "no fourth try"


def test_a_customer_s_phone_rings_once_however_often_the_agent_s_asks(desk: Desk) -> None:
    promised(desk)
    [phone] = rung(desk)
    phone.take()
    for _ in range(3):
        phone.post(f"{phone.path}/room")
    assert len(rung(desk, 6)) == 1


def test_an_agent_who_vanishes_before_the_customer_answers_costs_no_try(desk: Desk) -> None:
    call = promised(desk)
    phone, customer = called(desk)
    phone.hang_up()
    row = the_promise(desk, call)
    assert (row.status, row.tries, row.due_at) == ("open", 0, desk.clock())
    desk.deliver()
    assert desk.post.steered == [("CA2", "")], "the customer's phone stops ringing"
    customer.hang_up("no-answer")
    assert the_promise(desk, call).tries == 0
    desk.clock.advance(60)
    assert [again.number for again in rung(desk)] == [AGENT]


def test_a_customer_whose_agent_vanished_at_once_is_told_and_rung_again(desk: Desk) -> None:
    call = promised(desk)
    phone, customer = called(desk)
    customer.pick_up()
    customer.press("1")
    phone.hang_up()
    assert "We will call you again in a moment." in customer.follow().words
    assert the_promise(desk, call).status == "open"
    desk.clock.advance(60)
    assert [again.number for again in rung(desk)] == [AGENT]


def test_a_customer_who_hangs_up_ends_the_talk_and_the_agent_hears_so(desk: Desk) -> None:
    call = promised(desk)
    phone, customer = called(desk)
    customer.pick_up()
    customer.press("1")
    desk.clock.advance(60)
    customer.hang_up()
    assert phone.steered().words == "The caller has hung up. Thank you."
    assert the_promise(desk, call).status == "done"


def test_nobody_is_rung_before_the_people_of_the_queue_are_there(tmp_path: Path) -> None:
    hours = ONE.replace("agents:", "calendar: office, agents:").replace(
        "calendars: {", 'calendars: {office: {weekly: {mon-fri: ["09:00-18:00"]}}, '
    )
    sunday = HandClock(datetime(2026, 11, 22, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai")))
    with opened(tmp_path, config=hours, clock=sunday) as desk:
        promised(desk)
        desk.clock.advance(3600)
        assert rung(desk) == []
        desk.clock.advance(22 * 3600)
        assert [phone.number for phone in rung(desk)] == [AGENT]


def test_who_leaves_the_queue_for_a_call_back_keeps_the_place(desk: Desk) -> None:
    call = desk.call()
    call.walk("2 0")
    joined = desk.clock()
    desk.clock.advance(600)
    assert call.hold(600).verbs == ["Leave"]
    assert "We ring back" in call.on(QueueResult="leave", QueueTime="600").words
    call.hang_up()
    desk.clock.advance(1)
    assert "Enqueue" in desk.call("+8613800000009").walk("2 0").verbs
    assert the_promise(desk, call).since == joined
    [phone] = rung(desk)
    assert phone.talk.kind == "callback", "before those who came later"


def test_a_customer_who_calls_in_and_is_answered_is_not_called_back(desk: Desk) -> None:
    first = promised(desk)
    call = desk.call()
    call.walk("2 0")
    [phone] = rung(desk)
    assert phone.talk.kind == "queue", "nobody is rung who is on the line"
    together(desk, call, phone)
    desk.clock.advance(60)
    phone.hang_up()
    call.on(DialCallStatus="answered")
    call.hang_up()
    assert the_promise(desk, first).status == "done"
    tick(desk, 60)
    assert rung(desk) == []


def test_a_number_that_may_not_be_rung_any_more_becomes_a_ticket_and_is_not_rung(tmp_path: Path) -> None:
    with opened(tmp_path, config=ONE) as desk:
        call = promised(desk)
    closed = ONE.replace("numbers: {", 'numbers: {allowed: ["+86139"], ')
    with opened(tmp_path, f"sqlite:///{tmp_path}/ivr.db", config=closed) as desk:
        for _ in range(3):
            desk.clock.advance(3600)
            [phone] = rung(desk)
            phone.take()
            tick(desk, 3)
            tick(desk, 3)
            assert phone.talk.state == "gone"
            phone.hang_up()
        assert {to for to, _ in desk.post.calls} == {AGENT}
        assert the_promise(desk, call).status == "failed"
        assert len(desk.store.tickets(call_id=call.sid)) == 1


def test_a_stranger_s_telephone_is_refused(desk: Desk) -> None:
    promised(desk)
    phone, customer = called(desk)
    stranger = desk.call("+8613800000055")
    assert stranger.post(customer.path, To="+8613800000055").status == 403
    customer.pick_up()
    assert stranger.post(customer.path, To=CALLER).status == 403
    assert stranger.post(f"{customer.path}/keyed", To=CALLER, Digits="1").status == 403
    assert phone.talk.state == "accepted"
