"""Effects leave after the commit, at least once, under their key; the unmodified Twilio client sends them."""

import contextlib
import random
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ivr.hotline.outbox import REPEATED, Relay, Rules
from ivr.hotline.senders import HttpTickets, NotSent, TwilioSender
from ivr.store import OutboxItem, Store
from ivr.store.outbox import Outbox
from tests.hotline.rest_api import Api, serving
from tests.patience import PATIENCE_SECONDS

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
PHONE = "+8613800138000"
TEXT = OutboxItem(key="CA1/3/0", kind="sms", payload={"to": PHONE, "body": "您的编号是 300 123"}, not_before=NOW)
CALL = OutboxItem(key="CA1/3/1", kind="call", payload={"to": PHONE, "path": "/agents/support"}, not_before=NOW)
TICKET = OutboxItem(key="CA1/3/2", kind="ticket", payload={"reference": "300123", "topic": "refund"}, not_before=NOW)
RULES = Rules(prefixes=("+86",), public_url="https://hotline.example")


@pytest.fixture
def api() -> Iterator[Api]:
    with serving(NOW) as served:
        yield served


@pytest.fixture
def relay(store: Store, api: Api) -> Relay:
    sender = TwilioSender("AC" + "0" * 32, "token", "+8640", api_url=api.url, timeout_seconds=2)
    return Relay(store, sender, lambda: NOW, RULES, HttpTickets(f"{api.url}/tickets", "t0ken"))


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def test_what_is_due_leaves_once(store: Store, relay: Relay, api: Api) -> None:
    store.outbox.add(TEXT, CALL, TICKET)
    store.outbox.add(TEXT)
    assert relay.deliver_due(NOW) == 3
    assert relay.deliver_due(after(3600)) == 0
    assert api.texted() == [(PHONE, "您的编号是 300 123")]
    assert api.rung() == [PHONE]
    assert [item["url"] for item in api.made if item["url"]] == ["https://hotline.example/agents/support"]
    assert api.bodies == [{"key": "CA1/3/2", "reference": "300123", "topic": "refund"}]
    assert api.headers[-1]["idempotency-key"] == "CA1/3/2"
    assert api.headers[-1]["authorization"] == "Bearer t0ken"
    row = store.outbox.row("CA1/3/0")
    assert row is not None
    assert (row.done_at, row.attempts, row.result) == (NOW, 1, next(i["sid"] for i in api.made if i["body"]))


def test_a_call_that_is_placed_tells_how_it_ended_and_how_long_it_may_ring(
    store: Store, relay: Relay, api: Api
) -> None:
    told = {"to": "client:lin", "path": "/floor/talks/t1", "status_path": "/floor/talks/t1/status", "ring_seconds": 20}
    store.outbox.add(replace(CALL, payload=told))
    assert relay.deliver_due(NOW) == 1
    assert [(item["to"], item["url"], item["status_callback"], item["timeout"]) for item in api.made] == [
        (
            "client:lin",
            "https://hotline.example/floor/talks/t1",
            f"https://hotline.example/floor/talks/t1/status{REPEATED}",
            "20",
        )
    ]


@pytest.mark.parametrize("messages_from", ["+8641", "MG" + "0" * 32, ""])
def test_texts_leave_from_their_own_number_or_service_and_calls_from_the_hotlines(
    store: Store, api: Api, messages_from: str
) -> None:
    sender = TwilioSender("AC" + "0" * 32, "token", "+8640", messages_from=messages_from, api_url=api.url)
    store.outbox.add(TEXT, CALL)
    assert Relay(store, sender, lambda: NOW, RULES).deliver_due(NOW) == 2
    assert {item["sid"][:2]: item["from"] for item in api.made} == {"SM": messages_from or "+8640", "CA": "+8640"}


