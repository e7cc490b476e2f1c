"""The vocabulary of agents: who answers, what a board shows, what an agent knows of a caller. No behaviour.

All times are aware datetimes in UTC. Private data is left out of every `repr`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from ivr.store.vocabulary import Priority, TalkKind, TicketStatus

# --- who answers -----------------------------------------------------------------------------------------------

Role = Literal["agent", "supervisor", "editor"]
"""A supervisor sees every queue, listens to every voicemail, and switches notices and closings. An editor changes the
flows and publishes them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """An agent, as configured. `phone` in E.164, or `client:name` for a softphone.

    A bare phone of a queue (`queues.support.agents`) is an agent too: its `name` is the number, it has no login, and it
    is always there. `queues` are the skills; `languages` empty means all.
    """

    name: str
    phone: str = field(repr=False)
    queues: tuple[str, ...]
    languages: tuple[str, ...] = ()
    roles: tuple[Role, ...] = ("agent",)
    shown: Mapping[str, str] = field(default_factory=dict)
    """The name to show, by language; `name` if empty."""
    has_login: bool = True

    @property
    def is_supervisor(self) -> bool:
        return "supervisor" in self.roles

    def speaks(self, language: str) -> bool:
        return not self.languages or language in self.languages

    def called(self, language: str) -> str:
        return self.shown.get(language) or next(iter(self.shown.values()), self.name)


Activity = Literal["off", "ready", "ringing", "talking", "wrap_up", "away"]
"""What a board shows of an agent."""


# --- what a board shows ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Somebody who waits for an agent: on the line, or for a callback that is due."""

    subject: str
    """The id of the call, or the key of the callback."""
    call_id: str
    kind: TalkKind
    queue: str
    since: datetime
    topic: str
    language: str
    priority: Priority
    who: str = field(default="", repr=False)
    """The customer's name where the caller is identified, else the number without its middle."""
    identified: bool = False
    rings: str = ""
    """The agent whose phone rings for them now, or ""."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueNow:
    """One queue at this moment. `estimate_seconds` None: not known well enough to be told."""

    name: str
    title: str
    waiting: tuple[Waiting, ...] = ()
    due_callbacks: int = 0
    later_callbacks: int = 0
    estimate_seconds: int | None = None
    ready: int = 0
    talking: int = 0
    wrapping_up: int = 0
    away: int = 0
    open: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentNow:
    agent: Agent
    activity: Activity
    since: datetime | None
    then: Literal["", "away", "off"] = ""
    """What the agent will be after the talk, if not ready."""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """The board at one moment, as one person may see it."""

    at: datetime
    queues: tuple[QueueNow, ...]
    agents: tuple[AgentNow, ...]
    open: Mapping[str, str] = field(default_factory=dict)
    """Calendar by name: open, closed, holiday or emergency."""


# --- what is known of a caller -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineLine:
    """One line of what happened in a call: seconds from its start, who, and what was said or pressed.

    `who` is hotline, caller or note. Keys are never shown where a secret was asked; words are.
    """

    seconds: int
    who: Literal["hotline", "caller", "note"]
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownValue:
    """One value the caller gave or a look-up found, as people of the viewer's language read it."""

    name: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketNow:
    """A ticket as a timeline lists it."""

    reference: str
    topic: str
    status: TicketStatus
    call_id: str
    about: tuple[ShownValue, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentNote:
    """What an agent wrote of a talk, and how it ended; `agent` and `outcome` in the viewer's words.

    A draft was begun, and its time was over before it was finished.
    """

    at: datetime
    agent: str
    outcome: str = ""
    text: str = field(default="", repr=False)
    is_draft: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """What an agent knows before the first word, so that nothing is asked twice."""

    call_id: str
    number: str = field(repr=False)
    language: str
    began_at: datetime
    name: str = field(default="", repr=False)
    """The customer's name; empty while nobody is identified."""
    account: str = field(default="", repr=False)
    factor: str = ""
    """How they were identified: code, pin, or "" for not."""
    topic: str = ""
    tried: tuple[str, ...] = ()
    """What the hotline has already told or done, in the viewer's language, oldest first."""
    told: tuple[ShownValue, ...] = ()
    transcript: tuple[TimelineLine, ...] = ()
    tickets: tuple[TicketNow, ...] = ()
    earlier: tuple[str, ...] = ()
    """Ids of earlier calls of the same account or number, newest first."""
    notes: Mapping[str, tuple[AgentNote, ...]] = field(default_factory=dict)
    """What agents wrote of this call and of the earlier ones, by the id of the call."""
    queue: str = ""
    waited_seconds: int = 0
