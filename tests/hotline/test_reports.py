"""Reports against calls that were counted by hand, and against calls that ship and come out as they are heard."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from ivr.config import load_config
from ivr.hotline.reports import Known, Period, Tally, gather
from ivr.hotline.reports.format import LABELS, TRIGGERS, as_csv, as_data, cell_text, for_spreadsheet, label
from ivr.hotline.reports.tables import BYS, Table, table
from ivr.hotline.reports.tally import OUTCOMES, classify
from ivr.store import CallbackRow, CallRow, Retention, Store, TicketRow
from ivr.store.report_rows import BATCH
from ivr.store.rows import PresenceRow
from ivr.store.tables import talks
from ivr.testing.local_target import LocalTarget
from ivr.testing.runner import run_script
from ivr.testing.suite import read
from tests.hotline.harness import CALLER, MONDAY, HotlineInTest, PostedCall, opened, write

ROOT = Path(__file__).parents[2]
SHANGHAI = ZoneInfo("Asia/Shanghai")
HOTLINE, REFUND = Path(__file__).with_name("reports.yaml").read_text().split("---\n")
CONFIG = """
hotline: {number: "+864008200000", handlers: [ivr.wallet.handlers]}
back_office: {module: ivr.wallet.back_office}
queues: {support: {agents: ["+8613900000001"]}, night: {}}
numbers: {destinations: {senior: "+8613900000009"}}
"""
RECORDED = {"RecordingUrl": "https://api.twilio.com/r", "RecordingDuration": "7", "RecordingSid": "RE" + "1" * 32}


@pytest.fixture
def hotline(tmp_path: Path) -> Iterator[HotlineInTest]:
    write(tmp_path, {"hotline": HOTLINE, "refund": REFUND})
    with opened(tmp_path, config=CONFIG) as hotline:
        yield hotline


def known(hotline: HotlineInTest) -> Known:
    return Known.of(hotline.app.hotline.editions.current.flows)


def week(zone: ZoneInfo = SHANGHAI, first: date = date(2026, 11, 20), days: int = 7) -> Period:
    return Period(first, first + timedelta(days=days - 1), zone)


def counted(hotline: HotlineInTest, period: Period | None = None) -> Tally:
    return gather(hotline.store, period or week(), known(hotline), agents=True)


def rows(found: Table) -> dict[str, dict[str, object]]:
    """A table by the first cell of its rows."""
    return {str(row[0]): dict(zip(found.columns, row, strict=True)) for row in found.rows}


def act(hotline: HotlineInTest, words: str, number: str = CALLER) -> PostedCall:
    """A call: keys are pressed one second after the other, `-` is silence, `bye` hangs up, `10s` passes, and any other
    word is what the carrier tells."""
    told: Mapping[str, Mapping[str, str]] = {
        "recorded": RECORDED, "nothing": {"RecordingDuration": "0", "RecordingUrl": "https://api.twilio.com/r"},
        "talked": {"DialCallStatus": "completed"}, "busy": {"DialCallStatus": "busy"},
        "left": {"QueueResult": "leave", "QueueTime": "30"},
    }  # fmt: skip
    call = hotline.call(number)
    call.ring()
    for word in words.split():
        hotline.clock.advance(1)
        if word == "-":
            call.silence()
        elif word == "bye":
            call.hang_up()
        elif word.endswith("s"):
            hotline.clock.advance(float(word[:-1]) - 1)
        elif word in told:
            call.on(**told[word])
        else:
            call.press(word)
    return call


# --- how a call came out --------------------------------------------------------------------------------------------

CAME_OUT = [
    # what was done                outcome         topic     where it stood     left by       hung up when asked
    ("1 1 bye",                    "contained",    "refund", "hotline.more",    "(hung up)",  0),
    ("1 1 9",                      "contained",    "refund", "hotline.bye",     "(ended)",    0),
    ("1 3 bye",                    "contained",    "refund", "hotline.more",    "(hung up)",  0),
    ("1 bye",                      "unanswered",   "refund", "refund.which",    "(hung up)",  1),
    ("1 1 1 1 bye",                "unanswered",   "refund", "refund.which",    "(hung up)",  1),
    ("1 # bye",                    "unanswered",   "refund", "hotline.main",    "(hung up)",  1),
    ("bye",                        "unanswered",   "",       "hotline.main",    "(hung up)",  1),
    ("9",                          "unanswered",   "",       "hotline.bye",     "(ended)",    0),
    ("- -",                        "unanswered",   "",       "hotline.bye",     "(ended)",    0),
    ("1 2 bye",                    "promised",     "refund", "hotline.more",    "(hung up)",  0),
    ("2 7s recorded",              "promised",     "",       "hotline.bye",     "(ended)",    0),
    ("2 nothing bye",              "unanswered",   "",       "hotline.main",    "(hung up)",  1),
    ("3",                          "promised",     "",       "hotline.bye",     "(ended)",    0),
    ("4 60s talked",               "transferred",  "",       "hotline.bye",     "(ended)",    0),
    ("4 busy bye",                 "turned_away",  "",       "hotline.main",    "(hung up)",  1),
    ("5 bye",                      "turned_away",  "",       "hotline.main",    "(hung up)",  1),
    ("0 90s bye",                  "abandoned",    "",       "hotline.agent",   "(hung up)",  0),
    ("1 2 0 90s bye",              "abandoned",    "refund", "hotline.agent",   "(hung up)",  0),
    ("0 30s left bye",             "turned_away",  "",       "hotline.main",    "(hung up)",  1),
    ("1 1",                        "live",         "refund", "hotline.more",    "(still there)", 0),
]  # fmt: skip


@pytest.mark.parametrize("row", CAME_OUT, ids=[row[0] for row in CAME_OUT])
def test_a_call_comes_out_one_way(hotline: HotlineInTest, row: tuple[str, str, str, str, str, int]) -> None:
    done, outcome, topic, stood, way, hung_up = row
    act(hotline, done)
    (seen,) = hotline.store.figures.calls(week().start, week().end)
    call = classify(seen, known(hotline))
    assert call.walk.stood is not None
    assert (call.outcome, call.topic, call.walk.stood.state, call.walk.stood.way) == (outcome, topic, stood, way)
    total = counted(hotline).total
    assert total.outcomes == {outcome: 1}
    assert total.counts["hung_up"] == hung_up


def test_figures_of_a_day_are_those_counted_by_hand(hotline: HotlineInTest) -> None:
    for done in ("1 1 bye", "1 3 9", "7 0 60s left bye", "0 10s bye", "0 100s bye", "2 7s recorded", "6 4", "6 - "):
        act(hotline, done)
    act(hotline, "3")
    found = rows(table(counted(hotline), "day", ("zh", "en")))
    assert set(found) == {*(f"2026-11-{day}" for day in range(20, 27)), "total"}
    monday = found["2026-11-23"]
    assert found["total"] == {**monday, "day": "total"}
    wanted = {
        "calls": 9, "contained": 2, "contained_percent": 22.2, "person": 0, "promised": 2, "abandoned": 2,
        "turned_away": 1, "unanswered": 2, "live": 0, "hung_up": 1, "texts": 1, "voicemails": 1, "tickets": 0,
        "surveys": 2, "scores": 1, "score_average": 4.0, "score_scale": 5, "score_percent": 50.0,
        "waits": 3, "wait_median": 61, "wait_90": 101, "wait_longest": 101, "service_level": 0.0,
        "callbacks": 1, "callbacks_open": 1, "callbacks_kept": 0, "callbacks_late_median": None,
        "language_zh": 8, "language_en": 1, "identified": 0,
    }  # fmt: skip
    assert {name: monday[name] for name in wanted} == wanted
    assert found["2026-11-22"]["calls"] == 0


def test_steps_are_counted_and_the_worst_come_first(hotline: HotlineInTest) -> None:
    for done in ("1 8 5s 8", "1 30s bye", "1 10s bye", "1 1 bye", "- bye"):
        act(hotline, done)
    found = rows(table(counted(hotline), "step"))
    which = found["refund.which"]
    assert next(iter(found)) == "refund.which"
    assert (which["entered"], which["gave_up"], which["gave_up_percent"]) == (4, 2, 50.0)
    assert (which["noinput"], which["nomatch"], which["exhausted"]) == (0, 2, 1)
    assert found["hotline.main"]["noinput"] == 1
    assert which["ways"] == {"(hung up)": 2, "exhausted": 1, "key_1": 1}
    assert which["stay_median"] == 7, "of 1, 7, 11 and 31 seconds"
    assert found["hotline.refund"]["ways"] == {"(over)": 2, "agent": 1, "done": 1}
    assert found["refund.told"]["stay_median"] is None
    assert found["hotline.main"]["gave_up"] == 1


def test_a_key_out_of_a_flow_leaves_its_run_step_elsewhere(hotline: HotlineInTest) -> None:
    act(hotline, "1 0 5s left bye")
    steps = counted(hotline).steps
    assert steps["hotline.refund"].ways == {"(elsewhere)": 1}
    assert steps["refund.which"].ways == {"key_0": 1}


def test_going_back_into_a_flow_opens_its_run_step_again(hotline: HotlineInTest) -> None:
    act(hotline, "1 1 # 1 bye")
    steps = counted(hotline).steps
    assert steps["hotline.refund"].ways == {"done": 2}
    assert steps["refund.which"].ways == {"key_1": 2}
    assert steps["hotline.more"].ways == {"back": 1, "(hung up)": 1}


def test_queues_tell_how_each_wait_ended(hotline: HotlineInTest) -> None:
    for done in ("0 15s bye", "0 40s left bye", "5 bye", "5 bye", "0"):
        act(hotline, done)
    found = rows(table(counted(hotline), "queue"))
    support, night = found["support"], found["night"]
    names = ("joined", "answered", "abandoned", "left", "nobody", "waiting", "waits", "wait_longest")
    assert [support[name] for name in names] == [3, 0, 1, 1, 0, 1, 2, 41]
    assert [night[name] for name in names] == [0, 0, 0, 0, 2, 0, 0, None]
    assert list(rows(table(counted(hotline), "queue", queues=("night",)))) == ["night"]


def test_topics_add_up_to_the_calls(hotline: HotlineInTest) -> None:
    for done in ("1 1 bye", "1 2 bye", "9"):
        act(hotline, done)
    found = rows(table(counted(hotline), "topic"))
    assert [(name, row["calls"], row["came_up"], row["contained"], row["tickets"]) for name, row in found.items()] == [
        ("refund", 2, 2, 1, 1),
        ("–", 1, 0, 0, 0),
    ]


# --- people ---------------------------------------------------------------------------------------------------------


def put_talk(store: Store, number: int, **told: object) -> None:
    """A talk as the floor leaves it."""
    row = {
        "id": f"T{number}", "kind": "queue", "subject": f"S{number}", "call_id": "", "queue": "support", "agent": "lin",
        "state": "over", "by_browser": False, "offered_at": MONDAY, **told,
    }  # fmt: skip
    with store._db.write() as connection:
        connection.execute(talks.insert().values(row))


def later(seconds: float) -> datetime:
    return MONDAY + timedelta(seconds=seconds)


def waits_then(hotline: HotlineInTest, **talk: float | str) -> datetime:
    """A caller who joins a queue, talks as the row says (seconds after that) and hangs up. Gives when they joined."""
    joined = hotline.clock() + timedelta(seconds=1)
    sid = act(hotline, "0 300s bye").sid
    told = {name: joined + timedelta(seconds=told) if isinstance(told, (int, float)) else told
            for name, told in talk.items()}  # fmt: skip
    put_talk(hotline.store, len(hotline.store.calls()), call_id=sid, **{"offered_at": joined, **told})
    return joined


def answered(hotline: HotlineInTest) -> None:
    """The journals of all who hung up in a queue say that they were answered."""
    events = [
        {"type": "Moved", "state": "hotline.agent", "outcome": "answered", "to": "hotline.stars"},
        {"type": "Entered", "state": "hotline.stars", "kind": "survey"},
        {"type": "Ended", "why": "caller"},
    ]
    with hotline.store._db.write() as connection:
        connection.execute(
            sa.text("UPDATE turns SET events = :events WHERE input_kind = 'hung-up'"), {"events": json.dumps(events)}
        )


def test_an_answered_wait_ends_when_the_two_can_hear_each_other(hotline: HotlineInTest) -> None:
    for waited in (5, 20, 21):
        waits_then(hotline, accepted_at=2, joined_at=waited, ended_at=300)
    answered(hotline)
    tally = counted(hotline)
    assert tally.total.outcomes == {"person": 3}
    found = rows(table(tally, "queue"))["support"]
    assert [found[name] for name in ("joined", "answered", "waits", "wait_median", "wait_longest")] == [3, 3, 3, 20, 21]
    assert (found["answer_mean"], found["service_level"], found["target"]) == (15, 66.7, "20 s")
    assert tally.steps["hotline.stars"].ways == {"(over)": 3}, "they hung up in the talk, not in the survey"
    assert tally.total.counts["surveys"] == 0


def test_who_was_accepted_and_never_heard_was_not_answered(hotline: HotlineInTest) -> None:
    waits_then(hotline, accepted_at=4, ended_at=300, state="gone")
    waits_then(hotline, accepted_at=4, joined_at=10, ended_at=12, state="lost")
    found = rows(table(counted(hotline), "queue"))["support"]
    assert [found[name] for name in ("joined", "answered", "abandoned", "waits")] == [2, 0, 2, 2]
    assert counted(hotline).total.outcomes == {"abandoned": 2}


def test_a_talk_is_no_part_of_the_wait_after_it(hotline: HotlineInTest) -> None:
    """Handed over after three minutes of talk, and hung up while waiting for the second agent."""
    waits_then(hotline, joined_at=6, ended_at=186, wrapped_at=200)
    with hotline.store._db.write() as connection:
        connection.execute(sa.text("UPDATE talks SET held_seconds = 30"))
        connection.execute(sa.text("UPDATE queue_entries SET queue = 'night'"))
    tally = counted(hotline)
    found = rows(table(tally, "queue"))
    assert tally.total.outcomes == {"person": 1}, "talked, so not abandoned"
    names = ("joined", "answered", "abandoned", "wait_longest", "transfers", "talk_seconds", "hold_seconds")
    assert [found["support"][name] for name in names] == [1, 1, 0, 6, 1, 150, 30]
    assert [found["night"][name] for name in names] == [1, 0, 1, 115, 0, 0, 0]
    assert found["support"]["handling_mean"] == 180 + 14


def test_short_abandons_stand_apart(hotline: HotlineInTest) -> None:
    for done in ("0 4s bye", "0 5s bye"):  # five seconds and six
        act(hotline, done)
    tally = counted(hotline)
    assert tally.total.outcomes == {"short_abandoned": 1, "abandoned": 1}
    found = rows(table(tally, "queue"))["support"]
    names = ("joined", "short_abandoned", "abandoned", "waits", "service_level", "abandoned_percent")
    assert [found[name] for name in names] == [2, 1, 1, 2, 0.0, 100.0]


def test_who_calls_again_within_three_days_is_counted(hotline: HotlineInTest) -> None:
    act(hotline, "bye")
    hotline.clock.advance(71 * 3600)
    act(hotline, "bye")
    act(hotline, "bye", "+8613800000002")
    hotline.clock.advance(73 * 3600)
    act(hotline, "bye")
    act(hotline, "bye", "")
    act(hotline, "bye", "")
    found = rows(table(counted(hotline, week(days=14)), "day"))["total"]
    assert (found["calls"], found["repeated"]) == (6, 1)


def test_agents_are_told_by_what_became_of_their_talks(hotline: HotlineInTest) -> None:
    put_talk(hotline.store, 1, joined_at=later(10), ended_at=later(130), wrapped_at=later(145))
    put_talk(hotline.store, 2, joined_at=later(150), ended_at=later(210), wrapped_at=later(215), kind="callback")
    for n, state in enumerate(("missed", "missed", "refused", "lost", "gone"), 3):
        put_talk(hotline.store, n, state=state)
    put_talk(hotline.store, 8, kind="consult", joined_at=later(220), ended_at=later(224))
    for seconds, presence in ((0, "ready"), (400, "away"), (500, "off")):
        chosen = PresenceRow(agent="lin", presence=presence, since=later(seconds), idle_since=MONDAY)  # type: ignore[arg-type]
        with hotline.store.talks.transaction() as tx:
            tx.be(chosen)
    put_talk(hotline.store, 9, agent="zhou", offered_at=later(-864_000))
    found = rows(table(counted(hotline), "agent"))
    assert found == {
        "lin": {
            "agent": "lin", "offered": 7, "talks": 2, "missed": 2, "refused": 1, "lost": 1, "gone": 1, "ringing": 0,
            "callbacks": 1, "consulted": 1, "handled": 2, "handling_mean": 100, "talk_seconds": 180, "talk_median": 60,
            "hold_seconds": 0, "wrap_up_seconds": 20, "wrap_up_median": 5, "there_seconds": 400, "occupancy": 51.0,
        }
    }  # fmt: skip


@pytest.mark.parametrize(("moved", "late"), [(0, 4.0), (3600, 4.0)], ids=["first try", "after a try that failed"])
def test_a_call_back_is_late_from_the_moment_that_was_promised(hotline: HotlineInTest, moved: int, late: float) -> None:
    act(hotline, "3")
    (booked,) = hotline.store.callbacks()
    with hotline.store._db.write() as connection:
        connection.execute(
            sa.text("UPDATE callbacks SET due_at = due_at + :moved, status = 'done', settled_at = due_at + 9999"),
            {"moved": moved},
        )
    reached = booked.due_at + timedelta(minutes=4)
    whose = {"kind": "callback", "subject": booked.key, "call_id": booked.call_id}
    put_talk(hotline.store, 1, **whose, accepted_at=reached, joined_at=reached)
    found = rows(table(counted(hotline), "day"))["total"]
    assert (found["callbacks_kept"], found["callbacks_late_median"]) == (1, late)


# --- days -----------------------------------------------------------------------------------------------------------


def test_a_call_over_midnight_belongs_to_the_day_it_began(hotline: HotlineInTest) -> None:
    hotline.clock.advance(13 * 3600 + 3599)  # 23:59:59
    act(hotline, "1 2 10s bye")
    days = counted(hotline).days
    assert (days[date(2026, 11, 23)].calls, days[date(2026, 11, 24)].calls) == (1, 0)
    assert days[date(2026, 11, 23)].counts["tickets"] == 1


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Asia/Shanghai", date(2026, 11, 22), 24),
        ("Europe/Berlin", date(2026, 3, 29), 23),
        ("Europe/Berlin", date(2026, 10, 25), 25),
        ("America/Havana", date(2026, 3, 8), 23),  # the clock goes forward at midnight: there is no 00:00
        ("America/Havana", date(2026, 11, 1), 25),
    ],
)
def test_a_day_is_as_long_as_the_clock_of_its_zone_makes_it(zone: str, day: date, hours: int) -> None:
    period = Period(day, day, ZoneInfo(zone))
    assert (period.end.astimezone(UTC) - period.start.astimezone(UTC)).total_seconds() == hours * 3600
    just_before, last = period.start - timedelta(0), period.end.astimezone(UTC) - timedelta(microseconds=1)
    assert period.day_of(just_before) == period.day_of(last) == day
    assert period.day_of(period.start.astimezone(UTC) - timedelta(microseconds=1)) == day - timedelta(days=1)


# --- what is no longer kept -----------------------------------------------------------------------------------------


def test_what_is_no_longer_kept_is_said_and_not_shown_as_nothing(hotline: HotlineInTest) -> None:
    act(hotline, "1 2 bye")
    act(hotline, "3 bye")
    hotline.clock.advance(86_400)
    act(hotline, "1 1 bye", "+8613800000002")
    hotline.store.purge(hotline.clock() + timedelta(hours=1), Retention(transcripts=0.9))
    found = table(counted(hotline), "day", ("zh", "en"))
    monday, tuesday = (rows(found)[day] for day in ("2026-11-23", "2026-11-24"))
    assert (monday["calls"], monday["unknown"], monday["tickets"], monday["callbacks"]) == (2, 2, 1, 1)
    assert {monday[name] for name in ("contained", "waits", "texts", "hung_up", "service_level")} == {None}
    assert (tuesday["unknown"], tuesday["contained"]) == (0, 1)
    assert found.notes == (
        "the transcripts of 2 of 3 calls (of 2026-11-23) are no longer kept: their outcomes, steps, waits, texts and "
        "surveys are unknown",
    )


def test_a_call_that_was_over_before_we_answered_is_unanswered_and_known(hotline: HotlineInTest) -> None:
    hotline.call().status("canceled", 3)
    assert counted(hotline).total.outcomes == {"unanswered": 1}


def test_steps_that_are_no_longer_in_the_flows_are_counted_and_marked(hotline: HotlineInTest) -> None:
    act(hotline, "1 1 bye")
    edited = Known(kinds={"hotline.main": "menu"})
    found = rows(table(gather(hotline.store, week(), edited), "step"))
    assert {name: row["now"] for name, row in found.items()} == {
        "hotline.main": "",
        **dict.fromkeys(("refund.which", "hotline.refund", "refund.told", "hotline.more"), "removed"),
    }


# --- the calls that ship --------------------------------------------------------------------------------------------

SHIPPED = {
    "after_hours/call-you-back-on-monday-november-23-at-9": "promised",
    "complaint/through-to-a-supervisor": "person",
    "failed_payment/36-50-yuan": "contained",
    "menus/please-rate-our-service": "contained",
    "people/had-to-wait-so-long": "turned_away",
    "people/through-to-a-person-2": "person",
    "refund/an-answer-by-friday-november-27": "contained",
    "refund/the-latest-refund-overdue": "promised",
    "security/the-main-menu": "contained",
}


def test_calls_that_ship_come_out_as_they_are_heard() -> None:
    config, _ = load_config(ROOT / "config.yaml", today=date(2026, 11, 22), environ={})
    assert config is not None
    found: dict[str, set[str]] = {}
    with LocalTarget(config) as target:
        items = read([ROOT / "tests" / "calls" / f"{name}.call.yaml" for name in SHIPPED], target.names).items
        for item in items:
            assert run_script(item.script, target).passed
            store = next(r for r in target._hotlines.values() if r.app.store.calls()).app.store
            flows = Known.of(next(iter(target._hotlines.values())).app.hotline.editions.current.flows)
            always = (datetime(2020, 1, 1, tzinfo=UTC), datetime(2040, 1, 1, tzinfo=UTC))
            calls = [seen for seen in store.figures.calls(*always) if seen.turns]
            assert len(calls) == 1
            call = classify(calls[0], flows)
            found.setdefault(Path(item.id.partition("::")[0]).name.removesuffix(".call.yaml"), set()).add(call.outcome)
            entered = Counter(
                e["state"] for t in calls[0].turns for e in json.loads(t.events) if e["type"] == "Entered"
            )
            assert Counter(visit.state for visit in call.walk.visits) == entered
            store.empty()
    assert found == {name.partition("/")[2]: {outcome} for name, outcome in SHIPPED.items()}


# --- from the store, in batches -------------------------------------------------------------------------------------


@pytest.mark.slow
def test_batches_leave_nobody_out_and_count_nobody_twice(store: Store) -> None:
    wanted = []
    for n in range(2 * BATCH + 3):  # many at one moment, on both sides of where a batch ends
        at, call_id = MONDAY + timedelta(seconds=n // 150), f"CA{n * 7919 % 10_000:05}"
        wanted.append(call_id)
        with store.turn(call_id, 0) as tx:
            tx.open_call(CallRow(id=call_id, from_number="", to_number="", digest="", language="zh", started_at=at,
                                   last_turn_at=at, turn=0))  # fmt: skip
            tx.save(session="{}", turn=1, now=at, status="completed")
            tx.record(0, at, "began", json.dumps([{"type": "Ended", "why": "hangup", "n": n}]), "")
            tx.open_ticket(TicketRow(reference=str(n), call_id=call_id, topic="t", opened_at=at, complete=n % 2 == 0))
            tx.add_callback(CallbackRow(key=f"{call_id}/0/0", call_id=call_id, queue="q", number=str(n), due_at=at,
                                          booked_at=at))  # fmt: skip
        put_talk(store, n, call_id=call_id, accepted_at=at, offered_at=at)
    seen = list(store.figures.calls(MONDAY, MONDAY + timedelta(seconds=60)))
    assert Counter(call.id for call in seen) == Counter(wanted)
    assert [(call.started_at, call.id) for call in seen] == sorted((call.started_at, call.id) for call in seen)
    for call in seen:
        n = json.loads(call.turns[0].events)[0]["n"]
        assert (len(call.turns), len(call.tickets), len(call.callbacks), len(call.talks)) == (1, int(n % 2 == 0), 1, 1)
    assert len(list(store.figures.calls(MONDAY + timedelta(seconds=1), MONDAY + timedelta(seconds=2)))) == 150
    assert len({row.id for row in store.figures.talks(MONDAY, later(60))}) == len(wanted)


# --- tables ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", BYS)
def test_every_column_has_a_name_in_both_languages(hotline: HotlineInTest, by: str) -> None:
    act(hotline, "1 - 0 5s bye")
    found = table(counted(hotline), by, ("zh", "en"))  # type: ignore[arg-type]
    for language in ("zh", "en"):
        for column in found.columns:
            assert label(column, language) or column == "now"
            for row in found.rows:
                assert isinstance(cell_text(column, row[found.columns.index(column)], language), str)
    assert json.loads(json.dumps(as_data(found)))["by"] == by
    assert {len(row) for row in for_spreadsheet(found)} == {len(found.columns)}


def test_ways_that_no_flow_has_written_are_told_in_chinese_too() -> None:
    assert cell_text("ways", {"(hung up)": 3, "key_1": 2}, "zh") == "（挂机） 3, key_1 2"
    assert cell_text("ways", {"(hung up)": 3, "key_1": 2}, "en") == "(hung up) 3, key_1 2"


def test_outcomes_have_names() -> None:
    assert set(OUTCOMES) <= set(LABELS)


@pytest.mark.parametrize(
    "cell",
    ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "\nx", "\uff1d1+1", "\uff0b1", "\uff0d1", "\uff20x", '=cmd|"/c calc"!A1'],
)
def test_no_cell_begins_like_a_formula(cell: str) -> None:
    (read_back,) = csv.reader(io.StringIO(as_csv([[cell, "x", ""]]), newline=""))
    assert read_back == ["'" + cell, "x", ""]
    assert not read_back[0].startswith(TRIGGERS)


def test_the_page_about_reports_tells_every_outcome_and_every_column_of_a_day(hotline: HotlineInTest) -> None:
    text = (ROOT / "docs" / "reports.md").read_text("utf-8")
    named = {*table(counted(hotline), "day", ("zh",)).columns, *OUTCOMES}
    assert {name for name in named if f"`{name}`" not in text} == set()