def test_a_live_call_is_steered_to_a_document_or_hung_up(store: Store, relay: Relay, api: Api) -> None:
    call = "CA" + "1" * 32
    to_room = OutboxItem(key="t1/room", kind="steer", payload={"call": call, "path": "/voice/x/room"}, not_before=NOW)
    store.outbox.add(to_room, replace(to_room, key="t1/over", payload={"call": call, "path": ""}))
    assert relay.deliver_due(NOW) == 2
    assert api.steered == [
        (call, {"Status": "completed"}),
        (call, {"Url": "https://hotline.example/voice/x/room", "Method": "POST"}),
    ]


@pytest.mark.parametrize("answer", [400, 404])
def test_a_call_that_is_over_is_steered_nowhere_and_not_tried_again(
    answer: int, store: Store, relay: Relay, api: Api
) -> None:
    api.failures = [answer]
    gone = OutboxItem(key="t1/room", kind="steer", payload={"call": "CA" + "1" * 32, "path": "/x"}, not_before=NOW)
    store.outbox.add(gone)
    assert relay.deliver_due(NOW) == 0
    row = store.outbox.row("t1/room")
    assert row is not None
    assert (row.attempts, row.dead_at, row.error) == (1, NOW, f"Twilio error {20000 + answer}")


def test_nothing_leaves_before_its_time_or_without_its_commit(store: Store, relay: Relay, api: Api) -> None:
    store.outbox.add(replace(TEXT, not_before=after(60)))
    with contextlib.suppress(ZeroDivisionError), store.turn("CA1", 0) as tx:
        tx.put([replace(TEXT, key="rolled back")])
        raise ZeroDivisionError
    assert relay.deliver_due(after(59)) == 0
    assert api.made == []
    assert store.outbox.next_due() == after(60)
    assert relay.deliver_due(after(60)) == 1
    assert store.outbox.next_due() is None


@pytest.mark.parametrize("failure", [429, 401])
def test_a_text_that_surely_did_not_leave_is_tried_again_later_and_later(
    store: Store, relay: Relay, api: Api, failure: int
) -> None:
    api.failures = [failure, failure]
    store.outbox.add(TEXT)
    tried = [relay.deliver_due(after(second)) for second in (0, 4, 5, 14, 15)]
    assert tried == [0, 0, 0, 0, 1]


def test_a_carrier_that_nobody_reaches_is_tried_again_at_once(store: Store, api: Api) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{unused.getsockname()[1]}"
        sender = TwilioSender("AC" + "0" * 32, "token", "+8640", api_url=nowhere, timeout_seconds=2)
        with pytest.raises(NotSent):
            sender.send_text("K", PHONE, "300")


@pytest.mark.parametrize("item", [TEXT, CALL], ids=["sms", "call"])
@pytest.mark.parametrize("failure", ["drop", "lost", "empty"])
@pytest.mark.parametrize("late", [(0, 0), (10, 0), (0, 40), (10, 40), (25, 90)])
def test_what_the_carrier_accepted_leaves_once_although_its_reply_was_lost(  # noqa: PLR0917 - a row of a table
    store: Store, relay: Relay, api: Api, item: OutboxItem, failure: str, late: tuple[int, int]
) -> None:
    api.lag, api.behind = (timedelta(seconds=seconds) for seconds in late)
    api.failures = [failure]
    store.outbox.add(item)
    delivered = 0
    for second in range(300):
        api.now = after(second)
        delivered += relay.deliver_due(api.now)
    assert (len(api.made), delivered) == (1, 1)
    row = store.outbox.row(item.key)
    assert row is not None
    assert row.result == api.made[0]["sid"]


@pytest.mark.slow
def test_two_hundred_lost_replies_double_and_forget_nothing(store: Store, relay: Relay, api: Api) -> None:
    chance = random.Random(29)
    for number in range(200):
        item = replace((TEXT, CALL)[number % 2], key=f"CA{number}/1/0", not_before=after(60 * number))
        api.failures = [chance.choice(("drop", "lost", "empty"))]
        api.lag, api.behind = timedelta(seconds=chance.uniform(0, 20)), timedelta(seconds=chance.uniform(0, 90))
        store.outbox.add(item)
        for second in range(0, 40, 5):
            api.now = after(60 * number + second)
            relay.deliver_due(api.now)
        row = store.outbox.row(item.key)
        assert row is not None
        assert row.done_at is not None
        assert row.result == api.made[-1]["sid"]
        assert row.done_at < after(60 * number + 31)
    assert len(api.made) == 200


