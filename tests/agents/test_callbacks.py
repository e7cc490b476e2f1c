"""Calls back: the agent first, then the customer, tried again by rule, never twice and never forgotten."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from ivr.store.rows import CallbackRow
from tests.agents.phones import Telephone, rung, tick, together
from tests.hotline.harness import CALLER, CONFIG, HotlineInTest, ManualClock, PostedCall, opened

AGENT = "+8613900000001"
ONE = CONFIG.replace(', "+8613900000002"', "")


@pytest.fixture
def hotline(tmp_path: Path, store_url: str) -> Iterator[HotlineInTest]:
    """A queue with one bare phone."""
    with opened(tmp_path, store_url, config=ONE) as hotline:
        yield hotline


def promised(hotline: HotlineInTest, number: str = CALLER) -> PostedCall:
    """A caller who was promised a call back, and has hung up."""
    call = hotline.call(number)
    assert call.walk("2 4").words.startswith("We ring back")
    call.hang_up()
    return call


def the_promise(hotline: HotlineInTest, call: PostedCall) -> CallbackRow:
    [row] = hotline.store.callbacks(call_id=call.sid)
    return row


def called(hotline: HotlineInTest) -> tuple[Telephone, Telephone]:
    """The telephones of the agent, who has taken the promise, and of the customer, which rings."""
    [phone] = rung(hotline)
    assert phone.number == AGENT
    assert phone.take().verbs == ["Dial", "Conference"]
    [customer] = rung(hotline)
    return phone, customer


def test_the_agent_takes_it_first_and_then_the_customer_is_rung_and_presses_1(hotline: HotlineInTest) -> None:
    call = promised(hotline)
    [phone] = rung(hotline)
    assert "There is a customer for you to call back." in phone.pick_up().words
    assert phone.press("1").words.endswith("I am calling the customer now. Please stay on the line.")
    assert rung(hotline) == [], "the agent is not in the room yet"
    room = phone.follow()
    [customer] = rung(hotline)
    assert customer.number == CALLER
    assert customer.pick_up().words == "Hello, we are calling you back as promised. To speak with us now, press 1."
    assert customer.press("1").root.findtext("Dial/Conference") == room.root.findtext("Dial/Conference")
    assert phone.talk.state == "talking"
    hotline.clock.advance(60)
    phone.hang_up()
    assert customer.follow().words == "Thank you for calling. Goodbye."
    assert (the_promise(hotline, call).status, phone.talk.state) == ("done", "over")
    assert rung(hotline) == []


@pytest.mark.parametrize("how", ["no-answer", "busy", "failed", "no key", "hung up"])
def test_a_customer_who_is_not_reached_is_tried_again_and_in_the_end_left_to_a_person(
    hotline: HotlineInTest, how: str
) -> None:
    call = promised(hotline)
    for tries in (1, 2, 3):
        phone, customer = called(hotline)
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
        row = the_promise(hotline, call)
        assert row.tries == tries
        if tries < 3:
            assert (row.status, row.due_at - hotline.clock() > timedelta(minutes=9)) == ("open", True)
            assert rung(hotline) == []
            hotline.clock.advance(600)
    assert row.status == "failed"
    [ticket] = hotline.store.tickets(call_id=call.sid)
    assert (ticket.status, ticket.phone) == ("open", CALLER)
    assert "3" in ticket.note or "三" in ticket.note
    hotline.clock.advance(3600)
    assert rung(hotline) == [], "no fourth try"


def test_a_customer_s_phone_rings_once_however_often_the_agent_s_asks(hotline: HotlineInTest) -> None:
    promised(hotline)
    [phone] = rung(hotline)
    phone.take()
    for _ in range(3):
        phone.post(f"{phone.path}/room")
    assert len(rung(hotline, 6)) == 1


def test_an_agent_who_vanishes_before_the_customer_answers_costs_no_try(hotline: HotlineInTest) -> None:
    call = promised(hotline)
    phone, customer = called(hotline)
    phone.hang_up()
    row = the_promise(hotline, call)
    assert (row.status, row.tries, row.due_at) == ("open", 0, hotline.clock())
    hotline.deliver()
    assert hotline.sender.steered == [("CA2", "")], "the customer's phone stops ringing"
    customer.hang_up("no-answer")
    assert the_promise(hotline, call).tries == 0
    hotline.clock.advance(60)
    assert [again.number for again in rung(hotline)] == [AGENT]


def test_a_customer_whose_agent_vanished_at_once_is_told_and_rung_again(hotline: HotlineInTest) -> None:
    call = promised(hotline)
    phone, customer = called(hotline)
    customer.pick_up()
    customer.press("1")
    phone.hang_up()
    assert "We will call you again in a moment." in customer.follow().words
    assert the_promise(hotline, call).status == "open"
    hotline.clock.advance(60)
    assert [again.number for again in rung(hotline)] == [AGENT]


def test_a_customer_who_hangs_up_ends_the_talk_and_the_agent_hears_so(hotline: HotlineInTest) -> None:
    call = promised(hotline)
    phone, customer = called(hotline)
    customer.pick_up()
    customer.press("1")
    hotline.clock.advance(60)
    customer.hang_up()
    assert phone.steered().words == "The caller has hung up. Thank you."
    assert the_promise(hotline, call).status == "done"


def test_nobody_is_rung_before_the_people_of_the_queue_are_there(tmp_path: Path) -> None:
    hours = ONE.replace("agents:", "calendar: office, agents:").replace(
        "calendars: {", 'calendars: {office: {weekly: {mon-fri: ["09:00-18:00"]}}, '
    )
    sunday = ManualClock(datetime(2026, 11, 22, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai")))
    with opened(tmp_path, config=hours, clock=sunday) as hotline:
        promised(hotline)
        hotline.clock.advance(3600)
        assert rung(hotline) == []
        hotline.clock.advance(22 * 3600)
        assert [phone.number for phone in rung(hotline)] == [AGENT]


def test_who_leaves_the_queue_for_a_call_back_keeps_the_place(hotline: HotlineInTest) -> None:
    call = hotline.call()
    call.walk("2 0")
    joined = hotline.clock()
    hotline.clock.advance(600)
    assert call.hold(600).verbs == ["Leave"]
    assert "We ring back" in call.on(QueueResult="leave", QueueTime="600").words
    call.hang_up()
    hotline.clock.advance(1)
    assert "Enqueue" in hotline.call("+8613800000009").walk("2 0").verbs
    assert the_promise(hotline, call).since == joined
    [phone] = rung(hotline)
    assert phone.talk.kind == "callback", "before those who came later"


def test_a_customer_who_calls_in_and_is_answered_is_not_called_back(hotline: HotlineInTest) -> None:
    first = promised(hotline)
    call = hotline.call()
    call.walk("2 0")
    [phone] = rung(hotline)
    assert phone.talk.kind == "queue", "nobody is rung who is on the line"
    together(hotline, call, phone)
    hotline.clock.advance(60)
    phone.hang_up()
    call.on(DialCallStatus="answered")
    call.hang_up()
    assert the_promise(hotline, first).status == "done"
    tick(hotline, 60)
    assert rung(hotline) == []


def test_a_number_that_may_not_be_rung_any_more_becomes_a_ticket_and_is_not_rung(tmp_path: Path) -> None:
    with opened(tmp_path, config=ONE) as hotline:
        call = promised(hotline)
    closed = ONE.replace("numbers: {", 'numbers: {allowed: ["+86139"], ')
    with opened(tmp_path, f"sqlite:///{tmp_path}/ivr.db", config=closed) as hotline:
        for _ in range(3):
            hotline.clock.advance(3600)
            [phone] = rung(hotline)
            phone.take()
            tick(hotline, 3)
            tick(hotline, 3)
            assert phone.talk.state == "gone"
            phone.hang_up()
        assert {to for to, _ in hotline.sender.calls} == {AGENT}
        assert the_promise(hotline, call).status == "failed"
        assert len(hotline.store.tickets(call_id=call.sid)) == 1


def test_a_stranger_s_telephone_is_refused(hotline: HotlineInTest) -> None:
    promised(hotline)
    phone, customer = called(hotline)
    stranger = hotline.call("+8613800000055")
    assert stranger.post(customer.path, To="+8613800000055").status == 403
    customer.pick_up()
    assert stranger.post(customer.path, To=CALLER).status == 403
    assert stranger.post(f"{customer.path}/keyed", To=CALLER, Digits="1").status == 403
    assert phone.talk.state == "accepted"
