"""Fifty agents, twenty callers, and everything that goes wrong between them: nobody is lost, nobody is taken twice.

The real hotline on the emulated network, in virtual time. Agents miss calls, press nothing, vanish in the middle of the
whisper or as the talk begins; callers hang up at the worst moment, leave for a call back and are not reached at first;
status callbacks are late; the hotline is stopped and built anew in the middle. Everything follows from the seed.
"""

from __future__ import annotations

import logging
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from ivr.agents.actions import NotNow
from ivr.app.build import App, Environment, build_app
from ivr.app.simulation import ADDRESS, NetworkSender
from ivr.config import Config, load_config
from ivr.config.settings import AgentSettings
from ivr.network import Call, Line, Network, Options, VirtualClock

ROOT = Path(__file__).parents[2]
AGENTS, CALLERS = 50, 20
MONDAY = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
"""Ten in the morning in Shanghai."""
TOKEN, ACCOUNT = "0" * 32, "AC" + "0" * 32
LONGEST_SECONDS = 100 * 60
WORST_MOMENTS = ("waiting", "ringing", "accepted", "talking", "held")
HABITS = ("late", "deaf", "vanishes", "cuts off", "declines")
TALKED = ("wrap_up", "over")
NUMBER = "+864008200000"


class Day:
    """One day on the floor, as its seed has it."""

    def __init__(self, config: Config, folder: Path, seed: int) -> None:
        self.chance = random.Random(seed)
        agents = {
            f"agent-{number:02d}": AgentSettings(phone=f"+86139110000{number:02d}", queues=("support",))
            for number in range(AGENTS)
        }
        self.config = replace(config, agents=agents)
        late = self.chance.choice((0.0, 1.5, 12.0))
        options = Options(late_callback_seconds=late)
        self.network = Network(VirtualClock(MONDAY), ACCOUNT, TOKEN, seed=seed, options=options)
        self.folder = folder
        self.app = self._built()
        self.network.number(
            NUMBER, f"{ADDRESS}/voice", voice_fallback_url=f"{ADDRESS}/voice/fallback",
            status_callback=f"{ADDRESS}/voice/status", app=self.app.webhooks,
        )  # fmt: skip
        self.calls: dict[str, Call] = {}
        self.doomed: dict[str, str] = {}
        """When callers hang up, by number: the state of their talk, or waiting."""
        self.leaving: set[str] = set()
        """The numbers of those who want to be called back."""
        self.trouble: list[str] = []
        self.due: datetime | None = MONDAY
        self._agents_come(list(agents.items()))
        self._callers_come()

    def _built(self) -> App:
        environment = Environment(
            sender=NetworkSender(self.network, NUMBER), clock=self.network.clock.now, public_url=ADDRESS,
            store_url=f"sqlite:///{self.folder}/ivr.db", tokens=(TOKEN,), account_sid=ACCOUNT,
        )  # fmt: skip
        return build_app(self.config, environment)

    # --- who is there ---

    def _agents_come(self, agents: list[tuple[str, AgentSettings]]) -> None:
        """A third do their work; the others miss calls, do not accept them, or vanish."""
        for place, (name, agent) in enumerate(agents):
            match "works" if place % 3 == 0 else self.chance.choice(HABITS):
                case "works":
                    self._person(agent, says="您好", hangs_up_after=self.chance.uniform(8, 60))
                case "late":
                    self._person(agent, answers_after=self.chance.uniform(18, 24), says="您好", hangs_up_after=20)
                case "deaf":
                    self._person(agent, presses="")
                case "vanishes":
                    self._person(agent, hangs_up_after=self.chance.uniform(0.3, 12))
                case "cuts off":
                    self._person(agent, says="喂", hangs_up_after=self.chance.uniform(0.2, 4.5))
                case "declines":
                    self.network.line(agent.phone, Line.rejects(after=self.chance.uniform(1, 10)))
            self.network.clock.after(self.chance.uniform(0, 20), self._coming(name))

    def _person(
        self, agent: AgentSettings, *, answers_after: float | None = None, presses: str = "1", **more: object
    ) -> None:
        after = self.chance.uniform(1, 12) if answers_after is None else answers_after
        self.network.person(agent.phone, answers_after=after, presses=presses, **more)  # type: ignore[arg-type]

    def _coming(self, name: str):
        return lambda: self.app.actions.ready(name)

    def _callers_come(self) -> None:
        for place in range(CALLERS):
            number = f"+86138010000{place:02d}"
            if place % 4 == 1:
                self.doomed[number] = self.chance.choice(WORST_MOMENTS)
            elif place % 4 == 2:
                self.leaving.add(number)
            self.network.person(number, answers_after=self.chance.choice((3.0, 6.0, 45.0)), presses="1", role="caller")
            self.network.clock.after(self.chance.uniform(0, 90), self._dialling(number))

    def _dialling(self, number: str):
        def dial() -> None:
            call = self.calls[number] = self.network.dial(NUMBER, number, wait=False)
            moment = 2.0
            for key in "100#" + (" 11" if number in self.leaving else ""):
                moment += {" ": 4.0, "#": 0.3}.get(key) or self.chance.uniform(2.0, 3.0)
                if key != " ":  # a pause, as keys count only once the queue listens
                    self.network.clock.after(moment, lambda key=key: call.leg.press(key))
            if number in self.leaving:
                self.network.clock.after(moment + 5, lambda: call.leg.hang_up("caller"))

        return dial

    # --- what happens ---

    def run(self, restart_at: float) -> None:
        clock = self.network.clock
        while clock.seconds < LONGEST_SECONDS:
            clock.run(0.5)
            self._worst_moments()
            self._look_at_rooms()
            if clock.seconds == int(clock.seconds):
                self._second()
            if clock.seconds == restart_at:
                self.app.close()
                self.app = self._built()
                self.due = clock.now()
                self.network.serve(ADDRESS, self.app.webhooks)
            if clock.seconds > 150 and clock.seconds % 30 == 0 and self.is_quiet():
                return

    def _second(self) -> None:
        now, outbox = self.network.clock.now(), self.app.store.outbox
        self.app.assigner.tick_if_needed(now)
        if outbox.wake.is_set() or (self.due is not None and self.due <= now):
            outbox.wake.clear()
            self.app.relay.deliver_due(now)
            self.due = outbox.next_due()
        if self.network.clock.seconds % 20 == 0:
            self._at_the_pages()

    def _worst_moments(self) -> None:
        store = self.app.store
        for number, moment in list(self.doomed.items()):
            call = self.calls.get(number)
            if call is None or call.ended:
                continue
            entry = store.queue.entry(call.sid)
            talk = next(iter(store.talks.of_call(call.sid)), None)
            state = talk.state if talk is not None else entry.status if entry is not None else ""
            if state == moment or (moment == "held" and state == "talking" and self.network.clock.seconds % 9 == 0):
                call.leg.hang_up("caller")

    def _at_the_pages(self) -> None:
        """People whose phone was not answered come back; some hold their caller, some fetch them back."""
        floor = self.app.actions
        for name, row in self.app.store.talks.presences().items():
            if row.presence == "away" and self.chance.random() < 0.5:
                floor.ready(name)
        for talk in self.app.store.talks.open():
            with_luck = self.chance.random() < 0.3
            try:
                if talk.state == "talking" and with_luck:
                    floor.hold(talk.agent, talk.id)
                elif talk.state == "held":
                    floor.resume(talk.agent, talk.id)
            except NotNow:
                continue

    def _look_at_rooms(self) -> None:
        """At no time are two customers in a room, or two agents with a customer."""
        for room in self.network.open_conferences.values():
            legs = [participant.leg for participant in room.participants]
            agents = {leg.to for leg in legs if leg.to.startswith("+8613911")}
            customers = {leg.phone for leg in legs if leg.phone.startswith("+8613801")}
            if len(agents) > 1 or len(customers) > 1:
                self.trouble.append(f"{self.network.clock.seconds}: {sorted(agents)} with {sorted(customers)}")

    def is_quiet(self) -> bool:
        store = self.app.store
        return (
            len(self.calls) == CALLERS
            and all(leg.over for leg in self.network.legs.values())
            and not store.talks.open()
            and not store.callbacks()
        )


