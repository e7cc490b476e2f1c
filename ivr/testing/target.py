"""What a script needs of the hotline it runs against: telephones, setup, and what is found afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from ivr.flow.issues import Place
from ivr.network import Call, Network, Person
from ivr.testing.reader import Names
from ivr.testing.script import AgentStep, CallbackSeen, DeskStep, Script, TalkSeen, TicketSeen

CUSTOMER = "customer"
"""The caller of the script, where a script has several people."""


Events = tuple[Mapping[str, Any], ...]
"""What the hotline recorded of a call, as JSON."""


def steps_taken(events: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """The steps entered, as `flow.step`, in order."""
    return tuple(str(event["state"]) for event in events if event["type"] == "Entered")


class Setup(Protocol):
    """One call about to be made, and what can be asked of the hotline then and afterwards.

    What is written here is so of a hotline that is seen only from outside.
    """

    network: Network
    agents: Mapping[str, Sequence[Person]]
    """People who answer, by queue and, those that have one, by name."""
    telephones: Mapping[str, Person]
    """Customers whom the hotline may ring, by name; `customer` is the caller of the script."""
    sees_inside: bool = False
    """Whether path, tickets and log can be asked for."""
    longest_wait_seconds: float = 0.0
    """How long to wait for a callback."""

    def dial(self, name: str = CUSTOMER) -> Call:
        """Somebody calls the hotline."""
        ...

    def name_of(self, agent: Person) -> str:
        """What the hotline calls this agent."""
        return agent.number

    def queue_of(self, agent: str) -> str:
        """The queue whose bare phone this is; "" for a named agent."""
        return ""

    def on_the_page(self, agent: str, step: AgentStep, names: Mapping[str, str]) -> str:
        """An agent does something on the page; gives the reason for which it is refused, or "".

        `names` has the person of each call.
        """
        return "elsewhere"

    def wraps_up(self, agent: str) -> bool:
        """Whether the agent's caller is gone and the note not written."""
        return False

    def switch(self, step: DeskStep) -> None:
        """Notices and closings, switched by hand."""
        return None

    def restart(self) -> None:
        """Stops the hotline and starts it again on its store. Calls go on."""
        return None

    def talks(self, names: Mapping[str, str]) -> tuple[TalkSeen, ...]:
        """Whose phone rang for whom, in order."""
        return ()

    def callbacks(self, names: Mapping[str, str]) -> tuple[CallbackSeen, ...]:
        """The calls back, in the order in which they were promised."""
        return ()

    def queue_results(self, names: Mapping[str, str]) -> Mapping[str, str]:
        """How the latest wait of everybody ended, by name."""
        return {}

    def state(self, call: Call) -> str:
        """`flow.step` where the call stands; "" if nobody can tell."""
        return ""

    def place_of(self, state: str) -> Place | None:
        """Where that step is written."""
        return None

    def events(self, call: Call) -> Events:
        """What the hotline recorded, in order."""
        return ()

    def tickets(self, call: Call) -> tuple[TicketSeen, ...]:
        """The tickets that the call opened, each with all its fields."""
        return ()

    def asks_secret(self, call: Call) -> bool:
        """Whether the call waits for a PIN or a code now."""
        return True

    def codes(self) -> tuple[str, ...]:
        """The one-time codes that were made."""
        return ()

    def log(self) -> tuple[str, ...]:
        """What the hotline has logged, a line each, with everything that was logged beside the message."""
        return ()

    def faults(self) -> tuple[str, ...]:
        """Failures of the hotline's own, such as an exception; a sentence each."""
        return ()


class Target(Protocol):
    """Something scripts can be run against. `names` is what a script may name of it."""

    names: Names

    def why_not(self, script: Script) -> str:
        """Why this script cannot be run here; "" if it can."""
        ...

    def setup(self, script: Script, at: datetime | None = None) -> Any:
        """A context manager that gives a Setup; `at` (aware) replaces the script's own moment."""
        ...
