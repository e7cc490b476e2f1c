"""A day on virtual time: made-up callers dial the real hotline, made-up agents answer it, and nobody else is there.

The engine, the queues, the routing and the store are those that answer real calls, and the network is the simulated
one. Nothing is kept and nothing leaves: the store is in memory, the back office and the ticket system are left out.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial

from ivr.app.simulation import Simulation
from ivr.config import AgentSettings, Config
from ivr.forecast.day import HALF_HOUR_SECONDS, HALF_HOURS, Plan
from ivr.hotline.back_office import NoBackOffice
from ivr.network import Leg, VirtualClock
from ivr.store.report_rows import SeenCall
from ivr.store.rows import TalkRow

BEFORE = timedelta(minutes=1)
"""Agents are there a minute before the first call."""
AFTER_SECONDS = 1800
"""For so long the last callers are waited for."""
LOOKS_EVERY = 0.5, 3.0
"""Seconds between two looks of a caller at the line: on the way to the queue, and from then on."""
WRITES_AT_LEAST = 0.2
"""Seconds until the hotline has heard that the agent's phone was hung up."""
MOST_TRIES = 250
"""So many ways to the queue are tried out, the shortest first."""
LAST_WORDS = 60
"""Questions that end in the same so many characters are the same: what follows is tried once."""


class NoWay(Exception):
    """Callers do not come to the queue; says what they hear instead."""


@dataclass(frozen=True, slots=True)
class EstimateTold:
    """At a moment (aware), a waiting caller was told to wait for so many seconds."""

    call: str
    at: datetime
    seconds: int


@dataclass(frozen=True, slots=True)
class SimulatedDay:
    """What a day left in the store, and what its callers were told."""

    calls: Sequence[SeenCall]
    talks: Sequence[TalkRow]
    told: Sequence[EstimateTold]


def seconds_of(plan: Plan) -> float:
    """How long a day is that is simulated, until its last callers are gone."""
    whole = plan.moment(plan.span.stop) - plan.moment(plan.span.start) + BEFORE
    return whole.total_seconds() + AFTER_SECONDS


def simulate_day(
    config: Config, plan: Plan, keys: Sequence[str], seed: object, tell: Callable[[float], None] = lambda seconds: None
) -> SimulatedDay:
    """One day. Days of the same seed have the same callers, whoever is there to answer. `tell` hears how many seconds
    have passed since it was called last."""
    told: list[EstimateTold] = []
    with _hotline(config, plan, lambda *words: told.append(EstimateTold(*words))) as simulation:
        clock = simulation.network.clock
        callers = random.Random(f"callers {seed}")  # noqa: S311 - made-up people
        _come_to_work(simulation, plan, random.Random(f"agents {seed}"))  # noqa: S311
        for number, at in enumerate(_arrivals(plan, random.Random(f"arrivals {seed}")), 1):  # noqa: S311
            patience = plan.day.patience.draw(callers) if plan.day.patience else None
            call = partial(_Caller, simulation, number, list(keys), patience)
            clock.after((at - clock.now()).total_seconds(), call)
        end = plan.moment(plan.span.stop) + timedelta(seconds=AFTER_SECONDS)
        while (left := (end - clock.now()).total_seconds()) > 0:
            step = min(60.0, left)
            clock.run(step)
            tell(step)
        store = simulation.store
        first, last = plan.moment(0), plan.moment(HALF_HOURS)
        return SimulatedDay(
            tuple(store.figures.calls(first, last)), tuple(store.figures.talks(first, last)), tuple(told)
        )


def find_way(config: Config, plan: Plan) -> tuple[str, ...]:
    """The keys, a text for each question, by which callers come to the queue: those of the day, or else the fewest that
    are found by dialling. Raises NoWay."""
    with _hotline(config, plan, lambda *words: None) as simulation:
        clock = simulation.network.clock
        for name in simulation.app.config.agents:
            simulation.app.actions.ready(name)
        clock.run(BEFORE.total_seconds())
        ways, asked = deque([plan.day.keys]), set[str]()
        for _ in range(MOST_TRIES):
            if not ways:
                break
            way = ways.popleft()
            caller = _Caller(simulation, 1, list(way), None)
            clock.run_until(lambda caller=caller: caller.waited or caller.call.ended, 600)  # type: ignore[misc]
            entry = simulation.store.queue.entry(caller.call.sid)
            if entry is not None and entry.queue == plan.queue:
                return way
            heard = caller.call.heard[-LAST_WORDS:]
            if plan.day.keys:
                raise NoWay(f'who presses {", ".join(way)} does not come to {plan.queue}, and hears last: "…{heard}"')
            if heard not in asked:
                asked.add(heard)
                ways += [(*way, keys) for keys in caller.asked_for]
        raise NoWay(f"no keys were found that lead to the queue {plan.queue}; write them under keys")


