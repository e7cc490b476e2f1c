"""Metrics: true to the store, never falling, told to this machine alone, in the format Prometheus reads."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from ivr.app.build import App, Environment, build_app, meter_of
from ivr.app.console import console_of
from ivr.config import Config, read_config
from ivr.console.routes import ConsoleSettings
from ivr.hotline.reports import Known
from ivr.store import CallbackRow, CallRow, OutboxItem, QueueEntry, Retention, Store, TicketRow
from ivr.store.tables import presences, talks
from ivr.webhooks.metrics import LAG, MOST, Meter, count, exposition

START = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
FLOW = """
flow: hotline
start: bye
steps: {bye: {hangup: {zh: 再见。, en: Goodbye.}}}
"""
CONFIG = """
queues: {support: {agents: ["+8613900000001"], target: 80 % in 20 s}, night: {}}
agents:
  lin: {name: {zh: 小林, en: Lin}, phone: "+8613900000002", queues: [support]}
  zhou: {name: {zh: 小周, en: Zhou}, phone: "+8613900000003", queues: [support], role: supervisor}
"""
Samples = dict[tuple[str, tuple[str, ...]], float]
"""By name and the values of its labels."""


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def on(self, **delta: float) -> None:
        self.now += timedelta(**delta)


class Nobody:
    """Nothing leaves this machine."""

    def __getattr__(self, name: str) -> object:
        raise AssertionError(name)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def app(tmp_path: Path, clock: Clock) -> Iterator[App]:
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "hotline.yaml").write_text(FLOW)
    config, issues = read_config(CONFIG, "config.yaml", folder=tmp_path, today=START.date(), environ={})
    assert isinstance(config, Config), issues
    environment = Environment(
        sender=Nobody(),  # type: ignore[arg-type]
        clock=clock,
        store_url=f"sqlite:///{tmp_path}/ivr.db",
        public_url="https://hotline.example",
        tokens=("0" * 32,),
        account_sid="AC" + "0" * 32,
    )
    made = build_app(config, environment)
    try:
        yield made
    finally:
        made.close()


def read(text: str) -> Samples:
    """As Prometheus' own parser reads it."""
    found: Samples = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            key = sample.name, tuple(sample.labels.values())
            assert key not in found, f"{key} stands there twice"
            found[key] = sample.value
    return found


def scraped(app: App) -> Samples:
    return read(exposition(meter_of(app)).decode())


def call(store: Store, name: str, at: datetime, *, end: datetime | None = None, events: str = "[]") -> None:
    with store.turn(name, 0) as page:
        page.open_call(CallRow(id=name, from_number="+8613800138000", to_number="", digest="", language="zh",
                               started_at=at, last_turn_at=at, turn=0))  # fmt: skip
        page.save(session='{"call": 1}', turn=1, now=at)
        page.record(0, at, "began", events, "<Response/>")
    if end is not None:
        store.end_call(name, "completed", end, 30)


GOODBYE = (
    '[{"type":"Entered","state":"hotline.bye","kind":"hangup"},{"type":"TextSent"},{"type":"Ended","why":"hangup"}]'
)
HUNG_UP = (
    '[{"type":"Entered","state":"hotline.main","kind":"menu"},'
    '{"type":"TryUsed","state":"hotline.main","cause":"noinput","used":1,"allowed":3}]'
)


# --- the answer -----------------------------------------------------------------------------------------------------


def test_the_line_answers_in_the_text_format(app: App) -> None:
    answer = app.webhooks.pages.test_client().get("/metrics")
    assert (answer.status_code, answer.content_type) == (200, "text/plain; version=0.0.4; charset=utf-8")
    assert read(answer.text)["ivr_calls_live", ()] == 0
    assert answer.text.endswith("\n")