@pytest.mark.parametrize("kind", ["sms", "call"])
@pytest.mark.parametrize("failure", [500, 503])
def test_what_may_have_left_is_sent_again_when_the_lists_have_had_their_time(
    store: Store, relay: Relay, api: Api, kind: str, failure: int
) -> None:
    api.failures = [failure]
    store.outbox.add(TEXT if kind == "sms" else CALL)
    sent = {second: relay.deliver_due(after(second)) for second in range(40)}
    assert [second for second, count in sent.items() if count] == [30]


def test_texts_to_one_number_are_told_apart_by_their_words(store: Store, relay: Relay, api: Api) -> None:
    api.failures = ["drop", 503]
    store.outbox.add(TEXT, replace(TEXT, key="CA1/4/0", payload={"to": PHONE, "body": "something else"}))
    for second in range(60):
        relay.deliver_due(after(second))
    assert sorted(api.texted()) == sorted([(PHONE, TEXT.payload["body"]), (PHONE, "something else")])


def test_a_relay_that_died_while_sending_leaves_a_doubt(store: Store, relay: Relay, api: Api) -> None:
    store.outbox.add(TEXT)
    store.outbox.claim_due(NOW, 60, 1)
    TwilioSender("AC" + "0" * 32, "token", "+8640", api_url=api.url).send_text("", PHONE, str(TEXT.payload["body"]))
    assert relay.deliver_due(after(61)) == 1
    assert len(api.made) == 1


@pytest.mark.parametrize("status", [400])
def test_what_the_carrier_refuses_is_not_tried_again_but_stays_visible(
    store: Store, relay: Relay, api: Api, status: int
) -> None:
    api.failures = [status]
    store.outbox.add(TEXT)
    assert [relay.deliver_due(after(hours * 3600)) for hours in range(3)] == [0, 0, 0]
    (dead,) = store.outbox.rows(dead=True)
    assert (dead.key, dead.error, dead.attempts) == ("CA1/3/0", "Twilio error 20400", 1)
    assert PHONE not in dead.error


def test_an_effect_is_given_up_after_its_attempts(store: Store, relay: Relay, api: Api) -> None:
    api.failures = [500] * 99
    store.outbox.add(TEXT)
    for minute in range(200):
        relay.deliver_due(after(60 * minute))
    (dead,) = store.outbox.rows(dead=True)
    assert dead.attempts == RULES.most_attempts == 99 - len(api.failures)
    assert store.outbox.rows() == ()


def test_a_call_whose_reply_was_lost_rings_once(store: Store, relay: Relay, api: Api) -> None:
    items = [replace(CALL, key=f"CA1/{n}/0", payload={"to": f"+861380013{n:04d}", "path": "/"}) for n in range(8)]
    store.outbox.add(*items)
    now = NOW
    while store.outbox.rows():
        api.failures = ["drop"] if len(api.made) < 8 else []
        relay.deliver_due(now)
        now += timedelta(seconds=1)
        api.now = now
    assert sorted(api.rung()) == sorted(item.payload["to"] for item in items)
    assert now - NOW < timedelta(minutes=10)


def test_two_lost_calls_to_one_number_are_told_apart(store: Store, relay: Relay, api: Api) -> None:
    api.failures = ["drop", "drop"]
    store.outbox.add(CALL, replace(CALL, key="CA2/1/0"))
    for second in range(30):
        relay.deliver_due(after(second))
    assert api.rung() == [PHONE, PHONE]
    assert {row.result for key in ("CA1/3/1", "CA2/1/0") if (row := store.outbox.row(key))} == {
        item["sid"] for item in api.made
    }