@pytest.fixture(scope="module")
def config() -> Config:
    config, issues = load_config(ROOT / "config.yaml", today=date(2026, 11, 22), environ={})
    assert config is not None, issues
    return config


@pytest.fixture(params=[0, 2, 5])  # 5: status callbacks are twelve seconds late
def day(config: Config, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Day]:
    day = Day(config, tmp_path, request.param)
    day.run(restart_at=float(30 + 20 * request.param))
    yield day
    day.network.close()
    day.app.close()


@pytest.mark.slow
def test_everybody_gets_one_agent_or_a_kept_promise(day: Day, caplog: pytest.LogCaptureFixture) -> None:
    store = day.app.store
    assert day.trouble == []
    # Nothing is left over.
    assert [leg for leg in day.network.legs.values() if not leg.over] == []
    assert store.talks.open() == ()
    assert store.calls(limit=1000, live=True) == ()
    assert store.callbacks() == ()
    # Everybody has had exactly one agent, unless they hung up first or were called back.
    for number, call in day.calls.items():
        talks = store.talks.of_call(call.sid)
        talked = [talk for talk in talks if talk.state in TALKED]
        promises = store.callbacks(call_id=call.sid)
        if number in day.leaving and promises:
            (promise,) = promises
            assert promise.status in ("done", "failed"), (number, promise)
            assert len(talked) == (promise.status == "done"), (number, talks)
        elif number in day.doomed or number in day.leaving:  # who hung up before anything was promised
            assert len(talked) <= 1, (number, talks)
        else:
            assert len(talked) == 1, (number, store.queue.entry(call.sid), [(t.agent, t.state) for t in talks])
        entry = store.queue.entry(call.sid)
        assert entry is not None
        assert entry.status not in ("waiting", "taken"), (number, entry)
    # And no telephone was rung twice for one talk.
    placed = Counter(
        (leg.settings.voice_url, leg.to) for leg in day.network.legs.values() if leg.direction == "outbound-api"
    )
    assert [found for found, count in placed.items() if count > 1] == []
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []
    assert day.network.debugger.errors == []
