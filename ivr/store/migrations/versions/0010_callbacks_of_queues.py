"""A number may be promised a callback by each queue: the security team rings today, although support rings tomorrow."""

from alembic import op

from ivr.store.migrations.operations import index

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.drop_index("uq_callbacks_open_number", "callbacks")
    index("callbacks", "number", "queue", unique="uq_callbacks_open", where="status = 'open'")
