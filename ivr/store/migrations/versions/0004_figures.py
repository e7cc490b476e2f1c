"""What figures need: since when a wait goes on after a talk, hold times, what agents chose to be; who has a ticket."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("queue_entries", sa.Column("talked_until", sa.Double(), nullable=True))
    op.add_column("talks", sa.Column("held_since", sa.Double(), nullable=True))
    op.add_column("talks", sa.Column("held_seconds", sa.Double(), server_default="0", nullable=False))
    op.add_column("tickets", sa.Column("assignee", sa.Text(), server_default="", nullable=False))
    op.add_column("tickets", sa.Column("due_at", sa.Double(), nullable=True))
    op.create_table(
        "presence_changes",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        *(sa.Column(name, sa.Text(), server_default="", nullable=False) for name in ("agent", "presence", "reason")),
        sa.PrimaryKeyConstraint("id", name="pk_presence_changes"),
    )
    op.create_index("ix_presence_changes_at", "presence_changes", ["at"], unique=False)