@pytest.mark.parametrize("failure", ["drop", "lost", 503])
@pytest.mark.parametrize("lag", [0, 10])
def test_a_call_that_was_called_off_while_nobody_knew_of_it_is_hung_up(
    store: Store, relay: Relay, api: Api, failure: str | int, lag: int
) -> None:
    api.failures, api.lag = [failure], timedelta(seconds=lag)
    store.outbox.add(CALL)
    relay.deliver_due(NOW)
    with store.talks.transaction() as tx:
        assert tx.call_off(CALL.key, after(1)) == ""
    for second in range(1, 60):
        api.now = after(second)
        relay.deliver_due(api.now)
    assert [call for call, told in api.steered if told == {"Status": "completed"}] == [one["sid"] for one in api.made]
    assert len(api.made) == (0 if failure == 503 else 1)
    assert store.outbox.rows() == ()


def test_a_call_that_is_called_off_while_it_leaves_is_hung_up(store: Store, api: Api) -> None:
    class CalledOff(TwilioSender):
        """The call is taken back while the carrier is asked to place it."""

        def place_call(self, key: str, to: str, url: str, *, status_url: str = "", ring_seconds: int = 30) -> str:
            with store.talks.transaction() as tx:
                tx.call_off(key, NOW)
            return super().place_call(key, to, url, status_url=status_url, ring_seconds=ring_seconds)

    sender = CalledOff("AC" + "0" * 32, "token", "+8640", api_url=api.url, timeout_seconds=2)
    relay = Relay(store, sender, lambda: NOW, RULES)
    store.outbox.add(CALL)
    for second in range(10):
        relay.deliver_due(after(second))
    assert api.steered == [(api.made[0]["sid"], {"Status": "completed"})]
    assert api.rung() == [PHONE]


def test_a_call_of_long_ago_is_not_taken_for_this_one(store: Store, relay: Relay, api: Api) -> None:
    store.outbox.add(CALL)
    relay.deliver_due(NOW)
    api.failures, api.now = [503], after(600)
    store.outbox.add(replace(CALL, key="CA2/1/0", not_before=after(600)))
    assert [relay.deliver_due(after(second)) for second in (600, 605, 631)] == [0, 0, 1]
    assert api.rung() == [PHONE, PHONE]


def test_calls_leave_at_the_pace_of_the_account_and_waiting_is_no_attempt(store: Store, relay: Relay, api: Api) -> None:
    store.outbox.add(*(replace(CALL, key=f"CA{number}") for number in range(5)))
    assert [relay.deliver_due(after(second)) for second in range(6)] == [1, 1, 1, 1, 1, 0]
    assert {row.attempts for n in range(5) if (row := store.outbox.row(f"CA{n}"))} == {1}


@pytest.mark.parametrize("kind", ["sms", "call"])
@pytest.mark.parametrize("number", ["+881612345678", "+19005550100", "911", "", "+85261234567"])
def test_a_number_that_is_not_allowed_never_reaches_the_carrier(
    store: Store, relay: Relay, api: Api, kind: str, number: str
) -> None:
    store.outbox.add(OutboxItem(key="k", kind=kind, payload={"to": number, "body": "", "path": "/"}, not_before=NOW))
    relay.deliver_due(NOW)
    assert api.headers == []
    assert [row.error for row in store.outbox.rows(dead=True)] == ["a number we may not reach"]


def test_a_code_is_readable_only_as_it_leaves(store: Store, relay: Relay, api: Api) -> None:
    words = "您的验证码是 {secret}，请勿告诉他人。"
    store.outbox.add(replace(TEXT, payload={"to": PHONE, "body": words}, secret="739205", not_after=after(600)))
    (waiting,) = store.outbox.rows()
    assert "739205" not in repr(waiting)
    relay.deliver_due(NOW)
    assert api.texted() == [(PHONE, "您的验证码是 739205，请勿告诉他人。")]
    sent = store.outbox.row(TEXT.key)
    assert sent is not None
    assert sent.secret == ""