def test_the_console_answers_the_same(app: App) -> None:
    console = console_of(app, ConsoleSettings(origins=frozenset({"http://localhost"}), secure=False))
    line, page = app.webhooks.pages.test_client().get("/metrics"), console.test_client().get("/metrics")
    assert page.status_code == 200
    assert page.content_type == line.content_type
    assert read(page.text) == read(line.text)


@pytest.mark.parametrize("address", ["203.0.113.9", "192.168.1.4", "2001:db8::1", ""])
def test_other_machines_are_not_answered(app: App, address: str) -> None:
    for served in (app.webhooks.pages, console_of(app, ConsoleSettings(origins=frozenset(), secure=False))):
        answer = served.test_client().get("/metrics", environ_base={"REMOTE_ADDR": address})
        assert answer.status_code == 404
        assert b"ivr_" not in answer.data


def test_a_header_does_not_make_another_machine_this_one(app: App) -> None:
    headers = {"X-Forwarded-For": "127.0.0.1", "X-Real-IP": "127.0.0.1", "Host": "localhost"}
    answer = app.webhooks.pages.test_client().get(
        "/metrics", headers=headers, environ_base={"REMOTE_ADDR": "203.0.113.9"}
    )
    assert answer.status_code == 404


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "Via"])
def test_whoever_asks_through_a_proxy_is_not_answered(app: App, header: str) -> None:
    assert app.webhooks.pages.test_client().get("/metrics", headers={header: "127.0.0.1"}).status_code == 404


def test_a_page_of_another_site_reads_no_figures_under_a_name_of_its_own(app: App) -> None:
    assert app.webhooks.pages.test_client().get("/metrics", headers={"Host": "evil.example"}).status_code == 404


