"""What a script needs of the hotline it runs against: telephones, what is done in it, and what is found afterwards.

A hotline in this process is seen from inside. Of one at an address only the telephones and the text messages are seen.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from ivr.app.build import App
from ivr.app.simulation import asks_secret
from ivr.call.session import Session
from ivr.flow.issues import Place
from ivr.hotline.numbers import allowed
from ivr.network import Call, Network, Person
from ivr.store import TicketRow
from ivr.testing.fixtures import CapturedLog
from ivr.testing.local_hotline import LocalHotline
from ivr.testing.reader import Names
from ivr.testing.script import WITHHELD, CallbackSeen, QueueGiven, Script, TalkSeen, TicketSeen

CUSTOMER = "customer"
"""The caller of the script, where a script has several people."""
AGENT_SAYS = {"zh": "您好，请问有什么可以帮您？", "en": "Hello, how can I help?"}
"""What an agent says who has no steps in the script."""
CUSTOMER_ANSWERS_AFTER = 6.0
"""How long a customer's phone rings when the hotline calls back, if the customer has no steps in the script."""


Events = tuple[Mapping[str, Any], ...]
"""What the hotline recorded of a call, as JSON."""


def steps_taken(events: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    return tuple(str(event["state"]) for event in events if event["type"] == "Entered")


class Target(Protocol):
    """Something scripts can be run against. `names` is what a script may name of it."""

    names: Names

    def why_not(self, script: Script) -> str:
        """Why this script cannot be run here; "" if it can."""
        ...

    def setup(self, script: Script) -> Any:
        """A context manager that gives a Setup."""
        ...


class Setup:
    """One call about to be made, and what can be asked of the hotline then and afterwards."""

    def __init__(
        self, network: Network, script: Script, dial: Callable[[str], Call],
        hotline: LocalHotline | None = None, log: CapturedLog | None = None,
    ) -> None:  # fmt: skip
        """`dial` calls from a number, "" for a withheld one; `hotline` and its `log` are of one in this process."""
        self.network = network
        self.hotline = hotline
        self.log = log.lines if log else []
        self.faults = log.faults if log else []
        """Failures of the hotline's own, such as an exception; a sentence each."""
        self.agents: dict[str, tuple[Person, ...]] = {}
        """People who answer, by queue and, those that have one, by name."""
        self.telephones: dict[str, Person] = {}
        """Customers whom the hotline may ring, by name; `customer` is the caller of the script."""
        self._script = script
        self._dial = dial
        self._names: dict[str, str] = {}
        self._queues: dict[str, str] = {}
        if hotline is not None:
            self._answerers(hotline)
            self.telephones = dict(self._customers())

    @property
    def app(self) -> App:
        """The hotline in this process; scripts that need it are not run against an address."""
        assert self.hotline is not None  # noqa: S101 - `why_not` says so
        return self.hotline.app

    def _answerers(self, hotline: LocalHotline) -> None:
        live = any(step.agent is not None for step in self._script.steps)
        for queue, phones in hotline.phones.items():
            given = self._script.given.queue.get(queue, QueueGiven())
            answers = None if live else float(given.answer_after)
            self.agents[queue] = tuple(self._agent(phone, answers, float(given.talk)) for phone in phones)
            self._queues |= dict.fromkeys(phones, queue)
        for place, (name, agent) in enumerate(self._script.given.agents.items()):
            phone = phone_of(place, hotline.config.numbers.allowed)
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
        """The queue whose bare phone this is; "" for a named agent."""
        return self._queues.get(agent, "")

    def dial(self, name: str = CUSTOMER) -> Call:
        number = self._script.from_ if name == CUSTOMER else self._script.given.callers[name]
        return self._dial("" if number == WITHHELD else str(number))

    def talks(self, names: Mapping[str, str]) -> tuple[TalkSeen, ...]:
        """Whose phone rang for whom, in order. `names` has the person of each call."""
        talks = self.app.store.talks
        rows = sorted((row for call in names for row in talks.of_call(call)), key=lambda row: (row.offered_at, row.id))
        return tuple(
            TalkSeen(
                agent=row.agent, with_=names.get(row.call_id, ""), kind=row.kind, queue=row.queue, ended=row.state,
                code=row.code,
            )
            for row in rows
        )  # fmt: skip

    def callbacks(self, names: Mapping[str, str]) -> tuple[CallbackSeen, ...]:
        """The calls back, in the order in which they were promised."""
        store = self.app.store
        rows = sorted((row for call in names for row in store.callbacks(call_id=call)), key=lambda row: row.booked_at)
        return tuple(
            CallbackSeen(status=row.status, of=names.get(row.call_id, ""), queue=row.queue, tries=row.tries)
            for row in rows
        )

    def queue_results(self, names: Mapping[str, str]) -> Mapping[str, str]:
        """How the latest wait of everybody ended, by name."""
        entries = ((name, self.app.store.queue.entry(call)) for call, name in names.items())
        return {name: entry.status for name, entry in entries if entry is not None}

    def tickets(self, call: Call) -> tuple[TicketSeen, ...]:
        """The tickets that the call opened, each with all its fields."""
        return tuple(map(_ticket, self.app.store.tickets(call_id=call.sid)))

    # --- what of a hotline at an address nobody can tell ---

    def state(self, call: Call) -> str:
        """`flow.step` where the call stands; "" if nobody can tell."""
        row = self.app.store.call(call.sid) if self.hotline else None
        return Session.from_json(row.session).state if row is not None and row.session else ""

    def place_of(self, state: str) -> Place | None:
        return self.app.hotline.editions.current.flows.step(state).place if state else None

    def events(self, call: Call) -> Events:
        turns = self.app.store.turns(call.sid) if self.hotline else ()
        return tuple(event for turn in turns for event in json.loads(turn.events or "[]"))

    def asks_secret(self, call: Call) -> bool:
        return self.hotline is None or asks_secret(self.app.store, call.sid)

    def codes(self) -> tuple[str, ...]:
        return tuple(self.hotline.codes) if self.hotline else ()


def _ticket(row: TicketRow) -> TicketSeen:
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
