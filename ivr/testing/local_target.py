"""Where scripts are played: a hotline in this process, put back between two calls as if it had just been built.

The only file of this room that knows the desk: what a script sets up (wallet, queues, faults, notices) and what it asks
afterwards (where the call stood, tickets, the log). Building a hotline costs a hundred times what a call costs, so it
is built once for every staffing of the queues, its store emptied and its clock, wallet and network new for each call.
Houses are told apart by what is switched on as well, because a hotline may remember that for a second.
"""

from __future__ import annotations

import json
import random
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import cast
from zoneinfo import ZoneInfo

from ivr.app import App, Environment, build_app
from ivr.app.simulation import ADDRESS, NUMBER, NetworkSender, asks_secret
from ivr.call.session import Session
from ivr.config import Config
from ivr.config.settings import AgentSettings
from ivr.flow.issues import Issue, Place
from ivr.flow.model import Flow, Language
from ivr.hotline.handlers import catalogue
from ivr.hotline.wallet import Wallet
from ivr.network import Call, Network, Person, VirtualClock
from ivr.store import TicketRow
from ivr.testing import agent_actions, fixtures
from ivr.testing.reader import Names
from ivr.testing.script import WITHHELD, AgentStep, Caller, DeskStep, Fault, QueueGiven, Script
from ivr.testing.target import CUSTOMER, Happened, Promise, Talk, Ticket
from ivr.wallet.demo import FAULTS, DemoWallet

ACCOUNT, TOKEN = "AC" + "0" * 32, "0" * 32
"""Of the simulated network: nothing that it signs can reach anybody."""
AGENT_SAYS = {"zh": "您好，请问有什么可以帮您？", "en": "Hello, how can I help?"}
"""What a person at the desk says whose part the script does not play."""
CUSTOMER_ANSWERS_AFTER = 6.0
"""How long a customer's phone rings when the hotline calls back, if the script does not play the customer."""
LONGEST_WAIT_SECONDS = 26 * 3600.0
"""A call back at a chosen time is made by the same hour of the next day."""
OTHER_FAULTS = ("sms", "calls", "carrier")
MOST_HOUSES = 16


class Stage:
    """Plays scripts against one configuration. As a context manager it is taken down at the end.

    Raises BrokenDocument, at the start, for flows that cannot be used.
    """

    def __init__(self, config: Config) -> None:
        empty = {name: replace(queue, agents=()) for name, queue in config.queues.items()}
        self.config = replace(config, queues=empty, agents={})
        self._houses: dict[_Staffing, _Reusable] = {}
        self.flows: Mapping[str, Flow] = self._house(
            _staffing(None, self.config), self.config
        ).app.hotline.editions.current.flows.flows
        self._places = {
            f"{name}.{step}": made.place for name, flow in self.flows.items() for step, made in flow.steps.items()
        }
        self.names = Names(
            languages=config.hotline.languages,
            queues=frozenset(config.queues),
            calendars=frozenset(config.calendars),
            steps=frozenset(self._places),
            faults=frozenset(
                (
                    *FAULTS,
                    *OTHER_FAULTS,
                    *(f"handler:{name}" for name in catalogue()),
                    *(f"queue:{name}" for name in config.queues),
                )
            ),
            outcomes={name: frozenset((*spec.outcomes, "unavailable")) for name, spec in catalogue().items()},
        )

    def __enter__(self) -> Stage:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        for reusable in self._houses.values():
            reusable.close()
        self._houses.clear()

    def why_not(self, script: Script) -> str:
        return ""

    def misfits(self, script: Script) -> list[Issue]:
        zone = ZoneInfo(self.config.hotline.time_zone)
        return fixtures.misfits(script, DemoWallet(script.at.within(zone.key), zone=zone))

    @contextmanager
    def scene(self, script: Script, at: datetime | None = None) -> Iterator[_Inside]:
        """The hotline of this script's world, nothing of another call left in it."""
        zone = self.config.hotline.time_zone
        began = at or script.at.within(zone)
        with ExitStack() as stack:
            reusable = self._house(_staffing(script, self.config), _staffed(self.config, script))
            if reusable.lasting:
                stack.callback(reusable.close)
            log = stack.enter_context(fixtures.log_kept())
            stack.enter_context(fixtures.handlers_answering(script.given.answers, script.spoken))
            stack.enter_context(fixtures.handlers_failing(script.given.fails))
            faults = {name: fault.how for name, fault in script.given.fails.items() if name in FAULTS}
            wallet = DemoWallet(began, faults, ZoneInfo(zone))
            fixtures.furnish(wallet, script)
            network = reusable.anew(script, VirtualClock(began), wallet)
            try:
                yield _Inside(self, reusable, network, script, log)
            finally:
                network.close()

    def place_of(self, state: str) -> Place | None:
        return self._places.get(state)

    def _house(self, staffing: _Staffing, config: Config) -> _Reusable:
        """An app that was built before, unless its store has to outlive it: then whoever asks closes it."""
        if staffing.restarts:
            return _Reusable(config, dict(staffing.phones), lasting=True)
        if staffing not in self._houses:
            while len(self._houses) >= MOST_HOUSES:
                self._houses.pop(next(iter(self._houses))).close()
            self._houses[staffing] = _Reusable(config, dict(staffing.phones))
        return self._houses[staffing]


