"""What a script needs of the hotline it runs against: telephones, setup, and what is found afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from ivr.flow.issues import Place
from ivr.network import Call, Network, Person
from ivr.testing.reader import Names
from ivr.testing.script import AgentStep, DeskStep, Script

CUSTOMER = "customer"
"""The caller of the script, where a script has several people."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket that was opened, as a script can ask for it."""

    topic: str
    priority: str
    reference: str
    complete: bool
    about: Mapping[str, str]
    status: str = "open"
    note: str = ""


@dataclass(frozen=True, slots=True)
class Talk:
    """Somebody's phone that rang for a caller, as a script can ask for it. `with_` is a name of the script."""

    agent: str
    with_: str
    kind: str
    queue: str
    ended: str
    code: str


@dataclass(frozen=True, slots=True)
class PromisedCallback:
    """A call back that was promised, as a script can ask for it."""

    status: str
    of: str
    queue: str
    tries: int


@dataclass(frozen=True, slots=True)
class RecordedTurn:
    """One turn as the hotline recorded it: its number, what was heard (digits, silence …), and the events as JSON."""

    turn: int
    heard: str
    events: tuple[Mapping[str, Any], ...]


def steps_taken(events: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """The steps entered, as `flow.step`, in order."""
    return tuple(str(event["state"]) for event in events if event["type"] == "Entered")


class Setup(Protocol):
    """One call about to be made, and what can be asked of the hotline then and afterwards."""

    network: Network
    agents: Mapping[str, Sequence[Person]]
    """People who answer, by queue and, those that have one, by name."""
    telephones: Mapping[str, Person]
    """Customers whom the hotline may ring, by name; `customer` is the caller of the script."""
    sees_inside: bool
    """Whether path, tickets and log can be asked for."""
    longest_wait_seconds: float
    """How long to wait for a callback."""

    def dial(self, name: str = CUSTOMER) -> Call:
        """Somebody calls the hotline."""
        ...

    def name_of(self, agent: Person) -> str:
        """What the hotline calls this agent."""
        ...

    def queue_of(self, agent: str) -> str:
        """The queue whose bare phone this is; "" for a named agent."""
        ...

    def on_the_page(self, agent: str, step: AgentStep, names: Mapping[str, str]) -> str:
        """An agent does something on the page; gives the reason for which it is refused, or "".

        `names` has the person of each call.
        """
        ...

    def wraps_up(self, agent: str) -> bool:
        """Whether the agent's caller is gone and the note not written."""
        ...

    def switch(self, step: DeskStep) -> None:
        """Notices and closings, switched by hand."""
        ...

    def restart(self) -> None:
        """Stops the hotline and starts it again on its store. Calls go on."""
        ...

    def talks(self, names: Mapping[str, str]) -> tuple[Talk, ...]:
        """Whose phone rang for whom, in order."""
        ...

    def callbacks(self, names: Mapping[str, str]) -> tuple[PromisedCallback, ...]:
        """The calls back, in the order in which they were promised."""
        ...

    def queue_results(self, names: Mapping[str, str]) -> Mapping[str, str]:
        """How the latest wait of everybody ended, by name."""
        ...

    def state(self, call: Call) -> str:
        """`flow.step` where the call stands; "" if nobody can tell."""
        ...

    def place_of(self, state: str) -> Place | None:
        """Where that step is written."""
        ...

    def recorded_turns(self, call: Call) -> tuple[RecordedTurn, ...]: ...

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


class Target(Protocol):
    """Something scripts can be run against. `names` is what a script may name of it."""

    names: Names

    def why_not(self, script: Script) -> str:
        """Why this script cannot be run here; "" if it can."""
        ...

    def setup(self, script: Script, at: datetime | None = None) -> Any:
        """A context manager that gives a Setup; `at` (aware) replaces the script's own moment."""
        ...
