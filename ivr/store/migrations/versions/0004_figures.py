"""What figures need: since when a wait goes on after a talk, hold times, what agents chose to be; who has a ticket."""

import sqlalchemy as sa
from alembic import op

from ivr.store.migrations.operations import counted_key, index, maybe_when, text, when

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("queue_entries", maybe_when("talked_until"))
    op.add_column("talks", maybe_when("held_since"))
    op.add_column("talks", sa.Column("held_seconds", sa.Double(), server_default="0", nullable=False))
    op.add_column("tickets", text("assignee"))
    op.add_column("tickets", maybe_when("due_at"))
    op.create_table("presence_changes", counted_key(), when("at"), *map(text, ("agent", "presence", "reason")))
    index("presence_changes", "at")