def _hotline(config: Config, plan: Plan, tell: Callable[[str, datetime, int], None]) -> Simulation:
    """The hotline of a configuration with agents of the day instead of its own."""
    names = [f"agent_{number}" for number in range(1, max(1, *plan.agents) + 1)]
    queues = {
        name: replace(queue, agents=(), wrap_up=queue.longest_wrap_up if name == plan.queue else queue.wrap_up)
        for name, queue in config.queues.items()
    }  # a note that is being typed keeps wrap-up open
    staffed = replace(
        config,
        agents={name: AgentSettings(phone=f"client:{name}", queues=(plan.queue,)) for name in names},
        queues=queues,
    )
    return Simulation(
        staffed,
        clock=VirtualClock((plan.moment(plan.span.start) - BEFORE).astimezone(UTC)),
        store_url="sqlite://",
        back_office=NoBackOffice() if config.has_real_back_office else None,
        agents=False,
        tell_wait=tell,
    )


def _arrivals(plan: Plan, chance: random.Random) -> Iterator[datetime]:
    """When somebody calls: by chance, as many on average as the plan says."""
    for half_hour in plan.span:
        begins, seconds = plan.moment(half_hour), 0.0
        rate = plan.arrivals[half_hour] / HALF_HOUR_SECONDS
        while rate and (seconds := seconds + chance.expovariate(rate)) < HALF_HOUR_SECONDS:
            yield begins + timedelta(seconds=seconds)


# --- callers ------------------------------------------------------------------------------------------------------


@dataclass
class _Caller:
    """One caller: dials, presses keys, waits, talks, and hangs up when a question comes that they do not mind."""

    simulation: Simulation
    number: int
    keys: list[str]
    patience: float | None
    waited: bool = False
    asked_for: tuple[str, ...] = ()
    """What could be keyed in at the question to which they have no answer."""

    def __post_init__(self) -> None:
        network = self.simulation.network
        self.call = self.simulation.dial(f"+8613{self.number:09}", wait=False)
        self._clock, self._queues = network.clock, network.queues
        self._clock.after(LOOKS_EVERY[0], self._look)

    def _look(self) -> None:
        line = self.call.listening
        if self.call.ended:
            return
        queued = next(
            (one for queue in self._queues.values() for one in queue.members if one.call_sid == self.call.sid), None
        )
        if queued is not None and not self.waited:
            self.waited = True
            if self.patience is not None:
                self._clock.after(queued.since + self.patience - self._clock.seconds, self._give_up)
        elif line is not None and line.open and not line.holding and line.kind in ("gather", "record"):
            if self.waited or not self.keys:
                self.asked_for = tuple("0123456789") if line.num_digits == 1 else ("0#",)
                self.call.leg.hang_up("caller")
            else:
                for key in self.keys.pop(0):
                    self.call.leg.press(key)
        self._clock.after(LOOKS_EVERY[self.waited], self._look)

    def _give_up(self) -> None:
        line = self.call.listening
        if line is None or line.kind != "bridge":
            self.call.leg.hang_up("caller")


# --- agents -------------------------------------------------------------------------------------------------------


def _come_to_work(simulation: Simulation, plan: Plan, chance: random.Random) -> None:
    """Sets up the phones of the agents, and when each is there."""
    network, actions, clock = simulation.network, simulation.app.actions, simulation.network.clock

    def picked_up(name: str, leg: Leg) -> None:
        if leg.line is not None:
            leg.line = replace(leg.line, talks_for=plan.day.talk.draw(chance))
        writes = max(plan.day.wrap_up.draw(chance), WRITES_AT_LEAST)
        leg.on_end.append(partial(hung_up, name, writes))

    def hung_up(name: str, writes: float) -> None:
        clock.after(writes, partial(written, name))

    def written(name: str) -> None:
        talk = actions.talk_of(name)
        if talk is not None and talk.state == "wrap_up":
            actions.wrap_up(name, talk.id, "", "")

    for number, (name, agent) in enumerate(simulation.app.config.agents.items()):
        network.person(agent.phone, answers_after=float(plan.day.pick_up), presses="1")
        network.lines[agent.phone] = replace(network.lines[agent.phone], then=partial(picked_up, name))
        was_there = False
        for half_hour in range(plan.span.start, plan.span.stop + 1):
            there = half_hour < plan.span.stop and number < plan.agents[half_hour]
            if there != was_there:
                at = plan.moment(half_hour) - (BEFORE if there else timedelta())
                change = actions.ready if there else actions.off
                clock.after((at - clock.now()).total_seconds(), partial(change, name))
            was_there = there
