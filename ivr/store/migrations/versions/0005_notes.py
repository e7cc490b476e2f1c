"""Agents who take more time for a note."""

from alembic import op

from ivr.store.migrations.operations import maybe_when

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("talks", maybe_when("wrap_up_until"))
