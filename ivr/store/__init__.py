"""The store: what is known of calls, kept. The only room that owns SQLAlchemy and Alembic."""

from ivr.store.rows import (
    CallbackRow,
    CallRow,
    Conflict,
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