def test_braces_that_a_caller_said_are_no_place_for_a_code(store: Store, relay: Relay, api: Api) -> None:
    store.outbox.add(replace(TEXT, payload={"to": PHONE, "body": "您说：{secret}"}))
    assert relay.deliver_due(NOW) == 1
    assert api.texted() == [(PHONE, "您说：{secret}")]


def test_a_code_sealed_with_another_pepper_is_never_sent(store: Store, relay: Relay, api: Api) -> None:
    words = {"to": PHONE, "body": "您的验证码是 {secret}。"}
    Outbox(store._db, b"another pepper").add(replace(TEXT, payload=words, secret="739205"))
    assert relay.deliver_due(NOW) == 0
    assert api.made == []
    assert [row.error for row in store.outbox.rows(dead=True)] == [
        "its code can not be read any more: the pepper was changed"
    ]


def test_a_code_that_came_too_late_is_not_sent(store: Store, relay: Relay, api: Api) -> None:
    store.outbox.add(replace(TEXT, not_after=after(600)))
    assert relay.deliver_due(after(601)) == 0
    assert api.made == []
    assert [row.error for row in store.outbox.rows(dead=True)] == ["too late to be of use"]


def test_a_proxy_of_the_environment_is_handed_no_token(store: Store, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    with serving(NOW) as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        sender = TwilioSender("AC" + "0" * 32, "token", "+8640", api_url=api.url, timeout_seconds=2)
        store.outbox.add(TEXT, TICKET)
        Relay(store, sender, lambda: NOW, RULES, HttpTickets(f"{api.url}/tickets", "t0ken")).deliver_due(NOW)
        assert proxy.headers == []
    assert len(api.headers) == 2


def test_without_a_ticket_system_tickets_are_done_at_once(store: Store, api: Api) -> None:
    sender = TwilioSender("AC", "token", "+8640", api_url=api.url)
    store.outbox.add(TICKET)
    assert Relay(store, sender, lambda: NOW, RULES).deliver_due(NOW) == 1
    assert api.bodies == []


@pytest.mark.parametrize(("failure", "delivered"), [(409, [1, 0]), (500, [0, 1]), (422, [0, 0])])
def test_a_ticket_system_that_has_it_is_done_one_that_fails_is_asked_again(
    store: Store, relay: Relay, api: Api, failure: int, delivered: list[int]
) -> None:
    api.failures = [failure]
    store.outbox.add(TICKET)
    assert [relay.deliver_due(after(second)) for second in (0, 5)] == delivered


def test_a_ticket_goes_nowhere_but_to_an_http_address() -> None:
    with pytest.raises(ValueError, match="file"):
        HttpTickets("file:///etc/passwd")


def test_a_relay_that_died_holds_its_row_for_the_lease_only(store: Store, relay: Relay, api: Api) -> None:
    store.outbox.add(TEXT)
    (held,) = store.outbox.claim_due(NOW, lease_seconds=60, limit=1)
    assert relay.deliver_due(after(59)) == 0
    assert relay.deliver_due(after(61)) == 1
    assert not store.outbox.done(held, after(62), "late")
    assert len(api.made) == 1


def test_relays_side_by_side_take_each_row_once(store: Store) -> None:
    store.outbox.add(*(replace(TEXT, key=f"CA{number}") for number in range(60)))
    taken: list[str] = []

    def take() -> None:
        while rows := store.outbox.claim_due(NOW, 60, 7):
            taken.extend(row.key for row in rows)

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == len(set(taken)) == 60


def test_a_commit_wakes_the_relay_of_its_process(store: Store, relay: Relay, api: Api) -> None:
    stop = threading.Event()
    running = threading.Thread(target=relay.run, args=(stop,))
    running.start()
    store.outbox.add(TEXT)
    assert api.asked.wait(PATIENCE_SECONDS)
    stop.set()
    store.outbox.wake.set()
    running.join(PATIENCE_SECONDS)
    assert not running.is_alive()
    assert api.texted() == [(PHONE, "您的编号是 300 123")]
    assert store.outbox.rows() == ()
