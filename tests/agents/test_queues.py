"""What a waiting caller hears, where they stand, and when they are let out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ivr.agents.queues import Heard, QueueService
from ivr.agents.rules import QueueRule
from ivr.call.calendar import Calendar, parse_spans
from ivr.call.events import Queueing
from ivr.store import CallbackRow, QueueEntry, Store
from ivr.store.rows import CallRow, PresenceRow, TalkRow
from ivr.store.vocabulary import RANKS
from tests.hotline.harness import CONFIG, HotlineInTest, PostedCall, opened

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
STAFF = QueueRule("support", ("+8613900000001",), estimate=True)
COME_AND_GO = QueueRule("support", agents=("li", "wang"))
MORNINGS = Calendar(name="mornings", weekly=(parse_spans("09:00-12:04"),) * 7)


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def people(store: Store, *staff: QueueRule) -> QueueService:
    return QueueService(store, {one.queue: one for one in staff or (STAFF,)})


def wait(language: str = "en", *, leave: str = "1", hold: str = "") -> Queueing:
    return Queueing(queue="support", leave=leave, hold=hold, language=language)


def ring(store: Store, call_id: str, number: str = "") -> None:
    with store.turn(call_id) as page:
        page.open_call(
            CallRow(
                id=call_id, from_number=number or f"+86138{call_id[-2:]}000000", to_number="", digest="", language="en",
                started_at=NOON, last_turn_at=NOON, turn=0,
            )
        )  # fmt: skip


def join(store: Store, number: int, joined: datetime, *, queue: str = "support", priority: str = "normal") -> str:
    call_id = f"CA{number:032d}"
    ring(store, call_id)
    with store.turn(call_id) as page:
        page.queue_entry(QueueEntry(call_id=call_id, queue=queue, joined_at=joined, rank=RANKS[priority]))
    return call_id


def promise(store: Store, key: str, *, since: datetime | None, due: datetime, number: str = "+8613900000099") -> None:
    ring(store, f"CB{key}", number)
    with store.turn(f"CB{key}", 1) as page:
        page.add_callback(
            CallbackRow(
                key=key, call_id=f"CB{key}", queue="support", number=number, due_at=due, booked_at=NOON, since=since
            )
        )


def answered(store: Store, *minutes: float, waited: float = 10) -> None:
    """Talks of the queue, each accepted at this minute by an agent of its own."""
    with store.talks.transaction() as tx:
        for minute in minutes:
            tx.add(
                TalkRow(
                    id=f"t{minute}", kind="queue", subject=f"s{minute}", call_id="CA", queue="support",
                    agent=f"a{minute}", state="over", offered_at=at(minute), joined_at=at(minute),
                    waiting_since=at(minute - waited),
                )
            )  # fmt: skip


def be(store: Store, agent: str, presence: str, reason: str = "", since: datetime = NOON) -> None:
    with store.talks.transaction() as tx:
        tx.be(PresenceRow(agent=agent, presence=presence, since=since, idle_since=since, reason=reason))


# --- the place ------------------------------------------------------------------------------------------------------


def test_the_place_goes_by_rank_then_by_who_came_first(store: Store) -> None:
    joined = [join(store, number, at(number)) for number in range(3)]
    urgent = join(store, 8, at(5), priority="urgent")
    join(store, 9, at(-60), queue="senior")
    assert [store.queue.ahead(call, at(9)) for call in (urgent, *joined)] == [0, 1, 2, 3]
    assert store.queue.ahead("CA nobody", at(9)) is None
    store.queue.settle(joined[0], "left", at(9))
    assert store.queue.ahead(joined[0], at(9)) is None
    assert store.queue.ahead(joined[1], at(9)) == 1


def test_a_due_call_back_counts_from_when_its_caller_began_to_wait(store: Store) -> None:
    first, second = join(store, 1, at(0)), join(store, 2, at(10))
    promise(store, "kept place", since=at(5), due=at(20))
    assert [store.queue.ahead(call, at(15)) for call in (first, second)] == [0, 1], "not due yet"
    assert [store.queue.ahead(call, at(20)) for call in (first, second)] == [0, 2]
    promise(store, "at a time", since=None, due=at(9), number="+8613900000098")
    assert [store.queue.ahead(call, at(20)) for call in (first, second)] == [0, 3]
    store.settle_callback("kept place", "done", at(20))
    assert store.queue.ahead(second, at(20)) == 2


def test_a_call_back_to_the_very_caller_is_not_ahead_of_them(store: Store) -> None:
    caller = join(store, 1, at(10))
    row = store.call(caller)
    assert row is not None
    promise(store, "mine", since=at(0), due=at(5), number=row.from_number)
    assert store.queue.ahead(caller, at(20)) == 0


# --- the words ------------------------------------------------------------------------------------------------------


def rounds(
    people: QueueService, call: str, wait: Queueing, *moments: datetime, heard: Heard | None = None
) -> list[str]:
    """The words of one round after another."""
    heard, words = heard or Heard(), []
    for moment in moments:
        told = people.round(call, wait, None, heard, moment)
        words.append(told.words)
        heard = Heard.from_text(told.heard.text())
    return words


def test_the_place_is_told_at_first_when_it_gets_better_and_every_third_time(store: Store) -> None:
    ahead, call = join(store, 1, at(0)), join(store, 2, at(1))
    hotline = people(store, replace(STAFF, estimate=False))
    words = rounds(hotline, call, wait(), *[at(2)] * 4)
    place, key = "There is 1 caller ahead of you.", "If you would rather not wait, press 1."
    thanks = "Thank you for waiting. We will be with you as soon as we can."
    assert words == [f"{place} {key}", f"{thanks} {key}", f"{thanks} {key}", f"{place} {key}"]
    store.queue.settle(ahead, "left", at(3))
    assert rounds(hotline, call, wait(), at(3), heard=Heard(1, 2)) == [f"You are next in line. {key}"]
    join(store, 3, at(2), priority="urgent")
    assert rounds(hotline, call, wait(), at(3), heard=Heard(1, 1)) == [f"{thanks} {key}"], "a worse place is no news"


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh", "您前面还有1位。预计等待时间约10分钟。不想继续等待，请按1。"),
        (
            "en",
            "There is 1 caller ahead of you. The expected wait is about 10 minutes. "
            "If you would rather not wait, press 1.",
        ),
    ],
)
def test_the_expected_wait_is_told_with_the_place(store: Store, language: str, words: str) -> None:
    join(store, 1, at(-9))
    call = join(store, 2, at(-8))
    answered(store, -25, -20, -15, -10, -5, 0)
    hotline = people(store)
    first, second = rounds(hotline, call, wait(language), NOON, NOON)
    assert first == words
    assert "10" not in second
    assert rounds(people(store, replace(STAFF, estimate=False)), call, wait(language), NOON)[0] != words


@pytest.mark.parametrize(
    ("why", "minutes", "staff"),
    [
        ("too few answers", (-15, -10, -5, 0), STAFF),
        ("answers too old", (-95, -90, -85, -80, -75, -70), STAFF),
        ("the office closes before", (-25, -20, -15, -10, -5, 0), replace(STAFF, calendar=MORNINGS)),
        ("nobody is there now", (-25, -20, -15, -10, -5, 0), replace(COME_AND_GO, estimate=True)),
    ],
)
def test_no_wait_is_told_that_is_not_known(
    store: Store, why: str, minutes: tuple[float, ...], staff: QueueRule
) -> None:
    call = join(store, 1, at(-9))
    answered(store, *minutes)
    assert rounds(people(store, staff), call, wait(), NOON) == [
        "You are next in line. If you would rather not wait, press 1."
    ], why


def test_a_board_learns_how_long_somebody_will_wait_who_joins_now(store: Store) -> None:
    answered(store, -25, -20, -15, -10, -5, 0)
    hotline = people(store)
    assert hotline.estimate("support", NOON) == 300
    join(store, 1, at(-9))
    assert hotline.estimate("support", NOON) == 600
    assert hotline.estimate("senior", NOON) is None


def test_consultations_and_calls_nobody_took_are_no_answers(store: Store) -> None:
    answered(store, -25)
    taken = store.talks.get("t-25")
    assert taken is not None
    with store.talks.transaction() as tx:
        tx.add(replace(taken, id="c", kind="consult", subject="s", agent="b"))
        tx.add(replace(taken, id="m", state="missed", joined_at=None, subject="s", agent="c"))
        tx.add(replace(taken, id="o", queue="senior", subject="s", agent="d"))
    assert store.queue.answers("support", at(-60)) == ((at(-35), at(-25)),)
    assert store.queue.answers("support", at(-20)) == ()


def test_a_flow_s_own_words_are_said_at_every_round(store: Store) -> None:
    join(store, 1, at(0))
    call = join(store, 2, at(1))
    hotline = people(store, replace(STAFF, estimate=False))
    plain = rounds(hotline, call, wait(hold="To be called back, press 1."), at(2), at(2))
    assert plain == [
        "There is 1 caller ahead of you. To be called back, press 1.",
        "Thank you for waiting. We will be with you as soon as we can. To be called back, press 1.",
    ]
    placed = wait("zh", hold="您排在第{position}位，回电请按1。")
    assert rounds(hotline, call, placed, at(2), at(2)) == ["您排在第二位，回电请按1。"] * 2


def test_the_carrier_s_place_is_told_for_a_call_of_which_we_know_none(store: Store) -> None:
    told = people(store).round("CA unknown", wait(leave=""), 3, Heard(), NOON)
    assert told.words == "There are 2 callers ahead of you."
    assert people(store).round("CA unknown", wait(leave=""), None, Heard(), NOON).words == ""
    placed = wait(hold="Please hold. You are number {position} in line. To be called back, press 1.")
    untold = people(store).round("CA unknown", placed, None, Heard(), NOON).words
    assert untold == "Please hold. To be called back, press 1."


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("3-2", Heard(3, 2)),
        ("", Heard()),
        ("x-1", Heard()),
        ("-1-2", Heard()),
        ("1" * 20 + "-1", Heard()),
        ("²-1", Heard()),
    ],
)
def test_what_was_heard_comes_back_in_the_address_or_is_nothing(text: str, heard: Heard) -> None:
    assert Heard.from_text(text) == heard


# --- the way out ----------------------------------------------------------------------------------------------------


def test_who_is_let_out_and_why(store: Store) -> None:
    call = join(store, 1, NOON)
    hotline = people(store, replace(STAFF, longest_seconds=600))
    assert hotline.way_out(call, wait(), 20, "1", NOON) == "left"
    assert hotline.way_out(call, wait(), 20, "5", NOON) is None
    assert hotline.way_out(call, wait(leave=""), 20, "1", NOON) is None
    assert hotline.way_out(call, wait(), 600, "", NOON) == "timeout"
    assert hotline.way_out(call, wait(), 0, "", at(10)) == "timeout", "the carrier's count is missing"
    with store.talks.transaction() as tx:
        assert tx.take(call, "li")
    assert hotline.way_out(call, wait(), 600, "", at(10)) is None, "somebody has taken them"


@pytest.mark.parametrize(
    ("presences", "nobody"),
    [
        ({}, True),
        ({"li": "off", "wang": "off"}, True),
        ({"li": "off", "wang": "away"}, True),
        ({"li": "ready"}, False),
        ({"zhao": "ready"}, True),
    ],
)
def test_a_queue_is_staffed_by_who_can_answer(store: Store, presences: dict[str, str], nobody: bool) -> None:
    call = join(store, 1, NOON)
    for agent, presence in presences.items():
        be(store, agent, presence)
    hotline = people(store, COME_AND_GO)
    assert hotline.unstaffed(NOON, ()) == (frozenset({"support"}) if nobody else frozenset())
    assert hotline.way_out(call, wait(), 20, "", at(1)) == ("nobody" if nobody else None)
    phones = people(store, replace(COME_AND_GO, phones=("+8613900000001",)))
    assert phones.unstaffed(NOON, ()) == frozenset(), "a bare phone is always there"
    assert phones.way_out(call, wait(), 20, "", at(1)) is None


def test_callers_wait_for_people_on_a_break_for_a_while(store: Store) -> None:
    call, hotline = join(store, 1, NOON), people(store, COME_AND_GO)
    be(store, "li", "away", "break")
    assert hotline.way_out(call, wait(), 20, "", at(4)) is None
    assert hotline.way_out(call, wait(), 20, "", at(5)) == "nobody"
    be(store, "li", "away", "lunch")
    assert hotline.way_out(call, wait(), 20, "", at(1)) == "nobody"


# --- on the line ----------------------------------------------------------------------------------------------------

AGENTS = CONFIG.replace(
    'agents: ["+8613900000001", "+8613900000002"]', "music: media/waiting.mp3"
) + 'agents: {li: {phone: "+8613900000005", queues: [support]}}\n'  # fmt: skip


@pytest.fixture
def hotline(tmp_path: Path) -> Iterator[HotlineInTest]:
    (tmp_path / "media").mkdir()
    (tmp_path / "media" / "waiting.mp3").write_bytes(b"")
    with opened(tmp_path, config=AGENTS) as hotline:
        be(hotline.store, "li", "ready")
        yield hotline


def waiting(hotline: HotlineInTest) -> PostedCall:
    call = hotline.call()
    assert "Enqueue" in call.walk("2 0").verbs
    return call


def test_the_last_agent_who_logs_out_lets_callers_out_to_what_the_flow_offers(hotline: HotlineInTest) -> None:
    call = waiting(hotline)
    assert "Leave" not in call.hold(20).verbs
    be(hotline.store, "li", "off", since=hotline.clock())
    assert call.hold(40).verbs == ["Leave"]
    assert call.on(QueueResult="leave", QueueTime="40").words.startswith("Nobody is here now.")
    hotline.clock.advance(2)
    assert hotline.call("+8613800000002").walk("2 0").words.startswith("Nobody is here now.")


def test_music_is_played_after_the_words_and_the_key_works_at_any_moment(hotline: HotlineInTest) -> None:
    held = waiting(hotline).hold(20)
    assert held.verbs == ["Gather", "Say", "Play", "Redirect"]
    assert held.root[0].get("timeout") == "1"
    assert held.root.findtext("Gather/Play") == "https://hotline.example/media/waiting.mp3"


def test_what_was_told_is_brought_along_to_the_next_round(hotline: HotlineInTest) -> None:
    call = waiting(hotline)
    call.hold(20)
    again = call.hold(20).root.findtext("Redirect")
    assert again is not None
    assert again.endswith("?heard=1-1")
    assert call.post(again, QueuePosition="1", QueueTime="40").root.findtext("Redirect") == again.replace("1-1", "2-1")
    assert call.post(again, Digits="1").verbs == ["Leave"], "the key works in every round"
