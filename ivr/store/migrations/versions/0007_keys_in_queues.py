"""The key by which a caller left a queue, to go on where it leads."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("queue_entries", sa.Column("key", sa.Text(), server_default="", nullable=False))
