"""The store: what is kept of calls, agents and effects. Only this folder uses SQLAlchemy and Alembic."""

from ivr.store.errors import Conflict, StoreError, Unavailable, UnusableStore
from ivr.store.rows import (
    CallbackRow,
    CallRow,
    EditionRow,
    OutboxItem,
    OutboxRow,
    QueueEntry,
    RecordingRow,
    StoredLookup,
    StoredTurn,
    Switch,
    TicketRow,
    TurnRow,
)
from ivr.store.store import Store
from ivr.store.turn import TurnTransaction
from ivr.store.upkeep import Retention

__all__ = [
    "CallRow",
    "CallbackRow",
    "Conflict",
    "EditionRow",
    "OutboxItem",
    "OutboxRow",
    "QueueEntry",
    "RecordingRow",
    "Retention",
    "Store",
    "StoreError",
    "StoredLookup",
    "StoredTurn",
    "Switch",
    "TicketRow",
    "TurnRow",
    "TurnTransaction",
    "Unavailable",
    "UnusableStore",
]
