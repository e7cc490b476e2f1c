"""A board shows who waits and who is there, and to an agent only what belongs to their queues."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ivr.agents.board import Boards
from ivr.agents.model import Agent, Board, QueueNow
from ivr.agents.queues import QueueService
from ivr.agents.rules import QueueRule
from ivr.agents.texts import masked
from ivr.call.calendar import Calendar, Closure, parse_spans
from ivr.call.session import Session
from ivr.call.values import Value
from ivr.store import CallbackRow, CallRow, QueueEntry, Store
from ivr.store.rows import PresenceRow, TalkRow
from ivr.store.vocabulary import RANKS

NOW = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Shanghai")
LI = Agent(name="li", phone="+8613900000001", queues=("support",), shown={"zh": "李娜", "en": "Li Na"})
WU = Agent(name="wu", phone="+8613900000002", queues=("security",))
CHEN = Agent(name="chen", phone="+8613900000003", queues=("support", "senior"), roles=("supervisor",))
BARE = Agent(name="+8613900000009", phone="+8613900000009", queues=("support",), has_login=False)
ALWAYS = Calendar(name="always", weekly=(parse_spans("00:00-24:00"),) * 7)


def before(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


def boards(store: Store, *closures: Closure) -> Boards:
    return Boards(
        store=store,
        agents={agent.name: agent for agent in (LI, WU, CHEN, BARE)},
        queues={
            "support": QueueRule("support", ("+1",), calendar=ALWAYS),
            "senior": QueueRule("senior", priority="high"),
            "security": QueueRule("security"),
        },
        calendars={"always": ALWAYS},
        about=lambda session, topic, language: f"{topic} in {language}",
        closures=lambda now: closures,
        expected=QueueService(store, {"support": QueueRule("support", ("+1",))}).expected,
        titles={"senior": {"en": "for complaints"}, "security": {"zh": "安全专员", "en": "Security team"}},
        country="CN",
    )


def waits(store: Store, call_id: str, queue: str, seconds: float, *, name: str = "", priority: str = "normal") -> None:
    number = f"+861380000{len(store.calls(1000)):04}"
    session = Session(call_id, "d", "zh", before(seconds), caller=number)
    if name:
        session = replace(session, values={"customer": Value("name", name)}, account="62220001", factor="code")
    with store.turn(call_id, 0) as page:
        page.open_call(
            CallRow(id=call_id, from_number=number, to_number="", digest="d", language="zh", started_at=before(seconds),
                    last_turn_at=before(seconds), turn=0)
        )  # fmt: skip
        page.save(session=session.to_json(), turn=1, now=NOW, account=session.account)
        page.queue_entry(
            QueueEntry(call_id=call_id, queue=queue, joined_at=before(seconds), topic="refund", language="zh",
                       rank=RANKS[priority])
        )  # fmt: skip


def talk(store: Store, agent: str, subject: str, state: str, **more: object) -> None:
    facts = {"queue": "support", "kind": "queue", "call_id": subject, "offered_at": before(5), **more}
    with store.talks.transaction() as tx:
        assert tx.add(TalkRow(id=f"t-{agent}", subject=subject, agent=agent, state=state, **facts))  # type: ignore[arg-type]


def presence(store: Store, agent: str, chosen: str, reason: str = "") -> None:
    with store.talks.transaction() as tx:
        tx.be(PresenceRow(agent=agent, presence=chosen, since=before(60), idle_since=before(60), reason=reason))


def callback(store: Store, key: str, due: datetime, queue: str = "support") -> None:
    with store.turn(key.partition("/")[0]) as page:
        page.add_callback(
            CallbackRow(key=key, call_id=key.partition("/")[0], queue=queue, number=f"+8613700000{key[-3:]}",
                        due_at=due, booked_at=before(900), topic="refund", language="en")
        )  # fmt: skip


def queue(board: Board, name: str) -> QueueNow:
    return next(one for one in board.queues if one.name == name)


def test_the_next_to_be_served_stands_first_with_all_that_is_known(store: Store) -> None:
    waits(store, "CA1", "support", 30)
    waits(store, "CA2", "support", 100, name="王小明")
    waits(store, "CA3", "support", 10, priority="high")
    talk(store, "li", "CA2", "ringing")
    support = queue(boards(store).now(CHEN, "en", NOW), "support")
    assert [(one.subject, one.who, one.identified, one.rings, one.topic) for one in support.waiting] == [
        ("CA3", "138****0002", False, "", "refund in en"),
        ("CA2", "王小明", True, "Li Na", "refund in en"),
        ("CA1", "138****0000", False, "", "refund in en"),
    ]
    assert (support.estimate_seconds, support.open) == (None, True)
    assert [(NOW - one.since).total_seconds() for one in support.waiting] == [10, 100, 30]


def test_who_is_taken_or_gone_waits_no_more(store: Store) -> None:
    for number in range(4):
        waits(store, f"CA{number}", "support", 60 + number)
    with store.talks.transaction() as tx:
        assert tx.take("CA3", "li")
    store.queue.settle("CA2", "answered", NOW)
    store.end_call("CA1", "completed", NOW)
    support = queue(boards(store).now(CHEN, "zh", NOW), "support")
    assert [one.subject for one in support.waiting] == ["CA0"]


def test_a_steady_pace_of_answers_makes_an_estimate(store: Store) -> None:
    for number in range(9):
        since, at = before(1200 - 60 * number), before(600 - 60 * number)
        with store.talks.transaction() as tx:
            tx.add(
                TalkRow(id=f"t{number}", kind="queue", subject=f"CA{number}", call_id=f"CA{number}", queue="support",
                        agent="li", state="over", offered_at=at, joined_at=at, waiting_since=since)
            )  # fmt: skip
    waits(store, "CA90", "support", 20)
    board = boards(store).now(CHEN, "zh", NOW)
    assert queue(board, "support").estimate_seconds in range(100, 150), "two turns of a minute each"
    assert queue(board, "senior").estimate_seconds is None


def test_a_due_callback_waits_like_a_caller_and_a_later_one_is_counted(store: Store) -> None:
    callback(store, "CA1/001", before(20))
    callback(store, "CA2/002", NOW + timedelta(hours=1))
    callback(store, "CA3/003", before(50))
    talk(store, "li", "CA3/003", "talking", kind="callback")
    support = queue(boards(store).now(CHEN, "en", NOW), "support")
    assert (support.due_callbacks, support.later_callbacks) == (1, 1)
    (one,) = support.waiting
    assert (one.kind, one.subject, one.who, one.language) == ("callback", "CA1/001", "137****0001", "en")


@pytest.mark.parametrize(
    ("state", "shown"),
    [("ringing", "ringing"), ("accepted", "talking"), ("talking", "talking"), ("held", "talking"),
     ("wrap_up", "wrap_up"), ("over", "ready"), ("missed", "ready")],
)  # fmt: skip
def test_what_an_agent_does_follows_from_their_talk(store: Store, state: str, shown: str) -> None:
    presence(store, "li", "ready")
    talk(store, "li", "CA1", state)
    li = next(one for one in boards(store).now(CHEN, "zh", NOW).agents if one.agent is LI)
    assert li.activity == shown


def test_people_are_counted_by_what_they_do(store: Store) -> None:
    presence(store, "li", "away", "lunch")
    presence(store, "chen", "ready")
    board = boards(store).now(CHEN, "zh", NOW)
    support = queue(board, "support")
    assert (support.ready, support.away, support.talking) == (2, 1, 0), "a bare phone is always there"
    assert {one.agent.name: (one.activity, one.reason) for one in board.agents} == {
        "li": ("away", "lunch"), "wu": ("off", ""), "chen": ("ready", ""), BARE.name: ("ready", ""),
    }  # fmt: skip


def test_an_agent_sees_their_own_queues_and_colleagues_only(store: Store) -> None:
    waits(store, "CA1", "security", 5, name="somebody")
    callback(store, "CA2/001", before(5), "security")
    board = boards(store).now(LI, "zh", NOW)
    assert [one.name for one in board.queues] == ["support"]
    assert {one.agent.name for one in board.agents} == {"li", "chen", BARE.name}
    assert "somebody" not in str([one.waiting for one in board.queues])
    assert [one.name for one in boards(store).now(CHEN, "zh", NOW).queues] == ["support", "senior", "security"]


def test_an_emergency_closes_calendar_and_queue(store: Store) -> None:
    closed = Closure("always", {"zh": "台风"}, before(60))
    board = boards(store, closed).now(CHEN, "zh", NOW)
    assert board.open == {"always": "emergency"}
    assert [queue(board, name).open for name in ("support", "senior")] == [False, True]


def test_a_queue_is_called_by_its_name_in_a_language_there_is_or_by_its_key(store: Store) -> None:
    titles = [one.title for one in boards(store).now(CHEN, "zh", NOW).queues]
    assert titles == ["support", "for complaints", "安全专员"]


@pytest.mark.parametrize(
    ("country", "number", "shown"),
    [("CN", "+8613800138000", "138****8000"), ("CN", "+447700900123", "+44****0123"), ("CN", "62220001", "62****01"),
     ("GB", "+447700900123", "077****0123"), ("US", "+12125550123", "21****23"),
     ("US", "+8613800138000", "+86****8000"), ("CN", "12345", "****"), ("CN", "", "")],
)  # fmt: skip
def test_a_number_is_shown_without_its_middle(country: str, number: str, shown: str) -> None:
    assert masked(number, country) == shown