@dataclass(frozen=True)
class _Staffing:
    """What tells one app from another: phones by queue, people, settings, and what is switched on."""

    phones: tuple[tuple[str, tuple[str, ...]], ...]
    world: str = ""
    restarts: bool = False
    """Whether the store has to outlive the app."""


def _staffing(script: Script | None, config: Config) -> _Staffing:
    if script is None:
        return _Staffing(tuple((name, _phones(place, 1)) for place, name in enumerate(config.queues)))
    given = script.given
    nameless = {name: queue.agents for name, queue in given.queue.items() if queue.agents is not None}
    usual = 0 if given.agents else 1
    phones = tuple(
        (name, _phones(place, nameless.get(name, usual))) for place, name in enumerate(config.queues)
    )  # fmt: skip
    changed = {name: (queue.waiting, queue.most, queue.overflow) for name, queue in given.queue.items()}
    ordinary = not given.agents and all(told == (0, None, None) for told in changed.values())
    world = "" if ordinary else repr((changed, given.agents))
    if given.notices or given.closures:
        world += repr((given.notices, given.closures))
    return _Staffing(phones, world, any(step.act == "restart" for step in script.steps))


def _staffed(config: Config, script: Script) -> Config:
    """The configuration with the people and the settings of queues that the script gives."""
    given = script.given
    if not given.agents and not given.queue:
        return config
    agents = {
        name: AgentSettings(
            phone=_phone_of(place),
            queues=agent.queues,
            languages=tuple(map(Language, agent.languages)),
            role=agent.role,
        )
        for place, (name, agent) in enumerate(given.agents.items())
    }
    queues = dict(config.queues)
    for name, queue in given.queue.items():
        most = config.queues[name].most if queue.most is None else queue.most
        queues[name] = replace(queues[name], most=most, overflow=queue.overflow or queues[name].overflow)
    return replace(config, agents=agents, queues=queues)


def _phone_of(place: int) -> str:
    """A made-up number of a named agent."""
    return f"+8613911{place + 1:06d}"


def _phones(place: int, count: int) -> tuple[str, ...]:
    """Made-up numbers of the people of a queue, the first ones like those of `ivr call`."""
    return tuple(f"+8613900{number:03d}{place + 1:03d}" for number in range(count))


