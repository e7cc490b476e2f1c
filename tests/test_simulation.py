"""A hotline and a network in one process: made-up agents answer, and customers who are called back do too."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from ivr.app.demo import ANYBODY, demo_agents
from ivr.app.simulation import Simulation
from ivr.config import AgentSettings, Config, load_config
from ivr.network import Call, Entry, VirtualClock
from ivr.store.errors import Unavailable
from ivr.store.rows import OutboxItem
from ivr.wallet.demo_world import agents

ROOT = Path(__file__).parents[1]
CALLER = "+8613800138000"


@pytest.fixture(scope="module")
def config() -> Config:
    config, issues = load_config(ROOT / "config.yaml", today=date(2026, 11, 22), environ={})
    assert config is not None, issues
    return config


@pytest.mark.parametrize(("key", "language"), [("1", "zh"), ("2", "en")])
def test_an_agent_accepts_speaks_the_callers_language_and_hangs_up(config: Config, key: str, language: str) -> None:
    with Simulation(
        config, clock=VirtualClock(datetime(2026, 11, 23, 2, tzinfo=UTC)), store_url="sqlite://"
    ) as simulation:
        call = simulation.dial(CALLER)
        for keys in (key, "0", "0"):
            call.listen()
            call.press(keys)
        call.hears(agents()["support"].says[language][:6])
        call.wait(30)
        assert [talk.state for talk in simulation.store.talks.of_call(call.sid)] == ["over"]


def test_a_customer_who_is_called_back_answers_and_talks(config: Config) -> None:
    with Simulation(
        config, clock=VirtualClock(datetime(2026, 11, 23, 2, tzinfo=UTC)), store_url="sqlite://"
    ) as simulation:
        heard: list[Entry] = []
        simulation.network.observe(heard.append)
        call = simulation.dial(CALLER)
        for keys in ("1", "0", "0"):
            call.listen()
            call.press(keys)
        call.hears("下一位")
        call.press("1")
        call.listen()
        call.press("1")
        call.hears("给您回电")
        call.hang_up()
        simulation.network.run(120)
        (promise,) = simulation.store.callbacks(call_id=call.sid)
        assert (promise.status, promise.tries) == ("done", 1)
        assert [entry.text for entry in heard if entry.kind == "spoke" and entry.own] == [
            agents()["support"].says["zh"]
        ]


SHOP = """
hotline: {start: shop, languages: [en], country: GB, time_zone: Europe/London}
numbers: {allowed: ["+44"]}
queues: {sales: {}, support: {}, repairs: {agents: ["+442079460018"]}}
"""
FLOW = """
flow: shop
start: main
steps:
  main:
    menu: {en: Hello.}
    choices:
      - {key: 1, label: {en: sales}, next: sales}
      - {key: 2, label: {en: support}, next: support}
    exhausted: bye
  sales: {queue: sales, on: {answered: bye, left: bye}}
  support: {queue: support, on: {answered: bye, left: bye}}
  bye: {hangup: }
