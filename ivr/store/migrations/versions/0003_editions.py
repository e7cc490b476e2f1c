"""Published editions of the flows."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "editions",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        *(sa.Column(name, sa.Text(), server_default="", nullable=False) for name in ("digest", "author", "reason")),
        *(sa.Column(name, sa.Double(), nullable=False) for name in ("published_at", "starts_at")),
        sa.Column("until", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("number", name="pk_editions"),
    )