class _Reusable:
    """An app whose environment is exchanged between two calls."""

    def __init__(self, config: Config, phones: Mapping[str, tuple[str, ...]], *, lasting: bool = False) -> None:
        """`lasting`: the store is a file, so that the app can be built anew on it."""
        self.config = config
        self.phones = phones
        self.number = config.hotline.number or NUMBER
        self._clock = VirtualClock()
        self._wallet: Wallet | None = None
        self._sender = fixtures.Sender()
        self.codes: list[str] = []
        self._chance = random.Random(0)  # noqa: S311 - codes of a rehearsal, the same every time
        self.lasting = lasting
        self._folder = tempfile.TemporaryDirectory(prefix="ivr-rehearsal-") if lasting else None
        self.app: App = self._built()
        self._due: datetime | None = None
        self._fault: Fault | None = None
        self._crowd_alone = False
        """Only made-up callers wait: nobody answers them before the caller of the script has joined them."""

    def _built(self) -> App:
        return build_app(
            self.config,
            Environment(
                sender=self._sender,
                clock=lambda: self._clock.now(),  # noqa: PLW0108 - the clock of that moment, not of this one
                store_url="sqlite://" if self._folder is None else f"sqlite:///{self._folder.name}/ivr.db",
                public_url=ADDRESS,
                tokens=(TOKEN,),
                account_sid=ACCOUNT,
                wallet=cast(Wallet, fixtures.Deputy(lambda: self._wallet)),
                new_code=self._new_code,
                phones=self.phones,
            ),
        )

    def close(self) -> None:
        self.app.close()
        if self._folder is not None:
            self._folder.cleanup()

    def restart(self, network: Network) -> None:
        """Stops the app and builds it anew on the same store, while the network's calls go on."""
        self.app.close()
        self.app = self._built()
        network.serve(ADDRESS, fixtures.failing_line(self.app.webhooks, network, self._fault))
        self._due = network.clock.now()

    def _new_code(self, digits: int) -> str:
        self.codes.append(f"{self._chance.randrange(10**digits):0{digits}d}")
        return self.codes[-1]

    def anew(self, script: Script, clock: VirtualClock, wallet: Wallet) -> Network:
        """Puts the app back, furnishes it as the script says, and connects it with a network of its own."""
        store, given = self.app.store, script.given
        self._clock, self._wallet = clock, wallet
        seed = f"{script.file.rpartition('/')[2]} {script.call} {script.spoken}"
        self.codes.clear()
        self._chance = random.Random(f"codes of {seed}")  # noqa: S311
        network = Network(clock=clock, account_sid=ACCOUNT, auth_token=TOKEN, seed=seed)
        self._sender.behind = NetworkSender(network, self.number)
        self._sender.faults = given.fails
        self._fault = given.fails.get("carrier")
        if not self.lasting:
            store.empty()
        store.outbox.wake.clear()
        store.talks.wake.clear()
        store.talks.wake.set()
        self._due = None
        for kind, switched in (("notice", given.notices), ("closure", given.closures)):
            for name, text in switched.items():
                words = {language: sentence.source for language, sentence in text.sentences.items()} if text else {}
                store.switch_on(kind, name, words, clock.now(), by="script")
        network.number(
            self.number,
            f"{ADDRESS}/voice",
            voice_fallback_url=f"{ADDRESS}/voice/fallback",
            status_callback=f"{ADDRESS}/voice/status",
            app=fixtures.failing_line(self.app.webhooks, network, self._fault),
        )
        self._crowd_alone = any(queue.waiting for queue in given.queue.values())
        for name, queue in given.queue.items():
            for _ in range(queue.waiting):
                fixtures.keep_waiting(network, store, name, queue.talk)
        for name, fault in given.fails.items():
            if name.startswith("queue:"):
                fixtures.losing(network, name.removeprefix("queue:"), fault)
        for name, agent in given.agents.items():
            agent_actions.arrive(self.app, name, agent.presence)
        self._carry_out(network)
        return network

    def _carry_out(self, network: Network) -> None:
        """Looks after the floor and empties the outbox once a second of the network's time, where something is due."""
        outbox, now = self.app.store.outbox, network.clock.now()
        self._crowd_alone = self._crowd_alone and all(
            self.app.store.queue.entry(call.sid) is None for call in network.calls
        )
        if not self._crowd_alone:
            self.app.floor.tick_if_stirred(now)
        if outbox.wake.is_set() or (self._due is not None and self._due <= now):
            outbox.wake.clear()
            self.app.relay.deliver_due(now)
            self._due = outbox.next_due()
        network.clock.after(1.0, lambda: self._carry_out(network))


