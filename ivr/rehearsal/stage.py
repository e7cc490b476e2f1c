"""Where scripts are played: a hotline in this process, put back between two calls as if it had just been built.

The only file of this room that knows the desk: what a script sets up (wallet, queues, faults, notices) and what it asks
afterwards (where the call stood, tickets, the log). Building a hotline costs a hundred times what a call costs, so it
is built once for every staffing of the queues, its store emptied and its clock, wallet and network new for each call.
Houses are told apart by what is switched on as well, because a hotline may remember that for a second.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol, cast
from zoneinfo import ZoneInfo

from ivr.assembly import House, Surroundings, assemble
from ivr.call.session import Session
from ivr.config import Config
from ivr.desk.handling import catalogue
from ivr.desk.store import TicketRow
from ivr.desk.wallets.demo import FAULTS, DemoWallet
from ivr.desk.wallets.wallet import Wallet
from ivr.flow.issues import Issue, Place
from ivr.flow.model import Flow
from ivr.network import Call, Network, Person, VirtualClock
from ivr.rehearsal import props
from ivr.rehearsal.reader import Names
from ivr.rehearsal.script import WITHHELD, QueueGiven, Script
from ivr.simulation import ADDRESS, NUMBER, NetworkSender, asks_secret

ACCOUNT, TOKEN = "AC" + "0" * 32, "0" * 32
"""Of the simulated network: nothing that it signs can reach anybody."""
AGENT_SAYS = {"zh": "您好，请问有什么可以帮您？", "en": "Hello, how can I help?"}
"""What a person at the desk says whose part the script does not play."""
OTHER_FAULTS = ("sms", "calls", "carrier")
MOST_HOUSES = 6


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket that was opened, as a script can ask for it."""

    topic: str
    priority: str
    reference: str
    complete: bool
    about: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Happened:
    """One turn as the hotline recorded it: its number, what was heard (digits, silence …), and the events as JSON."""

    turn: int
    heard: str
    events: tuple[Mapping[str, Any], ...]