"""


@pytest.fixture
def shop(tmp_path: Path) -> Config:
    """A hotline with queues of its own, in a country of its own, and no back office."""
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "shop.yaml").write_text(FLOW)
    (tmp_path / "config.yaml").write_text(SHOP)
    config, issues = load_config(tmp_path / "config.yaml", today=date(2026, 11, 22), environ={})
    assert config is not None, issues
    return config


@pytest.mark.parametrize("key", ["1", "2"])
def test_somebody_answers_every_queue_in_any_country(shop: Config, key: str) -> None:
    with Simulation(shop, clock=VirtualClock(datetime(2026, 11, 23, 10, tzinfo=UTC)), store_url="sqlite://") as desk:
        call = desk.dial("+442079460000")
        call.listen()
        call.press(key)
        call.hears(ANYBODY["en"][:12])


def test_the_clock_has_nothing_to_do_where_nothing_is_left_or_due(shop: Config) -> None:
    clock = VirtualClock(datetime(2026, 11, 23, 10, tzinfo=UTC))
    with Simulation(shop, clock=clock, store_url="sqlite://") as simulation:
        simulation.dial("+442079460000").hang_up()
        assert not clock.run_until(lambda: False)


def test_what_is_due_later_leaves_on_the_first_whole_second_after_it(shop: Config) -> None:
    clock = VirtualClock(datetime(2026, 11, 23, 10, tzinfo=UTC))
    with Simulation(shop, clock=clock, store_url="sqlite://") as simulation:
        for key, seconds in (("later", 90.5), ("soon", 1)):
            clock.run(0.3)
            payload = {"to": "+447400123456", "body": key}
            due = clock.now() + timedelta(seconds=seconds)
            simulation.store.outbox.add(OutboxItem(key=key, kind="sms", payload=payload, not_before=due))
        began = clock.now() - timedelta(seconds=0.6)
        clock.run_until(lambda: False)
        sent = [(one.body, (one.at - began).total_seconds()) for one in simulation.network.messages]
        assert sent == [("soon", 2), ("later", 91)]


def test_a_store_that_fails_for_a_moment_is_looked_at_again(shop: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = VirtualClock(datetime(2026, 11, 23, 10, tzinfo=UTC))
    with Simulation(shop, clock=clock, store_url="sqlite://") as simulation:
        relay = simulation.app.relay
        faults = iter([Unavailable("locked"), None])
        deliver = relay.deliver_due

        def fails_once(now: datetime) -> int:
            if (fault := next(faults, None)) is not None:
                raise fault
            return deliver(now)

        monkeypatch.setattr(relay, "deliver_due", fails_once)
        payload = {"to": "+447400123456", "body": "still"}
        simulation.store.outbox.add(OutboxItem(key="one", kind="sms", payload=payload, not_before=clock.now()))
        clock.run_until(lambda: False)
        assert [one.body for one in simulation.network.messages] == ["still"]


def test_a_closing_and_a_notice_count_for_whoever_calls_from_then_on(config: Config) -> None:
    clock = VirtualClock(datetime(2026, 11, 23, 2, tzinfo=UTC))
    with Simulation(config, clock=clock, store_url="sqlite://") as simulation:
        store = simulation.store

        def called(*acts: str) -> Call:
            call = simulation.dial(CALLER)
            for act in acts:
                call.listen()
                call.press(act)
            return call

        store.switch_on("closure", "support", {}, clock.now())
        store.switch_on("notice", "works", {"zh": "暂停", "en": "Withdrawals pause."}, clock.now())
        clock.run(2)
        closed = called("2")
        closed.hears("Withdrawals pause.")
        closed.listen()
        closed.press("0")
        closed.hears("team is away until")
        closed.hang_up()
        store.switch_off("closure", "support", clock.now())
        store.switch_off("notice", "works", clock.now())
        clock.run(2)
        after = called("2", "0", "0")
        after.hears(agents()["support"].says["en"][:20])
        assert "Withdrawals pause." not in after.heard


def test_a_queue_with_people_of_its_own_gets_nobody_made_up(shop: Config) -> None:
    assert list(demo_agents(shop)) == ["sales", "support"]


def test_the_made_up_people_of_a_back_office_leave_own_people_their_queues_and_numbers(config: Config) -> None:
    made_up = demo_agents(config)
    li = AgentSettings(phone=made_up["senior"].phone, queues=("support",))
    found = demo_agents(replace(config, agents={"li": li}))
    assert list(found) == ["senior", "security"]
    assert found["senior"].phone != li.phone
    assert found["security"] == made_up["security"]


def test_agents_of_no_demo_have_numbers_of_the_hotlines_own_country(shop: Config) -> None:
    assert {agent.phone[:4] for agent in demo_agents(shop).values()} == {"+447"}
    nowhere = replace(shop, numbers=replace(shop.numbers, allowed=("+33",)))
    assert [agent.phone for agent in demo_agents(nowhere).values()] == ["client:sales", "client:support"]
