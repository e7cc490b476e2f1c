"""The rows of the store as frozen values. Knows no database.

All times are aware datetimes; what comes out is in UTC. Private data is left out of every `repr`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ivr.store import vocabulary

# --- calls and their turns -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRow:
    """A call. `turn` is the turn expected next; `digest` names the flow set the call is pinned to."""

    id: str
    from_number: str = field(repr=False)
    to_number: str
    digest: str
    language: str
    status: vocabulary.CallStatus = "active"
    account: str = field(default="", repr=False)
    session: str = field(default="", repr=False)
    turn: int = 1
    started_at: datetime
    last_turn_at: datetime
    ended_at: datetime | None = None
    seconds: int | None = None

    @property
    def live(self) -> bool:
        return self.ended_at is None


@dataclass(frozen=True, slots=True)
class StoredTurn:
    """What is stored of one (call, turn).

    `answered_at` None: claimed at `at`, and still looking up. `answer` None though answered: deleted since.
    """

    at: datetime
    answer: str | None = field(repr=False)
    answered_at: datetime | None

    @property
    def claimed(self) -> bool:
        """A worker has claimed this turn; it may have died since."""
        return self.answered_at is None


@dataclass(frozen=True, slots=True)
class TurnRow:
    """One turn as it is shown and replayed later: `events` is JSON as the hotline wrote it."""

    call_id: str
    turn: int
    at: datetime
    input_kind: str
    events: str = field(repr=False)
    answered_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class StoredLookup:
    """The result of a slow look-up; `values` is JSON as the hotline wrote it."""

    outcome: str
    values: str = field(repr=False)
    ready_at: datetime


# --- published editions --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class EditionRow:
    """An edition of the flows that somebody published. `digest` names its flow set; "" for the folder as it is.

    New calls begin with it from `starts_at` until `until`, if that is set.
    """

    number: int
    digest: str
    author: str
    reason: str
    published_at: datetime
    starts_at: datetime
    until: datetime | None = None


# --- what is left for people ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketRow:
    """A ticket. `about` is JSON; `complete` is false when the caller hung up in the middle."""

    reference: str
    call_id: str
    topic: str
    priority: vocabulary.Priority = "normal"
    status: vocabulary.TicketStatus = "open"
    account: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)
    language: str = ""
    about: str = field(default="{}", repr=False)
    note: str = field(default="", repr=False)
    complete: bool = True
    opened_at: datetime
    closed_at: datetime | None = None
    hurried_at: datetime | None = None
    hurries: int = 0
    assignee: str = ""
    due_at: datetime | None = None


def ticket_payload(ticket: TicketRow) -> dict[str, object]:
    """What a ticket system is told; the rest it asks for by the reference."""
    return {
        "reference": ticket.reference,
        "topic": ticket.topic,
        "priority": ticket.priority,
        "language": ticket.language,
        "complete": ticket.complete,
        "opened_at": ticket.opened_at.isoformat(),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackRow:
    """An agent of this queue rings this number, not before `due_at`. Status: open, done, failed or canceled.

    `since` is when the caller began to wait, so that the place in the queue is kept; `due_at` where a time was chosen.
    After a try that did not reach the caller, `due_at` is the moment of the next one and `tries` counts.
    """

    key: str
    call_id: str
    queue: str
    number: str = field(repr=False)
    topic: str = ""
    language: str = ""
    status: vocabulary.CallbackStatus = "open"
    due_at: datetime
    booked_at: datetime
    settled_at: datetime | None = None
    since: datetime | None = None
    tries: int = 0
    tried_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingRow:
    """A recording the carrier keeps at `url`. `heard_at`: somebody has listened to it."""

    id: str
    call_id: str
    turn: int
    url: str
    seconds: int
    made_at: datetime
    heard_at: datetime | None = None
    heard_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueEntry:
    """A caller in a queue. Status: waiting, taken (by `agent`, until `leased_until`), or how the wait ended."""

    call_id: str
    queue: str
    topic: str = ""
    language: str = ""
    rank: int = vocabulary.RANKS["normal"]
    status: vocabulary.PlaceStatus = "waiting"
    agent: str = ""
    joined_at: datetime
    leased_until: datetime | None = None
    settled_at: datetime | None = None
    talked_until: datetime | None = None
    key: str = ""
    """The key by which the caller left for elsewhere."""

    @property
    def waits_since(self) -> datetime:
        """When this wait began: on joining, or at the end of the talk from which the caller came back to wait."""
        return self.talked_until or self.joined_at

    @property
    def priority(self) -> vocabulary.Priority:
        """Whoever was taken forward is urgent."""
        return next((name for name, rank in vocabulary.RANKS.items() if rank == self.rank), "urgent")


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingRow:
    """Somebody whom no agent has yet: a caller in a queue, or a callback that is due (`kind`).

    `id` is the call, or the key of the callback. `since` decides the place. `due_at` is when the wait began to be felt:
    on joining the queue, at the end of the talk from which a caller came back, or at the time promised. `turn` is the
    turn that the call waits for; 0 for a call back.
    """

    id: str
    kind: vocabulary.TalkKind
    call_id: str
    queue: str
    since: datetime
    due_at: datetime
    rank: int = vocabulary.RANKS["normal"]
    language: str = ""
    turn: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PresenceRow:
    """What an agent has chosen to be: off, ready or away (`reason`), since when; and since when they wait for a caller.

    `idle_since` decides whose turn it is. `missed` counts calls in a row that were not answered.
    """

    agent: str
    presence: vocabulary.Presence = "off"
    since: datetime
    idle_since: datetime
    reason: str = ""
    missed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkRow:
    """One agent and one caller, from the first ring; the states are those of `TalkState`.

    `subject` is who is talked to: the id of a waiting call, or the key of a callback. `call_id` is the call that the
    talk belongs to. `leg` is the agent's own call at the carrier; `customer_leg` is the call that the hotline made to
    the customer (for callbacks). `room` is the conference that both are put into. `consult_of` is the talk that this
    one is a consultation of.
    """

    id: str
    kind: vocabulary.TalkKind
    subject: str
    call_id: str
    queue: str
    agent: str
    state: vocabulary.TalkState
    leg: str = ""
    customer_leg: str = ""
    room: str = ""
    consult_of: str = ""
    turn: int = 0
    """The turn of the call that waits for the end of the talk."""
    by_browser: bool = False
    """The agent asked for this caller on the page: the phone needs no 1."""
    offered_at: datetime
    waiting_since: datetime | None = None
    accepted_at: datetime | None = None
    joined_at: datetime | None = None
    ended_at: datetime | None = None
    wrapped_at: datetime | None = None
    code: str = ""
    note: str = field(default="", repr=False)
    held_since: datetime | None = None
    held_seconds: float = 0.0
    """How long the customer has been on hold, without the hold that goes on."""
    wrap_up_until: datetime | None = None
    """Until when the agent may write, if they took more time than the queue gives."""

    def heard_until(self, end: datetime) -> bool:
        """Whether the two could hear each other for long enough, if the talk ended now."""
        return self.joined_at is not None and (end - self.joined_at).total_seconds() >= vocabulary.CUT_OFF_SECONDS

    @property
    def is_draft(self) -> bool:
        """The agent wrote a note and did not finish it: every finished one has a code."""
        return bool(self.note) and not self.code


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginRow:
    """The hash of an agent's password: salted scrypt, never the password."""

    agent: str
    salt: str = field(repr=False)
    hash: str = field(repr=False)
    set_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginSessionRow:
    """Somebody's session in the console. `id` is a keyed hash of what the cookie holds."""

    id: str = field(repr=False)
    agent: str
    csrf: str = field(repr=False)
    language: str = ""
    began_at: datetime
    seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """One entry of the audit log: who did what, to what, and when. Never what was said."""

    at: datetime
    by: str
    what: str
    about: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """A notice or an emergency closing that is switched on; `text` is what is said, by language."""

    kind: vocabulary.SwitchKind
    name: str
    text: Mapping[str, str]
    on_at: datetime
    until: datetime | None = None
    by: str = ""


# --- effects ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxItem:
    """An effect to carry out after the commit, under a key that is the same whenever it is tried again.

    `kind` sms: payload `to`, `body`. call: `to`, `path`, and maybe `status_path` and `ring_seconds`. steer: `call`, the
    id of a live call, and the `path` it is to go to, or "" to hang it up. ticket: whatever the ticket system is told.
    forget: the id of a `recording` that the carrier is to delete.
    A `secret` (a one-time code) is sealed before it is stored, put into the body in place of `{secret}` as the
    message leaves, and wiped then; its payload says `sealed`. After `not_after` nothing is sent any more.
    """

    key: str
    kind: vocabulary.OutboxKind
    payload: Mapping[str, Any] = field(repr=False)
    not_before: datetime
    not_after: datetime | None = None
    secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxRow(OutboxItem):
    """An effect as the outbox keeps it. `attempts` counts the one under way; `lease` proves who has it.

    `tried_at` is the attempt of which nobody knows whether it was accepted; that under way, if there was none before.
    """

    attempts: int
    tried_at: datetime | None
    lease: str
    result: str
    error: str
    done_at: datetime | None
    dead_at: datetime | None
