"""Turns of a live call, which cannot be searched yet, do not run the triggers of the search."""

from alembic import op

from ivr.store.search import spare_live_calls

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    spare_live_calls(op.get_bind())
