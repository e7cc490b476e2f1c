"""The hotline of one script in this process: who answers its phones, and what is checked after the call."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from ivr.app.simulation import asks_secret
from ivr.call.session import Session
from ivr.flow.issues import Place
from ivr.hotline.numbers import allowed
from ivr.network import Call, Network, Person
from ivr.store import TicketRow
from ivr.testing import agent_actions, fixtures
from ivr.testing.local_hotline import LocalHotline
from ivr.testing.script import AgentStep, CallbackSeen, DeskStep, QueueGiven, Script, TalkSeen, TicketSeen
from ivr.testing.target import CUSTOMER, Events, Setup
from ivr.testing.values import WITHHELD, Caller

AGENT_SAYS = {"zh": "您好，请问有什么可以帮您？", "en": "Hello, how can I help?"}
"""What an agent says who has no steps in the script."""
CUSTOMER_ANSWERS_AFTER = 6.0
"""How long a customer's phone rings when the hotline calls back, if the customer has no steps in the script."""
LONGEST_WAIT_SECONDS = 26 * 3600.0
"""A call back at a chosen time is made by the same hour of the next day."""


class LocalSetup(Setup):
    """The hotline of one script, in this process."""

    sees_inside = True
    longest_wait_seconds = LONGEST_WAIT_SECONDS

    def __init__(
        self, places: Mapping[str, Place], hotline: LocalHotline, network: Network, script: Script,
        log: fixtures.CapturedLog,
    ) -> None:  # fmt: skip
        self.network = network
        self._places = places
        self._hotline = hotline
        self._script = script
        self._log = log
        self.agents: dict[str, tuple[Person, ...]] = {}
        self._names: dict[str, str] = {}
        self._queues: dict[str, str] = {}
        self._answerers()
        self.telephones = dict(self._customers())

    def _answerers(self) -> None:
        """Sets up the agents' phones."""
        live = any(step.agent is not None for step in self._script.steps)
        for queue, phones in self._hotline.phones.items():
            given = self._script.given.queue.get(queue, QueueGiven())
            answers = None if live else float(given.answer_after)
            self.agents[queue] = tuple(self._agent(phone, answers, float(given.talk)) for phone in phones)
            self._queues |= dict.fromkeys(phones, queue)
        for place, (name, agent) in enumerate(self._script.given.agents.items()):
            phone = phone_of(place, self._hotline.config.numbers.allowed)
            answers = None if agent.answer_after is None else float(agent.answer_after)
            person = self._agent(phone, answers, float(agent.talk))
            self._names[phone] = name
            self.agents[name] = (person,)
            for queue in agent.queues:
                self.agents[queue] = (*self.agents.get(queue, ()), person)

    def _agent(self, phone: str, answers_after: float | None, talk: float) -> Person:
        """An agent with steps in the script; without steps they accept, talk and hang up after so many seconds."""
        if answers_after is None:
            return self.network.person(phone, answers_after=None)
        says = AGENT_SAYS.get(self._script.spoken, "")
        return self.network.person(phone, answers_after=answers_after, presses="1", says=says, talks_for=talk)

    def _customers(self) -> Iterator[tuple[str, Person]]:
        """Sets up the customers' phones. A customer without steps in the script answers and presses 1."""
        written = {step.customer.of or CUSTOMER for step in self._script.steps if step.customer is not None}
        for name, number in {CUSTOMER: self._script.from_, **self._script.given.callers}.items():
            if number != WITHHELD:
                answers = None if name in written else CUSTOMER_ANSWERS_AFTER
                yield name, self.network.person(str(number), answers_after=answers, presses="1", role="caller")

    def name_of(self, agent: Person) -> str:
        return self._names.get(agent.number, agent.number)

    def queue_of(self, agent: str) -> str:
        return self._queues.get(agent, "")

    def dial(self, name: str = CUSTOMER) -> Call:
        number: Caller = self._script.from_ if name == CUSTOMER else self._script.given.callers[name]
        return self.network.dial(self._hotline.number, "" if number == WITHHELD else str(number))

    def on_the_page(self, agent: str, step: AgentStep, names: Mapping[str, str]) -> str:
        return agent_actions.act(self._hotline.app, agent, step, names)

    def wraps_up(self, agent: str) -> bool:
        return agent_actions.wraps_up(self._hotline.app, agent)

    def switch(self, step: DeskStep) -> None:
        agent_actions.switch(self._hotline.app.store, step, self._script.spoken, self.network.clock.now())

    def restart(self) -> None:
        self._hotline.restart(self.network)

    def talks(self, names: Mapping[str, str]) -> tuple[TalkSeen, ...]:
        talks = self._hotline.app.store.talks
        rows = sorted((row for call in names for row in talks.of_call(call)), key=lambda row: (row.offered_at, row.id))
        return tuple(
            TalkSeen(
                agent=row.agent, with_=names.get(row.call_id, ""), kind=row.kind, queue=row.queue, ended=row.state,
                code=row.code,
            )
            for row in rows
        )  # fmt: skip

    def callbacks(self, names: Mapping[str, str]) -> tuple[CallbackSeen, ...]:
        store = self._hotline.app.store
        rows = sorted((row for call in names for row in store.callbacks(call_id=call)), key=lambda row: row.booked_at)
        return tuple(
            CallbackSeen(status=row.status, of=names.get(row.call_id, ""), queue=row.queue, tries=row.tries)
            for row in rows
        )

    def queue_results(self, names: Mapping[str, str]) -> Mapping[str, str]:
        found = {}
        for call, name in names.items():
            entry = self._hotline.app.store.queue.entry(call)
            if entry is not None:
                found[name] = entry.status
        return found

    def state(self, call: Call) -> str:
        row = self._hotline.app.store.call(call.sid)
        return Session.from_json(row.session).state if row is not None and row.session else ""

    def place_of(self, state: str) -> Place | None:
        return self._places.get(state)

    def events(self, call: Call) -> Events:
        turns = self._hotline.app.store.turns(call.sid)
        return tuple(event for turn in turns for event in json.loads(turn.events or "[]"))

    def tickets(self, call: Call) -> tuple[TicketSeen, ...]:
        return tuple(map(_ticket, self._hotline.app.store.tickets(call_id=call.sid)))

    def asks_secret(self, call: Call) -> bool:
        return asks_secret(self._hotline.app.store, call.sid)

    def codes(self) -> tuple[str, ...]:
        return tuple(self._hotline.codes)

    def log(self) -> tuple[str, ...]:
        return tuple(self._log.lines)

    def faults(self) -> tuple[str, ...]:
        return tuple(self._log.faults)


def _ticket(row: TicketRow) -> TicketSeen:
    """A ticket without the kinds of its values."""
    about = {name: told[1] if isinstance(told, list) else str(told) for name, told in json.loads(row.about).items()}
    return TicketSeen(
        topic=row.topic, priority=row.priority, reference=row.reference, complete=row.complete, about=about,
        status=row.status, note=row.note,
    )  # fmt: skip


def phone_of(place: int, prefixes: Sequence[str]) -> str:
    """A made-up number of a named agent; a softphone where such numbers may not be rung."""
    return _ringable(f"+8613911{place + 1:06d}", prefixes)


def phones_of(place: int, count: int, prefixes: Sequence[str]) -> tuple[str, ...]:
    """Made-up numbers of the people of a queue, or softphones."""
    return tuple(_ringable(f"+8613900{number:03d}{place + 1:03d}", prefixes) for number in range(count))


def _ringable(number: str, prefixes: Sequence[str]) -> str:
    return number if allowed(number, prefixes) else f"client:agent-{number[-6:]}"
