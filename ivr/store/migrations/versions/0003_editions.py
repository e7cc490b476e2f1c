"""Published editions of the flows."""

from alembic import op

from ivr.store.migrations.operations import maybe_when, text, when, whole_key

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "editions",
        whole_key("number"),
        *map(text, ("digest", "author", "reason")),
        *map(when, ("published_at", "starts_at")),
        maybe_when("until"),
    )
