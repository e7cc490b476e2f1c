"""The first schema: calls and turns, what is left for people, the outbox, counters, codes, switches, flow sets."""

import sqlalchemy as sa
from alembic import op

from ivr.store.migrations.operations import counted_key, index, key, maybe_when, text, when, whole, whole_key

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "callbacks",
        key("key"),
        *map(text, ("call_id", "queue", "number", "topic", "language", "status")),
        *map(when, ("due_at", "booked_at")),
        maybe_when("settled_at"),
    )
    index("callbacks", "call_id")
    index("callbacks", "number", unique="uq_callbacks_open_number", where="status = 'open'")
    op.create_table(
        "calls",
        key("id"),
        *map(text, ("from_number", "to_number", "digest", "language", "status", "account", "session")),
        whole("turn", 1),
        *map(when, ("started_at", "last_turn_at")),
        maybe_when("ended_at"),
        sa.Column("seconds", sa.Integer(), nullable=True),
    )
    index("calls", "ended_at")
    index("calls", "from_number")
    index("calls", "started_at")
    op.create_table(
        "codes",
        *map(key, ("account", "purpose", "call_id")),
        *map(text, ("salt", "hash")),
        whole("tries"),
        when("expires_at"),
        maybe_when("used_at"),
    )
    index("codes", "expires_at")
    op.create_table("flow_sets", key("digest"), sa.Column("sources", sa.JSON(), nullable=False), when("added_at"))
    op.create_table("hits", counted_key(), *map(text, ("name", "key")), when("until"))
    index("hits", "name", "key", "until")
    index("hits", "until")
    op.create_table("lookups", key("call_id"), whole_key("turn"), *map(text, ("outcome", "found")), when("ready_at"))
    op.create_table("numbers", key("name"), whole("last"))
    op.create_table(
        "outbox",
        key("key"),
        text("kind"),
        sa.Column("payload", sa.JSON(), nullable=False),
        text("sealed"),
        when("not_before"),
        maybe_when("not_after"),
        whole("attempts"),
        maybe_when("tried_at"),
        text("lease"),
        maybe_when("leased_until"),
        *map(text, ("result", "error")),
        *map(maybe_when, ("done_at", "dead_at")),
    )
    index("outbox", "dead_at")
    index("outbox", "done_at")
    index("outbox", "not_before", where="done_at IS NULL AND dead_at IS NULL")
    op.create_table(
        "queue_entries",
        key("call_id"),
        *map(text, ("queue", "topic", "language")),
        whole("rank"),
        *map(text, ("status", "agent")),
        when("joined_at"),
        *map(maybe_when, ("leased_until", "settled_at")),
    )
    index("queue_entries", "queue", "status", "rank", "joined_at")
    op.create_table(
        "recordings", key("id"), text("call_id"), whole("turn"), text("url"), whole("seconds"), when("made_at")
    )
    index("recordings", "call_id")
    index("recordings", "made_at")
    op.create_table(
        "switches",
        *map(key, ("kind", "name")),
        sa.Column("text", sa.JSON(), nullable=False),
        text("by"),
        when("on_at"),
        *map(maybe_when, ("until", "off_at")),
    )
    op.create_table(
        "tickets",
        key("reference"),
        *map(text, ("call_id", "topic", "priority", "status", "account", "phone", "language", "about", "note")),
        sa.Column("complete", sa.Boolean(), nullable=False),
        when("opened_at"),
        *map(maybe_when, ("closed_at", "hurried_at")),
        whole("hurries"),
    )
    index("tickets", "call_id")
    index("tickets", "opened_at")
    op.create_table(
        "turns",
        key("call_id"),
        whole_key("turn"),
        when("at"),
        *map(text, ("input_kind", "events")),
        sa.Column("answer", sa.Text(), nullable=True),
        maybe_when("answered_at"),
    )
    index("turns", "answered_at", where="answer IS NOT NULL")
