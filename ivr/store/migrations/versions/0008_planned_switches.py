"""Notices and closings that begin later: several of one name, each with its beginning."""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    with op.batch_alter_table("switches", recreate="auto") as table:
        table.drop_constraint("pk_switches", type_="primary")
        table.create_primary_key("pk_switches", ["kind", "name", "on_at"])