class _Inside:
    """A scene in this process."""

    sees_inside = True
    longest_wait_seconds = LONGEST_WAIT_SECONDS

    def __init__(
        self, stage: Stage, reusable: _Reusable, network: Network, script: Script, log: fixtures.Log
    ) -> None:  # fmt: skip
        self.network = network
        self._stage = stage
        self._reusable = reusable
        self._script = script
        self._log = log
        self.agents: dict[str, tuple[Person, ...]] = {}
        self._names: dict[str, str] = {}
        self._queues: dict[str, str] = {}
        self._answerers()
        self.telephones = dict(self._customers())

    def _answerers(self) -> None:
        """Puts people at the phones of the agents."""
        live = any(step.agent is not None for step in self._script.steps)
        for queue, phones in self._reusable.phones.items():
            given = self._script.given.queue.get(queue, QueueGiven())
            answers = None if live else float(given.answer_after)
            self.agents[queue] = tuple(self._agent(phone, answers, float(given.talk)) for phone in phones)
            self._queues |= dict.fromkeys(phones, queue)
        for place, (name, agent) in enumerate(self._script.given.agents.items()):
            phone = _phone_of(place)
            answers = None if agent.answer_after is None else float(agent.answer_after)
            person = self._agent(phone, answers, float(agent.talk))
            self._names[phone] = name
            self.agents[name] = (person,)
            for queue in agent.queues:
                self.agents[queue] = (*self.agents.get(queue, ()), person)

    def _agent(self, phone: str, answers_after: float | None, talk: float) -> Person:
        """Somebody whom the script plays, or who accepts, talks and hangs up by themselves after so many seconds."""
        if answers_after is None:
            return self.network.person(phone, answers_after=None)
        says = AGENT_SAYS.get(self._script.spoken, "")
        return self.network.person(phone, answers_after=answers_after, presses="1", says=says, hangs_up_after=talk)

    def _customers(self) -> Iterator[tuple[str, Person]]:
        """Puts the customers at their phones; one whom the script does not play answers and presses 1."""
        played = {step.customer.of or CUSTOMER for step in self._script.steps if step.customer is not None}
        for name, number in {CUSTOMER: self._script.from_, **self._script.given.callers}.items():
            if number != WITHHELD:
                answers = None if name in played else CUSTOMER_ANSWERS_AFTER
                yield name, self.network.person(str(number), answers_after=answers, presses="1", role="caller")

    def name_of(self, agent: Person) -> str:
        return self._names.get(agent.number, agent.number)

    def queue_of(self, agent: str) -> str:
        return self._queues.get(agent, "")

    def dial(self, name: str = CUSTOMER) -> Call:
        number: Caller = self._script.from_ if name == CUSTOMER else self._script.given.callers[name]
        return self.network.dial(self._reusable.number, "" if number == WITHHELD else str(number))

    def on_the_page(self, agent: str, step: AgentStep, names: Mapping[str, str]) -> str:
        return agent_actions.act(self._reusable.app, agent, step, names)

    def wraps_up(self, agent: str) -> bool:
        return agent_actions.wraps_up(self._reusable.app, agent)

    def switch(self, step: DeskStep) -> None:
        agent_actions.switch(self._reusable.app.store, step, self._script.spoken, self.network.clock.now())

    def restart(self) -> None:
        self._reusable.restart(self.network)

    def talks(self, names: Mapping[str, str]) -> tuple[Talk, ...]:
        talks = self._reusable.app.store.talks
        rows = sorted((row for call in names for row in talks.of_call(call)), key=lambda row: (row.offered_at, row.id))
        return tuple(
            Talk(row.agent, names.get(row.call_id, ""), row.kind, row.queue, row.state, row.code) for row in rows
        )

    def promises(self, names: Mapping[str, str]) -> tuple[Promise, ...]:
        store = self._reusable.app.store
        rows = sorted((row for call in names for row in store.callbacks(call_id=call)), key=lambda row: row.booked_at)
        return tuple(Promise(row.status, names.get(row.call_id, ""), row.queue, row.tries) for row in rows)

    def waits(self, names: Mapping[str, str]) -> Mapping[str, str]:
        found = {}
        for call, name in names.items():
            entry = self._reusable.app.store.queue.entry(call)
            if entry is not None:
                found[name] = entry.status
        return found

    def state(self, call: Call) -> str:
        row = self._reusable.app.store.call(call.sid)
        return Session.from_json(row.session).state if row is not None and row.session else ""

    def place_of(self, state: str) -> Place | None:
        return self._stage.place_of(state)

    def happened(self, call: Call) -> tuple[Happened, ...]:
        turns = self._reusable.app.store.turns(call.sid)
        return tuple(Happened(turn.turn, turn.input_kind, tuple(json.loads(turn.events or "[]"))) for turn in turns)

    def tickets(self, call: Call) -> tuple[Ticket, ...]:
        return tuple(map(_ticket, self._reusable.app.store.tickets(call_id=call.sid)))

    def asks_secret(self, call: Call) -> bool:
        return asks_secret(self._reusable.app.store, call.sid)

    def codes(self) -> tuple[str, ...]:
        return tuple(self._reusable.codes)

    def log(self) -> tuple[str, ...]:
        return tuple(self._log.lines)

    def faults(self) -> tuple[str, ...]:
        return tuple(self._log.faults)


def _ticket(row: TicketRow) -> Ticket:
    """A ticket without the kinds of its values."""
    about = {name: told[1] if isinstance(told, list) else str(told) for name, told in json.loads(row.about).items()}
    return Ticket(row.topic, row.priority, row.reference, row.complete, about, row.status, row.note)
