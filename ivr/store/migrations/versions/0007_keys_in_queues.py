"""The key by which a caller left a queue, to go on where it leads."""

from alembic import op

from ivr.store.migrations.operations import text

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("queue_entries", text("key"))
