"""The store: what is kept of calls, agents and effects. Only this folder uses SQLAlchemy and Alembic."""

from ivr.store.rows import (
    CallbackRow,
    CallRow,
    Conflict,
    EditionRow,
    OutboxItem,
    OutboxRow,
    QueueEntry,
    RecordingRow,
    Retention,
    StoredLookup,
    StoredTurn,
    StoreError,
    Switch,
    TicketRow,
    TurnRow,
    Unavailable,
    Unfit,
)
from ivr.store.store import Store
from ivr.store.turn import TurnTransaction

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
    "Unfit",
]