def steps_taken(events: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """The steps entered, as `flow.step`, in order."""
    return tuple(str(event["state"]) for event in events if event["type"] == "Entered")


class Scene(Protocol):
    """One call about to be made, and what can be asked of the hotline then and afterwards."""

    network: Network
    agents: Mapping[str, Sequence[Person]]
    """Live people by queue, where a script plays their part."""
    sees_inside: bool
    """Whether path, tickets and log can be asked for."""

    def dial(self) -> Call: ...

    def state(self, call: Call) -> str:
        """`flow.step` where the call stands; "" if nobody can tell."""
        ...

    def place_of(self, state: str) -> Place | None:
        """Where that step is written."""
        ...

    def happened(self, call: Call) -> tuple[Happened, ...]: ...

    def tickets(self, call: Call) -> tuple[Ticket, ...]: ...

    def asks_secret(self, call: Call) -> bool:
        """Whether the call waits for a PIN or a code now."""
        ...

    def codes(self) -> tuple[str, ...]:
        """The one-time codes that were made."""
        ...

    def log(self) -> tuple[str, ...]:
        """What the hotline has logged, a line each, with everything that was logged beside the message."""
        ...

    def faults(self) -> tuple[str, ...]:
        """Failures of the hotline's own, such as an exception; a sentence each."""
        ...


class Theatre(Protocol):
    """Whatever can make a scene for a script. `names` is what a script may name of it."""

    names: Names

    def why_not(self, script: Script) -> str:
        """Why this script cannot be played here; "" if it can."""
        ...

    def misfits(self, script: Script) -> list[Issue]:
        """What of its world cannot be set up, with places."""
        ...

    def scene(self, script: Script, at: datetime | None = None) -> Any:
        """A context manager that gives a Scene; `at` (aware) replaces the script's own moment."""
        ...


class Stage:
    """Plays scripts against one configuration. As a context manager it is taken down at the end.

    Raises BrokenDocument, at the start, for flows that cannot be used.
    """

    def __init__(self, config: Config) -> None:
        self.config = replace(
            config, queues={name: replace(queue, agents=()) for name, queue in config.queues.items()}
        )  # fmt: skip
        self._houses: dict[object, _Reusable] = {}
        self.flows: Mapping[str, Flow] = self._house(()).house.hotline.editions.current.flows.flows
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
            reusable.house.close()
        self._houses.clear()

    def why_not(self, script: Script) -> str:
        return ""

    def misfits(self, script: Script) -> list[Issue]:
        zone = ZoneInfo(self.config.hotline.time_zone)
        return props.misfits(script, DemoWallet(script.at.within(zone.key), zone=zone))

    @contextmanager
    def scene(self, script: Script, at: datetime | None = None) -> Iterator[_Inside]:
        """The hotline of this script's world, nothing of another call left in it."""
        zone = self.config.hotline.time_zone
        began = at or script.at.within(zone)
        reusable = self._house(_staffing(script, self.config))
        with ExitStack() as stack:
            log = stack.enter_context(props.log_kept())
            stack.enter_context(props.handlers_answering(script.given.answers, script.spoken))
            stack.enter_context(props.handlers_failing(script.given.fails))
            faults = {name: fault.how for name, fault in script.given.fails.items() if name in FAULTS}
            wallet = DemoWallet(began, faults, ZoneInfo(zone))
            props.furnish(wallet, script)
            network = reusable.anew(script, VirtualClock(began), wallet)
            try:
                yield _Inside(self, reusable, network, script, log)
            finally:
                network.close()

    def place_of(self, state: str) -> Place | None:
        return self._places.get(state)

    def _house(self, key: tuple[object, ...]) -> _Reusable:
        if key not in self._houses:
            while len(self._houses) >= MOST_HOUSES:
                self._houses.pop(next(iter(self._houses))).house.close()
            phones = key[0] if key else ()
            self._houses[key] = _Reusable(self.config, dict(cast(Any, phones)))
        return self._houses[key]


def _staffing(script: Script, config: Config) -> tuple[object, ...]:
    """What tells one house from another: the phones by queue, and what is switched on."""
    given = script.given
    phones = tuple(
        (name, _phones(place, given.queue.get(name, QueueGiven()))) for place, name in enumerate(config.queues)
    )
    waiting = tuple((name, queue.waiting) for name, queue in given.queue.items() if queue.waiting)
    return phones, waiting, repr(given.notices), repr(given.closures)


def _phones(place: int, given: QueueGiven) -> tuple[str, ...]:
    """Made-up numbers of the people of a queue, the first ones like those of `ivr call`."""
    return tuple(f"+8613900{number:03d}{place + 1:03d}" for number in range(given.agents))


class _Reusable:
    """A house whose surroundings are exchanged between two calls."""

    def __init__(self, config: Config, phones: Mapping[str, tuple[str, ...]]) -> None:
        self.config = config
        self.phones = phones
        self.number = config.hotline.number or NUMBER
        self._clock = VirtualClock()
        self._wallet: Wallet | None = None
        self._sender = props.Sender()
        self.codes: list[str] = []
        self._chance = random.Random(0)  # noqa: S311 - codes of a rehearsal, the same every time
        self.house: House = assemble(
            config,
            Surroundings(
                sender=self._sender,
                clock=lambda: self._clock.now(),  # noqa: PLW0108 - the clock of that moment, not of this one
                store_url="sqlite://",
                public_url=ADDRESS,
                tokens=(TOKEN,),
                account_sid=ACCOUNT,
                wallet=cast(Wallet, props.Deputy(lambda: self._wallet)),
                new_code=self._new_code,
                phones=phones,
            ),
        )
        self._due: datetime | None = None

    def _new_code(self, digits: int) -> str:
        self.codes.append(f"{self._chance.randrange(10**digits):0{digits}d}")
        return self.codes[-1]

    def anew(self, script: Script, clock: VirtualClock, wallet: Wallet) -> Network:
        """Puts the house back, furnishes it as the script says, and connects it with a network of its own."""
        store, given = self.house.store, script.given
        self._clock, self._wallet = clock, wallet
        seed = f"{script.file.rpartition('/')[2]} {script.call} {script.spoken}"
        self.codes.clear()
        self._chance = random.Random(f"codes of {seed}")  # noqa: S311
        network = Network(clock=clock, account_sid=ACCOUNT, auth_token=TOKEN, seed=seed)
        self._sender.behind = NetworkSender(network, self.number)
        self._sender.faults = given.fails
        store.empty()
        store.outbox.wake.clear()
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
            app=props.failing_line(self.house.app, network, given.fails.get("carrier")),
        )
        for name, queue in given.queue.items():
            for _ in range(queue.waiting):
                props.keep_waiting(network, store, name, queue.talk)
        for name, fault in given.fails.items():
            if name.startswith("queue:"):
                props.losing(network, name.removeprefix("queue:"), fault)
        self._carry_out(network)
        return network

    def _carry_out(self, network: Network) -> None:
        """Deals callers and empties the outbox once a second of the network's time, where something is due."""
        outbox, now = self.house.store.outbox, network.clock.now()
        self.house.floor.tick_if_stirred(now)
        if outbox.wake.is_set() or (self._due is not None and self._due <= now):
            outbox.wake.clear()
            self.house.relay.deliver_due(now)
            self._due = outbox.next_due()
        network.clock.after(1.0, lambda: self._carry_out(network))