def test_without_its_library_it_says_what_to_install(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in [name for name in sys.modules if name.partition(".")[0] == "prometheus_client"]:
        monkeypatch.setitem(sys.modules, module, None)
    answer = app.webhooks.pages.test_client().get("/metrics")
    assert (answer.status_code, answer.text) == (
        501,
        "metrics need prometheus-client: pip install 'ivr-hotline[metrics]'\n",
    )


def test_every_family_is_told_what_it_is(app: App) -> None:
    call(app.store, "CA1", START)
    families = list(text_string_to_metric_families(exposition(meter_of(app)).decode()))
    assert len(families) > 15
    for family in families:
        assert family.name.startswith("ivr_")
        assert family.documentation.endswith(".")
        assert family.type in ("gauge", "counter")
        assert {label for sample in family.samples for label in sample.labels} <= {
            "queue", "activity", "lane", "priority", "outcome", "end",
        }  # fmt: skip


def test_nothing_of_a_caller_is_told(app: App, clock: Clock) -> None:
    call(app.store, "CA1", START, end=START, events=GOODBYE)
    scraped(app)
    clock.on(minutes=5)
    assert "8613800138000" not in exposition(meter_of(app)).decode()


# --- how things stand -----------------------------------------------------------------------------------------------


def test_what_stands_is_what_the_store_holds(app: App, clock: Clock) -> None:
    store = app.store
    for name in ("CA1", "CA2", "CA3"):
        call(store, name, START)
    with store.turn("CA1", 1) as page:
        page.queue_entry(QueueEntry(call_id="CA1", queue="support", joined_at=START))
        page.record(1, START, "digits", "[]", None)
        page.open_ticket(TicketRow(reference="1", call_id="CA1", topic="t", opened_at=START, priority="urgent"))
        for n, due in enumerate((START, START + timedelta(hours=9))):
            page.add_callback(CallbackRow(key=f"CA1/{n}/0", call_id="CA1", queue="support", number=str(n), due_at=due,
                                          booked_at=START))  # fmt: skip
    with store.turn("CA2", 1) as page:
        page.queue_entry(QueueEntry(call_id="CA2", queue="support", joined_at=START + timedelta(seconds=10)))
    store.end_call("CA3", "completed", START)
    store.outbox.add(*(OutboxItem(key=f"k{n}", kind="sms", payload={}, not_before=START) for n in range(3)))
    (row,) = store.outbox.claim_due(START, 60, 1)
    store.outbox.dead(row, "no", START)
    with store._db.write() as connection:
        connection.execute(presences.insert().values(agent="lin", presence="away", since=START, idle_since=START))
        connection.execute(
            talks.insert().values(id="T", kind="queue", subject="CA9", call_id="CA9", queue="support", agent="zhou",
                                  state="held", by_browser=False, offered_at=START)
        )  # fmt: skip
    clock.on(seconds=40)
    found = scraped(app)
    wanted: Samples = {
        ("ivr_calls_live", ()): 2,
        ("ivr_lookups_in_webhooks", ()): 1,
        ("ivr_callers_waiting", ("support",)): 2,
        ("ivr_oldest_wait_seconds", ("support",)): 40,
        ("ivr_callers_waiting", ("night",)): 0,
        ("ivr_agents", ("away",)): 1,
        ("ivr_agents", ("talking",)): 1,
        ("ivr_agents", ("ready",)): 1,  # the bare phone
        ("ivr_agents", ("off",)): 0,
        ("ivr_outbox_pending", ("sms",)): 2,
        ("ivr_outbox_oldest_seconds", ("sms",)): 40,
        ("ivr_outbox_pending", ("call",)): 0,
        ("ivr_outbox_dead", ("sms",)): 1,
        ("ivr_callbacks_due", ("support",)): 1,
        ("ivr_callbacks_later", ("support",)): 1,
        ("ivr_tickets_open", ("urgent",)): 1,
        ("ivr_tickets_open", ("low",)): 0,
        ("ivr_flow_problems", ()): 0,
    }
    assert {key: found.get(key) for key in wanted} == wanted


def test_a_broken_edit_of_the_flows_is_a_problem(app: App, tmp_path: Path) -> None:
    (tmp_path / "flows" / "hotline.yaml").write_text(FLOW.replace("start: bye", "start: nowhere"))
    assert scraped(app)["ivr_flow_problems", ()] == 1


# --- what was counted -----------------------------------------------------------------------------------------------


def test_counts_begin_at_nought_and_take_a_minute(app: App, clock: Clock) -> None:
    call(app.store, "CA0", START - timedelta(hours=1), end=START - timedelta(hours=1), events=GOODBYE)
    assert scraped(app)["ivr_calls_total", ("contained",)] == 0
    call(app.store, "CA1", START, end=START, events=GOODBYE)
    call(app.store, "CA2", START, end=START + timedelta(seconds=1), events=HUNG_UP)
    clock.on(seconds=LAG.total_seconds())
    assert scraped(app)["ivr_calls_total", ("contained",)] == 0, "a moment is counted when it is over"
    clock.on(seconds=5)
    found = scraped(app)
    wanted: Samples = {
        ("ivr_calls_total", ("contained",)): 1,
        ("ivr_calls_total", ("unanswered",)): 1,
        ("ivr_calls_total", ("person",)): 0,
        ("ivr_troubled_calls_total", ()): 0,
    }
    assert {key: found.get(key) for key in wanted} == wanted
    assert scraped(app) == {**found}, "asked again, nothing is counted twice"


def test_counts_never_fall_when_rows_are_deleted(app: App, clock: Clock) -> None:
    scraped(app)
    call(app.store, "CA1", START, end=START, events=GOODBYE)
    clock.on(minutes=2)
    before = scraped(app)
    app.store.purge(START + timedelta(days=800), Retention())
    app.store.erase("+8613800138000")
    assert app.store.call("CA1") is None
    clock.on(minutes=2)
    after = scraped(app)
    assert before["ivr_calls_total", ("contained",)] == 1
    counters = {key for key in before if key[0].endswith("_total")}
    assert {key for key in counters if after[key] < before[key]} == set()


def test_what_ended_at_any_moment_is_counted_once_by_whoever_asks(app: App, clock: Clock) -> None:
    """Two processes that ask by turns, at odd moments, over calls that end all the time."""
    meters = [meter_of(app), replace(meter_of(app), agents={})]
    exposition(meters[0])
    for n in range(14):
        clock.on(seconds=23.7)
        call(app.store, f"CA{n}", clock(), end=clock(), events=GOODBYE)
        exposition(meters[n % 2])
    clock.on(minutes=3)
    assert scraped(app)["ivr_calls_total", ("contained",)] == 14


def test_a_count_that_was_overtaken_adds_nothing(app: App) -> None:
    meters = app.store.meters
    meters.add(None, START, {})
    later = START + timedelta(seconds=9)
    assert meters.add(START, later, {"calls:person": 2}).counts == {"calls:person": 2}
    assert meters.add(START, later, {"calls:person": 2}).counts == {"calls:person": 2}
    assert meters.add(None, later, {"calls:person": 2}).until == later
    assert meters.add(later, later + timedelta(seconds=1), {"calls:person": 1}).counts == {"calls:person": 3}


def test_after_a_long_silence_a_day_is_caught_up_with_at_a_time(app: App, clock: Clock) -> None:
    store, known = app.store, Known()
    count(store, known, clock())
    call(store, "CA1", START, end=START + timedelta(hours=1), events=GOODBYE)
    call(store, "CA2", START, end=START + timedelta(hours=30), events=GOODBYE)
    clock.on(days=4)
    began = store.meters.totals().until
    assert began is not None
    first = count(store, known, clock())
    assert (first.until, first.counts["calls:contained"]) == (began + MOST, 1)
    assert count(store, known, clock()).counts["calls:contained"] == 2


def test_what_the_outbox_gave_up_is_counted(app: App, clock: Clock) -> None:
    store = app.store
    scraped(app)
    at = START + timedelta(seconds=10)
    store.outbox.add(OutboxItem(key="k", kind="sms", payload={}, not_before=START))
    (row,) = store.outbox.claim_due(at, 60, 1)
    store.outbox.dead(row, "no", at)
    clock.on(minutes=3)
    found = scraped(app)
    assert (found["ivr_outbox_given_up_total", ("sms",)], found["ivr_outbox_given_up_total", ("call",)]) == (1, 0)


def test_a_queue_by_any_name_is_read_back(app: App, clock: Clock) -> None:
    strange = 'a "queue"\\with\nlines'
    app.store.meters.add(None, START, {f"wait_seconds:{strange}": 5})
    meter = Meter(store=app.store, clock=clock, queues=(strange,))
    assert read(exposition(meter).decode())["ivr_wait_seconds_total", (strange,)] == 5


# --- what is written about it -----------------------------------------------------------------------------------------

DOCS = Path(__file__).parents[2] / "docs"


def _families(app: App, clock: Clock) -> set[str]:
    scraped(app)
    call(app.store, "CA1", START, end=START, events=HUNG_UP)
    clock.on(minutes=2)
    return {name for name, _ in scraped(app)}


def test_every_metric_is_told_of_and_no_other(app: App, clock: Clock) -> None:
    told = set(re.findall(r"`(ivr_\w+)`", (DOCS / "reports.md").read_text("utf-8")))
    assert told == _families(app, clock)


def test_alerts_ask_for_metrics_that_there_are(app: App, clock: Clock) -> None:
    text = (DOCS / "alerts.yaml").read_text("utf-8")
    asked = set(re.findall(r"\bivr_\w+", text))
    assert asked
    assert asked <= _families(app, clock)
    rules = list(re.finditer(r"- alert: (\w+)\n(.*?)(?=\n\n|\Z)", text, re.DOTALL))
    assert len(rules) == text.count("- alert:")
    for rule in rules:
        assert {"expr:", "labels:", "summary:"} <= set(re.findall(r"\b(?:expr|labels|summary):", rule[2])), rule[1]
