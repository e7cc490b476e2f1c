"""Agents who take more time for a note."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("talks", sa.Column("wrap_up_until", sa.Double(), nullable=True))