class _Inside:
    """A scene in this process."""

    sees_inside = True

    def __init__(
        self, stage: Stage, reusable: _Reusable, network: Network, script: Script, log: props.Log
    ) -> None:  # fmt: skip
        self.network = network
        self._stage = stage
        self._reusable = reusable
        self._script = script
        self._log = log
        live = any(step.agent is not None for step in script.steps)
        self.agents: dict[str, tuple[Person, ...]] = {
            queue: tuple(self._agent(phone, queue, live) for phone in phones)
            for queue, phones in reusable.phones.items()
        }

    def _agent(self, phone: str, queue: str, live: bool) -> Person:
        given = self._script.given.queue.get(queue, QueueGiven())
        if live:
            return self.network.person(phone, answers_after=float(given.answer_after))
        return self.network.person(
            phone,
            answers_after=float(given.answer_after),
            says=AGENT_SAYS.get(self._script.spoken, ""),
            hangs_up_after=float(given.talk),
            presses="1",
        )

    def dial(self) -> Call:
        caller = "" if self._script.from_ == WITHHELD else str(self._script.from_)
        return self.network.dial(self._reusable.number, caller)

    def state(self, call: Call) -> str:
        row = self._reusable.house.store.call(call.sid)
        return Session.from_json(row.session).state if row is not None and row.session else ""

    def place_of(self, state: str) -> Place | None:
        return self._stage.place_of(state)

    def happened(self, call: Call) -> tuple[Happened, ...]:
        turns = self._reusable.house.store.turns(call.sid)
        return tuple(Happened(turn.turn, turn.input_kind, tuple(json.loads(turn.events or "[]"))) for turn in turns)

    def tickets(self, call: Call) -> tuple[Ticket, ...]:
        return tuple(map(_ticket, self._reusable.house.store.tickets(call_id=call.sid)))

    def asks_secret(self, call: Call) -> bool:
        return asks_secret(self._reusable.house.store, call.sid)

    def codes(self) -> tuple[str, ...]:
        return tuple(self._reusable.codes)

    def log(self) -> tuple[str, ...]:
        return tuple(self._log.lines)

    def faults(self) -> tuple[str, ...]:
        return tuple(self._log.faults)


def _ticket(row: TicketRow) -> Ticket:
    """A ticket without the kinds of its values."""
    about = {name: told[1] if isinstance(told, list) else str(told) for name, told in json.loads(row.about).items()}
    return Ticket(row.topic, row.priority, row.reference, row.complete, about)
