"""The store: what is known of calls, kept. The only room that owns SQLAlchemy and Alembic."""

from ivr.desk.store.page import Page
from ivr.desk.store.rows import (
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
from ivr.desk.store.store import Store

__all__ = [
    "CallRow",
    "CallbackRow",
    "Conflict",
    "OutboxItem",
    "OutboxRow",
    "Page",
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
    "Unavailable",
    "Unfit",
]
